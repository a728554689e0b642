//! Keeps a process running, as a supervisor does: what dies is started again.

use super::process::{Process, Spec};
use std::collections::VecDeque;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often the process is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// A process and its supervisor.
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    name: &'static str,
    spec: Spec,
    state: Mutex<State>,
}

struct State {
    process: Process,
    /// The faults by which it is still to die.
    faults: VecDeque<String>,
    /// How often it died.
    deaths: u64,
    /// The process that runs is to die by a fault.
    doomed: bool,
    /// It is not started again.
    released: bool,
}

impl Keeper {
    /// Starts it; it dies by each fault in turn.
    pub(crate) fn start(name: &'static str, spec: Spec, faults: Vec<String>) -> Self {
        let mut faults = VecDeque::from(faults);
        let first = faults.pop_front();
        let process = spec.start(first.as_deref().unwrap_or_default());
        let state = State { process, faults, deaths: 0, doomed: first.is_some(), released: false };
        let shared = Arc::new(Shared { name, spec, state: Mutex::new(state) });
        let kept = shared.clone();
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                kept.look();
            }
        });
        Self { shared, task }
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Kills what waits for a fault that has not come, and lets it run undisturbed from now on. Says how
    /// often its faults killed it in all.
    pub(crate) fn calm(&self) -> u64 {
        self.with(|state| {
            state.faults.clear();
            if state.doomed {
                state.process.kill();
                // Not by its fault: it does not count.
                state.doomed = false;
            }
        });
        self.shared.look();
        self.deaths()
    }

    /// How often a fault killed it so far.
    pub(crate) fn deaths(&self) -> u64 {
        self.with(|state| state.deaths)
    }

    /// SIGCONT.
    pub(crate) fn thaw(&self) {
        self.with(|state| state.process.thaw());
    }

    /// Whether it stands still.
    pub(crate) fn is_frozen(&self) -> bool {
        self.with(|state| state.process.is_frozen())
    }

    /// SIGKILL, and it stays dead.
    pub(crate) fn end(&self) {
        self.with(|state| {
            state.released = true;
            state.process.kill();
        });
    }

    /// SIGTERM; waits until it ends by itself.
    pub(crate) async fn stop(&self, patience: Duration) -> ExitStatus {
        self.with(|state| {
            state.released = true;
            state.process.terminate();
        });
        let started = std::time::Instant::now();
        loop {
            if let Some(status) = self.with(|state| state.process.ended()) {
                return status;
            }
            assert!(started.elapsed() < patience, "{} does not stop", self.shared.name);
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Shared {
    fn look(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.released || state.process.ended().is_none() {
            return;
        }
        state.deaths += u64::from(state.doomed);
        let next = state.faults.pop_front();
        state.doomed = next.is_some();
        state.process = self.spec.start(next.as_deref().unwrap_or_default());
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
        self.end();
    }
}
