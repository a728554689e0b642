//! Acts on invoices.

use super::Payment;
use crate::caller::act;
use crate::input::{Convert, input};
use crate::refusal::{answer, payload};
use crate::scalar::{Cents, Date};
use async_graphql::{Context, ID, Object, Result};
use service::billing;

input! {
    /// The money received.
    RecordPaymentInput => billing::RecordPayment {
        /// For which invoice.
        invoice_id: ID,
        /// The day of its receipt.
        received_on: Date,
        /// How much: no more than what remains to pay.
        amount_cents: Cents,
        /// Transfer, cheque…
        method: String,
        /// The bank's or the payer's own; instalments may share it.
        reference: String,
        /// True where it is another payment than the one already recorded with the same reference, day and amount
        /// (`PAYMENT_ALREADY_RECORDED`): nothing else tells two equal transfers of one day from one entered twice.
        is_another: Option<bool>,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
}

payload! {
    /// The payment recorded, or why not.
    RecordPaymentPayload {
        /// Null when refused.
        payment: Payment
    }
}

/// Acts on invoices.
#[derive(Default)]
pub(crate) struct BillingMutation;

#[Object]
impl BillingMutation {
    /// Records money received for an invoice (A2.f).
    async fn record_payment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RecordPaymentInput,
    ) -> Result<RecordPaymentPayload> {
        answer(ctx, billing::record_payment(&act(ctx), input.convert()).await).await
    }
}
