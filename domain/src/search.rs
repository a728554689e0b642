//! What people type to find a name or a SIREN, by the rule of sameness of names: `nguyen` finds N’Guyen, and
//! `n'guyen` finds Nguyen.

use crate::person::name_key;
use std::collections::BTreeSet;

/// How many characters of a word are kept and looked for.
const LONGEST: usize = 32;
/// How many words of a search count, the longest ones: each narrows what the others found.
const MOST: usize = 8;
/// How many words of a search may be one word of a name: « van der Berg » is Vanderberg too.
const JOINED: usize = 3;

/// The words under which these names and numbers are found: each word of a name together with those after it, so
/// that the name is found from any of its words, whether they are written apart or together.
pub fn words<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for name in names {
        let key = name_key(name);
        let mut rest = key.as_str();
        while !rest.is_empty() {
            found.insert(rest.chars().filter(|c| *c != ' ').take(LONGEST).collect());
            rest = rest.split_once(' ').map_or("", |(_, rest)| rest);
        }
    }
    found
}

/// The beginnings of words that a search asks for, the longest first; none when it says nothing. A row is found
/// that has, for each of them, a word that begins by one of its spellings: the word typed, or that word joined to
/// those before it.
///
/// Digits alone are one number, as a SIREN is written: `732 829` is the beginning of 732829320. With dots elsewhere than
/// between its groups they are none, and find nothing: `12345146.0` is what a spreadsheet makes of another one.
pub fn wanted(search: &str) -> Vec<Vec<String>> {
    let key = name_key(search);
    let mut typed: Vec<_> = key.split(' ').filter(|word| !word.is_empty()).collect();
    let digits: String = typed.concat();
    if digits.chars().all(|c| c.is_ascii_digit()) && !digits.is_empty() {
        if has_decimals(search) {
            return vec![vec![search.trim().to_owned()]];
        }
        typed = vec![&digits];
    }
    let mut wanted: Vec<Vec<String>> = Vec::new();
    for end in 0..typed.len() {
        let starts = (end + 1).saturating_sub(JOINED)..=end;
        let cut = |start: usize| typed[start..=end].concat().chars().take(LONGEST).collect();
        let spellings: Vec<String> = starts.rev().map(cut).collect();
        if !wanted.iter().any(|known| known[0] == spellings[0]) {
            wanted.push(spellings);
        }
    }
    wanted.sort_by_key(|spellings| std::cmp::Reverse(spellings[0].chars().count()));
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

    /// Whether who has this name is found by this search.
    fn finds(search: &str, name: &str) -> bool {
        let kept = words([name]);
        let begins = |spelling: &String| kept.iter().any(|word| word.starts_with(spelling));
        let wanted = wanted(search);
        !wanted.is_empty() && wanted.iter().all(|spellings| spellings.iter().any(begins))
    }

    #[test]
    fn a_name_is_found_by_its_words_without_accents_or_case() {
        let kept = words(["Lefèbvre-d’Œuvre", "Noël  André", "732829320", "noël"]);
        assert_eq!(
            kept.into_iter().collect::<Vec<_>>(),
            ["732829320", "ANDRE", "DOEUVRE", "LEFEBVREDOEUVRE", "NOEL", "NOELANDRE", "OEUVRE"]
        );
        assert!(words([" ", "-’"]).is_empty());
    }

    // Interpretation 13
    #[test]
    fn a_name_is_found_however_its_parts_are_joined() {
        for (one, other) in [
            ("nguyen", "N’Guyen"),
            ("legoff", "Le Goff"),
            ("jeanluc", "Jean-Luc"),
            ("d'almeida", "Dalmeida"),
            ("van der berg", "Vanderberg"),
            ("o'brien macleod", "Obrien Mac Leod"),
            ("weiss", "Weiß"),
            ("saint exupery", "Saint‑Exupéry"),
        ] {
            assert!(finds(one, other), "{one} finds {other}");
            assert!(finds(other, one), "{other} finds {one}");
        }
        for (search, name) in [
            ("goff le", "Le Goff"),
            ("luc", "Jean Luc"),
            ("guy", "N'Guyen"),
            ("le g", "Legoff"),
            ("le goff", "Goff Le"),
        ] {
            assert!(finds(search, name), "{search} finds {name}");
        }
        for (search, name) in [
            ("uyen", "Nguyen"),
            ("goff", "Legoff"),
            ("le moal", "Legoff"),
            ("anguyen", "N’Guyen"),
            ("-", "Le Goff"),
        ] {
            assert!(!finds(search, name), "{search} finds no {name}");
        }
    }

    #[test]
    fn the_longest_beginning_comes_first() {
        assert_eq!(
            wanted("d' lefe œu"),
            [vec!["LEFE", "DLEFE"], vec!["OEU", "LEFEOEU", "DLEFEOEU"], vec!["D"]]
        );
        assert_eq!(wanted(" l’œu, l "), [vec!["OEU", "LOEU"], vec!["L"]]);
        for nothing in ["", " \u{a0}", "…'-"] {
            assert!(wanted(nothing).is_empty(), "{nothing:?}");
        }
    }

    #[test]
    fn digits_alone_are_one_number() {
        assert_eq!(wanted("732 829\u{a0}32"), [["73282932"]]);
        assert_eq!(wanted("732.829.320"), [["732829320"]]);
        assert_eq!(wanted("732.8"), [["7328"]]);
        assert_eq!(wanted("12345146.0"), [["12345146.0"]]);
        assert_eq!(wanted("732 829 320,00"), [["732 829 320,00"]]);
        assert!(finds("école 42 1", "École 421"));
        assert!(!finds("école 421", "École 42, rue 1"));
    }

    #[test]
    fn neither_words_nor_their_number_grow_without_end() {
        let long = "é".repeat(2_000);
        assert_eq!(words([long.as_str()]), ["E".repeat(LONGEST)].into());
        assert_eq!(wanted(&long), [["E".repeat(LONGEST)]]);
        let many: Vec<_> = (0..9_000).map(|n| format!("mot{n}")).collect();
        assert_eq!(wanted(&many.join(" ")).len(), MOST);
    }
}
