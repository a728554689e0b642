//! Connections to the mail server, kept between mails.
//!
//! lettre's own pool puts a connection back even when the future that used it
//! was dropped in the middle of a conversation (its timeout covers connecting
//! only, so a timeout around sending does drop it). The next mail would then
//! read the answers meant for the one before: tried with lettre 0.11.23, a mail
//! refused with 451 is returned as accepted (by "354 go ahead"). Here a connection comes back only after a conversation that
//! ended well; any other end closes it.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::response::Code;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::{CheckError, Hello, SendError};

/// Servers commonly hang up after some minutes; an older connection is not kept.
const LONGEST_IDLE: Duration = Duration::from_mins(1);

/// How a connection is made.
pub(crate) struct Connect {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) hello: Hello,
    pub(crate) tls: Option<TlsParameters>,
    pub(crate) start_tls: bool,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) timeout: Duration,
}

/// How far a connection came before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Reaching the server, TLS from the first byte included.
    Connect,
    /// `EHLO`, before any `STARTTLS`.
    Greet,
    /// `STARTTLS`.
    StartTls,
    /// The account.
    SignIn,
}

impl Connect {
    async fn open(&self) -> Result<AsyncSmtpConnection, (Step, Error)> {
        let hello = self.hello.client_id();
        let wrapped = self.tls.clone().filter(|_| !self.start_tls);
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.timeout), &hello, wrapped, None)
                .await
                .map_err(|error| (step_of_connecting(&error), error))?;
        if let Some(tls) = self.tls.clone().filter(|_| self.start_tls) {
            connection.starttls(tls, &hello).await.map_err(|error| (Step::StartTls, error))?;
        }
        if let Some(credentials) = &self.credentials {
            let signed_in = connection.auth(DEFAULT_MECHANISMS, credentials).await;
            signed_in.map_err(|error| (Step::SignIn, error))?;
        }
        Ok(connection)
    }

    /// Why there is no connection: whether another try with the same settings would fail too.
    fn trouble(&self, step: Step, error: &Error) -> CheckError {
        let address = format!("{}:{}", self.host, self.port);
        if !self.is_final(step, error) {
            return CheckError::Away(format!("{address}: {error}"));
        }
        CheckError::Unfit(match step {
            Step::Connect => format!("TLS with {address} fails: {error}"),
            Step::Greet => {
                format!("{address} refuses the greeting EHLO {}: {error}", self.hello)
            }
            Step::StartTls => format!("STARTTLS with {address} fails: {error}"),
            Step::SignIn => format!("{address} refuses the account: {error}"),
        })
    }

    fn is_final(&self, step: Step, error: &Error) -> bool {
        let refused = error.is_client() || error.is_permanent();
        match step {
            Step::Connect => self.tls.is_some() && breaks_tls(error),
            Step::Greet => true,
            Step::StartTls => refused || breaks_tls(error),
            Step::SignIn => refused,
        }
    }
}

/// Of an error before there is a connection: servers that serve nobody open with 554 or 521 (RFC 5321 3.1,
/// RFC 7504); any other `5xx` answers `EHLO`.
fn step_of_connecting(error: &Error) -> Step {
    let serves_nobody = |code: Code| matches!(u16::from(code), 521 | 554);
    let greeted = error.is_permanent() && !error.status().is_some_and(serves_nobody);
    if greeted { Step::Greet } else { Step::Connect }
}

/// Whether the other side's certificate, or what it said instead of TLS, was not taken.
fn breaks_tls(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let io = cause.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::InvalidData) {
            return true;
        }
        source = cause.source();
    }
    false
}

/// The connections kept, and how many may be in use.
pub(crate) struct Pool {
    connect: Connect,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
    permits: Semaphore,
}

impl Pool {
    pub(crate) fn new(connect: Connect, size: u32) -> Self {
        let size = usize::try_from(size.max(1)).unwrap_or(1).min(Semaphore::MAX_PERMITS);
        Self { connect, idle: Mutex::default(), permits: Semaphore::new(size) }
    }

    pub(crate) fn address(&self) -> String {
        format!("{}:{}", self.connect.host, self.connect.port)
    }

    /// A connection that answers, kept or new. Whatever goes wrong here is about
    /// no mail in particular (the server is away, the password is wrong): it is
    /// waited for, even if the server says 5xx.
    pub(crate) async fn lease(&self) -> Result<Lease<'_>, SendError> {
        let permit = self.permits.acquire().await;
        let permit = permit.map_err(|error| SendError::Temporary(error.to_string()))?;
        let connection = timeout(self.connect.timeout, self.connection()).await;
        let connection = connection.unwrap_or_else(|_| Err(self.silent()));
        let connection = connection.map_err(SendError::Broken)?;
        Ok(Lease { pool: self, connection, _permit: permit })
    }

    /// Makes a connection and ends it politely, for so long at most.
    pub(crate) async fn check(&self, patience: Duration) -> Result<(), CheckError> {
        match timeout(patience, self.connect.open()).await {
            Ok(Ok(mut connection)) => {
                let _hung_up = timeout(patience, connection.quit()).await;
                Ok(())
            }
            Ok(Err((step, error))) => Err(self.connect.trouble(step, &error)),
            Err(_) => Err(self.silent()),
        }
    }

    fn silent(&self) -> CheckError {
        CheckError::Away(format!("{} does not answer", self.address()))
    }

    async fn connection(&self) -> Result<AsyncSmtpConnection, CheckError> {
        while let Some(mut connection) = self.take_idle() {
            if connection.test_connected().await {
                return Ok(connection);
            }
        }
        self.connect.open().await.map_err(|(step, error)| self.connect.trouble(step, &error))
    }

    fn take_idle(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.lock();
        idle.retain(|(_, since)| since.elapsed() < LONGEST_IDLE);
        idle.pop().map(|(connection, _)| connection)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("address", &self.address()).finish_non_exhaustive()
    }
}

/// A connection in use; closed when dropped, kept when given back.
pub(crate) struct Lease<'a> {
    pool: &'a Pool,
    connection: AsyncSmtpConnection,
    _permit: SemaphorePermit<'a>,
}

impl Lease<'_> {
    pub(crate) fn connection(&mut self) -> &mut AsyncSmtpConnection {
        &mut self.connection
    }

    /// The conversation ended well: the next mail may use the connection.
    pub(crate) fn give_back(self) {
        if !self.connection.has_broken() {
            self.pool.lock().push((self.connection, Instant::now()));
        }
    }
}
