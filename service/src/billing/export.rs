//! A quarter as a table for accountants (A2.g).

use super::{payment, read_quarter, require_finance};
use crate::context::Context;
use crate::error::ActResult;
use chrono::NaiveDate;
use domain::money::Quarter;
use entity::ids::InvoiceId;
use entity::{invoice, invoice_line};
use sea_orm::sea_query::Condition;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, RelationTrait,
};
use serde_json::Value;

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

/// A line with its invoice.
#[derive(FromQueryResult)]
struct Row {
    invoice_id: InvoiceId,
    number: String,
    issued_on: NaiveDate,
    due_on: NaiveDate,
    buyer: Value,
    position: i32,
    label: String,
    amount_cents: i64,
    total_cents: i64,
}

/// A quarter's invoice lines as CSV, for Certif Pro's finance (A2.g): `;` between cells, UTF-8 with its
/// mark, dates as `31/12/2026`, amounts in euros with a comma; nothing that a spreadsheet would compute.
pub async fn export_csv(ctx: &Context, quarter: &str) -> ActResult<Vec<u8>> {
    require_finance(&ctx.actor)?;
    let quarter = read_quarter(quarter)?;
    let rows = rows(ctx.db(), quarter).await?;
    let ids = invoice::Entity::find()
        .select_only()
        .column(invoice::Column::Id)
        .filter(invoice::Column::Quarter.eq(quarter.to_string()))
        .into_query();
    let of_quarter = entity::payment::Column::InvoiceId.in_subquery(ids);
    let paid = payment::paid(ctx.db(), Condition::all().add(of_quarter)).await?;
    let mut csv = csv::WriterBuilder::new().delimiter(b';').from_writer(BYTE_ORDER_MARK.to_vec());
    csv.write_record(HEADINGS).map_err(anyhow::Error::from)?;
    for row in rows {
        let paid = paid.get(&row.invoice_id).copied().unwrap_or(0);
        csv.write_record(cells(quarter, &row, paid)).map_err(anyhow::Error::from)?;
    }
    Ok(csv.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?)
}

async fn rows(db: &impl ConnectionTrait, quarter: Quarter) -> ActResult<Vec<Row>> {
    let rows = invoice_line::Entity::find()
        .select_only()
        .columns([
            invoice_line::Column::InvoiceId,
            invoice_line::Column::Position,
            invoice_line::Column::Label,
            invoice_line::Column::AmountCents,
        ])
        .columns([
            invoice::Column::Number,
            invoice::Column::IssuedOn,
            invoice::Column::DueOn,
            invoice::Column::Buyer,
            invoice::Column::TotalCents,
        ])
        .join(JoinType::InnerJoin, invoice_line::Relation::Invoice.def())
        .filter(invoice::Column::Quarter.eq(quarter.to_string()))
        .order_by_asc(invoice::Column::Year)
        .order_by_asc(invoice::Column::Sequence)
        .order_by_asc(invoice_line::Column::Position)
        .into_model()
        .all(db)
        .await?;
    Ok(rows)
}

fn cells(quarter: Quarter, row: &Row, paid: i64) -> [String; 13] {
    let day = |date: NaiveDate| date.format("%d/%m/%Y").to_string();
    let buyer =
        |field: &str| plain(row.buyer.get(field).and_then(Value::as_str).unwrap_or_default());
    [
        plain(&row.number),
        quarter.to_string(),
        day(row.issued_on),
        day(row.due_on),
        buyer("siren"),
        buyer("name"),
        row.position.to_string(),
        plain(&row.label),
        euros(row.amount_cents),
        euros(row.total_cents),
        euros(paid),
        euros(row.total_cents - paid),
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
