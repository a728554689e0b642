//! The enumerations of the schema that belong here.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// How far an application has come.
    ApplicationStatus = "domain::application::ApplicationStatus" as domain::application::ApplicationStatus {
        /// Filed; its opinion is not settled yet.
        Filed,
        /// Its opinion is settled; it awaits the decision.
        Instructed,
        /// Decided: accepted.
        Accepted,
        /// Decided: refused.
        Refused,
    }
    /// What an authority decides on an application.
    Outcome = "domain::application::Outcome" as domain::application::Outcome {
        /// The habilitation is granted.
        Accepted,
        /// The habilitation is refused.
        Refused,
    }
}
