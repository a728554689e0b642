//! One mail, ready to leave, and its form on the wire.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue, MessageId,
};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use crate::SendError;
use crate::clean::one_line;

/// Boundaries between parts. Texts are sent as quoted-printable and attachments
/// as base64, in which `=_` cannot occur: no content can forge a boundary, and
/// the same mail always has the same bytes.
const MIXED: &str = "=_clea-habilitations-mixed";
const ALTERNATIVE: &str = "=_clea-habilitations-alternative";

/// Longest message id; its header stays on one line.
const LONGEST_ID: usize = 200;

/// The year from which dates can no longer be written.
const LAST_YEAR_EXCLUDED: i64 = 253_370_764_800; // 9999-01-01

/// A file that goes with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Name under which the reader will save it.
    pub file_name: String,
    /// Media type, such as `application/pdf`.
    pub media_type: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// One mail, to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// `Message-ID`, without the angle brackets (`notice-42@clea.example.fr`).
    /// A mail that has to be repeated keeps it.
    pub message_id: String,
    /// Who writes: `Certif Pro <habilitations@example.fr>` or a bare address.
    pub from: String,
    /// Where answers go, when not to `from`.
    pub reply_to: Option<String>,
    /// The recipient: a bare address, or a name and an address.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as an HTML document.
    pub html: String,
    /// Files that go with it.
    pub attachments: Vec<Attachment>,
    /// `Date`: when the mail was written, not when it is sent; a repeated mail
    /// keeps it.
    pub date: DateTime<Utc>,
}

impl Outgoing {
    /// The mail as `multipart/mixed` (the text and the HTML as alternatives, then
    /// the attachments). The same mail always gives the same bytes.
    ///
    /// Line ends in a subject or a name become spaces. What cannot be written
    /// (an address that is none, say) is a [`SendError::Permanent`].
    pub fn to_mime(&self) -> Result<lettre::Message, SendError> {
        let mut builder = lettre::Message::builder()
            .header(MessageId::from(self.checked_id()?))
            .date(self.checked_date()?)
            .from(mailbox("from", &self.from)?)
            .to(mailbox("to", &self.to)?)
            .subject(one_line(&self.subject))
            .raw_header(raw("Auto-Submitted", "auto-generated"))
            .raw_header(raw("Content-Language", "fr"));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(mailbox("reply_to", reply_to)?);
        }

        let alternative = MultiPart::alternative()
            .boundary(ALTERNATIVE)
            .singlepart(text_part(ContentType::TEXT_PLAIN, &self.text))
            .singlepart(text_part(ContentType::TEXT_HTML, &self.html));
        let mut mixed = MultiPart::mixed().boundary(MIXED).multipart(alternative);
        for attachment in &self.attachments {
            mixed = mixed.singlepart(attachment.to_part()?);
        }
        builder
            .multipart(mixed)
            .map_err(|error| SendError::Permanent(format!("the mail is not valid: {error}")))
    }

    fn checked_id(&self) -> Result<String, SendError> {
        let id = &self.message_id;
        let sides =
            id.split_once('@').filter(|(left, right)| !left.is_empty() && !right.is_empty());
        let plain =
            id.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()[]\\,;:\"".contains(&byte));
        if sides.is_some_and(|(_, right)| !right.contains('@')) && plain && id.len() <= LONGEST_ID {
            Ok(format!("<{id}>"))
        } else {
            Err(SendError::Permanent("the message id is not of the form left@right".to_owned()))
        }
    }

    fn checked_date(&self) -> Result<SystemTime, SendError> {
        if (0..LAST_YEAR_EXCLUDED).contains(&self.date.timestamp()) {
            Ok(SystemTime::from(self.date))
        } else {
            Err(SendError::Permanent("the date of the mail is out of range".to_owned()))
        }
    }
}

impl Attachment {
    fn to_part(&self) -> Result<SinglePart, SendError> {
        let content_type = ContentType::parse(&self.media_type).map_err(|error| {
            SendError::Permanent(format!("the media type of an attachment is not valid: {error}"))
        })?;
        let name: String = one_line(&self.file_name)
            .chars()
            .map(|c| if matches!(c, '/' | '\\' | '"') { '_' } else { c })
            .collect();
        Ok(SinglePart::builder()
            .header(ContentDisposition::attachment(&name))
            .header(content_type)
            .header(ContentTransferEncoding::Base64)
            .body(self.bytes.clone()))
    }
}

fn text_part(content_type: ContentType, text: &str) -> SinglePart {
    SinglePart::builder()
        .header(content_type)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(text.to_owned())
}

fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Whether a text is `Name <address>` or an address that any mail server takes, as mails are written from.
pub fn is_mailbox(value: &str) -> bool {
    let address = mailbox("mailbox", value).map(|mailbox| mailbox.email);
    !value.contains(char::is_control) && address.is_ok_and(|address| address.to_string().is_ascii())
}

/// `Name <address>` or `address`, exactly one. The name is free text (lettre
/// quotes or encodes it); the address is checked by lettre in full, where its
/// mailbox parser would ignore whatever follows the first address. A domain in other letters is written in its
/// ASCII form (`xn--`, RFC 5890), which every mail server takes: here alone, for the envelope and the headers.
fn mailbox(field: &str, value: &str) -> Result<Mailbox, SendError> {
    let value = one_line(value);
    let (name, address) = match value.strip_suffix('>').and_then(|value| value.rsplit_once('<')) {
        Some((name, address)) => (name.trim(), address.trim()),
        None => ("", value.as_str()),
    };
    let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
    let wrong = || SendError::Permanent(format!("the address in `{field}` is not valid"));
    let (user, host) = address.rsplit_once('@').ok_or_else(wrong)?;
    let host = idna::domain_to_ascii(host).map_err(|_| wrong())?;
    let address: Address = format!("{user}@{host}").parse().map_err(|_| wrong())?;
    Ok(Mailbox::new((!name.is_empty()).then(|| name.to_owned()), address))
}
