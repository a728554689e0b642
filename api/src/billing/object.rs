//! Invoices, their lines and payments as objects.

use super::{Balance, InvoiceLineConnection};
use crate::deadline::{Deadline, SubjectDeadline};
use crate::load::{self, list};
use crate::notice::{Document, DocumentOf, NoticeConnection, SubjectNotices};
use crate::object::object;
use crate::ops::{Timeline, TimelineConnection};
use crate::organism::Organism;
use crate::page::Asked;
use crate::scalar::{Cents, Date};
use api_derive::paged;
use async_graphql::{Context, ID, Object, SimpleObject};
use domain::deadline::DeadlineKind;
use entity::ids::{InvoiceId, InvoiceLineId, PaymentId};
use entity::kind::DocumentKind;
use service::sight::Visible;

list! {
    /// The lines of an invoice.
    InvoiceLines {} = "invoice.lines", invoice_line by InvoiceLineId(Id, id), oldest first,
    sorted by Position, under InvoiceId(InvoiceId, invoice_id);
    |self, sight| entity::invoice_line::Entity::visible(sight)
}

list! {
    /// The payments of an invoice.
    InvoicePayments {} = "invoice.payments", payment by PaymentId(Id, id), oldest first,
    under InvoiceId(InvoiceId, invoice_id);
    |self, sight| entity::payment::Entity::visible(sight)
}

object! {
    /// An invoice.
    Invoice = seen invoice by InvoiceId;
    /// A page of invoices.
    InvoiceConnection,
    /// An invoice in a page.
    InvoiceEdge,
    /// The invoice.
    node
}

/// What is owed for a quarter; never changes once issued (A2.d).
#[paged]
#[Object]
impl Invoice {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Gapless and chronological.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Who owes it.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get(ctx, self.0.organism_id).await
    }

    /// Who owes it, as it was at issue.
    async fn buyer(&self) -> Buyer {
        let text = |key: &str| self.0.buyer.get(key).and_then(|v| v.as_str()).map(str::to_owned);
        Buyer {
            address: text("address"),
            city: text("city"),
            name: text("name"),
            postal_code: text("postalCode"),
            siren: text("siren"),
        }
    }

    /// The civil quarter, e.g. `2026Q3`.
    async fn quarter(&self) -> &str {
        &self.0.quarter
    }

    /// The day of its issue.
    async fn issued_on(&self) -> Date {
        self.0.issued_on.into()
    }

    /// Last day to pay, 45 calendar days after issue (A2.f).
    async fn due_on(&self) -> Date {
        self.0.due_on.into()
    }

    /// The sum of its lines.
    async fn total(&self) -> Cents {
        self.0.total_cents.into()
    }

    /// One line per fact billed.
    async fn lines(&self, ctx: &Context<'_>, asked: Asked) -> Option<InvoiceLineConnection> {
        load::page(ctx, InvoiceLines {}, self.0.id, asked).await
    }

    /// What was received for it, in order.
    async fn payments(&self, ctx: &Context<'_>) -> Option<Vec<Payment>> {
        load::all(ctx, InvoicePayments {}, self.0.id).await
    }

    /// What remains to pay.
    async fn balance(&self, ctx: &Context<'_>) -> Option<Cents> {
        load::one(ctx, Balance(self.0.id)).await.map(Cents)
    }

    /// Whether something remains to pay after the last day.
    async fn overdue(&self, ctx: &Context<'_>) -> Option<bool> {
        let late = self.0.due_on < load::today(ctx).await?;
        Some(late && load::one(ctx, Balance(self.0.id)).await? > 0)
    }

    /// The time limit to pay it, with its arithmetic.
    async fn deadline(&self, ctx: &Context<'_>) -> Option<Deadline> {
        let key = SubjectDeadline { subject: self.0.id.into(), kind: DeadlineKind::InvoicePaid };
        load::one(ctx, key).await.map(Deadline::from)
    }

    /// The invoice as a document, once produced.
    async fn document(&self, ctx: &Context<'_>) -> Option<Document> {
        load::one(ctx, DocumentOf::new(DocumentKind::Invoice, self.0.id)).await
    }

    /// The notices sent about it that the viewer may see, newest first (X.c).
    async fn notices(&self, ctx: &Context<'_>, asked: Asked) -> Option<NoticeConnection> {
        load::page(ctx, SubjectNotices {}, self.0.id.into(), asked).await
    }

    /// Its history, newest first (X.b).
    async fn timeline(&self, ctx: &Context<'_>, asked: Asked) -> Option<TimelineConnection> {
        load::page(ctx, Timeline {}, self.0.id.into(), asked).await
    }
}

/// Who owes an invoice, as it was at issue.
#[derive(SimpleObject)]
pub(crate) struct Buyer {
    /// Number and street.
    pub(crate) address: Option<String>,
    /// Town.
    pub(crate) city: Option<String>,
    /// Registered or trade name.
    pub(crate) name: Option<String>,
    /// Postal code.
    pub(crate) postal_code: Option<String>,
    /// Company number.
    pub(crate) siren: Option<String>,
}

object! {
    /// A payment.
    Payment = seen payment by PaymentId;
}

/// Money received for an invoice (A2.f).
#[Object]
impl Payment {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// For which invoice.
    async fn invoice(&self, ctx: &Context<'_>) -> Option<Invoice> {
        load::get(ctx, self.0.invoice_id).await
    }

    /// The day of its receipt.
    async fn received_on(&self) -> Date {
        self.0.received_on.into()
    }

    /// How much.
    async fn amount(&self) -> Cents {
        self.0.amount_cents.into()
    }

    /// Transfer, cheque…
    async fn method(&self) -> &str {
        &self.0.method
    }

    /// The bank's or the payer's own.
    async fn reference(&self) -> &str {
        &self.0.reference
    }

    /// The day on which it was recorded.
    async fn recorded_on(&self) -> Date {
        self.0.recorded_on.into()
    }
}
