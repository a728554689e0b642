//! Accounts, sign-in, sessions and roles.

mod mutation;
mod object;
mod query;

pub(crate) use mutation::*;
pub(crate) use object::*;
pub(crate) use query::*;
