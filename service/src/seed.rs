//! What a new database needs: the framework of annexe 1, the tariff of annexe 2, Certif Pro, the
//! convention's version; and, outside production, one demo account per role.

use crate::account::{self, DEMO_DOMAIN, OpenAccount};
use crate::authority::{insert_competences, insert_criteria};
use crate::clock::machine_now;
use crate::context::{Actor, App, Context};
use crate::error::ActResult;
use crate::evaluation::{RegisterCandidate, register_candidate};
use crate::organism::{RegisterOrganism, register};
use chrono::NaiveDate;
use domain::Refusal;
use domain::authority::AuthorityKind;
use domain::tariff::FIRST_TARIFF;
use entity::ids::{AccountId, AuthorityId, ConventionVersionId, FrameworkId, TariffId};
use entity::kind::{OrganismKind, Role, Sex};
use entity::{account as accounts, authority, convention_version, framework, tariff};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

/// The day on which the convention came into force.
const CONVENTION_IN_FORCE: NaiveDate = FIRST_TARIFF.starts_on;
/// SIREN of the demo organism: fictitious, its check digit right.
const DEMO_SIREN: &str = "900000001";

/// Loads the reference data where they are missing; again, it changes nothing.
pub async fn reference(app: &App) -> ActResult<()> {
    let ctx = Context::new(app.clone(), Actor::System, "seed");
    let tx = ctx.begin().await?;
    if framework::Entity::find()
        .filter(framework::Column::AuthorityId.is_null())
        .one(tx.conn())
        .await?
        .is_some()
    {
        return Ok(());
    }
    let base = domain::framework::base();
    let id = FrameworkId::new();
    framework::ActiveModel {
        id: Set(id),
        authority_id: Set(None),
        title: Set(base.title.clone()),
        version: Set(base.version.clone()),
        certification_code: Set(app.settings.certification_code.clone()),
        starts_on: Set(CONVENTION_IN_FORCE),
    }
    .insert(tx.conn())
    .await?;
    let competences =
        base.competences.iter().map(|c| (c.code.as_str(), c.title.as_str(), &c.criteria));
    insert_competences(tx.conn(), id, competences).await?;
    insert_criteria(tx.conn(), id, std::iter::empty()).await?;
    tariff::ActiveModel {
        id: Set(TariffId::new()),
        starts_on: Set(FIRST_TARIFF.starts_on),
        decided_on: Set(FIRST_TARIFF.starts_on),
        application_fee: Set(FIRST_TARIFF.application_fee),
        site_fee: Set(FIRST_TARIFF.site_fee),
        certificate_fee: Set(FIRST_TARIFF.certificate_fee),
    }
    .insert(tx.conn())
    .await?;
    convention_version::ActiveModel {
        id: Set(ConventionVersionId::new()),
        version: Set("2023".to_owned()),
        starts_on: Set(CONVENTION_IN_FORCE),
        url: Set(app.settings.link("/convention/2023")),
    }
    .insert(tx.conn())
    .await?;
    authority::ActiveModel {
        id: Set(AuthorityId::new()),
        kind: Set(AuthorityKind::CertifPro.into()),
        name: Set("Certif Pro".to_owned()),
        email: Set("habilitations@certif-pro.example".to_owned()),
        appeal_contact: Set(
            "Certif Pro, service des recours, recours@certif-pro.example".to_owned()
        ),
        address: Set("1 rue de la Certification".to_owned()),
        postal_code: Set("75001".to_owned()),
        city: Set("Paris".to_owned()),
        siren: Set(None),
        created_at: Set(machine_now()),
    }
    .insert(tx.conn())
    .await?;
    tx.seal(()).await
}

/// A demo sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoAccount {
    /// Its address.
    pub email: String,
    /// The role it holds.
    pub role: Role,
}

/// The address of each demo role.
const DEMO: [(Role, &str, &str); 10] = [
    (Role::Decider, "decideur", "Dominique Décideur"),
    (Role::CaseOfficer, "instructeur", "Inès Instructrice"),
    (Role::Provider, "prestataire", "Paul Prestataire"),
    (Role::Finance, "finance", "Fanny Finance"),
    (Role::AuthorityAdmin, "administrateur", "Alix Administrateur"),
    (Role::OrganismAdmin, "organisme", "Olivia Organisme"),
    (Role::OrganismStaff, "personnel", "Pauline Personnel"),
    (Role::Mandatary, "mandataire", "Maxime Mandataire"),
    (Role::Candidate, "candidat", "Camille Candidat"),
    (Role::Operator, "exploitant", "Ezra Exploitant"),
];

/// Opens one account per role with this password, on a demo organism and candidate; again, it changes
/// nothing. Refused in production.
pub async fn demo(app: &App, password: &str) -> ActResult<Vec<DemoAccount>> {
    if app.settings.production {
        let message = "Les comptes de démonstration n’existent pas en production.";
        return Err(Refusal::new("PRODUCTION", message).into());
    }
    let told =
        DEMO.map(|(role, name, _)| DemoAccount { email: format!("{name}{DEMO_DOMAIN}"), role });
    let last = accounts::Column::Email.eq(told[told.len() - 1].email.as_str());
    if accounts::Entity::find().filter(last).one(&app.db).await?.is_some() {
        return Ok(told.to_vec());
    }
    let system = Context::new(app.clone(), Actor::System, "seed");
    let mut ids = Vec::new();
    for ((_, _, name), told) in DEMO.iter().zip(&told) {
        let open = OpenAccount {
            email: told.email.clone(),
            display_name: (*name).to_owned(),
            password: password.to_owned(),
        };
        ids.push(open_or_known(&system, open).await?);
    }
    give_demo_roles(app, &system, &ids).await?;
    Ok(told.to_vec())
}

async fn open_or_known(ctx: &Context, input: OpenAccount) -> ActResult<AccountId> {
    let email = accounts::Column::Email.eq(input.email.as_str());
    match accounts::Entity::find().filter(email).one(ctx.db()).await? {
        Some(known) => Ok(known.id),
        None => account::open(ctx, input).await,
    }
}

async fn give_demo_roles(app: &App, system: &Context, ids: &[AccountId]) -> ActResult<()> {
    let certif_pro = authority::Entity::find()
        .filter(authority::Column::Kind.eq(entity::text::Text(AuthorityKind::CertifPro)))
        .one(&app.db)
        .await?
        .ok_or_else(|| anyhow::anyhow!("the reference data come first"))?;
    let admin = DEMO.iter().zip(ids).find(|((role, ..), _)| *role == Role::OrganismAdmin);
    let admin = admin.map(|(_, id)| *id).ok_or_else(|| anyhow::anyhow!("no demo administrator"))?;
    let as_admin = |actor| Context::new(app.clone(), actor, "seed");
    let organism = register(&as_admin(account::actor(app, admin).await?), demo_organism()).await?;
    let actor = account::actor(app, admin).await?;
    let candidate =
        register_candidate(&as_admin(actor), demo_candidate(&organism.to_string())).await?;
    let tx = system.begin().await?;
    accounts::Entity::update_many()
        .col_expr(accounts::Column::ConfirmedAt, Expr::value(machine_now()))
        .filter(accounts::Column::Id.is_in(ids.iter().copied()))
        .exec(tx.conn())
        .await?;
    for ((role, ..), id) in DEMO.iter().zip(ids) {
        let place = match role {
            Role::OrganismAdmin => continue,
            Role::OrganismStaff | Role::Mandatary => (None, Some(organism), None),
            Role::Candidate => (None, None, Some(candidate)),
            Role::Operator => (None, None, None),
            _ => (Some(certif_pro.id), None, None),
        };
        account::seed_grant(&tx, *id, *role, place).await?;
    }
    tx.seal(()).await
}

fn demo_organism() -> RegisterOrganism {
    RegisterOrganism {
        siren: DEMO_SIREN.to_owned(),
        name: "Organisme de démonstration".to_owned(),
        kind: OrganismKind::LegalPerson,
        nda: None,
        email: "organisme@demo.example".to_owned(),
        address: "10 rue des Essais".to_owned(),
        postal_code: "69001".to_owned(),
        city: "Lyon".to_owned(),
        seat_siret: None,
        idempotency_key: None,
    }
}

fn demo_candidate(organism: &str) -> RegisterCandidate {
    RegisterCandidate {
        organism_id: organism.to_owned(),
        birth_name: Some("Candidat".to_owned()),
        used_name: None,
        first_names: Some("Camille".to_owned()),
        birth_date: NaiveDate::from_ymd_opt(1990, 5, 17),
        born_on: None,
        sex: Sex::F,
        birth_place_code: Some("69123".to_owned()),
        birth_place_name: "Lyon".to_owned(),
        birth_country: "France".to_owned(),
        email: Some("candidat@demo.example".to_owned()),
        idempotency_key: None,
    }
}
