//! What the mail server reports: `POST /webhooks/bounces`, with the secret that both sides know
//! (interpretation 5). The route exists only where a secret is set.

use crate::ApiState;
use crate::http;
use crate::rejection::Rejection;
use crate::request::Tracked;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use chrono::{DateTime, Datelike, Utc};
use serde::Deserialize;
use serde_json::json;
use service::clock::paris_date;
use service::context::hash;
use service::error::ActError;
use service::notice::{BounceReport, Reported, report_bounce};
use std::fmt;
use subtle::ConstantTimeEq;

/// Shortest secret, in characters.
const SHORTEST_SECRET: usize = 16;

/// What the mail server shows to be believed; only its hash is kept.
#[derive(Clone)]
pub struct BounceSecret(String);

impl BounceSecret {
    /// A secret of sixteen characters at least; none for a shorter one.
    pub fn new(secret: &str) -> Option<Self> {
        (secret.chars().count() >= SHORTEST_SECRET).then(|| Self(hash(secret.as_bytes())))
    }

    /// Whether it is the same, in a time that does not tell how much of it is.
    fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(hash(given.as_bytes()).as_bytes()).into()
    }
}

impl fmt::Debug for BounceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BounceSecret(***)")
    }
}

/// The routes of the webhooks, where bounces are taken.
pub(crate) fn router(bounces: bool) -> Router<ApiState> {
    if bounces { Router::new().route("/webhooks/bounces", post(bounce)) } else { Router::new() }
}

/// A bounce as mail servers report it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// The mail's `Message-ID`, with or without its angle brackets.
    message_id: String,
    /// The address that did not take it.
    recipient: Option<String>,
    /// The enhanced status code, as `5.1.1`.
    status: String,
    /// When; now when left out.
    at: Option<DateTime<Utc>>,
    /// What the mail server said.
    diagnostic: Option<String>,
}

impl Report {
    /// No database keeps a NUL, nor a year of five digits.
    fn is_storable(&self) -> bool {
        if self.at.is_some_and(|at| !(2000..=9998).contains(&at.year())) {
            return false;
        }
        let told = [self.recipient.as_deref(), self.diagnostic.as_deref()].into_iter().flatten();
        told.chain([self.message_id.as_str()]).all(|text| !text.contains('\0'))
    }
}

async fn bounce(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !trusted(&state, &headers) {
        let scheme = [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))];
        return (StatusCode::UNAUTHORIZED, scheme, told("UNAUTHENTICATED")).into_response();
    }
    let Some(report) = serde_json::from_slice::<Report>(&body).ok().filter(Report::is_storable)
    else {
        return (StatusCode::BAD_REQUEST, told("BAD_REQUEST")).into_response();
    };
    let report = BounceReport {
        message_id: report.message_id,
        recipient: report.recipient,
        status: report.status,
        bounced_on: report.at.map(paris_date),
        diagnostic: report.diagnostic,
    };
    let id = tracked.correlation_id;
    match report_bounce(&state.app, &id, report).await {
        Ok(Reported::Recorded) => (StatusCode::CREATED, told("RECORDED")).into_response(),
        Ok(Reported::Known) => (StatusCode::OK, told("KNOWN")).into_response(),
        Err(ActError::Refused(refusals)) => {
            let code = refusals.first().map_or("REFUSED", |refusal| refusal.code.as_ref());
            let status = match code {
                "NOT_FOUND" => StatusCode::NOT_FOUND,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            (status, told(code)).into_response()
        }
        Err(ActError::Fault(error)) => {
            let rejection = Rejection::of_fault(&error, "webhook");
            let mut response = (rejection.status(), told(rejection.code())).into_response();
            rejection.add_headers(response.headers_mut());
            response
        }
    }
}

fn trusted(state: &ApiState, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match (&state.bounce_secret, given.and_then(http::bearer)) {
        (Some(secret), Some(given)) => secret.is(given),
        _ => false,
    }
}

fn told(outcome: &str) -> axum::Json<serde_json::Value> {
    axum::Json(json!({ "outcome": outcome }))
}
