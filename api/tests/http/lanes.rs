//! The connections that requests read on.

use crate::support::Server;
use api::lane::{Lane, Lanes};
use futures::FutureExt;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use std::time::Duration;

/// Longer than a test.
const SOME_TIME: Duration = Duration::from_mins(10);

/// The process of the server behind the connection that a statement runs on.
async fn process(db: &impl ConnectionTrait) -> Result<i32, DbErr> {
    let statement = Statement::from_string(DbBackend::Postgres, "SELECT pg_backend_pid() AS pid");
    db.query_one_raw(statement).await?.expect("a row").try_get("", "pid")
}

/// On SQLite every statement takes a connection of its own.
async fn server() -> Option<Server> {
    let server = Server::start().await;
    (server.app.db.get_database_backend() == DbBackend::Postgres).then_some(server)
}

#[tokio::test]
async fn a_request_reads_on_one_connection_and_leaves_one_that_broke() {
    let Some(server) = server().await else { return };
    let db = &server.app.db;
    let lane = Lanes::of(db).lane(db);
    let first = process(&lane).await.expect("read");
    for _ in 0..4 {
        assert_eq!(process(&lane).await.expect("read"), first);
        assert_ne!(process(db).await.expect("read"), first, "it is kept");
    }
    let wrong = Statement::from_string(DbBackend::Postgres, "SELECT nothing");
    lane.query_all_raw(wrong).await.expect_err("no such column");
    let next = process(&lane).await.expect("read all the same");
    db.execute_unprepared(&format!("SELECT pg_terminate_backend({next})")).await.expect("ended");
    process(&lane).await.expect_err("its connection is no more");
    assert_ne!(process(&lane).await.expect("another"), next);
}

#[tokio::test]
async fn requests_leave_connections_to_who_needs_one_more() {
    let Some(server) = server().await else { return };
    let db = &server.app.db;
    let lanes = Lanes::of(db).handing_on(SOME_TIME);
    let mut kept: Vec<Lane> = (0..3).map(|_| lanes.lane(db)).collect();
    let mut first = 0;
    for lane in kept.iter().rev() {
        first = process(lane).await.expect("read");
    }
    let next = lanes.lane(db);
    let mut waiting = std::pin::pin!(process(&next));
    assert!(waiting.as_mut().now_or_never().is_none(), "three of the four connections are kept");
    for _ in 0..4 {
        process(db).await.expect("the last is there, and given back");
    }
    assert!(waiting.as_mut().now_or_never().is_none());
    kept[0].leave();
    assert_eq!(waiting.await.expect("read"), first, "the one that was left");
    process(&kept[0]).await.expect("on a connection of its own");
}

#[tokio::test]
async fn requests_take_their_turn_on_few_connections() {
    let Some(server) = server().await else { return };
    let db = &server.app.db;
    let lanes = Lanes::of(db).handing_on(SOME_TIME);
    let patient = lanes.clone().few(1, SOME_TIME);
    let (mut first, second) = (patient.lane(db), patient.lane(db));
    let kept = process(&first).await.expect("read");
    let mut waiting = std::pin::pin!(process(&second));
    assert!(waiting.as_mut().now_or_never().is_none());
    first.leave();
    assert_eq!(waiting.await.expect("read"), kept, "its turn was after the first");

    let hasty = lanes.few(1, Duration::ZERO);
    let three = [hasty.lane(db), hasty.lane(db), hasty.lane(db)];
    let mut taken = Vec::new();
    for lane in &three {
        taken.push(process(lane).await.expect("it does not wait for the first"));
    }
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), 3);
    let next = hasty.lane(db);
    let waits = tokio::time::timeout(Duration::from_millis(20), process(&next)).await;
    waits.expect_err("three in four are taken, and whoever gave up leaves the line");
    let [first, second, third] = three;
    for lane in [third, second, first] {
        drop(lane);
        let taken_again = process(&hasty.lane(db)).await.expect("read");
        assert!(taken.contains(&taken_again), "one that was left");
    }
}

#[tokio::test]
async fn a_connection_is_handed_on_to_the_next_request_for_a_while() {
    let Some(server) = server().await else { return };
    let db = &server.app.db;
    let lanes = Lanes::of(db).handing_on(SOME_TIME);
    let read = async || process(&lanes.lane(db)).await.expect("read");
    let first = read().await;
    for _ in 0..4 {
        assert_ne!(process(db).await.expect("read"), first, "the pool does not have it");
        assert_eq!(read().await, first);
    }
    let lane = lanes.lane(db);
    assert_eq!(process(&lane).await.expect("read"), first);
    let slow = Statement::from_string(DbBackend::Postgres, "SELECT pg_sleep(60)");
    assert!(lane.query_all_raw(slow).now_or_never().is_none(), "it is not waited for");
    assert_ne!(process(&lane).await.expect("read"), first, "something still runs on that one");
}

#[tokio::test]
async fn a_connection_that_no_request_takes_goes_back_to_the_pool() {
    let Some(server) = server().await else { return };
    let db = &server.app.db;
    let lanes = Lanes::of(db).handing_on(Duration::from_millis(300));
    process(&lanes.lane(db)).await.expect("read");
    let pool = db.get_postgres_connection_pool();
    let back = async {
        while u32::try_from(pool.num_idle()).expect("few") < pool.size() {
            tokio::task::yield_now().await;
        }
    };
    let back = tokio::time::timeout(Duration::from_mins(1), back).await;
    back.expect("all are in the pool");
}
