//! What the tests of the binary share: the binary itself without the caller's settings, databases and
//! roles of their own on the test's PostgreSQL, a Redis that asks for a password, a wire that can be cut.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// `clea` with these arguments in a folder of its own, none of the caller's settings in its environment.
pub fn clea(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clea"));
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CLEA_"))
    {
        command.env_remove(name);
    }
    command.current_dir(dir).args(args).stdin(Stdio::null());
    command
}

/// What a command printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The PostgreSQL of the tests; none where it is not given, which is said.
pub fn postgres() -> Option<String> {
    given("CLEA_TEST_POSTGRES_URL")
}

/// The Redis of the tests; none where it is not given, which is said.
pub fn redis() -> Option<String> {
    given("CLEA_TEST_REDIS_URL")
}

fn given(name: &str) -> Option<String> {
    let url = std::env::var(name).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        println!("skipped: {name} names no server");
    }
    url
}

/// The address of a PostgreSQL server with another user (with its password, encoded) and database.
pub fn address(server: &str, who: &str, database: &str) -> String {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let host = place.split(['/', '?']).next().expect("a host");
    format!("postgres://{who}@{host}/{database}")
}

/// The same address with another database.
pub fn database(server: &str, name: &str) -> String {
    let (path, query) = server.split_once('?').map_or((server, ""), |(path, query)| (path, query));
    let base = path.rsplit_once('/').map_or(path, |(base, _)| base);
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{base}/{name}{separator}{query}")
}

/// One connection.
pub async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.expect("reachable")
}

/// Runs statements one after the other.
pub async fn execute(url: &str, statements: &[String]) {
    let db = connect(url).await;
    for sql in statements {
        db.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    db.close().await.expect("closed");
}

/// A process that ends with the test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already, or not: both are what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until `done`, which must come; nothing is assumed of how long it takes.
pub async fn until<F: Future<Output = bool>>(what: &str, mut done: impl FnMut() -> F) {
    const PATIENCE: Duration = Duration::from_mins(1);
    let started = Instant::now();
    while !done().await {
        assert!(started.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A throwaway Redis that asks for a password.
pub struct SecretRedis {
    /// Its port.
    pub port: u16,
    _server: Running,
    dir: TempDir,
}

impl SecretRedis {
    /// Starts it; none where `redis-server` is not installed, which is said.
    pub async fn start(password: &str) -> Option<Self> {
        let port = free_port();
        let dir = tempfile::tempdir().expect("a folder");
        Self::with(password, port, dir, &["--port".to_owned(), port.to_string()]).await
    }

    /// The same, speaking TLS alone, under a certificate that no public authority knows.
    pub async fn start_tls(password: &str) -> Option<Self> {
        let port = free_port();
        let dir = tempfile::tempdir().expect("a folder");
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
        std::fs::write(&cert, made.cert.pem()).expect("written");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
        let (cert, key) = (cert.display().to_string(), key.display().to_string());
        let args = [
            ["--port", "0"],
            ["--tls-port", &port.to_string()],
            ["--tls-cert-file", &cert],
            ["--tls-key-file", &key],
            ["--tls-ca-cert-file", &cert],
            ["--tls-auth-clients", "no"],
        ];
        let args: Vec<String> = args.iter().flatten().map(|arg| (*arg).to_owned()).collect();
        Self::with(password, port, dir, &args).await
    }

    /// The certificate of the server that speaks TLS.
    pub fn certificate(&self) -> std::path::PathBuf {
        self.dir.path().join("cert.pem")
    }

    async fn with(password: &str, port: u16, dir: TempDir, args: &[String]) -> Option<Self> {
        let started = Command::new("redis-server")
            .args(args)
            .args(["--bind", "127.0.0.1", "--save", "", "--requirepass", password, "--dir"])
            .arg(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            println!("skipped: redis-server is not installed");
            return None;
        };
        let server = Running(child);
        until("Redis listens", || async {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
        Some(Self { port, _server: server, dir })
    }
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Checks that the command could not start: exit code 2, nothing but one line on standard error, which
/// holds all of `told` and none of `secrets`.
pub fn could_not_start(output: &Output, told: &[&str], secrets: &[&str]) {
    let line = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    for part in told {
        assert!(line.contains(part), "{part:?} in {line}");
    }
    for secret in secrets {
        assert!(!line.contains(secret), "{secret:?} in {line}");
    }
}

/// Runs `clea migrate …` on a database; answers its exit code and what it printed.
pub fn migrate(url: &str, args: &[&str]) -> (Option<i32>, String) {
    let mut command = clea(&std::env::temp_dir(), &["migrate"]);
    let Output { status, stdout, stderr } =
        command.env("CLEA_DATABASE_URL", url).args(args).output().expect("it runs");
    (status.code(), format!("{}{}", text(&stdout), text(&stderr)))
}

/// The texts of the one column that a statement reads.
pub async fn texts(url: &str, sql: &str) -> Vec<String> {
    let db = connect(url).await;
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await;
    db.close().await.expect("closed");
    let rows = rows.expect("readable");
    rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
}
