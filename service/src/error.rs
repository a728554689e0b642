//! How an act ends when it does not succeed.

use domain::{Refusal, Refusals};
use sea_orm::{DbErr, SqlErr};

/// Why an act did not happen; in both cases nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// Expected: the rules or the input stand against it. Data for the caller.
    #[error("refused: {}", .0.iter().map(|r| r.code.as_ref()).collect::<Vec<_>>().join(", "))]
    Refused(Refusals),
    /// A fault of the machine, never shown as it is.
    #[error(transparent)]
    Fault(anyhow::Error),
}

/// What an act answers.
pub type ActResult<T> = Result<T, ActError>;

impl From<Refusal> for ActError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<anyhow::Error> for ActError {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

impl From<serde_json::Error> for ActError {
    fn from(error: serde_json::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl From<DbErr> for ActError {
    /// A unique constraint that stops a concurrent twin is an expected refusal; the rest are faults.
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Refusal::new(
                "ALREADY_EXISTS",
                "Un enregistrement identique existe déjà, ou vient d’être créé par un autre acte.",
            )
            .into(),
            _ => Self::Fault(error.into()),
        }
    }
}

/// Goes on when nothing stands against the act.
pub fn ensure(refusals: Refusals) -> ActResult<()> {
    if refusals.is_empty() { Ok(()) } else { Err(ActError::Refused(refusals)) }
}

/// What is unknown, or not for the viewer to see: both answer the same.
pub fn not_found(field: &str) -> Refusal {
    Refusal::new("NOT_FOUND", "Aucun objet de ce type ne porte cet identifiant.").at([field])
}
