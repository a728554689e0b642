//! What an act works with: the application, who acts, and the transaction it runs in.

mod act;
mod tx;

pub use act::Input;
pub(crate) use act::keyed;
pub use tx::Tx;

use crate::change::Bell;
use crate::clock::{LegalClock, machine_now};
use crate::error::ActResult;
use crate::sight::Sight;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::calendar::Calendar;
use entity::ids::{
    AccountId, AuthorityId, CandidateId, MachineCredentialId, OrganismId, OutboxId, SessionId,
    TypedId,
};
use entity::kind::{MachineScope, Role};
use sea_orm::DatabaseConnection;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::sync::Notify;
use uuid::Uuid;

/// What does not change while the process runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach the pages, without a final slash, e.g. `https://clea.example`, or
    /// `https://portail.example/clea` behind a proxy that takes the path away.
    pub public_url: String,
    /// The certification's code that EDOF offers must carry.
    pub certification_code: String,
    /// How long a sign-in lasts.
    pub session_length: Duration,
    /// Whether this is a production system: no demo accounts, no simulated clock.
    pub production: bool,
}

impl Settings {
    /// The whole address of a page, whose path here begins with a slash: for mails, documents and the API.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }

    /// What stands before every path on the host of the pages: `/clea`, or nothing.
    pub fn base_path(&self) -> &str {
        let rest = self.after_scheme();
        rest.find('/').map_or("", |at| &rest[at..])
    }

    /// The right side of Message-IDs: the host of the pages when it may stand there.
    pub fn mail_host(&self) -> &str {
        let host = self.after_scheme().split(['/', ':']).next().unwrap_or_default();
        if host.is_empty() || host.starts_with('[') { "clea.invalid" } else { host }
    }

    fn after_scheme(&self) -> &str {
        self.public_url.split_once("://").map_or(self.public_url.as_str(), |(_, rest)| rest)
    }
}

/// The application: what every act shares.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub db: DatabaseConnection,
    /// Legal time.
    pub clock: LegalClock,
    /// The working-day calendar.
    pub calendar: Arc<Calendar>,
    /// Settings.
    pub settings: Arc<Settings>,
    /// Rung after each commit that leaves work to the workers of this process.
    pub wake: Arc<Notify>,
    /// Rung after each commit that changed what clients follow.
    pub bell: Bell,
}

/// A role of an account, where it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The authority it is held in.
    pub authority: Option<AuthorityId>,
    /// Whether that authority is Certif Pro.
    pub certif_pro: bool,
    /// The organism it is held in.
    pub organism: Option<OrganismId>,
    /// The candidate whose record it opens.
    pub candidate: Option<CandidateId>,
}

/// A task held by a worker until its lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskLease {
    /// The outbox row.
    pub id: OutboxId,
    /// The holder: a name that no other worker run has.
    pub owner: String,
    /// What kind of task it is.
    pub kind: String,
    /// How long each renewal lasts.
    pub length: Duration,
}

/// A tool of an organism, by its credential.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The credential.
    pub id: MachineCredentialId,
    /// The first of those that replaced one another: the same for the tool's whole life.
    pub origin: MachineCredentialId,
    /// The organism for which it acts.
    pub organism: OrganismId,
    /// What it may do.
    pub scopes: Arc<[MachineScope]>,
    /// Who answers for what it records.
    pub answerable: AccountId,
}

/// Who acts.
#[derive(Debug, Clone)]
pub enum Actor {
    /// Nobody signed in.
    Anonymous,
    /// A person signed in.
    Account {
        /// The account.
        id: AccountId,
        /// The session of the request; none outside any.
        session: Option<SessionId>,
        /// Its roles that hold today.
        grants: Arc<[Grant]>,
    },
    /// A tool of an organism.
    Machine(Machine),
    /// A worker carrying out a task.
    Task(TaskLease),
    /// The platform itself, at set-up.
    System,
}

impl Actor {
    /// The account, when a person acts.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// The session of the request, when a person signed in asks.
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::Account { session, .. } => *session,
            _ => None,
        }
    }

    /// The id of who asks, for the log; empty for nobody and for the platform itself.
    pub fn name(&self) -> String {
        match self {
            Self::Account { id, .. } => id.to_string(),
            Self::Machine(machine) => machine.id.to_string(),
            _ => String::new(),
        }
    }

    /// Who holds the idempotency keys of its acts: a tool keeps its own when its credential is replaced.
    fn key_holder(&self) -> Option<Uuid> {
        match self {
            Self::Account { id, .. } => Some(id.uuid()),
            Self::Machine(machine) => Some(machine.origin.uuid()),
            _ => None,
        }
    }

    /// The roles held; none for tools and for the platform's own actors.
    pub fn grants(&self) -> &[Grant] {
        match self {
            Self::Account { grants, .. } => grants,
            _ => &[],
        }
    }

    /// What the actor may see.
    pub fn sight(&self) -> Sight {
        Sight::of(self)
    }
}

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

/// SHA-256 in lower-case hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// An instant in the machine's future.
pub(crate) fn after(length: Duration) -> DateTime<Utc> {
    machine_now() + length
}
