//! The server's side of one connection.

use super::received::{Envelope, Received};
use super::{Fault, Protection, SmtpServer, Stage};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufStream,
};
use tokio::net::TcpStream;

/// Whatever the bytes travel in.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// How a step of the conversation ended.
type Step<T> = io::Result<T>;

/// The server hangs up.
fn hang_up<T>() -> Step<T> {
    Err(io::Error::from(io::ErrorKind::ConnectionAborted))
}

struct Conversation<'a> {
    server: &'a SmtpServer,
    stream: BufStream<Box<dyn Stream>>,
    /// What goes wrong with this connection.
    connection: Option<Fault>,
    /// What goes wrong with the mail that is being said.
    mail: Fault,
    secured: bool,
    signed_in: bool,
    envelope: Envelope,
}

/// Talks until either side hangs up.
pub(super) async fn run(server: &SmtpServer, stream: TcpStream) {
    let connection = server.next_of_connection();
    server.changed.notify_waiters();
    let tls = server.offer.protection == Protection::Tls;
    let stream: Box<dyn Stream> = if tls {
        match server.tls.acceptor.accept(stream).await {
            Ok(stream) => Box::new(stream),
            Err(_) => return,
        }
    } else {
        Box::new(stream)
    };
    let mut conversation = Conversation {
        server,
        stream: BufStream::new(stream),
        connection,
        mail: Fault::None,
        secured: tls,
        signed_in: server.offer.account.is_none(),
        envelope: Envelope::default(),
    };
    // An error is the other side or the plan hanging up: the end either way.
    let _ended = conversation.talk().await;
    let _closed = conversation.stream.shutdown().await;
}

impl Conversation<'_> {
    async fn talk(&mut self) -> Step<()> {
        if !self.goes_wrong(Stage::Greeting).await? {
            self.answer("220 clea.test ESMTP").await?;
        }
        while let Some(line) = self.line().await? {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" | "HELO" => self.hello(&line).await?,
                "STARTTLS" if self.server.offer.protection == Protection::StartTls => {
                    self.start_tls().await?;
                }
                "AUTH" => self.sign_in(&line).await?,
                "MAIL" => self.mail_from(&line).await?,
                "RCPT" => self.recipient(&line).await?,
                "DATA" => self.data().await?,
                "RSET" => {
                    self.envelope = Envelope::default();
                    self.answer("250 2.0.0 Ok").await?;
                }
                "NOOP" => self.answer("250 2.0.0 Ok").await?,
                "QUIT" => return self.answer("221 2.0.0 Bye").await,
                _ => self.answer("502 5.5.1 unknown command").await?,
            }
        }
        Ok(())
    }

    async fn hello(&mut self, line: &str) -> Step<()> {
        let name = line.split(' ').nth(1).unwrap_or_default().to_owned();
        self.server.lock().hellos.push(name);
        if self.goes_wrong(Stage::Hello).await? {
            return Ok(());
        }
        let mut lines = vec!["clea.test", "8BITMIME", "ENHANCEDSTATUSCODES"];
        if !self.server.offer.ascii_only {
            lines.push("SMTPUTF8");
        }
        if self.server.offer.protection == Protection::StartTls && !self.secured {
            lines.push("STARTTLS");
        }
        if self.server.offer.account.is_some() {
            lines.push("AUTH PLAIN");
        }
        // The last line is the one without a dash.
        let last = lines.pop().unwrap_or_default();
        let mut answer = String::new();
        for line in lines {
            answer.push_str("250-");
            answer.push_str(line);
            answer.push_str("\r\n");
        }
        answer.push_str("250 ");
        answer.push_str(last);
        self.answer(&answer).await
    }

    async fn start_tls(&mut self) -> Step<()> {
        self.answer("220 2.0.0 Ready").await?;
        let closed: Box<dyn Stream> = Box::new(io_nothing());
        let plain = std::mem::replace(&mut self.stream, BufStream::new(closed)).into_inner();
        let secured = self.server.tls.acceptor.accept(plain).await?;
        self.stream = BufStream::new(Box::new(secured));
        self.secured = true;
        Ok(())
    }

    async fn sign_in(&mut self, line: &str) -> Step<()> {
        if self.goes_wrong(Stage::Auth).await? {
            return Ok(());
        }
        let given = if let Some(initial) = line.split(' ').nth(2) {
            initial.to_owned()
        } else {
            self.answer("334 ").await?;
            self.line().await?.unwrap_or_default()
        };
        let plain = STANDARD.decode(given.trim()).unwrap_or_default();
        let expected = self.server.offer.account.as_ref();
        let expected = expected.map(|(name, secret)| format!("\0{name}\0{secret}").into_bytes());
        self.signed_in = expected.is_some_and(|expected| expected == plain);
        let answer =
            if self.signed_in { "235 2.7.0 welcome" } else { "535 5.7.8 authentication failed" };
        self.answer(answer).await
    }

    async fn mail_from(&mut self, line: &str) -> Step<()> {
        self.mail = self.server.next_of_mail();
        self.envelope = Envelope { from: address(line), to: Vec::new() };
        if self.goes_wrong(Stage::Mail).await? {
            return Ok(());
        }
        let unprotected = self.server.offer.protection == Protection::StartTls && !self.secured;
        let answer = if unprotected {
            "530 5.7.0 STARTTLS first"
        } else if !self.signed_in {
            "530 5.7.0 authentication required"
        } else {
            "250 2.1.0 Ok"
        };
        self.answer(answer).await
    }

    async fn recipient(&mut self, line: &str) -> Step<()> {
        if self.goes_wrong(Stage::Recipient).await? {
            return Ok(());
        }
        let address = address(line);
        if let Some((code, text)) = self.server.refusal(&address) {
            return self.answer(&format!("{code} {text}")).await;
        }
        self.envelope.to.push(address);
        self.answer("250 2.1.5 Ok").await
    }

    async fn data(&mut self) -> Step<()> {
        if self.mail != Fault::DropMidData && self.goes_wrong(Stage::Data).await? {
            return Ok(());
        }
        if self.envelope.to.is_empty() {
            return self.answer("503 5.5.1 no recipient").await;
        }
        self.answer("354 go ahead").await?;
        if self.mail == Fault::DropMidData {
            let mut some = [0; 64];
            self.stream.read_exact(&mut some).await?;
            return hang_up();
        }
        let raw = self.body().await?;
        let envelope = std::mem::take(&mut self.envelope);
        let accepted = match self.mail {
            Fault::Reply(Stage::Body, code, _) => (200..300).contains(&code),
            Fault::Silence(_) | Fault::Drop(_) => false,
            _ => true,
        };
        let number = self.server.keep(Received::parse(&raw, envelope, accepted));
        if self.goes_wrong(Stage::Body).await? {
            return Ok(());
        }
        if let Fault::Slow(delay) = self.mail {
            tokio::time::sleep(delay).await;
        }
        if self.mail == Fault::DropAfterData {
            return hang_up();
        }
        let taken = if self.server.offer.renames {
            format!("250 Ok {}", SmtpServer::own_id(number))
        } else {
            format!("250 2.0.0 Ok: queued as {number}")
        };
        self.answer(&taken).await?;
        if self.mail == Fault::AcceptAndLeave { hang_up() } else { Ok(()) }
    }

    /// The mail up to its final dot, the doubled dots single again.
    async fn body(&mut self) -> Step<Vec<u8>> {
        let mut mail = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line).await? == 0 {
                return hang_up();
            }
            if line == b".\r\n" {
                return Ok(mail);
            }
            mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }

    /// Whether what was planned for this moment was said instead of the usual answer.
    async fn goes_wrong(&mut self, now: Stage) -> Step<bool> {
        let fault = match now {
            Stage::Greeting | Stage::Hello | Stage::Auth => self.connection.clone(),
            _ => Some(self.mail.clone()),
        };
        match fault {
            Some(Fault::Reply(stage, code, text)) if stage == now => {
                self.answer(&format!("{code} {text}")).await?;
                Ok(true)
            }
            Some(Fault::Drop(stage)) if stage == now => hang_up(),
            Some(Fault::Silence(stage)) if stage == now => {
                // Reads and says nothing, until the other side has had enough.
                let mut ignored = [0; 4096];
                while self.stream.read(&mut ignored).await? > 0 {}
                hang_up()
            }
            _ => Ok(false),
        }
    }

    async fn line(&mut self) -> Step<Option<String>> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).await?;
        Ok((read > 0).then(|| line.trim_end().to_owned()))
    }

    async fn answer(&mut self, text: &str) -> Step<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.write_all(b"\r\n").await?;
        self.stream.flush().await
    }
}

/// What stands in for the stream while TLS begins.
fn io_nothing() -> impl Stream {
    tokio::io::join(tokio::io::empty(), tokio::io::sink())
}

/// The address between the angle brackets.
fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}
