//! What every request has, whatever it asks: an identifier that ties its traces together, a time limit, a
//! line in the log, its place in the figures, and an answer that says what it is.

use crate::monitor::Operation;
use crate::pages::answer;
use crate::rejection::{FAULT, Rejection, TIMEOUT};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt;
use service::account::Client;
use service::context::Actor;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use telemetry::{mask, metrics};
use tracing::Instrument;
use uuid::Uuid;

/// What ties a request's traces together; taken from the request when it has one.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How much longer than an act's own limit a whole request may take, so that the act is stopped first.
const GRACE: Duration = Duration::from_secs(1);
/// Where no route is: one value, whatever was asked.
const NO_ROUTE: &str = "none";
/// What the log and the figures say of a request whose client left before the answer.
const CLIENT_LEFT: u16 = 499;
/// Routes that machines ask all the time: in the log at the level DEBUG only.
const ASKED_BY_MACHINES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The request that is being answered.
#[derive(Debug, Clone)]
pub(crate) struct Tracked {
    /// Ties its traces together.
    pub(crate) correlation_id: String,
    /// When its time is over.
    pub(crate) deadline: Instant,
    /// Who knocks.
    pub(crate) client: Client,
}

/// What a handler tells the log of who asked and what was done: the id of an account or a tool, acts' names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    /// The id of the account, or of the tool's credential; empty for nobody.
    pub(crate) account: String,
    /// The acts with how they ended, `fileApplication:done`.
    pub(crate) acts: String,
}

impl Told {
    /// Of this actor, without any act.
    pub(crate) fn of(actor: &Actor) -> Self {
        Self { account: actor.name(), acts: String::new() }
    }
}

/// Answers a request within its time limit, whatever happens to its handler.
pub(crate) async fn observe(
    State(operation): State<Operation>,
    mut request: Request,
    next: Next,
) -> Response {
    let deadline = Instant::now() + operation.timeout;
    let client = client(&operation, &request);
    let correlation_id = correlation_id(request.headers());
    let tracked = Tracked { correlation_id: correlation_id.clone(), deadline, client };
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let pages = route != "/graphql" && reads_pages(request.headers());
    let span = tracing::info_span!(
        "request",
        correlation_id,
        method = known_method(request.method()),
        route
    );
    let mut line = Line::begin(span.clone(), &route);
    request.extensions_mut().insert(tracked);
    let run = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone());
    let answered = tokio::time::timeout_at((deadline + GRACE).into(), run).await;
    let mut response = match answered {
        Ok(Ok(response)) => described(response, pages, &correlation_id),
        Ok(Err(panic)) => {
            let reason = mask::panic(&*panic);
            span.in_scope(|| tracing::error!(reason, "a request panicked"));
            metrics::fault("page");
            answer::rejected(&FAULT, pages, &correlation_id)
        }
        Err(_) => answer::rejected(&TIMEOUT, pages, &correlation_id),
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&correlation_id) {
        headers.insert(REQUEST_ID, id);
    }
    line.end(&mut response);
    response
}

/// A bare answer, as libraries give them (no route, wrong method, body too large), becomes one that says
/// why: what they write themselves may quote the request.
fn described(response: Response, pages: bool, correlation_id: &str) -> Response {
    let status = response.status();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let bare = content_type.is_none_or(|value| value.as_bytes().starts_with(b"text/plain"));
    if !bare || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (parts, _) = response.into_parts();
    let mut response = answer::rejected(&Rejection::of_status(status), pages, correlation_id);
    if let Some(allowed) = parts.headers.get(header::ALLOW) {
        response.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    *response.extensions_mut() = parts.extensions;
    response
}

/// The line of a request in the log, written when it is answered, or when its client left before.
pub(crate) struct Line {
    span: tracing::Span,
    route: String,
    started: Instant,
    told: Told,
    status: Option<StatusCode>,
}

impl Line {
    /// Of a request to this route that begins now; it is written within the span.
    pub(crate) fn begin(span: tracing::Span, route: &str) -> Self {
        let (started, told) = (Instant::now(), Told::default());
        Self { span, route: route.to_owned(), started, told, status: None }
    }

    /// That it was answered so, with what the handler tells of it.
    pub(crate) fn end(&mut self, response: &mut Response) {
        self.told = response.extensions_mut().remove().unwrap_or_default();
        self.status = Some(response.status());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        let status = self.status.map_or(CLIENT_LEFT, |status| status.as_u16());
        metrics::request(&self.route, status, took);
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let Told { account, acts } = &self.told;
        self.span.in_scope(|| {
            if ASKED_BY_MACHINES.contains(&self.route.as_str()) {
                tracing::debug!(status, ms, "answered");
            } else if status >= 500 {
                tracing::warn!(status, ms, account, acts, "answered");
            } else {
                tracing::info!(status, ms, account, acts, "answered");
            }
        });
    }
}

/// Who knocks: the other end of the connection, or whom a trusted proxy knocks for, and what its program
/// calls itself.
fn client(operation: &Operation, request: &Request) -> Client {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = peer.map(|peer| operation.proxies.client(peer.0.ip(), request.headers()));
    let program = request.headers().get(header::USER_AGENT).and_then(|name| name.to_str().ok());
    Client { address, user_agent: program.map(str::to_owned) }
}

/// The request's, when it is plain and short, else a new one.
fn correlation_id(headers: &HeaderMap) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let given = given.filter(|id| (1..=100).contains(&id.len()) && id.chars().all(plain));
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// A browser that shows a page to somebody, not a program.
pub(crate) fn reads_pages(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepts.is_some_and(|types| types.contains("text/html"))
}

/// The method; anything may stand where a method is expected.
fn known_method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "OPTIONS" => "OPTIONS",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "OTHER",
    }
}
