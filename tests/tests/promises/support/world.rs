//! One play: a copy of the stage's database, a Redis, a mail server and the product's processes.

use super::keeper::Keeper;
use super::process::{Spec, free_port};
use super::redis::Redis;
use super::seeds::servers;
use super::stage::{Cast, Stage};
use e2e::{Backend, Mails, Patience, SmtpServer, State, TestApp};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a process may take to answer after its start.
const START: Duration = Duration::from_secs(30);

/// A play's parts.
pub(crate) struct World {
    /// The application as its callers see it; holds a connection of its own to the database.
    pub(crate) app: TestApp,
    cast: Option<Cast>,
    /// How often they had to repeat a request.
    pub(crate) patience: Arc<Patience>,
    /// The queue's server.
    pub(crate) redis: Redis,
    /// Where mails go.
    pub(crate) smtp: Arc<SmtpServer>,
    settings: Vec<(String, String)>,
    base: String,
    dir: TempDir,
}

impl World {
    /// A play on a copy of the stage's database; nothing runs yet.
    pub(crate) async fn new(stage: &Stage) -> Self {
        Self::on(stage, stage.copy().await).await
    }

    /// A play on this copy of it.
    pub(crate) async fn on(stage: &Stage, backend: Backend) -> Self {
        let mut world = Self::bare(backend).await;
        let (base, patience) = (world.base.clone(), world.patience.clone());
        world.cast = Some(stage.cast(|client| client.at(&base).patient(&patience)));
        world
    }

    /// A play on this database, without the stage's people.
    pub(crate) async fn bare(backend: Backend) -> Self {
        assert!(servers());
        let dir = tempfile::tempdir().expect("a folder");
        let listen = format!("127.0.0.1:{}", free_port());
        let base = format!("http://{listen}");
        let redis = Redis::start().await;
        let smtp = SmtpServer::start().await;
        let settings = [
            ("CLEA_LISTEN", listen),
            ("CLEA_PUBLIC_URL", "http://clea.test".to_owned()),
            ("CLEA_DATABASE_URL", backend.url.clone()),
            // More than act at once: a planted defect asks for a second connection within its act.
            ("CLEA_DB_POOL", "10".to_owned()),
            ("CLEA_RATE_ADDRESS", "0".to_owned()),
            ("CLEA_RATE_READ", "0".to_owned()),
            ("CLEA_RATE_ACT", "0".to_owned()),
            ("CLEA_REDIS_URL", format!("redis://127.0.0.1:{}/", redis.port())),
            ("CLEA_MAIL", smtp.url()),
            ("CLEA_CLOCK", "simulated".to_owned()),
            // Short, so that what died is taken over while the test watches.
            ("CLEA_WORKER_LEASE", "2".to_owned()),
            ("CLEA_WORKER_PUSH_PATIENCE", "2".to_owned()),
            ("CLEA_WORKER_TASK_TIMEOUT", "60".to_owned()),
        ];
        let settings = settings.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
        let patience = Arc::<Patience>::default();
        let app =
            TestApp::outside(backend, &base, Mails::through(smtp.clone()), Some(patience.clone()));
        Self { app, cast: None, patience, redis, smtp, settings, base, dir }
    }

    /// Who acts.
    pub(crate) fn cast(&self) -> &Cast {
        self.cast.as_ref().expect("the play has the stage's people")
    }

    /// The address of the API.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, command: &'static str) -> ExitStatus {
        self.spec(command).start("").end(START).await
    }

    /// Another value for a setting of the processes started from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    fn spec(&self, command: &'static str) -> Spec {
        let log = self.dir.path().join("log");
        Spec { command, settings: self.settings.clone(), log }
    }

    /// Starts the API, dying by each of these faults in turn, and waits until it answers unless it is
    /// to die.
    pub(crate) async fn api(&self, faults: Vec<String>) -> Keeper {
        let calm = faults.is_empty();
        let keeper = Keeper::start("api", self.spec("api"), faults);
        if calm {
            self.answering().await;
        }
        keeper
    }

    /// Starts a worker, dying by each of these faults in turn.
    pub(crate) fn worker(&self, name: &'static str, faults: Vec<String>) -> Keeper {
        Keeper::start(name, self.spec("worker"), faults)
    }

    /// Waits until the API answers.
    pub(crate) async fn answering(&self) {
        let started = Instant::now();
        let http = reqwest::Client::new();
        while http.get(format!("{}/healthz", self.base)).send().await.is_err() {
            assert!(started.elapsed() < START, "the API does not start: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the processes wrote, its end.
    pub(crate) fn log(&self) -> String {
        let text = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    /// What the database holds.
    pub(crate) async fn state(&self) -> State {
        State::of(&self.app.app.db).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("what the processes wrote last:\n{}", self.log());
        }
    }
}
