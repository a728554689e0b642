//! Which seeds are played, and what is printed of them.

use rand::SeedableRng;
use rand::rngs::StdRng;
use std::time::Instant;

/// A number from the environment.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Whether the servers are given: without them there is nothing to show.
pub(crate) fn servers() -> bool {
    let given = |name| std::env::var(name).is_ok_and(|url| !url.is_empty());
    let both = given("CLEA_TEST_POSTGRES_URL") && given("CLEA_TEST_REDIS_URL");
    if !both {
        println!("left out: the promises are shown on PostgreSQL and Redis; use scripts/promises");
    }
    both
}

/// Plays an experiment for each seed; each prints a line, and a failure how to see it again.
pub(crate) async fn each_seed(promise: &'static str, experiment: impl AsyncFn(u64) -> String) {
    if !servers() {
        return;
    }
    let first = setting("CLEA_PROMISE_FIRST", 1);
    for seed in first..first + setting("CLEA_PROMISE_SEEDS", 1) {
        let failing = Failing { promise, seed };
        let started = Instant::now();
        let told = experiment(seed).await;
        std::mem::forget(failing);
        println!("{promise} seed {seed}: kept, {told} ({:.1} s)", started.elapsed().as_secs_f32());
    }
}

/// The chance of a seed: the same each time.
pub(crate) fn chance(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

struct Failing {
    promise: &'static str,
    seed: u64,
}

impl Drop for Failing {
    fn drop(&mut self) {
        let Self { promise, seed } = self;
        println!("{promise} seed {seed}: BROKEN; again with: scripts/promises {promise} 1 {seed}");
    }
}
