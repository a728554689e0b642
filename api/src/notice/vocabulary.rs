//! The enumerations of the schema that belong here.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// How far a notice has come.
    NoticeState = "domain::notification::NoticeState" as domain::notification::NoticeState {
        /// Still to leave, or being tried again.
        Sending,
        /// Notified: by mail, or by registered letter.
        Notified,
        /// The mail server told that it did not arrive: it notifies nothing.
        Bounced,
        /// It did not leave, and is not tried again.
        GivenUp,
        /// Sent again as another notice.
        Superseded,
    }
    /// What a mail server did of a mail that it could not deliver.
    BounceAction = "domain::notification::BounceAction" as domain::notification::BounceAction {
        /// It goes on trying: nothing is void.
        Delayed,
        /// It gave it up: the notification is void.
        Failed,
    }
    /// Who told of a bounce.
    BounceSource = "entity::kind::BounceSource" as entity::kind::BounceSource {
        /// An officer.
        Officer,
        /// The mail server.
        MailServer,
    }
    /// What a document is.
    DocumentKind = "entity::kind::DocumentKind" as entity::kind::DocumentKind {
        /// The letter that notifies a decision.
        DecisionLetter,
        /// An invoice.
        Invoice,
        /// A certificate's parchment.
        Parchment,
    }
}
