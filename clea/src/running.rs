//! What runs until it is told to stop: the API, a worker, or both in one process.

mod serving;
mod watch;
mod welcome;

use crate::config::Config;
use crate::database::{self, Purpose};
use crate::failure::Failure;
use crate::queue;
use api::{ApiState, Door, Explorer, Oidc, Operation, PersistedQueries, Sockets};
use domain::calendar::Calendar;
use mailer::{CheckError, Transport, Watched};
use sea_orm::DatabaseConnection;
use service::clock::{LegalClock, machine_now, paris_date};
use service::context::{App, Settings};
use service::fault::{self, defect};
use service::seed::{self, DemoAccount};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use worker::WorkerSettings;

/// How long the mail server may take to answer at the start.
const MAIL_PATIENCE: Duration = Duration::from_secs(5);
/// How often the outbox is looked at when nothing rings.
const RELAY_INTERVAL: Duration = Duration::from_millis(500);
/// How long clients of WebSockets may take to leave when the process stops.
const SOCKETS_PATIENCE: Duration = Duration::from_secs(3);

/// The API and a worker in one process; sets up an empty database.
pub(crate) async fn serve(config: &Config) -> Result<(), Failure> {
    let mails = require_mail(config).await?;
    queue::require(config).await?;
    database::bring_up_to_date(config, None).await?;
    let db = database::open(config, Purpose::Worker).await?;
    let app = application(config, db).await?;
    let demo = seed(config, &app).await?;
    let listener = listen(config).await?;
    welcome::print(config, &app, &demo).await?;
    let stop = stop_on_signal();
    Box::pin(both(config, (app, mails), listener, stop)).await
}

/// The API alone, on a database that is up to date.
pub(crate) async fn api(config: &Config) -> Result<(), Failure> {
    let app = ready(config, Purpose::Api).await?;
    let listener = listen(config).await?;
    println!("CléA Habilitations: API on {}", config.public_url);
    let stop = stop_on_signal();
    let operation = watch::api(config, &stop);
    let router = router(config, app.clone(), operation.clone())?;
    let run = served(listener, router, stop, operation.sockets.clone());
    monitored(config, app, operation, run).await
}

/// A worker alone, on a database that is up to date.
pub(crate) async fn worker(config: &Config) -> Result<(), Failure> {
    let mails = require_mail(config).await?;
    queue::require(config).await?;
    let app = ready(config, Purpose::Worker).await?;
    let settings = worker_settings(config, app.clone(), mails.clone());
    println!("CléA Habilitations: worker on {}", welcome::queue(config));
    if config.redis_url.is_none() {
        println!("Its queue lives in this process: run one worker only, or give CLEA_REDIS_URL.");
    }
    let stop = stop_on_signal();
    let operation = watch::worker(config, &stop, &mails);
    let run = async { Ok(worker::run(settings, stop).await?) };
    monitored(config, app, operation, run).await
}

/// The API and a worker until `stop`; when one of them ends the other is told to.
pub(crate) async fn both(
    config: &Config,
    (app, mails): (App, Arc<Watched>),
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let settings = worker_settings(config, app.clone(), mails.clone());
    let operation = watch::worker(config, &stop, &mails);
    let router = router(config, app.clone(), operation.clone())?;
    let sockets = operation.sockets.clone();
    let api = stopping_others(&stop, served(listener, router, stop.clone(), sockets));
    let work = stopping_others(&stop, async { Ok(worker::run(settings, stop.clone()).await?) });
    let run = async {
        let (api, work) = tokio::join!(api, work);
        api.and(work)
    };
    Box::pin(monitored(config, app, operation, run)).await
}

/// Serves the API until `stop`; its WebSockets are closed then.
async fn served(
    listener: TcpListener,
    router: axum::Router,
    stop: CancellationToken,
    sockets: Sockets,
) -> Result<(), Failure> {
    let ended = serving::serve(listener, router, stop).await;
    sockets.closed(SOCKETS_PATIENCE).await;
    ended
}

/// Runs `run`; meanwhile, `/healthz`, `/readyz` and `/metrics` are served where the configuration says.
async fn monitored(
    config: &Config,
    app: App,
    operation: Operation,
    run: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let Some(address) = config.monitor_listen else { return run.await };
    let listener = bind("CLEA_MONITOR_LISTEN", address).await?;
    let over = CancellationToken::new();
    let watch = serving::serve(listener, api::monitor(app, operation), over.clone());
    let (watched, ran) = tokio::join!(watch, async {
        let ran = run.await;
        over.cancel();
        ran
    });
    ran.and(watched)
}

async fn stopping_others(
    stop: &CancellationToken,
    part: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let ended = part.await;
    stop.cancel();
    ended
}

/// What every act shares.
pub(crate) async fn application(config: &Config, db: DatabaseConnection) -> Result<App, Failure> {
    let settings = Settings {
        public_url: config.public_url.clone(),
        certification_code: config.certification_code.clone(),
        session_length: chrono::Duration::hours(config.session_hours),
        production: config.production,
    };
    let app = App {
        db,
        clock: config.clock,
        calendar: Arc::new(Calendar::metropolitan()),
        settings: Arc::new(settings),
        wake: Arc::new(tokio::sync::Notify::new()),
        bell: service::bell::Bell::default(),
    };
    if config.clock == LegalClock::Simulated {
        let start = config.clock_start.unwrap_or_else(|| paris_date(machine_now()));
        service::schedule::start_simulated(&app, start).await?;
    }
    Ok(app)
}

/// The application on a database that needs no change.
async fn ready(config: &Config, purpose: Purpose) -> Result<App, Failure> {
    let db = database::open(config, purpose).await?;
    database::require_up_to_date(&db).await?;
    application(config, db).await
}

/// Loads the reference data, and the demo accounts outside production.
pub(crate) async fn seed(config: &Config, app: &App) -> Result<Vec<DemoAccount>, Failure> {
    seed::reference(app).await?;
    if config.production {
        Ok(Vec::new())
    } else {
        Ok(seed::demo(app, &config.demo_password).await?)
    }
}

fn router(config: &Config, app: App, operation: Operation) -> Result<axum::Router, Failure> {
    let explorer = if config.explorer {
        Explorer::On { assets_dir: config.explorer_assets.clone() }
    } else {
        Explorer::Off
    };
    let oidc = config.oidc.clone().map(|settings| Oidc::new(settings, &config.public_url));
    let oidc =
        oidc.transpose().map_err(|error| Failure::Setup(format!("CLEA_OIDC_ISSUER: {error:#}")))?;
    let state = ApiState::new(app, explorer)
        .with_bounce_secret(config.mail_bounce_secret.clone())
        .with_door(door(config)?)
        .with_oidc(oidc);
    Ok(api::router_with(state, operation))
}

/// Who is let in.
fn door(config: &Config) -> Result<Door, Failure> {
    let list = config.persisted_queries.as_deref();
    let persisted = PersistedQueries::read(list, config.persisted_queries_only)
        .map_err(|error| Failure::Setup(format!("CLEA_PERSISTED_QUERIES: {error}")))?;
    Door::new(&config.sites, config.rates, persisted).map_err(|wrong| {
        Failure::Setup(format!("CLEA_ALLOWED_ORIGINS, CLEA_ALLOWED_HEADERS: {wrong}"))
    })
}

async fn listen(config: &Config) -> Result<TcpListener, Failure> {
    bind("CLEA_LISTEN", config.listen).await
}

async fn bind(setting: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Failure::Setup(format!("{setting}: {address}: {error}")))
}

fn worker_settings(config: &Config, app: App, mails: Arc<Watched>) -> WorkerSettings {
    WorkerSettings {
        app,
        transport: mails,
        from: config.mail_from.clone(),
        reply_to: config.mail_reply_to.clone(),
        queue: queue::of(config),
        concurrency: config.worker_concurrency,
        lease: config.worker_lease,
        task_timeout: config.worker_task_timeout,
        push_patience: config.worker_push_patience,
        relay_interval: RELAY_INTERVAL,
        name: "clea".to_owned(),
    }
}

/// How mails leave.
pub(crate) fn mails(config: &Config) -> Result<Arc<Watched>, Failure> {
    let transport = config.mail.transport(config.worker_concurrency.total());
    let transport = transport.map_err(|error| Failure::Setup(format!("CLEA_MAIL: {error}")))?;
    Ok(Arc::new(Watched::new(transport)))
}

/// How mails leave, once the mail server was tried, before anything else: what can never work ends the start;
/// a server that is away does not.
async fn require_mail(config: &Config) -> Result<Arc<Watched>, Failure> {
    let mails = mails(config)?;
    match mails.check(MAIL_PATIENCE).await {
        Err(CheckError::Unfit(error)) => return Err(Failure::Setup(format!("CLEA_MAIL: {error}"))),
        Err(CheckError::Away(error)) => {
            tracing::warn!("CLEA_MAIL: {error}; mails wait until the mail server answers");
        }
        Ok(()) => {}
    }
    Ok(mails)
}

/// Cancelled on SIGINT or SIGTERM; a second signal ends the process at once.
fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        signal().await;
        if fault::planted(defect::ABRUPT_STOP) {
            std::process::exit(0);
        }
        eprintln!("clea: stopping; what runs is finished first");
        token.cancel();
        signal().await;
        std::process::exit(130);
    });
    stop
}

async fn signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
