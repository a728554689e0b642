//! What must follow a committed act (X.d): inserted with the act, pushed by the relay, done in the
//! transaction of its own effect. Attempts, the next try and the last error live here, not in the queue.

mod push;

pub use push::{Push, forget_pushes, rooms, take_due};

use crate::clock::machine_now;
use crate::context::{TaskLease, after};
use crate::fault::{self, defect};
use crate::task::Task;
use chrono::{DateTime, Duration, Utc};
use entity::ids::OutboxId;
use entity::kind::{Lane, TaskStatus};
use entity::outbox::{self, Column};
use entity::text::Text;
use rand::RngExt;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, SelectStatement, UnionType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QuerySelect, Select, TryInsertResult,
};

/// How often a task is tried before it is given up: some hours.
pub const DEFAULT_ATTEMPTS: i32 = 16;
/// How often, when what it needs is away: five days, longer than a mail server's long weekend.
const ATTEMPTS_WHILE_AWAY: i32 = 130;
const FIRST_BACKOFF_SECONDS: i64 = 2;
const LONGEST_BACKOFF_SECONDS: i64 = 3600;

fn active(task: &Task, correlation_id: &str) -> Result<(OutboxId, outbox::ActiveModel), DbErr> {
    let (id, now) = (OutboxId::new(), machine_now());
    let payload = task.payload().map_err(|error| DbErr::Json(error.to_string()))?;
    let model = outbox::ActiveModel {
        id: Set(id),
        kind: Set(task.kind().to_owned()),
        payload: Set(payload),
        dedup_key: Set(key_of(task)),
        status: Set(TaskStatus::Pending.into()),
        attempts: Set(0),
        max_attempts: Set(DEFAULT_ATTEMPTS),
        next_attempt_at: Set(now),
        push_number: Set(0),
        pushed_at: Set(None),
        lease_owner: Set(None),
        lease_until: Set(None),
        last_error: Set(None),
        correlation_id: Set(correlation_id.to_owned()),
        created_at: Set(now),
        finished_at: Set(None),
        progress_done: Set(None),
        progress_total: Set(None),
        lane: Set(task.lane().into()),
    };
    Ok((id, model))
}

fn key_of(task: &Task) -> Option<String> {
    let keyless = matches!(task, Task::Reconcile { .. }) && fault::planted(defect::SLOT_UNKEYED);
    (!keyless).then(|| task.dedup_key())
}

/// Inserts a task; none when one with the same key exists.
pub async fn insert(
    tx: &impl ConnectionTrait,
    task: &Task,
    correlation_id: &str,
) -> Result<Option<OutboxId>, DbErr> {
    let (id, model) = active(task, correlation_id)?;
    let inserted = outbox::Entity::insert(model)
        .on_conflict(OnConflict::column(Column::DedupKey).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(tx)
        .await?;
    Ok(match inserted {
        TryInsertResult::Inserted(rows) if rows > 0 => Some(id),
        _ => None,
    })
}

/// Inserts many tasks at once, leaving out those whose key exists.
pub async fn insert_many(
    tx: &impl ConnectionTrait,
    tasks: &[Task],
    correlation_id: &str,
) -> Result<(), DbErr> {
    const CHUNK: usize = 500;
    for chunk in tasks.chunks(CHUNK) {
        let rows: Result<Vec<_>, _> =
            chunk.iter().map(|task| active(task, correlation_id).map(|(_, row)| row)).collect();
        outbox::Entity::insert_many(rows?)
            .on_conflict(OnConflict::column(Column::DedupKey).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// Takes the task for `owner`; none when it is done, held by another, or pushed again since.
pub async fn claim(
    db: &impl ConnectionTrait,
    id: OutboxId,
    push_number: i32,
    owner: &str,
    length: Duration,
) -> Result<Option<outbox::Model>, DbErr> {
    let now = machine_now();
    let taken = outbox::Entity::update_many()
        .col_expr(Column::LeaseOwner, Expr::value(owner))
        .col_expr(Column::LeaseUntil, Expr::value(after(length)))
        .filter(Column::Id.eq(id))
        .filter(Column::PushNumber.eq(push_number))
        .filter(Column::Status.eq(Text(TaskStatus::Pending)))
        .filter(Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lt(now)))
        .exec_with_returning(db)
        .await?;
    Ok(taken.into_iter().next())
}

fn held(lease: &TaskLease) -> Condition {
    let this = Condition::all().add(Column::Id.eq(lease.id));
    if fault::planted(defect::UNFENCED) {
        return this;
    }
    this.add(Column::LeaseOwner.eq(lease.owner.as_str()))
        .add(Column::LeaseUntil.gte(machine_now()))
        .add(Column::Status.eq(Text(TaskStatus::Pending)))
}

/// Ends the task in the caller's transaction; false when the lease was lost.
pub(crate) async fn mark_done(tx: &impl ConnectionTrait, lease: &TaskLease) -> Result<bool, DbErr> {
    let done = outbox::Entity::update_many()
        .col_expr(Column::Status, Expr::value(TaskStatus::Done.as_str()))
        .col_expr(Column::FinishedAt, Expr::value(machine_now()))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .col_expr(Column::LastError, Expr::value(Option::<String>::None))
        .col_expr(Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(held(lease))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Lengthens the lease; false when it was lost.
pub(crate) async fn renew(tx: &impl ConnectionTrait, lease: &TaskLease) -> Result<bool, DbErr> {
    let renewed = outbox::Entity::update_many()
        .col_expr(Column::LeaseUntil, Expr::value(after(lease.length)))
        .filter(held(lease))
        .exec(tx)
        .await?;
    Ok(renewed.rows_affected == 1)
}

/// Writes down how many of its steps a long task has done.
pub(crate) async fn progress(
    tx: &impl ConnectionTrait,
    lease: &TaskLease,
    done: usize,
    total: usize,
) -> Result<(), DbErr> {
    let count = |steps: usize| i32::try_from(steps).unwrap_or(i32::MAX);
    outbox::Entity::update_many()
        .col_expr(Column::ProgressDone, Expr::value(count(done)))
        .col_expr(Column::ProgressTotal, Expr::value(count(total)))
        .filter(held(lease))
        .exec(tx)
        .await
        .map(|_| ())
}

/// Whether a task that failed is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextTry {
    /// Yes, up to its number of tries.
    Counted,
    /// Yes, for days: what it needs is away.
    ForDays,
    /// No.
    None,
}

/// What a failed try leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// Tried again at this instant.
    Retried(DateTime<Utc>),
    /// Given up, under this push number: another process may have pushed it again while it was carried out.
    GivenUp(i32),
    /// The lease was lost: another worker has it.
    NotHeld,
}

/// Records a failed try: retried with exponential backoff and jitter, or given up.
pub async fn fail(
    tx: &impl ConnectionTrait,
    lease: &TaskLease,
    error: &str,
    next_try: NextTry,
) -> Result<AfterFailure, DbErr> {
    let Some(row) = outbox::Entity::find().filter(held(lease)).lock_exclusive().one(tx).await?
    else {
        return Ok(AfterFailure::NotHeld);
    };
    let attempts = if fault::planted(defect::UNCOUNTED) { row.attempts } else { row.attempts + 1 };
    let most = match next_try {
        // What waits for days already is not ended by a lesser trouble on the way.
        NextTry::Counted if row.attempts < row.max_attempts => row.max_attempts,
        NextTry::Counted | NextTry::ForDays => std::cmp::max(row.max_attempts, ATTEMPTS_WHILE_AWAY),
        NextTry::None => 0,
    };
    let give_up = attempts >= most;
    let next = after(backoff(attempts));
    let status = if give_up { TaskStatus::GivenUp } else { TaskStatus::Pending };
    outbox::Entity::update_many()
        .col_expr(Column::Status, Expr::value(status.as_str()))
        .col_expr(Column::Attempts, Expr::value(attempts))
        .col_expr(Column::LastError, Expr::value(error.chars().take(1000).collect::<String>()))
        .col_expr(Column::NextAttemptAt, Expr::value(next))
        .col_expr(Column::PushedAt, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(Column::FinishedAt, Expr::value(give_up.then(machine_now)))
        .filter(Column::Id.eq(lease.id))
        .exec(tx)
        .await?;
    let given_up = AfterFailure::GivenUp(row.push_number);
    Ok(if give_up { given_up } else { AfterFailure::Retried(next) })
}

/// The wait before the next try: doubled each time, with up to half of it added at random so that
/// what failed together does not come back together.
fn backoff(attempts: i32) -> Duration {
    let exponent = u32::try_from(attempts - 1).unwrap_or(0).clamp(0, 20);
    let base =
        FIRST_BACKOFF_SECONDS.saturating_mul(1_i64 << exponent).clamp(0, LONGEST_BACKOFF_SECONDS)
            * 1000;
    Duration::milliseconds(base + rand::rng().random_range(0..=base / 2))
}

/// The tasks that are neither done nor given up.
fn pending() -> Select<outbox::Entity> {
    outbox::Entity::find().filter(Column::Status.eq(Text(TaskStatus::Pending)))
}

/// The same question of every lane, in one statement.
pub(crate) fn each_lane(question: impl Fn(Lane) -> SelectStatement) -> SelectStatement {
    let mut all = question(Lane::Person);
    for lane in Lane::ALL.iter().skip(1) {
        all.union(UnionType::All, question(*lane));
    }
    all
}

/// How many tasks are neither done nor given up.
pub async fn unfinished(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    pending().count(db).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_away_is_waited_for_for_days() {
        let shortest: i64 = (1..ATTEMPTS_WHILE_AWAY)
            .map(|attempts| {
                let doubled = FIRST_BACKOFF_SECONDS << i64::from(attempts - 1).clamp(0, 20);
                doubled.clamp(0, LONGEST_BACKOFF_SECONDS)
            })
            .sum();
        assert!(shortest >= 118 * 3600, "{shortest} s");
    }

    #[test]
    fn backoff_doubles_with_jitter_and_is_bounded() {
        for (attempts, base) in [(1, 2), (2, 4), (3, 8), (30, 3600)] {
            let wait = backoff(attempts);
            assert!(wait >= Duration::seconds(base) && wait <= Duration::milliseconds(base * 1500));
        }
    }
}
