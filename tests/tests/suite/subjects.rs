//! What notices, deadlines, documents, reminders and fees are about: tables of kinds, one object each.

use domain::deadline::DeadlineKind;
use domain::notification::NoticeKind;
use domain::tariff::FeeKind;
use e2e::{TestApp, at};
use entity::deadline;
use entity::ids::DeadlineId;
use entity::kind::{DocumentKind, ReminderKind};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait, IntoActiveModel, Statement,
};
use serde_json::json;
use std::collections::BTreeSet;

/// Each table of kinds holds the kinds that the program knows, and the database takes no other.
#[tokio::test]
async fn tables_of_kinds_are_the_enumerations() {
    let app = TestApp::start().await;
    let known: [(&str, BTreeSet<&str>); 5] = [
        ("notice_kind", NoticeKind::ALL.iter().map(|kind| kind.as_str()).collect()),
        ("deadline_kind", DeadlineKind::ALL.iter().map(|kind| kind.as_str()).collect()),
        ("document_kind", DocumentKind::ALL.iter().map(|kind| kind.as_str()).collect()),
        ("reminder_kind", ReminderKind::ALL.iter().map(|kind| kind.as_str()).collect()),
        ("fee_kind", FeeKind::ALL.iter().map(|kind| kind.as_str()).collect()),
    ];
    let db = app.owner();
    for (table, known) in known {
        let question =
            Statement::from_string(db.get_database_backend(), format!("SELECT name FROM {table}"));
        let rows = db.query_all_raw(question).await.expect("readable");
        let kept: BTreeSet<String> =
            rows.iter().map(|row| row.try_get("", "name").expect("a name")).collect();
        assert_eq!(kept.iter().map(String::as_str).collect::<BTreeSet<_>>(), known, "{table}");
    }
}

/// X.a: a limit leads to its object, and several of a kind may run on one; the database takes no unknown kind.
#[tokio::test]
async fn a_deadline_leads_to_its_object_and_may_come_again() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = app.habilitated(&staff, 96, "2026-02-10").await;
    let query = "{ deadlines { edges { node { kind subject { __typename ... on Application { id } } } } } }";
    let data = organism.admin.query(query, json!({})).await;
    let edges = at(&data, "deadlines.edges").as_array().expect("edges").clone();
    assert!(!edges.is_empty());
    for edge in &edges {
        assert_eq!(at(edge, "node.subject.__typename"), "Application", "{edge}");
    }

    let db = app.owner();
    let first = deadline::Entity::find().one(db).await.expect("readable").expect("a deadline");
    let again = |id: DeadlineId, occurrence: i32| {
        let mut row = first.clone().into_active_model().reset_all();
        row.id = Set(id);
        row.occurrence = Set(occurrence);
        row
    };
    again(DeadlineId::new(), 1).insert(db).await.expect_err("the first one stands");
    let second = again(DeadlineId::new(), 2).insert(db).await.expect("a second one");
    assert_eq!(second.subject(), first.subject());
    let unknown = "UPDATE deadline SET kind = 'NEVER_HEARD_OF'";
    db.execute_unprepared(unknown).await.expect_err("no such kind");
}
