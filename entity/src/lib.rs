//! The tables as sea-orm entities, one file per table, with typed ids and enumerations kept as text.
//!
//! `docs/rules-to-tables.md` maps each rule of the convention to the table and column that carries it.

#![expect(
    missing_docs,
    reason = "columns are named as in the glossary; a comment stands where a name is not enough"
)]

use sea_orm::sea_query::Expr;
use sea_orm::{DbErr, EntityTrait, Iden as _, Iterable as _, QueryResult};

pub mod ids;
pub mod kind;
pub mod subject;
pub mod text;

pub mod account;
pub mod account_grant;
pub mod account_identity;
pub mod account_link;
pub mod acknowledgement;
pub mod application;
pub mod application_site;
pub mod authority;
pub mod billable_fact;
pub mod bounce;
pub mod campaign;
pub mod candidate;
pub mod candidate_word;
pub mod certificate;
pub mod change;
pub mod change_head;
pub mod competence;
pub mod convention_version;
pub mod counter;
pub mod criterion;
pub mod deadline;
pub mod decision;
pub mod decision_finding;
pub mod declared_organism;
pub mod delegation;
pub mod delivery;
pub mod document;
pub mod document_body;
pub mod edof_alert;
pub mod enrolment;
pub mod evaluation;
pub mod evaluation_result;
pub mod framework;
pub mod framework_domain;
pub mod habilitation;
pub mod idempotency_key;
pub mod invitation;
pub mod invoice;
pub mod invoice_line;
pub mod journal;
pub mod journal_head;
pub mod jury;
pub mod jury_decision;
pub mod jury_member;
pub mod legal_clock;
pub mod machine_credential;
pub mod meeting;
pub mod notice;
pub mod notice_attachment;
pub mod notice_body;
pub mod notice_link;
pub mod oidc_attempt;
pub mod opinion;
pub mod opinion_finding;
pub mod organism;
pub mod organism_word;
pub mod outbox;
pub mod password_reset;
pub mod payment;
pub mod person;
pub mod practitioner;
pub mod quarter_run;
pub mod recovery_code;
pub mod registered_letter;
pub mod reminder;
pub mod resending;
pub mod sanction;
pub mod second_factor;
pub mod session;
pub mod sign_in_attempt;
pub mod sign_in_code;
pub mod site;
pub mod suspension;
pub mod tariff;
pub mod training_path;
pub mod training_path_trainer;

/// A model read by the positions of its columns, which stand together in the order of its table's: a row with those of
/// several tables has two of each name.
pub trait Positioned: Sized {
    /// How many columns it has.
    const WIDTH: usize;

    /// The model whose columns begin at this position.
    ///
    /// # Errors
    /// When a column is not as the model says.
    fn read(row: &QueryResult, first: usize) -> Result<Self, DbErr>;

    /// Whether there is one: its first column, of its key, has a value. An outer join may have found none.
    ///
    /// # Errors
    /// When that column is not as the model says.
    fn is_there(row: &QueryResult, first: usize) -> Result<bool, DbErr>;
}

/// The columns of a table, under the name that it has in a statement, in their order: one expression, which costs
/// less to put together and to write than one for each.
#[must_use]
pub fn columns_of<E: EntityTrait>(table: &str) -> Expr {
    let mut columns = String::new();
    for column in E::Column::iter() {
        for text in [
            if columns.is_empty() { "\"" } else { ", \"" },
            table,
            "\".\"",
            column.unquoted(),
            "\"",
        ] {
            columns.push_str(text);
        }
    }
    Expr::cust(columns)
}
