//! What every request passes first.

use super::{Class, Who};
use crate::pages::answer;
use crate::request::{Tracked, reads_pages};
use crate::state::ApiState;
use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

/// Before anything is read: the address's rate, and on the GraphQL endpoint the site that asks.
pub(crate) async fn guard(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    request: Request,
    next: Next,
) -> Response {
    let who = Who::Address(tracked.client.address);
    let counted = state.door.count(Class::Request, &who, 1);
    let admitted = counted.and_then(|()| {
        if request.uri().path() == "/graphql" {
            state.door.admits(&state.app.settings.public_url, request.headers())
        } else {
            Ok(())
        }
    });
    match admitted {
        Ok(()) => next.run(request).await,
        Err(rejection) => {
            let pages = request.uri().path() != "/graphql" && reads_pages(request.headers());
            answer::rejected(&rejection, pages, &tracked.correlation_id)
        }
    }
}
