//! The enumerations of the schema that belong here.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// What an account may be, each within its authority, organism or record.
    Role = "entity::kind::Role" as entity::kind::Role {
        /// Takes an authority's decisions.
        Decider,
        /// Prepares them.
        CaseOfficer,
        /// Gives opinions on the cases given to it.
        Provider,
        /// Bills and records payments.
        Finance,
        /// Administers an authority's accounts and data.
        AuthorityAdmin,
        /// Administers an organism.
        OrganismAdmin,
        /// Works for an organism.
        OrganismStaff,
        /// Files for organisms that mandate it.
        Mandatary,
        /// Sees its own record.
        Candidate,
        /// Runs the platform.
        Operator,
    }
}
