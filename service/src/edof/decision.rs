//! What an authority decides on an EDOF alert (V.3.d): a sanction, whose effects begin with its notification.

use crate::application::version_conflict;
use crate::context::{Context, Tx};
use crate::error::{ActResult, ensure};
use crate::journal::Entry;
use crate::policy::{Act, Place};
use crate::sanction::{self, NewSanction, SuspensionTerms};
use crate::sight;
use crate::task::Task;
use chrono::NaiveDate;
use domain::deadline::format_date_fr;
use domain::edof::SanctionLevel;
use domain::{Refusal, Refusals};
use entity::edof_alert::{ActiveModel, Column, Entity, Model};
use entity::habilitation;
use entity::ids::{AuthorityId, EdofAlertId, HabilitationId};
use entity::kind::AlertStatus;
use entity::sanction::Cause;
use entity::text::Text;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
};
use serde::Serialize;
use std::collections::HashSet;

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
    let level = Level {
        decided: input.level,
        reasoned: input.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty()),
        in_force: match &habilitation {
            Some(held) => crate::habilitation::is_in_force(tx.conn(), held.id, tx.today()).await?,
            None => false,
        },
    };
    ensure(decision_refusals(&row, &level, tx.today()))?;
    let organism = row.organism_id.ok_or_else(|| anyhow::anyhow!("a proposal has its organism"))?;
    confirm(&tx, &row).await?;
    let new = NewSanction {
        cause: Cause::EdofAlert(row.id),
        organism,
        habilitation: row.habilitation_id,
        authority,
        by: account,
        level: input.level,
        reason: input.reason.as_deref(),
        terms: SuspensionTerms {
            conditions: input.conditions.as_deref(),
            enrolled_may_finish: input.enrolled_may_finish,
        },
    };
    sanction::decide(&tx, new).await?;
    tx.enqueue(Task::NotifySanction { alert: row.id }).await?;
    let summary = format!("Sanction décidée sur alerte EDOF : {}", input.level.label());
    let entry = Entry::new(row.id, summary).under("V.3.d").about(organism);
    Ok((row.id, entry))
}

/// The alert is confirmed, if it still is at the version that was read: of two decisions at once the second is refused.
async fn confirm(tx: &Tx, row: &Model) -> ActResult<()> {
    let confirmed = ActiveModel {
        status: Set(AlertStatus::Confirmed.into()),
        version: Set(row.version + 1),
        ..Default::default()
    };
    let changed = Entity::update_many()
        .set(confirmed)
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(row.version))
        .exec(tx.conn())
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(version_conflict().into()) }
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

/// The level that a decider chooses.
struct Level {
    decided: SanctionLevel,
    /// Whether the decider says why.
    reasoned: bool,
    /// Whether the habilitation concerned is in force today.
    in_force: bool,
}

/// V.3.d: why this level cannot be decided on the alert, `today`.
fn decision_refusals(row: &Model, level: &Level, today: NaiveDate) -> Refusals {
    let mut refusals = Refusals::new();
    let mut add = |code, field, message: String| {
        refusals.push(Refusal::new(code, message).at([field]).under("V.3.d"));
    };
    if !awaits_decision(*row.status) {
        add("ALERT_NOT_PROPOSED", "alertId", "Cette alerte n’attend pas de décision.".to_owned());
    }
    let differs = row.proposed_level.is_some_and(|proposed| *proposed != level.decided);
    if differs && !level.reasoned {
        let message = "Le niveau retenu diffère du niveau proposé : un motif est nécessaire.";
        add("REASON_REQUIRED", "reason", message.to_owned());
    }
    if level.decided >= SanctionLevel::Suspension && !level.in_force {
        let message = format!(
            "L’organisme n’a pas d’habilitation en vigueur le {} : rien ne peut être suspendu ni retiré.",
            format_date_fr(today)
        );
        add("NO_HABILITATION_IN_FORCE", "level", message);
    }
    refusals
}

/// V.3.d: whether an alert in this state waits for a decider.
pub const fn awaits_decision(status: AlertStatus) -> bool {
    matches!(status, AlertStatus::Proposed)
}

/// Of these habilitations, those with an alert on which a level can be decided, `today`.
pub(crate) async fn decidable(
    db: &impl ConnectionTrait,
    habilitations: &[HabilitationId],
    today: NaiveDate,
) -> ActResult<HashSet<HabilitationId>> {
    // The level is the decider's to choose: here, one that asks nothing of the habilitation.
    let level = Level { decided: SanctionLevel::Warning, reasoned: true, in_force: false };
    let open = AlertStatus::ALL.iter().copied().filter(|status| awaits_decision(*status));
    let rows = Entity::find()
        .filter(Column::HabilitationId.is_in(habilitations.iter().copied()))
        .filter(Column::Status.is_in(open.map(Text)))
        .all(db)
        .await?;
    let decidable = rows.into_iter().filter(|row| decision_refusals(row, &level, today).is_empty());
    Ok(decidable.filter_map(|row| row.habilitation_id).collect())
}
