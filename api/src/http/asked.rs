//! The parameters of a request, as a body or as an address holds them.

use super::media;
use crate::door::Named;
use crate::rejection::Rejection;
use async_graphql::Variables;
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use serde_json::{Map, Value};

const NOT_JSON: Rejection = Rejection::new(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "UNSUPPORTED_MEDIA_TYPE",
    "Une requête GraphQL s’envoie en application/json, en UTF-8.",
);
const BATCH: Rejection = Rejection::new(
    StatusCode::BAD_REQUEST,
    "BATCH_REFUSED",
    "Une requête à la fois : les tableaux de requêtes ne sont pas exécutés.",
);
const BAD_REQUEST: Rejection = Rejection::new(
    StatusCode::BAD_REQUEST,
    "BAD_REQUEST",
    "Le corps de la requête n’est pas une requête GraphQL en JSON.",
);
const BAD_ADDRESS: Rejection = Rejection::new(
    StatusCode::BAD_REQUEST,
    "BAD_REQUEST",
    "Les paramètres de l’adresse ne sont pas ceux d’une requête GraphQL.",
);

/// A request as the specification writes it, with what stands for its query.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    query: Option<String>,
    #[serde(default)]
    pub(super) operation_name: Option<String>,
    #[serde(default)]
    variables: Option<Variables>,
    extensions: Option<Map<String, Value>>,
    document_id: Option<String>,
    id: Option<String>,
}

/// The same in an address, where maps are texts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InAddress {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
    document_id: Option<String>,
    id: Option<String>,
}

impl Asked {
    /// From the body of a POST.
    pub(crate) fn in_body(headers: &HeaderMap, body: &[u8]) -> Result<Self, Rejection> {
        if !media::is_json(headers) {
            return Err(NOT_JSON);
        }
        Self::in_json(body)
    }

    /// From JSON.
    pub(crate) fn in_json(json: &[u8]) -> Result<Self, Rejection> {
        if json.trim_ascii_start().starts_with(b"[") {
            return Err(BATCH);
        }
        serde_json::from_slice(json).map_err(|_| BAD_REQUEST)
    }

    /// From the address of a GET.
    pub(super) fn in_address(uri: &Uri) -> Result<Self, Rejection> {
        let Query(asked) = Query::<InAddress>::try_from_uri(uri).map_err(|_| BAD_ADDRESS)?;
        let variables = asked.variables.as_deref().map(serde_json::from_str).transpose();
        let extensions = asked.extensions.as_deref().map(serde_json::from_str).transpose();
        let (Ok(variables), Ok(extensions)) = (variables, extensions) else {
            return Err(BAD_ADDRESS);
        };
        Ok(Self {
            query: asked.query,
            operation_name: asked.operation_name,
            variables: variables.flatten(),
            extensions: extensions.flatten(),
            document_id: asked.document_id,
            id: asked.id,
        })
    }

    /// Whether it asks for nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.query.is_none()
            && self.extensions.is_none()
            && self.document_id.is_none()
            && self.id.is_none()
    }

    /// What stands for its query.
    pub(super) fn named(&mut self) -> Named {
        let extension = self.extensions.as_mut().and_then(|values| values.remove("persistedQuery"));
        let id = self.document_id.take().or_else(|| self.id.take());
        Named { query: self.query.take(), extension, id }
    }

    /// Its variables.
    pub(super) fn variables(&mut self) -> Variables {
        self.variables.take().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_what_a_body_does() {
        let uri = "/graphql?query=%7B%20a%20%7D&operationName=A&variables=%7B%22b%22%3A1%7D&extensions=null";
        let mut asked = Asked::in_address(&uri.parse().expect("an address")).expect("a request");
        assert_eq!(asked.operation_name.as_deref(), Some("A"));
        assert_eq!(asked.variables().len(), 1);
        assert_eq!(asked.named().query.as_deref(), Some("{ a }"));
        for bad in [
            "query=a&query=b",
            "query=a&variables=%5B1%5D",
            "query=a&variables=x",
            "query=a&extensions=1",
        ] {
            let uri = format!("/graphql?{bad}").parse().expect("an address");
            assert_eq!(
                Asked::in_address(&uri).expect_err("refused").code(),
                "BAD_REQUEST",
                "{bad}"
            );
        }
    }

    #[test]
    fn a_batch_is_told_apart() {
        assert_eq!(Asked::in_json(b" [{}]").expect_err("refused").code(), "BATCH_REFUSED");
        assert_eq!(Asked::in_json(b"\"a\"").expect_err("refused").code(), "BAD_REQUEST");
        let twice = br#"{"query":"{ a }","query":"{ b }"}"#;
        assert_eq!(Asked::in_json(twice).expect_err("refused").code(), "BAD_REQUEST");
        Asked::in_json(br#"{"query":"{ a }","variables":null,"more":1}"#).expect("a request");
    }
}
