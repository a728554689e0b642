//! P11: a mutation with an idempotency key is done once, fifty at once and whatever dies in between; the
//! same key with another payload is refused.

use crate::support::seeds::{chance, each_seed};
use crate::support::stage::stage;
use crate::support::world::World;
use rand::RngExt;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use service::fault::point;
use std::collections::BTreeSet;

const TWINS: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn p11_one_key_is_one_act() {
    each_seed("p11", async |seed| experiment(seed, "").await).await;
}

/// Plays the seed: fifty twins of one request, the API dying under them.
pub(crate) async fn experiment(seed: u64, defect: &str) -> String {
    let mut dice = chance(seed);
    let world = World::new(stage().await).await;
    let at = [point::COMMITTING, point::COMMITTED][dice.random_range(0..2)];
    // The first act of the experiment dies, before or after it is stored.
    let first = format!("kill@{at}:1,{defect}");
    let api = world.api(vec![first, defect.to_owned()]).await;
    let (organism, _) = &world.cast().organisms[dice.random_range(0..4)];
    let key = format!("twins-{seed}");
    let (mutation, input, fields, table) = match dice.random_range(0..3) {
        0 => (
            "registerCandidate",
            json!({
                "organismId": organism.id, "birthName": "Jumeau", "firstNames": "Claude",
                "birthDate": "1991-07-14", "sex": "F", "birthPlaceCode": "44109",
                "birthPlaceName": "Nantes", "birthCountry": "France", "idempotencyKey": key,
            }),
            "candidate { id }",
            "candidate",
        ),
        1 => (
            "declarePractitioner",
            json!({
                "organismId": organism.id, "familyName": "Jumeau", "firstNames": "Anne",
                "birthDate": "1980-03-02", "legalStatus": "CDI", "cvReference": "cv-1",
                "trainer": true, "evaluator": false, "juryMember": false, "domains": [1],
                "remoteCapable": true, "idempotencyKey": key,
            }),
            "practitioner { id }",
            "practitioner",
        ),
        _ => (
            "addSite",
            json!({
                "organismId": organism.id, "name": "Atelier jumeau", "address": "2 rue Neuve",
                "postalCode": "44000", "city": "Nantes", "idempotencyKey": key,
            }),
            "site { id }",
            "site",
        ),
    };
    let before = count(&world, table).await;
    let twins = (0..TWINS).map(|_| organism.admin.act(mutation, input.clone(), fields));
    let path = format!("{}.id", fields.split(' ').next().unwrap_or_default());
    let answers = futures::future::join_all(twins).await;
    let ids: BTreeSet<_> = answers.iter().map(|answer| answer.text(&path)).collect();
    assert_eq!(ids.len(), 1, "every twin has the same answer: {ids:?}");
    assert_eq!(count(&world, table).await, before + 1, "one row");
    let mut other: Value = input.clone();
    let field = ["birthName", "familyName", "name"].into_iter().find(|f| input.get(*f).is_some());
    other[field.expect("a name")] = json!("Autre");
    let answer = organism.admin.act(mutation, other, fields).await;
    answer.refused("IDEMPOTENCY_KEY_REUSED", "idempotencyKey", "");
    assert_eq!(count(&world, table).await, before + 1, "a refusal leaves nothing behind");
    assert_eq!(api.deaths(), 1, "the API died once");
    format!("{mutation}, died {at}, {} requests repeated", world.patience.repeated())
}

async fn count(world: &World, table: &str) -> i64 {
    let db = &world.app.app.db;
    let sql = format!("SELECT count(*) AS n FROM {table}");
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.expect("countable").expect("a row");
    row.try_get("", "n").expect("a number")
}
