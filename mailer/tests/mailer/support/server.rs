//! A mail server of one's own: says what the test wants, keeps what it hears.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mailer::{Security, SmtpSettings};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with the next connection or mail.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// Takes the mail.
    Accept,
    /// Says this instead of a greeting, and hangs up.
    Greet(&'static str),
    /// Says this to `MAIL`.
    Sender(&'static str),
    /// Says this to `RCPT`.
    Recipient(&'static str),
    /// Says this once it has the whole mail.
    Final(&'static str),
    /// Hangs up once it has the whole mail, without a word.
    Cut,
    /// Takes the whole mail and answers `250`, but only after this long.
    Late(Duration),
    /// Takes the mail, then hangs up.
    AcceptAndLeave,
}

#[derive(Default)]
struct State {
    acts: Vec<Act>,
    heard: Vec<String>,
    connections: usize,
}

/// A running server; each mail (or connection refused) uses up one act, and what
/// comes after the last act is accepted.
pub(crate) struct Server {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub(crate) async fn start(acts: &[Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { acts: acts.to_vec(), ..State::default() }));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                let shared = Arc::clone(&shared);
                tokio::spawn(async move { converse(stream, &shared).await });
            }
        });
        Self { port, state }
    }

    pub(crate) fn settings(&self) -> SmtpSettings {
        SmtpSettings {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            hello: "clea.example".parse().unwrap(),
            security: Security::None,
            username: None,
            password: None,
            pool_size: 1,
            timeout: Duration::from_millis(600),
            extra_root_pem: None,
        }
    }

    /// The mails taken in full, whatever was answered.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.state.lock().unwrap().heard.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }
}

fn next(state: &Mutex<State>) -> Act {
    let mut state = state.lock().unwrap();
    if state.acts.is_empty() { Act::Accept } else { state.acts.remove(0) }
}

fn peek_greeting(state: &Mutex<State>) -> Option<&'static str> {
    let mut state = state.lock().unwrap();
    match state.acts.first() {
        Some(Act::Greet(text)) => {
            let text = *text;
            state.acts.remove(0);
            Some(text)
        }
        _ => None,
    }
}

/// Ends when either side hangs up.
async fn converse(stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    if let Some(text) = peek_greeting(state) {
        write.write_all(format!("{text}\r\n").as_bytes()).await.ok()?;
        return None;
    }
    write.write_all(b"220 test ESMTP\r\n").await.ok()?;
    let mut act = Act::Accept;
    while let Some(line) = lines.next_line().await.ok()? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match (verb.as_str(), act) {
            ("EHLO", _) => "250-test\r\n250 8BITMIME".to_owned(),
            ("MAIL", _) => {
                act = next(state);
                if let Act::Sender(text) = act { text } else { "250 2.1.0 Ok" }.to_owned()
            }
            ("RCPT", Act::Recipient(text)) => text.to_owned(),
            ("DATA", _) => {
                write.write_all(b"354 go ahead\r\n").await.ok()?;
                let mut mail = String::new();
                loop {
                    let line = lines.next_line().await.ok()??;
                    if line == "." {
                        break;
                    }
                    mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.push_str("\r\n");
                }
                let number = {
                    let mut state = state.lock().unwrap();
                    state.heard.push(mail);
                    state.heard.len()
                };
                let taken = format!("250 2.0.0 Ok: queued as {number}");
                match act {
                    Act::Final(text) => text.to_owned(),
                    Act::Cut => return None,
                    Act::Late(delay) => {
                        tokio::time::sleep(delay).await;
                        taken
                    }
                    Act::AcceptAndLeave => {
                        write.write_all(format!("{taken}\r\n").as_bytes()).await.ok()?;
                        return None;
                    }
                    _ => taken,
                }
            }
            ("QUIT", _) => return None,
            _ => "250 Ok".to_owned(),
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
    None
}
