//! `clea import organisms`: the public list of training organisations, as it is published and as spreadsheets leave it.

mod support;

use std::path::Path;
use support::{clea, text};

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/organismes-de-formation.csv");

/// The exit code and what was told.
fn import(dir: &Path, list: &str) -> (i32, String) {
    let output = clea(dir, &["import", "organisms", list]).output().expect("it runs");
    let code = output.status.code().expect("it ended");
    assert!(code < 2, "{}", text(&output.stderr));
    (code, text(&output.stdout))
}

/// The same of a list that is written first.
fn import_of(dir: &Path, bytes: impl AsRef<[u8]>) -> (i32, String) {
    std::fs::write(dir.join("list.csv"), bytes).expect("written");
    import(dir, "list.csv")
}

/// The headings and the first `n` sound lines of the list.
fn sound(n: usize) -> (String, Vec<String>) {
    let list = std::fs::read_to_string(LIST).expect("readable");
    let mut lines = list.lines().map(str::to_owned);
    let headings = lines.next().expect("headings");
    (headings, lines.take(n).collect())
}

fn list(headings: &str, lines: &[String]) -> String {
    format!("{headings}\n{}\n", lines.join("\n"))
}

/// III.2.h, IV.2.a: every faulty line is told with its number, column and reason, stops no other, and makes the command
/// answer no; the same file again changes nothing.
#[test]
fn a_list_is_imported_once_and_its_faulty_lines_are_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let (code, told) = import(dir.path(), LIST);
    assert_eq!(code, 1, "some lines are faulty");
    for (line, column) in [
        (52, "siren"),
        (154, "informationsDeclarees.dateDerniereDeclaration"),
        (205, "numeroDeclarationActivite"),
        (256, "denomination"),
        (307, "siretEtablissementDeclarant"),
    ] {
        let start = format!("{line:>7}  {column} ");
        let found = told.lines().find(|l| l.starts_with(&start));
        let reason = found.map(|l| l[start.len()..].trim()).unwrap_or_default();
        assert!(!reason.is_empty(), "line {line}, column {column} in {told}");
    }
    let end = "306 lignes lues : 301 ajoutées, 0 modifiées, 0 inchangées, 5 fautives.\n";
    assert!(told.ends_with(end), "{told}");
    let (code, again) = import(dir.path(), LIST);
    let end = "306 lignes lues : 0 ajoutées, 0 modifiées, 301 inchangées, 5 fautives.\n";
    assert!(code == 1 && again.ends_with(end), "{again}");
}

/// III.2.h: the list as other exports write it is the same list.
#[test]
fn every_export_of_the_list_is_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let (headings, lines) = sound(20);
    let plain = list(&headings, &lines);
    let (code, told) = import_of(dir.path(), &plain);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("20 lignes lues : 20 ajoutées"), "{told}");
    let lower = list(&headings.to_lowercase().replace('.', "_"), &lines);
    let accented = list(&headings.replace("denomination", "Dénomination"), &lines);
    let utf_16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{plain}").encode_utf16().flat_map(unit).collect()
    };
    for (name, bytes) in [
        ("lower case", lower.into_bytes()),
        ("accents", accented.into_bytes()),
        ("UTF-16LE", utf_16(u16::to_le_bytes)),
        ("UTF-16BE", utf_16(u16::to_be_bytes)),
        ("BOM", format!("\u{feff}{plain}").into_bytes()),
        ("sep", format!("sep=;\r\n{}", plain.replace('\n', "\r\n")).into_bytes()),
        ("BOM and sep", format!("\u{feff}sep=;\r\n{plain}").into_bytes()),
    ] {
        let (code, told) = import_of(dir.path(), bytes);
        assert_eq!(code, 0, "{name}: {told}");
        assert!(told.contains("0 modifiées, 20 inchangées, 0 fautives"), "{name}: {told}");
    }
}

/// III.2.h: what is not the list is told in one line, and nothing is imported.
#[test]
fn what_is_not_the_list_is_told_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let (headings, lines) = sound(3);
    let plain = list(&headings, &lines);
    for (bytes, cause) in [
        (String::new(), "numeroDeclarationActivite"),
        ("a;b;c\n1;2;3\n".to_owned(), "numeroDeclarationActivite"),
        (plain.replacen("siren;", "numero;", 1), "il y manque siren."),
        (plain.replace(';', ","), "points-virgules"),
        (plain.replace(';', "\t"), "points-virgules"),
        (format!("sep=,\n{}", plain.replace(';', ",")), "points-virgules"),
    ] {
        let (code, told) = import_of(dir.path(), bytes);
        assert_eq!(code, 1, "{told}");
        let mentions =
            told.lines().filter(|line| line.contains("n’est pas la liste attendue")).count();
        assert!(mentions == 1 && told.contains(cause), "{cause}: {told}");
        let end = "0 lignes lues : 0 ajoutées, 0 modifiées, 0 inchangées, 1 fautives.\n";
        assert!(told.ends_with(end), "{told}");
    }
}

/// III.2.h: a list that went through a spreadsheet: each line is told with its column and the cause, none is imported
/// as another one.
#[test]
fn what_a_spreadsheet_changed_is_told_line_by_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let (headings, lines) = sound(12);
    let position =
        |name: &str| headings.split(';').position(|heading| heading == name).expect("a column");
    let changes = [
        ("denomination", &b"\xc9COLE"[..], "UTF-8"),
        ("certifications.actionsDeFormation", b"VRAI", "tableur"),
        ("siretEtablissementDeclarant", b"7,32829E+13", "notation scientifique"),
        ("numeroDeclarationActivite", b"1973000197", "01973000197"),
        ("numeroDeclarationActivite", b"1973000197.0", "décimales"),
        ("siren", b"12345146.0", "décimales"),
        ("adressePhysiqueOrganismeFormation.codePostal", b"1000", "01000"),
        ("informationsDeclarees.dateDerniereDeclaration", b"08/06/26", "quatre chiffres"),
    ];
    let mut bytes = format!("{headings}\n").into_bytes();
    for (i, line) in lines.iter().enumerate() {
        let mut cells: Vec<_> = line.split(';').map(str::as_bytes).collect();
        if let Some((column, text, _)) = changes.get(i) {
            cells[position(column)] = text;
        }
        bytes.extend(cells.join(&b';'));
        bytes.push(b'\n');
    }
    let (code, told) = import_of(dir.path(), bytes);
    assert_eq!(code, 1);
    for (i, (column, _, cause)) in changes.iter().enumerate() {
        let start = format!("{:>7}  {column} ", i + 2);
        let line = told.lines().find(|line| line.starts_with(&start)).unwrap_or_default();
        assert!(line.contains(cause), "{column}, {cause}: {told}");
    }
    let end = "12 lignes lues : 4 ajoutées, 0 modifiées, 0 inchangées, 8 fautives.\n";
    assert!(told.ends_with(end), "{told}");
}

/// III.2.h: a file in another encoding is told once, however many lines it has; three hundred faulty lines make the
/// command answer no.
#[test]
fn a_file_in_another_encoding_is_told_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let (headings, lines) = sound(40);
    let plain = list(&headings, &lines).replace("FORMATION", "ÉCOLE").replace('Œ', "OE");
    let windows: Vec<u8> =
        plain.chars().map(|c| u8::try_from(u32::from(c)).expect("of Latin 1")).collect();
    let (code, told) = import_of(dir.path(), windows);
    assert_eq!(code, 1, "{told}");
    let mentions: Vec<_> = told.lines().filter(|line| line.contains("UTF-8")).collect();
    assert!(mentions.len() == 1 && mentions[0].contains("Windows-1252"), "{told}");
    let faulty: Vec<_> = (0..300).map(|n| lines[n % 40].replacen(';', ";x", 3)).collect();
    let (code, told) = import_of(dir.path(), list(&headings, &faulty));
    assert_eq!(code, 1);
    assert!(
        told.ends_with("300 lignes lues : 0 ajoutées, 0 modifiées, 0 inchangées, 300 fautives.\n"),
        "{told}"
    );
}
