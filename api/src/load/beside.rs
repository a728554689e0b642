//! Rows read in the statement of those that point to them, when the query asks for them (look-ahead) and the viewer
//! sees all of their table. In any other case the loaders read them.

use super::{Key, List, Map, ModelOf, Nested, Reader, RowOf, loader};
use crate::lane::Lane;
use async_graphql::parser::types::OperationType;
use async_graphql::{Context, Lookahead, QueryPathNode, QueryPathSegment};
use entity::Positioned;
use foldhash::fast::FixedState;
use sea_orm::sea_query::{
    Alias, DynIden, Expr, ExprTrait, IntoIden, Order, Query, SelectStatement,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, Iden, Iterable, JoinType,
    QueryFilter, QueryResult, QueryTrait,
};
use service::sight::{Sight, Visible};
use std::any::{Any, TypeId};
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// What is read with the rows of a table: those of its joins that are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct With(Arc<[Joined]>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Joined {
    /// The number of the join.
    n: usize,
    /// How far behind those of the row its columns begin.
    at: usize,
    /// The key of the field that asks for it.
    key: u64,
    /// What is read with it in turn.
    with: With,
}

impl With {
    /// How many columns the rows and all that is read with them have.
    fn width<E: EntityTrait<Model: Positioned>>(&self, joins: Joins<E>) -> usize {
        let of = |joined: &Joined| Some(joins.get(joined.n)?.width(&joined.with));
        E::Model::WIDTH + self.0.iter().filter_map(of).sum::<usize>()
    }
}

/// What is read with the rows that stand at one place of the answer, and is kept for that place alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Beside {
    with: With,
    /// Whether some of it multiplies rows.
    several: bool,
    place: u64,
}

// What is read at one place differs with the directives of a query at most.
impl Hash for Beside {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.place.hash(state);
    }
}

impl Beside {
    pub(crate) fn is_empty(&self) -> bool {
        self.with.0.is_empty()
    }
}

/// The place of a field in the answer, whichever of a list's objects it is a field of.
fn place(node: Option<&QueryPathNode<'_>>) -> u64 {
    let Some(node) = node else { return 0 };
    let above = place(node.parent);
    match node.segment {
        QueryPathSegment::Index(_) => above,
        QueryPathSegment::Name(key) => below(above, named(key)),
    }
}

fn below(place: u64, key: u64) -> u64 {
    FixedState::default().hash_one((place, key))
}

fn named(key: &str) -> u64 {
    FixedState::default().hash_one(key)
}

/// The key that a field has in the answer; none where it is asked for under several.
fn key(field: &Lookahead<'_>) -> Option<u64> {
    let fields = field.selection_fields();
    let mut keys = fields.iter().map(|field| field.alias().unwrap_or(field.name()));
    let first = keys.next()?;
    keys.all(|key| key == first).then(|| named(first))
}

/// Who reads, and where.
#[derive(Clone, Copy)]
pub(crate) struct Viewer<'a> {
    pub(crate) sight: &'a Sight,
    pub(crate) backend: DbBackend,
}

/// A row that was found, with all that was read with it.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) row: &'a QueryResult,
    /// Where its columns begin.
    pub(crate) at: usize,
    /// The place of its object in the answer.
    place: u64,
    kept: &'a Kept,
}

impl Found<'_> {
    /// Keeps what was read with the row for whoever asks for it next.
    pub(crate) fn keep<K: Eq + Hash + Send + 'static, V: Send + 'static>(self, key: K, value: V) {
        self.kept.put((self.place, key), value);
    }
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
    /// What is read with it in turn, one for each.
    fn inner(&self, _: &Lookahead<'_>, _: Viewer<'_>) -> With {
        With::default()
    }
    /// How many columns it adds.
    fn width(&self, with: &With) -> usize;
    /// Adds it. The prefix names its table.
    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str, with: &With);
    /// Keeps it, in these columns, for the row; `first` when the row has not come before.
    ///
    /// # Errors
    /// When it is not as its table says.
    fn keep(
        &self,
        found: Found<'_>,
        columns: Columns<'_>,
        row: (&E::Model, bool),
    ) -> Result<(), DbErr>;
}

/// Where the columns of a join begin, and what was read with it.
pub(crate) struct Columns<'a> {
    pub(crate) at: usize,
    key: u64,
    with: &'a With,
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

    fn width(&self, _: &With) -> usize {
        ModelOf::<I>::WIDTH
    }

    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str, _: &With) {
        join::<I::Entity>(query, I::column(), (base, &self.column), prefix);
    }

    fn keep(
        &self,
        found: Found<'_>,
        Columns { at, .. }: Columns<'_>,
        (row, first): (&E::Model, bool),
    ) -> Result<(), DbErr> {
        if first && ModelOf::<I>::is_there(found.row, at)? {
            found.keep((self.id)(row), ModelOf::<I>::read(found.row, at)?);
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

    fn inner(&self, row: &Lookahead<'_>, viewer: Viewer<'_>) -> With {
        chosen(L::joins(), row, viewer, &mut true)
    }

    fn width(&self, with: &With) -> usize {
        with.width(L::joins())
    }

    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str, with: &With) {
        join::<L::Entity>(query, L::parent_column(), (base, &self.column), prefix);
        let table = Alias::new(prefix).into_iden();
        if self.several {
            order::<L>(query, &table, L::DESCENDING);
        }
        add(query, (&table, prefix), L::joins(), with);
    }

    fn keep(
        &self,
        found: Found<'_>,
        Columns { at, key, with }: Columns<'_>,
        (row, first): (&E::Model, bool),
    ) -> Result<(), DbErr> {
        if !first && !self.several {
            return Ok(());
        }
        let list = (self.list.clone(), (self.id)(row));
        if !RowOf::<L>::is_there(found.row, at)? {
            if first {
                found.keep(list, Vec::<RowOf<L>>::new());
            }
            return Ok(());
        }
        let other = RowOf::<L>::read(found.row, at)?;
        let inner = Found { at, place: below(found.place, key), ..found };
        keep(inner, L::joins(), with, (&other, true))?;
        if first {
            found.keep(list, vec![other]);
        } else {
            found.kept.add((found.place, list), other);
        }
        Ok(())
    }
}

/// Adds what is read with the rows of the table.
fn add<E: EntityTrait>(
    query: &mut SelectStatement,
    (table, prefix): (&DynIden, &str),
    joins: Joins<E>,
    with: &With,
) {
    for joined in &*with.0 {
        if let Some(join) = joins.get(joined.n) {
            join.add(query, table, &format!("{prefix}{}_", joined.n), &joined.with);
        }
    }
}

/// Keeps what was read with the row.
fn keep<E: EntityTrait>(
    found: Found<'_>,
    joins: Joins<E>,
    with: &With,
    row: (&E::Model, bool),
) -> Result<(), DbErr> {
    for Joined { n, at, key, with } in &*with.0 {
        if let Some(join) = joins.get(*n) {
            join.keep(found, Columns { at: found.at + at, key: *key, with }, row)?;
        }
    }
    Ok(())
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
    query.expr(entity::columns_of::<O>(prefix));
}

/// The order of a list, of the table of this name.
fn order<L: List>(query: &mut SelectStatement, table: &DynIden, descending: bool) {
    let order = if descending { Order::Desc } else { Order::Asc };
    for column in L::sort_column().into_iter().chain([L::id_column()]) {
        query.order_by((table.clone(), column), order.clone());
    }
}

/// Which of these joins a row's fields ask for, and may have. One alone may multiply rows: none where `several` says
/// that one does already, which is told of one that is chosen.
fn chosen<E: EntityTrait<Model: Positioned>>(
    joins: Joins<E>,
    row: &Lookahead<'_>,
    viewer: Viewer<'_>,
    several: &mut bool,
) -> With {
    let (mut chosen, mut at) = (Vec::new(), E::Model::WIDTH);
    for (n, join) in joins.iter().enumerate() {
        let asked = row.field(join.field());
        if !asked.exists() || (join.several() && *several) || !join.fits(viewer) {
            continue;
        }
        *several |= join.several();
        let (key, with) = match key(&asked) {
            Some(key) => (key, join.inner(&asked, viewer)),
            None => (0, With::default()),
        };
        let width = join.width(&with);
        chosen.push(Joined { n, at, key, with });
        at += width;
    }
    With(chosen.into())
}

/// Which of a table's joins the field at hand asks for, whose rows stand at the end of the path.
pub(crate) fn asked<E: EntityTrait<Model: Positioned>>(
    ctx: &Context<'_>,
    joins: Joins<E>,
    path: &[&str],
) -> Beside {
    // What an act or a later event reads, it reads anew: the row after a page's last is kept and not asked for.
    if joins.is_empty() || ctx.query_env.operation.node.ty != OperationType::Query {
        return Beside::default();
    }
    let reader = loader(ctx).loader();
    let field = (std::ptr::from_ref(ctx.item).addr(), joins.as_ptr().addr());
    let mut known = reader.asked.lock().unwrap_or_else(PoisonError::into_inner);
    // It is the same for every object that has the field: worked out once.
    let (beside, keys) = known.entry(field).or_insert_with(|| {
        let (mut row, mut keys, mut several) = (ctx.look_ahead(), Vec::new(), false);
        for field in path {
            row = row.field(field);
            let Some(key) = key(&row) else { return (Beside::default(), Vec::new()) };
            keys.push(key);
        }
        let sight = reader.sight();
        let viewer = Viewer { sight: &sight, backend: reader.db().get_database_backend() };
        let with = chosen(joins, &row, viewer, &mut several);
        (Beside { with, several, place: 0 }, keys)
    });
    if beside.is_empty() {
        return Beside::default();
    }
    let field = place(ctx.path_node.as_ref());
    let place = keys.iter().fold(field, |place, key| below(place, *key));
    Beside { place, ..beside.clone() }
}

/// What fields ask to be read beside their rows, by the places in memory of the field and of the rows' joins; with the
/// keys that lead from the field to the rows.
pub(crate) type Known = Mutex<Map<(usize, usize), (Beside, Vec<u64>)>>;

/// The rows of a list that the query finds, in this order, with what its joins find kept.
///
/// # Errors
/// When they cannot be read.
pub(crate) async fn read<L: List>(
    (query, base, descending): (SelectStatement, impl IntoIden, bool),
    beside: &Beside,
    source: (&Lane, &Kept),
) -> Result<Vec<RowOf<L>>, DbErr> {
    let (mut query, mut base) = (query, base.into_iden());
    if beside.several {
        // Limits count rows of the list.
        let rows = std::mem::replace(&mut query, Query::select());
        base = Alias::new("base").into_iden();
        query.expr(entity::columns_of::<L::Entity>("base")).from_subquery(rows, base.clone());
    }
    if !beside.is_empty() {
        // A join may bring the rows in another order.
        query.clear_order_by();
        order::<L>(&mut query, &base, descending);
    }
    let id = beside.several.then(|| position(&L::id_column()));
    rows::<L::Entity>((query, base), (L::joins(), beside), id.flatten(), source).await
}

/// Where a column stands among those of its table.
fn position<C: Iden + Iterable>(column: &C) -> Option<usize> {
    C::iter().position(|other| other.unquoted() == column.unquoted())
}

/// The row of this id, with what its joins find kept.
///
/// # Errors
/// When it cannot be read.
pub(crate) async fn one<I: Key>(
    id: I,
    beside: &Beside,
    reader: &Reader,
) -> Result<Option<ModelOf<I>>, DbErr> {
    let query = I::rows(&reader.sight()).filter(I::column().eq(id)).into_query();
    let base = I::Entity::default().into_iden();
    let rows = rows::<I::Entity>((query, base), (I::joins(), beside), None, reader.source());
    Ok(rows.await?.into_iter().next())
}

/// The query's rows; those of the same id at position `repeated` are one.
async fn rows<E: EntityTrait<Model: Positioned>>(
    (mut query, base): (SelectStatement, DynIden),
    (joins, beside): (Joins<E>, &Beside),
    repeated: Option<usize>,
    (db, kept): (&Lane, &Kept),
) -> Result<Vec<E::Model>, DbErr> {
    add(&mut query, (&base, ""), joins, &beside.with);
    let (mut rows, mut last) = (Vec::new(), None);
    for row in &found(&query, db).await? {
        let id = repeated.map(|position| row.try_get_by::<Uuid, _>(position)).transpose()?;
        let first = id.is_none() || id != last;
        if first {
            rows.push(E::Model::read(row, 0)?);
            last = id;
        }
        if let Some(known) = rows.last() {
            let found = Found { row, at: 0, place: beside.place, kept };
            keep(found, joins, &beside.with, (known, first))?;
        }
    }
    Ok(rows)
}

/// What the query finds: compiled once for all lists.
pub(super) async fn found(query: &SelectStatement, db: &Lane) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all(query).await
}

/// Rows read before they were asked for, until the request ends.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Map<TypeId, Box<dyn Any + Send>>>);

/// A key, at a place of the answer.
type Placed<K> = (u64, K);

impl Kept {
    fn put<K: Eq + Hash + Send + 'static, V: Send + 'static>(&self, key: Placed<K>, value: V) {
        self.of_kind(|kept| kept.insert(key, value));
    }

    /// One more row of the list that was read last for this key.
    fn add<K: Eq + Hash + Send + 'static, V: Send + 'static>(&self, key: Placed<K>, value: V) {
        self.of_kind::<K, Vec<V>, _>(|kept| kept.entry(key).or_default().push(value));
    }

    /// What was read for this key with the object whose field is at hand; none when the loaders have to read it.
    pub(crate) fn get<K, V>(&self, ctx: &Context<'_>, key: &K) -> Option<V>
    where
        K: Clone + Eq + Hash + Send + 'static,
        V: Clone + Send + 'static,
    {
        let object = || place(ctx.path_node.as_ref().and_then(|field| field.parent));
        let found = |kept: &mut Map<Placed<K>, V>| {
            if kept.is_empty() { None } else { kept.get(&(object(), key.clone())).cloned() }
        };
        self.of_kind(found).flatten()
    }

    fn of_kind<K: Send + 'static, V: Send + 'static, T>(
        &self,
        work: impl FnOnce(&mut Map<Placed<K>, V>) -> T,
    ) -> Option<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_kind = kept.entry(TypeId::of::<(K, V)>());
        let of_kind = of_kind.or_insert_with(|| Box::new(Map::<Placed<K>, V>::default()));
        of_kind.downcast_mut().map(work)
    }
}
