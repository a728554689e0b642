//! V.3: sanctions, and what is in force under them.

use crate::bounces::{bounce, id as text, letter, notices};
use crate::edof::{decide, proposed, sanction};
use chrono::NaiveDate;
use e2e::{TestApp, day, uuid_of};
use entity::ids::{EdofAlertId, HabilitationId, SanctionId};
use entity::kind::SanctionGround;
use entity::sanction::Cause;
use entity::{habilitation, suspension};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, TransactionTrait,
};
use service::context::{Actor, Context};

async fn status_on(app: &TestApp, id: HabilitationId, on: &str) -> &'static str {
    let facts = service::habilitation::facts(&app.app.db, &[id]).await.expect("readable");
    domain::habilitation::status_on(&facts[&id], day(on)).as_str()
}

/// The sanction for this alert ended on this day.
async fn end(app: &TestApp, alert: &str, on: &str) -> anyhow::Result<bool> {
    let ctx = Context::new(app.app.clone(), Actor::System, "test");
    let tx = ctx.begin().await?;
    let cause = Cause::EdofAlert(EdofAlertId(uuid_of::<EdofAlertId>(alert)));
    let ended = service::sanction::ended(&tx, cause, day(on)).await?;
    Ok(tx.seal(ended).await?)
}

/// V.3.a: a suspension ends once, with its sanction, on the last day told; one that ended before it was notified
/// never starts; a withdrawal does not end.
#[tokio::test]
async fn a_suspension_ends_with_its_sanction() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 71, "2026-02-10").await;
    let id = HabilitationId(uuid_of::<HabilitationId>(&id));
    app.on("2026-03-10").await;
    let alert = proposed(&app, &staff, &organism, "E-1").await;
    assert!(end(&app, &alert, "2026-03-10").await.is_err(), "nothing is decided");
    decide(&staff, &alert, "SUSPENSION").await;
    app.settle().await;
    assert!(end(&app, &alert, "2026-03-20").await.expect("ended"));
    for again in ["2026-03-12", "2026-04-20"] {
        assert!(!end(&app, &alert, again).await.expect("ended once"), "{again}");
    }
    for (on, status) in [
        ("2026-03-09", "ACTIVE"),
        ("2026-03-10", "SUSPENDED"),
        ("2026-03-20", "SUSPENDED"),
        ("2026-03-21", "ACTIVE"),
    ] {
        assert_eq!(status_on(&app, id, on).await, status, "{on}");
    }

    app.on("2026-04-10").await;
    let early = proposed(&app, &staff, &organism, "E-2").await;
    app.mails.fail_next(vec![mailer::SendError::Temporary("421 4.3.2 later".to_owned())]);
    decide(&staff, &early, "SUSPENSION").await;
    assert!(end(&app, &early, "2026-04-10").await.expect("ended before it was notified"));
    app.settle().await;
    assert_eq!(status_on(&app, id, "2026-04-10").await, "ACTIVE");

    let last = proposed(&app, &staff, &organism, "E-3").await;
    decide(&staff, &last, "WITHDRAWAL").await;
    app.settle().await;
    assert!(!end(&app, &last, "2026-04-20").await.expect("nothing is suspended"));
    assert_eq!(status_on(&app, id, "2026-04-21").await, "WITHDRAWN");
}

/// V.3.c: withdrawn from the day of the first withdrawal notified, in whichever order they are recorded.
#[tokio::test]
async fn the_first_withdrawal_notified_counts() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 72, "2026-02-10").await;
    let id = HabilitationId(uuid_of::<HabilitationId>(&id));
    app.on("2026-03-10").await;
    let first = proposed(&app, &staff, &organism, "F-1").await;
    let second = proposed(&app, &staff, &organism, "F-2").await;
    // The mail server is away while both are decided: neither is notified before.
    let away = || mailer::SendError::Temporary("421 4.3.2 later".to_owned());
    app.mails.fail_next(vec![away(), away()]);
    for alert in [first, second] {
        decide(&staff, &alert, "WITHDRAWAL").await;
    }
    app.settle().await;
    let sent = notices(&staff.officer, &organism.id, "EDOF_SANCTION").await;
    for notice in &sent {
        staff.officer.act("recordBounce", bounce(&text(notice), "2026-03-10"), "").await.done();
    }
    app.on("2026-03-20").await;
    assert_eq!(status_on(&app, id, "2026-03-20").await, "ACTIVE");
    for (notice, received_on) in sent.iter().zip(["2026-03-18", "2026-03-13"]) {
        let letter = letter(&text(notice), received_on);
        staff.officer.act("recordRegisteredLetter", letter, "").await.done();
    }
    assert_eq!(status_on(&app, id, "2026-03-12").await, "ACTIVE");
    assert_eq!(status_on(&app, id, "2026-03-13").await, "WITHDRAWN");
}

/// III.6.d: what is in force is a rule in `domain` and a condition in SQL. They agree on every life that dates can
/// make: each date missing, before, on and after the day in question, and in every order among them; suspended or not.
#[tokio::test]
async fn the_rule_and_the_condition_in_sql_agree() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 73, "2026-02-10").await;
    let id = HabilitationId(uuid_of::<HabilitationId>(&id));
    sanction(&app, &staff, &organism, ("SUSPENSION", "G-1")).await;
    let days = ["2026-03-01", "2026-03-02", "2026-03-03"].map(day);
    let any: Vec<Option<NaiveDate>> = [None].into_iter().chain(days.map(Some)).collect();
    let db = app.app.db.begin().await.expect("a transaction");
    let row = habilitation::Entity::find_by_id(id).one(&db).await.expect("readable").expect("it");
    let (mut lives, mut in_force) = (0, 0);
    for suspended_on in [None, Some(days[1])] {
        let starts_on = Expr::value(suspended_on);
        let suspended =
            suspension::Entity::update_many().col_expr(suspension::Column::StartsOn, starts_on);
        suspended.exec(&db).await.expect("suspended or not");
        for n in 0..3 * 4_usize.pow(4) {
            let mut life = row.clone().into_active_model();
            life.decided_on = Set(days[n / 256]);
            life.notified_on = Set(any[n / 64 % 4]);
            life.term_ends_on = Set(any[n / 16 % 4]);
            life.withdrawn_on = Set(any[n / 4 % 4]);
            life.renounced_on = Set(any[n % 4]);
            let life = life.update(&db).await.expect("another life");
            let facts = service::habilitation::facts(&db, &[id]).await.expect("readable");
            for on in days {
                let found = habilitation::Entity::find_by_id(id)
                    .filter(service::habilitation::in_force_on(on))
                    .count(&db)
                    .await
                    .expect("readable");
                let rule = domain::habilitation::in_force(&facts[&id], on);
                assert_eq!(found == 1, rule, "on {on}, suspended on {suspended_on:?}: {life:?}");
                (lives, in_force) = (lives + 1, in_force + usize::from(rule));
            }
        }
    }
    assert_eq!(lives, 2 * 3 * 4_usize.pow(4) * 3);
    assert!((1..lives).contains(&in_force), "the grid has both");
    db.rollback().await.expect("left as it was");
}

/// Each ground has its row in the table of grounds, and only those are taken.
#[tokio::test]
async fn each_ground_has_its_row() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = app.habilitated(&staff, 74, "2026-02-10").await;
    sanction(&app, &staff, &organism, ("WARNING", "K-1")).await;
    let known = entity::sanction::Entity::find().one(&app.app.db).await.expect("readable");
    let known = known.expect("the sanction");
    for ground in SanctionGround::ALL {
        let mut other = known.clone().into_active_model().reset_all();
        other.id = Set(SanctionId::new());
        other.cause_id = Set(known.organism_id.0);
        other.ground = Set(ground.into());
        other.insert(&app.app.db).await.expect("a known ground");
    }
    let unknown = "UPDATE sanction SET ground = 'MOOD'";
    assert!(app.app.db.execute_unprepared(unknown).await.is_err());
    let twice = "UPDATE sanction SET ground = 'COMPLIANCE'";
    assert!(app.app.db.execute_unprepared(twice).await.is_err(), "one cause, one sanction");
}
