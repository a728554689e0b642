//! From the outbox to the queues.
//!
//! Nothing is pushed by an act itself: this loop takes what is due, in a short transaction, and pushes
//! it to the queue of its lane. Whatever is lost after that is pushed again under a new number.

use crate::queue::Sender;
use crate::queue::envelope::Envelope;
use crate::trouble::Trouble;
use entity::kind::Lane;
use sea_orm::{DatabaseConnection, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use service::context::App;
use service::fault::{self, point};
use service::outbox;
use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How many tasks of a lane are in its queue at once: Redis chokes on some thousands.
const OUTSTANDING: usize = 500;
/// The pause between two rounds while a queue is full: each ended task rings, one round serves many.
const FULL_PAUSE: Duration = Duration::from_millis(50);
/// The pause after a round that failed.
const FAULT_PAUSE: Duration = Duration::from_secs(1);

/// How often the relay looks, and how long it waits for what it pushed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// The longest pause between two rounds.
    pub(crate) interval: Duration,
    /// A push not claimed for so long is repeated.
    pub(crate) patience: Duration,
}

/// Pushes what is due to the queue of its lane, until `stop`: as soon as an act rings, and at its pace.
pub(crate) async fn run(
    app: App,
    queues: Vec<(Lane, Arc<dyn Sender>)>,
    pace: Pace,
    stop: CancellationToken,
) {
    let mut relay = Relay {
        db: app.db.clone(),
        outlets: queues.into_iter().map(|(lane, queue)| Outlet::new(lane, queue)).collect(),
        patience: pace.patience,
        trouble: Trouble::with("the outbox could not be relayed"),
    };
    loop {
        // Listening starts before looking: what is inserted in between rings.
        let mut rung = pin!(app.wake.notified());
        rung.as_mut().enable();
        let pause = relay.round().await;
        let waited = async {
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
                return;
            }
            tokio::select! {
                () = rung => {}
                () = tokio::time::sleep(pace.interval) => {}
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = waited => {}
        }
    }
}

struct Relay {
    db: DatabaseConnection,
    outlets: Vec<Outlet>,
    patience: Duration,
    trouble: Trouble,
}

/// A lane's way to its queue.
struct Outlet {
    lane: Lane,
    queue: Arc<dyn Sender>,
    /// Taken from the outbox, not in the queue yet.
    backlog: VecDeque<Envelope>,
    taken_at: Instant,
    /// The queue holds as much as it may.
    full: bool,
}

impl Relay {
    /// Takes and pushes once; says how long to pause, none to wait for the bell.
    async fn round(&mut self) -> Option<Duration> {
        match self.take_and_push().await {
            Ok(()) => {
                self.trouble.over();
                self.outlets.iter().any(|outlet| outlet.full).then_some(FULL_PAUSE)
            }
            Err(error) => {
                self.trouble.met(&telemetry::mask::error(&error));
                Some(FAULT_PAUSE)
            }
        }
    }

    /// Every lane is served, also when the queue of another one fails.
    async fn take_and_push(&mut self) -> anyhow::Result<()> {
        let mut outcome = self.take().await;
        for outlet in &mut self.outlets {
            outcome = outcome.and(outlet.push().await);
        }
        outcome
    }

    /// Takes what is due; asks first without a write lock, which an idle relay never needs.
    async fn take(&mut self) -> anyhow::Result<()> {
        // What could not be handed over in good time is left to be taken anew.
        let longest = self.patience * 3 / 4;
        for outlet in &mut self.outlets {
            if outlet.taken_at.elapsed() > longest {
                outlet.backlog.clear();
            }
        }
        let patience = chrono::Duration::from_std(self.patience)?;
        let cap = u64::try_from(OUTSTANDING)?;
        let rooms = outbox::rooms(&self.db, cap, patience).await?;
        let rooms: HashMap<Lane, u64> = rooms.into_iter().collect();
        let mut open = Vec::new();
        for outlet in &mut self.outlets {
            if let Some(room) = rooms.get(&outlet.lane)
                && outlet.has_room().await?
            {
                open.push((outlet, *room));
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let tx = self.db.begin_with_options(immediate).await?;
        let mut taken = Vec::new();
        for (outlet, room) in open {
            let due = outbox::take_due(&tx, (outlet.lane, room), patience).await?;
            taken.push((outlet, due));
        }
        tx.commit().await?;
        if taken.iter().any(|(_, due)| !due.is_empty()) {
            fault::pass(point::TAKEN, "");
        }
        for (outlet, due) in taken {
            outlet.taken_at = Instant::now();
            outlet.backlog.extend(due.into_iter().map(Envelope::from));
        }
        Ok(())
    }
}

impl Outlet {
    fn new(lane: Lane, queue: Arc<dyn Sender>) -> Self {
        let backlog = VecDeque::new();
        Self { lane, queue, backlog, taken_at: Instant::now(), full: false }
    }

    /// Whether more may be taken for it. A lane that stands still, behind a third party that does not answer,
    /// has its pushes repeated: its queue would grow without end.
    async fn has_room(&self) -> anyhow::Result<bool> {
        Ok(self.backlog.is_empty() && self.queue.waiting().await? < OUTSTANDING)
    }

    /// Hands over what was taken.
    async fn push(&mut self) -> anyhow::Result<()> {
        let mut pushed = 0;
        while let Some(envelope) = self.backlog.front() {
            let handed_over = self.queue.push(envelope.clone()).await;
            telemetry::metrics::queue_push(self.lane.as_str(), handed_over.is_ok());
            handed_over?;
            fault::pass(point::PUSHED, &envelope.kind);
            self.backlog.pop_front();
            pushed += 1;
        }
        self.full = pushed >= OUTSTANDING || (self.full && pushed > 0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use entity::ids::InvoiceId;
    use migration::{Migrator, MigratorTrait};
    use service::task::Task;
    use std::sync::Mutex;

    /// A queue that nobody takes anything from.
    #[derive(Default)]
    struct Still(Mutex<Vec<Envelope>>);

    #[async_trait]
    impl Sender for Still {
        async fn push(&self, envelope: Envelope) -> anyhow::Result<()> {
            self.0.lock().expect("sound").push(envelope);
            Ok(())
        }

        async fn waiting(&self) -> anyhow::Result<usize> {
            Ok(self.0.lock().expect("sound").len())
        }
    }

    async fn database() -> DatabaseConnection {
        let mut options = sea_orm::ConnectOptions::new("sqlite::memory:");
        options.max_connections(1).sqlx_logging(false);
        let db = sea_orm::Database::connect(options).await.expect("a database");
        Migrator::up(&db, None).await.expect("the tables");
        db
    }

    // X.d: a lane that stands still has its pushes repeated, since they might be lost; not without end, or the queue
    // would choke on them.
    #[tokio::test]
    async fn the_queue_of_a_lane_that_stands_still_does_not_grow_without_end() {
        let db = database().await;
        let tasks: Vec<_> =
            std::iter::repeat_with(|| Task::SendInvoice { invoice: InvoiceId::new() })
                .take(OUTSTANDING + 100)
                .collect();
        outbox::insert_many(&db, &tasks, "still").await.expect("inserted");
        let queue = Arc::new(Still::default());
        let lane = tasks[0].lane();
        let mut relay = Relay {
            db,
            outlets: vec![Outlet::new(lane, queue.clone())],
            // Each push is taken for lost at once.
            patience: Duration::ZERO,
            trouble: Trouble::with("the outbox could not be relayed"),
        };
        for _ in 0..10 {
            relay.take_and_push().await.expect("relayed");
        }
        let waiting = queue.waiting().await.expect("countable");
        assert!((OUTSTANDING..2 * OUTSTANDING).contains(&waiting), "{waiting}");
        // A queue that is emptied is filled again, with what was lost too.
        queue.0.lock().expect("sound").clear();
        relay.take_and_push().await.expect("relayed");
        assert_eq!(queue.waiting().await.expect("countable"), OUTSTANDING);
    }
}
