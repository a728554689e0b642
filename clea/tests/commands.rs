//! The commands as a person types them: what they print and how they end.

mod support;

use std::io::Write as _;
use std::process::{Output, Stdio};
use support::{clea, text};

fn run(args: &[&str]) -> Output {
    let dir = tempfile::tempdir().expect("a folder");
    clea(dir.path(), args).output().expect("it runs")
}

// III.5.d: 20 working days after a meeting.
#[test]
fn a_deadline_prints_its_whole_arithmetic() {
    let output = run(&["deadline", "2026-12-24", "--add", "20", "--unit", "working-days"]);
    assert!(output.status.success());
    let told = text(&output.stdout);
    assert!(told.starts_with("20 jours ouvrés après le 24 décembre 2026 : 2027-01-25\n"), "{told}");
    assert!(told.contains("Le 25 décembre 2026 ne compte pas (Noël)."));
    assert!(told.trim_end().ends_with("20e jour ouvré : 25 janvier 2027."));
}

// III.4.b: at the latest 5 working days before.
#[test]
fn a_deadline_counts_back() {
    let output = run(&["deadline", "2027-01-04", "--add", "5", "--before"]);
    assert!(
        text(&output.stdout).starts_with("5 jours ouvrés avant le 4 janvier 2027 : 2026-12-24\n")
    );
    assert_eq!(run(&["deadline", "2027-01-04", "--add", "99999"]).status.code(), Some(1));
    assert_eq!(run(&["deadline", "04/01/2027", "--add", "5"]).status.code(), Some(2));
}

#[test]
fn a_file_of_deadlines_is_completed_and_its_faulty_lines_are_told() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(
        dir.path().join("in.csv"),
        "date;amount;unit;before\n2026-12-24;20;working-days;\n?;1;months;\n",
    )
    .expect("written");
    let output = clea(dir.path(), &["deadline", "--csv", "in.csv", "--out", "out.csv"])
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1), "a line is faulty");
    assert!(text(&output.stderr).contains("ligne 3, colonne date"));
    let out = std::fs::read_to_string(dir.path().join("out.csv")).expect("readable");
    assert!(out.contains("2026-12-24;20;working-days;;2027-01-25;"), "{out}");
}

#[test]
fn identifiers_are_checked_from_arguments_and_from_standard_input() {
    assert!(run(&["check", "siren", "732 829 320"]).status.success());
    assert_eq!(run(&["check", "siret", "73282932000074", "73282932000075"]).status.code(), Some(1));
    let dir = tempfile::tempdir().expect("a folder");
    let mut child = clea(dir.path(), &["check", "nda", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    child.stdin.take().expect("piped").write_all(b"01973000197\n\n1175\n").expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).lines().count(), 2);
}

#[test]
fn a_wrong_configuration_is_told_whole_before_anything_starts() {
    let dir = tempfile::tempdir().expect("a folder");
    let output = clea(dir.path(), &["serve"])
        .env("CLEA_LISTEN", "nowhere")
        .env("CLEA_ENV", "production")
        .env("CLEA_CLOCK", "simulated")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    for name in ["CLEA_LISTEN: ", "CLEA_PUBLIC_URL: ", "CLEA_CLOCK: "] {
        assert!(told.contains(name), "{name} in {told}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 0, "nothing was written");
}
