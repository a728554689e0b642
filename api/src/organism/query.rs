//! Reading organisms.

use super::{Habilitated, HabilitatedOrganismConnection, Organism, OrganismConnection};
use crate::caller;
use crate::load::{self, list};
use crate::page::Asked;
use crate::search::{named, present_in};
use api_derive::paged;
use async_graphql::{Context, Error, ErrorExtensions, Object};
use domain::department::Department;
use entity::ids::OrganismId;
use entity::organism::Column;
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use service::error::ActError;
use service::sight::Visible;

list! {
    /// The organisms: of a name or a SIREN, in a department.
    Organisms { found: Found } = "organisms", organism by OrganismId(Id, id), oldest first,
    sorted by NameKey;
    |self, sight| entity::organism::Entity::visible(sight).filter(self.found.condition())
}

/// What organisms are searched by.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Found {
    department: Option<Department>,
    search: Option<String>,
}

impl Found {
    /// The arguments read; none with an error recorded.
    fn read(ctx: &Context<'_>, search: Option<String>, department: Option<&str>) -> Option<Self> {
        let department = department.map(Department::parse).transpose();
        let department = department.map_err(|unknown| {
            let told = Error::new(unknown.to_string()).extend_with(|_, values| {
                values.set("code", "DEPARTMENT_UNKNOWN");
                values.set("field", vec!["department"]);
            });
            caller::record(ctx, told);
        });
        Some(Self { department: department.ok()?, search })
    }

    pub(super) fn condition(&self) -> Condition {
        use entity::organism_word::{Column as Words, Entity as Word};
        let named = |text| named::<Word>(text, Column::Id, (Words::OrganismId, Words::Word));
        Condition::all()
            .add_option(self.search.as_deref().map(named))
            .add_option(self.department.as_ref().map(present_in))
    }
}

/// Reading organisms.
#[derive(Default)]
pub(crate) struct OrganismQuery;

#[paged]
#[Object]
impl OrganismQuery {
    /// The organisms that the viewer may see, by name.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    async fn organisms(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Beginnings of words of the name, in any order, or of the SIREN. Accents, case and hyphens make no difference; eight words count."
        )]
        search: Option<String>,
        #[graphql(
            desc = "Only those with an open site in this department, by its code: `01`, `75`, `2A`, `974`. The seat is a site."
        )]
        department: Option<String>,
        asked: Asked,
    ) -> Option<OrganismConnection> {
        load::root(
            ctx,
            Organisms { found: Found::read(ctx, search, department.as_deref())? },
            asked,
        )
        .await
    }

    /// The organism of this SIREN; null for what does not exist or may not be seen.
    async fn organism(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Nine digits; spaces are ignored.")] siren: String,
    ) -> Option<Organism> {
        let digits: String = siren.chars().filter(|c| !c.is_whitespace()).collect();
        let caller = caller::caller(ctx);
        let found = entity::organism::Entity::visible(&caller.sight())
            .filter(Column::Siren.eq(digits))
            .one(&caller.app().db)
            .await;
        caller::or_null(ctx, found.map_err(ActError::from))?.map(Organism::from)
    }

    /// The public list of habilitated organisms, by name; for anyone (III.5.e).
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    async fn habilitated_organisms(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Beginnings of words of the name, in any order, or of the SIREN. Accents, case and hyphens make no difference; eight words count."
        )]
        search: Option<String>,
        #[graphql(
            desc = "Only those with an open site in this department, by its code: `01`, `75`, `2A`, `974`. The seat is a site."
        )]
        department: Option<String>,
        asked: Asked,
    ) -> Option<HabilitatedOrganismConnection> {
        let found = Found::read(ctx, search, department.as_deref())?;
        load::root(ctx, Habilitated { on: load::today(ctx).await?, found }, asked).await
    }
}
