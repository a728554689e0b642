//! Connections to PostgreSQL: their limits on the server, and one clear line when there is none.

use super::{PATIENCE, Purpose, START_PATIENCE, quiet, unusable};
use crate::config::Config;
use crate::failure::Failure;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{self, Connection as _, PgConnection};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use std::str::FromStr as _;
use std::time::Duration;

/// How long a request waits for another act's row, at most as long as its statement may take.
const API_LOCK: Duration = Duration::from_secs(10);
const WORKER_LOCK: Duration = Duration::from_mins(1);

/// What the server allows a connection; zero for no limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    name: &'static str,
    statement: Duration,
    lock: Duration,
    idle_in_transaction: Duration,
}

impl Limits {
    /// For this purpose: a statement of a worker may take as long as a try of its task, and nothing stops a
    /// command, whose changes and imports take what they take.
    pub(super) fn of(purpose: Purpose, config: &Config) -> Self {
        let api_statement = config.db_statement_timeout;
        // A transaction in which nothing is asked for as long as a lease lasts has lost its process, or
        // that one is frozen: what it holds is freed for whoever takes over.
        let idle = config.worker_lease;
        let (name, statement, lock, idle_in_transaction) = match purpose {
            Purpose::Api => ("clea-api", api_statement, API_LOCK.min(api_statement), idle),
            Purpose::Worker => {
                let statement = config.worker_task_timeout.max(api_statement);
                ("clea-worker", statement, WORKER_LOCK, idle)
            }
            Purpose::Command => ("clea", Duration::ZERO, Duration::ZERO, Duration::ZERO),
        };
        Self { name, statement, lock, idle_in_transaction }
    }

    fn apply(self, options: PgConnectOptions) -> PgConnectOptions {
        let milliseconds = |limit: Duration| limit.as_millis().to_string();
        options.application_name(self.name).options([
            ("statement_timeout", milliseconds(self.statement)),
            ("lock_timeout", milliseconds(self.lock)),
            ("idle_in_transaction_session_timeout", milliseconds(self.idle_in_transaction)),
        ])
    }
}

/// How long a connection may have been idle before it is tried first: trying it before every statement would
/// double their round trips.
const TESTED_AFTER: Duration = Duration::from_secs(1);

/// Opens a pool once a single connection was made: the pool would try a server that refuses again and
/// again before it said so.
pub(super) async fn open(
    url: &str,
    limits: Limits,
    pool: u32,
) -> Result<DatabaseConnection, Failure> {
    let server = PgConnectOptions::from_str(url).map_err(|error| unusable(url, &told(&error)))?;
    let server = limits.apply(server);
    match tokio::time::timeout(START_PATIENCE, PgConnection::connect_with(&server)).await {
        Ok(Ok(connection)) => drop(connection.close().await),
        Ok(Err(error)) => return Err(unusable(url, &told(&error))),
        Err(_) => {
            let told = format!("no answer within {} s", START_PATIENCE.as_secs());
            return Err(unusable(url, &told));
        }
    }
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(pool)
        .test_before_acquire_if_idle_for(TESTED_AFTER)
        .map_sqlx_postgres_opts(move |server| limits.apply(server));
    let opened = Database::connect(quiet(options, PATIENCE)).await;
    opened.map_err(|error| unusable(url, &super::cause(&error)))
}

/// The role that an address signs in as.
pub(super) fn role(url: &str) -> String {
    let options = PgConnectOptions::from_str(url);
    options.map(|options| options.get_username().to_owned()).unwrap_or_default()
}

/// A driver's error in one line, without the driver's own words around the server's.
fn told(error: &sqlx::Error) -> String {
    let text = match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => format!("not reachable: {error}"),
        sqlx::Error::Tls(error) => format!("no encrypted connection: {error}"),
        other => other.to_string(),
    };
    text.lines().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_as_the_driver_reads_it() {
        assert_eq!(role("postgres://cl%C3%A9a@db/clea"), "cléa");
    }

    #[test]
    fn workers_have_longer_than_requests_and_commands_no_limit() {
        let settings = [
            ("CLEA_DB_STATEMENT_TIMEOUT", "3".to_owned()),
            ("CLEA_WORKER_TASK_TIMEOUT", "200".to_owned()),
        ];
        let config = Config::of(&settings).expect("valid");
        let of = |purpose| Limits::of(purpose, &config);
        assert_eq!(of(Purpose::Api).statement, Duration::from_secs(3));
        assert_eq!(of(Purpose::Api).lock, Duration::from_secs(3));
        assert_eq!(of(Purpose::Worker).statement, Duration::from_secs(200));
        assert_eq!(of(Purpose::Worker).idle_in_transaction, config.worker_lease);
        assert!(of(Purpose::Command).statement.is_zero());
    }
}
