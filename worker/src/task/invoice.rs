//! An invoice leaves (A2.d): rendered as issued, kept, and mailed.

use super::shared::{authority_party, certif_pro, document, one};
use crate::error::{TaskError, TaskResult};
use crate::job::Job;
use crate::notify::{Draft, notify};
use documents::{InvoiceDocument, InvoiceLineRow, Party};
use domain::deadline::format_date_fr;
use domain::money::{Quarter, format_euros};
use entity::ids::InvoiceId;
use entity::kind::DocumentKind;
use entity::{authority, invoice, invoice_line, organism};
use mailer::Message;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Deserialize;

/// What the law has every invoice between professionals say, exempt from VAT and without discount
/// (code général des impôts, art. 261; code de commerce, art. L. 441-9 and L. 441-10).
const MENTIONS: [&str; 4] = [
    "TVA non applicable : opération exonérée en application de l'article 261, 4, 4° a du code général des \
     impôts.",
    "Pas d'escompte pour paiement anticipé.",
    "En cas de retard de paiement : pénalités au taux de refinancement de la Banque centrale européenne \
     majoré de 10 points de pourcentage.",
    "Indemnité forfaitaire de 40 € pour frais de recouvrement en cas de retard (art. L. 441-10 et D. 441-5 \
     du code de commerce).",
];

/// The buyer as kept with the invoice.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Buyer {
    name: String,
    siren: String,
    address: String,
    postal_code: String,
    city: String,
}

/// Renders the invoice and mails it to the organism.
pub(crate) async fn send(job: &Job<'_>, id: InvoiceId) -> TaskResult<()> {
    let db = job.db();
    let invoice = one::<invoice::Entity, _>(db, id, "the invoice").await?;
    let organism = one::<organism::Entity, _>(db, invoice.organism_id, "its organism").await?;
    let certif_pro = certif_pro(db).await?;
    let lines = invoice_line::Entity::find()
        .filter(invoice_line::Column::InvoiceId.eq(id))
        .order_by_asc(invoice_line::Column::Position)
        .all(db)
        .await?;
    let line_count = lines.len();
    let printed = printed(&invoice, lines, &certif_pro)?;
    let period = printed.period_text.clone();
    let file_name = format!("facture-{}.pdf", invoice.number);
    let attachment = document(job.ctx, DocumentKind::Invoice, id, file_name, move || {
        documents::invoice(&printed)
    })
    .await?;
    let message = Message::InvoiceIssued {
        organism: organism.name,
        number: invoice.number,
        quarter: period,
        total: format_euros(invoice.total_cents),
        due_on: format_date_fr(invoice.due_on),
        line_count,
    };
    let draft = Draft {
        subject: id.into(),
        to: organism.email,
        authority: &certif_pro,
        organism: Some(organism.id),
        candidate: None,
        message,
        attachments: vec![attachment],
    };
    notify(job, draft).await
}

fn printed(
    invoice: &invoice::Model,
    lines: Vec<invoice_line::Model>,
    certif_pro: &authority::Model,
) -> TaskResult<InvoiceDocument> {
    let quarter =
        Quarter::parse(&invoice.quarter).ok_or_else(|| TaskError::missing("a known quarter"))?;
    Ok(InvoiceDocument {
        number: invoice.number.clone(),
        issued_on: invoice.issued_on,
        issued_on_text: format_date_fr(invoice.issued_on),
        due_on_text: format_date_fr(invoice.due_on),
        period_text: period(quarter),
        seller: authority_party(certif_pro),
        buyer: buyer(invoice)?,
        lines: lines.into_iter().map(row).collect(),
        total_cents: invoice.total_cents,
        mentions: MENTIONS.map(str::to_owned).to_vec(),
    })
}

/// The organism as it was on the day of issue.
fn buyer(invoice: &invoice::Model) -> TaskResult<Party> {
    let buyer: Buyer = serde_json::from_value(invoice.buyer.clone()).map_err(|error| {
        TaskError::GiveUp(anyhow::Error::new(error).context("the invoice's buyer"))
    })?;
    Ok(Party {
        name: buyer.name,
        address: buyer.address,
        postal_code: buyer.postal_code,
        city: buyer.city,
        siren: Some(buyer.siren),
        siret: None,
    })
}

fn row(line: invoice_line::Model) -> InvoiceLineRow {
    InvoiceLineRow {
        label: line.label,
        quantity: 1,
        unit_price_cents: line.amount_cents,
        total_cents: line.amount_cents,
    }
}

/// « du 1er octobre au 31 décembre 2026 ».
fn period(quarter: Quarter) -> String {
    let (first, last) = (format_date_fr(quarter.first_day()), format_date_fr(quarter.last_day()));
    let first = first.strip_suffix(&format!(" {}", quarter.year)).unwrap_or(&first);
    format!("du {first} au {last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    // A2.d
    #[test]
    fn a_period_names_its_two_days() {
        let quarter = Quarter::parse("2026Q4").expect("a quarter");
        assert_eq!(period(quarter), "du 1er octobre au 31 décembre 2026");
    }
}
