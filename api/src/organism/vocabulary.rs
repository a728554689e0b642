//! The enumerations of the schema that belong here.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// A legal or a natural person.
    OrganismKind = "entity::kind::OrganismKind" as entity::kind::OrganismKind {
        /// A company, an association, a public body.
        LegalPerson,
        /// A sole trader.
        NaturalPerson,
    }
}
