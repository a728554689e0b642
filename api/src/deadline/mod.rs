//! Time limits that explain themselves (X.a).

mod object;
mod query;
mod vocabulary;

pub(crate) use object::*;
pub(crate) use query::*;
pub(crate) use vocabulary::*;
