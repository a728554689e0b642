//! How the objects of the schema are declared, beside their fields: one entry says of which table they are, by which id
//! their rows are read, who sees them, and the pages in which they stand. `crate::node` lists those with a global id.

use crate::load::{self, Key, ModelOf};
use async_graphql::Context;
use entity::ids::TypedId;

/// An object with a global id.
pub(crate) trait Global: Sized {
    /// Its id.
    type Id: TypedId;

    /// The object of this id, asked for `alone` or with others; none for what does not exist or may not be seen.
    async fn find(ctx: &Context<'_>, id: Self::Id, alone: bool) -> Option<Self>;
}

/// The object of a row, found as [`Global::find`] says.
pub(crate) async fn of_row<I: Key, T: From<ModelOf<I>>>(
    ctx: &Context<'_>,
    id: I,
    alone: bool,
) -> Option<T> {
    if alone { load::alone(ctx, id).await } else { load::get(ctx, id).await }
}

/// Declares an object that is a row: the struct around the row, the [`Key`] by which rows are read, the global id, and
/// its connection and edge where it stands in pages.
///
/// | part | says |
/// |---|---|
/// | `seen` | rows are seen as `service::sight` says; the object has a global id |
/// | `reached` | the row is public, or reached only from what is seen; no global id |
/// | `with` | what may be read with a row that is asked for alone |
macro_rules! object {
    (
        $(#[$doc:meta])* $object:ident = $how:ident $table:ident by $id:ident
        $(with [$($join:expr),+ $(,)?])?;
        $(
            $(#[$page_doc:meta])* $connection:ident,
            $(#[$edge_doc:meta])* $edge:ident,
            $(#[$node_doc:meta])* node
        )?
    ) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub(crate) struct $object(pub(crate) entity::$table::Model);

        impl From<entity::$table::Model> for $object {
            fn from(row: entity::$table::Model) -> Self {
                Self(row)
            }
        }

        $crate::load::key! { $id = $how $table $(with [$($join),+])? }
        $crate::object::object!(@global $how $object $id);
        $($crate::page::connection! {
            $(#[$page_doc])* $connection,
            $(#[$edge_doc])* $edge,
            $(#[$node_doc])* $object = $table
        })?
    };
    (@global reached $object:ident $id:ident) => {};
    (@global seen $object:ident $id:ident) => {
        impl $crate::object::Global for $object {
            type Id = entity::ids::$id;

            async fn find(
                ctx: &async_graphql::Context<'_>,
                id: Self::Id,
                alone: bool,
            ) -> Option<Self> {
                $crate::object::of_row(ctx, id, alone).await
            }
        }
    };
}
pub(crate) use object;
