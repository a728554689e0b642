//! The enumerations of the schema that belong here.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Certif Pro or a CPNE.
    AuthorityKind = "domain::authority::AuthorityKind" as domain::authority::AuthorityKind {
        /// The one certifier.
        CertifPro,
        /// A branch's commission, acting by delegation.
        Cpne,
    }
}
