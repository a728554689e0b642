//! One GraphQL request over HTTP: who asks, within which limits, and the answer.

use crate::ApiState;
use crate::caller::{self, Caller};
use crate::explorer;
use async_graphql::{Request, Response, Value};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use axum::routing::{get, post};
use serde_json::json;
use service::account;
use service::context::Actor;
use service::error::ActError;
use tower_http::limit::RequestBodyLimitLayer;
use tracing::Instrument;
use uuid::Uuid;

/// The largest body of a request, in bytes.
const LARGEST_BODY: usize = 1_000_000;
/// What ties a request's traces together; taken from the request when it has one.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const JSON: &str = "application/json";
/// The media type of the GraphQL-over-HTTP specification.
const GRAPHQL: &str = "application/graphql-response+json";

/// Every route of the API.
pub fn router(state: ApiState) -> Router {
    Router::new()
        .route("/graphql", post(graphql))
        .route("/healthz", get(healthy))
        .merge(explorer::router(&state.explorer))
        .merge(crate::pages::router())
        .merge(crate::webhooks::router(state.bounce_secret.is_some()))
        .with_state(state)
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
}

/// Whether the process serves and reaches its database.
async fn healthy(State(state): State<ApiState>) -> (StatusCode, &'static str) {
    match state.app.db.ping().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "database unreachable"),
    }
}

/// An answer that is no GraphQL answer.
struct Rejection {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

impl Rejection {
    const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message }
    }

    fn into_response(self, correlation_id: &str) -> HttpResponse {
        let extensions = json!({ "code": self.code, "correlationId": correlation_id });
        let body = json!({ "errors": [{ "message": self.message, "extensions": extensions }] });
        let mut response = (self.status, axum::Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

const INVALID_TOKEN: Rejection = Rejection::new(
    StatusCode::UNAUTHORIZED,
    "UNAUTHENTICATED",
    "Votre session est inconnue, expirée ou fermée : connectez-vous de nouveau.",
);
const NOT_JSON: Rejection = Rejection::new(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "UNSUPPORTED_MEDIA_TYPE",
    "Une requête GraphQL s’envoie en application/json.",
);
const BAD_REQUEST: Rejection = Rejection::new(
    StatusCode::BAD_REQUEST,
    "BAD_REQUEST",
    "Le corps de la requête n’est pas une requête GraphQL en JSON.",
);
const FAULT: Rejection = Rejection::new(
    StatusCode::INTERNAL_SERVER_ERROR,
    "INTERNAL",
    "Une erreur interne est survenue ; indiquez cet identifiant à l’exploitant.",
);

async fn graphql(State(state): State<ApiState>, headers: HeaderMap, body: Bytes) -> HttpResponse {
    let correlation_id = correlation_id(&headers);
    let answered = answer(state, &headers, &body, &correlation_id).await;
    let mut response =
        answered.unwrap_or_else(|rejection| rejection.into_response(&correlation_id));
    if let Ok(id) = HeaderValue::from_str(&correlation_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    response
}

async fn answer(
    state: ApiState,
    headers: &HeaderMap,
    body: &Bytes,
    correlation_id: &str,
) -> Result<HttpResponse, Rejection> {
    if !is_json(headers) {
        return Err(NOT_JSON);
    }
    let (token, actor) = authenticate(&state, headers, correlation_id).await?;
    let request: Request = serde_json::from_slice(body).map_err(|_| BAD_REQUEST)?;
    let caller = Caller::new(state.app, token, actor, correlation_id.to_owned());
    let request = caller::with_caller(request, caller);
    let span = tracing::info_span!("graphql", correlation_id, operation = ?request.operation_name);
    let schema = state.schema;
    // In a task of its own: a panic ends the request, not the connection.
    let run = tokio::spawn(async move { schema.execute(request).await }.instrument(span));
    let response = run.await.map_err(|error| {
        tracing::error!(correlation_id, %error, "a request panicked");
        FAULT
    })?;
    Ok(finish(response, headers))
}

/// The answer in the media type that the client accepts.
fn finish(mut response: Response, headers: &HeaderMap) -> HttpResponse {
    propagate_null(&mut response);
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let media_type =
        if accepts.is_some_and(|types| types.contains(GRAPHQL)) { GRAPHQL } else { JSON };
    // A request that was not executed is the client's mistake; older clients expect 200 all the same.
    let unexecuted = response.is_err() && response.data == Value::Null;
    let status =
        if unexecuted && media_type == GRAPHQL { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let content_type = [(header::CONTENT_TYPE, format!("{media_type}; charset=utf-8"))];
    match serde_json::to_vec(&response) {
        Ok(body) => (status, content_type, body).into_response(),
        Err(_) => FAULT.into_response(""),
    }
}

/// A field of the root that failed although it is never null empties the whole data, as the
/// specification asks and the library does not.
fn propagate_null(response: &mut Response) {
    let Value::Object(data) = &response.data else { return };
    let failed = response.errors.iter().any(|error| match error.path.as_slice() {
        [async_graphql::PathSegment::Field(name)] => !data.contains_key(name.as_str()),
        _ => false,
    });
    if failed {
        response.data = Value::Null;
    }
}

/// `application/json`, with or without parameters: what a page of another site cannot send unasked.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(JSON))
}

async fn authenticate(
    state: &ApiState,
    headers: &HeaderMap,
    correlation_id: &str,
) -> Result<(Option<String>, Actor), Rejection> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok((None, Actor::Anonymous));
    };
    let token = value.to_str().ok().and_then(|value| value.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else { return Err(INVALID_TOKEN) };
    let token = token.trim();
    match account::authenticate(&state.app, token).await {
        Ok(Some(actor)) => Ok((Some(token.to_owned()), actor)),
        Ok(None) | Err(ActError::Refused(_)) => Err(INVALID_TOKEN),
        Err(ActError::Fault(error)) => {
            tracing::error!(correlation_id, ?error, "authentication met a fault");
            Err(FAULT)
        }
    }
}

/// The client's own when it is plain and short, else a new one.
pub(crate) fn correlation_id(headers: &HeaderMap) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let given = given.filter(|id| (1..=100).contains(&id.len()) && id.chars().all(plain));
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}
