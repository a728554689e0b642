//! The enumerations of the schema that belong here.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Where a task stands.
    TaskStatus = "entity::kind::TaskStatus" as entity::kind::TaskStatus {
        /// To be done, or being done.
        Pending,
        /// Done.
        Done,
        /// Given up after its tries; an operator may run it again.
        GivenUp,
    }
}
