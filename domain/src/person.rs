//! Names of persons: when two are the same, and how they are written. Who is the same person although
//! registered twice (interpretation 13).

use crate::birth::BirthDate;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The key under which one natural person is recognised (A3.3.b, A3.5.a, interpretation 13).
///
/// Takes the names as entered and the date of birth as far as it is known; returns
/// `FAMILYNAME|FIRSTNAMES|YYYY-MM-DD`. What [`sameness`] leaves out makes no difference; the order and the number of
/// the first names do. Whoever has one name has the same key wherever it was written.
pub fn person_key(family_name: &str, first_names: &str, birth_date: BirthDate) -> String {
    format!("{}|{birth_date}", names_key(family_name, first_names))
}

/// What a person's key begins with: `FAMILYNAME|FIRSTNAMES`.
pub fn names_key(family_name: &str, first_names: &str) -> String {
    let (family, first) = (sameness(family_name), sameness(first_names));
    if family.is_empty() { format!("{first}|") } else { format!("{family}|{first}") }
}

/// The one rule of sameness of names, of checks and of searches: two names are the same when they have the same
/// letters and digits, without regard to case, diacritics, ligatures, hyphens, apostrophes and blanks
/// (interpretation 13). Empty where the name has neither letter nor digit.
pub fn sameness(name: &str) -> String {
    let mut key = name_key(name);
    key.retain(|c| c != ' ');
    key
}

/// A holder's name as parchment, verification and mails write it: « Noël André Lefèbvre », with the name in use
/// where it is another one and not another spelling.
pub fn holder_name(first_names: &str, birth_name: &str, used_name: Option<&str>) -> String {
    let holder = full_name(first_names, birth_name);
    match another_name(birth_name, used_name) {
        Some(used) => format!("{holder} (nom d’usage : {})", full_name("", used)),
        None => holder,
    }
}

/// The name in use where it is another than the name at birth, or the only one.
pub fn another_name<'a>(birth_name: &str, used_name: Option<&'a str>) -> Option<&'a str> {
    used_name.filter(|used| !sameness(used).is_empty() && sameness(used) != sameness(birth_name))
}

/// Names one after the other, first names first, single blanks between them: whoever has only one has that alone.
pub fn full_name(first_names: &str, family_name: &str) -> String {
    let words: Vec<_> =
        first_names.split_whitespace().chain(family_name.split_whitespace()).collect();
    words.join(" ")
}

/// A name by its words: upper case, no diacritics, ligatures expanded, every run of hyphens, apostrophes, spaces
/// and other punctuation turned into one space, trimmed. Lists are ordered by it, words are cut from it.
pub fn name_key(name: &str) -> String {
    let upper: String =
        name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_uppercase).collect();
    let mut plain = String::with_capacity(upper.len());
    for c in upper.nfkd().filter(|c| !is_combining_mark(*c) && !is_invisible(*c)) {
        match c {
            'Œ' => plain.push_str("OE"),
            'Æ' => plain.push_str("AE"),
            'ẞ' => plain.push_str("SS"),
            'Þ' => plain.push_str("TH"),
            'Ø' => plain.push('O'),
            'Ł' => plain.push('L'),
            'Đ' | 'Ð' => plain.push('D'),
            // The modifier apostrophe and its like count as letters in Unicode.
            '\u{2b0}'..='\u{2ff}' => plain.push(' '),
            c if c.is_alphanumeric() => plain.push(c),
            _ => plain.push(' '),
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Characters that leave no trace on paper: soft hyphen, zero-width characters, byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn born() -> BirthDate {
        "1984-02-29".parse().expect("a date")
    }

    // A3.3.b, A3.5.a
    #[test]
    fn one_person_spelt_in_several_ways_has_one_key() {
        let key = person_key("Lefèbvre-d’Œuvre", "Noël  André", born());
        assert_eq!(key, "LEFEBVREDOEUVRE|NOELANDRE|1984-02-29");
        for (family, first) in [
            ("LEFEBVRE D'OEUVRE", "NOEL ANDRE"),
            ("Lefebvredoeuvre", "Noelandre"),
            ("Le Fèbvre d Œuvre", "No ël-André"),
            (" lefèbvre – d´œuvre ", "Noe\u{308}l-André"),
            ("Lefe\u{300}bvre d\u{2bc}Œuvre", "noël\u{a0}andré"),
            ("Lefèbvre\u{2011}d‘Œuvre", "Noël, An\u{ad}dré"),
        ] {
            assert_eq!(person_key(family, first, born()), key, "{family} {first}");
        }
        assert_eq!(name_key("Straße ẞ Æsir Łukasz Ødegård"), "STRASSE SS AESIR LUKASZ ODEGARD");
        for (one, other) in [
            ("N'Guyen", "Nguyen"),
            ("Le Goff", "LEGOFF"),
            ("Jean Luc", "Jeanluc"),
            ("D\u{2bc}Almeida", "dalmeida"),
            ("O’Brien-MacLeod", "Obrien Macleod"),
            ("Van den Bœck", "VANDEN BOECK"),
            ("Weiß", "Weiss"),
            ("M‘Bappé", "M`bappe"),
            ("Saint\u{2011}Exupéry", "Saint\u{202f}Exupe\u{301}ry"),
        ] {
            assert_eq!(sameness(one), sameness(other), "{one} {other}");
        }
    }

    // A3.3.b, interpretation 13
    #[test]
    fn one_name_is_one_name_wherever_it_was_written() {
        assert_eq!(person_key("Sukarno", "", born()), person_key(" ", "SUKARNO", born()));
        assert_ne!(person_key("Sukarno", "", born()), person_key("Sukarno", "Ali", born()));
        let year = "1984".parse().expect("a year");
        assert_eq!(person_key("Sukarno", "", year), "SUKARNO||1984");
    }

    // A3.5.b
    #[test]
    fn a_name_in_use_is_told_where_it_is_another() {
        let holder = |used| holder_name("Noël", "Lefèbvre", Some(used));
        for same in ["Lefèbvre", "LEFEBVRE", " lefebvre ", "Le Fèbvre", "Lefe\u{300}bvre", "-", ""]
        {
            assert_eq!(holder(same), "Noël Lefèbvre", "{same}");
        }
        assert_eq!(holder("Lefèvre"), "Noël Lefèbvre (nom d’usage : Lefèvre)");
        assert_eq!(holder_name("Ada", "Durand", None), "Ada Durand");
        assert_eq!(holder_name("", "Sukarno", None), "Sukarno");
        assert_eq!(holder_name("Ada", "", None), "Ada");
        assert_eq!(holder_name("Ada", "", Some("Martin")), "Ada (nom d’usage : Martin)");
        assert_eq!(holder_name(" Ada  Rose ", " De  Sa ", None), "Ada Rose De Sa");
    }

    // A3.3.b, A3.5.a
    #[test]
    fn other_people_have_other_keys() {
        let key = person_key("Martin", "Paul", born());
        assert_ne!(person_key("Martins", "Paul", born()), key);
        assert_ne!(person_key("Martin", "Paule", born()), key);
        assert_ne!(person_key("Paul", "Martin", born()), key);
        assert_ne!(person_key("Martin Paul", "", born()), person_key("Martin", "Paul", born()));
        assert_ne!(person_key("Martin", "Paul", "1984-02".parse().expect("a month")), key);
        assert_ne!(person_key("Martin", "Paul", "1984-03-01".parse().expect("a date")), key);
    }

    proptest! {
        // A3.3.b, A3.5.a
        #[test]
        fn case_accents_and_spacing_do_not_matter(
            words in prop::collection::vec("[a-zéèêëàâäîïôöùûüçñœæß]{1,8}", 1..4),
            separators in prop::collection::vec("[ '’\u{a0}-]{1,3}", 4),
        ) {
            let plain = words.join(" ");
            let mut spaced = separators[3].clone();
            for (word, separator) in words.iter().zip(&separators) {
                spaced.push_str(word);
                spaced.push_str(separator);
            }
            let decomposed: String = plain.nfd().collect();
            let bare: String = plain.nfd().filter(|c| !is_combining_mark(*c)).collect();
            let key = name_key(&plain);
            prop_assert_eq!(sameness(&plain), sameness(&words.concat()));
            prop_assert_eq!(&name_key(&plain.to_uppercase()), &key);
            prop_assert_eq!(&name_key(&spaced), &key);
            prop_assert_eq!(&name_key(&decomposed), &key);
            prop_assert_eq!(&name_key(&bare), &key);
            prop_assert!(key.bytes().all(|b| b.is_ascii_uppercase() || b == b' '));
        }

        // A3.3.b, A3.5.a
        #[test]
        fn a_key_is_its_own_key(name in any::<String>()) {
            let key = name_key(&name);
            prop_assert_eq!(name_key(&key), key);
            prop_assert_eq!(sameness(&sameness(&name)), sameness(&name));
        }
    }
}
