//! The framework of annexe 1: three domains, seventeen competences, their certification criteria.

use crate::{Refusal, Refusals};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// A framework's whole text, in French.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameworkText {
    /// Its title.
    pub title: String,
    /// Its version, e.g. `2023`.
    pub version: String,
    /// Its domains, by number.
    pub domains: Vec<DomainText>,
    /// Its competences, by code.
    pub competences: Vec<CompetenceText>,
}

/// A domain of the framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainText {
    /// From 1 to 3.
    pub number: i16,
    /// Its title.
    pub title: String,
}

/// A competence, with what certifies it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompetenceText {
    /// Domain and rank: "2-5".
    pub code: String,
    /// The number of its domain.
    pub domain: i16,
    /// Its wording.
    pub title: String,
    /// The certification criteria, each a sentence.
    pub criteria: Vec<String>,
    /// It belongs to the transversal dimension too (« Contribuer à l'amélioration continue »).
    pub transversal: bool,
}

/// The competences of the transversal dimension (A1.a).
pub const TRANSVERSAL: [&str; 4] = ["1-7", "2-5", "2-6", "3-4"];

/// The competences' codes, in order (A1.a).
pub const COMPETENCE_CODES: [&str; 17] = [
    "1-1", "1-2", "1-3", "1-4", "1-5", "1-6", "1-7", "2-1", "2-2", "2-3", "2-4", "2-5", "2-6",
    "3-1", "3-2", "3-3", "3-4",
];

static BASE: LazyLock<FrameworkText> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/framework-2023.json"))
        .expect("the shipped framework is well formed, as its test shows")
});

/// A1.a: the base framework, as shipped.
pub fn base() -> &'static FrameworkText {
    &BASE
}

/// The number of the domain to which the competence `code` belongs; none for an unknown code.
pub fn domain_of(code: &str) -> Option<i16> {
    let known = COMPETENCE_CODES.iter().find(|c| **c == code)?;
    known.split_once('-')?.0.parse().ok()
}

/// A1.b: what keeps a contextualised framework with these competences `codes` from being accepted.
///
/// It has exactly the seventeen competences, once each. Codes `COMPETENCE_ADDED` and `COMPETENCE_TWICE` name
/// the position, `["competences", "3"]`; `COMPETENCE_MISSING` the absent code, `["competences", "1-4"]`.
pub fn contextualised_refusals(codes: &[String]) -> Refusals {
    let present = codes.iter().enumerate().filter_map(|(i, code)| wrong_competence(codes, i, code));
    let missing = COMPETENCE_CODES.into_iter().filter(|known| !codes.iter().any(|c| c == known));
    present.chain(missing.map(missing_competence)).collect()
}

/// A1.b: why the competence at position `i` does not belong there, if it does not.
fn wrong_competence(codes: &[String], i: usize, code: &str) -> Option<Refusal> {
    let refusal = if domain_of(code).is_none() {
        Refusal::new(
            "COMPETENCE_ADDED",
            format!(
                "La compétence « {code} » n'existe pas dans le référentiel : la contextualisation n'en ajoute aucune."
            ),
        )
    } else if codes.iter().take(i).any(|earlier| earlier == code) {
        Refusal::new("COMPETENCE_TWICE", format!("La compétence {code} figure plusieurs fois."))
    } else {
        return None;
    };
    Some(refusal.at(["competences".to_owned(), i.to_string()]).under("A1.b"))
}

/// A1.b: the refusal for an absent competence.
fn missing_competence(code: &str) -> Refusal {
    let message = format!("La compétence {code} manque : la contextualisation n'en retire aucune.");
    Refusal::new("COMPETENCE_MISSING", message).at(["competences", code]).under("A1.b")
}

/// A criterion of habilitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CriterionText {
    /// The stable name.
    pub code: &'static str,
    /// Its French wording, from part II.
    pub label: &'static str,
}

/// II.a: the five criteria that every applicant satisfies, in the convention's order.
pub const BASE_CRITERIA: [CriterionText; 5] = [
    CriterionText {
        code: "PRACTITIONERS",
        label: "Mettre à disposition des intervenants en nombre suffisant, qualifiés, connaissant les domaines \
                qu'ils évaluent et compétents, le cas échéant, dans les modalités distancielles",
    },
    CriterionText {
        code: "SUPPORT",
        label: "Proposer un accompagnement technique et pédagogique à chaque candidat en fonction de son niveau \
                d'autonomie",
    },
    CriterionText {
        code: "EVALUATION_APPROACH",
        label: "Mettre en œuvre une démarche, des outils et modalités d'évaluation adaptés aux publics cibles, \
                permettant la couverture totale des domaines du référentiel",
    },
    CriterionText {
        code: "TRAINING_ACTIONS",
        label: "Être en mesure de proposer en tant que de besoin des actions de formation préparant aux épreuves \
                du certificat CléA management",
    },
    CriterionText {
        code: "QUALITY_ASSURANCE",
        label: "Justifier de la mise en œuvre d'une démarche d'assurance qualité",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all_codes() -> Vec<String> {
        COMPETENCE_CODES.map(str::to_owned).to_vec()
    }

    fn found(codes: &[String]) -> Vec<(String, Vec<String>)> {
        let refusals = contextualised_refusals(codes);
        assert!(refusals.iter().all(|r| r.article.as_deref() == Some("A1.b")));
        refusals.into_iter().map(|r| (r.code.into_owned(), r.field)).collect()
    }

    fn refusal(code: &str, place: &str) -> (String, Vec<String>) {
        (code.to_owned(), vec!["competences".to_owned(), place.to_owned()])
    }

    // A1.a
    #[test]
    fn the_base_framework_is_whole() {
        let base = base();
        let codes: Vec<_> = base.competences.iter().map(|c| c.code.as_str()).collect();
        assert_eq!(codes, COMPETENCE_CODES);
        assert_eq!(base.domains.iter().map(|d| d.number).collect::<Vec<_>>(), [1, 2, 3]);
        for competence in &base.competences {
            assert_eq!(Some(competence.domain), domain_of(&competence.code));
            assert_eq!(competence.transversal, TRANSVERSAL.contains(&competence.code.as_str()));
            assert!(!competence.criteria.is_empty(), "{}", competence.code);
        }
        let counts: Vec<_> = base.competences.iter().map(|c| c.criteria.len()).collect();
        assert_eq!(counts, [3, 3, 3, 3, 3, 2, 5, 5, 4, 2, 3, 6, 4, 2, 2, 2, 4]);
    }

    // A1.a: plain French text, without remains of the convention's layout.
    #[test]
    fn the_base_framework_is_clean() {
        let base = base();
        let texts = base.competences.iter().flat_map(|c| c.criteria.iter().chain([&c.title]));
        for text in texts.chain(base.domains.iter().map(|d| &d.title)) {
            assert!(!text.contains(['<', '>', '*', '\t', '\n']) && !text.contains("  "), "{text}");
            assert!(text.starts_with(char::is_uppercase) && text.trim() == text, "{text}");
            assert!(!text.ends_with(';'), "{text}");
        }
    }

    #[test]
    fn domains_of_competences() {
        assert_eq!(domain_of("1-7"), Some(1));
        assert_eq!(domain_of("3-4"), Some(3));
        assert_eq!(domain_of("3-5"), None);
        assert_eq!(domain_of(""), None);
    }

    // A1.b
    #[test]
    fn a_contextualised_framework_keeps_the_competences() {
        let mut codes = all_codes();
        codes.reverse();
        assert_eq!(found(&codes), []);
        codes[2] = "4-1".to_owned();
        codes[5] = "3-4".to_owned();
        assert_eq!(
            found(&codes),
            [
                refusal("COMPETENCE_ADDED", "2"),
                refusal("COMPETENCE_TWICE", "5"),
                refusal("COMPETENCE_MISSING", "2-5"),
                refusal("COMPETENCE_MISSING", "3-2"),
            ]
        );
        assert_eq!(found(&[]).len(), 17);
    }

    // II.a
    #[test]
    fn five_base_criteria() {
        let codes = BASE_CRITERIA.map(|c| c.code);
        assert_eq!(
            codes,
            [
                "PRACTITIONERS",
                "SUPPORT",
                "EVALUATION_APPROACH",
                "TRAINING_ACTIONS",
                "QUALITY_ASSURANCE"
            ]
        );
        assert!(BASE_CRITERIA.iter().all(|c| !c.label.contains("  ")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        // A1.b: whatever the order, nothing may be left out or repeated.
        #[test]
        fn any_order_but_no_other_set(mut codes in Just(all_codes()).prop_shuffle(), at in 0..17_usize) {
            prop_assert!(contextualised_refusals(&codes).is_empty());
            let removed = codes.remove(at);
            prop_assert_eq!(found(&codes), [refusal("COMPETENCE_MISSING", &removed)]);
            codes.extend([removed.clone(), removed]);
            prop_assert_eq!(found(&codes), [refusal("COMPETENCE_TWICE", "17")]);
        }
    }
}
