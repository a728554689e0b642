//! What is billed and when it is paid (annexe 2; interpretations 17, 21 and 22).

use crate::deadline::DeadlineKind;
use crate::term::add_months;
use chrono::{Days, NaiveDate};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The days overdue on which an unpaid invoice is reminded (A2.f, interpretation 22).
pub const PAYMENT_REMINDER_STEPS: [u32; 3] = [1, 15, 30];

/// What makes a site billable or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SiteFacts<'a> {
    /// Its own SIRET, if it has one.
    pub siret: Option<&'a str>,
    /// Number and street.
    pub address: &'a str,
    /// Postal code.
    pub postal_code: &'a str,
    /// Town.
    pub city: &'a str,
    /// It is the organism's seat.
    pub is_seat: bool,
}

/// A2.b: whether the site fee is due for `site` (interpretation 17).
///
/// It is for the seat, for a site with a SIRET of its own, and for one whose address differs from the
/// seat's, given as address, postal code and town (compared whatever their case, spaces, accents or punctuation).
pub fn is_billable(site: &SiteFacts, seat_address: (&str, &str, &str)) -> bool {
    let has_siret = site.siret.is_some_and(|siret| !siret.trim().is_empty());
    let own = place((site.address, site.postal_code, site.city));
    let has_address = own.iter().any(|part| !part.is_empty());
    site.is_seat || has_siret || (has_address && own != place(seat_address))
}

/// An address in its comparable form.
fn place((address, postal_code, city): (&str, &str, &str)) -> [String; 3] {
    let code = comparable(postal_code).replace(' ', "");
    [comparable(address), code, comparable(city)]
}

/// Lower-case letters and digits only, without accents; a space is kept between two numbers.
fn comparable(text: &str) -> String {
    let plain: String = text.to_lowercase().replace('œ', "oe").replace('æ', "ae");
    let mut kept = String::new();
    let mut parted = false;
    for c in plain.nfkd().filter(|c| !is_combining_mark(*c)) {
        if !c.is_alphanumeric() {
            parted = true;
            continue;
        }
        if parted && c.is_numeric() && kept.ends_with(char::is_numeric) {
            kept.push(' ');
        }
        kept.push(c);
        parted = false;
    }
    kept
}

/// Days on which a habilitation is in force, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

impl Interval {
    /// Whether `date` lies in it.
    fn contains(self, date: NaiveDate) -> bool {
        self.from <= date && date <= self.to
    }
}

/// A2.b: the first days, up to `up_to`, of the site-years for which the site fee is due (interpretation 17).
///
/// The first is the first day on which the site is registered and covered by a habilitation in force; then
/// comes every twelfth month after that same day while one covers it. Where none does, the next cycle starts
/// on the first covered day after. `coverage` may overlap and be in any order: one fee all the same. A site
/// is no longer registered on the day `closed_on`.
pub fn site_years(
    registered_on: NaiveDate,
    closed_on: Option<NaiveDate>,
    coverage: &[Interval],
    up_to: NaiveDate,
) -> Vec<NaiveDate> {
    let due = |day: NaiveDate| day <= up_to && closed_on.is_none_or(|closed| day < closed);
    let mut days = Vec::new();
    let mut start = first_covered(coverage, registered_on).filter(|day| due(*day));
    while let Some(first) = start {
        days.push(first);
        let end = cycle(first, coverage, &due, &mut days);
        start = end.and_then(|day| first_covered(coverage, day)).filter(|day| due(*day));
    }
    days
}

/// Adds the anniversaries of `first` while covered; gives the first one that is not, none past the end.
fn cycle(
    first: NaiveDate,
    coverage: &[Interval],
    due: &impl Fn(NaiveDate) -> bool,
    days: &mut Vec<NaiveDate>,
) -> Option<NaiveDate> {
    let anniversaries = (1..).map(|years: u32| add_months(first, years.saturating_mul(12)));
    for day in anniversaries {
        if !due(day) || day == NaiveDate::MAX {
            return None;
        }
        if !coverage.iter().any(|i| i.contains(day)) {
            return Some(day);
        }
        days.push(day);
    }
    None
}

/// The first covered day on or after `from`.
fn first_covered(coverage: &[Interval], from: NaiveDate) -> Option<NaiveDate> {
    let starts = coverage.iter().filter(|i| i.from <= i.to && i.to >= from);
    starts.map(|i| i.from.max(from)).min()
}

/// A2.f: the last day to pay an invoice issued on `issued_on`, 45 calendar days later.
pub fn payment_due_on(issued_on: NaiveDate) -> NaiveDate {
    let days = DeadlineKind::InvoicePaid.rule().span.amount;
    issued_on.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX)
}

/// A2.f: the reminder step to send on `today`, in days after `due_on` (interpretation 22).
///
/// Only the latest due step of [`PAYMENT_REMINDER_STEPS`]; none if it or a later one is among those `sent`.
pub fn payment_reminder_due(due_on: NaiveDate, today: NaiveDate, sent: &[u32]) -> Option<u32> {
    let overdue = u32::try_from((today - due_on).num_days()).ok()?;
    let step = PAYMENT_REMINDER_STEPS.into_iter().filter(|step| *step <= overdue).max()?;
    sent.iter().all(|s| *s < step).then_some(step)
}

/// The number of an invoice (`series` `F`) or credit note (`A`): "F2026-000001" (interpretation 21).
pub fn invoice_number(series: char, year: i32, sequence: u32) -> String {
    format!("{series}{year}-{sequence:06}")
}

#[cfg(test)]
mod tests;
