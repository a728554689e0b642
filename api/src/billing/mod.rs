//! Annexe 2: invoices, payments, tariffs.

mod line;
mod mutation;
mod object;
mod query;

pub(crate) use line::*;
pub(crate) use mutation::*;
pub(crate) use object::*;
pub(crate) use query::*;
