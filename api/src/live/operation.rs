//! One operation on a socket. A query or a mutation goes through the very handler of HTTP, with its limits; a
//! subscription is followed until one of both ends it.

use super::feed::Ears;
use super::protocol::Told;
use crate::caller::{Acts, Caller};
use crate::door::{Class, Who};
use crate::gate;
use crate::http::{self, Asked, Prepared};
use crate::lane::Lane;
use crate::load;
use crate::rejection::{FAULT, Rejection};
use crate::request::{Line as LogLine, Tracked};
use crate::state::ApiState;
use async_graphql::Request;
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response as HttpResponse;
use futures::{FutureExt, StreamExt};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use service::account::Client;
use service::context::Actor;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use telemetry::{mask, metrics};
use tokio::sync::mpsc;
use tracing::Span;

/// An operation beyond the number that a socket may have.
pub(super) const TOO_MANY: Rejection = Rejection::new(
    StatusCode::TOO_MANY_REQUESTS,
    "TOO_MANY_OPERATIONS",
    "Trop d’opérations sont ouvertes sur cette connexion : terminez-en une avant d’en ouvrir une autre.",
);
const NOT_SIGNED_IN: Rejection = Rejection::new(
    StatusCode::UNAUTHORIZED,
    "NOT_SIGNED_IN",
    "Vous devez être connecté pour suivre des changements.",
);
const ONE_FIELD: Rejection = Rejection::new(
    StatusCode::BAD_REQUEST,
    "SUBSCRIPTION_NOT_SINGLE",
    "Un abonnement porte sur un seul champ, sans directive.",
);

/// Errors as the protocol sends them: a list.
pub(super) fn errors(rejection: &Rejection, correlation_id: &str) -> String {
    let error = rejection.error(correlation_id);
    let extensions = serde_json::to_value(&error.extensions).unwrap_or_default();
    json!([{ "message": error.message, "extensions": extensions }]).to_string()
}

/// What an operation has to say.
pub(super) struct Line {
    /// The client's id of the operation.
    pub(super) id: String,
    /// Which of those that had this id.
    pub(super) run: u64,
    /// What is written.
    pub(super) text: String,
    /// Whether nothing follows.
    pub(super) last: bool,
}

/// An operation and whom it is for.
pub(super) struct Work {
    pub(super) state: ApiState,
    /// How long a query or a mutation may take.
    pub(super) timeout: Duration,
    /// From where the socket was opened.
    pub(super) client: Client,
    pub(super) token: Option<String>,
    pub(super) actor: Actor,
    pub(super) ears: Ears,
    pub(super) correlation_id: String,
    pub(super) id: String,
    pub(super) run: u64,
    pub(super) lines: mpsc::Sender<Line>,
}

impl Work {
    /// Carries it out to its end; a panic ends the operation, not the socket.
    pub(super) async fn carry_out(self, asked: Asked) {
        let ended = AssertUnwindSafe(self.answer(asked)).catch_unwind().await;
        let last = match ended {
            Ok(Ok(())) => Told::Complete(&self.id).text(),
            Ok(Err(errors)) => Told::Error(&self.id, &errors).text(),
            Err(panic) => {
                tracing::error!(reason = mask::panic(&*panic), "an operation panicked");
                metrics::fault("socket");
                Told::Error(&self.id, &errors(&FAULT, &self.correlation_id)).text()
            }
        };
        self.say(last, true).await;
    }

    async fn say(&self, text: String, last: bool) {
        let line = Line { id: self.id.clone(), run: self.run, text, last };
        // Nobody listens any more: the socket ends this task.
        let _ = self.lines.send(line).await;
    }

    /// Says each result; the errors, as a list, where nothing was executed.
    async fn answer(&self, asked: Asked) -> Result<(), String> {
        let prepared = Prepared::of(&self.state, &self.actor, asked.clone());
        let (mut request, prepared) = prepared.map_err(|bad| self.errors(&bad))?;
        if prepared.passed.kind != OperationType::Subscription {
            return self.once(asked).await;
        }
        let name = request.operation_name.clone();
        let document = request.parsed_query().map_err(|_| self.errors(&FAULT))?;
        if !is_single(document, name.as_deref()) {
            return Err(self.errors(&ONE_FIELD));
        }
        if self.actor.name().is_empty() {
            return Err(self.errors(&NOT_SIGNED_IN));
        }
        let who = Who::of(&self.actor, &self.client);
        let counted = self.state.door.count(Class::Read, &who, 1);
        counted.map_err(|bad| self.errors(&bad))?;
        self.follow(request, prepared).await
    }

    fn errors(&self, rejection: &Rejection) -> String {
        errors(rejection, &self.correlation_id)
    }

    /// The operation as a request of its own, from where the socket was opened.
    fn tracked(&self) -> Tracked {
        Tracked {
            correlation_id: self.correlation_id.clone(),
            deadline: Instant::now() + self.timeout,
            client: self.client.clone(),
        }
    }

    /// A query or a mutation, as over HTTP.
    async fn once(&self, asked: Asked) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(http::GRAPHQL));
        if let Some(token) = &self.token
            && let Ok(bearer) = HeaderValue::from_str(&format!("Bearer {token}"))
        {
            headers.insert(header::AUTHORIZATION, bearer);
        }
        let (state, tracked) = (self.state.clone(), self.tracked());
        let mut line = LogLine::begin(Span::current(), "/graphql");
        let mut response = http::respond(state, tracked, Method::POST, &headers, Ok(asked)).await;
        line.end(&mut response);
        let payload = body_of(response).await.ok_or_else(|| self.errors(&FAULT))?;
        let held: Held = serde_json::from_str(&payload).map_err(|_| self.errors(&FAULT))?;
        if held.data.is_none() && none_was_executed(&held.errors) {
            return Err(held.errors.to_string());
        }
        self.say(Told::Next(&self.id, &payload).text(), false).await;
        Ok(())
    }

    /// A subscription, until it ends by itself: who ends it before aborts its task.
    async fn follow(&self, request: Request, mut prepared: Prepared) -> Result<(), String> {
        let _open = metrics::subscription();
        let caller = Caller::new(
            (self.state.app.clone(), Lane::apart(&self.state.app.db)),
            self.token.clone(),
            self.actor.clone(),
            &self.tracked(),
            Acts::default(),
        );
        let (request, batches) = load::serving(request, caller);
        let mut results = self.state.schema.execute_stream(request.data(self.ears.clone()));
        while let Some(mut result) = batches.serve(results.next()).await {
            prepared.keep(&self.state, &result);
            gate::tell(&mut result, prepared.staff, &self.correlation_id);
            if !gate::executed(&result) {
                let errors = serde_json::to_string(&result.errors);
                return Err(errors.unwrap_or_else(|_| self.errors(&FAULT)));
            }
            let payload = async_graphql::json::to_vec(&result)
                .ok()
                .and_then(|text| String::from_utf8(text).ok());
            let payload = payload.ok_or_else(|| self.errors(&FAULT))?;
            self.say(Told::Next(&self.id, &payload).text(), false).await;
        }
        Ok(())
    }
}

/// Whether a subscription is to one field, which stands there itself.
fn is_single(document: &ExecutableDocument, name: Option<&str>) -> bool {
    let Some(operation) = gate::chosen(document, name) else { return false };
    match operation.selection_set.node.items.as_slice() {
        [field] => {
            matches!(&field.node, Selection::Field(field) if field.node.directives.is_empty())
        }
        _ => false,
    }
}

/// What an answer over HTTP holds.
#[derive(Deserialize)]
struct Held {
    data: Option<IgnoredAny>,
    #[serde(default)]
    errors: Value,
}

/// Whether an answer's errors tell that no field was asked: some stand at no path.
fn none_was_executed(errors: &Value) -> bool {
    let errors = errors.as_array();
    errors.is_some_and(|errors| errors.iter().any(|error| error.get("path").is_none()))
}

/// The text of an answer over HTTP.
async fn body_of(response: HttpResponse) -> Option<String> {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.ok()?;
    String::from_utf8(bytes.into()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_to_one_field() {
        let of = |query: &str, name: Option<&str>| {
            let mut request = Request::new(query);
            is_single(request.parsed_query().expect("a document"), name)
        };
        assert!(of("subscription { noticeReceived { cursor } }", None));
        for many in [
            "subscription { a: noticeReceived { cursor } b: noticeReceived { cursor } }",
            "subscription { ...F } fragment F on Subscription { noticeReceived { cursor } }",
            "subscription { noticeReceived @skip(if: false) { cursor } }",
        ] {
            assert!(!of(many, None), "{many}");
        }
        let two = "query Q { clock { today } viewer { roles } } subscription S { noticeReceived { cursor } }";
        assert!(of(two, Some("S")));
        assert!(!of(two, Some("Q")));
    }
}
