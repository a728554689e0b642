//! Reading chapter I.

use super::{AuthorityConnection, CampaignConnection, FrameworkConnection, MeetingConnection};
use crate::load::{self, list};
use crate::page::Asked;
use crate::scalar::Date;
use api_derive::paged;
use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::ids::{AuthorityId, CampaignId, FrameworkId, MeetingId};
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use service::sight::Visible;

list! {
    /// The authorities.
    Authorities {} = "authorities", authority by AuthorityId(Id, id), oldest first;
    |self, sight| entity::authority::Entity::visible(sight)
}

list! {
    /// The frameworks.
    Frameworks {} = "frameworks", framework by FrameworkId(Id, id), oldest first;
    |self, sight| entity::framework::Entity::visible(sight)
}

list! {
    /// The campaigns: open on a day, of an authority (none stands for an unknown one).
    Campaigns { open_on: Option<NaiveDate>, authority: Option<Option<AuthorityId>> } = "campaigns",
    campaign by CampaignId(Id, id), newest first, sorted by OpensOn;
    |self, sight| {
        use entity::campaign::Column;
        entity::campaign::Entity::visible(sight).filter(
            Condition::all()
                .add_option(self.open_on.map(|day| Column::OpensOn.lte(day)))
                .add_option(self.open_on.map(|day| Column::ClosesOn.gte(day)))
                .add_option(self.authority.map(|id| Column::AuthorityId.is_in(id))),
        )
    }
}

list! {
    /// The meetings, of an authority (none stands for an unknown one).
    Meetings { authority: Option<Option<AuthorityId>> } = "meetings",
    meeting by MeetingId(Id, id), newest first, sorted by HeldOn;
    |self, sight| {
        use entity::meeting::Column;
        entity::meeting::Entity::visible(sight).filter(
            Condition::all().add_option(self.authority.map(|id| Column::AuthorityId.is_in(id))),
        )
    }
}

/// Reading chapter I.
#[derive(Default)]
pub(crate) struct AuthorityQuery;

#[paged]
#[Object]
impl AuthorityQuery {
    /// Certif Pro and the CPNEs.
    async fn authorities(&self, ctx: &Context<'_>, asked: Asked) -> Option<AuthorityConnection> {
        load::root(ctx, Authorities {}, asked).await
    }

    /// The frameworks, base and contextualised, with their domains and competences (A1.a).
    async fn frameworks(&self, ctx: &Context<'_>, asked: Asked) -> Option<FrameworkConnection> {
        load::root(ctx, Frameworks {}, asked).await
    }

    /// The filing windows, latest first (III.2.c).
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    async fn campaigns(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those open on this day.")] open_on: Option<Date>,
        #[graphql(desc = "Only those of this authority.")] authority_id: Option<ID>,
        asked: Asked,
    ) -> Option<CampaignConnection> {
        load::root(
            ctx,
            Campaigns {
                open_on: open_on.map(|day| day.0),
                authority: authority_id.map(|id| id.parse().ok()),
            },
            asked,
        )
        .await
    }

    /// The meetings, latest first (III.5.g).
    async fn meetings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this authority.")] authority_id: Option<ID>,
        asked: Asked,
    ) -> Option<MeetingConnection> {
        load::root(ctx, Meetings { authority: authority_id.map(|id| id.parse().ok()) }, asked).await
    }
}
