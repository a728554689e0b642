//! Pages of lists, by keyset: a cursor names the list and the row that it stands on.

use crate::caller;
use crate::lane::Lane;
use crate::load::{self, Beside, Kept, List, Nested, RowOf, beside};
use crate::rejection::Rejection;
use async_graphql::{Context, Error, ErrorExtensions, SelectionField, SimpleObject, from_value};
use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sea_orm::sea_query::{
    Alias, Expr, ExprTrait, Func, IntoColumnRef, Order, Query, SelectStatement, SubQueryStatement,
    WindowStatement,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, JoinType,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Value,
};
use service::error::ActResult;
use service::sight::Sight;

/// How many edges a page has when nobody says.
const DEFAULT_SIZE: i32 = 20;
/// How many edges a page has at most.
const LARGEST_SIZE: i32 = 100;

const BAD_PAGE: &str = "BAD_PAGE";
const PAGE_SIZE: &str = "Une page compte de 0 à 100 éléments.";

/// What every connection says of its page.
#[derive(SimpleObject)]
pub(crate) struct PageInfo {
    /// The cursor of the page's last edge.
    pub(crate) end_cursor: Option<String>,
    /// Whether more edges follow.
    pub(crate) has_next_page: bool,
    /// Whether edges precede.
    pub(crate) has_previous_page: bool,
    /// The cursor of the page's first edge.
    pub(crate) start_cursor: Option<String>,
}

/// The four arguments of a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) after: Option<String>,
    pub(crate) before: Option<String>,
    pub(crate) first: Option<i32>,
    pub(crate) last: Option<i32>,
}

/// The page asked for, checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Window {
    /// Counted from the end.
    backwards: bool,
    size: u64,
    /// Ids of rows, as text.
    after: Option<String>,
    before: Option<String>,
    /// Whether the whole list must be counted.
    pub(crate) count: bool,
}

/// A page's rows.
#[derive(Debug, Clone)]
pub(crate) struct Slice<M> {
    pub(crate) rows: Vec<M>,
    pub(crate) part: Part<M>,
}

/// What a page is part of.
#[derive(Debug, Clone)]
pub(crate) struct Part<M> {
    /// The cursor of a row, which is written only for edges that ask for it and for `pageInfo`.
    pub(crate) cursor: fn(&M) -> String,
    next: bool,
    previous: bool,
    pub(crate) total: u64,
}

impl<M> Part<M> {
    /// What is told of the page of these rows.
    pub(crate) fn info<'m>(
        &self,
        mut rows: impl DoubleEndedIterator<Item = &'m M> + Clone,
    ) -> PageInfo
    where
        M: 'm,
    {
        PageInfo {
            start_cursor: rows.clone().next().map(self.cursor),
            end_cursor: rows.next_back().map(self.cursor),
            has_next_page: self.next,
            has_previous_page: self.previous,
        }
    }
}

/// How many edges are asked for from the start.
pub(crate) fn size(first: Option<i32>) -> Result<u64, Error> {
    let size = first.unwrap_or(DEFAULT_SIZE);
    if (0..=LARGEST_SIZE).contains(&size) {
        Ok(size.unsigned_abs().into())
    } else {
        Err(bad(BAD_PAGE, PAGE_SIZE))
    }
}

/// What a page costs, for the limit on a request's complexity.
pub(crate) fn cost(first: Option<i32>, last: Option<i32>, child: usize) -> usize {
    let size = first.or(last).unwrap_or(DEFAULT_SIZE).clamp(1, LARGEST_SIZE);
    1 + usize::try_from(size).unwrap_or(1) * child
}

/// Refuses a page of more than a hundred edges, or of fewer than none.
pub(crate) fn check_size(size: Option<i64>) -> Result<(), Rejection> {
    match size {
        Some(size) if (0..=i64::from(LARGEST_SIZE)).contains(&size) => Ok(()),
        _ => Err(Rejection::new(StatusCode::BAD_REQUEST, BAD_PAGE, PAGE_SIZE)),
    }
}

fn cursor<L: List>(id: L::Id) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{}:{id}", L::NAME))
}

/// The id inside a cursor of this list; none for anything else.
fn read_cursor<L: List>(cursor: &str) -> Option<String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (name, id) = text.rsplit_once(':')?;
    (name == L::NAME && id.parse::<L::Id>().is_ok()).then(|| id.to_owned())
}

fn bad(code: &'static str, message: &str) -> Error {
    Error::new(message).extend_with(|_, values| values.set("code", code))
}

impl Asked {
    /// What the arguments of a field ask for, which is not at hand; none where one cannot be read.
    pub(crate) fn of(field: &SelectionField<'_>) -> Option<Self> {
        let mut asked = Self::default();
        for (name, value) in field.arguments().ok()? {
            match name.as_str() {
                "after" => asked.after = from_value(value).ok()?,
                "before" => asked.before = from_value(value).ok()?,
                "first" => asked.first = from_value(value).ok()?,
                "last" => asked.last = from_value(value).ok()?,
                _ => return None,
            }
        }
        Some(asked)
    }

    /// The window asked for, or none with an error recorded.
    pub(crate) fn window<L: List>(&self, ctx: &Context<'_>) -> Option<Window> {
        let count = ctx.look_ahead().field("totalCount").exists();
        self.check::<L>(count).map_err(|error| caller::record(ctx, error)).ok()
    }

    /// The window asked for, with the whole list counted or not.
    ///
    /// # Errors
    /// Refused: a page of more than a hundred edges, one that is counted from both ends, and a cursor of another list.
    pub(crate) fn check<L: List>(&self, count: bool) -> Result<Window, Error> {
        if self.first.is_some() && self.last.is_some() {
            return Err(bad(BAD_PAGE, "Indiquez first ou last, pas les deux."));
        }
        let size = size(self.first.or(self.last))?;
        let read = |cursor: &Option<String>| match cursor {
            None => Ok(None),
            Some(cursor) => read_cursor::<L>(cursor).map(Some).ok_or_else(|| {
                bad("BAD_CURSOR", "Ce curseur n’est pas un curseur de cette liste.")
            }),
        };
        Ok(Window {
            backwards: self.last.is_some(),
            size,
            after: read(&self.after)?,
            before: read(&self.before)?,
            count,
        })
    }
}

impl Window {
    /// One more than the page, to know whether others follow.
    fn limit(&self) -> u64 {
        self.size + 1
    }

    /// The order in which rows are fetched.
    pub(crate) fn descending<L: List>(&self) -> bool {
        L::DESCENDING != self.backwards
    }

    /// The rows between the two cursors.
    fn between<L: List>(&self) -> Condition {
        let after = self.after.as_deref().and_then(|id| id.parse::<L::Id>().ok());
        let before = self.before.as_deref().and_then(|id| id.parse::<L::Id>().ok());
        Condition::all()
            .add_option(after.map(|id| beyond::<L>(id, !L::DESCENDING)))
            .add_option(before.map(|id| beyond::<L>(id, L::DESCENDING)))
    }
}

/// The rows that stand above (`greater`) or below this one in the order of the columns.
fn beyond<L: List>(id: L::Id, greater: bool) -> Condition {
    let column = Expr::col((L::Entity::default(), L::id_column()));
    let key = Expr::value(id);
    let further = |left: Expr, right: Expr| if greater { left.gt(right) } else { left.lt(right) };
    let by_id = further(column, key);
    let Some(sort) = L::sort_column() else { return Condition::all().add(by_id) };
    let there: SelectStatement =
        L::Entity::find().select_only().column(sort).filter(L::id_column().eq(id)).into_query();
    let there = || Expr::from(SubQueryStatement::SelectStatement(there.clone()));
    let here = || Expr::col((L::Entity::default(), sort));
    // Said first for the index of the order: a page begins where the cursor stands, however far that is.
    let from = if greater { here().gte(there()) } else { here().lte(there()) };
    Condition::all().add(from).add(Condition::any().add(further(here(), there())).add(by_id))
}

/// The rows in the list's order.
pub(crate) fn ordered<L: List>(rows: Select<L::Entity>, descending: bool) -> Select<L::Entity> {
    let order = if descending { Order::Desc } else { Order::Asc };
    let rows = match L::sort_column() {
        Some(sort) => rows.order_by(sort, order.clone()),
        None => rows,
    };
    rows.order_by(L::id_column(), order)
}

/// A page of a list.
pub(crate) async fn of_root<L: List>(
    list: &L,
    sight: &Sight,
    (window, beside): (&Window, &Beside),
    source: (&Lane, &Kept),
) -> ActResult<Slice<RowOf<L>>>
where
    L::Entity: EntityTrait,
{
    let total = if window.count { count(list.rows(sight), source.0).await? } else { 0 };
    let rows = list.rows(sight).filter(window.between::<L>());
    let descending = window.descending::<L>();
    let rows = ordered::<L>(rows, descending).limit(window.limit()).into_query();
    let rows = (rows, L::Entity::default(), descending);
    let rows = beside::read::<L>(rows, beside, source).await?;
    Ok(Slice::cut::<L>(rows, window, total))
}

async fn count<E: EntityTrait<Model: Send + Sync>>(rows: Select<E>, db: &Lane) -> ActResult<u64> {
    Ok(rows.count(db).await?)
}

/// The rows of the page of each parent, in order for each: by a limit for one, and for several on PostgreSQL by a
/// limit for each, elsewhere by rank.
pub(crate) async fn of_each<L: Nested>(
    list: &L,
    sight: &Sight,
    (window, beside): (&Window, &Beside),
    parents: &[L::Parent],
    source: (&Lane, &Kept),
) -> Result<Vec<RowOf<L>>, DbErr> {
    let descending = window.descending::<L>();
    let (table, backend) = (L::Entity::default(), source.0.get_database_backend());
    let parents = parents.iter().copied().map(Into::into).collect::<Vec<_>>();
    let several = parents.len() > 1;
    if several && backend == DbBackend::Postgres {
        let Some(parents) = load::array(&parents) else { return Ok(Vec::new()) };
        let page = Alias::new("page");
        let pages = by_parent::<L>(list.rows(sight), window, parents, page.clone());
        return beside::read::<L>((pages, page, descending), beside, source).await;
    }
    let rows = list.rows(sight).filter(window.between::<L>());
    let rows = rows.filter(load::among(backend, L::parent_column(), parents));
    let rows = if several {
        let first = ranked::<L>(rows, window);
        ordered::<L>(L::Entity::find().filter(L::id_column().in_subquery(first)), descending)
    } else {
        ordered::<L>(rows, descending).limit(window.limit())
    };
    beside::read::<L>((rows.into_query(), table, descending), beside, source).await
}

/// The first rows of each parent, looked for beside it: each page is read along the index of its order and no
/// further. Parents come from an array and are walked in a loop, so that the rows of each stay in order.
fn by_parent<L: Nested>(
    rows: Select<L::Entity>,
    window: &Window,
    parents: Value,
    page: Alias,
) -> SelectStatement {
    let parent = Alias::new("parent");
    let rows = of_one::<L>(rows, window, (parent.clone(), parent.clone()));
    Query::select()
        .expr(entity::columns_of::<L::Entity>("page"))
        .from_function(Func::cust("unnest").arg(Expr::val(parents)), parent)
        .join_lateral(JoinType::InnerJoin, rows, page, Expr::cust("TRUE"))
        .take()
}

/// The page of the parent whose id is in this column, to be joined to it.
pub(crate) fn of_one<L: Nested>(
    rows: Select<L::Entity>,
    window: &Window,
    parent: impl IntoColumnRef,
) -> SelectStatement {
    let here = Expr::col((L::Entity::default(), L::parent_column()));
    let rows = rows.filter(window.between::<L>()).filter(here.equals(parent));
    ordered::<L>(rows, window.descending::<L>()).limit(window.limit()).into_query()
}

/// The ids of the first rows of each parent.
fn ranked<L: Nested>(rows: Select<L::Entity>, window: &Window) -> SelectStatement {
    let (id, rank, ranks) = (Alias::new("id"), Alias::new("rank"), Alias::new("ranks"));
    let order = if window.descending::<L>() { Order::Desc } else { Order::Asc };
    let mut over = WindowStatement::partition_by((L::Entity::default(), L::parent_column()));
    if let Some(sort) = L::sort_column() {
        sea_orm::sea_query::OrderedStatement::order_by(
            &mut over,
            (L::Entity::default(), sort),
            order.clone(),
        );
    }
    sea_orm::sea_query::OrderedStatement::order_by(
        &mut over,
        (L::Entity::default(), L::id_column()),
        order,
    );
    let mut inner = rows.select_only().column_as(L::id_column(), "id").into_query();
    inner.expr_window_as(Expr::cust("ROW_NUMBER()"), over, rank.clone());
    let limit = i64::try_from(window.limit()).unwrap_or(i64::MAX);
    Query::select()
        .column(id)
        .from_subquery(inner, ranks)
        .and_where(Expr::col(rank).lte(limit))
        .take()
}

impl<M> Slice<M> {
    /// The page from the rows fetched: one more than asked tells that others follow.
    pub(crate) fn cut<L: List<Entity: EntityTrait<Model = M>>>(
        mut rows: Vec<M>,
        window: &Window,
        total: u64,
    ) -> Self {
        let size = usize::try_from(window.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        if window.backwards {
            rows.reverse();
        }
        let part = Part {
            cursor: |row| cursor::<L>(L::id(row)),
            next: if window.backwards { window.before.is_some() } else { more },
            previous: if window.backwards { more } else { window.after.is_some() },
            total,
        };
        Self { rows, part }
    }
}

/// Declares a connection and its edge.
macro_rules! connection {
    (
        $(#[$page_doc:meta])* $connection:ident,
        $(#[$edge_doc:meta])* $edge:ident,
        $(#[$node_doc:meta])* $node:ident = $table:ident
    ) => {
        pub(crate) struct $edge {
            cursor: fn(&entity::$table::Model) -> String,
            node: $node,
        }

        $(#[$edge_doc])*
        #[async_graphql::Object]
        impl $edge {
            /// Where it stands.
            async fn cursor(&self) -> String {
                (self.cursor)(&self.node.0)
            }

            $(#[$node_doc])*
            async fn node(&self) -> &$node {
                &self.node
            }
        }

        pub(crate) struct $connection {
            edges: async_graphql::List<$edge>,
            part: $crate::page::Part<entity::$table::Model>,
        }

        $(#[$page_doc])*
        #[async_graphql::Object]
        impl $connection {
            /// The page's edges.
            async fn edges(&self) -> &async_graphql::List<$edge> {
                &self.edges
            }

            /// What the page is part of.
            async fn page_info(&self) -> $crate::page::PageInfo {
                self.part.info(self.edges.0.iter().map(|edge| &edge.node.0))
            }

            /// Counted only if asked.
            async fn total_count(&self) -> u64 {
                self.part.total
            }
        }

        impl From<$crate::page::Slice<entity::$table::Model>> for $connection {
            fn from(slice: $crate::page::Slice<entity::$table::Model>) -> Self {
                let $crate::page::Slice { rows, part } = slice;
                let cursor = part.cursor;
                let edges = rows.into_iter().map(|row| $edge { cursor, node: row.into() });
                Self { edges: edges.collect(), part }
            }
        }
    };
}
pub(crate) use connection;
