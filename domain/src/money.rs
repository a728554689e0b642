//! Amounts in integer cents, and the civil quarters in which they are invoiced.

use crate::calendar::Calendar;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::fmt;

/// `cents` as French text: "1 234,56 €", a narrow no-break space between thousands (U+202F), a no-break
/// one before the sign (U+00A0), a minus before negative amounts.
pub fn format_euros(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let (euros, rest) = (cents.unsigned_abs() / 100, cents.unsigned_abs() % 100);
    let mut grouped = String::new();
    let digits = euros.to_string();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped},{rest:02}\u{a0}€")
}

/// A civil quarter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quarter {
    /// The civil year.
    pub year: i32,
    /// From 1 to 4.
    pub number: u8,
}

impl Quarter {
    /// Reads "2026Q3": four digits, `Q`, a number from 1 to 4; none for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, number) = text.split_once('Q')?;
        let digits = |s: &str, n: usize| s.len() == n && s.chars().all(|c| c.is_ascii_digit());
        if !digits(year, 4) || !digits(number, 1) {
            return None;
        }
        let found = Self { year: year.parse().ok()?, number: number.parse().ok()? };
        (1..=4).contains(&found.number).then_some(found)
    }

    /// The quarter in which `date` lies.
    pub fn of(date: NaiveDate) -> Self {
        let number = match date.month() {
            1..=3 => 1,
            4..=6 => 2,
            7..=9 => 3,
            _ => 4,
        };
        Self { year: date.year(), number }
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        let month = 3 * u32::from(self.number.clamp(1, 4)) - 2;
        NaiveDate::from_ymd_opt(self.year, month, 1).unwrap_or(NaiveDate::MAX)
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        self.next().first_day().pred_opt().unwrap_or(NaiveDate::MIN)
    }

    /// The quarter after it.
    pub fn next(self) -> Self {
        match self.number {
            4.. => Self { year: self.year.saturating_add(1), number: 1 },
            number => Self { number: number + 1, ..self },
        }
    }

    /// The quarter before it.
    pub fn previous(self) -> Self {
        match self.number {
            0 | 1 => Self { year: self.year.saturating_sub(1), number: 4 },
            number => Self { number: number - 1, ..self },
        }
    }

    /// A2.d: the day on which it is invoiced, the first working day after it (interpretation 20).
    pub fn run_on(self, calendar: &Calendar) -> NaiveDate {
        calendar.first_working_day_from(self.next().first_day())
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}Q{}", self.year, self.number)
    }
}

impl TryFrom<String> for Quarter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
            .ok_or_else(|| format!("Trimestre inconnu : « {text} » (attendu : 2026Q3)."))
    }
}

impl From<Quarter> for String {
    fn from(quarter: Quarter) -> Self {
        quarter.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn quarter(text: &str) -> Quarter {
        Quarter::parse(text).expect("a quarter")
    }

    #[test]
    fn euros_are_written_the_french_way() {
        assert_eq!(format_euros(0), "0,00\u{a0}€");
        assert_eq!(format_euros(5), "0,05\u{a0}€");
        assert_eq!(format_euros(33_000), "330,00\u{a0}€");
        assert_eq!(format_euros(123_456), "1\u{202f}234,56\u{a0}€");
        assert_eq!(format_euros(100_000_000), "1\u{202f}000\u{202f}000,00\u{a0}€");
        assert_eq!(format_euros(-1_100), "-11,00\u{a0}€");
        assert_eq!(format_euros(-5), "-0,05\u{a0}€");
        assert!(format_euros(i64::MIN).starts_with("-92\u{202f}233"));
    }

    #[test]
    fn quarters_are_read_strictly() {
        assert_eq!(Quarter::parse("2026Q3"), Some(Quarter { year: 2026, number: 3 }));
        for text in
            ["", "2026", "2026Q0", "2026Q5", "2026Q11", "26Q1", "+026Q1", "2026q1", "2026Q1 "]
        {
            assert_eq!(Quarter::parse(text), None, "{text}");
        }
        assert_eq!(quarter("2026Q3").to_string(), "2026Q3");
        assert!(serde_json::from_str::<Quarter>("\"2026Q9\"").is_err());
    }

    #[test]
    fn quarters_have_bounds() {
        let third = quarter("2026Q3");
        assert_eq!(third.first_day(), date("2026-07-01"));
        assert_eq!(third.last_day(), date("2026-09-30"));
        assert_eq!(quarter("2026Q4").last_day(), date("2026-12-31"));
        assert_eq!(quarter("2026Q4").next(), quarter("2027Q1"));
        assert_eq!(quarter("2026Q1").previous(), quarter("2025Q4"));
        // The fields are open: nonsense is bounded, not a panic.
        let wild = Quarter { year: i32::MAX, number: 9 };
        assert_eq!(wild.first_day(), NaiveDate::MAX);
        assert_eq!(wild.next().previous().number, 4);
    }

    // A2.d, interpretation 20.
    #[test]
    fn quarters_are_invoiced_on_the_first_working_day_after() {
        let calendar = Calendar::metropolitan();
        assert_eq!(quarter("2026Q4").run_on(&calendar), date("2027-01-04"));
        assert_eq!(quarter("2026Q2").run_on(&calendar), date("2026-07-01"));
        // 1 April 2029 is Easter Sunday.
        assert_eq!(quarter("2029Q1").run_on(&calendar), date("2029-04-03"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_date_lies_in_its_quarter(offset in 0..100_000_u64) {
            let day = date("1950-01-01") + Days::new(offset);
            let found = Quarter::of(day);
            prop_assert!(found.first_day() <= day && day <= found.last_day());
            prop_assert_eq!(Quarter::parse(&found.to_string()), Some(found));
            prop_assert_eq!(found.next().previous(), found);
            prop_assert_eq!(found.last_day().succ_opt(), Some(found.next().first_day()));
            prop_assert!(found.next() > found);
        }

        #[test]
        fn no_cent_is_lost(cents: i64) {
            let digits: String =
                format_euros(cents).chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
            prop_assert_eq!(digits.parse::<i128>().expect("digits"), i128::from(cents));
        }
    }
}
