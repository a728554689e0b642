//! One GraphQL request over HTTP, to the letter of its specification: who asks, within which limits, and the
//! answer.
//!
//! | what | where |
//! |---|---|
//! | the parameters, in a body or an address | `asked` |
//! | media types: `Content-Type`, `Accept` | `media` |
//! | a query found and judged, then executed | `prepared` |
//! | the status, the headers, who may keep an answer | `answer` |
//! | limits of a query, whatever brought it here | `gate` |
//! | other sites, rates, persisted queries | `door` |

mod answer;
mod asked;
mod media;
mod prepared;

pub(crate) use asked::Asked;
pub(crate) use media::GRAPHQL;
pub(crate) use prepared::Prepared;

use crate::caller::{Acts, Caller};
use crate::door::{Class, Who};
use crate::explorer;
use crate::gate::{self, Passed};
use crate::lane::Lane;
use crate::load;
use crate::rejection::Rejection;
use crate::request::{self, Told, Tracked};
use crate::state::ApiState;
use async_graphql::parser::types::OperationType;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use media::Media;
use service::account;
use service::context::Actor;
use service::error::ActError;

/// The methods of the endpoint.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");

const INVALID_TOKEN: Rejection = Rejection::new(
    StatusCode::UNAUTHORIZED,
    "UNAUTHENTICATED",
    "Votre session est inconnue, expirée ou fermée : connectez-vous de nouveau.",
);
const NOT_ACCEPTABLE: Rejection = Rejection::new(
    StatusCode::NOT_ACCEPTABLE,
    "NOT_ACCEPTABLE",
    "Les réponses sont en application/graphql-response+json ou en application/json.",
);
const QUERIES_ONLY: Rejection = Rejection::new(
    StatusCode::METHOD_NOT_ALLOWED,
    "METHOD_NOT_ALLOWED",
    "Un acte s’envoie par POST : un GET ne fait que lire.",
);
const NO_SUBSCRIPTION: Rejection = Rejection::of_document(
    "SUBSCRIPTION_REFUSED",
    "Un abonnement s’ouvre par une connexion WebSocket (graphql-transport-ws).",
);

/// The methods that the endpoint knows.
pub(crate) async fn methods() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [(header::ALLOW, METHODS)])
}

/// A request in a body.
pub(crate) async fn in_body(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    headers: HeaderMap,
    body: Bytes,
) -> HttpResponse {
    let asked = Asked::in_body(&headers, &body);
    respond(state, tracked, Method::POST, &headers, asked).await
}

/// A request in an address; without any, the explorer's page for who reads pages.
pub(crate) async fn in_address(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    headers: HeaderMap,
    uri: Uri,
) -> HttpResponse {
    let asked = Asked::in_address(&uri);
    if asked.as_ref().is_ok_and(Asked::is_empty)
        && request::reads_pages(&headers)
        && let Some(page) = explorer::page(&state.explorer, &state.app.settings)
    {
        return page;
    }
    respond(state, tracked, Method::GET, &headers, asked).await
}

/// Answers what was asked.
pub(crate) async fn respond(
    state: ApiState,
    tracked: Tracked,
    method: Method,
    headers: &HeaderMap,
    asked: Result<Asked, Rejection>,
) -> HttpResponse {
    let mut told = Told::default();
    let accepted = Media::accepted(headers);
    let media = accepted.unwrap_or(Media::Json);
    let asked = asked.and_then(|asked| accepted.map(|_| asked).ok_or(NOT_ACCEPTABLE));
    let answered = match asked {
        Ok(asked) => {
            let call = Call { state, tracked: tracked.clone(), method, media, headers };
            call.answer(asked, &mut told).await
        }
        Err(rejection) => Err(rejection),
    };
    let mut response = answered.unwrap_or_else(|rejection| {
        let get_of_an_act = rejection == QUERIES_ONLY;
        let older = media == Media::Json;
        let mut response =
            rejection.in_media_type(media.content_type(), older, &tracked.correlation_id);
        if get_of_an_act {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        response
    });
    response.extensions_mut().insert(told);
    response
}

/// A request being answered.
struct Call<'a> {
    state: ApiState,
    tracked: Tracked,
    method: Method,
    media: Media,
    headers: &'a HeaderMap,
}

impl Call<'_> {
    async fn answer(self, asked: Asked, told: &mut Told) -> Result<HttpResponse, Rejection> {
        let mut lane = self.state.lanes.lane(&self.state.app.db);
        let (token, actor) = authenticate(&self.state, &lane, self.headers).await?;
        *told = Told::of(&actor);
        let (request, mut prepared) = Prepared::of(&self.state, &actor, asked)?;
        self.allow(prepared.passed, &actor)?;
        if prepared.passed.kind != OperationType::Query {
            // Acts take connections of their own.
            lane.leave();
        }
        let public = self.method == Method::GET && token.is_none();
        let acts = Acts::default();
        let app = self.state.app.clone();
        let caller = Caller::new((app, lane), token, actor, &self.tracked, acts.clone());
        let called = load::serving(request, caller);
        let response = prepared::execute(&self.state, called, &self.tracked).await;
        told.acts = acts.to_string();
        let mut response = response?;
        prepared.keep(&self.state, &response);
        gate::tell(&mut response, prepared.staff, &self.tracked.correlation_id);
        answer::finish(&response, self.media, public, self.headers)
    }

    /// Whether this operation may be asked for so, and as often.
    fn allow(&self, passed: Passed, actor: &Actor) -> Result<(), Rejection> {
        let (class, times) = match passed.kind {
            OperationType::Query => (Class::Read, 1),
            OperationType::Mutation if self.method == Method::GET => return Err(QUERIES_ONLY),
            OperationType::Mutation => (Class::Act, passed.root_fields),
            OperationType::Subscription => return Err(NO_SUBSCRIPTION),
        };
        let who = Who::of(actor, &self.tracked.client);
        self.state.door.count(class, &who, times)
    }
}

/// The token of `Bearer …`.
pub(crate) fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who asks, with the token shown; a stranger shows none.
///
/// # Errors
/// When the token does not hold, or the database does not serve.
pub(crate) async fn authenticate(
    state: &ApiState,
    lane: &Lane,
    headers: &HeaderMap,
) -> Result<(Option<String>, Actor), Rejection> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok((None, Actor::Anonymous));
    };
    let Some(token) = value.to_str().ok().and_then(bearer) else { return Err(INVALID_TOKEN) };
    match account::authenticate(&state.app, lane, token).await {
        Ok(Some(actor)) => Ok((Some(token.to_owned()), actor)),
        Ok(None) | Err(ActError::Refused(_)) => Err(INVALID_TOKEN),
        Err(ActError::Fault(error)) => Err(Rejection::of_fault(&error, "graphql")),
    }
}
