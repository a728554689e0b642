//! What workers do: a quarter's run, documents, tasks; each beside what it cannot be faster than.

use crate::Options;
use crate::data::{self, Data};
use crate::rounds::one;
use crate::server::Server;
use crate::usage;
use anyhow::{Context as _, bail, ensure};
use chrono::{Days, NaiveDate};
use documents::{InvoiceDocument, InvoiceLineRow, Party};
use entity::ids::InvoiceId;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use serde_json::Value;
use service::context::{Actor, Context};
use service::task::{Reconciler, Task};
use std::path::Path;
use std::time::{Duration, Instant};

const QUARTER_BEFORE: &str = include_str!("../sql/quarter_before.sql");
const QUARTER: &str = include_str!("../sql/quarter.sql");
/// The day on which the quarter is invoiced.
const QUARTER_ENDED: NaiveDate = NaiveDate::from_ymd_opt(2026, 10, 1).expect("in the calendar");
/// Every certificate of the quarter ten times, on other days.
const TEN_TIMES: &str = "INSERT INTO billable_fact (id, organism_id, kind, subject_id, fact_on, tariff_id, amount_cents, recorded_at)
    SELECT gen_random_uuid(), organism_id, kind, subject_id, date '2026-07-01' + (fact_on - date '2026-07-01' + 9 * k) % 92,
        tariff_id, amount_cents, recorded_at
    FROM billable_fact, generate_series(1, 9) AS k WHERE kind = 'CERTIFICATE_FEE'";
/// How many invoices are rendered.
const RENDERED: u32 = 300;
/// How many tasks go through the queue.
const TASKS: u16 = 5_000;
/// The invoices whose tasks wait, with what is printed of them.
const INVOICES: &str = "SELECT json_agg(json_build_object('number', i.number, 'name', i.buyer->>'name', 'total', i.total_cents, 'lines', (
    SELECT json_agg(json_build_object('label', l.label, 'amount', l.amount_cents) ORDER BY l.position)
    FROM invoice_line l WHERE l.invoice_id = i.id)))
    FROM outbox o JOIN invoice i ON i.id = (o.payload->>'invoice')::uuid";
/// The kind of task that renders and mails an invoice.
const SENDING: &str = Task::SendInvoice { invoice: InvoiceId(uuid::Uuid::nil()) }.kind();
/// How long a worker may be without an ended task.
const PATIENCE: Duration = Duration::from_mins(1);

/// What was measured.
pub(crate) struct Jobs {
    pub(crate) quarter: Quarter,
    pub(crate) documents: Documents,
    pub(crate) tasks_per_second: f64,
}

/// A quarter's run.
pub(crate) struct Quarter {
    pub(crate) invoices: i64,
    pub(crate) lines: i64,
    /// By one statement.
    pub(crate) statement: Duration,
    /// By the worker's reconciler.
    pub(crate) worker: Duration,
    /// How much more memory this process had resident, at most, during the reconciler's run, in bytes.
    pub(crate) memory: u64,
    /// The same with ten times the certificates.
    pub(crate) ten_times: TenTimes,
}

/// A quarter's run with ten times the certificates.
pub(crate) struct TenTimes {
    pub(crate) lines: i64,
    pub(crate) worker: Duration,
    /// How much more memory was resident, at most, than before both runs.
    pub(crate) memory: u64,
}

/// Invoices as PDF.
pub(crate) struct Documents {
    /// CPU time of one, rendered and nothing else.
    pub(crate) rendered: Duration,
    /// CPU time of the worker for one, kept and mailed to a folder.
    pub(crate) worker: Duration,
    /// How many a worker ends in a second.
    pub(crate) per_second: f64,
}

/// Measures the three, on copies of the data and a bare database.
pub(crate) async fn run(options: &Options, redis: &str, data: &Data) -> anyhow::Result<Jobs> {
    let (quarter, copy) = quarter(data).await?;
    eprintln!("quarter: {:?} and {:?}", quarter.statement, quarter.worker);
    Ok(Jobs {
        quarter,
        documents: documents(&options.clea, redis, &copy).await?,
        tasks_per_second: tasks(
            &options.clea,
            redis,
            &data::bare(&options.postgres, "bench_tasks").await?,
        )
        .await?,
    })
}

/// Both ways on a copy each; the reconciler's copy goes on.
async fn quarter(data: &Data) -> anyhow::Result<(Quarter, String)> {
    let by_statement = eve(data, "bench_statement").await?;
    let db = data::connect(&by_statement).await?;
    let began = Instant::now();
    data::run(&db, QUARTER).await?;
    let statement = began.elapsed();
    let told = counted(&db).await?;
    db.close().await?;
    let by_worker = eve(data, "bench_worker").await?;
    let before = usage::memory(std::process::id())?;
    let (worker, counts) = by_reconciler(&by_worker).await?;
    let memory = usage::memory(std::process::id())? - before;
    ensure!(told == counts, "the statement and the run invoice the same");
    let more = eve(data, "bench_statement").await?;
    let db = data::connect(&more).await?;
    data::run(&db, TEN_TIMES).await?;
    data::run(&db, "VACUUM ANALYZE").await?;
    db.close().await?;
    let (longer, (_, lines, _)) = by_reconciler(&more).await?;
    let grown = usage::memory(std::process::id())? - before;
    let ten_times = TenTimes { lines, worker: longer, memory: grown };
    let (invoices, lines, _) = told;
    Ok((Quarter { invoices, lines, statement, worker, memory, ten_times }, by_worker))
}

/// The run, as a worker's task does it: how long it took, and what it invoiced.
async fn by_reconciler(url: &str) -> anyhow::Result<(Duration, (i64, i64, i64))> {
    let mut pool = ConnectOptions::new(url.to_owned());
    pool.max_connections(4).sqlx_logging(false);
    let db = Database::connect(pool).await?;
    let ctx = Context::new(data::application(db.clone()), Actor::System, "bench");
    let began = Instant::now();
    service::billing::reconcile_quarter(&ctx, QUARTER_ENDED).await?;
    let took = began.elapsed();
    let counts = counted(&db).await?;
    db.close().await?;
    Ok((took, counts))
}

/// A copy of the data on the eve of the quarter's run.
async fn eve(data: &Data, name: &str) -> anyhow::Result<String> {
    let url = data.copy(name).await?;
    let db = data::connect(&url).await?;
    data::run(&db, QUARTER_BEFORE).await?;
    data::run(&db, "VACUUM ANALYZE").await?;
    data::run(&db, "CHECKPOINT").await?;
    db.close().await?;
    Ok(url)
}

/// Invoices, lines, and their sum.
async fn counted(db: &DatabaseConnection) -> anyhow::Result<(i64, i64, i64)> {
    Ok((
        one(db, "SELECT count(*) FROM invoice").await?,
        one(db, "SELECT count(*) FROM invoice_line").await?,
        one(db, "SELECT sum(total_cents)::bigint FROM invoice").await?,
    ))
}

/// The same invoices rendered in this thread alone, and by a worker that keeps and mails them.
async fn documents(program: &Path, redis: &str, database: &str) -> anyhow::Result<Documents> {
    let db = data::connect(database).await?;
    let rest = format!(
        "DELETE FROM outbox WHERE kind <> '{SENDING}' OR id NOT IN (SELECT id FROM outbox WHERE kind = '{SENDING}' ORDER BY id LIMIT {RENDERED})"
    );
    data::run(&db, &rest).await?;
    let invoices: Value = one(&db, INVOICES).await?;
    let invoices: Vec<_> = invoices.as_array().context("invoices")?.iter().map(printed).collect();
    let rendered = tokio::task::spawn_blocking(move || render(&invoices)).await??;
    let drained = drain(program, redis, database, &db, SENDING).await?;
    db.close().await?;
    Ok(Documents {
        rendered,
        worker: drained.cpu / u32::try_from(drained.tasks)?.max(1),
        per_second: drained.per_second,
    })
}

fn render(invoices: &[InvoiceDocument]) -> anyhow::Result<Duration> {
    // Fonts are read and the template compiled once in a process.
    documents::invoice(invoices.first().context("an invoice")?)?;
    let began = Instant::now();
    for invoice in invoices {
        documents::invoice(invoice)?;
    }
    Ok(began.elapsed() / u32::try_from(invoices.len())?)
}

fn printed(invoice: &Value) -> InvoiceDocument {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let cents = |value: &Value| value.as_i64().unwrap_or_default();
    let party = |name: String| Party {
        name,
        address: "1 rue de la République".to_owned(),
        postal_code: "75011".to_owned(),
        city: "Paris".to_owned(),
        siren: Some("300000015".to_owned()),
        siret: None,
    };
    let line = |line: &Value| InvoiceLineRow {
        label: text(&line["label"]),
        quantity: 1,
        unit_price_cents: cents(&line["amount"]),
        total_cents: cents(&line["amount"]),
    };
    InvoiceDocument {
        number: text(&invoice["number"]),
        issued_on: QUARTER_ENDED,
        issued_on_text: "1er octobre 2026".to_owned(),
        due_on_text: "31 octobre 2026".to_owned(),
        period_text: "du 1er juillet au 30 septembre 2026".to_owned(),
        seller: party("Certif Pro".to_owned()),
        buyer: party(text(&invoice["name"])),
        lines: invoice["lines"].as_array().into_iter().flatten().map(line).collect(),
        total_cents: cents(&invoice["total"]),
        mentions: vec!["Pas d'escompte pour paiement anticipé.".to_owned(); 4],
    }
}

/// Tasks with next to nothing to do: their way is what is measured.
async fn tasks(program: &Path, redis: &str, database: &str) -> anyhow::Result<f64> {
    let db = data::connect(database).await?;
    let days = (1..=TASKS).filter_map(|n| QUARTER_ENDED.checked_sub_days(Days::new(n.into())));
    let tasks: Vec<_> =
        days.map(|on| Task::Reconcile { reconciler: Reconciler::Credentials, on }).collect();
    service::outbox::insert_many(&db, &tasks, "bench").await?;
    let kind = tasks.first().context("tasks")?.kind();
    let drained = drain(program, redis, database, &db, kind).await?;
    db.close().await?;
    Ok(drained.per_second)
}

/// What a worker did.
struct Drained {
    tasks: i64,
    per_second: f64,
    cpu: Duration,
}

/// Runs a worker until no task of the kind is left. Counted from the first that ended to the last.
async fn drain(
    program: &Path,
    redis: &str,
    database: &str,
    db: &DatabaseConnection,
    kind: &str,
) -> anyhow::Result<Drained> {
    let folder = tempfile::tempdir()?;
    let namespace = format!("bench-{}", uuid::Uuid::now_v7().simple());
    let settings = [("CLEA_REDIS_URL", redis), ("CLEA_REDIS_NAMESPACE", &namespace)];
    let worker = Server::clea("worker", program, database, &settings, folder.path()).await?;
    let left = format!("SELECT count(*) FROM outbox WHERE kind = '{kind}' AND status = 'PENDING'");
    let (mut seen, mut since) = (i64::MAX, Instant::now());
    loop {
        let now = one(db, &left).await?;
        if now == 0 {
            break;
        }
        if now < seen {
            (seen, since) = (now, Instant::now());
        }
        if since.elapsed() > PATIENCE {
            bail!("the worker ends no task: {now} of {kind} are left");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let done = format!("FROM outbox WHERE kind = '{kind}' AND status = 'DONE'");
    let per_second = format!(
        "SELECT ((count(*) - 1) / extract(epoch FROM max(finished_at) - min(finished_at)))::float8 {done}"
    );
    Ok(Drained {
        tasks: one(db, &format!("SELECT count(*) {done}")).await?,
        per_second: one(db, &per_second).await?,
        cpu: usage::cpu(worker.pid)?,
    })
}
