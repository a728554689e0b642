//! What an EDOF alert leads to (V.3.d): the decision, and what its notification brings (V.3.c) or, found
//! void, takes back (interpretation 5).

use crate::application::version_conflict;
use crate::context::{Context, Tx};
use crate::error::{ActResult, ensure};
use crate::journal::{Deed, Entry};
use crate::policy::{Act, Place};
use crate::sight;
use crate::task::Task;
use chrono::NaiveDate;
use domain::deadline::format_date_fr;
use domain::edof::SanctionLevel;
use domain::{Refusal, Refusals};
use entity::edof_alert::{ActiveModel, Column, Entity, Model};
use entity::ids::{AuthorityId, EdofAlertId, HabilitationId, SuspensionId};
use entity::kind::{AlertStatus, SuspensionGround};
use entity::text::Text;
use entity::{habilitation, suspension};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Serialize;

/// What a decider makes of a proposal.
#[derive(Debug, Clone, Serialize)]
pub struct DecideEdofAlert {
    /// The alert.
    pub alert_id: String,
    /// The level: the one proposed, or another with a reason.
    pub level: SanctionLevel,
    /// Why, where the level differs from the one proposed.
    pub reason: Option<String>,
    /// The conditions of a suspension (V.3.a).
    pub conditions: Option<String>,
    /// Whether, under a suspension, candidates enrolled before it may finish.
    pub enrolled_may_finish: bool,
    /// The alert's version that was read.
    pub expected_version: i32,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(DecideEdofAlert);

/// Confirms the level proposed or replaces it (V.3.d). A suspension and a withdrawal take effect on
/// the day of their notification (V.3.c).
pub async fn decide(ctx: &Context, input: DecideEdofAlert) -> ActResult<EdofAlertId> {
    ctx.act(Act::DecideEdofAlert, input, decide_in).await
}

async fn decide_in(tx: Tx, input: DecideEdofAlert) -> ActResult<(EdofAlertId, Entry)> {
    let account = tx.account()?;
    let sight = tx.ctx().actor.sight();
    let row =
        sight::find::<Entity, EdofAlertId>(tx.conn(), &sight, &input.alert_id, "alertId").await?;
    let habilitation = match row.habilitation_id {
        Some(id) => habilitation::Entity::find_by_id(id).lock_exclusive().one(tx.conn()).await?,
        None => None,
    };
    let authority = authority_of(&tx, habilitation.as_ref()).await?;
    tx.require(&Place::authority(authority))?;
    if row.version != input.expected_version {
        return Err(version_conflict().into());
    }
    ensure(decision_refusals(&tx, &row, habilitation.as_ref(), &input).await?)?;
    if let (SanctionLevel::Suspension, Some(habilitation)) = (input.level, &habilitation) {
        suspend(&tx, &row, habilitation.id, &input).await?;
    }
    let reason = input.reason.as_deref().map(str::trim).filter(|r| !r.is_empty());
    let changed = Entity::update_many()
        .set(ActiveModel {
            status: Set(AlertStatus::Confirmed.into()),
            decided_level: Set(Some(input.level.into())),
            decision_reason: Set(reason.map(str::to_owned)),
            decided_on: Set(Some(tx.today())),
            decided_by_id: Set(Some(account)),
            version: Set(row.version + 1),
            ..Default::default()
        })
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(row.version))
        .exec(tx.conn())
        .await?;
    if changed.rows_affected != 1 {
        return Err(version_conflict().into());
    }
    tx.enqueue(Task::NotifySanction { alert: row.id }).await?;
    let summary = format!("Sanction décidée sur alerte EDOF : {}", input.level.label_fr());
    let entry = Entry::new(row.id, summary).under("V.3.d").about(row.organism_id);
    Ok((row.id, entry))
}

/// The habilitation's authority; Certif Pro where there never was a habilitation.
async fn authority_of(
    tx: &Tx,
    habilitation: Option<&habilitation::Model>,
) -> ActResult<AuthorityId> {
    if let Some(habilitation) = habilitation {
        return Ok(habilitation.authority_id);
    }
    let certif_pro = crate::authority::certif_pro(tx.conn()).await?;
    Ok(certif_pro.ok_or_else(|| anyhow::anyhow!("Certif Pro is missing"))?.id)
}

async fn decision_refusals(
    tx: &Tx,
    row: &Model,
    habilitation: Option<&habilitation::Model>,
    input: &DecideEdofAlert,
) -> ActResult<Refusals> {
    let mut refusals = Refusals::new();
    let mut add = |code, field, message: String| {
        refusals.push(Refusal::new(code, message).at([field]).under("V.3.d"));
    };
    if *row.status != AlertStatus::Proposed {
        add("ALERT_NOT_PROPOSED", "alertId", "Cette alerte n’attend pas de décision.".to_owned());
    }
    let blank = input.reason.as_deref().is_none_or(|r| r.trim().is_empty());
    if row.proposed_level.is_some_and(|proposed| *proposed != input.level) && blank {
        let message = "Le niveau retenu diffère du niveau proposé : un motif est nécessaire.";
        add("REASON_REQUIRED", "reason", message.to_owned());
    }
    if input.level >= SanctionLevel::Suspension {
        let today = tx.today();
        let in_force = match habilitation {
            Some(h) => crate::habilitation::is_in_force(tx.conn(), h.id, today).await?,
            None => false,
        };
        if !in_force {
            let message = format!(
                "L’organisme n’a pas d’habilitation en vigueur le {} : rien ne peut être suspendu ni retiré.",
                format_date_fr(today)
            );
            add("NO_HABILITATION_IN_FORCE", "level", message);
        }
    }
    Ok(refusals)
}

async fn suspend(
    tx: &Tx,
    row: &Model,
    habilitation: HabilitationId,
    input: &DecideEdofAlert,
) -> ActResult<()> {
    let conditions = input.conditions.as_deref().map(str::trim).filter(|c| !c.is_empty());
    let default = if input.enrolled_may_finish {
        "Aucune nouvelle inscription ; les candidats inscrits avant la suspension peuvent achever leur parcours."
    } else {
        "Toute activité au titre de l’habilitation est suspendue."
    };
    suspension::ActiveModel {
        id: Set(SuspensionId::new()),
        habilitation_id: Set(habilitation),
        ground: Set(SuspensionGround::EdofAlert.into()),
        edof_alert_id: Set(Some(row.id)),
        conditions: Set(conditions.unwrap_or(default).to_owned()),
        enrolled_may_finish: Set(input.enrolled_may_finish),
        decided_on: Set(tx.today()),
        starts_on: Set(None),
        ends_on: Set(None),
    }
    .insert(tx.conn())
    .await?;
    Ok(())
}

/// The sanction was notified `on` this day: the suspension starts, or the habilitation is withdrawn, on it
/// (V.3.c). Of two notifications the first counts.
pub(crate) async fn notified(tx: &Tx, id: EdofAlertId, on: NaiveDate) -> ActResult<()> {
    let row = of_notice(tx, id).await?;
    if row.notified_on.is_some() {
        return Ok(());
    }
    ActiveModel { id: Set(id), notified_on: Set(Some(on)), ..Default::default() }
        .update(tx.conn())
        .await?;
    let level = row.decided_level.map(|l| *l);
    if level == Some(SanctionLevel::Suspension) {
        hold_habilitation(tx, &row).await?;
        suspension::Entity::update_many()
            .col_expr(suspension::Column::StartsOn, Expr::value(on))
            .filter(suspension::Column::EdofAlertId.eq(id))
            .filter(suspension::Column::StartsOn.is_null())
            .exec(tx.conn())
            .await?;
    }
    if let (Some(SanctionLevel::Withdrawal), Some(habilitation)) = (level, row.habilitation_id) {
        use habilitation::Column as H;
        habilitation::Entity::update_many()
            .col_expr(H::WithdrawnOn, Expr::value(on))
            .col_expr(H::Version, Expr::col(H::Version).add(1))
            .filter(H::Id.eq(habilitation))
            .filter(H::WithdrawnOn.is_null())
            .exec(tx.conn())
            .await?;
    }
    let label = level.map_or("", SanctionLevel::label_fr);
    let summary = format!("Sanction notifiée : {label}");
    let entry = Entry::new(id, summary).under("V.3.c").about(row.organism_id);
    tx.record(Deed::NotifySanction, entry);
    Ok(())
}

/// Whether the sanction still is what its notification made it: not once the suspension was lifted, the
/// habilitation was renewed or ended, or the organism was habilitated anew. The habilitation is held.
pub(crate) async fn notification_can_be_voided(tx: &Tx, id: EdofAlertId) -> ActResult<bool> {
    use habilitation::Column as H;
    let row = of_notice(tx, id).await?;
    let (Some(habilitation), Some(notified)) = (row.habilitation_id, row.notified_on) else {
        return Ok(true);
    };
    let held = habilitation::Entity::find_by_id(habilitation).lock_exclusive();
    let Some(held) = held.one(tx.conn()).await? else { return Ok(true) };
    let later = [held.renewed_on, held.expired_on, held.renounced_on];
    if later.into_iter().flatten().any(|day| day >= notified) {
        return Ok(false);
    }
    let anew = habilitation::Entity::find()
        .filter(H::OrganismId.eq(held.organism_id))
        .filter(H::FrameworkId.eq(held.framework_id))
        .filter(H::DecidedOn.gte(notified))
        .filter(H::Id.ne(held.id))
        .one(tx.conn())
        .await?;
    if anew.is_some() {
        return Ok(false);
    }
    let lifted = suspension::Entity::find()
        .filter(suspension::Column::EdofAlertId.eq(id))
        .filter(suspension::Column::EndsOn.is_not_null())
        .one(tx.conn())
        .await?;
    Ok(lifted.is_none())
}

/// The notification of this day is void (interpretation 5): the suspension or the withdrawal has no effect
/// until there is another. A withdrawal that another alert brought stays, from the day of that one's.
pub(crate) async fn notification_voided(tx: &Tx, id: EdofAlertId, on: NaiveDate) -> ActResult<()> {
    let row = of_notice(tx, id).await?;
    hold_habilitation(tx, &row).await?;
    ActiveModel { id: Set(id), notified_on: Set(None), ..Default::default() }
        .update(tx.conn())
        .await?;
    suspension::Entity::update_many()
        .col_expr(suspension::Column::StartsOn, Expr::value(Option::<NaiveDate>::None))
        .filter(suspension::Column::EdofAlertId.eq(id))
        .filter(suspension::Column::StartsOn.eq(on))
        .exec(tx.conn())
        .await?;
    let level = row.decided_level.map(|l| *l);
    if let (Some(SanctionLevel::Withdrawal), Some(habilitation)) = (level, row.habilitation_id) {
        use habilitation::Column as H;
        let other = Entity::find()
            .filter(Column::HabilitationId.eq(habilitation))
            .filter(Column::DecidedLevel.eq(Text(SanctionLevel::Withdrawal)))
            .filter(Column::NotifiedOn.is_not_null())
            .filter(Column::Id.ne(id))
            .order_by_asc(Column::NotifiedOn)
            .one(tx.conn())
            .await?;
        let withdrawn_on = other.and_then(|alert| alert.notified_on);
        habilitation::Entity::update_many()
            .col_expr(H::WithdrawnOn, Expr::value(withdrawn_on))
            .col_expr(H::Version, Expr::col(H::Version).add(1))
            .filter(H::Id.eq(habilitation))
            .filter(H::WithdrawnOn.eq(on))
            .exec(tx.conn())
            .await?;
    }
    let label = level.map_or("", SanctionLevel::label_fr);
    let summary = format!("Notification du {} nulle : {label} sans effet", format_date_fr(on));
    let entry = Entry::new(id, summary).under("X.c").about(row.organism_id);
    tx.record(Deed::VoidNotification, entry);
    Ok(())
}

async fn of_notice(tx: &Tx, id: EdofAlertId) -> ActResult<Model> {
    let row = Entity::find_by_id(id).one(tx.conn()).await?;
    Ok(row.ok_or_else(|| anyhow::anyhow!("the notified alert is missing"))?)
}

/// Acts under the habilitation hold its row: none of them commits after having seen it otherwise.
async fn hold_habilitation(tx: &Tx, row: &Model) -> ActResult<()> {
    if let Some(id) = row.habilitation_id {
        habilitation::Entity::find_by_id(id).lock_exclusive().one(tx.conn()).await?;
    }
    Ok(())
}
