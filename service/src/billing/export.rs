//! A quarter as a table for accountants (A2.g).

use super::{read_quarter, require_finance};
use crate::context::Context;
use crate::error::ActResult;
use chrono::NaiveDate;
use entity::ids::InvoiceId;
use entity::{invoice, invoice_line, payment};
use sea_orm::sea_query::{Condition, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use serde_json::Value;
use std::collections::HashMap;

/// The mark by which spreadsheets recognise UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

const HEADINGS: [&str; 13] = [
    "Facture",
    "Trimestre",
    "Date d’émission",
    "Échéance",
    "SIREN",
    "Organisme",
    "Ligne",
    "Libellé",
    "Montant de la ligne",
    "Total de la facture",
    "Réglé sur la facture",
    "Solde de la facture",
    "Devise",
];

/// A quarter's invoice lines as CSV, for Certif Pro's finance (A2.g): `;` between cells, UTF-8 with its
/// mark, dates as `31/12/2026`, amounts in euros with a comma; nothing that a spreadsheet would compute.
pub async fn export_csv(ctx: &Context, quarter: &str) -> ActResult<Vec<u8>> {
    require_finance(&ctx.actor)?;
    let quarter = read_quarter(quarter)?;
    let of_quarter = invoice::Column::Quarter.eq(quarter.to_string());
    let invoices = invoice::Entity::find()
        .filter(of_quarter.clone())
        .order_by_asc(invoice::Column::Year)
        .order_by_asc(invoice::Column::Sequence)
        .all(ctx.db())
        .await?;
    let ids = invoice::Entity::find()
        .select_only()
        .column(invoice::Column::Id)
        .filter(of_quarter)
        .into_query();
    let paid = payment::Column::InvoiceId.in_subquery(ids.clone());
    let paid = super::payment::paid(ctx.db(), Condition::all().add(paid)).await?;
    let mut lines = lines(ctx.db(), ids).await?;
    let mut csv = csv::WriterBuilder::new().delimiter(b';').from_writer(BYTE_ORDER_MARK.to_vec());
    csv.write_record(HEADINGS).map_err(anyhow::Error::from)?;
    for invoice in invoices {
        let paid = paid.get(&invoice.id).copied().unwrap_or(0);
        for line in lines.remove(&invoice.id).unwrap_or_default() {
            csv.write_record(cells(&invoice, &line, paid)).map_err(anyhow::Error::from)?;
        }
    }
    Ok(csv.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?)
}

/// The lines of these invoices, in their order.
async fn lines(
    db: &impl ConnectionTrait,
    invoices: SelectStatement,
) -> ActResult<HashMap<InvoiceId, Vec<invoice_line::Model>>> {
    let rows = invoice_line::Entity::find()
        .filter(invoice_line::Column::InvoiceId.in_subquery(invoices))
        .order_by_asc(invoice_line::Column::Position)
        .all(db)
        .await?;
    let mut lines: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        lines.entry(row.invoice_id).or_default().push(row);
    }
    Ok(lines)
}

fn cells(invoice: &invoice::Model, line: &invoice_line::Model, paid: i64) -> [String; 13] {
    let day = |date: NaiveDate| date.format("%d/%m/%Y").to_string();
    let buyer =
        |field: &str| plain(invoice.buyer.get(field).and_then(Value::as_str).unwrap_or_default());
    [
        plain(&invoice.number),
        invoice.quarter.clone(),
        day(invoice.issued_on),
        day(invoice.due_on),
        buyer("siren"),
        buyer("name"),
        line.position.to_string(),
        plain(&line.label),
        euros(line.amount_cents),
        euros(invoice.total_cents),
        euros(paid),
        euros(invoice.total_cents - paid),
        "EUR".to_owned(),
    ]
}

/// A text that no spreadsheet takes for a formula.
fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Cents as euros, without spaces or sign of the currency: `1234,56`.
fn euros(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{},{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    // A2.g
    #[test]
    fn formulas_are_neutralised_and_amounts_are_not() {
        assert_eq!(plain("=1+1"), "'=1+1");
        for text in ["+33", "-2", "@SUM(A1)", "\t=1"] {
            assert_eq!(plain(text), format!("'{text}"));
        }
        assert_eq!(plain("A=1"), "A=1");
        assert_eq!(euros(123_456), "1234,56");
        assert_eq!(euros(5), "0,05");
        assert_eq!(euros(-1_100), "-11,00");
    }
}
