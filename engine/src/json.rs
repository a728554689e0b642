//! Answers as JSON, written while they are resolved: an object or a `List` that is done is its text.
//!
//! Among the library's values such a text stands as `Value::Binary`, which no scalar of the schema is. The library
//! itself merges what is selected twice at the root, and nowhere else: what it would merge is handed to it as values.

use async_graphql::parser::types::{Selection, SelectionSet};
use async_graphql::{
    ContextSelectionSet, QueryEnv, QueryPathNode, QueryPathSegment, Response, ServerError,
    ServerResult, Value,
};
use serde::Serialize;
use std::collections::HashMap;

/// The text of a response, as the library's own `Serialize` but for texts that stand in it as bytes.
///
/// # Errors
/// When a part of it has no text.
pub fn to_vec(response: &Response) -> ServerResult<Vec<u8>> {
    let mut out = b"{\"data\":".to_vec();
    write(&response.data, &mut out)?;
    if !response.extensions.is_empty() {
        out.extend_from_slice(b",\"extensions\":");
        any(&response.extensions, &mut out)?;
    }
    if !response.errors.is_empty() {
        out.extend_from_slice(b",\"errors\":");
        any(&response.errors, &mut out)?;
    }
    out.push(b'}');
    Ok(out)
}

/// Writes the value at the end of the text.
pub(crate) fn write(value: &Value, out: &mut Vec<u8>) -> ServerResult<()> {
    match value {
        Value::Binary(text) => out.extend_from_slice(text),
        Value::List(items) => {
            out.push(b'[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            out.push(b'{');
            for (n, (name, value)) in fields.iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                any(name.as_str(), out)?;
                out.push(b':');
                write(value, out)?;
            }
            out.push(b'}');
        }
        leaf => any(leaf, out)?,
    }
    Ok(())
}

/// Writes the key of a response, before it what begins an object or goes on with it.
pub(crate) fn key(name: &str, first: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if first { b"{\"" } else { b",\"" });
    // The language has no name that would have to be escaped.
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// The value with its texts read again.
pub(crate) fn read(value: Value) -> ServerResult<Value> {
    match value {
        Value::Binary(text) => serde_json::from_slice(&text).map_err(|error| failed(&error)),
        Value::List(items) => {
            items.into_iter().map(read).collect::<Result<_, _>>().map(Value::List)
        }
        Value::Object(mut fields) => {
            for value in fields.values_mut() {
                *value = read(std::mem::take(value))?;
            }
            Ok(Value::Object(fields))
        }
        leaf => Ok(leaf),
    }
}

/// What was resolved here as its text; as values where the library merges it.
pub(crate) fn told(ctx: &ContextSelectionSet<'_>, value: Value) -> ServerResult<Value> {
    if merged(ctx) {
        return read(value);
    }
    if let Value::Binary(_) = value {
        return Ok(value);
    }
    let mut text = Vec::new();
    write(&value, &mut text)?;
    Ok(Value::Binary(text.into()))
}

fn any<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> ServerResult<()> {
    serde_json::to_writer(out, value).map_err(|error| failed(&error))
}

fn failed(error: &serde_json::Error) -> ServerError {
    ServerError::new(error.to_string(), None)
}

/// Whether the library merges this with what else is selected at the root under its key.
fn merged(ctx: &ContextSelectionSet<'_>) -> bool {
    let mut node = ctx.path_node.as_ref();
    while let Some(QueryPathNode { segment: QueryPathSegment::Index(_), parent }) = node {
        node = *parent;
    }
    let Some(QueryPathNode { segment: QueryPathSegment::Name(key), parent: None }) = node else {
        return false;
    };
    times(
        ctx.query_env,
        &ctx.query_env.operation.node.selection_set.node,
        (key, &mut HashMap::new()),
    ) > 1
}

/// How many times the key is selected here, fragments included; of each fragment it is counted once.
fn times<'a>(
    env: &'a QueryEnv,
    set: &'a SelectionSet,
    (key, seen): (&str, &mut HashMap<&'a str, usize>),
) -> usize {
    let mut found = 0_usize;
    for selection in &set.items {
        found = found.saturating_add(match &selection.node {
            Selection::Field(field) => usize::from(field.node.response_key().node == key),
            Selection::InlineFragment(fragment) => {
                times(env, &fragment.node.selection_set.node, (key, seen))
            }
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                if let Some(times) = seen.get(name) {
                    *times
                } else if let Some(fragment) = env.fragments.get(name) {
                    let times = times(env, &fragment.node.selection_set.node, (key, seen));
                    seen.insert(name, times);
                    times
                } else {
                    0
                }
            }
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::to_vec;
    use crate::{Error, ErrorExtensions, Pos, Response, Value};
    use serde_json::json;

    /// As the library writes it, of what any JSON may hold.
    #[test]
    fn a_response_is_written_as_the_library_does() {
        let data = json!({
            "empty": {}, "a \"key\"": 1, "none": [], "null": null, "numbers": [0, -1, 1.5, u64::MAX],
            "texts": ["", "\"\\\u{1}\n/é\u{2028}"], "objects": [{ "a": true, "b": { "c": false } }],
        });
        let error = Error::new("non").extend_with(|_, values| values.set("code", "REFUSED"));
        let response = Response::new(Value::from_json(data).expect("a value"));
        let mut full = Response::new(Value::Null).extension("cost", Value::from(3));
        full.errors.push(error.into_server_error(Pos { line: 1, column: 2 }));
        for response in [response, full] {
            let expected = serde_json::to_string(&response).expect("JSON");
            assert_eq!(
                String::from_utf8(to_vec(&response).expect("JSON")).expect("UTF-8"),
                expected
            );
        }
    }
}
