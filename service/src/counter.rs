//! Gapless numbers: moved in the act's own transaction, so that an act undone gives its number back.

use crate::context::Tx;
use crate::error::ActResult;
use crate::fault::{self, defect, point};
use entity::counter::{ActiveModel, Column, Entity};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// The next number of a series and year, from 1. The row stays locked until the act ends, so that
/// numbers follow the order of the acts.
pub(crate) async fn next(tx: &Tx, series: &str, year: i32) -> ActResult<i32> {
    take(tx, series, year, 1).await
}

/// Takes `count` numbers at once and gives the first of them.
pub(crate) async fn take(tx: &Tx, series: &str, year: i32, count: i32) -> ActResult<i32> {
    let first = if fault::planted(defect::NUMBER_OUTSIDE) {
        move_on(&tx.ctx().app.db, series, year, count).await?
    } else {
        move_on(tx.conn(), series, year, count).await?
    };
    fault::pass(point::NUMBERED, series);
    Ok(first)
}

async fn move_on(
    conn: &impl ConnectionTrait,
    series: &str,
    year: i32,
    count: i32,
) -> ActResult<i32> {
    Entity::insert(ActiveModel { series: Set(series.to_owned()), year: Set(year), last: Set(0) })
        .on_conflict(OnConflict::columns([Column::Series, Column::Year]).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(conn)
        .await?;
    let moved = Entity::update_many()
        .col_expr(Column::Last, Expr::col(Column::Last).add(count))
        .filter(Column::Series.eq(series))
        .filter(Column::Year.eq(year))
        .exec_with_returning(conn)
        .await?;
    let row = moved.into_iter().next().ok_or_else(|| anyhow::anyhow!("the counter is missing"))?;
    Ok(row.last - count + 1)
}
