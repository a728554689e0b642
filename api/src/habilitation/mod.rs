//! Chapter III.6: habilitations, their terms and what they are worth on a day.

mod object;
mod query;
mod term;
mod vocabulary;

pub(crate) use object::*;
pub(crate) use query::*;
pub(crate) use term::*;
pub(crate) use vocabulary::*;
