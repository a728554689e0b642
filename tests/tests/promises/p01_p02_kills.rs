//! P1: numbers are gapless, unique and in date order. P2: a committed act has its follow-up, a rolled
//! back one has none. Both under the same kills: eight clients file and award while the API and two
//! workers die at the commits, at the numbers and in between, and quarters are invoiced.

use crate::support::keeper::Keeper;
use crate::support::seeds::{chance, each_seed, setting};
use crate::support::stage::stage;
use crate::support::world::World;
use e2e::{TestApp, texts};
use rand::RngExt;
use rand::rngs::StdRng;
use service::fault::point;

/// How many clients act at once.
const CLIENTS: usize = 8;
/// The days on which they act: each is followed by the run of its quarter.
const DAYS: [(&str, &str); 2] = [("2026-02-10", "2026-04-01"), ("2026-05-11", "2026-07-01")];

#[tokio::test(flavor = "multi_thread")]
async fn p01_p02_numbers_are_gapless_and_acts_have_what_follows_them() {
    each_seed("p01_p02", async |seed| {
        let (kills, repeated) = experiment(seed, "").await;
        format!("{kills} kills, {repeated} requests repeated")
    })
    .await;
}

/// Plays the seed calmly and under kills; `defect` is planted in the second play.
pub(crate) async fn experiment(seed: u64, defect: &str) -> (u64, u64) {
    let calm = {
        let world = World::new(stage().await).await;
        let _running = (world.api(vec![]).await, world.worker("worker", vec![]));
        play(&world, seed).await;
        world.state().await
    };
    let world = World::new(stage().await).await;
    let mut dice = chance(seed);
    let share = setting("CLEA_PROMISE_KILLS", 14);
    let faults = |dice: &mut StdRng, points: &[&str], count: u64| -> Vec<String> {
        (0..count).map(|_| fault(dice, points, defect)).collect()
    };
    let acting = [point::COMMITTING, point::COMMITTED, point::NUMBERED];
    let working = [
        point::COMMITTING,
        point::COMMITTED,
        point::NUMBERED,
        point::TAKEN,
        point::PUSHED,
        point::CLAIMED,
        point::COMPOSED,
        point::SENT,
    ];
    let half = share / 2;
    let keepers = [
        world.api(faults(&mut dice, &acting, share - half)).await,
        world.worker("first", faults(&mut dice, &working, half.div_ceil(2))),
        world.worker("second", faults(&mut dice, &working, half / 2)),
    ];
    play(&world, seed).await;
    let kills = keepers.iter().map(Keeper::calm).sum();
    world.answering().await;
    world.app.settle().await;
    calm.must_equal(&world.state().await);
    must_be_gapless(&world.app).await;
    must_follow(&world.app).await;
    (kills, world.patience.repeated())
}

fn fault(dice: &mut StdRng, points: &[&str], defect: &str) -> String {
    let at = points[dice.random_range(0..points.len())];
    let passage = if at == point::NUMBERED { 1..4 } else { 1..14 };
    format!("kill@{at}:{},{defect}", dice.random_range(passage))
}

async fn play(world: &World, seed: u64) {
    for (day, run) in DAYS {
        world.app.on(day).await;
        let clients = (0..CLIENTS).map(|client| awards(world, seed, day, client));
        futures::future::join_all(clients).await;
        world.app.settle().await;
        world.app.on(run).await;
    }
}

/// One client's afternoon: some candidates enrolled, evaluated and awarded.
async fn awards(world: &World, seed: u64, day: &str, client: usize) {
    let mut dice = chance(seed ^ (client as u64) << 32);
    let (organism, habilitation) = &world.cast().organisms[client % world.cast().organisms.len()];
    for turn in 0..dice.random_range(1..4) {
        let name = format!("Candidat-{}-{client}-{turn}", day.replace('-', ""));
        world.app.awarded(&world.cast().staff, organism, habilitation, &name).await;
    }
}

/// P1, by the numbers alone.
async fn must_be_gapless(app: &TestApp) {
    let gaps = texts(
        &app.app.db,
        "SELECT series || year || ': ' || count(*) || ' invoices up to ' || max(sequence) AS found \
         FROM invoice GROUP BY series, year \
         HAVING count(*) <> max(sequence) OR count(DISTINCT sequence) <> count(*) \
         UNION ALL SELECT series || year || ' stands at ' || last FROM counter c \
         WHERE series IN ('F') AND last <> (SELECT count(*) FROM invoice i \
             WHERE i.series = c.series AND i.year = c.year) \
         UNION ALL SELECT 'certificates: ' || count(*) || ' up to ' || max(right(number, 6)) \
         FROM certificate GROUP BY left(number, length(number) - 6) \
         HAVING count(*) <> max(right(number, 6)::int) \
         UNION ALL SELECT 'out of date order: ' || a.number || ' and ' || b.number \
         FROM invoice a JOIN invoice b ON a.series = b.series AND a.year = b.year \
             AND a.sequence < b.sequence AND a.issued_on > b.issued_on \
         UNION ALL SELECT 'not billed: ' || f.kind || ' of ' || f.fact_on FROM billable_fact f \
         LEFT JOIN invoice_line l ON l.billable_fact_id = f.id \
         WHERE l.id IS NULL AND f.fact_on < '2026-07-01'",
    )
    .await;
    assert!(gaps.is_empty(), "{gaps:#?}");
    let invoices = texts(&app.app.db, "SELECT number AS found FROM invoice").await;
    assert!(invoices.len() >= 8, "four organisms, two quarters: {invoices:?}");
}

/// P2: effects = what was to follow = acts.
async fn must_follow(app: &TestApp) {
    let counts = texts(
        &app.app.db,
        "SELECT kind || ': ' || acts || ' acts, ' || tasks || ' tasks, ' || effects || ' mails' AS found \
         FROM (SELECT 'AWARD_CERTIFICATE' AS kind, (SELECT count(*) FROM certificate) AS acts, \
             (SELECT count(*) FROM outbox WHERE kind = 'AWARD_CERTIFICATE') AS tasks, \
             (SELECT count(*) FROM notice n JOIN delivery d ON d.notice_id = n.id \
              WHERE n.dedup_key LIKE 'AWARD_CERTIFICATE%') AS effects \
         UNION ALL SELECT 'SEND_INVOICE', (SELECT count(*) FROM invoice), \
             (SELECT count(*) FROM outbox WHERE kind = 'SEND_INVOICE'), \
             (SELECT count(*) FROM notice n JOIN delivery d ON d.notice_id = n.id \
              WHERE n.dedup_key LIKE 'SEND_INVOICE%')) t \
         WHERE acts <> tasks OR tasks <> effects OR acts = 0",
    )
    .await;
    assert!(counts.is_empty(), "{counts:#?}");
    let verified = service::journal::verify(&app.app.db).await.expect("readable");
    assert!(matches!(verified, service::journal::Verification::Sound(_)), "{verified:?}");
}
