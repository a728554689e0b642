//! What a request that does not pass is told, and what is known of one that does.

use crate::rejection::Rejection;
use async_graphql::parser::types::OperationType;
use axum::http::StatusCode;

/// A limit exceeded: its code for programs, its message for people.
pub(super) const fn refused(code: &'static str, message: &'static str) -> Rejection {
    Rejection::new(StatusCode::BAD_REQUEST, code, message)
}

pub(crate) const TOO_LONG: Rejection =
    refused("QUERY_TOO_LONG", "La requête GraphQL compte plus de 2 000 éléments.");
pub(crate) const TOO_DEEP: Rejection =
    refused("QUERY_TOO_DEEP", "La requête GraphQL est trop profonde : 15 niveaux au plus.");
pub(crate) const TOO_COSTLY: Rejection = refused(
    "QUERY_TOO_COSTLY",
    "La requête GraphQL demande trop à la fois : demandez des pages plus courtes ou moins de champs.",
);
pub(super) const SYNTAX: Rejection = Rejection::of_document("GRAPHQL_PARSE_FAILED", "");
pub(super) const NO_SUCH_OPERATION: Rejection = Rejection::of_document(
    "OPERATION_NOT_FOUND",
    "operationName doit nommer une des opérations de la requête.",
);

pub(super) const VARIABLE_MISSING: Rejection = Rejection::of_document("VARIABLE_MISSING", "");

/// What passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passed {
    /// A query, a mutation or a subscription.
    pub(crate) kind: OperationType,
    /// How many fields its root has: a mutation's are an act each.
    pub(crate) root_fields: u32,
}
