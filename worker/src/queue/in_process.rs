//! The queue of a process that works alone.

use super::envelope::Envelope;
use super::{Sender, Source};
use apalis::prelude::{MemorySink, MemoryStorage, MemoryStorageError, Task, TaskBuilder, TaskId};
use async_trait::async_trait;
use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use futures::{Sink, SinkExt, StreamExt, sink};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Inlet = UnboundedSender<Task<Envelope>>;
type Outlet = UnboundedReceiver<Task<Envelope>>;
type Unused = Box<dyn Sink<Task<Envelope>, Error = MemoryStorageError> + Send + Sync + Unpin>;

/// A channel in memory. What it held when its receiving end is made anew is lost here, not in the
/// outbox: the relay pushes it again.
#[derive(Clone)]
pub(crate) struct InProcess {
    channel: Arc<Mutex<Channel>>,
}

struct Channel {
    inlet: Inlet,
    /// Until it is opened.
    outlet: Option<Outlet>,
}

/// An empty queue; what is pushed before it is opened waits.
pub(crate) fn queue() -> InProcess {
    let (inlet, outlet) = mpsc::unbounded();
    InProcess { channel: Arc::new(Mutex::new(Channel { inlet, outlet: Some(outlet) })) }
}

impl InProcess {
    fn channel(&self) -> MutexGuard<'_, Channel> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for InProcess {
    type End = MemoryStorage<Envelope>;

    fn open(&self) -> Self::End {
        let mut channel = self.channel();
        let waiting = channel.outlet.take();
        let outlet = waiting.unwrap_or_else(|| {
            let (inlet, outlet) = mpsc::unbounded();
            channel.inlet = inlet;
            outlet
        });
        MemoryStorage::new_with(unused_sink(), outlet.boxed())
    }
}

/// The sending end that apalis wants beside the receiving one. It is not ours: shared between two
/// threads it panics when both reach for it at once.
fn unused_sink() -> MemorySink<Envelope> {
    let drain: Unused = Box::new(sink::drain().sink_map_err(|never| match never {}));
    MemorySink::new(Arc::new(futures::lock::Mutex::new(drain)))
}

#[async_trait]
impl Sender for InProcess {
    async fn push(&self, envelope: Envelope) -> anyhow::Result<()> {
        let id = TaskId::from_string(envelope.queue_id());
        let task = TaskBuilder::new(envelope).task_id(id).build();
        Ok(self.channel().inlet.unbounded_send(task)?)
    }

    async fn waiting(&self) -> anyhow::Result<usize> {
        Ok(self.channel().inlet.len())
    }
}
