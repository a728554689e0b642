//! Accounts, sign-in, sessions and roles.

mod mutation;
mod object;
mod query;
mod vocabulary;

pub(crate) use mutation::*;
pub(crate) use object::*;
pub(crate) use query::*;
pub(crate) use vocabulary::*;
