//! What the mail server reports: `POST /webhooks/bounces`, with the secret that both sides know
//! (interpretation 5). The route exists only where a secret is set.

mod report;
pub(crate) mod secret;

use crate::http;
use crate::rejection::Rejection;
use crate::request::Tracked;
use crate::state::ApiState;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use domain::Refusal;
use serde_json::json;
use service::error::ActError;
use service::notice::{Reported, report_bounce};
use telemetry::metrics::{self, BounceOutcome};

/// The routes of the webhooks, where bounces are taken.
pub(crate) fn router(bounces: bool) -> Router<ApiState> {
    if bounces { Router::new().route("/webhooks/bounces", post(bounce)) } else { Router::new() }
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
    let Some(reports) = report::read(headers.get(header::CONTENT_TYPE), &body) else {
        metrics::bounce_report(BounceOutcome::Refused);
        return (StatusCode::BAD_REQUEST, told("BAD_REQUEST")).into_response();
    };
    let mut heard = Vec::new();
    for report in reports {
        match report_bounce(&state.app, &tracked.correlation_id, report).await {
            Err(ActError::Fault(error)) => {
                let rejection = Rejection::of_fault(&error, "webhook");
                let mut response = (rejection.status(), told(rejection.code())).into_response();
                rejection.add_headers(response.headers_mut());
                return response;
            }
            Err(ActError::Refused(refusals)) => heard.push(Heard::of_refusal(&refusals)),
            Ok(reported) => heard.push(Heard::of(reported)),
        }
    }
    // A report about several recipients is answered by what came of the one that the notice was for.
    let Some(best) = heard.into_iter().min_by_key(|heard| heard.rank) else {
        return (StatusCode::BAD_REQUEST, told("BAD_REQUEST")).into_response();
    };
    metrics::bounce_report(best.counted);
    (best.status, told(&best.code)).into_response()
}

/// What came of a report about one recipient.
struct Heard {
    rank: u8,
    status: StatusCode,
    code: String,
    counted: BounceOutcome,
}

impl Heard {
    fn of(reported: Reported) -> Self {
        let (rank, status, code, counted) = match reported {
            Reported::Recorded => (0, StatusCode::CREATED, "RECORDED", BounceOutcome::Recorded),
            Reported::Known => (1, StatusCode::OK, "KNOWN", BounceOutcome::Known),
            Reported::NoBounce => (4, StatusCode::OK, "NO_BOUNCE", BounceOutcome::NoBounce),
        };
        Self { rank, status, code: code.to_owned(), counted }
    }

    fn of_refusal(refusals: &[Refusal]) -> Self {
        let code = refusals.first().map_or("REFUSED", |refusal| refusal.code.as_ref());
        let (rank, status, counted) = match code {
            "NOT_FOUND" => (3, StatusCode::NOT_FOUND, BounceOutcome::Unmatched),
            _ => (2, StatusCode::UNPROCESSABLE_ENTITY, BounceOutcome::Refused),
        };
        Self { rank, status, code: code.to_owned(), counted }
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
