//! Reading notices.

use super::NoticeConnection;
use crate::load::{self, list};
use crate::page::Asked;
use api_derive::paged;
use async_graphql::{Context, ID, Object};
use entity::ids::{NoticeId, OrganismId};
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use service::sight::Visible;

list! {
    /// The notices: to an organism (none stands for an unknown one), of a kind, that did not arrive.
    Notices { organism: Option<Option<OrganismId>>, kind: Option<String>, undelivered: bool } = "notices",
    notice by NoticeId(Id, id), newest first;
    |self, sight| {
        use entity::notice::Column;
        entity::notice::Entity::visible(sight).filter(
            Condition::all()
                .add_option(self.organism.map(|id| Column::OrganismId.is_in(id)))
                .add_option(self.kind.as_deref().map(|kind| Column::Kind.eq(kind)))
                .add_option(self.undelivered.then(service::notice::undelivered)),
        )
    }
}

/// Reading notices.
#[derive(Default)]
pub(crate) struct NoticeQuery;

#[paged]
#[Object]
impl NoticeQuery {
    /// The notices that the viewer may see, newest first (X.c).
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    async fn notices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those to this organism.")] organism_id: Option<ID>,
        #[graphql(desc = "Only those of this kind, e.g. `DECISION_ACCEPTED`.")] kind: Option<
            String,
        >,
        #[graphql(
            default,
            desc = "Only those that need a hand: bounced or given up, neither sent again nor brought by a registered letter."
        )]
        undelivered: bool,
        asked: Asked,
    ) -> Option<NoticeConnection> {
        let organism = organism_id.map(|id| id.parse().ok());
        load::root(ctx, Notices { organism, kind, undelivered }, asked).await
    }
}
