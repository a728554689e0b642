//! A plain client of `graphql-transport-ws`, message by message.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Longer than anything here takes.
const GUARD: Duration = Duration::from_mins(1);

/// An open socket.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens one at the server `base`, with these headers.
    ///
    /// # Errors
    /// The HTTP status when it was not opened.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn open(base: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let url = format!("{}/graphql", base.replacen("http", "ws", 1));
        let mut request = url.into_client_request().expect("an address");
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a header");
            request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a value"));
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("the server does not answer: {error}"),
        }
    }

    /// Opens one that speaks the protocol.
    ///
    /// # Panics
    /// When it is not opened.
    pub async fn speaking(base: &str) -> Self {
        let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
        Self::open(base, &[protocol]).await.expect("it is opened")
    }

    /// Opens one for who holds this token, and waits until it is known.
    ///
    /// # Panics
    /// When it is not.
    pub async fn signed_in(base: &str, token: Option<&str>) -> Self {
        let mut socket = Self::speaking(base).await;
        let payload = token.map(|token| json!({ "authorization": format!("Bearer {token}") }));
        socket.send(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    /// Says this.
    ///
    /// # Panics
    /// When it cannot be sent.
    pub async fn send(&mut self, message: Value) {
        self.say(message.to_string()).await.expect("it is sent");
    }

    /// Says this text, whatever it is.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub async fn say(&mut self, text: String) -> Result<(), Error> {
        self.0.send(Message::Text(text.into())).await
    }

    /// Sends these bytes.
    ///
    /// # Errors
    /// When they cannot be sent.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) -> Result<(), Error> {
        self.0.send(Message::Binary(bytes.into())).await
    }

    /// Begins an operation.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// The next message.
    ///
    /// # Panics
    /// When none comes, or the socket is closed.
    pub async fn hear(&mut self) -> Value {
        serde_json::from_str(&self.hear_text().await).expect("JSON")
    }

    /// The next message, as it was written.
    ///
    /// # Panics
    /// When none comes, or the socket is closed.
    pub async fn hear_text(&mut self) -> String {
        match self.frame().await {
            Some(Message::Text(text)) => text.to_string(),
            other => panic!("a message was expected: {other:?}"),
        }
    }

    /// The data of the next message, a result without errors of this operation.
    ///
    /// # Panics
    /// When it is something else.
    pub async fn next(&mut self, id: &str) -> Value {
        let mut heard = self.hear().await;
        assert_eq!((&heard["type"], &heard["id"]), (&json!("next"), &json!(id)), "{heard}");
        assert!(heard["payload"].get("errors").is_none(), "{heard}");
        heard["payload"]["data"].take()
    }

    /// The code that the socket is closed with, whatever is said before; none when the connection just ends.
    ///
    /// # Panics
    /// When it stays open.
    pub async fn closed(&mut self) -> Option<u16> {
        loop {
            match self.frame().await {
                Some(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
                Some(_) => {}
                None => return None,
            }
        }
    }

    /// The next frame that is no ping; none at the end.
    async fn frame(&mut self) -> Option<Message> {
        let next = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(message)) => return Some(message),
                    Some(Err(_)) | None => return None,
                }
            }
        };
        tokio::time::timeout(GUARD, next).await.expect("something comes")
    }
}
