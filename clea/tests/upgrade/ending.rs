//! What the play leaves behind as people see it, through GraphQL: a line an object, without ids.

use e2e::{Client, TestApp};
use serde_json::{Value, json};

/// What is read, and by whom.
const LISTS: [(&str, Viewer, &str); 9] = [
    (
        "applications",
        Viewer::Officer,
        "number status filedOn organism { siren } opinion { givenOn } \
         decision { outcome decidedOn notifiedOn durationYears appealUntil { dueOn status } } \
         deadlines(first: 20) { edges { node { article status startedOn dueOn metOn } } }",
    ),
    (
        "habilitations",
        Viewer::Officer,
        "organism { siren } status decidedOn notifiedOn validUntil renewedOn expiredOn withdrawnOn \
         application { number } forecast { on outcome obstacles { code } } \
         suspensions { ground decidedOn startsOn endsOn conditions enrolledMayFinish alert { reference } } \
         alerts(first: 20) { edges { node { reference } } }",
    ),
    (
        "habilitations",
        Viewer::Officer,
        "organism { siren } timeline(first: 100) { edges { node { on act article summary } } }",
    ),
    (
        "habilitations",
        Viewer::Officer,
        "enrolments(first: 100) { edges { node { enrolledOn admissible candidate { fullName } \
         certificate { number awardedOn delivery } } } }",
    ),
    (
        "edofAlerts",
        Viewer::Officer,
        "reference status organism { siren } habilitated proposedLevel proposedGrounds closeReason \
         decidedLevel decisionReason decidedOn notifiedOn",
    ),
    (
        "notices",
        Viewer::Officer,
        "kind state mailSubject recipientEmail organism { siren } composedOn acceptedOn notifiedOn \
         acknowledgedOn documents { kind } bounces { on status voids source diagnostic } \
         supersedes { recipientEmail } supersededBy { recipientEmail }",
    ),
    (
        "invoices",
        Viewer::Finance,
        "number quarter organism { siren } buyer { siren name } issuedOn dueOn total balance \
         lines(first: 50) { edges { node { position kind label amount factOn } } } \
         payments { receivedOn amount reference } deadline { status metOn } document { kind }",
    ),
    ("deadlines", Viewer::Officer, "kind article status startedOn dueOn metOn consequence"),
    ("habilitatedOrganisms", Viewer::Stranger, "siren name since until"),
];

#[derive(Clone, Copy)]
enum Viewer {
    Stranger,
    Officer,
    Finance,
}

/// Reads it.
pub(crate) async fn read(app: &TestApp) -> String {
    let staff = app.staff().await;
    let mut lines = Vec::new();
    for (list, viewer, fields) in LISTS {
        let who = match viewer {
            Viewer::Stranger => app.stranger(),
            Viewer::Officer => staff.officer.clone(),
            Viewer::Finance => staff.finance.clone(),
        };
        let mut nodes = all(&who, list, fields).await;
        nodes.sort();
        lines.extend(nodes.into_iter().map(|node| format!("{list} {node}\n")));
    }
    let tasks = "{ pending: tasks(status: PENDING) { totalCount } givenUp: tasks(status: GIVEN_UP) { totalCount } }";
    lines.push(format!("tasks {}\n", staff.operator.query(tasks, json!({})).await));
    lines.concat()
}

/// Every node of a list, page after page.
async fn all(who: &Client, list: &str, fields: &str) -> Vec<String> {
    let query = format!(
        "query($after: String) {{ page: {list}(first: 50, after: $after) {{ \
         pageInfo {{ endCursor hasNextPage }} edges {{ node {{ {fields} }} }} }} }}"
    );
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let mut data = who.query(&query, json!({ "after": after })).await;
        let info = data["page"]["pageInfo"].take();
        let nodes = plain(data["page"].take());
        found
            .extend(nodes.as_array().expect("nodes").iter().map(|node| unnamed(&node.to_string())));
        if info["hasNextPage"] != true {
            return found;
        }
        after = info["endCursor"].clone();
    }
}

/// The text without the ids of tasks, which a subject line has.
fn unnamed(text: &str) -> String {
    let (mut parts, mut out) = (text.split("tsk_"), String::new());
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push_str("tsk_?");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_alphanumeric()));
    }
    out
}

/// The value, with connections as lists of their nodes, in no order.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(mut map) => match map.remove("edges") {
            Some(Value::Array(edges)) => {
                let nodes = edges.into_iter().map(|mut edge| plain(edge["node"].take()));
                let mut nodes: Vec<_> = nodes.collect();
                nodes.sort_by_key(Value::to_string);
                Value::Array(nodes)
            }
            _ => map.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        },
        Value::Array(items) => items.into_iter().map(plain).collect(),
        other => other,
    }
}
