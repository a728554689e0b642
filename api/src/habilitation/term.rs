//! Forecasts and suspensions as objects.

use super::HabilitationSuspensions;
use super::{ForecastOutcome, SuspensionGround};
use crate::edof::EdofAlert;
use crate::load;
use crate::refusal::{Refusal, told};
use crate::scalar::Date;
use async_graphql::{Context, Object, SimpleObject};
use domain::term::Obstacle;
use entity::ids::HabilitationId;
use entity::sanction::Cause;
use service::habilitation;
use std::sync::Arc;

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
            obstacles: told(forecast.obstacles.into_iter().map(Obstacle::refusal).collect()),
            outcome: forecast.outcome.into(),
        }
    }
}

/// A suspension, with the sanction by which it was decided.
pub(crate) struct Suspension {
    row: entity::suspension::Model,
    sanction: entity::sanction::Model,
    ground: entity::kind::SuspensionGround,
}

impl Suspension {
    /// The suspensions of a habilitation, with their sanctions.
    pub(crate) async fn of(ctx: &Context<'_>, id: HabilitationId) -> Option<Vec<Self>> {
        let rows = load::all(ctx, HabilitationSuspensions {}, id).await?;
        let ids = rows.iter().map(|row: &entity::suspension::Model| row.sanction_id);
        let mut sanctions = load::each(ctx, ids).await?;
        let of_row = |row: entity::suspension::Model| {
            let sanction = Arc::unwrap_or_clone(sanctions.remove(&row.sanction_id)?);
            let ground = sanction.ground.suspends()?;
            Some(Self { row, sanction, ground })
        };
        Some(rows.into_iter().filter_map(of_row).collect())
    }
}

/// A suspension of a habilitation: no activity under it, under the conditions set (V.3.a).
#[Object]
impl Suspension {
    /// Why.
    async fn ground(&self) -> SuspensionGround {
        self.ground.into()
    }

    /// The EDOF alert that led to it.
    async fn alert(&self, ctx: &Context<'_>) -> Option<EdofAlert> {
        match self.sanction.cause()? {
            Cause::EdofAlert(alert) => load::get(ctx, alert).await,
        }
    }

    /// What must be done for it to be lifted.
    async fn conditions(&self) -> &str {
        &self.row.conditions
    }

    /// Whether candidates enrolled before it may finish.
    async fn enrolled_may_finish(&self) -> bool {
        self.row.enrolled_may_finish
    }

    /// The day of the decision.
    async fn decided_on(&self) -> Date {
        self.sanction.decided_on.into()
    }

    /// Its first day: that of its notification; null before.
    async fn starts_on(&self) -> Option<Date> {
        self.row.starts_on.map(Date)
    }

    /// Its last day, once lifted.
    async fn ends_on(&self) -> Option<Date> {
        self.row.ends_on.map(Date)
    }
}
