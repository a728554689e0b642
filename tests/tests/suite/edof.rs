//! V.3: EDOF alerts, suspension, withdrawal.

use e2e::{CERTIFICATION_CODE, Organism, Staff, TestApp, at, siren};
use serde_json::{Value, json};

fn alert(siren: &str, reference: &str, today: &str) -> Value {
    json!({
        "source": "CDC", "reference": reference, "allegation": "NON_CONFORMING_OFFER",
        "siren": siren, "offerTitle": "Formation express", "certificationCode": "RS0000",
        "offerOn": today, "details": "Intitulé trompeur.", "receivedOn": today,
    })
}

async fn posted(app: &TestApp, staff: &Staff, input: Value) -> (String, Value) {
    let id = staff.officer.act("postEdofAlert", input, "alert { id }").await.text("alert.id");
    app.settle().await;
    let fields = "... on EdofAlert { status proposedLevel proposedGrounds closeReason version decidedLevel \
                  notifiedOn organism { id } habilitated }";
    let node = app.node(&staff.officer, &id, fields).await;
    (id, node)
}

/// Posts an alert that the facts disprove; answers its id once it is assessed.
pub(crate) async fn unfounded(
    app: &TestApp,
    staff: &Staff,
    organism: &Organism,
    reference: &str,
) -> String {
    let mut sound = alert(&organism.siren, reference, &app.today().await.to_string());
    sound["offerTitle"] = json!("Préparer le CléA management");
    sound["certificationCode"] = json!(CERTIFICATION_CODE);
    sound["allegation"] = json!("NOT_HABILITATED");
    posted(app, staff, sound).await.0
}

pub(crate) fn decision(id: &str, level: &str, reason: Option<&str>) -> Value {
    json!({
        "alertId": id, "level": level, "reason": reason, "enrolledMayFinish": false, "expectedVersion": 2,
    })
}

/// Posts an alert on the organism and has it end at this level.
pub(crate) async fn sanction(
    app: &TestApp,
    staff: &Staff,
    organism: &Organism,
    (level, reference): (&str, &str),
) {
    let id = proposed(app, staff, organism, reference).await;
    decide(staff, &id, level).await;
    app.settle().await;
}

/// Posts an alert on the organism; answers its id once it is assessed.
pub(crate) async fn proposed(
    app: &TestApp,
    staff: &Staff,
    organism: &Organism,
    reference: &str,
) -> String {
    let today = app.today().await.to_string();
    posted(app, staff, alert(&organism.siren, reference, &today)).await.0
}

/// Has the alert end at this level.
pub(crate) async fn decide(staff: &Staff, alert: &str, level: &str) {
    let input = decision(alert, level, Some("Faits graves."));
    staff.decider.act("decideEdofAlert", input, "").await.done();
}

/// V.3.d: an alert is closed as unmatched or unfounded with its reason, or leads to a proposal with
/// its grounds, which deciders are told of.
#[tokio::test]
async fn an_alert_is_matched_and_assessed() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = app.habilitated(&staff, 61, "2026-02-10").await;
    let (_, unmatched) = posted(&app, &staff, alert(&siren(999), "N-1", "2026-02-10")).await;
    assert_eq!(unmatched["status"], "UNMATCHED");
    assert!(unmatched["closeReason"].as_str().is_some_and(|r| !r.is_empty()));

    let mut sound = alert(&organism.siren, "N-2", "2026-02-10");
    sound["offerTitle"] = json!("Préparer le CléA management");
    sound["certificationCode"] = json!(CERTIFICATION_CODE);
    sound["allegation"] = json!("NOT_HABILITATED");
    let (_, unfounded) = posted(&app, &staff, sound).await;
    assert_eq!(unfounded["status"], "UNFOUNDED", "{unfounded}");

    let (_, proposed) = posted(&app, &staff, alert(&organism.siren, "N-3", "2026-02-10")).await;
    assert_eq!(proposed["status"], "PROPOSED");
    assert_eq!(proposed["proposedLevel"], "WARNING");
    assert_eq!(at(&proposed, "organism.id"), organism.id.as_str());
    assert!(proposed["proposedGrounds"].as_str().is_some_and(|g| g.contains("ne correspond pas")));
    assert_eq!(app.mails_to("habilitations@certif-pro.example").len(), 1, "deciders are told");

    // Before it was habilitated: a formal notice at least.
    let mut early = alert(&organism.siren, "N-4", "2026-02-10");
    early["offerOn"] = json!("2026-01-10");
    let (_, grave) = posted(&app, &staff, early).await;
    assert_eq!(grave["proposedLevel"], "FORMAL_NOTICE");
    assert_eq!(grave["habilitated"], false);
}

/// V.3.d: sanctions are graded: one level above the highest of the last 12 months; the level may be
/// replaced with a reason.
#[tokio::test]
async fn sanctions_are_graded() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = app.habilitated(&staff, 62, "2026-02-10").await;
    let (id, _) = posted(&app, &staff, alert(&organism.siren, "G-1", "2026-02-10")).await;
    let other = decision(&id, "FORMAL_NOTICE", None);
    app.refuses(&staff.decider, ("decideEdofAlert", other), ("REASON_REQUIRED", "reason", "V.3.d"))
        .await;
    app.refuses(
        &staff.officer,
        ("decideEdofAlert", decision(&id, "WARNING", None)),
        ("FORBIDDEN", "", "I.e"),
    )
    .await;
    let mut stale = decision(&id, "WARNING", None);
    stale["expectedVersion"] = json!(1);
    app.refuses(
        &staff.decider,
        ("decideEdofAlert", stale),
        ("VERSION_CONFLICT", "expectedVersion", ""),
    )
    .await;
    staff.decider.act("decideEdofAlert", decision(&id, "WARNING", None), "").await.done();
    app.settle().await;
    let again = staff.decider.act("decideEdofAlert", decision(&id, "WARNING", None), "").await;
    assert!(!again.refusals.is_empty());
    app.on("2026-06-10").await;
    let (_, next) = posted(&app, &staff, alert(&organism.siren, "G-2", "2026-06-10")).await;
    assert_eq!(next["proposedLevel"], "FORMAL_NOTICE");
    app.on("2027-03-10").await;
    let (_, later) = posted(&app, &staff, alert(&organism.siren, "G-3", "2027-03-10")).await;
    assert_eq!(later["proposedLevel"], "WARNING", "more than 12 months later");
}

/// V.3.a, V.3.c: suspended from the notification on: no enrolment, no evaluation, no certificate.
#[tokio::test]
async fn suspended_means_no_activity() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 63, "2026-02-10").await;
    let (_, enrolment) = app.enrolled(&staff, &organism, &id, "Noël").await;
    app.prior(&organism, &enrolment, &[]).await.done();
    app.on("2026-03-10").await;
    sanction(&app, &staff, &organism, ("SUSPENSION", "S-1")).await;
    let as_of = |day: &str| format!("... on Habilitation {{ status(asOf: \"{day}\") }}");
    assert_eq!(app.node(&organism.admin, &id, &as_of("2026-03-09")).await["status"], "ACTIVE");
    assert_eq!(app.node(&organism.admin, &id, &as_of("2026-03-10")).await["status"], "SUSPENDED");
    let candidate = app.candidate(&organism, "Dubois").await;
    let enrol = app.enrolment(&staff, &organism, (&candidate, &id));
    app.refuses(
        &organism.admin,
        ("enrolCandidate", enrol),
        ("HABILITATION_SUSPENDED", "habilitationId", "V.3.a"),
    )
    .await;
    let jury = app.jury(&organism, &[&enrolment]).await;
    let refused = organism.admin.act("recordJury", jury, "").await;
    assert!(
        refused.refusals.iter().any(|r| r.code == "HABILITATION_SUSPENDED" && r.article == "V.3.a"),
        "{refused:?}"
    );
    assert_eq!(app.count::<entity::certificate::Entity>().await, 0);
    let mails = app.mails_to("contact@org63.example");
    assert!(
        mails.last().is_some_and(|m| m.text.contains("suspen") && m.text.contains("/notices/"))
    );
}

/// V.3.b, V.3.c: withdrawn on the day of the notification: no activity any more.
#[tokio::test]
async fn withdrawn_means_the_end() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 64, "2026-02-10").await;
    let (_, enrolment) = app.enrolled(&staff, &organism, &id, "Morel").await;
    app.on("2026-03-10").await;
    sanction(&app, &staff, &organism, ("WITHDRAWAL", "W-1")).await;
    let input = app.evaluation(&organism, &enrolment, (&e2e::CODES, &[])).await;
    let answer = organism.admin.act("recordPriorEvaluation", input, "").await;
    assert!(
        answer.refusals.iter().any(|r| r.code == "HABILITATION_WITHDRAWN" && r.article == "V.3.b"),
        "{answer:?}"
    );
    let node = app.node(&organism.admin, &id, "... on Habilitation { status }").await;
    assert_eq!(node["status"], "WITHDRAWN");
    // Nothing is left to suspend.
    let (alert, _) = posted(&app, &staff, alert(&organism.siren, "W-2", "2026-03-10")).await;
    let level = decision(&alert, "SUSPENSION", Some("Encore."));
    app.refuses(
        &staff.decider,
        ("decideEdofAlert", level),
        ("NO_HABILITATION_IN_FORCE", "level", "V.3.d"),
    )
    .await;
}

/// V.3.d: what an alert must say.
#[tokio::test]
async fn a_malformed_alert_is_refused() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let good = alert(&siren(65), "M-1", "2026-01-05");
    let with = |field: &str, value: Value| {
        let mut input = good.clone();
        input[field] = value;
        input
    };
    let refusals = [
        (with("siren", json!("123")), "SIREN_INVALID", "siren"),
        (with("siren", Value::Null), "SIREN_REQUIRED", "siret"),
        (with("siret", json!("123")), "SIRET_INVALID", "siret"),
        (with("receivedOn", json!("2026-01-06")), "DATE_FUTURE", "receivedOn"),
        (with("offerOn", json!("2026-01-06")), "DATES_REVERSED", "offerOn"),
    ];
    for (input, code, field) in refusals {
        app.refuses(&staff.officer, ("postEdofAlert", input), (code, field, "V.3.d")).await;
    }
    app.refuses(&staff.decider, ("postEdofAlert", good.clone()), ("FORBIDDEN", "", "")).await;
    staff.officer.act("postEdofAlert", good.clone(), "").await.done();
    app.settle().await;
    app.refuses(&staff.officer, ("postEdofAlert", good), ("ALREADY_POSTED", "reference", "V.3.d"))
        .await;
}
