//! Annexe 3: candidates, enrolments, evaluations, training paths, juries and certificates.
//!
//! | what | where |
//! |---|---|
//! | a candidate becomes known | `candidate` |
//! | enrolment (A3.1.a) | `enrol` |
//! | prior and final evaluations (A3.2.a, A3.3) | `record` |
//! | training paths and their trainers (A3.2.a) | `path` |
//! | juries and their decisions (A3.5.a) | `jury` |
//! | certificates, and their verification by anyone (A3.5.b) | `award`, `verify` |
//! | how far an enrolment has come | `course` |
//! | practitioners and the persons that they are (interpretation 13) | `people` |

mod award;
mod candidate;
mod course;
mod enrol;
mod jury;
mod path;
mod people;
mod record;
mod verify;

pub use candidate::{RegisterCandidate, register_candidate};
pub use enrol::{EnrolCandidate, enrol};
pub use jury::{JuryDecisionInput, RecordJury, record_jury};
pub use path::{CompleteTrainingPath, OpenTrainingPath, complete_path, open_path};
pub(crate) use people::roots as person_roots;
pub use record::{RecordEvaluation, ResultInput, record_final, record_prior};
pub use verify::{Verification, verify};

use chrono::NaiveDate;
use domain::deadline::format_date_fr;
use domain::{Refusal, Refusals};

/// The refusals of an act said to have taken place on the day `on`: not to come (as of `today`), and
/// not before what it follows, each given with its day in French words.
fn day_refusals(
    field: &str,
    on: NaiveDate,
    today: NaiveDate,
    follows: &[(&str, Option<NaiveDate>)],
) -> Refusals {
    let mut refusals = Refusals::new();
    if on > today {
        let message = format!("Le {} n’est pas encore passé.", format_date_fr(on));
        refusals.push(Refusal::new("DATE_FUTURE", message).at([field]));
    }
    for (what, day) in follows {
        if let Some(day) = day.filter(|day| on < *day) {
            let (on, day) = (format_date_fr(on), format_date_fr(day));
            let message = format!("La date du {on} précède {what} ({day}).");
            refusals.push(Refusal::new("DATES_REVERSED", message).at([field]).under("A3.2.a"));
        }
    }
    refusals
}

/// Refusals of a rule that knows no field, at the input's field.
fn at<S: ToString + Clone>(path: &[S], refusals: Refusals) -> impl Iterator<Item = Refusal> {
    let path: Vec<String> = path.iter().map(ToString::to_string).collect();
    refusals.into_iter().map(move |refusal| match refusal.field[..] {
        [] => refusal.at(path.clone()),
        _ => refusal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_one_another() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let today = day("2026-06-15");
        let found = |on: &str, after: Option<&str>| {
            let follows = [("l’inscription", after.map(day))];
            let refusals = day_refusals("heldOn", day(on), today, &follows);
            refusals.into_iter().map(|r| r.code.into_owned()).collect::<Vec<_>>()
        };
        assert!(found("2026-06-15", Some("2026-06-15")).is_empty());
        assert!(found("2026-06-15", None).is_empty());
        assert_eq!(found("2026-06-14", Some("2026-06-15")), ["DATES_REVERSED"]);
        assert_eq!(found("2026-06-16", Some("2026-06-17")), ["DATE_FUTURE", "DATES_REVERSED"]);
    }
}
