//! The enumerations of the schema that belong here.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Where the processing of an EDOF alert stands.
    AlertStatus = "entity::kind::AlertStatus" as entity::kind::AlertStatus {
        /// Received, not yet looked at.
        Posted,
        /// A level is proposed; a decider's answer is awaited.
        Proposed,
        /// Closed: no organism was recognised.
        Unmatched,
        /// Closed: the facts disprove it.
        Unfounded,
        /// A decider confirmed or replaced the level.
        Confirmed,
    }
    /// Who sent an EDOF alert.
    AlertSource = "domain::edof::AlertSource" as domain::edof::AlertSource {
        /// The Caisse des Dépôts et Consignations.
        Cdc,
        /// France compétences.
        FranceCompetences,
    }
    /// What an EDOF alert alleges.
    Allegation = "domain::edof::Allegation" as domain::edof::Allegation {
        /// The organism had no habilitation in force.
        NotHabilitated,
        /// The organism is not certified Qualiopi.
        NotQualiopi,
        /// The offer does not correspond to the certification.
        NonConformingOffer,
    }
    /// The levels of sanction, from the lightest to the heaviest.
    SanctionLevel = "domain::edof::SanctionLevel" as domain::edof::SanctionLevel {
        /// A warning.
        Warning,
        /// A formal notice.
        FormalNotice,
        /// A suspension of the habilitation.
        Suspension,
        /// A withdrawal of the habilitation.
        Withdrawal,
    }
}
