//! Lists: whole or by pages, of the root or of what hangs on other objects.

use super::{Beside, Failure, Joins, Map, Reader, beside};
use crate::page::{self, Slice, Window};
use async_graphql::dataloader::Loader;
use entity::Positioned;
use futures::FutureExt;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select};
use service::sight::Sight;
use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::str::FromStr;
use std::sync::Arc;

/// A list of rows in a stable order; its fields are the filters asked for.
pub(crate) trait List: Clone + Eq + Hash + Send + Sync + 'static {
    /// The table.
    type Entity: EntityTrait<Model: Positioned + Clone + Send + Sync>;
    /// The type of the rows' id.
    type Id: Copy + PartialEq + Display + FromStr + Into<sea_orm::Value>;
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
    /// The rows that belong to it, as far as they may be seen: all columns of the table, in their order.
    fn rows(&self, sight: &Sight) -> Select<Self::Entity>;
    /// What may be read with its rows.
    fn joins() -> Joins<Self::Entity> {
        &[]
    }
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
        $(, under $parent:ident($parent_column:ident, $parent_field:ident))?
        $(, with [$($join:expr),+])?;
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
            $(fn joins() -> $crate::load::Joins<entity::$table::Entity> {
                &[$(&$join),+]
            })?
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

/// The whole of a nested list.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct All<L: Nested> {
    pub(super) parent: L::Parent,
    pub(super) list: L,
    pub(super) beside: Beside,
}

impl<L: Nested> Loader<All<L>> for Reader {
    type Value = Arc<Vec<RowOf<L>>>;
    type Error = Failure;

    async fn load(&self, keys: &[All<L>]) -> Result<HashMap<All<L>, Self::Value>, Failure> {
        self.wholes(keys).boxed().await
    }
}

/// A page of a nested list.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Page<L: Nested> {
    pub(super) parent: L::Parent,
    pub(super) list: L,
    pub(super) window: Window,
    pub(super) beside: Beside,
}

impl<L: Nested> Loader<Page<L>> for Reader {
    type Value = Arc<Slice<RowOf<L>>>;
    type Error = Failure;

    async fn load(&self, keys: &[Page<L>]) -> Result<HashMap<Page<L>, Self::Value>, Failure> {
        self.pages(keys).boxed().await
    }
}

type Found<K, V> = Result<HashMap<K, Arc<V>>, Failure>;

impl Reader {
    async fn wholes<L: Nested>(&self, keys: &[All<L>]) -> Found<All<L>, Vec<RowOf<L>>> {
        let sight = self.sight();
        let mut found: HashMap<All<L>, Vec<RowOf<L>>> = HashMap::new();
        for ((list, beside), parents) in by(keys, |key| (&key.list, &key.beside), |key| key.parent)
        {
            let rows = list.rows(&sight).filter(self.among(L::parent_column(), parents));
            let rows = page::ordered::<L>(rows, L::DESCENDING).into_query();
            let rows = (rows, L::Entity::default(), L::DESCENDING);
            for row in beside::read::<L>(rows, beside, self.source()).await? {
                if let Some(parent) = L::parent(&row) {
                    let key = All { parent, list: list.clone(), beside: beside.clone() };
                    found.entry(key).or_default().push(row);
                }
            }
        }
        Ok(shared(found))
    }

    async fn pages<L: Nested>(&self, keys: &[Page<L>]) -> Found<Page<L>, Slice<RowOf<L>>> {
        let sight = self.sight();
        let mut found = HashMap::new();
        let groups = by(keys, |key| (&key.list, &key.window, &key.beside), |key| key.parent);
        for ((list, window, beside), parents) in groups {
            let counts = if window.count {
                self.counts(list, &sight, &parents).await?
            } else {
                Map::default()
            };
            let asked = (window, beside);
            let rows = page::of_each(list, &sight, asked, &parents, self.source()).await?;
            let mut pages: Map<L::Parent, Vec<RowOf<L>>> = Map::default();
            for row in rows {
                if let Some(parent) = L::parent(&row) {
                    pages.entry(parent).or_default().push(row);
                }
            }
            for parent in parents {
                let rows = pages.remove(&parent).unwrap_or_default();
                let total = counts.get(&parent).copied().unwrap_or_default();
                let (list, window, beside) = (list.clone(), window.clone(), beside.clone());
                let slice = Arc::new(Slice::cut::<L>(rows, &window, total));
                let key = Page { parent, list, window, beside };
                found.insert(key, slice);
            }
        }
        Ok(found)
    }

    async fn counts<L: Nested>(
        &self,
        list: &L,
        sight: &Sight,
        parents: &[L::Parent],
    ) -> Result<Map<L::Parent, u64>, Failure> {
        let rows: Vec<(L::Parent, i64)> = list
            .rows(sight)
            .filter(self.among(L::parent_column(), parents.iter().copied()))
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

/// Each value once, however many wait for it.
pub(crate) fn shared<K: Eq + Hash, V>(found: HashMap<K, V>) -> HashMap<K, Arc<V>> {
    found.into_iter().map(|(key, value)| (key, Arc::new(value))).collect()
}

/// The keys' parents, grouped by what one statement can share: few groups, most often one.
fn by<'a, K, G: PartialEq, P>(
    keys: &'a [K],
    group: impl Fn(&'a K) -> G,
    parent: impl Fn(&K) -> P,
) -> Vec<(G, Vec<P>)> {
    let mut groups: Vec<(G, Vec<P>)> = Vec::new();
    for key in keys {
        let (of, parent) = (group(key), parent(key));
        match groups.iter_mut().find(|(group, _)| *group == of) {
            Some((_, parents)) => parents.push(parent),
            None => groups.push((of, vec![parent])),
        }
    }
    groups
}
