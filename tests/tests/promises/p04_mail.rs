//! P4: a mail leaves at least once and is never silently lost; a repeat carries the same Message-ID. The
//! mail server answers 4xx, 5xx, hangs up anywhere, and hangs up after having accepted.

use crate::support::crowd;
use crate::support::seeds::{chance, each_seed};
use crate::support::stage::stage;
use crate::support::world::World;
use e2e::{Fault, Stage as SmtpStage};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

const MAILS: usize = 60;
const FAULTS: usize = 40;
const REFUSED: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn p04_no_mail_is_lost_and_repeats_are_the_same_mail() {
    each_seed("p04", async |seed| experiment(seed, "").await).await;
}

fn fault(dice: &mut StdRng) -> Fault {
    let stages =
        [SmtpStage::Hello, SmtpStage::Mail, SmtpStage::Recipient, SmtpStage::Data, SmtpStage::Body];
    let stage = stages[dice.random_range(0..stages.len())];
    match dice.random_range(0..6) {
        0 | 1 => Fault::Reply(stage, 451, "4.3.0 plus tard".to_owned()),
        2 => Fault::Drop(stage),
        3 => Fault::DropMidData,
        4 => Fault::Silence(stage),
        _ => Fault::DropAfterData,
    }
}

/// Plays the seed: sixty mails, forty of them in trouble, three addresses refused for good.
pub(crate) async fn experiment(seed: u64, defect: &str) -> String {
    let mut dice = chance(seed);
    let mut world = World::new(stage().await).await;
    world.set("CLEA_MAIL", &format!("{}&timeout=1", world.smtp.url()));
    let filed = crowd::file(&world, MAILS).await;
    let plan: Vec<_> = (0..FAULTS).map(|_| fault(&mut dice)).collect();
    let accepted_unsaid = plan.iter().filter(|f| **f == Fault::DropAfterData).count();
    // Silence after the whole mail: the server may have kept it.
    let silent = plan.iter().filter(|f| **f == Fault::Silence(SmtpStage::Body)).count();
    world.smtp.plan(plan);
    let mut refused = BTreeSet::new();
    while refused.len() < REFUSED {
        refused.insert(filed[dice.random_range(0..MAILS)].1.clone());
    }
    for address in &refused {
        world.smtp.refuse(address, 550, "5.1.1 inconnu");
    }
    let api = world.api(vec![]).await;
    let faults = if defect.is_empty() { vec![] } else { vec![defect.to_owned()] };
    let _worker = world.worker("worker", faults);
    // Each look brings the next tries forward: so many are more than all tries need.
    for _ in 0..1200 {
        if crowd::unfinished(&world).await == 0 {
            break;
        }
        crowd::hurry(&world).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(crowd::unfinished(&world).await, 0, "mails wait for ever: {}", world.log());
    let (lost, sent): (Vec<_>, Vec<_>) =
        filed.into_iter().partition(|(_, address)| refused.contains(address));
    let repeats = crowd::repeats(&world.smtp, &sent);
    let most = accepted_unsaid + silent;
    assert!(repeats <= most, "{repeats} repeats for {most} doubtful ends");
    for (_, address) in &lost {
        assert!(world.smtp.sent_to(address).is_empty(), "{address} was refused");
    }
    let otherwise = crowd::told_otherwise_than_once(&world).await;
    assert_eq!(otherwise.len(), REFUSED, "delivered are all but the refused: {otherwise:#?}");
    let query = "{ tasks(status: GIVEN_UP) { edges { node { kind lastError } } } }";
    let data = world.cast().staff.operator.query(query, json!({})).await;
    let listed = data["tasks"]["edges"].as_array().map_or(0, Vec::len);
    assert_eq!(listed, REFUSED, "what was given up is listed: {data}");
    let officers = world.smtp.sent_to("habilitations@certif-pro.example");
    let told: BTreeSet<_> = officers.iter().map(|mail| mail.message_id.clone()).collect();
    assert_eq!(told.len(), REFUSED, "officers are told of each");
    drop(api);
    format!("{repeats} repeats for {most} doubtful ends, {REFUSED} given up")
}
