//! The real binary while its database is away, overloaded, or back: requests are answered 503 without a
//! word of SQL, workers wait, and both go on by themselves. On PostgreSQL and Redis, through a wire that
//! the test cuts; skipped, which is said, where the environment names no servers.

mod support;

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TransactionTrait};
use serde_json::{Value, json};
use std::process::Stdio;
use std::sync::Arc;
use support::{Running, address, clea, connect, database, execute, free_port, until};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A wire to a server, which can be cut and mended.
struct Wire {
    port: u16,
    whole: Arc<watch::Sender<bool>>,
}

impl Wire {
    async fn to(host: &str, port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let own = listener.local_addr().expect("an address").port();
        let whole = Arc::new(watch::Sender::new(true));
        let (state, target) = (whole.clone(), (host.to_owned(), port));
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (mut cut, target) = (state.subscribe(), target.clone());
                tokio::spawn(async move {
                    if !*cut.borrow() {
                        return;
                    }
                    let Ok(mut far) = TcpStream::connect(target).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        _ = cut.wait_for(|whole| !whole) => {}
                    }
                });
            }
        });
        Self { port: own, whole }
    }

    fn cut(&self) {
        self.whole.send_replace(false);
    }

    fn mend(&self) {
        self.whole.send_replace(true);
    }
}

/// A database of its own with the processes that use it.
struct Stage {
    server: String,
    name: String,
    redis: String,
    wire: Wire,
    port: u16,
    dir: TempDir,
}

impl Stage {
    async fn set() -> Option<Self> {
        let (server, redis) = (support::postgres()?, support::redis()?);
        let name = format!("clea_outages_{}", uuid::Uuid::now_v7().simple());
        execute(&server, &[format!("CREATE DATABASE {name}")]).await;
        let url = reqwest::Url::parse(&server).expect("an address");
        let host = url.host_str().expect("a host");
        let wire = Wire::to(host, url.port().unwrap_or(5432)).await;
        let dir = tempfile::tempdir().expect("a folder");
        let stage = Self { server, name, redis, wire, port: free_port(), dir };
        for args in [["migrate"], ["seed"]] {
            let output = clea(stage.dir.path(), &args)
                .env("CLEA_DATABASE_URL", stage.direct())
                .output()
                .expect("it runs");
            assert!(output.status.success(), "{}", support::text(&output.stderr));
        }
        Some(stage)
    }

    fn direct(&self) -> String {
        database(&self.server, &self.name)
    }

    /// The database at the other end of the wire.
    fn wired(&self) -> String {
        let url = reqwest::Url::parse(&self.server).expect("an address");
        let password = url.password().map(|p| format!(":{p}")).unwrap_or_default();
        let place =
            format!("postgres://{}{password}@127.0.0.1:{}/x", url.username(), self.wire.port);
        address(&place, &format!("{}{password}", url.username()), &self.name)
    }

    /// Starts a process that logs into a file.
    fn start(&self, command: &str, settings: &[(&str, &str)]) -> Running {
        let log = std::fs::File::create(self.log(command)).expect("a file");
        let mut process = clea(self.dir.path(), &[command]);
        process
            .env("CLEA_DATABASE_URL", self.wired())
            .env("CLEA_REDIS_URL", &self.redis)
            .env("CLEA_REDIS_NAMESPACE", &self.name)
            .env("CLEA_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("CLEA_LOG", "info,sqlx=warn")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(log);
        Running(process.spawn().expect("it starts"))
    }

    fn log(&self, command: &str) -> std::path::PathBuf {
        self.dir.path().join(format!("{command}.log"))
    }

    fn logged(&self, command: &str) -> String {
        std::fs::read_to_string(self.log(command)).expect("readable")
    }

    /// The status, `Retry-After` and body of a query; no answer at all is none.
    async fn ask(&self, query: &str) -> Option<(u16, String, Value)> {
        let answer = reqwest::Client::new()
            .post(format!("http://127.0.0.1:{}/graphql", self.port))
            .json(&json!({ "query": query }))
            .send()
            .await
            .ok()?;
        let status = answer.status().as_u16();
        let after = answer.headers().get("retry-after");
        let after = after.map(|v| v.to_str().expect("text").to_owned()).unwrap_or_default();
        Some((status, after, answer.json().await.expect("JSON")))
    }

    async fn answers(&self, query: &str) -> bool {
        self.ask(query)
            .await
            .is_some_and(|(status, _, body)| status == 200 && body["errors"].is_null())
    }

    /// Checks that a query is answered as a service that is away, without a word of why.
    async fn is_unavailable(&self, query: &str) {
        let (status, after, body) = self.ask(query).await.expect("an answer");
        assert_eq!((status, after.as_str()), (503, "5"), "{body}");
        let error = &body["errors"][0];
        assert_eq!(error["extensions"]["code"], "UNAVAILABLE", "{body}");
        assert!(error["extensions"]["correlationId"].as_str().is_some_and(|id| !id.is_empty()));
        let told = body.to_string();
        assert!(told.contains("indisponible"), "{told}");
        for secret in ["SELECT", "127.0.0.1", "postgres", "sqlx", "pool", &self.name] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }

    async fn end(self) {
        execute(&self.server, &[format!("DROP DATABASE {} WITH (FORCE)", self.name)]).await;
    }
}

/// A code as certificates carry them, of none.
const CODE: &str = "00000000000000000000000000";
const CLOCK: &str = "{ clock { today } }";
const AUTHORITIES: &str = "{ authorities { edges { node { id } } } }";
const PUBLIC: &str = "{ clock { today } authorities { edges { node { id } } } }";
const ORGANISMS: &str = "{ organisms { edges { node { id } } } }";

/// A task that nothing can be made of: given up at its only try, whoever carries it out.
async fn hopeless(db: &DatabaseConnection) -> uuid::Uuid {
    let id = uuid::Uuid::now_v7();
    let sql = format!(
        "INSERT INTO outbox (id, kind, payload, status, attempts, max_attempts, next_attempt_at, \
         push_number, correlation_id, created_at) \
         VALUES ('{id}', 'NOTHING', '{{}}', 'PENDING', 0, 1, now(), 0, 'test', now())"
    );
    db.execute_unprepared(&sql).await.expect("inserted");
    id
}

async fn given_up(db: &DatabaseConnection, id: uuid::Uuid) -> bool {
    let sql = format!("SELECT status FROM outbox WHERE id = '{id}'");
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await;
    let row = row.expect("readable").expect("the task");
    row.try_get::<String>("", "status").expect("text") == "GIVEN_UP"
}

/// Whether a session of this database waits for what another holds.
async fn waits_for_a_lock(db: &impl ConnectionTrait) -> bool {
    let sql = "SELECT COUNT(*) AS n FROM pg_stat_activity \
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    // Within a transaction the view is kept as it was first read.
    db.execute_unprepared("SELECT pg_stat_clear_snapshot()").await.expect("read anew");
    let asked = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(asked).await.expect("readable").expect("a row");
    row.try_get::<i64>("", "n").expect("a number") > 0
}

/// The database goes away and comes back: requests are told so, workers wait, nothing is restarted.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_and_comes_back() {
    let Some(stage) = Stage::set().await else { return };
    let mut api = stage.start("api", &[]);
    let mut worker = stage.start("worker", &[]);
    until("the API answers", || stage.answers(PUBLIC)).await;
    let db = connect(&stage.direct()).await;
    let task = hopeless(&db).await;
    until("the worker works", || given_up(&db, task)).await;

    stage.wire.cut();
    stage.is_unavailable(PUBLIC).await;
    stage
        .is_unavailable(
            "mutation { signIn(input: { email: \"a@b.fr\", password: \"x\" }) { token } }",
        )
        .await;
    let page = reqwest::get(format!("http://127.0.0.1:{}/certificates/{CODE}", stage.port)).await;
    let page = page.expect("an answer");
    assert_eq!(page.status().as_u16(), 503);
    assert_eq!(page.headers()["retry-after"], "5");
    assert!(page.headers()["content-type"].to_str().expect("text").starts_with("text/html"));
    let html = page.text().await.expect("a page");
    assert!(html.contains("indisponible") && !html.contains("127.0.0.1"), "{html}");
    let task = hopeless(&db).await;
    until("the worker noticed", || async {
        stage.logged("worker").contains("could not be relayed")
    })
    .await;

    stage.wire.mend();
    until("the API answers again", || stage.answers(PUBLIC)).await;
    until("the worker works again", || given_up(&db, task)).await;
    assert!(api.0.try_wait().expect("asked").is_none(), "the API was not restarted");
    assert!(worker.0.try_wait().expect("asked").is_none(), "the worker was not restarted");
    let log = stage.logged("worker");
    let told = log.lines().filter(|line| line.contains("WARN") && line.contains("relayed")).count();
    assert_eq!(told, 1, "one warning: {log}");
    db.close().await.expect("closed");
    drop((api, worker));
    stage.end().await;
}

/// What a process says of its readiness: the status, and each check in a word.
async fn readiness(port: u16) -> (u16, Value) {
    let Ok(answer) = reqwest::get(format!("http://127.0.0.1:{port}/readyz")).await else {
        return (0, Value::Null);
    };
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// `/readyz` names the server that is away, by its kind and without its address, and says when it is back.
/// The API, which needs no Redis, stays ready without it.
#[tokio::test(flavor = "multi_thread")]
async fn readiness_says_which_server_is_away() {
    let Some(stage) = Stage::set().await else { return };
    let url = reqwest::Url::parse(&stage.redis).expect("an address");
    let redis = Wire::to(url.host_str().expect("a host"), url.port().unwrap_or(6379)).await;
    let mut wired = url.clone();
    wired.set_host(Some("127.0.0.1")).expect("a host");
    wired.set_port(Some(redis.port)).expect("a port");
    let port = free_port();
    let monitor = format!("127.0.0.1:{port}");
    let api = stage.start("api", &[("CLEA_REDIS_URL", wired.as_str())]);
    let worker = stage.start(
        "worker",
        &[("CLEA_REDIS_URL", wired.as_str()), ("CLEA_MONITOR_LISTEN", monitor.as_str())],
    );
    let is = |status, database: &'static str, queue: &'static str| async move {
        let (answered, told) = readiness(port).await;
        (answered, &told["database"], &told["redis"]) == (status, &json!(database), &json!(queue))
    };
    until("the worker is ready", || is(200, "ok", "ok")).await;
    until("the API is ready", || async { readiness(stage.port).await.0 == 200 }).await;
    redis.cut();
    until("Redis is missed", || is(503, "ok", "unreachable")).await;
    let (status, told) = readiness(stage.port).await;
    assert_eq!((status, &told["database"]), (200, &json!("ok")), "{told}");
    let words = readiness(port).await.1.to_string();
    assert!(!words.contains("127.0.0.1"), "{words}");
    redis.mend();
    until("Redis is back", || is(200, "ok", "ok")).await;
    stage.wire.cut();
    until("the database is missed", || async {
        let (status, told) = readiness(port).await;
        status == 503 && told["database"] != "ok" && told["redis"] == "ok"
    })
    .await;
    until("by the API too", || async { readiness(stage.port).await.0 == 503 }).await;
    stage.wire.mend();
    until("the database is back", || is(200, "ok", "ok")).await;
    drop((api, worker));
    stage.end().await;
}

/// A mail server that reports a bounce while the database is away is told to come again.
#[tokio::test(flavor = "multi_thread")]
async fn a_bounce_reported_during_an_outage_is_asked_for_again() {
    let Some(stage) = Stage::set().await else { return };
    let secret = "a secret of the mail server";
    let api = stage.start("api", &[("CLEA_MAIL_BOUNCE_SECRET", secret)]);
    until("the API answers", || stage.answers(PUBLIC)).await;
    let report = || async {
        let answer = reqwest::Client::new()
            .post(format!("http://127.0.0.1:{}/webhooks/bounces", stage.port))
            .bearer_auth(secret)
            .json(&json!({ "messageId": "<nothing@clea.example>", "status": "5.1.1" }))
            .send()
            .await
            .expect("an answer");
        let after =
            answer.headers().get("retry-after").map(|v| v.to_str().expect("text").to_owned());
        (answer.status().as_u16(), after, answer.text().await.expect("text"))
    };
    assert_eq!(report().await.0, 404, "no such mail");
    stage.wire.cut();
    let (status, after, told) = report().await;
    assert_eq!((status, after.as_deref()), (503, Some("5")), "{told}");
    assert!(told.contains("UNAVAILABLE") && !told.contains("127.0.0.1"), "{told}");
    stage.wire.mend();
    until("reports are taken again", || async { report().await.0 == 404 }).await;
    drop(api);
    stage.end().await;
}

/// A statement that takes too long is cancelled by the server, and told; the next one is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_beyond_the_limit_is_cancelled() {
    let Some(stage) = Stage::set().await else { return };
    let api = stage.start("api", &[("CLEA_DB_STATEMENT_TIMEOUT", "1")]);
    until("the API answers", || stage.answers(AUTHORITIES)).await;
    let db = connect(&stage.direct()).await;
    for sql in [
        "ALTER TABLE authority RENAME TO authority_kept",
        "CREATE FUNCTION slow() RETURNS SETOF authority_kept LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_sleep(600); END $$",
        "CREATE VIEW authority AS SELECT * FROM slow()",
    ] {
        db.execute_unprepared(sql).await.expect("made slow");
    }
    stage.is_unavailable(AUTHORITIES).await;
    assert!(stage.answers(CLOCK).await, "the pool goes on");
    for sql in ["DROP VIEW authority", "ALTER TABLE authority_kept RENAME TO authority"] {
        db.execute_unprepared(sql).await.expect("mended");
    }
    until("the API answers", || stage.answers(AUTHORITIES)).await;
    let log = stage.logged("api");
    assert!(log.contains("57014"), "the log says why: {log}");
    db.close().await.expect("closed");
    drop(api);
    stage.end().await;
}

/// A row or a table that someone holds, and a pool whose one connection waits for it: both are told.
#[tokio::test(flavor = "multi_thread")]
async fn a_held_table_and_a_full_pool_are_told() {
    let Some(stage) = Stage::set().await else { return };
    let api = stage.start("api", &[("CLEA_DB_POOL", "1"), ("CLEA_DB_STATEMENT_TIMEOUT", "9")]);
    until("the API answers", || stage.answers(ORGANISMS)).await;
    let db = connect(&stage.direct()).await;
    let holder = db.begin().await.expect("a transaction");
    holder.execute_unprepared("LOCK TABLE organism IN ACCESS EXCLUSIVE MODE").await.expect("held");
    // The first waits for the table, the second for the first's connection; neither for ever.
    let second = async {
        until("the first waits", || waits_for_a_lock(&holder)).await;
        stage.is_unavailable(PUBLIC).await;
    };
    tokio::join!(stage.is_unavailable(ORGANISMS), second);
    holder.rollback().await.expect("freed");
    until("the API answers", || stage.answers(ORGANISMS)).await;
    db.close().await.expect("closed");
    drop(api);
    stage.end().await;
}

/// What the server shows of a connection: whose it is.
#[tokio::test(flavor = "multi_thread")]
async fn connections_carry_their_name_and_limits() {
    let Some(stage) = Stage::set().await else { return };
    let api = stage.start("api", &[]);
    let worker = stage.start("worker", &[]);
    let db = connect(&stage.direct()).await;
    for name in ["clea-api", "clea-worker"] {
        until(name, || async {
            let sql = format!(
                "SELECT 1 AS n FROM pg_stat_activity WHERE application_name = '{name}' \
                 AND datname = '{}'",
                stage.name
            );
            let asked = Statement::from_string(db.get_database_backend(), sql);
            db.query_one_raw(asked).await.expect("readable").is_some()
        })
        .await;
    }
    db.close().await.expect("closed");
    drop((api, worker));
    stage.end().await;
}
