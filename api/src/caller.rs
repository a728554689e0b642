//! Who asks: the data of one request, and how its faults are told.

use crate::load::Reader;
use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Error, ErrorExtensions, Request};
use chrono::NaiveDate;
use service::account;
use service::context::{Actor, App};
use service::error::{ActError, ActResult};
use service::sight::Sight;
use std::sync::{Arc, PoisonError, RwLock};

/// One request: the application, who asks, and what ties its traces together.
pub(crate) struct Caller {
    app: App,
    token: Option<String>,
    correlation_id: String,
    state: RwLock<State>,
}

struct State {
    actor: Actor,
    sight: Arc<Sight>,
    today: Option<NaiveDate>,
}

impl State {
    fn of(actor: Actor) -> Self {
        let sight = Arc::new(actor.sight());
        Self { actor, sight, today: None }
    }
}

impl Caller {
    /// For a request signed in with `token`, or by nobody.
    pub(crate) fn new(
        app: App,
        token: Option<String>,
        actor: Actor,
        correlation_id: String,
    ) -> Self {
        Self { app, token, correlation_id, state: RwLock::new(State::of(actor)) }
    }

    /// The application.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// The session's token.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// What the acts of this request work with.
    pub(crate) fn context(&self) -> service::context::Context {
        let actor = self.read(|state| state.actor.clone());
        service::context::Context::new(self.app.clone(), actor, self.correlation_id.clone())
    }

    /// What the caller may see.
    pub(crate) fn sight(&self) -> Arc<Sight> {
        self.read(|state| state.sight.clone())
    }

    /// The legal date, read once a request.
    pub(crate) async fn today(&self) -> ActResult<NaiveDate> {
        if let Some(today) = self.read(|state| state.today) {
            return Ok(today);
        }
        let today = self.context().today().await?;
        self.write(|state| state.today = Some(today));
        Ok(today)
    }

    /// After an act: the roles that it gave or took count at once, and the day may have changed.
    pub(crate) async fn refresh(&self) -> ActResult<()> {
        let actor = match &self.token {
            Some(token) => account::authenticate(&self.app, token).await?,
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
                tracing::error!(correlation_id = id, error = ?cause, "a request met a fault");
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

/// The request with its caller and its loader.
pub(crate) fn with_caller(request: Request, caller: Caller) -> Request {
    let caller = Arc::new(caller);
    let loader = DataLoader::new(Reader::new(caller.clone()), tokio::spawn);
    request.data(caller).data(loader)
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

/// The legal date, for a field.
pub(crate) async fn today(ctx: &Context<'_>) -> Option<NaiveDate> {
    or_null(ctx, caller(ctx).today().await)
}
