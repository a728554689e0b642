//! A plain GraphQL client over HTTP.

use anyhow::{Context as _, bail};
use reqwest::Client;
use serde_json::{Value, json};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Who asks: nobody, or someone signed in.
#[derive(Debug, Clone)]
pub(super) struct Session {
    http: Client,
    base: String,
    token: Option<String>,
}

/// A refusal as the API tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// The stable code.
    pub(super) code: String,
    /// The article; empty when there is none.
    pub(super) article: String,
    /// For people.
    pub(super) message: String,
}

impl Session {
    /// Nobody, at this address.
    pub(super) fn new(base: &str) -> anyhow::Result<Self> {
        let http = Client::builder().timeout(PATIENCE).build()?;
        Ok(Self { http, base: base.to_owned(), token: None })
    }

    /// Signs in.
    pub(super) async fn sign_in(&self, email: &str, password: &str) -> anyhow::Result<Self> {
        let input = json!({ "email": email, "password": password });
        let payload = self.act("signIn", input, "token").await?;
        Ok(Self { token: Some(text(&payload, "/token")?), ..self.clone() })
    }

    /// The data of a query.
    pub(super) async fn query(&self, query: &str, variables: Value) -> anyhow::Result<Value> {
        let mut request = self
            .http
            .post(format!("{}/graphql", self.base))
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.context("the API does not answer")?;
        let mut body: Value = response.json().await.context("the API does not answer GraphQL")?;
        if let Some(errors) = body.get("errors") {
            bail!("{errors} for {query}");
        }
        Ok(body["data"].take())
    }

    /// The payload of a mutation, done or refused.
    pub(super) async fn attempt(
        &self,
        mutation: &str,
        input: Value,
        fields: &str,
    ) -> anyhow::Result<Result<Value, Vec<Refused>>> {
        let (first, rest) = mutation.split_at(1);
        let kind = format!("{}{rest}", first.to_uppercase());
        let query = format!(
            "mutation($input: {kind}Input!) {{ done: {mutation}(input: $input) \
             {{ {fields} refusals {{ code article message }} }} }}"
        );
        let mut data = self.query(&query, json!({ "input": input })).await?;
        let payload = data["done"].take();
        let told =
            |refusal: &Value, name: &str| refusal[name].as_str().unwrap_or_default().to_owned();
        let refusals: Vec<_> = payload["refusals"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|r| Refused {
                code: told(r, "code"),
                article: told(r, "article"),
                message: told(r, "message"),
            })
            .collect();
        Ok(if refusals.is_empty() { Ok(payload) } else { Err(refusals) })
    }

    /// The payload of a mutation that must be done.
    pub(super) async fn act(
        &self,
        mutation: &str,
        input: Value,
        fields: &str,
    ) -> anyhow::Result<Value> {
        match self.attempt(mutation, input, fields).await? {
            Ok(payload) => Ok(payload),
            Err(refusals) => bail!("{mutation} was refused: {refusals:?}"),
        }
    }

    /// A file of the API, by the address that it gives.
    pub(super) async fn file(&self, url: &str) -> anyhow::Result<Vec<u8>> {
        let path = url.find("/documents/").map(|at| &url[at..]).context("no document's address")?;
        let mut request = self.http.get(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?.error_for_status()?;
        Ok(response.bytes().await?.to_vec())
    }
}

/// The text at a JSON pointer.
pub(super) fn text(value: &Value, pointer: &str) -> anyhow::Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).with_context(|| format!("no text at {pointer} in {value}"))
}

/// The whole number at a JSON pointer.
pub(super) fn number(value: &Value, pointer: &str) -> anyhow::Result<i64> {
    value
        .pointer(pointer)
        .and_then(Value::as_i64)
        .with_context(|| format!("no number at {pointer} in {value}"))
}

/// The nodes of the connection at a JSON pointer.
pub(super) fn nodes<'a>(value: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let edges = value.pointer(pointer).and_then(|connection| connection["edges"].as_array());
    edges.into_iter().flatten().map(|edge| &edge["node"]).collect()
}
