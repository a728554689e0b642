//! Annexe 2: what is due, the quarter's invoices, what is paid and what is reminded.
//!
//! | what | where |
//! |---|---|
//! | facts that are billed, each once | `fact` |
//! | site-years (A2.b) | `site_year` |
//! | which quarter is invoiced when (A2.d) | `quarter` |
//! | the invoices of a quarter, and their lines | `issue`, `line` |
//! | how much of it is handled and held at once | `chunk` |
//! | what a run would issue | `preview` |
//! | payments and balances (A2.f) | `payment` |
//! | reminders of what is overdue (A2.f) | `reminder` |
//! | the quarter as a table (A2.g) | `export` |

mod chunk;
mod export;
mod fact;
mod issue;
mod line;
mod payment;
mod preview;
mod quarter;
mod reminder;
mod site_year;

pub use export::export_csv;
pub(crate) use fact::{NewFact, record_fact, record_facts};
pub use payment::{RecordPayment, balances, record_payment};
pub use preview::{Preview, preview};
pub use quarter::reconcile_quarter;
pub use reminder::reconcile_payment_reminders;

use crate::context::Actor;
use crate::error::ActResult;
use crate::policy::{self, Act, Place};
use domain::Refusal;
use domain::money::Quarter;

/// Rows of one insert: far below the number of values that a statement may carry.
const CHUNK: usize = 500;

/// The quarter that a person named, e.g. `2026Q3`.
fn read_quarter(text: &str) -> ActResult<Quarter> {
    let wrong = || {
        let message = format!("Trimestre inconnu : « {text} » (attendu, par exemple : 2026Q3).");
        Refusal::new("QUARTER_INVALID", message).at(["quarter"])
    };
    Ok(Quarter::parse(text).ok_or_else(wrong)?)
}

/// Billing as a whole is for those who record its payments (interpretation 26): Certif Pro's finance.
fn require_finance(actor: &Actor) -> ActResult<()> {
    policy::require(actor, Act::RecordPayment, &Place::default())
}
