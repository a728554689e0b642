//! Public identifiers of organisms and of their sites: SIREN, SIRET, NDA.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The SIREN of La Poste, whose SIRETs have a check of their own.
const LA_POSTE: &str = "356000000";

/// The one SIRET of La Poste, its seat's, that follows the common check.
const LA_POSTE_SEAT: &str = "35600000000048";

/// Why a text is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// The wrong number of digits.
    #[error("{expected} chiffres sont attendus, {found} ont été saisis.")]
    Length {
        /// How many digits there must be.
        expected: usize,
        /// How many there are, separators left out.
        found: usize,
    },
    /// Something else than digits and separators.
    #[error("Seuls des chiffres sont attendus.")]
    NotDigits,
    /// The check digit does not fit: a digit is wrong.
    #[error("La clé de contrôle est fausse : au moins un chiffre est erroné.")]
    Checksum,
    /// Nothing but zeros.
    #[error("Un identifiant ne peut pas être composé uniquement de zéros.")]
    AllZeros,
}

/// Whether a text of digits satisfies Luhn's check; false for an empty text or one with anything else.
pub fn luhn(digits: &str) -> bool {
    let doubled = |n: u32| if n > 4 { 2 * n - 9 } else { 2 * n };
    let values: Option<Vec<u32>> = digits.chars().rev().map(|c| c.to_digit(10)).collect();
    values.is_some_and(|values| {
        let sum: u32 =
            values.iter().enumerate().map(|(i, n)| if i % 2 == 1 { doubled(*n) } else { *n }).sum();
        !values.is_empty() && sum.is_multiple_of(10)
    })
}

/// The `expected` digits of `text`, without its spaces (no-break ones included) and dots.
fn digits(text: &str, expected: usize) -> Result<String, IdentifierError> {
    let kept: String = text.chars().filter(|c| !c.is_whitespace() && *c != '.').collect();
    if !kept.chars().all(|c| c.is_ascii_digit()) {
        return Err(IdentifierError::NotDigits);
    }
    if kept.len() != expected {
        return Err(IdentifierError::Length { expected, found: kept.len() });
    }
    if kept.chars().all(|c| c == '0') {
        return Err(IdentifierError::AllZeros);
    }
    Ok(kept)
}

/// `valid` made a result.
fn checked(valid: bool) -> Result<(), IdentifierError> {
    if valid { Ok(()) } else { Err(IdentifierError::Checksum) }
}

/// Nine digits: one legal or natural person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Siren(String);

impl Siren {
    /// Reads a SIREN, spaces and dots ignored, and checks it.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let digits = digits(text, 9)?;
        checked(luhn(&digits))?;
        Ok(Self(digits))
    }
}

/// Fourteen digits: one establishment (SIREN, then NIC).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Siret(String);

impl Siret {
    /// Reads a SIRET, spaces and dots ignored, and checks it and its SIREN (La Poste's exception included).
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let digits = digits(text, 14)?;
        let siren = Siren::parse(&digits[..9])?;
        checked(siret_check(siren.as_str(), &digits))?;
        Ok(Self(digits))
    }

    /// The SIRET of a SIREN and a five-digit NIC, checked.
    pub fn from_siren_and_nic(siren: &Siren, nic: &str) -> Result<Self, IdentifierError> {
        let nic = digits(nic, 5)?;
        Self::parse(&format!("{siren}{nic}"))
    }

    /// The SIREN of the person whose establishment it is.
    pub fn siren(&self) -> Siren {
        Siren(self.0.chars().take(9).collect())
    }
}

/// The check of fourteen digits; La Poste's establishments, its seat aside, need a sum divisible by five.
fn siret_check(siren: &str, digits: &str) -> bool {
    if siren == LA_POSTE && digits != LA_POSTE_SEAT {
        return digits.chars().filter_map(|c| c.to_digit(10)).sum::<u32>().is_multiple_of(5);
    }
    luhn(digits)
}

/// Eleven digits: the activity declaration of a training organisation (« numéro de déclaration d'activité »).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nda(String);

impl Nda {
    /// Reads an NDA, spaces and dots ignored; it has no public check digit.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        digits(text, 11).map(Self)
    }
}

/// What the three identifiers have in common.
macro_rules! text_identifier {
    ($name:ident) => {
        impl $name {
            /// The digits, without separators.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdentifierError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(identifier: $name) -> Self {
                identifier.0
            }
        }
    };
}

text_identifier!(Siren);
text_identifier!(Siret);
text_identifier!(Nda);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn separators_are_ignored() {
        for text in ["732829320", " 732 829 320 ", "732.829.320", "732\u{a0}829\u{202f}320"] {
            assert_eq!(Siren::parse(text).map(String::from), Ok("732829320".to_owned()));
        }
        let siret = Siret::parse("732 829 320 00074").expect("valid");
        assert_eq!(siret.to_string(), "73282932000074");
        assert_eq!(siret.siren().as_str(), "732829320");
    }

    #[test]
    fn mistakes_are_told_apart() {
        assert_eq!(Siren::parse("732829321"), Err(IdentifierError::Checksum));
        assert_eq!(Siren::parse("73282932A"), Err(IdentifierError::NotDigits));
        assert_eq!(Siren::parse("７３２８２９３２０"), Err(IdentifierError::NotDigits));
        assert_eq!(Siren::parse(""), Err(IdentifierError::Length { expected: 9, found: 0 }));
        assert_eq!(Siren::parse("000000000"), Err(IdentifierError::AllZeros));
        assert_eq!(Siret::parse("73282932000075"), Err(IdentifierError::Checksum));
        assert_eq!(
            Siret::parse("732829320").map_err(|e| e.to_string()),
            Err("14 chiffres sont attendus, 9 ont été saisis.".to_owned())
        );
    }

    #[test]
    fn la_poste_has_its_own_check() {
        let seat = Siret::parse("35600000000048").expect("the seat");
        assert_eq!(seat.siren().as_str(), LA_POSTE);
        // Sum 20: valid, though Luhn's check fails.
        assert!(!luhn("35600000000033") && Siret::parse("35600000000033").is_ok());
        assert_eq!(Siret::parse("35600000000034"), Err(IdentifierError::Checksum));
        let siren = Siren::parse(LA_POSTE).expect("valid");
        assert!(Siret::from_siren_and_nic(&siren, "00033").is_ok());
    }

    #[test]
    fn nic_completes_a_siren() {
        let siren = Siren::parse("732829320").expect("valid");
        let siret = Siret::from_siren_and_nic(&siren, "000 74").expect("valid");
        assert_eq!(siret.as_str(), "73282932000074");
        assert_eq!(
            Siret::from_siren_and_nic(&siren, "74"),
            Err(IdentifierError::Length { expected: 5, found: 2 })
        );
        assert_eq!(Siret::from_siren_and_nic(&siren, "00075"), Err(IdentifierError::Checksum));
    }

    #[test]
    fn nda_keeps_its_leading_zero() {
        assert_eq!(Nda::parse("01 97 30001 97").map(String::from), Ok("01973000197".to_owned()));
        assert!(Nda::parse("1175000017").is_err());
    }

    #[test]
    fn json_is_checked_too() {
        let siren: Siren = serde_json::from_str("\"732 829 320\"").expect("valid");
        assert_eq!(serde_json::to_string(&siren).expect("serialisable"), "\"732829320\"");
        assert!(serde_json::from_str::<Siren>("\"732829321\"").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_single_wrong_digit_is_found(base in 1..99_999_999_u32, at in 0..9_usize, shift in 1..10_u32) {
            let good = (0..10)
                .map(|check| format!("{base:08}{check}"))
                .find(|text| luhn(text))
                .expect("one check digit fits");
            prop_assert!(Siren::parse(&good).is_ok());
            let bad: String = good
                .chars()
                .enumerate()
                .map(|(i, c)| match c.to_digit(10) {
                    Some(n) if i == at => char::from_digit((n + shift) % 10, 10).unwrap_or(c),
                    _ => c,
                })
                .collect();
            prop_assert_ne!(Siren::parse(&bad), Siren::parse(&good));
            prop_assert!(Siren::parse(&bad).is_err());
        }

        #[test]
        fn nothing_typed_panics(text in ".{0,20}") {
            let _ = (Siren::parse(&text), Siret::parse(&text), Nda::parse(&text), luhn(&text));
        }
    }
}
