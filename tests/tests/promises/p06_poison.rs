//! P6: a poison task ends given up after its tries while the others go on; it is listed, told, and can be
//! run again.

use crate::support::crowd;
use crate::support::seeds::{chance, each_seed};
use crate::support::stage::stage;
use crate::support::world::World;
use entity::kind::TaskStatus;
use entity::outbox;
use rand::RngExt;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use service::fault::point;
use std::time::Duration;

const TASKS: usize = 100;
/// The tries of the poison task: the usual sixteen take hours.
const TRIES: i32 = 4;
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn p06_a_poison_task_is_given_up_alone() {
    each_seed("p06", async |seed| experiment(seed, "").await).await;
}

/// Plays the seed: one task of a hundred panics each time.
pub(crate) async fn experiment(seed: u64, defect: &str) -> String {
    let mut dice = chance(seed);
    let mut world = World::new(stage().await).await;
    // A stable id for the key that the poison is recognised by.
    world.set("CLEA_WORKER_CONCURRENCY", &dice.random_range(1..6).to_string());
    let filed = crowd::file(&world, TASKS).await;
    let (poisoned, _) = &filed[dice.random_range(0..TASKS)];
    let at = [point::BODY, point::COMPOSED][dice.random_range(0..2)];
    let task = crowd::task_of(&world, *poisoned).await;
    let key = task.dedup_key.clone().expect("a key");
    outbox::Entity::update_many()
        .col_expr(outbox::Column::MaxAttempts, Expr::value(TRIES))
        .filter(outbox::Column::Id.eq(task.id))
        .exec(&world.app.app.db)
        .await
        .expect("writable");
    let api = world.api(vec![]).await;
    let worker = world.worker("worker", vec![format!("panic@{at}:{key},{defect}")]);
    given_up(&world, *poisoned).await;
    crowd::done(&world, PATIENCE).await;
    let listed = listed(&world).await;
    assert_eq!(listed.len(), 1, "one is listed: {listed:?}");
    assert_eq!(listed[0]["attempts"], TRIES);
    let error = listed[0]["lastError"].as_str().unwrap_or_default();
    assert!(error.starts_with("panic"), "{error}");
    let told = world.smtp.sent_to("habilitations@certif-pro.example");
    assert_eq!(told.len(), 1, "officers are told");
    // The worker is mended; an operator runs the task again.
    worker.end();
    let _mended = world.worker("mended", vec![]);
    let operator = &world.cast().staff.operator;
    operator.act("retryTask", json!({ "taskId": listed[0]["id"] }), "").await.done();
    crowd::done(&world, PATIENCE).await;
    let otherwise = crowd::told_otherwise_than_once(&world).await;
    assert!(otherwise.is_empty(), "{otherwise:#?}");
    assert_eq!(crowd::repeats(&world.smtp, &filed), 0);
    drop(api);
    format!("panicked at {at}")
}

/// Waits until the task is given up, its waits cut short.
async fn given_up(world: &World, id: entity::ids::ApplicationId) {
    // Each look either finds a try to come or one that runs: so many are more than all tries need.
    for _ in 0..600 {
        let task = crowd::task_of(world, id).await;
        if *task.status == TaskStatus::GivenUp {
            return;
        }
        assert!(task.push_number <= TRIES + 4, "tried {} times", task.push_number);
        crowd::hurry(world).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the poison task is never given up: {}", world.log());
}

async fn listed(world: &World) -> Vec<serde_json::Value> {
    let query = "{ tasks(status: GIVEN_UP) { edges { node { id kind attempts lastError } } } }";
    let mut data = world.cast().staff.operator.query(query, json!({})).await;
    let edges = data["tasks"]["edges"].take();
    edges.as_array().into_iter().flatten().map(|edge| edge["node"].clone()).collect()
}
