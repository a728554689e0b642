//! What a request must pass before anything of it is executed, whatever brought it here: the size and the
//! shape of its query, its texts, what it may ask about the schema; and how errors are told afterwards.
//!
//! | what | where |
//! |---|---|
//! | the text, before it is parsed | `tokens`, `escapes` |
//! | what was parsed, and found right, before | `documents` |
//! | the document: depth, aliases, directives, pages, texts | `walk` |
//! | what is told of what does not pass | `limits` |
//! | the errors of an answer: codes, correlation id, no suggestion | `told` |

mod documents;
mod escapes;
mod limits;
mod tokens;
mod told;
mod walk;

pub(crate) use documents::{Documents, OnceValidated};
pub(crate) use limits::Passed;
pub(crate) use told::{executed, tell};

use crate::rejection::Rejection;
use crate::text;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition};
use async_graphql::{Request, Value, Variables};
use documents::{Manner, Validity};
use entity::kind::Role;
use limits::{NO_SUCH_OPERATION, SYNTAX, VARIABLE_MISSING};
use service::context::Actor;
use std::borrow::Cow;

/// Whether the caller may ask about the schema and be shown suggestions in production: who is staff of an
/// authority, or runs the platform.
pub(crate) fn is_staff(actor: &Actor) -> bool {
    let staff =
        |grant: &service::context::Grant| grant.authority.is_some() || grant.role == Role::Operator;
    actor.grants().iter().any(staff)
}

/// Parses the request's query and looks at it; what it parsed stays in the request, with the text as the parser knows it.
///
/// # Errors
/// The first limit that the query exceeds, or why it is no query.
pub(crate) fn admit(
    request: &mut Request,
    introspection: bool,
    known: &Documents,
) -> Result<Passed, Rejection> {
    if let Some(bad) = text::of_variables(&request.variables) {
        return Err(bad);
    }
    if let Cow::Owned(query) = escapes::written(&request.query)? {
        request.query = query;
    }
    let variables = std::mem::take(&mut request.variables);
    let admitted = admit_with(request, &variables, introspection, known);
    request.variables = variables;
    if admitted.is_ok() {
        give_defaults(request);
    }
    admitted
}

/// Gives the variables that are left out the values that their operation has for them: of `@skip` and `@include`, the
/// library asks what was given alone.
fn give_defaults(request: &mut Request) {
    let name = request.operation_name.clone();
    let defaults = |operation: &OperationDefinition| {
        let variables = operation.variable_definitions.iter().map(|variable| &variable.node);
        variables
            .filter_map(|v| Some((v.name.node.clone(), v.default_value.clone()?.node)))
            .collect::<Vec<_>>()
    };
    let document = request.parsed_query().ok();
    let operation = document.and_then(|document| chosen(document, name.as_deref()));
    for (name, value) in operation.map(defaults).unwrap_or_default() {
        request.variables.entry(name).or_insert(value);
    }
}

/// Its variables stand beside the request.
fn admit_with(
    request: &mut Request,
    variables: &Variables,
    introspection: bool,
    known: &Documents,
) -> Result<Passed, Rejection> {
    let name = request.operation_name.clone();
    let name = name.as_deref();
    let Some(kept) = known.of(&request.query) else {
        tokens::check(&request.query)?;
        let query = request.query.clone();
        let document = request.parsed_query().map_err(|error| syntax(&error))?;
        let passed = look(document, name, variables, introspection)?;
        known.keep(query, document);
        return Ok(passed);
    };
    request.set_parsed_query(kept.document.clone());
    let manner = chosen(&kept.document, name)
        .and_then(|operation| Manner::of(name, operation, variables, introspection));
    if let Some((passed, result)) = manner.as_ref().and_then(|manner| kept.right(manner)) {
        request.data.insert(Validity::Known(result));
        return Ok(passed);
    }
    let passed = look(&kept.document, name, variables, introspection)?;
    if let Some(manner) = manner {
        request.data.insert(Validity::Kept(kept, manner, passed));
    }
    Ok(passed)
}

/// Looks at the text of a query that no request brings yet.
///
/// # Errors
/// The code of what is wrong with it.
pub(crate) fn check_text(query: &str) -> Result<(), &'static str> {
    let code = |rejection: Rejection| rejection.code();
    let query = escapes::written(query).map_err(code)?;
    tokens::check(&query).map_err(code)?;
    let mut request = Request::new(query);
    let document = request.parsed_query().map_err(|error| code(syntax(&error)))?;
    walk::check(document, &Variables::default(), None, true).map_err(code)
}

fn look(
    document: &ExecutableDocument,
    name: Option<&str>,
    variables: &Variables,
    introspection: bool,
) -> Result<Passed, Rejection> {
    let operation = chosen(document, name).ok_or(NO_SUCH_OPERATION)?;
    walk::check(document, variables, Some(operation), introspection)?;
    require(operation, variables)?;
    let root_fields = walk::root_fields(document, operation);
    Ok(Passed { kind: operation.ty, root_fields })
}

/// The operation to execute.
pub(crate) fn chosen<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations.find(|(known, _)| known.is_some_and(|known| known == name)),
        None => operations.next().filter(|_| operations.next().is_none()),
    };
    found.map(|(_, operation)| &operation.node)
}

/// A variable that is never null has a value, before any field that takes it is executed.
fn require(operation: &OperationDefinition, variables: &Variables) -> Result<(), Rejection> {
    let missing = operation.variable_definitions.iter().map(|variable| &variable.node).find(|v| {
        let given = variables.get(&v.name.node);
        let none = given.map_or(v.default_value.is_none(), |value| *value == Value::Null);
        none && !v.var_type.node.nullable
    });
    missing.map_or(Ok(()), |variable| {
        let name = variable.name.node.to_string();
        Err(VARIABLE_MISSING.saying(format!("La variable ${name} est obligatoire.")).at(vec![name]))
    })
}

/// Where the text stops being a query; the text itself is not repeated.
fn syntax(error: &async_graphql::ServerError) -> Rejection {
    let expected = error.message.lines().last().unwrap_or_default();
    let expected = expected.trim().trim_start_matches("= ");
    let place = error.locations.first();
    let place =
        place.map_or(String::new(), |at| format!(", ligne {}, colonne {}", at.line, at.column));
    let detail: String = expected.chars().take(200).collect();
    SYNTAX.saying(format!("La requête n’est pas du GraphQL{place} ({detail})."))
}
