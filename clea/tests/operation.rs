//! A running `clea` as operators see it, and how it stops.
#![cfg(unix)]

use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Longer than anything here takes.
const GUARD: Duration = Duration::from_mins(2);

/// A process that is killed with the test.
struct Running {
    child: Child,
    api: String,
    monitor: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
fn port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn clea(dir: &Path, command: &str, settings: &[(&str, &str)]) -> Command {
    let mut clea = Command::new(env!("CARGO_BIN_EXE_clea"));
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CLEA_"))
    {
        clea.env_remove(name);
    }
    clea.current_dir(dir).arg(command).envs(settings.iter().copied()).stdin(Stdio::null());
    clea
}

/// Starts it and waits until it is ready.
async fn start(dir: &Path, command: &str, settings: &[(&str, &str)]) -> Running {
    let (api, monitor) = (format!("127.0.0.1:{}", port()), format!("127.0.0.1:{}", port()));
    let child = clea(dir, command, settings)
        .envs([("CLEA_LISTEN", &api), ("CLEA_MONITOR_LISTEN", &monitor)])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let mut running =
        Running { child, api: format!("http://{api}"), monitor: format!("http://{monitor}") };
    let ready = async {
        while get(&format!("{}/readyz", running.monitor)).await.0 != 200 {
            assert!(running.child.try_wait().expect("known").is_none(), "it ended");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(GUARD, ready).await.expect("it becomes ready");
    running
}

/// The status and the body; 0 when nobody answers.
async fn get(url: &str) -> (u16, String) {
    match reqwest::get(url).await {
        Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
        Err(_) => (0, String::new()),
    }
}

fn terminate(child: &Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
}

async fn ended(child: &mut Child) -> ExitStatus {
    let ended = async {
        loop {
            if let Some(status) = child.try_wait().expect("known") {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(GUARD, ended).await.expect("it ends")
}

#[tokio::test]
async fn operators_see_a_process_on_an_address_of_its_own() {
    let dir = tempfile::tempdir().expect("a folder");
    let running = start(dir.path(), "serve", &[]).await;
    let (status, body) = get(&format!("{}/readyz", running.api)).await;
    let told: Value = serde_json::from_str(&body).expect("JSON");
    let ready = json!({ "status": "ready", "database": "ok", "migrations": "ok" });
    assert_eq!((status, told), (200, ready));
    for place in [&running.api, &running.monitor] {
        assert_eq!(get(&format!("{place}/healthz")).await, (200, "ok".to_owned()));
        let (status, figures) = get(&format!("{place}/metrics")).await;
        assert_eq!(status, 200, "outside production, the API shows its figures too");
        assert!(figures.contains("clea_database_up 1.0"), "{figures}");
    }
    assert_eq!(get(&format!("{}/graphql", running.monitor)).await.0, 404, "the monitor is no API");
    let monitor = running.monitor.trim_start_matches("http://").to_owned();
    let health = |at: &str| {
        let mut health = clea(dir.path(), "health", &[("CLEA_MONITOR_LISTEN", at)]);
        health.output().expect("it runs")
    };
    assert!(health(&monitor).status.success());
    drop(running);
    let output = health(&monitor);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[tokio::test]
async fn a_worker_is_watched_too() {
    let dir = tempfile::tempdir().expect("a folder");
    for command in ["migrate", "seed"] {
        assert!(clea(dir.path(), command, &[]).output().expect("it runs").status.success());
    }
    let mut worker = start(dir.path(), "worker", &[]).await;
    let (status, figures) = get(&format!("{}/metrics", worker.monitor)).await;
    assert_eq!(status, 200);
    assert!(figures.contains("clea_outbox_oldest_seconds"), "{figures}");
    assert_eq!(get(&format!("{}/readyz", worker.api)).await.0, 0, "a worker serves no API");
    terminate(&worker.child);
    assert_eq!(ended(&mut worker.child).await.code(), Some(0));
}

/// P4: a mail server that refuses this platform condemns no mail. Operators see it without any mail: in
/// `/readyz`, the figures and `clea health`, while the process stays ready; what waited leaves by itself.
#[tokio::test]
async fn mails_that_cannot_leave_show_and_leave_by_themselves_after_the_cure() {
    use e2e::{Fault, SmtpServer, Stage};
    const PEOPLE: [&str; 3] = ["un@gens.example", "deux@gens.example", "trois@gens.example"];
    let dir = tempfile::tempdir().expect("a folder");
    let server = SmtpServer::start().await;
    let refusal = |code, text: &str| Fault::Reply(Stage::Mail, code, text.to_owned());
    server.plan((0..3).map(|_| refusal(530, "5.7.0 Authentication required")));
    server.plan((0..3).map(|_| refusal(554, "5.7.1 Relay access denied")));
    let mail = [("CLEA_MAIL", server.url())];
    let mail: Vec<_> = mail.iter().map(|(name, url)| (*name, url.as_str())).collect();
    let running = start(dir.path(), "serve", &mail).await;
    let readiness = async || {
        let (status, body) = get(&format!("{}/readyz", running.monitor)).await;
        let told: Value = serde_json::from_str(&body).expect("JSON");
        (status, told["mail"].as_str().map(str::to_owned))
    };
    let told = |word: &str| (200, Some(word.to_owned()));
    assert_eq!(readiness().await, told("ok"));
    for email in PEOPLE {
        let mut grant = Command::new(env!("CARGO_BIN_EXE_clea"));
        grant.current_dir(dir.path()).args(["grant", email, "OPERATOR"]).stdin(Stdio::null());
        assert!(grant.output().expect("it runs").status.success());
    }
    let reached = async |word: &str| {
        let reached = async {
            while readiness().await != told(word) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(GUARD, reached).await.expect(word);
    };
    reached("refuses every mail").await;
    let (_, figures) = get(&format!("{}/metrics", running.monitor)).await;
    for line in ["clea_check_ok{check=\"mail\"} 0.0", "clea_mails_total{outcome=\"refused\"} "] {
        assert!(figures.lines().any(|l| l.starts_with(line)), "`{line}` in\n{figures}");
    }
    let monitor = running.monitor.trim_start_matches("http://").to_owned();
    let health = clea(dir.path(), "health", &[("CLEA_MONITOR_LISTEN", &monitor)]).output();
    let health = health.expect("it runs");
    let said = String::from_utf8_lossy(&health.stdout).into_owned();
    assert!(health.status.success() && said.contains("(mail: refuses every mail)"), "{said}");
    server.wait_for(PEOPLE.len()).await;
    reached("ok").await;
    let sent = server.sent();
    assert!(PEOPLE.iter().all(|email| sent.iter().any(|mail| mail.to.contains(email))), "{sent:?}");
    assert_eq!(sent.len(), PEOPLE.len(), "nobody is told that an address is bad");
    // Where the public address has no name, the domain that mails come from greets.
    assert!(server.hellos().iter().all(|name| name == "clea.example"), "{:?}", server.hellos());
}

/// What clients met: each request is answered whole, or was never taken.
#[derive(Default)]
struct Met {
    answered: AtomicUsize,
    opened: AtomicUsize,
}

/// P14, of requests: a process that is told to stop under load answers what it took.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_fails_no_request_that_was_taken() {
    const CLIENTS: usize = 6;
    const BEFORE: usize = 60;
    let dir = tempfile::tempdir().expect("a folder");
    let database = dir.path().join("load.db");
    let url = format!("sqlite://{}", database.display());
    let mut running = start(dir.path(), "serve", &[("CLEA_DATABASE_URL", url.as_str())]).await;
    let met = Arc::new(Met::default());
    let clients: Vec<_> =
        (0..CLIENTS).map(|n| tokio::spawn(client(running.api.clone(), n, met.clone()))).collect();
    let warm = async {
        while met.answered.load(Ordering::Relaxed) < BEFORE {
            assert!(!clients.iter().any(tokio::task::JoinHandle::is_finished), "none ends yet");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(GUARD, warm).await.expect("the load runs");
    terminate(&running.child);
    for client in clients {
        tokio::time::timeout(GUARD, client).await.expect("it ends").expect("no request failed");
    }
    assert_eq!(ended(&mut running.child).await.code(), Some(0));
    // Each account answered for is there, and no other: what was not answered was not done.
    let db = sea_orm::Database::connect(&url).await.expect("the database");
    let sql = "SELECT COUNT(*) AS n FROM account WHERE email LIKE '%@load.example'";
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql);
    let row = sea_orm::ConnectionTrait::query_one_raw(&db, statement).await.expect("countable");
    let opened: i64 = row.expect("one row").try_get("", "n").expect("a number");
    assert_eq!(usize::try_from(opened), Ok(met.opened.load(Ordering::Relaxed)));
}

/// Asks on kept connections, reading and opening accounts, until nobody takes its requests any more.
async fn client(api: String, number: usize, met: Arc<Met>) {
    let http = reqwest::Client::new();
    let open = "mutation($email: String!) { openAccount(input: { email: $email, displayName: \"A\", \
                password: \"un mot de passe long\" }) { account { id } } }";
    for turn in 0.. {
        let opens = turn % 3 == 0;
        let email = format!("{number}-{turn}@load.example");
        let query = if opens { open } else { "{ clock { today } }" };
        let variables = if opens { json!({ "email": email }) } else { json!({}) };
        let body = json!({ "query": query, "variables": variables });
        let answer = match http.post(format!("{api}/graphql")).json(&body).send().await {
            Ok(answer) => answer,
            Err(error) if error.is_connect() => return,
            Err(error) => panic!("a request that was sent is not answered: {error:?}"),
        };
        assert_eq!(answer.status(), 200);
        let told: Value = answer.json().await.expect("a whole answer");
        assert_eq!(told.get("errors"), None, "{told}");
        met.answered.fetch_add(1, Ordering::Relaxed);
        if opens {
            met.opened.fetch_add(1, Ordering::Relaxed);
        }
    }
}
