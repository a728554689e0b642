//! A time limit's arithmetic told in French.

use super::{Explanation, Unit};
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// `date` in full French: "24 décembre 2026", "1er janvier 2027".
pub fn format_date_fr(date: NaiveDate) -> String {
    let day = if date.day() == 1 { "1er".to_owned() } else { date.day().to_string() };
    format!("{day} {}", format_month_fr(date))
}

/// The month of `date` in full French: "décembre 2026".
pub fn format_month_fr(date: NaiveDate) -> String {
    let month = usize::try_from(date.month0()).ok().and_then(|m| MONTHS.get(m)).unwrap_or(&"");
    format!("{month} {}", date.year())
}

/// "1er", "2e", "20e".
fn ordinal(n: usize) -> String {
    if n == 1 { "1er".to_owned() } else { format!("{n}e") }
}

impl Explanation {
    /// The whole arithmetic in French, one sentence a step, the last day in the last sentence.
    ///
    /// "Le 24 décembre 2026 ne compte pas (jour de l'acte)." … "20e jour ouvré : 25 janvier 2027."
    pub fn sentences(&self) -> Vec<String> {
        let start = format_date_fr(self.started_on);
        if self.span.amount == 0 {
            return vec![format!("Délai nul : {start}.")];
        }
        let mut told = match self.span.unit {
            Unit::WorkingDay => self.working_day_sentences(),
            Unit::CalendarDay => vec![self.calendar_day_sentence()],
            Unit::Month | Unit::Year => self.month_sentences(),
        };
        told.insert(0, format!("Le {start} ne compte pas (jour de l'acte)."));
        told
    }

    /// One sentence for each day met, passed over or counted, in the order of the count.
    fn working_day_sentences(&self) -> Vec<String> {
        let back = self.back();
        let skipped = self.skipped.iter().map(|s| {
            (s.date, format!("Le {} ne compte pas ({}).", format_date_fr(s.date), s.reason))
        });
        let counted = self.counted.iter().enumerate().map(|(i, date)| {
            let rank = ordinal(i + 1);
            (*date, format!("{rank} jour ouvré{back} : {}.", format_date_fr(*date)))
        });
        let days: BTreeMap<NaiveDate, String> = skipped.chain(counted).collect();
        if self.span.backwards {
            days.into_values().rev().collect()
        } else {
            days.into_values().collect()
        }
    }

    /// The last calendar day.
    fn calendar_day_sentence(&self) -> String {
        let rank = usize::try_from(self.span.amount).map_or_else(|_| String::new(), ordinal);
        let (back, due) = (self.back(), format_date_fr(self.due_on));
        format!("{rank} jour calendaire{back}, tous les jours comptant : {due}.")
    }

    /// The last day of a span of months or years, and why it is the month's last if it had to be.
    fn month_sentences(&self) -> Vec<String> {
        let (start, due) = (format_date_fr(self.started_on), format_date_fr(self.due_on));
        let mut told = Vec::new();
        if self.due_on.day() != self.started_on.day() {
            let day = self.started_on.day();
            told.push(format!("Le mois d'arrivée n'a pas de {day} : son dernier jour est retenu."));
        }
        let direction = if self.span.backwards { "avant le" } else { "après le" };
        told.push(format!("{} {direction} {start} : {due} inclus.", self.span));
        told
    }

    /// What marks a count towards the past.
    fn back(&self) -> &'static str {
        if self.span.backwards { " en remontant" } else { "" }
    }
}
