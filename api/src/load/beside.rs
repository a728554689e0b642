//! Rows read in the statement of those that point to them, when the query asks for them (look-ahead) and the viewer
//! sees all of their table. In any other case the loaders read them.

use super::{Joins, Key, List, Map, ModelOf, Reader, RowOf, loader};
use crate::lane::Lane;
use crate::page::Window;
use async_graphql::parser::types::OperationType;
use async_graphql::{Context, Lookahead, QueryPathNode, QueryPathSegment};
use entity::Positioned;
use foldhash::fast::FixedState;
use sea_orm::sea_query::{Alias, DynIden, IntoIden, Order, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, Iden, Iterable, QueryFilter,
    QueryResult, QueryTrait,
};
use service::sight::Sight;
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
    read: Read,
}

/// How a join is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Read {
    /// The keys that lead from the row to what is read; none where nothing can be read with it in turn.
    pub(crate) keys: Vec<u64>,
    /// The page of a list.
    pub(crate) window: Option<Window>,
    /// What is read with it in turn.
    pub(crate) with: With,
}

impl With {
    /// How many columns the rows and all that is read with them have.
    pub(super) fn width<E: EntityTrait<Model: Positioned>>(&self, joins: Joins<E>) -> usize {
        let of = |joined: &Joined| Some(joins.get(joined.n)?.width(&joined.read));
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
pub(super) fn key(field: &Lookahead<'_>) -> Option<u64> {
    let fields = field.selection_fields();
    let mut keys = fields.iter().map(|field| field.alias().unwrap_or(field.name()));
    let first = keys.next()?;
    keys.all(|key| key == first).then(|| named(first))
}

/// What stands at the end of this path below the field, with the keys that lead there; none where one of them is asked
/// for under several.
pub(super) fn down<'a>(field: &Lookahead<'a>, path: &[&str]) -> Option<(Lookahead<'a>, Vec<u64>)> {
    let (first, path) = path.split_first()?;
    let (mut field, mut keys) = (field.field(first), Vec::with_capacity(1 + path.len()));
    keys.push(key(&field)?);
    for name in path {
        field = field.field(name);
        keys.push(key(&field)?);
    }
    Some((field, keys))
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

    /// Keeps one more row of a list for whoever asks for it next, unless the last is told to be the same; tells whether
    /// it did.
    pub(crate) fn add<K, V>(self, key: K, row: V, same: impl FnOnce(&V) -> bool) -> bool
    where
        K: Eq + Hash + Send + 'static,
        V: Send + 'static,
    {
        self.kept.add((self.place, key), row, same)
    }

    /// What was read with a row, in turn.
    pub(crate) fn below(self, at: usize, read: &Read) -> Self {
        let place = read.keys.iter().fold(self.place, |place, key| below(place, *key));
        Found { at, place, ..self }
    }
}

/// Where the columns of a join begin, and how it was read.
pub(crate) struct Columns<'a> {
    pub(crate) at: usize,
    pub(crate) read: &'a Read,
}

/// Adds what is read with the rows of the table.
pub(super) fn add<E: EntityTrait>(
    query: &mut SelectStatement,
    (table, prefix): (&DynIden, &str),
    joins: Joins<E>,
    with: &With,
) {
    for joined in &*with.0 {
        if let Some(join) = joins.get(joined.n) {
            join.add(query, table, &format!("{prefix}{}_", joined.n), &joined.read);
        }
    }
}

/// Keeps what was read with the row.
pub(super) fn keep<E: EntityTrait>(
    found: Found<'_>,
    joins: Joins<E>,
    with: &With,
    row: (&E::Model, bool),
) -> Result<(), DbErr> {
    for Joined { n, at, read } in &*with.0 {
        if let Some(join) = joins.get(*n) {
            join.keep(found, Columns { at: found.at + at, read }, row)?;
        }
    }
    Ok(())
}

/// The order of a list, of the table of this name.
pub(super) fn order<L: List>(query: &mut SelectStatement, table: &DynIden, descending: bool) {
    let order = if descending { Order::Desc } else { Order::Asc };
    for column in L::sort_column().into_iter().chain([L::id_column()]) {
        query.order_by((table.clone(), column), order.clone());
    }
}

/// Which of these joins a row's fields ask for, and may have. One alone may multiply rows: none where `several` says
/// that one does already, which is told of one that is chosen.
pub(super) fn chosen<E: EntityTrait<Model: Positioned>>(
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
        let Some(read) = join.how(&asked, viewer) else { continue };
        *several |= join.several();
        let width = join.width(&read);
        chosen.push(Joined { n, at, read });
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
        if !path.is_empty() {
            let Some(below) = down(&row, path) else { return (Beside::default(), Vec::new()) };
            (row, keys) = below;
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
    let id = beside.several.then(|| position(&I::column()));
    let joins = (I::joins(), beside);
    let rows = rows::<I::Entity>((query, base), joins, id.flatten(), reader.source());
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

    /// One more row of the list of this key, unless the last is told to be the same; tells whether it was added.
    fn add<K: Eq + Hash + Send + 'static, V: Send + 'static>(
        &self,
        key: Placed<K>,
        row: V,
        same: impl FnOnce(&V) -> bool,
    ) -> bool {
        let added = self.of_kind::<K, Vec<V>, _>(|kept| {
            let rows = kept.entry(key).or_default();
            let known = rows.last().is_some_and(same);
            if !known {
                rows.push(row);
            }
            !known
        });
        added.unwrap_or(true)
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
