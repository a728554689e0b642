//! Forecasts and suspensions as objects.

use crate::edof::EdofAlert;
use crate::load;
use crate::refusal::{Refusal, told};
use crate::scalar::Date;
use crate::vocabulary::{ForecastOutcome, SuspensionGround};
use async_graphql::{Context, Object, SimpleObject};
use service::habilitation;

/// What the end of a term will bring if nothing changes.
#[derive(SimpleObject)]
pub(crate) struct RenewalForecast {
    /// The last day of the term.
    pub(crate) on: Date,
    /// Why it is not renewed, condition by condition, with what would mend it (III.6.b).
    pub(crate) obstacles: Vec<Refusal>,
    /// Renewed, expired, or to be applied for again.
    pub(crate) outcome: ForecastOutcome,
}

impl From<habilitation::Forecast> for RenewalForecast {
    fn from(forecast: habilitation::Forecast) -> Self {
        Self {
            on: forecast.on.into(),
            obstacles: told(forecast.obstacles),
            outcome: forecast.outcome.into(),
        }
    }
}

/// A suspension.
pub(crate) struct Suspension(entity::suspension::Model);

impl From<entity::suspension::Model> for Suspension {
    fn from(row: entity::suspension::Model) -> Self {
        Self(row)
    }
}

/// A suspension of a habilitation: no activity under it, under the conditions set (V.3.a).
#[Object]
impl Suspension {
    /// Why.
    async fn ground(&self) -> SuspensionGround {
        self.0.ground.0.into()
    }

    /// The EDOF alert that led to it.
    async fn alert(&self, ctx: &Context<'_>) -> Option<EdofAlert> {
        load::get_opt(ctx, self.0.edof_alert_id).await
    }

    /// What must be done for it to be lifted.
    async fn conditions(&self) -> &str {
        &self.0.conditions
    }

    /// Whether candidates enrolled before it may finish.
    async fn enrolled_may_finish(&self) -> bool {
        self.0.enrolled_may_finish
    }

    /// The day of the decision.
    async fn decided_on(&self) -> Date {
        self.0.decided_on.into()
    }

    /// Its first day: that of its notification; null before.
    async fn starts_on(&self) -> Option<Date> {
        self.0.starts_on.map(Date)
    }

    /// Its last day, once lifted.
    async fn ends_on(&self) -> Option<Date> {
        self.0.ends_on.map(Date)
    }
}
