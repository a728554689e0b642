//! The transaction that an act runs in: what it reads and writes through, and what it leaves behind.

use super::{Actor, Context};
use crate::change::{self, Changed};
use crate::clock::LegalNow;
use crate::error::{ActError, ActResult};
use crate::fault::{self, defect, point};
use crate::journal::{self, Deed, Entry};
use crate::outbox;
use crate::policy::{self, Act, Place};
use crate::task::Task;
use chrono::NaiveDate;
use domain::calendar::Calendar;
use entity::ids::{AccountId, OutboxId};
use sea_orm::DatabaseTransaction;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The transaction of one act. Clones are the same transaction; dropped without a commit, it leaves nothing
/// behind.
#[derive(Clone)]
pub struct Tx {
    shared: Arc<Shared>,
    /// Legal time, the same for the whole act.
    pub now: LegalNow,
}

struct Shared {
    ctx: Context,
    inner: DatabaseTransaction,
    /// What the transaction carries out; none for a step of a task.
    deed: Option<Deed>,
    /// Whether the commit leaves work to the workers, or ends some.
    rings: AtomicBool,
    /// What clients follow and the act changed.
    changed: Mutex<BTreeSet<Changed>>,
    /// What the commit writes into the journal, in this order.
    entries: Mutex<Vec<(Deed, Entry)>>,
}

impl Tx {
    pub(super) fn new(
        ctx: Context,
        inner: DatabaseTransaction,
        deed: Option<Deed>,
        now: LegalNow,
    ) -> Self {
        let shared = Shared {
            ctx,
            inner,
            deed,
            rings: AtomicBool::new(false),
            changed: Mutex::default(),
            entries: Mutex::default(),
        };
        Self { shared: Arc::new(shared), now }
    }

    /// The connection, inside the transaction.
    pub fn conn(&self) -> &DatabaseTransaction {
        &self.shared.inner
    }

    /// The context that the act was begun with.
    pub fn ctx(&self) -> &Context {
        &self.shared.ctx
    }

    /// The act of the policy's table that is carried out; a fault where none is.
    pub fn act(&self) -> ActResult<Act> {
        match self.shared.deed {
            Some(Deed::Act(act)) => Ok(act),
            other => Err(anyhow::anyhow!("{other:?} is no act of the policy's table").into()),
        }
    }

    /// Goes on when the actor may do the transaction's act there.
    pub fn require(&self, place: &Place) -> ActResult<()> {
        policy::require(&self.ctx().actor, self.act()?, place)
    }

    /// The legal date of the act.
    pub fn today(&self) -> NaiveDate {
        self.now.today
    }

    /// The working-day calendar.
    pub fn calendar(&self) -> &Calendar {
        &self.ctx().app.calendar
    }

    /// The account that acts; a refusal when nobody is signed in, or a tool is: what asks for a person
    /// is closed to tools.
    pub fn account(&self) -> ActResult<AccountId> {
        match &self.ctx().actor {
            Actor::Account { id, .. } => Ok(*id),
            Actor::Machine(_) => Err(policy::not_a_person().into()),
            _ => Err(policy::not_signed_in().into()),
        }
    }

    /// Who answers for what is recorded: the account that acts, or the one that gave the tool its
    /// credential; a refusal when nobody is signed in. For the acts that a scope opens to tools.
    pub fn answerable(&self) -> ActResult<AccountId> {
        match &self.ctx().actor {
            Actor::Machine(machine) => Ok(machine.answerable),
            _ => self.account(),
        }
    }

    /// Adds a task that must follow this act.
    pub async fn enqueue(&self, task: Task) -> ActResult<Option<OutboxId>> {
        self.shared.rings.store(true, Ordering::Relaxed);
        let correlation_id = &self.ctx().correlation_id;
        if fault::planted(defect::FOLLOW_UP_OUTSIDE) {
            return Ok(outbox::insert(self.ctx().db(), &task, correlation_id).await?);
        }
        Ok(outbox::insert(self.conn(), &task, correlation_id).await?)
    }

    /// Adds many tasks that must follow this act.
    pub async fn enqueue_all(&self, tasks: &[Task]) -> ActResult<()> {
        self.shared.rings.store(true, Ordering::Relaxed);
        let correlation_id = &self.ctx().correlation_id;
        if fault::planted(defect::FOLLOW_UP_OUTSIDE) {
            return Ok(outbox::insert_many(self.ctx().db(), tasks, correlation_id).await?);
        }
        Ok(outbox::insert_many(self.conn(), tasks, correlation_id).await?)
    }

    /// Tells clients, once the act is committed, that this changed.
    pub fn changed(&self, what: impl IntoIterator<Item = Changed>) {
        self.shared.changed.lock().unwrap_or_else(PoisonError::into_inner).extend(what);
    }

    /// Has the commit write an entry of `deed` into the journal, after those given before.
    pub fn record(&self, deed: impl Into<Deed>, entry: Entry) {
        let mut entries = self.shared.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.push((deed.into(), entry));
    }

    /// Writes how many of its steps a long task has done; nothing where no task acts.
    pub async fn progress(&self, done: usize, total: usize) -> ActResult<()> {
        if let Actor::Task(lease) = &self.ctx().actor {
            outbox::progress(self.conn(), lease, done, total).await?;
        }
        Ok(())
    }

    /// Commits a task's last transaction, and ends the task with it.
    pub async fn finish(self) -> ActResult<()> {
        self.end(true).await
    }

    /// Commits, with the journal's entries and the end of the task where the context asks for it. Gives
    /// `result` back so that an act can end with it.
    pub async fn seal<T>(self, result: T) -> ActResult<T> {
        let ends_task = self.ctx().completes_task;
        self.end(ends_task).await?;
        Ok(result)
    }

    async fn end(self, ends_task: bool) -> ActResult<()> {
        let shared = Arc::into_inner(self.shared);
        let shared = shared.ok_or_else(|| anyhow::anyhow!("the transaction is still in use"))?;
        shared.commit(self.now, ends_task).await
    }
}

impl Shared {
    async fn commit(self, now: LegalNow, ends_task: bool) -> ActResult<()> {
        let Self { ctx, inner, rings, changed, entries, .. } = self;
        let mut rings = rings.into_inner();
        if let Actor::Task(lease) = &ctx.actor {
            let held = if ends_task {
                rings = true;
                outbox::mark_done(&inner, lease).await?
            } else {
                outbox::renew(&inner, lease).await?
            };
            if !held {
                return Err(ActError::Fault(anyhow::anyhow!(
                    "the task's lease was lost: nothing is written"
                )));
            }
        }
        // Last: both lock one row, which every other act waits for, until the commit.
        let entries = entries.into_inner().unwrap_or_else(PoisonError::into_inner);
        journal::write(&inner, &ctx, now, entries).await?;
        let changed = changed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let seq = change::write(&inner, changed).await?;
        fault::pass(point::COMMITTING, &ctx.correlation_id);
        if fault::planted(defect::ANSWERED_UNSTORED) {
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                inner.commit().await
            });
            return Ok(());
        }
        inner.commit().await?;
        fault::pass(point::COMMITTED, &ctx.correlation_id);
        if rings {
            ctx.app.wake.notify_waiters();
        }
        if let Some(seq) = seq {
            ctx.app.bell.ring(seq);
        }
        Ok(())
    }
}
