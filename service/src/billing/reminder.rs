//! Reminders of overdue invoices, then word to the officers (A2.f, interpretation 22).

use super::CHUNK;
use crate::context::{Context, Tx};
use crate::error::ActResult;
use crate::task::Task;
use chrono::NaiveDate;
use domain::billing::{PAYMENT_REMINDER_STEPS, payment_reminder_due};
use entity::ids::{InvoiceId, ReminderId, TypedId};
use entity::kind::ReminderKind;
use entity::text::Text;
use entity::{invoice, reminder};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::HashMap;
use uuid::Uuid;

/// What is still to pay on an invoice, from its payments.
const UNPAID: &str = "invoice.total_cents > COALESCE((SELECT SUM(payment.amount_cents) FROM payment \
                      WHERE payment.invoice_id = invoice.id), 0)";

/// An overdue invoice.
type Overdue = (InvoiceId, NaiveDate);

/// Reminds of the invoices overdue on the day `on`, each step once (only the latest when several were
/// missed); where the last reminder did not help, has the officers told, once.
pub async fn reconcile_payment_reminders(ctx: &Context, on: NaiveDate) -> ActResult<()> {
    let tx = ctx.completing().begin().await?;
    let mut after = None;
    loop {
        let page = overdue(&tx, on, after).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        remind(&tx, on, &page).await?;
    }
    tx.seal(()).await
}

/// The next invoices, in the order of their ids, that are overdue and not fully paid.
async fn overdue(tx: &Tx, on: NaiveDate, after: Option<InvoiceId>) -> ActResult<Vec<Overdue>> {
    let page = invoice::Entity::find()
        .select_only()
        .column(invoice::Column::Id)
        .column(invoice::Column::DueOn)
        .filter(invoice::Column::DueOn.lt(on))
        .filter(Expr::cust(UNPAID))
        .apply_if(after, |query, id| query.filter(invoice::Column::Id.gt(id)))
        .order_by_asc(invoice::Column::Id)
        .limit(CHUNK as u64)
        .into_tuple()
        .all(tx.conn())
        .await?;
    Ok(page)
}

/// Records what is reminded or escalated for these invoices and has it sent.
async fn remind(tx: &Tx, on: NaiveDate, page: &[Overdue]) -> ActResult<()> {
    let sent = sent(tx, page).await?;
    let (mut rows, mut tasks) = (Vec::new(), Vec::new());
    for (invoice, due_on) in page {
        let sent = sent.get(&invoice.uuid()).map_or(&[][..], Vec::as_slice);
        let steps: Vec<u32> = sent.iter().map(|(step, _)| *step).collect();
        if let Some(step) = payment_reminder_due(*due_on, on, &steps) {
            rows.push(row(*invoice, *due_on, step, on));
            tasks.push(Task::RemindPayment { invoice: *invoice, step });
        } else if helpless(sent, on) {
            tasks.push(Task::EscalatePayment { invoice: *invoice });
        }
    }
    if !rows.is_empty() {
        use reminder::Column;
        let unique = [Column::Kind, Column::SubjectId, Column::ReferenceOn, Column::Step];
        reminder::Entity::insert_many(rows)
            .on_conflict(OnConflict::columns(unique).do_nothing().to_owned())
            .exec_without_returning(tx.conn())
            .await?;
    }
    tx.enqueue_all(&tasks).await
}

/// Whether the last reminder was sent on an earlier day than `on`: a day later it has not helped.
fn helpless(sent: &[(u32, NaiveDate)], on: NaiveDate) -> bool {
    let last = PAYMENT_REMINDER_STEPS.last().copied();
    sent.iter().any(|(step, sent_on)| Some(*step) == last && *sent_on < on)
}

fn row(invoice: InvoiceId, due_on: NaiveDate, step: u32, on: NaiveDate) -> reminder::ActiveModel {
    reminder::ActiveModel {
        id: Set(ReminderId::new()),
        kind: Set(ReminderKind::Payment.into()),
        subject_id: Set(invoice.uuid()),
        reference_on: Set(due_on),
        step: Set(i32::try_from(step).unwrap_or(i32::MAX)),
        sent_on: Set(on),
    }
}

/// The steps already reminded, with their days, by invoice.
async fn sent(tx: &Tx, page: &[Overdue]) -> ActResult<HashMap<Uuid, Vec<(u32, NaiveDate)>>> {
    let rows: Vec<(Uuid, i32, NaiveDate)> = reminder::Entity::find()
        .select_only()
        .column(reminder::Column::SubjectId)
        .column(reminder::Column::Step)
        .column(reminder::Column::SentOn)
        .filter(reminder::Column::Kind.eq(Text(ReminderKind::Payment)))
        .filter(reminder::Column::SubjectId.is_in(page.iter().map(|(id, _)| id.uuid())))
        .into_tuple()
        .all(tx.conn())
        .await?;
    let mut sent: HashMap<Uuid, Vec<(u32, NaiveDate)>> = HashMap::new();
    for (invoice, step, on) in rows {
        sent.entry(invoice).or_default().push((step.unsigned_abs(), on));
    }
    Ok(sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    // A2.f: the officers are told once the last reminder did not help.
    #[test]
    fn officers_are_told_after_the_last_reminder_only() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let on = day("2026-06-15");
        assert!(!helpless(&[], on));
        assert!(!helpless(&[(1, day("2026-05-17")), (15, day("2026-05-31"))], on));
        assert!(!helpless(&[(30, on)], on));
        assert!(helpless(&[(30, day("2026-06-14"))], on));
    }
}
