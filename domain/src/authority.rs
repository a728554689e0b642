//! Article I: which authority is competent, within which delegation, and what its habilitations cover.

use crate::deadline::format_date_fr;
use crate::vocabulary;
use crate::{Refusal, Refusals};
use chrono::NaiveDate;

vocabulary! {
    /// The kind of an authority (article I).
    pub enum AuthorityKind {
        /// Certif Pro, the one certifier.
        CertifPro => "CERTIF_PRO",
        /// A CPNE, which acts by delegation of Certif Pro.
        Cpne => "CPNE",
    }
}

/// What is known of a delegation that Certif Pro gave to a CPNE (article I).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationFacts {
    /// First day of the delegation.
    pub starts_on: NaiveDate,
    /// Last day of the delegation, included; none without a set end.
    pub ends_on: Option<NaiveDate>,
    /// First day of a suspension that has not been lifted.
    pub suspended_on: Option<NaiveDate>,
    /// First day without the delegation, once withdrawn.
    pub withdrawn_on: Option<NaiveDate>,
    /// Professional field that the delegation covers.
    pub professional_field: Option<String>,
    /// Geographic field that the delegation covers.
    pub geographic_field: Option<String>,
}

/// What is known of an authority and of its delegations (article I).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityFacts<Id> {
    /// Identifier of the authority.
    pub id: Id,
    /// Certif Pro or a CPNE.
    pub kind: AuthorityKind,
    /// Every delegation that it ever had; none for Certif Pro.
    pub delegations: Vec<DelegationFacts>,
}

/// I.b: whether the delegation `d` is in force on the day `on`: it has begun, it has not ended, and it
/// is neither suspended nor withdrawn.
pub fn delegation_in_force(d: &DelegationFacts, on: NaiveDate) -> bool {
    delegation_obstacles(d, on).is_empty()
}

/// What keeps the delegation `d` from being in force on the day `on`, in French (I.b).
fn delegation_obstacles(d: &DelegationFacts, on: NaiveDate) -> Vec<String> {
    let mut obstacles = Vec::new();
    if on < d.starts_on {
        obstacles.push(format!("elle ne commence que le {}", format_date_fr(d.starts_on)));
    }
    if let Some(end) = d.ends_on.filter(|end| *end < on) {
        obstacles.push(format!("elle a pris fin le {}", format_date_fr(end)));
    }
    if let Some(day) = d.suspended_on.filter(|day| *day <= on) {
        obstacles.push(format!("elle est suspendue depuis le {}", format_date_fr(day)));
    }
    if let Some(day) = d.withdrawn_on.filter(|day| *day <= on) {
        obstacles.push(format!("elle est retirée depuis le {}", format_date_fr(day)));
    }
    obstacles
}

/// I.b: why Certif Pro cannot give the delegation `d`: it names neither a professional nor a
/// geographic field (`DELEGATION_FIELD_REQUIRED`), or ends before it starts (`DATES_REVERSED`).
pub fn delegation_refusals(d: &DelegationFacts) -> Refusals {
    let named = |field: &Option<String>| field.as_deref().is_some_and(|f| !f.trim().is_empty());
    let mut refusals = Vec::new();
    if !named(&d.professional_field) && !named(&d.geographic_field) {
        refusals.push(
            Refusal::new(
                "DELEGATION_FIELD_REQUIRED",
                "Une délégation indique son champ professionnel, son champ géographique, ou les deux.",
            )
            .at(["professionalField"])
            .under("I.b"),
        );
    }
    if let Some(end) = d.ends_on.filter(|end| *end < d.starts_on) {
        let (start, end) = (format_date_fr(d.starts_on), format_date_fr(end));
        let message = format!("La délégation finirait le {end}, avant de commencer le {start}.");
        refusals.push(Refusal::new("DATES_REVERSED", message).at(["endsOn"]).under("I.b"));
    }
    refusals
}

/// Why `authority` may not decide under a framework on the day `on` (I.a, I.b); `framework_owner` is
/// the authority that contextualised the framework, none for the base framework.
///
/// The base framework belongs to Certif Pro and to the CPNEs with a delegation in force; a
/// contextualised framework only to the CPNE that made it, while its delegation is in force.
pub fn competence_refusals<Id: PartialEq>(
    authority: &AuthorityFacts<Id>,
    framework_owner: Option<&Id>,
    on: NaiveDate,
) -> Refusals {
    let mut refusals = Vec::new();
    let is_cpne = authority.kind == AuthorityKind::Cpne;
    if framework_owner.is_some_and(|owner| !is_cpne || *owner != authority.id) {
        refusals.push(
            Refusal::new(
                "AUTHORITY_NOT_COMPETENT",
                "Ce référentiel est contextualisé : seule la CPNE qui l'a contextualisé peut \
                 statuer sur une habilitation qui en relève.",
            )
            .under("I.a"),
        );
    }
    if is_cpne && !authority.delegations.iter().any(|d| delegation_in_force(d, on)) {
        refusals.push(delegation_refusal(&authority.delegations, on));
    }
    refusals
}

/// The refusal of a CPNE without a delegation in force on the day `on`, with what is known of its
/// latest delegation (I.b).
fn delegation_refusal(delegations: &[DelegationFacts], on: NaiveDate) -> Refusal {
    let day = format_date_fr(on);
    let message = delegations.iter().max_by_key(|d| d.starts_on).map_or_else(
        || {
            format!(
                "La CPNE n'a reçu aucune délégation de Certif Pro : elle ne peut pas agir le {day}."
            )
        },
        |latest| {
            let why = delegation_obstacles(latest, on).join(" ; ");
            format!(
                "La délégation de la CPNE par Certif Pro n'est pas en vigueur le {day} : {why}."
            )
        },
    );
    Refusal::new("DELEGATION_NOT_IN_FORCE", message).under("I.b")
}

/// Why a habilitation under `habilitation_framework` does not cover an evaluation under `framework`
/// (I.d, interpretation 10): they must be the very same framework, in both directions.
pub fn coverage_refusals<Id: PartialEq>(habilitation_framework: &Id, framework: &Id) -> Refusals {
    if habilitation_framework == framework {
        return Vec::new();
    }
    vec![
        Refusal::new(
            "FRAMEWORK_NOT_COVERED",
            "L'habilitation a été délivrée pour un autre référentiel : elle est sans effet pour les \
             évaluations de celui-ci.",
        )
        .under("I.d"),
    ]
}

#[cfg(test)]
mod tests;
