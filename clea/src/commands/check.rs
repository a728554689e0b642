//! `clea check`: public identifiers, each with what is wrong about it.

use crate::cli::{CheckArgs, IdentifierKind};
use crate::failure::Failure;
use domain::identifier::{IdentifierError, Nda, Siren, Siret};
use std::io::{BufRead, Write};

/// Checks every value; the command answers no when one is wrong.
pub(crate) fn run(args: &CheckArgs) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let mut sound = true;
    for value in &args.values {
        if value == "-" {
            for line in std::io::stdin().lock().lines() {
                let line = line?;
                if !line.trim().is_empty() {
                    sound &= check(args.kind, line.trim(), &mut out)?;
                }
            }
        } else {
            sound &= check(args.kind, value, &mut out)?;
        }
    }
    if sound { Ok(()) } else { Err(Failure::Answered) }
}

fn check(kind: IdentifierKind, value: &str, out: &mut impl Write) -> std::io::Result<bool> {
    match parse(kind, value) {
        Ok(digits) => writeln!(out, "{value} : valide ({digits})").map(|()| true),
        Err(error) => writeln!(out, "{value} : invalide. {error}").map(|()| false),
    }
}

/// The identifier's digits.
fn parse(kind: IdentifierKind, value: &str) -> Result<String, IdentifierError> {
    match kind {
        IdentifierKind::Siren => Siren::parse(value).map(String::from),
        IdentifierKind::Siret => Siret::parse(value).map(String::from),
        IdentifierKind::Nda => Nda::parse(value).map(String::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_with_its_digits_or_its_mistake() {
        let mut out = Vec::new();
        assert!(check(IdentifierKind::Siren, "732 829 320", &mut out).expect("written"));
        assert!(!check(IdentifierKind::Siret, "73282932000075", &mut out).expect("written"));
        assert_eq!(
            String::from_utf8(out).expect("text"),
            "732 829 320 : valide (732829320)\n\
             73282932000075 : invalide. La clé de contrôle est fausse : au moins un chiffre est erroné.\n"
        );
    }
}
