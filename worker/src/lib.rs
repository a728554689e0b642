//! The workers: what must follow an act, and what runs by itself.
//!
//! | what | where |
//! |---|---|
//! | the outbox's due tasks go to the queue | `relay` |
//! | the queues, one per lane, in this process or on Redis | `queue` |
//! | how many tasks of each lane run at once | [`Concurrency`] |
//! | one try of one task: claimed, carried out, done or failed | `attempt` |
//! | what a try has at hand | `job` |
//! | what each kind of task does | `task` |
//! | a mail: composed once, sent at least once, its acceptance recorded | `notify` |
//! | the day's reconcilers, and the simulated clock | `schedule` |
//!
//! A queue only carries ids. What is to be done, how often it was tried and why it failed stand in
//! the outbox; a task ends in the transaction of its own effect. A queue that forgets, a worker that
//! dies and a task delivered twice therefore change nothing (X.d).

mod attempt;
mod concurrency;
mod error;
mod job;
mod notify;
mod queue;
mod relay;
mod schedule;
mod task;
mod trouble;

pub use concurrency::Concurrency;

use anyhow::Context as _;
use attempt::Worker;
use entity::kind::Lane;
use job::Post;
use mailer::Transport;
use queue::{Carrier, Consumer, Sender};
use relay::Pace;
use service::context::App;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Where tasks wait between the outbox and a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Queue {
    /// In this process: nothing to install.
    InProcess,
    /// On Redis, shared by every process with the same namespace.
    Redis {
        /// `redis://host:port/`.
        url: String,
        /// The prefix of its keys.
        namespace: String,
    },
}

impl Queue {
    /// Whether it can be used now; at most this long. What runs waits for a server that went away: this is
    /// for the start, where a mistake in the address must show.
    pub async fn reach(&self, patience: Duration) -> anyhow::Result<()> {
        match self {
            Self::InProcess => Ok(()),
            Self::Redis { url, .. } => queue::redis::reach(url, patience).await,
        }
    }
}

/// How a worker process works.
#[derive(Clone)]
pub struct WorkerSettings {
    /// The application.
    pub app: App,
    /// How mails leave.
    pub transport: Arc<dyn Transport>,
    /// Who mails come from: `Name <address>` or an address.
    pub from: String,
    /// Where answers go, when not there.
    pub reply_to: Option<String>,
    /// Where tasks wait.
    pub queue: Queue,
    /// How many tasks of each lane run at once.
    pub concurrency: Concurrency,
    /// How long a claimed task stays claimed without a sign of life (machine time).
    pub lease: Duration,
    /// How long one try may take (machine time).
    pub task_timeout: Duration,
    /// How long a pushed task may wait for a worker before it is pushed again (machine time): longer
    /// than a full queue takes.
    pub push_patience: Duration,
    /// How often the outbox and the clock are looked at when nothing rings (machine time).
    pub relay_interval: Duration,
    /// What this worker is called in logs; made unique by the process itself.
    pub name: String,
}

/// Works until `stop`: then the tasks that run are finished, and nothing new starts.
///
/// Fails only on what another start would not mend by itself: a bad address, a fault of the program.
pub async fn run(settings: WorkerSettings, stop: CancellationToken) -> anyhow::Result<()> {
    let stop = stop.child_token();
    let _stops_on_return = stop.clone().drop_guard();
    let name = unique_name(&settings.name);
    let bodies = TaskTracker::new();
    let carrier = Carrier::new(Arc::new(worker_of(&settings, &name)), bodies.clone());
    let consumer = |lane: Lane| Consumer {
        carrier: carrier.clone(),
        concurrency: settings.concurrency.of(lane),
        name: format!("{name}-{}", lane.as_str()),
    };
    let mut parts = JoinSet::new();
    let mut senders: Vec<(Lane, Arc<dyn Sender>)> = Vec::new();
    match &settings.queue {
        Queue::InProcess => {
            service::outbox::forget_pushes(&settings.app.db).await?;
            for lane in Lane::ALL {
                let queue = queue::in_process::queue();
                parts.spawn(consumer(lane).run(queue.clone(), stop.clone()));
                senders.push((lane, Arc::new(queue)));
            }
        }
        Queue::Redis { url, namespace } => {
            let line = queue::redis::line(url).context("l’adresse de Redis")?;
            for lane in Lane::ALL {
                let consumer = consumer(lane);
                let name = format!("{namespace}:lane:{}", lane.as_str());
                let queue = queue::redis::queue(line.clone(), name, consumer.concurrency);
                parts.spawn(queue::redis::vacuum(queue.clone(), stop.clone()));
                parts.spawn(consumer.run(queue.clone(), stop.clone()));
                senders.push((lane, Arc::new(queue)));
            }
        }
    }
    let pace = Pace { interval: settings.relay_interval, patience: settings.push_patience };
    parts.spawn(relay::run(settings.app.clone(), senders, pace, stop.clone()));
    parts.spawn(schedule::run(settings.app.clone(), settings.relay_interval, stop.clone()));
    let outcome = join_all(parts, &stop).await;
    bodies.close();
    bodies.wait().await;
    outcome
}

fn worker_of(settings: &WorkerSettings, name: &str) -> Worker {
    let post = Post {
        transport: settings.transport.clone(),
        from: settings.from.clone(),
        reply_to: settings.reply_to.clone(),
    };
    Worker::new(settings.app.clone(), post, name.to_owned(), settings.lease, settings.task_timeout)
}

/// A name that no other worker has or had: a queue takes two workers of one name for one.
fn unique_name(base: &str) -> String {
    format!("{base}-{}-{}", std::process::id(), uuid::Uuid::now_v7().simple())
}

/// Waits for every part; when one of them breaks down, the others are stopped.
async fn join_all(mut parts: JoinSet<()>, stop: &CancellationToken) -> anyhow::Result<()> {
    let mut outcome = Ok(());
    while let Some(ended) = parts.join_next().await {
        if let Err(error) = ended {
            stop.cancel();
            outcome = outcome
                .and(Err(anyhow::Error::new(error).context("a part of the worker broke down")));
        }
    }
    outcome
}
