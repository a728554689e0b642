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
use lettre::transport::smtp::extension::ClientId;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::SendError;

/// Servers commonly hang up after some minutes; an older connection is not kept.
const LONGEST_IDLE: Duration = Duration::from_mins(1);

/// How a connection is made.
pub(crate) struct Connect {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: Option<TlsParameters>,
    pub(crate) start_tls: bool,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) timeout: Duration,
}

impl Connect {
    async fn open(&self) -> Result<AsyncSmtpConnection, Error> {
        let hello = ClientId::default();
        let wrapped = self.tls.clone().filter(|_| !self.start_tls);
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.timeout), &hello, wrapped, None)
                .await?;
        if let Some(tls) = self.tls.clone().filter(|_| self.start_tls) {
            connection.starttls(tls, &hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
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

    /// A connection that answers, kept or new. Whatever goes wrong here is not
    /// about the mail (the server is away, the password is wrong): it is
    /// temporary, even if the server says 5xx.
    pub(crate) async fn lease(&self) -> Result<Lease<'_>, SendError> {
        let temporary = |reason: String| SendError::Temporary(reason);
        let permit = self.permits.acquire().await.map_err(|error| temporary(error.to_string()))?;
        let connection = match timeout(self.connect.timeout, self.connection()).await {
            Ok(opened) => opened.map_err(|error| temporary(format!("no connection: {error}")))?,
            Err(_) => return Err(temporary("no connection to the mail server in time".to_owned())),
        };
        Ok(Lease { pool: self, connection, _permit: permit })
    }

    async fn connection(&self) -> Result<AsyncSmtpConnection, Error> {
        while let Some(mut connection) = self.take_idle() {
            if connection.test_connected().await {
                return Ok(connection);
            }
        }
        self.connect.open().await
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
