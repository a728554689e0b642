//! Everything that the process logs, as production writes it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// More than anyone would ask for: all that our rooms say, and the others' DEBUG.
const LEVELS: &str = "debug,api=trace,service=trace,worker=trace,mailer=trace,telemetry=trace,\
                      documents=trace,domain=trace,entity=trace,migration=trace,e2e=trace";

/// What was written so far.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// From now on the process writes its log here, an object per line.
pub(crate) fn capture() -> Log {
    let log = Log::default();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(EnvFilter::new(LEVELS))
        .with_writer(log.clone())
        .init();
    log
}
