//! Rows read in the statement of those that point to them, when the query asks for them (look-ahead) and the viewer
//! sees all of their table. In any other case the loaders read them.

use super::{Key, List, ModelOf, Nested, RowOf};
use crate::caller;
use crate::lane::Lane;
use async_graphql::parser::types::OperationType;
use async_graphql::{Context, Lookahead};
use sea_orm::sea_query::{DynIden, Expr, ExprTrait, IntoIden, SelectStatement};
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Iden, Iterable, JoinType, QueryResult,
};
use service::sight::{Sight, Visible};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// What may be read with each row of a table: at most one row of another.
pub(crate) trait Join<E: EntityTrait>: Sync {
    /// The field that asks for it.
    fn field(&self) -> &'static str;
    /// Whether the viewer sees every row of the other table.
    fn seen(&self, sight: &Sight) -> bool;
    /// Adds the other row, with its columns' names after the prefix.
    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str);
    /// Keeps the other row for whoever asks for it next.
    ///
    /// # Errors
    /// When it is not as its table says.
    fn keep(
        &self,
        found: &QueryResult,
        prefix: &str,
        row: &E::Model,
        kept: &Kept,
    ) -> Result<(), DbErr>;
}

/// The joins of a list.
pub(crate) type Joins<L> = &'static [&'static dyn Join<<L as List>::Entity>];

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

    fn seen(&self, sight: &Sight) -> bool {
        I::Entity::seen_by(sight).is_empty()
    }

    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str) {
        join::<I::Entity>(query, I::column(), (base, &self.column), prefix);
    }

    fn keep(
        &self,
        found: &QueryResult,
        prefix: &str,
        row: &E::Model,
        kept: &Kept,
    ) -> Result<(), DbErr> {
        if let Some(other) = Option::<ModelOf<I>>::from_query_result(found, prefix)? {
            kept.put((self.id)(row), other);
        }
        Ok(())
    }
}

/// The row of a list, of one at most, that hangs on the id. The list has every row that is seen.
pub(crate) struct Of<E: EntityTrait, L: Nested> {
    /// The field that asks for it.
    pub(crate) field: &'static str,
    /// The column of the id.
    pub(crate) column: E::Column,
    /// Its value.
    pub(crate) id: fn(&E::Model) -> L::Parent,
    /// The list.
    pub(crate) list: L,
}

impl<E: EntityTrait, L: Nested<Entity: Visible>> Join<E> for Of<E, L>
where
    E::Column: Sync,
{
    fn field(&self) -> &'static str {
        self.field
    }

    fn seen(&self, sight: &Sight) -> bool {
        L::Entity::seen_by(sight).is_empty()
    }

    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str) {
        join::<L::Entity>(query, L::parent_column(), (base, &self.column), prefix);
    }

    fn keep(
        &self,
        found: &QueryResult,
        prefix: &str,
        row: &E::Model,
        kept: &Kept,
    ) -> Result<(), DbErr> {
        let other = Option::<RowOf<L>>::from_query_result(found, prefix)?;
        kept.put((self.list.clone(), (self.id)(row)), Vec::from_iter(other));
        Ok(())
    }
}

fn join<O: EntityTrait>(
    query: &mut SelectStatement,
    on: O::Column,
    (base, column): (&DynIden, &impl Iden),
    prefix: &str,
) {
    let column = column.unquoted().to_owned();
    let same = Expr::col((O::default(), on)).equals((base.clone(), column));
    query.join(JoinType::LeftJoin, O::default(), same);
    for column in O::Column::iter() {
        let name = format!("{prefix}{}", column.unquoted());
        query.expr_as(Expr::col((O::default(), column)), name);
    }
}

/// Which of a list's joins a query asks for, and may have.
pub(crate) fn asked<L: List>(ctx: &Context<'_>, row: &Lookahead<'_>) -> Vec<usize> {
    // What an act or a later event reads, it reads anew: the row after a page's last is kept and not asked for.
    if ctx.query_env.operation.node.ty != OperationType::Query {
        return Vec::new();
    }
    let sight = caller::caller(ctx).sight();
    let asked = |join: &&dyn Join<L::Entity>| row.field(join.field()).exists() && join.seen(&sight);
    let joins = L::joins().iter().enumerate();
    joins.filter(|(_, join)| asked(join)).map(|(n, _)| n).collect()
}

/// The rows of the query, whose table is `base`, with what its joins find kept.
///
/// # Errors
/// When they cannot be read.
pub(crate) async fn read<L: List>(
    mut query: SelectStatement,
    base: impl IntoIden,
    with: &[usize],
    (db, kept): (&Lane, &Kept),
) -> Result<Vec<RowOf<L>>, DbErr> {
    let base = base.into_iden();
    let joins = with.iter().filter_map(|n| Some((format!("{n}_"), L::joins().get(*n)?)));
    let joins: Vec<_> = joins.collect();
    for (prefix, join) in &joins {
        join.add(&mut query, &base, prefix);
    }
    let found = found(&query, db).await?;
    let row = |found: &QueryResult| {
        let row = RowOf::<L>::from_query_result(found, "")?;
        for (prefix, join) in &joins {
            join.keep(found, prefix, &row, kept)?;
        }
        Ok(row)
    };
    found.iter().map(row).collect()
}

/// What the query finds: compiled once for all lists.
async fn found(query: &SelectStatement, db: &Lane) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all(query).await
}

/// Rows read before they were asked for: each is given once.
#[derive(Default)]
pub(crate) struct Kept(Mutex<HashMap<TypeId, Box<dyn Any + Send>>>);

impl Kept {
    fn put<K: Eq + Hash + Send + 'static, V: Send + 'static>(&self, key: K, value: V) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_kind = kept.entry(TypeId::of::<(K, V)>());
        let of_kind = of_kind.or_insert_with(|| Box::new(HashMap::<K, Vec<V>>::new()));
        if let Some(of_kind) = of_kind.downcast_mut::<HashMap<K, Vec<V>>>() {
            of_kind.entry(key).or_default().push(value);
        }
    }

    /// What was read for this key; none when the loaders have to read it.
    pub(crate) fn take<K: Eq + Hash + Send + 'static, V: Send + 'static>(
        &self,
        key: &K,
    ) -> Option<V> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_kind = kept.get_mut(&TypeId::of::<(K, V)>())?;
        of_kind.downcast_mut::<HashMap<K, Vec<V>>>()?.get_mut(key)?.pop()
    }
}
