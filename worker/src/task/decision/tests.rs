//! What a decision says, to the letter.

use super::*;
use domain::application::ApplicationStatus;
use entity::ids::{
    AccountId, ApplicationId, AuthorityId, CampaignId, ConventionVersionId, FrameworkId, MeetingId,
    OrganismId,
};
use entity::kind::OrganismKind;

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn an_application(organism_id: OrganismId, authority_id: AuthorityId) -> application::Model {
    application::Model {
        id: ApplicationId::new(),
        number: "H2026-000042".to_owned(),
        organism_id,
        campaign_id: CampaignId::new(),
        authority_id,
        framework_id: FrameworkId::new(),
        meeting_id: MeetingId::new(),
        status: ApplicationStatus::Refused.into(),
        filed_on: date("2026-09-03"),
        filed_by_id: AccountId::new(),
        provider_id: None,
        contact_email: "contact@organisme.example".to_owned(),
        convention_version_id: ConventionVersionId::new(),
        version: 3,
    }
}

fn an_organism() -> organism::Model {
    organism::Model {
        id: OrganismId::new(),
        siren: "552100554".to_owned(),
        name: "Atelier des compétences".to_owned(),
        name_key: String::new(),
        kind: OrganismKind::LegalPerson.into(),
        nda: None,
        email: "contact@organisme.example".to_owned(),
        address: "3 avenue du Port".to_owned(),
        postal_code: "33000".to_owned(),
        city: "Bordeaux".to_owned(),
        registered_on: date("2026-01-05"),
        version: 1,
    }
}

fn an_authority(kind: AuthorityKind, name: &str) -> authority::Model {
    authority::Model {
        id: AuthorityId::new(),
        kind: kind.into(),
        name: name.to_owned(),
        email: "habilitations@instance.example".to_owned(),
        appeal_contact: "recours@instance.example".to_owned(),
        address: "1 rue de l’Exemple".to_owned(),
        postal_code: "75001".to_owned(),
        city: "Paris".to_owned(),
        siren: None,
        created_at: service::clock::machine_now(),
    }
}

fn a_finding(label: &str, satisfied: bool, grounds: &str) -> CriterionRow {
    CriterionRow { label: label.to_owned(), satisfied, grounds: grounds.to_owned() }
}

fn a_case(outcome: Outcome, authority: authority::Model) -> Case {
    let organism = an_organism();
    let application = an_application(organism.id, authority.id);
    let accepted = outcome == Outcome::Accepted;
    Case {
        decision: decision::Model {
            id: DecisionId::new(),
            application_id: application.id,
            meeting_id: application.meeting_id,
            outcome: outcome.into(),
            decided_on: date("2026-11-20"),
            decided_by_id: AccountId::new(),
            recorded_at: service::clock::machine_now(),
            duration_years: accepted.then_some(3),
            professional_field: None,
        },
        meeting: meeting::Model {
            id: application.meeting_id,
            authority_id: authority.id,
            held_on: date("2026-11-20"),
            place: "Paris".to_owned(),
        },
        framework: framework::Model {
            id: application.framework_id,
            authority_id: None,
            title: "CléA management".to_owned(),
            version: "1".to_owned(),
            certification_code: "RS0000".to_owned(),
            starts_on: date("2023-01-01"),
        },
        findings: vec![
            a_finding("Les intervenants", true, "Suffisants."),
            a_finding("Les actions de formation", accepted, "Le domaine 3 n’est pas couvert."),
        ],
        application,
        organism,
        authority,
    }
}

fn certif_pro() -> authority::Model {
    an_authority(AuthorityKind::CertifPro, "Certif Pro")
}

// III.5.c, III.8.a: grounds per criterion, a delay and a contact; no last day, which nobody knows yet.
#[test]
fn a_refusal_states_its_grounds_and_how_to_appeal() {
    let case = a_case(Outcome::Refused, certif_pro());
    let letter = letter(&case, date("2026-11-24")).expect("a letter");
    let closing = letter.closing.join(" ");
    assert!(closing.contains("30 jours ouvrés à compter de la notification"), "{closing}");
    assert!(closing.contains("recours@instance.example") && closing.contains("prochaine campagne"));
    assert!(!closing.contains("2027"), "a letter prints delays, not last days");
    assert_eq!(letter.criteria.len(), 2);
    assert_eq!(letter.issued_on_text, "Paris, le 24 novembre 2026");
    let Message::DecisionRefused { grounds, appeal_contact, .. } =
        message(&case, "https://x".to_owned()).expect("a mail")
    else {
        panic!("not a refusal");
    };
    assert_eq!(
        grounds,
        [Ground {
            label: "Les actions de formation".to_owned(),
            text: "Le domaine 3 n’est pas couvert.".to_owned()
        }]
    );
    assert_eq!(appeal_contact, "recours@instance.example");
}

// III.5.b: the duration, and the field where a CPNE gave one.
#[test]
fn an_acceptance_states_its_duration_and_a_cpne_its_field() {
    let mut case = a_case(Outcome::Accepted, an_authority(AuthorityKind::Cpne, "CPNE du commerce"));
    case.decision.professional_field = Some("commerce de détail".to_owned());
    let letter = letter(&case, date("2026-11-24")).expect("a letter");
    let told = [letter.paragraphs, letter.closing].concat().join(" ");
    assert!(told.contains("accordée pour 3 ans à compter de la notification"), "{told}");
    assert!(told.contains("champ professionnel : commerce de détail"));
    assert!(
        told.contains("CPNE du commerce a examiné") && !told.contains("conseil d'administration")
    );
    assert!(!told.contains("recours"));
    case.decision.duration_years = None;
    let error = message(&case, String::new()).expect_err("incomplete");
    assert_eq!(error.next(), service::outbox::NextTry::None);
}

#[test]
fn a_letter_is_rendered() {
    let letter =
        letter(&a_case(Outcome::Refused, certif_pro()), date("2026-11-24")).expect("a letter");
    let pdf = documents::letter(&letter).expect("a PDF");
    assert!(pdf.starts_with(b"%PDF"));
}
