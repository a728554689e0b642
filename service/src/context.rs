//! What an act works with: the application, who acts, and the transaction it runs in.

use crate::change::{self, Bell, Changed};
use crate::clock::{LegalClock, LegalNow, machine_now};
use crate::error::{ActError, ActResult};
use crate::fault::{self, defect, point};
use crate::journal::{self, Entry};
use crate::outbox;
use crate::policy::Act;
use crate::sight::Sight;
use crate::task::Task;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::Refusal;
use domain::calendar::Calendar;
use entity::idempotency_key;
use entity::ids::{
    AccountId, AuthorityId, CandidateId, MachineCredentialId, OrganismId, OutboxId, SessionId,
    TypedId,
};
use entity::kind::{MachineScope, Role};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, DatabaseConnection, DatabaseTransaction, EntityTrait,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, TryInsertResult,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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

/// A keyed act either starts, or was already answered.
pub enum Begun {
    /// It starts.
    Fresh(Box<Tx>),
    /// The same key and payload were answered with this id.
    Done(String),
}

/// The transaction of one act. Dropped without [`Tx::commit`], it leaves nothing behind.
pub struct Tx {
    ctx: Context,
    inner: DatabaseTransaction,
    /// Legal time, the same for the whole act.
    pub now: LegalNow,
    /// The idempotency key that the act holds.
    key: Option<(Uuid, String)>,
    /// Whether the commit leaves work to the workers, or ends some.
    rings: AtomicBool,
    /// What clients follow and the act changed.
    changed: Mutex<BTreeSet<Changed>>,
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

    /// Begins an act's transaction: immediate on SQLite, so that what it reads stays true.
    pub async fn begin(&self) -> ActResult<Tx> {
        let tx = self
            .app
            .db
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..Default::default()
            })
            .await?;
        let now = self.app.clock.read(&tx).await?;
        Ok(Tx {
            ctx: self.clone(),
            inner: tx,
            now,
            key: None,
            rings: AtomicBool::new(false),
            changed: Mutex::default(),
        })
    }

    /// Begins a mutation; with an idempotency key, the same key and payload answer as before, and
    /// the same key with another payload is refused (P11).
    pub async fn begin_act(
        &self,
        act: Act,
        key: Option<&str>,
        payload: &(impl Serialize + Sync),
    ) -> ActResult<Begun> {
        let mut tx = self.begin().await?;
        let key = key.filter(|_| !fault::planted(defect::KEY_IGNORED));
        let (Some(key), Some(holder)) = (key, self.actor.key_holder()) else {
            return Ok(Begun::Fresh(Box::new(tx)));
        };
        if key.is_empty() || key.len() > 200 {
            return Err(Refusal::new(
                "IDEMPOTENCY_KEY_INVALID",
                "La clé d’idempotence compte de 1 à 200 caractères.",
            )
            .at(["idempotencyKey"])
            .into());
        }
        let payload_hash = hash(&serde_json::to_vec(payload)?);
        let row = idempotency_key::ActiveModel {
            holder_id: Set(holder),
            key: Set(key.to_owned()),
            mutation: Set(act.as_str().to_owned()),
            payload_hash: Set(payload_hash.clone()),
            result_id: Set(String::new()),
            created_at: Set(machine_now()),
        };
        // A twin under way holds the row: this waits for its end, then finds its answer.
        let taken = idempotency_key::Entity::insert(row)
            .on_conflict_do_nothing()
            .exec_without_returning(&tx.inner)
            .await?;
        if matches!(taken, TryInsertResult::Inserted(rows) if rows > 0) {
            tx.key = Some((holder, key.to_owned()));
            return Ok(Begun::Fresh(Box::new(tx)));
        }
        let known = idempotency_key::Entity::find_by_id((holder, key.to_owned()));
        let known = known.one(&tx.inner).await?;
        match known.filter(|k| k.mutation == act.as_str() && k.payload_hash == payload_hash) {
            Some(known) => {
                self.replayed.store(true, Ordering::Relaxed);
                Ok(Begun::Done(known.result_id))
            }
            None => Err(Refusal::new(
                "IDEMPOTENCY_KEY_REUSED",
                "Cette clé d’idempotence a déjà servi pour une autre demande.",
            )
            .at(["idempotencyKey"])
            .into()),
        }
    }
}

impl Tx {
    /// The connection, inside the transaction.
    pub fn conn(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// The context that the act was begun with.
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// The legal date of the act.
    pub fn today(&self) -> NaiveDate {
        self.now.today
    }

    /// The working-day calendar.
    pub fn calendar(&self) -> &Calendar {
        &self.ctx.app.calendar
    }

    /// The account that acts; a refusal when nobody is signed in, or a tool is: what asks for a person
    /// is closed to tools.
    pub fn account(&self) -> ActResult<AccountId> {
        match &self.ctx.actor {
            Actor::Account { id, .. } => Ok(*id),
            Actor::Machine(_) => Err(crate::policy::not_a_person().into()),
            _ => Err(crate::policy::not_signed_in().into()),
        }
    }

    /// Who answers for what is recorded: the account that acts, or the one that gave the tool its
    /// credential; a refusal when nobody is signed in. For the acts that a scope opens to tools.
    pub fn answerable(&self) -> ActResult<AccountId> {
        match &self.ctx.actor {
            Actor::Machine(machine) => Ok(machine.answerable),
            _ => self.account(),
        }
    }

    /// Adds a task that must follow this act.
    pub async fn enqueue(&self, task: Task) -> ActResult<Option<OutboxId>> {
        self.rings.store(true, Ordering::Relaxed);
        let correlation_id = &self.ctx.correlation_id;
        if fault::planted(defect::FOLLOW_UP_OUTSIDE) {
            return Ok(outbox::insert(&self.ctx.app.db, &task, correlation_id).await?);
        }
        Ok(outbox::insert(&self.inner, &task, correlation_id).await?)
    }

    /// Adds many tasks that must follow this act.
    pub async fn enqueue_all(&self, tasks: &[Task]) -> ActResult<()> {
        self.rings.store(true, Ordering::Relaxed);
        let correlation_id = &self.ctx.correlation_id;
        if fault::planted(defect::FOLLOW_UP_OUTSIDE) {
            return Ok(outbox::insert_many(&self.ctx.app.db, tasks, correlation_id).await?);
        }
        Ok(outbox::insert_many(&self.inner, tasks, correlation_id).await?)
    }

    /// Tells clients, once the act is committed, that this changed.
    pub fn changed(&self, what: impl IntoIterator<Item = Changed>) {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).extend(what);
    }

    /// Tells how many of its steps a long task has done; nothing where no task acts.
    pub async fn progress(&self, done: usize, total: usize) -> ActResult<()> {
        if let Actor::Task(lease) = &self.ctx.actor {
            outbox::progress(&self.inner, lease, done, total).await?;
        }
        Ok(())
    }

    /// Ends the act: its journal entry, its idempotency record, its task's end, and the commit.
    /// Gives `result` back so that an act can end with it.
    pub async fn commit<T: ToString>(self, result: T, entry: Entry) -> ActResult<T> {
        self.tell(entry).await?;
        if let Some((holder, key)) = &self.key {
            idempotency_key::ActiveModel {
                holder_id: Set(*holder),
                key: Set(key.clone()),
                result_id: Set(result.to_string()),
                ..Default::default()
            }
            .update(&self.inner)
            .await?;
        }
        self.seal(result).await
    }

    /// Adds an entry to the journal; an act that changes several objects tells of each.
    pub async fn tell(&self, entry: Entry) -> ActResult<()> {
        Ok(journal::append(&self.inner, &self.ctx, self.now, entry).await?)
    }

    /// Ends a task's last transaction, and the task with it.
    pub async fn finish(mut self) -> ActResult<()> {
        self.ctx.completes_task = true;
        self.seal(()).await
    }

    /// Ends what is no person's act: without a journal entry of its own.
    pub async fn seal<T>(self, result: T) -> ActResult<T> {
        if let Actor::Task(lease) = &self.ctx.actor {
            let held = if self.ctx.completes_task {
                self.rings.store(true, Ordering::Relaxed);
                outbox::mark_done(&self.inner, lease).await?
            } else {
                outbox::renew(&self.inner, lease).await?
            };
            if !held {
                return Err(ActError::Fault(anyhow::anyhow!(
                    "the task's lease was lost: nothing is written"
                )));
            }
        }
        let changed = self.changed.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Last: its row is held until the commit.
        let seq = change::write(&self.inner, changed).await?;
        fault::pass(point::COMMITTING, &self.ctx.correlation_id);
        if fault::planted(defect::ANSWERED_UNSTORED) {
            let late = self.inner;
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                late.commit().await
            });
            return Ok(result);
        }
        self.inner.commit().await?;
        fault::pass(point::COMMITTED, &self.ctx.correlation_id);
        if self.rings.load(Ordering::Relaxed) {
            self.ctx.app.wake.notify_waiters();
        }
        if let Some(seq) = seq {
            self.ctx.app.bell.ring(seq);
        }
        Ok(result)
    }
}

/// SHA-256 in lower-case hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// Begins a mutation's act, or returns the id that the same idempotency key was answered with.
#[macro_export]
macro_rules! begin {
    ($ctx:expr, $act:expr, $input:expr) => {
        match $ctx.begin_act($act, $input.idempotency_key.as_deref(), &$input).await? {
            $crate::context::Begun::Fresh(tx) => *tx,
            $crate::context::Begun::Done(id) => {
                return id.parse().map_err(|_| {
                    $crate::error::ActError::Fault(anyhow::anyhow!("stored result id"))
                });
            }
        }
    };
}

/// An instant in the machine's future.
pub(crate) fn after(length: Duration) -> DateTime<Utc> {
    machine_now() + length
}
