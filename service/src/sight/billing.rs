//! Invoices, their lines and payments (annexe 2).

use super::{Sight, Visible, ids, unless};
use entity::{invoice, invoice_line, payment};
use sea_orm::sea_query::{IntoCondition, SelectStatement};
use sea_orm::{ColumnTrait, Condition};

impl Visible for invoice::Entity {
    /// The organism's administrators, its tools for billing and Certif Pro's staff.
    fn seen_by(sight: &Sight) -> Condition {
        let own = invoice::Column::OrganismId.is_in(sight.billed.iter().copied());
        unless(sight.everything || sight.billing, || own.into_condition())
    }
}

/// What hangs on an invoice is seen as it is.
fn of_invoice(sight: &Sight, column: impl ColumnTrait) -> Condition {
    unless(sight.everything || sight.billing, || {
        column.in_subquery(invoices(sight)).into_condition()
    })
}

impl Visible for invoice_line::Entity {
    /// As its invoice.
    fn seen_by(sight: &Sight) -> Condition {
        of_invoice(sight, invoice_line::Column::InvoiceId)
    }
}

impl Visible for payment::Entity {
    /// As its invoice.
    fn seen_by(sight: &Sight) -> Condition {
        of_invoice(sight, payment::Column::InvoiceId)
    }
}

/// The invoices that the viewer may see.
fn invoices(sight: &Sight) -> SelectStatement {
    ids::<invoice::Entity>(invoice::Column::Id, invoice::Entity::seen_by(sight))
}
