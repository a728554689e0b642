//! Why an act on an application is refused, whatever its author says: asked by the act itself, and by the list of
//! what may be done next.

use crate::authority::competence_refusals;
use crate::context::Tx;
use crate::error::ActResult;
use chrono::NaiveDate;
use domain::application::{
    ApplicationStatus, DecisionFacts, Finding, Outcome, decision_refusals, move_refusals,
    opinion_refusals,
};
use domain::calendar::Calendar;
use domain::{Refusal, Refusals};
use entity::{application, meeting};
use sea_orm::EntityTrait;

/// What is known of an application when an act on it is judged.
pub(super) struct Case<'a> {
    /// The application.
    pub(super) row: &'a application::Model,
    /// The day of the meeting on whose agenda it is.
    pub(super) meeting_on: NaiveDate,
    /// Why its authority may not act on its framework today (I.a, I.b); empty when it may.
    pub(super) incompetence: Refusals,
    /// The working-day calendar.
    pub(super) calendar: &'a Calendar,
    /// The legal date.
    pub(super) today: NaiveDate,
}

impl<'a> Case<'a> {
    /// Of an application on which the transaction acts.
    pub(super) async fn load(tx: &'a Tx, row: &'a application::Model) -> ActResult<Self> {
        let meeting = meeting::Entity::find_by_id(row.meeting_id).one(tx.conn()).await?;
        let meeting =
            meeting.ok_or_else(|| anyhow::anyhow!("the application's meeting is missing"))?;
        Ok(Self {
            row,
            meeting_on: meeting.held_on,
            incompetence: competence_refusals(tx, row.authority_id, row.framework_id).await?,
            calendar: tx.calendar(),
            today: tx.today(),
        })
    }

    /// III.4.b: why the opinion cannot be settled, whatever it finds.
    pub(super) fn settle_refusals(&self) -> Refusals {
        let status = *self.row.status;
        let refusals = opinion_refusals(status, self.calendar, self.meeting_on, self.today);
        self.with_incompetence(refusals)
    }

    /// III.4.b: why the application cannot be moved to this meeting.
    pub(super) fn move_refusals(&self, to: &meeting::Model) -> Refusals {
        let status = *self.row.status;
        let refusals = move_refusals(status, self.meeting_on, to.held_on, self.today);
        let mut refusals = self.with_incompetence(refusals);
        if to.authority_id != self.row.authority_id {
            let message = "Cette réunion est celle d’une autre instance.";
            let refusal = Refusal::new("MEETING_OF_OTHER_AUTHORITY", message);
            refusals.push(refusal.at(["meetingId"]).under("III.4.b"));
        }
        refusals
    }

    /// III.5.a: why this outcome cannot be decided at this meeting on these findings.
    pub(super) fn decide_refusals(
        &self,
        meeting: &meeting::Model,
        outcome: Outcome,
        findings: &[Finding],
    ) -> Refusals {
        let refusals = decision_refusals(&DecisionFacts {
            status: *self.row.status,
            meeting_on: meeting.held_on,
            meeting_is_applications: meeting.id == self.row.meeting_id,
            today: self.today,
            outcome,
            findings,
        });
        self.with_incompetence(refusals)
    }

    /// These refusals, and those of an authority that may not act.
    pub(super) fn with_incompetence(&self, mut refusals: Refusals) -> Refusals {
        refusals.extend(self.incompetence.iter().cloned());
        refusals
    }
}

/// I.e: why the case can no longer be given to a provider: its opinion is settled.
pub(super) fn assign_refusals(status: ApplicationStatus) -> Refusals {
    if status == ApplicationStatus::Filed {
        return Refusals::new();
    }
    let message = "L’avis sur cette demande est déjà arrêté.";
    vec![Refusal::new("OPINION_ALREADY_SETTLED", message).under("I.e")]
}
