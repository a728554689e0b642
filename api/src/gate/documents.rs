//! Queries that were parsed before: clients send the same ones again and again.

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// How many are kept, the last used.
const KEPT: NonZeroUsize = NonZeroUsize::new(200).expect("more than none");
/// The longest that is kept, in bytes.
const LONGEST_KEPT: usize = 5_000;

/// The documents of queries, by their text.
pub(crate) struct Documents(Mutex<LruCache<String, Arc<ExecutableDocument>>>);

impl Default for Documents {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }
}

impl Documents {
    /// That of this text, if it was kept.
    pub(super) fn of(&self, query: &str) -> Option<Arc<ExecutableDocument>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(query).cloned()
    }

    /// Keeps it if it has no act: what an act is sent with is its own, a password in its text for one.
    pub(super) fn keep(&self, query: String, document: &ExecutableDocument) {
        let queries = document.operations.iter().all(|(_, op)| op.node.ty == OperationType::Query);
        if queries && query.len() <= LONGEST_KEPT {
            let document = Arc::new(document.clone());
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.put(query, document);
        }
    }
}
