//! Rows by their ids.

use super::{Failure, Joins, Reader, beside};
use async_graphql::dataloader::Loader;
use entity::Positioned;
use futures::FutureExt;
use sea_orm::{EntityTrait, QueryFilter, QueryTrait, Select};
use service::sight::Sight;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// A typed id as the key of its table's rows.
pub(crate) trait Key:
    Copy + Eq + Hash + Send + Sync + Into<sea_orm::Value> + 'static
{
    /// The table.
    type Entity: EntityTrait<Model: Positioned + Clone + Send + Sync>;
    /// The column of the id.
    fn column() -> <Self::Entity as EntityTrait>::Column;
    /// The id of a row.
    fn of(row: &ModelOf<Self>) -> Self;
    /// The rows that the viewer may see: all columns of the table, in their order.
    fn rows(sight: &Sight) -> Select<Self::Entity>;
    /// What may be read with a row that is asked for alone.
    fn joins() -> Joins<Self::Entity> {
        &[]
    }
}

/// A row of the table of an id.
pub(crate) type ModelOf<I> = <<I as Key>::Entity as EntityTrait>::Model;

/// Declares by which id the rows of a table are read: those that the viewer may see, or of what is public or `reached`
/// only from what is seen.
macro_rules! key {
    (@rows $table:ident seen $sight:ident) => {
        <entity::$table::Entity as service::sight::Visible>::visible($sight)
    };
    (@rows $table:ident reached $sight:ident) => {
        <entity::$table::Entity as sea_orm::EntityTrait>::find()
    };
    ($id:ident = $how:ident $table:ident $(with [$($join:expr),+])?) => {
        impl $crate::load::Key for entity::ids::$id {
            type Entity = entity::$table::Entity;
            fn column() -> entity::$table::Column {
                entity::$table::Column::Id
            }
            fn of(row: &entity::$table::Model) -> Self {
                row.id
            }
            fn rows(_sight: &service::sight::Sight) -> sea_orm::Select<entity::$table::Entity> {
                $crate::load::key!(@rows $table $how _sight)
            }
            $(fn joins() -> $crate::load::Joins<entity::$table::Entity> {
                &[$(&$join),+]
            })?
        }
    };
}
pub(crate) use key;

// Rows that the schema shows no object of, or another than the row.
key! { DecisionId = seen decision }
key! { BillableFactId = reached billable_fact }
key! { ConventionVersionId = reached convention_version }
key! { PersonId = reached person }
key! { SanctionId = reached sanction }

impl<I: Key> Loader<I> for Reader {
    type Value = Arc<ModelOf<I>>;
    type Error = Failure;

    async fn load(&self, ids: &[I]) -> Result<HashMap<I, Self::Value>, Failure> {
        self.rows(ids).boxed().await
    }
}

impl Reader {
    /// Boxed where it is called, as those of lists: the library puts a copy of it in each of its own futures.
    async fn rows<I: Key>(&self, ids: &[I]) -> Result<HashMap<I, Arc<ModelOf<I>>>, Failure> {
        let rows = I::rows(&self.sight()).filter(self.among(I::column(), ids.iter().copied()));
        let found = beside::found(&rows.into_query(), self.db()).await?;
        let rows = found.iter().map(|found| ModelOf::<I>::read(found, 0));
        let by_id = |row: ModelOf<I>| (I::of(&row), Arc::new(row));
        Ok(rows.map(|row| row.map(by_id)).collect::<Result<_, _>>()?)
    }
}

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
