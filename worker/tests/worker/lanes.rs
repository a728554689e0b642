//! No lane holds up another: what fills one, and does not end there, leaves the others as they were.

use crate::story::{ORGANISM, STAFF, Story};
use crate::support::{Bench, benches};
use async_trait::async_trait;
use domain::application::Outcome;
use entity::ids::{InvoiceId, OutboxId, PasswordResetId};
use entity::kind::{Lane, TaskStatus};
use entity::outbox::{self, Column};
use entity::text::Text;
use mailer::{Accepted, MemoryTransport, Outgoing, SendError, Transport};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, TransactionTrait,
};
use service::task::Task;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use worker::Concurrency;

/// More than a lane's queue holds.
const MANY: usize = 600;
/// Longer than what waits for nobody needs.
const PATIENCE: Duration = Duration::from_secs(30);
/// A try takes longer than a test.
const ENDLESS: Duration = Duration::from_mins(10);

/// Keeps mails, but for those whose subject says `held`: they wait until they are let go.
#[derive(Clone)]
pub(crate) struct Slow {
    mails: MemoryTransport,
    held: &'static str,
    waiting: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Slow {
    pub(crate) fn holding(bench: &Bench, held: &'static str) -> Self {
        let (waiting, gate) = (Arc::default(), Arc::new(Semaphore::new(0)));
        Self { mails: bench.mails.clone(), held, waiting, gate }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    pub(crate) fn let_go(&self) {
        self.gate.close();
    }
}

#[async_trait]
impl Transport for Slow {
    async fn send(&self, mail: &Outgoing) -> Result<Accepted, SendError> {
        if mail.subject.contains(self.held) {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            // An error is the end of the wait.
            let _ = self.gate.acquire().await;
        }
        self.mails.send(mail).await
    }

    fn describe(&self) -> String {
        "slow".to_owned()
    }
}

/// Adds tasks that tell officers of one that was given up, as `given_up` makes it, and puts them in a lane.
async fn telling(bench: &Bench, given_up: fn() -> Task, (count, lane): (usize, Lane)) {
    let tx = bench.app.db.begin().await.expect("a transaction");
    let cause = uuid::Uuid::now_v7().to_string();
    let tasks: Vec<_> = (0..count).map(|_| given_up()).collect();
    service::outbox::insert_many(&tx, &tasks, &cause).await.expect("inserted");
    let mine = outbox::Entity::find().filter(Column::CorrelationId.eq(&cause));
    let ids: Vec<OutboxId> =
        mine.select_only().column(Column::Id).into_tuple().all(&tx).await.expect("readable");
    let given_up = outbox::Entity::update_many()
        .col_expr(Column::Status, Expr::value(TaskStatus::GivenUp.as_str()))
        .filter(Column::CorrelationId.eq(&cause));
    given_up.exec(&tx).await.expect("given up");
    let tasks: Vec<_> = ids.into_iter().map(|task| Task::TellGivenUp { task, push: 0 }).collect();
    let cause = format!("{cause}-told");
    service::outbox::insert_many(&tx, &tasks, &cause).await.expect("inserted");
    let moved = outbox::Entity::update_many()
        .col_expr(Column::Lane, Expr::value(lane.as_str()))
        .filter(Column::CorrelationId.eq(&cause));
    moved.exec(&tx).await.expect("in its lane");
    tx.commit().await.expect("committed");
    bench.app.wake.notify_waiters();
}

fn an_invoice() -> Task {
    Task::SendInvoice { invoice: InvoiceId::new() }
}

fn a_reset() -> Task {
    Task::ResetPassword { reset: PasswordResetId::new() }
}

/// Waits until this holds.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "never: {what}");
}

/// How many mails left whose subject says this.
fn left(bench: &Bench, subject: &str) -> usize {
    bench.mails.sent().iter().filter(|mail| mail.subject.contains(subject)).count()
}

// X.d: a lane of hundreds of due tasks whose bodies wait, as behind a third party that never answers, keeps its
// own slots busy and no other's.
#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_stands_still_holds_up_no_other() {
    for stuck in Lane::ALL {
        for bench in benches().await {
            let slow = Slow::holding(&bench, "(SEND_INVOICE)");
            telling(&bench, an_invoice, (MANY, stuck)).await;
            let shares = Concurrency::shared(6, |_| None);
            let worker = bench.start_with(|settings| {
                settings.transport = Arc::new(slow.clone());
                settings.concurrency = shares;
                settings.task_timeout = ENDLESS;
            });
            until("the lane is full", async || slow.waiting() == shares.of(stuck)).await;
            let others: Vec<_> = Lane::ALL.into_iter().filter(|lane| *lane != stuck).collect();
            for lane in &others {
                telling(&bench, a_reset, (5, *lane)).await;
            }
            until(&format!("past {stuck:?}"), async || {
                left(&bench, "(RESET_PASSWORD)") == 5 * others.len()
            })
            .await;
            assert_eq!(slow.waiting(), shares.of(stuck), "{stuck:?} takes no other's slots");
            assert_eq!(left(&bench, "(SEND_INVOICE)"), 0);
            slow.let_go();
            worker.stop().await;
        }
    }
}

// III.5.d, interpretation 26: behind an announcement to hundreds whose mails are slow, a decision is notified and
// a link to a new password leaves.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_and_a_new_password_do_not_wait_for_what_goes_to_many() {
    for bench in benches().await {
        let slow = Slow::holding(&bench, "(SEND_INVOICE)");
        let worker = bench.start_with(|settings| {
            settings.transport = Arc::new(slow.clone());
            settings.task_timeout = ENDLESS;
        });
        let story = Story::begin(&bench).await;
        let case = story.prepare("2026-02-02", Outcome::Accepted).await;
        telling(&bench, an_invoice, (MANY, Lane::Bulk)).await;
        until("the announcement is under way", async || slow.waiting() > 0).await;
        story.decide(&case).await;
        story.ask_for_a_new_password(STAFF).await;
        until("both leave", async || {
            let sent = bench.mails.sent();
            let to = |to: &str, subject: &str| {
                sent.iter().any(|mail| mail.to == to && mail.subject.contains(subject))
            };
            to(ORGANISM, "décision d’acceptation") && to(STAFF, "mot de passe")
        })
        .await;
        until("the habilitation runs", async || {
            story.habilitation(case.application).await.notified_on.is_some()
        })
        .await;
        assert_eq!(left(&bench, "(SEND_INVOICE)"), 0, "the announcement still waits");
        slow.let_go();
        worker.stop().await;
    }
}

// A lane that stands still has its pushes repeated, since they might be lost; on Redis, too, not without end
// (`relay` shows it round by round).
#[tokio::test(flavor = "multi_thread")]
async fn the_queue_of_a_lane_that_stands_still_does_not_grow_on_redis() {
    let Some(bench) = Bench::servers().await else { return };
    let slow = Slow::holding(&bench, "(SEND_INVOICE)");
    telling(&bench, an_invoice, (MANY, Lane::Outside)).await;
    let worker = bench.start_with(|settings| {
        settings.transport = Arc::new(slow.clone());
        settings.task_timeout = ENDLESS;
        settings.push_patience = Duration::from_millis(400);
    });
    until("pushes are repeated", async || bench.queued(Lane::Outside).await > 500).await;
    for _ in 0..40 {
        let queued = bench.queued(Lane::Outside).await;
        assert!(queued < 1_100, "{queued}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    slow.let_go();
    worker.stop().await;
}

// A row's own lane counts, not that of its kind: a newer program may know better.
#[tokio::test(flavor = "multi_thread")]
async fn a_kind_of_another_version_waits_in_its_own_lane() {
    for bench in benches().await {
        let slow = Slow::holding(&bench, "(SEND_INVOICE)");
        telling(&bench, an_invoice, (20, Lane::Legal)).await;
        let id = service::outbox::insert(&bench.app.db, &a_reset(), "newer").await;
        let id = id.expect("inserted").expect("new");
        let newer = outbox::Entity::update_many()
            .col_expr(Column::Kind, Expr::value("OF_ANOTHER_VERSION"))
            .col_expr(Column::Payload, Expr::value(serde_json::json!({ "kind": "NEW" })))
            .col_expr(Column::Lane, Expr::value(Lane::Outside.as_str()))
            .filter(Column::Id.eq(id));
        newer.exec(&bench.app.db).await.expect("of another version");
        let worker = bench.start_with(|settings| {
            settings.transport = Arc::new(slow.clone());
            settings.task_timeout = ENDLESS;
        });
        until("it is tried", async || bench.task(id).await.attempts > 0).await;
        let row = bench.task(id).await;
        assert_eq!((*row.lane, *row.status), (Lane::Outside, TaskStatus::Pending));
        let lane = outbox::Entity::find().filter(Column::Lane.eq(Text(Lane::Outside)));
        assert_eq!(lane.count(&bench.app.db).await.expect("countable"), 1);
        slow.let_go();
        worker.stop().await;
    }
}
