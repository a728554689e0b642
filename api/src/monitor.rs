//! What operators and their machines ask: whether the process lives, whether it may be sent requests,
//! and its figures.

use crate::door::Proxies;
use crate::live::sockets::Sockets;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::future::BoxFuture;
use sea_orm::{DatabaseConnection, DbBackend};
use serde_json::{Map, Value};
use service::context::App;
use service::operation::{self, OutboxFigures, Tables};
use std::sync::Arc;
use std::time::Duration;
use telemetry::metrics::{self, Connections, Outbox};
use tokio_util::sync::CancellationToken;

/// How long each check of `/readyz`, and the reading of the outbox, may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

const OK: &str = "ok";
/// What a check says of something that is not there.
pub const UNREACHABLE: &str = "unreachable";
const TOO_SLOW: &str = "no answer within 2 s";

/// Something that a process reaches besides its database.
#[derive(Clone)]
pub struct Check {
    /// What it is called in `/readyz`.
    pub name: &'static str,
    /// Whether the process is not ready without it.
    pub needed: bool,
    /// Whether it serves, or in a word why not, without any address.
    pub answers: Arc<dyn Fn() -> BoxFuture<'static, Result<(), &'static str>> + Send + Sync>,
}

impl Check {
    /// What it says now.
    async fn told(&self) -> &'static str {
        match bounded((self.answers)()).await {
            Some(Ok(())) => OK,
            Some(Err(why)) => why,
            None => TOO_SLOW,
        }
    }
}

/// How the HTTP side is run and watched.
#[derive(Clone)]
pub struct Operation {
    /// How long a request may take; after that it is answered `TIMEOUT`.
    pub timeout: Duration,
    /// What `/readyz` looks at besides the database.
    pub checks: Vec<Check>,
    /// The proxies whose word is taken for where a request comes from.
    pub proxies: Proxies,
    /// Whether the API's own address serves `/metrics`: a stranger must not read it.
    pub metrics: bool,
    /// Cancelled when the process is about to stop: it is not ready any more.
    pub stopping: CancellationToken,
    /// How WebSockets are kept, and those that are open.
    pub sockets: Sockets,
}

impl Default for Operation {
    fn default() -> Self {
        Self {
            timeout: TIMEOUT,
            checks: Vec::new(),
            proxies: Proxies::default(),
            metrics: false,
            stopping: CancellationToken::new(),
            sockets: Sockets::default(),
        }
    }
}

#[derive(Clone)]
struct Watched {
    app: App,
    operation: Operation,
}

/// `/healthz`, `/readyz` and `/metrics`, for an address that only operators reach.
pub fn monitor(app: App, operation: Operation) -> Router {
    routes(app, operation, true)
}

/// The same beside the API.
pub(crate) fn beside(app: App, operation: &Operation) -> Router {
    routes(app, operation.clone(), operation.metrics)
}

fn routes(app: App, operation: Operation, with_metrics: bool) -> Router {
    let router = Router::new().route("/healthz", get(healthy)).route("/readyz", get(ready));
    let router = if with_metrics { router.route("/metrics", get(figures)) } else { router };
    router.with_state(Watched { app, operation })
}

/// The process lives: nothing else is looked at, so that a lost database kills no process.
async fn healthy() -> &'static str {
    OK
}

/// Whether requests may be sent here: each check in a word, without any address.
async fn ready(State(watched): State<Watched>) -> Response {
    let Watched { app, operation } = watched;
    let others = operation.checks.iter();
    let others = others.map(|check| async move { (check.name, check.told().await, check.needed) });
    let (database, migrations, others) =
        tokio::join!(database(&app.db), migrations(&app.db), futures::future::join_all(others));
    let checks = [("database", database, true), ("migrations", migrations, true)];
    let checks: Vec<_> = checks.into_iter().chain(others).collect();
    let stopping = operation.stopping.is_cancelled();
    let well = checks.iter().all(|(_, told, needed)| *told == OK || !needed);
    let status = match (stopping, well) {
        (true, _) => "stopping",
        (false, true) => "ready",
        (false, false) => "not ready",
    };
    let mut body = Map::new();
    body.insert("status".to_owned(), status.into());
    body.extend(checks.into_iter().map(|(name, told, _)| (name.to_owned(), Value::from(told))));
    let code = if status == "ready" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}

async fn bounded<T>(check: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(PATIENCE, check).await.ok()
}

async fn database(db: &DatabaseConnection) -> &'static str {
    match bounded(db.ping()).await {
        Some(Ok(())) => OK,
        Some(Err(_)) => UNREACHABLE,
        None => TOO_SLOW,
    }
}

async fn migrations(db: &DatabaseConnection) -> &'static str {
    match bounded(operation::tables(db)).await {
        Some(Ok(Tables::UpToDate)) => OK,
        Some(Ok(Tables::Behind)) => "changes are missing: run `clea migrate`",
        Some(Ok(Tables::Ahead)) => "changed by a newer version",
        Some(Err(_)) => "unknown",
        None => TOO_SLOW,
    }
}

async fn figures(State(watched): State<Watched>) -> Response {
    let db = &watched.app.db;
    let checks = &watched.operation.checks;
    let told = checks
        .iter()
        .map(|check| async move { metrics::check(check.name, check.told().await == OK) });
    let (read, _) =
        tokio::join!(bounded(operation::outbox_figures(db)), futures::future::join_all(told));
    let read = read.and_then(Result::ok);
    let outbox = read.map(|OutboxFigures { tasks, oldest_seconds }| Outbox {
        tasks: tasks.into_iter().map(|((l, state), n)| ((l.as_str(), state), n)).collect(),
        oldest_seconds: oldest_seconds.into_iter().map(|(l, s)| (l.as_str(), s)).collect(),
    });
    let text = metrics::text(outbox.as_ref(), connections(db));
    let headers =
        [(header::CONTENT_TYPE, metrics::MEDIA_TYPE), (header::CACHE_CONTROL, "no-store")];
    (headers, text).into_response()
}

/// The pool's figures.
fn connections(db: &DatabaseConnection) -> Option<Connections> {
    let (open, idle, most) = match db.get_database_backend() {
        DbBackend::Postgres => {
            let pool = db.get_postgres_connection_pool();
            (pool.size(), pool.num_idle(), pool.options().get_max_connections())
        }
        DbBackend::Sqlite => {
            let pool = db.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle(), pool.options().get_max_connections())
        }
        _ => return None,
    };
    let idle = u32::try_from(idle).unwrap_or(u32::MAX);
    Some(Connections { open, in_use: open.saturating_sub(idle), most })
}
