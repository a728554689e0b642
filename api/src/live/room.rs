//! The sockets that are open at this process.

use super::sockets::Sockets;
use crate::door::Who;
use crate::monitor::Operation;
use crate::state::ApiState;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use telemetry::mask;
use tokio::sync::Semaphore;

/// The sockets of one API process.
pub(crate) struct Live {
    pub(super) state: ApiState,
    pub(super) operation: Operation,
    pub(super) room: Arc<Semaphore>,
    callers: Mutex<HashMap<Who, usize>>,
    polled: AtomicBool,
}

impl Live {
    /// None is open yet.
    pub(crate) fn new(state: ApiState, operation: &Operation) -> Arc<Self> {
        Arc::new(Self {
            state,
            operation: operation.clone(),
            room: Arc::new(Semaphore::new(operation.sockets.most)),
            callers: Mutex::default(),
            polled: AtomicBool::new(false),
        })
    }

    pub(super) fn limits(&self) -> &Sockets {
        &self.operation.sockets
    }

    /// Counts a socket of the account or the tool, else of the address; none when it has as many as it may.
    pub(super) fn count(self: &Arc<Self>, caller: &Who) -> Option<Counted> {
        let caller = caller.key();
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let open = callers.entry(caller.clone()).or_default();
        if *open >= self.limits().most_per_account {
            return None;
        }
        *open += 1;
        Some(Counted { live: self.clone(), caller })
    }

    /// Rings for what other processes commit: one statement each time for the whole process, none while
    /// nobody listens. Begun with the first socket.
    pub(super) fn poll(self: &Arc<Self>) {
        if self.polled.swap(true, Ordering::Relaxed) {
            return;
        }
        let (app, stop) = (self.state.app.clone(), self.operation.stopping.clone());
        let every = self.limits().recheck;
        tokio::spawn(stop.run_until_cancelled_owned(async move {
            loop {
                tokio::time::sleep(every).await;
                if app.bell.is_unheard() {
                    continue;
                }
                match service::change::position(&app.db).await {
                    Ok(position) => app.bell.ring(position.seq),
                    Err(error) => {
                        let error = mask::error(&error.into());
                        tracing::debug!(error, "the sequence of changes was not read");
                    }
                }
            }
        }));
    }
}

/// A socket that counts for its caller.
pub(super) struct Counted {
    live: Arc<Live>,
    caller: Who,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut callers = self.live.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = callers.get_mut(&self.caller) {
            *open -= 1;
            if *open == 0 {
                callers.remove(&self.caller);
            }
        }
    }
}
