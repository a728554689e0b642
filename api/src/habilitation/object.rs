//! Habilitations as objects.

use super::HabilitationStatus;
use super::{RenewalForecast, Suspension};
use crate::application::Application;
use crate::authority::{Authority, Framework};
use crate::deadline::DeadlineStatus;
use crate::deadline::{DeadlineConnection, SubjectDeadlines};
use crate::edof::EdofAlertConnection;
use crate::evaluation::EnrolmentConnection;
use crate::load::{self, Failure, Reader, batch, list};
use crate::notice::{NoticeConnection, SubjectNotices};
use crate::object::object;
use crate::ops::{Action, Timeline, TimelineConnection};
use crate::organism::Organism;
use crate::page::Asked;
use crate::scalar::Date;
use api_derive::paged;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use domain::habilitation::{HabilitationFacts, status_on};
use entity::ids::{EdofAlertId, EnrolmentId, HabilitationId, SuspensionId};
use sea_orm::EntityTrait;
use service::habilitation;
use service::sight::Visible;
use std::collections::HashMap;

list! {
    /// The suspensions of a habilitation.
    HabilitationSuspensions {} = "habilitation.suspensions", suspension by SuspensionId(Id, id), oldest first,
    under HabilitationId(HabilitationId, habilitation_id);
    |self, _sight| entity::suspension::Entity::find()
}

list! {
    /// The alerts on a habilitation.
    HabilitationAlerts {} = "habilitation.alerts", edof_alert by EdofAlertId(Id, id), newest first,
    under HabilitationId(HabilitationId, habilitation_id);
    |self, sight| entity::edof_alert::Entity::visible(sight)
}

list! {
    /// The enrolments under a habilitation.
    HabilitationEnrolments {} = "habilitation.enrolments", enrolment by EnrolmentId(Id, id), newest first,
    under HabilitationId(HabilitationId, habilitation_id);
    |self, sight| entity::enrolment::Entity::visible(sight)
}

batch! {
    FactsOf of habilitation: HabilitationFacts =
        |reader, rows| habilitation::facts_of(reader.db(), &rows).await?
}

batch! {
    ActionsOn of habilitation: Vec<service::policy::Action> =
        |reader, rows| habilitation::actions::of(&reader.context(), &rows).await?
}

/// The forecast of a habilitation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ForecastOf(HabilitationId);

impl Loader<ForecastOf> for Reader {
    type Value = habilitation::Forecast;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[ForecastOf],
    ) -> Result<HashMap<ForecastOf, habilitation::Forecast>, Failure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = habilitation::forecasts(self.db(), &ids).await?;
        Ok(found.into_iter().map(|(id, forecast)| (ForecastOf(id), forecast)).collect())
    }
}

object! {
    /// A habilitation.
    Habilitation = seen habilitation by HabilitationId;
    /// A page of habilitations.
    HabilitationConnection,
    /// A habilitation in a page.
    HabilitationEdge,
    /// The habilitation.
    node
}

/// The right to train and evaluate for the certificate (III.1, III.6).
#[paged]
#[Object]
impl Habilitation {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who holds it.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get(ctx, self.0.organism_id).await
    }

    /// The application that gave it.
    async fn application(&self, ctx: &Context<'_>) -> Option<Application> {
        load::get_opt(ctx, self.0.application_id).await
    }

    /// Under whose authority it runs.
    async fn authority(&self, ctx: &Context<'_>) -> Option<Authority> {
        load::get(ctx, self.0.authority_id).await
    }

    /// The very framework that it covers (I.d).
    async fn framework(&self, ctx: &Context<'_>) -> Option<Framework> {
        load::get(ctx, self.0.framework_id).await
    }

    /// The day of the decision.
    async fn decided_on(&self) -> Date {
        self.0.decided_on.into()
    }

    /// The day of the notification, on which the term starts; null before (III.6.a).
    async fn notified_on(&self) -> Option<Date> {
        self.0.notified_on.map(Date)
    }

    /// The last day of the current term, included; null before notification.
    async fn valid_until(&self) -> Option<Date> {
        self.0.term_ends_on.map(Date)
    }

    /// The first day of the second term, once renewed (III.6.b).
    async fn renewed_on(&self) -> Option<Date> {
        self.0.renewed_on.map(Date)
    }

    /// The first day after its end, once the expiry was carried out (III.6.c).
    async fn expired_on(&self) -> Option<Date> {
        self.0.expired_on.map(Date)
    }

    /// The first day without it, once withdrawn (V.3.c).
    async fn withdrawn_on(&self) -> Option<Date> {
        self.0.withdrawn_on.map(Date)
    }

    /// The first day without it, once renounced (III.6.e).
    async fn renounced_on(&self) -> Option<Date> {
        self.0.renounced_on.map(Date)
    }

    /// Its state on a day; today when null.
    async fn status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day in question; today when null.")] as_of: Option<Date>,
    ) -> Option<HabilitationStatus> {
        let on = match as_of {
            Some(day) => day.0,
            None => load::today(ctx).await?,
        };
        let facts = load::one(ctx, FactsOf(self.0.clone())).await?;
        Some(status_on(&facts, on).into())
    }

    /// What will happen at the end of the term; null before notification and once ended.
    async fn forecast(&self, ctx: &Context<'_>) -> Option<RenewalForecast> {
        load::one(ctx, ForecastOf(self.0.id)).await.map(RenewalForecast::from)
    }

    /// Its suspensions, lifted or not (V.3.a).
    async fn suspensions(&self, ctx: &Context<'_>) -> Option<Vec<Suspension>> {
        Suspension::of(ctx, self.0.id).await
    }

    /// The EDOF alerts on it that the viewer may see, newest first (V.3.d).
    async fn alerts(&self, ctx: &Context<'_>, asked: Asked) -> Option<EdofAlertConnection> {
        load::page(ctx, HabilitationAlerts {}, self.0.id, asked).await
    }

    /// Who was enrolled under it, as the viewer may see, newest first (A3.1.a).
    async fn enrolments(&self, ctx: &Context<'_>, asked: Asked) -> Option<EnrolmentConnection> {
        load::page(ctx, HabilitationEnrolments {}, self.0.id, asked).await
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

    /// Changes with each act on it.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// What the viewer may do next, and why not.
    async fn available_actions(&self, ctx: &Context<'_>) -> Option<Vec<Action>> {
        Action::list(load::one(ctx, ActionsOn(self.0.clone())).await?)
    }
}
