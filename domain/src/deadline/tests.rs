use super::*;
use crate::calendar::Closure;
use proptest::prelude::*;

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn explain(start: &str, span: Span) -> Explanation {
    compute(&Calendar::metropolitan(), date(start), span).expect("computable")
}

fn due(start: &str, span: Span) -> String {
    explain(start, span).due_on.to_string()
}

// Interpretation 3; III.5.d.
#[test]
fn twenty_working_days_over_the_year_end() {
    let found = explain("2026-12-24", DeadlineKind::DecisionNotified.rule().span);
    assert_eq!(found.due_on, date("2027-01-25"));
    assert_eq!(found.counted.len(), 20);
    let told = found.sentences();
    assert_eq!(told[0], "Le 24 décembre 2026 ne compte pas (jour de l'acte).");
    assert_eq!(told[1], "Le 25 décembre 2026 ne compte pas (Noël).");
    assert_eq!(told[2], "Le 26 décembre 2026 ne compte pas (samedi).");
    assert_eq!(told[4], "1er jour ouvré : 28 décembre 2026.");
    assert!(told.contains(&"Le 1er janvier 2027 ne compte pas (jour de l'An).".to_owned()));
    assert_eq!(told.last().map(String::as_str), Some("20e jour ouvré : 25 janvier 2027."));
    assert_eq!(told.len(), 33);
}

// III.4.b: 5 working days before the meeting, Ascension Thursday in between.
#[test]
fn opinion_is_settled_five_working_days_before() {
    let found = explain("2026-05-19", DeadlineKind::OpinionSettled.rule().span);
    assert_eq!(found.due_on, date("2026-05-11"));
    let told = found.sentences();
    assert_eq!(told[0], "Le 19 mai 2026 ne compte pas (jour de l'acte).");
    assert_eq!(told[1], "1er jour ouvré en remontant : 18 mai 2026.");
    assert_eq!(told[5], "Le 14 mai 2026 ne compte pas (jeudi de l'Ascension).");
    assert_eq!(told.last().map(String::as_str), Some("5e jour ouvré en remontant : 11 mai 2026."));
}

// III.8.a.
#[test]
fn appeal_has_thirty_working_days() {
    assert_eq!(due("2026-03-02", DeadlineKind::AppealLodged.rule().span), "2026-04-14");
    // An act on a Saturday: the first day counted is Monday.
    assert_eq!(due("2026-02-28", Span::working_days(1)), "2026-03-02");
}

// A2.f: calendar days are not moved when they end on a weekend.
#[test]
fn calendar_days_are_not_moved() {
    let found = explain("2026-10-01", DeadlineKind::InvoicePaid.rule().span);
    assert_eq!(found.due_on, date("2026-11-15"));
    assert!(found.counted.is_empty() && found.skipped.is_empty());
    assert_eq!(
        found.sentences(),
        [
            "Le 1er octobre 2026 ne compte pas (jour de l'acte).",
            "45e jour calendaire, tous les jours comptant : 15 novembre 2026."
        ]
    );
    assert_eq!(due("2026-03-01", Span::calendar_days(10).before()), "2026-02-19");
}

// Interpretation 4.
#[test]
fn months_and_years_end_on_the_same_number_or_the_last_day() {
    assert_eq!(due("2026-01-31", Span::months(1)), "2026-02-28");
    assert_eq!(due("2026-03-31", Span::months(1).before()), "2026-02-28");
    assert_eq!(due("2024-02-29", Span::years(3)), "2027-02-28");
    assert_eq!(due("2024-02-29", Span::years(4)), "2028-02-29");
    assert_eq!(due("2024-02-29", Span::years(1).before()), "2023-02-28");
    assert_eq!(
        explain("2026-01-31", Span::months(1)).sentences()[1..],
        [
            "Le mois d'arrivée n'a pas de 31 : son dernier jour est retenu.",
            "1 mois après le 31 janvier 2026 : 28 février 2026 inclus."
        ]
    );
}

// Interpretation 2: a closure published after the act does not stretch the running clock.
#[test]
fn closures_touch_only_later_acts() {
    let calendar = Calendar::with_closures(vec![Closure {
        date: date("2026-06-10"),
        reason: "fermeture annuelle".to_owned(),
        published_on: date("2026-06-08"),
    }]);
    let run = |start: &str| {
        compute(&calendar, date(start), Span::working_days(2)).expect("computable").due_on
    };
    assert_eq!(run("2026-06-08"), date("2026-06-10"));
    assert_eq!(run("2026-06-09"), date("2026-06-12"));
}

#[test]
fn excess_is_refused_in_french() {
    let calendar = Calendar::metropolitan();
    let start = date("2026-01-05");
    for span in [
        Span::working_days(3_661),
        Span::calendar_days(u32::MAX),
        Span::months(1_201),
        Span::years(u32::MAX).before(),
    ] {
        assert_eq!(compute(&calendar, start, span), Err(DeadlineError::TooLarge(span)));
    }
    let found = compute(&calendar, date("2200-12-30"), Span::working_days(5));
    assert_eq!(found, Err(DeadlineError::OutOfRange(date("2200-12-30"))));
    assert!(compute(&calendar, date("1899-12-31"), Span::calendar_days(3)).is_err());
    assert!(compute(&calendar, NaiveDate::MAX, Span::months(1)).is_err());
    assert!(compute(&calendar, date("2150-01-01"), Span::years(100)).is_err());
    assert_eq!(
        DeadlineError::TooLarge(Span::working_days(4_000)).to_string(),
        "Le délai de 4000 jours ouvrés dépasse la limite de 3660."
    );
    assert_eq!(
        DeadlineError::OutOfRange(date("2200-12-30")).to_string(),
        "Le calcul à partir du 30 décembre 2200 sort des années 1900 à 2200."
    );
}

#[test]
fn a_span_of_nothing_ends_at_once() {
    let found = explain("2026-12-25", Span::working_days(0));
    assert_eq!(found.due_on, date("2026-12-25"));
    assert_eq!(found.sentences(), ["Délai nul : 25 décembre 2026."]);
}

#[test]
fn names_are_read_back() {
    for unit in [Unit::CalendarDay, Unit::WorkingDay, Unit::Month, Unit::Year] {
        assert_eq!(unit.as_str().parse(), Ok(unit));
        let json = serde_json::to_string(&unit).expect("serialisable");
        assert_eq!(json, format!("\"{}\"", unit.as_str()));
    }
    for (text, unit) in [
        ("working-days", Unit::WorkingDay),
        ("jours-ouvres", Unit::WorkingDay),
        ("Jours ouvrés", Unit::WorkingDay),
        ("calendar-days", Unit::CalendarDay),
        ("days", Unit::CalendarDay),
        ("jours", Unit::CalendarDay),
        ("months", Unit::Month),
        ("year", Unit::Year),
    ] {
        assert_eq!(text.parse(), Ok(unit), "{text}");
    }
    assert!("fortnight".parse::<Unit>().is_err());
    for kind in DeadlineKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(kind.rule().kind, kind);
    }
    assert!("OTHER".parse::<DeadlineKind>().is_err());
}

#[test]
fn spans_are_named_in_french() {
    assert_eq!(Span::working_days(20).to_string(), "20 jours ouvrés");
    assert_eq!(Span::calendar_days(1).to_string(), "1 jour calendaire");
    assert_eq!(Span::years(3).to_string(), "3 ans");
}

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0..90_000_u64).prop_map(|n| date("1920-01-01") + Days::new(n))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    // Interpretation 3: every day between is either counted or skipped, once.
    #[test]
    fn working_days_account_for_every_day(start in any_day(), n in 1..60_u32, backwards: bool) {
        let calendar = Calendar::metropolitan();
        let span = Span { backwards, ..Span::working_days(n) };
        let found = compute(&calendar, start, span).expect("computable");
        let passed = (found.due_on - start).num_days().unsigned_abs();
        prop_assert_eq!(found.counted.len() as u64 + found.skipped.len() as u64, passed);
        prop_assert_eq!(found.counted.len() as u64, u64::from(n));
        prop_assert!(calendar.is_working_day(found.due_on));
        prop_assert!(found.counted.iter().all(|d| calendar.is_working_day(*d)));
        prop_assert_eq!(found.sentences().len() as u64, passed + 1);
    }

    #[test]
    fn there_and_back_from_a_working_day(start in any_day(), n in 1..60_u32) {
        let calendar = Calendar::metropolitan();
        let start = calendar.first_working_day_from(start);
        let there = compute(&calendar, start, Span::working_days(n)).expect("computable");
        let back = compute(&calendar, there.due_on, Span::working_days(n).before()).expect("computable");
        prop_assert_eq!(back.due_on, start);
    }

    #[test]
    fn a_longer_span_never_ends_earlier(start in any_day(), n in 0..100_u32) {
        let calendar = Calendar::metropolitan();
        for unit in [Unit::CalendarDay, Unit::WorkingDay, Unit::Month] {
            let end = |amount| compute(&calendar, start, Span { amount, unit, backwards: false });
            prop_assert!(end(n).expect("computable").due_on < end(n + 1).expect("computable").due_on);
        }
    }
}
