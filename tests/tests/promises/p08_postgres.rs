//! P8: PostgreSQL crashes and comes back under load: clear errors, nothing acknowledged is lost, recovery
//! without a hand.

use crate::support::crowd;
use crate::support::postgres::Postgres;
use crate::support::seeds::{chance, each_seed};
use crate::support::stage::stage;
use crate::support::world::World;
use e2e::{Backend, State};
use rand::RngExt;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::OnceCell;

const CLIENTS: usize = 4;
const TURNS: usize = 12;
const CRASHES: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn p08_what_was_acknowledged_is_stored_whatever_postgresql_goes_through() {
    each_seed("p08", async |seed| experiment(seed, "").await).await;
}

/// What the clients leave behind when nothing goes wrong: the same for every seed.
async fn undisturbed() -> &'static State {
    static CALM: OnceCell<State> = OnceCell::const_new();
    let played = async || {
        let world = World::new(stage().await).await;
        let _running = (world.api(vec![]).await, world.worker("worker", vec![]));
        let acknowledged = Mutex::<Vec<String>>::default();
        play(&world, &acknowledged).await;
        world.app.settle().await;
        world.state().await
    };
    CALM.get_or_init(played).await
}

/// Plays the seed: four clients register and enrol while the database crashes twice.
pub(crate) async fn experiment(seed: u64, defect: &str) -> String {
    let stage = stage().await;
    let calm = undisturbed().await;
    let copied = stage.copy().await;
    let postgres = Arc::new(Postgres::copying(&copied.owner_url));
    let world = World::on(stage, Backend::at(&postgres.url()).await.expect("a database")).await;
    let faults = || if defect.is_empty() { vec![] } else { vec![defect.to_owned()] };
    let _running = (world.api(faults()).await, world.worker("worker", faults()));
    world.answering().await;
    let acknowledged = Mutex::<Vec<String>>::default();
    let mut dice = chance(seed);
    let crashes = async {
        for crash in 1..=CRASHES {
            let then = CLIENTS * TURNS * crash / (CRASHES + 1) + dice.random_range(0..5);
            while acknowledged.lock().expect("unpoisoned").len() < then {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            let cluster = postgres.clone();
            let crash = tokio::task::spawn_blocking(move || cluster.crash_and_restart());
            crash.await.expect("it comes back");
        }
    };
    tokio::join!(play(&world, &acknowledged), crashes);
    let acknowledged = acknowledged.into_inner().expect("unpoisoned");
    reachable(&world).await;
    world.app.settle().await;
    let stored = crowd::candidates(&world).await;
    let lost: Vec<_> = acknowledged.iter().filter(|name| !stored.contains(name)).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    calm.must_equal(&world.state().await);
    let (acts, repeated) = (acknowledged.len(), world.patience.repeated());
    assert!(repeated > 0 || !defect.is_empty(), "the crashes were not felt");
    format!("{CRASHES} crashes, {acts} acts acknowledged, {repeated} requests repeated")
}

/// The test's own connections are lost with the others.
async fn reachable(world: &World) {
    for _ in 0..200 {
        if world.app.app.db.ping().await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the database does not come back");
}

async fn play(world: &World, acknowledged: &Mutex<Vec<String>>) {
    let clients = (0..CLIENTS).map(async |client| {
        let (organism, _) = &world.cast().organisms[client % world.cast().organisms.len()];
        for turn in 0..TURNS {
            let name = format!("Durand-{client}-{turn}");
            let input = json!({
                "organismId": organism.id, "birthName": name, "firstNames": "Claude",
                "birthDate": "1991-07-14", "sex": "F", "birthPlaceCode": "44109",
                "birthPlaceName": "Nantes", "birthCountry": "France",
            });
            organism.admin.act("registerCandidate", input, "").await.done();
            acknowledged.lock().expect("unpoisoned").push(name);
        }
    });
    futures::future::join_all(clients).await;
}
