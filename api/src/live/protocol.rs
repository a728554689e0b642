//! The messages of `graphql-transport-ws` and the codes that a socket is closed with.

use crate::http::Asked;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// The subprotocol's name.
pub(super) const NAME: &str = "graphql-transport-ws";
/// The longest reason of a close, in bytes.
const LONGEST_REASON: usize = 123;

/// How a socket is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    /// The code.
    pub(super) code: u16,
    /// Why, for developers; in English, as the protocol has it.
    pub(super) reason: Cow<'static, str>,
}

impl Close {
    const fn of(code: u16, reason: &'static str) -> Self {
        Self { code, reason: Cow::Borrowed(reason) }
    }

    /// The client left, or cannot be reached any more.
    pub(super) const GONE: Self = Self::of(1000, "");
    /// A message beyond the largest.
    pub(super) const TOO_LARGE: Self = Self::of(1009, "Message too large");
    /// The process stops: another one, or the next, serves.
    pub(super) const RESTART: Self = Self::of(1012, "Service restart");
    /// The database does not serve for now.
    pub(super) const LATER: Self = Self::of(1013, "Try again later");
    /// No message of the protocol.
    pub(super) const INVALID: Self = Self::of(4400, "Invalid message received");
    /// An operation before the connection was acknowledged.
    pub(super) const UNAUTHORIZED: Self = Self::of(4401, "Unauthorized");
    /// A token that does not hold, or holds no more.
    pub(super) const FORBIDDEN: Self = Self::of(4403, "Forbidden");
    /// A client that does not speak the protocol.
    pub(super) const PROTOCOL: Self = Self::of(4406, "Subprotocol not acceptable");
    /// Nothing was said in time.
    pub(super) const SILENT: Self = Self::of(4408, "Connection initialisation timeout");
    /// The client initialised twice.
    pub(super) const INIT_TWICE: Self = Self::of(4429, "Too many initialisation requests");
    /// The account has as many sockets as it may.
    pub(super) const TOO_MANY: Self = Self::of(4429, "Too many connections");

    /// The id stands for an operation under way.
    pub(super) fn duplicate(id: &str) -> Self {
        let mut reason = format!("Subscriber for {id}");
        let mut end = LONGEST_REASON - " already exists".len();
        if reason.len() > end {
            while !reason.is_char_boundary(end) {
                end -= 1;
            }
            reason.truncate(end);
        }
        reason.push_str(" already exists");
        Self { code: 4409, reason: reason.into() }
    }
}

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Heard {
    /// Who it is.
    ConnectionInit {
        /// `authorization` among others.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// Whether anybody is there.
    Ping {
        /// Comes back.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// That it is there.
    Pong {},
    /// An operation.
    Subscribe {
        /// Chosen by the client, once at a time.
        id: String,
        /// The operation.
        payload: Asked,
    },
    /// The operation is of no interest any more.
    Complete {
        /// Which.
        id: String,
    },
}

impl Heard {
    /// The message; a close where it is none.
    pub(super) fn read(text: &str) -> Result<Self, Close> {
        let heard: Self = serde_json::from_str(text).map_err(|_| Close::INVALID)?;
        match &heard {
            Self::Subscribe { id, .. } | Self::Complete { id } if id.is_empty() => {
                Err(Close::INVALID)
            }
            Self::Subscribe { payload, .. } if payload.is_empty() => Err(Close::INVALID),
            _ => Ok(heard),
        }
    }
}

/// What a client is told; a payload is JSON already.
#[derive(Debug, Clone, Copy)]
pub(super) enum Told<'a> {
    /// It is known.
    ConnectionAck,
    /// Somebody is there; as it came.
    Pong(Option<&'a Map<String, Value>>),
    /// A result of an operation.
    Next(&'a str, &'a str),
    /// An operation that was not executed, with its errors.
    Error(&'a str, &'a str),
    /// Nothing follows of an operation.
    Complete(&'a str),
}

impl Told<'_> {
    /// As it is sent.
    pub(super) fn text(self) -> String {
        let quoted = |id: &str| Value::from(id).to_string();
        match self {
            Self::ConnectionAck => r#"{"type":"connection_ack"}"#.to_owned(),
            Self::Pong(None) => r#"{"type":"pong"}"#.to_owned(),
            Self::Pong(Some(payload)) => json!({ "type": "pong", "payload": payload }).to_string(),
            Self::Next(id, payload) => {
                format!(r#"{{"type":"next","id":{},"payload":{payload}}}"#, quoted(id))
            }
            Self::Error(id, payload) => {
                format!(r#"{{"type":"error","id":{},"payload":{payload}}}"#, quoted(id))
            }
            Self::Complete(id) => format!(r#"{{"type":"complete","id":{}}}"#, quoted(id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_closes_the_socket() {
        for text in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"type":"start"}"#,
            r#"{"type":"connection_init","payload":"token"}"#,
            r#"{"type":"connection_init","payload":[]}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
            r#"{"type":"complete"}"#,
        ] {
            assert_eq!(Heard::read(text).expect_err(text), Close::INVALID);
        }
        for text in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"pong","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":null,"operationName":null}}"#,
            r#"{"type":"complete","id":"1"}"#,
        ] {
            assert!(Heard::read(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_reason_fits_its_frame() {
        assert_eq!(Close::duplicate("7").reason, "Subscriber for 7 already exists");
        let long = Close::duplicate(&"é".repeat(500)).reason;
        assert!(long.len() <= LONGEST_REASON && long.ends_with("é already exists"), "{long}");
    }

    #[test]
    fn messages_are_written_as_the_protocol_has_them() {
        let told = [
            (Told::ConnectionAck, r#"{"type":"connection_ack"}"#),
            (Told::Pong(None), r#"{"type":"pong"}"#),
            (
                Told::Next("a\"b", "{\"data\":null}"),
                r#"{"type":"next","id":"a\"b","payload":{"data":null}}"#,
            ),
            (Told::Error("1", "[]"), r#"{"type":"error","id":"1","payload":[]}"#),
            (Told::Complete("1"), r#"{"type":"complete","id":"1"}"#),
        ];
        for (told, text) in told {
            assert_eq!(told.text(), text);
            assert!(serde_json::from_str::<Value>(text).is_ok(), "{text}");
        }
    }
}
