//! What is an identifier, and what each other text is told to be.

use super::*;
use proptest::prelude::*;

fn siren(text: &str) -> Result<String, IdentifierError> {
    Siren::parse(text).map(String::from)
}

fn siret(text: &str) -> Result<String, IdentifierError> {
    Siret::parse(text).map(String::from)
}

fn nda(text: &str) -> Result<String, IdentifierError> {
    Nda::parse(text).map(String::from)
}

#[test]
fn digits_are_read_in_the_groups_in_which_they_are_printed() {
    for text in [
        "732829320",
        " 732 829 320 ",
        "732.829.320",
        "732\u{a0}829\u{202f}320",
        "732\u{2009}829\u{2009}320\r\n",
    ] {
        assert_eq!(siren(text), Ok("732829320".to_owned()), "{text:?}");
    }
    for text in ["73282932000074", "732 829 320 00074", "732.829.320.00074", "732829320 00074"] {
        assert_eq!(siret(text), Ok("73282932000074".to_owned()), "{text:?}");
    }
    for text in ["11750554710", "11 75 05547 10", "11.75.05547.10", "11\u{a0}75\u{a0}05547\u{a0}10"]
    {
        assert_eq!(nda(text), Ok("11750554710".to_owned()), "{text:?}");
    }
    assert_eq!(Siret::parse("732 829 320 00074").expect("valid").siren().as_str(), "732829320");
}

#[test]
fn digits_grouped_otherwise_are_refused() {
    for text in [
        "73 28 29 32 0",
        "73 282 9320",
        "7328 29320",
        "732  829 320",
        "732 829.320 ",
        "732.829 320",
        ".732829320",
        "732829320.",
        "732..829.320",
    ] {
        let found = siren(text);
        let told = matches!(found, Err(IdentifierError::Grouping(_) | IdentifierError::Decimals));
        assert!(told, "{text:?}: {found:?}");
    }
    // As a spreadsheet groups thousands.
    assert_eq!(siret("73 282 932 000 074"), Err(IdentifierError::Grouping("732 829 320 00074")));
    assert_eq!(siret("732 829 320 000 74"), Err(IdentifierError::Grouping("732 829 320 00074")));
    assert_eq!(nda("11 750 554 710"), Err(IdentifierError::Grouping("11 75 05547 10")));
    assert_eq!(
        nda("117 505 547 10").map_err(|e| e.to_string()),
        Err("Les chiffres se suivent, ou se groupent ainsi : 11 75 05547 10.".to_owned())
    );
    for (text, sign) in
        [("732-829-320", '-'), ("732,829,320", ','), ("732/829/320", '/'), ("'732829320", '\'')]
    {
        assert_eq!(siren(text), Err(IdentifierError::NotDigits(sign)), "{text}");
    }
}

/// With one zero lost and one decimal gained, each of these would have the digits of another identifier.
#[test]
fn what_a_spreadsheet_makes_of_a_number_is_no_identifier() {
    for text in [
        "12345146.0",
        "89349997,0",
        "75980649.0",
        "732829320.0",
        "732829320,00",
        "732 829 320,00",
        "732.829.320,00",
        "732.829.320.0",
        "732829.320",
    ] {
        assert_eq!(siren(text), Err(IdentifierError::Decimals), "{text}");
    }
    for text in ["732829320.00074", "73282932000074.0", "1234514600018.0", "732829320,00074"] {
        assert_eq!(siret(text), Err(IdentifierError::Decimals), "{text}");
    }
    for text in
        ["1973000197.0", "1973000197,0", "11750554710.00", "1175055471.0", "1 973 000 197,0"]
    {
        assert_eq!(nda(text), Err(IdentifierError::Decimals), "{text}");
    }
    for text in ["7,32829E+13", "7.3282932000074e13", "7E13", "7,32829 E13"] {
        assert_eq!(siret(text), Err(IdentifierError::Exponent), "{text}");
    }
    assert_eq!(nda("1,1750554710E+10"), Err(IdentifierError::Exponent));
}

#[test]
fn zeros_lost_at_the_beginning_are_named_with_what_they_make() {
    let lost = |expected: usize, found: usize, restored: &str| {
        Err(IdentifierError::ZerosLost { expected, found, restored: restored.to_owned() })
    };
    assert_eq!(siren("12345146"), lost(9, 8, "012345146"));
    assert_eq!(siren("5480025"), lost(9, 7, "005480025"));
    assert_eq!(siren("325 175"), lost(9, 6, "000325175"));
    assert_eq!(siret("1234514600018"), lost(14, 13, "01234514600018"));
    assert_eq!(siret("548002500211"), lost(14, 12, "00548002500211"));
    assert_eq!(nda("1973000197"), lost(11, 10, "01973000197"));
    let poste = Siren::parse(LA_POSTE).expect("valid");
    let nic = Siret::from_siren_and_nic(&poste, "33").map(String::from);
    assert_eq!(nic, lost(5, 2, "00033"));
    assert_eq!(
        siren("12345146").map_err(|e| e.to_string()),
        Err("9 chiffres sont attendus, 8 ont été saisis : un tableur a pu ôter les zéros de tête \
             (« 012345146 » ?)."
            .to_owned())
    );
    // No zeros make an identifier of these, or none were lost.
    let short = |expected: usize, found: usize| Err(IdentifierError::Length { expected, found });
    assert_eq!(siren("12345147"), short(9, 8));
    assert_eq!(siren("01234514"), short(9, 8));
    assert_eq!(siren("0"), short(9, 1));
    assert_eq!(siren("7328293200"), short(9, 10));
    assert_eq!(siret("732829320"), short(14, 9));
    assert_eq!(nda("973000197"), short(11, 9));
}

#[test]
fn each_other_mistake_has_its_name() {
    assert_eq!(siren("732829321"), Err(IdentifierError::Checksum));
    assert_eq!(siren("73282932A"), Err(IdentifierError::NotDigits('A')));
    assert_eq!(siren("FR44732829320"), Err(IdentifierError::NotDigits('F')));
    assert_eq!(siren("７３２８２９３２０"), Err(IdentifierError::OtherDigit('７')));
    assert_eq!(siren("73282932\u{660}"), Err(IdentifierError::OtherDigit('\u{660}')));
    assert_eq!(nda("1175O5547lO"), Err(IdentifierError::Letter { found: 'O', meant: '0' }));
    assert_eq!(nda("l1750554710"), Err(IdentifierError::Letter { found: 'l', meant: '1' }));
    for hidden in ['\u{200b}', '\u{feff}', '\u{200e}', '\u{ad}', '\u{2060}', '\t', '\u{3000}'] {
        let found = siren(&format!("732829{hidden}320"));
        assert_eq!(found, Err(IdentifierError::Invisible(hidden)));
    }
    let told = siren("\u{feff}732829320").map_err(|e| e.to_string());
    let expected = "Un caractère invisible s’y trouve (U+FEFF) : saisissez le numéro à la main.";
    assert_eq!(told, Err(expected.to_owned()));
    assert_eq!(siren(""), Err(IdentifierError::Length { expected: 9, found: 0 }));
    assert_eq!(siren("000000000"), Err(IdentifierError::AllZeros));
    assert_eq!(siret("73282932000075"), Err(IdentifierError::Checksum));
    assert_eq!(
        siret("732829320").map_err(|e| e.to_string()),
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
    let siret = Siret::from_siren_and_nic(&siren, "00074").expect("valid");
    assert_eq!(siret.as_str(), "73282932000074");
    let short = Siret::from_siren_and_nic(&siren, "75");
    assert_eq!(short, Err(IdentifierError::Length { expected: 5, found: 2 }));
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
