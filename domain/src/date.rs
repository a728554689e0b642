//! Calendar dates as programs, people and files write them, and how early or late one may be.
//!
//! There is one reader for each form, and nothing reads a date otherwise: digits of ASCII, as many as the form has,
//! nothing around them. What a tolerant reader makes of `26-12-24` is the year 26.

use crate::Refusal;
use crate::deadline::format_date_fr;
use chrono::{Months, NaiveDate};

/// The first day on which anything of the certification happened: it certifies the « socle » of 2015.
pub const FIRST_ACT: NaiveDate = NaiveDate::from_ymd_opt(2015, 1, 1).expect("a day");
/// Nobody of the convention was born before this day.
pub const FIRST_BIRTH: NaiveDate = NaiveDate::from_ymd_opt(1900, 1, 1).expect("a day");
/// How far ahead an act may look.
const FURTHEST: Months = Months::new(20 * 12);

/// Why a text is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Written in another form.
    #[error("une date s’écrit {0}")]
    Form(&'static str),
    /// The year has two digits.
    #[error("l’année s’écrit en quatre chiffres, comme {0}")]
    ShortYear(&'static str),
    /// The month or the day does not exist.
    #[error("ce jour n’existe pas")]
    NoSuchDay,
}

/// How a date is written.
struct Form {
    separator: char,
    /// Whether the year comes first, the day otherwise.
    year_first: bool,
    example: &'static str,
}

const ISO: Form = Form { separator: '-', year_first: true, example: "2026-11-24" };
const FRENCH: Form = Form { separator: '/', year_first: false, example: "24/11/2026" };

/// Reads `2026-11-24` (ISO 8601): four, two and two digits.
///
/// # Errors
/// Why it is no date.
pub fn parse(text: &str) -> Result<NaiveDate, DateError> {
    read(text, &ISO)
}

/// Reads `24/11/2026`, as spreadsheets in French and the public lists write it: two, two and four digits.
///
/// # Errors
/// Why it is no date.
pub fn parse_french(text: &str) -> Result<NaiveDate, DateError> {
    read(text, &FRENCH)
}

/// Reads either form, told apart by its separator.
///
/// # Errors
/// Why it is no date.
pub fn parse_either(text: &str) -> Result<NaiveDate, DateError> {
    if text.contains(FRENCH.separator) { parse_french(text) } else { parse(text) }
}

fn read(text: &str, form: &Form) -> Result<NaiveDate, DateError> {
    let parts: Vec<_> = text.split(form.separator).collect();
    let digits = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let sizes: Vec<_> = parts.iter().map(|part| part.len()).collect();
    let expected = if form.year_first { [4, 2, 2] } else { [2, 2, 4] };
    if !digits || sizes != expected {
        let year = if form.year_first { 0 } else { 2 };
        let short = digits && sizes.len() == 3 && sizes[year] == 2;
        let told = if short { DateError::ShortYear } else { DateError::Form };
        return Err(told(form.example));
    }
    let number = |i: usize| parts[i].parse::<u32>().ok();
    let (year, day) = if form.year_first { (0, 2) } else { (2, 0) };
    let date = number(year).zip(number(1)).zip(number(day)).and_then(|((year, month), day)| {
        NaiveDate::from_ymd_opt(i32::try_from(year).ok().filter(|year| *year > 0)?, month, day)
    });
    date.ok_or(DateError::NoSuchDay)
}

/// Why a date typed into `field` cannot be one of the certification as of `today`: it comes before the certification
/// (`DATE_TOO_EARLY`), or more than twenty years ahead (`DATE_TOO_LATE`). A slip of the pen does either.
pub fn act_refusal(field: &'static str, date: NaiveDate, today: NaiveDate) -> Option<Refusal> {
    let last = today.checked_add_months(FURTHEST).unwrap_or(NaiveDate::MAX);
    let (code, message) = if date < FIRST_ACT {
        let message = format!(
            "La date du {} est antérieure à la certification : au plus tôt le {}.",
            format_date_fr(date),
            format_date_fr(FIRST_ACT)
        );
        ("DATE_TOO_EARLY", message)
    } else if date > last {
        let message = format!(
            "La date du {} est trop lointaine : au plus tard le {}.",
            format_date_fr(date),
            format_date_fr(last)
        );
        ("DATE_TOO_LATE", message)
    } else {
        return None;
    };
    Some(Refusal::new(code, message).at([field]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a day")
    }

    #[test]
    fn the_exact_form_is_read() {
        assert_eq!(parse("2026-11-24"), Ok(day(2026, 11, 24)));
        assert_eq!(parse("2024-02-29"), Ok(day(2024, 2, 29)));
        assert_eq!(parse_french("24/11/2026"), Ok(day(2026, 11, 24)));
        assert_eq!(parse_either("01/02/2031"), Ok(day(2031, 2, 1)));
        assert_eq!(parse_either("2031-02-01"), Ok(day(2031, 2, 1)));
    }

    #[test]
    fn nothing_else_is() {
        let short = Err(DateError::ShortYear("2026-11-24"));
        for text in ["26-12-24", "26-1-5", "07-03-1"] {
            assert_eq!(parse(text), short, "{text:?}");
        }
        assert_eq!(parse_french("24/12/26"), Err(DateError::ShortYear("24/11/2026")));
        for text in [
            "",
            " 2026-03-01",
            "2026-03-01 ",
            "2026-03-01\n",
            "\u{feff}2026-03-01",
            "+2026-03-01",
            "-2026-03-01",
            "2026-3-1",
            "2026-03-1",
            "12026-03-01",
            "0002026-03-01",
            "20260301",
            "2026/03/01",
            "2026‑03‑01",
            "２０２６-03-01",
            "2026-03-01T00:00:00Z",
            "2026-061",
            "2026-W09-7",
            "2026-03-0x",
            "01-03-2026",
            "46082",
        ] {
            let told = matches!(parse(text), Err(DateError::Form(_) | DateError::ShortYear(_)));
            assert!(told, "{text:?}: {:?}", parse(text));
            assert!(parse_french(text).is_err() && parse_either(text).is_err(), "{text:?}");
        }
        for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "0000-01-01"] {
            assert_eq!(parse(text), Err(DateError::NoSuchDay), "{text}");
        }
        for text in
            ["1/2/2026", " 24/12/2026", "24/12/2026 ", "24/12/02026", "2026/12/24", "24.12.2026"]
        {
            assert!(parse_french(text).is_err() && parse_either(text).is_err(), "{text:?}");
        }
        assert_eq!(parse_french("31/02/2026"), Err(DateError::NoSuchDay));
    }

    #[test]
    fn an_act_is_neither_before_the_certification_nor_out_of_sight() {
        let today = day(2026, 11, 30);
        let code = |date| act_refusal("opensOn", date, today).map(|r| r.code.into_owned());
        assert_eq!(code(day(2014, 12, 31)).as_deref(), Some("DATE_TOO_EARLY"));
        assert_eq!(code(day(26, 1, 10)).as_deref(), Some("DATE_TOO_EARLY"));
        assert_eq!(code(FIRST_ACT), None);
        assert_eq!(code(day(2046, 11, 30)), None);
        assert_eq!(code(day(2046, 12, 1)).as_deref(), Some("DATE_TOO_LATE"));
        let refused = act_refusal("opensOn", day(206, 3, 1), today).expect("refused");
        assert_eq!(refused.field, ["opensOn"]);
        assert_eq!(
            refused.message,
            "La date du 1er mars 206 est antérieure à la certification : au plus tôt le 1er janvier 2015."
        );
    }

    proptest! {
        #[test]
        fn every_day_is_read_back_from_either_form(days in 1..2_900_000_i32) {
            let date = NaiveDate::from_num_days_from_ce_opt(days).expect("a day");
            prop_assert_eq!(parse(&date.format("%Y-%m-%d").to_string()), Ok(date));
            prop_assert_eq!(parse_french(&date.format("%d/%m/%Y").to_string()), Ok(date));
        }

        #[test]
        fn nothing_typed_panics(text in "[0-9/ -]{0,12}|.{0,12}") {
            let _ = (parse(&text), parse_french(&text), parse_either(&text));
        }
    }
}
