//! EDOF alerts (V.3.d, interpretation 25): posted, matched, assessed by the worker; decided by the
//! authority, which leads to a [sanction](crate::sanction).

mod decision;

pub(crate) use decision::decidable;
pub use decision::{DecideEdofAlert, awaits_decision, decide};

use crate::context::{Context, Tx};
use crate::error::{ActResult, ensure};
use crate::field::blanks;
use crate::journal::{Deed, Entry};
use crate::policy::{Act, Place};
use crate::task::Task;
use chrono::NaiveDate;
use domain::edof::{AlertFacts, AlertSource, Allegation, Finding};
use domain::habilitation::in_force;
use domain::identifier::{Siren, Siret};
use domain::person::name_key;
use domain::{Refusal, Refusals, date};
use entity::edof_alert::{ActiveModel, Column, Entity, Model};
use entity::ids::{EdofAlertId, HabilitationId};
use entity::kind::{AlertStatus, SanctionGround};
use entity::text::Text;
use entity::{declared_organism, framework, habilitation, organism, sanction, site};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde::Serialize;

/// What an offer of this certification is called, as searches see it.
const CERTIFICATION_NAME: &str = "CLEA MANAGEMENT";

/// An alert as received.
#[derive(Debug, Clone, Serialize)]
pub struct PostEdofAlert {
    /// Who sent it.
    pub source: AlertSource,
    /// The sender's own reference: one alert each.
    pub reference: String,
    /// What it alleges.
    pub allegation: Allegation,
    /// The establishment named; this or the SIREN.
    pub siret: Option<String>,
    /// The person named.
    pub siren: Option<String>,
    /// The offer's title.
    pub offer_title: String,
    /// The certification code that the offer carries.
    pub certification_code: String,
    /// The offer's date.
    pub offer_on: NaiveDate,
    /// What the sender says.
    pub details: String,
    /// When it was received.
    pub received_on: NaiveDate,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(PostEdofAlert);

/// Posts an alert; the worker then matches and assesses it (V.3.d).
pub async fn post(ctx: &Context, input: PostEdofAlert) -> ActResult<EdofAlertId> {
    ctx.act(Act::PostEdofAlert, input, post_in).await
}

async fn post_in(tx: Tx, input: PostEdofAlert) -> ActResult<(EdofAlertId, Entry)> {
    let account = tx.account()?;
    tx.require(&Place::default())?;
    let siret = input.siret.as_deref().map(Siret::parse).transpose();
    let siren = input.siren.as_deref().map(Siren::parse).transpose();
    let mut refusals =
        blanks(&[("reference", &input.reference), ("offerTitle", &input.offer_title)]);
    refusals.extend(blanks(&[("certificationCode", &input.certification_code)]));
    if let Err(error) = &siret {
        refusals
            .push(Refusal::new("SIRET_INVALID", error.to_string()).at(["siret"]).under("V.3.d"));
    }
    if let Err(error) = &siren {
        refusals
            .push(Refusal::new("SIREN_INVALID", error.to_string()).at(["siren"]).under("V.3.d"));
    }
    let (siret, siren) = (siret.ok().flatten(), siren.ok().flatten());
    refusals.extend(posting_refusals(&tx, &input, siret.as_ref(), siren.as_ref()).await?);
    ensure(refusals)?;
    let id = EdofAlertId::new();
    let siren = siren.or_else(|| siret.as_ref().map(Siret::siren));
    ActiveModel {
        id: Set(id),
        source: Set(input.source.into()),
        reference: Set(input.reference.trim().to_owned()),
        allegation: Set(input.allegation.into()),
        received_on: Set(input.received_on),
        siret: Set(siret.map(String::from)),
        siren: Set(siren.map(String::from)),
        offer_title: Set(input.offer_title.trim().to_owned()),
        certification_code: Set(input.certification_code.trim().to_owned()),
        offer_on: Set(input.offer_on),
        details: Set(input.details.trim().to_owned()),
        posted_by_id: Set(account),
        status: Set(AlertStatus::Posted.into()),
        organism_id: Set(None),
        habilitation_id: Set(None),
        habilitated: Set(None),
        qualiopi: Set(None),
        close_reason: Set(None),
        proposed_level: Set(None),
        proposed_grounds: Set(None),
        version: Set(1),
    }
    .insert(tx.conn())
    .await?;
    tx.enqueue(Task::AssessAlert { alert: id }).await?;
    Ok((id, Entry::new(id, "Alerte EDOF reçue").under("V.3.d")))
}

async fn posting_refusals(
    tx: &Tx,
    input: &PostEdofAlert,
    siret: Option<&Siret>,
    siren: Option<&Siren>,
) -> ActResult<Refusals> {
    let known = Entity::find()
        .filter(Column::Source.eq(Text(input.source)))
        .filter(Column::Reference.eq(input.reference.trim()))
        .one(tx.conn())
        .await?;
    let mut refusals = Refusals::new();
    let mut add = |code, field, message: &str| {
        refusals.push(Refusal::new(code, message).at([field]).under("V.3.d"));
    };
    if input.siret.is_none() && input.siren.is_none() {
        add("SIREN_REQUIRED", "siret", "L’alerte désigne un organisme par son SIRET ou son SIREN.");
    }
    if let (Some(siret), Some(siren)) = (siret, siren)
        && siret.siren() != *siren
    {
        add("SIREN_MISMATCH", "siren", "Ce SIREN n’est pas celui du SIRET indiqué.");
    }
    if input.received_on > tx.today() {
        add("DATE_FUTURE", "receivedOn", "La date de réception ne peut pas être future.");
    }
    if input.offer_on > input.received_on {
        add("DATES_REVERSED", "offerOn", "L’offre serait postérieure à l’alerte.");
    }
    if known.is_some() {
        add(
            "ALREADY_POSTED",
            "reference",
            "Une alerte de cette source porte déjà cette référence.",
        );
    }
    for (field, day) in [("offerOn", input.offer_on), ("receivedOn", input.received_on)] {
        let early = date::act_refusal(field, day, tx.today()).filter(|_| day < tx.today());
        refusals.extend(early.map(|refusal| refusal.under("V.3.d")));
    }
    Ok(refusals)
}

/// Matches an alert and closes it with its reason, or proposes a level with its grounds (V.3.d). Ends
/// the task that asks for it; an alert already assessed is left alone.
pub async fn assess(ctx: &Context, id: EdofAlertId) -> ActResult<()> {
    let tx = ctx.completing().begin().await?;
    let row = Entity::find_by_id(id).lock_exclusive().one(tx.conn()).await?;
    let row = row.ok_or_else(|| anyhow::anyhow!("the alert is missing"))?;
    if *row.status != AlertStatus::Posted {
        return tx.seal(()).await;
    }
    let mut change = row.clone().into_active_model();
    change.version = Set(row.version + 1);
    let Some(organism) = matched(&tx, &row).await? else {
        let reason = "Aucun organisme enregistré ne porte ce SIRET ni ce SIREN.";
        change.status = Set(AlertStatus::Unmatched.into());
        change.close_reason = Set(Some(reason.to_owned()));
        change.update(tx.conn()).await?;
        let entry = Entry::new(id, "Alerte close : organisme inconnu").under("V.3.d");
        tx.record(Deed::AssessEdofAlert, entry);
        return tx.seal(()).await;
    };
    let (facts, habilitation) = alert_facts(&tx, &row, &organism).await?;
    change.organism_id = Set(Some(organism.id));
    change.habilitation_id = Set(habilitation);
    change.habilitated = Set(Some(facts.habilitated_on_offer_date));
    change.qualiopi = Set(facts.qualiopi);
    let summary = match domain::edof::assess(&facts) {
        Finding::Unfounded { reason } => {
            change.status = Set(AlertStatus::Unfounded.into());
            change.close_reason = Set(Some(reason));
            "Alerte close : non fondée".to_owned()
        }
        Finding::Proposed { level, grounds } => {
            change.status = Set(AlertStatus::Proposed.into());
            change.proposed_level = Set(Some(level.into()));
            change.proposed_grounds = Set(Some(grounds));
            tx.enqueue(Task::ProposeSanction { alert: id }).await?;
            format!("Sanction proposée : {}", level.label())
        }
    };
    change.update(tx.conn()).await?;
    let entry = Entry::new(id, summary).under("V.3.d").about(organism.id);
    tx.record(Deed::AssessEdofAlert, entry);
    tx.seal(()).await
}

/// The organism that the alert names: by the SIRET of one of its sites, else by its SIREN.
async fn matched(tx: &Tx, row: &Model) -> ActResult<Option<organism::Model>> {
    if let Some(siret) = &row.siret {
        let found = site::Entity::find()
            .filter(site::Column::Siret.eq(siret))
            .find_also_related(organism::Entity)
            .one(tx.conn())
            .await?;
        if let Some((_, Some(organism))) = found {
            return Ok(Some(organism));
        }
    }
    let Some(siren) = &row.siren else { return Ok(None) };
    Ok(organism::Entity::find().filter(organism::Column::Siren.eq(siren)).one(tx.conn()).await?)
}

/// The facts gathered, and the habilitation that the alert bears on: the one in force on the offer's
/// date, else the latest.
async fn alert_facts(
    tx: &Tx,
    row: &Model,
    organism: &organism::Model,
) -> ActResult<(AlertFacts, Option<HabilitationId>)> {
    let held = habilitation::Entity::find()
        .filter(habilitation::Column::OrganismId.eq(organism.id))
        .order_by_desc(habilitation::Column::DecidedOn)
        .order_by_desc(habilitation::Column::Id)
        .find_also_related(framework::Entity)
        .all(tx.conn())
        .await?;
    let rows: Vec<_> = held.iter().map(|(h, _)| h.clone()).collect();
    let lives = crate::habilitation::facts_of(tx.conn(), &rows).await?;
    let in_force_then =
        |h: &habilitation::Model| lives.get(&h.id).is_some_and(|f| in_force(f, row.offer_on));
    let same_code = |f: &Option<framework::Model>| {
        f.as_ref()
            .is_some_and(|f| f.certification_code.eq_ignore_ascii_case(&row.certification_code))
    };
    // Of several, the one under the framework whose code the offer carries.
    let on_offer_date = held
        .iter()
        .find(|(h, f)| in_force_then(h) && same_code(f))
        .or_else(|| held.iter().find(|(h, _)| in_force_then(h)));
    let concerned =
        on_offer_date.or_else(|| held.iter().find(|(_, f)| same_code(f))).or(held.first());
    let code = concerned.and_then(|(_, f)| f.as_ref()).map_or_else(
        || tx.ctx().app.settings.certification_code.clone(),
        |framework| framework.certification_code.clone(),
    );
    let past = sanction::Entity::find()
        .filter(sanction::Column::OrganismId.eq(organism.id))
        .filter(sanction::Column::Ground.eq(Text(SanctionGround::EdofAlert)))
        .all(tx.conn())
        .await?;
    let facts = AlertFacts {
        allegation: *row.allegation,
        habilitated_on_offer_date: on_offer_date.is_some(),
        qualiopi: qualiopi(tx, &organism.siren).await?,
        offer_matches_certification: row.certification_code.eq_ignore_ascii_case(&code)
            && name_key(&row.offer_title).contains(CERTIFICATION_NAME),
        received_on: row.received_on,
        past: past.into_iter().map(|sanction| (*sanction.level, sanction.decided_on)).collect(),
    };
    Ok((facts, concerned.map(|(h, _)| h.id)))
}

/// Whether the public list says that the SIREN is certified for training actions; none when it does
/// not know it.
async fn qualiopi(tx: &Tx, siren: &str) -> ActResult<Option<bool>> {
    let rows = declared_organism::Entity::find()
        .filter(declared_organism::Column::Siren.eq(siren))
        .all(tx.conn())
        .await?;
    let said: Vec<bool> = rows.into_iter().filter_map(|r| r.qualiopi_training).collect();
    Ok(if said.is_empty() { None } else { Some(said.contains(&true)) })
}
