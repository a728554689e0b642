//! What tasks are declared to be.

use super::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).expect("a date")
}

#[test]
fn a_task_comes_back_from_its_payload_under_its_kind() {
    for reconciler in Reconciler::ALL {
        let task = Task::Reconcile { reconciler, on: day() };
        let payload = task.payload().expect("serialisable");
        assert_eq!(payload["kind"], task.kind());
        assert_eq!(payload["reconciler"], reconciler.as_str());
        assert_eq!(Task::read(&payload).expect("readable"), task);
        assert_eq!(task.dedup_key(), format!("RECONCILE:{reconciler}:2026-11-24"));
    }
}

#[test]
fn a_key_is_the_kind_and_the_ids_in_their_order() {
    let (habilitation, task) = (HabilitationId::new(), OutboxId::new());
    let reminder = Task::RemindTerm { habilitation, ends_on: day(), step: 30 };
    assert_eq!(reminder.dedup_key(), format!("REMIND_TERM:{habilitation}:2026-11-24:30"));
    let telling = Task::TellGivenUp { task, push: -3 };
    assert_eq!(telling.dedup_key(), format!("TELL_GIVEN_UP:{task}:-3"));
}

#[test]
fn a_task_of_another_version_is_not_read() {
    for payload in [
        serde_json::json!({ "kind": "OF_ANOTHER_VERSION" }),
        serde_json::json!({ "kind": "SEND_INVOICE" }),
        serde_json::json!({}),
    ] {
        assert!(Task::read(&payload).is_err(), "{payload}");
    }
}

// The names stand in databases: a kind is never renamed, and its lane is looked at when it changes.
#[test]
fn what_is_declared_is_reviewed() {
    let mut told = String::new();
    for (kind, label, lane) in Task::DECLARED {
        assert!(!label.contains('\''), "{kind}: the apostrophe is typographic");
        writeln!(told, "{kind:24}{:8} {label}", lane.as_str()).expect("text");
    }
    insta::assert_snapshot!(told);
    let kinds: BTreeSet<_> = Task::DECLARED.iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds.len(), Task::DECLARED.len(), "two tasks share a name");
    let names: BTreeSet<_> = Reconciler::ALL.into_iter().map(Reconciler::as_str).collect();
    assert_eq!(names.len(), Reconciler::ALL.len(), "two reconcilers share a name");
}
