//! The texts of a request, looked at in one place before anything reads them: a character that no
//! database keeps, or a length that no form has, is refused by the field that holds it.

use async_graphql::{Request, Value};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

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

/// A text that is refused, and the field that holds it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadText {
    fault: Fault,
    /// From the variable down, e.g. `["input", "grounds"]`; empty for the query itself.
    field: Vec<String>,
}

/// The first text of the request that is refused.
pub(crate) fn refused(request: &Request) -> Option<BadText> {
    // A literal of the query may write the character as an escape.
    let query = request.query.to_lowercase();
    if ["\0", "\\u0000", "\\u{0"].iter().any(|nul| query.contains(nul)) {
        return Some(BadText { fault: Fault::Character, field: Vec::new() });
    }
    let mut path = Vec::new();
    request.variables.iter().find_map(|(name, value)| {
        path.clear();
        path.push(name.to_string());
        look(value, &mut path)
    })
}

/// Looks into a value; the path is left as it was unless something was found.
fn look(value: &Value, path: &mut Vec<String>) -> Option<BadText> {
    let mut below = |step: String, value: &Value| {
        path.push(step);
        let found = look(value, path);
        path.pop();
        found
    };
    match value {
        Value::String(text) => {
            let fault = fault(text)?;
            Some(BadText { fault, field: path.clone() })
        }
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

impl BadText {
    /// The answer to the whole request: nothing of it was executed.
    pub(crate) fn into_response(self, correlation_id: &str) -> Response {
        let field = self.field.join(".");
        let place =
            if field.is_empty() { "La requête".to_owned() } else { format!("Le champ {field}") };
        let (code, message) = match self.fault {
            Fault::Character => {
                ("CHARACTER_INVALID", format!("{place} contient un caractère interdit (NUL)."))
            }
            Fault::Length => ("TOO_LONG", format!("{place} compte plus de 20 000 caractères.")),
        };
        let extensions =
            json!({ "code": code, "field": self.field, "correlationId": correlation_id });
        let body = json!({ "errors": [{ "message": message, "extensions": extensions }] });
        (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::Variables;

    fn of(variables: serde_json::Value) -> Option<BadText> {
        refused(&Request::new("{ a }").variables(Variables::from_json(variables)))
    }

    #[test]
    fn the_field_is_named_however_deep() {
        let found =
            of(json!({ "a": 1, "input": { "ok": "x", "findings": [{}, { "grounds": "a\0" }] } }));
        let field = ["input", "findings", "1", "grounds"].map(str::to_owned).to_vec();
        assert_eq!(found, Some(BadText { fault: Fault::Character, field }));
    }

    #[test]
    fn a_text_is_counted_in_characters() {
        assert_eq!(of(json!({ "t": "é".repeat(LONGEST) })), None);
        let found = of(json!({ "t": "é".repeat(LONGEST + 1) })).expect("too long");
        assert_eq!((found.fault, found.field), (Fault::Length, vec!["t".to_owned()]));
    }

    #[test]
    fn an_escape_in_the_query_is_seen() {
        for query in ["{ a(b: \"\\u0000\") }", "{ a(b: \"\\U{00}\") }", "{ a(b: \"\0\") }"] {
            assert!(refused(&Request::new(query)).is_some(), "{query}");
        }
        assert!(refused(&Request::new("{ a(b: \"\\u00e9\") }")).is_none());
    }
}
