//! Legal time limits: how a span is counted from an act, with the whole arithmetic explained.
//!
//! Interpretation 3: the day of the act does not count; n working days end on the n-th working day
//! after it; "at the latest n working days before" is the n-th working day before, on which it is
//! still met; calendar-day limits count every day and are not moved. Interpretation 4: months and
//! years end on the day with the same number, or the last of the month, that day included.

mod french;
mod kind;

pub use french::{format_date_fr, format_month_fr};
pub use kind::{DeadlineKind, DeadlineRule};

use crate::calendar::Calendar;
use crate::term;
use crate::vocabulary::UnknownName;
use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The unit in which a time limit is counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Unit {
    /// Every day counts.
    CalendarDay,
    /// Only working days count ([`Calendar`]).
    WorkingDay,
    /// Months, to the day with the same number.
    Month,
    /// Years, to the same day.
    Year,
}

impl Unit {
    /// The stable name: `CALENDAR_DAY`, `WORKING_DAY`, `MONTH` or `YEAR`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CalendarDay => "CALENDAR_DAY",
            Self::WorkingDay => "WORKING_DAY",
            Self::Month => "MONTH",
            Self::Year => "YEAR",
        }
    }

    /// The greatest amount that [`compute`] accepts in this unit.
    const fn limit(self) -> u32 {
        match self {
            Self::CalendarDay | Self::WorkingDay => 3_660,
            Self::Month => 1_200,
            Self::Year => 100,
        }
    }
}

impl FromStr for Unit {
    type Err = UnknownName;

    /// Reads the stable name, or the English or French words that people type, whatever the case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = text.trim().to_lowercase().replace(['_', ' '], "-").replace('é', "e");
        match word.as_str() {
            "calendar-day" | "calendar-days" | "day" | "days" | "jour" | "jours"
            | "jour-calendaire" | "jours-calendaires" => Ok(Self::CalendarDay),
            "working-day" | "working-days" | "jour-ouvre" | "jours-ouvres" => Ok(Self::WorkingDay),
            "month" | "months" | "mois" => Ok(Self::Month),
            "year" | "years" | "an" | "ans" | "annee" | "annees" => Ok(Self::Year),
            _ => Err(UnknownName(text.to_owned())),
        }
    }
}

/// A length of time, after an act or before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Span {
    /// How many units.
    pub amount: u32,
    /// What is counted.
    pub unit: Unit,
    /// Counted back from the date ("at the latest n days before").
    pub backwards: bool,
}

impl Span {
    /// `amount` units after the act.
    const fn after(amount: u32, unit: Unit) -> Self {
        Self { amount, unit, backwards: false }
    }

    /// `n` working days after the act.
    pub const fn working_days(n: u32) -> Self {
        Self::after(n, Unit::WorkingDay)
    }

    /// `n` calendar days after the act.
    pub const fn calendar_days(n: u32) -> Self {
        Self::after(n, Unit::CalendarDay)
    }

    /// `n` months after the act.
    pub const fn months(n: u32) -> Self {
        Self::after(n, Unit::Month)
    }

    /// `n` years after the act.
    pub const fn years(n: u32) -> Self {
        Self::after(n, Unit::Year)
    }

    /// The same length, counted back from the date.
    pub const fn before(self) -> Self {
        Self { backwards: true, ..self }
    }
}

impl fmt::Display for Span {
    /// The length in French: "20 jours ouvrés", "1 an"; the direction is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match (self.unit, self.amount < 2) {
            (Unit::CalendarDay, true) => "jour calendaire",
            (Unit::CalendarDay, false) => "jours calendaires",
            (Unit::WorkingDay, true) => "jour ouvré",
            (Unit::WorkingDay, false) => "jours ouvrés",
            (Unit::Month, _) => "mois",
            (Unit::Year, true) => "an",
            (Unit::Year, false) => "ans",
        };
        write!(f, "{} {words}", self.amount)
    }
}

/// A day that was passed over in a working-day count.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SkippedDay {
    /// The day.
    pub date: NaiveDate,
    /// Why it does not count, in French ([`Calendar::day_off`]).
    pub reason: String,
}

/// A time limit with everything that led to its last day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Explanation {
    /// The day of the act, which does not count.
    pub started_on: NaiveDate,
    /// The length counted.
    pub span: Span,
    /// The last day on which the limit is met.
    pub due_on: NaiveDate,
    /// The days passed over, in the order met; working days only.
    pub skipped: Vec<SkippedDay>,
    /// The days counted, in the order met; working days only, empty for other units.
    pub counted: Vec<NaiveDate>,
}

/// Why a time limit cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeadlineError {
    /// The span asked for, over the greatest accepted in its unit.
    #[error("Le délai de {0} dépasse la limite de {limit}.", limit = .0.unit.limit())]
    TooLarge(Span),
    /// The day of the act: it, or the last day, lies outside 1900 to 2200.
    #[error("Le calcul à partir du {date} sort des années 1900 à 2200.", date = format_date_fr(*.0))]
    OutOfRange(NaiveDate),
}

/// The last day of `span` counted from `started_on`, with its whole arithmetic (interpretations 3 and 4).
///
/// Refuses amounts over 3,660 days, 1,200 months or 100 years, and dates outside 1900 to 2200.
pub fn compute(
    calendar: &Calendar,
    started_on: NaiveDate,
    span: Span,
) -> Result<Explanation, DeadlineError> {
    if span.amount > span.unit.limit() {
        return Err(DeadlineError::TooLarge(span));
    }
    let found = in_range(started_on).and_then(|start| match span.unit {
        Unit::WorkingDay => count_working_days(calendar, start, span),
        _ => end_of(start, span).map(|due_on| plain(start, span, due_on)),
    });
    found.filter(|e| in_range(e.due_on).is_some()).ok_or(DeadlineError::OutOfRange(started_on))
}

/// Whether limits are computed from this day: its year is between 1900 and 2200.
pub fn is_in_range(date: NaiveDate) -> bool {
    (1900..=2200).contains(&date.year())
}

/// `date` if limits are computed from it.
fn in_range(date: NaiveDate) -> Option<NaiveDate> {
    Some(date).filter(|date| is_in_range(*date))
}

/// An explanation without a day-by-day count.
fn plain(started_on: NaiveDate, span: Span, due_on: NaiveDate) -> Explanation {
    Explanation { started_on, span, due_on, skipped: Vec::new(), counted: Vec::new() }
}

/// The end of a span of calendar days, months or years.
fn end_of(start: NaiveDate, span: Span) -> Option<NaiveDate> {
    let amount = span.amount;
    match (span.unit, span.backwards) {
        (Unit::Month, false) => Some(term::add_months(start, amount)),
        (Unit::Year, false) => Some(term::add_years(start, amount)),
        (Unit::Month, true) => start.checked_sub_months(Months::new(amount)),
        (Unit::Year, true) => start.checked_sub_months(Months::new(amount.saturating_mul(12))),
        (_, false) => start.checked_add_days(Days::new(amount.into())),
        (_, true) => start.checked_sub_days(Days::new(amount.into())),
    }
}

/// Walks day by day from `start` until the span's amount of working days was met.
fn count_working_days(calendar: &Calendar, start: NaiveDate, span: Span) -> Option<Explanation> {
    let mut found = plain(start, span, start);
    for _ in 0..span.amount {
        loop {
            let day =
                if span.backwards { found.due_on.pred_opt() } else { found.due_on.succ_opt() };
            found.due_on = in_range(day?)?;
            let Some(reason) = calendar.day_off(found.due_on, start) else { break };
            found.skipped.push(SkippedDay { date: found.due_on, reason });
        }
        found.counted.push(found.due_on);
    }
    Some(found)
}

#[cfg(test)]
mod tests;
