//! The public list of habilitated organisms (III.5.e): for anyone, without personal data.

use super::Found;
use crate::load::{self, Failure, Reader, list};
use crate::page::connection;
use crate::scalar::{Date, Siren, Siret};
use async_graphql::dataloader::Loader;
use async_graphql::{Context, Object, SimpleObject};
use chrono::NaiveDate;
use entity::ids::{OrganismId, SiteId};
use entity::kind::OrganismKind;
use entity::{authority, framework, habilitation, organism, site};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use service::habilitation::in_force_on;
use std::collections::HashMap;

list! {
    /// The organisms with a habilitation in force on a day.
    Habilitated { on: NaiveDate, found: Found } = "habilitatedOrganisms",
    organism by OrganismId(Id, id), oldest first, sorted by NameKey;
    |self, _sight| {
        // Looked for organism by organism, in the order of the list: a page needs those of the page alone.
        let held = habilitation::Entity::find()
            .select_only()
            .column(habilitation::Column::Id)
            .filter(
                Expr::col((habilitation::Entity, habilitation::Column::OrganismId))
                    .equals((organism::Entity, organism::Column::Id)),
            )
            .filter(in_force_on(self.on))
            .into_query();
        organism::Entity::find()
            .filter(Expr::exists(held))
            .filter(self.found.condition())
    }
}

list! {
    /// The open sites of a habilitated organism.
    PublicSites {} = "habilitatedOrganism.sites", site by SiteId(Id, id), oldest first,
    under OrganismId(OrganismId, organism_id);
    |self, _sight| site::Entity::find().filter(site::Column::ClosedOn.is_null())
}

/// An organism of the public list.
pub(crate) struct HabilitatedOrganism(organism::Model);

impl From<organism::Model> for HabilitatedOrganism {
    fn from(row: organism::Model) -> Self {
        Self(row)
    }
}

connection! {
    /// A page of the public list.
    HabilitatedOrganismConnection,
    /// An organism in a page of the public list.
    HabilitatedOrganismEdge,
    /// The organism.
    HabilitatedOrganism = organism
}

/// What the public list says of a habilitation in force.
#[derive(SimpleObject, Clone)]
pub(crate) struct PublicHabilitation {
    /// Under which authority.
    pub(crate) authority_name: String,
    /// For which framework.
    pub(crate) framework_title: String,
    /// Its first day.
    pub(crate) since: Option<Date>,
    /// The last day of its present term, included.
    pub(crate) until: Option<Date>,
}

/// What the public list says of a site.
#[derive(SimpleObject)]
pub(crate) struct PublicSite {
    /// Number and street; null for the seat of a natural person.
    pub(crate) address: Option<String>,
    /// Town.
    pub(crate) city: String,
    /// How the organism calls it.
    pub(crate) name: String,
    /// Postal code.
    pub(crate) postal_code: String,
    /// Its establishment number, when it has one of its own.
    pub(crate) siret: Option<Siret>,
}

impl PublicSite {
    /// A natural person's registered office may be a home: its street is not published (interpretation 34).
    fn of(site: site::Model, holder: OrganismKind) -> Self {
        let home = site.is_seat && holder == OrganismKind::NaturalPerson;
        Self {
            address: (!home).then_some(site.address),
            city: site.city,
            name: site.name,
            postal_code: site.postal_code,
            siret: site.siret.map(Siret),
        }
    }
}

/// The habilitations of an organism in force on a day.
#[derive(Clone, PartialEq, Eq, Hash)]
struct InForce {
    organism: OrganismId,
    on: NaiveDate,
}

impl Loader<InForce> for Reader {
    type Value = Vec<PublicHabilitation>;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[InForce],
    ) -> Result<HashMap<InForce, Vec<PublicHabilitation>>, Failure> {
        // One request has one day.
        let Some(on) = keys.first().map(|key| key.on) else { return Ok(HashMap::new()) };
        let rows = habilitation::Entity::find()
            .filter(habilitation::Column::OrganismId.is_in(keys.iter().map(|key| key.organism)))
            .filter(in_force_on(on))
            .order_by_asc(habilitation::Column::Id)
            .find_also_related(authority::Entity)
            .find_also_related(framework::Entity)
            .all(self.db())
            .await?;
        let mut found: HashMap<InForce, Vec<PublicHabilitation>> = HashMap::new();
        for (row, authority, framework) in rows {
            let told = PublicHabilitation {
                authority_name: authority.map(|a| a.name).unwrap_or_default(),
                framework_title: framework.map(|f| f.title).unwrap_or_default(),
                since: row.notified_on.map(Date),
                until: row.term_ends_on.map(Date),
            };
            found.entry(InForce { organism: row.organism_id, on }).or_default().push(told);
        }
        Ok(found)
    }
}

impl HabilitatedOrganism {
    async fn in_force(&self, ctx: &Context<'_>) -> Option<Vec<PublicHabilitation>> {
        let on = load::today(ctx).await?;
        load::one(ctx, InForce { organism: self.0.id, on }).await
    }
}

/// An organism with a habilitation in force today, as anyone may see it.
#[Object]
impl HabilitatedOrganism {
    /// Its registered or trade name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its company number.
    async fn siren(&self) -> Siren {
        self.0.siren.clone().into()
    }

    /// The first day of the oldest habilitation in force.
    async fn since(&self, ctx: &Context<'_>) -> Option<Date> {
        self.in_force(ctx).await?.into_iter().filter_map(|h| h.since).min_by_key(|day| day.0)
    }

    /// The last day of the term that ends last.
    async fn until(&self, ctx: &Context<'_>) -> Option<Date> {
        self.in_force(ctx).await?.into_iter().filter_map(|h| h.until).max_by_key(|day| day.0)
    }

    /// Each habilitation in force: a framework's own has no effect on another's (I.d).
    async fn habilitations(&self, ctx: &Context<'_>) -> Option<Vec<PublicHabilitation>> {
        self.in_force(ctx).await
    }

    /// Where it trains and evaluates.
    async fn sites(&self, ctx: &Context<'_>) -> Option<Vec<PublicSite>> {
        let sites: Vec<site::Model> = load::all(ctx, PublicSites {}, self.0.id).await?;
        let kind = self.0.kind.0;
        Some(sites.into_iter().map(|site| PublicSite::of(site, kind)).collect())
    }
}
