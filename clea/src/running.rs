//! What runs until it is told to stop: the API, a worker, or both in one process.

mod welcome;

use crate::config::Config;
use crate::database;
use crate::failure::Failure;
use api::{ApiState, Explorer};
use domain::calendar::Calendar;
use mailer::{CheckError, Transport};
use sea_orm::DatabaseConnection;
use service::clock::{LegalClock, machine_now, paris_date};
use service::context::{App, Settings};
use service::fault::{self, defect};
use service::seed::{self, DemoAccount};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use worker::{Queue, WorkerSettings};

/// How long the mail server may take to answer at the start.
const MAIL_PATIENCE: Duration = Duration::from_secs(5);
/// How often the outbox is looked at when nothing rings.
const RELAY_INTERVAL: Duration = Duration::from_millis(500);

/// The API and a worker in one process; sets up an empty database.
pub(crate) async fn serve(config: &Config) -> Result<(), Failure> {
    check_mail(config).await?;
    let db = database::open(config).await?;
    database::bring_up_to_date(&db, None).await?;
    let app = application(config, db).await?;
    let demo = seed(config, &app).await?;
    let listener = listen(config).await?;
    welcome::print(config, &app, &demo).await?;
    let stop = stop_on_signal();
    both(config, app, listener, stop).await
}

/// The API alone, on a database that is up to date.
pub(crate) async fn api(config: &Config) -> Result<(), Failure> {
    let app = ready(config).await?;
    let listener = listen(config).await?;
    println!("CléA Habilitations: API on {}", config.public_url);
    serve_api(listener, router(config, app), stop_on_signal()).await
}

/// A worker alone, on a database that is up to date.
pub(crate) async fn worker(config: &Config) -> Result<(), Failure> {
    check_mail(config).await?;
    let app = ready(config).await?;
    let settings = worker_settings(config, app)?;
    println!("CléA Habilitations: worker on {}", welcome::queue(config));
    if config.redis_url.is_none() {
        println!("Its queue lives in this process: run one worker only, or give CLEA_REDIS_URL.");
    }
    Ok(worker::run(settings, stop_on_signal()).await?)
}

/// The API and a worker until `stop`; when one of them ends the other is told to.
pub(crate) async fn both(
    config: &Config,
    app: App,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let settings = worker_settings(config, app.clone())?;
    let api = stopping_others(&stop, serve_api(listener, router(config, app), stop.clone()));
    let work = stopping_others(&stop, async { Ok(worker::run(settings, stop.clone()).await?) });
    let (api, work) = tokio::join!(api, work);
    api.and(work)
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
    };
    if config.production && fault::COMPILED_IN {
        let message =
            "this program was built with the cargo feature `faults`: it is for tests alone";
        return Err(Failure::Setup(message.to_owned()));
    }
    if config.clock == LegalClock::Simulated {
        let start = config.clock_start.unwrap_or_else(|| paris_date(machine_now()));
        service::schedule::start_simulated(&app, start).await?;
    }
    Ok(app)
}

/// The application on a database that needs no change.
async fn ready(config: &Config) -> Result<App, Failure> {
    let db = database::open(config).await?;
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

fn router(config: &Config, app: App) -> axum::Router {
    let explorer = if config.explorer {
        Explorer::On { assets_dir: config.explorer_assets.clone() }
    } else {
        Explorer::Off
    };
    let state = ApiState::new(app, explorer);
    api::router(state.with_bounce_secret(config.mail_bounce_secret.clone()))
}

async fn listen(config: &Config) -> Result<TcpListener, Failure> {
    TcpListener::bind(config.listen)
        .await
        .map_err(|error| Failure::Setup(format!("CLEA_LISTEN: {}: {error}", config.listen)))
}

async fn serve_api(
    listener: TcpListener,
    router: axum::Router,
    stop: CancellationToken,
) -> Result<(), Failure> {
    Ok(axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await?)
}

fn worker_settings(config: &Config, app: App) -> Result<WorkerSettings, Failure> {
    let transport = transport(config)?;
    let queue = match &config.redis_url {
        None => Queue::InProcess,
        Some(url) => Queue::Redis { url: url.clone(), namespace: config.redis_namespace.clone() },
    };
    Ok(WorkerSettings {
        app,
        transport,
        from: config.mail_from.clone(),
        reply_to: config.mail_reply_to.clone(),
        queue,
        concurrency: config.worker_concurrency,
        lease: config.worker_lease,
        task_timeout: config.worker_task_timeout,
        push_patience: config.worker_push_patience,
        relay_interval: RELAY_INTERVAL,
        name: "clea".to_owned(),
    })
}

/// How mails leave.
fn transport(config: &Config) -> Result<Arc<dyn Transport>, Failure> {
    let transport = config.mail.transport(config.worker_concurrency);
    transport.map_err(|error| Failure::Setup(format!("CLEA_MAIL: {error}")))
}

/// Tries the mail server once, before anything else: what can never work ends the start; a server that is
/// away does not.
async fn check_mail(config: &Config) -> Result<(), Failure> {
    match transport(config)?.check(MAIL_PATIENCE).await {
        Err(CheckError::Unfit(error)) => Err(Failure::Setup(format!("CLEA_MAIL: {error}"))),
        Err(CheckError::Away(error)) => {
            tracing::warn!("CLEA_MAIL: {error}; mails wait until the mail server answers");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
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
