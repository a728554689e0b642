//! What a notification brings in law, and what is undone when it is void (interpretation 5).
//!
//! | kind of notice | brings | undone |
//! |---|---|---|
//! | `DECISION_ACCEPTED` | the habilitation runs (III.6.a) | it has no effect again |
//! | `DECISION_REFUSED` | the delay to appeal runs (III.8.a) | it is cancelled |
//! | `EDOF_SANCTION` | the suspension or the withdrawal takes effect (V.3.c) | it has no effect again |
//! | any other | nothing: an invoice is due from its issue (interpretation 22) | nothing |

use crate::application;
use crate::context::Tx;
use crate::error::ActResult;
use crate::sanction;
use chrono::NaiveDate;
use entity::ids::{ApplicationId, EdofAlertId};
use entity::notice;
use entity::sanction::Cause;

/// The notice was notified `on` this day.
pub(super) async fn take(tx: &Tx, notice: &notice::Model, on: NaiveDate) -> ActResult<()> {
    match notice.kind.as_str() {
        "DECISION_ACCEPTED" | "DECISION_REFUSED" => {
            application::notified(tx, ApplicationId(notice.subject_id), on).await
        }
        "EDOF_SANCTION" => sanction::notified(tx, alert(notice), on).await,
        _ => Ok(()),
    }
}

/// Whether what the notification of this day brought can still be undone: not once later acts of law
/// (a renewal, an end) were built on it.
pub(super) async fn can_be_undone(tx: &Tx, notice: &notice::Model) -> ActResult<bool> {
    match notice.kind.as_str() {
        "DECISION_ACCEPTED" => {
            application::notification_can_be_voided(tx, ApplicationId(notice.subject_id)).await
        }
        "EDOF_SANCTION" => sanction::notification_can_be_voided(tx, alert(notice)).await,
        _ => Ok(true),
    }
}

/// The notification of this day is void: nothing has effect until there is another.
pub(super) async fn undo(tx: &Tx, notice: &notice::Model, on: NaiveDate) -> ActResult<()> {
    match notice.kind.as_str() {
        "DECISION_ACCEPTED" | "DECISION_REFUSED" => {
            application::notification_voided(tx, ApplicationId(notice.subject_id), on).await
        }
        "EDOF_SANCTION" => sanction::notification_voided(tx, alert(notice), on).await,
        _ => Ok(()),
    }
}

fn alert(notice: &notice::Model) -> Cause {
    Cause::EdofAlert(EdofAlertId(notice.subject_id))
}
