//! Tasks and the clock.

use super::{Clock, Task};
use crate::caller::{self, act};
use crate::input::{Convert, input};
use crate::refusal::{answer, payload, settle};
use crate::scalar::Date;
use async_graphql::{Context, ID, Object, Result};
use service::schedule;

input! {
    /// The task to run again.
    RetryTaskInput => schedule::RetryTask {
        /// The task, given up.
        task_id: ID,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// Where the simulated clock goes.
    AdvanceClockInput => schedule::AdvanceClock {
        /// A date ahead.
        to: Date,
    }
}

payload! {
    /// The task to be run again, or why not.
    RetryTaskPayload {
        /// Null when refused.
        task: Task
    }
    /// Where the clock stands and goes, or why not.
    AdvanceClockPayload {
        /// Null when refused.
        clock: Clock
    }
}

/// Tasks and the clock.
#[derive(Default)]
pub(crate) struct OpsMutation;

#[Object]
impl OpsMutation {
    /// Runs a given-up task again (X.d).
    async fn retry_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RetryTaskInput,
    ) -> Result<RetryTaskPayload> {
        answer(ctx, schedule::retry_task(&act(ctx), input.convert()).await).await
    }

    /// Sends the simulated clock to a date; it goes there slot by slot. Refused on a real clock.
    async fn advance_clock(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: AdvanceClockInput,
    ) -> Result<AdvanceClockPayload> {
        let done = schedule::advance(&act(ctx), input.convert()).await;
        Ok(match settle(ctx, done).await? {
            Ok(_) => {
                let state = schedule::state(caller::caller(ctx).app()).await;
                let clock = caller::or_null(ctx, state).map(Clock::from);
                AdvanceClockPayload { clock, refusals: Vec::new() }
            }
            Err(refusals) => AdvanceClockPayload { clock: None, refusals },
        })
    }
}
