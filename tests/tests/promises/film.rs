//! The film's six years on PostgreSQL and Redis with two workers and two schedulers, while Redis is
//! emptied at random: the summary is that of the embedded film.

use crate::support::process::clea;
use crate::support::seeds::{chance, each_seed};
use crate::support::stage::server;
use crate::support::world::World;
use e2e::Backend;
use rand::RngExt;
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn the_film_ends_the_same_while_redis_is_emptied() {
    each_seed("film", async |seed| film(seed).await).await;
}

/// Plays the film on the embedded default.
fn embedded(dir: &std::path::Path) -> std::process::Child {
    Command::new(clea())
        .args(["demo", "--json", "--dir"])
        .arg(dir.join("film"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the film starts")
}

fn figures(output: &std::process::Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

async fn film(seed: u64) -> String {
    let mut dice = chance(seed);
    let dir = tempfile::tempdir().expect("a folder");
    let alone = embedded(dir.path());
    let backend = Backend::empty_on(&server()).await.expect("a database");
    let mut world = World::bare(backend).await;
    world.set("CLEA_CLOCK_START", "2026-01-05");
    for command in ["migrate", "seed"] {
        let ended = world.run(command).await;
        assert!(ended.success(), "clea {command}: {}", world.log());
    }
    let _api = world.api(vec![]).await;
    let _workers = (world.worker("first", vec![]), world.worker("second", vec![]));
    let film = Command::new(clea())
        .args(["demo", "--json", "--url", world.base(), "--dir"])
        .arg(dir.path().join("elsewhere"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the film starts");
    let played = tokio::task::spawn_blocking(move || film.wait_with_output());
    tokio::pin!(played);
    let mut emptied = 0;
    let output = loop {
        let pause = Duration::from_millis(dice.random_range(2_000..9_000));
        tokio::select! {
            done = &mut played => break done.expect("joined").expect("an output"),
            () = tokio::time::sleep(pause) => {
                world.redis.flush().await;
                emptied += 1;
            }
        }
    };
    let alone = tokio::task::spawn_blocking(move || alone.wait_with_output());
    let alone = alone.await.expect("joined").expect("an output");
    assert_eq!(figures(&output), figures(&alone), "on servers, and embedded");
    format!("Redis emptied {emptied} times")
}
