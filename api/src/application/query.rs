//! Reading applications.

use super::ApplicationConnection;
use super::ApplicationStatus;
use crate::load::{self, list};
use crate::page::Asked;
use api_derive::paged;
use async_graphql::{Context, ID, Object};
use entity::ids::{ApplicationId, AuthorityId};
use entity::text::Text;
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use service::sight::Visible;

list! {
    /// The applications: in a state, before an authority (none stands for an unknown one).
    Applications {
        status: Option<domain::application::ApplicationStatus>,
        authority: Option<Option<AuthorityId>>
    } = "applications", application by ApplicationId(Id, id), newest first;
    |self, sight| {
        use entity::application::Column;
        entity::application::Entity::visible(sight).filter(
            Condition::all()
                .add_option(self.status.map(|status| Column::Status.eq(Text(status))))
                .add_option(self.authority.map(|id| Column::AuthorityId.is_in(id))),
        )
    }
}

/// Reading applications.
#[derive(Default)]
pub(crate) struct ApplicationQuery;

#[paged]
#[Object]
impl ApplicationQuery {
    /// The applications that the viewer may see, newest first.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    async fn applications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this state.")] status: Option<ApplicationStatus>,
        #[graphql(desc = "Only those before this authority.")] authority_id: Option<ID>,
        asked: Asked,
    ) -> Option<ApplicationConnection> {
        load::root(
            ctx,
            Applications {
                status: status.map(Into::into),
                authority: authority_id.map(|id| id.parse().ok()),
            },
            asked,
        )
        .await
    }
}
