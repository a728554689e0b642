//! Annexe 3: the steps of a candidate's evaluation, what is acquired, and what the certificate needs.

use crate::framework::{COMPETENCE_CODES, TRANSVERSAL, domain_of};
use crate::vocabulary;
use crate::{Refusal, Refusals};

mod practitioner;
pub use practitioner::*;

/// The numbers of the three domains (A1.a).
pub const DOMAINS: [i16; 3] = [1, 2, 3];

vocabulary! {
    /// The kind of an evaluation (A3.2.a).
    pub enum EvaluationKind {
        /// The prior evaluation, on all competences.
        Prior => "PRIOR",
        /// A final evaluation, on those not yet acquired.
        Final => "FINAL",
    }
}

/// The result of an evaluation on one competence (A3.4.b).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompetenceResult<'a> {
    /// The competence's code.
    pub code: &'a str,
    /// Whether it is acquired.
    pub acquired: bool,
}

impl<'a> From<CompetenceResult<'a>> for (&'a str, bool) {
    fn from(result: CompetenceResult<'a>) -> Self {
        (result.code, result.acquired)
    }
}

/// What a candidate has acquired, all evaluations together (A3.2.a, interpretation 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// By the position of the competence in [`COMPETENCE_CODES`].
    acquired: [bool; COMPETENCE_CODES.len()],
}

impl Progress {
    /// The progress that `results` (code, acquired) of all evaluations make: a competence is acquired
    /// once any of them says so; a code that is not of the framework counts for nothing.
    pub fn new<'a>(results: impl IntoIterator<Item = (&'a str, bool)>) -> Self {
        let mut progress = Self::default();
        for (code, _) in results.into_iter().filter(|(_, acquired)| *acquired) {
            if let Some(position) = position(code) {
                progress.acquired[position] = true;
            }
        }
        progress
    }

    /// Whether the competence `code` is acquired; never for an unknown code.
    pub fn acquired(&self, code: &str) -> bool {
        position(code).is_some_and(|position| self.acquired[position])
    }

    /// The codes not yet acquired, in the framework's order.
    pub fn missing(&self) -> Vec<&'static str> {
        COMPETENCE_CODES.into_iter().filter(|code| !self.acquired(code)).collect()
    }

    /// The codes of `domain` not yet acquired, in the framework's order.
    pub fn missing_in(&self, domain: i16) -> Vec<&'static str> {
        self.missing().into_iter().filter(|code| domain_of(code) == Some(domain)).collect()
    }

    /// Whether all competences of `domain` are acquired (interpretation 11); never for an unknown one.
    pub fn domain_validated(&self, domain: i16) -> bool {
        DOMAINS.contains(&domain) && self.missing_in(domain).is_empty()
    }

    /// Whether the three domains are validated (A3.4.a).
    pub fn all_domains_validated(&self) -> bool {
        DOMAINS.into_iter().all(|domain| self.domain_validated(domain))
    }

    /// Whether the transversal competences are acquired: shown, but no condition (interpretation 11).
    pub fn transversal_acquired(&self) -> bool {
        TRANSVERSAL.iter().all(|code| self.acquired(code))
    }
}

/// The position of the competence `code` in the framework.
fn position(code: &str) -> Option<usize> {
    COMPETENCE_CODES.iter().position(|known| *known == code)
}

/// The numbers of the domains to which `codes` belong, in order, once each; unknown codes are left out.
pub fn domains_of<'a>(codes: impl IntoIterator<Item = &'a str>) -> Vec<i16> {
    let mut domains: Vec<_> = codes.into_iter().filter_map(domain_of).collect();
    domains.sort_unstable();
    domains.dedup();
    domains
}

/// How far a candidate has come (A3.2.a).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stage {
    /// The prior evaluation has taken place.
    pub prior_done: bool,
    /// A training path was completed.
    pub path_completed: bool,
    /// A training path is under way.
    pub path_open: bool,
    /// The certificate is awarded.
    pub awarded: bool,
}

/// A3.2.a: why a prior evaluation on `codes` cannot be recorded: it takes place once, and covers all
/// seventeen competences, once each (interpretation 12).
pub fn prior_refusals(stage: Stage, codes: &[String]) -> Refusals {
    let mut refusals = award_refusals(stage);
    if stage.prior_done {
        let message = "L'évaluation préalable de ce candidat a déjà eu lieu.";
        refusals.push(Refusal::new("PRIOR_ALREADY_DONE", message).under("A3.2.a"));
    }
    refusals.extend(form_refusals(codes));
    for code in COMPETENCE_CODES.into_iter().filter(|known| !codes.iter().any(|c| c == known)) {
        let message = format!(
            "L'évaluation préalable porte sur les 17 compétences : la compétence {code} manque."
        );
        refusals.push(
            Refusal::new("COMPETENCE_MISSING", message).at(["results", code]).under("A3.2.a"),
        );
    }
    refusals
}

/// A3.2.a: why a training path cannot be opened: it follows the prior evaluation, where something is
/// left to acquire, and one at a time.
pub fn path_refusals(stage: Stage, progress: &Progress) -> Refusals {
    let mut refusals = award_refusals(stage);
    if !stage.prior_done {
        refusals.push(prior_required());
    } else if progress.all_domains_validated() {
        let message =
            "Tous les domaines sont validés : aucun parcours de formation n'est nécessaire.";
        refusals.push(Refusal::new("NOTHING_TO_TRAIN", message).under("A3.2.a"));
    }
    if stage.path_open {
        let message = "Un parcours de formation est déjà en cours pour ce candidat.";
        refusals.push(Refusal::new("PATH_ALREADY_OPEN", message).under("A3.2.a"));
    }
    refusals
}

/// A3.2.a: why a final evaluation on `codes` cannot be recorded: it follows a completed training path,
/// and covers exactly the competences not yet acquired (interpretations 12 and 30).
pub fn final_refusals(stage: Stage, progress: &Progress, codes: &[String]) -> Refusals {
    let mut refusals = award_refusals(stage);
    if !stage.prior_done {
        refusals.push(prior_required());
    }
    if !stage.path_completed {
        let message =
            "L'évaluation finale suit un parcours de formation achevé : il n'y en a pas encore.";
        refusals.push(Refusal::new("PATH_REQUIRED", message).under("A3.2.a"));
    }
    refusals.extend(form_refusals(codes));
    // Without a prior evaluation it is not known yet what is missing.
    if stage.prior_done {
        refusals.extend(remainder_refusals(progress, codes));
    }
    refusals
}

/// A3.2.a: why `codes` are not exactly the competences that `progress` still misses.
fn remainder_refusals(progress: &Progress, codes: &[String]) -> Refusals {
    let missing = progress.missing();
    let mut refusals = Vec::new();
    if missing.is_empty() {
        let message = "Toutes les compétences sont acquises : il ne reste rien à évaluer.";
        refusals.push(Refusal::new("NOTHING_TO_EVALUATE", message).under("A3.2.a"));
    }
    for (i, code) in codes.iter().enumerate().filter(|(_, code)| progress.acquired(code)) {
        let message = format!("La compétence {code} est déjà acquise : elle n'est plus à évaluer.");
        refusals.push(at_result("NOT_MISSING", message, i));
    }
    for code in missing.into_iter().filter(|code| !codes.iter().any(|given| given == code)) {
        let message = format!(
            "La compétence {code} n'est pas acquise : l'évaluation finale doit aussi porter sur elle."
        );
        refusals.push(
            Refusal::new("COMPETENCE_MISSING", message).at(["results", code]).under("A3.2.a"),
        );
    }
    refusals
}

/// A3.2.a: why nothing more is evaluated or trained: the certificate is awarded.
fn award_refusals(stage: Stage) -> Refusals {
    if !stage.awarded {
        return Vec::new();
    }
    let message = "Le certificat est déjà délivré à ce candidat.";
    vec![Refusal::new("ALREADY_AWARDED", message).under("A3.2.a")]
}

/// A3.2.a: the refusal of a step that the prior evaluation must precede.
fn prior_required() -> Refusal {
    let message = "L'évaluation préalable n'a pas encore eu lieu : elle précède toute autre étape.";
    Refusal::new("PRIOR_REQUIRED", message).under("A3.2.a")
}

/// A3.2.a: the `codes` that are not of the framework, or given twice.
fn form_refusals(codes: &[String]) -> Refusals {
    let mut refusals = Vec::new();
    for (i, code) in codes.iter().enumerate() {
        if position(code).is_none() {
            let message = format!("« {code} » n'est pas une compétence du référentiel.");
            refusals.push(at_result("COMPETENCE_UNKNOWN", message, i));
        } else if codes.iter().take(i).any(|earlier| earlier == code) {
            let message = format!("La compétence {code} figure plusieurs fois.");
            refusals.push(at_result("COMPETENCE_TWICE", message, i));
        }
    }
    refusals
}

/// A3.2.a: a refusal of the result at position `i`.
fn at_result(code: &'static str, message: String, i: usize) -> Refusal {
    Refusal::new(code, message).at(["results".to_owned(), i.to_string()]).under("A3.2.a")
}

/// A3.4.a: why the certificate cannot be awarded: one refusal per domain that is not validated, naming
/// the competences that it misses (interpretation 11).
pub fn certificate_refusals(progress: &Progress) -> Refusals {
    let unvalidated = DOMAINS.into_iter().filter(|domain| !progress.domain_validated(*domain));
    let refusals = unvalidated.map(|domain| {
        let missing = progress.missing_in(domain);
        let message = if let [only] = missing[..] {
            format!(
                "Le domaine {domain} n'est pas validé : la compétence {only} n'est pas acquise."
            )
        } else {
            format!(
                "Le domaine {domain} n'est pas validé : les compétences {} ne sont pas acquises.",
                enumerate_fr(&missing)
            )
        };
        Refusal::new("DOMAIN_NOT_VALIDATED", message).under("A3.4.a")
    });
    refusals.collect()
}

/// `items` as a French enumeration: « a, b et c ».
fn enumerate_fr<S: ToString>(items: &[S]) -> String {
    let words: Vec<_> = items.iter().map(ToString::to_string).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} et {last}", before.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
