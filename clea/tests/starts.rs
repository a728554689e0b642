//! What cannot start says why in one line, with exit code 2, without a secret, and leaves nothing behind.
//! The tests of servers are skipped, which is said, where the environment names none.

mod support;

use std::process::Command;
use support::{SecretRedis, address, clea, could_not_start, database, execute, text};

const SECRET: &str = "s3cr3t-pass";

fn command(args: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = clea(&std::env::temp_dir(), args);
    command.env("CLEA_LISTEN", "127.0.0.1:0");
    for (name, value) in settings {
        command.env(name, value);
    }
    command
}

fn fails(args: &[&str], settings: &[(&str, &str)], told: &[&str]) {
    let output = command(args, settings).output().expect("it runs");
    could_not_start(&output, told, &[SECRET]);
}

/// Nobody listens, no such host: told at once, by every command that needs the database.
#[test]
fn an_unreachable_database() {
    let url = format!("postgres://clea:{SECRET}@127.0.0.1:1/clea");
    for args in [&["migrate", "status"][..], &["api"], &["worker"], &["serve"], &["seed"]] {
        fails(
            args,
            &[("CLEA_DATABASE_URL", &url)],
            &["database postgres://clea:***@127.0.0.1:1/clea: not reachable"],
        );
    }
    let url = format!("postgres://clea:{SECRET}@host.invalid/clea");
    fails(&["api"], &[("CLEA_DATABASE_URL", &url)], &["host.invalid/clea: "]);
}

/// A server that takes the connection and says nothing is not waited for.
#[test]
fn a_database_that_does_not_answer() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = silent.local_addr().expect("an address").port();
    let url = format!("postgres://clea:{SECRET}@127.0.0.1:{port}/clea");
    fails(&["api"], &[("CLEA_DATABASE_URL", &url)], &["no answer within 5 s"]);
    let url = format!("redis://:{SECRET}@127.0.0.1:{port}/0");
    let dir = tempfile::tempdir().expect("a folder");
    let output = clea(dir.path(), &["serve"]).env("CLEA_REDIS_URL", url).output();
    could_not_start(&output.expect("it runs"), &["CLEA_REDIS_URL: redis://:***@"], &[SECRET]);
    assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 0, "nothing was written");
}

#[tokio::test]
async fn a_wrong_database_role_or_password() {
    let Some(server) = support::postgres() else { return };
    let missing = database(&server, "clea_no_such_database");
    fails(
        &["api"],
        &[("CLEA_DATABASE_URL", &missing)],
        &["clea_no_such_database", "does not exist"],
    );
    let id = uuid::Uuid::now_v7().simple();
    let stranger = address(&server, &format!("clea_nobody_{id}:{SECRET}"), "postgres");
    let output = command(&["api"], &[("CLEA_DATABASE_URL", &stranger)]).output().expect("it runs");
    // Servers that ask for passwords do not say whether the role or the password is wrong.
    could_not_start(&output, &["clea_nobody_"], &[SECRET]);
}

/// A server whose connections are all taken.
#[tokio::test]
async fn a_database_without_a_free_connection() {
    let Some(server) = support::postgres() else { return };
    let id = uuid::Uuid::now_v7().simple();
    let role = format!("clea_narrow_{id}");
    execute(&server, &[format!("CREATE ROLE {role} LOGIN PASSWORD '{SECRET}' CONNECTION LIMIT 0")])
        .await;
    let url = address(&server, &format!("{role}:{SECRET}"), "postgres");
    fails(&["worker"], &[("CLEA_DATABASE_URL", &url)], &["too many connections for role"]);
    execute(&server, &[format!("DROP ROLE {role}")]).await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_or_behind() {
    let Some(server) = support::postgres() else { return };
    let name = format!("clea_starts_{}", uuid::Uuid::now_v7().simple());
    execute(&server, &[format!("CREATE DATABASE {name}")]).await;
    let url = database(&server, &name);
    let settings = [("CLEA_DATABASE_URL", url.as_str())];
    fails(&["api"], &settings, &["changes of the tables are missing; run `clea migrate`"]);
    let migrated = command(&["migrate"], &settings).output().expect("it runs");
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    let later =
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m2999_01_01_later', 0)";
    execute(&url, &[later.to_owned()]).await;
    for args in [&["api"][..], &["worker"], &["serve"], &["seed"]] {
        fails(args, &settings, &["newer version"]);
    }
    execute(&server, &[format!("DROP DATABASE {name} WITH (FORCE)")]).await;
}

/// Redis: nobody listens, no password, a wrong one, a number that it does not have. The right one is let in.
#[tokio::test]
async fn a_redis_that_cannot_be_used() {
    let dir = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", dir.path().join("clea.db").display());
    let with = |redis: String, args: &[&str]| {
        command(args, &[("CLEA_DATABASE_URL", &url), ("CLEA_REDIS_URL", &redis)])
            .output()
            .expect("it runs")
    };
    for args in [["worker"], ["serve"]] {
        let output = with(format!("redis://:{SECRET}@127.0.0.1:1/0"), &args);
        could_not_start(&output, &["CLEA_REDIS_URL: redis://:***@127.0.0.1:1/0: "], &[SECRET]);
    }
    let Some(redis) = SecretRedis::start(SECRET).await else { return };
    let at = |who: &str, number: u32| format!("redis://{who}127.0.0.1:{}/{number}", redis.port);
    could_not_start(&with(at("", 0), &["worker"]), &["uthentication"], &[SECRET]);
    could_not_start(&with(at(":wr0ng@", 0), &["worker"]), &["CLEA_REDIS_URL: "], &["wr0ng"]);
    let out_of_range = with(at(&format!(":{SECRET}@"), 999), &["worker"]);
    could_not_start(&out_of_range, &["CLEA_REDIS_URL: "], &[SECRET]);
    // Let in, it goes on to the database, which lacks its tables.
    let in_order = with(at(&format!(":{SECRET}@"), 0), &["worker"]);
    could_not_start(&in_order, &["run `clea migrate`"], &[SECRET]);
}

/// TLS: a server whose certificate is known is let in, one whose is not is told.
#[tokio::test]
async fn a_redis_that_speaks_tls() {
    let Some(redis) = SecretRedis::start_tls(SECRET).await else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", dir.path().join("clea.db").display());
    let at = format!("rediss://:{SECRET}@127.0.0.1:{}/0", redis.port);
    let settings = [("CLEA_DATABASE_URL", url.as_str()), ("CLEA_REDIS_URL", at.as_str())];
    let stranger = command(&["worker"], &settings).output().expect("it runs");
    could_not_start(&stranger, &["CLEA_REDIS_URL: rediss://:***@", "ertificate"], &[SECRET]);
    let known = command(&["worker"], &settings)
        .env("SSL_CERT_FILE", redis.certificate())
        .output()
        .expect("it runs");
    // Let in, it goes on to the database, which lacks its tables.
    could_not_start(&known, &["run `clea migrate`"], &[SECRET]);
}
