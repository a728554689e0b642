//! Reading by batches: the number of statements of a query does not depend on how many rows it returns.
//!
//! Everything goes through what the caller may see: a hidden row is absent. What may be read without
//! a condition is public, or reached only from what is seen.

mod batch;
mod key;
mod list;

pub(crate) use batch::Batches;
pub(crate) use key::*;
pub(crate) use list::*;

use crate::caller::{self, Caller};
use crate::page::{self, Slice};
use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use sea_orm::DatabaseConnection;
use service::error::ActError;
use service::sight::Sight;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// Reads for one request, as its caller may see.
pub(crate) struct Reader {
    caller: Arc<Caller>,
}

/// Why a batch could not be read: told to each field that waited for it.
#[derive(Clone)]
pub(crate) struct Failure(pub(crate) Arc<ActError>);

impl<E: Into<ActError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(Arc::new(error.into()))
    }
}

impl Reader {
    pub(crate) fn new(caller: Arc<Caller>) -> Self {
        Self { caller }
    }

    pub(crate) fn db(&self) -> &DatabaseConnection {
        &self.caller.app().db
    }

    pub(crate) fn sight(&self) -> Arc<Sight> {
        self.caller.sight()
    }

    pub(crate) fn context(&self) -> service::context::Context {
        self.caller.context()
    }
}

/// The request's loader.
pub(crate) fn loader<'a>(ctx: &Context<'a>) -> &'a DataLoader<Reader> {
    ctx.data_unchecked::<DataLoader<Reader>>()
}

/// The value of a key, or null: absent, hidden, or with an error recorded.
pub(crate) async fn one<K>(ctx: &Context<'_>, key: K) -> Option<<Reader as Loader<K>>::Value>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    Reader: Loader<K, Error = Failure>,
{
    match loader(ctx).load_one(key).await {
        Ok(value) => value,
        Err(failure) => {
            caller::record(ctx, caller::caller(ctx).error(&failure.0));
            None
        }
    }
}

/// The values of several keys, read together; null with an error recorded when they cannot be read.
pub(crate) async fn each<K>(
    ctx: &Context<'_>,
    keys: impl IntoIterator<Item = K>,
) -> Option<HashMap<K, <Reader as Loader<K>>::Value>>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    Reader: Loader<K, Error = Failure>,
{
    match loader(ctx).load_many(keys).await {
        Ok(found) => Some(found),
        Err(failure) => {
            caller::record(ctx, caller::caller(ctx).error(&failure.0));
            None
        }
    }
}

/// The object of this id as the caller may see it.
pub(crate) async fn get<I: Key, T: From<ModelOf<I>>>(ctx: &Context<'_>, id: I) -> Option<T> {
    one(ctx, id).await.map(T::from)
}

/// The same, where the id may be absent.
pub(crate) async fn get_opt<I: Key, T: From<ModelOf<I>>>(
    ctx: &Context<'_>,
    id: Option<I>,
) -> Option<T> {
    get(ctx, id?).await
}

/// The objects of these ids as the caller may see them, in the same order.
pub(crate) async fn many<I: Key, T: From<ModelOf<I>>>(
    ctx: &Context<'_>,
    ids: Vec<I>,
) -> Option<Vec<T>> {
    let mut rows = each(ctx, ids.iter().copied()).await?;
    Some(ids.iter().filter_map(|id| rows.remove(id)).map(T::from).collect())
}

/// The whole of a nested list, for short ones; null with an error recorded when it cannot be read.
pub(crate) async fn all<L: Nested, T: From<RowOf<L>>>(
    ctx: &Context<'_>,
    list: L,
    parent: L::Parent,
) -> Option<Vec<T>> {
    match loader(ctx).load_one(All { parent, list }).await {
        Ok(rows) => Some(rows.unwrap_or_default().into_iter().map(T::from).collect()),
        Err(failure) => {
            caller::record(ctx, caller::caller(ctx).error(&failure.0));
            None
        }
    }
}

/// A page of a nested list; null with an error recorded when it cannot be read.
pub(crate) async fn page<L: Nested, C: From<Slice<RowOf<L>>>>(
    ctx: &Context<'_>,
    list: L,
    parent: L::Parent,
    asked: page::Asked,
) -> Option<C> {
    let window = asked.window::<L>(ctx)?;
    one(ctx, Page { parent, list, window }).await.map(C::from)
}

/// A page of a list of the root; null with an error recorded when it cannot be read.
pub(crate) async fn root<L: List, C: From<Slice<RowOf<L>>>>(
    ctx: &Context<'_>,
    list: L,
    asked: page::Asked,
) -> Option<C> {
    let window = asked.window::<L>(ctx)?;
    let caller = caller::caller(ctx);
    let slice = page::of_root(&list, &caller.sight(), &window, &caller.app().db).await;
    caller::or_null(ctx, slice).map(C::from)
}
