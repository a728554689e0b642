//! Acts at once: whoever comes second finds what the first did, on both databases, and two acts that
//! stand in each other's way are both answered.

use crate::notices::link;
use e2e::{Answer, Client, Organism, TestApp};
use entity::ids::{AccountGrantId, PersonId, PractitionerId, TypedId};
use entity::kind::Role;
use entity::text::Text;
use entity::{account, account_grant, acknowledgement, journal, person, practitioner};
use futures::future::join_all;
use reqwest::Method;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, PaginatorTrait, QueryFilter,
    Statement, TransactionTrait,
};
use serde_json::json;

const AT_ONCE: usize = 8;

fn done(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.refusals.is_empty()).count()
}

async fn grants(app: &TestApp, role: Role) -> Vec<(AccountGrantId, String)> {
    let rows = account_grant::Entity::find()
        .filter(account_grant::Column::Role.eq(Text(role)))
        .filter(account_grant::Column::RevokedAt.is_null())
        .find_also_related(account::Entity)
        .all(&app.app.db)
        .await
        .expect("readable");
    rows.into_iter()
        .map(|(grant, account)| (grant.id, account.expect("an account").email))
        .collect()
}

/// Interpretation 26: the last administrator stays, even when two of them revoke each other at once.
#[tokio::test]
async fn two_last_administrators_do_not_revoke_each_other() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let second =
        app.with_role("second@certif-pro.example", Role::AuthorityAdmin, &staff.authority).await;
    for _ in 0..AT_ONCE {
        let held = grants(&app, Role::AuthorityAdmin).await;
        assert_eq!(held.len(), 2, "{held:?}");
        let of = |who: &str| {
            held.iter().find(|(_, email)| email.starts_with(who)).expect("held").0.to_string()
        };
        let (first_id, second_id) = (of("admin@"), of("second@"));
        let (a, b) = tokio::join!(
            staff.admin.act("revokeRole", json!({ "grantId": second_id }), ""),
            second.act("revokeRole", json!({ "grantId": first_id }), ""),
        );
        assert_eq!(done(&[a.clone(), b.clone()]), 1, "{:?} {:?}", a.refusals, b.refusals);
        let refused = if a.refusals.is_empty() { b } else { a };
        // The one who comes second is the last of them, or is none any more.
        let told = refused.codes()[0].to_owned();
        assert!(
            ["LAST_ADMINISTRATOR", "FORBIDDEN", "NOT_FOUND"].contains(&told.as_str()),
            "{told}"
        );
        let left = grants(&app, Role::AuthorityAdmin).await;
        assert_eq!(left.len(), 1);
        for email in ["admin@certif-pro.example", "second@certif-pro.example"] {
            app.with_role(email, Role::AuthorityAdmin, &staff.authority).await;
        }
    }
}

/// Interpretation 26: a role given many times at once is held once.
#[tokio::test]
async fn a_role_given_at_once_is_held_once() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    app.account("nouvelle@certif-pro.example").await;
    let input = json!({
        "email": "nouvelle@certif-pro.example", "role": "FINANCE", "authorityId": staff.authority,
    });
    let entries = |app: &TestApp| {
        let of = journal::Entity::find().filter(journal::Column::Act.eq("grantRole"));
        let db = app.app.db.clone();
        async move { of.count(&db).await.expect("countable") }
    };
    let before = entries(&app).await;
    let all = (0..AT_ONCE).map(|_| staff.admin.act("grantRole", input.clone(), ""));
    let answers = join_all(all).await;
    assert_eq!(done(&answers), 1);
    for answer in answers.iter().filter(|answer| !answer.refusals.is_empty()) {
        answer.refused("ROLE_ALREADY_HELD", "role", "");
    }
    let held = grants(&app, Role::Finance).await;
    assert_eq!(held.iter().filter(|(_, email)| email.starts_with("nouvelle@")).count(), 1);
    assert_eq!(entries(&app).await, before + 1, "a refusal leaves nothing behind");
    // A role of the platform stands under another index.
    let input = json!({ "email": "nouvelle@certif-pro.example", "role": "OPERATOR" });
    let all = (0..AT_ONCE).map(|_| staff.operator.act("grantRole", input.clone(), ""));
    assert_eq!(done(&join_all(all).await), 1);
    // Taken back, it can be given again.
    let held = grants(&app, Role::Finance).await;
    let id = &held.iter().find(|(_, email)| email.starts_with("nouvelle@")).expect("held").0;
    staff.admin.act("revokeRole", json!({ "grantId": id.to_string() }), "").await.done();
    let again = json!({
        "email": "nouvelle@certif-pro.example", "role": "FINANCE", "authorityId": staff.authority,
    });
    staff.admin.act("grantRole", again, "").await.done();
}

/// X.c, P13: a button pressed many times at once acknowledges once, and everyone sees the page.
#[tokio::test]
async fn a_notice_is_acknowledged_once_by_clicks_at_once() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = app.habilitated(&staff, 4001, "2026-02-10").await;
    let mail =
        app.mails_to(&format!("dossier@{}.example", organism.siren)).pop().expect("the decision");
    let path = link(&mail.text);
    let strangers: Vec<Client> = (0..AT_ONCE).map(|_| app.stranger()).collect();
    let pages = join_all(strangers.iter().map(|one| one.page(Method::POST, &path))).await;
    for (status, page) in pages {
        assert_eq!(status, 200);
        assert!(!page.contains("<button"), "the page is acknowledged: {page}");
    }
    assert_eq!(app.count::<acknowledgement::Entity>().await, 1);
    let told = journal::Entity::find().filter(journal::Column::Act.eq("acknowledgeNotice"));
    assert_eq!(told.count(&app.app.db).await.expect("countable"), 1);
}

/// Interpretation 13: two records merged both ways at once are one person, in one way.
#[tokio::test]
async fn opposite_merges_make_one_person() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    for number in 0..4 {
        let organism = app.organism(4100 + number).await;
        let merge = |kept: &str, merged: &str| json!({ "keptPractitionerId": kept, "mergedPractitionerId": merged, "reason": "Même personne." });
        let there = merge(&organism.trainer, &organism.evaluator);
        let back = merge(&organism.evaluator, &organism.trainer);
        let (a, b) = tokio::join!(
            staff.officer.act("mergePersons", there, ""),
            staff.officer.act("mergePersons", back, ""),
        );
        assert_eq!(done(&[a.clone(), b.clone()]), 1, "{:?} {:?}", a.refusals, b.refusals);
        let refused = if a.refusals.is_empty() { b } else { a };
        refused.refused("ALREADY_MERGED", "mergedPractitionerId", "A3.3.b");
        let [one, other] = persons(&app, &organism).await;
        let merged = person::Entity::find().filter(person::Column::Id.is_in([one, other]));
        let merged = merged.all(&app.app.db).await.expect("readable");
        assert_eq!(merged.iter().filter(|p| p.merged_into_id.is_some()).count(), 1);
    }
}

/// The persons of the organism's trainer and evaluator, in the order of their ids.
async fn persons(app: &TestApp, organism: &Organism) -> [PersonId; 2] {
    let mut found = Vec::new();
    for id in [&organism.trainer, &organism.evaluator] {
        let id: PractitionerId = id.parse().expect("an id");
        let row = practitioner::Entity::find_by_id(id).one(&app.app.db).await.expect("readable");
        found.push(row.expect("the record").person_id);
    }
    found.sort_unstable();
    [found[0], found[1]]
}

/// An act that PostgreSQL ends because another transaction stands in its way, each waiting for the
/// other, is begun again and done, as it was asked for: nobody sees it but the log. The other acts of its
/// request are carried out once, those before it and those after.
#[tokio::test]
async fn an_act_in_a_deadlock_is_begun_again_and_no_other() {
    let app = TestApp::start().await;
    if app.app.db.get_database_backend() != DatabaseBackend::Postgres {
        println!("skipped: acts of SQLite come one after the other");
        return;
    }
    let staff = app.staff().await;
    let organism = app.organism(4200).await;
    let merge = json!({
        "keptPractitionerId": organism.trainer, "mergedPractitionerId": organism.evaluator,
        "reason": "Même personne.",
    });
    let meeting =
        |on: &str| json!({ "authorityId": staff.authority, "heldOn": on, "place": "Paris" });
    let query = "mutation($merge: MergePersonsInput!, $one: ScheduleMeetingInput!, \
                   $other: ScheduleMeetingInput!, $yes: Boolean = true) { \
                 before: scheduleMeeting(input: $one) { refusals { code } } \
                 mergePersons(input: $merge) @include(if: $yes) { refusals { code } } \
                 never: mergePersons(input: $merge) @skip(if: $yes) { refusals { code } } \
                 after: scheduleMeeting(input: $other) { refusals { code } } }";
    let variables =
        json!({ "merge": merge, "one": meeting("2031-03-04"), "other": meeting("2031-03-05") });
    let entries = async |act: &'static str| {
        let of = journal::Entity::find().filter(journal::Column::Act.eq(act));
        of.count(&app.app.db).await.expect("countable")
    };
    let planned = entries("scheduleMeeting").await;
    let [lesser, greater] = persons(&app, &organism).await;
    let lock = |id: PersonId| {
        Statement::from_string(
            DatabaseBackend::Postgres,
            format!("SELECT id FROM person WHERE id = '{}' FOR UPDATE", id.uuid()),
        )
    };
    let rival = app.owner().begin().await.expect("a transaction");
    // The act looks for a deadlock after a second, its rival much later: the act is the one ended.
    rival.execute_unprepared("SET LOCAL deadlock_timeout = '1min'").await.expect("set");
    rival.query_all_raw(lock(greater)).await.expect("locked");
    let officer = staff.officer.clone();
    let act = tokio::spawn(async move { officer.query(query, variables).await });
    waits_for_a_row(&app).await;
    rival.query_all_raw(lock(lesser)).await.expect("the act gave way");
    rival.rollback().await.expect("ended");
    let done = json!({ "refusals": [] });
    let expected = json!({ "before": done, "mergePersons": done, "after": done });
    assert_eq!(act.await.expect("no panic"), expected);
    assert_eq!(entries("mergePersons").await, 1);
    assert_eq!(entries("scheduleMeeting").await, planned + 2);
}

/// Waits until one of the application's sessions waits for a row.
async fn waits_for_a_row(app: &TestApp) {
    let sql = "SELECT COUNT(*) AS n FROM pg_stat_activity \
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waited = async {
        loop {
            let asked = Statement::from_string(DatabaseBackend::Postgres, sql);
            let row = app.app.db.query_one_raw(asked).await.expect("readable").expect("a row");
            if row.try_get::<i64>("", "n").expect("a number") > 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let patience = std::time::Duration::from_mins(1);
    tokio::time::timeout(patience, waited).await.expect("an act that waits");
}
