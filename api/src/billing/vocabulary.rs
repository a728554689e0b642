//! The enumerations of the schema that belong here.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// What is billed.
    #[expect(clippy::enum_variant_names, reason = "each is a fee, as annexe 2 calls it")]
    FeeKind = "domain::tariff::FeeKind" as domain::tariff::FeeKind {
        /// Per application filed with Certif Pro (A2.a).
        ApplicationFee,
        /// Per billable site and site-year (A2.b).
        SiteFee,
        /// Per certificate awarded (A2.c).
        CertificateFee,
    }
}
