use super::*;
use chrono::NaiveDate;
use proptest::prelude::*;

fn day(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).expect("a date")
}

fn codes(refusals: &Refusals) -> Vec<&str> {
    refusals.iter().map(|r| r.code.as_ref()).collect()
}

fn all() -> Vec<String> {
    COMPETENCE_CODES.map(str::to_owned).to_vec()
}

fn without(missing: &[&str]) -> Progress {
    Progress::new(COMPETENCE_CODES.into_iter().map(|code| (code, !missing.contains(&code))))
}

fn owned(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

const ENROLLED: Stage =
    Stage { prior_done: false, path_completed: false, path_open: false, awarded: false };
const ASSESSED: Stage = Stage { prior_done: true, ..ENROLLED };
const TRAINED: Stage = Stage { path_completed: true, ..ASSESSED };

// A3.2.a
#[test]
fn the_prior_evaluation_covers_all_seventeen_once() {
    assert!(prior_refusals(ENROLLED, &all()).is_empty());
    assert_eq!(codes(&prior_refusals(ASSESSED, &all())), ["PRIOR_ALREADY_DONE"]);
    let mut wrong = all();
    wrong[3] = "1-1".into();
    wrong[16] = "4-1".into();
    let refusals = prior_refusals(ENROLLED, &wrong);
    assert_eq!(
        codes(&refusals),
        ["COMPETENCE_TWICE", "COMPETENCE_UNKNOWN", "COMPETENCE_MISSING", "COMPETENCE_MISSING"]
    );
    assert_eq!(refusals[0].field, ["results", "3"]);
    assert_eq!(refusals[1].field, ["results", "16"]);
    assert_eq!(refusals[2].field, ["results", "1-4"]);
    assert_eq!(refusals[3].field, ["results", "3-4"]);
    assert!(refusals.iter().all(|r| r.article.as_deref() == Some("A3.2.a")));
    assert_eq!(prior_refusals(ENROLLED, &[]).len(), 17);
}

// A3.2.a
#[test]
fn a_path_follows_a_prior_evaluation_that_left_something() {
    assert!(path_refusals(ASSESSED, &without(&["2-3"])).is_empty());
    assert_eq!(codes(&path_refusals(ENROLLED, &Progress::default())), ["PRIOR_REQUIRED"]);
    assert_eq!(codes(&path_refusals(ASSESSED, &without(&[]))), ["NOTHING_TO_TRAIN"]);
    let open = Stage { path_open: true, ..ASSESSED };
    assert_eq!(codes(&path_refusals(open, &without(&["2-3"]))), ["PATH_ALREADY_OPEN"]);
    // Another one may follow a completed one.
    assert!(path_refusals(TRAINED, &without(&["2-3"])).is_empty());
}

// A3.2.a
#[test]
fn the_final_evaluation_covers_exactly_what_is_missing() {
    let progress = without(&["1-2", "3-4"]);
    assert!(final_refusals(TRAINED, &progress, &owned(&["3-4", "1-2"])).is_empty());
    let refusals = final_refusals(TRAINED, &progress, &owned(&["1-1", "1-2", "1-2", "9-9"]));
    assert_eq!(
        codes(&refusals),
        ["COMPETENCE_TWICE", "COMPETENCE_UNKNOWN", "NOT_MISSING", "COMPETENCE_MISSING"]
    );
    assert_eq!(refusals[2].field, ["results", "0"]);
    assert_eq!(refusals[3].field, ["results", "3-4"]);
    assert_eq!(codes(&final_refusals(TRAINED, &without(&[]), &[])), ["NOTHING_TO_EVALUATE"]);
}

// A3.2.a
#[test]
fn the_final_evaluation_follows_a_completed_path() {
    let progress = without(&["1-2"]);
    let missing = owned(&["1-2"]);
    assert_eq!(codes(&final_refusals(ASSESSED, &progress, &missing)), ["PATH_REQUIRED"]);
    let open = Stage { path_open: true, ..ASSESSED };
    assert_eq!(codes(&final_refusals(open, &progress, &missing)), ["PATH_REQUIRED"]);
    assert_eq!(
        codes(&final_refusals(ENROLLED, &Progress::default(), &missing)),
        ["PRIOR_REQUIRED", "PATH_REQUIRED"]
    );
}

// A3.2.a
#[test]
fn nothing_follows_the_award() {
    let awarded = Stage { awarded: true, ..TRAINED };
    assert_eq!(codes(&path_refusals(awarded, &without(&["1-1"]))), ["ALREADY_AWARDED"]);
    assert_eq!(
        codes(&final_refusals(awarded, &without(&["1-1"]), &owned(&["1-1"]))),
        ["ALREADY_AWARDED"]
    );
}

// A3.4.a
#[test]
fn a_competence_is_acquired_once_any_evaluation_says_so() {
    let progress = Progress::new([("1-1", true), ("1-1", false), ("1-2", false), ("7-7", true)]);
    assert!(progress.acquired("1-1") && !progress.acquired("1-2") && !progress.acquired("7-7"));
    assert_eq!(progress.missing().len(), 16);
    let result = CompetenceResult { code: "3-1", acquired: true };
    assert!(Progress::new([result.into()]).acquired("3-1"));
}

// A3.4.a
#[test]
fn the_certificate_needs_every_domain() {
    assert!(certificate_refusals(&without(&[])).is_empty());
    let progress = without(&["1-7", "2-4", "2-5", "2-6"]);
    assert!(!progress.domain_validated(1) && progress.domain_validated(3));
    assert!(!progress.domain_validated(4) && !progress.transversal_acquired());
    let refusals = certificate_refusals(&progress);
    assert_eq!(codes(&refusals), ["DOMAIN_NOT_VALIDATED", "DOMAIN_NOT_VALIDATED"]);
    assert!(refusals[0].message.contains("la compétence 1-7 n'est pas"), "{}", refusals[0].message);
    assert!(refusals[1].message.contains("2-4, 2-5 et 2-6"), "{}", refusals[1].message);
    assert_eq!(refusals[0].article.as_deref(), Some("A3.4.a"));
}

fn evaluator() -> EvaluatorFacts {
    EvaluatorFacts {
        is_evaluator: true,
        validated_on: Some(day(2026, 3, 1)),
        domains: vec![1, 2],
        remote_capable: false,
        of_organism: true,
    }
}

// A3.3.a
#[test]
fn evaluators_are_declared_validated_and_qualified() {
    let on = day(2026, 3, 1);
    assert!(evaluator_refusals(&evaluator(), &[1, 2], false, on).is_empty());
    let early = evaluator_refusals(&evaluator(), &[1], false, day(2026, 2, 28));
    assert_eq!(codes(&early), ["EVALUATOR_NOT_VALIDATED"]);
    let lacking = evaluator_refusals(&evaluator(), &domains_of(["3-1", "1-1", "3-2"]), false, on);
    assert_eq!(codes(&lacking), ["EVALUATOR_NOT_QUALIFIED"]);
    assert!(lacking[0].message.contains("domaine 3"), "{}", lacking[0].message);
    assert_eq!(
        codes(&evaluator_refusals(&evaluator(), &[1], true, on)),
        ["EVALUATOR_NOT_REMOTE_CAPABLE"]
    );
    let able = EvaluatorFacts { remote_capable: true, ..evaluator() };
    assert!(evaluator_refusals(&able, &[1], true, on).is_empty());
    let stranger = EvaluatorFacts {
        is_evaluator: false,
        validated_on: None,
        domains: vec![],
        remote_capable: false,
        of_organism: false,
    };
    let refusals = evaluator_refusals(&stranger, &[3, 1], true, on);
    assert_eq!(
        codes(&refusals),
        [
            "PRACTITIONER_OF_OTHER_ORGANISM",
            "NOT_AN_EVALUATOR",
            "EVALUATOR_NOT_VALIDATED",
            "EVALUATOR_NOT_QUALIFIED",
            "EVALUATOR_NOT_REMOTE_CAPABLE"
        ]
    );
    assert!(refusals[3].message.contains("domaines 1 et 3"), "{}", refusals[3].message);
}

// A3.3.b
#[test]
fn a_trainer_never_evaluates_their_candidate() {
    assert!(separation_refusals(&["MARTIN"], &["DURAND", "PETIT"]).is_empty());
    let refusals = separation_refusals(&["MARTIN", "PETIT"], &["DURAND", "PETIT"]);
    assert_eq!(codes(&refusals), ["TRAINER_IS_EVALUATOR"]);
    assert_eq!(refusals[0].field, ["evaluatorIds", "1"]);
    assert_eq!(refusals[0].article.as_deref(), Some("A3.3.b"));
}

fn juror(person: &str) -> JurorFacts<&str> {
    JurorFacts { person, is_jury_member: true, of_organism: true }
}

// A3.5.a
#[test]
fn a_jury_is_declared_and_apart_from_the_trainers() {
    assert!(jury_refusals(&[juror("DURAND"), juror("PETIT")], &["MARTIN"]).is_empty());
    assert_eq!(codes(&jury_refusals(&[], &["MARTIN"])), ["JURY_EMPTY"]);
    let wrong = [
        juror("MARTIN"),
        JurorFacts { is_jury_member: false, ..juror("DURAND") },
        JurorFacts { of_organism: false, ..juror("DURAND") },
    ];
    let refusals = jury_refusals(&wrong, &["MARTIN"]);
    assert_eq!(
        codes(&refusals),
        ["TRAINER_ON_JURY", "NOT_A_JURY_MEMBER", "PRACTITIONER_OF_OTHER_ORGANISM", "JUROR_TWICE"]
    );
    assert_eq!(refusals[0].field, ["memberIds", "0"]);
    assert_eq!(refusals[3].field, ["memberIds", "2"]);
    assert!(refusals.iter().all(|r| r.article.as_deref() == Some("A3.5.a")));
}

proptest! {
    // A3.2.a, A3.4.a
    #[test]
    fn a_final_evaluation_of_what_is_missing_completes_the_candidate(prior in prop::array::uniform17(any::<bool>())) {
        let first: Vec<_> = COMPETENCE_CODES.into_iter().zip(prior).collect();
        let progress = Progress::new(first.clone());
        let rest = owned(&progress.missing());
        prop_assert_eq!(certificate_refusals(&progress).is_empty(), progress.all_domains_validated());
        prop_assert_eq!(progress.all_domains_validated(), rest.is_empty());
        prop_assert_eq!(final_refusals(TRAINED, &progress, &rest).is_empty(), !rest.is_empty());
        prop_assert_eq!(path_refusals(ASSESSED, &progress).is_empty(), !rest.is_empty());
        let after = Progress::new(first.into_iter().chain(rest.iter().map(|code| (code.as_str(), true))));
        prop_assert!(certificate_refusals(&after).is_empty() && after.transversal_acquired());
    }
}
