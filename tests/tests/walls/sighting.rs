//! What someone read: every field of every object, by the place where it stood.

use crate::schema::{Behind, Schema};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A field of a type, and the path to it from the object that was asked for.
pub(crate) type Spot = (String, String);

/// What stood behind the fields of one object: values as they are, links as the list of their ids.
pub(crate) type Sighting = BTreeMap<Spot, Value>;

/// The sighting of an object of this type.
///
/// # Panics
/// When a page counts more than it shows: the count would tell of what is hidden.
pub(crate) fn read(schema: &Schema, kind: &str, object: &Value) -> Sighting {
    let mut sighting = Sighting::new();
    walk(schema, kind, object, "", &mut sighting);
    sighting
}

fn walk(schema: &Schema, kind: &str, object: &Value, path: &str, seen: &mut Sighting) {
    for (name, value) in object.as_object().into_iter().flatten() {
        let Some(about) = schema.objects[kind].fields.get(name) else { continue };
        let here = format!("{path}{name}");
        let spot = (format!("{kind}.{name}"), here.clone());
        let value = unpaged(value, &spot);
        match schema.behind(&about.target) {
            Behind::Value => {
                seen.insert(spot, value);
            }
            Behind::Link => {
                seen.insert(spot, ids(&value));
            }
            Behind::Part => {
                let target = schema.paged(&about.target).unwrap_or(&about.target);
                let parts = value.as_array().cloned();
                let there = parts.as_ref().map_or(json!(!value.is_null()), |p| json!(p.len()));
                seen.insert(spot, if value.is_null() { Value::Null } else { there });
                match parts {
                    None => walk(schema, target, &value, &format!("{here}."), seen),
                    Some(parts) => {
                        for (i, part) in parts.iter().enumerate() {
                            walk(schema, target, part, &format!("{here}.{i}."), seen);
                        }
                    }
                }
            }
        }
    }
}

/// A page as the list of its items; anything else as it is.
fn unpaged(value: &Value, spot: &Spot) -> Value {
    let Some(edges) = value["edges"].as_array() else { return value.clone() };
    let total = value["totalCount"].as_u64().expect("a count");
    assert!(
        total == edges.len() as u64 || edges.len() == 20,
        "{spot:?} counts {total} and shows {}",
        edges.len()
    );
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

/// The ids of an object or of several; null stays null.
pub(crate) fn ids(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Array(items) => items.iter().map(|item| item["id"].clone()).collect(),
        one => json!([one["id"]]),
    }
}

/// Whether nothing stands there.
pub(crate) fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}
