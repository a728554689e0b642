//! A quarter of many organisms and facts: invoiced by chunks, as one act all the same (A2.d).

use crate::plans::{begins, plan};
use chrono::{Days, NaiveDate};
use domain::tariff::FeeKind;
use e2e::{Statements, TestApp, day, siren};
use entity::ids::{BillableFactId, InvoiceId, OrganismId};
use entity::kind::OrganismKind;
use entity::{billable_fact, counter, invoice, invoice_line, legal_clock, organism, tariff};
use entity::{deadline, outbox, quarter_run};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, Statement,
};
use service::context::{Actor, Context};
use service::error::ActResult;
use std::collections::HashMap;
use std::ops::Range;

const FEE: i64 = 1_100;

/// Data without workers, and what an act on them runs.
struct Large {
    app: TestApp,
    ctx: Context,
    statements: Statements,
}

impl Large {
    async fn start() -> Self {
        let app = TestApp::start().await;
        app.halt().await;
        let (shared, statements) = app.written().await;
        let ctx = Context::new(shared, Actor::System, "test");
        Self { app, ctx, statements }
    }

    async fn organisms(&self, numbers: Range<u32>) -> Vec<OrganismId> {
        let rows: Vec<_> = numbers.map(organism).collect();
        let ids = rows.iter().map(|row| row.id).collect();
        for chunk in rows.chunks(500) {
            let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
            organism::Entity::insert_many(rows).exec(&self.app.app.db).await.expect("inserted");
        }
        ids
    }

    /// This many certificates for each, on days from `first` on.
    async fn owe(&self, organisms: &[OrganismId], facts: u64, first: NaiveDate) {
        let tariff = tariff::Entity::find().one(&self.app.app.db).await.expect("readable");
        let tariff = tariff.expect("a tariff").id;
        let fact = |organism: OrganismId, n: u64| billable_fact::ActiveModel {
            id: Set(BillableFactId::new()),
            organism_id: Set(organism),
            kind: Set(FeeKind::CertificateFee.into()),
            subject_id: Set(uuid::Uuid::now_v7()),
            fact_on: Set(first + Days::new(n * 7 % 90)),
            tariff_id: Set(tariff),
            amount_cents: Set(FEE),
            recorded_at: Set(service::clock::machine_now()),
        };
        let rows: Vec<_> =
            organisms.iter().flat_map(|id| (0..facts).map(|n| fact(*id, n))).collect();
        for chunk in rows.chunks(500) {
            let rows = billable_fact::Entity::insert_many(chunk.to_vec());
            rows.exec(&self.app.app.db).await.expect("inserted");
        }
    }

    /// Runs what is due on this day; answers the statements that it took.
    async fn run(&self, on: &str) -> ActResult<Vec<Statement>> {
        let row =
            legal_clock::ActiveModel { id: Set(1), today: Set(day(on)), target_on: Set(None) };
        row.update(&self.app.app.db).await.expect("the clock moves");
        drop(self.statements.taken());
        service::billing::reconcile_quarter(&self.ctx, day(on)).await?;
        Ok(self.statements.taken())
    }

    async fn invoices(&self, quarter: &str) -> Vec<invoice::Model> {
        let found = invoice::Entity::find().filter(invoice::Column::Quarter.eq(quarter));
        let found = found.order_by_asc(invoice::Column::Sequence);
        found.all(&self.app.app.db).await.expect("readable")
    }

    /// The days of the facts of each invoice, in the order of its lines, whose positions have no gap.
    async fn days(&self) -> HashMap<InvoiceId, Vec<NaiveDate>> {
        let lines = invoice_line::Entity::find()
            .find_also_related(billable_fact::Entity)
            .order_by_asc(invoice_line::Column::Position);
        let mut days: HashMap<_, Vec<_>> = HashMap::new();
        for (line, fact) in lines.all(&self.app.app.db).await.expect("readable") {
            let of_invoice = days.entry(line.invoice_id).or_default();
            of_invoice.push(fact.expect("its fact").fact_on);
            assert_eq!(usize::try_from(line.position), Ok(of_invoice.len()));
        }
        days
    }
}

fn organism(n: u32) -> organism::Model {
    organism::Model {
        id: OrganismId::new(),
        // As they come, neither in the order of the ids nor of the numbers.
        siren: siren(n * 7_919 % 10_007),
        name: format!("Organisme {n}"),
        name_key: format!("ORGANISME {n}"),
        kind: OrganismKind::LegalPerson.into(),
        nda: None,
        email: format!("contact@org{n}.example"),
        address: "1 rue de la Paix".to_owned(),
        postal_code: "44000".to_owned(),
        city: "Nantes".to_owned(),
        registered_on: day("2026-01-05"),
        version: 1,
    }
}

/// A2.d, P1: facts cost no statement of their own and organisms only by the chunk; across chunks the numbers
/// have no gap and follow the SIRENs, and every fact has its line. Which are billed is looked up fact by fact.
#[tokio::test]
async fn a_large_quarter_is_invoiced_by_chunks() {
    let large = Large::start().await;
    let few = large.organisms(0..40).await;
    large.owe(&few, 1, day("2026-01-06")).await;
    let chunk = large.run("2026-04-01").await.expect("invoiced").len();
    large.owe(&few, 10, day("2026-04-01")).await;
    let ten_times = large.run("2026-07-01").await.expect("invoiced").len();
    assert!(ten_times <= chunk, "{ten_times} statements for ten facts, {chunk} for one");

    let mut all = few;
    all.extend(large.organisms(40..450).await);
    large.owe(&all, 30, day("2026-07-01")).await;
    let ran = large.run("2026-10-01").await.expect("invoiced");
    let many = ran.len();
    // Two hundred organisms and 5,000 facts at most: two chunks, two, and one. 500 lines an insert.
    assert!(many <= 5 * chunk + 450 * 30 / 500, "{many} statements, {chunk} for a chunk");
    let due = ran.iter().rfind(|s| s.sql.contains("application_number")).expect("the last facts");
    let steps = plan(large.app.owner(), due).await;
    let mut of_lines = steps.iter().filter(|step| step.contains(" invoice_line "));
    let looked_up = |step: &String| begins(step, "invoice_line");
    assert!(of_lines.clone().count() > 0 && of_lines.all(looked_up), "{steps:#?}");

    let invoices = large.invoices("2026Q3").await;
    let sequences: Vec<_> = invoices.iter().map(|i| i.sequence).collect();
    assert_eq!(sequences, (81..=530).collect::<Vec<_>>(), "after twice forty");
    let sirens: Vec<_> = invoices.iter().filter_map(|i| i.buyer["siren"].as_str()).collect();
    assert!(sirens.len() == 450 && sirens.is_sorted());
    let days = large.days().await;
    for invoice in &invoices {
        assert_eq!(invoice.number, format!("F2026-{:06}", invoice.sequence));
        assert_eq!(invoice.total_cents, 30 * FEE);
        let days = days.get(&invoice.id).expect("lines");
        assert!(days.len() == 30 && days.is_sorted(), "{days:?}");
    }
    assert_eq!(days.values().map(Vec::len).sum::<usize>(), 40 + 400 + 450 * 30);
    assert_eq!(large.app.count::<deadline::Entity>().await, 530);
    let sent = outbox::Entity::find().filter(outbox::Column::Kind.eq("SEND_INVOICE"));
    let sent = sent.all(&large.app.app.db).await.expect("readable");
    assert_eq!(sent.len(), 530);
    let run = quarter_run::Entity::find_by_id("2026Q3").one(&large.app.app.db).await;
    let run = run.expect("readable").expect("the run");
    assert_eq!((run.invoice_count, run.total_cents), (450, 450 * 30 * FEE));
}

/// P1, P2: what stops a run in its last chunk leaves nothing of the others, nor a number.
#[tokio::test]
async fn a_run_that_fails_in_its_last_chunk_leaves_nothing() {
    let large = Large::start().await;
    let all = large.organisms(0..201).await;
    large.owe(&all, 1, day("2026-01-06")).await;
    let last = organism::Entity::find().order_by_desc(organism::Column::Siren);
    let last = last.one(&large.app.app.db).await.expect("readable").expect("the last");
    // An organism has one invoice a quarter.
    let in_the_way = invoice::Model {
        id: InvoiceId::new(),
        number: "F2025-000001".to_owned(),
        series: "F".to_owned(),
        year: 2025,
        sequence: 1,
        organism_id: last.id,
        quarter: "2026Q1".to_owned(),
        issued_on: day("2026-01-06"),
        due_on: day("2026-02-20"),
        total_cents: FEE,
        buyer: serde_json::json!({}),
    };
    in_the_way.into_active_model().insert(&large.app.app.db).await.expect("inserted");
    let tasks = large.app.count::<outbox::Entity>().await;

    assert!(large.run("2026-04-01").await.is_err());
    let counts = [
        large.app.count::<invoice::Entity>().await,
        large.app.count::<invoice_line::Entity>().await,
        large.app.count::<deadline::Entity>().await,
        large.app.count::<quarter_run::Entity>().await,
        large.app.count::<counter::Entity>().await,
        large.app.count::<outbox::Entity>().await - tasks,
    ];
    assert_eq!(counts, [1, 0, 0, 0, 0, 0]);
    assert!(large.statements.taken().len() > 20, "the first chunk was written");
}
