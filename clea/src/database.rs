//! Opening the database, and where its tables stand against what this program knows.

use crate::config::Config;
use crate::failure::Failure;
use crate::redact;
use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use std::path::Path;
use std::time::Duration;

/// How long a connection may take to be opened, or to become free.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens it; a SQLite file is created with its folder when it does not exist.
pub(crate) async fn open(config: &Config) -> Result<DatabaseConnection, Failure> {
    let url = &config.database_url;
    let failed = |error: String| {
        Failure::Setup(format!(
            "database {}: {}",
            redact::address(url),
            redact::message(&error, url)
        ))
    };
    let options = if config.embedded() {
        let file = sqlite_file(url);
        create_parent(Path::new(file)).map_err(|error| failed(error.to_string()))?;
        sqlite(file, config.db_pool)
    } else {
        let mut options = ConnectOptions::new(url);
        options.max_connections(config.db_pool);
        options
    };
    Database::connect(quiet(options)).await.map_err(|error| failed(cause(&error)))
}

/// The file of a SQLite address.
fn sqlite_file(url: &str) -> &str {
    let rest = url.trim_start_matches("sqlite:");
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    rest.split('?').next().unwrap_or(rest)
}

fn create_parent(file: &Path) -> std::io::Result<()> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder),
        _ => Ok(()),
    }
}

/// Readers beside one writer (WAL), who waits for its turn.
fn sqlite(file: &str, pool: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(format!("sqlite://{file}?mode=rwc"));
    options.max_connections(pool).map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(PATIENCE)
            .foreign_keys(true)
    });
    options
}

fn quiet(mut options: ConnectOptions) -> ConnectOptions {
    options.connect_timeout(PATIENCE).acquire_timeout(PATIENCE).sqlx_logging(false);
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
        Err(error) => return Err(Failure::Setup(format!("database: {}", cause(&error)))),
    };
    let applied = |status| status == sea_orm_migration::MigrationStatus::Applied;
    Ok(known.into_iter().map(|m| (m.name().to_owned(), applied(m.status()))).collect())
}

/// Applies the changes that are missing; says how many there were.
pub(crate) async fn bring_up_to_date(
    db: &DatabaseConnection,
    steps: Option<u32>,
) -> Result<usize, Failure> {
    let missing =
        |changes: &[(String, bool)]| changes.iter().filter(|(_, applied)| !applied).count();
    let before = missing(&changes(db).await?);
    if before == 0 {
        return Ok(0);
    }
    Migrator::up(db, steps)
        .await
        .map_err(|error| Failure::Setup(format!("database: {}", cause(&error))))?;
    Ok(before - missing(&changes(db).await?))
}

/// Undoes the last changes; says how many.
pub(crate) async fn undo(db: &DatabaseConnection, steps: u32) -> Result<usize, Failure> {
    let applied =
        |changes: &[(String, bool)]| changes.iter().filter(|(_, applied)| *applied).count();
    let before = applied(&changes(db).await?);
    if before == 0 {
        return Ok(0);
    }
    Migrator::down(db, Some(steps))
        .await
        .map_err(|error| Failure::Setup(format!("database: {}", cause(&error))))?;
    Ok(before - applied(&changes(db).await?))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_address_names_a_file() {
        for (url, file) in [
            ("sqlite://var/clea.db", "var/clea.db"),
            ("sqlite:///srv/clea.db", "/srv/clea.db"),
            ("sqlite:clea.db?mode=ro", "clea.db"),
        ] {
            assert_eq!(sqlite_file(url), file);
        }
    }
}
