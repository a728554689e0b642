//! Reading by batches: the number of statements of a query does not depend on how many rows it returns.
//!
//! Everything goes through what the caller may see: a hidden row is absent. What may be read without
//! a condition is public, or reached only from what is seen.

mod batch;
pub(crate) mod beside;
mod join;
mod key;
mod list;

pub(crate) use batch::Batches;
pub(crate) use beside::{Beside, Columns, Found, Kept, Read, Viewer};
pub(crate) use join::*;
pub(crate) use key::*;
pub(crate) use list::*;

use crate::caller::{self, Caller};
use crate::lane::Lane;
use crate::page::{self, Slice};
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Request};
use chrono::NaiveDate;
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, Value};
use service::error::{ActError, ActResult};
use service::sight::Sight;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

/// What is found by ids of rows, by types and by places of the answer, for one request. Its hashing withstands nobody
/// who chooses keys: places, which clients name, always stand beside an id.
type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Reads for one request, as its caller may see.
pub(crate) struct Reader {
    caller: Arc<Caller>,
    kept: Kept,
    asked: beside::Known,
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
        Self { caller, kept: Kept::default(), asked: beside::Known::default() }
    }

    pub(crate) fn db(&self) -> &Lane {
        self.caller.lane()
    }

    pub(crate) fn sight(&self) -> Arc<Sight> {
        self.caller.sight()
    }

    /// The database, and what is read with other rows.
    pub(crate) fn source(&self) -> (&Lane, &Kept) {
        (self.db(), &self.kept)
    }

    /// That a column has one of these values.
    pub(crate) fn among<V: Into<Value>>(
        &self,
        column: impl ColumnTrait,
        values: impl IntoIterator<Item = V>,
    ) -> Expr {
        among(self.db().get_database_backend(), column, values)
    }

    pub(crate) fn context(&self) -> service::context::Context {
        self.caller.context()
    }

    /// The legal date, read once a request.
    pub(crate) async fn today(&self) -> ActResult<NaiveDate> {
        self.caller.today().await
    }
}

/// The most values that PostgreSQL is given one by one.
const FEW: usize = 4;

/// That a column has one of these values, in a text that is the same for many of them, so that the database knows
/// the statement: a list whose last value is said again up to the next power of two, and on PostgreSQL an array
/// where they are more than a few. It plans an array each time, which costs more than reading a few rows: the plan
/// that would do for any array seems dearer than that of a short one.
pub(crate) fn among<V: Into<Value>>(
    backend: DbBackend,
    column: impl ColumnTrait,
    values: impl IntoIterator<Item = V>,
) -> Expr {
    let mut values: Vec<Value> = values.into_iter().map(Into::into).collect();
    if let [value] = values.as_slice() {
        return column.eq(value.clone());
    }
    if values.len() > FEW
        && backend == DbBackend::Postgres
        && let Some(array) = array(&values)
    {
        return column.into_expr().eq(PgFunc::any(array));
    }
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    column.is_in(values)
}

/// The values as one; none for none of them.
pub(crate) fn array(values: &[Value]) -> Option<Value> {
    let kind = values.first()?.array_type();
    Some(Value::Array(kind, Some(Box::new(values.to_vec()))))
}

/// The request's loader.
pub(crate) fn loader<'a>(ctx: &Context<'a>) -> &'a DataLoader<Reader> {
    ctx.data_unchecked::<DataLoader<Reader>>()
}

/// The request with its caller and its loader, and the batches that serve it ([`Batches::serve`]).
pub(crate) fn serving(request: Request, caller: Caller) -> (Request, Batches) {
    let (caller, batches) = (Arc::new(caller), Batches::default());
    let waiting = batches.clone();
    let loader = DataLoader::new(Reader::new(caller.clone()), move |batch| waiting.push(batch))
        .delay(Duration::ZERO);
    (request.data(caller).data(loader), batches)
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

/// What was read for this key with the object whose field is at hand.
pub(crate) fn kept<K, V>(ctx: &Context<'_>, key: &K) -> Option<V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    loader(ctx).loader().kept.get(ctx, key)
}

/// The row of this id as the caller may see it.
pub(crate) async fn row<I: Key>(ctx: &Context<'_>, id: I) -> Option<ModelOf<I>> {
    if let Some(row) = kept(ctx, &id) {
        return Some(row);
    }
    one(ctx, id).await.map(Arc::unwrap_or_clone)
}

/// The object of this id as the caller may see it.
pub(crate) async fn get<I: Key, T: From<ModelOf<I>>>(ctx: &Context<'_>, id: I) -> Option<T> {
    row(ctx, id).await.map(T::from)
}

/// The same of an id that is asked for alone: what may be read with it, is. Of several names at the root, each is a
/// statement then.
pub(crate) async fn alone<I: Key, T: From<ModelOf<I>>>(ctx: &Context<'_>, id: I) -> Option<T> {
    let beside = beside::asked(ctx, I::joins(), &[]);
    if beside.is_empty() {
        return get(ctx, id).await;
    }
    let row = beside::one(id, &beside, loader(ctx).loader()).await.map_err(ActError::from);
    caller::or_null(ctx, row)?.map(T::from)
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
    let rows = ids.iter().filter_map(|id| rows.remove(id));
    Some(rows.map(Arc::unwrap_or_clone).map(T::from).collect())
}

/// The whole of a nested list, for short ones; null with an error recorded when it cannot be read.
pub(crate) async fn all<L: Nested, T: From<RowOf<L>>>(
    ctx: &Context<'_>,
    list: L,
    parent: L::Parent,
) -> Option<Vec<T>> {
    let key = (list, parent);
    if let Some(rows) = kept::<_, Vec<RowOf<L>>>(ctx, &key) {
        return Some(rows.into_iter().map(T::from).collect());
    }
    let (list, beside) = (key.0, beside::asked(ctx, L::joins(), &[]));
    match loader(ctx).load_one(All { parent, list, beside }).await {
        Ok(rows) => {
            let rows = rows.map(Arc::unwrap_or_clone).unwrap_or_default();
            Some(rows.into_iter().map(T::from).collect())
        }
        Err(failure) => {
            caller::record(ctx, caller::caller(ctx).error(&failure.0));
            None
        }
    }
}

/// Where a page has its rows.
const NODES: [&str; 2] = ["edges", "node"];

/// A page of a nested list; null with an error recorded when it cannot be read.
pub(crate) async fn page<L: Nested, C: From<Slice<RowOf<L>>>>(
    ctx: &Context<'_>,
    list: L,
    parent: L::Parent,
    asked: page::Asked,
) -> Option<C> {
    let window = asked.window::<L>(ctx)?;
    let key = (list, parent, window);
    if let Some(rows) = kept::<_, Vec<RowOf<L>>>(ctx, &key) {
        return Some(Slice::cut::<L>(rows, &key.2, 0).into());
    }
    let (list, parent, window) = key;
    let beside = beside::asked(ctx, L::joins(), &NODES);
    one(ctx, Page { parent, list, window, beside }).await.map(Arc::unwrap_or_clone).map(C::from)
}

/// A page of a list of the root; null with an error recorded when it cannot be read.
pub(crate) async fn root<L: List, C: From<Slice<RowOf<L>>>>(
    ctx: &Context<'_>,
    list: L,
    asked: page::Asked,
) -> Option<C> {
    let window = asked.window::<L>(ctx)?;
    let caller = caller::caller(ctx);
    let beside = beside::asked(ctx, L::joins(), &NODES);
    let source = loader(ctx).loader().source();
    let slice = page::of_root(&list, &caller.sight(), (&window, &beside), source).await;
    caller::or_null(ctx, slice).map(C::from)
}

/// The legal date, for a field. It comes as other rows do: whoever waits for it goes on with those who wait for them.
pub(crate) async fn today(ctx: &Context<'_>) -> Option<NaiveDate> {
    let known = caller::caller(ctx).today_known();
    if known.is_some() {
        return known;
    }
    one(ctx, Today).await
}

/// The legal date, as the only row of its kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Today;

impl Loader<Today> for Reader {
    type Value = NaiveDate;
    type Error = Failure;

    async fn load(&self, _: &[Today]) -> Result<HashMap<Today, NaiveDate>, Failure> {
        Ok(HashMap::from([(Today, self.today().await?)]))
    }
}
