//! `clea import organisms`: the public list of training organisations, with faulty lines among 300 sound ones.

use std::path::Path;
use std::process::Command;

fn import(dir: &Path) -> String {
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/organismes-de-formation.csv");
    let mut command = Command::new(env!("CARGO_BIN_EXE_clea"));
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CLEA_"))
    {
        command.env_remove(name);
    }
    let output =
        command.current_dir(dir).args(["import", "organisms", list]).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// III.2.h, IV.2.a: every faulty line is told with its number, column and reason, and stops no other; the
/// same file again changes nothing.
#[test]
fn a_list_is_imported_once_and_its_faulty_lines_are_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let told = import(dir.path());
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
    let again = import(dir.path());
    assert!(
        again.ends_with("306 lignes lues : 0 ajoutées, 0 modifiées, 301 inchangées, 5 fautives.\n"),
        "{again}"
    );
}
