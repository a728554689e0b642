//! P7: a scheduled run happens once whatever the number of workers, and is caught up after a stop.

use crate::support::crowd;
use crate::support::keeper::Keeper;
use crate::support::seeds::{chance, each_seed};
use crate::support::stage::stage;
use crate::support::world::World;
use chrono::{Datelike, Days, NaiveDate};
use e2e::{State, texts};
use entity::legal_clock;
use rand::RngExt;
use rand::rngs::StdRng;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use service::fault::point;
use service::task::Reconciler;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_mins(1);
/// How often both schedulers are stopped, for days.
const STOPS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn p07_a_slot_runs_once_and_a_stop_is_caught_up() {
    each_seed("p07", async |seed| experiment(seed, "").await).await;
}

/// The days on which somebody works: from one to the next, everything stood still for three days to seven
/// months.
fn days(dice: &mut StdRng, from: NaiveDate) -> Vec<NaiveDate> {
    let mut day = from;
    (0..STOPS)
        .map(|_| {
            day = day + Days::new(dice.random_range(3..215));
            day
        })
        .collect()
}

/// Plays the seed: two schedulers, killed and stopped, against one that is not.
pub(crate) async fn experiment(seed: u64, defect: &str) -> String {
    let calm = {
        let world = World::new(stage().await).await;
        let mut dice = chance(seed);
        for day in days(&mut dice, crowd::today(&world).await) {
            set_day(&world, day).await;
            let _worker = world.worker("worker", vec![]);
            slot_done(&world, day).await;
        }
        world.state().await
    };
    let world = World::new(stage().await).await;
    let mut dice = chance(seed);
    let days = days(&mut dice, crowd::today(&world).await);
    let mut kills = 0;
    for day in &days {
        set_day(&world, *day).await;
        let points = [point::COMMITTING, point::COMMITTED, point::TAKEN, point::CLAIMED];
        let mut faults = || {
            let at = points[dice.random_range(0..points.len())];
            vec![format!("kill@{at}:{},{defect}", dice.random_range(1..6)), defect.to_owned()]
        };
        let workers = [world.worker("first", faults()), world.worker("second", faults())];
        slot_done(&world, *day).await;
        kills += workers.iter().map(Keeper::deaths).sum::<u64>();
    }
    once(&world, &days).await;
    let disturbed: State = world.state().await;
    calm.must_equal(&disturbed);
    format!("{STOPS} stops up to {}, {kills} kills", days[STOPS - 1])
}

async fn set_day(world: &World, day: NaiveDate) {
    let row = legal_clock::ActiveModel { id: Set(1), today: Set(day), target_on: Set(None) };
    row.update(&world.app.app.db).await.expect("the clock moves");
}

/// Waits until the day's slot has run and nothing is left to do.
async fn slot_done(world: &World, day: NaiveDate) {
    let started = Instant::now();
    let sql = format!(
        "SELECT payload ->> 'reconciler' AS found FROM outbox \
         WHERE kind = 'RECONCILE' AND payload ->> 'on' = '{day}'"
    );
    while texts(&world.app.app.db, &sql).await.len() < Reconciler::ALL.len()
        || crowd::unfinished(world).await > 0
    {
        assert!(started.elapsed() < PATIENCE, "the slot of {day} is never done: {}", world.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn once(world: &World, days: &[NaiveDate]) {
    let twice = texts(
        &world.app.app.db,
        "SELECT (payload ->> 'reconciler') || ' on ' || (payload ->> 'on') || ': ' || count(*) AS found \
         FROM outbox WHERE kind = 'RECONCILE' GROUP BY payload ->> 'reconciler', payload ->> 'on' \
         HAVING count(*) > 1",
    )
    .await;
    assert!(twice.is_empty(), "run more than once: {twice:#?}");
    let last = days[days.len() - 1];
    let missed = texts(
        &world.app.app.db,
        &format!("SELECT kind AS found FROM deadline WHERE status = 'OPEN' AND due_on < '{last}'"),
    )
    .await;
    assert!(missed.is_empty(), "not caught up: {missed:#?}");
    let ended = texts(
        &world.app.app.db,
        &format!(
            "SELECT 'a term that ended on ' || term_ends_on AS found FROM habilitation \
             WHERE term_ends_on < '{last}' AND expired_on IS NULL"
        ),
    )
    .await;
    assert!(ended.is_empty(), "not caught up: {ended:#?}");
    let quarters = texts(&world.app.app.db, "SELECT quarter AS found FROM quarter_run").await.len();
    let quarter_of = |day: NaiveDate| day.year() * 4 + i32::try_from(day.month0() / 3).unwrap_or(0);
    // The habilitations began in the first quarter of 2026; one is run on its first working day after.
    let elapsed = quarter_of(last - Days::new(4)) - 2026 * 4;
    assert!(i32::try_from(quarters).unwrap_or(0) >= elapsed, "{quarters} of {elapsed} quarters");
}
