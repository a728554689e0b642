//! What the mail server reports with: the report itself, a message of RFC 3464, or JSON with the fields of one
//! as they stand there.

use axum::http::HeaderValue;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use mail_parser::{
    HeaderValue as Field, Message, MessageParser, MessagePart, MimeHeaders, PartType,
};
use serde::Deserialize;
use service::clock::paris_date;
use service::notice::BounceReport;

/// The first year and the last of an instant that a database keeps.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=9998;
/// How many recipients of one report are looked at: the platform writes to one at a time.
const MOST_RECIPIENTS: usize = 20;
/// What names the mail in the fields about the message: the envelope's id, and the queue's of known servers.
const QUEUE_IDS: [&str; 3] =
    ["Original-Envelope-Id", "X-Postfix-Queue-ID", "X-Original-Message-ID"];
/// Where a status stands that is told in the diagnostic alone.
const UNDEFINED_FAILURE: &str = "5.0.0";

/// The reports of a request's body, one for each recipient that it tells of; none when it is no report.
pub(super) fn read(content_type: Option<&HeaderValue>, body: &[u8]) -> Option<Vec<BounceReport>> {
    let full = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = full.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let reports = match media.as_str() {
        "message/rfc822" | "message/global" => of_message(body),
        "multipart/report" | "multipart/mixed" => {
            // The head of the message travelled as the request's.
            let head = format!("MIME-Version: 1.0\r\nContent-Type: {full}\r\n\r\n");
            of_message(&[head.as_bytes(), body].concat())
        }
        _ => vec![serde_json::from_slice::<Fields>(body).ok()?.into_report()],
    };
    (!reports.is_empty() && reports.iter().all(is_storable)).then_some(reports)
}

/// No database keeps a NUL, nor a year of five digits.
fn is_storable(report: &BounceReport) -> bool {
    let told = [&report.recipient, &report.diagnostic, &report.action];
    let told = told.into_iter().flatten().chain([&report.status]).chain(&report.ids);
    let dated = report.bounced_on.is_none_or(|on| YEARS.contains(&on.year()));
    dated && told.into_iter().all(|text| !text.contains('\0'))
}

/// A bounce in JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    /// The mail's `Message-ID`, or the id that the mail server gave it, with or without angle brackets.
    message_id: String,
    /// The address that did not take it, `rfc822;` before it or not.
    recipient: Option<String>,
    /// The enhanced status code, as `5.1.1`.
    status: String,
    /// What was done of it: `failed`, `delayed`…
    action: Option<String>,
    /// When; now when left out.
    at: Option<DateTime<Utc>>,
    /// What the mail server said.
    diagnostic: Option<String>,
}

impl Fields {
    fn into_report(self) -> BounceReport {
        BounceReport {
            ids: vec![self.message_id],
            recipient: self.recipient,
            status: self.status,
            action: self.action,
            bounced_on: self.at.map(day),
            diagnostic: self.diagnostic,
        }
    }
}

/// The day of an instant in Paris; of one that no calendar of ours holds, its own.
fn day(at: DateTime<Utc>) -> NaiveDate {
    if YEARS.contains(&at.year()) { paris_date(at) } else { at.date_naive() }
}

/// The reports of a whole message; none when it holds none.
fn of_message(raw: &[u8]) -> Vec<BounceReport> {
    let Some(message) = MessageParser::default().parse(raw) else { return Vec::new() };
    let Some(status) = part(&message, &["delivery-status", "global-delivery-status"]) else {
        return Vec::new();
    };
    let status = String::from_utf8_lossy(status.contents()).replace("\r\n", "\n");
    // Fields about the message, then those of each recipient, apart by empty lines.
    let mut groups = status.split("\n\n").filter(|group| !group.trim().is_empty()).map(Group::of);
    let Some(about) = groups.next() else { return Vec::new() };
    let mut ids: Vec<String> = original_id(&message).into_iter().collect();
    ids.extend(QUEUE_IDS.iter().filter_map(|name| about.field(name)));
    ids.extend(answered_ids(&message));
    let written = message.date().and_then(|date| DateTime::from_timestamp(date.to_timestamp(), 0));
    let report = |group: Group| {
        let action = group.field("Action")?;
        let diagnostic = group.field("Diagnostic-Code");
        let status = group.field("Status").or_else(|| enhanced(diagnostic.as_deref()?));
        let tried = group.field("Last-Attempt-Date").and_then(|text| instant(&text));
        Some(BounceReport {
            ids: ids.clone(),
            recipient: group.field("Original-Recipient").or_else(|| group.field("Final-Recipient")),
            status: status.unwrap_or_else(|| UNDEFINED_FAILURE.to_owned()),
            action: Some(action),
            bounced_on: tried.or(written).map(day),
            // `smtp; 550 5.1.1 …`: the type says nothing to people.
            diagnostic: diagnostic.map(|text| {
                text.split_once(';').map_or(text.as_str(), |(_, told)| told).trim().to_owned()
            }),
        })
    };
    groups.take(MOST_RECIPIENTS).filter_map(report).collect()
}

/// The first part whose type is `message/` or `text/` and one of these.
fn part<'a, 'm>(message: &'a Message<'m>, subtypes: &[&str]) -> Option<&'a MessagePart<'m>> {
    message.parts.iter().find(|part| {
        let of = part.content_type().filter(|of| ["message", "text"].contains(&of.ctype()));
        let subtype = of.and_then(|of| of.subtype()).map(str::to_ascii_lowercase);
        subtype.is_some_and(|subtype| subtypes.contains(&subtype.as_str()))
    })
}

/// The `Message-ID` of the mail that comes back, whole or by its head alone.
fn original_id(message: &Message<'_>) -> Option<String> {
    let returned = ["rfc822", "global", "rfc822-headers", "global-headers"];
    let part = part(message, &returned)?;
    if let PartType::Message(original) = &part.body {
        return original.message_id().map(str::to_owned);
    }
    let head = [part.contents(), b"\r\n\r\n"].concat();
    MessageParser::default().parse_headers(&head)?.message_id().map(str::to_owned)
}

/// The mails that the report says it answers.
fn answered_ids(message: &Message<'_>) -> Vec<String> {
    let texts = |field: &Field<'_>| match field {
        Field::Text(text) => vec![text.to_string()],
        Field::TextList(texts) => texts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    [message.in_reply_to(), message.references()].into_iter().flat_map(texts).collect()
}

/// A group of fields.
struct Group<'a>(&'a str);

impl<'a> Group<'a> {
    fn of(text: &'a str) -> Self {
        Self(text)
    }

    /// The text of a field, unfolded.
    fn field(&self, name: &str) -> Option<String> {
        let mut lines = self.0.lines().skip_while(|line| {
            !line.split_once(':').is_some_and(|(told, _)| told.trim().eq_ignore_ascii_case(name))
        });
        let (_, first) = lines.next()?.split_once(':')?;
        let folded = lines.take_while(|line| line.starts_with([' ', '\t']));
        let text =
            std::iter::once(first).chain(folded).map(str::trim).collect::<Vec<_>>().join(" ");
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

/// The enhanced code in what a server said.
fn enhanced(diagnostic: &str) -> Option<String> {
    let code = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && part.parse::<u16>().is_ok())
    };
    diagnostic.split_whitespace().find(code).map(str::to_owned)
}

/// An instant as mails write it.
fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.split_once('(').map_or(text, |(text, _)| text).trim();
    DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc())
}
