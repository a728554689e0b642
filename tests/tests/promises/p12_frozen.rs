//! P12: what is issued cannot be changed: the database itself refuses.

use crate::support::process::Spec;
use crate::support::seeds::{chance, each_seed};
use crate::support::stage::{server, stage};
use crate::support::world::World;
use e2e::texts;
use rand::RngExt;
use rand::seq::SliceRandom;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use std::time::Duration;

/// What is issued.
const FROZEN: [&str; 25] = [
    "notice_kind",
    "deadline_kind",
    "document_kind",
    "fee_kind",
    "reminder_kind",
    "sanction_ground",
    "bounce",
    "resending",
    "registered_letter",
    "opinion",
    "opinion_finding",
    "decision",
    "decision_finding",
    "jury_decision",
    "certificate",
    "billable_fact",
    "quarter_run",
    "invoice",
    "invoice_line",
    "payment",
    "document",
    "notice",
    "delivery",
    "acknowledgement",
    "journal",
];

#[tokio::test(flavor = "multi_thread")]
async fn p12_what_is_issued_cannot_be_changed() {
    each_seed("p12", async |seed| {
        let world = World::new(stage().await).await;
        let _running = (world.api(vec![]).await, world.worker("worker", vec![]));
        lived(&world, seed).await;
        let backend = world.app.backend();
        let tried = attack(&backend.db, seed).await + attack(&backend.owner, seed).await;
        format!("{tried} statements refused")
    })
    .await;
}

/// Certificates, a quarter's invoices and a payment, so that rows are there to be changed.
async fn lived(world: &World, seed: u64) {
    let mut dice = chance(seed);
    world.app.on("2026-02-10").await;
    let (organism, habilitation) = &world.cast().organisms[dice.random_range(0..4)];
    let name = format!("Gel-{seed}");
    world.app.awarded(&world.cast().staff, organism, habilitation, &name).await;
    world.app.on("2026-04-01").await;
}

/// Tries to change, delete and empty each table; says how many statements were refused.
pub(crate) async fn attack(db: &DatabaseConnection, seed: u64) -> usize {
    let mut dice = chance(seed);
    let mut known = migration::roles::frozen(db).await.expect("readable");
    known.retain(|table| !FROZEN.contains(&table.as_str()));
    assert!(known.is_empty(), "frozen, and not attacked: {known:?}");
    let mut tables = FROZEN;
    tables.shuffle(&mut dice);
    let mut refused = 0;
    for table in tables {
        let columns = texts(
            db,
            &format!(
                "SELECT column_name AS found FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name = '{table}'"
            ),
        )
        .await;
        let column = &columns[dice.random_range(0..columns.len())];
        let before = texts(db, &format!("SELECT t::text AS found FROM {table} t ORDER BY 1")).await;
        for statement in [
            format!("UPDATE {table} SET {column} = {column}"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table} CASCADE"),
        ] {
            let done = db.execute_unprepared(&statement).await;
            let told = done.err().map(|error| error.to_string()).unwrap_or_default();
            let refused_to = told.contains("is immutable") || told.contains("permission denied");
            assert!(refused_to, "the database let `{statement}` through: {told}");
            refused += 1;
        }
        let after = texts(db, &format!("SELECT t::text AS found FROM {table} t ORDER BY 1")).await;
        assert_eq!(before, after, "{table}");
    }
    refused
}

/// The same on tables made with a defect planted.
pub(crate) async fn experiment(seed: u64, defect: &str) -> String {
    let backend = e2e::Backend::empty_on(&server()).await.expect("a database");
    let dir = tempfile::tempdir().expect("a folder");
    let settings = vec![("CLEA_DATABASE_URL".to_owned(), backend.url.clone())];
    let spec = Spec { command: "migrate", settings, log: dir.path().join("log") };
    let ended = spec.start(defect).end(Duration::from_mins(1)).await;
    assert!(ended.success());
    format!("{} statements refused", attack(&backend.db, seed).await)
}
