//! The enumerations of the schema that belong here.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The state of a habilitation on a given day.
    HabilitationStatus = "domain::habilitation::HabilitationStatus" as domain::habilitation::HabilitationStatus {
        /// In force.
        Active,
        /// Decided, its notice not yet delivered.
        AwaitingNotification,
        /// Not yet decided on that day.
        NotYet,
        /// Its term has ended.
        Expired,
        /// Given up by its holder.
        Renounced,
        /// In force but no activity.
        Suspended,
        /// Taken away.
        Withdrawn,
    }
    /// The outcome that a forecast announces.
    ForecastOutcome = "domain::term::Forecast" as domain::term::Forecast {
        /// It ends; a new application is possible.
        Expires,
        /// The last term: apply again in time.
        Reapply,
        /// Three more years by themselves.
        Renews,
    }
    /// Why a habilitation is suspended.
    SuspensionGround = "entity::kind::SuspensionGround" as entity::kind::SuspensionGround {
        /// An EDOF alert (V.3.d).
        EdofAlert,
        /// A compliance procedure (V.2).
        Compliance,
        /// Unpaid invoices (A2.f).
        NonPayment,
    }
}
