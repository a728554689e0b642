//! Which quarter is invoiced when, and its run: nobody has to ask for it (A2.d, interpretation 20).

use super::issue;
use crate::clock::machine_now;
use crate::context::{Context, Tx};
use crate::counter;
use crate::error::ActResult;
use crate::journal::{Deed, Entry};
use chrono::{Datelike, NaiveDate};
use domain::calendar::Calendar;
use domain::money::{Quarter, format_euros};
use entity::{billable_fact, habilitation, quarter_run};
use issue::Issued;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QuerySelect,
};
use serde_json::json;

/// Issues the invoices of every quarter whose day has come by `on` and which has no run yet, the oldest
/// first, each in one transaction; safe to run twice, late, or on two machines at once.
pub async fn reconcile_quarter(ctx: &Context, on: NaiveDate) -> ActResult<()> {
    let quarters = pending(ctx.db(), &ctx.app.calendar, on).await?;
    for (n, quarter) in quarters.iter().copied().enumerate() {
        let ended = run(ctx, quarter).await;
        // Another worker's run of the same quarter may have made this one fail: then it is done.
        if ended.is_err() && !has_run(ctx.db(), quarter).await? {
            return ended;
        }
        let tx = ctx.begin().await?;
        tx.progress(n + 1, quarters.len()).await?;
        tx.seal(()).await?;
    }
    ctx.completing().begin().await?.seal(()).await
}

/// The quarters to run by `on`, the oldest first.
async fn pending(
    db: &impl ConnectionTrait,
    calendar: &Calendar,
    on: NaiveDate,
) -> ActResult<Vec<Quarter>> {
    let Some(first) = first_open(db).await? else { return Ok(Vec::new()) };
    let quarters = std::iter::successors(Some(first), |q| Some(q.next()));
    Ok(quarters.take_while(|q| q.run_on(calendar) <= on).collect())
}

/// The first quarter without a run: the one after the last run, or the first in which something could
/// be due; none while nothing ever was.
pub(super) async fn first_open(db: &impl ConnectionTrait) -> ActResult<Option<Quarter>> {
    let last: Option<Option<String>> = quarter_run::Entity::find()
        .select_only()
        .column_as(quarter_run::Column::Quarter.into_expr().max(), "last")
        .into_tuple()
        .one(db)
        .await?;
    if let Some(last) = last.flatten() {
        let last = Quarter::parse(&last).ok_or_else(|| anyhow::anyhow!("quarter {last}"))?;
        return Ok(Some(last.next()));
    }
    let fact: Option<Option<NaiveDate>> = billable_fact::Entity::find()
        .select_only()
        .column_as(billable_fact::Column::FactOn.into_expr().min(), "first")
        .into_tuple()
        .one(db)
        .await?;
    let covered: Option<Option<NaiveDate>> = habilitation::Entity::find()
        .select_only()
        .column_as(habilitation::Column::NotifiedOn.into_expr().min(), "first")
        .into_tuple()
        .one(db)
        .await?;
    let days = [fact.flatten(), covered.flatten()];
    Ok(days.into_iter().flatten().min().map(Quarter::of))
}

/// Whether the quarter has been invoiced.
pub(super) async fn has_run(db: &impl ConnectionTrait, quarter: Quarter) -> ActResult<bool> {
    Ok(quarter_run::Entity::find_by_id(quarter.to_string()).one(db).await?.is_some())
}

/// One quarter's run. Runs wait for one another at the counter of the invoices' numbers; the second
/// finds the first one's row and has nothing left to do.
async fn run(ctx: &Context, quarter: Quarter) -> ActResult<()> {
    let tx = ctx.begin().await?;
    counter::take(&tx, issue::SERIES, tx.today().year(), 0).await?;
    if has_run(tx.conn(), quarter).await? {
        return Ok(());
    }
    let issued = issue::issue(&tx, quarter).await?;
    record_run(&tx, quarter, &issued).await?;
    tx.record(Deed::IssueQuarter, entry(quarter, &issued));
    tx.seal(()).await
}

async fn record_run(tx: &Tx, quarter: Quarter, issued: &Issued) -> ActResult<()> {
    quarter_run::ActiveModel {
        quarter: Set(quarter.to_string()),
        run_on: Set(tx.today()),
        invoice_count: Set(issued.count),
        total_cents: Set(issued.total_cents),
        run_at: Set(machine_now()),
    }
    .insert(tx.conn())
    .await?;
    Ok(())
}

/// What the journal holds of a run.
fn entry(quarter: Quarter, issued: &Issued) -> Entry {
    let summary = match issued.count {
        0 => format!("Facturation du trimestre {quarter} : rien à facturer"),
        1 => format!(
            "Facturation du trimestre {quarter} : 1 facture, {}",
            format_euros(issued.total_cents)
        ),
        n => format!(
            "Facturation du trimestre {quarter} : {n} factures, {}",
            format_euros(issued.total_cents)
        ),
    };
    Entry::new(quarter, summary).under("A2.d").with(json!({
        "quarter": quarter.to_string(),
        "invoiceCount": issued.count,
        "totalCents": issued.total_cents,
        "firstNumber": issued.first_number,
        "lastNumber": issued.last_number,
    }))
}
