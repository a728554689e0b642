//! What operators ask of a running process: whether its database answers and has the tables that this
//! program knows, and what waits in the outbox.

use crate::clock::machine_now;
use crate::outbox;
use chrono::{DateTime, Utc};
use entity::kind::{Lane, TaskStatus};
use entity::outbox::{Column, Entity};
use entity::text::Text;
use migration::{Migrator, MigratorTrait};
use sea_orm::sea_query::{Alias, Asterisk, Expr, Func, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select,
};
use std::collections::BTreeMap;

/// Tasks are counted up to this number: reading the figures stays cheap whatever waits.
const COUNTED: u64 = 10_000;

/// How the tables stand against what this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    /// Nothing is missing.
    UpToDate,
    /// Some changes were not applied: `clea migrate` does it.
    Behind,
    /// A newer program changed them.
    Ahead,
}

/// How the tables stand against what this program knows.
pub async fn tables(db: &DatabaseConnection) -> Result<Tables, DbErr> {
    match Migrator::get_migration_with_status_read_only(db).await {
        Ok(known) if known.iter().all(|m| m.status() == migration::MigrationStatus::Applied) => {
            Ok(Tables::UpToDate)
        }
        Ok(_) => Ok(Tables::Behind),
        Err(DbErr::Custom(_)) => Ok(Tables::Ahead),
        Err(error) => Err(error),
    }
}

/// The outbox as operators see it, by lane.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxFigures {
    /// How many tasks are `due`, `running`, `waiting` for their time, `given_up`; each up to ten
    /// thousand.
    pub tasks: BTreeMap<(Lane, &'static str), u64>,
    /// For how many seconds the oldest task that is due, and held by no worker, has been due; zero where none
    /// is.
    pub oldest_seconds: BTreeMap<Lane, f64>,
}

/// Reads them: a bounded walk of the outbox's index on lanes for each.
pub async fn outbox_figures(db: &impl ConnectionTrait) -> Result<OutboxFigures, DbErr> {
    let now = machine_now();
    let status = |status| Condition::all().add(Column::Status.eq(Text(status)));
    let pending = || status(TaskStatus::Pending);
    let free = Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lt(now));
    let due = pending().add(Column::NextAttemptAt.lte(now)).add(free);
    // Whoever holds a task was given it by a push; whatever is to be tried later was not pushed again.
    let running = pending().add(Column::PushedAt.is_not_null()).add(Column::LeaseUntil.gte(now));
    let waiting = pending().add(Column::PushedAt.is_null()).add(Column::NextAttemptAt.gt(now));
    let mut tasks = BTreeMap::new();
    for (state, condition) in [
        ("due", due.clone()),
        ("running", running),
        ("waiting", waiting),
        ("given_up", status(TaskStatus::GivenUp)),
    ] {
        for (lane, count) in count(db, condition).await? {
            tasks.insert((lane, state), count);
        }
    }
    Ok(OutboxFigures { tasks, oldest_seconds: oldest(db, &due).await? })
}

/// How many tasks of each lane are in this condition.
async fn count(db: &impl ConnectionTrait, condition: Condition) -> Result<Vec<(Lane, u64)>, DbErr> {
    let question = outbox::each_lane(|lane| {
        let rows = Entity::find().select_only().column(Column::Id).filter(condition.clone());
        let bounded = rows.filter(Column::Lane.eq(Text(lane))).limit(COUNTED);
        Query::select()
            .expr_as(Expr::val(lane.as_str()), Alias::new("lane"))
            .expr_as(Func::count(Expr::col(Asterisk)), Alias::new("n"))
            .from_subquery(bounded.into_query(), Alias::new("bounded"))
            .to_owned()
    });
    let mut counts = Vec::new();
    for row in db.query_all(&question).await? {
        let n: i64 = row.try_get("", "n")?;
        counts.push((*row.try_get::<Text<Lane>>("", "lane")?, u64::try_from(n).unwrap_or(0)));
    }
    Ok(counts)
}

/// For how many seconds the oldest task of each lane in this condition has been due.
async fn oldest(db: &impl ConnectionTrait, due: &Condition) -> Result<BTreeMap<Lane, f64>, DbErr> {
    let due = || Entity::find().select_only().column(Column::NextAttemptAt).filter(due.clone());
    // What was never pushed is read in the index's order; of what was, no more stands than the relay lets.
    let never = || due().filter(Column::PushedAt.is_null()).order_by_asc(Column::PushedAt);
    let pushed = || due().filter(Column::PushedAt.is_not_null());
    let first = |rows: &dyn Fn() -> Select<Entity>| {
        outbox::each_lane(|lane| {
            let rows = rows().filter(Column::Lane.eq(Text(lane)));
            let first = rows.order_by_asc(Column::NextAttemptAt).limit(1).into_query();
            Query::select()
                .expr_as(Expr::val(lane.as_str()), Alias::new("lane"))
                .column(Column::NextAttemptAt)
                .from_subquery(first, Alias::new("first"))
                .to_owned()
        })
    };
    let mut seconds: BTreeMap<Lane, f64> = Lane::ALL.iter().map(|lane| (*lane, 0.0)).collect();
    let now = machine_now();
    for question in [first(&never), first(&pushed)] {
        for row in db.query_all(&question).await? {
            let lane = *row.try_get::<Text<Lane>>("", "lane")?;
            let since: DateTime<Utc> = row.try_get("", "next_attempt_at")?;
            let age = (now - since).as_seconds_f64();
            seconds.entry(lane).and_modify(|known| *known = known.max(age));
        }
    }
    Ok(seconds)
}
