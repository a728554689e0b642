//! The application's role on PostgreSQL: it owns nothing, adds to what was issued and changes none of it
//! (P12, X.b). Skipped where `CLEA_TEST_POSTGRES_URL` names no server.

mod support;

use sea_orm::{ConnectionTrait, DatabaseConnection};
use std::process::{Command, Output};
use support::{address, clea, connect, could_not_start, execute, text};

/// Passwords that an address could not hold as they are.
const OWNER_PASSWORD: &str = "p@ss/w:o#r?d%";
const PASSWORD: &str = "autre/@%41&é";

/// A database with an owner and an application, of one test.
struct Installation {
    server: String,
    name: String,
    owner: String,
    application: String,
}

impl Installation {
    async fn new() -> Option<Self> {
        let server = support::postgres()?;
        let id = uuid::Uuid::now_v7().simple();
        let of = |what: &str| format!("clea_{what}_{id}");
        let made =
            Self { server, name: of("roles"), owner: of("owner"), application: of("application") };
        let (owner, application, name) = (&made.owner, &made.application, &made.name);
        let statements = [
            format!("CREATE ROLE {owner} LOGIN PASSWORD '{OWNER_PASSWORD}'"),
            format!("CREATE ROLE {application} LOGIN PASSWORD '{PASSWORD}'"),
            format!("CREATE DATABASE {name} OWNER {owner}"),
        ];
        execute(&made.server, &statements).await;
        Some(made)
    }

    fn clea(&self, args: &[&str]) -> Command {
        let mut command = clea(&std::env::temp_dir(), args);
        command
            .env("CLEA_DATABASE_URL", address(&self.server, &self.application, &self.name))
            .env("CLEA_DATABASE_PASSWORD", PASSWORD)
            .env("CLEA_DATABASE_OWNER_URL", address(&self.server, &self.owner, &self.name))
            .env("CLEA_DATABASE_OWNER_PASSWORD", OWNER_PASSWORD);
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.clea(args).output().expect("it runs")
    }

    fn done(&self, args: &[&str]) {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    }

    /// The database as the server's own role.
    async fn above(&self) -> DatabaseConnection {
        connect(&support::database(&self.server, &self.name)).await
    }

    /// The database as the application.
    async fn as_application(&self) -> DatabaseConnection {
        // The password as an address takes it.
        let who = format!("{}:autre%2F%40%2541%26%C3%A9", self.application);
        connect(&address(&self.server, &who, &self.name)).await
    }

    async fn end(self) {
        let statements = [
            format!("DROP DATABASE {} WITH (FORCE)", self.name),
            format!("DROP ROLE {}", self.application),
            format!("DROP ROLE {}", self.owner),
        ];
        execute(&self.server, &statements).await;
    }
}

async fn refused(db: &DatabaseConnection, sql: &str) {
    let error = db.execute_unprepared(sql).await.expect_err(sql).to_string();
    let told = ["permission denied", "must be owner"];
    assert!(told.iter().any(|told| error.contains(told)), "{sql}: {error}");
}

/// P12: whatever it is told to, the application's role changes nothing that was issued, and takes no
/// guard away.
#[tokio::test]
async fn the_application_owns_nothing_and_changes_nothing_issued() {
    let Some(installation) = Installation::new().await else { return };
    installation.done(&["migrate"]);
    installation.done(&["seed"]);
    let db = installation.as_application().await;
    let frozen = migration::roles::frozen(&db).await.expect("readable");
    for table in ["journal", "decision", "invoice", "invoice_line", "delivery", "certificate"] {
        assert!(frozen.iter().any(|name| name == table), "{table} is frozen");
    }
    for table in &frozen {
        for sql in [
            format!("DELETE FROM {table}"),
            format!("UPDATE {table} SET {} = NULL", first_column(&db, table).await),
            format!("TRUNCATE {table} CASCADE"),
            format!("DROP TRIGGER {table}_frozen ON {table}"),
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
            format!("DROP FUNCTION {table}_frozen() CASCADE"),
            format!(
                "CREATE OR REPLACE FUNCTION {table}_frozen() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RETURN NEW; END $$"
            ),
            format!("DROP TABLE {table} CASCADE"),
        ] {
            refused(&db, &sql).await;
        }
    }
    for sql in [
        "TRUNCATE organism CASCADE",
        "ALTER TABLE organism ADD COLUMN x INT",
        "DROP INDEX account_grant_once",
        "CREATE TABLE mine (id INT)",
        "CREATE TEMPORARY TABLE journal (id INT)",
        "CREATE SCHEMA mine",
        "DELETE FROM seaql_migrations",
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m2999', 0)",
        "SET session_replication_role = replica",
    ] {
        refused(&db, sql).await;
    }
    db.close().await.expect("closed");
    installation.end().await;
}

async fn first_column(db: &DatabaseConnection, table: &str) -> String {
    let sql = format!(
        "SELECT attname::text AS name FROM pg_attribute \
         WHERE attrelid = '{table}'::regclass AND attnum = 1"
    );
    let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.expect("readable").expect("a column");
    row.try_get("", "name").expect("a name")
}

/// P12: a right given by hand is taken back by the next migration, and the tables of a later change are
/// granted by it.
#[tokio::test]
async fn each_migration_brings_the_rights_up_to_date() {
    let Some(installation) = Installation::new().await else { return };
    installation.done(&["migrate", "--steps", "8"]);
    let application = &installation.application;
    let above = installation.above().await;
    let by_hand = format!("GRANT UPDATE, TRUNCATE ON journal TO {application}");
    above.execute_unprepared(&by_hand).await.expect("granted");
    installation.done(&["migrate"]);
    installation.done(&["seed"]);
    let db = installation.as_application().await;
    refused(&db, "UPDATE journal SET act = 'x'").await;
    refused(&db, "TRUNCATE journal").await;
    db.execute_unprepared("UPDATE organism SET name = name").await.expect("an ordinary table");
    db.close().await.expect("closed");
    above.close().await.expect("closed");
    installation.end().await;
}

/// P12: an application that could take its guards away is refused before anything is changed.
#[tokio::test]
async fn an_application_that_owns_something_is_refused() {
    let Some(installation) = Installation::new().await else { return };
    let (application, owner) = (&installation.application, &installation.owner);
    let above = installation.above().await;
    for (make, undo, told) in [
        (
            format!("ALTER ROLE {application} SUPERUSER"),
            format!("ALTER ROLE {application} NOSUPERUSER"),
            "is a superuser",
        ),
        (
            format!("GRANT {owner} TO {application}"),
            format!("REVOKE {owner} FROM {application}"),
            "is a member of the owner",
        ),
        (
            format!("ALTER DATABASE {} OWNER TO {application}", installation.name),
            format!("ALTER DATABASE {} OWNER TO {owner}", installation.name),
            "owns the database",
        ),
    ] {
        above.execute_unprepared(&make).await.expect("made");
        let secrets = [PASSWORD, OWNER_PASSWORD];
        could_not_start(&installation.run(&["migrate"]), &["must own nothing", told], &secrets);
        above.execute_unprepared(&undo).await.expect("undone");
    }
    installation.done(&["migrate"]);
    above.close().await.expect("closed");
    installation.end().await;
}

/// The application alone on tables that were never granted is told what to run, and changes nothing.
#[tokio::test]
async fn a_database_without_rights_asks_for_a_migration() {
    let Some(installation) = Installation::new().await else { return };
    let run = || {
        let mut command = installation.clea(&["api"]);
        command.env_remove("CLEA_DATABASE_OWNER_URL").env("CLEA_LISTEN", "127.0.0.1:0");
        command.output().expect("it runs")
    };
    could_not_start(&run(), &["run `clea migrate`"], &[PASSWORD]);
    let output = installation
        .clea(&["migrate"])
        .env_remove("CLEA_DATABASE_OWNER_URL")
        .output()
        .expect("it runs");
    could_not_start(&output, &["permission denied"], &[PASSWORD]);
    installation.end().await;
}
