//! P3: Redis is disposable. It is emptied, killed and cut off while a thousand tasks run: all are done,
//! each with its effect once.

use crate::support::crowd;
use crate::support::proxy::Proxy;
use crate::support::seeds::{chance, each_seed, setting};
use crate::support::stage::stage;
use crate::support::world::World;
use e2e::State;
use rand::RngExt;
use std::time::Duration;
use tokio::sync::OnceCell;

/// How long the tasks may take altogether.
const PATIENCE: Duration = Duration::from_mins(3);

#[tokio::test(flavor = "multi_thread")]
async fn p03_redis_is_disposable() {
    each_seed("p03", async |seed| experiment(seed, "", PATIENCE).await).await;
}

/// What the tasks leave behind when nothing goes wrong: the same for every seed.
async fn undisturbed(tasks: usize) -> &'static State {
    static CALM: OnceCell<State> = OnceCell::const_new();
    let play = async || {
        let world = World::new(stage().await).await;
        let filed = crowd::file(&world, tasks).await;
        let _workers = (world.worker("first", vec![]), world.worker("second", vec![]));
        crowd::done(&world, PATIENCE).await;
        assert_eq!(crowd::repeats(&world.smtp, &filed), 0, "nothing was disturbed");
        world.state().await
    };
    CALM.get_or_init(play).await
}

/// Plays the seed; `defect` is planted in the workers.
pub(crate) async fn experiment(seed: u64, defect: &str, patience: Duration) -> String {
    let tasks = usize::try_from(setting("CLEA_PROMISE_TASKS", 1000)).expect("a count");
    let calm = undisturbed(tasks).await;
    let mut world = World::new(stage().await).await;
    let line = Proxy::to(world.redis.port()).await;
    world.set("CLEA_REDIS_URL", &format!("redis://127.0.0.1:{}/", line.port()));
    let filed = crowd::file(&world, tasks).await;
    let faults = || if defect.is_empty() { vec![] } else { vec![defect.to_owned()] };
    let _workers = (world.worker("first", faults()), world.worker("second", faults()));
    let mut dice = chance(seed);
    let mut told = Vec::new();
    // Each blow falls when a further part of the tasks is done.
    let blows = dice.random_range(2..5);
    for blow in 1..=blows {
        let left = u64::try_from(tasks * (blows - blow + 1) / (blows + 1)).expect("a count");
        crowd::fewer_than(&world, left + 1, patience).await;
        match dice.random_range(0..3) {
            0 => {
                world.redis.flush().await;
                told.push("emptied");
            }
            1 => {
                world.redis.restart().await;
                told.push("killed");
            }
            _ => {
                line.cut();
                tokio::time::sleep(Duration::from_millis(dice.random_range(50..1500))).await;
                line.mend();
                told.push("cut off");
            }
        }
    }
    crowd::done(&world, patience).await;
    let otherwise = crowd::told_otherwise_than_once(&world).await;
    assert!(otherwise.is_empty(), "{otherwise:#?}");
    let repeats = crowd::repeats(&world.smtp, &filed);
    calm.must_equal(&world.state().await);
    format!("Redis {}; {repeats} of {tasks} mails repeated", told.join(", "))
}
