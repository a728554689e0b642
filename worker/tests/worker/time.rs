//! The day's slot, the simulated clock, and what a stop leaves behind.

use crate::support::{Bench, FIRST_DAY, day};
use entity::kind::TaskStatus;
use entity::outbox;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use service::task::Reconciler;
use std::time::Duration;

/// Reconcilers run since the clock started, its first day included.
async fn reconciled(bench: &Bench) -> u64 {
    outbox::Entity::find()
        .filter(outbox::Column::Kind.eq("RECONCILE"))
        .filter(outbox::Column::Status.eq(entity::text::Text(TaskStatus::Done)))
        .count(&bench.app.db)
        .await
        .expect("countable")
}

fn slots_until(date: &str) -> u64 {
    let days = u64::try_from((day(date) - day(FIRST_DAY)).num_days() + 1).expect("in order");
    days * Reconciler::ALL.len() as u64
}

// P7: every reconciler runs once a day, whatever the number of workers.
#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_clock_runs_each_slot_once() {
    let bench = Bench::embedded().await;
    let workers = [bench.start(), bench.start()];
    bench.go_to("2026-03-05").await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(reconciled(&bench).await, slots_until("2026-03-05"));
    assert_eq!(bench.count(TaskStatus::GivenUp).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_clock_runs_on_servers_too() {
    let Some(bench) = Bench::servers().await else { return };
    let workers = [bench.start(), bench.start()];
    bench.go_to("2026-01-20").await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(reconciled(&bench).await, slots_until("2026-01-20"));
    assert_eq!(bench.count(TaskStatus::GivenUp).await, 0);
}

// X.d: what a worker left undone, the next one does.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_loses_nothing() {
    let bench = Bench::embedded().await;
    for _ in 0..40 {
        bench.enqueue_hopeless().await;
    }
    let first = bench.start();
    tokio::time::sleep(Duration::from_millis(30)).await;
    first.stop().await;
    let second = bench.start();
    bench.settle().await;
    second.stop().await;
    assert_eq!(bench.count(TaskStatus::GivenUp).await, 40);
    let mut ids: Vec<_> = bench.mails.sent().into_iter().map(|mail| mail.message_id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), bench.mails.sent().len()), (40, 40), "each officer's mail left once");
}
