//! Chapter III.2 to III.5: applications, opinions, decisions.

mod decision;
mod mutation;
mod object;
mod query;
mod vocabulary;

pub(crate) use decision::*;
pub(crate) use mutation::*;
pub(crate) use object::*;
pub(crate) use query::*;
pub(crate) use vocabulary::*;
