//! Communes at the date of a birth.

use super::*;

/// The code and the message of the refusal of a birth there.
fn found(code: &str, name: &str, birth: &str) -> Option<(String, String)> {
    let place = BirthPlace { code: Some(code), name, country: "France" };
    let refusal = place.refusal(birth.parse().expect("a date of birth"))?;
    assert_eq!(refusal.field, ["birthPlaceCode"]);
    Some((refusal.code.into_owned(), refusal.message))
}

fn refused(code: &str, name: &str, birth: &str) -> String {
    let (refusal, message) =
        found(code, name, birth).unwrap_or_else(|| panic!("{code} in {birth}"));
    assert_eq!(refusal, "BIRTH_PLACE_CODE_INVALID", "{code} in {birth}: {message}");
    message
}

#[test]
fn communes_at_that_date_have_codes() {
    for (code, name, birth) in [
        ("75056", "Paris", "1990-02-03"),
        ("75101", "Paris 1er", "1990-02-03"),
        ("69381", "Lyon", "1985-01-01"),
        ("13216", "Marseille", "2001-01-01"),
        ("2a004", "Ajaccio", "1984-02-29"),
        ("2A004", "Ajaccio", "1970-01-01"),
        ("2B033", "Bastia", "1999-12-31"),
        ("20004", "Ajaccio", "1975-12-31"),
        ("20033", "Bastia", "1943-01-01"),
        ("97411", "Saint-Denis", "1991-06-01"),
        ("97611", "Mamoudzou", "1999-06-01"),
        ("97701", "Gustavia", "2010-01-01"),
        ("98818", "Nouméa", "1980-01-01"),
        // Merged since, and before it was called as today.
        ("78542", "Saint-Cloud", "1967-12-31"),
        ("92064", "Saint-Cloud", "1950-01-01"),
        ("01091", "Châtillon-en-Michaille", "1990-01-01"),
        ("49144", "Freigné", "1988-08-08"),
        ("75001", "Alfortville", "1955-05-05"),
        ("69001", "Affoux", "1990-01-01"),
        ("69001", "AFFOUX (Rhône)", "1990-01-01"),
        ("33063", "Bordeaux", "1930"),
        // Of a part of a date, any day will do.
        ("38567", "Chamrousse", "1989"),
        ("38567", "Chamrousse", "1989-02"),
        ("20004", "Ajaccio", "1975"),
    ] {
        assert_eq!(found(code, name, birth), None, "{code} {name} {birth}");
    }
}

#[test]
fn what_was_no_commune_at_that_date_is_refused() {
    for (code, birth) in [
        ("69674", "1990-01-01"),
        ("13000", "1990-01-01"),
        ("97400", "1990-01-01"),
        ("75001", "1990-01-01"),
        ("75021", "1990-01-01"),
        ("99100", "1990-01-01"),
        ("00001", "1990-01-01"),
        ("96001", "1990-01-01"),
        ("20004", "1976-01-01"),
        ("38567", "1989-02-14"),
        ("38567", "1988"),
        ("78542", "1968-01-01"),
        ("97123", "2008-01-01"),
        ("2A999", "1990-01-01"),
    ] {
        let message = refused(code, "", birth);
        assert!(message.contains("code postal"), "{message}");
    }
    for code in ["7505", "750560", "2C004", "2A04", "75O56", "７5056", "75 056", "2A0É"] {
        assert!(refused(code, "", "1990").contains("5 caractères"), "{code}");
    }
}

#[test]
fn the_message_tells_what_to_write() {
    assert!(refused("75001", "Paris", "1990").contains("le code INSEE de Paris est 75056"));
    let merged = refused("01091", "Châtillon-en-Michaille", "2019-01-01");
    assert!(
        merged.contains("jusqu’au 31 décembre 2018") && merged.contains("est 01033"),
        "{merged}"
    );
    assert!(refused("20004", "Ajaccio", "1980").contains("Celui qui l’a remplacé est 2A004"));
    assert!(refused("38567", "Chamrousse", "1980").contains("que depuis le 15 février 1989"));
    assert!(refused("69674", "Lyon", "1990").contains("Aucune commune n’a le code INSEE 69674"));
}

#[test]
fn a_postal_code_is_known_by_the_place_although_another_commune_has_it_as_its_own() {
    for (postal, place, insee) in [
        ("69001", "Lyon", "69123"),
        ("69001", "LYON 1er arrondissement", "69123"),
        ("33100", "Bordeaux", "33063"),
        ("97411", "Saint Paul", "97415"),
        ("75001", "Paris", "75056"),
        ("42100", "St Étienne", "42218"),
    ] {
        let message = refused(postal, place, "1960-01-01");
        assert!(message.contains(insee), "{message}");
    }
    // Where nothing shows which is meant, the commune that has the code is.
    assert_eq!(found("69001", "Tarare", "1990"), None);
}

#[test]
fn overseas_territories_are_france() {
    for france in [
        "France",
        " FRANCE ",
        "République française",
        "Republique Francaise",
        "fr",
        "La Réunion",
        "Ile de la Réunion",
        "Guyane française",
        "nouvelle-calédonie",
        "Saint-Pierre-et-Miquelon",
    ] {
        let place = BirthPlace { code: Some("97411"), name: "Saint-Denis", country: france };
        assert_eq!(place.refusal("1990".parse().expect("a year")), None, "{france}");
        let none = BirthPlace { code: None, ..place }.refusal("1990".parse().expect("a year"));
        assert_eq!(none.expect("refused").code, "BIRTH_PLACE_CODE_REQUIRED", "{france}");
    }
    assert!(is_france("RÉPUBLIQUE FRANÇAISE") && !is_france("La Réunion"));
}

#[test]
fn a_birth_abroad_has_no_code() {
    for country in ["Pologne", "Francia", "Monaco", "Île Maurice", "", "Françafrique"] {
        let place = BirthPlace { code: Some("97411"), name: "Łódź", country };
        let year = "1990".parse().expect("a year");
        assert_eq!(
            place.refusal(year).expect("refused").code,
            "BIRTH_PLACE_CODE_ABROAD",
            "{country}"
        );
        assert_eq!(BirthPlace { code: None, ..place }.refusal(year), None, "{country}");
    }
}

#[test]
fn the_data_are_whole() {
    assert!(COMMUNES.len() > 39_000 && COMMUNES.is_sorted_by_key(|line| &line[..5]));
    assert!(POSTAL_CODES.len() > 3_000 && POSTAL_CODES.is_sorted());
    for line in COMMUNES.iter() {
        let commune = Commune::read(line).unwrap_or_else(|| panic!("{line}"));
        assert!(commune.code.len() == 5 && !commune.name().is_empty(), "{line}");
        let parts: Vec<_> = line.split(';').collect();
        let read = (commune.from.is_none(), commune.until.is_none());
        assert_eq!((parts[1].is_empty(), parts[2].is_empty()), read, "{line}");
        assert!(commune.from.zip(commune.until).is_none_or(|(from, until)| from < until), "{line}");
        assert!(commune.next.is_empty() || communes(commune.next).next().is_some(), "{line}");
    }
    for line in POSTAL_CODES.iter() {
        let (code, served) = line.split_once(' ').expect(line);
        assert!(communes(code).next().is_some(), "{line}");
        assert_eq!(served_by(code).len(), served.split(' ').count(), "{line}");
    }
}
