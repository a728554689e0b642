//! Alerts on offers published on EDOF and the graded sanction that they lead to (IV.2, V.3.d).

use crate::deadline::format_date_fr;
use crate::vocabulary;
use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// How far back confirmed sanctions count towards the next level (V.3.d, interpretation 25).
const LOOK_BACK: Months = Months::new(12);

vocabulary! {
    /// Who sent an alert (V.3.d).
    pub enum AlertSource {
        /// The Caisse des Dépôts et Consignations.
        Cdc => "CDC",
        /// France compétences.
        FranceCompetences => "FRANCE_COMPETENCES",
    }
}

vocabulary! {
    /// What an alert alleges (IV.2.a, V.3.d).
    pub enum Allegation {
        /// The organism had no habilitation in force.
        NotHabilitated => "NOT_HABILITATED": "l'absence d'habilitation",
        /// The organism is not certified Qualiopi.
        NotQualiopi => "NOT_QUALIOPI": "l'absence de certification Qualiopi",
        /// The offer does not correspond to the certification.
        NonConformingOffer => "NON_CONFORMING_OFFER": "une offre non conforme à la certification",
    }
}

vocabulary! {
    /// The levels of sanction, from the lightest to the heaviest (V.3.d, interpretation 25).
    #[derive(PartialOrd, Ord)]
    pub enum SanctionLevel {
        /// A warning.
        Warning => "WARNING": "avertissement",
        /// A formal notice, which opens a compliance procedure.
        FormalNotice => "FORMAL_NOTICE": "mise en demeure",
        /// A suspension of the habilitation.
        Suspension => "SUSPENSION": "suspension",
        /// A withdrawal of the habilitation.
        Withdrawal => "WITHDRAWAL": "retrait",
    }
}

impl SanctionLevel {
    /// The level above this one; a withdrawal has none and stays (interpretation 25).
    pub const fn next(self) -> Self {
        match self {
            Self::Warning => Self::FormalNotice,
            Self::FormalNotice => Self::Suspension,
            Self::Suspension | Self::Withdrawal => Self::Withdrawal,
        }
    }
}

/// What the platform knows about an alert and the organism that it names (V.3.d).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertFacts {
    /// What the alert alleges.
    pub allegation: Allegation,
    /// Whether the organism held a habilitation in force on the offer's date.
    pub habilitated_on_offer_date: bool,
    /// Whether the organism was certified Qualiopi; none when unknown.
    pub qualiopi: Option<bool>,
    /// Whether the offer's title and certification code match the certification.
    pub offer_matches_certification: bool,
    /// The day on which the alert was received.
    pub received_on: NaiveDate,
    /// Sanctions confirmed before on an EDOF alert, each with its day.
    pub past: Vec<(SanctionLevel, NaiveDate)>,
}

/// What the examination of an alert concludes; the authority confirms or sets aside a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// The facts disprove the alert and show nothing else.
    Unfounded {
        /// Why, in French.
        reason: String,
    },
    /// A sanction is proposed.
    Proposed {
        /// The level proposed.
        level: SanctionLevel,
        /// The facts and how the level follows from them, in French.
        grounds: String,
    },
}

/// Examines an EDOF alert and returns its finding (V.3.d, interpretation 25).
///
/// It is unfounded if and only if the facts disprove the allegation and nothing else is wrong. Else
/// the level proposed is one above the highest of the last 12 months, a warning when there was none,
/// and at least a formal notice if the organism was not habilitated or is not certified Qualiopi.
pub fn assess(f: &AlertFacts) -> Finding {
    let disproved = match f.allegation {
        Allegation::NotHabilitated => f.habilitated_on_offer_date,
        Allegation::NotQualiopi => f.qualiopi == Some(true),
        Allegation::NonConformingOffer => f.offer_matches_certification,
    };
    let sound =
        f.habilitated_on_offer_date && f.qualiopi != Some(false) && f.offer_matches_certification;
    let facts = fact_sentences(f);
    if disproved && sound {
        return Finding::Unfounded {
            reason: format!("{facts} Les faits allégués ne sont pas établis."),
        };
    }
    let (level, arithmetic) = proposed_level(f);
    Finding::Proposed { level, grounds: format!("{facts} {arithmetic}") }
}

/// The facts of an alert as French sentences (V.3.d).
fn fact_sentences(f: &AlertFacts) -> String {
    let alleged = f.allegation.label();
    let habilitated = if f.habilitated_on_offer_date {
        "L'organisme disposait d'une habilitation en vigueur à la date de l'offre."
    } else {
        "L'organisme ne disposait d'aucune habilitation en vigueur à la date de l'offre."
    };
    let qualiopi = match f.qualiopi {
        Some(true) => "Il est certifié Qualiopi.",
        Some(false) => "Il n'est pas certifié Qualiopi.",
        None => "Sa certification Qualiopi n'est pas connue.",
    };
    let offer = if f.offer_matches_certification {
        "L'intitulé et le code de certification de l'offre correspondent à la certification."
    } else {
        "L'intitulé ou le code de certification de l'offre ne correspond pas à la certification."
    };
    let received = format_date_fr(f.received_on);
    format!("L'alerte reçue le {received} allègue {alleged}. {habilitated} {qualiopi} {offer}")
}

/// The level that the facts lead to, and its arithmetic in French (V.3.d, interpretation 25).
fn proposed_level(f: &AlertFacts) -> (SanctionLevel, String) {
    // Before the first day of the calendar there is nothing to look back to.
    let since = f.received_on.checked_sub_months(LOOK_BACK).unwrap_or(NaiveDate::MIN);
    let highest = f.past.iter().filter(|(_, on)| (since..=f.received_on).contains(on)).max();
    let (graded, history) = match highest {
        None => (
            SanctionLevel::Warning,
            format!(
                "Aucune sanction n'a été confirmée entre le {} et le {} : le niveau de départ est \
                 « {} ».",
                format_date_fr(since),
                format_date_fr(f.received_on),
                SanctionLevel::Warning.label()
            ),
        ),
        Some(&(past, on)) => {
            let rule = if past.next() == past {
                "le niveau le plus élevé reste"
            } else {
                "le niveau suivant est"
            };
            let (past_label, next_label) = (past.label(), past.next().label());
            let day = format_date_fr(on);
            (
                past.next(),
                format!(
                    "La sanction la plus élevée des 12 mois précédents est « {past_label} » \
                     ({day}) : {rule} « {next_label} »."
                ),
            )
        }
    };
    let grave = !f.habilitated_on_offer_date || f.qualiopi == Some(false);
    if grave && graded < SanctionLevel::FormalNotice {
        let floor = SanctionLevel::FormalNotice;
        let raised = format!(
            "{history} À défaut d'habilitation ou de certification Qualiopi, il est porté à « {} » \
             au moins.",
            floor.label()
        );
        return (floor, raised);
    }
    (graded, history)
}

#[cfg(test)]
mod tests;
