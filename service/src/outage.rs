//! When the database does not serve: what passes by itself, told apart from faults of the program.
//!
//! An act that meets one before it commits wrote nothing; one whose commit got no answer may be done, and
//! the same idempotency key tells. Some say that the same act would succeed at once (two transactions stood
//! in each other's way: undone whole), the others that it may later.

use crate::error::ActError;
use rand::RngExt;
use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr};
use std::time::Duration;

/// Why the database did not carry out a statement, though nothing is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// Two transactions stood in each other's way and this one was undone: it can be begun again.
    Conflict,
    /// No connection became free, another act's row did not either, or the statement took too long.
    Overloaded,
    /// The server cannot be reached, is starting or stopping, or only reads.
    Unreachable,
    /// There is no room left to write.
    Full,
}

impl Outage {
    /// For logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conflict => "conflict between transactions",
            Self::Overloaded => {
                "overloaded: no connection, a row held too long, or a statement too slow"
            }
            Self::Unreachable => "unreachable",
            Self::Full => "full: nothing can be written",
        }
    }

    /// What stopped an act; none when it was refused or met a fault of another kind.
    pub fn of(error: &ActError) -> Option<Self> {
        match error {
            ActError::Refused(_) => None,
            ActError::Fault(cause) => Self::of_fault(cause),
        }
    }

    /// The same of any error in whose causes the database's stands.
    pub fn of_fault(error: &anyhow::Error) -> Option<Self> {
        error.chain().find_map(|cause| {
            let known = cause.downcast_ref::<DbErr>().map(Self::of_database);
            known.unwrap_or_else(|| cause.downcast_ref::<sqlx::Error>().and_then(Self::of_driver))
        })
    }

    fn of_database(error: &DbErr) -> Option<Self> {
        match error {
            DbErr::ConnectionAcquire(_) => Some(Self::Overloaded),
            DbErr::Conn(RuntimeErr::SqlxError(cause)) => {
                Self::of_driver(cause).or(Some(Self::Unreachable))
            }
            DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => Self::of_driver(cause),
            _ => None,
        }
    }

    fn of_driver(error: &sqlx::Error) -> Option<Self> {
        match error {
            sqlx::Error::PoolTimedOut => Some(Self::Overloaded),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Some(Self::Unreachable),
            sqlx::Error::Database(told) => told.code().and_then(|code| Self::of_code(&code)),
            _ => None,
        }
    }

    /// A SQLSTATE of PostgreSQL has five characters; SQLite's extended result codes are numbers.
    fn of_code(code: &str) -> Option<Self> {
        if code.len() < 5
            && let Ok(number) = code.parse::<u32>()
        {
            return match (number, number & 0xff) {
                // A snapshot that another writer made stale.
                (517, _) => Some(Self::Conflict),
                (_, 5 | 6) => Some(Self::Overloaded),
                (_, 8 | 10 | 14) => Some(Self::Unreachable),
                (_, 13) => Some(Self::Full),
                _ => None,
            };
        }
        match code {
            "40001" | "40P01" => Some(Self::Conflict),
            "57014" | "55P03" | "53300" | "25P03" | "25P04" => Some(Self::Overloaded),
            "25006" => Some(Self::Unreachable),
            "53100" => Some(Self::Full),
            _ => match code.get(..2) {
                Some("08" | "57") => Some(Self::Unreachable),
                Some("53") => Some(Self::Overloaded),
                _ => None,
            },
        }
    }
}

/// How often an act that stood in another's way is begun in all.
const BEGINNINGS: u32 = 5;

/// How long to wait before what met a [`Outage::Conflict`] this many times is begun again: a little more
/// each time, never as long as its rival. None when it was begun often enough.
pub fn pause(conflicts: u32) -> Option<Duration> {
    const STEP_MILLISECONDS: u64 = 20;
    let longest = STEP_MILLISECONDS << conflicts.min(BEGINNINGS);
    (conflicts < BEGINNINGS)
        .then(|| Duration::from_millis(rand::rng().random_range(longest / 2..=longest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_are_told_apart() {
        for (code, outage) in [
            ("40001", Some(Outage::Conflict)),
            ("40P01", Some(Outage::Conflict)),
            ("517", Some(Outage::Conflict)),
            ("5", Some(Outage::Overloaded)),
            ("261", Some(Outage::Overloaded)),
            ("57014", Some(Outage::Overloaded)),
            ("55P03", Some(Outage::Overloaded)),
            ("53300", Some(Outage::Overloaded)),
            ("57P01", Some(Outage::Unreachable)),
            ("08006", Some(Outage::Unreachable)),
            ("778", Some(Outage::Unreachable)),
            ("13", Some(Outage::Full)),
            ("53100", Some(Outage::Full)),
            ("23505", None),
            ("42501", None),
            ("2067", None),
            ("1", None),
        ] {
            assert_eq!(Outage::of_code(code), outage, "{code}");
        }
    }

    #[test]
    fn pauses_grow_and_end() {
        let pauses: Vec<_> = (1..).map_while(pause).collect();
        assert_eq!(pauses.len(), 4);
        assert!(pauses.iter().all(|p| (20..=320).contains(&p.as_millis())), "{pauses:?}");
    }

    #[test]
    fn a_cause_is_found_under_what_was_said_of_it() {
        use anyhow::Context as _;
        let lost = DbErr::Query(RuntimeErr::SqlxError(sqlx::Error::PoolTimedOut.into()));
        let told = Err::<(), _>(lost).context("reading").expect_err("an error");
        assert_eq!(Outage::of(&ActError::Fault(told)), Some(Outage::Overloaded));
        assert_eq!(Outage::of(&ActError::Fault(anyhow::anyhow!("a bug"))), None);
        assert_eq!(Outage::of(&ActError::Refused(Vec::new())), None);
    }
}
