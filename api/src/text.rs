//! The texts of a request, looked at in one place before anything reads them: a character that no
//! database keeps, or a length that no form has, is refused by the field that holds it.

use crate::rejection::Rejection;
use async_graphql::{Value, Variables};
use axum::http::StatusCode;

/// The longest text of a field, in characters: minutes of a meeting run to some pages.
const LONGEST: usize = 20_000;

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It holds a NUL.
    Character,
    /// It is too long.
    Length,
}

/// The first text of the variables that is refused, by its field: from the variable down, e.g.
/// `["input", "grounds"]`.
pub(crate) fn of_variables(variables: &Variables) -> Option<Rejection> {
    variables.iter().find_map(|(name, value)| of_argument(name, value))
}

/// The first text of an argument's literal, or of a variable, that is refused.
pub(crate) fn of_argument(name: &str, value: &Value) -> Option<Rejection> {
    let mut path = vec![name.to_owned()];
    let fault = look(value, &mut path)?;
    let place = path.join(".");
    let (code, message) = match fault {
        Fault::Character => {
            ("CHARACTER_INVALID", format!("Le champ {place} contient un caractère interdit (NUL)."))
        }
        Fault::Length => {
            ("TOO_LONG", format!("Le champ {place} compte plus de 20 000 caractères."))
        }
    };
    Some(Rejection::new(StatusCode::BAD_REQUEST, code, "").saying(message).at(path))
}

/// Looks into a value; the path leads to what was found.
fn look(value: &Value, path: &mut Vec<String>) -> Option<Fault> {
    let mut below = |step: String, value: &Value| {
        path.push(step);
        let found = look(value, path);
        if found.is_none() {
            path.pop();
        }
        found
    };
    match value {
        Value::String(text) => fault(text),
        Value::List(items) => {
            items.iter().enumerate().find_map(|(i, item)| below(i.to_string(), item))
        }
        Value::Object(fields) => {
            fields.iter().find_map(|(name, field)| below(name.to_string(), field))
        }
        _ => None,
    }
}

fn fault(text: &str) -> Option<Fault> {
    if text.contains('\0') {
        return Some(Fault::Character);
    }
    // As many bytes as that hold no more characters.
    (text.len() > LONGEST && text.chars().count() > LONGEST).then_some(Fault::Length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The code and the field of what is refused.
    fn of(variables: serde_json::Value) -> Option<(&'static str, serde_json::Value)> {
        let refused = of_variables(&Variables::from_json(variables))?;
        Some((refused.code(), json!(refused.field())))
    }

    #[test]
    fn the_field_is_named_however_deep() {
        let found =
            of(json!({ "a": 1, "input": { "ok": "x", "findings": [{}, { "grounds": "a\0" }] } }));
        let field = json!(["input", "findings", "1", "grounds"]);
        assert_eq!(found, Some(("CHARACTER_INVALID", field)));
    }

    #[test]
    fn a_text_is_counted_in_characters() {
        assert_eq!(of(json!({ "t": "é".repeat(LONGEST) })), None);
        assert_eq!(of(json!({ "t": "é".repeat(LONGEST + 1) })), Some(("TOO_LONG", json!(["t"]))));
    }
}
