//! Refusals as data: what every payload carries.

use crate::caller;
use crate::load::{self, Key, ModelOf};
use async_graphql::{Context, Result, SimpleObject};
use service::error::{ActError, ActResult};

/// Why an act was refused: nothing was changed.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Refusal {
    /// The rule of the convention, e.g. `III.4.b`; null for a plain input mistake.
    pub(crate) article: Option<String>,
    /// Stable, for programs, e.g. `OPINION_TOO_LATE`.
    pub(crate) code: String,
    /// The input's field, as a path, e.g. `["sites", "2", "siret"]`.
    pub(crate) field: Vec<String>,
    /// For people, in French.
    pub(crate) message: String,
}

impl From<domain::Refusal> for Refusal {
    fn from(refusal: domain::Refusal) -> Self {
        Self {
            article: refusal.article.map(Into::into),
            code: refusal.code.into(),
            field: refusal.field,
            message: refusal.message,
        }
    }
}

/// Refusals for the client.
pub(crate) fn told(refusals: domain::Refusals) -> Vec<Refusal> {
    refusals.into_iter().map(Refusal::from).collect()
}

/// What a mutation answers: its object, or why not.
pub(crate) trait Payload {
    /// The object changed.
    type Object;
    /// The payload.
    fn new(object: Option<Self::Object>, refusals: Vec<Refusal>) -> Self;
}

/// The act's result, or its refusals; only a fault is an error. Every mutation ends here, and is counted here.
pub(crate) async fn settle<T>(
    ctx: &Context<'_>,
    done: ActResult<T>,
) -> Result<Result<T, Vec<Refusal>>> {
    let caller = caller::caller(ctx);
    caller.ended(ctx.field().name(), &done);
    match done {
        Ok(value) => {
            caller.refresh().await.map_err(|error| caller.error(&error))?;
            Ok(Ok(value))
        }
        Err(ActError::Refused(refusals)) => Ok(Err(told(refusals))),
        Err(fault) => Err(caller.error(&fault)),
    }
}

/// The payload of an act that answers an id: its object as the caller sees it now.
pub(crate) async fn answer<I: Key, P: Payload<Object: From<ModelOf<I>>>>(
    ctx: &Context<'_>,
    done: ActResult<I>,
) -> Result<P> {
    Ok(match settle(ctx, done).await? {
        Ok(id) => P::new(load::get(ctx, id).await, Vec::new()),
        Err(refusals) => P::new(None, refusals),
    })
}

/// Declares the payload of a mutation.
macro_rules! payload {
    ($($(#[$doc:meta])* $name:ident { $(#[$object_doc:meta])* $field:ident: $object:ty })*) => {
        $(
            $(#[$doc])*
            #[derive(async_graphql::SimpleObject)]
            pub(crate) struct $name {
                $(#[$object_doc])*
                pub(crate) $field: Option<$object>,
                /// Empty when done.
                pub(crate) refusals: Vec<$crate::refusal::Refusal>,
            }

            impl $crate::refusal::Payload for $name {
                type Object = $object;
                fn new(object: Option<$object>, refusals: Vec<$crate::refusal::Refusal>) -> Self {
                    Self { $field: object, refusals }
                }
            }
        )*
    };
}
pub(crate) use payload;
