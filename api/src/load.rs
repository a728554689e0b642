//! Reading by batches: the number of statements of a query does not depend on how many rows it returns.
//!
//! Everything goes through what the caller may see: a hidden row is absent.

use crate::caller::{self, Caller};
use crate::page::{self, Slice, Window};
use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QuerySelect, Select};
use service::error::ActError;
use service::sight::{Sight, Visible};
use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::str::FromStr;
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

/// A typed id as the key of its table's rows.
pub(crate) trait Key:
    Copy + Eq + Hash + Send + Sync + Into<sea_orm::Value> + 'static
{
    /// The table.
    type Entity: EntityTrait<Model: Clone + Send + Sync>;
    /// The column of the id.
    fn column() -> <Self::Entity as EntityTrait>::Column;
    /// The id of a row.
    fn of(row: &ModelOf<Self>) -> Self;
    /// The rows that the viewer may see.
    fn rows(sight: &Sight) -> Select<Self::Entity>;
}

/// A row of the table of an id.
pub(crate) type ModelOf<I> = <<I as Key>::Entity as EntityTrait>::Model;

macro_rules! keys {
    (@rows $table:ident seen $sight:ident) => { entity::$table::Entity::visible($sight) };
    (@rows $table:ident reached $sight:ident) => { entity::$table::Entity::find() };
    ($($id:ident = $how:ident $table:ident;)*) => {
        $(impl Key for entity::ids::$id {
            type Entity = entity::$table::Entity;
            fn column() -> entity::$table::Column {
                entity::$table::Column::Id
            }
            fn of(row: &entity::$table::Model) -> Self {
                row.id
            }
            fn rows(_sight: &Sight) -> Select<entity::$table::Entity> {
                keys!(@rows $table $how _sight)
            }
        })*
    };
}

keys! {
    AccountGrantId = seen account_grant;
    ApplicationId = seen application;
    AuthorityId = seen authority;
    CampaignId = seen campaign;
    CandidateId = seen candidate;
    CertificateId = seen certificate;
    DeadlineId = seen deadline;
    DecisionId = seen decision;
    DelegationId = seen delegation;
    EdofAlertId = seen edof_alert;
    EnrolmentId = seen enrolment;
    EvaluationId = seen evaluation;
    FrameworkId = seen framework;
    HabilitationId = seen habilitation;
    InvoiceId = seen invoice;
    InvoiceLineId = seen invoice_line;
    JuryId = seen jury;
    JuryDecisionId = seen jury_decision;
    MeetingId = seen meeting;
    NoticeId = seen notice;
    OrganismId = seen organism;
    OutboxId = seen outbox;
    PaymentId = seen payment;
    PractitionerId = seen practitioner;
    SiteId = seen site;
    TariffId = seen tariff;
    TrainingPathId = seen training_path;
    // Reached only from what is seen, or public.
    AccountId = reached account;
    BillableFactId = reached billable_fact;
    ConventionVersionId = reached convention_version;
    CriterionId = reached criterion;
    DocumentId = reached document;
    PersonId = reached person;
}

impl<I: Key> Loader<I> for Reader {
    type Value = ModelOf<I>;
    type Error = Failure;

    async fn load(&self, ids: &[I]) -> Result<HashMap<I, ModelOf<I>>, Failure> {
        let rows = I::rows(&self.sight())
            .filter(I::column().is_in(ids.iter().copied()))
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(|row| (I::of(&row), row)).collect())
    }
}

/// A list of rows in a stable order; its fields are the filters asked for.
pub(crate) trait List: Clone + Eq + Hash + Send + Sync + 'static {
    /// The table.
    type Entity: EntityTrait<Model: Clone + Send + Sync>;
    /// The type of the rows' id.
    type Id: Copy + Display + FromStr + Into<sea_orm::Value>;
    /// Its name inside cursors.
    const NAME: &'static str;
    /// Whether the last comes first.
    const DESCENDING: bool;
    /// The column of the id, which ends the order.
    fn id_column() -> <Self::Entity as EntityTrait>::Column;
    /// The id of a row.
    fn id(row: &<Self::Entity as EntityTrait>::Model) -> Self::Id;
    /// The column that the order starts with, when it is not the id.
    fn sort_column() -> Option<<Self::Entity as EntityTrait>::Column>;
    /// The rows that belong to it, as far as they may be seen.
    fn rows(&self, sight: &Sight) -> Select<Self::Entity>;
}

/// A row of a list.
pub(crate) type RowOf<L> = <<L as List>::Entity as EntityTrait>::Model;

/// A list of what hangs on another object.
pub(crate) trait Nested: List {
    /// The id of what they hang on.
    type Parent: Copy
        + Eq
        + Hash
        + Send
        + Sync
        + Into<sea_orm::Value>
        + sea_orm::TryGetable
        + 'static;
    /// The column that points to it.
    fn parent_column() -> <Self::Entity as EntityTrait>::Column;
    /// What a row hangs on.
    fn parent(row: &RowOf<Self>) -> Option<Self::Parent>;
}

/// Declares lists: `Name on table(Id) by order "cursor name"`, and for nested ones what they hang on.
macro_rules! list {
    (@descending newest) => { true };
    (@descending oldest) => { false };
    (@sort $table:ident) => { None };
    (@sort $table:ident $sort:ident) => { Some(entity::$table::Column::$sort) };
    (
        $(#[$doc:meta])*
        $name:ident { $($field:ident: $type:ty),* } = $cursor:literal, $table:ident by $id:ident($id_column:ident, $id_field:ident),
        $order:ident first $(, sorted by $sort:ident)?
        $(, under $parent:ident($parent_column:ident, $parent_field:ident))?;
        |$self:ident, $sight:ident| $rows:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub(crate) struct $name { $(pub(crate) $field: $type),* }

        impl $crate::load::List for $name {
            type Entity = entity::$table::Entity;
            type Id = $id;
            const NAME: &'static str = $cursor;
            const DESCENDING: bool = $crate::load::list!(@descending $order);
            fn id_column() -> entity::$table::Column {
                entity::$table::Column::$id_column
            }
            fn id(row: &entity::$table::Model) -> $id {
                row.$id_field
            }
            fn sort_column() -> Option<entity::$table::Column> {
                $crate::load::list!(@sort $table $($sort)?)
            }
            fn rows(&$self, $sight: &service::sight::Sight) -> sea_orm::Select<entity::$table::Entity> {
                $rows
            }
        }

        $(impl $crate::load::Nested for $name {
            type Parent = $parent;
            fn parent_column() -> entity::$table::Column {
                entity::$table::Column::$parent_column
            }
            fn parent(row: &entity::$table::Model) -> Option<$parent> {
                row.$parent_field.into()
            }
        })?
    };
}
pub(crate) use list;

/// A row to be known together with others of a batch.
macro_rules! batch {
    ($name:ident of $table:ident: $value:ty = |$reader:ident, $rows:ident| $load:expr) => {
        #[derive(Clone, PartialEq)]
        pub(crate) struct $name(pub(crate) entity::$table::Model);

        impl Eq for $name {}

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.0.id.hash(state);
            }
        }

        impl async_graphql::dataloader::Loader<$name> for $crate::load::Reader {
            type Value = $value;
            type Error = $crate::load::Failure;

            async fn load(
                &self,
                keys: &[$name],
            ) -> Result<std::collections::HashMap<$name, $value>, $crate::load::Failure> {
                let $reader = self;
                let $rows: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
                let mut found = $load;
                Ok(keys
                    .iter()
                    .filter_map(|key| Some((key.clone(), found.remove(&key.0.id)?)))
                    .collect())
            }
        }
    };
}
pub(crate) use batch;

/// The whole of a nested list.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct All<L: Nested> {
    parent: L::Parent,
    list: L,
}

impl<L: Nested> Loader<All<L>> for Reader {
    type Value = Vec<RowOf<L>>;
    type Error = Failure;

    async fn load(&self, keys: &[All<L>]) -> Result<HashMap<All<L>, Vec<RowOf<L>>>, Failure> {
        let sight = self.sight();
        let mut found: HashMap<All<L>, Vec<RowOf<L>>> = HashMap::new();
        for (list, parents) in by(keys, |key| key.list.clone(), |key| key.parent) {
            let rows = list.rows(&sight).filter(L::parent_column().is_in(parents));
            for row in page::ordered::<L>(rows, L::DESCENDING).all(self.db()).await? {
                if let Some(parent) = L::parent(&row) {
                    found.entry(All { parent, list: list.clone() }).or_default().push(row);
                }
            }
        }
        Ok(found)
    }
}

/// A page of a nested list.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Page<L: Nested> {
    parent: L::Parent,
    list: L,
    window: Window,
}

impl<L: Nested> Loader<Page<L>> for Reader {
    type Value = Slice<RowOf<L>>;
    type Error = Failure;

    async fn load(&self, keys: &[Page<L>]) -> Result<HashMap<Page<L>, Slice<RowOf<L>>>, Failure> {
        let sight = self.sight();
        let mut found = HashMap::new();
        let groups = by(keys, |key| (key.list.clone(), key.window.clone()), |key| key.parent);
        for ((list, window), parents) in groups {
            let counts = if window.count {
                self.counts(&list, &sight, &parents).await?
            } else {
                HashMap::new()
            };
            let rows = page::of_each(&list, &sight, &window, &parents);
            let mut pages: HashMap<L::Parent, Vec<RowOf<L>>> = HashMap::new();
            for row in rows.all(self.db()).await? {
                if let Some(parent) = L::parent(&row) {
                    pages.entry(parent).or_default().push(row);
                }
            }
            for parent in parents {
                let rows = pages.remove(&parent).unwrap_or_default();
                let total = counts.get(&parent).copied().unwrap_or_default();
                let key = Page { parent, list: list.clone(), window: window.clone() };
                found.insert(key, Slice::cut::<L>(rows, &window, total));
            }
        }
        Ok(found)
    }
}

impl Reader {
    async fn counts<L: Nested>(
        &self,
        list: &L,
        sight: &Sight,
        parents: &[L::Parent],
    ) -> Result<HashMap<L::Parent, u64>, Failure> {
        let rows: Vec<(L::Parent, i64)> = list
            .rows(sight)
            .filter(L::parent_column().is_in(parents.iter().copied()))
            .select_only()
            .column(L::parent_column())
            .column_as(Expr::col(L::id_column()).count(), "total")
            .group_by(L::parent_column())
            .into_tuple()
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(|(parent, n)| (parent, n.unsigned_abs())).collect())
    }
}

/// The keys' parents, grouped by what one statement can share.
fn by<K, G: Eq + Hash, P: Copy + Eq + Hash>(
    keys: &[K],
    group: impl Fn(&K) -> G,
    parent: impl Fn(&K) -> P,
) -> HashMap<G, Vec<P>> {
    let mut groups: HashMap<G, Vec<P>> = HashMap::new();
    for key in keys {
        groups.entry(group(key)).or_default().push(parent(key));
    }
    groups
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
