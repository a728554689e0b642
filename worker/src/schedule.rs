//! The day's reconcilers, and the simulated clock.
//!
//! This loop only wakes: a unique row per reconciler and day, in the outbox, decides who runs it, and
//! a day that was missed altogether is caught up by what the next one finds due.

use crate::trouble::Trouble;
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
    let mut day = Day::default();
    let mut trouble = Trouble::with("the day's slot could not be opened");
    loop {
        // Listening starts before looking: what ends in between rings.
        let mut rung = pin!(app.wake.notified());
        rung.as_mut().enable();
        let waited = async {
            let stepped = day.step(&app).await;
            if stepped.is_ok() {
                trouble.over();
            }
            match stepped {
                Ok(true) => {}
                Ok(false) if app.clock == LegalClock::Simulated => tokio::select! {
                    () = rung => {}
                    () = tokio::time::sleep(interval) => day.looked_at = false,
                },
                Ok(false) => {
                    tokio::time::sleep(SYSTEM_INTERVAL).await;
                    day.looked_at = false;
                }
                Err(error) => {
                    trouble.met(&telemetry::mask::cause(&error));
                    tokio::time::sleep(FAULT_PAUSE).await;
                }
            }
        };
        tokio::select! { () = stop.cancelled() => return, () = waited => {} }
    }
}

/// What this process knows of the day.
#[derive(Default)]
struct Day {
    /// The last one whose slot it saw open.
    opened: Option<NaiveDate>,
    /// The date was read since time last went by. A bell does not change it, unless this loop does.
    looked_at: bool,
}

impl Day {
    /// Opens today's slot unless that was done, and moves the simulated clock if it may move: true when
    /// it did, the next slot being open then.
    async fn step(&mut self, app: &App) -> ActResult<bool> {
        if !self.looked_at {
            let today = app.clock.read(&app.db).await?.today;
            if self.opened != Some(today) {
                self.opened = Some(schedule::open_slot(app).await?);
            }
            self.looked_at = true;
        }
        match app.clock {
            LegalClock::System => Ok(false),
            LegalClock::Simulated => schedule::advance_if_ready(app).await,
        }
    }
}
