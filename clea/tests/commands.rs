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
    for date in ["04/01/2027", "27-01-04", "2027-1-4", "+2027-01-04", " 2027-01-04", "0027-01-04"] {
        assert_eq!(run(&["deadline", date, "--add", "5"]).status.code(), Some(2), "{date}");
    }
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

/// III.5.d: what the file holds besides stays as it was, byte for byte; nothing is emptied that is named as output.
#[test]
fn a_file_of_deadlines_may_be_completed_in_its_own_place() {
    let dir = tempfile::tempdir().expect("a folder");
    let of = |name: &str| dir.path().join(name);
    let complete = |csv: &str, out: &str| {
        clea(dir.path(), &["deadline", "--csv", csv, "--out", out]).output().expect("it runs")
    };
    let input =
        b"\xef\xbb\xbfdossier;date;amount;unit\r\n A \xc3\xa9;2026-12-24;20;working-days\r\n";
    let added = |name: &str| {
        let out = std::fs::read(of(name)).expect("readable");
        assert!(out.starts_with(&input[..27]), "{}", String::from_utf8_lossy(&out));
        let out = String::from_utf8(out).expect("UTF-8");
        assert!(out.contains("\r\n A é;2026-12-24;20;working-days;2027-01-25;"), "{out}");
        assert!(out.ends_with("\r\n"), "{out}");
    };
    for out in ["in.csv", "./in.csv", "sub/../in.csv"] {
        std::fs::create_dir_all(of("sub")).expect("made");
        std::fs::write(of("in.csv"), input).expect("written");
        let done = complete("in.csv", out);
        assert!(done.status.success(), "{}", text(&done.stderr));
        added("in.csv");
    }
    std::fs::write(of("in.csv"), input).expect("written");
    std::os::unix::fs::symlink("in.csv", of("link.csv")).expect("linked");
    std::fs::hard_link(of("in.csv"), of("twin.csv")).expect("linked");
    assert!(complete("in.csv", "twin.csv").status.success());
    assert_eq!(std::fs::read(of("in.csv")).expect("readable"), input);
    added("twin.csv");
    assert!(complete("in.csv", "link.csv").status.success());
    assert!(std::fs::symlink_metadata(of("link.csv")).expect("known").is_symlink());
    added("in.csv");
    // What cannot be completed leaves everything as it is.
    std::fs::write(of("other.csv"), "day;amount\n").expect("written");
    let refused = complete("other.csv", "other.csv");
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(text(&refused.stderr).lines().count(), 1, "{}", text(&refused.stderr));
    assert_eq!(std::fs::read(of("other.csv")).expect("readable"), b"day;amount\n");
    assert_eq!(complete("in.csv", "nowhere/out.csv").status.code(), Some(1));
    let mut left: Vec<_> = std::fs::read_dir(dir.path())
        .expect("readable")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    assert_eq!(left, ["in.csv", "link.csv", "other.csv", "sub", "twin.csv"]);
    std::fs::write(
        of("w.csv"),
        b"dossier;date;amount;unit\nSoci\xe9t\xe9 A ;2026-12-24;20;working-days\n",
    )
    .expect("written");
    assert!(complete("w.csv", "w.csv").status.success());
    let out = std::fs::read(of("w.csv")).expect("readable");
    let row = b"\nSoci\xe9t\xe9 A ;2026-12-24;20;working-days;2027-01-25;";
    assert!(out.windows(row.len()).any(|part| part == row), "{}", String::from_utf8_lossy(&out));
}

/// III.2.a, III.2.h: what a spreadsheet makes of an identifier is no identifier, and why is told.
#[test]
fn a_number_of_a_spreadsheet_is_no_identifier() {
    for (kind, value, cause) in [
        ("nda", "1973000197.0", "décimales"),
        ("nda", "1973000197", "01973000197"),
        ("siren", "89349997.0", "décimales"),
        ("siren", "89349997", "089349997"),
        ("siret", "732829320.00074", "décimales"),
        ("siret", "7,32829E+13", "notation scientifique"),
        ("siren", "7328 29320", "732 829 320"),
        ("siren", "\u{feff}732829320", "U+FEFF"),
    ] {
        let output = run(&["check", kind, value]);
        assert_eq!(output.status.code(), Some(1), "{value}");
        let told = text(&output.stdout);
        assert!(told.contains("invalide") && told.contains(cause), "{told}");
    }
    assert!(run(&["check", "nda", "11 75 05547 10", "01973000197"]).status.success());
}

/// The file that is made and the file that is opened are one, whatever its path holds.
#[test]
fn a_sqlite_file_is_where_its_address_says() {
    for (url, file) in [
        ("sqlite://var/x%20y/clea.db", "var/x y/clea.db"),
        ("sqlite://var/a%2Fb/clea.db", "var/a/b/clea.db"),
        ("sqlite://var/a%252Fb/clea.db", "var/a%2Fb/clea.db"),
        ("sqlite://var/100%/%C3%A9t%C3%A9.db", "var/100%/été.db"),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        for _ in 0..2 {
            let output = clea(dir.path(), &["migrate"])
                .env("CLEA_DATABASE_URL", url)
                .output()
                .expect("it runs");
            assert!(output.status.success(), "{url}: {}", text(&output.stderr));
        }
        assert!(dir.path().join(file).is_file(), "{url}");
        let parent = dir.path().join(file);
        let mut parent = parent.parent().expect("a folder");
        while parent != dir.path() {
            let folders = std::fs::read_dir(parent.parent().expect("a folder")).expect("readable");
            assert_eq!(folders.count(), 1, "{url}: one folder beside {}", parent.display());
            parent = parent.parent().expect("a folder");
        }
    }
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

/// `clea serve` with this mail server; it is stopped once it is known whether it starts. Its exit code, none
/// when it started, and what it said.
fn start(mail: &str, settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().expect("a folder");
    let said = dir.path().join("said");
    let log = std::fs::File::create(&said).expect("a file");
    let mut command = clea(dir.path(), &["serve"]);
    command
        .env("CLEA_LISTEN", "127.0.0.1:0")
        .env("CLEA_PUBLIC_URL", "http://clea.test")
        .env("CLEA_MAIL", mail)
        .envs(settings.iter().copied())
        .stdout(log.try_clone().expect("the same file"))
        .stderr(log);
    let mut child = command.spawn().expect("it runs");
    let code = loop {
        if let Some(status) = child.try_wait().expect("known") {
            break status.code();
        }
        let started =
            std::fs::read_to_string(&said).expect("readable").contains("Ctrl-C stops it.");
        if started {
            child.kill().expect("killed");
            child.wait().expect("ended");
            break None;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    (code, std::fs::read_to_string(&said).expect("readable"))
}

/// P4: a mail server that can never work is told at the start in one line, without its password; one that is
/// merely away is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_cannot_work_is_told_at_the_start() {
    use e2e::{Fault, Offer, Protection, SmtpServer, Stage};
    let folder = tempfile::tempdir().expect("a folder");
    let account = || Some(("clea".to_owned(), "canari-secret".to_owned()));
    let unfit = |mail: &str, settings: &[(&str, &str)], why: &str| {
        let (code, said) = start(mail, settings);
        assert_eq!(code, Some(2), "{said}");
        let line = said.lines().find(|line| line.starts_with("clea: CLEA_MAIL: "));
        assert!(line.is_some_and(|line| line.contains(why)), "{why} in {said}");
        assert!(!said.contains("canari"), "{said}");
    };
    for protection in [Protection::StartTls, Protection::Tls] {
        let offer = Offer { protection, account: account(), ..Offer::default() };
        let server = SmtpServer::offering(offer).await;
        // Its certificate is of no authority that anyone knows.
        unfit(&server.url(), &[], "TLS with 127.0.0.1:");
        let pem = folder.path().join(format!("{protection:?}.pem"));
        std::fs::write(&pem, server.root_pem()).expect("written");
        let roots = ("CLEA_MAIL_ROOT_CERTIFICATES", pem.to_str().expect("a path"));
        let (code, said) = start(&server.url(), &[roots]);
        assert_eq!(code, None, "{said}");
        let wrong = server.url().replace("canari-secret", "canari-autre");
        unfit(&wrong, &[roots], "refuses the account: permanent error (535)");
    }
    let plain = SmtpServer::start().await;
    let address = plain.url().replace("security=none", "security=starttls");
    unfit(&address, &[], "STARTTLS with 127.0.0.1:");
    unfit(&plain.url().replace("security=none", "security=tls"), &[], "TLS with 127.0.0.1:");

    let (code, said) = start(&plain.url(), &[]);
    assert_eq!((code, said.contains("CLEA_MAIL: ")), (None, false), "{said}");
    assert!(
        plain.sent().is_empty() && plain.begun() == 0,
        "nothing is sent to see whether it works"
    );
    plain.plan([Fault::Reply(Stage::Greeting, 421, "4.3.2 later".to_owned())]);
    let (code, said) = start(&plain.url(), &[]);
    assert_eq!(code, None, "{said}");
    assert!(said.contains("mails wait until the mail server answers"), "{said}");
    plain.stop().await;
    let (code, said) = start(&plain.url(), &[]);
    assert_eq!(code, None, "{said}");
    assert!(said.contains("mails wait until the mail server answers"), "{said}");
}

/// Interpretation 26: the command line makes the first administrator of a production system.
#[test]
fn the_first_administrator_is_made_on_the_command_line() {
    let dir = tempfile::tempdir().expect("a folder");
    // Not as a production system: this binary may hold the faults of the promise suite, which refuse it.
    let run = |args: &[&str]| {
        let mut command = clea(dir.path(), args);
        command.env("CLEA_PUBLIC_URL", "https://clea.example").output().expect("it runs")
    };
    let grant = ["grant", "ada@exemple.fr", "AUTHORITY_ADMIN"];
    let none = run(&grant);
    assert_eq!(none.status.code(), Some(2), "no tables yet: {}", text(&none.stderr));
    assert!(run(&["migrate"]).status.success());
    let early = run(&grant);
    assert_eq!(early.status.code(), Some(1));
    assert!(text(&early.stderr).contains("run `clea seed`"), "{}", text(&early.stderr));
    assert!(run(&["seed"]).status.success());
    let plain = run(&grant);
    assert!(plain.status.success(), "{}", text(&plain.stderr));
    assert!(!text(&plain.stdout).contains("https://"), "{}", text(&plain.stdout));
    let linked = run(&["grant", "ada@exemple.fr", "AUTHORITY_ADMIN", "--print-link"]);
    let told = text(&linked.stdout);
    let link = told.lines().find_map(|line| line.strip_prefix("https://clea.example/invitations/"));
    assert_eq!(link.map(str::len), Some(26), "{told}");
    let nobody = run(&["grant", "ada", "OPERATOR"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(text(&nobody.stderr).contains("EMAIL_INVALID"), "{}", text(&nobody.stderr));
}
