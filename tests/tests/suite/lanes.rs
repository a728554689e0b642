//! What the relay and operators ask of the outbox, lane by lane, reads a bounded part of it.

use crate::plans::{ROWS, is_slow, is_whole, multiply, plan};
use chrono::Duration;
use e2e::TestApp;
use entity::ids::OutboxId;
use entity::kind::{Lane, TaskStatus};
use entity::outbox::{self, Column};
use entity::text::Text;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, TransactionTrait,
};
use service::clock::machine_now;
use service::{operation, outbox as tasks};
use std::collections::{BTreeMap, BTreeSet};

/// A push is taken for lost after this.
const PATIENCE: Duration = Duration::minutes(5);
/// Of each lane, one task in so many is in each of these states; the rest are done.
const STATES: u32 = 12;

/// Thousands of tasks: of every twelve of a lane one is due, one waits, one is outstanding, one was lost, one is
/// held by a worker, one is given up, the rest are done.
async fn many(db: &DatabaseConnection) {
    let now = machine_now();
    multiply::<outbox::Entity>(db, |row, n| {
        row.id = Set(OutboxId::new());
        row.dedup_key = Set(Some(format!("copy-{n}")));
        row.lane = Set(Lane::ALL[n as usize % 4].into());
        let of_lane = n / 4;
        let (age, long_ago) = (Duration::seconds(i64::from(of_lane)), now - Duration::hours(1));
        row.next_attempt_at = Set(long_ago - age);
        row.status = Set(TaskStatus::Pending.into());
        (row.pushed_at, row.lease_until) = (Set(None), Set(None));
        match of_lane % STATES {
            0 => {}
            1 => row.next_attempt_at = Set(now + Duration::hours(1)),
            2 => row.pushed_at = Set(Some(now)),
            3 => row.pushed_at = Set(Some(long_ago)),
            4 => {
                row.pushed_at = Set(Some(long_ago));
                row.lease_until = Set(Some(now + Duration::hours(1)));
            }
            5 => row.status = Set(TaskStatus::GivenUp.into()),
            _ => row.status = Set(TaskStatus::Done.into()),
        }
    })
    .await;
    let analyze = sea_orm::Statement::from_string(db.get_database_backend(), "ANALYZE");
    sea_orm::ConnectionTrait::execute_raw(db, analyze).await.expect("statistics");
}

#[tokio::test]
async fn what_a_lane_has_to_push_is_read_along_an_index() {
    let app = TestApp::start().await;
    app.halt().await;
    many(app.owner()).await;
    let each = u64::from(ROWS / 4 / STATES) + 1;
    let (reader, statements) = app.written().await;
    // A lane with room for three more than are outstanding, and none where it is full.
    let outstanding = outbox::Entity::find()
        .filter(Column::Status.eq(Text(TaskStatus::Pending)))
        .filter(Column::PushedAt.gt(machine_now() - PATIENCE));
    let outstanding = outstanding.all(app.owner()).await.expect("readable");
    let of = |lane: Lane| outstanding.iter().filter(|row| *row.lane == lane).count() as u64;
    let most = Lane::ALL.iter().map(|lane| of(*lane)).max().expect("lanes");
    assert!(most.abs_diff(each) < 2, "{most}");
    let _ = statements.taken();
    let rooms = tasks::rooms(&reader.db, most + 3, PATIENCE).await.expect("readable");
    let expected: BTreeMap<_, _> =
        Lane::ALL.iter().map(|lane| (*lane, most + 3 - of(*lane))).collect();
    assert_eq!(rooms.iter().copied().collect::<BTreeMap<_, _>>(), expected);
    let full = tasks::rooms(&reader.db, 3, PATIENCE).await.expect("readable");
    assert!(full.is_empty(), "{full:?}");

    let tx = reader.db.begin().await.expect("a transaction");
    let lost = tasks::take_due(&tx, (Lane::Bulk, each - 3), PATIENCE).await.expect("taken");
    let both = tasks::take_due(&tx, (Lane::Bulk, 20), PATIENCE).await.expect("taken");
    tx.commit().await.expect("committed");
    assert_eq!((lost.len() as u64, both.len()), (each - 3, 20));
    let taken: BTreeSet<_> = lost.iter().chain(&both).map(|push| push.id.to_string()).collect();
    assert_eq!(taken.len(), lost.len() + both.len(), "none twice");
    for statement in statements.taken() {
        let steps = plan(app.owner(), &statement).await;
        if !statement.sql.starts_with("SELECT") {
            continue;
        }
        assert!(!steps.iter().any(|step| is_whole(step, "outbox")), "{steps:#?}");
        // What was pushed is no more than a queue holds: alone, it may be sorted. What was not, may be a million.
        let asks = |what: &str| statement.sql.contains(what);
        let lost = asks("FOR UPDATE") && !asks(r#""pushed_at" IS NULL"#);
        assert!(lost || !steps.iter().any(|step| is_slow(step, "outbox")), "{steps:#?}");
    }
    for push in lost.iter().chain(&both) {
        let row = outbox::Entity::find_by_id(push.id).one(app.owner()).await.expect("readable");
        let row = row.expect("the task");
        assert_eq!((*row.lane, row.push_number), (Lane::Bulk, push.number));
        assert!(row.lease_until.is_none() && row.next_attempt_at < machine_now());
    }
}

#[tokio::test]
async fn figures_tell_each_lane_by_what_it_waits_for() {
    let app = TestApp::start().await;
    app.halt().await;
    many(app.owner()).await;
    let (reader, statements) = app.written().await;
    let _ = statements.taken();
    let figures = operation::outbox_figures(&reader.db).await.expect("readable");
    for statement in statements.taken() {
        let steps = plan(app.owner(), &statement).await;
        assert!(!steps.iter().any(|step| is_whole(step, "outbox")), "{steps:#?}");
    }
    let now = machine_now();
    let rows = outbox::Entity::find().all(app.owner()).await.expect("readable");
    for lane in Lane::ALL {
        let count = |holds: &dyn Fn(&outbox::Model) -> bool| {
            rows.iter().filter(|row| *row.lane == lane && holds(row)).count() as u64
        };
        let pending = |row: &outbox::Model| *row.status == TaskStatus::Pending;
        let due = |row: &outbox::Model| {
            pending(row) && row.next_attempt_at <= now && row.lease_until.is_none()
        };
        let of = |state| figures.tasks[&(lane, state)];
        assert_eq!(of("due"), count(&due), "{lane:?}");
        assert_eq!(of("running"), count(&|row| row.lease_until.is_some()));
        assert_eq!(of("waiting"), count(&|row| pending(row) && row.next_attempt_at > now));
        assert_eq!(of("given_up"), count(&|row| *row.status == TaskStatus::GivenUp));
        let oldest = rows.iter().filter(|row| *row.lane == lane && due(row));
        let oldest = oldest.map(|row| row.next_attempt_at).min().expect("one is due");
        let told = figures.oldest_seconds[&lane];
        assert!((told - (now - oldest).as_seconds_f64()).abs() < 60.0, "{lane:?}: {told}");
    }
}
