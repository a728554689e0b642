//! What fails is tried again or given up, told of once, and never lost (X.d).

use crate::lanes::{Slow, until};
use crate::story::Story;
use crate::support::{Bench, benches};
use domain::application::Outcome;
use entity::kind::TaskStatus;
use entity::text::Text;
use entity::{delivery, journal, notice, outbox};
use mailer::SendError;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::sync::Arc;

// Interpretation 5: what another process pushed again while it was carried out is given up under its newest push,
// and officers are told of that one.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_pushed_again_meanwhile_is_told_of_when_it_is_given_up() {
    for bench in benches().await {
        let slow = Slow::holding(&bench, "décision d’acceptation");
        let worker = bench.start_with(|settings| settings.transport = Arc::new(slow.clone()));
        let story = Story::begin(&bench).await;
        let case = story.prepare("2026-02-02", Outcome::Accepted).await;
        story.decide(&case).await;
        until("its mail leaves", async || slow.waiting() == 1).await;
        bench.settle_but(1).await;
        outbox::Entity::update_many()
            .col_expr(outbox::Column::PushNumber, Expr::col(outbox::Column::PushNumber).add(1))
            .filter(outbox::Column::Status.eq(Text(TaskStatus::Pending)))
            .exec(&bench.app.db)
            .await
            .expect("pushed again");
        bench.mails.fail_next(vec![SendError::Permanent("550 no such user".to_owned())]);
        slow.let_go();
        bench.settle().await;
        worker.stop().await;
        let sent = bench.mails.sent();
        let told = sent.iter().filter(|mail| mail.subject.contains("(NOTIFY_DECISION)"));
        assert_eq!(told.count(), 1, "{sent:#?}");
    }
}

// X.c, X.d: from the outbox through the queue to a mail and its recorded delivery.
#[tokio::test(flavor = "multi_thread")]
async fn a_hopeless_task_is_given_up_and_officers_are_told_once() {
    for bench in benches().await {
        let id = bench.enqueue_hopeless().await;
        // Two workers at once: each task is carried out by one of them.
        let workers = [bench.start(), bench.start()];
        bench.settle().await;
        for worker in workers {
            worker.stop().await;
        }
        let task = bench.task(id).await;
        assert_eq!(*task.status, TaskStatus::GivenUp);
        assert_eq!(task.attempts, 1, "what another try would not mend is not tried again");
        assert_eq!(task.last_error.as_deref(), Some("the invoice: missing"));
        assert_eq!(bench.count(TaskStatus::GivenUp).await, 1);
        let sent = bench.mails.sent();
        assert_eq!(sent.len(), 1, "{sent:#?}");
        assert_eq!(sent[0].to, "habilitations@certif-pro.example");
        assert!(
            sent[0].subject.contains("envoi d’une facture (SEND_INVOICE)"),
            "{}",
            sent[0].subject
        );
        assert_eq!(delivery::Entity::find().count(&bench.app.db).await.expect("countable"), 1);
        let told = journal::Entity::find().filter(journal::Column::Act.eq("giveUpTask"));
        assert_eq!(told.count(&bench.app.db).await.expect("countable"), 1);
    }
}

// X.d: a mail that had to be repeated carries the same Message-ID, and its acceptance is recorded once.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_did_not_leave_is_sent_again() {
    let bench = Bench::embedded().await;
    let quoted = "451 <habilitations@certif-pro.example>: later".to_owned();
    bench.mails.fail_next(vec![SendError::Temporary(quoted)]);
    bench.enqueue_hopeless().await;
    let worker = bench.start();
    bench.settle().await;
    worker.stop().await;
    let sent = bench.mails.sent();
    let notices = notice::Entity::find().all(&bench.app.db).await.expect("readable");
    assert_eq!((sent.len(), notices.len()), (1, 1));
    assert_eq!(sent[0].message_id, notices[0].message_id);
    let telling = entity::outbox::Entity::find()
        .filter(entity::outbox::Column::Kind.eq("TELL_GIVEN_UP"))
        .one(&bench.app.db)
        .await
        .expect("readable")
        .expect("the telling task");
    assert_eq!((*telling.status, telling.attempts), (TaskStatus::Done, 2));
}

// Nobody is told of a mail to officers that cannot leave: that would never end.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_never_can_leave_is_given_up_without_a_trail_of_others() {
    let bench = Bench::embedded().await;
    bench.mails.fail_next(vec![SendError::Permanent("550 unknown".to_owned())]);
    bench.enqueue_hopeless().await;
    let worker = bench.start();
    bench.settle().await;
    worker.stop().await;
    assert!(bench.mails.sent().is_empty());
    assert_eq!(bench.count(TaskStatus::GivenUp).await, 2);
    let all = entity::outbox::Entity::find().count(&bench.app.db).await.expect("countable");
    let slot = bench.count(TaskStatus::Done).await;
    assert_eq!(all, slot + 2);
}

// X.d: what has waited for days, for a mail server that refused it, is not ended by one lesser trouble.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_waited_for_days_outlives_a_lesser_trouble() {
    for (attempts, status) in [(40, TaskStatus::Pending), (129, TaskStatus::GivenUp)] {
        let bench = Bench::embedded().await;
        let id = bench.enqueue_hopeless().await;
        // Of another version: worth another try, but not for days.
        entity::outbox::Entity::update_many()
            .col_expr(
                entity::outbox::Column::Payload,
                Expr::value(serde_json::json!({ "kind": "OF_ANOTHER_VERSION" })),
            )
            .col_expr(entity::outbox::Column::Attempts, Expr::value(attempts))
            .filter(entity::outbox::Column::Id.eq(id))
            .exec(&bench.app.db)
            .await
            .expect("changed");
        let worker = bench.start();
        while bench.task(id).await.attempts == attempts {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        worker.stop().await;
        assert_eq!(*bench.task(id).await.status, status, "{attempts}");
    }
}
