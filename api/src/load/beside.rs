//! Rows read in the statement of those that point to them, when the query asks for them (look-ahead) and the viewer
//! sees all of their table. In any other case the loaders read them.

use super::{Key, List, ModelOf, Nested, Reader, RowOf, loader};
use crate::lane::Lane;
use async_graphql::parser::types::OperationType;
use async_graphql::{Context, Lookahead};
use sea_orm::sea_query::{
    Alias, DynIden, Expr, ExprTrait, IntoIden, Order, Query, SelectStatement,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, Iden, Iterable,
    JoinType, QueryFilter, QueryResult, QueryTrait,
};
use service::sight::{Sight, Visible};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// What is read with the rows of a table: the numbers of its joins that are asked for, each with those of its own
/// table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct With(Vec<(usize, With)>);

impl With {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Who reads, and where.
#[derive(Clone, Copy)]
pub(crate) struct Viewer<'a> {
    pub(crate) sight: &'a Sight,
    pub(crate) backend: DbBackend,
}

/// What may be read with each row of a table.
pub(crate) trait Join<E: EntityTrait>: Sync {
    /// The field that asks for it.
    fn field(&self) -> &'static str;
    /// Whether it can be read so: the viewer sees every row of the other table.
    fn fits(&self, viewer: Viewer<'_>) -> bool;
    /// Whether there may be several for a row, which then comes once for each of them.
    fn several(&self) -> bool {
        false
    }
    /// What is read with it in turn. `several` tells whether something is that multiplies rows, and is told.
    fn inner(&self, _: &Lookahead<'_>, _: Viewer<'_>, _several: &mut bool) -> With {
        With::default()
    }
    /// Adds it, with its columns' names after the prefix, which names its table too.
    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str, with: &With);
    /// Keeps it for whoever asks for it next; `first` when the row has not come before.
    ///
    /// # Errors
    /// When it is not as its table says.
    fn keep(
        &self,
        found: &QueryResult,
        at: (&str, &With),
        row: (&E::Model, bool),
        kept: &Kept,
    ) -> Result<(), DbErr>;
}

/// The joins of a table's rows.
pub(crate) type Joins<E> = &'static [&'static dyn Join<E>];

/// The row that a column points to.
pub(crate) struct To<E: EntityTrait, I> {
    /// The field that asks for it.
    pub(crate) field: &'static str,
    /// The column.
    pub(crate) column: E::Column,
    /// Its value.
    pub(crate) id: fn(&E::Model) -> I,
}

impl<E: EntityTrait, I: Key<Entity: Visible>> Join<E> for To<E, I>
where
    E::Column: Sync,
{
    fn field(&self) -> &'static str {
        self.field
    }

    fn fits(&self, viewer: Viewer<'_>) -> bool {
        I::Entity::seen_by(viewer.sight).is_empty()
    }

    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str, _: &With) {
        join::<I::Entity>(query, I::column(), (base, &self.column), prefix);
    }

    fn keep(
        &self,
        found: &QueryResult,
        (prefix, _): (&str, &With),
        (row, first): (&E::Model, bool),
        kept: &Kept,
    ) -> Result<(), DbErr> {
        if first && let Some(other) = Option::<ModelOf<I>>::from_query_result(found, prefix)? {
            kept.put((self.id)(row), other);
        }
        Ok(())
    }
}

/// The rows of a list that hang on the id. The list has every row that is seen.
pub(crate) struct Of<E: EntityTrait, L: Nested> {
    /// The field that asks for it.
    pub(crate) field: &'static str,
    /// The column of the id.
    pub(crate) column: E::Column,
    /// Its value.
    pub(crate) id: fn(&E::Model) -> L::Parent,
    /// The list.
    pub(crate) list: L,
    /// Whether it may have more than one row.
    pub(crate) several: bool,
}

impl<E: EntityTrait, L: Nested<Entity: Visible>> Join<E> for Of<E, L>
where
    E::Column: Sync,
{
    fn field(&self) -> &'static str {
        self.field
    }

    fn fits(&self, viewer: Viewer<'_>) -> bool {
        L::Entity::seen_by(viewer.sight).is_empty()
    }

    fn several(&self) -> bool {
        self.several
    }

    fn inner(&self, row: &Lookahead<'_>, viewer: Viewer<'_>, several: &mut bool) -> With {
        chosen(L::joins(), row, viewer, several)
    }

    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str, with: &With) {
        join::<L::Entity>(query, L::parent_column(), (base, &self.column), prefix);
        let table = Alias::new(prefix).into_iden();
        if self.several {
            order::<L>(query, &table, L::DESCENDING);
        }
        for (join, inner, with) in inner(L::joins(), prefix, with) {
            join.add(query, &table, &inner, with);
        }
    }

    fn keep(
        &self,
        found: &QueryResult,
        (prefix, with): (&str, &With),
        (row, first): (&E::Model, bool),
        kept: &Kept,
    ) -> Result<(), DbErr> {
        if !first && !self.several {
            return Ok(());
        }
        let key = (self.list.clone(), (self.id)(row));
        let Some(other) = Option::<RowOf<L>>::from_query_result(found, prefix)? else {
            if first {
                kept.put(key, Vec::<RowOf<L>>::new());
            }
            return Ok(());
        };
        for (join, prefix, with) in inner(L::joins(), prefix, with) {
            join.keep(found, (&prefix, with), (&other, true), kept)?;
        }
        if first {
            kept.put(key, vec![other]);
        } else {
            kept.add(key, other);
        }
        Ok(())
    }
}

/// The joins that are read, each with its prefix.
fn inner<'a, E: EntityTrait>(
    joins: Joins<E>,
    prefix: &'a str,
    with: &'a With,
) -> impl Iterator<Item = (&'static dyn Join<E>, String, &'a With)> {
    let named =
        move |(n, with): &'a (usize, With)| Some((*joins.get(*n)?, format!("{prefix}{n}_"), with));
    with.0.iter().filter_map(named)
}

/// A table joined to the column of another, under the prefix as its name.
fn join<O: EntityTrait>(
    query: &mut SelectStatement,
    on: O::Column,
    (base, column): (&DynIden, &impl Iden),
    prefix: &str,
) {
    let (table, column) = (Alias::new(prefix), column.unquoted().to_owned());
    let same = Expr::col((table.clone(), on)).equals((base.clone(), column));
    query.join_as(JoinType::LeftJoin, O::default(), table.clone(), same);
    for column in O::Column::iter() {
        let name = format!("{prefix}{}", column.unquoted());
        query.expr_as(Expr::col((table.clone(), column)), name);
    }
}

/// The order of a list, of the table of this name.
fn order<L: List>(query: &mut SelectStatement, table: &DynIden, descending: bool) {
    let order = if descending { Order::Desc } else { Order::Asc };
    for column in L::sort_column().into_iter().chain([L::id_column()]) {
        query.order_by((table.clone(), column), order.clone());
    }
}

/// Which of these joins a row's fields ask for, and may have. One alone may multiply rows.
fn chosen<E: EntityTrait>(
    joins: Joins<E>,
    row: &Lookahead<'_>,
    viewer: Viewer<'_>,
    several: &mut bool,
) -> With {
    let mut with = Vec::new();
    for (n, join) in joins.iter().enumerate() {
        let asked = row.field(join.field());
        if !asked.exists() || (join.several() && *several) || !join.fits(viewer) {
            continue;
        }
        *several |= join.several();
        with.push((n, join.inner(&asked, viewer, several)));
    }
    With(with)
}

/// Which of a table's joins the field at hand asks for, whose rows stand at the end of the path. It is the same for
/// every object that has the field: worked out once.
pub(crate) fn asked<E: EntityTrait>(ctx: &Context<'_>, joins: Joins<E>, path: &[&str]) -> With {
    // What an act or a later event reads, it reads anew: the row after a page's last is kept and not asked for.
    if joins.is_empty() || ctx.query_env.operation.node.ty != OperationType::Query {
        return With::default();
    }
    let reader = loader(ctx).loader();
    let field = (std::ptr::from_ref(ctx.item).addr(), TypeId::of::<E>());
    let mut known = reader.asked.lock().unwrap_or_else(PoisonError::into_inner);
    let with = known.entry(field).or_insert_with(|| {
        let row = path.iter().fold(ctx.look_ahead(), |row, field| row.field(field));
        let sight = reader.sight();
        let viewer = Viewer { sight: &sight, backend: reader.db().get_database_backend() };
        chosen(joins, &row, viewer, &mut false)
    });
    with.clone()
}

/// What fields ask to be read beside their rows, by the field and the rows' table.
pub(crate) type Known = Mutex<HashMap<(usize, TypeId), With>>;

/// The rows of a list that the query finds, in this order, with what its joins find kept.
///
/// # Errors
/// When they cannot be read.
pub(crate) async fn read<L: List>(
    (query, base, descending): (SelectStatement, impl IntoIden, bool),
    with: &With,
    (db, kept): (&Lane, &Kept),
) -> Result<Vec<RowOf<L>>, DbErr> {
    let (mut query, mut base) = (query, base.into_iden());
    let joins = L::joins();
    let several = with.0.iter().any(|(n, _)| joins.get(*n).is_some_and(|join| join.several()));
    if several {
        // Limits count rows of the list.
        let rows = std::mem::replace(&mut query, Query::select());
        base = Alias::new("base").into_iden();
        let columns = <L::Entity as EntityTrait>::Column::iter();
        query.columns(columns.map(|column| (base.clone(), column)));
        query.from_subquery(rows, base.clone());
        order::<L>(&mut query, &base, descending);
    }
    let id = several.then(|| L::id_column().unquoted().to_owned());
    rows::<L::Entity>(query, (base, joins, with), id.as_deref(), (db, kept)).await
}

/// The row of this id, with what its joins find kept.
///
/// # Errors
/// When it cannot be read.
pub(crate) async fn one<I: Key>(
    id: I,
    with: &With,
    reader: &Reader,
) -> Result<Option<ModelOf<I>>, DbErr> {
    let query = I::rows(&reader.sight()).filter(I::column().eq(id)).into_query();
    let base = I::Entity::default().into_iden();
    let rows = rows::<I::Entity>(query, (base, I::joins(), with), None, reader.place()).await?;
    Ok(rows.into_iter().next())
}

async fn rows<E: EntityTrait>(
    mut query: SelectStatement,
    (base, joins, with): (DynIden, Joins<E>, &With),
    repeated: Option<&str>,
    (db, kept): (&Lane, &Kept),
) -> Result<Vec<E::Model>, DbErr> {
    let joins: Vec<_> = inner(joins, "", with).collect();
    for (join, prefix, with) in &joins {
        join.add(&mut query, &base, prefix, with);
    }
    let (mut rows, mut last) = (Vec::new(), None);
    for found in &found(&query, db).await? {
        let id = repeated.map(|id| found.try_get::<Uuid>("", id)).transpose()?;
        let first = id.is_none() || id != last;
        if first {
            rows.push(E::Model::from_query_result(found, "")?);
            last = id;
        }
        if let Some(row) = rows.last() {
            for (join, prefix, with) in &joins {
                join.keep(found, (prefix, with), (row, first), kept)?;
            }
        }
    }
    Ok(rows)
}

/// What the query finds: compiled once for all lists.
async fn found(query: &SelectStatement, db: &Lane) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all(query).await
}

/// Rows read before they were asked for, until the request ends.
#[derive(Default)]
pub(crate) struct Kept(Mutex<HashMap<TypeId, Box<dyn Any + Send>>>);

impl Kept {
    pub(crate) fn put<K: Eq + Hash + Send + 'static, V: Send + 'static>(&self, key: K, value: V) {
        self.of_kind(|kept| kept.insert(key, value));
    }

    /// One more row of the list that was read last for this key.
    fn add<K: Eq + Hash + Send + 'static, V: Send + 'static>(&self, key: K, value: V) {
        self.of_kind::<K, Vec<V>, _>(|kept| kept.entry(key).or_default().push(value));
    }

    /// What was read for this key; none when the loaders have to read it.
    pub(crate) fn get<K: Eq + Hash + Send + 'static, V: Clone + Send + 'static>(
        &self,
        key: &K,
    ) -> Option<V> {
        self.of_kind(|kept: &mut HashMap<K, V>| kept.get(key).cloned()).flatten()
    }

    fn of_kind<K: Send + 'static, V: Send + 'static, T>(
        &self,
        work: impl FnOnce(&mut HashMap<K, V>) -> T,
    ) -> Option<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_kind = kept.entry(TypeId::of::<(K, V)>());
        let of_kind = of_kind.or_insert_with(|| Box::new(HashMap::<K, V>::new()));
        of_kind.downcast_mut().map(work)
    }
}
