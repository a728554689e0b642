//! Every route of the API, and what stands around all of them.

use crate::door::guard::guard;
use crate::live::{self, room::Live};
use crate::monitor::{self, Operation};
use crate::state::ApiState;
use crate::{explorer, http, pages, request, webhooks};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::routing::get;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::limit::RequestBodyLimitLayer;

/// The largest body of a request, in bytes.
const LARGEST_BODY: usize = 1_000_000;
/// Answers below this many bytes are not worth compressing.
const COMPRESSED_ABOVE: u16 = 1_000;

/// Every route of the API, run and watched as usual.
pub fn router(state: ApiState) -> Router {
    router_with(state, Operation::default())
}

/// Every route of the API.
pub fn router_with(state: ApiState, operation: Operation) -> Router {
    let watched = monitor::beside(state.app.clone(), &operation);
    let live = Live::new(state.clone(), &operation);
    let site = state.app.settings.clone();
    let sockets = middleware::from_fn_with_state(live, live::intercept);
    let cors = state.door.cors();
    let compressed = SizeAbove::new(COMPRESSED_ABOVE.into())
        .and(NotForContentType::const_new("application/pdf"))
        .and(NotForContentType::IMAGES);
    let compressed =
        CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(compressed);
    let router = Router::new()
        .route(
            "/graphql",
            get(http::in_address).post(http::in_body).options(http::methods).layer(sockets),
        )
        .merge(explorer::router(&state.explorer, &site))
        .merge(pages::router())
        .merge(webhooks::router(state.bounce_secret.is_some()))
        .merge(pages::oidc::router(state.oidc.is_some()))
        .layer(middleware::from_fn_with_state(state.clone(), guard))
        .with_state(state)
        .merge(watched)
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
        .layer(middleware::from_fn_with_state(operation, request::observe))
        .layer(middleware::from_fn_with_state(site, pages::answer::on_site))
        .layer(compressed)
        .layer(middleware::map_request(encodings));
    // Outermost: a page of another site is told of errors too.
    match cors {
        Some(cors) => router.layer(cors),
        None => router,
    }
}

/// Asks for gzip or for nothing: who accepts neither is answered as is, once the act is done, not refused.
async fn encodings(mut request: Request) -> Request {
    let accepts = request.headers_mut().remove(header::ACCEPT_ENCODING);
    let gzip = accepts.as_ref().and_then(|value| value.to_str().ok()).is_some_and(|value| {
        let named = |one: &str| one.trim().split(';').next().map(str::trim) == Some("gzip");
        let none = |quality: &str| quality.trim().trim_matches(['0', '.']).is_empty();
        let refused = |one: &str| one.split_once("q=").is_some_and(|(_, quality)| none(quality));
        value.split(',').any(|one| named(one) && !refused(one))
    });
    if gzip {
        request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    request
}
