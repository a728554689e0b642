//! Working days (« jours ouvrés ») of metropolitan France, with an authority's closure days.
//!
//! Interpretation 2: Monday to Friday, except the eleven public holidays; a closure day published by
//! an authority counts only for deadlines that were started after its publication.

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use serde::{Deserialize, Serialize};

/// A day on which an authority is closed, by its own published decision (interpretation 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// The closed day (Europe/Paris).
    pub date: NaiveDate,
    /// Why, in French, as shown to people: "pont de l'Ascension".
    pub reason: String,
    /// The day on which the closure was published; it never touches a deadline started on or before it.
    pub published_on: NaiveDate,
}

/// Says which days count for working-day deadlines.
#[derive(Default, Clone, Debug)]
pub struct Calendar {
    /// Sorted by date, then by publication.
    closures: Vec<Closure>,
}

impl Calendar {
    /// The calendar of metropolitan France, without any closure.
    pub fn metropolitan() -> Self {
        Self::default()
    }

    /// The calendar of metropolitan France with an authority's `closures`, in any order.
    pub fn with_closures(mut closures: Vec<Closure>) -> Self {
        closures.sort_by_key(|c| (c.date, c.published_on));
        Self { closures }
    }

    /// Why `date` does not count for a deadline started on `started_on`; none for a working day.
    ///
    /// Gives the French reason: "samedi", "dimanche", a public holiday's name or a closure's reason.
    /// A closure counts only if it was published before `started_on` (interpretation 2).
    pub fn day_off(&self, date: NaiveDate, started_on: NaiveDate) -> Option<String> {
        weekend(date)
            .or_else(|| public_holiday(date))
            .map(str::to_owned)
            .or_else(|| self.closure(date, started_on).map(|c| c.reason.clone()))
    }

    /// Whether `date` is a working day as known on the day before it: closures published later are ignored.
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        self.day_off(date, date).is_none()
    }

    /// The first working day on or after `date`: `date` itself if it is one.
    pub fn first_working_day_from(&self, date: NaiveDate) -> NaiveDate {
        date.iter_days().find(|day| self.is_working_day(*day)).unwrap_or(date)
    }

    /// The closure of `date` that counts for a deadline started on `started_on`.
    fn closure(&self, date: NaiveDate, started_on: NaiveDate) -> Option<&Closure> {
        let first = self.closures.partition_point(|c| c.date < date);
        self.closures[first..].first().filter(|c| c.date == date && c.published_on < started_on)
    }
}

/// "samedi" or "dimanche"; none on other days.
fn weekend(date: NaiveDate) -> Option<&'static str> {
    match date.weekday() {
        Weekday::Sat => Some("samedi"),
        Weekday::Sun => Some("dimanche"),
        _ => None,
    }
}

/// The French name of the public holiday of metropolitan France that falls on `date`, if any (eleven a year).
pub fn public_holiday(date: NaiveDate) -> Option<&'static str> {
    match (date.month(), date.day()) {
        (1, 1) => Some("jour de l'An"),
        (5, 1) => Some("fête du Travail"),
        (5, 8) => Some("victoire de 1945"),
        (7, 14) => Some("fête nationale"),
        (8, 15) => Some("Assomption"),
        (11, 1) => Some("Toussaint"),
        (11, 11) => Some("armistice de 1918"),
        (12, 25) => Some("Noël"),
        _ => moving_holiday(date),
    }
}

/// The name of the public holiday that moves with Easter and falls on `date`.
fn moving_holiday(date: NaiveDate) -> Option<&'static str> {
    match date.signed_duration_since(easter(date.year())?).num_days() {
        1 => Some("lundi de Pâques"),
        39 => Some("jeudi de l'Ascension"),
        50 => Some("lundi de Pentecôte"),
        _ => None,
    }
}

/// Easter Sunday of a Gregorian `year` (Meeus's rule); none outside the calendar's range.
fn easter(year: i32) -> Option<NaiveDate> {
    let (lunar, century, rest) = (year % 19, year / 100, year % 100);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * lunar + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
    let late = (lunar + 11 * epact + 22 * weekday) / 451;
    let days_after_march_1 = epact + weekday - 7 * late + 21;
    let march_1 = NaiveDate::from_ymd_opt(year, 3, 1)?;
    march_1.checked_add_signed(TimeDelta::days(days_after_march_1.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn closure(day: &str, published_on: &str) -> Closure {
        Closure { date: date(day), reason: "pont".to_owned(), published_on: date(published_on) }
    }

    #[test]
    fn easter_falls_on_known_days() {
        for day in [
            "1900-04-15",
            "1954-04-18",
            "1981-04-19",
            "2000-04-23",
            "2008-03-23",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2038-04-25",
            "2049-04-18",
            "2076-04-19",
            "2200-04-06",
        ] {
            assert_eq!(easter(date(day).year()), Some(date(day)));
        }
    }

    // Interpretation 2.
    #[test]
    fn eleven_holidays_of_2026() {
        let found: Vec<_> = date("2026-01-01")
            .iter_days()
            .take(365)
            .filter_map(|day| public_holiday(day).map(|name| (day.to_string(), name)))
            .collect();
        let expected = [
            ("2026-01-01", "jour de l'An"),
            ("2026-04-06", "lundi de Pâques"),
            ("2026-05-01", "fête du Travail"),
            ("2026-05-08", "victoire de 1945"),
            ("2026-05-14", "jeudi de l'Ascension"),
            ("2026-05-25", "lundi de Pentecôte"),
            ("2026-07-14", "fête nationale"),
            ("2026-08-15", "Assomption"),
            ("2026-11-01", "Toussaint"),
            ("2026-11-11", "armistice de 1918"),
            ("2026-12-25", "Noël"),
        ];
        assert_eq!(found, expected.map(|(day, name)| (day.to_owned(), name)));
    }

    #[test]
    fn day_off_gives_the_reason() {
        let calendar = Calendar::metropolitan();
        let reason = |day: &str| calendar.day_off(date(day), date("2026-01-01"));
        assert_eq!(reason("2026-08-15").as_deref(), Some("samedi"));
        assert_eq!(reason("2026-08-16").as_deref(), Some("dimanche"));
        assert_eq!(reason("2026-04-06").as_deref(), Some("lundi de Pâques"));
        assert_eq!(reason("2026-04-07"), None);
        // Good Friday and Boxing Day are holidays in Alsace-Moselle only.
        assert_eq!(reason("2026-04-03"), None);
        assert_eq!(reason("2028-12-26"), None);
    }

    // Interpretation 2: a closure counts only for deadlines started after its publication.
    #[test]
    fn closure_counts_only_for_later_starts() {
        let calendar = Calendar::with_closures(vec![
            closure("2026-07-13", "2026-03-01"),
            closure("2026-05-15", "2026-03-01"),
            closure("2026-05-15", "2026-04-01"),
        ]);
        let off = |started: &str| calendar.day_off(date("2026-05-15"), date(started));
        assert_eq!(off("2026-02-28"), None);
        assert_eq!(off("2026-03-01"), None);
        assert_eq!(off("2026-03-02").as_deref(), Some("pont"));
        assert!(!calendar.is_working_day(date("2026-07-13")));
        assert_eq!(calendar.first_working_day_from(date("2026-07-11")), date("2026-07-15"));
    }

    #[test]
    fn the_end_of_time_does_not_panic() {
        let calendar = Calendar::metropolitan();
        assert!(calendar.first_working_day_from(NaiveDate::MAX) >= date("2026-01-01"));
        assert!(calendar.day_off(NaiveDate::MIN, NaiveDate::MIN).is_none_or(|r| !r.is_empty()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_year_has_ten_or_eleven_holidays(year in 1900..=2200_i32) {
            // Ascension Thursday may fall on 1 or 8 May.
            let first = NaiveDate::from_ymd_opt(year, 1, 1).expect("a date");
            let count = first
                .iter_days()
                .take_while(|d| d.year() == year)
                .filter(|d| public_holiday(*d).is_some())
                .count();
            prop_assert!((10..=11).contains(&count));
            prop_assert_eq!(easter(year).map(|d| d.weekday()), Some(Weekday::Sun));
        }

        #[test]
        fn a_working_day_is_near(offset in 0..100_000_i64) {
            let calendar = Calendar::metropolitan();
            let day = date("1900-01-01") + TimeDelta::days(offset);
            let found = calendar.first_working_day_from(day);
            prop_assert!(calendar.is_working_day(found));
            prop_assert!((0..=4).contains(&(found - day).num_days()));
        }
    }
}
