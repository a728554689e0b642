//! The film, played whole, and the figures that the database holds at its end.

use serde_json::{Value, json};
use std::process::Command;

/// Six years of four organisms, through GraphQL alone. Each figure follows from the script:
/// four applications at 330 € (A2.a), a site fee of 33 € a site and year (A2.b: twelve for the first
/// organism, eight for the third, two for the fourth), five certificates at 11 € (A2.c); the third organism
/// stops paying once suspended: two invoices of 66 € remain.
#[test]
fn the_film_ends_with_these_figures() {
    let dir = tempfile::tempdir().expect("a folder");
    let film = dir.path().join("film");
    let output = Command::new(env!("CARGO_BIN_EXE_clea"))
        .args(["demo", "--json", "--dir"])
        .arg(&film)
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let site_fees = (12 + 8 + 2) * 3_300;
    let invoiced = 4 * 33_000 + site_fees + 5 * 1_100;
    let expected = json!({
        "applications": 4, "accepted": 3, "refused": 1,
        "habilitations": 3, "terms": 4, "renewals": 1, "expiries": 2, "suspensions": 1, "withdrawals": 1,
        "enrolments": 6, "certificates": 5,
        "alerts": 6, "alertsClosed": 2,
        "invoices": 18, "invoicedCents": invoiced, "paidCents": invoiced - 2 * 6_600,
        "tasksGivenUp": 0,
    });
    for (name, figure) in expected.as_object().expect("an object") {
        assert_eq!(&found[name], figure, "{name} in {found}\n{told}");
    }
    let count = |folder: &str, end: &str| {
        let files = std::fs::read_dir(film.join(folder)).expect("a folder");
        files
            .filter(|f| f.as_ref().is_ok_and(|f| f.file_name().to_string_lossy().ends_with(end)))
            .count()
    };
    assert_eq!(count("documents", ".pdf"), 4 + 18 + 5, "letters, invoices, parchments");
    assert_eq!(json!(count("mails", ".eml")), found["mails"], "every mail told is a file");
}
