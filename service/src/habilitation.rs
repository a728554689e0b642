//! Chapter III.6: what a habilitation is worth on a day; how long it runs is in `habilitation/term.rs`.

mod term;

pub use term::{Forecast, forecasts, reconcile_term_reminders, reconcile_terms};

use crate::context::Context;
use crate::edof;
use crate::error::ActResult;
use crate::policy::{self, Act, Action, Place};
use chrono::NaiveDate;
use domain::habilitation::{HabilitationFacts, SuspensionPeriod, enrolment_refusals, in_force};
use domain::{Refusal, Refusals};
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

/// Every act on each habilitation: available now to the viewer, or why not.
pub async fn actions(
    ctx: &Context,
    rows: &[Model],
) -> ActResult<HashMap<HabilitationId, Vec<Action>>> {
    let today = ctx.today().await?;
    let facts = facts_of(ctx.db(), rows).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let decidable = edof::decidable(ctx.db(), &ids, today).await?;
    let actions = rows.iter().filter_map(|row| {
        let facts = facts.get(&row.id)?;
        let enrol = guarded(ctx, Act::EnrolCandidate, row, || enrolment_refusals(facts, today));
        let decide = guarded(ctx, Act::DecideEdofAlert, row, || {
            if decidable.contains(&row.id) {
                return Refusals::new();
            }
            let message = "Aucune alerte EDOF n’attend de décision sur cette habilitation.";
            vec![Refusal::new("ALERT_NOT_PROPOSED", message).under("V.3.d")]
        });
        Some((row.id, vec![enrol, decide]))
    });
    Ok(actions.collect())
}

fn guarded(ctx: &Context, act: Act, row: &Model, refusals: impl FnOnce() -> Refusals) -> Action {
    let place = Place {
        authority: Some(row.authority_id),
        organism: Some(row.organism_id),
        provider: None,
    };
    let allowed = policy::allows(&ctx.actor, act, &place);
    let refusals = if allowed { refusals() } else { vec![policy::forbidden(act)] };
    Action { act, refusals, until: None }
}

/// Whether the habilitation is in force on the day; suspended counts (III.6.d).
pub(crate) async fn is_in_force(
    db: &impl ConnectionTrait,
    id: HabilitationId,
    on: NaiveDate,
) -> ActResult<bool> {
    Ok(facts(db, &[id]).await?.get(&id).is_some_and(|f| in_force(f, on)))
}
