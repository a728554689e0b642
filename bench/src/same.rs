//! One neutral form of the servers' answers, and that they agree.

use anyhow::{Context as _, bail};
use entity::ids::{
    CandidateId, CertificateId, EnrolmentId, EvaluationId, InvoiceId, InvoiceLineId, OrganismId,
    TypedId,
};
use serde_json::{Map, Value};
use uuid::Uuid;

/// A GraphQL answer's only root field in the neutral form.
pub(crate) fn answer(body: &[u8]) -> anyhow::Result<Value> {
    let answer: Value = serde_json::from_slice(body).context("an answer in JSON")?;
    if answer.get("errors").is_some() {
        bail!("{answer}");
    }
    let root = answer.get("data").and_then(Value::as_object).and_then(|data| data.values().next());
    Ok(neutral("", root.cloned().context("an answer has a root field")?))
}

/// Ids as UUIDs, amounts as numbers, pages as lists; of what is asked for as a list of which one counts, the last.
pub(crate) fn neutral(name: &str, value: Value) -> Value {
    match (name, value) {
        ("enrolment" | "lastEvaluation", value @ (Value::Array(_) | Value::Object(_))) => {
            match list(value) {
                Ok(mut rows) => neutral("", rows.pop().unwrap_or_default()),
                Err(object) => Value::Object(fields(object)),
            }
        }
        ("id", Value::String(id)) => {
            uuid(&id).map_or(Value::String(id), |id| id.to_string().into())
        }
        ("total" | "amount", Value::String(cents)) => {
            cents.parse::<i64>().map_or(Value::String(cents), Value::from)
        }
        (_, value @ (Value::Array(_) | Value::Object(_))) => match list(value) {
            Ok(rows) => rows.into_iter().map(|row| neutral("", row)).collect(),
            Err(object) => Value::Object(fields(object)),
        },
        (_, value) => value,
    }
}

fn fields(object: Map<String, Value>) -> Map<String, Value> {
    object.into_iter().map(|(name, value)| (name.clone(), neutral(&name, value))).collect()
}

/// The rows of a list or of a page; the object that is neither.
fn list(value: Value) -> Result<Vec<Value>, Map<String, Value>> {
    match value {
        Value::Array(rows) => Ok(rows),
        Value::Object(mut page) => {
            if let Some(Value::Array(edges)) = page.get_mut("edges").map(Value::take) {
                let node = |mut edge: Value| edge.get_mut("node").map(Value::take);
                Ok(edges.into_iter().filter_map(node).collect())
            } else if let Some(Value::Array(nodes)) = page.get_mut("nodes").map(Value::take) {
                Ok(nodes)
            } else {
                Err(page)
            }
        }
        _ => Ok(Vec::new()),
    }
}

/// The UUID inside a global id of one of the pages' types.
fn uuid(id: &str) -> Option<Uuid> {
    fn of<Id: TypedId>(id: &str) -> Option<Uuid> {
        Id::from_str(id).ok().map(TypedId::uuid)
    }
    of::<CandidateId>(id)
        .or_else(|| of::<OrganismId>(id))
        .or_else(|| of::<EnrolmentId>(id))
        .or_else(|| of::<EvaluationId>(id))
        .or_else(|| of::<CertificateId>(id))
        .or_else(|| of::<InvoiceId>(id))
        .or_else(|| of::<InvoiceLineId>(id))
}

/// The first difference between two values, as a path and both sides.
pub(crate) fn difference(path: &str, left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            let side = |map: &Map<String, Value>, name: &String| {
                map.get(name).cloned().unwrap_or_default()
            };
            names.into_iter().find_map(|name| {
                difference(&format!("{path}.{name}"), &side(a, name), &side(b, name))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs.into_iter().find_map(|(i, (a, b))| difference(&format!("{path}[{i}]"), a, b))
        }
        _ if left == right => None,
        _ => Some(format!("{path}: {left} and {right}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn three_spellings_of_one_page_are_the_same() {
        let id = Uuid::now_v7();
        let alone = json!({
            "id": id, "total": 120, "enrolment": {"id": id, "lastEvaluation": {"kind": "FINAL"}, "certificate": null},
            "lines": [{"id": id, "amount": 3}],
        });
        let ours = json!({"data": {"node": {
            "id": CandidateId(id).to_string(), "total": 120,
            "enrolment": {"edges": [{"node": {
                "id": EnrolmentId(id).to_string(), "lastEvaluation": [{"kind": "PRIOR"}, {"kind": "FINAL"}], "certificate": null,
            }}]},
            "lines": {"edges": [{"node": {"id": InvoiceLineId(id).to_string(), "amount": 3}}]},
        }}});
        let theirs = json!({"data": {"candidateByRowId": {
            "id": id, "total": "120",
            "enrolment": {"nodes": [{"id": id, "lastEvaluation": {"nodes": [{"kind": "FINAL"}]}, "certificate": null}]},
            "lines": {"nodes": [{"id": id, "amount": "3"}]},
        }}});
        let alone = neutral("", alone);
        for other in [&ours, &theirs] {
            let other = answer(other.to_string().as_bytes()).expect("an answer");
            assert_eq!(difference("", &alone, &other), None);
        }
        let mut wrong = alone.clone();
        wrong["lines"][0]["amount"] = 4.into();
        assert_eq!(difference("", &alone, &wrong).as_deref(), Some(".lines[0].amount: 3 and 4"));
    }
}
