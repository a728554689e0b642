use super::*;
use HabilitationStatus::{
    Active, AwaitingNotification, Expired, NotYet, Renounced, Suspended, Withdrawn,
};
use chrono::Days;
use proptest::prelude::*;

fn day(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).expect("a date")
}

fn codes(refusals: &Refusals) -> Vec<&str> {
    refusals.iter().map(|r| r.code.as_ref()).collect()
}

fn facts() -> HabilitationFacts {
    HabilitationFacts {
        decided_on: day(2026, 6, 10),
        notified_on: Some(day(2026, 6, 20)),
        term_ends_on: Some(day(2029, 6, 20)),
        withdrawn_on: None,
        renounced_on: None,
        suspensions: vec![],
    }
}

fn suspended(
    from: NaiveDate,
    to: Option<NaiveDate>,
    enrolled_may_finish: bool,
) -> HabilitationFacts {
    HabilitationFacts {
        suspensions: vec![SuspensionPeriod { from, to, enrolled_may_finish }],
        ..facts()
    }
}

// III.6.a, III.6.c
#[test]
fn a_habilitation_runs_from_its_notification_to_the_last_day_of_its_term() {
    let f = facts();
    for (on, status) in [
        (day(2026, 6, 9), NotYet),
        (day(2026, 6, 10), AwaitingNotification),
        (day(2026, 6, 19), AwaitingNotification),
        (day(2026, 6, 20), Active),
        (day(2029, 6, 20), Active),
        (day(2029, 6, 21), Expired),
    ] {
        assert_eq!(status_on(&f, on), status, "{on}");
    }
    let unnotified = HabilitationFacts { notified_on: None, term_ends_on: None, ..f };
    assert_eq!(status_on(&unnotified, day(2030, 1, 1)), AwaitingNotification);
}

// V.3.a, III.6.d
#[test]
fn a_suspension_covers_its_last_day_and_does_not_extend_the_term() {
    let f = suspended(day(2027, 1, 10), Some(day(2027, 2, 10)), false);
    assert_eq!(status_on(&f, day(2027, 1, 9)), Active);
    assert_eq!(status_on(&f, day(2027, 1, 10)), Suspended);
    assert_eq!(status_on(&f, day(2027, 2, 10)), Suspended);
    assert_eq!(status_on(&f, day(2027, 2, 11)), Active);
    assert!(in_force(&f, day(2027, 2, 1)));
    assert_eq!(status_on(&f, day(2029, 6, 21)), Expired);
}

// V.3.b, V.3.c
#[test]
fn withdrawal_beats_suspension_and_leaves_the_past_alone() {
    let f = HabilitationFacts {
        withdrawn_on: Some(day(2027, 3, 1)),
        ..suspended(day(2027, 1, 10), None, false)
    };
    assert_eq!(status_on(&f, day(2027, 1, 9)), Active);
    assert_eq!(status_on(&f, day(2027, 2, 28)), Suspended);
    assert_eq!(status_on(&f, day(2027, 3, 1)), Withdrawn);
    assert!(!in_force(&f, day(2027, 3, 1)));
    assert_eq!(status_on(&f, day(2030, 1, 1)), Withdrawn);
}

// III.6.e
#[test]
fn a_renunciation_takes_effect_on_its_day_unless_the_term_ended_first() {
    let f = HabilitationFacts { renounced_on: Some(day(2027, 3, 1)), ..facts() };
    assert_eq!(status_on(&f, day(2027, 2, 28)), Active);
    assert_eq!(status_on(&f, day(2027, 3, 1)), Renounced);
    assert_eq!(status_on(&f, day(2030, 1, 1)), Renounced);
    let late = HabilitationFacts { renounced_on: Some(day(2029, 7, 1)), ..facts() };
    assert_eq!(status_on(&late, day(2029, 8, 1)), Expired);
}

// A3.1.a, V.3.a, V.3.b
#[test]
fn enrolment_needs_an_active_habilitation_on_that_day() {
    assert!(enrolment_refusals(&facts(), day(2026, 6, 20)).is_empty());
    for on in [day(2026, 6, 9), day(2026, 6, 19), day(2029, 6, 21)] {
        let refusals = enrolment_refusals(&facts(), on);
        assert_eq!(codes(&refusals), ["HABILITATION_NOT_IN_FORCE"]);
        assert_eq!(refusals[0].article.as_deref(), Some("A3.1.a"));
    }
    let f = suspended(day(2027, 1, 10), None, true);
    let refusals = enrolment_refusals(&f, day(2027, 2, 1));
    assert_eq!(codes(&refusals), ["HABILITATION_SUSPENDED"]);
    assert_eq!(refusals[0].article.as_deref(), Some("V.3.a"));
    let f = HabilitationFacts { withdrawn_on: Some(day(2027, 3, 1)), ..facts() };
    let refusals = enrolment_refusals(&f, day(2027, 3, 1));
    assert_eq!(codes(&refusals), ["HABILITATION_WITHDRAWN"]);
    assert_eq!(refusals[0].article.as_deref(), Some("V.3.b"));
    assert!(enrolment_refusals(&f, day(2027, 2, 28)).is_empty());
}

// III.6.e, interpretation 9: no enrolment in the three months of the notice, although it is active; once they
// are over it is not in force.
#[test]
fn nobody_is_enrolled_once_a_renunciation_was_sent() {
    let f = HabilitationFacts { renounced_on: Some(day(2027, 4, 5)), ..facts() };
    assert!(enrolment_refusals(&f, day(2027, 1, 4)).is_empty());
    for on in [day(2027, 1, 5), day(2027, 4, 4)] {
        assert_eq!(status_on(&f, on), Active);
        let refusals = enrolment_refusals(&f, on);
        assert_eq!(codes(&refusals), ["HABILITATION_RENOUNCED"]);
        assert_eq!(refusals[0].article.as_deref(), Some("III.6.e"));
    }
    assert_eq!(codes(&enrolment_refusals(&f, day(2027, 4, 5))), ["HABILITATION_NOT_IN_FORCE"]);
}

// III.6.c, III.6.e
#[test]
fn those_enrolled_before_the_end_may_finish() {
    let renounced = HabilitationFacts { renounced_on: Some(day(2027, 3, 1)), ..facts() };
    for (f, last) in [(facts(), day(2029, 6, 20)), (renounced, day(2027, 2, 28))] {
        let after = last + Days::new(40);
        assert!(activity_refusals(&f, last, last).is_empty());
        assert!(activity_refusals(&f, after, last).is_empty());
        let late = activity_refusals(&f, after, last + Days::new(1));
        assert_eq!(codes(&late), ["HABILITATION_NOT_IN_FORCE"]);
    }
    let unnotified = HabilitationFacts { notified_on: None, term_ends_on: None, ..facts() };
    let refusals = activity_refusals(&unnotified, day(2027, 1, 1), day(2027, 1, 1));
    assert_eq!(codes(&refusals), ["HABILITATION_NOT_IN_FORCE"]);
    assert!(refusals[0].message.contains("notifiée"));
}

// V.3.b
#[test]
fn withdrawal_stops_everything() {
    let f = HabilitationFacts { withdrawn_on: Some(day(2027, 3, 1)), ..facts() };
    assert!(activity_refusals(&f, day(2027, 2, 28), day(2026, 9, 1)).is_empty());
    let refusals = activity_refusals(&f, day(2027, 3, 1), day(2026, 9, 1));
    assert_eq!(codes(&refusals), ["HABILITATION_WITHDRAWN"]);
    assert_eq!(refusals[0].article.as_deref(), Some("V.3.b"));
}

// V.3.a
#[test]
fn suspension_stops_activity_unless_its_conditions_let_the_enrolled_finish() {
    let (from, on) = (day(2027, 1, 10), day(2027, 2, 1));
    let before = day(2027, 1, 9);
    let strict = suspended(from, None, false);
    assert_eq!(codes(&activity_refusals(&strict, on, before)), ["HABILITATION_SUSPENDED"]);
    assert!(activity_refusals(&strict, before, before).is_empty());
    let lenient = suspended(from, None, true);
    assert!(activity_refusals(&lenient, on, before).is_empty());
    assert_eq!(codes(&activity_refusals(&lenient, on, from)), ["HABILITATION_SUSPENDED"]);
    // An open suspension does not end with the term.
    let expired = day(2029, 7, 1);
    assert_eq!(codes(&activity_refusals(&strict, expired, before)), ["HABILITATION_SUSPENDED"]);
    assert!(activity_refusals(&lenient, expired, before).is_empty());
    assert_eq!(
        codes(&activity_refusals(&strict, expired, expired)),
        ["HABILITATION_NOT_IN_FORCE", "HABILITATION_SUSPENDED"]
    );
}

// A2.b
#[test]
fn coverage_ends_with_the_first_of_its_ends() {
    let start = day(2026, 6, 20);
    let far = day(2040, 1, 1);
    assert_eq!(coverage_interval(&facts(), far), Some((start, day(2029, 6, 20))));
    assert_eq!(coverage_interval(&facts(), start), Some((start, start)));
    assert_eq!(coverage_interval(&facts(), day(2026, 6, 19)), None);
    let withdrawn = HabilitationFacts { withdrawn_on: Some(day(2027, 3, 1)), ..facts() };
    assert_eq!(coverage_interval(&withdrawn, far), Some((start, day(2027, 2, 28))));
    let at_once = HabilitationFacts { withdrawn_on: Some(start), ..facts() };
    assert_eq!(coverage_interval(&at_once, far), None);
    let unnotified = HabilitationFacts { notified_on: None, ..facts() };
    assert_eq!(coverage_interval(&unnotified, far), None);
}

proptest! {
    // A2.b, III.6.d, V.3.b
    #[test]
    fn the_coverage_is_exactly_the_days_in_force(
        notified in prop::option::of(0u64..60),
        term in prop::option::of(0u64..200),
        withdrawn in prop::option::of(0u64..200),
        renounced in prop::option::of(0u64..200),
        suspension in prop::option::of((0u64..200, 0u64..50)),
        asked in 0u64..220,
        up_to in 0u64..220,
    ) {
        let origin = day(2026, 6, 10);
        let at = |n: u64| origin + Days::new(n);
        let f = HabilitationFacts {
            decided_on: origin,
            notified_on: notified.map(at),
            term_ends_on: term.map(at),
            withdrawn_on: withdrawn.map(at),
            renounced_on: renounced.map(at),
            suspensions: suspension
                .map(|(from, n)| SuspensionPeriod { from: at(from), to: Some(at(from + n)), enrolled_may_finish: false })
                .into_iter()
                .collect(),
        };
        let covered = coverage_interval(&f, at(up_to))
            .is_some_and(|(from, to)| from <= at(asked) && at(asked) <= to);
        prop_assert_eq!(covered, asked <= up_to && in_force(&f, at(asked)));
        // Whoever may enrol may be evaluated the same day.
        if enrolment_refusals(&f, at(asked)).is_empty() {
            prop_assert!(activity_refusals(&f, at(asked), at(asked)).is_empty());
        }
    }
}
