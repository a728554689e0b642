//! Sanctions (V.3): decided on a ground and for a cause, effective from their notification (V.3.c), without effect
//! again when it is void (interpretation 5), ended.
//!
//! What leads to a sanction (an EDOF alert so far) decides it here and refers to it by its cause. A suspension and a
//! withdrawal follow from the sanctions notified, and from nothing else.

use crate::context::Tx;
use crate::error::ActResult;
use crate::journal::{Deed, Entry};
use chrono::NaiveDate;
use domain::deadline::format_date_fr;
use domain::edof::SanctionLevel;
use entity::habilitation::Column as Habilitation;
use entity::ids::{AccountId, AuthorityId, HabilitationId, OrganismId, SanctionId, SuspensionId};
use entity::sanction::{ActiveModel, Cause, Column, Entity, Model};
use entity::suspension::Column as Suspension;
use entity::text::Text;
use entity::{habilitation, suspension};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use std::collections::{HashMap, HashSet};

/// What a suspension forbids when its decider says nothing else.
const EVERYTHING_STOPS: &str = "Toute activité au titre de l’habilitation est suspendue.";
/// The same, where candidates enrolled before it may finish.
const NOBODY_ENROLS: &str = "Aucune nouvelle inscription ; les candidats inscrits avant la suspension peuvent \
                             achever leur parcours.";

/// A sanction to decide.
pub(crate) struct NewSanction<'a> {
    /// What it answers: one sanction each.
    pub(crate) cause: Cause,
    /// Against whom.
    pub(crate) organism: OrganismId,
    /// On which habilitation; none where the organism never had one.
    pub(crate) habilitation: Option<HabilitationId>,
    /// Who decides.
    pub(crate) authority: AuthorityId,
    /// For the authority.
    pub(crate) by: AccountId,
    /// How grave.
    pub(crate) level: SanctionLevel,
    /// In the decider's words.
    pub(crate) reason: Option<&'a str>,
    /// Of a suspension.
    pub(crate) terms: SuspensionTerms<'a>,
}

/// The decider's own terms for a suspension (V.3.a).
#[derive(Clone, Copy, Default)]
pub(crate) struct SuspensionTerms<'a> {
    /// What must be done for it to be lifted.
    pub(crate) conditions: Option<&'a str>,
    /// Whether candidates enrolled before it may finish.
    pub(crate) enrolled_may_finish: bool,
}

/// Decides the sanction, today. It has no effect before its notification (V.3.c).
pub(crate) async fn decide(tx: &Tx, new: NewSanction<'_>) -> ActResult<SanctionId> {
    let id = SanctionId::new();
    ActiveModel {
        id: Set(id),
        ground: Set(new.cause.ground().into()),
        cause_id: Set(new.cause.uuid()),
        occurrence: Set(1),
        organism_id: Set(new.organism),
        habilitation_id: Set(new.habilitation),
        authority_id: Set(new.authority),
        level: Set(new.level.into()),
        reason: Set(stated(new.reason).map(str::to_owned)),
        decided_on: Set(tx.today()),
        decided_by_id: Set(Some(new.by)),
        notified_on: Set(None),
    }
    .insert(tx.conn())
    .await?;
    if let (SanctionLevel::Suspension, Some(habilitation)) = (new.level, new.habilitation) {
        suspend(tx, id, habilitation, new.terms).await?;
    }
    Ok(id)
}

async fn suspend(
    tx: &Tx,
    id: SanctionId,
    habilitation: HabilitationId,
    terms: SuspensionTerms<'_>,
) -> ActResult<()> {
    let usual = if terms.enrolled_may_finish { NOBODY_ENROLS } else { EVERYTHING_STOPS };
    suspension::ActiveModel {
        id: Set(SuspensionId::new()),
        habilitation_id: Set(habilitation),
        sanction_id: Set(id),
        conditions: Set(stated(terms.conditions).unwrap_or(usual).to_owned()),
        enrolled_may_finish: Set(terms.enrolled_may_finish),
        starts_on: Set(None),
        ends_on: Set(None),
    }
    .insert(tx.conn())
    .await?;
    Ok(())
}

/// A text that says something, without the blanks around it.
fn stated(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The sanction was notified `on` this day: its suspension starts, or the habilitation is withdrawn, on it (V.3.c).
/// Of two notifications the first recorded counts.
pub(crate) async fn notified(tx: &Tx, cause: Cause, on: NaiveDate) -> ActResult<()> {
    let (row, habilitation) = hold(tx, cause).await?;
    if row.notified_on.is_some() {
        return Ok(());
    }
    takes_effect(tx, (&row, habilitation.as_ref()), Some(on)).await?;
    let summary = format!("Sanction notifiée : {}", row.level.label());
    tx.record(Deed::NotifySanction, entry(cause, &row, summary).under("V.3.c"));
    Ok(())
}

/// Whether the sanction still is what its notification made it: not once its suspension ended, the habilitation was
/// renewed or ended, or the organism was habilitated anew. The habilitation is held.
pub(crate) async fn notification_can_be_voided(tx: &Tx, cause: Cause) -> ActResult<bool> {
    let (row, habilitation) = hold(tx, cause).await?;
    let (Some(held), Some(notified)) = (habilitation, row.notified_on) else { return Ok(true) };
    let later = [held.renewed_on, held.expired_on, held.renounced_on];
    if later.into_iter().flatten().any(|day| day >= notified) {
        return Ok(false);
    }
    let anew = habilitation::Entity::find()
        .filter(Habilitation::OrganismId.eq(held.organism_id))
        .filter(Habilitation::FrameworkId.eq(held.framework_id))
        .filter(Habilitation::DecidedOn.gte(notified))
        .filter(Habilitation::Id.ne(held.id))
        .one(tx.conn())
        .await?;
    if anew.is_some() {
        return Ok(false);
    }
    let lifted = suspension::Entity::find()
        .filter(Suspension::SanctionId.eq(row.id))
        .filter(Suspension::EndsOn.is_not_null())
        .one(tx.conn())
        .await?;
    Ok(lifted.is_none())
}

/// The notification of this day is void (interpretation 5): the sanction has no effect until there is another.
pub(crate) async fn notification_voided(tx: &Tx, cause: Cause, on: NaiveDate) -> ActResult<()> {
    let (row, habilitation) = hold(tx, cause).await?;
    if row.notified_on != Some(on) {
        return Ok(());
    }
    takes_effect(tx, (&row, habilitation.as_ref()), None).await?;
    let label = row.level.label();
    let summary = format!("Notification du {} nulle : {label} sans effet", format_date_fr(on));
    tx.record(Deed::VoidNotification, entry(cause, &row, summary).under("X.c"));
    Ok(())
}

/// The sanction for the cause ended, `on` its last day: its suspension is lifted, or never starts. Ended once, it stays
/// as it was. Answers whether a suspension ended; its procedure tells why.
///
/// # Errors
/// When there is no such sanction.
pub async fn ended(tx: &Tx, cause: Cause, on: NaiveDate) -> ActResult<bool> {
    let (row, _) = hold(tx, cause).await?;
    let lifted = suspension::Entity::update_many()
        .col_expr(Suspension::EndsOn, Expr::value(on))
        .filter(Suspension::SanctionId.eq(row.id))
        .filter(Suspension::EndsOn.is_null())
        .exec(tx.conn())
        .await?;
    Ok(lifted.rows_affected > 0)
}

/// The sanctions for these causes, in one statement; of several for one cause, the last.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_causes(
    db: &impl ConnectionTrait,
    causes: &[Cause],
) -> ActResult<HashMap<Cause, Model>> {
    let grounds: HashSet<_> = causes.iter().map(|cause| cause.ground()).collect();
    let rows = Entity::find()
        .filter(Column::Ground.is_in(grounds.into_iter().map(Text)))
        .filter(Column::CauseId.is_in(causes.iter().map(|cause| cause.uuid())))
        .order_by_asc(Column::Occurrence)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.cause()?, row))).collect())
}

/// The sanction for a cause and its habilitation, both held: of two notifications the second sees the first, and no act
/// under the habilitation commits after having seen it otherwise. The habilitation is held first, as everywhere.
async fn hold(tx: &Tx, cause: Cause) -> ActResult<(Model, Option<habilitation::Model>)> {
    let of_cause = Entity::find()
        .filter(Column::Ground.eq(Text(cause.ground())))
        .filter(Column::CauseId.eq(cause.uuid()))
        .order_by_desc(Column::Occurrence);
    let gone = || anyhow::anyhow!("there is no sanction for this cause");
    let known = of_cause.clone().one(tx.conn()).await?.ok_or_else(gone)?;
    let habilitation = match known.habilitation_id {
        Some(id) => habilitation::Entity::find_by_id(id).lock_exclusive().one(tx.conn()).await?,
        None => None,
    };
    let row = of_cause.lock_exclusive().one(tx.conn()).await?.ok_or_else(gone)?;
    Ok((row, habilitation))
}

/// V.3.c: the sanction has its effects from this day, or none: its suspension starts, the habilitation is withdrawn.
async fn takes_effect(
    tx: &Tx,
    (row, habilitation): (&Model, Option<&habilitation::Model>),
    on: Option<NaiveDate>,
) -> ActResult<()> {
    ActiveModel { id: Set(row.id), notified_on: Set(on), ..Default::default() }
        .update(tx.conn())
        .await?;
    match (row.level.0, habilitation) {
        (SanctionLevel::Suspension, _) => {
            suspension::Entity::update_many()
                .col_expr(Suspension::StartsOn, Expr::value(on))
                .filter(Suspension::SanctionId.eq(row.id))
                .filter(Suspension::EndsOn.is_null())
                .exec(tx.conn())
                .await?;
            Ok(())
        }
        (SanctionLevel::Withdrawal, Some(held)) => withdrawn_from_the_first(tx, held).await,
        (SanctionLevel::Warning | SanctionLevel::FormalNotice | SanctionLevel::Withdrawal, _) => {
            Ok(())
        }
    }
}

/// A habilitation is withdrawn from the day of the first withdrawal notified, whichever cause it has (V.3.c).
async fn withdrawn_from_the_first(tx: &Tx, held: &habilitation::Model) -> ActResult<()> {
    let first = Entity::find()
        .filter(Column::HabilitationId.eq(held.id))
        .filter(Column::Level.eq(Text(SanctionLevel::Withdrawal)))
        .filter(Column::NotifiedOn.is_not_null())
        .order_by_asc(Column::NotifiedOn)
        .one(tx.conn())
        .await?;
    let withdrawn_on = first.and_then(|sanction| sanction.notified_on);
    if withdrawn_on == held.withdrawn_on {
        return Ok(());
    }
    habilitation::Entity::update_many()
        .col_expr(Habilitation::WithdrawnOn, Expr::value(withdrawn_on))
        .col_expr(Habilitation::Version, Expr::col(Habilitation::Version).add(1))
        .filter(Habilitation::Id.eq(held.id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// An entry on what led to the sanction.
fn entry(cause: Cause, row: &Model, summary: String) -> Entry {
    match cause {
        Cause::EdofAlert(id) => Entry::new(id, summary),
    }
    .about(row.organism_id)
}
