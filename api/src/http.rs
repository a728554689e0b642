//! One GraphQL request over HTTP: who asks, within which limits, and the answer.

use crate::ApiState;
use crate::caller::{self, Acts, Caller};
use crate::explorer;
use crate::monitor::{self, Operation};
use crate::request::{self, FAULT, RETRY_AFTER, Rejection, TIMEOUT, Told, Tracked, UNAVAILABLE};
use crate::text;
use async_graphql::{Request, Response, Value};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response as HttpResponse};
use axum::routing::post;
use service::account;
use service::context::Actor;
use service::error::ActError;
use service::outage::{self, Outage};
use telemetry::{mask, metrics};
use tokio_util::task::AbortOnDropHandle;
use tower_http::limit::RequestBodyLimitLayer;
use tracing::Instrument;

/// The largest body of a request, in bytes.
const LARGEST_BODY: usize = 1_000_000;
const JSON: &str = "application/json";
/// The media type of the GraphQL-over-HTTP specification.
const GRAPHQL: &str = "application/graphql-response+json";

/// Every route of the API, run and watched as usual.
pub fn router(state: ApiState) -> Router {
    router_with(state, Operation::default())
}

/// Every route of the API.
pub fn router_with(state: ApiState, operation: Operation) -> Router {
    let watched = monitor::beside(state.app.clone(), &operation);
    Router::new()
        .route("/graphql", post(graphql))
        .merge(explorer::router(&state.explorer))
        .merge(crate::pages::router())
        .merge(crate::webhooks::router(state.bounce_secret.is_some()))
        .merge(crate::pages::oidc::router(state.oidc.is_some()))
        .with_state(state)
        .merge(watched)
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
        .layer(middleware::from_fn_with_state(operation, request::observe))
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
async fn graphql(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    headers: HeaderMap,
    body: Bytes,
) -> HttpResponse {
    let mut told = Told::default();
    let answered = answer(state, &headers, &body, &tracked, &mut told).await;
    let mut response =
        answered.unwrap_or_else(|rejection| rejection.into_response(&tracked.correlation_id));
    response.extensions_mut().insert(told);
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    response
}

async fn answer(
    state: ApiState,
    headers: &HeaderMap,
    body: &Bytes,
    tracked: &Tracked,
    told: &mut Told,
) -> Result<HttpResponse, Rejection> {
    if !is_json(headers) {
        return Err(NOT_JSON);
    }
    let (token, actor) = authenticate(&state, headers).await?;
    *told = Told::of(&actor);
    for attempt in 1.. {
        let request: Request = serde_json::from_slice(body).map_err(|_| BAD_REQUEST)?;
        if let Some(bad) = text::refused(&request) {
            return Ok(bad.into_response(&tracked.correlation_id));
        }
        let acts = Acts::default();
        let caller =
            Caller::new(state.app.clone(), token.clone(), actor.clone(), tracked, acts.clone());
        let response = execute(&state, caller::with_caller(request, caller), tracked).await;
        told.acts = acts.to_string();
        let response = response?;
        // Two acts stood in each other's way and this one was undone whole: it is begun again.
        let Some(pause) = outage::pause(attempt).filter(|_| acts.may_begin_again()) else {
            return finish(response, headers);
        };
        tracing::info!(attempt, "a conflict: the request is executed again");
        if tokio::time::timeout_at(tracked.deadline.into(), tokio::time::sleep(pause))
            .await
            .is_err()
        {
            return Err(TIMEOUT);
        }
    }
    Err(FAULT)
}

/// Executes the request within its time limit.
async fn execute(
    state: &ApiState,
    request: Request,
    tracked: &Tracked,
) -> Result<Response, Rejection> {
    let schema = state.schema.clone();
    // In a task of its own: a panic ends the request, not the connection.
    let run = async move { schema.execute(request).await }.in_current_span();
    // Aborted when it is dropped: with the time limit, and with a client that left.
    let run = AbortOnDropHandle::new(tokio::spawn(run));
    match tokio::time::timeout_at(tracked.deadline.into(), run).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => {
            let panic = error.try_into_panic();
            let reason = panic.as_deref().map_or("stopped", |panic| mask::panic(panic));
            tracing::error!(reason, "a request panicked");
            metrics::fault("graphql");
            Err(FAULT)
        }
        // Its transaction is dropped with it; only one that was committing may be done: the same
        // idempotency key tells.
        Err(_) => Err(TIMEOUT),
    }
}

/// The answer in the media type that the client accepts.
fn finish(mut response: Response, headers: &HeaderMap) -> Result<HttpResponse, Rejection> {
    let executed = executed(&response);
    propagate_null(&mut response);
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let media_type =
        if accepts.is_some_and(|types| types.contains(GRAPHQL)) { GRAPHQL } else { JSON };
    // A request that was not executed is the client's mistake; older clients expect 200 all the same.
    let unavailable = UNAVAILABLE.is_told_in(&response);
    let status = if unavailable {
        StatusCode::SERVICE_UNAVAILABLE
    } else if executed || media_type == JSON {
        StatusCode::OK
    } else {
        StatusCode::BAD_REQUEST
    };
    let content_type = [(header::CONTENT_TYPE, format!("{media_type}; charset=utf-8"))];
    let body = serde_json::to_vec(&response).map_err(|_| FAULT)?;
    let mut answer = (status, content_type, body).into_response();
    if unavailable {
        answer.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    Ok(answer)
}

/// Whether a field was answered, be it with a fault: an error without a path stands before any field.
fn executed(response: &Response) -> bool {
    response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty())
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
        Err(ActError::Fault(error)) if Outage::of_fault(&error).is_some() => {
            let outage = Outage::of_fault(&error).map(Outage::as_str);
            tracing::warn!(outage, error = mask::error(&error), "the database did not serve");
            Err(UNAVAILABLE)
        }
        Err(ActError::Fault(error)) => {
            tracing::error!(error = mask::error(&error), "authentication met a fault");
            metrics::fault("graphql");
            Err(FAULT)
        }
    }
}
