//! Time limits that explain themselves (X.a).

mod object;
mod query;

pub(crate) use object::*;
pub(crate) use query::*;
