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
    /// The database as the role that owns its tables: the application's own connection on SQLite.
    pub owner: DatabaseConnection,
    /// The owner's address.
    pub owner_url: String,
    /// The queue.
    pub queue: Queue,
    /// Removed with the test; none on PostgreSQL.
    _dir: Option<TempDir>,
}

/// The file of an embedded database, in its folder.
const SQLITE_FILE: &str = "clea.db";

/// The databases that every test's own is copied from.
static SQLITE_TEMPLATE: OnceCell<PathBuf> = OnceCell::const_new();
static POSTGRES_TEMPLATE: OnceCell<String> = OnceCell::const_new();

impl Backend {
    /// A fresh database with the reference data.
    pub async fn fresh() -> anyhow::Result<Self> {
        match std::env::var("CLEA_TEST_POSTGRES_URL") {
            Ok(url) if !url.is_empty() => Self::on_servers(&url).await,
            _ => Self::embedded().await,
        }
    }

    /// The same in a SQLite file, with the queue in the process.
    pub async fn embedded() -> anyhow::Result<Self> {
        let template = SQLITE_TEMPLATE.get_or_try_init(sqlite_template).await?;
        let dir = tempfile::tempdir()?;
        std::fs::copy(template, dir.path().join(SQLITE_FILE))?;
        Self::in_folder(dir).await
    }

    /// A SQLite file without tables, with the queue in the process.
    pub async fn empty_embedded() -> anyhow::Result<Self> {
        Self::in_folder(tempfile::tempdir()?).await
    }

    async fn in_folder(dir: TempDir) -> anyhow::Result<Self> {
        let path = dir.path().join(SQLITE_FILE);
        let db = open_sqlite(&path).await?;
        let url = format!("sqlite://{}", path.display());
        let owner = db.clone();
        let dir = Some(dir);
        Ok(Self { db, owner_url: url.clone(), url, owner, queue: Queue::InProcess, _dir: dir })
    }

    /// The same on this PostgreSQL server, with the queue on Redis.
    pub async fn on_servers(server: &str) -> anyhow::Result<Self> {
        let template = POSTGRES_TEMPLATE.get_or_try_init(|| postgres_template(server)).await?;
        Self::made_of(server, Some(template)).await
    }

    /// A database without tables on this PostgreSQL server, whose application's role may do nothing yet, with the
    /// queue on Redis.
    pub async fn empty_on_servers(server: &str) -> anyhow::Result<Self> {
        let admin = open_postgres(server, 1).await?;
        admin.execute_unprepared(APPLICATION_ROLE).await?;
        admin.close().await?;
        Self::made_of(server, None).await
    }

    async fn made_of(server: &str, template: Option<&str>) -> anyhow::Result<Self> {
        let name = format!("clea_test_{}", uuid::Uuid::now_v7().simple());
        create_database(server, &name, template).await?;
        let redis = std::env::var("CLEA_TEST_REDIS_URL").context("CLEA_TEST_REDIS_URL")?;
        let queue = Queue::Redis { url: redis, namespace: name.clone() };
        Self::of(&database_url(server, &name), queue).await
    }

    /// A database that both roles know.
    async fn of(owner_url: &str, queue: Queue) -> anyhow::Result<Self> {
        let url = application_url(owner_url);
        Ok(Self {
            db: open_postgres(&url, 8).await?,
            url,
            owner: open_postgres(owner_url, 1).await?,
            owner_url: owner_url.to_owned(),
            queue,
            _dir: None,
        })
    }

    /// One more pool of connections to the same database.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(crate) async fn pool(&self) -> anyhow::Result<DatabaseConnection> {
        match self.url.strip_prefix("sqlite://") {
            Some(path) => open_sqlite(std::path::Path::new(path)).await,
            None => open_postgres(&self.url, 4).await,
        }
    }

    /// An empty database on this server.
    pub async fn empty_on(server: &str) -> anyhow::Result<Self> {
        let name = format!("clea_test_{}", uuid::Uuid::now_v7().simple());
        create_database(server, &name, None).await?;
        Self::at(&database_url(server, &name)).await
    }

    /// The PostgreSQL database at this address, which one role does everything in.
    pub async fn at(url: &str) -> anyhow::Result<Self> {
        let db = open_postgres(url, 8).await?;
        let (owner, url, queue) = (db.clone(), url.to_owned(), Queue::InProcess);
        Ok(Self { db, owner_url: url.clone(), url, owner, queue, _dir: None })
    }

    /// A copy of the database `template` on the same server, which nobody uses meanwhile.
    pub async fn copy_of(template: &Self, server: &str) -> anyhow::Result<Self> {
        let name = format!("clea_test_{}", uuid::Uuid::now_v7().simple());
        let source = template.url.rsplit_once('/').map_or("", |(_, name)| name);
        leave(server, source).await?;
        create_database(server, &name, Some(source)).await?;
        Self::of(&database_url(server, &name), template.queue.clone()).await
    }
}

async fn sqlite_template() -> anyhow::Result<PathBuf> {
    // Kept for the life of the process: every test copies it.
    let path = tempfile::tempdir()?.keep().join("template.db");
    let db = open_sqlite(&path).await?;
    migration::Migrator::up(&db, None).await?;
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

async fn postgres_template(url: &str) -> anyhow::Result<String> {
    let name = format!("clea_template_{}", uuid::Uuid::now_v7().simple());
    create_database(url, &name, None).await?;
    let url = database_url(url, &name);
    let owner = open_postgres(&url, 1).await?;
    owner.execute_unprepared(APPLICATION_ROLE).await?;
    migration::Migrator::up(&owner, None).await?;
    migration::roles::grant(&owner, APPLICATION).await?;
    owner.close().await?;
    let db = open_postgres(&application_url(&url), 1).await?;
    fill(&db).await?;
    db.close().await?;
    Ok(name)
}

/// The role that the application runs as: it owns nothing, as in production.
const APPLICATION: &str = "clea_test_application";
/// Made by whichever test comes first.
const APPLICATION_ROLE: &str = "DO $$ BEGIN \
    CREATE ROLE clea_test_application LOGIN PASSWORD 'clea-test-application'; \
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";

/// The same database as the application's role.
fn application_url(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = match rest.split_once('@') {
        Some((who, place)) if !who.contains('/') => place,
        _ => rest,
    };
    format!("postgres://{APPLICATION}:clea-test-application@{place}")
}

async fn open_postgres(url: &str, pool: u32) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(pool).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

async fn create_database(url: &str, name: &str, template: Option<&str>) -> anyhow::Result<()> {
    let admin = open_postgres(url, 1).await?;
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
    let sql =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
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
    let app = crate::app::application(db.clone());
    service::schedule::start_simulated(&app, crate::day(crate::app::FIRST_DAY)).await?;
    service::seed::reference(&app).await?;
    Ok(())
}
