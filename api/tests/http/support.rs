//! A router on a fresh database, with a few organisms.

use api::{ApiState, Explorer};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use entity::ids::{AccountId, TypedId};
use entity::kind::{OrganismKind, Role, Sex};
use migration::MigratorTrait;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectOptions, ConnectionTrait, Database, EntityTrait,
};
use serde_json::{Value, json};
use service::account::{self, Client, OpenAccount, SignIn, SignedIn};
use service::clock::LegalClock;
use service::context::{Actor, App, Context, Settings};
use service::error::ActResult;
use service::evaluation::{RegisterCandidate, register_candidate};
use service::organism::{RegisterOrganism, register};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "un mot de passe long";

/// The application under test.
pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) router: Router,
    statements: Arc<AtomicUsize>,
    dir: TempDir,
}

/// Held by who looks at passwords, and alone by who counts how often that is done in this process.
pub(crate) static SIGNING: tokio::sync::RwLock<()> = tokio::sync::RwLock::const_new(());

/// An answer.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) request_id: Option<String>,
    pub(crate) body: Value,
}

/// An answer with its headers.
pub(crate) struct Sent {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    code: String,
}

impl Sent {
    /// What this router answers.
    pub(crate) async fn by(router: &Router, request: Request<Body>) -> Self {
        let response = router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let code = body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
        Self { status: parts.status, headers: parts.headers, bytes, code }
    }

    /// The code of the first error; empty without any.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// A header; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// All its values.
    pub(crate) fn header_values(&self, name: &str) -> String {
        let values = self.headers.get_all(name).iter();
        values.map(|value| value.to_str().expect("text")).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn content_type(&self) -> String {
        self.header("content-type").to_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("JSON")
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let url = match std::env::var("CLEA_TEST_POSTGRES_URL") {
            Ok(server) => fresh_postgres(&server).await,
            Err(_) => format!("sqlite://{}?mode=rwc", dir.path().join("test.db").display()),
        };
        let mut options = ConnectOptions::new(url);
        options.max_connections(4).sqlx_logging(false);
        let mut db = Database::connect(options).await.expect("a database");
        let statements = Arc::new(AtomicUsize::new(0));
        let counted = statements.clone();
        db.set_metric_callback(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        migration::Migrator::up(&db, None).await.expect("tables");
        let settings = Settings {
            public_url: "http://clea.test".to_owned(),
            certification_code: "RS5080".to_owned(),
            session_length: chrono::Duration::hours(1),
            production: false,
        };
        let app = App {
            db,
            clock: LegalClock::System,
            calendar: Arc::new(domain::calendar::Calendar::metropolitan()),
            settings: Arc::new(settings),
            wake: Arc::new(tokio::sync::Notify::new()),
            bell: service::bell::Bell::default(),
        };
        service::seed::reference(&app).await.expect("reference data");
        let counted = statements.clone();
        let watch = Arc::new(move |_: &sea_orm::Statement| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let router = api::router(ApiState::new(app.clone(), Explorer::Off).with_watch(watch));
        Self { app, router, statements, dir }
    }

    /// An account signed in; its id and its token.
    pub(crate) async fn account(&self, email: &str) -> (AccountId, String) {
        let ctx = Context::new(self.app.clone(), Actor::System, "test");
        let open = OpenAccount {
            email: email.to_owned(),
            display_name: email.to_owned(),
            password: PASSWORD.to_owned(),
        };
        let id = account::open(&ctx, open).await.expect("an account");
        let session = self.sign_in(email, PASSWORD).await.expect("a session");
        (id, session.token)
    }

    /// A sign-in from nowhere that is known.
    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> ActResult<SignedIn> {
        let _signing = SIGNING.read().await;
        let (email, password) = (email.to_owned(), password.to_owned());
        let input = SignIn { email, password, code: None };
        account::sign_in(&self.app, input, &Client::default()).await
    }

    /// Somebody who sees everything that Certif Pro sees.
    pub(crate) async fn officer(&self) -> String {
        let (id, token) = self.account("officer@certif-pro.example").await;
        let authority = entity::authority::Entity::find().one(&self.app.db).await;
        let authority = authority.expect("readable").expect("Certif Pro").id;
        let grant = entity::account_grant::ActiveModel {
            id: Set(entity::ids::AccountGrantId::new()),
            account_id: Set(id),
            role: Set(Role::CaseOfficer.into()),
            authority_id: Set(Some(authority)),
            organism_id: Set(None),
            candidate_id: Set(None),
            granted_on: Set("2026-01-05".parse().expect("a date")),
            granted_by_id: Set(None),
            revoked_at: Set(None),
        };
        grant.insert(&self.app.db).await.expect("a role");
        token
    }

    /// An organism of this number with so many candidates; its id and its administrator's token.
    pub(crate) async fn organism(&self, number: usize, candidates: usize) -> (String, String) {
        let (account, token) = self.account(&format!("admin@org{number}.example")).await;
        let actor = account::actor(&self.app, account).await.expect("an actor");
        let ctx = Context::new(self.app.clone(), actor, "test");
        let id = register(&ctx, organism_input(number)).await.expect("an organism");
        let actor = account::actor(&self.app, account).await.expect("an actor");
        let ctx = Context::new(self.app.clone(), actor, "test");
        for n in 1..=candidates {
            register_candidate(&ctx, candidate_input(id, n)).await.expect("a candidate");
        }
        (id.to_string(), token)
    }

    /// The number of statements that this query takes.
    pub(crate) async fn statements(&self, token: &str, query: &str) -> usize {
        let before = self.statements.load(Ordering::Relaxed);
        let answered = self.ask(Some(token), query).await;
        assert_eq!(answered.body.get("errors"), None);
        self.statements.load(Ordering::Relaxed) - before
    }

    /// The number of statements so far.
    pub(crate) fn counted(&self) -> usize {
        self.statements.load(Ordering::Relaxed)
    }

    /// A file of this test.
    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    /// A request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Sent {
        Sent::by(&self.router, request).await
    }

    pub(crate) async fn ask(&self, token: Option<&str>, query: &str) -> Answered {
        let body = json!({ "query": query }).to_string();
        let mut headers = vec![(header::CONTENT_TYPE.as_str(), "application/json".to_owned())];
        if let Some(token) = token {
            headers.push((header::AUTHORIZATION.as_str(), format!("Bearer {token}")));
        }
        self.post(headers, body).await
    }

    pub(crate) async fn post(&self, headers: Vec<(&str, String)>, body: String) -> Answered {
        let mut request = Request::post("/graphql");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body)).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let request_id = response.headers().get("x-request-id");
        let request_id = request_id.map(|id| id.to_str().expect("text").to_owned());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answered { status, request_id, body }
    }
}

impl Answered {
    /// The data of an answer without errors.
    pub(crate) fn data(self) -> Value {
        assert_eq!(self.body.get("errors"), None);
        self.body["data"].clone()
    }

    /// The code of the first error.
    pub(crate) fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }
}

/// A new database of a PostgreSQL server, for one test.
async fn fresh_postgres(server: &str) -> String {
    let name = format!("clea_api_{}", uuid::Uuid::now_v7().simple());
    let admin = Database::connect(server).await.expect("the server");
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database");
    admin.close().await.expect("closed");
    let (base, _) = server.rsplit_once('/').expect("the server's address names a database");
    format!("{base}/{name}")
}

fn organism_input(number: usize) -> RegisterOrganism {
    let fits = |check: &usize| domain::identifier::luhn(&format!("{number:08}{check}"));
    let check = (0..10).find(fits).expect("one check digit fits");
    RegisterOrganism {
        siren: format!("{number:08}{check}"),
        name: format!("Organisme n° {number}"),
        kind: OrganismKind::LegalPerson,
        nda: None,
        email: format!("contact@org{number}.example"),
        address: "1 rue Neuve".to_owned(),
        postal_code: "44000".to_owned(),
        city: "Nantes".to_owned(),
        seat_siret: None,
        idempotency_key: None,
    }
}

fn candidate_input(organism: impl TypedId, number: usize) -> RegisterCandidate {
    RegisterCandidate {
        organism_id: organism.to_string(),
        birth_name: Some(format!("Durand{number}")),
        used_name: None,
        first_names: Some("Claude".to_owned()),
        birth_date: "1991-07-14".parse().ok(),
        born_on: None,
        sex: Sex::F,
        birth_place_code: Some("44109".to_owned()),
        birth_place_name: "Nantes".to_owned(),
        birth_country: "France".to_owned(),
        email: None,
        idempotency_key: None,
    }
}
