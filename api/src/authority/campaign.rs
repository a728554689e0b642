//! Meetings and campaigns as objects.

use super::{Authority, Framework};
use crate::application::ApplicationConnection;
use crate::caller;
use crate::load::{self, list};
use crate::object::object;
use crate::page::Asked;
use crate::scalar::Date;
use api_derive::paged;
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

object! {
    /// A meeting.
    Meeting = seen meeting by MeetingId;
    /// A page of meetings.
    MeetingConnection,
    /// A meeting in a page.
    MeetingEdge,
    /// The meeting.
    node
}

/// The sitting of an authority at which decisions are taken (III.5.a).
#[paged]
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
    async fn applications(&self, ctx: &Context<'_>, asked: Asked) -> Option<ApplicationConnection> {
        load::page(ctx, MeetingApplications {}, self.0.id, asked).await
    }
}

object! {
    /// A filing window.
    Campaign = seen campaign by CampaignId;
    /// A page of campaigns.
    CampaignConnection,
    /// A campaign in a page.
    CampaignEdge,
    /// The campaign.
    node
}

/// A window in which applications are filed with an authority, for one framework (III.2.c).
#[paged]
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
    async fn applications(&self, ctx: &Context<'_>, asked: Asked) -> Option<ApplicationConnection> {
        load::page(ctx, CampaignApplications {}, self.0.id, asked).await
    }
}
