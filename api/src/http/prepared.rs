//! A request whose query was found and judged: executed within its time limit.

use super::asked::Asked;
use crate::gate::{self, Passed};
use crate::load::Batches;
use crate::rejection::{FAULT, Rejection, TIMEOUT};
use crate::request::Tracked;
use crate::state::ApiState;
use async_graphql::{Request, Response};
use futures::FutureExt;
use service::context::Actor;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use telemetry::{mask, metrics};

/// What is known of a request that passed every limit.
pub(crate) struct Prepared {
    /// What it is.
    pub(crate) passed: Passed,
    /// Whether its caller may read the schema.
    pub(crate) staff: bool,
    query: Arc<str>,
    keep: Option<String>,
}

impl Prepared {
    /// Finds the query that is asked for and looks at it; answers the request to execute, too.
    ///
    /// # Errors
    /// When it is not known, or exceeds a limit.
    pub(crate) fn of(
        state: &ApiState,
        actor: &Actor,
        mut asked: Asked,
    ) -> Result<(Request, Self), Rejection> {
        let found = state.door.persisted.find(asked.named())?;
        let request = Request::new(&*found.query).variables(asked.variables());
        let mut request = match asked.operation_name.take() {
            Some(name) => request.operation_name(name),
            None => request,
        };
        let staff = !state.app.settings.production || gate::is_staff(actor);
        let passed = gate::admit(&mut request, staff, &state.documents)?;
        Ok((request, Self { passed, staff, query: found.query, keep: found.keep }))
    }

    /// Keeps the query for who will name it by its hash, unless it proved to be none of this schema.
    pub(crate) fn keep(&mut self, state: &ApiState, response: &Response) {
        if let Some(hash) = self.keep.take().filter(|_| gate::executed(response)) {
            state.door.persisted.keep(hash, self.query.clone());
        }
    }
}

/// Executes the request within its time limit.
pub(super) async fn execute(
    state: &ApiState,
    (request, batches): (Request, Batches),
    tracked: &Tracked,
) -> Result<Response, Rejection> {
    guarded(batches.serve(state.schema.execute(request)), tracked).await
}

/// A panic ends the request, not the connection.
async fn guarded(
    run: impl Future<Output = Response>,
    tracked: &Tracked,
) -> Result<Response, Rejection> {
    // Dropped with the time limit, and with a client that left. Nothing of it is used after a panic.
    let run = AssertUnwindSafe(run).catch_unwind();
    match tokio::time::timeout_at(tracked.deadline.into(), run).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(panic)) => {
            let reason = mask::panic(&*panic);
            tracing::error!(reason, "a request panicked");
            metrics::fault("graphql");
            Err(FAULT)
        }
        // Its transaction is dropped with it; only one that was committing may be done: the same
        // idempotency key tells.
        Err(_) => Err(TIMEOUT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
    use std::time::{Duration, Instant};

    struct Query;

    #[Object]
    impl Query {
        async fn panics(&self) -> bool {
            std::hint::black_box(None).expect("/secret/path: SELECT 1")
        }

        async fn hangs(&self) -> bool {
            std::future::pending().await
        }
    }

    async fn answered(query: &'static str, patience: Duration) -> Rejection {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let deadline = Instant::now() + patience;
        let client = service::account::Client::default();
        let tracked = Tracked { correlation_id: "r-1".to_owned(), deadline, client };
        guarded(schema.execute(query), &tracked).await.expect_err("no answer")
    }

    #[tokio::test]
    async fn a_panic_in_a_resolver_is_a_clean_error_and_one_that_hangs_is_stopped() {
        let panicked = answered("{ panics }", Duration::from_mins(1)).await;
        assert_eq!(panicked, FAULT, "its code, and nothing of its words");
        assert_eq!(answered("{ hangs }", Duration::ZERO).await, TIMEOUT);
    }
}
