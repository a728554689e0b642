//! Who a person is, as it is typed in: names, of which one may be missing, and a date of birth, of which parts may
//! be unknown.

use crate::field::blanks;
use chrono::NaiveDate;
use domain::birth::BirthDate;
use domain::{Refusal, Refusals};

/// A field of an input with its text.
type Field<'a> = (&'static str, Option<&'a str>);

/// An optional text on one line: words between single blanks; none when nothing is left.
pub(crate) fn filled(text: Option<&str>) -> Option<String> {
    let words: Vec<_> = text?.split_whitespace().collect();
    Some(words.join(" ")).filter(|text| !text.is_empty())
}

/// The same, empty where there is none.
pub(crate) fn name(text: Option<&str>) -> String {
    filled(text).unwrap_or_default()
}

/// The refusals of a person's family name and first names: either may be missing, not both; a name has letters, and
/// can be printed.
pub(crate) fn name_refusals(family: Field<'_>, first: Field<'_>) -> Refusals {
    if filled(family.1).is_none() && filled(first.1).is_none() {
        let message = "Indiquez au moins un nom de la personne.";
        return vec![Refusal::new("REQUIRED", message).at([family.0])];
    }
    [family, first].into_iter().flat_map(one_name_refusals).collect()
}

/// The refusals of a name that may be missing.
pub(crate) fn one_name_refusals((field, text): Field<'_>) -> Refusals {
    let Some(name) = filled(text) else { return Refusals::new() };
    let mut refusals = blanks(&[(field, name.as_str())]);
    if refusals.is_empty() && !name.chars().any(char::is_alphabetic) {
        let message =
            "Un nom compte au moins une lettre : laissez ce champ vide si la personne n’en a pas.";
        refusals.push(Refusal::new("NAME_INVALID", message).at([field]));
    }
    refusals
}

/// The date of birth of an input that takes it whole, as `birthDate`, or as far as it is known, as `bornOn`; with the
/// field that says it. Refuses none, and two that differ.
pub(crate) fn born(
    whole: Option<NaiveDate>,
    known: Option<BirthDate>,
) -> Result<(BirthDate, &'static str), Refusal> {
    match (whole.map(BirthDate::from), known) {
        (Some(whole), Some(known)) if whole != known => {
            let message = "Les deux dates de naissance indiquées diffèrent : n’en indiquez qu’une.";
            Err(Refusal::new("BIRTH_DATE_INVALID", message).at(["bornOn"]))
        }
        (None, None) => {
            let message = "La date de naissance est obligatoire, au moins son année.";
            Err(Refusal::new("REQUIRED", message).at(["birthDate"]))
        }
        (Some(whole), _) => Ok((whole, "birthDate")),
        (None, Some(known)) => Ok((known, "bornOn")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(refusals: Refusals) -> Vec<(String, String)> {
        refusals.into_iter().map(|r| (r.code.into_owned(), r.field.join("."))).collect()
    }

    #[test]
    fn a_person_may_have_one_name() {
        let found = |family, first| codes(name_refusals(("f", family), ("g", first)));
        for (family, first) in [
            (Some("Sukarno"), None),
            (Some(" "), Some("Ada")),
            (None, Some("Ada")),
            (Some("Le Goff"), Some("")),
        ] {
            assert!(found(family, first).is_empty(), "{family:?} {first:?}");
        }
        for (family, first) in [(None, None), (Some(" "), Some("\u{a0}")), (Some(""), None)] {
            assert_eq!(found(family, first), [("REQUIRED".to_owned(), "f".to_owned())]);
        }
        for dash in ["-", "—", "…", "...", "12"] {
            assert_eq!(
                found(Some("Sukarno"), Some(dash)),
                [("NAME_INVALID".to_owned(), "g".to_owned())]
            );
        }
        assert_eq!(
            found(Some("王"), Some("Zoé 😀")),
            [("f", "f"), ("g", "g")]
                .map(|(_, at)| ("CHARACTER_UNPRINTABLE".to_owned(), at.to_owned()))
        );
        assert_eq!(name(Some("  Jean \t Luc ")), "Jean Luc");
    }

    #[test]
    fn a_birth_is_told_once() {
        let day: NaiveDate = "1984-03-05".parse().expect("a day");
        let year: BirthDate = "1984".parse().expect("a year");
        assert_eq!(born(None, Some(year)), Ok((year, "bornOn")));
        assert_eq!(born(Some(day), None), Ok((day.into(), "birthDate")));
        assert_eq!(born(Some(day), Some(day.into())), Ok((day.into(), "birthDate")));
        let at = |whole, known| born(whole, known).expect_err("refused").field.join(".");
        assert_eq!(at(Some(day), Some(year)), "bornOn");
        assert_eq!(at(None, None), "birthDate");
    }
}
