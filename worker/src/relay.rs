//! From the outbox to the queue.
//!
//! Nothing is pushed by an act itself: this loop takes what is due, in a short transaction, and pushes
//! it. Whatever is lost after that is pushed again under a new number.

use crate::queue::{Envelope, Sender};
use crate::trouble::Trouble;
use entity::ids::OutboxId;
use entity::kind::TaskStatus;
use entity::outbox::{Column, Entity};
use entity::text::Text;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use service::clock::machine_now;
use service::context::App;
use service::fault::{self, point};
use service::outbox;
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How many tasks are in the queue at once: Redis chokes on some thousands.
const OUTSTANDING: usize = 500;
/// The pause between two rounds while the queue is full: each ended task rings, one round serves many.
const FULL_PAUSE: Duration = Duration::from_millis(50);
/// The pause after a round that failed.
const FAULT_PAUSE: Duration = Duration::from_secs(1);

/// What a round is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// An act rang: there may be something new.
    Rung,
    /// Time went by: a push may have been lost, a try's time may have come.
    Tick,
}

/// Pushes what is due, until `stop`: as soon as an act rings, and every `interval` at least. A push
/// not claimed for `patience` is repeated.
pub(crate) async fn run(
    app: App,
    queue: Arc<dyn Sender>,
    interval: Duration,
    patience: Duration,
    stop: CancellationToken,
) {
    let mut relay = Relay {
        app: app.clone(),
        queue,
        patience,
        backlog: VecDeque::new(),
        taken_at: None,
        full: false,
        trouble: Trouble::with("the outbox could not be relayed"),
    };
    let mut cause = Cause::Tick;
    loop {
        // Listening starts before looking: what is inserted in between rings.
        let mut rung = pin!(app.wake.notified());
        rung.as_mut().enable();
        let pause = relay.round(cause).await;
        let waited = async {
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
                return Cause::Tick;
            }
            tokio::select! {
                () = rung => Cause::Rung,
                () = tokio::time::sleep(interval) => Cause::Tick,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            next = waited => cause = next,
        }
    }
}

struct Relay {
    app: App,
    queue: Arc<dyn Sender>,
    patience: Duration,
    /// Taken from the outbox, not in the queue yet.
    backlog: VecDeque<Envelope>,
    taken_at: Option<Instant>,
    /// The queue holds as much as it may.
    full: bool,
    trouble: Trouble,
}

impl Relay {
    /// Takes and pushes once; says how long to pause, none to wait for the bell.
    async fn round(&mut self, cause: Cause) -> Option<Duration> {
        match self.take_and_push(cause).await {
            Ok(pushed) => {
                self.trouble.over();
                self.full = pushed >= OUTSTANDING || (self.full && pushed > 0);
                self.full.then_some(FULL_PAUSE)
            }
            Err(error) => {
                self.trouble.met(&telemetry::mask::error(&error));
                Some(FAULT_PAUSE)
            }
        }
    }

    async fn take_and_push(&mut self, cause: Cause) -> anyhow::Result<usize> {
        // What could not be handed over in good time is left to be taken anew.
        if self.taken_at.is_some_and(|taken| taken.elapsed() > self.patience * 3 / 4) {
            self.backlog.clear();
        }
        if self.backlog.is_empty() {
            self.backlog = self.take(cause).await?.into();
            self.taken_at = Some(Instant::now());
        }
        let mut pushed = 0;
        while let Some(envelope) = self.backlog.front() {
            let handed_over = self.queue.push(envelope.clone()).await;
            telemetry::metrics::queue_push(handed_over.is_ok());
            handed_over?;
            fault::pass(point::PUSHED, &envelope.kind);
            self.backlog.pop_front();
            pushed += 1;
        }
        Ok(pushed)
    }

    /// Takes what is due; asks first without a write lock, which an idle relay never needs.
    async fn take(&self, cause: Cause) -> anyhow::Result<Vec<Envelope>> {
        let something = match cause {
            Cause::Rung => self.something_new().await?,
            Cause::Tick => outbox::unfinished(&self.app.db).await? > 0,
        };
        if !something {
            return Ok(Vec::new());
        }
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let tx = self.app.db.begin_with_options(immediate).await?;
        let patience = chrono::Duration::from_std(self.patience)?;
        let due = outbox::take_due(&tx, u64::try_from(OUTSTANDING)?, patience).await?;
        tx.commit().await?;
        if !due.is_empty() {
            fault::pass(point::TAKEN, "");
        }
        Ok(due
            .into_iter()
            .map(|p| Envelope { id: p.id, push_number: p.number, kind: p.kind })
            .collect())
    }

    /// Whether a task was never pushed since it was inserted or failed, and its time has come.
    async fn something_new(&self) -> anyhow::Result<bool> {
        let waiting = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Status.eq(Text(TaskStatus::Pending)))
            .filter(Column::PushedAt.is_null())
            .filter(Column::NextAttemptAt.lte(machine_now()))
            .limit(1)
            .into_tuple::<OutboxId>()
            .one(&self.app.db)
            .await?;
        Ok(waiting.is_some())
    }
}
