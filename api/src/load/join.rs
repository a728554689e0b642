//! What may be read in the statement of the rows of a table: what they point to, what hangs on them.

use super::beside::{self, Columns, Found, Read, Viewer};
use super::{Key, ModelOf, NODES, Nested, RowOf};
use crate::page::{self, Asked};
use async_graphql::Lookahead;
use entity::Positioned;
use sea_orm::sea_query::{Alias, DynIden, Expr, ExprTrait, IntoIden, SelectStatement};
use sea_orm::{DbBackend, DbErr, EntityName, EntityTrait, Iden, JoinType, QuerySelect};
use service::sight::Visible;

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
    /// How it is read for this field; none where it cannot be.
    fn how(&self, _: &Lookahead<'_>, _: Viewer<'_>) -> Option<Read> {
        Some(Read::default())
    }
    /// How many columns it adds.
    fn width(&self, read: &Read) -> usize;
    /// Adds it. The prefix names its table.
    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str, read: &Read);
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

    fn width(&self, _: &Read) -> usize {
        ModelOf::<I>::WIDTH
    }

    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str, _: &Read) {
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

    fn how(&self, asked: &Lookahead<'_>, viewer: Viewer<'_>) -> Option<Read> {
        Some(match beside::key(asked) {
            Some(key) => {
                let with = beside::chosen(L::joins(), asked, viewer, &mut true);
                Read { keys: vec![key], window: None, with }
            }
            None => Read::default(),
        })
    }

    fn width(&self, read: &Read) -> usize {
        read.with.width(L::joins())
    }

    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str, read: &Read) {
        join::<L::Entity>(query, L::parent_column(), (base, &self.column), prefix);
        let table = Alias::new(prefix).into_iden();
        if self.several {
            beside::order::<L>(query, &table, L::DESCENDING);
        }
        beside::add(query, (&table, prefix), L::joins(), &read.with);
    }

    fn keep(
        &self,
        found: Found<'_>,
        Columns { at, read }: Columns<'_>,
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
        beside::keep(found.below(at, read), L::joins(), &read.with, (&other, true))?;
        if first {
            found.keep(list, vec![other]);
        } else {
            found.add(list, other, |_| false);
        }
        Ok(())
    }
}

/// A page of a list that hangs on the id of a row which is asked for alone: of several, each would come once for each row
/// of its page. The list has every row that is seen. On PostgreSQL alone. An object of another type that a query asks for
/// under the same field is not told from it: then a page is read and not asked for.
pub(crate) struct PageOf<E: EntityTrait, L: Nested> {
    /// The field that asks for it.
    pub(crate) field: &'static str,
    /// The column of the id.
    pub(crate) column: E::Column,
    /// Its value.
    pub(crate) id: fn(&E::Model) -> L::Parent,
    /// The list.
    pub(crate) list: L,
}

impl<E: EntityTrait, L: Nested<Entity: Visible>> Join<E> for PageOf<E, L>
where
    E::Column: Sync,
{
    fn field(&self) -> &'static str {
        self.field
    }

    fn fits(&self, viewer: Viewer<'_>) -> bool {
        viewer.backend == DbBackend::Postgres && L::Entity::seen_by(viewer.sight).is_empty()
    }

    fn several(&self) -> bool {
        true
    }

    fn how(&self, asked: &Lookahead<'_>, viewer: Viewer<'_>) -> Option<Read> {
        let page = beside::key(asked)?;
        let (node, mut keys) = beside::down(asked, &NODES)?;
        keys.insert(0, page);
        // A page that is refused, or counted, is read by its field.
        if asked.field("totalCount").exists() {
            return None;
        }
        let fields = asked.selection_fields();
        let mut windows = fields.iter().map(|field| Asked::of(field)?.check::<L>(false).ok());
        let window = windows.next()??;
        // Objects of two types may ask for two pages by one name.
        if !windows.all(|other| other.as_ref() == Some(&window)) {
            return None;
        }
        let with = beside::chosen(L::joins(), &node, viewer, &mut false);
        Some(Read { keys, window: Some(window), with })
    }

    fn width(&self, read: &Read) -> usize {
        read.with.width(L::joins())
    }

    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str, read: &Read) {
        let Some(window) = &read.window else { return };
        let (table, id) = (Alias::new(prefix), self.column.unquoted().to_owned());
        let columns = entity::columns_of::<L::Entity>(L::Entity::default().table_name());
        let rows = L::Entity::find().select_only().expr(columns);
        let page = page::of_one::<L>(rows, window, (base.clone(), Alias::new(id)));
        query.join_lateral(JoinType::LeftJoin, page, table.clone(), Expr::cust("TRUE"));
        query.expr(entity::columns_of::<L::Entity>(prefix));
        let table = table.into_iden();
        beside::order::<L>(query, &table, window.descending::<L>());
        beside::add(query, (&table, prefix), L::joins(), &read.with);
    }

    fn keep(
        &self,
        found: Found<'_>,
        Columns { at, read }: Columns<'_>,
        (row, first): (&E::Model, bool),
    ) -> Result<(), DbErr> {
        let Some(window) = &read.window else { return Ok(()) };
        let page = (self.list.clone(), (self.id)(row), window.clone());
        if first {
            found.keep(page.clone(), Vec::<RowOf<L>>::new());
        }
        if !RowOf::<L>::is_there(found.row, at)? {
            return Ok(());
        }
        let other = RowOf::<L>::read(found.row, at)?;
        let id = L::id(&other);
        let first = found.add(page, other.clone(), |last| L::id(last) == id);
        beside::keep(found.below(at, read), L::joins(), &read.with, (&other, first))
    }
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
