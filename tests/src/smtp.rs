//! A mail server for tests: speaks SMTP over TCP, keeps what it accepted, and goes wrong on demand.
//!
//! It listens on a port of its own, so that a worker in another process may talk to it as well.

mod conversation;
mod received;
mod tls;

pub use received::{Envelope, File, Received};
pub use tls::Protection;

use mailer::{Security, SmtpSettings};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A moment of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The greeting, before the client said anything.
    Greeting,
    /// `EHLO`.
    Hello,
    /// `AUTH`.
    Auth,
    /// `MAIL FROM`.
    Mail,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`, before the mail.
    Data,
    /// After the whole mail and its final dot.
    Body,
}

/// What goes wrong. A fault of [`Stage::Greeting`], [`Stage::Hello`] or [`Stage::Auth`] is used up by
/// the next connection, every other by the next mail (from its `MAIL FROM` on).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: this mail is accepted.
    None,
    /// This answer (`451`, `4.7.1 greylisted`) instead of the usual one. A mail refused is not kept.
    Reply(Stage, u16, String),
    /// No answer from there on, until the client hangs up.
    Silence(Stage),
    /// Hangs up at this moment, without an answer.
    Drop(Stage),
    /// Hangs up in the middle of the mail.
    DropMidData,
    /// **Accepts** the whole mail (it is kept) and hangs up without saying so.
    DropAfterData,
    /// Accepts the mail and says so, but only after this long.
    Slow(Duration),
    /// Accepts the mail, says so, and hangs up.
    AcceptAndLeave,
}

impl Fault {
    /// `4xx` after the whole mail.
    pub fn temporary() -> Self {
        Self::Reply(Stage::Body, 451, "4.3.0 try again later".to_owned())
    }

    /// `5xx` to the recipient.
    pub fn permanent() -> Self {
        Self::Reply(Stage::Recipient, 550, "5.1.1 no such user".to_owned())
    }

    fn stage(&self) -> Stage {
        match self {
            Self::Reply(stage, ..) | Self::Silence(stage) | Self::Drop(stage) => *stage,
            Self::DropMidData => Stage::Data,
            _ => Stage::Body,
        }
    }

    fn is_of_connection(&self) -> bool {
        matches!(self.stage(), Stage::Greeting | Stage::Hello | Stage::Auth)
    }
}

/// What the server offers.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// TLS from the first byte, `STARTTLS`, or none.
    pub protection: Protection,
    /// The only account that may send; none: everybody may.
    pub account: Option<(String, String)>,
    /// Addresses outside ASCII are not taken.
    pub ascii_only: bool,
    /// It gives each mail an id of its own instead of the mail's, as some relays do.
    pub renames: bool,
}

#[derive(Default)]
struct State {
    plan: VecDeque<Fault>,
    /// Recipients refused, with the code and text.
    refused: BTreeMap<String, (u16, String)>,
    heard: Vec<Received>,
    hellos: Vec<String>,
    connections: usize,
    begun: usize,
    listening: Option<CancellationToken>,
    /// Holds the port while the server is stopped.
    reserved: Option<TcpSocket>,
}

/// A running mail server.
pub struct SmtpServer {
    address: SocketAddr,
    offer: Offer,
    tls: tls::Tls,
    state: Mutex<State>,
    changed: Notify,
    tasks: TaskTracker,
}

impl SmtpServer {
    /// A server without TLS that takes everything.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Arc<Self> {
        Self::offering(Offer::default()).await
    }

    /// A server that offers this.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn offering(offer: Offer) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server = Arc::new(Self {
            address: listener.local_addr().expect("an address"),
            offer,
            tls: tls::Tls::fresh(),
            state: Mutex::default(),
            changed: Notify::new(),
            tasks: TaskTracker::new(),
        });
        server.listen(listener);
        server
    }

    /// The value of `CLEA_MAIL` for this server, with its account.
    pub fn url(&self) -> String {
        let account = self.offer.account.as_ref();
        let account = account.map(|(name, secret)| format!("{name}:{secret}@")).unwrap_or_default();
        let security = match self.offer.protection {
            Protection::None => "none",
            Protection::StartTls => "starttls",
            Protection::Tls => "tls",
        };
        format!("smtp://{account}{}?security={security}", self.address)
    }

    /// The settings of a transport for this server: four connections, five seconds of patience, and
    /// its certificate trusted.
    pub fn settings(&self) -> SmtpSettings {
        let account = self.offer.account.clone();
        SmtpSettings {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            hello: "clea.test".parse().expect("a name"),
            security: match self.offer.protection {
                Protection::None => Security::None,
                Protection::StartTls => Security::StartTls,
                Protection::Tls => Security::Tls,
            },
            username: account.as_ref().map(|(name, _)| name.clone()),
            password: account.map(|(_, secret)| secret),
            pool_size: 4,
            timeout: Duration::from_secs(5),
            extra_root_pem: Some(self.root_pem().into_bytes()),
        }
    }

    /// The certificate to trust, as PEM.
    pub fn root_pem(&self) -> String {
        self.tls.root_pem.clone()
    }

    /// What was accepted so far, oldest first; with the mails whose acceptance was not heard.
    pub fn sent(&self) -> Vec<Received> {
        self.lock().heard.iter().filter(|mail| mail.accepted).cloned().collect()
    }

    /// Every mail that came whole, accepted or not, oldest first.
    pub fn heard(&self) -> Vec<Received> {
        self.lock().heard.clone()
    }

    /// The mails accepted for an address, oldest first.
    pub fn sent_to(&self, address: &str) -> Vec<Received> {
        self.sent().into_iter().filter(|mail| mail.to.contains(address)).collect()
    }

    /// The names under which it was greeted, oldest first.
    pub fn hellos(&self) -> Vec<String> {
        self.lock().hellos.clone()
    }

    /// How it called the mail of this number, the first being 1.
    pub fn own_id(number: usize) -> String {
        format!("0102018f{number:08x}-7c1d{number:04x}-000000")
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.lock().connections
    }

    /// How many mails were begun (`MAIL FROM`), whatever became of them.
    pub fn begun(&self) -> usize {
        self.lock().begun
    }

    /// What goes wrong next, one after the other; after the last fault all goes well.
    pub fn plan(&self, faults: impl IntoIterator<Item = Fault>) {
        self.lock().plan.extend(faults);
    }

    /// Refuses this recipient from now on, with a code and its text.
    pub fn refuse(&self, address: &str, code: u16, text: &str) {
        self.lock().refused.insert(address.to_owned(), (code, text.to_owned()));
    }

    /// Takes mails for this recipient again.
    pub fn take_again(&self, address: &str) {
        self.lock().refused.remove(address);
    }

    /// Waits until this many mails were accepted.
    ///
    /// # Panics
    /// When they do not come within a minute.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        self.wait_until(|server| server.sent().len() >= count).await;
        self.sent()
    }

    /// Waits until this holds; looked at whenever a connection, a mail or a planned fault is taken.
    ///
    /// # Panics
    /// When it does not hold within a minute.
    pub async fn wait_until(&self, holds: impl Fn(&Self) -> bool) {
        let waited = tokio::time::timeout(Duration::from_mins(1), async {
            loop {
                let changed = self.changed.notified();
                if holds(self) {
                    return;
                }
                changed.await;
            }
        });
        assert!(waited.await.is_ok(), "not within a minute; accepted: {}", self.sent().len());
    }

    /// Goes away: every connection is cut and new ones are refused; the port stays its own.
    pub async fn stop(&self) {
        if let Some(listening) = self.lock().listening.take() {
            listening.cancel();
        }
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
        self.lock().reserved = Some(self.socket());
    }

    /// Comes back on the same port.
    ///
    /// # Panics
    /// When the port cannot be listened on.
    pub fn resume(self: &Arc<Self>) {
        let socket = self.lock().reserved.take();
        if let Some(socket) = socket {
            self.listen(socket.listen(1024).expect("the port is held"));
        }
    }

    fn socket(&self) -> TcpSocket {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("an option of the socket");
        socket.bind(self.address).expect("the port was ours");
        socket
    }

    fn listen(self: &Arc<Self>, listener: TcpListener) {
        let stop = CancellationToken::new();
        self.lock().listening = Some(stop.clone());
        let server = Arc::downgrade(self);
        let tasks = self.tasks.clone();
        self.tasks.spawn(stop.clone().run_until_cancelled_owned(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Some(server) = server.upgrade() else { return };
                server.lock().connections += 1;
                server.changed.notify_waiters();
                let conversation = async move { conversation::run(&server, stream).await };
                tasks.spawn(stop.clone().run_until_cancelled_owned(conversation));
            }
        }));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault planned for the next connection, used up.
    fn next_of_connection(&self) -> Option<Fault> {
        let mut state = self.lock();
        if state.plan.front().is_some_and(Fault::is_of_connection) {
            state.plan.pop_front()
        } else {
            None
        }
    }

    /// The fault planned for the next mail, used up.
    fn next_of_mail(&self) -> Fault {
        let mut state = self.lock();
        state.begun += 1;
        let next = if state.plan.front().is_some_and(Fault::is_of_connection) {
            None
        } else {
            state.plan.pop_front()
        };
        drop(state);
        self.changed.notify_waiters();
        next.unwrap_or(Fault::None)
    }

    /// Why a recipient is refused.
    fn refusal(&self, address: &str) -> Option<(u16, String)> {
        self.lock().refused.get(address).cloned()
    }

    /// Keeps a mail that came whole; gives its number.
    fn keep(&self, mail: Received) -> usize {
        let mut state = self.lock();
        state.heard.push(mail);
        let number = state.heard.len();
        drop(state);
        self.changed.notify_waiters();
        number
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        if let Some(listening) = self.lock().listening.take() {
            listening.cancel();
        }
    }
}
