//! A3.3 and A3.5: who may evaluate a candidate, and who may sit on the jury.

use super::enumerate_fr;
use crate::deadline::format_date_fr;
use crate::{Refusal, Refusals};
use chrono::NaiveDate;

/// What is known of a practitioner who is to evaluate (A3.3.a).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluatorFacts {
    /// Declared with the role of evaluator.
    pub is_evaluator: bool,
    /// The day on which the authority validated them (interpretation 29).
    pub validated_on: Option<NaiveDate>,
    /// The domains that they may evaluate.
    pub domains: Vec<i16>,
    /// Able to evaluate remotely.
    pub remote_capable: bool,
    /// A practitioner of the organism that evaluates.
    pub of_organism: bool,
}

/// A3.3.a: why the practitioner `e` cannot evaluate `domains` on the day `on`, remotely if `remote`:
/// evaluators are declared by the organism, validated by the authority (interpretation 29), and qualified.
pub fn evaluator_refusals(
    e: &EvaluatorFacts,
    domains: &[i16],
    remote: bool,
    on: NaiveDate,
) -> Refusals {
    let mut refusals = Vec::new();
    let mut add = |code, message: String| {
        refusals.push(Refusal::new(code, message).under("A3.3.a"));
    };
    if !e.of_organism {
        add("PRACTITIONER_OF_OTHER_ORGANISM", of_other_organism());
    }
    if !e.is_evaluator {
        add("NOT_AN_EVALUATOR", "Cet intervenant n'est pas déclaré comme évaluateur.".to_owned());
    }
    match e.validated_on {
        None => add(
            "EVALUATOR_NOT_VALIDATED",
            "L'instance n'a pas encore validé cet évaluateur.".to_owned(),
        ),
        Some(validated) if validated > on => add(
            "EVALUATOR_NOT_VALIDATED",
            format!(
                "L'instance n'a validé cet évaluateur que le {} : il ne peut pas évaluer le {}.",
                format_date_fr(validated),
                format_date_fr(on)
            ),
        ),
        Some(_) => {}
    }
    let mut lacking: Vec<_> = domains.iter().filter(|domain| !e.domains.contains(domain)).collect();
    lacking.sort_unstable();
    lacking.dedup();
    if let [only] = lacking[..] {
        let message = format!("Cet évaluateur n'est pas qualifié pour le domaine {only}.");
        add("EVALUATOR_NOT_QUALIFIED", message);
    } else if !lacking.is_empty() {
        let list = enumerate_fr(&lacking);
        let message = format!("Cet évaluateur n'est pas qualifié pour les domaines {list}.");
        add("EVALUATOR_NOT_QUALIFIED", message);
    }
    if remote && !e.remote_capable {
        let message = "Cet évaluateur n'est pas déclaré apte aux modalités à distance.";
        add("EVALUATOR_NOT_REMOTE_CAPABLE", message.to_owned());
    }
    refusals
}

/// The message about a practitioner whom the organism did not declare (A3.3.a, A3.5.a).
fn of_other_organism() -> String {
    "Cet intervenant n'est pas un intervenant de l'organisme.".to_owned()
}

/// A3.3.b: why these evaluators cannot evaluate a candidate whom `trainer_persons` trained.
///
/// Both are given by person, so that someone registered twice is recognised (interpretation 13).
pub fn separation_refusals<P: PartialEq>(
    trainer_persons: &[P],
    evaluator_persons: &[P],
) -> Refusals {
    let both = evaluator_persons.iter().enumerate().filter(|(_, e)| trainer_persons.contains(e));
    let refusals = both.map(|(i, _)| {
        let message = "Cet évaluateur a formé le candidat : il ne peut en aucun cas l'évaluer.";
        Refusal::new("TRAINER_IS_EVALUATOR", message)
            .at(["evaluatorIds".to_owned(), i.to_string()])
            .under("A3.3.b")
    });
    refusals.collect()
}

/// What is known of a practitioner who is to sit on a jury (A3.5.a).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JurorFacts<P> {
    /// The natural person.
    pub person: P,
    /// Declared with the role of jury member.
    pub is_jury_member: bool,
    /// A practitioner of the organism that holds the jury.
    pub of_organism: bool,
}

/// A3.5.a: why these `jurors` cannot decide on the candidates whom `trainer_persons` trained: declared
/// practitioners of the organism, each person once, apart from the trainers (interpretation 13).
pub fn jury_refusals<P: PartialEq>(jurors: &[JurorFacts<P>], trainer_persons: &[P]) -> Refusals {
    if jurors.is_empty() {
        let message = "Le jury doit compter au moins un membre.";
        return vec![Refusal::new("JURY_EMPTY", message).at(["memberIds"]).under("A3.5.a")];
    }
    let mut refusals = Vec::new();
    for (i, juror) in jurors.iter().enumerate() {
        let mut add = |code, message: String| {
            let path = ["memberIds".to_owned(), i.to_string()];
            refusals.push(Refusal::new(code, message).at(path).under("A3.5.a"));
        };
        if !juror.of_organism {
            add("PRACTITIONER_OF_OTHER_ORGANISM", of_other_organism());
        }
        if !juror.is_jury_member {
            let message = "Cet intervenant n'est pas déclaré comme membre de jury.";
            add("NOT_A_JURY_MEMBER", message.to_owned());
        }
        if trainer_persons.contains(&juror.person) {
            let message =
                "Ce membre a formé un candidat : il ne peut pas siéger au jury qui statue sur lui.";
            add("TRAINER_ON_JURY", message.to_owned());
        }
        if jurors.iter().take(i).any(|earlier| earlier.person == juror.person) {
            add("JUROR_TWICE", "Cette personne figure déjà dans le jury.".to_owned());
        }
    }
    refusals
}
