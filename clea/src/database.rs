//! Opening the database, and where its tables stand against what this program knows.

mod postgres;

use crate::config::{Config, sqlite_file};
use crate::failure::Failure;
use crate::redact;
use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long opening may take before the command gives up.
const START_PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection of a running process may take to become free.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a writer of a SQLite file waits for its turn.
const SQLITE_TURN: Duration = Duration::from_secs(10);

/// What a process opens the database for: its name and its limits on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Requests: short statements.
    Api,
    /// Tasks, alone or beside the API in one process: a quarter's statements take longer.
    Worker,
    /// A command that someone waits for.
    Command,
}

/// Opens it; a SQLite file is created with its folder when it does not exist.
pub(crate) async fn open(config: &Config, purpose: Purpose) -> Result<DatabaseConnection, Failure> {
    let url = &config.database_url;
    if !config.embedded() {
        let limits = postgres::Limits::of(purpose, config);
        return postgres::open(url, limits, config.db_pool).await;
    }
    let file = sqlite_file(url).map_err(|why| unusable(url, &why))?;
    create_parent(&file).map_err(|error| unusable(url, &error.to_string()))?;
    let options = quiet(sqlite(file, config.db_pool), SQLITE_TURN);
    Database::connect(options).await.map_err(|error| unusable(url, &cause(&error)))
}

/// One line on why a database cannot be used, without its secrets.
fn unusable(url: &str, why: &str) -> Failure {
    let (shown, why) = (redact::address(url), redact::message(why, url));
    Failure::Setup(format!("database {shown}: {why}"))
}

fn create_parent(file: &Path) -> std::io::Result<()> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder),
        _ => Ok(()),
    }
}

/// Readers beside one writer (WAL), who waits for its turn.
fn sqlite(file: PathBuf, pool: u32) -> ConnectOptions {
    // The driver would read the path of an address on its own: it is told the file instead.
    let mut options = ConnectOptions::new("sqlite://file?mode=rwc");
    options.max_connections(pool).map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .filename(&file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(SQLITE_TURN)
            .foreign_keys(true)
    });
    options
}

/// A pool that says nothing of its statements and waits so long for a free connection.
fn quiet(mut options: ConnectOptions, patience: Duration) -> ConnectOptions {
    options.connect_timeout(patience).acquire_timeout(patience).sqlx_logging(false);
    options
}

/// A driver's error on one line.
fn cause(error: &DbErr) -> String {
    error.to_string().lines().collect::<Vec<_>>().join(" ")
}

/// The changes, in order, each with whether it was applied. Fails on a database that a newer program changed.
pub(crate) async fn changes(db: &DatabaseConnection) -> Result<Vec<(String, bool)>, Failure> {
    let known = match Migrator::get_migration_with_status_read_only(db).await {
        Ok(known) => known,
        Err(DbErr::Custom(_)) => {
            let message = "database: its tables were changed by a newer version of this program; install that version";
            return Err(Failure::Setup(message.to_owned()));
        }
        Err(error) => return Err(failed(&error)),
    };
    let applied = |status| status == sea_orm_migration::MigrationStatus::Applied;
    Ok(known.into_iter().map(|m| (m.name().to_owned(), applied(m.status()))).collect())
}

/// The database as the role that changes its tables: the owner where there is one.
pub(crate) async fn open_as_owner(config: &Config) -> Result<DatabaseConnection, Failure> {
    match &config.database_owner_url {
        Some(url) => {
            let limits = postgres::Limits::of(Purpose::Command, config);
            postgres::open(url, limits, 1).await
        }
        None => open(config, Purpose::Command).await,
    }
}

/// Applies the changes that are missing, as the owner where there is one, and gives the application's
/// role its rights; says how many changes there were.
pub(crate) async fn bring_up_to_date(
    config: &Config,
    steps: Option<u32>,
) -> Result<usize, Failure> {
    changed(config, async |db| {
        let before = count(db, false).await?;
        if before > 0 {
            Migrator::up(db, steps).await.map_err(|error| failed(&error))?;
        }
        Ok(before - count(db, false).await?)
    })
    .await
}

/// Undoes the last changes; says how many.
pub(crate) async fn undo(config: &Config, steps: u32) -> Result<usize, Failure> {
    changed(config, async |db| {
        let before = count(db, true).await?;
        if before > 0 {
            Migrator::down(db, Some(steps)).await.map_err(|error| failed(&error))?;
        }
        Ok(before - count(db, true).await?)
    })
    .await
}

/// Changes the tables, with the application's role kept within its rights before and after.
async fn changed(
    config: &Config,
    change: impl AsyncFnOnce(&DatabaseConnection) -> Result<usize, Failure>,
) -> Result<usize, Failure> {
    let db = open_as_owner(config).await?;
    let role = config.database_owner_url.as_ref().map(|_| postgres::role(&config.database_url));
    if let Some(role) = &role {
        let objections =
            migration::roles::objections(&db, role).await.map_err(|error| failed(&error))?;
        if !objections.is_empty() {
            let told = objections.join("; ");
            let message = format!("database: the application must own nothing, but {told}");
            return Err(Failure::Setup(message));
        }
    }
    let done = change(&db).await;
    if let (Ok(_), Some(role)) = (&done, &role) {
        migration::roles::grant(&db, role).await.map_err(|error| failed(&error))?;
    }
    // Everything was committed: what closing says changes nothing.
    let _ = db.close().await;
    done
}

/// How many changes were applied, or are missing.
async fn count(db: &DatabaseConnection, applied: bool) -> Result<usize, Failure> {
    Ok(changes(db).await?.iter().filter(|(_, is)| *is == applied).count())
}

fn failed(error: &DbErr) -> Failure {
    Failure::Setup(format!("database: {}", cause(error)))
}

/// Goes on when no change is missing.
pub(crate) async fn require_up_to_date(db: &DatabaseConnection) -> Result<(), Failure> {
    let missing = changes(db).await?.into_iter().filter(|(_, applied)| !applied).count();
    if missing == 0 {
        return Ok(());
    }
    Err(Failure::Setup(format!(
        "database: {missing} changes of the tables are missing; run `clea migrate`"
    )))
}
