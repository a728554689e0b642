//! Chapter V.3.d: alerts on EDOF offers and what they lead to.

mod mutation;
mod object;
mod query;
mod vocabulary;

pub(crate) use mutation::*;
pub(crate) use object::*;
pub(crate) use query::*;
pub(crate) use vocabulary::*;
