//! From the relay to a worker: an apalis queue per lane, in this process or on Redis, behind the same code.
//!
//! apalis delivers, limits how many run at once and, on Redis, takes over what a dead process held.
//! It is told that every task went well: tries, waits and errors belong to the outbox.

pub(crate) mod envelope;
pub(crate) mod in_process;
pub(crate) mod redis;

use crate::attempt::Worker;
use crate::trouble::Trouble;
use apalis::prelude::{Backend, BoxDynError, Task, WorkerBuilder};
use apalis_core::backend::BackendConfig;
use apalis_core::backend::finalize::FinalizeBackend;
use apalis_core::layers::{Layer, Service};
use apalis_core::worker::lifecycle::LifecycleService;
use async_trait::async_trait;
use envelope::Envelope;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use telemetry::mask;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::limit::ConcurrencyLimit;

/// The pause before a consumer that ended by itself is started again.
const RESTART_PAUSE: Duration = Duration::from_millis(500);
/// A consumer that ran so long had nothing wrong with it until then.
const SOUND: Duration = Duration::from_secs(30);

/// The end of a queue that the relay holds.
#[async_trait]
pub(crate) trait Sender: Send + Sync {
    /// Hands a task over; an error means that it may not have arrived.
    async fn push(&self, envelope: Envelope) -> anyhow::Result<()>;
    /// How many wait in it for a worker, those pushed more than once included.
    async fn waiting(&self) -> anyhow::Result<usize>;
}

/// The service that apalis calls for each task.
#[derive(Clone)]
pub(crate) struct Carrier {
    worker: Arc<Worker>,
    bodies: TaskTracker,
}

impl Carrier {
    /// Hands each task to `worker`; whoever stops waits for `bodies`.
    pub(crate) fn new(worker: Arc<Worker>, bodies: TaskTracker) -> Self {
        Self { worker, bodies }
    }
}

impl Service<Task<Envelope>> for Carrier {
    type Response = ();
    type Error = BoxDynError;
    type Future = BoxFuture<'static, Result<(), BoxDynError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxDynError>> {
        Poll::Ready(Ok(()))
    }

    /// The body runs on its own: it outlives a consumer torn down by an error of Redis.
    fn call(&mut self, task: Task<Envelope>) -> Self::Future {
        let (worker, envelope) = (self.worker.clone(), task.args.clone());
        let body = self.bodies.spawn(async move { worker.attempt(envelope).await });
        Box::pin(async move {
            if let Err(error) = body.await {
                let panic = error.try_into_panic();
                let reason = panic.as_deref().map_or("stopped", |panic| mask::panic(panic));
                tracing::error!(reason, "a task's body broke down");
            }
            Ok(())
        })
    }
}

type Limited = ConcurrencyLimit<Carrier>;

/// What a queue of apalis must be to carry our envelopes.
pub(crate) trait Carries:
    Backend
    + BackendConfig<Args = Envelope, Kind: FinalizeBackend<Self, Envelope, Backend = Self::Final>>
    + Sized
    + Send
    + 'static
{
    /// What apalis runs in the end.
    type Final: Backend<Task = Task<Envelope>, Error: Send + 'static>
        + BackendConfig<Args = Envelope, Layer = Self::Around>
        + Send
        + Unpin
        + 'static;
    /// What it puts around our service.
    type Around: Layer<LifecycleService<Limited>, Service = Self::Wrapped>;
    /// Our service with that around it.
    type Wrapped: Service<Task<Envelope>, Future = Self::Running, Error = BoxDynError, Response = ()>
        + Send
        + 'static;
    /// A call of it.
    type Running: Send;
}

impl<B, F, L, S, R> Carries for B
where
    B: Backend + BackendConfig<Args = Envelope> + Send + 'static,
    B::Kind: FinalizeBackend<B, Envelope, Backend = F>,
    F: Backend<Task = Task<Envelope>>
        + BackendConfig<Args = Envelope, Layer = L>
        + Send
        + Unpin
        + 'static,
    F::Error: Send + 'static,
    L: Layer<LifecycleService<Limited>, Service = S>,
    S: Service<Task<Envelope>, Future = R, Error = BoxDynError, Response = ()> + Send + 'static,
    R: Send,
{
    type Final = F;
    type Around = L;
    type Wrapped = S;
    type Running = R;
}

/// A queue whose receiving end can be made anew.
pub(crate) trait Source: Send + 'static {
    /// The receiving end.
    type End: Carries;
    /// A fresh one.
    fn open(&self) -> Self::End;
}

/// What carries the tasks of one queue.
pub(crate) struct Consumer {
    /// What is called for each task.
    pub(crate) carrier: Carrier,
    /// How many run at once.
    pub(crate) concurrency: usize,
    /// What no other consumer of the queue is called.
    pub(crate) name: String,
}

impl Consumer {
    /// Carries tasks until `stop`. What ends by itself (Redis went away, or forgot it) is started again, under
    /// a new name: a queue refuses one that it still takes for alive.
    pub(crate) async fn run<S: Source>(self, source: S, stop: CancellationToken) {
        let mut trouble = Trouble::with("the queue's consumer ended");
        for start in 0_u64.. {
            let began = Instant::now();
            let service = ConcurrencyLimit::new(self.carrier.clone(), self.concurrency);
            let consumer = WorkerBuilder::new(format!("{}-{start}", self.name))
                .backend(source.open())
                .build(service);
            let stopped = stop.clone();
            let ended = consumer
                .run_until(async move {
                    stopped.cancelled().await;
                    Ok::<(), std::io::Error>(())
                })
                .await;
            if stop.is_cancelled() {
                return;
            }
            if began.elapsed() > SOUND {
                trouble.over();
            }
            match ended {
                Ok(()) => trouble.met("by itself"),
                Err(error) => trouble.met(&mask::text(&error.to_string())),
            }
            tokio::select! {
                () = tokio::time::sleep(RESTART_PAUSE) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}
