//! Lists page in constant time: both databases read each page of a large table along an index, from where
//! its cursor stands, without sorting it.

use e2e::{Client, TestApp, Watched, at};
use entity::ids::{
    ApplicationId, CandidateId, DeadlineId, EnrolmentId, HabilitationId, NoticeId, OrganismId,
    OutboxId, TypedId,
};
use entity::kind::Role;
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DatabaseBackend, DatabaseConnection, EntityTrait,
    IntoActiveModel, QueryResult, Statement,
};
use serde_json::{Value, json};

/// How many rows each large table has.
pub(crate) const ROWS: u32 = 3_000;
/// How many of them one organism has, and its habilitation.
const OF_ONE: u32 = 1_000;
/// The number of that organism, the first.
pub(crate) const FIRST: u32 = 10_000;
/// How many are inserted at once.
pub(crate) const CHUNK: usize = 500;

/// The lists of large tables, and the tables: of the root, of an organism with much, of its habilitation.
const LISTS: [(&str, &str, &str); 11] = [
    ("", "applications", "application"),
    ("", "candidates", "candidate"),
    ("", "deadlines", "deadline"),
    ("", "habilitatedOrganisms", "organism"),
    ("", "habilitations", "habilitation"),
    ("", "notices", "notice"),
    ("", "organisms", "organism"),
    ("", "tasks", "outbox"),
    ("organism", "candidates", "candidate"),
    ("organism", "notices", "notice"),
    ("node", "enrolments", "enrolment"),
];

/// SQLite does not weigh that a page is short: it gathers the objects whose deadlines the reader sees before it
/// sorts those, which is right for who sees few. From a cursor on it follows the order.
const GATHERED: (&str, DatabaseBackend) = ("deadlines", DatabaseBackend::Sqlite);

/// Copies the first row of a table many times, each with what must be its own.
pub(crate) async fn multiply<E>(db: &DatabaseConnection, own: impl Fn(&mut E::ActiveModel, u32))
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

/// Thousands of organisms, each with what it may have, and one of them with much; the id of its habilitation.
pub(crate) async fn large(db: &DatabaseConnection) -> String {
    let organisms: Vec<_> = (0..ROWS).map(|_| OrganismId::new()).collect();
    let applications: Vec<_> = (0..ROWS).map(|_| ApplicationId::new()).collect();
    let habilitations: Vec<_> = (0..ROWS).map(|_| HabilitationId::new()).collect();
    let candidates: Vec<_> = (0..ROWS).map(|_| CandidateId::new()).collect();
    let of = |number: u32| usize::try_from(number).expect("small");
    let owner = |number: u32| if number < OF_ONE { 0 } else { of(number) };
    multiply::<entity::organism::Entity>(db, |row, n| {
        row.id = Set(organisms[of(n)]);
        row.siren = Set(e2e::siren(FIRST + n));
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
        row.id = Set(habilitations[of(n)]);
        row.organism_id = Set(organisms[of(n)]);
        row.application_id = Set(Some(applications[of(n)]));
    })
    .await;
    multiply::<entity::candidate::Entity>(db, |row, n| {
        row.id = Set(candidates[of(n)]);
        row.organism_id = Set(organisms[owner(n)]);
    })
    .await;
    multiply::<entity::enrolment::Entity>(db, |row, n| {
        row.id = Set(EnrolmentId::new());
        row.candidate_id = Set(candidates[of(n)]);
        row.habilitation_id = Set(habilitations[owner(n)]);
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
        row.organism_id = Set(Some(organisms[owner(n)]));
        row.dedup_key = Set(format!("copy-{n}"));
        row.message_id = Set(format!("<copy-{n}@clea.example>"));
    })
    .await;
    multiply::<entity::outbox::Entity>(db, |row, n| {
        row.id = Set(OutboxId::new());
        row.dedup_key = Set(Some(format!("copy-{n}")));
    })
    .await;
    habilitations[0].to_string()
}

/// How a database would run a statement: each step, as it tells it.
pub(crate) async fn plan(db: &DatabaseConnection, statement: &Statement) -> Vec<String> {
    let backend = db.get_database_backend();
    if backend == DatabaseBackend::Sqlite {
        let explain = Statement::from_string(backend, format!("EXPLAIN QUERY PLAN {statement}"));
        let rows = db.query_all_raw(explain).await.expect("a plan");
        let step = |row: &QueryResult| row.try_get::<String>("", "detail").expect("a step") + " ";
        return rows.iter().map(step).collect();
    }
    // With its values beside it: an array written into the text would be one of texts.
    let explain =
        Statement { sql: format!("EXPLAIN (FORMAT JSON) {}", statement.sql), ..statement.clone() };
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
pub(crate) fn is_slow(step: &str, table: &str) -> bool {
    is_whole(step, table) || step.contains("TEMP B-TREE") || step.contains("Sort ")
}

/// Whether a step reads a whole table.
pub(crate) fn is_whole(step: &str, table: &str) -> bool {
    let sqlite = step.starts_with(&format!("SCAN {table} ")) && !step.contains("USING");
    sqlite || step.starts_with(&format!("Seq Scan {table} "))
}

/// Whether a step begins to read a table where something tells it to.
pub(crate) fn begins(step: &str, table: &str) -> bool {
    let sqlite = step.starts_with(&format!("SEARCH {table} USING"));
    let index = step.starts_with("Index ") && step.contains(&format!("Scan {table} "));
    sqlite || (index && !step.ends_with("()"))
}

/// The plans of the statements that read a page, as this reader asks for it.
pub(crate) async fn plans(
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

/// The question for a page of a list, and the path to it.
fn asked((of, list): (&str, &str), habilitation: &str, page: &str) -> (String, String) {
    let page = format!("{list}({page}) {{ edges {{ cursor }} }}");
    let siren = e2e::siren(FIRST);
    match of {
        "" => (format!("{{ {page} }}"), list.to_owned()),
        "organism" => {
            (format!("{{ organism(siren: \"{siren}\") {{ {page} }} }}"), format!("{of}.{list}"))
        }
        _ => {
            let node = format!("node(id: \"{habilitation}\")");
            (format!("{{ {node} {{ ... on Habilitation {{ {page} }} }} }}"), format!("{of}.{list}"))
        }
    }
}

#[tokio::test]
async fn pages_are_read_along_an_index_from_their_cursor() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, habilitation) = app.habilitated(&staff, 1, "2026-02-10").await;
    app.enrolled(&staff, &organism, &habilitation, "Leroy").await;
    app.settle().await;
    let reader = app.with_role("officer@certif-pro.example", Role::Operator, "").await;
    let db = app.owner();
    let habilitation = large(db).await;
    db.execute_unprepared("ANALYZE").await.expect("statistics");
    let server = app.watched().await;
    let mut wrong = Vec::new();
    for (of, list, table) in LISTS {
        let ask = |page: &str| asked((of, list), &habilitation, page);
        for steps in plans(&app, &server, (&reader, &ask("first: 20").0)).await {
            let gathered = GATHERED == (list, db.get_database_backend());
            if !gathered && steps.iter().any(|step| is_slow(step, table)) {
                wrong.push(format!("{of} {list}, first page: {steps:#?}"));
            }
        }
        let (far, path) = ask("first: 100");
        let far = reader.query(&far, json!({})).await;
        let cursor = at(&far, &format!("{path}.edges.99.cursor"));
        assert!(cursor.is_string(), "{list}: {far}");
        let next = ask(&format!("first: 20, after: {cursor}")).0;
        for steps in plans(&app, &server, (&reader, &next)).await {
            let mut of_table = steps.iter().filter(|step| step.contains(&format!(" {table} ")));
            let slow = steps.iter().any(|step| is_slow(step, table));
            if slow || !of_table.all(|step| begins(step, table)) {
                wrong.push(format!("{of} {list}, next page: {steps:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
