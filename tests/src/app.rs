//! A whole application in the test's process: API on a port of its own, workers, mails that the test
//! reads, a simulated clock that it sets.

use crate::{Backend, Client, Mails, Patience, Received, SmtpServer, client, day};
use chrono::NaiveDate;
use entity::ids::{AccountGrantId, AccountId, SessionId, TypedId};
use entity::kind::{Role, TaskStatus};
use entity::{account, account_grant, legal_clock, outbox, session};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection,
    EntityTrait, PaginatorTrait, QueryFilter, Statement,
};
use serde_json::{Value, json};
use service::clock::{LegalClock, machine_now};
use service::context::{App, Settings};
use service::token::hash;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use worker::{Concurrency, WorkerSettings};

/// The first legal day of every test.
pub(crate) const FIRST_DAY: &str = "2026-01-05";
/// The code of the certification on EDOF.
pub const CERTIFICATION_CODE: &str = "RS6435";
/// What the mail server shows when it reports a bounce.
pub const BOUNCE_SECRET: &str = "canari-secret-des-rebonds";
/// How long the workers may take before the test is given up.
const PATIENCE: Duration = Duration::from_mins(1);
/// After this what was pushed is pushed again: well within that time, for a queue may forget.
const PUSH_PATIENCE: Duration = Duration::from_secs(15);

/// A running application.
pub struct TestApp {
    /// What the acts share.
    pub app: App,
    /// What left by mail.
    pub mails: Mails,
    base: String,
    stop: CancellationToken,
    /// Stops the workers alone.
    rest: CancellationToken,
    backend: Backend,
    patience: Option<Arc<Patience>>,
}

/// One more API.
pub struct Api {
    /// Its address.
    pub base: String,
    /// Cancelled when it is about to stop.
    pub stop: CancellationToken,
}

pub(crate) fn application(db: DatabaseConnection) -> App {
    App {
        db,
        clock: LegalClock::Simulated,
        calendar: Arc::new(domain::calendar::Calendar::metropolitan()),
        settings: Arc::new(Settings {
            public_url: "http://clea.test".to_owned(),
            certification_code: CERTIFICATION_CODE.to_owned(),
            session_length: chrono::Duration::hours(12),
            production: false,
        }),
        wake: Arc::new(tokio::sync::Notify::new()),
        bell: service::bell::Bell::default(),
    }
}

/// What goes wrong inside is written beside what the test says, unless the test reads the log itself.
fn tell() {
    let logged = tracing_subscriber::fmt().with_test_writer().with_max_level(tracing::Level::WARN);
    // Said once a process.
    let _ = logged.try_init();
}

impl TestApp {
    /// Starts an application on 5 January 2026, with the reference data.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        Self::start_with(|state| state).await
    }

    /// The same, with another way to serve.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_with(adapt: impl FnOnce(api::ApiState) -> api::ApiState) -> Self {
        let backend = Backend::fresh().await.expect("a fresh database");
        let mails = Mails::of(&backend).await;
        let app = application(backend.db.clone());
        Self::start_at(app, backend, mails, adapt).await
    }

    /// An application whose mails leave through this server, whatever the backend.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn mailing(server: Arc<SmtpServer>) -> Self {
        let backend = Backend::fresh().await.expect("a fresh database");
        let app = application(backend.db.clone());
        Self::start_at(app, backend, Mails::through(server), |state| state).await
    }

    /// An application that people reach at this address.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn reached_at(
        public_url: &str,
        adapt: impl FnOnce(api::ApiState) -> api::ApiState,
    ) -> Self {
        let backend = Backend::fresh().await.expect("a fresh database");
        let mails = Mails::of(&backend).await;
        let app = application(backend.db.clone());
        let settings = Settings { public_url: public_url.to_owned(), ..(*app.settings).clone() };
        let app = App { settings: Arc::new(settings), ..app };
        Self::start_at(app, backend, mails, adapt).await
    }

    /// Starts an application on this database, whose tables are up to date, with its mails leaving so.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_on(backend: Backend, mails: Mails) -> Self {
        let app = application(backend.db.clone());
        Self::start_at(app, backend, mails, |state| state).await
    }

    async fn start_at(
        app: App,
        backend: Backend,
        mails: Mails,
        adapt: impl FnOnce(api::ApiState) -> api::ApiState,
    ) -> Self {
        tell();
        let stop = CancellationToken::new();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let state = api::ApiState::new(app.clone(), api::Explorer::Off)
            .with_bounce_secret(api::BounceSecret::new(BOUNCE_SECRET));
        let router = api::router(adapt(state));
        let stopped = stop.clone();
        tokio::spawn(async move {
            axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
                .with_graceful_shutdown(async move { stopped.cancelled().await })
                .await
        });
        // Before the worker would: what a test counts first is not the day's slot opening behind it.
        service::schedule::open_slot(&app).await.expect("the slot opens");
        let rest = stop.child_token();
        let test = Self { app, mails, base, stop, rest, backend, patience: None };
        test.work();
        test
    }

    /// An application whose processes run elsewhere, on this database and at this address. Its callers
    /// repeat what was not answered when they are given `patience`.
    pub fn outside(
        backend: Backend,
        base: &str,
        mails: Mails,
        patience: Option<Arc<Patience>>,
    ) -> Self {
        let stop = CancellationToken::new();
        Self {
            app: application(backend.db.clone()),
            mails,
            base: base.to_owned(),
            rest: stop.child_token(),
            stop,
            backend,
            patience,
        }
    }

    /// One more API on the same database, as another process of it is: nothing in memory is shared.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn another_api(&self, sockets: api::Sockets) -> Api {
        let (app, stop) = (application(self.app.db.clone()), self.stop.child_token());
        let operation =
            api::Operation { sockets, stopping: stop.clone(), ..api::Operation::default() };
        let router = api::router_with(api::ApiState::new(app, api::Explorer::Off), operation);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Api { base, stop }
    }

    /// Stops what runs in this process once nothing is left to do; its database may be copied then.
    pub async fn halt(&self) -> &Backend {
        self.settle().await;
        self.stop.cancel();
        &self.backend
    }

    /// Where its data live.
    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    fn client(&self, token: Option<String>) -> Client {
        let client = Client::new(&self.base, token);
        self.patience.as_ref().map_or(client.clone(), |patience| client.patient(patience))
    }

    /// Starts one more worker on the same database and queue.
    pub fn work(&self) {
        let settings = WorkerSettings {
            app: self.app.clone(),
            transport: self.mails.transport(),
            from: "Certif Pro <habilitations@certif-pro.example>".to_owned(),
            reply_to: None,
            queue: self.backend.queue.clone(),
            concurrency: Concurrency::shared(8, |_| None),
            lease: Duration::from_secs(30),
            task_timeout: Duration::from_secs(30),
            push_patience: PUSH_PATIENCE,
            relay_interval: Duration::from_millis(200),
            name: "test".to_owned(),
        };
        let stop = self.rest.clone();
        tokio::spawn(async move { worker::run(settings, stop).await.expect("the worker runs") });
    }

    /// Stops the workers for good; acts go on.
    pub fn rest(&self) {
        self.rest.cancel();
    }

    /// A caller without a session.
    pub fn stranger(&self) -> Client {
        self.client(None)
    }

    /// A caller that shows this bearer token.
    pub fn bearer(&self, token: &str) -> Client {
        self.client(Some(token.to_owned()))
    }

    /// A caller signed in, without any role.
    ///
    /// # Panics
    /// When the account cannot be inserted.
    pub async fn account(&self, email: &str) -> Client {
        let id = AccountId::new();
        let row = account::ActiveModel {
            id: Set(id),
            email: Set(email.to_owned()),
            display_name: Set(email.to_owned()),
            // No password opens it: its session is made here.
            password_hash: Set("!".to_owned()),
            disabled_at: Set(None),
            created_at: Set(machine_now()),
            confirmed_at: Set(Some(machine_now())),
        };
        row.insert(&self.app.db).await.expect("the account is inserted");
        self.sign_in(id).await
    }

    async fn sign_in(&self, id: AccountId) -> Client {
        self.client(Some(self.open_session(id).await))
    }

    /// The token of a new session of an account.
    ///
    /// # Panics
    /// When nobody has this address.
    pub async fn token(&self, email: &str) -> String {
        let known = account::Entity::find().filter(account::Column::Email.eq(email));
        let row = known.one(&self.app.db).await.expect("readable").expect("the account exists");
        self.open_session(row.id).await
    }

    async fn open_session(&self, id: AccountId) -> String {
        let token = SessionId::new().to_string();
        let row = session::ActiveModel {
            id: Set(SessionId::new()),
            account_id: Set(id),
            token_hash: Set(hash(token.as_bytes())),
            created_at: Set(machine_now()),
            expires_at: Set(machine_now() + chrono::Duration::hours(1)),
            revoked_at: Set(None),
            last_seen_at: Set(Some(machine_now())),
            user_agent: Set(None),
            address_key: Set(None),
        };
        row.insert(&self.app.db).await.expect("the session is inserted");
        token
    }

    /// A caller with a role in an authority (`aut_…`), an organism (`org_…`), on a candidate's record
    /// (`can_…`), or of the platform (empty).
    ///
    /// # Panics
    /// When the role cannot be inserted.
    pub async fn with_role(&self, email: &str, role: Role, place: &str) -> Client {
        let known = account::Entity::find().filter(account::Column::Email.eq(email));
        let client = match known.one(&self.app.db).await.expect("readable") {
            Some(row) => self.sign_in(row.id).await,
            None => self.account(email).await,
        };
        let known = account::Entity::find().filter(account::Column::Email.eq(email));
        let row = known.one(&self.app.db).await.expect("readable").expect("the account exists");
        let grant = account_grant::ActiveModel {
            id: Set(AccountGrantId::new()),
            account_id: Set(row.id),
            role: Set(role.into()),
            authority_id: Set(place.parse().ok()),
            organism_id: Set(place.parse().ok()),
            candidate_id: Set(place.parse().ok()),
            granted_on: Set(self.today().await),
            granted_by_id: Set(None),
            revoked_at: Set(None),
        };
        // A role is held once at one place: who has it keeps it.
        account_grant::Entity::insert(grant)
            .on_conflict(sea_orm::sea_query::OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(&self.app.db)
            .await
            .expect("the role is inserted");
        client
    }

    /// The legal date.
    ///
    /// # Panics
    /// When the clock cannot be read.
    pub async fn today(&self) -> NaiveDate {
        let read = async || self.app.clock.read(&self.app.db).await;
        while self.patience.is_some() && read().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        read().await.expect("the clock").today
    }

    /// Waits until no task is left to do; given-up ones fail the test.
    ///
    /// # Panics
    /// When tasks remain or were given up.
    pub async fn settle(&self) {
        self.settle_with_given_up(0).await;
    }

    /// Waits until no task is left to do, this many given up.
    ///
    /// # Panics
    /// When tasks remain, or others were given up.
    pub async fn settle_with_given_up(&self, expected: u64) {
        self.idle().await;
        let given_up = outbox::Entity::find()
            .filter(outbox::Column::Status.eq(entity::text::Text(TaskStatus::GivenUp)))
            .all(&self.app.db)
            .await
            .expect("readable");
        assert_eq!(given_up.len() as u64, expected, "given up: {given_up:#?}");
    }

    /// Waits until no task is left to do.
    ///
    /// # Panics
    /// When tasks remain.
    pub async fn idle(&self) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while service::outbox::unfinished(&self.app.db).await.expect("readable") > 0 {
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        });
        if waited.await.is_err() {
            let rows = outbox::Entity::find()
                .filter(outbox::Column::FinishedAt.is_null())
                .all(&self.app.db)
                .await;
            panic!("tasks remain: {rows:#?}");
        }
    }

    /// Makes it this day, runs the day's slot, and waits until nothing is left to do. The days between
    /// are skipped, as if everything had been stopped in between.
    ///
    /// # Panics
    /// When the clock cannot be set or tasks remain.
    pub async fn on(&self, date: &str) {
        self.settle().await;
        self.dawn(date).await;
        self.settle().await;
    }

    /// Makes it this day and opens the day's slot, without waiting for anything.
    ///
    /// # Panics
    /// When the clock cannot be set.
    pub async fn dawn(&self, date: &str) {
        let row =
            legal_clock::ActiveModel { id: Set(1), today: Set(day(date)), target_on: Set(None) };
        row.update(&self.app.db).await.expect("the clock moves");
        service::schedule::open_slot(&self.app).await.expect("the slot opens");
        self.app.wake.notify_waiters();
    }

    /// The database as the role that owns its tables, for what the application itself cannot do.
    pub fn owner(&self) -> &DatabaseConnection {
        &self.backend.owner
    }

    /// The mails that left so far to an address, oldest first.
    pub fn mails_to(&self, address: &str) -> Vec<Received> {
        self.mails.sent().into_iter().filter(|m| m.to.contains(address)).collect()
    }

    /// How many rows each table holds: the same before and after what must leave nothing behind.
    ///
    /// # Panics
    /// When a table cannot be counted.
    pub async fn row_counts(&self) -> BTreeMap<String, i64> {
        let mut counts = BTreeMap::new();
        for table in TABLES {
            let sql = format!("SELECT COUNT(*) AS n FROM {table}");
            let statement = Statement::from_string(self.app.db.get_database_backend(), sql);
            let row = self.app.db.query_one_raw(statement).await.expect("countable");
            let n: i64 = row.expect("one row").try_get("", "n").expect("a number");
            counts.insert((*table).to_owned(), n);
        }
        counts
    }

    /// Runs a mutation that must be refused with this code, field and article, leaving nothing behind.
    ///
    /// # Panics
    /// When it is not.
    pub async fn refuses(
        &self,
        client: &Client,
        (mutation, input): (&str, Value),
        (code, field, article): (&str, &str, &str),
    ) {
        self.idle().await;
        let before = self.row_counts().await;
        let answer = client.act(mutation, input, "").await;
        answer.refused(code, field, article);
        assert_eq!(self.row_counts().await, before, "a refusal leaves nothing behind");
    }

    /// A node's fields by its id; null when it is not there for the viewer.
    pub async fn node(&self, client: &Client, id: &str, fields: &str) -> Value {
        let query = format!("query($id: ID!) {{ node(id: $id) {{ id {fields} }} }}");
        client::at(&client.query(&query, json!({ "id": id })).await, "node").clone()
    }

    /// Where tasks wait between the outbox and a worker.
    pub fn queue(&self) -> &worker::Queue {
        &self.backend.queue
    }

    /// How many rows of an entity there are.
    ///
    /// # Panics
    /// When they cannot be counted.
    pub async fn count<E>(&self) -> u64
    where
        E: EntityTrait,
        E::Model: Sync,
    {
        E::find().count(&self.app.db).await.expect("countable")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The tables that a refusal leaves as they were.
const TABLES: &[&str] = &[
    "account",
    "account_grant",
    "account_identity",
    "account_link",
    "acknowledgement",
    "application",
    "application_site",
    "authority",
    "billable_fact",
    "bounce",
    "campaign",
    "candidate",
    "candidate_word",
    "certificate",
    "change",
    "competence",
    "counter",
    "criterion",
    "deadline",
    "decision",
    "decision_finding",
    "delegation",
    "delivery",
    "document",
    "edof_alert",
    "enrolment",
    "evaluation",
    "evaluation_result",
    "framework",
    "habilitation",
    "idempotency_key",
    "invitation",
    "invoice",
    "invoice_line",
    "journal",
    "jury",
    "jury_decision",
    "jury_member",
    "machine_credential",
    "meeting",
    "notice",
    "opinion",
    "opinion_finding",
    "organism",
    "organism_word",
    "outbox",
    "password_reset",
    "payment",
    "person",
    "practitioner",
    "quarter_run",
    "recovery_code",
    "registered_letter",
    "reminder",
    "resending",
    "sanction",
    "second_factor",
    "session",
    "sign_in_code",
    "site",
    "suspension",
    "training_path",
    "training_path_trainer",
];

/// The uuid of an id as GraphQL shows it.
///
/// # Panics
/// When it is no such id.
pub fn uuid_of<Id: TypedId + std::str::FromStr>(id: &str) -> uuid::Uuid {
    id.parse::<Id>().ok().expect("an id").uuid()
}
