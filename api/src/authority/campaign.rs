//! Meetings and campaigns as objects.

use super::{Authority, Framework};
use crate::application::ApplicationConnection;
use crate::caller;
use crate::load::{self, list};
use crate::page::{self, Asked, connection};
use crate::scalar::Date;
use async_graphql::{Context, ID, Object};
use domain::application::opinion_last_day;
use entity::ids::{ApplicationId, CampaignId, MeetingId};
use service::sight::Visible;

list! {
    /// The applications on a meeting's agenda.
    MeetingApplications {} = "meeting.applications", application by ApplicationId(Id, id), oldest first,
    under MeetingId(MeetingId, meeting_id);
    |self, sight| entity::application::Entity::visible(sight)
}

list! {
    /// The applications filed in a campaign.
    CampaignApplications {} = "campaign.applications", application by ApplicationId(Id, id), oldest first,
    under CampaignId(CampaignId, campaign_id);
    |self, sight| entity::application::Entity::visible(sight)
}

/// A meeting.
pub(crate) struct Meeting(pub(crate) entity::meeting::Model);

impl From<entity::meeting::Model> for Meeting {
    fn from(row: entity::meeting::Model) -> Self {
        Self(row)
    }
}

connection! {
    /// A page of meetings.
    MeetingConnection,
    /// A meeting in a page.
    MeetingEdge,
    /// The meeting.
    Meeting = meeting
}

/// The sitting of an authority at which decisions are taken (III.5.a).
#[Object]
impl Meeting {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The authority that sits.
    async fn authority(&self, ctx: &Context<'_>) -> Option<Authority> {
        load::get(ctx, self.0.authority_id).await
    }

    /// Its day.
    async fn held_on(&self) -> Date {
        self.0.held_on.into()
    }

    /// Where it is held.
    async fn place(&self) -> &str {
        &self.0.place
    }

    /// The last day to settle the opinions on its applications (III.4.b).
    async fn opinions_until(&self, ctx: &Context<'_>) -> Date {
        opinion_last_day(&caller::caller(ctx).app().calendar, self.0.held_on).into()
    }

    /// The applications on its agenda that the viewer may see.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn applications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Edges after this cursor.")] after: Option<String>,
        #[graphql(desc = "Edges before this cursor.")] before: Option<String>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
    ) -> Option<ApplicationConnection> {
        let asked = Asked { after, before, first, last };
        load::page(ctx, MeetingApplications {}, self.0.id, asked).await
    }
}

/// A filing window.
pub(crate) struct Campaign(pub(crate) entity::campaign::Model);

impl From<entity::campaign::Model> for Campaign {
    fn from(row: entity::campaign::Model) -> Self {
        Self(row)
    }
}

connection! {
    /// A page of campaigns.
    CampaignConnection,
    /// A campaign in a page.
    CampaignEdge,
    /// The campaign.
    Campaign = campaign
}

/// A window in which applications are filed with an authority, for one framework (III.2.c).
#[Object]
impl Campaign {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The authority that opened it.
    async fn authority(&self, ctx: &Context<'_>) -> Option<Authority> {
        load::get(ctx, self.0.authority_id).await
    }

    /// The framework of its habilitations.
    async fn framework(&self, ctx: &Context<'_>) -> Option<Framework> {
        load::get(ctx, self.0.framework_id).await
    }

    /// Where its applications are decided unless moved.
    async fn meeting(&self, ctx: &Context<'_>) -> Option<Meeting> {
        load::get(ctx, self.0.meeting_id).await
    }

    /// First day of filing.
    async fn opens_on(&self) -> Date {
        self.0.opens_on.into()
    }

    /// Last day of filing, included.
    async fn closes_on(&self) -> Date {
        self.0.closes_on.into()
    }

    /// The applications filed in it that the viewer may see.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn applications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Edges after this cursor.")] after: Option<String>,
        #[graphql(desc = "Edges before this cursor.")] before: Option<String>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
    ) -> Option<ApplicationConnection> {
        let asked = Asked { after, before, first, last };
        load::page(ctx, CampaignApplications {}, self.0.id, asked).await
    }
}
