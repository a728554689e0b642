//! What became of notices that a mail could not bring.

use super::{BounceAction, BounceSource};
use crate::scalar::{Date, DateTime};
use async_graphql::Object;
use domain::notification;
use entity::{bounce, registered_letter};

/// A bounce.
pub(crate) struct Bounce(bounce::Model);

impl From<bounce::Model> for Bounce {
    fn from(row: bounce::Model) -> Self {
        Self(row)
    }
}

/// A mail server told that a notice did not arrive (interpretation 5).
#[Object]
impl Bounce {
    /// The day of the bounce.
    async fn on(&self) -> Date {
        self.0.bounced_on.into()
    }

    /// The enhanced status code, as `5.1.1`.
    async fn status(&self) -> &str {
        &self.0.status
    }

    /// What the mail server did of the mail.
    async fn action(&self) -> Option<BounceAction> {
        let told = self.0.action.map(|action| action.0);
        Some(notification::Bounce::told(&self.0.status, told).ok()?.action.into())
    }

    /// What the mail server said, without the recipient's address; may be empty.
    async fn diagnostic(&self) -> &str {
        &self.0.diagnostic
    }

    /// Whether it voids the notification.
    async fn voids(&self) -> bool {
        self.0.voids
    }

    /// Who told of it.
    async fn source(&self) -> BounceSource {
        self.0.source.0.into()
    }

    /// The instant at which it was recorded.
    async fn recorded_at(&self) -> DateTime {
        self.0.recorded_at.into()
    }
}

/// A registered letter.
pub(crate) struct RegisteredLetter(registered_letter::Model);

impl From<registered_letter::Model> for RegisteredLetter {
    fn from(row: registered_letter::Model) -> Self {
        Self(row)
    }
}

/// A registered letter that brought a notice instead of a mail (interpretation 5).
#[Object]
impl RegisteredLetter {
    /// The day of its reception: that of the notification.
    async fn received_on(&self) -> Date {
        self.0.received_on.into()
    }

    /// The number that the post follows it by.
    async fn tracking_number(&self) -> &str {
        &self.0.tracking_number
    }

    /// The instant at which it was recorded.
    async fn recorded_at(&self) -> DateTime {
        self.0.recorded_at.into()
    }
}
