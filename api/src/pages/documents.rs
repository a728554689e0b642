//! Files for who is signed in: documents (IV.5.a) and finance's exports (A2.g).

use super::answer::{Answer, failed, file, not_found, sign_in_first};
use crate::request::Tracked;
use crate::state::ApiState;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use service::context::Context;

/// A document, for who may see what it is about.
pub(super) async fn open(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let ctx = match signed_in(&state, &headers, &tracked).await {
        Ok(ctx) => ctx,
        Err(answer) => return *answer,
    };
    match service::document::open(&ctx, &id).await {
        Ok((document, bytes)) => file(&document.file_name, &document.media_type, bytes),
        Err(error) => failed(&error, &tracked.correlation_id),
    }
}

/// A quarter's invoice lines: `2026Q3.csv`.
pub(super) async fn quarter(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let Some(quarter) = name.strip_suffix(".csv") else { return not_found() };
    let ctx = match signed_in(&state, &headers, &tracked).await {
        Ok(ctx) => ctx,
        Err(answer) => return *answer,
    };
    match service::billing::export_csv(&ctx, quarter).await {
        Ok(bytes) => file(&format!("factures-{name}"), "text/csv; charset=utf-8", bytes),
        Err(error) => failed(&error, &tracked.correlation_id),
    }
}

/// The request's context, from the token of its `Authorization: Bearer` header.
async fn signed_in(
    state: &ApiState,
    headers: &HeaderMap,
    tracked: &Tracked,
) -> Result<Context, Box<Answer>> {
    let app = &state.app;
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else { return Err(Box::new(sign_in_first())) };
    match service::account::authenticate(app, &app.db, token.trim()).await {
        Ok(Some(actor)) => Ok(Context::new(app.clone(), actor, &tracked.correlation_id)),
        Ok(None) => Err(Box::new(sign_in_first())),
        Err(error) => Err(Box::new(failed(&error, &tracked.correlation_id))),
    }
}
