//! The transport that talks to a mail server.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::Extension;
use lettre::transport::smtp::response::{Response, Severity};
use tokio::time::timeout;

use crate::smtp_pool::{Connect, Pool};
use crate::{Accepted, CheckError, Outgoing, SendError, Transport};

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all: for a mail catcher, or a relay on the same machine.
    None,
    /// `STARTTLS` is required, usually on port 587.
    StartTls,
    /// TLS from the first byte, usually on port 465.
    Tls,
}

/// How to reach the mail server.
#[derive(Clone)]
pub struct SmtpSettings {
    /// Name of the server; its certificate must be for this name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection of the connection.
    pub security: Security,
    /// Account, if the server wants one.
    pub username: Option<String>,
    /// Password of the account.
    pub password: Option<String>,
    /// How many connections may be open at once (at least one is).
    pub pool_size: u32,
    /// How long connecting may take, and then how long the conversation about one
    /// mail may take.
    pub timeout: Duration,
    /// Certificates of a private authority to trust besides the public ones (PEM).
    pub extra_root_pem: Option<Vec<u8>>,
}

impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("authenticates", &self.username.is_some())
            .field("pool_size", &self.pool_size)
            .field("timeout", &self.timeout)
            .field("extra_root_pem", &self.extra_root_pem.is_some())
            .finish_non_exhaustive()
    }
}

/// Hands mails to a mail server. Clones nothing, shares connections: keep one.
#[derive(Debug)]
pub struct SmtpTransport {
    pool: Pool,
    security: Security,
    timeout: Duration,
}

impl SmtpTransport {
    /// Checks the settings; connects only when a mail is sent.
    pub fn new(settings: SmtpSettings) -> Result<Self, SendError> {
        let tls = match settings.security {
            Security::None => None,
            Security::StartTls | Security::Tls => Some(tls_parameters(&settings)?),
        };
        let credentials = match (settings.username, settings.password) {
            (Some(username), Some(password)) => Some(Credentials::new(username, password)),
            (None, None) => None,
            _ => return Err(permanent("SMTP wants both a user name and a password, or neither")),
        };
        if credentials.is_some() && settings.security == Security::None {
            tracing::warn!("the SMTP password will travel unprotected");
        }
        let connect = Connect {
            host: settings.host,
            port: settings.port,
            tls,
            start_tls: settings.security == Security::StartTls,
            credentials,
            timeout: settings.timeout,
        };
        Ok(Self {
            pool: Pool::new(connect, settings.pool_size),
            security: settings.security,
            timeout: settings.timeout,
        })
    }
}

#[async_trait]
impl Transport for SmtpTransport {
    async fn send(&self, mail: &Outgoing) -> Result<Accepted, SendError> {
        let message = mail.to_mime()?;
        let (envelope, bytes) = (message.envelope(), message.formatted());
        let mut lease = self.pool.lease().await?;
        let connection = lease.connection();
        if !all_ascii(&message) && !international(connection) {
            lease.give_back();
            return Err(permanent(
                "the address is not ASCII and the mail server does not take such (SMTPUTF8)",
            ));
        }
        // A future dropped here, by this timeout or by the caller, drops the lease
        // and with it the connection: nobody else can read the late answer.
        match timeout(self.timeout, connection.send(envelope, &bytes)).await {
            // lettre also takes 3xx for a success; only 2xx says that the mail is theirs.
            Ok(Ok(response)) if response.code().severity != Severity::PositiveCompletion => {
                Err(temporary(&format!("answer out of turn: {}", describe_response(&response))))
            }
            Ok(Ok(response)) => {
                lease.give_back();
                Ok(Accepted { response: describe_response(&response) })
            }
            Ok(Err(error)) => Err(conversation_error(&error)),
            Err(_) => Err(temporary("the mail server did not answer in time")),
        }
    }

    async fn check(&self, patience: Duration) -> Result<(), CheckError> {
        self.pool.check(patience).await
    }

    fn describe(&self) -> String {
        let security = match self.security {
            Security::None => "no TLS",
            Security::StartTls => "STARTTLS",
            Security::Tls => "TLS",
        };
        format!("SMTP {} ({security})", self.pool.address())
    }
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, SendError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.extra_root_pem {
        let text = String::from_utf8_lossy(pem);
        if !text.contains("-----BEGIN CERTIFICATE-----") {
            return Err(permanent("the extra root certificates hold no PEM certificate"));
        }
        let certificates = Certificate::from_pem(pem).map_err(|error| {
            permanent(&format!("the extra root certificates cannot be read: {error}"))
        })?;
        builder = builder.add_root_certificate(certificates);
    }
    builder.build().map_err(|error| permanent(&format!("TLS cannot be set up: {error}")))
}

fn all_ascii(message: &lettre::Message) -> bool {
    let envelope = message.envelope();
    envelope
        .to()
        .iter()
        .chain(envelope.from())
        .all(|address| AsRef::<str>::as_ref(address).is_ascii())
}

fn international(connection: &AsyncSmtpConnection) -> bool {
    let server = connection.server_info();
    server.supports_feature(Extension::SmtpUtfEight)
        && server.supports_feature(Extension::EightBitMime)
}

/// Once connected, what the server says is about this mail: 5xx is final. All
/// else (4xx, a cut, an answer that makes no sense) is worth another try.
fn conversation_error(error: &Error) -> SendError {
    if error.is_permanent() { permanent(&error.to_string()) } else { temporary(&error.to_string()) }
}

fn describe_response(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    format!("{} {}", response.code(), lines.join(" ")).trim_end().to_owned()
}

fn temporary(reason: &str) -> SendError {
    SendError::Temporary(reason.to_owned())
}

fn permanent(reason: &str) -> SendError {
    SendError::Permanent(reason.to_owned())
}
