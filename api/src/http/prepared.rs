//! A request whose query was found and judged: executed within its time limit, again if need be.

use super::Asked;
use crate::ApiState;
use crate::gate::{self, Passed};
use crate::load::Batches;
use crate::rejection::{FAULT, Rejection, TIMEOUT};
use crate::request::Tracked;
use async_graphql::{Request, Response, Variables};
use futures::FutureExt;
use service::context::Actor;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use telemetry::{mask, metrics};

/// A request that passed every limit and can be executed, again if need be.
pub(crate) struct Prepared {
    /// What it is.
    pub(crate) passed: Passed,
    /// Whether its caller may read the schema.
    pub(crate) staff: bool,
    query: Arc<str>,
    keep: Option<String>,
    operation_name: Option<String>,
    variables: Variables,
    /// The first that is executed, with its document.
    parsed: Option<Request>,
}

impl Prepared {
    /// Finds the query that is asked for and looks at it.
    ///
    /// # Errors
    /// When it is not known, or exceeds a limit.
    pub(crate) fn of(state: &ApiState, actor: &Actor, mut asked: Asked) -> Result<Self, Rejection> {
        let found = state.door.persisted.find(asked.named())?;
        let (operation_name, given) = (asked.operation_name.take(), asked.variables());
        let staff = !state.app.settings.production || gate::is_staff(actor);
        let mut request = written(&found.query, operation_name.as_deref(), given);
        let passed = gate::admit(&mut request, staff, &state.documents)?;
        // With the defaults of those left out.
        let variables = request.variables.clone();
        // The same text but for escapes that the parser does not know.
        let same = request.query == *found.query;
        let query = if same { found.query } else { request.query.as_str().into() };
        let (parsed, keep) = (Some(request), found.keep);
        Ok(Self { passed, staff, query, keep, operation_name, variables, parsed })
    }

    /// The request to execute.
    pub(crate) fn request(&mut self) -> Request {
        self.parsed.take().unwrap_or_else(|| {
            written(&self.query, self.operation_name.as_deref(), self.variables.clone())
        })
    }

    /// Keeps the query for who will name it by its hash, unless it proved to be none of this schema.
    pub(crate) fn keep(&mut self, state: &ApiState, response: &Response) {
        if let Some(hash) = self.keep.take().filter(|_| gate::executed(response)) {
            state.door.persisted.keep(hash, self.query.clone());
        }
    }
}

fn written(query: &str, operation: Option<&str>, variables: Variables) -> Request {
    let request = Request::new(query).variables(variables);
    match operation {
        Some(name) => request.operation_name(name),
        None => request,
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
