//! Applications as objects.

use super::ApplicationStatus;
use super::{Decision, Opinion};
use crate::account::Account;
use crate::authority::{Authority, Campaign, Framework, Meeting};
use crate::caller;
use crate::deadline::DeadlineStatus;
use crate::deadline::{DeadlineConnection, SubjectDeadlines};
use crate::habilitation::Habilitation;
use crate::load::{self, Failure, Reader, batch, list};
use crate::notice::{NoticeConnection, SubjectNotices};
use crate::object::object;
use crate::ops::{Action, Timeline, TimelineConnection};
use crate::organism::{Organism, Site};
use crate::page::Asked;
use crate::scalar::Date;
use api_derive::paged;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use entity::application_site;
use entity::ids::{ApplicationId, DecisionId, HabilitationId, OpinionId, SiteId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use service::sight::Visible;
use std::collections::HashMap;

list! {
    /// The opinion on an application: one at most.
    ApplicationOpinion {} = "application.opinion", opinion by OpinionId(Id, id), oldest first,
    under ApplicationId(ApplicationId, application_id);
    |self, _sight| entity::opinion::Entity::find()
}

list! {
    /// The decision on an application: one at most.
    ApplicationDecision {} = "application.decision", decision by DecisionId(Id, id), oldest first,
    under ApplicationId(ApplicationId, application_id);
    |self, sight| entity::decision::Entity::visible(sight)
}

list! {
    /// The habilitation that an application gave: one at most.
    ApplicationHabilitation {} = "application.habilitation", habilitation by HabilitationId(Id, id), oldest first,
    under ApplicationId(ApplicationId, application_id);
    |self, sight| entity::habilitation::Entity::visible(sight)
}

/// The sites listed by an application.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct SitesOf(ApplicationId);

impl Loader<SitesOf> for Reader {
    type Value = Vec<SiteId>;
    type Error = Failure;

    async fn load(&self, keys: &[SitesOf]) -> Result<HashMap<SitesOf, Vec<SiteId>>, Failure> {
        use application_site::Column;
        let rows = application_site::Entity::find()
            .filter(Column::ApplicationId.is_in(keys.iter().map(|key| key.0)))
            .order_by_asc(Column::SiteId)
            .all(self.db())
            .await?;
        let mut found: HashMap<SitesOf, Vec<SiteId>> = HashMap::new();
        for row in rows {
            found.entry(SitesOf(row.application_id)).or_default().push(row.site_id);
        }
        Ok(found)
    }
}

batch! {
    ActionsOn of application: Vec<service::policy::Action> =
        |reader, rows| service::application::actions(&reader.context(), &rows).await?
}

object! {
    /// An application.
    Application = seen application by ApplicationId;
    /// A page of applications.
    ApplicationConnection,
    /// An application in a page.
    ApplicationEdge,
    /// The application.
    node
}

/// A request to be habilitated: one organism with all its sites, one campaign (III.2).
#[paged]
#[Object]
impl Application {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its number, as letters cite it.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// How far it has come.
    async fn status(&self) -> ApplicationStatus {
        self.0.status.0.into()
    }

    /// Who applies.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get(ctx, self.0.organism_id).await
    }

    /// Who decides.
    async fn authority(&self, ctx: &Context<'_>) -> Option<Authority> {
        load::get(ctx, self.0.authority_id).await
    }

    /// The window in which it was filed.
    async fn campaign(&self, ctx: &Context<'_>) -> Option<Campaign> {
        load::get(ctx, self.0.campaign_id).await
    }

    /// The meeting on whose agenda it is.
    async fn meeting(&self, ctx: &Context<'_>) -> Option<Meeting> {
        load::get(ctx, self.0.meeting_id).await
    }

    /// What it asks to be habilitated for.
    async fn framework(&self, ctx: &Context<'_>) -> Option<Framework> {
        load::get(ctx, self.0.framework_id).await
    }

    /// The day of its filing.
    async fn filed_on(&self) -> Date {
        self.0.filed_on.into()
    }

    /// Where its receipt and notices go (III.2.e).
    async fn contact_email(&self) -> &str {
        &self.0.contact_email
    }

    /// The version of the convention that filing accepted (III.2.d).
    async fn convention_version(&self, ctx: &Context<'_>) -> Option<String> {
        let version = load::row(ctx, self.0.convention_version_id).await?;
        Some(version.version)
    }

    /// The provider to whom the case was given, for who prepares it (I.e).
    async fn provider(&self, ctx: &Context<'_>) -> Option<Account> {
        let sight = caller::caller(ctx).sight();
        load::get_opt(ctx, self.0.provider_id.filter(|_| sight.prepares(&self.0))).await
    }

    /// The sites that it lists, exhaustively (III.2.a).
    async fn sites(&self, ctx: &Context<'_>) -> Option<Vec<Site>> {
        let ids = load::one(ctx, SitesOf(self.0.id)).await.unwrap_or_default();
        load::many(ctx, ids).await
    }

    /// The opinion, once settled; the organism reads it once the case is decided (III.4.b).
    async fn opinion(&self, ctx: &Context<'_>) -> Option<Opinion> {
        if !caller::caller(ctx).sight().reads_opinion(&self.0) {
            return None;
        }
        load::all(ctx, ApplicationOpinion {}, self.0.id).await?.pop()
    }

    /// The decision, once taken (III.5.a).
    async fn decision(&self, ctx: &Context<'_>) -> Option<Decision> {
        let row = load::all(ctx, ApplicationDecision {}, self.0.id).await?.pop()?;
        Some(Decision { row, application: self.0.clone() })
    }

    /// The habilitation that it gave.
    async fn habilitation(&self, ctx: &Context<'_>) -> Option<Habilitation> {
        load::all(ctx, ApplicationHabilitation {}, self.0.id).await?.pop()
    }

    /// Every deadline on it, nearest first (X.a).
    async fn deadlines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this state.")] status: Option<DeadlineStatus>,
        asked: Asked,
    ) -> Option<DeadlineConnection> {
        load::page(
            ctx,
            SubjectDeadlines { status: status.map(Into::into) },
            self.0.id.into(),
            asked,
        )
        .await
    }

    /// The notices sent about it, newest first (X.c).
    async fn notices(&self, ctx: &Context<'_>, asked: Asked) -> Option<NoticeConnection> {
        load::page(ctx, SubjectNotices {}, self.0.id.into(), asked).await
    }

    /// Its history, newest first (X.b).
    async fn timeline(&self, ctx: &Context<'_>, asked: Asked) -> Option<TimelineConnection> {
        load::page(ctx, Timeline {}, self.0.id.into(), asked).await
    }

    /// To be given back by the acts that two people may do at once.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// What the viewer may do next, and why not.
    async fn available_actions(&self, ctx: &Context<'_>) -> Option<Vec<Action>> {
        Action::list(load::one(ctx, ActionsOn(self.0.clone())).await?)
    }
}
