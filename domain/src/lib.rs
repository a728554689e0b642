//! The rules of the CléA management convention, without any input or output.
//!
//! Nothing here reads a clock, a database or a file: facts come in, findings go out. A rule is one
//! function whose documentation names its article (`III.4.b`); the room of a rule is found from it:
//!
//! | articles | room |
//! |---|---|
//! | I | [`authority`], [`framework`] |
//! | II, III.1 to III.5, III.8 | [`application`] |
//! | III.6, V.3 | [`habilitation`], [`term`] |
//! | IV.2, V.3.d | [`edof`] |
//! | Annexe 1 | [`framework`] |
//! | Annexe 2 | [`tariff`], [`billing`] |
//! | Annexe 3 | [`evaluation`] |
//! | X.c | [`notification`] |
//! | every legal time limit | [`calendar`], [`deadline`] |
//! | what notices, deadlines, documents and fees are about | [`subject`] |
//! | what people type: dates, identifiers, addresses | [`date`], [`identifier`], [`email`] |
//! | III.5.e, what finds an organism or a person | [`search`], [`department`] |
//! | who is the same person (A3.3.b), names, dates of birth | [`person`], [`birth`], [`birthplace`] |
//! | what documents can show | [`print`](mod@print) |
//! | enumerations with stable names | [`mod@vocabulary`] |

pub mod application;
pub mod authority;
pub mod billing;
pub mod birth;
pub mod birthplace;
pub mod calendar;
pub mod date;
pub mod deadline;
pub mod department;
pub mod edof;
pub mod email;
pub mod evaluation;
pub mod framework;
pub mod habilitation;
pub mod identifier;
pub mod money;
pub mod notification;
pub mod person;
pub mod print;
pub mod refusal;
pub mod search;
pub mod subject;
pub mod tariff;
pub mod term;
pub mod vocabulary;

pub use refusal::{Refusal, Refusals};
