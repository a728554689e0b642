//! The queue of a process that works alone.

use super::{Envelope, Sender, Source};
use apalis::prelude::{MemorySink, MemoryStorage, MemoryStorageError, Task, TaskBuilder, TaskId};
use async_trait::async_trait;
use futures::channel::mpsc;
use futures::{Sink, SinkExt, StreamExt};
use std::sync::{Arc, Mutex, PoisonError};

type Inlet = Box<dyn Sink<Task<Envelope>, Error = MemoryStorageError> + Send + Sync + Unpin>;

/// A channel in memory. What it held when its receiving end is made anew is lost here, not in the
/// outbox: the relay pushes it again.
#[derive(Clone)]
pub(crate) struct InProcess {
    sink: Arc<Mutex<Option<MemorySink<Envelope>>>>,
}

/// A queue without a receiving end yet.
pub(crate) fn queue() -> InProcess {
    InProcess { sink: Arc::default() }
}

impl InProcess {
    fn sink(&self) -> Option<MemorySink<Envelope>> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Source for InProcess {
    type End = MemoryStorage<Envelope>;

    fn open(&self) -> Self::End {
        let (inlet, outlet) = mpsc::unbounded::<Task<Envelope>>();
        let inlet: Inlet = Box::new(inlet.sink_map_err(MemoryStorageError::from));
        let sink = MemorySink::new(Arc::new(futures::lock::Mutex::new(inlet)));
        *self.sink.lock().unwrap_or_else(PoisonError::into_inner) = Some(sink.clone());
        MemoryStorage::new_with(sink, outlet.boxed())
    }
}

#[async_trait]
impl Sender for InProcess {
    async fn push(&self, envelope: Envelope) -> anyhow::Result<()> {
        let mut sink = self.sink().ok_or_else(|| anyhow::anyhow!("the queue has no consumer yet"))?;
        let id = TaskId::from_string(envelope.queue_id());
        sink.send(TaskBuilder::new(envelope).task_id(id).build()).await?;
        Ok(())
    }
}
