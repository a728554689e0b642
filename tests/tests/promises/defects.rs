//! Each experiment fails when what it watches is broken: a defect is planted for each promise
//! (`service::fault::defect`), and the experiment must notice.

use crate::support::seeds::servers;
use crate::{
    p01_p02_kills, p03_redis, p04_mail, p05_takeover, p06_poison, p07_slots, p08_postgres,
    p11_keys, p12_frozen, p13_acknowledgement, p14_stop,
};
use service::fault::defect;
use std::future::Future;
use std::time::Duration;

/// How many seeds may miss a defect before it counts as unseen: some depend on where a blow falls.
const SEEDS: u64 = 4;

async fn is_noticed<F>(promise: &str, name: &str, experiment: impl Fn(u64, String) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    if !servers() {
        return;
    }
    for seed in 1..=SEEDS {
        let planted = format!("defect@{name}");
        // In a task of its own: its panic is what is waited for.
        if tokio::spawn(experiment(seed, planted)).await.is_err() {
            println!("{promise}: {name} is noticed with seed {seed}");
            return;
        }
    }
    panic!("{promise}: nothing notices the defect {name}");
}

macro_rules! defects {
    ($($test:ident: $promise:literal, $name:expr, |$seed:ident, $defect:ident| $run:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            is_noticed($promise, $name, |$seed, $defect| async move { $run; }).await;
        }
    )*};
}

defects! {
    d01_a_number_outside_its_transaction: "P1", defect::NUMBER_OUTSIDE,
        |seed, defect| p01_p02_kills::experiment(seed, &defect).await;
    d02_a_follow_up_outside_its_act: "P2", defect::FOLLOW_UP_OUTSIDE,
        |seed, defect| p01_p02_kills::experiment(seed, &defect).await;
    d03_a_push_never_repeated: "P3", defect::PUSHED_ONCE,
        |seed, defect| p03_redis::experiment(seed, &defect, Duration::from_secs(20)).await;
    d04_a_mail_accepted_before_it_is_sent: "P4", defect::ACCEPTED_UNSENT,
        |seed, defect| p04_mail::experiment(seed, &defect).await;
    d05_a_late_write_let_through: "P5", defect::UNFENCED,
        |seed, defect| p05_takeover::experiment(seed, &defect).await;
    d06_tries_that_do_not_count: "P6", defect::UNCOUNTED,
        |seed, defect| p06_poison::experiment(seed, &defect).await;
    d07_a_slot_without_a_key: "P7", defect::SLOT_UNKEYED,
        |seed, defect| p07_slots::experiment(seed, &defect).await;
    d08_an_answer_before_its_act_is_stored: "P8", defect::ANSWERED_UNSTORED,
        |seed, defect| p08_postgres::experiment(seed, &defect).await;
    d10_a_limit_looked_at_on_one_day_alone: "P10", defect::THAT_DAY_ONLY,
        |seed, defect| p07_slots::experiment(seed, &defect).await;
    d11_a_key_that_nobody_looks_at: "P11", defect::KEY_IGNORED,
        |seed, defect| p11_keys::experiment(seed, &defect).await;
    d12_tables_that_are_not_frozen: "P12", defect::UNFROZEN,
        |seed, defect| p12_frozen::experiment(seed, &defect).await;
    d13_a_look_that_acknowledges: "P13", defect::SEEN_ACKNOWLEDGED,
        |seed, defect| p13_acknowledgement::experiment(seed, &defect).await;
    d14_a_stop_that_waits_for_nothing: "P14", defect::ABRUPT_STOP,
        |seed, defect| p14_stop::experiment(seed, &defect).await;
}
