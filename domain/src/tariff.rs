//! The tariff of annexe 2, in dated versions (A2.a, A2.b, A2.c, A2.e).

use crate::subject::SubjectKind;
use crate::vocabulary;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

vocabulary! {
    /// What is billed; its label is printed on invoices.
    pub enum FeeKind {
        /// A2.a: « frais d'instruction », per application filed with Certif Pro.
        ApplicationFee => "APPLICATION_FEE": "Frais d'instruction de la demande d'habilitation",
        /// A2.b: « frais de gestion », per billable site and site-year.
        SiteFee => "SITE_FEE": "Frais de gestion annuels par site ou établissement",
        /// A2.c: « redevance », per certificate awarded.
        CertificateFee => "CERTIFICATE_FEE": "Redevance par certificat attribué",
    }
}

impl FeeKind {
    /// What a fee of this kind is owed for.
    pub const fn subject_kind(self) -> SubjectKind {
        match self {
            Self::ApplicationFee => SubjectKind::Application,
            Self::SiteFee => SubjectKind::Site,
            Self::CertificateFee => SubjectKind::Certificate,
        }
    }

    /// The rule it rests on: `A2.a`, `A2.b` or `A2.c`.
    pub const fn article(self) -> &'static str {
        match self {
            Self::ApplicationFee => "A2.a",
            Self::SiteFee => "A2.b",
            Self::CertificateFee => "A2.c",
        }
    }
}

/// One version of the tariff, decided by the board (interpretation 19); integer cents, net of VAT.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TariffVersion {
    /// The first day on which it is in force.
    pub starts_on: NaiveDate,
    /// A2.a, in cents.
    pub application_fee: i64,
    /// A2.b, in cents.
    pub site_fee: i64,
    /// A2.c, in cents.
    pub certificate_fee: i64,
}

/// The convention's own amounts: 330 €, 33 € and 11 €, from the day it came into force (14 February 2023).
pub const FIRST_TARIFF: TariffVersion = TariffVersion {
    starts_on: NaiveDate::from_ymd_opt(2023, 2, 14).expect("14 February 2023 exists"),
    application_fee: 33_000,
    site_fee: 3_300,
    certificate_fee: 1_100,
};

impl TariffVersion {
    /// The amount of one fee, in cents.
    pub fn amount(&self, kind: FeeKind) -> i64 {
        match kind {
            FeeKind::ApplicationFee => self.application_fee,
            FeeKind::SiteFee => self.site_fee,
            FeeKind::CertificateFee => self.certificate_fee,
        }
    }
}

/// A2.e: the version in force on the day `on` of the fact billed (interpretation 19).
///
/// The one that started last, on that day or before; none before the first. `versions` in any order.
pub fn in_force(versions: &[TariffVersion], on: NaiveDate) -> Option<&TariffVersion> {
    versions.iter().filter(|v| v.starts_on <= on).max_by_key(|v| v.starts_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    // A2.a, A2.b, A2.c
    #[test]
    fn first_tariff_is_the_convention_s() {
        assert_eq!(FIRST_TARIFF.amount(FeeKind::ApplicationFee), 33_000);
        assert_eq!(FIRST_TARIFF.amount(FeeKind::SiteFee), 3_300);
        assert_eq!(FIRST_TARIFF.amount(FeeKind::CertificateFee), 1_100);
        assert_eq!(FIRST_TARIFF.starts_on, date("2023-02-14"));
    }

    // A2.e, interpretation 19.
    #[test]
    fn the_version_of_the_fact_s_day_applies() {
        let second =
            TariffVersion { starts_on: date("2027-01-01"), site_fee: 3_500, ..FIRST_TARIFF };
        let versions = [second, FIRST_TARIFF];
        assert_eq!(in_force(&versions, date("2023-02-13")), None);
        assert_eq!(in_force(&versions, date("2023-02-14")), Some(&FIRST_TARIFF));
        assert_eq!(in_force(&versions, date("2026-12-31")), Some(&FIRST_TARIFF));
        assert_eq!(in_force(&versions, date("2027-01-01")), Some(&second));
        assert_eq!(in_force(&[], date("2027-01-01")), None);
    }

    #[test]
    fn names_are_read_back() {
        for kind in FeeKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert!(!kind.label().is_empty());
        }
        assert_eq!(FeeKind::ALL.map(FeeKind::article), ["A2.a", "A2.b", "A2.c"]);
        assert!("OTHER".parse::<FeeKind>().is_err());
    }
}
