//! Chapter I: authorities, delegations, frameworks, meetings, campaigns.

mod campaign;
mod framework;
mod mutation;
mod object;
mod query;

pub(crate) use campaign::*;
pub(crate) use framework::*;
pub(crate) use mutation::*;
pub(crate) use object::*;
pub(crate) use query::*;
