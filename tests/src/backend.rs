//! Where a test's data live: SQLite and the in-process queue by default, PostgreSQL and Redis when
//! `CLEA_TEST_POSTGRES_URL` and `CLEA_TEST_REDIS_URL` are given.

use anyhow::Context as _;
use migration::MigratorTrait;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use worker::Queue;

/// A database of its own for one test, filled with the reference data.
pub struct Backend {
    /// The database.
    pub db: DatabaseConnection,
    /// Its address, for processes of their own.
    pub url: String,
    /// The queue.
    pub queue: Queue,
    /// Removed with the test; none on PostgreSQL.
    _dir: Option<TempDir>,
}

/// The databases that every test's own is copied from.
static SQLITE_TEMPLATE: OnceCell<PathBuf> = OnceCell::const_new();
static POSTGRES_TEMPLATE: OnceCell<String> = OnceCell::const_new();

impl Backend {
    /// A fresh database with the reference data.
    pub async fn fresh() -> anyhow::Result<Self> {
        match std::env::var("CLEA_TEST_POSTGRES_URL") {
            Ok(url) if !url.is_empty() => Self::postgres(&url).await,
            _ => Self::sqlite().await,
        }
    }

    async fn sqlite() -> anyhow::Result<Self> {
        let template = SQLITE_TEMPLATE.get_or_try_init(sqlite_template).await?;
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("clea.db");
        std::fs::copy(template, &path)?;
        let db = open_sqlite(&path).await?;
        let url = format!("sqlite://{}", path.display());
        Ok(Self { db, url, queue: Queue::InProcess, _dir: Some(dir) })
    }

    async fn postgres(url: &str) -> anyhow::Result<Self> {
        let template = POSTGRES_TEMPLATE.get_or_try_init(|| postgres_template(url)).await?;
        let name = format!("clea_test_{}", uuid::Uuid::now_v7().simple());
        create_database(url, &name, Some(template)).await?;
        let url = database_url(url, &name);
        let redis = std::env::var("CLEA_TEST_REDIS_URL").context("CLEA_TEST_REDIS_URL")?;
        let queue = Queue::Redis { url: redis, namespace: name };
        Ok(Self { db: open_postgres(&url).await?, url, queue, _dir: None })
    }

    /// An empty database on this server.
    pub async fn empty_on(server: &str) -> anyhow::Result<Self> {
        let name = format!("clea_test_{}", uuid::Uuid::now_v7().simple());
        create_database(server, &name, None).await?;
        Self::at(&database_url(server, &name)).await
    }

    /// The PostgreSQL database at this address.
    pub async fn at(url: &str) -> anyhow::Result<Self> {
        Ok(Self {
            db: open_postgres(url).await?,
            url: url.to_owned(),
            queue: Queue::InProcess,
            _dir: None,
        })
    }

    /// A copy of the database `template` on the same server, which nobody uses meanwhile.
    pub async fn copy_of(template: &Self, server: &str) -> anyhow::Result<Self> {
        let name = format!("clea_test_{}", uuid::Uuid::now_v7().simple());
        let source = template.url.rsplit_once('/').map_or("", |(_, name)| name);
        leave(server, source).await?;
        create_database(server, &name, Some(source)).await?;
        let url = database_url(server, &name);
        Ok(Self {
            db: open_postgres(&url).await?,
            url,
            queue: template.queue.clone(),
            _dir: None,
        })
    }
}

async fn sqlite_template() -> anyhow::Result<PathBuf> {
    // Kept for the life of the process: every test copies it.
    let path = tempfile::tempdir()?.keep().join("template.db");
    let db = open_sqlite(&path).await?;
    fill(&db).await?;
    db.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    db.close().await?;
    Ok(path)
}

/// Opens a SQLite file as the product does.
pub(crate) async fn open_sqlite(path: &std::path::Path) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
    options.max_connections(4).sqlx_logging(false).map_sqlx_sqlite_opts(|o| {
        o.journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Off)
            .busy_timeout(Duration::from_secs(20))
            .foreign_keys(true)
    });
    Ok(Database::connect(options).await?)
}

async fn open_postgres(url: &str) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(8).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

async fn postgres_template(url: &str) -> anyhow::Result<String> {
    let name = format!("clea_template_{}", uuid::Uuid::now_v7().simple());
    create_database(url, &name, None).await?;
    let mut options = ConnectOptions::new(database_url(url, &name));
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await?;
    fill(&db).await?;
    db.close().await?;
    Ok(name)
}

async fn create_database(url: &str, name: &str, template: Option<&str>) -> anyhow::Result<()> {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(1).sqlx_logging(false);
    let admin = Database::connect(options).await?;
    let template = template.map(|t| format!(" TEMPLATE {t}")).unwrap_or_default();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}{template}")).await?;
    admin.close().await?;
    Ok(())
}

/// Ends every connection to a database: one in use cannot be copied.
async fn leave(url: &str, name: &str) -> anyhow::Result<()> {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(1).sqlx_logging(false);
    let admin = Database::connect(options).await?;
    let sql = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    );
    admin.execute_unprepared(&sql).await?;
    Ok(admin.close().await?)
}

/// The address of another database of the same server.
fn database_url(url: &str, name: &str) -> String {
    let (path, query) =
        url.split_once('?').map_or((url, String::new()), |(p, q)| (p, format!("?{q}")));
    let base = path.rsplit_once('/').map_or(path, |(base, _)| base);
    format!("{base}/{name}{query}")
}

async fn fill(db: &DatabaseConnection) -> anyhow::Result<()> {
    migration::Migrator::up(db, None).await?;
    let app = crate::app::application(db.clone());
    service::schedule::start_simulated(&app, crate::day(crate::app::FIRST_DAY)).await?;
    service::seed::reference(&app).await?;
    Ok(())
}
