use super::*;
use proptest::prelude::*;

const SEAT: (&str, &str, &str) = ("12 bis, rue de l'Église", "75008", "Paris");

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn site<'a>(address: &'a str, postal_code: &'a str, city: &'a str) -> SiteFacts<'a> {
    SiteFacts { siret: None, address, postal_code, city, is_seat: false }
}

fn covered(spans: &[(&str, &str)]) -> Vec<Interval> {
    spans.iter().map(|(from, to)| Interval { from: date(from), to: date(to) }).collect()
}

fn years(
    registered: &str,
    closed: Option<&str>,
    coverage: &[(&str, &str)],
    up_to: &str,
) -> Vec<String> {
    site_years(date(registered), closed.map(date), &covered(coverage), date(up_to))
        .iter()
        .map(ToString::to_string)
        .collect()
}

// A2.b, interpretation 17.
#[test]
fn the_seat_and_every_siret_are_billable() {
    let seat = SiteFacts { is_seat: true, ..site(SEAT.0, SEAT.1, SEAT.2) };
    assert!(is_billable(&seat, SEAT));
    let with_siret = SiteFacts { siret: Some("73282932000074"), ..site(SEAT.0, SEAT.1, SEAT.2) };
    assert!(is_billable(&with_siret, SEAT));
    let blank_siret = SiteFacts { siret: Some(" "), ..site(SEAT.0, SEAT.1, SEAT.2) };
    assert!(!is_billable(&blank_siret, SEAT));
}

// A2.b: the seat's address written otherwise is still the seat's.
#[test]
fn addresses_are_compared_loosely() {
    for (address, code, city) in [
        ("12 BIS RUE DE L’EGLISE", "75 008", "PARIS"),
        ("12bis  rue de l'Eglise ", "75008", " paris"),
        ("12 bis, rue de l'E\u{301}glise", "75008", "Paris"),
    ] {
        assert!(!is_billable(&site(address, code, city), SEAT), "{address}");
    }
    for (address, code, city) in [
        ("14 bis, rue de l'Église", "75008", "Paris"),
        (SEAT.0, "69008", "Paris"),
        (SEAT.0, SEAT.1, "Lyon"),
    ] {
        assert!(is_billable(&site(address, code, city), SEAT), "{address} {code} {city}");
    }
    assert!(!is_billable(&site("", " ", ""), SEAT), "no address at all");
    assert_ne!(comparable("1-2 rue"), comparable("12 rue"));
    assert_eq!(comparable("Sacré-Cœur"), "sacrecoeur");
}

// A2.b: from the first day both registered and covered, then every twelve months.
#[test]
fn site_years_follow_the_first_day() {
    let coverage = [("2026-03-15", "2029-03-15")];
    assert_eq!(
        years("2026-01-10", None, &coverage, "2030-01-01"),
        ["2026-03-15", "2027-03-15", "2028-03-15", "2029-03-15"]
    );
    assert_eq!(years("2026-05-02", None, &coverage, "2027-05-01"), ["2026-05-02"]);
    assert_eq!(years("2026-05-02", None, &coverage, "2027-05-02"), ["2026-05-02", "2027-05-02"]);
    assert!(years("2029-03-16", None, &coverage, "2035-01-01").is_empty());
    assert!(years("2026-01-10", None, &[], "2035-01-01").is_empty());
}

// A2.b, interpretation 4: anniversaries are those of the first day.
#[test]
fn leap_day_anniversaries() {
    assert_eq!(
        years("2024-02-29", None, &[("2024-02-29", "2030-02-28")], "2028-12-31"),
        ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]
    );
}

// A2.b: several habilitations, one fee.
#[test]
fn overlapping_coverage_is_billed_once() {
    let coverage =
        [("2027-01-01", "2030-01-01"), ("2026-03-15", "2029-03-15"), ("2026-09-01", "2026-01-01")];
    assert_eq!(
        years("2026-01-10", None, &coverage, "2029-12-31"),
        ["2026-03-15", "2027-03-15", "2028-03-15", "2029-03-15"]
    );
}

// A2.b: a gap at an anniversary starts a new cycle; a gap within a paid year does not.
#[test]
fn gaps_in_coverage() {
    let at_anniversary = [("2026-03-15", "2027-02-01"), ("2027-06-10", "2030-06-10")];
    assert_eq!(
        years("2026-01-10", None, &at_anniversary, "2028-12-31"),
        ["2026-03-15", "2027-06-10", "2028-06-10"]
    );
    let within = [("2026-03-15", "2026-06-01"), ("2026-09-01", "2029-09-01")];
    assert_eq!(years("2026-01-10", None, &within, "2027-12-31"), ["2026-03-15", "2027-03-15"]);
}

// A2.b: nothing is due from the day on which the site is closed.
#[test]
fn a_closed_site_is_not_billed() {
    let coverage = [("2026-03-15", "2029-03-15")];
    assert_eq!(years("2026-01-10", Some("2027-03-15"), &coverage, "2030-01-01"), ["2026-03-15"]);
    assert_eq!(years("2026-01-10", Some("2027-03-16"), &coverage, "2030-01-01").len(), 2);
    assert!(years("2026-01-10", Some("2026-02-01"), &coverage, "2030-01-01").is_empty());
}

#[test]
fn unbounded_coverage_ends() {
    let coverage = [Interval { from: date("2026-01-01"), to: NaiveDate::MAX }];
    let far = date("2226-01-01");
    assert_eq!(site_years(date("2026-01-01"), None, &coverage, far).len(), 201);
    assert!(!site_years(date("2026-01-01"), None, &coverage, NaiveDate::MAX).is_empty());
}

// A2.f
#[test]
fn invoices_are_due_after_45_calendar_days() {
    assert_eq!(payment_due_on(date("2026-10-01")), date("2026-11-15"));
    assert_eq!(payment_due_on(date("2027-01-04")), date("2027-02-18"));
}

// A2.f, interpretation 22.
#[test]
fn payment_reminders_fall_on_their_steps() {
    let due_on = date("2026-11-15");
    let reminder =
        |days: u64, sent: &[u32]| payment_reminder_due(due_on, due_on + Days::new(days), sent);
    assert_eq!(reminder(0, &[]), None);
    assert_eq!(reminder(1, &[]), Some(1));
    assert_eq!(reminder(14, &[1]), None);
    assert_eq!(reminder(15, &[1]), Some(15));
    assert_eq!(reminder(40, &[1]), Some(30));
    assert_eq!(reminder(40, &[30]), None);
    assert_eq!(reminder(20, &[30]), None);
    assert_eq!(payment_reminder_due(due_on, date("2026-11-01"), &[]), None);
}

// Interpretation 21.
#[test]
fn invoice_numbers_have_six_digits() {
    assert_eq!(invoice_number('F', 2026, 1), "F2026-000001");
    assert_eq!(invoice_number('A', 2027, 1_234_567), "A2027-1234567");
}

fn any_coverage() -> impl Strategy<Value = Vec<Interval>> {
    let interval = (0..4_000_u64, 0..1_500_u64).prop_map(|(start, length)| {
        let from = date("2023-02-14") + Days::new(start);
        Interval { from, to: from + Days::new(length) }
    });
    proptest::collection::vec(interval, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    // A2.b: one fee a year at most, each on a covered day, and no covered day without a paid year.
    #[test]
    fn every_covered_day_is_paid_once(coverage in any_coverage(), offset in 0..2_000_u64) {
        let registered = date("2023-02-14") + Days::new(offset);
        let up_to = date("2040-01-01");
        let days = site_years(registered, None, &coverage, up_to);
        let covers = |day: NaiveDate| coverage.iter().any(|i| i.contains(day));
        prop_assert!(days.iter().all(|d| *d >= registered && covers(*d)));
        prop_assert!(days.windows(2).all(|w| w[1] >= add_months(w[0], 12) || w[1].format("%m-%d").to_string() == "02-28"));
        for day in registered.iter_days().take_while(|d| *d <= up_to).filter(|d| covers(*d)).step_by(17) {
            let paid = days.iter().any(|d| *d <= day && (day - *d).num_days() <= 366);
            prop_assert!(paid, "{} is not paid", day);
        }
    }

    // A2.b: what is due does not depend on when or how far one looks.
    #[test]
    fn a_longer_look_only_adds(mut coverage in any_coverage(), ahead in 0..5_000_u64) {
        let registered = date("2023-02-14");
        let up_to = registered + Days::new(ahead);
        let all = site_years(registered, None, &coverage, date("2040-01-01"));
        let seen: Vec<_> = all.into_iter().filter(|d| *d <= up_to).collect();
        coverage.reverse();
        prop_assert_eq!(site_years(registered, None, &coverage, up_to), seen);
    }
}
