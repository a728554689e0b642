//! A mail as its reader sees it, parsed from what was on the wire.

use mail_parser::{Address, MessageParser, MimeHeaders, PartType};
use mailer::Outgoing;
use std::fmt;

/// A file that came with a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// The name under which it is saved.
    pub file_name: String,
    /// Its media type, as `application/pdf`.
    pub media_type: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Whom the server was told: `MAIL FROM` and `RCPT TO`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The sender.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
}

/// A mail that left.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// `Message-ID`, without the angle brackets.
    pub message_id: String,
    /// The address of the sender.
    pub from: String,
    /// The addresses of the recipients, with a comma between them.
    pub to: String,
    /// The subject, decoded.
    pub subject: String,
    /// The plain text; lines end with `\n`.
    pub text: String,
    /// The HTML document; lines end with `\n`.
    pub html: String,
    /// The files.
    pub attachments: Vec<File>,
    /// What the server was told outside the mail.
    pub envelope: Envelope,
    /// The bytes on the wire, dots not doubled.
    pub raw: Vec<u8>,
    /// Whether the server took it, even if it could not say so.
    pub accepted: bool,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {} bytes)", self.file_name, self.media_type, self.bytes.len())
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("message_id", &self.message_id)
            .field("to", &self.to)
            .field("subject", &self.subject)
            .field("text", &self.text)
            .field("attachments", &self.attachments)
            .field("accepted", &self.accepted)
            .finish_non_exhaustive()
    }
}

impl Received {
    /// Parses a mail.
    ///
    /// # Panics
    /// When it is none: what this product sends must be readable.
    pub(super) fn parse(raw: &[u8], envelope: Envelope, accepted: bool) -> Self {
        let mail = MessageParser::default().parse(raw).expect("a mail");
        let unix = |text: &str| text.replace("\r\n", "\n");
        let part = |part: Option<&mail_parser::MessagePart<'_>>| match part.map(|p| &p.body) {
            Some(PartType::Text(text) | PartType::Html(text)) => unix(text),
            _ => String::new(),
        };
        let attachments = mail
            .attachments()
            .map(|part| File {
                file_name: part.attachment_name().unwrap_or_default().to_owned(),
                media_type: part.content_type().map_or_else(String::new, |t| {
                    format!("{}/{}", t.ctype(), t.subtype().unwrap_or_default())
                }),
                bytes: part.contents().to_vec(),
            })
            .collect();
        Self {
            message_id: mail.message_id().unwrap_or_default().to_owned(),
            from: addresses(mail.from()),
            to: addresses(mail.to()),
            subject: mail.subject().unwrap_or_default().to_owned(),
            text: part(mail.text_part(0)),
            html: part(mail.html_part(0)),
            attachments,
            envelope,
            accepted,
            raw: raw.to_vec(),
        }
    }

    /// What a reader would see of a mail that did not travel.
    ///
    /// # Panics
    /// When the mail cannot be written.
    pub fn of(mail: &Outgoing) -> Self {
        let message = mail.to_mime().expect("a mail that can be written");
        let envelope = message.envelope();
        let envelope = Envelope {
            from: envelope.from().map(ToString::to_string).unwrap_or_default(),
            to: envelope.to().iter().map(ToString::to_string).collect(),
        };
        Self::parse(&message.formatted(), envelope, true)
    }
}

fn addresses(of: Option<&Address<'_>>) -> String {
    let all: Vec<&str> =
        of.into_iter().flat_map(Address::iter).filter_map(mail_parser::Addr::address).collect();
    all.join(", ")
}
