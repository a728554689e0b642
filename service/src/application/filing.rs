//! III.2: filing an application.

use crate::authority::competence_refusals;
use crate::billing;
use crate::context::{Context, Tx};
use crate::counter;
use crate::deadline::{self, NewDeadline};
use crate::error::{ActResult, ensure, not_found};
use crate::field::address;
use crate::journal::Entry;
use crate::policy::{Act, Place};
use crate::sight;
use crate::task::Task;
use chrono::Datelike;
use domain::application::{
    ApplicationStatus, CampaignFacts, FilingFacts, FilingSite, filing_refusals,
};
use domain::authority::AuthorityKind;
use domain::deadline::{DeadlineKind, format_date_fr};
use domain::tariff::FeeKind;
use domain::{Refusal, Refusals};
use entity::ids::{ApplicationId, CampaignId, OrganismId, SiteId};
use entity::{
    application, application_site, authority, campaign, convention_version, meeting, organism, site,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
};
use serde::Serialize;

/// The series of application numbers, gapless per year.
const SERIES: &str = "D";

/// An application of one organism in one campaign.
#[derive(Debug, Clone, Serialize)]
pub struct FileApplication {
    /// The organism.
    pub organism_id: String,
    /// The campaign, which says the authority, the framework and the meeting.
    pub campaign_id: String,
    /// Every site, exhaustively.
    pub site_ids: Vec<String>,
    /// Where the receipt and the decision are mailed (III.2.e).
    pub contact_email: String,
    /// Filing accepts the convention's version in force (III.2.d).
    pub accepts_convention: bool,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(FileApplication);

/// Files an application (III.2): within an open campaign, for one SIREN, accepting the convention; the
/// fee of annexe 2 is due on its day (A2.a), and its receipt is mailed (III.2.e).
pub async fn file(ctx: &Context, input: FileApplication) -> ActResult<ApplicationId> {
    ctx.act(Act::FileApplication, input, file_in).await
}

async fn file_in(tx: Tx, input: FileApplication) -> ActResult<(ApplicationId, Entry)> {
    let account = tx.account()?;
    let sight = tx.ctx().actor.sight();
    let organism = sight::find::<organism::Entity, OrganismId>(
        tx.conn(),
        &sight,
        &input.organism_id,
        "organismId",
    )
    .await?;
    tx.require(&Place::organism(organism.id))?;
    let campaign = sight::find::<campaign::Entity, CampaignId>(
        tx.conn(),
        &sight,
        &input.campaign_id,
        "campaignId",
    )
    .await?;
    let meeting = meeting::Entity::find_by_id(campaign.meeting_id).one(tx.conn()).await?;
    let meeting = meeting.ok_or_else(|| anyhow::anyhow!("the campaign's meeting is missing"))?;
    let (sites, mut refusals) = sites(&tx, &input.site_ids).await?;
    let earlier = earlier_application(&tx, organism.id, campaign.id).await?;
    refusals.extend(filing_refusals(&FilingFacts {
        organism_siren: &organism.siren,
        sites: sites
            .iter()
            .map(|s| FilingSite {
                siret: s.siret.as_deref(),
                owner_is_organism: s.organism_id == organism.id,
            })
            .collect(),
        campaign: CampaignFacts { opens_on: campaign.opens_on, closes_on: campaign.closes_on },
        today: tx.today(),
        last_meeting_on: Some(meeting.held_on),
        pending_application: earlier == Some(false),
    }));
    if earlier == Some(true) {
        let message = "L’organisme a déjà reçu une décision dans cette campagne : une nouvelle demande est \
                       possible à partir de la campagne suivante.";
        refusals.push(Refusal::new("NEXT_CAMPAIGN", message).at(["campaignId"]).under("III.5.f"));
    }
    refusals.extend(competence_refusals(&tx, campaign.authority_id, campaign.framework_id).await?);
    let email = address("contactEmail", &input.contact_email)
        .map_err(|refusal| refusals.push(refusal.under("III.2.e")));
    refusals.extend(convention_refusals(input.accepts_convention));
    ensure(refusals)?;

    let id = ApplicationId::new();
    let year = tx.today().year();
    let sequence = counter::next(&tx, SERIES, year).await?;
    let number = format!("{SERIES}{year}-{sequence:06}");
    application::ActiveModel {
        id: Set(id),
        number: Set(number.clone()),
        organism_id: Set(organism.id),
        campaign_id: Set(campaign.id),
        authority_id: Set(campaign.authority_id),
        framework_id: Set(campaign.framework_id),
        meeting_id: Set(campaign.meeting_id),
        status: Set(ApplicationStatus::Filed.into()),
        filed_on: Set(tx.today()),
        filed_by_id: Set(account),
        provider_id: Set(None),
        contact_email: Set(email.unwrap_or_default()),
        convention_version_id: Set(convention_in_force(&tx).await?),
        version: Set(1),
    }
    .insert(tx.conn())
    .await?;
    let listed = sites
        .iter()
        .map(|s| application_site::ActiveModel { application_id: Set(id), site_id: Set(s.id) });
    application_site::Entity::insert_many(listed).exec_without_returning(tx.conn()).await?;
    deadline::open(
        &tx,
        NewDeadline {
            kind: DeadlineKind::OpinionSettled,
            subject: id.into(),
            authority: Some(campaign.authority_id),
            organism: None,
            started_on: meeting.held_on,
        },
    )
    .await?;
    if fee_is_due(&tx, &campaign).await? {
        billing::record_fact(&tx, organism.id, FeeKind::ApplicationFee, id, tx.today()).await?;
    }
    tx.enqueue(Task::FilingReceipt { application: id }).await?;
    let summary =
        format!("Demande {number} déposée pour la réunion du {}", format_date_fr(meeting.held_on));
    Ok((id, Entry::new(id, summary).under("III.2.c").about(organism.id)))
}

/// The sites as given, with the refusals of the ids that are unknown, hidden or given twice.
async fn sites(tx: &Tx, given: &[String]) -> ActResult<(Vec<site::Model>, Refusals)> {
    let parsed: Vec<Option<SiteId>> = given.iter().map(|id| id.parse().ok()).collect();
    // Any site may be found here, whoever's it is: one of another SIREN is refused as such (III.2.a)
    // when the viewer may see it, and is unknown otherwise.
    let rows = <site::Entity as sight::Visible>::visible(&tx.ctx().actor.sight())
        .filter(site::Column::Id.is_in(parsed.iter().flatten().copied()))
        .all(tx.conn())
        .await?;
    let (mut sites, mut refusals) = (Vec::<site::Model>::new(), Refusals::new());
    for (i, id) in parsed.into_iter().enumerate() {
        let row = rows.iter().find(|row| Some(row.id) == id);
        match row {
            None => {
                let mut refusal = not_found("siteIds");
                refusal.field.push(i.to_string());
                refusals.push(refusal.under("III.2.a"));
            }
            Some(row) if sites.iter().any(|s| s.id == row.id) => {
                let path = ["siteIds".to_owned(), i.to_string()];
                let message = "Ce site figure plusieurs fois.";
                refusals.push(Refusal::new("SITE_TWICE", message).at(path).under("III.2.a"));
            }
            Some(row) => sites.push(row.clone()),
        }
    }
    Ok((sites, refusals))
}

/// Whether the organism's application in this campaign is decided; none when it has none.
async fn earlier_application(
    tx: &Tx,
    organism: OrganismId,
    campaign: CampaignId,
) -> ActResult<Option<bool>> {
    let row = application::Entity::find()
        .filter(application::Column::OrganismId.eq(organism))
        .filter(application::Column::CampaignId.eq(campaign))
        .one(tx.conn())
        .await?;
    Ok(row.map(|a| a.status.is_decided()))
}

/// III.2.d: why nothing is filed without accepting the convention.
fn convention_refusals(accepted: bool) -> Refusals {
    if accepted {
        return Refusals::new();
    }
    let message =
        "Le dépôt emporte acceptation de la convention en vigueur : elle doit être acceptée.";
    let refusal = Refusal::new("CONVENTION_NOT_ACCEPTED", message);
    vec![refusal.at(["acceptsConvention"]).under("III.2.d")]
}

/// The convention's version in force today, which filing accepts (III.2.d).
async fn convention_in_force(tx: &Tx) -> ActResult<entity::ids::ConventionVersionId> {
    let row = convention_version::Entity::find()
        .filter(convention_version::Column::StartsOn.lte(tx.today()))
        .order_by_desc(convention_version::Column::StartsOn)
        .one(tx.conn())
        .await?;
    Ok(row.ok_or_else(|| anyhow::anyhow!("no version of the convention is in force"))?.id)
}

/// A2.a: the fee is due for an application filed with Certif Pro, whatever becomes of it; a CPNE asks
/// none (interpretation 16).
async fn fee_is_due(tx: &Tx, campaign: &campaign::Model) -> ActResult<bool> {
    let row = authority::Entity::find_by_id(campaign.authority_id).one(tx.conn()).await?;
    Ok(row.is_some_and(|a| *a.kind == AuthorityKind::CertifPro))
}
