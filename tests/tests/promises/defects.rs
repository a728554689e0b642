//! Each experiment fails when what it watches is broken: a defect is planted for each promise
//! (`service::fault::defect`), and the experiment must notice, in words that are about that promise.

use crate::support::seeds::servers;
use crate::{
    p01_p02_kills, p03_redis, p04_mail, p05_takeover, p06_poison, p07_slots, p08_postgres,
    p11_keys, p12_frozen, p13_acknowledgement, p14_stop,
};
use service::fault::defect;
use std::future::Future;
use std::process::Command;
use std::time::Duration;

/// How many seeds may miss a defect before it counts as unseen: some depend on where a blow falls.
const SEEDS: u64 = 4;

async fn is_noticed<F>(
    promise: &str,
    name: &str,
    words: &[&str],
    experiment: impl Fn(u64, String) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    if !servers() {
        return;
    }
    for seed in 1..=SEEDS {
        let planted = format!("defect@{name}");
        // In a task of its own: its panic is what is waited for.
        let Err(ended) = tokio::spawn(experiment(seed, planted)).await else { continue };
        let panic = ended.into_panic();
        let text = panic.downcast_ref::<String>().cloned();
        let told = text.or_else(|| panic.downcast_ref::<&str>().map(|told| (*told).to_owned()));
        let told = told.unwrap_or_default();
        assert!(
            words.iter().any(|word| told.contains(word)),
            "{promise}: {name} broke something else: {told}"
        );
        println!("{promise}: {name} is noticed with seed {seed}");
        return;
    }
    panic!("{promise}: nothing notices the defect {name}");
}

/// P10 is played in the test's own process: another one is started with the defect in it.
#[tokio::test(flavor = "multi_thread")]
async fn d10_a_limit_looked_at_on_one_day_alone() {
    if !servers() {
        return;
    }
    let own = std::env::current_exe().expect("the test has a path");
    let test = "p10_time::p10_time_may_leap_and_nothing_is_early_lost_or_double";
    let played = Command::new(own)
        .args(["--exact", test, "--nocapture"])
        .env("CLEA_FAULTS", format!("defect@{}", defect::THAT_DAY_ONLY))
        .env("CLEA_PROMISE_SEEDS", "1")
        .output()
        .expect("it starts");
    let told = String::from_utf8_lossy(&played.stderr);
    assert!(!played.status.success() && told.contains("lost on"), "P10: {told}");
}

macro_rules! defects {
    ($($test:ident: $promise:literal, $name:expr, $words:expr, |$seed:ident, $defect:ident| $run:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            is_noticed($promise, $name, &$words, |$seed, $defect| async move { $run; }).await;
        }
    )*};
}

defects! {
    d01_a_number_outside_its_transaction: "P1", defect::NUMBER_OUTSIDE,
        ["counter last=", "invoices up to", "certificates: "],
        |seed, defect| p01_p02_kills::experiment(seed, &defect).await;
    d02_a_follow_up_outside_its_act: "P2", defect::FOLLOW_UP_OUTSIDE,
        ["given up", " acts, ", " outbox "],
        |seed, defect| p01_p02_kills::experiment(seed, &defect).await;
    d03_a_push_never_repeated: "P3", defect::PUSHED_ONCE, ["are never done"],
        |seed, defect| p03_redis::experiment(seed, &defect, Duration::from_secs(40)).await;
    d04_a_mail_accepted_before_it_is_sent: "P4", defect::ACCEPTED_UNSENT, ["received nothing"],
        |seed, defect| p04_mail::experiment(seed, &defect).await;
    d05_a_late_write_let_through: "P5", defect::UNFENCED, ["done once, whoever began it"],
        |seed, defect| p05_takeover::experiment(seed, &defect).await;
    d06_tries_that_do_not_count: "P6", defect::UNCOUNTED, ["tried ", "never given up"],
        |seed, defect| p06_poison::experiment(seed, &defect).await;
    d07_a_slot_without_a_key: "P7", defect::SLOT_UNKEYED, ["run more than once"],
        |seed, defect| p07_slots::experiment(seed, &defect).await;
    d08_an_answer_before_its_act_is_stored: "P8", defect::ANSWERED_UNSTORED,
        ["acknowledged and lost"],
        |seed, defect| p08_postgres::experiment(seed, &defect).await;
    d11_a_key_that_nobody_looks_at: "P11", defect::KEY_IGNORED, ["every twin has the same answer"],
        |seed, defect| p11_keys::experiment(seed, &defect).await;
    d12_tables_that_are_not_frozen: "P12", defect::UNFROZEN, ["the database let `"],
        |seed, defect| p12_frozen::experiment(seed, &defect).await;
    d13_a_look_that_acknowledges: "P13", defect::SEEN_ACKNOWLEDGED, ["looking acknowledges nothing"],
        |seed, defect| p13_acknowledgement::experiment(seed, &defect).await;
    d14_a_stop_that_waits_for_nothing: "P14", defect::ABRUPT_STOP,
        ["half done", "done and never answered", "sent and not recorded"],
        |seed, defect| p14_stop::experiment(seed, &defect).await;
}
