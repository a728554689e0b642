//! Annexe 2: invoices, payments, tariffs.

mod line;
mod mutation;
mod object;
mod query;
mod vocabulary;

pub(crate) use line::*;
pub(crate) use mutation::*;
pub(crate) use object::*;
pub(crate) use query::*;
pub(crate) use vocabulary::*;
