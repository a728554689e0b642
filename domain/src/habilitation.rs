//! Articles III.6 and V.3: what a habilitation is worth on a given day, and what it allows.

use crate::deadline::format_date_fr;
use crate::vocabulary;
use crate::{Refusal, Refusals};
use chrono::{Months, NaiveDate};

/// The notice of a renunciation, from its receipt (III.6.e).
const RENUNCIATION_NOTICE: Months = Months::new(3);

vocabulary! {
    /// What a habilitation is on a given day (III.6, V.3).
    pub enum HabilitationStatus {
        /// The day comes before the decision.
        NotYet => "NOT_YET",
        /// Decided, but not notified: without effect yet (interpretation 5).
        AwaitingNotification => "AWAITING_NOTIFICATION",
        /// In force.
        Active => "ACTIVE",
        /// In force, but suspended (V.3.a).
        Suspended => "SUSPENDED",
        /// Its term has ended (III.6.c).
        Expired => "EXPIRED",
        /// Renounced by the organism, the notice having run out (III.6.e).
        Renounced => "RENOUNCED",
        /// Withdrawn by the authority (V.3.b).
        Withdrawn => "WITHDRAWN",
    }
}

/// A suspension of a habilitation (V.3.a).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuspensionPeriod {
    /// First day suspended.
    pub from: NaiveDate,
    /// Last day suspended, included; none while it is not lifted.
    pub to: Option<NaiveDate>,
    /// Whether its own conditions let candidates enrolled before it finish.
    pub enrolled_may_finish: bool,
}

impl SuspensionPeriod {
    /// Whether the day `on` is suspended (V.3.a).
    pub fn covers(&self, on: NaiveDate) -> bool {
        self.from <= on && self.to.is_none_or(|last| on <= last)
    }
}

/// What is known of a habilitation's life (III.6, V.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HabilitationFacts {
    /// The day of the decision.
    pub decided_on: NaiveDate,
    /// The day of its notification, on which the term starts.
    pub notified_on: Option<NaiveDate>,
    /// Last day of the current term, included.
    pub term_ends_on: Option<NaiveDate>,
    /// First day withdrawn.
    pub withdrawn_on: Option<NaiveDate>,
    /// First day on which a renunciation is effective.
    pub renounced_on: Option<NaiveDate>,
    /// Every suspension, lifted or not.
    pub suspensions: Vec<SuspensionPeriod>,
}

/// III.6, V.3: what the habilitation was, is or will be on the day `on`.
///
/// Withdrawal beats everything from its day on; of the term's end and a renunciation, the first to come
/// ended the habilitation. A day before the end answers what was true on it.
pub fn status_on(f: &HabilitationFacts, on: NaiveDate) -> HabilitationStatus {
    if on < f.decided_on {
        return HabilitationStatus::NotYet;
    }
    if f.withdrawn_on.is_some_and(|first| first <= on) {
        return HabilitationStatus::Withdrawn;
    }
    if f.notified_on.is_none_or(|notified| on < notified) {
        return HabilitationStatus::AwaitingNotification;
    }
    let within_term = |day: NaiveDate| f.term_ends_on.is_none_or(|last| day <= last);
    if f.renounced_on.is_some_and(|first| first <= on && within_term(first)) {
        return HabilitationStatus::Renounced;
    }
    if !within_term(on) {
        return HabilitationStatus::Expired;
    }
    if f.suspensions.iter().any(|s| s.covers(on)) {
        return HabilitationStatus::Suspended;
    }
    HabilitationStatus::Active
}

/// III.6.d: whether the habilitation is in force on the day `on`; it stays so while suspended.
pub fn in_force(f: &HabilitationFacts, on: NaiveDate) -> bool {
    matches!(status_on(f, on), HabilitationStatus::Active | HabilitationStatus::Suspended)
}

/// A3.1.a, III.6.e: why nobody can be enrolled on the day `on`: the habilitation must be active and
/// unsuspended on that day (interpretation 10, V.3.a, V.3.b), and not renounced: it takes no new enrolment
/// from the day on which its renunciation was sent, although it is active for three months more
/// (interpretation 9).
pub fn enrolment_refusals(f: &HabilitationFacts, on: NaiveDate) -> Refusals {
    match status_on(f, on) {
        HabilitationStatus::Active => renunciation_refusals(f.renounced_on, on),
        HabilitationStatus::Suspended => {
            let message = format!(
                "L'habilitation est suspendue le {} : aucune inscription n'est possible.",
                format_date_fr(on)
            );
            vec![Refusal::new("HABILITATION_SUSPENDED", message).under("V.3.a")]
        }
        HabilitationStatus::Withdrawn => vec![withdrawn_refusal(f)],
        status => vec![not_in_force_refusal(f, status, on, "A3.1.a")],
    }
}

/// III.6.e: why nobody can be enrolled on the day `on` under a habilitation that its holder renounces with
/// effect on `effective_on`: the renunciation was sent three months before at the latest.
fn renunciation_refusals(effective_on: Option<NaiveDate>, on: NaiveDate) -> Refusals {
    let sent_on = effective_on.and_then(|day| day.checked_sub_months(RENUNCIATION_NOTICE));
    let Some(sent) = sent_on.filter(|sent| *sent <= on) else { return Vec::new() };
    let message = format!(
        "L'organisme a adressé sa renonciation le {} : plus aucune inscription n'est possible.",
        format_date_fr(sent)
    );
    vec![Refusal::new("HABILITATION_RENOUNCED", message).under("III.6.e")]
}

/// V.3.a, V.3.b and interpretation 9: why nothing can be evaluated or awarded on the day `on` for
/// someone enrolled on `enrolled_on`.
///
/// Active: allowed. Expired or renounced: only for those enrolled while it was in force. Suspended, even
/// past the term: only if the suspension lets those enrolled before it finish. Withdrawn or not
/// notified: never.
pub fn activity_refusals(f: &HabilitationFacts, on: NaiveDate, enrolled_on: NaiveDate) -> Refusals {
    let status = status_on(f, on);
    let mut refusals = Vec::new();
    match status {
        HabilitationStatus::Active | HabilitationStatus::Suspended => {}
        HabilitationStatus::Withdrawn => return vec![withdrawn_refusal(f)],
        HabilitationStatus::Expired | HabilitationStatus::Renounced => {
            if !in_force(f, enrolled_on) {
                refusals.push(not_in_force_refusal(f, status, on, "III.6"));
            }
        }
        HabilitationStatus::NotYet | HabilitationStatus::AwaitingNotification => {
            return vec![not_in_force_refusal(f, status, on, "III.6.a")];
        }
    }
    refusals.extend(suspension_refusals(&f.suspensions, on, enrolled_on));
    refusals
}

/// V.3.a: why the `suspensions` stop the activity of the day `on` for someone enrolled on `enrolled_on`;
/// one refusal for each suspension that does.
fn suspension_refusals(
    suspensions: &[SuspensionPeriod],
    on: NaiveDate,
    enrolled_on: NaiveDate,
) -> Refusals {
    let stopping = suspensions
        .iter()
        .filter(|s| s.covers(on) && !(s.enrolled_may_finish && enrolled_on < s.from));
    let refusals = stopping.map(|s| {
        let from = format_date_fr(s.from);
        let message = if s.enrolled_may_finish {
            format!(
                "L'habilitation est suspendue depuis le {from} : seuls les candidats inscrits avant \
                 cette date peuvent achever leur parcours."
            )
        } else {
            format!("L'habilitation est suspendue depuis le {from} : toute activité doit cesser.")
        };
        Refusal::new("HABILITATION_SUSPENDED", message).under("V.3.a")
    });
    refusals.collect()
}

/// V.3.b: the refusal of any activity after the withdrawal.
fn withdrawn_refusal(f: &HabilitationFacts) -> Refusal {
    let since =
        f.withdrawn_on.map(|day| format!(" depuis le {}", format_date_fr(day))).unwrap_or_default();
    let message = format!("L'habilitation est retirée{since} : toute activité a cessé.");
    Refusal::new("HABILITATION_WITHDRAWN", message).under("V.3.b")
}

/// The refusal for a habilitation that has not begun or has ended, in `status` on the day `on`.
fn not_in_force_refusal(
    f: &HabilitationFacts,
    status: HabilitationStatus,
    on: NaiveDate,
    article: &'static str,
) -> Refusal {
    let why = match (status, f.term_ends_on, f.renounced_on) {
        (HabilitationStatus::AwaitingNotification, _, _) => {
            "la décision n'est pas encore notifiée".to_owned()
        }
        (HabilitationStatus::Expired, Some(last), _) => {
            format!("elle a expiré le {}", format_date_fr(last))
        }
        (HabilitationStatus::Renounced, _, Some(first)) => {
            format!("l'organisme y a renoncé avec effet au {}", format_date_fr(first))
        }
        _ => format!("elle n'a été décidée que le {}", format_date_fr(f.decided_on)),
    };
    let message = format!("L'habilitation n'est pas en vigueur le {} : {why}.", format_date_fr(on));
    Refusal::new("HABILITATION_NOT_IN_FORCE", message).under(article)
}

/// A2.b: the first and last days in force up to `up_to`, both included; none if there is no such day.
///
/// A suspension counts as in force (interpretation 17): from the notification to the first of the
/// term's end, the eve of a withdrawal or of a renunciation's effect, and `up_to`.
pub fn coverage_interval(
    f: &HabilitationFacts,
    up_to: NaiveDate,
) -> Option<(NaiveDate, NaiveDate)> {
    let from = f.notified_on?.max(f.decided_on);
    let mut to = up_to.min(f.term_ends_on.unwrap_or(up_to));
    for first_without in [f.withdrawn_on, f.renounced_on].into_iter().flatten() {
        to = to.min(first_without.pred_opt()?);
    }
    (from <= to).then_some((from, to))
}

#[cfg(test)]
mod tests;
