//! What people type to find a name or a SIREN.

use crate::person::name_key;
use std::collections::BTreeSet;

/// How many characters of a word are kept and looked for.
const LONGEST: usize = 32;
/// How many words of a search count, the longest ones: each narrows what the others found.
const MOST: usize = 8;

/// The words under which these names and numbers are found.
pub fn words<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let cut = |word: &str| word.chars().take(LONGEST).collect();
    names
        .into_iter()
        .flat_map(|name| name_key(name).split(' ').map(cut).collect::<Vec<_>>())
        .filter(|word: &String| !word.is_empty())
        .collect()
}

/// The beginnings of words that a search asks for, the longest first; none when it says nothing.
///
/// Digits alone are one number, as a SIREN is written: `732 829` is the beginning of 732829320. With dots elsewhere than
/// between its groups they are not: `12345146.0` is what a spreadsheet makes of another one.
pub fn wanted(search: &str) -> Vec<String> {
    let key = name_key(search);
    let digits: String = key.split(' ').collect();
    let number = digits.chars().all(|c| c.is_ascii_digit()) && !has_decimals(search);
    let mut wanted: Vec<_> =
        words([if number { &digits } else { &key }.as_str()]).into_iter().collect();
    wanted.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    wanted.truncate(MOST);
    wanted
}

/// Whether a comma stands in it, or a dot elsewhere than after the third or the sixth digit.
fn has_decimals(search: &str) -> bool {
    let mut digits = 0;
    search.trim().chars().any(|c| {
        digits += usize::from(c.is_ascii_digit());
        c == ',' || (c == '.' && !matches!(digits, 3 | 6))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_its_words_without_accents_or_case() {
        let kept = words(["Lefèbvre-d’Œuvre", "Noël  André", "732829320", "noël"]);
        assert_eq!(
            kept.into_iter().collect::<Vec<_>>(),
            ["732829320", "ANDRE", "D", "LEFEBVRE", "NOEL", "OEUVRE"]
        );
        assert!(words([" ", "-’"]).is_empty());
    }

    #[test]
    fn the_longest_beginning_comes_first() {
        assert_eq!(wanted("d' lefe œu"), ["LEFE", "OEU", "D"]);
        assert_eq!(wanted(" l’œu, l "), ["OEU", "L"]);
        for nothing in ["", " \u{a0}", "…'-"] {
            assert!(wanted(nothing).is_empty(), "{nothing:?}");
        }
    }

    #[test]
    fn digits_alone_are_one_number() {
        assert_eq!(wanted("732 829\u{a0}32"), ["73282932"]);
        assert_eq!(wanted("732.829.320"), ["732829320"]);
        assert_eq!(wanted("732.8"), ["7328"]);
        assert_eq!(wanted("12345146.0"), ["12345146", "0"]);
        assert_eq!(wanted("732 829 320,00"), ["320", "732", "829", "00"]);
        assert_eq!(wanted("école 42 1"), ["ECOLE", "42", "1"]);
    }

    #[test]
    fn neither_words_nor_their_number_grow_without_end() {
        let long = "é".repeat(2_000);
        assert_eq!(words([long.as_str()]), ["E".repeat(LONGEST)].into());
        assert_eq!(wanted(&long), ["E".repeat(LONGEST)]);
        let many: Vec<_> = (0..9_000).map(|n| format!("mot{n}")).collect();
        assert_eq!(wanted(&many.join(" ")).len(), MOST);
    }
}
