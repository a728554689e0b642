//! Chapter I: authorities, delegations, frameworks, meetings, campaigns.

mod campaign;
mod framework;
mod mutation;
mod object;
mod query;
mod vocabulary;

pub(crate) use campaign::*;
pub(crate) use framework::*;
pub(crate) use mutation::*;
pub(crate) use object::*;
pub(crate) use query::*;
pub(crate) use vocabulary::*;
