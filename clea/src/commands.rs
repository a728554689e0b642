//! The commands that end by themselves, one file each.

pub(crate) mod check;
pub(crate) mod deadline;
pub(crate) mod grant;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod migrate;
pub(crate) mod schema;
pub(crate) mod seed;
