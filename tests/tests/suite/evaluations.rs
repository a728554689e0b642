//! Annexe 3, articles 1 to 4: enrolment, evaluations, training, separation.

use e2e::{CODES, TestApp, at, results};
use serde_json::{Value, json};

/// A3.1.a, IV.7.d, A3.6.a: enrolled only with a habilitation in force that day; the purpose and the
/// disability contact are told.
#[tokio::test]
async fn enrolment_needs_a_habilitation_in_force() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 71, "2026-02-10").await;
    let candidate = app.candidate(&organism, "Garnier").await;
    let good = app.enrolment(&staff, &organism, (&candidate, &id));
    let with = |field: &str, value: Value| {
        let mut input = good.clone();
        input[field] = value;
        input
    };
    let refusals = [
        (with("purposeTold", json!(false)), ("PURPOSE_NOT_TOLD", "purposeTold", "IV.7.d")),
        (
            with("disabilityContactTold", json!(false)),
            ("DISABILITY_CONTACT_NOT_TOLD", "disabilityContactTold", "A3.6.a"),
        ),
        (with("candidateId", json!("can_0")), ("NOT_FOUND", "candidateId", "")),
        (with("habilitationId", json!(candidate)), ("NOT_FOUND", "habilitationId", "")),
    ];
    for (input, expected) in refusals {
        app.refuses(&organism.admin, ("enrolCandidate", input), expected).await;
    }
    let stranger = app.organism(72).await;
    app.refuses(
        &stranger.admin,
        ("enrolCandidate", good.clone()),
        ("NOT_FOUND", "candidateId", ""),
    )
    .await;
    organism.admin.act("enrolCandidate", good, "enrolment { id }").await.done();
    app.on("2029-02-11").await;
    let late = app.candidate(&organism, "Tardif").await;
    let input = app.enrolment(&staff, &organism, (&late, &id));
    app.refuses(
        &organism.admin,
        ("enrolCandidate", input),
        ("HABILITATION_NOT_IN_FORCE", "habilitationId", "A3.1.a"),
    )
    .await;
}

/// A3.2.a, A3.4.b: prior evaluation on all, training where needed, final evaluation on exactly what is
/// missing; the matrix shows each competence's lineage.
#[tokio::test]
async fn the_steps_follow_one_another() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 73, "2026-02-10").await;
    let (candidate, enrolment) = app.enrolled(&staff, &organism, &id, "Fabre").await;
    let admin = &organism.admin;
    let today = app.today().await.to_string();
    let early = app.evaluation(&organism, &enrolment, (&["1-1"], &[])).await;
    let answer = admin.act("recordFinalEvaluation", early, "").await;
    answer.refused("PRIOR_REQUIRED", "", "A3.2.a");
    let partial = app.evaluation(&organism, &enrolment, (&CODES[..16], &[])).await;
    app.refuses(
        admin,
        ("recordPriorEvaluation", partial),
        ("COMPETENCE_MISSING", "results.3-4", "A3.2.a"),
    )
    .await;
    app.prior(&organism, &enrolment, &["1-1", "2-4"]).await.done();
    let again = app.prior(&organism, &enrolment, &[]).await;
    again.refused("PRIOR_ALREADY_DONE", "", "A3.2.a");
    let untrained = app.evaluation(&organism, &enrolment, (&["1-1", "2-4"], &[])).await;
    app.refuses(admin, ("recordFinalEvaluation", untrained), ("PATH_REQUIRED", "", "A3.2.a")).await;
    app.trained(&organism, &enrolment).await;
    let more = app.evaluation(&organism, &enrolment, (&["1-1", "2-4", "3-1"], &[])).await;
    app.refuses(admin, ("recordFinalEvaluation", more), ("NOT_MISSING", "results.2", "A3.2.a"))
        .await;
    let less = app.evaluation(&organism, &enrolment, (&["1-1"], &[])).await;
    app.refuses(
        admin,
        ("recordFinalEvaluation", less),
        ("COMPETENCE_MISSING", "results.2-4", "A3.2.a"),
    )
    .await;
    let input = app.evaluation(&organism, &enrolment, (&["1-1", "2-4"], &["2-4"])).await;
    admin.act("recordFinalEvaluation", input, "").await.done();
    let input = app.evaluation(&organism, &enrolment, (&["2-4"], &[])).await;
    admin.act("recordFinalEvaluation", input, "").await.done();
    let fields = "... on Candidate { fullName enrolments { edges { node { results { code prior finals } } } } }";
    let node = app.node(admin, &candidate, fields).await;
    let lines = at(&node, "enrolments.edges.0.node.results").as_array().expect("results").clone();
    assert_eq!(lines.len(), 17);
    let line = |code: &str| lines.iter().find(|l| l["code"] == code).cloned().expect("a line");
    assert_eq!(line("1-1"), json!({ "code": "1-1", "prior": false, "finals": [true] }));
    assert_eq!(line("2-4"), json!({ "code": "2-4", "prior": false, "finals": [false, true] }));
    assert_eq!(line("3-4"), json!({ "code": "3-4", "prior": true, "finals": [] }));
    // A path needs something to train.
    let path = json!({
        "enrolmentId": enrolment, "startsOn": today, "trainerIds": [organism.trainer],
        "expectedVersion": app.version(admin, &enrolment).await,
    });
    app.refuses(admin, ("openTrainingPath", path), ("NOTHING_TO_TRAIN", "", "A3.2.a")).await;
}

/// A3.3.a: evaluators are declared practitioners of the organism, validated, qualified for the domains
/// and for remote modes where used.
#[tokio::test]
async fn evaluators_are_qualified() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 74, "2026-02-10").await;
    let (other, _) = app.habilitated(&staff, 75, "2026-02-17").await;
    let (_, enrolment) = app.enrolled(&staff, &organism, &id, "Lopez").await;
    let declared = |domains: Value, remote: bool, name: &str| {
        json!({
            "organismId": organism.id, "familyName": name, "firstNames": "Ida", "birthDate": "1979-01-01",
            "legalStatus": "CDI", "cvReference": "cv-2", "trainer": false, "evaluator": true,
            "juryMember": false, "domains": domains, "remoteCapable": remote,
        })
    };
    let mut ids = Vec::new();
    for (domains, remote, name) in [(json!([1]), true, "Un"), (json!([1, 2, 3]), false, "Local")] {
        let answer = organism
            .admin
            .act("declarePractitioner", declared(domains, remote, name), "practitioner { id }")
            .await;
        ids.push(answer.text("practitioner.id"));
    }
    let with = |evaluator: &str, remote: bool, version: i64| {
        json!({
            "enrolmentId": enrolment, "heldOn": "2026-02-17", "remote": remote,
            "results": results(&CODES, &[], evaluator), "expectedVersion": version,
        })
    };
    let version = app.version(&organism.admin, &enrolment).await;
    let codes = |answer: &e2e::Answer| {
        answer.refusals.iter().map(|r| (r.code.clone(), r.article.clone())).collect::<Vec<_>>()
    };
    let expect = |code: &str| (code.to_owned(), "A3.3.a".to_owned());
    let run =
        async |input: Value| codes(&organism.admin.act("recordPriorEvaluation", input, "").await);
    assert!(run(with(&ids[0], false, version)).await.contains(&expect("EVALUATOR_NOT_VALIDATED")));
    assert!(run(with(&ids[0], false, version)).await.contains(&expect("EVALUATOR_NOT_QUALIFIED")));
    assert!(
        run(with(&organism.trainer, false, version)).await.contains(&expect("NOT_AN_EVALUATOR"))
    );
    let foreign = run(with(&other.evaluator, false, version)).await;
    assert!(
        foreign.iter().any(|(c, _)| c == "NOT_FOUND" || c == "PRACTITIONER_OF_OTHER_ORGANISM"),
        "{foreign:?}"
    );
    let validate = json!({ "practitionerId": ids[1], "authorityId": staff.authority });
    app.refuses(&organism.admin, ("validateEvaluator", validate.clone()), ("FORBIDDEN", "", ""))
        .await;
    staff.officer.act("validateEvaluator", validate, "").await.done();
    assert!(
        run(with(&ids[1], true, version)).await.contains(&expect("EVALUATOR_NOT_REMOTE_CAPABLE"))
    );
    assert_eq!(run(with(&ids[1], false, version)).await, []);
}

/// A3.3.b: whoever trained a candidate never evaluates them, also under a second record of the same
/// person, equal by names and birth date or merged explicitly.
#[tokio::test]
async fn a_trainer_is_never_the_evaluator() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(76).await;
    let admin = &organism.admin;
    // The trainer again, as an evaluator, spelt in another way; and under a married name.
    let second = |family: &str, cv: &str| {
        json!({
            "organismId": organism.id, "familyName": family, "firstNames": "ANNE", "birthDate": "1980-03-02",
            "legalStatus": "Indépendante", "cvReference": cv, "trainer": false, "evaluator": true,
            "juryMember": true, "domains": [1, 2, 3], "remoteCapable": true,
        })
    };
    let twin = admin
        .act("declarePractitioner", second("trainer76", "cv-a"), "practitioner { id }")
        .await
        .text("practitioner.id");
    let married = admin
        .act("declarePractitioner", second("Épouse", "cv-b"), "practitioner { id }")
        .await
        .text("practitioner.id");
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-05"), "2026-02-10").await;
    let id = app.habilitate(&staff, &organism, &campaign, "2026-02-10").await;
    let (_, enrolment) = app.enrolled(&staff, &organism, &id, "Perrin").await;
    app.prior(&organism, &enrolment, &["1-1"]).await.done();
    app.trained(&organism, &enrolment).await;
    let by = async |evaluator: &str| {
        let version = app.version(admin, &enrolment).await;
        let input = json!({
            "enrolmentId": enrolment, "heldOn": "2026-02-10", "remote": false,
            "results": results(&["1-1"], &[], evaluator), "expectedVersion": version,
        });
        admin.act("recordFinalEvaluation", input, "").await
    };
    let answer = by(&twin).await;
    assert!(
        answer.refusals.iter().any(|r| r.code == "TRAINER_IS_EVALUATOR" && r.article == "A3.3.b"),
        "{answer:?}"
    );
    let merge = json!({
        "keptPractitionerId": organism.trainer, "mergedPractitionerId": married, "reason": "Acte de mariage",
    });
    app.refuses(admin, ("mergePersons", merge.clone()), ("FORBIDDEN", "", "")).await;
    staff.officer.act("mergePersons", merge, "").await.done();
    let answer = by(&married).await;
    assert!(
        answer.refusals.iter().any(|r| r.code == "TRAINER_IS_EVALUATOR" && r.article == "A3.3.b"),
        "{answer:?}"
    );
    by(&organism.evaluator).await.done();
    // A3.5.a: nor do they sit on the jury.
    let mut jury = app.jury(&organism, &[&enrolment]).await;
    jury["memberIds"] = json!([organism.juror, married]);
    let answer = admin.act("recordJury", jury, "").await;
    answer.refused("TRAINER_ON_JURY", "memberIds.1", "A3.5.a");
}

/// A3.2.a: dates follow one another.
#[tokio::test]
async fn dates_out_of_order_are_refused() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 77, "2026-02-10").await;
    let (_, enrolment) = app.enrolled(&staff, &organism, &id, "Blanc").await;
    let admin = &organism.admin;
    let good = app.evaluation(&organism, &enrolment, (&CODES, &["1-1"])).await;
    for date in ["2026-02-11", "2026-02-09"] {
        let mut input = good.clone();
        input["heldOn"] = json!(date);
        let answer = admin.act("recordPriorEvaluation", input, "").await;
        assert!(answer.refusals.iter().any(|r| r.field == "heldOn"), "{date}: {answer:?}");
    }
    admin.act("recordPriorEvaluation", good.clone(), "").await.done();
    let answer = admin.act("recordPriorEvaluation", good, "").await;
    assert!(
        answer.codes().contains(&"VERSION_CONFLICT")
            || answer.codes().contains(&"PRIOR_ALREADY_DONE")
    );
}

/// IV.5.a: what an organism and its candidates exchange is visible to them and the authority alone.
#[tokio::test]
async fn a_candidate_is_seen_by_their_own() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 78, "2026-02-10").await;
    let (candidate, enrolment) = app.enrolled(&staff, &organism, &id, "Henry").await;
    let other = app.organism(79).await;
    let own =
        app.with_role("henry@candidat.example", entity::kind::Role::Candidate, &candidate).await;
    for client in [&organism.admin, &own, &staff.officer] {
        assert_eq!(app.node(client, &enrolment, "").await["id"], enrolment.as_str());
    }
    for client in [&other.admin, &staff.operator, &app.stranger()] {
        assert!(app.node(client, &candidate, "").await.is_null());
        assert!(app.node(client, &enrolment, "").await.is_null());
    }
}
