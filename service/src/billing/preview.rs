//! What a quarter's run would issue, without issuing it (A2.g).

use super::chunk::Organisms;
use super::fact::Tariffs;
use super::quarter::{first_open, has_run};
use super::{line, read_quarter, require_finance, site_year};
use crate::context::Context;
use crate::error::ActResult;
use chrono::NaiveDate;
use domain::money::Quarter;
use entity::ids::OrganismId;
use entity::kind::DocumentKind;
use entity::text::Text;
use entity::{billable_fact, document, invoice, invoice_line, organism};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QuerySelect, QueryTrait,
};
use std::collections::HashMap;

/// What a quarter's run issues, from what is known now; what it issued once it has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The quarter, e.g. `2026Q3`.
    pub quarter: String,
    /// How many invoices.
    pub invoice_count: u64,
    /// Their sum, in cents.
    pub total_cents: i64,
    /// How many lines.
    pub line_count: u64,
    /// How many of the invoices exist as documents: none before the run, all once the workers are through.
    pub document_count: u64,
}

/// What one organism owes.
#[derive(Debug, Default, Clone, Copy, FromQueryResult)]
struct Owed {
    cents: i64,
    lines: i64,
}

/// What the run of `quarter` would issue, for Certif Pro's finance; computed as the run does, from the
/// same facts, and without writing anything.
pub async fn preview(ctx: &Context, quarter: &str) -> ActResult<Preview> {
    require_finance(&ctx.actor)?;
    let quarter = read_quarter(quarter)?;
    if has_run(ctx.db(), quarter).await? {
        return issued(ctx.db(), quarter).await;
    }
    let mut preview = empty(quarter);
    // What is older than the first open quarter is billed by the runs to come, not by its own.
    let Some(first) = first_open(ctx.db()).await?.filter(|first| *first <= quarter) else {
        return Ok(preview);
    };
    let tariffs = Tariffs::load(ctx.db()).await?;
    let mut organisms = Organisms::default();
    while let Some(next) = organisms.next(ctx.db()).await? {
        let owed = owed(ctx.db(), &next, &tariffs, (first, quarter)).await?;
        for owed in owed.values().filter(|owed| owed.cents > 0) {
            preview.invoice_count += 1;
            preview.total_cents += owed.cents;
            preview.line_count += owed.lines.unsigned_abs();
        }
    }
    Ok(preview)
}

fn empty(quarter: Quarter) -> Preview {
    let quarter = quarter.to_string();
    Preview { quarter, invoice_count: 0, total_cents: 0, line_count: 0, document_count: 0 }
}

/// What each of some organisms owes for `quarter`, once the open quarters before it, from `first` on, have
/// run.
async fn owed(
    db: &impl ConnectionTrait,
    organisms: &[organism::Model],
    tariffs: &Tariffs,
    (first, quarter): (Quarter, Quarter),
) -> ActResult<HashMap<OrganismId, Owed>> {
    let up_to = quarter.last_day();
    let after = (first < quarter).then(|| quarter.previous().last_day());
    let mut owed = recorded(db, organisms, up_to, after).await?;
    let new = site_year::due(db, organisms, up_to).await?;
    for fact in new.into_iter().filter(|fact| after.is_none_or(|day| fact.on > day)) {
        let owed = owed.entry(fact.organism).or_default();
        owed.cents += tariffs.price(fact.kind, fact.on)?.1;
        owed.lines += 1;
    }
    Ok(owed)
}

/// Their facts recorded and not billed, after one day and up to another, summed up by organism.
async fn recorded(
    db: &impl ConnectionTrait,
    organisms: &[organism::Model],
    up_to: NaiveDate,
    after: Option<NaiveDate>,
) -> ActResult<HashMap<OrganismId, Owed>> {
    use billable_fact::Column;
    let rows: Vec<(OrganismId, i64, i64)> = billable_fact::Entity::find()
        .select_only()
        .column(Column::OrganismId)
        .column_as(Column::AmountCents.sum().cast_as("BIGINT"), "cents")
        .column_as(Column::Id.count(), "lines")
        .filter(Column::OrganismId.is_in(organisms.iter().map(|o| o.id)))
        .filter(line::unbilled(up_to))
        .apply_if(after, |query, day| query.filter(Column::FactOn.gt(day)))
        .group_by(Column::OrganismId)
        .into_tuple()
        .all(db)
        .await?;
    let owed = rows.into_iter().map(|(organism, cents, lines)| (organism, Owed { cents, lines }));
    Ok(owed.collect())
}

/// What the quarter's run issued.
async fn issued(db: &impl ConnectionTrait, quarter: Quarter) -> ActResult<Preview> {
    let of_quarter = invoice::Column::Quarter.eq(quarter.to_string());
    let sums: Option<(Option<i64>, i64)> = invoice::Entity::find()
        .select_only()
        .column_as(invoice::Column::TotalCents.sum().cast_as("BIGINT"), "cents")
        .column_as(invoice::Column::Id.count(), "invoices")
        .filter(of_quarter.clone())
        .into_tuple()
        .one(db)
        .await?;
    let (cents, invoices) = sums.unwrap_or_default();
    let ids = invoice::Entity::find().select_only().column(invoice::Column::Id).filter(of_quarter);
    let ids = ids.into_query();
    let lines = invoice_line::Entity::find()
        .filter(invoice_line::Column::InvoiceId.in_subquery(ids.clone()))
        .count(db)
        .await?;
    let documents = document::Entity::find()
        .filter(document::Column::Kind.eq(Text(DocumentKind::Invoice)))
        .filter(document::Column::SubjectId.in_subquery(ids))
        .count(db)
        .await?;
    Ok(Preview {
        invoice_count: invoices.unsigned_abs(),
        total_cents: cents.unwrap_or_default(),
        line_count: lines,
        document_count: documents,
        ..empty(quarter)
    })
}
