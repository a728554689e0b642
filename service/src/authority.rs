//! Chapter I: CPNEs and their delegations, frameworks, meetings and campaigns.

use crate::clock::machine_now;
use crate::context::{Context, Tx};
use crate::error::{ActResult, ensure};
use crate::field::{blank, blanks};
use crate::journal::Entry;
use crate::policy::{Act, Place};
use crate::sight;
use chrono::NaiveDate;
use domain::authority::{AuthorityFacts, AuthorityKind, DelegationFacts};
use domain::deadline::format_date_fr;
use domain::framework::BASE_CRITERIA;
use domain::identifier::Siren;
use domain::{Refusal, Refusals, date};
use entity::ids::{
    AuthorityId, CampaignId, CompetenceId, CriterionId, DelegationId, FrameworkDomainId,
    FrameworkId, MeetingId,
};
use entity::text::Text;
use entity::{
    authority, campaign, competence, criterion, delegation, framework, framework_domain, meeting,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait,
    QueryFilter, QueryOrder,
};
use serde::Serialize;
use std::collections::HashMap;

/// Certif Pro, which owns the certificate (I.a): there once the reference data are.
pub async fn certif_pro(db: &impl ConnectionTrait) -> Result<Option<authority::Model>, DbErr> {
    let kind = authority::Column::Kind.eq(Text(AuthorityKind::CertifPro));
    authority::Entity::find().filter(kind).one(db).await
}

/// Makes a CPNE known; it decides nothing until Certif Pro mandates it.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the fields are those of an authority")]
pub struct RegisterCpne {
    pub name: String,
    pub email: String,
    pub appeal_contact: String,
    pub address: String,
    pub postal_code: String,
    pub city: String,
    pub siren: Option<String>,
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RegisterCpne);

/// Registers a CPNE (I.b).
pub async fn register_cpne(ctx: &Context, input: RegisterCpne) -> ActResult<AuthorityId> {
    ctx.act(Act::RegisterCpne, input, register_cpne_in).await
}

async fn register_cpne_in(tx: Tx, input: RegisterCpne) -> ActResult<(AuthorityId, Entry)> {
    tx.account()?;
    tx.require(&Place::default())?;
    let mut refusals = blanks(&[
        ("name", &input.name),
        ("appealContact", &input.appeal_contact),
        ("address", &input.address),
        ("postalCode", &input.postal_code),
        ("city", &input.city),
    ]);
    let email =
        crate::field::address("email", &input.email).map_err(|refusal| refusals.push(refusal));
    let siren = input.siren.as_deref().map(Siren::parse).transpose();
    if let Err(error) = &siren {
        refusals.push(Refusal::new("SIREN_INVALID", error.to_string()).at(["siren"]));
    }
    ensure(refusals)?;
    let id = AuthorityId::new();
    authority::ActiveModel {
        id: Set(id),
        kind: Set(AuthorityKind::Cpne.into()),
        name: Set(input.name.trim().to_owned()),
        email: Set(email.unwrap_or_default()),
        appeal_contact: Set(input.appeal_contact.trim().to_owned()),
        address: Set(input.address.trim().to_owned()),
        postal_code: Set(input.postal_code.trim().to_owned()),
        city: Set(input.city.trim().to_owned()),
        siren: Set(siren.ok().flatten().map(String::from)),
        created_at: Set(machine_now()),
    }
    .insert(tx.conn())
    .await?;
    Ok((id, Entry::new(id, "CPNE enregistrée").under("I.b")))
}

/// Certif Pro mandates a CPNE, within a field and from a day on.
#[derive(Debug, Clone, Serialize)]
pub struct GrantDelegation {
    /// The CPNE.
    pub authority_id: String,
    /// The professional field; this or the geographic one.
    pub professional_field: Option<String>,
    /// The geographic field.
    pub geographic_field: Option<String>,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day, included; none without a set end.
    pub ends_on: Option<NaiveDate>,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(GrantDelegation);

/// Gives a delegation (I.b).
pub async fn grant_delegation(ctx: &Context, input: GrantDelegation) -> ActResult<DelegationId> {
    ctx.act(Act::GrantDelegation, input, grant_delegation_in).await
}

async fn grant_delegation_in(tx: Tx, input: GrantDelegation) -> ActResult<(DelegationId, Entry)> {
    tx.account()?;
    tx.require(&Place::default())?;
    let cpne = find_authority(&tx, &input.authority_id).await?;
    if *cpne.kind == AuthorityKind::CertifPro {
        let message = "Certif Pro ne se donne pas délégation à elle-même.";
        return Err(Refusal::new("NOT_A_CPNE", message).at(["authorityId"]).under("I.b").into());
    }
    let facts = DelegationFacts {
        starts_on: input.starts_on,
        ends_on: input.ends_on,
        suspended_on: None,
        withdrawn_on: None,
        professional_field: input.professional_field.clone(),
        geographic_field: input.geographic_field.clone(),
    };
    let mut refusals = domain::authority::delegation_refusals(&facts);
    let days = [("startsOn", Some(input.starts_on)), ("endsOn", input.ends_on)];
    for (field, day) in days.into_iter().filter_map(|(field, day)| Some((field, day?))) {
        let wrong = date::act_refusal(field, day, tx.today());
        refusals.extend(wrong.map(|refusal| refusal.under("I.b")));
    }
    ensure(refusals)?;
    let id = DelegationId::new();
    delegation::ActiveModel {
        id: Set(id),
        authority_id: Set(cpne.id),
        professional_field: Set(input.professional_field),
        geographic_field: Set(input.geographic_field),
        starts_on: Set(input.starts_on),
        ends_on: Set(input.ends_on),
        suspended_on: Set(None),
        withdrawn_on: Set(None),
    }
    .insert(tx.conn())
    .await?;
    let summary = format!("Délégation donnée à compter du {}", format_date_fr(input.starts_on));
    Ok((id, Entry::new(id, summary).under("I.b")))
}

/// A competence as a CPNE words it for its field.
#[derive(Debug, Clone, Serialize)]
pub struct CompetenceWording {
    /// Its code in the framework, `1-1` to `3-4`.
    pub code: String,
    /// Its adapted wording.
    pub title: String,
    /// Its adapted certification criteria.
    pub criteria: Vec<String>,
}

/// A criterion that a CPNE adds to those of part II.
#[derive(Debug, Clone, Serialize)]
pub struct ContextualCriterion {
    /// Its stable name, in capitals.
    pub code: String,
    /// Its French wording.
    pub label: String,
}

/// A CPNE adapts the framework's wording to its field.
#[derive(Debug, Clone, Serialize)]
pub struct ContextualiseFramework {
    /// The CPNE.
    pub authority_id: String,
    /// The framework's title.
    pub title: String,
    /// Its version.
    pub version: String,
    /// Its code on EDOF.
    pub certification_code: String,
    /// First day.
    pub starts_on: NaiveDate,
    /// Exactly the seventeen competences.
    pub competences: Vec<CompetenceWording>,
    /// Contextual criteria of habilitation (I.c).
    pub criteria: Vec<ContextualCriterion>,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(ContextualiseFramework);

/// Contextualises the framework (I.c): the same competences, worded for the field (A1.b).
pub async fn contextualise_framework(
    ctx: &Context,
    input: ContextualiseFramework,
) -> ActResult<FrameworkId> {
    ctx.act(Act::ContextualiseFramework, input, contextualise_framework_in).await
}

async fn contextualise_framework_in(
    tx: Tx,
    input: ContextualiseFramework,
) -> ActResult<(FrameworkId, Entry)> {
    tx.account()?;
    let cpne = find_authority(&tx, &input.authority_id).await?;
    tx.require(&Place::authority(cpne.id))?;
    let facts = facts(tx.conn(), &cpne).await?;
    let mut refusals = Refusals::new();
    if *cpne.kind == AuthorityKind::CertifPro {
        let message = "Seule une CPNE contextualise le référentiel.";
        refusals.push(Refusal::new("NOT_A_CPNE", message).at(["authorityId"]).under("I.c"));
    }
    refusals.extend(domain::authority::competence_refusals(&facts, None, tx.today()));
    let codes: Vec<_> = input.competences.iter().map(|c| c.code.clone()).collect();
    refusals.extend(domain::framework::contextualised_refusals(&codes));
    refusals.extend(blanks(&[
        ("title", &input.title),
        ("version", &input.version),
        ("certificationCode", &input.certification_code),
    ]));
    refusals.extend(wording_refusals(&input));
    let wrong = date::act_refusal("startsOn", input.starts_on, tx.today());
    refusals.extend(wrong.map(|refusal| refusal.under("I.c")));
    ensure(refusals)?;
    let id = FrameworkId::new();
    framework::ActiveModel {
        id: Set(id),
        authority_id: Set(Some(cpne.id)),
        title: Set(input.title.trim().to_owned()),
        version: Set(input.version.trim().to_owned()),
        certification_code: Set(input.certification_code.trim().to_owned()),
        starts_on: Set(input.starts_on),
    }
    .insert(tx.conn())
    .await?;
    let competences =
        input.competences.iter().map(|c| (c.code.as_str(), c.title.as_str(), &c.criteria));
    insert_competences(tx.conn(), id, competences).await?;
    let contextual = input.criteria.iter().map(|c| (c.code.as_str(), c.label.as_str()));
    insert_criteria(tx.conn(), id, contextual).await?;
    Ok((id, Entry::new(id, "Référentiel contextualisé").under("A1.b")))
}

fn wording_refusals(input: &ContextualiseFramework) -> Refusals {
    let mut refusals = Refusals::new();
    for (i, c) in input.competences.iter().enumerate() {
        if c.title.trim().is_empty() || c.criteria.is_empty() {
            let message =
                format!("La compétence {} doit garder un libellé et ses critères.", c.code);
            let path = ["competences".to_owned(), i.to_string()];
            refusals.push(Refusal::new("WORDING_REQUIRED", message).at(path).under("A1.b"));
        }
    }
    let base = BASE_CRITERIA.map(|c| c.code);
    for (i, c) in input.criteria.iter().enumerate() {
        let twice = input.criteria.iter().take(i).any(|earlier| earlier.code == c.code);
        if twice || base.contains(&c.code.as_str()) || c.code.trim().is_empty() {
            let message = "Ce code de critère est vide ou déjà utilisé.";
            let path = ["criteria".to_owned(), i.to_string(), "code".to_owned()];
            refusals.push(Refusal::new("CRITERION_TWICE", message).at(path).under("I.c"));
        }
        if c.label.trim().is_empty() {
            let path = ["criteria".to_owned(), i.to_string(), "label".to_owned()];
            refusals.push(Refusal::new("REQUIRED", "Ce champ est obligatoire.").at(path));
        }
    }
    refusals
}

/// The domains and competences of a framework; domains keep their numbers and titles.
pub(crate) async fn insert_competences<'a>(
    db: &impl ConnectionTrait,
    id: FrameworkId,
    competences: impl Iterator<Item = (&'a str, &'a str, &'a Vec<String>)>,
) -> ActResult<()> {
    let base = domain::framework::base();
    let domains = base.domains.iter().map(|d| framework_domain::ActiveModel {
        id: Set(FrameworkDomainId::new()),
        framework_id: Set(id),
        number: Set(d.number.into()),
        title: Set(d.title.clone()),
    });
    framework_domain::Entity::insert_many(domains).exec_without_returning(db).await?;
    let mut rows = Vec::new();
    for (code, title, criteria) in competences {
        rows.push(competence::ActiveModel {
            id: Set(CompetenceId::new()),
            framework_id: Set(id),
            code: Set(code.to_owned()),
            domain_number: Set(domain::framework::domain_of(code).unwrap_or_default().into()),
            title: Set(title.trim().to_owned()),
            criteria: Set(serde_json::to_value(criteria)?),
            transversal: Set(domain::framework::TRANSVERSAL.contains(&code)),
        });
    }
    competence::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// The criteria of part II, and the contextual ones examined together with them (I.c).
pub(crate) async fn insert_criteria<'a>(
    db: &impl ConnectionTrait,
    id: FrameworkId,
    contextual: impl Iterator<Item = (&'a str, &'a str)>,
) -> ActResult<()> {
    let base = BASE_CRITERIA.iter().map(|c| (c.code, c.label, false));
    let all = base.chain(contextual.map(|(code, label)| (code, label, true)));
    let rows = all.zip(1..).map(|((code, label, contextual), position)| criterion::ActiveModel {
        id: Set(CriterionId::new()),
        framework_id: Set(id),
        code: Set(code.to_owned()),
        position: Set(position),
        label: Set(label.to_owned()),
        contextual: Set(contextual),
    });
    criterion::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// Plans a meeting of an authority.
#[derive(Debug, Clone, Serialize)]
pub struct ScheduleMeeting {
    /// The authority.
    pub authority_id: String,
    /// Its day.
    pub held_on: NaiveDate,
    /// Where.
    pub place: String,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(ScheduleMeeting);

/// Plans a meeting (III.5.a, III.5.g); one a day, not in the past.
pub async fn schedule_meeting(ctx: &Context, input: ScheduleMeeting) -> ActResult<MeetingId> {
    ctx.act(Act::ScheduleMeeting, input, schedule_meeting_in).await
}

async fn schedule_meeting_in(tx: Tx, input: ScheduleMeeting) -> ActResult<(MeetingId, Entry)> {
    tx.account()?;
    let authority = find_authority(&tx, &input.authority_id).await?;
    tx.require(&Place::authority(authority.id))?;
    let mut refusals = blank("place", &input.place);
    if input.held_on < tx.today() {
        let message = "Une réunion ne se planifie pas dans le passé.";
        refusals.push(Refusal::new("DATE_PAST", message).at(["heldOn"]));
    } else {
        let wrong = date::act_refusal("heldOn", input.held_on, tx.today());
        refusals.extend(wrong.map(|refusal| refusal.under("III.5.g")));
    }
    let same = meeting::Entity::find()
        .filter(meeting::Column::AuthorityId.eq(authority.id))
        .filter(meeting::Column::HeldOn.eq(input.held_on))
        .one(tx.conn())
        .await?;
    if same.is_some() {
        let message = "L’instance a déjà une réunion ce jour-là.";
        refusals.push(Refusal::new("MEETING_EXISTS", message).at(["heldOn"]));
    }
    ensure(refusals)?;
    let id = MeetingId::new();
    meeting::ActiveModel {
        id: Set(id),
        authority_id: Set(authority.id),
        held_on: Set(input.held_on),
        place: Set(input.place.trim().to_owned()),
    }
    .insert(tx.conn())
    .await?;
    let summary = format!("Réunion planifiée le {}", format_date_fr(input.held_on));
    Ok((id, Entry::new(id, summary).under("III.5.g")))
}

/// Opens a filing window of an authority for one framework.
#[derive(Debug, Clone, Serialize)]
pub struct OpenCampaign {
    /// The authority.
    pub authority_id: String,
    /// The framework for which organisms may apply.
    pub framework_id: String,
    /// Where its applications are decided unless moved.
    pub meeting_id: String,
    /// Its title.
    pub title: String,
    /// First day of filing.
    pub opens_on: NaiveDate,
    /// Last day of filing, included.
    pub closes_on: NaiveDate,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(OpenCampaign);

/// Opens a campaign (III.2.c): by the authority competent for the framework (I.a), early enough for
/// an opinion on what is filed on its last day (III.4.b).
pub async fn open_campaign(ctx: &Context, input: OpenCampaign) -> ActResult<CampaignId> {
    ctx.act(Act::OpenCampaign, input, open_campaign_in).await
}

async fn open_campaign_in(tx: Tx, input: OpenCampaign) -> ActResult<(CampaignId, Entry)> {
    tx.account()?;
    let authority = find_authority(&tx, &input.authority_id).await?;
    tx.require(&Place::authority(authority.id))?;
    let sight = tx.ctx().actor.sight();
    let framework = sight::find::<framework::Entity, FrameworkId>(
        tx.conn(),
        &sight,
        &input.framework_id,
        "frameworkId",
    )
    .await?;
    let meeting = sight::find::<meeting::Entity, MeetingId>(
        tx.conn(),
        &sight,
        &input.meeting_id,
        "meetingId",
    )
    .await?;
    let facts = facts(tx.conn(), &authority).await?;
    let owner = framework.authority_id;
    let mut refusals = blank("title", &input.title);
    refusals.extend(domain::authority::competence_refusals(&facts, owner.as_ref(), tx.today()));
    refusals.extend(window_refusals(&tx, &input, &meeting, authority.id));
    ensure(refusals)?;
    let id = CampaignId::new();
    campaign::ActiveModel {
        id: Set(id),
        authority_id: Set(authority.id),
        framework_id: Set(framework.id),
        meeting_id: Set(meeting.id),
        title: Set(input.title.trim().to_owned()),
        opens_on: Set(input.opens_on),
        closes_on: Set(input.closes_on),
    }
    .insert(tx.conn())
    .await?;
    let (from, to) = (format_date_fr(input.opens_on), format_date_fr(input.closes_on));
    let summary = format!("Campagne ouverte du {from} au {to}");
    Ok((id, Entry::new(id, summary).under("III.2.c")))
}

fn window_refusals(
    tx: &Tx,
    input: &OpenCampaign,
    meeting: &meeting::Model,
    authority: AuthorityId,
) -> Refusals {
    let mut refusals = Refusals::new();
    let mut add = |code, field, message: String| {
        refusals.push(Refusal::new(code, message).at([field]).under("III.2.c"));
    };
    if meeting.authority_id != authority {
        add(
            "MEETING_OF_OTHER_AUTHORITY",
            "meetingId",
            "Cette réunion est celle d’une autre instance.".to_owned(),
        );
    }
    if input.closes_on < input.opens_on {
        add("DATES_REVERSED", "closesOn", "La campagne finirait avant de commencer.".to_owned());
    }
    if input.closes_on < tx.today() {
        add("DATE_PAST", "closesOn", "La campagne serait déjà close.".to_owned());
    }
    let last = domain::application::opinion_last_day(tx.calendar(), meeting.held_on);
    if input.closes_on > last {
        let message = format!(
            "La campagne doit se clore au plus tard le {}, dernier jour pour arrêter les avis avant la \
             réunion du {}.",
            format_date_fr(last),
            format_date_fr(meeting.held_on)
        );
        add("CLOSES_TOO_LATE", "closesOn", message);
    }
    let wrong = date::act_refusal("opensOn", input.opens_on, tx.today());
    refusals.extend(wrong.map(|refusal| refusal.under("III.2.c")));
    refusals
}

async fn find_authority(tx: &Tx, id: &str) -> ActResult<authority::Model> {
    let sight = tx.ctx().actor.sight();
    sight::find::<authority::Entity, AuthorityId>(tx.conn(), &sight, id, "authorityId").await
}

/// The authority with every delegation that it ever had (I.b).
pub(crate) async fn facts(
    db: &impl ConnectionTrait,
    authority: &authority::Model,
) -> ActResult<AuthorityFacts<AuthorityId>> {
    let known = facts_of(db, std::slice::from_ref(authority)).await?.remove(&authority.id);
    Ok(known.ok_or_else(|| anyhow::anyhow!("an authority has its facts"))?)
}

/// The same of several, in one statement.
pub(crate) async fn facts_of(
    db: &impl ConnectionTrait,
    authorities: &[authority::Model],
) -> ActResult<HashMap<AuthorityId, AuthorityFacts<AuthorityId>>> {
    let rows = delegation::Entity::find()
        .filter(delegation::Column::AuthorityId.is_in(authorities.iter().map(|a| a.id)))
        .order_by_asc(delegation::Column::StartsOn)
        .all(db)
        .await?;
    let mut delegations: HashMap<AuthorityId, Vec<DelegationFacts>> = HashMap::new();
    for d in rows {
        delegations.entry(d.authority_id).or_default().push(DelegationFacts {
            starts_on: d.starts_on,
            ends_on: d.ends_on,
            suspended_on: d.suspended_on,
            withdrawn_on: d.withdrawn_on,
            professional_field: d.professional_field,
            geographic_field: d.geographic_field,
        });
    }
    let known = authorities.iter().map(|authority| {
        let delegations = delegations.remove(&authority.id).unwrap_or_default();
        (authority.id, AuthorityFacts { id: authority.id, kind: *authority.kind, delegations })
    });
    Ok(known.collect())
}

/// I.a, I.b: why the authority may not act on habilitations under the framework today. Each act that
/// decides asks it in its own transaction.
pub(crate) async fn competence_refusals(
    tx: &Tx,
    authority: AuthorityId,
    framework: FrameworkId,
) -> ActResult<Refusals> {
    let gone = || anyhow::anyhow!("the authority or the framework does not exist");
    let authority =
        authority::Entity::find_by_id(authority).one(tx.conn()).await?.ok_or_else(gone)?;
    let framework =
        framework::Entity::find_by_id(framework).one(tx.conn()).await?.ok_or_else(gone)?;
    let facts = facts(tx.conn(), &authority).await?;
    let owner = framework.authority_id;
    Ok(domain::authority::competence_refusals(&facts, owner.as_ref(), tx.today()))
}
