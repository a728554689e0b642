//! A workbench: a fresh database with the reference data, a queue, mails kept in memory.

use chrono::NaiveDate;
use entity::ids::{InvoiceId, OutboxId};
use entity::kind::{Lane, TaskStatus};
use entity::outbox;
use entity::text::Text;
use mailer::MemoryTransport;
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait,
    PaginatorTrait, QueryFilter,
};
use service::clock::LegalClock;
use service::context::{Actor, App, Context, Settings};
use service::task::Task;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use worker::{Concurrency, Queue, WorkerSettings};

/// The first day of the simulated clock.
pub(crate) const FIRST_DAY: &str = "2026-01-05";
/// Longer than any of these tests needs.
const PATIENCE: Duration = Duration::from_secs(90);

/// A database, a queue and what left by mail.
pub(crate) struct Bench {
    pub(crate) app: App,
    pub(crate) mails: MemoryTransport,
    queue: Queue,
    _dir: Option<TempDir>,
}

/// A worker that runs.
pub(crate) struct Running {
    stop: CancellationToken,
    ended: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(PATIENCE, self.ended).await;
        ended.expect("it stops").expect("no panic").expect("no fault");
    }
}

impl Bench {
    /// SQLite and the queue in memory.
    pub(crate) async fn embedded() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}?mode=rwc", dir.path().join("clea.db").display());
        let mut options = ConnectOptions::new(url);
        options.max_connections(4).sqlx_logging(false).map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
                .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Normal)
                .busy_timeout(Duration::from_secs(20))
                .foreign_keys(true)
        });
        let db = Database::connect(options).await.expect("a database");
        Self::on(db, Queue::InProcess, Some(dir)).await
    }

    /// PostgreSQL and Redis; none where their addresses are not given.
    pub(crate) async fn servers() -> Option<Self> {
        let (Ok(postgres), Ok(redis)) =
            (std::env::var("CLEA_TEST_POSTGRES_URL"), std::env::var("CLEA_TEST_REDIS_URL"))
        else {
            println!("CLEA_TEST_POSTGRES_URL and CLEA_TEST_REDIS_URL are not set: not run on them");
            return None;
        };
        let name = format!("clea_worker_{}", uuid::Uuid::now_v7().simple());
        let admin = Database::connect(&postgres).await.expect("PostgreSQL answers");
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database");
        let (server, _) = postgres.rsplit_once('/').expect("an address with a database");
        let mut options = ConnectOptions::new(format!("{server}/{name}"));
        options.max_connections(8).sqlx_logging(false);
        let db = Database::connect(options).await.expect("the database");
        Some(Self::on(db, Queue::Redis { url: redis, namespace: name }, None).await)
    }

    async fn on(db: DatabaseConnection, queue: Queue, dir: Option<TempDir>) -> Self {
        Migrator::up(&db, None).await.expect("the tables");
        let settings = Settings {
            public_url: "https://clea.example".to_owned(),
            certification_code: "RS0000".to_owned(),
            session_length: chrono::Duration::hours(1),
            production: false,
        };
        let app = App {
            db,
            clock: LegalClock::Simulated,
            calendar: Arc::new(domain::calendar::Calendar::metropolitan()),
            settings: Arc::new(settings),
            wake: Arc::default(),
            bell: service::bell::Bell::default(),
        };
        service::schedule::start_simulated(&app, day(FIRST_DAY)).await.expect("a clock");
        service::seed::reference(&app).await.expect("the reference data");
        Self { app, mails: MemoryTransport::new(), queue, _dir: dir }
    }

    /// Starts a worker.
    pub(crate) fn start(&self) -> Running {
        self.start_with(|_| {})
    }

    /// Starts a worker with other settings.
    pub(crate) fn start_with(&self, change: impl FnOnce(&mut WorkerSettings)) -> Running {
        let mut settings = WorkerSettings {
            app: self.app.clone(),
            transport: Arc::new(self.mails.clone()),
            from: "Certif Pro <habilitations@certif-pro.example>".to_owned(),
            reply_to: None,
            queue: self.queue.clone(),
            concurrency: Concurrency::shared(4, |_| None),
            lease: Duration::from_secs(10),
            task_timeout: Duration::from_secs(20),
            push_patience: Duration::from_secs(15),
            relay_interval: Duration::from_millis(100),
            name: "bench".to_owned(),
        };
        change(&mut settings);
        let stop = CancellationToken::new();
        Running { stop: stop.clone(), ended: tokio::spawn(worker::run(settings, stop)) }
    }

    /// Adds a task that cannot be carried out: its invoice does not exist.
    pub(crate) async fn enqueue_hopeless(&self) -> OutboxId {
        let ctx = Context::new(self.app.clone(), Actor::System, "bench");
        let tx = ctx.begin().await.expect("a transaction");
        let task = Task::SendInvoice { invoice: InvoiceId::new() };
        let id = tx.enqueue(task).await.expect("inserted").expect("a new task");
        tx.seal(id).await.expect("committed")
    }

    /// The task as the outbox holds it.
    pub(crate) async fn task(&self, id: OutboxId) -> outbox::Model {
        outbox::Entity::find_by_id(id).one(&self.app.db).await.expect("readable").expect("the task")
    }

    /// How many tasks stand like this.
    pub(crate) async fn count(&self, status: TaskStatus) -> u64 {
        outbox::Entity::find()
            .filter(outbox::Column::Status.eq(Text(status)))
            .count(&self.app.db)
            .await
            .expect("countable")
    }

    /// How many wait in the queue of a lane on Redis, whatever the list in which they do: each has its data there until
    /// it is done.
    pub(crate) async fn queued(&self, lane: Lane) -> u64 {
        let Queue::Redis { url, namespace } = &self.queue else { panic!("not on Redis") };
        let client = redis::Client::open(url.as_str()).expect("an address");
        let mut redis = client.get_multiplexed_async_connection().await.expect("Redis answers");
        let mut count = redis::cmd("HLEN");
        count.arg(format!("{namespace}:lane:{}:data", lane.as_str()));
        count.query_async(&mut redis).await.expect("a number")
    }

    /// Waits until nothing is left to do.
    pub(crate) async fn settle(&self) {
        self.settle_but(0).await;
    }

    /// Waits until no more than so many are left to do.
    pub(crate) async fn settle_but(&self, held: u64) {
        let settled = tokio::time::timeout(PATIENCE, async {
            while self.count(TaskStatus::Pending).await > held {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        if settled.await.is_err() {
            let left = outbox::Entity::find().filter(outbox::Column::FinishedAt.is_null());
            panic!("left: {:#?}", left.all(&self.app.db).await);
        }
    }

    /// Makes it this day, as if everything had been stopped in between, and waits until its slot ran.
    pub(crate) async fn jump_to(&self, date: &str) {
        self.settle().await;
        let clock = entity::legal_clock::ActiveModel {
            id: sea_orm::ActiveValue::Unchanged(1),
            today: sea_orm::ActiveValue::Set(day(date)),
            ..Default::default()
        };
        entity::legal_clock::Entity::update(clock).exec(&self.app.db).await.expect("a day");
        service::schedule::open_slot(&self.app).await.expect("its slot");
        self.settle().await;
    }

    /// Sends the simulated clock to a day and waits until it is there with nothing left to do.
    pub(crate) async fn go_to(&self, date: &str) {
        let clock = entity::legal_clock::ActiveModel {
            id: sea_orm::ActiveValue::Unchanged(1),
            target_on: sea_orm::ActiveValue::Set(Some(day(date))),
            ..Default::default()
        };
        entity::legal_clock::Entity::update(clock).exec(&self.app.db).await.expect("a target");
        self.app.wake.notify_waiters();
        let arrived = tokio::time::timeout(PATIENCE, async {
            while service::schedule::state(&self.app).await.expect("readable").today < day(date) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        arrived.await.expect("the clock arrives");
        self.settle().await;
    }
}

/// One bench of each kind that is at hand.
pub(crate) async fn benches() -> Vec<Bench> {
    let mut benches = vec![Bench::embedded().await];
    benches.extend(Bench::servers().await);
    benches
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}
