//! An outbox holds tasks that earlier programs wrote. `tasks.jsonl` has one of each kind, as it was written: a
//! line is added for a new kind, and none is ever changed.

use serde::Deserialize;
use serde_json::Value;
use service::task::{Reconciler, Task};
use std::collections::BTreeSet;

const WRITTEN: &str = include_str!("tasks.jsonl");

/// A row of the outbox, as far as it follows from its task.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Row {
    kind: String,
    dedup_key: String,
    payload: Value,
}

/// Lists the variants; one that is left out does not compile.
macro_rules! variants {
    ($list:ident, $name_of:ident, $kind:ident: $($variant:ident)*) => {
        const $list: &[&str] = &[$(stringify!($variant)),*];

        fn $name_of(one: &$kind) -> &'static str {
            match one {
                $($kind::$variant { .. } => stringify!($variant),)*
            }
        }
    };
}

variants! { TASKS, task_name, Task:
    FilingReceipt NotifyDecision RemindTerm TellRenewal TellExpiry SendInvoice RemindPayment EscalatePayment
    AssessAlert ProposeSanction NotifySanction AwardCertificate SendNotice TellBounce TellCredentialExpiry
    InviteAccount ResetPassword TellGivenUp Reconcile
}

variants! { RECONCILERS, reconciler_name, Reconciler:
    Terms TermReminders Quarter PaymentReminders Deadlines Credentials Accounts Changes
}

fn rows() -> Vec<(Row, Task)> {
    let read = |line: &str| {
        let row: Row = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let task = Task::read(&row.payload).unwrap_or_else(|error| panic!("{line}: {error}"));
        (row, task)
    };
    WRITTEN.lines().map(read).collect()
}

/// X.d: what was to follow an act still follows it, once: the task is read, and its key is the same. A program of
/// yesterday beside this one reads what this one writes.
#[test]
fn what_was_written_is_read_and_written_alike() {
    for (row, task) in rows() {
        assert_eq!(task.kind(), row.kind, "{row:?}");
        assert_eq!(task.dedup_key(), row.dedup_key, "{row:?}");
        assert_eq!(task.payload().expect("JSON"), row.payload);
    }
}

#[test]
fn there_is_one_of_each_kind() {
    let rows = rows();
    let tasks: BTreeSet<_> = rows.iter().map(|(_, task)| task_name(task)).collect();
    assert_eq!(tasks, TASKS.iter().copied().collect());
    let reconcilers = rows.iter().filter_map(|(_, task)| match task {
        Task::Reconcile { reconciler, .. } => Some(reconciler_name(reconciler)),
        _ => None,
    });
    assert_eq!(reconcilers.collect::<BTreeSet<_>>(), RECONCILERS.iter().copied().collect());
    let kinds: BTreeSet<_> = rows.iter().map(|(row, _)| row.kind.as_str()).collect();
    assert_eq!(kinds.len(), TASKS.len(), "no two variants share a kind");
    let keys: BTreeSet<_> = rows.iter().map(|(row, _)| row.dedup_key.as_str()).collect();
    assert_eq!(keys.len(), rows.len(), "no two tasks share a key");
}
