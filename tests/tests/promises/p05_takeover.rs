//! P5: a task whose worker died is taken over; one whose worker is merely slow is not done twice: what
//! it writes late is refused.

use crate::support::crowd;
use crate::support::keeper::Keeper;
use crate::support::seeds::{chance, each_seed};
use crate::support::stage::stage;
use crate::support::world::World;
use rand::RngExt;
use service::fault::point;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_mins(1);
/// How many receipts a worker carries out at once: the slots of their lane.
const AT_ONCE: usize = 3;
/// Few enough that each may be looked at.
const TASKS: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn p05_what_died_is_taken_over_and_what_slept_is_refused() {
    each_seed("p05", async |seed| experiment(seed, "").await).await;
}

/// Plays the seed: one worker dies or freezes inside a task while another works.
pub(crate) async fn experiment(seed: u64, defect: &str) -> String {
    let mut dice = chance(seed);
    let points = [point::CLAIMED, point::BODY, point::COMPOSED, point::SENT];
    let at = points[dice.random_range(0..points.len())];
    let passage = dice.random_range(1..6);
    let freezes = !defect.is_empty() || dice.random_bool(0.5);
    let how = if freezes { "freeze" } else { "kill" };
    let world = World::new(stage().await).await;
    let filed = crowd::file(&world, TASKS).await;
    let first = world.worker("first", vec![format!("{how}@{at}:{passage},{defect}")]);
    struck(&first, freezes).await;
    let second = world.worker("second", vec![]);
    if freezes {
        // Long past its lease of two seconds: the second worker has done everything.
        crowd::done(&world, PATIENCE).await;
        first.thaw();
        awake(&world, &first).await;
    }
    crowd::done(&world, PATIENCE).await;
    let otherwise = crowd::told_otherwise_than_once(&world).await;
    assert!(otherwise.is_empty(), "{otherwise:#?}");
    for (id, address) in &filed {
        let task = crowd::task_of(&world, *id).await;
        assert_eq!(task.attempts, 1, "{address}: done once, whoever began it");
    }
    let repeats = crowd::repeats(&world.smtp, &filed);
    // What was under way at that moment may have left without being recorded; nothing else repeats.
    assert!(repeats <= AT_ONCE, "{repeats} mails repeated");
    drop(second);
    format!("{how} at {at}, {repeats} mails repeated")
}

async fn struck(worker: &Keeper, freezes: bool) {
    let started = Instant::now();
    while if freezes { !worker.is_frozen() } else { worker.deaths() == 0 } {
        assert!(started.elapsed() < PATIENCE, "the fault does not come");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until the thawed worker has ended what it held: a stop waits for its tasks.
async fn awake(world: &World, worker: &Keeper) {
    let ended = worker.stop(PATIENCE).await;
    assert!(ended.success(), "it stops as it should: {ended:?}\n{}", world.log());
}
