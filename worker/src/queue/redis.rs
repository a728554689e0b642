//! The queue that several processes share.

use super::envelope::Envelope;
use super::{Sender, Source};
use apalis::prelude::{BackendExt, PollWith, StreamStrategy, TaskBuilder, TaskId, TaskSink};
use apalis_core::backend::Vacuum;
use apalis_redis::{Config, RedisStorage};
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// After this, a command to Redis has failed: the usual half second ends a consumer too easily.
const TIMEOUT: Duration = Duration::from_secs(5);
const LONGEST_RECONNECT_PAUSE: Duration = Duration::from_secs(2);
/// A process that missed three of these is taken for dead, and what it held is given to another.
const HEARTBEAT: Duration = Duration::from_secs(2);
const MISSED_HEARTBEATS: usize = 3;
/// How often Redis is asked when nothing was pushed from here.
const POLL: Duration = Duration::from_millis(250);
/// How many tasks a consumer fetches at once, as far as it can begin them: what it holds, no other may take.
const BATCH: usize = 10;
/// How often the traces of ended tasks are thrown away: they never expire by themselves.
const VACUUM: Duration = Duration::from_mins(5);

/// A lane's queue on Redis.
#[derive(Clone)]
pub(crate) struct Redis {
    storage: RedisStorage<Envelope>,
    /// Rung after each push, so that this process fetches at once.
    pushed: Arc<Notify>,
}

/// Whether the server at `url` answers and lets us in, within `patience`.
pub(crate) async fn reach(url: &str, patience: Duration) -> anyhow::Result<()> {
    let client = redis::Client::open(url)?;
    let config = redis::AsyncConnectionConfig::new()
        .set_connection_timeout(Some(patience))
        .set_response_timeout(Some(patience));
    let asked = async {
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        redis::cmd("PING").query_async::<()>(&mut connection).await
    };
    match tokio::time::timeout(patience, asked).await {
        Ok(answered) => Ok(answered?),
        Err(_) => anyhow::bail!("no answer within {} s", patience.as_secs()),
    }
}

/// A line to the server at `url`, for every queue there. Connects when first used, and again when lost.
pub(crate) fn line(url: &str) -> anyhow::Result<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(TIMEOUT))
        .set_connection_timeout(Some(TIMEOUT))
        .set_max_delay(LONGEST_RECONNECT_PAUSE);
    Ok(ConnectionManager::new_lazy_with_config(redis::Client::open(url)?, config)?)
}

/// The queue of this name, for a consumer of so many tasks at once.
///
/// Programs of before had one queue for all lanes, `NAMESPACE:tasks`. What they pushed there and left undone is
/// pushed again after a while, like any push that was lost, now to the queue of its lane.
pub(crate) fn queue(line: ConnectionManager, name: String, concurrency: usize) -> Redis {
    let config = Config::default()
        .queue(name)
        .heartbeat_interval(HEARTBEAT)
        .missed_heartbeats(MISSED_HEARTBEATS)
        .batch_size(concurrency.clamp(1, BATCH))
        .emit_events(false);
    Redis { storage: RedisStorage::new(line).with_config(config), pushed: Arc::default() }
}

impl Source for Redis {
    type End = PollWith<RedisStorage<Envelope>, StreamStrategy<BoxStream<'static, ()>>>;

    fn open(&self) -> Self::End {
        let mut interval = tokio::time::interval(POLL);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let ticks = stream::unfold(interval, async |mut interval| {
            interval.tick().await;
            Some(((), interval))
        });
        let rings = stream::unfold(self.pushed.clone(), async |pushed| {
            pushed.notified().await;
            Some(((), pushed))
        });
        self.storage.clone().poll_with_stream(stream::select(ticks, rings).boxed())
    }
}

#[async_trait]
impl Sender for Redis {
    async fn push(&self, envelope: Envelope) -> anyhow::Result<()> {
        let id = TaskId::from_string(envelope.queue_id());
        // A clone of its own: a push that failed half-way leaves nothing in the next one's way.
        self.storage.clone().push_task(TaskBuilder::new(envelope).task_id(id).build()).await?;
        self.pushed.notify_one();
        Ok(())
    }

    async fn waiting(&self) -> anyhow::Result<usize> {
        let mut storage = self.storage.clone();
        // apalis plans each task for the instant of its push: it waits there until a consumer has room.
        let config = storage.get_config();
        let (fetched, planned) = (config.active_jobs_list(), config.scheduled_jobs_set());
        let mut asked = redis::pipe();
        asked.cmd("LLEN").arg(fetched).cmd("ZCARD").arg(planned);
        let (fetched, planned): (usize, usize) =
            asked.query_async(storage.get_connection()).await?;
        Ok(fetched + planned)
    }
}

/// Throws away, now and then, what Redis remembers of a queue's ended tasks.
pub(crate) async fn vacuum(queue: Redis, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(VACUUM) => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = vacuum_once(&queue).await {
            tracing::warn!(error = telemetry::mask::error(&error), "Redis was not tidied");
        }
    }
}

async fn vacuum_once(queue: &Redis) -> anyhow::Result<()> {
    let mut storage = queue.storage.clone();
    let ended = storage.vacuum().await?;
    let done = storage.get_config().done_jobs_set();
    let () = redis::cmd("DEL").arg(done).query_async(storage.get_connection()).await?;
    tracing::debug!(ended, "Redis was tidied");
    Ok(())
}
