//! A date of birth as far as it is known: civil registers of some countries tell the year alone, or the year and
//! the month. What is unknown is left out, never made up.

use crate::Refusal;
use crate::deadline::{format_date_fr, format_month_fr};
use crate::vocabulary::StableText;
use chrono::{Datelike, Months, NaiveDate};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Nobody whom the platform knows was born before this year.
pub const FIRST_BIRTH_YEAR: i32 = 1900;

/// A date of birth of which the day, or the month and the day, may be unknown; as text `1984-03-05`, `1984-03` or
/// `1984`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BirthDate {
    /// The first day on which it can be.
    first: NaiveDate,
    known: Known,
}

/// How much of a date is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Known {
    Year,
    Month,
    Day,
}

/// That a text is no date of birth, whole or in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Une date de naissance s’écrit 1984-03-05, ou 1984-03 ou 1984 quand une partie en est inconnue."
)]
pub struct NoBirthDate;

impl BirthDate {
    /// The year.
    pub fn year(self) -> i32 {
        self.first.year()
    }

    /// The month, from 1 to 12, where it is known.
    pub fn month(self) -> Option<u32> {
        (self.known != Known::Year).then(|| self.first.month())
    }

    /// The day of the month, where it is known.
    pub fn day(self) -> Option<u32> {
        (self.known == Known::Day).then(|| self.first.day())
    }

    /// The first day on which it can be: the date itself where it is known whole.
    pub fn first_day(self) -> NaiveDate {
        self.first
    }

    /// The last day on which it can be: the date itself where it is known whole.
    pub fn last_day(self) -> NaiveDate {
        let months = match self.known {
            Known::Day => return self.first,
            Known::Month => 1,
            Known::Year => 12,
        };
        let next = self.first.checked_add_months(Months::new(months));
        next.and_then(|next| next.pred_opt()).unwrap_or(self.first)
    }

    /// As documents write it after « né(e) »: « le 1er mars 1984 », « en mars 1984 », « en 1984 ».
    pub fn french(self) -> String {
        match self.known {
            Known::Day => format!("le {}", format_date_fr(self.first)),
            Known::Month => format!("en {}", format_month_fr(self.first)),
            Known::Year => format!("en {}", self.year()),
        }
    }

    /// Why nobody was born then, as of `today`, at this field of an input: not later than yesterday, nor before
    /// [`FIRST_BIRTH_YEAR`].
    pub fn refusal(self, today: NaiveDate, field: &'static str) -> Option<Refusal> {
        let message = "La date de naissance doit être passée, et postérieure à 1899.";
        let wrong = self.first >= today || self.year() < FIRST_BIRTH_YEAR;
        wrong.then(|| Refusal::new("BIRTH_DATE_INVALID", message).at([field]))
    }
}

impl From<NaiveDate> for BirthDate {
    fn from(day: NaiveDate) -> Self {
        Self { first: day, known: Known::Day }
    }
}

impl fmt::Display for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known {
            Known::Day => write!(f, "{}", self.first.format("%Y-%m-%d")),
            Known::Month => write!(f, "{}", self.first.format("%Y-%m")),
            Known::Year => write!(f, "{}", self.first.format("%Y")),
        }
    }
}

impl StableText for BirthDate {
    fn text(self) -> Cow<'static, str> {
        self.to_string().into()
    }
}

impl FromStr for BirthDate {
    type Err = NoBirthDate;

    /// Takes four, two and two ASCII digits between hyphens, nothing else.
    fn from_str(text: &str) -> Result<Self, NoBirthDate> {
        let part = |range: std::ops::Range<usize>| -> Option<u32> {
            let digits = text.get(range).filter(|part| part.bytes().all(|b| b.is_ascii_digit()))?;
            digits.parse().ok()
        };
        let bytes = text.as_bytes();
        let hyphen = |at: usize| bytes.get(at) == Some(&b'-');
        let (known, month, day) = match bytes.len() {
            4 => (Known::Year, Some(1), Some(1)),
            7 if hyphen(4) => (Known::Month, part(5..7), Some(1)),
            10 if hyphen(4) && hyphen(7) => (Known::Day, part(5..7), part(8..10)),
            _ => return Err(NoBirthDate),
        };
        let year = part(0..4).and_then(|year| i32::try_from(year).ok());
        let first = year
            .zip(month)
            .zip(day)
            .and_then(|((year, month), day)| NaiveDate::from_ymd_opt(year, month, day));
        first.map(|first| Self { first, known }).ok_or(NoBirthDate)
    }
}

impl Serialize for BirthDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> BirthDate {
        text.parse().expect(text)
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn what_is_known_is_kept_and_nothing_else() {
        for (text, parts, french, last) in [
            ("1984", (1984, None, None), "en 1984", "1984-12-31"),
            ("1984-02", (1984, Some(2), None), "en février 1984", "1984-02-29"),
            ("1984-12", (1984, Some(12), None), "en décembre 1984", "1984-12-31"),
            ("1984-08-01", (1984, Some(8), Some(1)), "le 1er août 1984", "1984-08-01"),
        ] {
            let birth = read(text);
            assert_eq!(birth.to_string(), text);
            assert_eq!((birth.year(), birth.month(), birth.day()), parts, "{text}");
            assert_eq!((birth.french().as_str(), birth.last_day()), (french, day(last)), "{text}");
        }
        assert_ne!(read("1984"), read("1984-01"));
        assert_ne!(read("1984-01"), read("1984-01-01"));
        assert_eq!(BirthDate::from(day("1984-01-01")), read("1984-01-01"));
    }

    #[test]
    fn what_is_no_date_in_this_form_is_none() {
        for wrong in [
            "",
            "84",
            "984",
            "01984",
            "1984-",
            "1984-3",
            "1984-13",
            "1984-00",
            "1984-02-30",
            "1984-2-03",
            "1984-02-3",
            " 1984",
            "1984 ",
            "+1984-02",
            "-984",
            "1984/02/03",
            "1984-02-03T",
            "19８4",
            "1984-02-xx",
            "né en 84",
        ] {
            assert_eq!(wrong.parse::<BirthDate>(), Err(NoBirthDate), "{wrong}");
        }
    }

    #[test]
    fn nobody_is_born_to_come_or_too_long_ago() {
        let found = |text: &str| read(text).refusal(day("2026-06-15"), "birth").is_some();
        for wrong in ["2026-06-15", "2026-07", "2027", "1899", "1899-12-31"] {
            assert!(found(wrong), "{wrong}");
        }
        for right in ["2026-06-14", "2026-06", "2026", "1900", "1900-01-01"] {
            assert!(!found(right), "{right}");
        }
    }
}
