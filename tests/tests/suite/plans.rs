//! Lists page in constant time: both databases read each page of a large table along an index, from where
//! its cursor stands, without sorting it.

use e2e::{Client, TestApp, Watched, at};
use entity::ids::{ApplicationId, CandidateId, DeadlineId, HabilitationId, NoticeId, OrganismId};
use entity::ids::{OutboxId, TypedId};
use entity::kind::Role;
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DatabaseBackend, DatabaseConnection, EntityTrait,
    IntoActiveModel, QueryResult, Statement,
};
use serde_json::{Value, json};

/// How many rows each large table has.
const ROWS: u32 = 3_000;
/// How many are inserted at once.
const CHUNK: usize = 500;

/// The lists of large tables, and the tables.
const LISTS: [(&str, &str); 8] = [
    ("applications", "application"),
    ("candidates", "candidate"),
    ("deadlines", "deadline"),
    ("habilitatedOrganisms", "organism"),
    ("habilitations", "habilitation"),
    ("notices", "notice"),
    ("organisms", "organism"),
    ("tasks", "outbox"),
];

/// SQLite does not weigh that a page is short: it gathers the objects whose deadlines the reader sees before it
/// sorts those, which is right for who sees few. From a cursor on it follows the order.
const GATHERED: (&str, DatabaseBackend) = ("deadlines", DatabaseBackend::Sqlite);

/// Copies the first row of a table many times, each with what must be its own.
async fn multiply<E>(db: &DatabaseConnection, own: impl Fn(&mut E::ActiveModel, u32))
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + Sync,
    E::ActiveModel: Send,
{
    let row = E::find().one(db).await.expect("readable").expect("there is one");
    let copies = (0..ROWS).map(|number| {
        let mut copy = row.clone().into_active_model();
        own(&mut copy, number);
        copy
    });
    for chunk in copies.collect::<Vec<_>>().chunks(CHUNK) {
        E::insert_many(chunk.to_vec()).exec_without_returning(db).await.expect("inserted");
    }
}

/// Thousands of organisms, each with what it may have.
async fn large(db: &DatabaseConnection) {
    let organisms: Vec<_> = (0..ROWS).map(|_| OrganismId::new()).collect();
    let applications: Vec<_> = (0..ROWS).map(|_| ApplicationId::new()).collect();
    let of = |number: u32| usize::try_from(number).expect("small");
    multiply::<entity::organism::Entity>(db, |row, n| {
        row.id = Set(organisms[of(n)]);
        row.siren = Set(e2e::siren(10_000 + n));
        row.name_key = Set(format!("organisme {}", n * 7919 % ROWS));
    })
    .await;
    multiply::<entity::application::Entity>(db, |row, n| {
        row.id = Set(applications[of(n)]);
        row.number = Set(format!("D-{n}"));
        row.organism_id = Set(organisms[of(n)]);
    })
    .await;
    multiply::<entity::habilitation::Entity>(db, |row, n| {
        row.id = Set(HabilitationId::new());
        row.organism_id = Set(organisms[of(n)]);
        row.application_id = Set(applications[of(n)]);
    })
    .await;
    multiply::<entity::candidate::Entity>(db, |row, n| {
        row.id = Set(CandidateId::new());
        row.organism_id = Set(organisms[of(n)]);
    })
    .await;
    let first: chrono::NaiveDate = e2e::day("2026-02-01");
    multiply::<entity::deadline::Entity>(db, |row, n| {
        row.id = Set(DeadlineId::new());
        row.subject_id = Set(applications[of(n)].uuid());
        row.due_on = Set(first + chrono::Days::new(u64::from(n * 7919 % ROWS / 4)));
    })
    .await;
    multiply::<entity::notice::Entity>(db, |row, n| {
        row.id = Set(NoticeId::new());
        row.dedup_key = Set(format!("copy-{n}"));
        row.message_id = Set(format!("<copy-{n}@clea.example>"));
    })
    .await;
    multiply::<entity::outbox::Entity>(db, |row, n| {
        row.id = Set(OutboxId::new());
        row.dedup_key = Set(Some(format!("copy-{n}")));
    })
    .await;
}

/// How a database would run a statement: each step, as it tells it.
async fn plan(db: &DatabaseConnection, statement: &Statement) -> Vec<String> {
    let backend = db.get_database_backend();
    if backend == DatabaseBackend::Sqlite {
        let explain = Statement::from_string(backend, format!("EXPLAIN QUERY PLAN {statement}"));
        let rows = db.query_all_raw(explain).await.expect("a plan");
        let step = |row: &QueryResult| row.try_get::<String>("", "detail").expect("a step") + " ";
        return rows.iter().map(step).collect();
    }
    let explain = Statement::from_string(backend, format!("EXPLAIN (FORMAT JSON) {statement}"));
    let row = db.query_one_raw(explain).await.expect("a plan").expect("a plan");
    let plan: Value = row.try_get("", "QUERY PLAN").expect("a plan");
    let mut steps = Vec::new();
    gather(&plan[0]["Plan"], &mut steps);
    steps
}

fn gather(step: &Value, steps: &mut Vec<String>) {
    let text = |key: &str| step[key].as_str().unwrap_or_default();
    let (kind, table, from) = (text("Node Type"), text("Relation Name"), text("Index Cond"));
    steps.push(format!("{kind} {table} ({from})"));
    for inner in step["Plans"].as_array().into_iter().flatten() {
        gather(inner, steps);
    }
}

/// Whether a step reads a whole table or sorts.
fn is_slow(step: &str, table: &str) -> bool {
    let sqlite = step.starts_with(&format!("SCAN {table}")) && !step.contains("USING");
    let postgres = step.starts_with(&format!("Seq Scan {table} "));
    sqlite || postgres || step.contains("TEMP B-TREE") || step.contains("Sort ")
}

/// Whether a step begins to read a table where something tells it to.
fn begins(step: &str, table: &str) -> bool {
    let sqlite = step.starts_with(&format!("SEARCH {table} USING"));
    let index = step.starts_with("Index ") && step.contains(&format!("Scan {table} "));
    sqlite || (index && !step.ends_with("()"))
}

/// The plans of the statements that read a page, as this reader asks for it.
async fn plans(
    app: &TestApp,
    server: &Watched,
    (reader, query): (&Client, &str),
) -> Vec<Vec<String>> {
    let (answer, statements) = server.whole(reader, query, json!({})).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let mut plans = Vec::new();
    for statement in &statements {
        plans.push(plan(app.owner(), statement).await);
    }
    plans
}

#[tokio::test]
async fn pages_are_read_along_an_index_from_their_cursor() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = app.habilitated(&staff, 1, "2026-02-10").await;
    app.candidate(&organism, "Leroy").await;
    app.settle().await;
    let reader = app.with_role("officer@certif-pro.example", Role::Operator, "").await;
    let db = app.owner();
    large(db).await;
    db.execute_unprepared("ANALYZE").await.expect("statistics");
    let server = app.watched().await;
    let mut wrong = Vec::new();
    for (list, table) in LISTS {
        let first = format!("{{ {list}(first: 20) {{ edges {{ cursor }} }} }}");
        for steps in plans(&app, &server, (&reader, &first)).await {
            let gathered = GATHERED == (list, db.get_database_backend());
            if !gathered && steps.iter().any(|step| is_slow(step, table)) {
                wrong.push(format!("{list}, first page: {steps:#?}"));
            }
        }
        let far = reader.query(&first.replace("20", "100"), json!({})).await;
        let cursor = at(&far, &format!("{list}.edges.99.cursor")).clone();
        let next = format!("{{ {list}(first: 20, after: {cursor}) {{ edges {{ cursor }} }} }}");
        for steps in plans(&app, &server, (&reader, &next)).await {
            let mut of_table = steps.iter().filter(|step| step.contains(&format!(" {table} ")));
            let slow = steps.iter().any(|step| is_slow(step, table));
            if slow || !of_table.all(|step| begins(step, table)) {
                wrong.push(format!("{list}, next page: {steps:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
