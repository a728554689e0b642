//! The configuration as files and the environment give it.

use super::*;
use std::fmt::Write as _;

fn from(environment: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let pairs: Vec<_> =
        environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Config::from_source(Source::read(None, pairs.into_iter()))
}

#[test]
fn the_defaults_are_the_embedded_system() {
    let config = from(&[]).expect("the defaults are valid");
    assert!(!config.production && config.embedded() && config.explorer);
    assert_eq!(config.public_url, "http://127.0.0.1:8080");
    assert_eq!(config.redis_url, None);
    assert_eq!(config.clock, LegalClock::System);
}

#[test]
fn every_error_is_told_at_once_and_names_its_variable() {
    let wrong = [
        ("CLEA_ENV", "prod"),
        ("CLEA_LISTEN", "8080"),
        ("CLEA_PUBLIC_URL", "ftp://clea.example"),
        ("CLEA_DATABASE_URL", "mysql://db"),
        ("CLEA_DB_POOL", "0"),
        ("CLEA_REDIS_URL", "http://redis"),
        ("CLEA_REDIS_NAMESPACE", "a b"),
        ("CLEA_MAIL", "pigeon"),
        ("CLEA_MAIL_ROOT_CERTIFICATES", "/nowhere/roots.pem"),
        ("CLEA_MAIL_BOUNCE_SECRET", "short"),
        ("CLEA_MAIL_FROM", "nobody"),
        ("CLEA_MAIL_REPLY_TO", "x@"),
        ("CLEA_CLOCK", "sundial"),
        ("CLEA_CLOCK_START", "24/11/2026"),
        ("CLEA_DEMO_PASSWORD", "short"),
        ("CLEA_CERTIFICATION_CODE", "RS 1"),
        ("CLEA_WORKER_CONCURRENCY", "many"),
        ("CLEA_WORKER_LEASE", "0"),
        ("CLEA_WORKER_TASK_TIMEOUT", "3601"),
        ("CLEA_WORKER_PUSH_PATIENCE", "1m"),
        ("CLEA_SESSION_HOURS", "-1"),
        ("CLEA_EXPLORER", "maybe"),
        ("CLEA_LOG", "info,=,"),
        ("CLEA_LOG_FORMAT", "xml"),
    ];
    let errors = from(&wrong).expect_err("nothing is right");
    for (name, _) in wrong {
        let told = errors.iter().filter(|e| e.starts_with(&format!("{name}: "))).count();
        assert_eq!(told, 1, "{name} in {errors:#?}");
    }
    assert_eq!(errors.len(), wrong.len());
}

#[test]
fn production_wants_an_address_and_refuses_a_simulated_clock() {
    let errors = from(&[("CLEA_ENV", "production"), ("CLEA_CLOCK", "simulated")])
        .expect_err("both are refused");
    assert_eq!(errors.len(), 2, "{errors:#?}");
    let config = from(&[("CLEA_ENV", "production"), ("CLEA_PUBLIC_URL", "https://clea.example/")]);
    let config = config.expect("valid");
    assert_eq!(config.public_url, "https://clea.example");
    assert!(!config.explorer, "the explorer is off in production");
}

#[test]
fn the_environment_wins_over_the_file() {
    let mut text = String::new();
    writeln!(
        text,
        "listen = \"127.0.0.1:9000\"\ndb_pool = 3\nexplorer = false\nclock_start = 2026-01-05"
    )
    .expect("text");
    let path = std::env::temp_dir().join(format!("clea-config-{}.toml", std::process::id()));
    std::fs::write(&path, text).expect("written");
    let environment = [("CLEA_DB_POOL".to_owned(), "7".to_owned())];
    let config =
        Config::from_source(Source::read(Some(&path), environment.into_iter())).expect("valid");
    std::fs::remove_file(&path).expect("removed");
    assert_eq!((config.listen.port(), config.db_pool, config.explorer), (9000, 7, false));
    assert_eq!(config.clock_start, "2026-01-05".parse().ok());
}

#[test]
fn an_unknown_setting_or_a_missing_file_is_an_error() {
    let path =
        std::env::temp_dir().join(format!("clea-config-unknown-{}.toml", std::process::id()));
    std::fs::write(&path, "lisen = \"127.0.0.1:9000\"\n").expect("written");
    let errors =
        Config::from_source(Source::read(Some(&path), std::iter::empty())).expect_err("unknown");
    std::fs::remove_file(&path).expect("removed");
    assert!(errors[0].contains("`lisen`"), "{errors:#?}");
    let missing = Config::from_source(Source::read(
        Some(Path::new("/nowhere/clea.toml")),
        std::iter::empty(),
    ));
    assert!(missing.is_err());
}
