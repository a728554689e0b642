//! Organisms, their sites and practitioners.

mod mutation;
mod object;
mod practitioner;
mod query;
mod register;
mod site;
mod vocabulary;

pub(crate) use mutation::*;
pub(crate) use object::*;
pub(crate) use practitioner::*;
pub(crate) use query::*;
pub(crate) use register::*;
pub(crate) use site::*;
pub(crate) use vocabulary::*;
