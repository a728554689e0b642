//! Reading habilitations.

use super::HabilitationConnection;
use crate::load::{self, list};
use crate::page::Asked;
use api_derive::paged;
use async_graphql::{Context, ID, Object};
use entity::ids::{AuthorityId, HabilitationId, OrganismId};
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use service::sight::Visible;

list! {
    /// The habilitations: of an organism, under an authority (none stands for an unknown one).
    Habilitations {
        organism: Option<Option<OrganismId>>,
        authority: Option<Option<AuthorityId>>
    } = "habilitations", habilitation by HabilitationId(Id, id), newest first;
    |self, sight| {
        use entity::habilitation::Column;
        entity::habilitation::Entity::visible(sight).filter(
            Condition::all()
                .add_option(self.organism.map(|id| Column::OrganismId.is_in(id)))
                .add_option(self.authority.map(|id| Column::AuthorityId.is_in(id))),
        )
    }
}

/// Reading habilitations.
#[derive(Default)]
pub(crate) struct HabilitationQuery;

#[paged]
#[Object]
impl HabilitationQuery {
    /// The habilitations that the viewer may see, past and present, newest first.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    async fn habilitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this organism.")] organism_id: Option<ID>,
        #[graphql(desc = "Only those under this authority.")] authority_id: Option<ID>,
        asked: Asked,
    ) -> Option<HabilitationConnection> {
        load::root(
            ctx,
            Habilitations {
                organism: organism_id.map(|id| id.parse().ok()),
                authority: authority_id.map(|id| id.parse().ok()),
            },
            asked,
        )
        .await
    }
}
