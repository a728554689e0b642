//! Who asks: the data of one request, and how its faults are told.

use crate::lane::Lane;
use crate::rejection::UNAVAILABLE;
use crate::request::Tracked;
use async_graphql::{Context, Error, ErrorExtensions};
use chrono::NaiveDate;
use service::account::{self, Client};
use service::context::{Actor, App};
use service::error::{ActError, ActResult};
use service::outage::Outage;
use service::sight::Sight;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use telemetry::metrics::{self, ActOutcome};
use tokio::sync::OnceCell;

/// One request: the application, who asks, and what ties its traces together.
pub(crate) struct Caller {
    app: App,
    /// Where it reads.
    lane: Lane,
    token: Option<String>,
    correlation_id: String,
    client: Client,
    /// Set by the service when an idempotency key was answered as before.
    replayed: Arc<AtomicBool>,
    acts: Acts,
    state: RwLock<State>,
}

/// The acts of one request with how they ended, for its line in the log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acts(Arc<Mutex<Vec<(String, ActOutcome)>>>);

impl Acts {
    fn add(&self, name: &str, outcome: ActOutcome) {
        let mut acts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        acts.push((name.to_owned(), outcome));
    }
}

impl fmt::Display for Acts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let acts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (n, (name, outcome)) in acts.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(f, "{comma}{name}:{}", outcome.as_str())?;
        }
        Ok(())
    }
}

struct State {
    actor: Actor,
    sight: Arc<Sight>,
    /// Read by whichever field asks first: the others wait for it.
    today: Arc<OnceCell<NaiveDate>>,
}

impl State {
    fn of(actor: Actor) -> Self {
        let sight = Arc::new(actor.sight());
        Self { actor, sight, today: Arc::default() }
    }
}

impl Caller {
    /// For a request signed in with `token`, or by nobody.
    pub(crate) fn new(
        (app, lane): (App, Lane),
        token: Option<String>,
        actor: Actor,
        tracked: &Tracked,
        acts: Acts,
    ) -> Self {
        let Tracked { correlation_id, client, .. } = tracked.clone();
        let (replayed, state) = (Arc::default(), RwLock::new(State::of(actor)));
        Self { app, lane, token, correlation_id, client, replayed, acts, state }
    }

    /// The application.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Where it reads.
    pub(crate) fn lane(&self) -> &Lane {
        &self.lane
    }

    /// The session's token.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Who knocks.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// What the acts of this request work with.
    pub(crate) fn context(&self) -> service::context::Context {
        let actor = self.read(|state| state.actor.clone());
        let ctx =
            service::context::Context::new(self.app.clone(), actor, self.correlation_id.clone());
        service::context::Context { replayed: self.replayed.clone(), ..ctx }
    }

    /// An act of this request ended: it is counted, and told in the request's line of the log. Mutations
    /// run one after the other, so that what was replayed is this one.
    pub(crate) fn ended<T>(&self, act: &str, done: &ActResult<T>) {
        let replayed = self.replayed.swap(false, Ordering::Relaxed);
        let outcome = match done {
            Ok(_) if replayed => ActOutcome::Replayed,
            Ok(_) => ActOutcome::Done,
            Err(ActError::Refused(_)) => ActOutcome::Refused,
            Err(fault) if Outage::of(fault) == Some(Outage::Conflict) => ActOutcome::Conflict,
            Err(ActError::Fault(_)) => ActOutcome::Fault,
        };
        metrics::act(act, outcome);
        self.acts.add(act, outcome);
    }

    /// What the caller may see.
    pub(crate) fn sight(&self) -> Arc<Sight> {
        self.read(|state| state.sight.clone())
    }

    /// The legal date, when it was read.
    pub(crate) fn today_known(&self) -> Option<NaiveDate> {
        self.read(|state| state.today.get().copied())
    }

    /// The legal date, read once a request.
    pub(crate) async fn today(&self) -> ActResult<NaiveDate> {
        let today = self.read(|state| state.today.clone());
        today.get_or_try_init(async || self.context().today().await).await.copied()
    }

    /// After an act: the roles that it gave or took count at once, and the day may have changed.
    pub(crate) async fn refresh(&self) -> ActResult<()> {
        let actor = match &self.token {
            Some(token) => account::authenticate(&self.app, &self.app.db, token).await?,
            None => None,
        };
        self.write(|state| *state = State::of(actor.unwrap_or(Actor::Anonymous)));
        Ok(())
    }

    /// An error for the client. A fault shows its correlation id and nothing else: the cause is traced.
    pub(crate) fn error(&self, error: &ActError) -> Error {
        match error {
            ActError::Refused(refusals) => {
                let first = refusals.first();
                let message = first.map_or("Demande refusée.", |r| r.message.as_str());
                let code = first.map_or("REFUSED", |r| r.code.as_ref());
                Error::new(message).extend_with(|_, values| values.set("code", code))
            }
            ActError::Fault(cause) => {
                let id = self.correlation_id.as_str();
                let error = telemetry::mask::error(cause);
                if let Some(outage) = Outage::of_fault(cause) {
                    let outage = outage.as_str();
                    tracing::warn!(
                        correlation_id = id,
                        outage,
                        error,
                        "the database did not serve"
                    );
                    return UNAVAILABLE.error(id);
                }
                tracing::error!(correlation_id = id, error, "a request met a fault");
                metrics::fault("graphql");
                internal(id)
            }
        }
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, write: impl FnOnce(&mut State)) {
        write(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// What the client learns of a fault.
pub(crate) fn internal(correlation_id: &str) -> Error {
    let message = "Une erreur interne est survenue ; indiquez cet identifiant à l’exploitant.";
    Error::new(message).extend_with(|_, values| {
        values.set("code", "INTERNAL");
        values.set("correlationId", correlation_id);
    })
}

/// The caller of the request being answered.
pub(crate) fn caller<'a>(ctx: &Context<'a>) -> &'a Caller {
    ctx.data_unchecked::<Arc<Caller>>()
}

/// What an act of the request being answered works with.
pub(crate) fn act(ctx: &Context<'_>) -> service::context::Context {
    caller(ctx).context()
}

/// The value, or null with an error recorded: a field below the root never fails its parent.
pub(crate) fn or_null<T>(ctx: &Context<'_>, result: ActResult<T>) -> Option<T> {
    result.map_err(|error| record(ctx, caller(ctx).error(&error))).ok()
}

/// Records an error at the field being answered.
pub(crate) fn record(ctx: &Context<'_>, error: Error) {
    ctx.add_error(ctx.set_error_path(error.into_server_error(ctx.item.pos)));
}
