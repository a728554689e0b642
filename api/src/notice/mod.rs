//! Mails as sent (X.c), what became of them, and the documents that go with them.

mod document;
mod failed;
mod mutation;
mod object;
mod query;
mod vocabulary;

pub(crate) use document::*;
pub(crate) use failed::*;
pub(crate) use mutation::*;
pub(crate) use object::*;
pub(crate) use query::*;
pub(crate) use vocabulary::*;
