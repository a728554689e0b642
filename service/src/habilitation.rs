//! Chapter III.6: what a habilitation is worth on a day; how long it runs is in `habilitation/term.rs`, what can be
//! done on it in `habilitation/actions.rs`.

pub mod actions;
mod term;

pub use term::{Forecast, forecasts, reconcile_term_reminders, reconcile_terms};

use crate::error::ActResult;
use chrono::NaiveDate;
use domain::habilitation::{HabilitationFacts, SuspensionPeriod, in_force};
use entity::habilitation::{Column, Entity, Model};
use entity::ids::HabilitationId;
use entity::suspension;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Select,
};
use std::collections::HashMap;

/// What is known of each habilitation's life, suspensions included, in two statements.
pub async fn facts(
    db: &impl ConnectionTrait,
    ids: &[HabilitationId],
) -> ActResult<HashMap<HabilitationId, HabilitationFacts>> {
    let rows = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await?;
    facts_of(db, &rows).await
}

/// What is known of the life of habilitations already loaded, in one statement.
pub async fn facts_of(
    db: &impl ConnectionTrait,
    rows: &[Model],
) -> ActResult<HashMap<HabilitationId, HabilitationFacts>> {
    let suspensions = suspensions(rows).all(db).await?;
    let known = rows.iter().map(|row| {
        let mine = suspensions.iter().filter(|s| s.habilitation_id == row.id);
        let periods = mine.filter_map(|s| {
            Some(SuspensionPeriod {
                from: s.starts_on?,
                to: s.ends_on,
                enrolled_may_finish: s.enrolled_may_finish,
            })
        });
        (row.id, life(row, periods.collect()))
    });
    Ok(known.collect())
}

/// What is known of a habilitation's life, with these suspensions: the rules' view of its row.
pub(crate) fn life(row: &Model, suspensions: Vec<SuspensionPeriod>) -> HabilitationFacts {
    HabilitationFacts {
        decided_on: row.decided_on,
        notified_on: row.notified_on,
        term_ends_on: row.term_ends_on,
        withdrawn_on: row.withdrawn_on,
        renounced_on: row.renounced_on,
        suspensions,
    }
}

/// The suspensions of these habilitations, in the order of their rows.
fn suspensions(rows: &[Model]) -> Select<suspension::Entity> {
    suspension::Entity::find()
        .filter(suspension::Column::HabilitationId.is_in(rows.iter().map(|r| r.id)))
        .order_by_asc(suspension::Column::Id)
}

/// III.6.d, in SQL: the habilitations in force on a day, suspended or not: those of which
/// [`domain::habilitation::in_force`] says so.
pub fn in_force_on(on: NaiveDate) -> Condition {
    let not_yet = |column: Column| Condition::any().add(column.is_null()).add(column.gt(on));
    Condition::all()
        .add(Column::DecidedOn.lte(on))
        .add(Column::NotifiedOn.lte(on))
        .add(Condition::any().add(Column::TermEndsOn.is_null()).add(Column::TermEndsOn.gte(on)))
        .add(not_yet(Column::WithdrawnOn))
        .add(not_yet(Column::RenouncedOn))
}

/// Whether the habilitation is in force on the day; suspended counts (III.6.d).
pub(crate) async fn is_in_force(
    db: &impl ConnectionTrait,
    id: HabilitationId,
    on: NaiveDate,
) -> ActResult<bool> {
    Ok(facts(db, &[id]).await?.get(&id).is_some_and(|f| in_force(f, on)))
}
