//! The invoices of a quarter: what is due and not billed yet, one invoice per organism (A2.d,
//! interpretations 20 and 21).

use super::chunk::{Organisms, by_facts, read_along_indexes};
use super::fact::record_facts;
use super::line::{self, Due};
use super::{CHUNK, site_year};
use crate::context::Tx;
use crate::counter;
use crate::deadline::{self, NewDeadline};
use crate::error::ActResult;
use crate::task::Task;
use chrono::Datelike;
use domain::billing::{invoice_number, payment_due_on};
use domain::deadline::DeadlineKind;
use domain::money::Quarter;
use entity::ids::{AuthorityId, InvoiceId, InvoiceLineId, OrganismId};
use entity::{invoice, invoice_line, organism};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::json;
use std::collections::HashMap;

/// The series of invoices' numbers (interpretation 21).
pub(super) const SERIES: &str = "F";

/// What a run issued.
#[derive(Debug, Default)]
pub(super) struct Issued {
    /// How many invoices.
    pub(super) count: i32,
    /// Their sum, in cents.
    pub(super) total_cents: i64,
    /// The first number given.
    pub(super) first_number: Option<String>,
    /// The last number given.
    pub(super) last_number: Option<String>,
}

/// Records the site-years due and issues one invoice per organism for all facts up to the quarter's end
/// that are not billed yet, in the order of the SIRENs.
pub(super) async fn issue(tx: &Tx, quarter: Quarter) -> ActResult<Issued> {
    let (db, up_to) = (tx.conn(), quarter.last_day());
    let certif_pro = crate::authority::certif_pro(db).await?.map(|row| row.id);
    let mut run = Run { tx, quarter, certif_pro, issued: Issued::default() };
    read_along_indexes(db).await?;
    let mut organisms = Organisms::default();
    while let Some(next) = organisms.next(db).await? {
        record_facts(tx, &site_year::due(db, &next, up_to).await?).await?;
        let facts = line::count(db, &next, up_to).await?;
        let owing: Vec<_> =
            next.into_iter().filter_map(|o| facts.get(&o.id).map(|facts| (o, *facts))).collect();
        for chunk in by_facts(&owing) {
            let due = line::due(db, chunk.iter().map(|(o, _)| o.id), up_to).await?;
            run.issue_for(chunk, due).await?;
        }
    }
    Ok(run.issued)
}

/// A run under way.
struct Run<'a> {
    tx: &'a Tx,
    quarter: Quarter,
    certif_pro: Option<AuthorityId>,
    issued: Issued,
}

impl Run<'_> {
    /// Issues the invoices of some organisms; those whose facts sum up to nothing get none.
    async fn issue_for(
        &mut self,
        organisms: &[(organism::Model, usize)],
        due: Vec<Due>,
    ) -> ActResult<()> {
        let mut by_organism: HashMap<OrganismId, Vec<Due>> = HashMap::new();
        for fact in due {
            by_organism.entry(fact.organism_id).or_default().push(fact);
        }
        let mut owed: Vec<_> =
            organisms.iter().filter_map(|(o, _)| Some((o, by_organism.remove(&o.id)?))).collect();
        owed.retain(|(_, facts)| total(facts) > 0);
        if owed.is_empty() {
            return Ok(());
        }
        let (year, count) = (self.tx.today().year(), i32::try_from(owed.len()).unwrap_or(i32::MAX));
        let first = counter::take(self.tx, SERIES, year, count).await?;
        let invoices: ActResult<Vec<_>> = owed
            .iter()
            .zip(first..)
            .map(|((organism, facts), sequence)| self.invoice(organism, facts, sequence))
            .collect();
        let invoices = invoices?;
        self.count(&invoices);
        let each = invoices.iter().zip(&owed);
        let lines: Vec<_> = each.flat_map(|(invoice, (_, facts))| lines(invoice, facts)).collect();
        self.write(&invoices, &lines).await
    }

    fn invoice(
        &self,
        organism: &organism::Model,
        facts: &[Due],
        sequence: i32,
    ) -> ActResult<invoice::Model> {
        let issued_on = self.tx.today();
        let (year, number) =
            (issued_on.year(), u32::try_from(sequence).map_err(anyhow::Error::from)?);
        Ok(invoice::Model {
            id: InvoiceId::new(),
            number: invoice_number('F', year, number),
            series: SERIES.to_owned(),
            year,
            sequence,
            organism_id: organism.id,
            quarter: self.quarter.to_string(),
            issued_on,
            due_on: payment_due_on(issued_on),
            total_cents: total(facts),
            buyer: buyer(organism),
        })
    }

    fn count(&mut self, invoices: &[invoice::Model]) {
        let issued = &mut self.issued;
        issued.count += i32::try_from(invoices.len()).unwrap_or(0);
        issued.total_cents += invoices.iter().map(|invoice| invoice.total_cents).sum::<i64>();
        if issued.first_number.is_none() {
            issued.first_number = invoices.first().map(|invoice| invoice.number.clone());
        }
        issued.last_number = invoices.last().map(|invoice| invoice.number.clone());
    }

    /// Writes invoices and lines, opens their time limits and has them sent.
    async fn write(&self, invoices: &[invoice::Model], lines: &[Line<'_>]) -> ActResult<()> {
        let db = self.tx.conn();
        let rows = invoices.iter().map(|row| invoice::ActiveModel::from(row.clone()).reset_all());
        invoice::Entity::insert_many(rows).exec_without_returning(db).await?;
        for chunk in lines.chunks(CHUNK) {
            let rows = chunk.iter().map(Line::row);
            invoice_line::Entity::insert_many(rows).exec_without_returning(db).await?;
        }
        let deadlines: Vec<_> = invoices.iter().map(|invoice| self.deadline(invoice)).collect();
        deadline::open_many(self.tx, &deadlines).await?;
        let sendings: Vec<_> =
            invoices.iter().map(|invoice| Task::SendInvoice { invoice: invoice.id }).collect();
        self.tx.enqueue_all(&sendings).await
    }

    fn deadline(&self, invoice: &invoice::Model) -> NewDeadline {
        NewDeadline {
            kind: DeadlineKind::InvoicePaid,
            subject: invoice.id.into(),
            authority: self.certif_pro,
            organism: Some(invoice.organism_id),
            started_on: invoice.issued_on,
        }
    }
}

fn total(facts: &[Due]) -> i64 {
    facts.iter().map(|fact| fact.amount_cents).sum()
}

/// The buyer as it is on the day of issue: an issued invoice never changes.
fn buyer(organism: &organism::Model) -> serde_json::Value {
    json!({
        "name": organism.name,
        "siren": organism.siren,
        "address": organism.address,
        "postalCode": organism.postal_code,
        "city": organism.city,
        "email": organism.email,
    })
}

/// A line to write.
struct Line<'a> {
    invoice: InvoiceId,
    position: i32,
    fact: &'a Due,
}

impl Line<'_> {
    fn row(&self) -> invoice_line::ActiveModel {
        invoice_line::ActiveModel {
            id: Set(InvoiceLineId::new()),
            invoice_id: Set(self.invoice),
            position: Set(self.position),
            billable_fact_id: Set(self.fact.id),
            label: Set(self.fact.label()),
            amount_cents: Set(self.fact.amount_cents),
        }
    }
}

fn lines<'a>(
    invoice: &invoice::Model,
    facts: &'a [Due],
) -> impl Iterator<Item = Line<'a>> + use<'a> {
    let invoice = invoice.id;
    facts.iter().zip(1..).map(move |(fact, position)| Line { invoice, position, fact })
}
