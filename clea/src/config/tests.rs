//! The configuration as files and the environment give it.

use super::*;
use entity::kind::Lane;
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
        ("CLEA_MONITOR_LISTEN", "9090"),
        ("CLEA_DATABASE_URL", "mysql://db"),
        ("CLEA_DATABASE_OWNER_URL", "sqlite://var/clea.db"),
        ("CLEA_DB_POOL", "0"),
        ("CLEA_DB_STATEMENT_TIMEOUT", "soon"),
        ("CLEA_REDIS_URL", "http://redis"),
        ("CLEA_REDIS_NAMESPACE", "a b"),
        ("CLEA_MAIL", "pigeon"),
        ("CLEA_MAIL_HELO", "clea exemple"),
        ("CLEA_MAIL_ROOT_CERTIFICATES", "/nowhere/roots.pem"),
        ("CLEA_MAIL_BOUNCE_SECRET", "short"),
        ("CLEA_MAIL_FROM", "nobody"),
        ("CLEA_MAIL_REPLY_TO", "x@"),
        ("CLEA_CLOCK", "sundial"),
        ("CLEA_CLOCK_START", "24/11/2026"),
        ("CLEA_DEMO_PASSWORD", "short"),
        ("CLEA_CERTIFICATION_CODE", "RS 1"),
        ("CLEA_WORKER_CONCURRENCY", "many"),
        ("CLEA_WORKER_CONCURRENCY_PERSON", "0"),
        ("CLEA_WORKER_CONCURRENCY_LEGAL", "257"),
        ("CLEA_WORKER_CONCURRENCY_BULK", "all"),
        ("CLEA_WORKER_CONCURRENCY_OUTSIDE", "-1"),
        ("CLEA_WORKER_LEASE", "0"),
        ("CLEA_WORKER_TASK_TIMEOUT", "3601"),
        ("CLEA_WORKER_PUSH_PATIENCE", "1m"),
        ("CLEA_SESSION_HOURS", "-1"),
        ("CLEA_OIDC_ISSUER", "ftp://issuer.example"),
        ("CLEA_OIDC_FRONTEND_URL", "https://app.example/#x"),
        ("CLEA_OIDC_SCOPES", "email,profile"),
        ("CLEA_OIDC_TRUST_EMAIL", "yes"),
        ("CLEA_EXPLORER", "maybe"),
        ("CLEA_ALLOWED_ORIGINS", "https://app.example/page"),
        ("CLEA_ALLOWED_HEADERS", "x trace"),
        ("CLEA_TRUSTED_PROXIES", "proxy.local"),
        ("CLEA_RATE_ADDRESS", "-1"),
        ("CLEA_RATE_READ", "many"),
        ("CLEA_RATE_ACT", "1.5"),
        ("CLEA_PERSISTED_QUERIES", "/nowhere/queries.json"),
        ("CLEA_PERSISTED_QUERIES_ONLY", "maybe"),
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
fn what_a_worker_does_at_once_is_shared_out_over_the_lanes() {
    let shares = |given: &[(&str, &str)]| {
        let shares = from(given).expect("valid").worker_concurrency;
        [Lane::Person, Lane::Legal, Lane::Bulk, Lane::Outside].map(|lane| shares.of(lane))
    };
    assert_eq!(shares(&[]), [1, 3, 3, 1]);
    assert_eq!(shares(&[("CLEA_WORKER_CONCURRENCY", "16")]), [2, 6, 6, 2]);
    let one = [("CLEA_WORKER_CONCURRENCY", "16"), ("CLEA_WORKER_CONCURRENCY_BULK", "2")];
    assert_eq!(shares(&one), [3, 9, 2, 2]);
    let all = [
        ("CLEA_WORKER_CONCURRENCY_PERSON", "2"),
        ("CLEA_WORKER_CONCURRENCY_LEGAL", "3"),
        ("CLEA_WORKER_CONCURRENCY_BULK", "4"),
        ("CLEA_WORKER_CONCURRENCY_OUTSIDE", "5"),
    ];
    assert_eq!(shares(&all), [2, 3, 4, 5]);
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
fn a_public_address_may_have_a_plain_path() {
    let url = |text| from(&[("CLEA_PUBLIC_URL", text)]).map(|config| config.public_url);
    for (given, read) in [
        ("https://portail.example/clea/", "https://portail.example/clea"),
        (
            "https://portail.example/services/clea-2026",
            "https://portail.example/services/clea-2026",
        ),
        ("https://portail.example/a/../clea", "https://portail.example/clea"),
        ("https://portail.example//", "https://portail.example"),
    ] {
        assert_eq!(url(given).as_deref(), Ok(read), "{given}");
    }
    for wrong in ["https://p.example/cl;ea", "https://p.example/a//b", "https://p.example/cl%20ea"]
    {
        let errors = url(wrong).expect_err(wrong);
        assert!(errors.len() == 1 && errors[0].starts_with("CLEA_PUBLIC_URL: "), "{errors:?}");
    }
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

#[test]
fn a_password_is_given_apart_or_encoded_and_never_cuts_an_address() {
    let url = |given: &str, password: &str| {
        from(&[("CLEA_DATABASE_URL", given), ("CLEA_DATABASE_PASSWORD", password)])
            .map(|config| config.database_url)
    };
    let decoded = |given: &str, password: &str| {
        let url = reqwest::Url::parse(&url(given, password).expect("valid")).expect("an address");
        assert_eq!((url.host_str(), url.path()), (Some("db"), "/clea"));
        url.password().expect("a password").to_owned()
    };
    assert_eq!(
        decoded("postgres://clea@db/clea", "p@ss/w:o#r?d%é"),
        "p%40ss%2Fw%3Ao%23r%3Fd%25%C3%A9"
    );
    assert_eq!(decoded("postgresql://clea:p@ss@db:5432/clea", ""), "p%40ss");
    for cut in [
        "clea:a/b@db/clea",
        "clea:a#b@db/clea",
        "clea:1?b@db/clea",
        "clea:1/b@db/clea",
        "clea:p@x/y@db/clea",
    ] {
        let errors = url(&format!("postgres://{cut}"), "").expect_err("refused");
        assert!(errors[0].contains("%2F") && !errors[0].contains("clea:"), "{errors:?}");
    }
    assert!(url("postgres://clea:one@db/clea", "two").is_err(), "two passwords");
    assert!(url("postgres://db/clea", "two").is_err(), "no user");
}

#[test]
fn a_sqlite_address_names_one_file() {
    for (url, file) in [
        ("sqlite://var/clea.db", "var/clea.db"),
        ("sqlite:///srv/clea.db", "/srv/clea.db"),
        ("sqlite:clea.db?mode=ro", "clea.db"),
        ("sqlite://var/x%20y/clea.db", "var/x y/clea.db"),
        ("sqlite://var/a%2Fb/clea.db", "var/a/b/clea.db"),
        ("sqlite://var/a%252Fb/clea.db", "var/a%2Fb/clea.db"),
        ("sqlite://var/%C3%A9t%C3%A9%3F.db?x=%20", "var/été?.db"),
        ("sqlite://var/x y/100%.db", "var/x y/100%.db"),
    ] {
        assert_eq!(sqlite_file(url).as_deref(), Ok(Path::new(file)), "{url}");
        assert_eq!(sqlite_file(&sqlite_url(Path::new(file))).as_deref(), Ok(Path::new(file)));
        assert!(from(&[("CLEA_DATABASE_URL", url)]).is_ok(), "{url}");
    }
    for url in ["sqlite:", "sqlite://", "sqlite::memory:", "sqlite://?x", "sqlite://a%00b"] {
        assert!(from(&[("CLEA_DATABASE_URL", url)]).is_err(), "{url}");
    }
}

#[test]
fn legal_time_starts_on_a_day_in_its_exact_form() {
    for wrong in ["26-01-05", "2026-1-5", "+2026-01-05", "2014-12-31", "2100-01-01"] {
        let errors = from(&[("CLEA_CLOCK_START", wrong)]).expect_err(wrong);
        assert!(errors[0].starts_with("CLEA_CLOCK_START: "), "{errors:?}");
    }
    assert!(from(&[("CLEA_CLOCK_START", "2015-01-01")]).is_ok());
}

#[test]
fn an_issuer_comes_with_its_client_and_shows_no_secret() {
    let issuer = ("CLEA_OIDC_ISSUER", "https://issuer.example/realms/clea");
    assert!(from(&[]).expect("valid").oidc.is_none());
    let errors = from(&[issuer]).expect_err("no client");
    assert!(errors[0].starts_with("CLEA_OIDC_CLIENT_ID: "), "{errors:?}");
    let given = [
        issuer,
        ("CLEA_OIDC_CLIENT_ID", "clea"),
        ("CLEA_OIDC_CLIENT_SECRET", "s3cret"),
        ("CLEA_OIDC_FRONTEND_URL", "https://app.example/connecte"),
    ];
    let settings = from(&given).expect("valid").oidc.expect("an issuer");
    assert_eq!((settings.issuer.as_str(), settings.name.as_str()), (issuer.1, "issuer.example"));
    assert!(!format!("{settings:?}").contains("s3cret"));
    assert_eq!(
        (settings.scopes, settings.trusts_addresses),
        (vec!["email".to_owned(), "profile".to_owned()], false)
    );
    let asked = ("CLEA_OIDC_SCOPES", "openid given_name  usual_name email");
    let state = from(&[given[0], given[1], asked, ("CLEA_OIDC_TRUST_EMAIL", "on")]);
    let state = state.expect("valid").oidc.expect("an issuer");
    assert_eq!(state.scopes, ["given_name", "usual_name", "email"]);
    assert!(state.trusts_addresses);
    let plain = [
        ("CLEA_ENV", "production"),
        ("CLEA_PUBLIC_URL", "https://clea.example"),
        ("CLEA_OIDC_ISSUER", "http://issuer.example"),
        ("CLEA_OIDC_CLIENT_ID", "clea"),
        ("CLEA_OIDC_FRONTEND_URL", "http://app.example/connecte"),
    ];
    let errors = from(&plain).expect_err("not over http in production");
    for name in ["CLEA_OIDC_ISSUER: ", "CLEA_OIDC_FRONTEND_URL: "] {
        assert!(errors.iter().any(|error| error.starts_with(name)), "{errors:?}");
    }
}

#[test]
fn the_owner_is_another_role_of_the_same_database() {
    let owner = |given: &str| {
        let settings = [
            ("CLEA_DATABASE_URL", "postgres://clea@db/clea"),
            ("CLEA_DATABASE_OWNER_URL", given),
            ("CLEA_DATABASE_OWNER_PASSWORD", "s3cret"),
        ];
        from(&settings).map(|config| config.database_owner_url)
    };
    assert_eq!(
        owner("postgres://clea_owner@db/clea").expect("valid").as_deref(),
        Some("postgres://clea_owner:s3cret@db/clea")
    );
    assert!(owner("postgres://clea@db/clea").is_err(), "the same role");
    assert!(owner("postgres://clea_owner@db/other").is_err(), "another database");
}

#[test]
fn origins_are_those_of_browsers_and_registered_queries_need_a_list() {
    let config = from(&[("CLEA_ALLOWED_ORIGINS", "https://APP.example , http://localhost:3000")]);
    let origins = config.expect("valid").sites.origins;
    assert_eq!(origins, ["https://app.example", "http://localhost:3000"]);
    for wrong in ["app.example", "https://app.example/", "https://me@app.example", "*"] {
        assert!(from(&[("CLEA_ALLOWED_ORIGINS", wrong)]).is_err(), "{wrong}");
    }
    let config = from(&[("CLEA_ALLOWED_HEADERS", "X-Trace-Id , x-b3-traceid")]);
    assert_eq!(config.expect("valid").sites.headers, ["x-trace-id", "x-b3-traceid"]);
    for wrong in ["*", "x-trace-id: 1", "é"] {
        assert!(from(&[("CLEA_ALLOWED_HEADERS", wrong)]).is_err(), "{wrong}");
    }
    assert!(from(&[("CLEA_PERSISTED_QUERIES_ONLY", "on")]).is_err(), "nothing is registered");
}
