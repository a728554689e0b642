//! What every act has in common, on both databases: it is carried out again where a conflict undid it, once
//! under its idempotency key, and its entries are written together.

use e2e::TestApp;
use entity::ids::{AccountId, EnrolmentId, MeetingId, PasswordResetId};
use entity::{account, idempotency_key, journal, outbox};
use sea_orm::sqlx::error::{DatabaseError, ErrorKind};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    RuntimeErr, sqlx,
};
use serde::Serialize;
use service::context::{Actor, Context, Input, Tx};
use service::error::{ActError, ActResult};
use service::journal::{Deed, Entry, Verification, verify};
use service::outage::Outage;
use service::policy::Act;
use service::task::Task;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

/// How often an act is tried in all.
const TRIES: u32 = 5;

/// What a database answers to the transaction that it ends for the sake of another.
#[derive(Debug)]
struct Undone;

impl fmt::Display for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("could not serialize access")
    }
}

impl Error for Undone {}

impl DatabaseError for Undone {
    fn message(&self) -> &'static str {
        "could not serialize access"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some("40001".into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

fn undone() -> ActError {
    DbErr::Exec(RuntimeErr::SqlxError(sqlx::Error::from(Undone).into())).into()
}

#[derive(Debug, Clone, Serialize)]
struct Plan {
    what: &'static str,
    key: String,
}

impl Input for Plan {
    fn key(&self) -> Option<&str> {
        Some(&self.key)
    }
}

/// Leaves a task, an entry and an id, unless a conflict ends this try.
async fn planned(tx: Tx, tries: &AtomicU32, conflicts: u32) -> ActResult<(MeetingId, Entry)> {
    tx.enqueue(Task::ResetPassword { reset: PasswordResetId::new() }).await?;
    tx.record(Deed::NotifyDecision, Entry::new(EnrolmentId::new(), "Un effet"));
    if tries.fetch_add(1, Ordering::Relaxed) < conflicts {
        return Err(undone());
    }
    let id = MeetingId::new();
    Ok((id, Entry::new(id, "L’acte même")))
}

/// How many tasks the act left.
async fn follow_ups(db: &DatabaseConnection) -> u64 {
    let left = outbox::Entity::find().filter(outbox::Column::CorrelationId.eq("conflicts"));
    left.count(db).await.expect("countable")
}

/// A person with an account and no role.
async fn actor(app: &TestApp) -> Actor {
    let email = "essai@certif-pro.example";
    app.account(email).await;
    let known = account::Entity::find().filter(account::Column::Email.eq(email));
    let row = known.one(&app.app.db).await.expect("readable");
    let id: AccountId = row.expect("an account").id;
    Actor::Account { id, session: None, grants: [].into() }
}

#[tokio::test]
async fn an_act_undone_by_conflicts_is_tried_five_times_and_leaves_one_trace() {
    for conflicts in [0, 1, TRIES - 1, TRIES] {
        let app = TestApp::start().await;
        let db = &app.app.db;
        let ctx = Context::new(app.app.clone(), actor(&app).await, "conflicts");
        let tries = AtomicU32::new(0);
        let plan = Plan { what: "this", key: format!("key-{conflicts}") };
        let act = async |plan: Plan| {
            ctx.act(Act::ScheduleMeeting, plan, |tx, _| planned(tx, &tries, conflicts)).await
        };
        let done = act(plan.clone()).await;
        assert_eq!(tries.load(Ordering::Relaxed), TRIES.min(conflicts + 1));
        let mine =
            || journal::Entity::find().filter(journal::Column::CorrelationId.eq("conflicts"));
        let before = match done {
            Ok(id) => Some(id),
            Err(fault) => {
                assert_eq!(conflicts, TRIES, "{fault}");
                assert_eq!(Outage::of(&fault), Some(Outage::Conflict));
                assert_eq!(follow_ups(db).await, 0);
                assert_eq!(app.count::<idempotency_key::Entity>().await, 0);
                assert_eq!(mine().count(db).await.expect("countable"), 0);
                None
            }
        };
        // Under its key it is done once: at the latest now.
        let id = act(plan.clone()).await.expect("done");
        assert_eq!(id, before.unwrap_or(id));
        let entries = mine().order_by_asc(journal::Column::Seq).all(db).await.expect("readable");
        let entries: Vec<_> =
            entries.iter().map(|e| (e.act.as_str(), e.summary.as_str())).collect();
        let expected = [("notifyDecision", "Un effet"), ("scheduleMeeting", "L’acte même")];
        assert_eq!(entries, expected, "{conflicts} conflicts");
        assert_eq!(follow_ups(db).await, 1);
        let other = act(Plan { what: "that", ..plan }).await.expect_err("another input");
        let ActError::Refused(refusals) = other else { panic!("{other}") };
        assert_eq!(refusals[0].code, "IDEMPOTENCY_KEY_REUSED");
    }
}

/// What has no key and no entry is begun again, too; a fault of another kind is not.
#[tokio::test]
async fn a_fault_that_is_no_conflict_is_answered_at_once() {
    let app = TestApp::start().await;
    let ctx = Context::new(app.app.clone(), Actor::Anonymous, "faults");
    let tries = AtomicU32::new(0);
    let count = || tries.fetch_add(1, Ordering::Relaxed);
    let done = ctx.run(Deed::SignIn, |_| async {
        if count() < 2 { Err(undone()) } else { Ok(("done", None)) }
    });
    assert_eq!(done.await.expect("done"), "done");
    let failed = ctx.run(Deed::SignIn, |_| async {
        count();
        Err::<((), _), _>(anyhow::anyhow!("a bug").into())
    });
    assert!(failed.await.is_err());
    assert_eq!(tries.load(Ordering::Relaxed), 4);
}

/// Whoever keeps the transaction of an act could still write through it: then nothing is committed.
#[tokio::test]
async fn a_transaction_kept_beyond_its_act_commits_nothing() {
    let app = TestApp::start().await;
    let ctx = Context::new(app.app.clone(), Actor::System, "kept");
    let kept = Mutex::new(None);
    let done = ctx.run(Deed::GiveUpTask, |tx| {
        *kept.lock().expect("no panic") = Some(tx.clone());
        async move {
            tx.enqueue(Task::ResetPassword { reset: PasswordResetId::new() }).await?;
            Ok(((), Some(Entry::new(EnrolmentId::new(), "Rien"))))
        }
    });
    assert!(matches!(done.await, Err(ActError::Fault(_))));
    drop(kept.into_inner().expect("no panic"));
    let tasks = outbox::Entity::find().filter(outbox::Column::CorrelationId.eq("kept"));
    assert_eq!(tasks.count(&app.app.db).await.expect("countable"), 0);
    let entries = journal::Entity::find().filter(journal::Column::CorrelationId.eq("kept"));
    assert_eq!(entries.count(&app.app.db).await.expect("countable"), 0);
}

/// X.b: an act that decides many cases tells of each, by statements that grow by the five hundred entries,
/// and the chain verifies.
#[tokio::test]
async fn the_entries_of_an_act_are_written_together() {
    let app = TestApp::start().await;
    let (acts, statements) = app.written().await;
    let Verification::Sound(before) = verify(&acts.db).await.expect("readable") else {
        panic!("broken before")
    };
    let mut written = before;
    for (entries, expected) in [(0_u32, 0), (1, 3), (500, 3), (1_201, 5)] {
        let ctx = Context::new(acts.clone(), Actor::System, format!("many-{entries}"));
        drop(statements.taken());
        ctx.run(Deed::AssessEdofAlert, |tx| async move {
            for n in 0..entries {
                let entry = Entry::new(EnrolmentId(Uuid::from_u128(n.into())), format!("Cas {n}"));
                tx.record(Deed::AssessEdofAlert, entry.under("V.3.d"));
            }
            Ok(((), None))
        })
        .await
        .expect("done");
        let run: Vec<_> = statements.taken().into_iter().map(|statement| statement.sql).collect();
        let of_journal = run.iter().filter(|sql| sql.contains("journal")).count();
        assert_eq!(of_journal, expected, "{entries} entries: {run:#?}");
        written += i64::from(entries);
        let told = journal::Entity::find()
            .filter(journal::Column::CorrelationId.eq(ctx.correlation_id))
            .order_by_asc(journal::Column::Seq)
            .all(&acts.db)
            .await
            .expect("readable");
        let told: Vec<_> = told.into_iter().map(|entry| entry.summary).collect();
        let cases: Vec<_> = (0..entries).map(|n| format!("Cas {n}")).collect();
        assert_eq!(told, cases, "in their order");
        let sound = verify(&acts.db).await.expect("readable");
        assert_eq!(sound, Verification::Sound(written), "{entries} entries");
    }
}
