//! The pages that people open without an account, and the files that sign-ins and links give access to.
//!
//! Server-rendered, in French, without any script. Every page can be opened again and again: only its
//! button changes anything (P13).

mod accounts;
pub(crate) mod answer;
mod certificates;
mod documents;
mod notices;
pub(crate) mod oidc;

use crate::state::ApiState;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;

/// The pages' routes.
pub fn router() -> Router<ApiState> {
    Router::new()
        .route("/notices/{token}", get(notices::show).post(notices::acknowledge))
        .route("/notices/{token}/documents/{id}", get(notices::document))
        .route("/certificates", get(certificates::form))
        .route("/certificates/{code}", get(certificates::show))
        .route("/documents/{id}", get(documents::open))
        .route("/exports/quarters/{file}", get(documents::quarter))
        .route("/invitations/{token}", get(accounts::invitation).post(accounts::accept))
        .route("/password-resets", get(accounts::forgotten).post(accounts::send))
        .route("/password-resets/{token}", get(accounts::reset).post(accounts::choose))
        .route("/pages.css", get(style))
}

async fn style() -> impl IntoResponse {
    let headers =
        [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("../../templates/pages.css"))
}
