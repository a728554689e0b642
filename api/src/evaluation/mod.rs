//! Annexe 3: candidates, enrolments, evaluations, juries, certificates.

mod certificate;
mod change;
mod enrolment;
mod lineage;
mod mutation;
mod object;
mod query;
mod session;
mod vocabulary;

pub(crate) use certificate::*;
pub(crate) use change::*;
pub(crate) use enrolment::*;
pub(crate) use lineage::*;
pub(crate) use mutation::*;
pub(crate) use object::*;
pub(crate) use query::*;
pub(crate) use session::*;
pub(crate) use vocabulary::*;
