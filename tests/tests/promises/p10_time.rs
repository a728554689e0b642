//! P10: summer time, leap years and clock jumps: no deadline early, lost or double. Legal time goes from
//! 2023 to 2040 by leaps, and what happened is compared with a calendar written here, apart from the
//! product's.

use crate::support::seeds::{chance, each_seed};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use e2e::{Findings, TestApp};
use entity::kind::{DeadlineStatus, ReminderKind};
use entity::text::Text;
use entity::{billable_fact, deadline, habilitation, invoice, quarter_run, reminder};
use rand::RngExt;
use rand::rngs::StdRng;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::collections::{BTreeMap, BTreeSet};

/// Where the walk ends.
const LAST: &str = "2040-12-31";
/// The steps of the reminders of a term, in days before its end (interpretation 8).
const STEPS: [i64; 5] = [365, 180, 90, 30, 7];

#[tokio::test(flavor = "multi_thread")]
async fn p10_time_may_leap_and_nothing_is_early_lost_or_double() {
    each_seed("p10", async |seed| walk(seed).await).await;
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// Easter by the rule that Butcher gave; the product uses another.
fn easter(year: i32) -> NaiveDate {
    let (golden, century, rest) = (year % 19, year / 100, year % 100);
    let correction = (8 * century + 13) / 25;
    let moon = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let late = (golden + 11 * moon + 22 * weekday) / 451;
    let days = moon + weekday - 7 * late + 114;
    let part = |n: i32| u32::try_from(n).expect("positive");
    NaiveDate::from_ymd_opt(year, part(days / 31), part(days % 31 + 1)).expect("a date")
}

/// Interpretation 2, written a second time.
fn works(day: NaiveDate) -> bool {
    let fixed = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
    let easter = easter(day.year());
    let moving = [1, 39, 50].map(|n| easter + Days::new(n));
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
        && !fixed.contains(&(day.month(), day.day()))
        && !moving.contains(&day)
}

fn working_days(from: NaiveDate, count: i64) -> NaiveDate {
    let (mut day, mut left) = (from, count.abs());
    while left > 0 {
        day = if count > 0 { day.succ_opt() } else { day.pred_opt() }.expect("a date");
        left -= i64::from(works(day));
    }
    day
}

fn years_after(day: NaiveDate, years: i32) -> NaiveDate {
    let same = NaiveDate::from_ymd_opt(day.year() + years, day.month(), day.day());
    same.unwrap_or_else(|| NaiveDate::from_ymd_opt(day.year() + years, 2, 28).expect("28 February"))
}

/// The next day somebody looks: often the next ones around the turns of the year and of the clock, else
/// after a leap.
fn next(dice: &mut StdRng, day: NaiveDate) -> NaiveDate {
    let turns = matches!((day.month(), day.day()), (2, 26..=29) | (3, 25..=31) | (10, 24..=31))
        || (day.month() == 12 && day.day() >= 30);
    let leap = if turns { 1 } else { dice.random_range(1..75) };
    let to = day + Days::new(leap);
    // A leap stops at the turn that it would pass, one time in two.
    let turn = [(2, 26), (3, 25), (10, 24), (12, 30)].into_iter().find_map(|(month, from)| {
        let turn = NaiveDate::from_ymd_opt(day.year(), month, from)?;
        (day < turn && turn < to).then_some(turn)
    });
    turn.filter(|_| dice.random_bool(0.5)).unwrap_or(to)
}

struct Seen {
    notified: NaiveDate,
    used: bool,
    /// The steps sent, per end of term.
    reminded: BTreeMap<NaiveDate, BTreeSet<i64>>,
}

/// Walks one seed from 2023 to 2040.
pub(crate) async fn walk(seed: u64) -> String {
    let mut dice = chance(seed);
    let app = TestApp::start().await;
    app.on("2023-02-20").await;
    let staff = app.staff().await;
    let mut expected: BTreeMap<String, Seen> = BTreeMap::new();
    let mut day = date("2023-02-20");
    for number in 1..=3_u32 {
        day = next(&mut dice, day);
        app.on(&day.to_string()).await;
        // The second one is notified on a 29 February.
        let meeting = if number == 2 { date("2024-02-29") } else { day + Days::new(40) };
        let (organism, id) = app.habilitated(&staff, number, &meeting.to_string()).await;
        day = meeting;
        let used = number != 3;
        if used {
            app.awarded(&staff, &organism, &id, &format!("Usage-{number}")).await;
            app.settle().await;
        }
        expected.insert(id, Seen { notified: meeting, used, reminded: BTreeMap::new() });
    }
    // A refusal, for the delay of its appeal.
    let refused = app.organism(4).await;
    let campaign_day = day.to_string();
    let meeting = day + Days::new(30);
    let campaign = app.campaign(&staff, (&campaign_day, &campaign_day), &meeting.to_string()).await;
    let application = app.file(&refused, &campaign).await;
    app.opinion(&staff, &application, Findings::Unsatisfied).await.done();
    app.on(&meeting.to_string()).await;
    app.decide(&staff, &application, &campaign.meeting, Findings::Unsatisfied).await.done();
    app.settle().await;
    day = meeting;
    let mut looks = 0;
    while day < date(LAST) {
        day = next(&mut dice, day);
        app.on(&day.to_string()).await;
        looks += 1;
        terms(&app, &mut expected, day).await;
        limits(&app, day).await;
    }
    reminders(&app, &expected).await;
    quarters(&app, day).await;
    format!("{looks} looks between 2023 and 2040")
}

async fn terms(app: &TestApp, expected: &mut BTreeMap<String, Seen>, day: NaiveDate) {
    for row in habilitation::Entity::find().all(&app.app.db).await.expect("readable") {
        let seen = expected.get_mut(&row.id.to_string()).expect("known");
        let (first, second) = (years_after(seen.notified, 3), years_after(seen.notified, 6));
        let renewed = seen.used && day > first;
        let end = if renewed { second } else { first };
        assert_eq!(row.renewed_on, renewed.then(|| first.succ_opt().expect("a date")), "{day}");
        assert_eq!(row.expired_on.is_some(), day > end, "{day}: the term ends on {end}");
        let left = (end - day).num_days();
        if (0..=365).contains(&left) {
            let due = STEPS.into_iter().filter(|step| left <= *step).min().expect("a step");
            let sent = seen.reminded.entry(end).or_default();
            if sent.iter().all(|step| *step > due) {
                sent.insert(due);
            }
        }
    }
}

/// Each limit ends on the day that the calendar says, open up to it and missed after it.
async fn limits(app: &TestApp, day: NaiveDate) {
    for row in deadline::Entity::find().all(&app.app.db).await.expect("readable") {
        let due = match row.kind.as_str() {
            "OPINION_SETTLED" => working_days(row.started_on, -5),
            "DECISION_NOTIFIED" => working_days(row.started_on, 20),
            "APPEAL_LODGED" => working_days(row.started_on, 30),
            "INVOICE_PAID" => row.started_on + Days::new(45),
            other => panic!("a limit without an oracle: {other}"),
        };
        assert_eq!(row.due_on, due, "{row:?}");
        match *row.status {
            DeadlineStatus::Open => assert!(day <= due, "lost on {day}: {row:?}"),
            DeadlineStatus::Missed => assert!(day > due, "early on {day}: {row:?}"),
            _ => {}
        }
    }
}

async fn reminders(app: &TestApp, expected: &BTreeMap<String, Seen>) {
    for (id, seen) in expected {
        let rows = reminder::Entity::find()
            .filter(reminder::Column::Kind.eq(Text(ReminderKind::Term)))
            .filter(reminder::Column::SubjectId.eq(e2e::uuid_of::<entity::ids::HabilitationId>(id)))
            .all(&app.app.db)
            .await
            .expect("readable");
        let mut sent: BTreeMap<NaiveDate, BTreeSet<i64>> = BTreeMap::new();
        for row in &rows {
            let new = sent.entry(row.reference_on).or_default().insert(row.step.into());
            assert!(new, "twice: {row:?}");
        }
        assert_eq!(sent, seen.reminded, "the reminders of {id}");
    }
}

/// Every quarter since the first is run once, and no organism has two invoices for one.
async fn quarters(app: &TestApp, day: NaiveDate) {
    let runs = quarter_run::Entity::find().all(&app.app.db).await.expect("readable");
    // The first application was filed and billed in this quarter.
    let facts = billable_fact::Entity::find().all(&app.app.db).await.expect("readable");
    let first = facts.iter().map(|fact| fact.fact_on).min().expect("a fact");
    let (year, part) = (first.year(), i32::try_from(first.month0() / 3).expect("small") + 1);
    let elapsed =
        (day.year() - year) * 4 + i32::try_from(day.month0() / 3).expect("small") + 1 - part;
    assert_eq!(i32::try_from(runs.len()).expect("small"), elapsed, "runs up to {day}");
    let invoices = invoice::Entity::find().all(&app.app.db).await.expect("readable");
    let keys: BTreeSet<_> = invoices.iter().map(|i| (i.organism_id, i.quarter.clone())).collect();
    assert_eq!(keys.len(), invoices.len());
    assert!(invoices.len() > 8, "{}", invoices.len());
    // None is lost: a limit to pay for each invoice, one to appeal for the refusal.
    let limits = deadline::Entity::find().all(&app.app.db).await.expect("readable");
    let of = |kind| limits.iter().filter(|limit| limit.kind.as_str() == kind).count();
    assert_eq!((of("INVOICE_PAID"), of("APPEAL_LODGED")), (invoices.len(), 1));
}
