//! The four organisms.

use crate::demo::client::Session;
use domain::identifier::luhn;

/// An organism of the film and who acts for it.
#[derive(Debug, Clone)]
pub(super) struct Organism {
    /// Its name.
    pub(super) name: &'static str,
    /// Its SIREN.
    pub(super) siren: String,
    /// Its administrator.
    pub(super) admin: Session,
    /// `org_…`.
    pub(super) id: String,
    /// Its sites, the seat first.
    pub(super) sites: Vec<String>,
    /// A trainer, an evaluator and a jury member.
    pub(super) trainer: String,
    pub(super) evaluator: String,
    pub(super) juror: String,
    /// Its application; empty before it files.
    pub(super) application: String,
    /// Its habilitation; empty without one.
    pub(super) habilitation: String,
}

/// Accepted, used, renewed, expired after six years; refused; suspended; withdrawn.
#[derive(Debug, Clone)]
pub(super) struct Cast {
    pub(super) a: Organism,
    pub(super) b: Organism,
    pub(super) c: Organism,
    pub(super) d: Organism,
}

impl Cast {
    /// Everyone.
    pub(super) fn all(&self) -> [&Organism; 4] {
        [&self.a, &self.b, &self.c, &self.d]
    }

    /// Everyone, to be changed.
    pub(super) fn all_mut(&mut self) -> [&mut Organism; 4] {
        [&mut self.a, &mut self.b, &mut self.c, &mut self.d]
    }
}

/// These digits with the check digit that makes them valid.
pub(super) fn with_check_digit(digits: &str) -> String {
    let fits = (0..10).map(|check| format!("{digits}{check}")).find(|text| luhn(text));
    fits.unwrap_or_else(|| digits.to_owned())
}
