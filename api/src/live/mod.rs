//! What reaches a client without being asked for: GraphQL over a WebSocket, with the protocol
//! `graphql-transport-ws`.
//!
//! | what | where |
//! |---|---|
//! | messages and close codes | `protocol` |
//! | how many, and with what patience | `sockets` |
//! | those that are open | `room` |
//! | one socket, from its opening to its close | `socket` |
//! | one operation on it | `operation` |
//! | following the sequence of changes | `feed` |
//! | the fields of `Subscription` | `subscription` |
//!
//! A library's own helper closes with other codes than the protocol's and asks who is there only once;
//! here a socket ends within about a second of its session, and each event is authorised anew.

pub(crate) mod feed;
mod operation;
mod protocol;
pub(crate) mod room;
mod socket;
pub(crate) mod sockets;
pub(crate) mod subscription;

use crate::door::Who;
use crate::rejection::{FAULT, Rejection, UNAVAILABLE};
use crate::request::Tracked;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use room::Live;
use std::sync::Arc;

/// The largest answer that waits to be written, in bytes: a page of a hundred histories is far smaller.
const LARGEST_WRITE_BUFFER: usize = 16 * 1024 * 1024;

const NO_UPGRADE: Rejection = Rejection::new(
    StatusCode::BAD_REQUEST,
    "BAD_REQUEST",
    "Cette demande d’ouverture d’un WebSocket n’est pas de la forme attendue.",
);
const TOO_MANY: Rejection = Rejection::new(
    StatusCode::TOO_MANY_REQUESTS,
    "TOO_MANY_SOCKETS",
    "Trop de connexions sont ouvertes depuis cette adresse : fermez-en avant d’en ouvrir une autre.",
);

/// Opens a socket where one is asked for; any other request goes on.
pub(crate) async fn intercept(
    State(live): State<Arc<Live>>,
    request: Request,
    next: Next,
) -> Response {
    let asked = request.method() == Method::GET
        && request
            .headers()
            .get(header::UPGRADE)
            .is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"));
    if asked { open(live, request).await } else { next.run(request).await }
}

async fn open(live: Arc<Live>, request: Request) -> Response {
    let Some(Tracked { correlation_id, client, .. }) = request.extensions().get().cloned() else {
        return FAULT.into_response("");
    };
    let room = match live.room.clone().try_acquire_owned() {
        Ok(room) if !live.operation.stopping.is_cancelled() => room,
        _ => return UNAVAILABLE.into_response(&correlation_id),
    };
    let Some(unknown) = live.count(&Who::Address(client.address)) else {
        return TOO_MANY.into_response(&correlation_id);
    };
    let (mut parts, _) = request.into_parts();
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await else {
        return NO_UPGRADE.into_response(&correlation_id);
    };
    let largest = live.limits().largest_message;
    let header = parts.headers.get(header::AUTHORIZATION);
    let opened = socket::Opened {
        correlation_id,
        client,
        authorization: header.and_then(|value| value.to_str().ok()).map(str::to_owned),
        unknown: Some(unknown),
        _room: room,
    };
    let tracker = live.limits().open.clone();
    let mut upgrade = upgrade.protocols([protocol::NAME]);
    // A client of another protocol hears 4406 rather than nothing: its handshake must succeed for that.
    let other = upgrade.requested_protocols().next().cloned();
    if let (None, Some(other)) = (upgrade.selected_protocol(), other) {
        upgrade.set_selected_protocol(other);
    }
    upgrade
        .max_message_size(largest)
        .max_frame_size(largest)
        .max_write_buffer_size(LARGEST_WRITE_BUFFER)
        .on_upgrade(move |socket| tracker.track_future(socket::serve(live, socket, opened)))
}
