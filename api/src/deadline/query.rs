//! Reading and computing deadlines.

use super::{DeadlineConnection, DeadlineExplanation};
use super::{DeadlineKind, DeadlineStatus, DeadlineUnit};
use crate::caller;
use crate::load::{self, list};
use crate::page::Asked;
use crate::scalar::Date;
use api_derive::paged;
use async_graphql::{Context, Error, ErrorExtensions, Object};
use chrono::NaiveDate;
use domain::deadline::{Span, compute};
use entity::ids::DeadlineId;
use entity::text::Text;
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use service::sight::Visible;

list! {
    /// The viewer's deadlines: in a state, due before a day.
    Deadlines { status: Option<entity::kind::DeadlineStatus>, due_before: Option<NaiveDate> } = "deadlines",
    deadline by DeadlineId(Id, id), oldest first, sorted by DueOn;
    |self, sight| {
        use entity::deadline::Column;
        entity::deadline::Entity::visible(sight).filter(
            Condition::all()
                .add_option(self.status.map(|status| Column::Status.eq(Text(status))))
                .add_option(self.due_before.map(|day| Column::DueOn.lt(day))),
        )
    }
}

/// Counts a span and tells its arithmetic; null with an error when it goes out of bounds.
fn explain(
    ctx: &Context<'_>,
    started_on: Date,
    span: Span,
    started_by: &str,
) -> Option<DeadlineExplanation> {
    match compute(&caller::caller(ctx).app().calendar, started_on.0, span) {
        Ok(counted) => Some(DeadlineExplanation::new(&counted, started_by)),
        Err(error) => {
            let told = Error::new(error.to_string());
            let told = told.extend_with(|_, values| values.set("code", "DEADLINE_OUT_OF_BOUNDS"));
            caller::record(ctx, told);
            None
        }
    }
}

/// Reading and computing deadlines.
#[derive(Default)]
pub(crate) struct DeadlineQuery;

#[paged]
#[Object]
impl DeadlineQuery {
    /// The deadlines that concern the viewer, nearest first (X.a).
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    async fn deadlines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this state.")] status: Option<DeadlineStatus>,
        #[graphql(desc = "Only those due before this day.")] due_before: Option<Date>,
        asked: Asked,
    ) -> Option<DeadlineConnection> {
        load::root(
            ctx,
            Deadlines { status: status.map(Into::into), due_before: due_before.map(|day| day.0) },
            asked,
        )
        .await
    }

    /// Counts a time limit from a day, with its whole arithmetic; for anyone.
    async fn explain_deadline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day of the act, which does not count.")] started_on: Date,
        #[graphql(desc = "How many units.")] amount: u32,
        #[graphql(desc = "The unit of `amount`.")] unit: DeadlineUnit,
        #[graphql(desc = "Whether it runs backwards, e.g. from a meeting.", default = false)]
        backwards: bool,
    ) -> Option<DeadlineExplanation> {
        let span = Span { amount, unit: unit.into(), backwards };
        explain(ctx, started_on, span, "date indiquée")
    }

    /// Counts one of the convention's time limits from a day, with its whole arithmetic; for anyone.
    async fn explain_deadline_of_kind(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which limit.")] kind: DeadlineKind,
        #[graphql(desc = "The day of the act that starts it.")] started_on: Date,
    ) -> Option<DeadlineExplanation> {
        let rule = domain::deadline::DeadlineKind::from(kind).rule();
        explain(ctx, started_on, rule.span, rule.started_by)
    }
}
