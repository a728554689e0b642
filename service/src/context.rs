//! What an act works with: the application, who acts, and the transaction it runs in.

mod act;
mod actor;
mod application;
mod tx;

pub use act::Input;
pub(crate) use act::keyed;
pub use actor::{Actor, Grant, Machine, TaskLease};
pub use application::{App, Settings};
pub use tx::Tx;

use crate::clock::machine_now;
use crate::error::ActResult;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use sea_orm::DatabaseConnection;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// One request or one task: the application, who acts, and what ties its traces together.
#[derive(Clone)]
pub struct Context {
    /// The application.
    pub app: App,
    /// Who acts.
    pub actor: Actor,
    /// Goes from the request through the outbox to the task.
    pub correlation_id: String,
    /// Whether the act's commit ends the actor's task.
    pub completes_task: bool,
    /// Set when the act was answered as its idempotency key was answered before.
    pub replayed: Arc<AtomicBool>,
}

impl Context {
    /// For a request of `actor`.
    pub fn new(app: App, actor: Actor, correlation_id: impl Into<String>) -> Self {
        let correlation_id = correlation_id.into();
        Self { app, actor, correlation_id, completes_task: false, replayed: Arc::default() }
    }

    /// The same, its next commit ending the actor's task.
    pub fn completing(&self) -> Self {
        Self { completes_task: true, ..self.clone() }
    }

    /// The database, for reading.
    pub fn db(&self) -> &DatabaseConnection {
        &self.app.db
    }

    /// The legal date as of now.
    pub async fn today(&self) -> ActResult<NaiveDate> {
        Ok(self.app.clock.read(self.db()).await?.today)
    }
}

/// An instant in the machine's future.
pub(crate) fn after(length: Duration) -> DateTime<Utc> {
    machine_now() + length
}
