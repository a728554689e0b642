//! One socket, from its opening to its close.

use super::feed::Ears;
use super::operation::{self, Line, Work};
use super::protocol::{Close, Heard, NAME, Told};
use super::room::{Counted, Live};
use crate::door::{Class, Who};
use crate::http::{self, Asked};
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use serde_json::{Map, Value};
use service::account::{self, Client};
use service::change;
use service::context::Actor;
use service::error::ActError;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use telemetry::{mask, metrics};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

/// Results that wait to be written; the operations wait for a place, so that a slow reader costs no memory.
const WAITING: usize = 16;
/// How long a client may take to answer a close.
const CLOSE_PATIENCE: Duration = Duration::from_secs(1);
/// How often a silent client is pinged before it is taken for gone.
const PINGS: u32 = 3;

/// A socket that was just opened.
pub(super) struct Opened {
    /// Ties its traces together.
    pub(super) correlation_id: String,
    /// From where.
    pub(super) client: Client,
    /// The header `Authorization` of its opening.
    pub(super) authorization: Option<String>,
    /// Counts for its address until it says whose it is.
    pub(super) unknown: Option<Counted>,
    /// Its place among those that a process keeps.
    pub(super) _room: OwnedSemaphorePermit,
}

/// Who is at the other end.
struct Session {
    token: Option<String>,
    actor: Actor,
    roles: watch::Sender<u64>,
    _counted: Counted,
}

/// Serves a socket until it is closed.
pub(super) async fn serve(live: Arc<Live>, socket: WebSocket, opened: Opened) {
    let span = tracing::info_span!("socket", correlation_id = opened.correlation_id);
    let _open = metrics::socket();
    live.poll();
    let started = Instant::now();
    let speaks = socket.protocol().is_some_and(|name| name.as_bytes() == NAME.as_bytes());
    let (sink, stream) = socket.split();
    let (lines, said) = mpsc::channel(WAITING);
    let mut end = End {
        sink,
        stream,
        conversation: Conversation {
            live,
            opened,
            lines,
            session: None,
            running: HashMap::new(),
            runs: 0,
        },
    };
    async {
        let close = if speaks { end.talk(said).await } else { Close::PROTOCOL };
        // Operations end with the conversation, before the client is told.
        end.conversation.running.clear();
        end.close(&close).await;
        let session = end.conversation.session.as_ref();
        let account = session.map(|session| session.actor.name()).unwrap_or_default();
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (code, operations) = (close.code, end.conversation.runs);
        metrics::socket_closed(code);
        tracing::info!(code, ms, account, operations, "socket closed");
    }
    .instrument(span)
    .await;
}

/// The server's end of a socket.
struct End {
    sink: SplitSink<WebSocket, Message>,
    stream: SplitStream<WebSocket>,
    conversation: Conversation,
}

impl End {
    /// Hears and says until there is a reason to close.
    async fn talk(&mut self, mut said: mpsc::Receiver<Line>) -> Close {
        let limits = self.conversation.live.limits().clone();
        let stop = self.conversation.live.operation.stopping.clone();
        let init = tokio::time::sleep(limits.init_patience);
        tokio::pin!(init);
        let mut recheck = tokio::time::interval(limits.recheck);
        recheck.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut heard_at, mut pings) = (Instant::now(), 0);
        loop {
            let done = tokio::select! {
                () = stop.cancelled() => Err(Close::RESTART),
                () = &mut init, if self.conversation.session.is_none() => Err(Close::SILENT),
                frame = self.stream.next() => {
                    (heard_at, pings) = (Instant::now(), 0);
                    self.hear(frame).await
                }
                Some(line) = said.recv() => match self.conversation.say(line) {
                    Some(text) => self.send(Message::Text(text.into())).await,
                    None => Ok(()),
                },
                _ = recheck.tick() => {
                    let silent = heard_at.elapsed();
                    if silent > limits.silence {
                        Err(Close::GONE)
                    } else if silent > limits.silence * (pings + 1) / (PINGS + 1) {
                        pings += 1;
                        self.send(Message::Ping(Vec::new().into())).await
                    } else {
                        self.conversation.recheck().await
                    }
                }
            };
            if let Err(close) = done {
                return close;
            }
        }
    }

    async fn hear(&mut self, frame: Option<Result<Message, axum::Error>>) -> Result<(), Close> {
        let text = match frame {
            None | Some(Ok(Message::Close(_))) => return Err(Close::GONE),
            Some(Err(error)) => return Err(broken(&error)),
            Some(Ok(Message::Binary(_))) => return Err(Close::INVALID),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Text(text))) => text,
        };
        match self.conversation.hear(Heard::read(&text)?).await? {
            Some(answer) => self.send(Message::Text(answer.into())).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), Close> {
        let patience = self.conversation.live.limits().write_patience;
        match tokio::time::timeout(patience, self.sink.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Close::GONE),
        }
    }

    /// Says why, and lets the client read it before the connection ends.
    async fn close(&mut self, close: &Close) {
        let frame = CloseFrame { code: close.code, reason: close.reason.to_string().into() };
        let told = async {
            self.sink.send(Message::Close(Some(frame))).await.ok()?;
            while let Some(Ok(frame)) = self.stream.next().await {
                if matches!(frame, Message::Close(_)) {
                    break;
                }
            }
            Some(())
        };
        let _ = tokio::time::timeout(CLOSE_PATIENCE, told).await;
    }
}

/// Why a connection could not be read: what is told to a client that sent too much, if it still listens.
fn broken(error: &axum::Error) -> Close {
    let text = error.to_string();
    if text.contains("too long") || text.contains("too big") {
        Close::TOO_LARGE
    } else {
        Close::GONE
    }
}

/// What is known of the client, and what runs for it.
struct Conversation {
    live: Arc<Live>,
    opened: Opened,
    lines: mpsc::Sender<Line>,
    session: Option<Session>,
    running: HashMap<String, (u64, AbortOnDropHandle<()>)>,
    runs: u64,
}

impl Conversation {
    /// Carries out a message; what is answered at once, if anything.
    async fn hear(&mut self, heard: Heard) -> Result<Option<String>, Close> {
        match heard {
            Heard::ConnectionInit { .. } if self.session.is_some() => Err(Close::INIT_TWICE),
            Heard::ConnectionInit { payload } => {
                self.session = Some(self.sign_in(payload).await?);
                Ok(Some(Told::ConnectionAck.text()))
            }
            Heard::Ping { payload } => Ok(Some(Told::Pong(payload.as_ref()).text())),
            Heard::Pong {} => Ok(None),
            Heard::Subscribe { id, payload } => self.run(id, payload),
            Heard::Complete { id } => {
                self.running.remove(&id);
                Ok(None)
            }
        }
    }

    /// Who the client says that it is: in the message, else in the header of its opening; else nobody.
    async fn sign_in(&mut self, payload: Option<Map<String, Value>>) -> Result<Session, Close> {
        let told = payload.unwrap_or_default().into_iter();
        let told = told.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let told = match told {
            None | Some((_, Value::Null)) => self.opened.authorization.clone(),
            Some((_, Value::String(told))) => Some(told),
            Some(_) => return Err(Close::INVALID),
        };
        let (token, actor) = match told {
            None => (None, Actor::Anonymous),
            Some(told) => {
                let token = http::bearer(&told).ok_or(Close::FORBIDDEN)?.to_owned();
                let actor = self.authenticate(&token).await?;
                (Some(token), actor)
            }
        };
        self.opened.unknown = None;
        let caller = Who::of(&actor, &self.opened.client);
        let counted = self.live.count(&caller).ok_or(Close::TOO_MANY)?;
        Ok(Session { token, actor, roles: watch::Sender::new(0), _counted: counted })
    }

    async fn authenticate(&self, token: &str) -> Result<Actor, Close> {
        let app = &self.live.state.app;
        match account::authenticate(app, &app.db, token).await {
            Ok(Some(actor)) => Ok(actor),
            Ok(None) | Err(ActError::Refused(_)) => Err(Close::FORBIDDEN),
            Err(ActError::Fault(error)) => {
                tracing::warn!(error = mask::error(&error), "a session was not looked at");
                Err(Close::LATER)
            }
        }
    }

    /// Asks again whether the session holds, and with which roles. While the database does not serve nothing
    /// is told, and nothing ends.
    async fn recheck(&mut self) -> Result<(), Close> {
        let Some(token) = self.session.as_ref().and_then(|session| session.token.clone()) else {
            return Ok(());
        };
        let actor = match self.authenticate(&token).await {
            Ok(actor) => actor,
            Err(close) if close == Close::LATER => return Ok(()),
            Err(close) => return Err(close),
        };
        if let Some(session) = &mut self.session
            && change::digest(&actor.sight()) != change::digest(&session.actor.sight())
        {
            session.actor = actor;
            session.roles.send_modify(|changes| *changes += 1);
        }
        Ok(())
    }

    /// Begins an operation in a task of its own.
    fn run(&mut self, id: String, asked: Asked) -> Result<Option<String>, Close> {
        let Some(session) = &self.session else { return Err(Close::UNAUTHORIZED) };
        if self.running.contains_key(&id) {
            return Err(Close::duplicate(&id));
        }
        let limits = self.live.limits();
        let correlation_id = format!("{}.{}", self.opened.correlation_id, self.runs);
        let address = Who::Address(self.opened.client.address);
        let refused = if self.running.len() >= limits.most_operations {
            Some(operation::TOO_MANY)
        } else {
            self.live.state.door.count(Class::Request, &address, 1).err()
        };
        if let Some(refused) = refused {
            let errors = operation::errors(&refused, &correlation_id);
            return Ok(Some(Told::Error(&id, &errors).text()));
        }
        self.runs += 1;
        let work = Work {
            state: self.live.state.clone(),
            timeout: self.live.operation.timeout,
            client: self.opened.client.clone(),
            token: session.token.clone(),
            actor: session.actor.clone(),
            ears: Ears { roles: session.roles.subscribe(), every: limits.recheck },
            correlation_id,
            id: id.clone(),
            run: self.runs,
            lines: self.lines.clone(),
        };
        let task = tokio::spawn(work.carry_out(asked).in_current_span());
        self.running.insert(id, (self.runs, AbortOnDropHandle::new(task)));
        Ok(None)
    }

    /// What is written of a line: nothing when its operation was ended meanwhile.
    fn say(&mut self, line: Line) -> Option<String> {
        let (run, _) = self.running.get(&line.id)?;
        if *run != line.run {
            return None;
        }
        if line.last {
            self.running.remove(&line.id);
        }
        Some(line.text)
    }
}
