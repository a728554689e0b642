//! Documents: data in, PDF bytes out.
//!
//! Three documents, each a function of its input alone: the same input gives
//! the same bytes. No network, no disk, no clock. Data never become markup:
//! they reach the templates as JSON strings and are printed as they are.
//!
//! Before printing, every string is cleaned: a character that no font can
//! draw is replaced visibly (□), so that an unusual text never stops a
//! decision from being notified. A parchment with such a name is none: it is
//! refused.

mod text;
mod world;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it fails")]
mod tests;

use chrono::NaiveDate;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::convert::{Builder, Shape};
use fast_qr::{ECL, QRBuilder};
use serde::Serialize;
use world::{Job, Standard, Template};

/// Sender or recipient of a letter, seller or buyer of an invoice.
#[derive(Debug, Clone, Serialize)]
pub struct Party {
    /// Name or legal name.
    pub name: String,
    /// Street and number; `\n` starts a new line.
    pub address: String,
    /// Postal code.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// SIREN, nine digits; grouped when printed.
    pub siren: Option<String>,
    /// SIRET, fourteen digits; grouped when printed.
    pub siret: Option<String>,
}

/// One line of a decision's table of criteria.
#[derive(Debug, Clone, Serialize)]
pub struct CriterionRow {
    /// The criterion, as the convention words it.
    pub label: String,
    /// Whether it is satisfied.
    pub satisfied: bool,
    /// The grounds of that finding.
    pub grounds: String,
}

/// A letter on the authority's paper: decision, receipt, formal notice…
#[derive(Debug, Clone, Serialize)]
pub struct Letter {
    /// Our reference.
    pub reference: String,
    /// Subject, printed after « Objet : ».
    pub subject: String,
    /// Date of the document (PDF metadata).
    pub issued_on: NaiveDate,
    /// Place and date as printed: « Paris, le 24 novembre 2026 ».
    pub issued_on_text: String,
    /// Who writes.
    pub sender: Party,
    /// Who is written to.
    pub recipient: Party,
    /// Body, before the table.
    pub paragraphs: Vec<String>,
    /// Findings per criterion; no table when empty.
    pub criteria: Vec<CriterionRow>,
    /// Body, after the table; its last paragraph stays with the signature.
    pub closing: Vec<String>,
    /// Who signs; `\n` starts a new line.
    pub signatory: String,
}

/// One line of an invoice.
#[derive(Debug, Clone, Serialize)]
pub struct InvoiceLineRow {
    /// What is charged.
    pub label: String,
    /// How many.
    pub quantity: u32,
    /// Price of one, in cents.
    pub unit_price_cents: i64,
    /// Amount of the line, in cents.
    pub total_cents: i64,
}

/// An invoice, exempt from VAT.
#[derive(Debug, Clone, Serialize)]
pub struct InvoiceDocument {
    /// Invoice number.
    pub number: String,
    /// Date of the document (PDF metadata).
    pub issued_on: NaiveDate,
    /// Date of issue as printed: « 24 novembre 2026 ».
    pub issued_on_text: String,
    /// Due date as printed: « 8 janvier 2027 ».
    pub due_on_text: String,
    /// Invoiced period as printed: « 1er octobre – 31 décembre 2026 ».
    pub period_text: String,
    /// Who invoices.
    pub seller: Party,
    /// Who pays.
    pub buyer: Party,
    /// What is charged, in order.
    pub lines: Vec<InvoiceLineRow>,
    /// Amount to pay, in cents.
    pub total_cents: i64,
    /// Legal mentions: ground of the VAT exemption, late penalties, how to pay…
    pub mentions: Vec<String>,
}

/// The parchment of an awarded certificate.
#[derive(Debug, Clone, Serialize)]
pub struct Parchment {
    /// Certificate number.
    pub number: String,
    /// The holder's first and last names.
    pub holder_name: String,
    /// « né(e) le … à … ».
    pub birth_text: String,
    /// Title of the framework.
    pub title: String,
    /// Date of the award (PDF metadata).
    pub awarded_on: NaiveDate,
    /// Date of the award as printed, without « le »: « 24 novembre 2026 ».
    pub awarded_on_text: String,
    /// The habilitated organism, which signs and hands over.
    pub organism_name: String,
    /// Its SIREN.
    pub organism_siren: String,
    /// The authority in whose name the certificate is awarded.
    pub authority_name: String,
    /// Where anyone can verify the certificate; also the QR code's content.
    pub verification_url: String,
    /// Titles of the validated domains.
    pub domains: Vec<String>,
}

/// Why a document could not be produced.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// A character has no glyph in the fonts and was not replaced: a name on a parchment, a template's own text.
    #[error("caractère sans glyphe dans les polices : {0}")]
    MissingGlyph(String),
    /// The template does not compile or does not meet its PDF standard with these data.
    #[error("modèle de document : {0}")]
    Template(String),
    /// The input does not serialize.
    #[error("données du document : {0}")]
    Data(#[from] serde_json::Error),
    /// The date does not fit in a PDF.
    #[error("date impossible dans un PDF : {0}")]
    Date(NaiveDate),
    /// The verification address does not fit in a QR code.
    #[error("code QR impossible : {0}")]
    QrCode(String),
}

/// Renders a letter as PDF/A-2a and PDF/UA-1.
pub fn letter(input: &Letter) -> Result<Vec<u8>, DocumentError> {
    letter_job(input)?.pdf()
}

/// Renders an invoice as PDF/A-3a and PDF/UA-1, without embedded structured data.
pub fn invoice(input: &InvoiceDocument) -> Result<Vec<u8>, DocumentError> {
    invoice_job(input)?.pdf()
}

/// The first character of `text` that no font of the documents can draw.
pub fn unprintable(text: &str) -> Option<char> {
    text::missing(text)
}

/// Renders a parchment, A4 landscape, as PDF/A-2a and PDF/UA-1. Refuses a name,
/// of whoever it is, that cannot be printed as it is.
pub fn parchment(input: &Parchment) -> Result<Vec<u8>, DocumentError> {
    parchment_job(input)?.pdf()
}

fn letter_job(input: &Letter) -> Result<Job, DocumentError> {
    Job::new(
        Template::Letter,
        Standard::Archive,
        &input.reference,
        input.issued_on,
        text::printable(input)?,
    )
}

fn invoice_job(input: &InvoiceDocument) -> Result<Job, DocumentError> {
    Job::new(
        Template::Invoice,
        Standard::ArchiveWithAttachments,
        &input.number,
        input.issued_on,
        text::printable(input)?,
    )
}

fn parchment_job(input: &Parchment) -> Result<Job, DocumentError> {
    // Told without the name itself: errors are logged.
    for (field, name) in [
        ("titulaire", &input.holder_name),
        ("naissance", &input.birth_text),
        ("organisme", &input.organism_name),
        ("instance", &input.authority_name),
    ] {
        if let Some(c) = text::missing(name) {
            let told = format!("U+{:04X} ({field})", u32::from(c));
            return Err(DocumentError::MissingGlyph(told));
        }
    }
    let job = Job::new(
        Template::Parchment,
        Standard::Archive,
        &input.number,
        input.awarded_on,
        text::printable(input)?,
    )?;
    Ok(job.with_qr_code(qr_code(&input.verification_url)?))
}

/// The QR code of `content`, as an SVG image.
fn qr_code(content: &str) -> Result<String, DocumentError> {
    let code = QRBuilder::new(content)
        .ecl(ECL::Q)
        .build()
        .map_err(|error| DocumentError::QrCode(format!("{error:?}")))?;
    Ok(SvgBuilder::default().shape(Shape::Square).margin(0).to_str(&code))
}
