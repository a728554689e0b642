//! Tasks, history, the clock.

mod mutation;
mod object;
mod query;

pub(crate) use mutation::*;
pub(crate) use object::*;
pub(crate) use query::*;
