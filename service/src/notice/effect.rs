//! What a notification brings in law, and what is undone when it is void (interpretation 5): one branch per
//! effect that a kind of notice may have ([`LegalEffect`]).

use crate::application;
use crate::context::Tx;
use crate::error::ActResult;
use crate::sanction;
use chrono::NaiveDate;
use domain::notification::LegalEffect;
use entity::ids::ApplicationId;
use entity::notice;
use entity::sanction::Cause;
use entity::subject::Subject;

/// What a notice takes effect on.
enum Bearing {
    /// The decision on this application.
    Decision(ApplicationId),
    /// The sanction that answers this cause.
    Sanction(Cause),
}

/// What the notice takes effect on; none where its kind has no effect in law.
fn bearing(notice: &notice::Model) -> ActResult<Option<Bearing>> {
    let bearing = match (notice.kind.effect(), notice.subject()) {
        (LegalEffect::None, _) => return Ok(None),
        (
            LegalEffect::HabilitationStarts | LegalEffect::AppealDelayRuns,
            Subject::Application(id),
        ) => Bearing::Decision(id),
        (LegalEffect::SanctionTakesEffect, Subject::EdofAlert(id)) => {
            Bearing::Sanction(Cause::EdofAlert(id))
        }
        (effect, subject) => {
            return Err(anyhow::anyhow!("{effect:?} cannot stand on {:?}", subject.kind()).into());
        }
    };
    Ok(Some(bearing))
}

/// The notice was notified `on` this day.
pub(super) async fn take(tx: &Tx, notice: &notice::Model, on: NaiveDate) -> ActResult<()> {
    match bearing(notice)? {
        Some(Bearing::Decision(id)) => application::notified(tx, id, on).await,
        Some(Bearing::Sanction(cause)) => sanction::notified(tx, cause, on).await,
        None => Ok(()),
    }
}

/// Whether what the notification of this day brought can still be undone: not once later acts of law
/// (a renewal, an end) were built on it.
pub(super) async fn can_be_undone(tx: &Tx, notice: &notice::Model) -> ActResult<bool> {
    match bearing(notice)? {
        Some(Bearing::Decision(id)) => application::notification_can_be_voided(tx, id).await,
        Some(Bearing::Sanction(cause)) => sanction::notification_can_be_voided(tx, cause).await,
        None => Ok(true),
    }
}

/// The notification of this day is void: nothing has effect until there is another.
pub(super) async fn undo(tx: &Tx, notice: &notice::Model, on: NaiveDate) -> ActResult<()> {
    match bearing(notice)? {
        Some(Bearing::Decision(id)) => application::notification_voided(tx, id, on).await,
        Some(Bearing::Sanction(cause)) => sanction::notification_voided(tx, cause, on).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::notification::NoticeKind;
    use entity::ids::NoticeId;
    use uuid::Uuid;

    // Interpretation 5: each kind that has an effect in law stands on what the effect is on.
    #[test]
    fn what_takes_effect_stands_on_its_object() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a date");
        for kind in NoticeKind::ALL {
            let notice = notice::Model {
                id: NoticeId::new(),
                kind: kind.into(),
                subject_id: Uuid::now_v7(),
                dedup_key: String::new(),
                organism_id: None,
                candidate_id: None,
                authority_id: None,
                message_id: String::new(),
                body_sha256: String::new(),
                composed_on: day,
                composed_at: chrono::DateTime::UNIX_EPOCH,
            };
            let bears = bearing(&notice).expect("an object of the right kind").is_some();
            assert_eq!(bears, kind.effect() != LegalEffect::None, "{kind}");
        }
    }
}
