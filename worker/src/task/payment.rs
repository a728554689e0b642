//! Unpaid invoices (A2.f, interpretation 22): the organism is reminded, then officers are told.
//!
//! What is owed is read when the task runs: who paid in between hears nothing.

use super::shared::{certif_pro, one};
use crate::error::TaskResult;
use crate::job::Job;
use crate::notify::{Draft, finish, notify};
use chrono::NaiveDate;
use domain::deadline::format_date_fr;
use domain::money::format_euros;
use entity::ids::InvoiceId;
use entity::{invoice, organism};
use mailer::Message;

/// An invoice that is not paid in full.
struct Unpaid {
    invoice: invoice::Model,
    organism: organism::Model,
    balance: i64,
    days_overdue: u32,
}

/// Reminds the organism.
pub(crate) async fn remind(job: &Job<'_>, id: InvoiceId) -> TaskResult<()> {
    let Some(unpaid) = load(job, id).await? else { return finish(job.ctx).await };
    let certif_pro = certif_pro(job.db()).await?;
    let (invoice, organism) = (unpaid.invoice, unpaid.organism);
    let message = Message::PaymentReminder {
        organism: organism.name,
        number: invoice.number,
        total: format_euros(invoice.total_cents),
        paid: format_euros(invoice.total_cents - unpaid.balance),
        balance: format_euros(unpaid.balance),
        due_on: format_date_fr(invoice.due_on),
        days_overdue: unpaid.days_overdue,
    };
    let draft = Draft {
        subject: id.into(),
        to: organism.email,
        authority: &certif_pro,
        organism: Some(organism.id),
        candidate: None,
        message,
        attachments: Vec::new(),
    };
    notify(job, draft).await
}

/// Tells Certif Pro's officers that a sanction procedure may be opened; nothing opens by itself.
pub(crate) async fn escalate(job: &Job<'_>, id: InvoiceId) -> TaskResult<()> {
    let Some(unpaid) = load(job, id).await? else { return finish(job.ctx).await };
    let certif_pro = certif_pro(job.db()).await?;
    let message = Message::PaymentEscalation {
        organism: unpaid.organism.name,
        number: unpaid.invoice.number,
        balance: format_euros(unpaid.balance),
        due_on: format_date_fr(unpaid.invoice.due_on),
        days_overdue: unpaid.days_overdue,
    };
    let draft = Draft {
        subject: id.into(),
        to: certif_pro.email.clone(),
        authority: &certif_pro,
        organism: None,
        candidate: None,
        message,
        attachments: Vec::new(),
    };
    notify(job, draft).await
}

/// The invoice with what remains to pay; none once nothing does.
async fn load(job: &Job<'_>, id: InvoiceId) -> TaskResult<Option<Unpaid>> {
    let db = job.db();
    let balances = service::billing::balances(db, &[id]).await?;
    let balance = balances.get(&id).copied().unwrap_or(0);
    if balance <= 0 {
        return Ok(None);
    }
    let invoice = one::<invoice::Entity, _>(db, id, "the invoice").await?;
    let organism = one::<organism::Entity, _>(db, invoice.organism_id, "its organism").await?;
    let days_overdue = days_overdue(invoice.due_on, job.ctx.today().await?);
    Ok(Some(Unpaid { invoice, organism, balance, days_overdue }))
}

fn days_overdue(due_on: NaiveDate, today: NaiveDate) -> u32 {
    u32::try_from((today - due_on).num_days()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_overdue_start_after_the_last_day_to_pay() {
        let due: NaiveDate = "2027-02-18".parse().expect("a date");
        assert_eq!(days_overdue(due, due), 0);
        assert_eq!(days_overdue(due, due.succ_opt().expect("a date")), 1);
        assert_eq!(days_overdue(due, due.pred_opt().expect("a date")), 0);
    }
}
