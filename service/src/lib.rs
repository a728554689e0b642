//! The acts: one use case per function, one transaction, one journal entry, and the tasks that follow.
//!
//! | what | where |
//! |---|---|
//! | who may do what | [`policy`] |
//! | who may see what | [`sight`] |
//! | what notices, deadlines, documents and fees are about | [`subject`] |
//! | accounts, sign-in, roles, tools' credentials | [`account`] |
//! | chapter I: CPNEs, delegations, frameworks, meetings, campaigns | [`authority`] |
//! | organisms, sites, practitioners | [`organism`] |
//! | chapter III.2 to III.5: filing, opinion, decision, notification | [`application`] |
//! | chapter III.6: terms, renewal, expiry, reminders | [`habilitation`] |
//! | chapter V.3.d: EDOF alerts | [`edof`] |
//! | chapter V.3: sanctions, whatever leads to them | [`sanction`] |
//! | annexe 3: candidates, evaluations, juries, certificates | [`evaluation`] |
//! | annexe 2: facts, quarters, invoices, payments | [`billing`] |
//! | time limits | [`deadline`] |
//! | mails as sent | [`notice`] |
//! | what an act leaves behind | [`journal`], [`outbox`], [`change`], [`bell`] |
//! | what is typed in: fields, persons | `field`, `person` |
//! | secrets that open something | [`token`] |
//! | when the database does not serve | [`outage`] |
//! | what runs by itself, and when | [`schedule`] |
//! | what operators ask of a running process | [`operation`] |
//! | what earlier rules let in | [`doctor`] |
//! | what the promise suite makes go wrong | [`fault`] |

pub mod account;
pub mod application;
pub mod authority;
pub mod bell;
pub mod billing;
pub mod change;
pub mod clock;
pub mod context;
mod counter;
pub mod deadline;
pub mod doctor;
pub mod document;
pub mod edof;
pub mod error;
pub mod evaluation;
pub mod fault;
mod field;
pub mod habilitation;
pub mod import;
pub mod journal;
mod lock;
pub mod notice;
pub mod operation;
pub mod organism;
pub mod outage;
pub mod outbox;
mod person;
pub mod policy;
pub mod sanction;
pub mod schedule;
pub mod seed;
pub mod sight;
pub mod subject;
pub mod task;
pub mod token;
