//! How a try ends when it does not succeed: each error says whether another try may help.

use documents::DocumentError;
use mailer::{RenderError, SendError};
use sea_orm::DbErr;
use service::error::ActError;
use service::outbox::NextTry;

/// Lost a race against a twin: the next try finds what the winner wrote.
const RACE_LOST: &str = "ALREADY_EXISTS";

/// Why a try failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TaskError {
    /// Another try may succeed: the database, the queue or the mail server was not at its best.
    #[error("{0:#}")]
    Retry(anyhow::Error),
    /// What the task needs is away, as mail servers are for a night, or refuses this platform until somebody
    /// mends it: tried for days.
    #[error("{0:#}")]
    Away(anyhow::Error),
    /// The task panicked: another try may succeed.
    #[error("panic: {0}")]
    Panic(&'static str),
    /// Another try would fail too: a person must look at it.
    #[error("{0:#}")]
    GiveUp(anyhow::Error),
}

/// What a try answers.
pub(crate) type TaskResult<T> = Result<T, TaskError>;

impl TaskError {
    /// What the task is about does not exist, or lacks what the task needs.
    pub(crate) fn missing(what: &str) -> Self {
        Self::GiveUp(anyhow::anyhow!("{what}: missing"))
    }

    /// Whether another try may help.
    pub(crate) fn next(&self) -> NextTry {
        match self {
            Self::Retry(_) | Self::Panic(_) => NextTry::Counted,
            Self::Away(_) => NextTry::ForDays,
            Self::GiveUp(_) => NextTry::None,
        }
    }

    /// The error without the values that it quotes: for the log, and for what is kept of it.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Retry(error) | Self::Away(error) | Self::GiveUp(error) => {
                telemetry::mask::error(error)
            }
            Self::Panic(reason) => format!("panic: {reason}"),
        }
    }
}

impl From<ActError> for TaskError {
    /// A fault may pass; a refusal will not, except that of a lost race.
    fn from(error: ActError) -> Self {
        match error {
            ActError::Fault(fault) => Self::Retry(fault),
            ActError::Refused(refusals) if refusals.iter().any(|r| r.code == RACE_LOST) => {
                Self::Retry(ActError::Refused(refusals).into())
            }
            ActError::Refused(refusals) => {
                let told: Vec<_> =
                    refusals.iter().map(|r| format!("{}: {}", r.code, r.message)).collect();
                Self::GiveUp(anyhow::anyhow!(told.join("; ")))
            }
        }
    }
}

impl From<DbErr> for TaskError {
    fn from(error: DbErr) -> Self {
        Self::Retry(error.into())
    }
}

impl From<RenderError> for TaskError {
    fn from(error: RenderError) -> Self {
        Self::GiveUp(error.into())
    }
}

impl From<DocumentError> for TaskError {
    fn from(error: DocumentError) -> Self {
        Self::GiveUp(error.into())
    }
}

impl From<SendError> for TaskError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Temporary(_) | SendError::Broken(_) => Self::Away(error.into()),
            SendError::Permanent(_) => Self::GiveUp(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Refusal;
    use mailer::CheckError;

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let refused = |code| TaskError::from(ActError::from(Refusal::new(code, "non")));
        assert_eq!(refused("NOT_FOUND").next(), NextTry::None);
        assert_eq!(refused("ALREADY_EXISTS").next(), NextTry::Counted);
        let fault = TaskError::from(ActError::Fault(anyhow::anyhow!("down")));
        assert_eq!(fault.next(), NextTry::Counted);
        assert_eq!(TaskError::from(DbErr::Custom("down".to_owned())).next(), NextTry::Counted);
        let sent = |error| TaskError::from(error).next();
        assert_eq!(sent(SendError::Temporary("451".to_owned())), NextTry::ForDays);
        let refused = CheckError::Unfit("530 5.7.0".to_owned());
        assert_eq!(sent(SendError::Broken(refused)), NextTry::ForDays);
        assert_eq!(sent(SendError::Permanent("550".to_owned())), NextTry::None);
    }

    #[test]
    fn what_is_kept_of_an_error_quotes_nobody() {
        let error = TaskError::from(DbErr::Type("no date: \"29 février 1984\"".to_owned()));
        assert_eq!(error.told(), "Type Error: no date: \"…\"");
        assert_eq!(TaskError::Panic("plain").told(), "panic: plain");
    }

    #[test]
    fn a_refusal_says_what_stands_against_the_task() {
        let error = TaskError::from(ActError::from(Refusal::new("NOT_FOUND", "Rien.")));
        assert_eq!(error.to_string(), "NOT_FOUND: Rien.");
    }
}
