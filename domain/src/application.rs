//! Articles II and III.2 to III.5: filing an application, its opinion, its meeting, its decision.

use crate::calendar::Calendar;
use crate::deadline::{DeadlineKind, compute, format_date_fr};
use crate::vocabulary;
use crate::{Refusal, Refusals};
use chrono::NaiveDate;

mod filing;
pub use filing::*;

vocabulary! {
    /// How far an application has come (III.2 to III.5).
    pub enum ApplicationStatus {
        /// Filed; its opinion is not settled yet.
        Filed => "FILED",
        /// Its opinion is settled; it awaits the decision.
        Instructed => "INSTRUCTED",
        /// Decided: accepted.
        Accepted => "ACCEPTED",
        /// Decided: refused.
        Refused => "REFUSED",
    }
}

impl ApplicationStatus {
    /// Whether the authority has decided (III.5.a).
    pub const fn is_decided(self) -> bool {
        matches!(self, Self::Accepted | Self::Refused)
    }
}

vocabulary! {
    /// What an authority decides on an application (III.5.a).
    pub enum Outcome {
        /// The habilitation is granted.
        Accepted => "ACCEPTED",
        /// The habilitation is refused.
        Refused => "REFUSED",
    }
}

/// What was found on one criterion, in an opinion or a decision (II.c).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// The criterion's code.
    pub criterion: String,
    /// Whether it is satisfied.
    pub satisfied: bool,
    /// Why, for people.
    pub grounds: String,
}

/// II.c: why `findings` do not state exactly one finding, with its grounds, for each of the `expected`
/// criteria (those of part II and the contextual ones).
pub fn findings_refusals(expected: &[String], findings: &[Finding]) -> Refusals {
    let mut refusals = Vec::new();
    for criterion in expected {
        if !findings.iter().any(|f| f.criterion == *criterion) {
            let message = format!("Aucun constat n'est donné sur le critère {criterion}.");
            refusals.push(Refusal::new("FINDING_MISSING", message).at(["findings"]).under("II.c"));
        }
    }
    for (i, finding) in findings.iter().enumerate() {
        let criterion = &finding.criterion;
        let mut add = |code, field: &str, message: String| {
            let path = ["findings".to_owned(), i.to_string(), field.to_owned()];
            refusals.push(Refusal::new(code, message).at(path).under("II.c"));
        };
        if !expected.contains(criterion) {
            let message = format!("« {criterion} » n'est pas un critère de cette demande.");
            add("FINDING_UNKNOWN", "criterion", message);
        }
        if findings.iter().take(i).any(|earlier| earlier.criterion == *criterion) {
            let message = format!("Le critère {criterion} fait l'objet de plusieurs constats.");
            add("FINDING_TWICE", "criterion", message);
        }
        if finding.grounds.trim().is_empty() {
            let message = format!("Le constat sur le critère {criterion} n'est pas motivé.");
            add("GROUNDS_REQUIRED", "grounds", message);
        }
    }
    refusals
}

/// The last day on which the opinion may be settled for a meeting on `meeting_on`: the 5th working day
/// before it (III.4.b). Outside the years that the calendar knows, the day of the meeting itself.
pub fn opinion_last_day(calendar: &Calendar, meeting_on: NaiveDate) -> NaiveDate {
    compute(calendar, meeting_on, DeadlineKind::OpinionSettled.rule().span)
        .map_or(meeting_on, |explanation| explanation.due_on)
}

/// III.4.b: why the opinion on an application in `status` cannot be settled `today` for its meeting on
/// `meeting_on`: it already is, or the last day has passed.
pub fn opinion_refusals(
    status: ApplicationStatus,
    calendar: &Calendar,
    meeting_on: NaiveDate,
    today: NaiveDate,
) -> Refusals {
    let mut refusals = Vec::new();
    if status != ApplicationStatus::Filed {
        let message = if status.is_decided() {
            "La demande a déjà fait l'objet d'une décision : son avis ne peut plus être arrêté."
        } else {
            "L'avis sur cette demande est déjà arrêté."
        };
        refusals.push(Refusal::new("OPINION_ALREADY_SETTLED", message).under("III.4.b"));
    }
    let last_day = opinion_last_day(calendar, meeting_on);
    if today > last_day {
        let span = DeadlineKind::OpinionSettled.rule().span;
        let (last, meeting) = (format_date_fr(last_day), format_date_fr(meeting_on));
        let message = format!(
            "L'avis devait être arrêté au plus tard le {last}, soit {span} avant la réunion du \
             {meeting}. L'instance peut reporter la demande à une réunion ultérieure."
        );
        refusals.push(Refusal::new("OPINION_TOO_LATE", message).under("III.4.b"));
    }
    refusals
}

/// III.4.b: whether an application may be moved from its meeting to this one: a later one, still ahead of `today`.
pub fn follows(current_meeting_on: NaiveDate, new_meeting_on: NaiveDate, today: NaiveDate) -> bool {
    new_meeting_on > current_meeting_on && new_meeting_on > today
}

/// III.4.b: why an application in `status` cannot be moved from its meeting to another: it is decided,
/// or the new meeting does not [follow](follows) the current one.
pub fn move_refusals(
    status: ApplicationStatus,
    current_meeting_on: NaiveDate,
    new_meeting_on: NaiveDate,
    today: NaiveDate,
) -> Refusals {
    let mut refusals = Vec::new();
    if status.is_decided() {
        let message =
            "La demande a déjà fait l'objet d'une décision : elle ne peut plus être reportée.";
        refusals.push(Refusal::new("ALREADY_DECIDED", message).under("III.4.b"));
    }
    if !follows(current_meeting_on, new_meeting_on, today) {
        let (new, current) = (format_date_fr(new_meeting_on), format_date_fr(current_meeting_on));
        let message = format!(
            "Une demande n'est reportée qu'à une réunion à venir, postérieure à celle du {current} : \
             celle du {new} ne convient pas."
        );
        refusals
            .push(Refusal::new("MEETING_NOT_LATER", message).at(["meetingId"]).under("III.4.b"));
    }
    refusals
}

/// What is known when a decision is entered (III.5.a).
#[derive(Debug, Clone)]
pub struct DecisionFacts<'a> {
    /// Where the application stands.
    pub status: ApplicationStatus,
    /// The day of the meeting at which the decision is said to be taken.
    pub meeting_on: NaiveDate,
    /// Whether that meeting is the one on whose agenda the application is.
    pub meeting_is_applications: bool,
    /// The current day.
    pub today: NaiveDate,
    /// What is decided.
    pub outcome: Outcome,
    /// The authority's finding on each criterion.
    pub findings: &'a [Finding],
}

/// III.5.a: why the decision cannot be taken: no settled opinion (III.4.b), already decided, another
/// meeting than the application's, a meeting not held yet, or an outcome that contradicts the findings.
pub fn decision_refusals(f: &DecisionFacts<'_>) -> Refusals {
    let mut refusals = Vec::new();
    if f.status == ApplicationStatus::Filed {
        let message = "L'avis sur cette demande n'est pas encore arrêté : aucune décision ne peut être prise.";
        refusals.push(Refusal::new("OPINION_MISSING", message).under("III.4.b"));
    }
    if f.status.is_decided() {
        let message = "La demande a déjà fait l'objet d'une décision.";
        refusals.push(Refusal::new("ALREADY_DECIDED", message).under("III.5.a"));
    }
    let day = format_date_fr(f.meeting_on);
    if !f.meeting_is_applications {
        let message = format!("La demande n'est pas à l'ordre du jour de la réunion du {day}.");
        refusals
            .push(Refusal::new("NOT_ON_THE_AGENDA", message).at(["meetingId"]).under("III.5.a"));
    }
    if f.today < f.meeting_on {
        let message = format!("La réunion du {day} n'a pas encore eu lieu.");
        refusals.push(Refusal::new("MEETING_NOT_HELD", message).at(["meetingId"]).under("III.5.a"));
    }
    refusals.extend(outcome_refusals(f.outcome, f.findings));
    refusals
}

/// II.a: why `outcome` does not follow from `findings`: acceptance needs every criterion satisfied, and
/// then there is nothing to refuse. Without any finding nothing can be decided (II.c).
pub fn outcome_refusals(outcome: Outcome, findings: &[Finding]) -> Refusals {
    if findings.is_empty() {
        let message = "Aucun constat n'est donné sur les critères.";
        return vec![Refusal::new("FINDING_MISSING", message).at(["findings"]).under("II.c")];
    }
    let unsatisfied = findings.iter().enumerate().filter(|(_, f)| !f.satisfied);
    match outcome {
        Outcome::Accepted => unsatisfied.map(|(i, f)| unsatisfied_refusal(i, f)).collect(),
        Outcome::Refused if unsatisfied.count() > 0 => Vec::new(),
        Outcome::Refused => {
            let message = "Tous les critères sont satisfaits : la demande est acceptée.";
            let refusal = Refusal::new("ALL_CRITERIA_SATISFIED", message);
            vec![refusal.at(["outcome"]).under("II.a")]
        }
    }
}

/// II.a: the refusal of an acceptance although the finding at position `i` is not satisfied.
fn unsatisfied_refusal(i: usize, finding: &Finding) -> Refusal {
    let message = format!(
        "Le critère {} n'est pas satisfait : la demande ne peut pas être acceptée.",
        finding.criterion
    );
    Refusal::new("CRITERION_NOT_SATISFIED", message)
        .at(["findings".to_owned(), i.to_string(), "satisfied".to_owned()])
        .under("II.a")
}

#[cfg(test)]
mod tests;
