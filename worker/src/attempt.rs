//! One try of one task: claimed, carried out, done in the transaction of its effect or failed.

use crate::error::{TaskError, TaskResult};
use crate::job::{Job, Post};
use crate::queue::envelope::Envelope;
use crate::task;
use entity::outbox;
use futures::FutureExt;
use service::context::{Actor, App, Context, TaskLease};
use service::fault::{self, point};
use service::journal::{Deed, Entry};
use service::outbox::AfterFailure;
use service::task::{Task, Told};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use telemetry::mask;
use telemetry::metrics::{self, TryOutcome};
use tracing::Instrument;

/// A lease is renewed this many times before it would run out.
const RENEWALS_PER_LEASE: u32 = 3;

/// Carries out tasks, for one process.
pub(crate) struct Worker {
    app: App,
    post: Post,
    name: String,
    lease: Duration,
    timeout: Duration,
    claims: AtomicU64,
}

impl Worker {
    /// A worker whose `name` no other has or had.
    pub(crate) fn new(
        app: App,
        post: Post,
        name: String,
        lease: Duration,
        timeout: Duration,
    ) -> Self {
        Self { app, post, name, lease, timeout, claims: AtomicU64::new(0) }
    }

    /// One try of what the queue delivered. Whatever happens stands in the outbox afterwards, or the
    /// lease runs out and the task is delivered again.
    pub(crate) async fn attempt(&self, envelope: Envelope) {
        let span = tracing::info_span!(
            "task",
            kind = envelope.kind,
            id = %envelope.id,
            push = envelope.push_number,
            correlation_id = tracing::field::Empty
        );
        let tried = Box::pin(self.try_once(envelope)).instrument(span.clone()).await;
        if let Err(error) = tried {
            let _entered = span.enter();
            tracing::error!(
                error = mask::error(&error),
                "the try left no trace and will be repeated"
            );
        }
    }

    async fn try_once(&self, envelope: Envelope) -> anyhow::Result<()> {
        // A name per claim: a try that lost its lease must not pass for the one that took it over.
        let owner = format!("{}/{}", self.name, self.claims.fetch_add(1, Ordering::Relaxed));
        let length = chrono::Duration::from_std(self.lease)?;
        let claimed =
            service::outbox::claim(&self.app.db, envelope.id, envelope.push_number, &owner, length)
                .await?;
        let Some(row) = claimed else {
            tracing::debug!("done, held by another or pushed again: nothing to do");
            return Ok(());
        };
        tracing::Span::current().record("correlation_id", &row.correlation_id);
        fault::pass(point::CLAIMED, &row.kind);
        let lease = TaskLease { id: row.id, owner, kind: row.kind.clone(), length };
        let ctx = Context::new(self.app.clone(), Actor::Task(lease.clone()), &row.correlation_id);
        let started = Instant::now();
        let ended = tokio::select! {
            ended = self.carry_out(&ctx, &row) => ended,
            () = self.keep(&ctx) => {
                tell(&row, TryOutcome::Abandoned, started, "its lease was lost");
                return Ok(());
            }
        };
        let Err(error) = ended else {
            tell(&row, TryOutcome::Done, started, "");
            return Ok(());
        };
        let recorded = self.record_failure(&lease, &row, &error).await;
        let outcome = match (&recorded, &error) {
            (Err(_) | Ok(AfterFailure::NotHeld), _) => TryOutcome::Abandoned,
            (Ok(AfterFailure::GivenUp(_)), _) => TryOutcome::GivenUp,
            (Ok(AfterFailure::Retried(_)), TaskError::Panic(_)) => TryOutcome::Panicked,
            (Ok(AfterFailure::Retried(_)), _) => TryOutcome::Retried,
        };
        tell(&row, outcome, started, &error.told());
        recorded.map(|_| ())
    }

    /// Carries the task out; a panic or a try that lasts too long is a failed one.
    async fn carry_out(&self, ctx: &Context, row: &outbox::Model) -> TaskResult<()> {
        let body = async {
            // What this program cannot read, a newer one beside it may.
            let task = Task::read(&row.payload).map_err(|e| TaskError::Retry(e.into()))?;
            let job = Job { ctx, post: &self.post, key: task.dedup_key() };
            fault::pass(point::BODY, &job.key);
            task::carry_out(&job, task).await
        };
        let caught = AssertUnwindSafe(body).catch_unwind();
        match tokio::time::timeout(self.timeout, caught).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => Err(TaskError::Panic(mask::panic(&*panic))),
            Err(_) => Err(TaskError::Retry(anyhow::anyhow!("not done within {:?}", self.timeout))),
        }
    }

    /// Renews the lease for as long as it can be; ends when it has run out.
    async fn keep(&self, ctx: &Context) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(self.lease / RENEWALS_PER_LEASE).await;
            match renew(ctx).await {
                Ok(()) => renewed = Instant::now(),
                Err(error) => {
                    tracing::debug!(error = mask::error(&error), "the lease was not renewed");
                }
            }
            if renewed.elapsed() >= self.lease {
                return;
            }
        }
    }

    /// Writes down why the try failed and, once it is given up, that officers must be told.
    async fn record_failure(
        &self,
        lease: &TaskLease,
        row: &outbox::Model,
        error: &TaskError,
    ) -> anyhow::Result<AfterFailure> {
        // Not as the task: a failed try neither ends it nor renews its lease.
        let ctx = Context::new(self.app.clone(), Actor::System, &row.correlation_id);
        let tx = ctx.begin().await?;
        let after = service::outbox::fail(tx.conn(), lease, &error.told(), error.next()).await?;
        match after {
            AfterFailure::NotHeld => return Ok(after),
            AfterFailure::Retried(_) => {}
            AfterFailure::GivenUp(push) => {
                let entry = Entry::new(lease.id, summary(&lease.kind)).under("X.d");
                tx.record(Deed::GiveUpTask, entry);
                service::notice::sending_changed(&tx, row).await?;
                if somebody_is_told(row) {
                    let telling = Task::TellGivenUp { task: lease.id, push };
                    tx.enqueue(telling).await?;
                }
            }
        }
        Ok(tx.seal(after).await?)
    }
}

/// Counts the try and writes its line into the log.
fn tell(row: &outbox::Model, outcome: TryOutcome, started: Instant, error: &str) {
    let took = started.elapsed();
    metrics::task_try(&row.kind, outcome, took);
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let (attempt, outcome_name) = (row.attempts + 1, outcome.as_str());
    match outcome {
        TryOutcome::Done => tracing::info!(outcome = outcome_name, attempt, ms, "tried"),
        TryOutcome::GivenUp => {
            tracing::error!(outcome = outcome_name, attempt, ms, error, "tried");
        }
        _ => tracing::warn!(outcome = outcome_name, attempt, ms, error, "tried"),
    }
}

/// An act of the task that does nothing but show that it is alive.
async fn renew(ctx: &Context) -> anyhow::Result<()> {
    Ok(ctx.begin().await?.seal(()).await?)
}

fn summary(kind: &str) -> String {
    format!("Tâche {kind} abandonnée après ses essais")
}

/// Whether somebody is told that the task was given up; of one that this program cannot read, too.
fn somebody_is_told(row: &outbox::Model) -> bool {
    if let Ok(Told::Nobody(why)) = Task::read(&row.payload).map(|task| task.told()) {
        tracing::debug!(why, "given up, and nobody is told");
        return false;
    }
    true
}
