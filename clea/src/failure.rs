//! How a command ends when it does not succeed, and with which exit code.

use std::process::ExitCode;

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It ran, and its answer, already printed, is no: exit code 1.
    Answered,
    /// The set-up does not allow to start (configuration, database, Redis): exit code 2.
    Setup(String),
    /// Anything else: exit code 1.
    Fault(anyhow::Error),
}

impl Failure {
    /// Every error of the configuration, a line each.
    pub(crate) fn setup_list(errors: &[String]) -> Self {
        let count = errors.len();
        let plural = if count == 1 { "" } else { "s" };
        Self::Setup(format!("configuration: {count} error{plural}\n  {}", errors.join("\n  ")))
    }

    /// Tells it on standard error.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Answered => ExitCode::from(1),
            Self::Setup(message) => {
                eprintln!("clea: {message}");
                ExitCode::from(2)
            }
            Self::Fault(error) => {
                eprintln!("clea: {error:#}");
                ExitCode::from(1)
            }
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl From<service::error::ActError> for Failure {
    fn from(error: service::error::ActError) -> Self {
        match error {
            service::error::ActError::Refused(refusals) => {
                let told: Vec<_> =
                    refusals.into_iter().map(|r| format!("{}: {}", r.code, r.message)).collect();
                Self::Fault(anyhow::anyhow!("{}", told.join("; ")))
            }
            service::error::ActError::Fault(error) => Self::Fault(error),
        }
    }
}
