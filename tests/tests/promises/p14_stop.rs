//! P14: a stop under load is graceful: no accepted request fails, no task is half done.

use crate::support::crowd;
use crate::support::seeds::{chance, each_seed};
use crate::support::stage::stage;
use crate::support::world::World;
use e2e::Client;
use entity::kind::TaskStatus;
use entity::outbox;
use entity::text::Text;
use rand::RngExt;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const CLIENTS: usize = 8;
const TASKS: usize = 150;
/// How long a stop may take: longer than a request or a task.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn p14_a_stop_under_load_fails_nothing() {
    each_seed("p14", async |seed| experiment(seed, "").await).await;
}

/// Plays the seed: eight clients and a hundred and fifty tasks when SIGTERM comes.
pub(crate) async fn experiment(seed: u64, defect: &str) -> String {
    let mut dice = chance(seed);
    let world = World::new(stage().await).await;
    let filed = crowd::file(&world, TASKS).await;
    let faults = || if defect.is_empty() { vec![] } else { vec![defect.to_owned()] };
    let api = world.api(faults()).await;
    world.answering().await;
    let worker = world.worker("worker", faults());
    let (answered, stopping) = (AtomicUsize::new(0), AtomicBool::new(false));
    let cut = AtomicUsize::new(0);
    let enough = dice.random_range(20..80);
    let clients = (0..CLIENTS).map(|client| load(&world, client, &answered, (&stopping, &cut)));
    let stops = async {
        while answered.load(Ordering::Relaxed) < enough {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let ended = tokio::join!(api.stop(PATIENCE), worker.stop(PATIENCE));
        stopping.store(true, Ordering::Relaxed);
        ended
    };
    let (unanswered, (api_ended, worker_ended)) =
        tokio::join!(futures::future::join_all(clients), stops);
    assert!(api_ended.success() && worker_ended.success(), "{api_ended} {worker_ended}");
    // Whoever came later was not let in; who was at the door at that moment may have been turned away.
    let cut = cut.load(Ordering::Relaxed);
    assert!(cut <= CLIENTS, "{cut} requests were cut");
    // A request without an answer was not accepted: it did nothing.
    let stored = crowd::candidates(&world).await;
    let broken: Vec<_> = unanswered.iter().flatten().filter(|name| stored.contains(name)).collect();
    assert!(broken.is_empty(), "done and never answered: {broken:?}");
    let held = outbox::Entity::find()
        .filter(outbox::Column::Status.eq(Text(TaskStatus::Pending)))
        .filter(outbox::Column::LeaseUntil.is_not_null())
        .all(&world.app.app.db)
        .await
        .expect("readable");
    assert!(held.is_empty(), "half done: {held:#?}");
    // Another worker does the rest, and nothing again.
    let _next = world.worker("next", vec![]);
    crowd::done(&world, Duration::from_mins(1)).await;
    assert_eq!(crowd::repeats(&world.smtp, &filed), 0, "no mail was sent and not recorded");
    let answered = answered.load(Ordering::Relaxed);
    format!("{answered} answered, {} not accepted", unanswered.iter().flatten().count())
}

/// Registers candidates until the API is gone; gives the names of those that got no answer.
async fn load(
    world: &World,
    client: usize,
    answered: &AtomicUsize,
    (stopping, cut): (&AtomicBool, &AtomicUsize),
) -> Vec<String> {
    let (organism, _) = &world.cast().organisms[client % world.cast().organisms.len()];
    // Its own connections, and no repeating: what fails is seen.
    let plain: Client = organism.admin.impatient();
    let mut unanswered = Vec::new();
    let query = "mutation($input: RegisterCandidateInput!) \
                 { registerCandidate(input: $input) { candidate { id } } }";
    for turn in 0.. {
        let name = format!("Charge-{client}-{turn}");
        let input = json!({
            "organismId": organism.id, "birthName": name, "firstNames": "Claude",
            "birthDate": "1991-07-14", "sex": "F", "birthPlaceCode": "44109",
            "birthPlaceName": "Nantes", "birthCountry": "France",
        });
        let body = json!({ "query": query, "variables": { "input": input } });
        match plain.once(&body).await {
            Ok(answer) => {
                let id = &answer["data"]["registerCandidate"]["candidate"]["id"];
                assert!(id.is_string(), "an accepted request fails: {answer}");
                answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                cut.fetch_add(usize::from(!error.is_connect()), Ordering::Relaxed);
                unanswered.push(name);
                if stopping.load(Ordering::Relaxed) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
    unanswered
}
