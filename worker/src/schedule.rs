//! The day's reconcilers, and the simulated clock.
//!
//! This loop only wakes: a unique row per reconciler and day, in the outbox, decides who runs it, and
//! a day that was missed altogether is caught up by what the next one finds due.

use chrono::NaiveDate;
use service::clock::LegalClock;
use service::context::App;
use service::error::ActResult;
use service::schedule;
use std::pin::pin;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the date is looked at on the machine's clock.
const SYSTEM_INTERVAL: Duration = Duration::from_secs(1);
/// The pause after a fault.
const FAULT_PAUSE: Duration = Duration::from_secs(1);

/// Opens each day's slot and, on a simulated clock, moves to the next day once a slot is over.
pub(crate) async fn run(app: App, interval: Duration, stop: CancellationToken) {
    let mut opened = None;
    loop {
        // Listening starts before looking: what ends in between rings.
        let mut rung = pin!(app.wake.notified());
        rung.as_mut().enable();
        let simulated = app.clock == LegalClock::Simulated;
        let waited = async {
            match step(&app, &mut opened).await {
                Ok(true) => {}
                Ok(false) if simulated => {
                    tokio::select! { () = rung => {}, () = tokio::time::sleep(interval) => {} }
                }
                Ok(false) => tokio::time::sleep(SYSTEM_INTERVAL).await,
                Err(error) => {
                    tracing::warn!(%error, "the day's slot could not be opened");
                    tokio::time::sleep(FAULT_PAUSE).await;
                }
            }
        };
        tokio::select! { () = stop.cancelled() => return, () = waited => {} }
    }
}

/// Opens today's slot unless this process did, and moves the simulated clock if it may move.
async fn step(app: &App, opened: &mut Option<NaiveDate>) -> ActResult<bool> {
    let today = app.clock.read(&app.db).await?.today;
    if *opened != Some(today) {
        *opened = Some(schedule::open_slot(app).await?);
    }
    match app.clock {
        LegalClock::System => Ok(false),
        LegalClock::Simulated => schedule::advance_if_ready(app).await,
    }
}
