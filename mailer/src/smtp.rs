//! The transport that talks to a mail server.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use tokio::time::timeout;

use crate::refusal::{self, Stage};
use crate::smtp_pool::{Connect, Pool};
use crate::{Accepted, CheckError, Hello, Outgoing, SendError, Transport};

/// Lengths of what a server may call a mail: a shorter word is a date or a count.
const SHORTEST_ID: usize = 8;
const LONGEST_ID: usize = 200;

/// How long a server that refused a mail may take to part.
const FAREWELL: Duration = Duration::from_secs(1);

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
    /// The name under which it is greeted.
    pub hello: Hello,
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
            .field("hello", &self.hello)
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
            hello: settings.hello,
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
        match timeout(self.timeout, hand_over(connection, &message)).await {
            Ok(Ok(response)) => {
                lease.give_back();
                let response = describe_response(&response);
                Ok(Accepted { server_id: server_id(&response), response })
            }
            Ok(Err(error)) => Err(error),
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

/// Says a mail step by step (lettre says it whole, and not at which step it was
/// refused); the server's answer means that the mail is theirs. A connection that
/// did not come so far is ended.
async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    message: &lettre::Message,
) -> Result<Response, SendError> {
    let said = say(connection, message).await;
    if said.is_err() {
        // What was said counts, whether or not the farewell is answered.
        let _ended = timeout(FAREWELL, connection.abort()).await;
    }
    said
}

async fn say(
    connection: &mut AsyncSmtpConnection,
    message: &lettre::Message,
) -> Result<Response, SendError> {
    let (envelope, bytes) = (message.envelope(), message.formatted());
    let mut parameters = Vec::new();
    if !all_ascii(message) {
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !bytes.is_ascii() {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let done = Severity::PositiveCompletion;
    let sender = connection.command(Mail::new(envelope.from().cloned(), parameters)).await;
    in_turn(Stage::Sender, done, sender)?;
    for recipient in envelope.to() {
        let taken = connection.command(Rcpt::new(recipient.clone(), Vec::new())).await;
        in_turn(Stage::Recipient, done, taken)?;
    }
    let ready = connection.command(Data).await;
    in_turn(Stage::Data, Severity::PositiveIntermediate, ready)?;
    // Only 2xx says that the mail is theirs.
    in_turn(Stage::Content, done, connection.message(&bytes).await)
}

/// The answer of a step, when it is the one that goes on.
fn in_turn(
    stage: Stage,
    expected: Severity,
    answer: Result<Response, Error>,
) -> Result<Response, SendError> {
    let answer = answer.map_err(|error| refusal::of_error(stage, &error))?;
    if answer.code().severity == expected {
        Ok(answer)
    } else {
        Err(temporary(&format!("answer out of turn: {}", describe_response(&answer))))
    }
}

/// How the server calls the mail, when its answer says so: the word after `queued as`,
/// else the longest that is no plain word (`250 Ok 0102018f…-000000`,
/// `250 OK id=1tABcd-…`). What follows an `@` is the server's own name.
fn server_id(response: &str) -> Option<String> {
    let lower = response.to_ascii_lowercase();
    let queued = lower.find("queued as ").and_then(|at| response.get(at + "queued as ".len()..));
    let id = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let word = word.rsplit('=').next().unwrap_or(word);
        let word = word.split('@').next().unwrap_or(word);
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+/".contains(c);
        let marked = word.chars().any(|c| c.is_ascii_digit()) && word.chars().all(plain);
        (marked && (SHORTEST_ID..=LONGEST_ID).contains(&word.len())).then(|| word.to_owned())
    };
    match queued {
        Some(queued) => queued.split_whitespace().next().and_then(id),
        None => response.split_whitespace().skip(1).filter_map(id).max_by_key(String::len),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_id_is_read_from_its_acceptance() {
        let ses = "0102018f3c2b1a00-5f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-000000";
        for (response, id) in [
            (format!("250 Ok {ses}"), Some(ses)),
            ("250 2.0.0 Ok: queued as 4F2A81C0D3".to_owned(), Some("4F2A81C0D3")),
            ("250 2.0.0 Ok: Queued as <202611301200.12345678901@relais.example>".to_owned(),
             Some("202611301200.12345678901")),
            ("250 OK id=1tHf9a-000000012Ab-3cde".to_owned(), Some("1tHf9a-000000012Ab-3cde")),
            ("250 2.0.0 OK  1764502430 ffacd0b85a97d-42b5c8sm123f8f.27 - gsmtp".to_owned(),
             Some("ffacd0b85a97d-42b5c8sm123f8f.27")),
            ("250 2.6.0 <not_01jt@clea.example> [InternalId=21474836480, Hostname=x.example] Queued \
              mail for delivery".to_owned(), Some("21474836480")),
            ("250 2.0.0 4AUBxY12034567 Message accepted for delivery".to_owned(),
             Some("4AUBxY12034567")),
            ("250 2.0.0 Ok: queued as 7".to_owned(), None),
            ("250 Great success".to_owned(), None),
            ("250 2.0.0 Ok".to_owned(), None),
        ] {
            assert_eq!(server_id(&response).as_deref(), id, "{response}");
        }
    }
}
