//! How long a habilitation runs, whether it is renewed, and who is reminded when (III.6).

use crate::Refusal;
use crate::vocabulary;
use crate::vocabulary::UnknownName;
use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// The years of one term (III.6.a).
pub const TERM_YEARS: u32 = 3;

/// The days before a term's end on which a reminder is due (III.6.c, interpretation 8).
pub const REMINDER_STEPS: [u32; 5] = [365, 180, 90, 30, 7];

/// `n` months after `d`: the day with the same number, or the month's last (interpretation 4).
pub fn add_months(d: NaiveDate, n: u32) -> NaiveDate {
    d.checked_add_months(Months::new(n)).unwrap_or(NaiveDate::MAX)
}

/// `n` years after `d`: the same day, or 28 February where there is no 29th (interpretation 4).
pub fn add_years(d: NaiveDate, n: u32) -> NaiveDate {
    add_months(d, n.saturating_mul(12))
}

/// III.6.a: the last day of the first term of a habilitation notified on `notified_on`, three years later.
pub fn first_term_end(notified_on: NaiveDate) -> NaiveDate {
    add_years(notified_on, TERM_YEARS)
}

/// III.6.b: the last day of a renewed habilitation, six years after its notification.
///
/// Computed from the notification, never from the first term's end (interpretation 4).
pub fn second_term_end(notified_on: NaiveDate) -> NaiveDate {
    add_years(notified_on, 2 * TERM_YEARS)
}

/// What is known of a habilitation at the end of its first term.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RenewalFacts {
    /// It was withdrawn.
    pub withdrawn: bool,
    /// A suspension was decided under V during the term, lifted since or not.
    pub suspended_during_term: bool,
    /// At least one evaluation under it has recorded results.
    pub results_recorded: bool,
    /// At least one training path under it was completed.
    pub path_completed: bool,
}

vocabulary! {
    /// What stands against the automatic renewal (III.6.b, interpretation 7).
    pub enum Obstacle {
        /// The habilitation was withdrawn.
        Withdrawn => "WITHDRAWN",
        /// A suspension was decided during the term, lifted since or not.
        SuspendedDuringTerm => "SUSPENDED_DURING_TERM",
        /// No result was recorded and no training path was completed under it.
        NeverUsed => "NEVER_USED",
    }
}

impl Obstacle {
    /// The obstacle as a refusal of the renewal, under its own name: it says what would mend it (III.6.b).
    pub fn refusal(self) -> Refusal {
        let message = match self {
            Self::Withdrawn => {
                "L'habilitation a été retirée : seule une nouvelle demande d'habilitation permet d'être \
                 habilité à nouveau."
            }
            Self::SuspendedDuringTerm => {
                "Une suspension a été décidée pendant la période d'habilitation, même si elle a été levée \
                 depuis : l'habilitation n'est pas renouvelable, une nouvelle demande doit être déposée."
            }
            Self::NeverUsed => {
                "L'habilitation n'a pas été mise en œuvre depuis sa notification : il faut, avant son terme, \
                 au moins une évaluation dont les résultats sont enregistrés ou un parcours de formation \
                 achevé ; à défaut, l'Instance peut encore la renouveler par une décision expresse."
            }
        };
        Refusal::new(self.as_str(), message).under("III.6.b")
    }

    /// The names of these obstacles, joined by commas, as [`Obstacle::read_all`] reads them.
    pub fn write_all(obstacles: &[Self]) -> String {
        obstacles.iter().map(|obstacle| obstacle.as_str()).collect::<Vec<_>>().join(",")
    }

    /// The obstacles that [`Obstacle::write_all`] wrote.
    ///
    /// # Errors
    /// With the first name that is none.
    pub fn read_all(text: &str) -> Result<Vec<Self>, UnknownName> {
        text.split_terminator(',').map(str::parse).collect()
    }
}

/// III.6.b: everything that stands against the automatic renewal (interpretation 7), not only the first.
pub fn renewal_obstacles(f: &RenewalFacts) -> Vec<Obstacle> {
    let stands = |obstacle: &Obstacle| match obstacle {
        Obstacle::Withdrawn => f.withdrawn,
        Obstacle::SuspendedDuringTerm => f.suspended_during_term,
        Obstacle::NeverUsed => !f.results_recorded && !f.path_completed,
    };
    Obstacle::ALL.into_iter().filter(stands).collect()
}

vocabulary! {
    /// What will happen at the end of the present term.
    pub enum Forecast {
        /// The habilitation is renewed by itself for three years.
        Renews => "RENEWS",
        /// It expires at the end of the first term.
        Expires => "EXPIRES",
        /// It was renewed already and ends with the sixth year: the organism must apply again.
        Reapply => "REAPPLY",
    }
}

/// III.6.b and III.6.c: what the end of the term will bring, from the [`renewal_obstacles`] known so far.
pub fn forecast(already_renewed: bool, obstacles: &[Obstacle]) -> Forecast {
    match (already_renewed, obstacles.is_empty()) {
        (true, _) => Forecast::Reapply,
        (false, false) => Forecast::Expires,
        (false, true) => Forecast::Renews,
    }
}

/// III.6.c: the reminder step to send on `today`, in days before `term_end` (interpretation 8).
///
/// Only the latest due step of [`REMINDER_STEPS`], even if several were missed; none if it or a later
/// one is among those `sent`, or once the term is over (after `term_end`, which is included).
pub fn reminder_due(term_end: NaiveDate, today: NaiveDate, sent: &[u32]) -> Option<u32> {
    let left = u32::try_from((term_end - today).num_days()).ok()?;
    let step = REMINDER_STEPS.into_iter().filter(|step| left <= *step).min()?;
    sent.iter().all(|s| *s > step).then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    // III.6.a
    #[test]
    fn first_term_is_three_years_from_notification() {
        assert_eq!(first_term_end(date("2026-03-15")), date("2029-03-15"));
        assert_eq!(first_term_end(date("2024-02-29")), date("2027-02-28"));
    }

    // III.6.b, interpretation 4: from the notification, not from the first end.
    #[test]
    fn second_term_ends_six_years_from_notification() {
        assert_eq!(second_term_end(date("2024-02-29")), date("2030-02-28"));
        // A renewal computed from 28 February 2029 would end on 28 February 2032.
        assert_eq!(second_term_end(date("2026-02-28")), date("2032-02-28"));
        assert_eq!(add_years(date("2024-02-29"), 4), date("2028-02-29"));
        assert_eq!(add_months(NaiveDate::MAX, 1), NaiveDate::MAX);
    }

    // III.6.b, interpretation 7.
    #[test]
    fn every_obstacle_is_reported() {
        let worst = RenewalFacts {
            withdrawn: true,
            suspended_during_term: true,
            results_recorded: false,
            path_completed: false,
        };
        let found: Vec<_> = renewal_obstacles(&worst).into_iter().map(Obstacle::refusal).collect();
        let codes: Vec<_> = found.iter().map(|r| r.code.as_ref()).collect();
        assert_eq!(codes, ["WITHDRAWN", "SUSPENDED_DURING_TERM", "NEVER_USED"]);
        assert!(found.iter().all(|r| r.article.as_deref() == Some("III.6.b")));
    }

    // III.6.c: what is kept of the obstacles found on the last day is read back as it was, for every set of them.
    #[test]
    fn obstacles_are_read_back_as_they_were_written() {
        for set in 0..1_u8 << Obstacle::ALL.len() {
            let taken = Obstacle::ALL.into_iter().enumerate().filter(|(i, _)| set & (1 << i) != 0);
            let obstacles: Vec<_> = taken.map(|(_, obstacle)| obstacle).collect();
            assert_eq!(Obstacle::read_all(&Obstacle::write_all(&obstacles)), Ok(obstacles));
        }
        assert_eq!(Obstacle::write_all(&[]), "");
        for unknown in ["LATE", "NEVER_USED,LATE", "never_used", "NEVER_USED;WITHDRAWN", ",", " "] {
            assert!(Obstacle::read_all(unknown).is_err(), "{unknown}");
        }
    }

    // III.6.b: one use of either sort is enough.
    #[test]
    fn one_use_is_enough() {
        for (results_recorded, path_completed) in [(true, false), (false, true), (true, true)] {
            let facts =
                RenewalFacts { results_recorded, path_completed, ..RenewalFacts::default() };
            assert_eq!(renewal_obstacles(&facts), []);
        }
        assert_eq!(renewal_obstacles(&RenewalFacts::default()).len(), 1);
    }

    // III.6.b, III.6.c
    #[test]
    fn forecast_of_each_case() {
        let obstacles = renewal_obstacles(&RenewalFacts::default());
        assert_eq!(forecast(false, &[]), Forecast::Renews);
        assert_eq!(forecast(false, &obstacles), Forecast::Expires);
        assert_eq!(forecast(true, &[]), Forecast::Reapply);
        assert_eq!(forecast(true, &obstacles).as_str(), "REAPPLY");
    }

    // III.6.c, interpretation 8.
    #[test]
    fn reminders_fall_on_their_steps() {
        let end = date("2029-03-15");
        let due = |days: u64, sent: &[u32]| reminder_due(end, end - Days::new(days), sent);
        assert_eq!(due(366, &[]), None);
        assert_eq!(due(365, &[]), Some(365));
        assert_eq!(due(181, &[365]), None);
        assert_eq!(due(180, &[365]), Some(180));
        // The check was down for months: the latest due step only.
        assert_eq!(due(25, &[365]), Some(30));
        assert_eq!(due(25, &[365, 30]), None);
        // A later step was sent: the earlier ones are past.
        assert_eq!(due(100, &[7]), None);
        assert_eq!(due(0, &[30]), Some(7));
        assert_eq!(reminder_due(end, end + Days::new(1), &[]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        // III.6.c, interpretation 8: whatever days the check ran on, no step is sent twice or out of order.
        #[test]
        fn reminders_are_sent_once_and_in_order(runs in proptest::collection::btree_set(0..420_u64, 0..60)) {
            let end = date("2029-03-15");
            let mut sent = Vec::new();
            for day in runs.iter().rev() {
                let today = end - Days::new(*day);
                sent.extend(reminder_due(end, today, &sent));
                prop_assert_eq!(reminder_due(end, today, &sent), None);
            }
            prop_assert!(sent.is_sorted_by(|a, b| a > b));
        }

        // III.6.a, III.6.b
        #[test]
        fn the_second_term_follows_the_first(offset in 0..60_000_u64) {
            let notified = date("1990-01-01") + Days::new(offset);
            prop_assert!(first_term_end(notified) < second_term_end(notified));
            let days = (second_term_end(notified) - notified).num_days();
            prop_assert!((2190..=2192).contains(&days));
        }
    }
}
