//! Organisms, their sites (III.2.a, III.7.c) and their practitioners (II.b).

use crate::account;
use crate::context::{Context, Tx};
use crate::error::{ActResult, ensure};
use crate::evaluation::person_roots;
use crate::field::{address, blank, blanks};
use crate::journal::Entry;
use crate::person::{born, name, name_refusals};
use crate::policy::{Act, Place};
use crate::sight;
use chrono::NaiveDate;
use domain::birth::BirthDate;
use domain::identifier::{Nda, Siren, Siret};
use domain::person::{name_key, person_key};
use domain::{Refusal, Refusals, search};
use entity::ids::{AuthorityId, OrganismId, PersonId, PractitionerId, SiteId};
use entity::kind::OrganismKind;
use entity::{application, authority, organism, organism_word, person, practitioner, site};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

/// A legal or natural person that trains.
#[derive(Debug, Clone, Serialize)]
pub struct RegisterOrganism {
    /// Its SIREN, checked.
    pub siren: String,
    /// Its registered or trade name.
    pub name: String,
    /// A legal or a natural person.
    pub kind: OrganismKind,
    /// Its activity declaration, where it has one.
    pub nda: Option<String>,
    /// Where its notices go.
    pub email: String,
    /// Its registered office: number and street.
    pub address: String,
    /// Postal code.
    pub postal_code: String,
    /// Town.
    pub city: String,
    /// The seat's SIRET.
    pub seat_siret: Option<String>,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RegisterOrganism);

/// Registers an organism with its seat as first site; who registers it becomes its first administrator.
pub async fn register(ctx: &Context, input: RegisterOrganism) -> ActResult<OrganismId> {
    ctx.act(Act::RegisterOrganism, input, register_in).await
}

async fn register_in(tx: Tx, input: RegisterOrganism) -> ActResult<(OrganismId, Entry)> {
    let account = tx.account()?;
    tx.require(&Place::default())?;
    let mut refusals = blanks(&[
        ("name", &input.name),
        ("address", &input.address),
        ("postalCode", &input.postal_code),
        ("city", &input.city),
    ]);
    let siren = Siren::parse(&input.siren);
    if let Err(error) = &siren {
        refusals
            .push(Refusal::new("SIREN_INVALID", error.to_string()).at(["siren"]).under("III.2.a"));
    }
    let email = address("email", &input.email).map_err(|refusal| refusals.push(refusal));
    let nda = input.nda.as_deref().map(Nda::parse).transpose();
    if let Err(error) = &nda {
        refusals.push(Refusal::new("NDA_INVALID", error.to_string()).at(["nda"]).under("III.2.h"));
    }
    let siret = match &siren {
        Ok(siren) => {
            own_siret(input.seat_siret.as_deref(), siren.as_str(), "seatSiret", &mut refusals)
        }
        Err(_) => None,
    };
    ensure(refusals)?;
    let siren = String::from(siren.map_err(anyhow::Error::from)?);
    let known =
        organism::Entity::find().filter(organism::Column::Siren.eq(&siren)).one(tx.conn()).await?;
    if known.is_some() {
        let message = "Un organisme est déjà enregistré sous ce SIREN ; demandez à son administrateur de \
                       vous y donner un rôle.";
        return Err(Refusal::new("SIREN_TAKEN", message).at(["siren"]).under("III.2.a").into());
    }
    let id = OrganismId::new();
    let name = input.name.trim().to_owned();
    organism::ActiveModel {
        id: Set(id),
        siren: Set(siren.clone()),
        name_key: Set(name_key(&name)),
        name: Set(name.clone()),
        kind: Set(input.kind.into()),
        nda: Set(nda.ok().flatten().map(String::from)),
        email: Set(email.unwrap_or_default()),
        address: Set(input.address.trim().to_owned()),
        postal_code: Set(input.postal_code.trim().to_owned()),
        city: Set(input.city.trim().to_owned()),
        registered_on: Set(tx.today()),
        version: Set(1),
    }
    .insert(tx.conn())
    .await?;
    let words = search::words([name.as_str(), &siren]).into_iter();
    let words =
        words.map(|word| organism_word::ActiveModel { organism_id: Set(id), word: Set(word) });
    organism_word::Entity::insert_many(words).exec_without_returning(tx.conn()).await?;
    site::ActiveModel {
        id: Set(SiteId::new()),
        organism_id: Set(id),
        name: Set("Siège".to_owned()),
        siret: Set(siret),
        address: Set(input.address.trim().to_owned()),
        postal_code: Set(input.postal_code.trim().to_owned()),
        city: Set(input.city.trim().to_owned()),
        is_seat: Set(true),
        registered_on: Set(tx.today()),
        closed_on: Set(None),
    }
    .insert(tx.conn())
    .await?;
    account::make_admin(&tx, account, id).await?;
    Ok((id, Entry::new(id, "Organisme enregistré").about(id)))
}

/// The SIRET if it is one of the organism's, else its refusal (III.2.a, III.7.c).
fn own_siret(
    text: Option<&str>,
    siren: &str,
    field: &'static str,
    refusals: &mut Refusals,
) -> Option<String> {
    let siret = match Siret::parse(text?) {
        Ok(siret) => String::from(siret),
        Err(error) => {
            refusals.push(
                Refusal::new("SIRET_INVALID", error.to_string()).at([field]).under("III.2.a"),
            );
            return None;
        }
    };
    if !siret.starts_with(siren) {
        let message = format!("Ce SIRET ne relève pas du SIREN {siren} de l’organisme.");
        refusals.push(Refusal::new("SITE_OF_OTHER_SIREN", message).at([field]).under("III.7.c"));
        return None;
    }
    Some(siret)
}

/// A further site of an organism.
#[derive(Debug, Clone, Serialize)]
pub struct AddSite {
    /// The organism.
    pub organism_id: String,
    /// How the organism calls it.
    pub name: String,
    /// Its own SIRET, under the organism's SIREN.
    pub siret: Option<String>,
    /// Number and street.
    pub address: String,
    /// Postal code.
    pub postal_code: String,
    /// Town.
    pub city: String,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(AddSite);

/// Adds a site under the same SIREN, without a new application (III.7.c, interpretation 29).
pub async fn add_site(ctx: &Context, input: AddSite) -> ActResult<SiteId> {
    ctx.act(Act::AddSite, input, add_site_in).await
}

async fn add_site_in(tx: Tx, input: AddSite) -> ActResult<(SiteId, Entry)> {
    tx.account()?;
    let organism = find_organism(&tx, &input.organism_id).await?;
    tx.require(&Place::organism(organism.id))?;
    let mut refusals = blanks(&[
        ("name", &input.name),
        ("address", &input.address),
        ("postalCode", &input.postal_code),
        ("city", &input.city),
    ]);
    let siret = own_siret(input.siret.as_deref(), &organism.siren, "siret", &mut refusals);
    ensure(refusals)?;
    if let Some(siret) = &siret {
        let known =
            site::Entity::find().filter(site::Column::Siret.eq(siret)).one(tx.conn()).await?;
        if known.is_some() {
            let message = "Un site est déjà enregistré sous ce SIRET.";
            return Err(Refusal::new("SIRET_TAKEN", message).at(["siret"]).under("III.2.a").into());
        }
    }
    let id = SiteId::new();
    site::ActiveModel {
        id: Set(id),
        organism_id: Set(organism.id),
        name: Set(input.name.trim().to_owned()),
        siret: Set(siret),
        address: Set(input.address.trim().to_owned()),
        postal_code: Set(input.postal_code.trim().to_owned()),
        city: Set(input.city.trim().to_owned()),
        is_seat: Set(false),
        registered_on: Set(tx.today()),
        closed_on: Set(None),
    }
    .insert(tx.conn())
    .await?;
    Ok((id, Entry::new(id, "Site ajouté").under("III.7.c").about(organism.id)))
}

/// A trainer, evaluator or jury member of an organism.
#[derive(Debug, Clone, Serialize)]
pub struct DeclarePractitioner {
    /// The organism.
    pub organism_id: String,
    /// Family name; this or first names.
    pub family_name: Option<String>,
    /// First names, in their order.
    pub first_names: Option<String>,
    /// Date of birth: with the names it tells whether two records are one person.
    pub birth_date: Option<NaiveDate>,
    /// The same as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub born_on: Option<BirthDate>,
    /// Employee, contractor…
    pub legal_status: String,
    /// Where the CV is kept.
    pub cv_reference: String,
    /// Trains.
    pub trainer: bool,
    /// Evaluates.
    pub evaluator: bool,
    /// Sits on juries.
    pub jury_member: bool,
    /// The domains that they may evaluate, 1 to 3.
    pub domains: Vec<i32>,
    /// Able in remote modes.
    pub remote_capable: bool,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(DeclarePractitioner);

/// Declares a practitioner with CV and legal status (II.b). Equal names and birth date are one person,
/// whichever organism declares them (interpretation 13).
pub async fn declare_practitioner(
    ctx: &Context,
    input: DeclarePractitioner,
) -> ActResult<PractitionerId> {
    ctx.act(Act::DeclarePractitioner, input, declare_practitioner_in).await
}

async fn declare_practitioner_in(
    tx: Tx,
    input: DeclarePractitioner,
) -> ActResult<(PractitionerId, Entry)> {
    tx.account()?;
    let organism = find_organism(&tx, &input.organism_id).await?;
    tx.require(&Place::organism(organism.id))?;
    let mut refusals = practitioner_refusals(&input);
    let birth = practitioner_birth(&input, tx.today());
    refusals.extend(birth.as_ref().err().cloned());
    ensure(refusals)?;
    let birth = birth?;
    let person_id = person_of(&tx, &input, birth).await?;
    let id = PractitionerId::new();
    let evaluates = |domain| input.evaluator && input.domains.contains(&domain);
    practitioner::ActiveModel {
        id: Set(id),
        organism_id: Set(organism.id),
        person_id: Set(person_id),
        legal_status: Set(input.legal_status.trim().to_owned()),
        cv_reference: Set(input.cv_reference.trim().to_owned()),
        is_trainer: Set(input.trainer),
        is_evaluator: Set(input.evaluator),
        is_jury_member: Set(input.jury_member),
        evaluates_domain_1: Set(evaluates(1)),
        evaluates_domain_2: Set(evaluates(2)),
        evaluates_domain_3: Set(evaluates(3)),
        remote_capable: Set(input.remote_capable),
        declared_on: Set(tx.today()),
        validated_on: Set(None),
    }
    .insert(tx.conn())
    .await?;
    let entry = Entry::new(id, "Intervenant déclaré");
    Ok((id, entry.under("II.b").about(organism.id)))
}

fn practitioner_refusals(input: &DeclarePractitioner) -> Refusals {
    let mut refusals = name_refusals(
        ("familyName", input.family_name.as_deref()),
        ("firstNames", input.first_names.as_deref()),
    );
    for (field, text) in
        [("legalStatus", &input.legal_status), ("cvReference", &input.cv_reference)]
    {
        refusals.extend(blank(field, text).into_iter().map(|r| r.under("II.b")));
    }
    let mut add = |code, field, message: &str| {
        refusals.push(Refusal::new(code, message).at([field]).under("II.b"));
    };
    if !(input.trainer || input.evaluator || input.jury_member) {
        add(
            "ROLE_REQUIRED",
            "trainer",
            "Un intervenant est formateur, évaluateur ou membre de jury.",
        );
    }
    if input.evaluator && input.domains.is_empty() {
        add(
            "DOMAINS_REQUIRED",
            "domains",
            "Un évaluateur est déclaré avec les domaines qu’il évalue.",
        );
    }
    if input.domains.iter().any(|d| !(1..=3).contains(d)) {
        add("DOMAIN_UNKNOWN", "domains", "Les domaines du référentiel vont de 1 à 3.");
    }
    refusals
}

fn practitioner_birth(input: &DeclarePractitioner, today: NaiveDate) -> Result<BirthDate, Refusal> {
    let (birth, field) = born(input.birth_date, input.born_on)?;
    if birth.first_day() >= today {
        let message = "La date de naissance doit être passée.";
        return Err(Refusal::new("DATE_FUTURE", message).at([field]).under("II.b"));
    }
    birth.refusal(today, field).map_or(Ok(birth), |refusal| Err(refusal.under("II.b")))
}

/// The person of these names and birth date, known or new.
async fn person_of(tx: &Tx, input: &DeclarePractitioner, birth: BirthDate) -> ActResult<PersonId> {
    let family = name(input.family_name.as_deref());
    let first = name(input.first_names.as_deref());
    let key = person_key(&family, &first, birth);
    person::Entity::insert(person::ActiveModel {
        id: Set(PersonId::new()),
        family_name: Set(family),
        first_names: Set(first),
        birth_date: Set(birth.into()),
        person_key: Set(key.clone()),
        merged_into_id: Set(None),
    })
    .on_conflict(OnConflict::column(person::Column::PersonKey).do_nothing().to_owned())
    .try_insert()
    .exec_without_returning(tx.conn())
    .await?;
    let row =
        person::Entity::find().filter(person::Column::PersonKey.eq(key)).one(tx.conn()).await?;
    Ok(row.ok_or_else(|| anyhow::anyhow!("the person just inserted is missing"))?.id)
}

/// The authority validates an evaluator declared after the application.
#[derive(Debug, Clone, Serialize)]
pub struct ValidateEvaluator {
    /// The evaluator.
    pub practitioner_id: String,
    /// The authority, to which the organism applied.
    pub authority_id: String,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(ValidateEvaluator);

/// Validates an evaluator (IV.1.c, interpretation 29).
pub async fn validate_evaluator(
    ctx: &Context,
    input: ValidateEvaluator,
) -> ActResult<PractitionerId> {
    ctx.act(Act::ValidateEvaluator, input, validate_evaluator_in).await
}

async fn validate_evaluator_in(
    tx: Tx,
    input: ValidateEvaluator,
) -> ActResult<(PractitionerId, Entry)> {
    tx.account()?;
    let row = find_practitioner(&tx, &input.practitioner_id, "practitionerId").await?;
    let sight = tx.ctx().actor.sight();
    let authority = sight::find::<authority::Entity, AuthorityId>(
        tx.conn(),
        &sight,
        &input.authority_id,
        "authorityId",
    )
    .await?;
    tx.require(&Place::authority(authority.id))?;
    let mut refusals = Refusals::new();
    let mut add = |code, field, message: &str| {
        refusals.push(Refusal::new(code, message).at([field]).under("IV.1.c"));
    };
    if !row.is_evaluator {
        add(
            "NOT_AN_EVALUATOR",
            "practitionerId",
            "Cet intervenant n’est pas déclaré comme évaluateur.",
        );
    }
    if row.validated_on.is_some() {
        add("ALREADY_VALIDATED", "practitionerId", "Cet évaluateur est déjà validé.");
    }
    let applied = application::Entity::find()
        .filter(application::Column::OrganismId.eq(row.organism_id))
        .filter(application::Column::AuthorityId.eq(authority.id))
        .one(tx.conn())
        .await?;
    if applied.is_none() {
        add(
            "AUTHORITY_NOT_COMPETENT",
            "authorityId",
            "L’organisme n’a pas déposé de demande auprès de cette instance.",
        );
    }
    ensure(refusals)?;
    let today = tx.today();
    practitioner::ActiveModel {
        id: Set(row.id),
        validated_on: Set(Some(today)),
        ..Default::default()
    }
    .update(tx.conn())
    .await?;
    let entry = Entry::new(row.id, "Évaluateur validé");
    Ok((row.id, entry.under("IV.1.c").about(row.organism_id)))
}

/// Two practitioner records are one person although their names or dates differ.
#[derive(Debug, Clone, Serialize)]
pub struct MergePersons {
    /// The record whose person stands for both.
    pub kept_practitioner_id: String,
    /// The record whose person is the same.
    pub merged_practitioner_id: String,
    /// Why they are the same.
    pub reason: String,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(MergePersons);

/// Merges the persons behind two practitioners (A3.3.b, interpretation 13): from then on whoever one
/// of them trained, neither evaluates.
pub async fn merge_persons(ctx: &Context, input: MergePersons) -> ActResult<PractitionerId> {
    ctx.act(Act::MergePersons, input, merge_persons_in).await
}

async fn merge_persons_in(tx: Tx, input: MergePersons) -> ActResult<(PractitionerId, Entry)> {
    tx.account()?;
    tx.require(&Place::default())?;
    let kept = find_practitioner(&tx, &input.kept_practitioner_id, "keptPractitionerId").await?;
    let merged =
        find_practitioner(&tx, &input.merged_practitioner_id, "mergedPractitionerId").await?;
    ensure(blank("reason", &input.reason))?;
    let roots = person_roots(&tx, [kept.person_id, merged.person_id], LockType::Update).await?;
    let root = roots.get(&kept.person_id).copied().unwrap_or(kept.person_id);
    let other = roots.get(&merged.person_id).copied().unwrap_or(merged.person_id);
    if root == other {
        let message = "Ces deux fiches désignent déjà la même personne.";
        return Err(Refusal::new("ALREADY_MERGED", message)
            .at(["mergedPractitionerId"])
            .under("A3.3.b")
            .into());
    }
    person::ActiveModel { id: Set(other), merged_into_id: Set(Some(root)), ..Default::default() }
        .update(tx.conn())
        .await?;
    let entry = Entry::new(kept.id, "Fiches de personnes réunies");
    let entry = entry
        .under("A3.3.b")
        .with(serde_json::json!({ "merged": merged.id, "reason": input.reason }));
    Ok((kept.id, entry))
}

async fn find_organism(tx: &Tx, id: &str) -> ActResult<organism::Model> {
    let sight = tx.ctx().actor.sight();
    sight::find::<organism::Entity, OrganismId>(tx.conn(), &sight, id, "organismId").await
}

async fn find_practitioner(
    tx: &Tx,
    id: &str,
    field: &'static str,
) -> ActResult<practitioner::Model> {
    let sight = tx.ctx().actor.sight();
    sight::find::<practitioner::Entity, PractitionerId>(tx.conn(), &sight, id, field).await
}
