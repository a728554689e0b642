//! Searches in lists, along indexes of both databases: what begins alike is a range.

use domain::department::Department;
use entity::{organism, site};
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

/// The rows that have, for each word of a search, one that begins with one of its spellings; all where it says
/// nothing. `id` is what `subject` points to in the table of words.
///
/// PostgreSQL weighs by itself which word it begins with. SQLite gathers the rows of what stands in a list of
/// ids and looks at each row of the order for the rest: the longest word, which few have, is such a list; a
/// letter, which many have, is soon met in the order.
pub(crate) fn named<W: EntityTrait>(
    search: &str,
    id: impl ColumnTrait,
    (subject, word): (W::Column, W::Column),
) -> Condition {
    let wanted = domain::search::wanted(search).into_iter().enumerate();
    wanted.fold(Condition::all(), |found, (rank, spellings)| {
        let begins = spellings.iter().map(|begins| beginning(word, begins));
        let begins = begins.fold(Condition::any(), Condition::add);
        let having = W::find().select_only().column(subject).filter(begins);
        if rank == 0 && spellings.iter().all(|begins| begins.chars().nth(1).is_some()) {
            return found.add(id.in_subquery(having.into_query()));
        }
        let of_row = Expr::col((W::default(), subject)).equals(id.as_column_ref());
        found.add(Expr::exists(having.filter(of_row).into_query()))
    })
}

/// The organisms that have an open site in a department; their seat is one of their sites.
pub(crate) fn present_in(department: &Department) -> Condition {
    let codes = department.postal_codes().into_iter();
    let there = codes
        .fold(Condition::any(), |any, code| any.add(beginning(site::Column::PostalCode, code)));
    let sites = site::Entity::find()
        .select_only()
        .column(site::Column::OrganismId)
        .filter(there)
        .filter(site::Column::ClosedOn.is_null());
    organism::Column::Id.in_subquery(sites.into_query()).into_condition()
}

/// The texts that begin so, in the order of their bytes. Both ends stand in the statement itself: PostgreSQL
/// would sooner or later read any word as it reads a usual one, along the order, did it know them as parameters.
fn beginning(column: impl ColumnTrait, begins: &str) -> Condition {
    let column = Expr::col(column.as_column_ref());
    let end = |text: String| Expr::Constant(text.into());
    let after = column.clone().lt(end(format!("{begins}{}", char::MAX)));
    Condition::all().add(column.gte(end(begins.to_owned()))).add(after)
}
