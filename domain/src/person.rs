//! Who is the same person although registered twice (interpretation 13).

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The key under which one natural person is recognised (A3.3.b, A3.5.a, interpretation 13).
///
/// Takes the names as entered and the date of birth; returns `FAMILY NAME|FIRST NAMES|YYYY-MM-DD`.
/// Case, diacritics, ligatures, hyphens, apostrophes and spacing make no difference; the order and
/// the number of the first names do.
pub fn person_key(family_name: &str, first_names: &str, birth_date: NaiveDate) -> String {
    format!("{}|{}|{}", name_key(family_name), name_key(first_names), birth_date.format("%Y-%m-%d"))
}

/// A name as searches and comparisons see it: one name without what spelling leaves open: upper case, no diacritics, ligatures expanded, every
/// run of hyphens, apostrophes, spaces and other punctuation turned into one space, trimmed.
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

    fn born() -> NaiveDate {
        NaiveDate::from_ymd_opt(1984, 2, 29).expect("a date")
    }

    // A3.3.b, A3.5.a
    #[test]
    fn one_person_spelt_in_several_ways_has_one_key() {
        let key = person_key("Lefèbvre-d’Œuvre", "Noël  André", born());
        assert_eq!(key, "LEFEBVRE D OEUVRE|NOEL ANDRE|1984-02-29");
        for (family, first) in [
            ("LEFEBVRE D'OEUVRE", "NOEL ANDRE"),
            (" lefèbvre – d´œuvre ", "Noe\u{308}l-André"),
            ("Lefe\u{300}bvre d\u{2bc}Œuvre", "noël\u{a0}andré"),
            ("Lefèbvre\u{2011}d‘Œuvre", "Noël, An\u{ad}dré"),
        ] {
            assert_eq!(person_key(family, first, born()), key, "{family} {first}");
        }
        assert_eq!(name_key("Straße ẞ Æsir Łukasz Ødegård"), "STRASSE SS AESIR LUKASZ ODEGARD");
    }

    // A3.3.b, A3.5.a
    #[test]
    fn other_people_have_other_keys() {
        let key = person_key("Martin", "Paul", born());
        assert_ne!(person_key("Martins", "Paul", born()), key);
        assert_ne!(person_key("Martin", "Paule", born()), key);
        assert_ne!(person_key("Paul", "Martin", born()), key);
        assert_ne!(person_key("Martin Paul", "", born()), person_key("Martin", "Paul", born()));
        assert_ne!(person_key("Martin", "Paul", born() + chrono::Days::new(1)), key);
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
        }
    }
}
