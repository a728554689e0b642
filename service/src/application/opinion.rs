//! III.4: the case is given to a provider, its opinion is settled, it is moved to a later meeting.

use super::case::{Case, assign_refusals};
use super::{FindingInput, bump, criteria, find, place};
use crate::context::{Context, Tx};
use crate::deadline::{self, NewDeadline};
use crate::error::{ActResult, ensure};
use crate::journal::Entry;
use crate::policy::Act;
use crate::sight;
use domain::Refusal;
use domain::application::{ApplicationStatus, Finding, findings_refusals};
use domain::deadline::{DeadlineKind, format_date_fr};
use entity::ids::{ApplicationId, MeetingId, OpinionFindingId, OpinionId};
use entity::kind::Role;
use entity::{account, account_grant, application, meeting, opinion, opinion_finding};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

/// Gives a case to a provider.
#[derive(Debug, Clone, Serialize)]
pub struct AssignProvider {
    /// The application.
    pub application_id: String,
    /// The provider's address.
    pub provider_email: String,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(AssignProvider);

/// Gives the case to a provider of the authority, who may then see it and give its opinion (I.e).
pub async fn assign_provider(ctx: &Context, input: AssignProvider) -> ActResult<ApplicationId> {
    ctx.act(Act::AssignProvider, input, assign_provider_in).await
}

async fn assign_provider_in(tx: Tx, input: AssignProvider) -> ActResult<(ApplicationId, Entry)> {
    tx.account()?;
    let row = find(&tx, &input.application_id).await?;
    tx.require(&place(&row))?;
    ensure(assign_refusals(*row.status))?;
    let email = domain::email::key(&input.provider_email).unwrap_or_default();
    let held = account_grant::Entity::find()
        .filter(account_grant::Column::Role.eq(entity::text::Text(Role::Provider)))
        .filter(account_grant::Column::AuthorityId.eq(row.authority_id))
        .filter(account_grant::Column::RevokedAt.is_null())
        .find_also_related(account::Entity)
        .filter(account::Column::Email.eq(email))
        .one(tx.conn())
        .await?;
    let Some((grant, _)) = held else {
        let message = "Aucun prestataire de l’instance ne porte cette adresse.";
        return Err(Refusal::new("PROVIDER_UNKNOWN", message)
            .at(["providerEmail"])
            .under("I.e")
            .into());
    };
    let provider = Expr::value(grant.account_id);
    bump(&tx, &row, row.version, [(application::Column::ProviderId, provider)]).await?;
    let entry = Entry::new(row.id, "Dossier confié à un prestataire");
    Ok((row.id, entry.under("I.e").about(row.organism_id)))
}

/// The motivated opinion on an application.
#[derive(Debug, Clone, Serialize)]
pub struct SettleOpinion {
    /// The application.
    pub application_id: String,
    /// One finding per criterion, contextual ones included.
    pub findings: Vec<FindingInput>,
    /// The application's version that was read.
    pub expected_version: i32,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(SettleOpinion);

/// Settles the opinion, motivated per criterion, at the latest 5 working days before the meeting
/// (III.4.b, II.c).
pub async fn settle_opinion(ctx: &Context, input: SettleOpinion) -> ActResult<ApplicationId> {
    ctx.act(Act::SettleOpinion, input, settle_opinion_in).await
}

async fn settle_opinion_in(tx: Tx, input: SettleOpinion) -> ActResult<(ApplicationId, Entry)> {
    let account = tx.account()?;
    let row = find(&tx, &input.application_id).await?;
    tx.require(&place(&row))?;
    let (codes, ids) = criteria(tx.conn(), row.framework_id).await?;
    let findings: Vec<Finding> = input.findings.iter().map(Finding::from).collect();
    let mut refusals = Case::load(&tx, &row).await?.settle_refusals();
    refusals.extend(findings_refusals(&codes, &findings));
    ensure(refusals)?;
    let status = Expr::value(ApplicationStatus::Instructed.as_str());
    bump(&tx, &row, input.expected_version, [(application::Column::Status, status)]).await?;
    let id = OpinionId::new();
    opinion::ActiveModel {
        id: Set(id),
        application_id: Set(row.id),
        given_on: Set(tx.today()),
        given_by_id: Set(account),
    }
    .insert(tx.conn())
    .await?;
    let rows = findings.into_iter().filter_map(|f| {
        Some(opinion_finding::ActiveModel {
            id: Set(OpinionFindingId::new()),
            opinion_id: Set(id),
            criterion_id: Set(*ids.get(&f.criterion)?),
            satisfied: Set(f.satisfied),
            grounds: Set(f.grounds),
        })
    });
    opinion_finding::Entity::insert_many(rows).exec_without_returning(tx.conn()).await?;
    deadline::meet(&tx, DeadlineKind::OpinionSettled, row.id, tx.today()).await?;
    let entry = Entry::new(row.id, "Avis arrêté");
    Ok((row.id, entry.under("III.4.b").about(row.organism_id)))
}

/// Moves an application to a later meeting of its authority.
#[derive(Debug, Clone, Serialize)]
pub struct MoveApplication {
    /// The application.
    pub application_id: String,
    /// The later meeting.
    pub meeting_id: String,
    /// The application's version that was read.
    pub expected_version: i32,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(MoveApplication);

/// Moves the application to a later meeting; its opinion's deadline is counted from there (III.4.b).
pub async fn move_to_meeting(ctx: &Context, input: MoveApplication) -> ActResult<ApplicationId> {
    ctx.act(Act::MoveApplication, input, move_to_meeting_in).await
}

async fn move_to_meeting_in(tx: Tx, input: MoveApplication) -> ActResult<(ApplicationId, Entry)> {
    tx.account()?;
    let row = find(&tx, &input.application_id).await?;
    tx.require(&place(&row))?;
    let sight = tx.ctx().actor.sight();
    let new = sight::find::<meeting::Entity, MeetingId>(
        tx.conn(),
        &sight,
        &input.meeting_id,
        "meetingId",
    )
    .await?;
    ensure(Case::load(&tx, &row).await?.move_refusals(&new))?;
    let to = Expr::value(new.id);
    bump(&tx, &row, input.expected_version, [(application::Column::MeetingId, to)]).await?;
    deadline::restart(
        &tx,
        NewDeadline {
            kind: DeadlineKind::OpinionSettled,
            subject: row.id.into(),
            authority: Some(row.authority_id),
            organism: None,
            started_on: new.held_on,
        },
    )
    .await?;
    let summary = format!("Demande reportée à la réunion du {}", format_date_fr(new.held_on));
    let entry = Entry::new(row.id, summary);
    Ok((row.id, entry.under("III.4.b").about(row.organism_id)))
}
