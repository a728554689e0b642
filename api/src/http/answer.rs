//! The answer to a request that was looked at: its status, its media type, and who may keep it.

use super::media::Media;
use crate::gate;
use crate::rejection::{FAULT, Rejection, UNAVAILABLE};
use async_graphql::Response;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use serde_json::json;
use service::token::hash;

/// What a stranger is shown is public, and may be shown again for this long.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=30");
const NEVER: HeaderValue = HeaderValue::from_static("no-store");
/// What an answer depends on besides its address.
const VARY: HeaderValue = HeaderValue::from_static("accept, authorization, origin");

/// The answer in the media type that the client accepts; `public` for a stranger's query by GET.
pub(super) fn finish(
    response: &Response,
    media: Media,
    public: bool,
    headers: &HeaderMap,
) -> Result<HttpResponse, Rejection> {
    let executed = gate::executed(response);
    // A request that was not executed is the client's mistake, and holds no data.
    let body = if executed {
        async_graphql::json::to_vec(response).ok()
    } else {
        serde_json::to_vec(&json!({ "errors": response.errors })).ok()
    };
    let body = body.ok_or(FAULT)?;
    let unavailable = UNAVAILABLE.is_told_in(response);
    let status = if unavailable {
        StatusCode::SERVICE_UNAVAILABLE
    } else if executed || media == Media::Json {
        StatusCode::OK
    } else {
        StatusCode::BAD_REQUEST
    };
    let kept = public && executed && response.errors.is_empty();
    let tag = kept.then(|| format!("W/\"{}\"", &hash(&body)[..32]));
    let same = tag.as_deref().is_some_and(|tag| is_known(headers, tag));
    let mut answer = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        (status, [(header::CONTENT_TYPE, media.content_type())], body).into_response()
    };
    let all = answer.headers_mut();
    if unavailable {
        UNAVAILABLE.add_headers(all);
    }
    all.insert(header::CACHE_CONTROL, if kept { PUBLIC } else { NEVER });
    all.insert(header::VARY, VARY);
    if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
        all.insert(header::ETAG, tag);
    }
    Ok(answer)
}

/// Whether the client has this answer already.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let known = known.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.map(opaque).any(|known| known == "*" || known == opaque(tag))
}
