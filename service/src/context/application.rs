//! What every act shares: the database, legal time, the calendar, the settings.

use crate::bell::Bell;
use crate::clock::LegalClock;
use chrono::Duration;
use domain::calendar::Calendar;
use sea_orm::DatabaseConnection;
use std::sync::Arc;
use tokio::sync::Notify;

/// What does not change while the process runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach the pages, without a final slash, e.g. `https://clea.example`, or
    /// `https://portail.example/clea` behind a proxy that takes the path away.
    pub public_url: String,
    /// The certification's code that EDOF offers must carry.
    pub certification_code: String,
    /// How long a sign-in lasts.
    pub session_length: Duration,
    /// Whether this is a production system: no demo accounts, no simulated clock.
    pub production: bool,
}

impl Settings {
    /// The whole address of a page, whose path here begins with a slash: for mails, documents and the API.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }

    /// What stands before every path on the host of the pages: `/clea`, or nothing.
    pub fn base_path(&self) -> &str {
        let rest = self.after_scheme();
        rest.find('/').map_or("", |at| &rest[at..])
    }

    /// The right side of Message-IDs: the host of the pages when it may stand there.
    pub fn mail_host(&self) -> &str {
        let host = self.after_scheme().split(['/', ':']).next().unwrap_or_default();
        if host.is_empty() || host.starts_with('[') { "clea.invalid" } else { host }
    }

    fn after_scheme(&self) -> &str {
        self.public_url.split_once("://").map_or(self.public_url.as_str(), |(_, rest)| rest)
    }
}

/// The application: what every act shares.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub db: DatabaseConnection,
    /// Legal time.
    pub clock: LegalClock,
    /// The working-day calendar.
    pub calendar: Arc<Calendar>,
    /// Settings.
    pub settings: Arc<Settings>,
    /// Rung after each commit that leaves work to the workers of this process.
    pub wake: Arc<Notify>,
    /// Rung after each commit that changed what clients follow.
    pub bell: Bell,
}
