//! Payments received and what remains to pay (A2.f).

use crate::context::{Context, Tx};
use crate::deadline;
use crate::error::{ActResult, ensure};
use crate::field::blanks;
use crate::journal::Entry;
use crate::policy::{Act, Place};
use crate::sight;
use chrono::NaiveDate;
use domain::deadline::{DeadlineKind, format_date_fr};
use domain::money::format_euros;
use domain::{Refusal, Refusals};
use entity::ids::{AccountId, InvoiceId, PaymentId, TypedId};
use entity::{invoice, payment};
use sea_orm::sea_query::{Condition, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QuerySelect,
};
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;

/// The ids of one statement.
const IDS: usize = 5_000;

/// Money received for an invoice.
#[derive(Debug, Clone, Serialize)]
pub struct RecordPayment {
    /// The invoice paid, in full or in part.
    pub invoice_id: String,
    /// The day on which it was received.
    pub received_on: NaiveDate,
    /// How much, in cents.
    pub amount_cents: i64,
    /// How: transfer, cheque…
    pub method: String,
    /// What the bank or the payer calls it; instalments may share it.
    pub reference: String,
    /// Whether it is another payment than one already recorded with the same reference, day and amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_another: Option<bool>,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RecordPayment);

/// Records a payment (A2.f): at most what remains to pay; the last one ends the invoice's time limit. The same
/// reference, day and amount again are taken for the same money, unless said to be another payment.
pub async fn record_payment(ctx: &Context, input: RecordPayment) -> ActResult<PaymentId> {
    ctx.act(Act::RecordPayment, input, record_payment_in).await
}

async fn record_payment_in(tx: Tx, input: RecordPayment) -> ActResult<(PaymentId, Entry)> {
    let account = tx.account()?;
    let invoice = locked(&tx, &input.invoice_id).await?;
    let paid = payment::Entity::find()
        .filter(payment::Column::InvoiceId.eq(invoice.id))
        .all(tx.conn())
        .await?;
    let balance = invoice.total_cents - paid.iter().map(|p| p.amount_cents).sum::<i64>();
    let mut refusals = form_refusals(&input, &invoice, tx.today());
    refusals.extend(amount_refusals(input.amount_cents, balance));
    let reference = input.reference.trim();
    let same = |p: &&payment::Model| {
        (p.reference.as_str(), p.received_on, p.amount_cents)
            == (reference, input.received_on, input.amount_cents)
    };
    let last = paid.iter().filter(same).map(|p| p.occurrence).max().unwrap_or(0);
    if last > 0 && input.is_another != Some(true) {
        let message = "Un règlement de même référence, de même date et de même montant est déjà enregistré pour \
                       cette facture ; s’il s’agit d’un autre, indiquez-le.";
        let refusal = Refusal::new("PAYMENT_ALREADY_RECORDED", message);
        refusals.push(refusal.at(["reference"]).under("A2.f"));
    }
    ensure(refusals)?;
    let id = PaymentId::new();
    let mut row = row(&input, id, &invoice, account, tx.today());
    row.occurrence = Set(last + 1);
    row.insert(tx.conn()).await?;
    if input.amount_cents == balance {
        let limit = DeadlineKind::InvoicePaid;
        deadline::meet(&tx, limit, invoice.id, input.received_on).await?;
    }
    let entry = entry(&input, &invoice, balance);
    Ok((id, entry))
}

/// The invoice, locked: two payments at once must not exceed what remains.
async fn locked(tx: &Tx, id: &str) -> ActResult<invoice::Model> {
    let sight = tx.ctx().actor.sight();
    let seen =
        sight::find::<invoice::Entity, InvoiceId>(tx.conn(), &sight, id, "invoiceId").await?;
    tx.require(&Place::default())?;
    crate::lock::hold(tx.conn(), "invoice", seen.id.uuid()).await?;
    Ok(seen)
}

fn form_refusals(input: &RecordPayment, invoice: &invoice::Model, today: NaiveDate) -> Refusals {
    let mut refusals = blanks(&[("method", &input.method), ("reference", &input.reference)]);
    if input.received_on > today {
        let message = "Un règlement ne peut pas être reçu à une date future.";
        refusals.push(Refusal::new("DATE_FUTURE", message).at(["receivedOn"]));
    }
    if input.received_on < invoice.issued_on {
        let issued = format_date_fr(invoice.issued_on);
        let message =
            format!("La facture a été émise le {issued} : elle n’a pas pu être réglée avant.");
        refusals.push(Refusal::new("DATES_REVERSED", message).at(["receivedOn"]).under("A2.f"));
    }
    refusals
}

/// A2.f: a payment is positive and never exceeds what remains to pay.
fn amount_refusals(cents: i64, balance: i64) -> Refusals {
    if cents <= 0 {
        let message = "Le montant d’un règlement est supérieur à zéro.";
        return vec![Refusal::new("AMOUNT_INVALID", message).at(["amountCents"])];
    }
    if cents <= balance {
        return Vec::new();
    }
    let message = if balance > 0 {
        format!("Il ne reste que {} à régler sur cette facture.", format_euros(balance))
    } else {
        "Cette facture est déjà entièrement réglée.".to_owned()
    };
    vec![Refusal::new("OVERPAID", message).at(["amountCents"]).under("A2.f")]
}

fn row(
    input: &RecordPayment,
    id: PaymentId,
    invoice: &invoice::Model,
    account: AccountId,
    today: NaiveDate,
) -> payment::ActiveModel {
    payment::ActiveModel {
        id: Set(id),
        invoice_id: Set(invoice.id),
        received_on: Set(input.received_on),
        amount_cents: Set(input.amount_cents),
        method: Set(input.method.trim().to_owned()),
        reference: Set(input.reference.trim().to_owned()),
        occurrence: Set(1),
        recorded_by_id: Set(account),
        recorded_on: Set(today),
    }
}

fn entry(input: &RecordPayment, invoice: &invoice::Model, balance: i64) -> Entry {
    let amount = format_euros(input.amount_cents);
    let remains = balance - input.amount_cents;
    let summary = if remains == 0 {
        format!("Règlement de {amount} : facture {} soldée", invoice.number)
    } else {
        format!(
            "Règlement de {amount} sur la facture {} : reste {}",
            invoice.number,
            format_euros(remains)
        )
    };
    let data = json!({ "amountCents": input.amount_cents, "balanceCents": remains });
    Entry::new(invoice.id, summary).under("A2.f").about(invoice.organism_id).with(data)
}

/// What remains to pay on each of these invoices, in cents.
pub async fn balances(
    db: &impl ConnectionTrait,
    ids: &[InvoiceId],
) -> ActResult<HashMap<InvoiceId, i64>> {
    let mut balances = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(IDS) {
        let totals: Vec<(InvoiceId, i64)> = invoice::Entity::find()
            .select_only()
            .column(invoice::Column::Id)
            .column(invoice::Column::TotalCents)
            .filter(invoice::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        let of_chunk = payment::Column::InvoiceId.is_in(chunk.iter().copied());
        let paid = paid(db, Condition::all().add(of_chunk)).await?;
        balances.extend(
            totals.into_iter().map(|(id, total)| (id, total - paid.get(&id).copied().unwrap_or(0))),
        );
    }
    Ok(balances)
}

/// The sum of the payments that a condition keeps, in cents, by invoice.
pub(super) async fn paid(
    db: &impl ConnectionTrait,
    condition: Condition,
) -> ActResult<HashMap<InvoiceId, i64>> {
    let rows: Vec<(InvoiceId, i64)> = payment::Entity::find()
        .select_only()
        .column(payment::Column::InvoiceId)
        .column_as(payment::Column::AmountCents.sum().cast_as("BIGINT"), "paid")
        .filter(condition)
        .group_by(payment::Column::InvoiceId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    // A2.f
    #[test]
    fn at_most_what_remains_is_paid() {
        let code =
            |cents, balance| amount_refusals(cents, balance).first().map(|r| r.code.to_string());
        assert_eq!(code(33_000, 33_000), None);
        assert_eq!(code(1, 33_000), None);
        assert_eq!(code(33_001, 33_000).as_deref(), Some("OVERPAID"));
        assert_eq!(code(1, 0).as_deref(), Some("OVERPAID"));
        assert_eq!(code(0, 33_000).as_deref(), Some("AMOUNT_INVALID"));
        assert_eq!(code(-1, 33_000).as_deref(), Some("AMOUNT_INVALID"));
        assert_eq!(code(i64::MIN, 0).as_deref(), Some("AMOUNT_INVALID"));
    }
}
