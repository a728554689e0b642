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

/// The id of a row, in a statement.
fn id(url: &str, n: u32) -> String {
    format!("{}'{n:032x}'", if url.starts_with("postgres") { "" } else { "X" })
}

/// Undoes the changes from the one of this name on; answers how many.
fn before(url: &str, changes: &[&str], name: &str) -> String {
    let later = changes.iter().skip_while(|change| !change.ends_with(name)).count().to_string();
    assert_eq!(migrate(url, &["down", "--steps", &later]).0, Some(0));
    later
}

/// Two accounts may turn out to be of one address: nothing stops, whoever has the form keeps it, else the first takes
/// it, and the other keeps what it had.
async fn addresses_of_older_rules(url: &str, changes: &[&str]) {
    let later = before(url, changes, "_addresses");
    for (n, email, day) in [
        (11, "seul@lycée.example", "01"),
        // The form is there already, in the younger account.
        (12, "deux@lycée.example", "01"),
        (13, "deux@xn--lyce-dpa.example", "02"),
        // Neither has it: the second of these rows was opened first.
        (14, "trois@lycée.example", "04"),
        (15, "trois@lyce\u{301}e.example", "03"),
        (16, "zoë@lycée.example", "01"),
        (17, "zoë@exemple.example", "01"),
        (18, "ada@exemple.example", "01"),
    ] {
        let id = id(url, n);
        let account = format!(
            "INSERT INTO account (id, email, display_name, password_hash, created_at) \
             VALUES ({id}, '{email}', 'a', '!', '2026-01-{day}T00:00:00+00:00')"
        );
        execute(url, &account).await;
    }
    let id = id(url, 1);
    let organism = format!(
        "INSERT INTO organism (id, siren, name, name_key, kind, email, address, postal_code, city, registered_on, \
         version) VALUES ({id}, '732829320', 'a', 'A', 'LEGAL_PERSON', 'contact@école.example', 'a', '75001', \
         'Paris', '2026-01-01', 1)"
    );
    execute(url, &organism).await;
    assert_eq!(migrate(url, &["up"]), (Some(0), format!("{later} changes applied.\n")));
    let mut kept = texts(url, "SELECT email FROM account").await;
    kept.sort_unstable();
    let mut expected = [
        "seul@xn--lyce-dpa.example",
        "deux@lycée.example",
        "deux@xn--lyce-dpa.example",
        "trois@lycée.example",
        "trois@xn--lyce-dpa.example",
        "zoë@xn--lyce-dpa.example",
        "zoë@exemple.example",
        "ada@exemple.example",
    ];
    expected.sort_unstable();
    assert_eq!(kept, expected);
    let first = "SELECT email FROM account WHERE created_at < '2026-01-04T00:00:00+00:00' AND email LIKE 'trois%'";
    assert_eq!(texts(url, first).await, ["trois@xn--lyce-dpa.example"]);
    assert_eq!(texts(url, "SELECT email FROM organism").await, ["contact@xn--cole-9oa.example"]);
    for table in ["account", "organism_word", "organism"] {
        execute(url, &format!("DELETE FROM {table}")).await;
    }
}

/// Persons who are one by a wider rule become one, whoever merged them before; what an officer merged stays so.
async fn persons_of_older_rules(url: &str, changes: &[&str]) {
    let later = before(url, changes, "_sameness");
    for (n, family, first, key, merged) in [
        (1, "N’Guyen", "Lan", "N GUYEN|LAN|1980-05-04", None),
        (2, "Nguyen", "Lan", "NGUYEN|LAN|1980-05-04", None),
        (5, "Roy", "Zoé", "ROY|ZOE|1980-05-04", None),
        (3, "Le Goff", "Jean-Luc", "LE GOFF|JEAN LUC|1980-05-04", Some(5)),
        (4, "Legoff", "Jean Luc", "LEGOFF|JEAN LUC|1980-05-04", None),
        (6, "D’Arc", "Jeanne", "D ARC|JEANNE|1980-05-04", None),
    ] {
        let merged = merged.map_or_else(|| "NULL".to_owned(), |n| id(url, n));
        let person = format!(
            "INSERT INTO person (id, family_name, first_names, birth_date, person_key, merged_into_id) \
             VALUES ({}, '{family}', '{first}', '1980-05-04', '{key}', {merged})",
            id(url, n)
        );
        execute(url, &person).await;
    }
    assert_eq!(migrate(url, &["up"]), (Some(0), format!("{later} changes applied.\n")));
    let mut keys = texts(url, "SELECT person_key FROM person").await;
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "DARC|JEANNE|1980-05-04",
            // The oldest stands for both: the younger keeps its key.
            "LEGOFF|JEAN LUC|1980-05-04",
            "LEGOFF|JEANLUC|1980-05-04",
            // The one that has the key stands for the other, which keeps its own.
            "N GUYEN|LAN|1980-05-04",
            "NGUYEN|LAN|1980-05-04",
            "ROY|ZOE|1980-05-04",
        ]
    );
    let merged = "SELECT one.family_name || ' is ' || other.family_name FROM person AS one \
                  JOIN person AS other ON other.id = one.merged_into_id";
    let mut merged = texts(url, merged).await;
    merged.sort_unstable();
    assert_eq!(merged, ["Le Goff is Roy", "Legoff is Roy", "N’Guyen is Nguyen"]);
    // Undone, each has the key of the older rule again.
    before(url, changes, "_sameness");
    let mut keys = texts(url, "SELECT person_key FROM person").await;
    keys.sort_unstable();
    let known =
        ["LE GOFF|JEAN LUC|1980-05-04", "N GUYEN|LAN|1980-05-04", "D ARC|JEANNE|1980-05-04"];
    assert!(known.iter().all(|key| keys.contains(&(*key).to_owned())), "{keys:?}");
    execute(url, "UPDATE person SET merged_into_id = NULL").await;
    execute(url, "DELETE FROM person").await;
    assert_eq!(migrate(url, &["up"]).0, Some(0));
}

/// Tasks of before wait in the lane of their kind afterwards; those of an unknown one, in the default.
async fn lanes_of_known_tasks(url: &str, changes: &[&str]) {
    let later = before(url, changes, "_lanes");
    let kinds = ["NOTIFY_DECISION", "RECONCILE", "RESET_PASSWORD", "SEND_INVOICE", "UNHEARD_OF"];
    for (n, kind) in kinds.iter().enumerate() {
        let id = id(url, u32::try_from(n).expect("few"));
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
    for table in ["candidate_word", "candidate", "organism_word", "organism"] {
        execute(url, &format!("DELETE FROM {table}")).await;
    }
    addresses_of_older_rules(url, &changes).await;
    persons_of_older_rules(url, &changes).await;
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
