//! What operators ask of a running process: whether its database answers and has the tables that this
//! program knows, and what waits in the outbox.

use crate::clock::machine_now;
use chrono::{DateTime, Utc};
use entity::kind::TaskStatus;
use entity::outbox::{Column, Entity};
use entity::text::Text;
use migration::{Migrator, MigratorTrait};
use sea_orm::sea_query::{Alias, Asterisk, Expr, Func, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
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

/// The outbox as operators see it.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxFigures {
    /// How many tasks are `due`, `running`, `waiting` for their time, `given_up`; each up to ten
    /// thousand.
    pub tasks: BTreeMap<&'static str, u64>,
    /// For how many seconds the oldest task that is due, and held by no worker, has been due.
    pub oldest_seconds: f64,
}

/// Reads them: a bounded walk of the index on status and time for each.
pub async fn outbox_figures(db: &impl ConnectionTrait) -> Result<OutboxFigures, DbErr> {
    let now = machine_now();
    let status = |status| Condition::all().add(Column::Status.eq(Text(status)));
    let pending = || status(TaskStatus::Pending);
    let free = Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lt(now));
    let due = pending().add(Column::NextAttemptAt.lte(now)).add(free);
    let running = pending().add(Column::LeaseUntil.gte(now));
    let waiting = pending().add(Column::NextAttemptAt.gt(now));
    let mut tasks = BTreeMap::new();
    for (state, condition) in [
        ("due", due.clone()),
        ("running", running),
        ("waiting", waiting),
        ("given_up", status(TaskStatus::GivenUp)),
    ] {
        tasks.insert(state, count(db, condition).await?);
    }
    let oldest = Entity::find()
        .select_only()
        .column(Column::NextAttemptAt)
        .filter(due)
        .order_by_asc(Column::NextAttemptAt)
        .limit(1)
        .into_tuple::<DateTime<Utc>>()
        .one(db)
        .await?;
    let age = oldest.map_or(0.0, |since| (now - since).as_seconds_f64());
    Ok(OutboxFigures { tasks, oldest_seconds: age })
}

async fn count(db: &impl ConnectionTrait, condition: Condition) -> Result<u64, DbErr> {
    let bounded = Entity::find().select_only().column(Column::Id).filter(condition).limit(COUNTED);
    let statement = Query::select()
        .expr_as(Func::count(Expr::col(Asterisk)), Alias::new("n"))
        .from_subquery(bounded.into_query(), Alias::new("bounded"))
        .to_owned();
    let row = db.query_one(&statement).await?;
    let n: i64 = row.map_or(Ok(0), |row| row.try_get("", "n"))?;
    Ok(u64::try_from(n).unwrap_or(0))
}
