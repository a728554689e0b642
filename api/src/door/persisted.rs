//! Queries that a client names instead of sending them: those it sent before (Apollo's automatic persisted
//! queries), and a list that its build registered (Relay's `persistConfig`, Apollo's manifest).

use crate::gate;
use crate::rejection::Rejection;
use axum::http::StatusCode;
use lru::LruCache;
use serde::Deserialize;
use service::token::hash;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// How many queries sent before are kept, the last used.
const KEPT: NonZeroUsize = NonZeroUsize::new(1_000).expect("more than none");
/// The longest that is kept, in bytes: a longer one is sent again each time.
const LONGEST_KEPT: usize = 20_000;

/// Clients know it by this very message, or by its code, and send the query again.
const NOT_FOUND: Rejection =
    Rejection::of_document("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound");
const MISMATCH: Rejection = Rejection::new(
    StatusCode::BAD_REQUEST,
    "PERSISTED_QUERY_MISMATCH",
    "L’empreinte envoyée n’est pas celle de la requête.",
);
const UNREADABLE: Rejection = Rejection::new(
    StatusCode::BAD_REQUEST,
    "PERSISTED_QUERY_INVALID",
    "L’extension persistedQuery attend version 1 et sha256Hash.",
);
const REGISTERED_ONLY: Rejection = Rejection::new(
    StatusCode::FORBIDDEN,
    "PERSISTED_QUERY_REQUIRED",
    "Seules les requêtes enregistrées sont exécutées.",
);
const MISSING: Rejection = Rejection::new(
    StatusCode::BAD_REQUEST,
    "BAD_REQUEST",
    "La requête ne contient ni query, ni identifiant d’une requête enregistrée.",
);

/// What a client gave in place of a query, or beside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Named {
    /// The query itself.
    pub(crate) query: Option<String>,
    /// The extension `persistedQuery`.
    pub(crate) extension: Option<serde_json::Value>,
    /// `documentId`, or `id`.
    pub(crate) id: Option<String>,
}

/// The text to execute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) query: Arc<str>,
    /// Under what to keep it, once it proved valid.
    pub(crate) keep: Option<String>,
}

/// The queries that are known beforehand.
#[derive(Debug)]
pub struct PersistedQueries {
    /// By the identifier that the list gives, and by the hash of their text.
    registered: HashMap<String, Arc<str>>,
    /// Whether no other is executed.
    only: bool,
    sent: Mutex<LruCache<String, Arc<str>>>,
}

impl Default for PersistedQueries {
    fn default() -> Self {
        Self { registered: HashMap::new(), only: false, sent: Mutex::new(LruCache::new(KEPT)) }
    }
}

/// The lists that tools write.
#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    /// Apollo's manifest.
    Manifest { format: String, version: u32, operations: Vec<Operation> },
    /// Relay's: identifiers to texts.
    Map(HashMap<String, String>),
}

#[derive(Deserialize)]
struct Operation {
    id: String,
    body: String,
}

/// Apollo's extension.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extension {
    version: u32,
    sha256_hash: String,
}

impl PersistedQueries {
    /// With the list that this file holds, if any; with `only`, nothing else is executed.
    ///
    /// # Errors
    /// When the file cannot be read, holds no such list, or a query that would be refused anyway.
    pub fn read(file: Option<&Path>, only: bool) -> Result<Self, String> {
        let Some(file) = file else { return Ok(Self { only, ..Self::default() }) };
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| told(&error))?;
        Self::parse(&text, only).map_err(|error| told(&error))
    }

    fn parse(text: &str, only: bool) -> Result<Self, String> {
        let list = serde_json::from_str(text).map_err(|_| {
            "expected a JSON object of identifiers and queries, or Apollo's manifest".to_owned()
        })?;
        let pairs: Vec<(String, String)> = match list {
            List::Map(map) => map.into_iter().collect(),
            List::Manifest { format, version, operations }
                if format == "apollo-persisted-query-manifest" && version == 1 =>
            {
                operations.into_iter().map(|operation| (operation.id, operation.body)).collect()
            }
            List::Manifest { format, version, .. } => {
                return Err(format!("the format `{format}`, version {version}, is not known"));
            }
        };
        let mut registered = HashMap::with_capacity(2 * pairs.len());
        for (id, query) in pairs {
            gate::check_text(&query).map_err(|code| format!("the query `{id}`: {code}"))?;
            let query: Arc<str> = query.into();
            registered.insert(hash(query.as_bytes()), query.clone());
            registered.insert(id, query);
        }
        Ok(Self { registered, only, ..Self::default() })
    }

    /// The text that a request stands for.
    pub(crate) fn find(&self, named: Named) -> Result<Found, Rejection> {
        let hashed = named.extension.map(Extension::read).transpose()?;
        let id = named.id.as_deref().map(|id| id.strip_prefix("sha256:").unwrap_or(id));
        let id = hashed.as_deref().or(id);
        let Some(query) = named.query.filter(|query| !query.is_empty()) else {
            let query = self.known(id.ok_or(MISSING)?).ok_or(NOT_FOUND)?;
            return Ok(Found { query, keep: None });
        };
        let text =
            if self.only || hashed.is_some() { hash(query.as_bytes()) } else { String::new() };
        if hashed.as_deref().is_some_and(|hashed| hashed != text) {
            return Err(MISMATCH);
        }
        if self.only {
            let query = self.registered.get(&text).cloned().ok_or(REGISTERED_ONLY)?;
            return Ok(Found { query, keep: None });
        }
        let keep = hashed.filter(|_| query.len() <= LONGEST_KEPT);
        Ok(Found { query: query.into(), keep })
    }

    fn known(&self, id: &str) -> Option<Arc<str>> {
        self.registered.get(id).cloned().or_else(|| self.sent().get(id).cloned())
    }

    /// Keeps a query that was found valid.
    pub(crate) fn keep(&self, hash: String, query: Arc<str>) {
        self.sent().put(hash, query);
    }

    fn sent(&self) -> std::sync::MutexGuard<'_, LruCache<String, Arc<str>>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Extension {
    /// The hash, in lower case.
    fn read(value: serde_json::Value) -> Result<String, Rejection> {
        let extension: Self = serde_json::from_value(value).map_err(|_| UNREADABLE)?;
        let hash = extension.sha256_hash.to_ascii_lowercase();
        if extension.version == 1 { Ok(hash) } else { Err(UNREADABLE) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const QUERY: &str = "{ clock { today } }";

    fn extension(hash: &str) -> serde_json::Value {
        json!({ "version": 1, "sha256Hash": hash })
    }

    fn code(found: Result<Found, Rejection>) -> &'static str {
        found.expect_err("refused").code()
    }

    #[test]
    fn what_was_sent_once_is_found_by_its_hash_and_the_cache_is_bounded() {
        let queries = PersistedQueries::default();
        let of = |query: &str| hash(query.as_bytes());
        let alone = || Named { extension: Some(extension(&of(QUERY))), ..Named::default() };
        assert_eq!(code(queries.find(alone())), "PERSISTED_QUERY_NOT_FOUND");
        let both = Named { query: Some(QUERY.to_owned()), ..alone() };
        let found = queries.find(both).expect("the hash is its own");
        assert_eq!(&*found.query, QUERY);
        queries.keep(found.keep.expect("to be kept"), found.query);
        assert_eq!(&*queries.find(alone()).expect("kept").query, QUERY);
        let other = Named { query: Some("{ a }".to_owned()), ..alone() };
        assert_eq!(code(queries.find(other)), "PERSISTED_QUERY_MISMATCH");
        for n in 0..KEPT.get() {
            queries.keep(n.to_string(), "{ a }".into());
        }
        assert_eq!(code(queries.find(alone())), "PERSISTED_QUERY_NOT_FOUND");
        let long = format!("{QUERY}#{}", "x".repeat(LONGEST_KEPT));
        let long = Named { extension: Some(extension(&of(&long))), query: Some(long), id: None };
        assert_eq!(queries.find(long).expect("executed").keep, None, "too long to be kept");
    }

    #[test]
    fn registered_queries_are_read_from_both_tools_and_may_be_the_only_ones() {
        let map = json!({ "a1": QUERY }).to_string();
        let manifest = json!({
            "format": "apollo-persisted-query-manifest", "version": 1,
            "operations": [{ "id": "a1", "name": "Today", "type": "query", "body": QUERY }],
        });
        for list in [map, manifest.to_string()] {
            let queries = PersistedQueries::parse(&list, true).expect("a list");
            let by = |id: &str| Named { id: Some(id.to_owned()), ..Named::default() };
            assert_eq!(&*queries.find(by("a1")).expect("registered").query, QUERY);
            let hashed = format!("sha256:{}", hash(QUERY.as_bytes()));
            assert_eq!(&*queries.find(by(&hashed)).expect("by its hash").query, QUERY);
            assert_eq!(code(queries.find(by("a2"))), "PERSISTED_QUERY_NOT_FOUND");
            let text = |query: &str| Named { query: Some(query.to_owned()), ..Named::default() };
            queries.find(text(QUERY)).expect("the very text of a registered one");
            assert_eq!(code(queries.find(text("{ a }"))), "PERSISTED_QUERY_REQUIRED");
        }
    }

    #[test]
    fn mistakes_are_told() {
        for list in ["[]", "{\"a\": 1}", "{\"a\": \"{\"}", "no json"] {
            assert!(PersistedQueries::parse(list, false).is_err(), "{list}");
        }
        let other = json!({ "format": "x", "version": 1, "operations": [] }).to_string();
        assert!(PersistedQueries::parse(&other, false).is_err());
        let queries = PersistedQueries::default();
        assert_eq!(code(queries.find(Named::default())), "BAD_REQUEST");
        let newer = Some(json!({ "version": 2, "sha256Hash": "00" }));
        let newer = Named { extension: newer, ..Named::default() };
        assert_eq!(code(queries.find(newer)), "PERSISTED_QUERY_INVALID");
    }
}
