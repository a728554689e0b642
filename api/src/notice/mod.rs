//! Mails as sent (X.c) and the documents that go with them.

mod document;
mod object;
mod query;

pub(crate) use document::*;
pub(crate) use object::*;
pub(crate) use query::*;
