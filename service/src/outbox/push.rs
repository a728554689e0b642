//! From the outbox to the queues: what the relay asks, lane by lane.
//!
//! Each statement reads a bounded part of one index, however many tasks wait: what was never pushed, or is to be
//! tried again, stands apart from what was pushed.

use super::{each_lane, pending};
use crate::clock::machine_now;
use crate::fault::{self, defect};
use chrono::{DateTime, Duration, Utc};
use entity::ids::OutboxId;
use entity::kind::{Lane, TaskStatus};
use entity::outbox::{self, Column};
use entity::text::Text;
use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, LockBehavior, LockType, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};

/// A task to push: the queue's task id is the outbox id and the push number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The outbox row.
    pub id: OutboxId,
    /// Its push number, new at every push.
    pub number: i32,
    /// What kind of task it is.
    pub kind: String,
}

/// A push that no worker claimed since then is taken for lost.
fn lost_before(patience: Duration) -> DateTime<Utc> {
    if fault::planted(defect::PUSHED_ONCE) {
        DateTime::UNIX_EPOCH
    } else {
        machine_now() - patience
    }
}

fn in_lane(lane: Lane) -> Select<outbox::Entity> {
    pending().filter(Column::Lane.eq(Text(lane)))
}

/// What was never pushed since it was inserted or failed, and is due.
fn fresh(lane: Lane) -> Select<outbox::Entity> {
    in_lane(lane)
        .filter(Column::PushedAt.is_null())
        .filter(Column::NextAttemptAt.lte(machine_now()))
}

/// What was pushed, and lost.
fn lost(lane: Lane, before: DateTime<Utc>) -> Select<outbox::Entity> {
    let now = machine_now();
    let free = Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lt(now));
    in_lane(lane).filter(Column::PushedAt.lt(before)).filter(free)
}

/// The lanes in which a task waits to be pushed, each with how many more may be pushed while `cap` are
/// outstanding at most. A push that no worker claimed for `patience` is taken for lost.
pub async fn rooms(
    db: &impl ConnectionTrait,
    cap: u64,
    patience: Duration,
) -> Result<Vec<(Lane, u64)>, DbErr> {
    let before = lost_before(patience);
    let of_lane = |lane: Lane| {
        let outstanding = in_lane(lane).filter(Column::PushedAt.gte(before)).limit(cap);
        let something =
            first(fresh(lane)).is_not_null().or(first(lost(lane, before)).is_not_null());
        Query::select()
            .expr_as(Expr::val(lane.as_str()), Alias::new("lane"))
            .expr_as(counted(outstanding), Alias::new("outstanding"))
            .and_where(something)
            .to_owned()
    };
    let mut rooms = Vec::new();
    for row in db.query_all(&each_lane(of_lane)).await? {
        let outstanding: i64 = row.try_get("", "outstanding")?;
        let room = cap.saturating_sub(u64::try_from(outstanding).unwrap_or(0));
        if room > 0 {
            rooms.push((*row.try_get::<Text<Lane>>("", "lane")?, room));
        }
    }
    Ok(rooms)
}

/// The id of the first of these rows, as an expression. It is asked for in the index's order, and not whether
/// there is one: PostgreSQL would look for any, from the start of a table whose end alone is not done.
fn first(rows: Select<outbox::Entity>) -> Expr {
    let first = ordered(rows).select_only().column(Column::Id).limit(1);
    Expr::from(first.into_query())
}

/// How many rows these are, as an expression.
fn counted(rows: Select<outbox::Entity>) -> Expr {
    let rows = rows.select_only().column(Column::Id).into_query();
    let count = Query::select()
        .expr(Func::count(Expr::col(Asterisk)))
        .from_subquery(rows, Alias::new("bounded"))
        .to_owned();
    Expr::from(count)
}

/// In the index's whole order: PostgreSQL does not see that `IS NULL` leaves one value to sort by.
fn ordered(rows: Select<outbox::Entity>) -> Select<outbox::Entity> {
    rows.order_by_asc(Column::PushedAt).order_by_asc(Column::NextAttemptAt).order_by_asc(Column::Id)
}

/// Marks due tasks of the lane as pushed, `room` at most, and says which to push. A push that was lost is
/// repeated under a new number and consumes no attempt.
pub async fn take_due(
    tx: &impl ConnectionTrait,
    (lane, room): (Lane, u64),
    patience: Duration,
) -> Result<Vec<Push>, DbErr> {
    let locked = |rows: Select<outbox::Entity>, most: u64| {
        rows.limit(most).lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
    };
    let lost = ordered(lost(lane, lost_before(patience)));
    let mut rows = locked(lost, room).all(tx).await?;
    let left = room.saturating_sub(rows.len() as u64);
    if left > 0 {
        rows.extend(locked(ordered(fresh(lane)), left).all(tx).await?);
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    outbox::Entity::update_many()
        .col_expr(Column::PushNumber, Expr::col(Column::PushNumber).add(1))
        .col_expr(Column::PushedAt, Expr::value(machine_now()))
        .filter(Column::Id.is_in(rows.iter().map(|r| r.id)))
        .exec(tx)
        .await?;
    Ok(rows
        .into_iter()
        .map(|r| Push { id: r.id, number: r.push_number + 1, kind: r.kind })
        .collect())
}

/// Forgets which tasks were pushed and held: at the start of a process whose queue lives in memory.
pub async fn forget_pushes(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    outbox::Entity::update_many()
        .col_expr(Column::PushedAt, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(Column::Status.eq(Text(TaskStatus::Pending)))
        .exec(db)
        .await?;
    Ok(())
}
