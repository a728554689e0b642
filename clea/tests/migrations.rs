//! The changes of the tables, up, down and up again through `clea migrate`: on SQLite, and on PostgreSQL
//! where `CLEA_TEST_POSTGRES_URL` names a server.

mod support;

use support::{migrate, texts};

async fn execute(url: &str, sql: &str) {
    support::execute(url, &[sql.to_owned()]).await;
}

/// The names of the tables, the migrations' own left out.
async fn tables(url: &str) -> Vec<String> {
    let sql = if url.starts_with("postgres") {
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
    };
    let names = texts(url, sql).await.into_iter();
    names.filter(|name| name != "seaql_migrations").collect()
}

/// Who was registered before the words of names were kept is found by them afterwards, by the rule of today.
async fn words_of_known_names(url: &str, changes: &[&str]) {
    let later = changes.iter().skip_while(|name| !name.ends_with("_search")).count().to_string();
    assert_eq!(migrate(url, &["down", "--steps", &later]).0, Some(0));
    let id = format!("{}'{:032x}'", if url.starts_with("postgres") { "" } else { "X" }, 1);
    execute(
        url,
        &format!(
            "INSERT INTO organism (id, siren, name, name_key, kind, email, address, postal_code, city, \
             registered_on, version) VALUES ({id}, '732829320', 'L’École à l’Est', 'L ECOLE A L EST', \
             'LEGAL_PERSON', 'a@b.example', 'a', '75001', 'Paris', '2026-01-01', 1)"
        ),
    )
    .await;
    let (long, cut) = ("É".repeat(40), "E".repeat(32));
    execute(
        url,
        &format!(
            "INSERT INTO candidate (id, organism_id, birth_name, first_names, birth_date, sex, \
             birth_place_name, birth_country, name_key, registered_on, version) VALUES ({id}, {id}, \
             'Dupont {long}', 'Marie', '1990-01-01', 'F', 'a', 'a', 'DUPONT {long} MARIE', '2026-01-01', 1)"
        ),
    )
    .await;
    assert_eq!(migrate(url, &["up"]), (Some(0), format!("{later} changes applied.\n")));
    let words = texts(url, "SELECT word FROM organism_word ORDER BY word").await;
    assert_eq!(words, ["732829320", "ALEST", "ECOLEALEST", "EST", "LECOLEALEST", "LEST"]);
    let words = texts(url, "SELECT word FROM candidate_word ORDER BY word").await;
    assert_eq!(words, [&format!("DUPONT{}", &cut[..26]), &cut, "MARIE"]);
    let keys = texts(url, "SELECT person_key FROM candidate").await;
    assert_eq!(keys, [format!("DUPONT{}|MARIE|1990-01-01", "E".repeat(40))]);
}

/// Tasks of before wait in the lane of their kind afterwards; those of an unknown one, in the default.
async fn lanes_of_known_tasks(url: &str, changes: &[&str]) {
    let later = changes.iter().skip_while(|name| !name.ends_with("_lanes")).count().to_string();
    assert_eq!(migrate(url, &["down", "--steps", &later]).0, Some(0));
    let kinds = ["NOTIFY_DECISION", "RECONCILE", "RESET_PASSWORD", "SEND_INVOICE", "UNHEARD_OF"];
    for (n, kind) in kinds.iter().enumerate() {
        let id = format!("{}'{n:032x}'", if url.starts_with("postgres") { "" } else { "X" });
        let at = "'2026-01-05 00:00:00+00:00'";
        execute(
            url,
            &format!(
                "INSERT INTO outbox (id, kind, payload, status, attempts, max_attempts, next_attempt_at, \
                 push_number, correlation_id, created_at) VALUES ({id}, '{kind}', '{{}}', 'PENDING', 0, 1, \
                 {at}, 0, 'a', {at})"
            ),
        )
        .await;
    }
    assert_eq!(migrate(url, &["up"]), (Some(0), format!("{later} changes applied.\n")));
    let lanes = texts(url, "SELECT lane FROM outbox ORDER BY kind").await;
    assert_eq!(lanes, ["LEGAL", "LEGAL", "PERSON", "BULK", "LEGAL"]);
    execute(url, "DELETE FROM outbox").await;
}

async fn up_down_up(url: &str) {
    let (code, told) = migrate(url, &["status"]);
    assert_eq!(code, Some(1), "all changes are missing: {told}");
    let changes: Vec<_> = told.lines().filter_map(|line| line.strip_prefix("missing ")).collect();
    let total = changes.len();
    assert!(total > 0);
    assert_eq!(migrate(url, &[]), (Some(0), format!("{total} changes applied.\n")));
    assert_eq!(migrate(url, &["status"]).0, Some(0));
    let made = tables(url).await;
    assert!(made.contains(&"habilitation".to_owned()), "{made:?}");
    assert_eq!(migrate(url, &["up"]), (Some(0), "0 changes applied.\n".to_owned()));
    assert_eq!(migrate(url, &["down"]).1, "1 changes undone.\n");
    assert_eq!(migrate(url, &["up"]).0, Some(0));
    words_of_known_names(url, &changes).await;
    lanes_of_known_tasks(url, &changes).await;
    let all = total.to_string();
    assert_eq!(migrate(url, &["down", "--steps", &all]).0, Some(0));
    assert_eq!(tables(url).await, Vec::<String>::new());
    assert_eq!(migrate(url, &["up"]), (Some(0), format!("{total} changes applied.\n")));
    assert_eq!(tables(url).await, made);
    execute(
        url,
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m2999_01_01_later', 0)",
    )
    .await;
    let (code, told) = migrate(url, &["up"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("newer version") && told.lines().count() == 1, "{told}");
}

#[tokio::test]
async fn up_down_up_on_sqlite() {
    let dir = tempfile::tempdir().expect("a folder");
    up_down_up(&format!("sqlite://{}", dir.path().join("sub/clea.db").display())).await;
}

#[tokio::test]
async fn up_down_up_on_postgresql() {
    let Some(server) = support::postgres() else { return };
    let name = format!("clea_migrations_{}", uuid::Uuid::now_v7().simple());
    execute(&server, &format!("CREATE DATABASE {name}")).await;
    up_down_up(&support::database(&server, &name)).await;
    execute(&server, &format!("DROP DATABASE {name}")).await;
}
