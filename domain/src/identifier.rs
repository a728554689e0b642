//! Public identifiers of organisms and of their sites: SIREN, SIRET, NDA.
//!
//! They are texts of digits, never numbers. Spaces around are left out. Inside, the digits follow one another or stand
//! in the groups in which they are printed, separated by spaces (no-break and narrow ones too) or by dots, one kind
//! throughout: `732 829 320`, `732.829.320`, `732 829 320 00074`, `732829320 00074`, `11 75 05547 10`. One dot alone is
//! a decimal sign: what a spreadsheet makes of an identifier is refused, never read as another one.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The SIREN of La Poste, whose SIRETs have a check of their own.
const LA_POSTE: &str = "356000000";

/// The one SIRET of La Poste, its seat's, that follows the common check.
const LA_POSTE_SEAT: &str = "35600000000048";

/// Why a text is no identifier: the cause, so that who typed, pasted or exported it knows what to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// The wrong number of digits.
    #[error("{expected} chiffres sont attendus, {found} ont été saisis.")]
    Length {
        /// How many digits there must be.
        expected: usize,
        /// How many there are, separators left out.
        found: usize,
    },
    /// Digits are missing that a spreadsheet takes away: zeros at the beginning.
    #[error(
        "{expected} chiffres sont attendus, {found} ont été saisis : un tableur a pu ôter les zéros de tête \
         (« {restored} » ?)."
    )]
    ZerosLost {
        /// How many digits there must be.
        expected: usize,
        /// How many there are.
        found: usize,
        /// The identifier that the missing zeros make of it.
        restored: String,
    },
    /// A number with decimals.
    #[error(
        "Ce numéro porte des décimales : un tableur l’a pris pour un nombre, et a pu ôter ses zéros de tête."
    )]
    Decimals,
    /// A number with an exponent, `7,32829E+13`.
    #[error(
        "Ce numéro est en notation scientifique : un tableur l’a pris pour un nombre, et en a perdu des chiffres."
    )]
    Exponent,
    /// A letter that looks like a digit.
    #[error("« {found} » est une lettre : le chiffre {meant} est sans doute voulu.")]
    Letter {
        /// The letter.
        found: char,
        /// The digit.
        meant: char,
    },
    /// A digit of another script, or of full width.
    #[error("« {0} » n’est pas un des chiffres de 0 à 9.")]
    OtherDigit(char),
    /// A character that nobody sees.
    #[error("Un caractère invisible s’y trouve (U+{code:04X}) : saisissez le numéro à la main.", code = u32::from(*.0))]
    Invisible(char),
    /// Any other character.
    #[error("Seuls des chiffres sont attendus : « {0} » n’en est pas un.")]
    NotDigits(char),
    /// Separators of several kinds, or elsewhere than between the groups.
    #[error("Les chiffres se suivent, ou se groupent ainsi : {0}.")]
    Grouping(&'static str),
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

/// How the digits of an identifier are written.
struct Shape {
    /// How many there are.
    digits: usize,
    /// The sizes of the groups, in each manner in which they are printed.
    groups: &'static [&'static [usize]],
    /// So they are printed.
    example: &'static str,
    /// How many zeros stand first at most, where there are other digits.
    zeros: usize,
}

const SIREN: Shape = Shape { digits: 9, groups: &[&[3, 3, 3]], example: "732 829 320", zeros: 3 };
const SIRET: Shape =
    Shape { digits: 14, groups: &[&[3, 3, 3, 5], &[9, 5]], example: "732 829 320 00074", zeros: 3 };
const NIC: Shape = Shape { digits: 5, groups: &[], example: "00074", zeros: 4 };
const NDA: Shape =
    Shape { digits: 11, groups: &[&[2, 2, 5, 2]], example: "11 75 05547 10", zeros: 1 };

impl Shape {
    /// The digits of `text`, once `check` finds nothing against them.
    fn read(
        &self,
        text: &str,
        check: impl Fn(&str) -> Result<(), IdentifierError>,
    ) -> Result<String, IdentifierError> {
        let text = text.trim();
        let grouped = self.is_grouped(text);
        if !grouped {
            look(text)?;
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let (expected, found) = (self.digits, digits.len());
        if found != expected {
            let restored = format!("{digits:0>expected$}");
            let lost = (1..=self.zeros).contains(&expected.saturating_sub(found));
            let numeral = found > 0 && !digits.starts_with('0');
            return Err(if lost && numeral && check(&restored).is_ok() {
                IdentifierError::ZerosLost { expected, found, restored }
            } else {
                IdentifierError::Length { expected, found }
            });
        }
        if !grouped {
            return Err(IdentifierError::Grouping(self.example));
        }
        if digits.chars().all(|c| c == '0') {
            return Err(IdentifierError::AllZeros);
        }
        check(&digits)?;
        Ok(digits)
    }

    /// Whether `text` is digits without a break, however many, or in the groups in which they are printed.
    fn is_grouped(&self, text: &str) -> bool {
        let spaced = text.contains(is_space);
        let groups: Vec<_> = text.split(|c| if spaced { is_space(c) } else { c == '.' }).collect();
        let sizes: Vec<_> = groups.iter().map(|group| group.len()).collect();
        // One dot is a decimal sign wherever it stands.
        let separated = groups.len() == 1 || spaced || groups.len() > 2;
        let printed = groups.len() == 1 || self.groups.contains(&sizes.as_slice());
        let digits = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_digit()));
        separated && printed && digits
    }
}

/// A space as people and spreadsheets put it between digits.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}')
}

/// Refuses a text that holds something else than digits and separators, by the name of what went wrong.
fn look(text: &str) -> Result<(), IdentifierError> {
    if let Some(hidden) = text.chars().find(|c| is_invisible(*c)) {
        return Err(IdentifierError::Invisible(hidden));
    }
    if let Some(digit) = text.chars().find(|c| c.is_numeric() && !c.is_ascii_digit()) {
        return Err(IdentifierError::OtherDigit(digit));
    }
    if has_exponent(text) {
        return Err(IdentifierError::Exponent);
    }
    if has_decimals(text) {
        return Err(IdentifierError::Decimals);
    }
    let other = text.chars().find(|c| !c.is_ascii_digit() && !is_space(*c) && *c != '.');
    match other {
        None => Ok(()),
        Some(found @ ('O' | 'o')) => Err(IdentifierError::Letter { found, meant: '0' }),
        Some(found @ ('I' | 'l')) => Err(IdentifierError::Letter { found, meant: '1' }),
        Some(other) => Err(IdentifierError::NotDigits(other)),
    }
}

/// Whether nothing is seen of a character: controls, marks of direction, joiners, odd spaces.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && !is_space(c))
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        )
}

/// Whether `text` is a number, with its decimals and its groups of thousands if any.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || is_space(c) || matches!(c, '.' | ','))
}

/// `7,32829E+13`.
fn has_exponent(text: &str) -> bool {
    text.split_once(['e', 'E']).is_some_and(|(number, exponent)| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let digits = exponent.bytes().all(|byte| byte.is_ascii_digit());
        is_number(number) && !exponent.is_empty() && digits
    })
}

/// `732829320.0`, `732 829 320,00`: after a dot or a comma that is the only one, or zeros after the last.
fn has_decimals(text: &str) -> bool {
    let Some((whole, decimals)) = text.rsplit_once(['.', ',']) else { return false };
    let sign = if text[whole.len()..].starts_with('.') { '.' } else { ',' };
    let digits = !decimals.is_empty() && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let zeros = decimals.len() < 3 && decimals.bytes().all(|byte| byte == b'0');
    is_number(whole) && digits && (!whole.contains(sign) || zeros)
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
    /// Reads a SIREN, grouped 3-3-3 or not, and checks it.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        SIREN.read(text, |digits| checked(luhn(digits))).map(Self)
    }
}

/// Fourteen digits: one establishment (SIREN, then NIC).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Siret(String);

impl Siret {
    /// Reads a SIRET, grouped 3-3-3-5, 9-5 or not, and checks it and its SIREN (La Poste's exception included).
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        SIRET.read(text, siret_check).map(Self)
    }

    /// The SIRET of a SIREN and a five-digit NIC, checked.
    pub fn from_siren_and_nic(siren: &Siren, nic: &str) -> Result<Self, IdentifierError> {
        let nic = NIC.read(nic, |nic| siret_check(&format!("{siren}{nic}")))?;
        Ok(Self(format!("{siren}{nic}")))
    }

    /// The SIREN of the person whose establishment it is.
    pub fn siren(&self) -> Siren {
        Siren(self.0.chars().take(9).collect())
    }
}

/// The check of fourteen digits and of the SIREN that they begin with; La Poste's establishments, its seat aside, need
/// a sum divisible by five.
fn siret_check(digits: &str) -> Result<(), IdentifierError> {
    let siren = Siren::parse(&digits[..9])?;
    if siren.as_str() == LA_POSTE && digits != LA_POSTE_SEAT {
        let sum: u32 = digits.chars().filter_map(|c| c.to_digit(10)).sum();
        return checked(sum.is_multiple_of(5));
    }
    checked(luhn(digits))
}

/// Eleven digits: the activity declaration of a training organisation (« numéro de déclaration d'activité »).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nda(String);

impl Nda {
    /// Reads an NDA, grouped 2-2-5-2 or not; it has no public check digit.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        NDA.read(text, |_| Ok(())).map(Self)
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
mod tests;
