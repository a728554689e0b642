//! Reading organisms.

use super::{Habilitated, HabilitatedOrganismConnection, Organism, OrganismConnection};
use crate::caller;
use crate::load::{self, list};
use crate::page::{self, Asked};
use async_graphql::{Context, Object};
use domain::person::name_key;
use entity::ids::OrganismId;
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use service::error::ActError;
use service::sight::Visible;

list! {
    /// The organisms, of a name or a SIREN.
    Organisms { search: Option<String> } = "organisms", organism by OrganismId(Id, id), oldest first,
    sorted by NameKey;
    |self, sight| entity::organism::Entity::visible(sight)
        .filter(Condition::all().add_option(self.search.as_deref().map(named)))
}

/// Organisms whose name contains these words, or whose SIREN starts so.
pub(crate) fn named(text: &str) -> Condition {
    use entity::organism::Column;
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let key = name_key(text);
    let numbered = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    Condition::any()
        .add(Column::NameKey.contains(key))
        .add_option(numbered.then(|| Column::Siren.starts_with(digits)))
}

/// Reading organisms.
#[derive(Default)]
pub(crate) struct OrganismQuery;

#[Object]
impl OrganismQuery {
    /// The organisms that the viewer may see, by name.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn organisms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Words of the name, or the beginning of the SIREN.")] search: Option<
            String,
        >,
        #[graphql(desc = "Edges after this cursor.")] after: Option<String>,
        #[graphql(desc = "Edges before this cursor.")] before: Option<String>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
    ) -> Option<OrganismConnection> {
        let asked = Asked { after, before, first, last };
        load::root(ctx, Organisms { search }, asked).await
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
            .filter(entity::organism::Column::Siren.eq(digits))
            .one(&caller.app().db)
            .await;
        caller::or_null(ctx, found.map_err(ActError::from))?.map(Organism::from)
    }

    /// The public list of habilitated organisms, by name; for anyone (III.5.e).
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn habilitated_organisms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Words of the name, or the beginning of the SIREN.")] search: Option<
            String,
        >,
        #[graphql(desc = "Edges after this cursor.")] after: Option<String>,
        #[graphql(desc = "Edges before this cursor.")] before: Option<String>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
    ) -> Option<HabilitatedOrganismConnection> {
        let asked = Asked { after, before, first, last };
        load::root(ctx, Habilitated { on: caller::today(ctx).await?, search }, asked).await
    }
}
