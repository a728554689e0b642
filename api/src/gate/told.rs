//! The errors of an answer: each has a code and the correlation id, none repeats the schema to a stranger.

use async_graphql::{PathSegment, Response, ServerError, Value};

/// What the library writes before the names that it suggests.
const SUGGESTION: &str = " Did you mean \"";
/// What the library says of a query whose cost exceeds the limit.
const COSTLY: &str = "Query is too complex.";

/// What the library writes around the place of a value that is none of its type, and the name of that type.
const VALUE: [&str; 2] =
    ["Invalid value for argument \"", "Invalid default value for argument: \""];
const EXPECTED: &str = "\", expected type \"";

/// Whether a field was answered, be it with a fault: an error without a path stands before any field.
pub(crate) fn executed(response: &Response) -> bool {
    response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty())
}

/// Makes an answer what clients expect: `suggestions` for who may read the schema.
pub(crate) fn tell(response: &mut Response, suggestions: bool, correlation_id: &str) {
    let code = if executed(response) { "BAD_USER_INPUT" } else { "GRAPHQL_VALIDATION_FAILED" };
    propagate_null(response);
    for error in &mut response.errors {
        tell_error(error, code, correlation_id);
        if !suggestions && let Some(at) = error.message.find(SUGGESTION) {
            error.message.truncate(at);
        }
    }
}

fn tell_error(error: &mut ServerError, code: &'static str, correlation_id: &str) {
    let costly = error.message == COSTLY;
    let place =
        misplaced(&error.message).map(|(place, expected)| (place.to_owned(), expected == "Date"));
    let values = error.extensions.get_or_insert_default();
    if let Some((place, date)) = place {
        let steps = place.split('.').map(Value::from).collect();
        values.set("field", Value::List(steps));
        if date {
            values.set("code", "DATE_INVALID");
            error.message = format!(
                "Le champ {place} n’est pas une date : elle s’écrit 2026-11-24, sans rien autour."
            );
        }
    }
    if costly {
        values.set("code", super::limits::TOO_COSTLY.code());
        super::limits::TOO_COSTLY.message().clone_into(&mut error.message);
    } else if values.get("code").is_none() {
        values.set("code", code);
    }
    values.set("correlationId", correlation_id);
}

/// Of a value that is none of its type: where it stands, from the argument down, and the type's name.
fn misplaced(message: &str) -> Option<(&str, &str)> {
    let rest = VALUE.iter().find_map(|start| message.strip_prefix(start))?;
    let (place, expected) = rest.split_once(EXPECTED)?;
    Some((place, expected.strip_suffix('"')?))
}

/// A field of the root that failed although it is never null empties the whole data, as the
/// specification asks and the library does not.
fn propagate_null(response: &mut Response) {
    let Value::Object(data) = &response.data else { return };
    let failed = response.errors.iter().any(|error| match error.path.as_slice() {
        [PathSegment::Field(name)] => !data.contains_key(name.as_str()),
        _ => false,
    });
    if failed {
        response.data = Value::Null;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};

    struct Query;

    #[Object]
    impl Query {
        async fn secret(&self, name: Option<i32>) -> Option<i32> {
            name
        }
    }

    async fn told(query: &str, suggestions: bool) -> Response {
        let schema = Schema::build(Query, EmptyMutation, EmptySubscription).limit_complexity(3);
        let mut response = schema.finish().execute(query).await;
        tell(&mut response, suggestions, "r-1");
        response
    }

    fn code(response: &Response) -> Option<&Value> {
        response.errors.first()?.extensions.as_ref()?.get("code")
    }

    // What the library says is recognised by its words: another version may choose others.
    #[tokio::test]
    async fn the_library_s_own_errors_have_codes_and_suggest_nothing_to_strangers() {
        let response = told("{ secre }", true).await;
        assert!(response.errors[0].message.contains("Did you mean \"secret\""), "{response:?}");
        let response = told("{ secre }", false).await;
        let error = &response.errors[0];
        assert_eq!(error.message, "Unknown field \"secre\" on type \"Query\".");
        assert_eq!(code(&response), Some(&"GRAPHQL_VALIDATION_FAILED".into()));
        let id = error.extensions.as_ref().and_then(|values| values.get("correlationId"));
        assert_eq!(id, Some(&"r-1".into()));
        let costly = told("{ a: secret b: secret c: secret d: secret }", false).await;
        assert_eq!(code(&costly), Some(&"QUERY_TOO_COSTLY".into()));
    }
}
