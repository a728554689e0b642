//! What reaches a client without being asked for: GraphQL over a WebSocket, with the protocol
//! `graphql-transport-ws`.
//!
//! | what | where |
//! |---|---|
//! | messages and close codes | `protocol` |
//! | one socket, from its opening to its close | `socket` |
//! | one operation on it | `operation` |
//! | following the sequence of changes | `feed` |
//! | the fields of `Subscription` | `subscription` |
//!
//! A library's own helper closes with other codes than the protocol's and asks who is there only once;
//! here a socket ends within about a second of its session, and each event is authorised anew.

mod feed;
mod operation;
mod protocol;
mod socket;
mod subscription;

pub(crate) use feed::{Feed, Place, Standing};
pub use subscription::Subscription;

use crate::ApiState;
use crate::door::Who;
use crate::monitor::Operation;
use crate::rejection::{FAULT, Rejection, UNAVAILABLE};
use crate::request::Tracked;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use telemetry::mask;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

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

/// How sockets are kept: their number, their patience, and those that are open.
#[derive(Debug, Clone)]
pub struct Sockets {
    /// How long a client may take to say who it is.
    pub init_patience: Duration,
    /// How often it is asked whether the session still holds, and what other processes committed.
    pub recheck: Duration,
    /// How long a client may say nothing at all: it is pinged three times before.
    pub silence: Duration,
    /// How long a client may take to read what it is sent.
    pub write_patience: Duration,
    /// How many sockets a process keeps open.
    pub most: usize,
    /// How many sockets an account keeps open at a process, and an address those that are nobody's.
    pub most_per_account: usize,
    /// How many operations run on a socket at once.
    pub most_operations: usize,
    /// The largest message of a client, in bytes.
    pub largest_message: usize,
    /// Those that are open.
    pub open: TaskTracker,
}

impl Default for Sockets {
    fn default() -> Self {
        Self {
            init_patience: Duration::from_secs(10),
            recheck: Duration::from_secs(1),
            silence: Duration::from_mins(1),
            write_patience: Duration::from_secs(10),
            most: 5_000,
            most_per_account: 50,
            most_operations: 50,
            largest_message: 1_000_000,
            open: TaskTracker::new(),
        }
    }
}

impl Sockets {
    /// Waits until all are closed, once the process stops: each client is told to come back.
    pub async fn closed(&self, patience: Duration) {
        self.open.close();
        if tokio::time::timeout(patience, self.open.wait()).await.is_err() {
            tracing::warn!(sockets = self.open.len(), "cut: they took too long to end");
        }
    }
}

/// The sockets of one API process.
pub(crate) struct Live {
    state: ApiState,
    operation: Operation,
    room: Arc<Semaphore>,
    callers: Mutex<HashMap<Who, usize>>,
    polled: AtomicBool,
}

impl Live {
    /// None is open yet.
    pub(crate) fn new(state: ApiState, operation: &Operation) -> Arc<Self> {
        Arc::new(Self {
            state,
            operation: operation.clone(),
            room: Arc::new(Semaphore::new(operation.sockets.most)),
            callers: Mutex::default(),
            polled: AtomicBool::new(false),
        })
    }

    fn limits(&self) -> &Sockets {
        &self.operation.sockets
    }

    /// Counts a socket of the account or the tool, else of the address; none when it has as many as it may.
    fn count(self: &Arc<Self>, caller: &Who) -> Option<Counted> {
        let caller = caller.key();
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let open = callers.entry(caller.clone()).or_default();
        if *open >= self.limits().most_per_account {
            return None;
        }
        *open += 1;
        Some(Counted { live: self.clone(), caller })
    }

    /// Rings for what other processes commit: one statement each time for the whole process, none while
    /// nobody listens. Begun with the first socket.
    fn poll(self: &Arc<Self>) {
        if self.polled.swap(true, Ordering::Relaxed) {
            return;
        }
        let (app, stop) = (self.state.app.clone(), self.operation.stopping.clone());
        let every = self.limits().recheck;
        tokio::spawn(stop.run_until_cancelled_owned(async move {
            loop {
                tokio::time::sleep(every).await;
                if app.bell.is_unheard() {
                    continue;
                }
                match service::change::position(&app.db).await {
                    Ok(position) => app.bell.ring(position.seq),
                    Err(error) => {
                        let error = mask::error(&error.into());
                        tracing::debug!(error, "the sequence of changes was not read");
                    }
                }
            }
        }));
    }
}

/// A socket that counts for its caller.
struct Counted {
    live: Arc<Live>,
    caller: Who,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut callers = self.live.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = callers.get_mut(&self.caller) {
            *open -= 1;
            if *open == 0 {
                callers.remove(&self.caller);
            }
        }
    }
}

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
