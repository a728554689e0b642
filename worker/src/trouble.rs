//! A server that is away for a while: told once when it goes, once when it is back, not at every try.

use std::time::Instant;

/// What one loop of the worker knows of it.
#[derive(Debug)]
pub(crate) struct Trouble {
    what: &'static str,
    since: Option<Instant>,
}

impl Trouble {
    /// None yet with `what`, e.g. `the outbox could not be relayed`.
    pub(crate) fn with(what: &'static str) -> Self {
        Self { what, since: None }
    }

    /// A try failed: a warning the first time, a trace from then on.
    pub(crate) fn met(&mut self, error: &str) {
        let what = self.what;
        if self.since.is_none() {
            self.since = Some(Instant::now());
            tracing::warn!(error, "{what}; tried again until it works");
        } else {
            tracing::debug!(error, "{what}");
        }
    }

    /// A try went well.
    pub(crate) fn over(&mut self) {
        if let Some(since) = self.since.take() {
            let what = self.what;
            tracing::info!(seconds = since.elapsed().as_secs(), "over: {what}");
        }
    }
}
