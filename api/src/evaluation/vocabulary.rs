//! The enumerations of the schema that belong here.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The kind of an evaluation.
    EvaluationKind = "domain::evaluation::EvaluationKind" as domain::evaluation::EvaluationKind {
        /// On all competences.
        Prior,
        /// On those not yet acquired.
        Final,
    }
    /// Sex, as the Caisse des Dépôts asks for it.
    Sex = "entity::kind::Sex" as entity::kind::Sex {
        /// Female.
        F,
        /// Male.
        M,
    }
    /// How the candidate wants the parchment.
    DeliveryChoice = "entity::kind::DeliveryChoice" as entity::kind::DeliveryChoice {
        /// Printed and handed over by the organism.
        Paper,
        /// As a PDF, by mail.
        Pdf,
    }
}
