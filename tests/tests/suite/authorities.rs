//! Chapter I: who is competent, and annexe 1: the framework.

use e2e::{Findings, TestApp, at};
use entity::kind::Role;
use serde_json::{Value, json};

/// A CPNE with its administrator, registered by Certif Pro's.
async fn cpne(app: &TestApp, staff: &e2e::Staff) -> (String, e2e::Client) {
    let input = json!({
        "name": "CPNE du commerce", "email": "contact@cpne.example",
        "appealContact": "CPNE, service des recours", "address": "2 place du Marché",
        "postalCode": "69002", "city": "Lyon",
    });
    let id = staff.admin.act("registerCpne", input, "authority { id }").await.text("authority.id");
    let admin = app.with_role("admin@cpne.example", Role::AuthorityAdmin, &id).await;
    (id, admin)
}

fn delegation(id: &str, ends_on: Option<&str>) -> Value {
    json!({
        "authorityId": id, "professionalField": "Commerce de détail", "startsOn": "2026-01-01",
        "endsOn": ends_on,
    })
}

fn contextualised(id: &str, competences: &Value) -> Value {
    json!({
        "authorityId": id, "title": "CléA management commerce", "version": "1",
        "certificationCode": "RS9999", "startsOn": "2026-01-01", "competences": competences,
        "criteria": [{ "code": "STORE_EXPERIENCE", "label": "Justifier d’une expérience en magasin" }],
    })
}

fn wordings(codes: &[&str]) -> Value {
    codes
        .iter()
        .map(|c| json!({ "code": c, "title": format!("Compétence {c}"), "criteria": ["Critère"] }))
        .collect()
}

/// I.b, A1.b: a CPNE acts only within a delegation in force; its framework keeps the same competences.
#[tokio::test]
async fn a_cpne_needs_a_delegation_and_keeps_the_competences() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (id, admin) = cpne(&app, &staff).await;
    let whole = contextualised(&id, &wordings(&e2e::CODES));
    app.refuses(
        &admin,
        ("contextualiseFramework", whole.clone()),
        ("DELEGATION_NOT_IN_FORCE", "", "I.b"),
    )
    .await;
    let nowhere = json!({ "authorityId": id, "startsOn": "2026-01-01" });
    app.refuses(
        &staff.decider,
        ("grantDelegation", nowhere),
        ("DELEGATION_FIELD_REQUIRED", "professionalField", "I.b"),
    )
    .await;
    let reversed = delegation(&id, Some("2025-12-31"));
    app.refuses(&staff.decider, ("grantDelegation", reversed), ("DATES_REVERSED", "endsOn", "I.b"))
        .await;
    staff.decider.act("grantDelegation", delegation(&id, None), "delegation { id }").await.done();
    let short = contextualised(&id, &wordings(&e2e::CODES[1..]));
    app.refuses(
        &admin,
        ("contextualiseFramework", short),
        ("COMPETENCE_MISSING", "competences.1-1", "A1.b"),
    )
    .await;
    let mut more = e2e::CODES.to_vec();
    more.push("4-1");
    let longer = contextualised(&id, &wordings(&more));
    app.refuses(
        &admin,
        ("contextualiseFramework", longer),
        ("COMPETENCE_ADDED", "competences.17", "A1.b"),
    )
    .await;
    admin.act("contextualiseFramework", whole, "framework { id }").await.done();
}

/// I.a, I.c, I.d, III.5.b: only the CPNE that made a framework decides under it, its criteria are
/// examined together with those of part II, and its habilitation covers that framework alone.
#[tokio::test]
async fn a_contextualised_framework_is_its_cpnes_alone() {
    let app = TestApp::start().await;
    let certif_pro = app.staff().await;
    let (id, admin) = cpne(&app, &certif_pro).await;
    certif_pro.decider.act("grantDelegation", delegation(&id, Some("2026-12-31")), "").await.done();
    let framework = admin
        .act(
            "contextualiseFramework",
            contextualised(&id, &wordings(&e2e::CODES)),
            "framework { id }",
        )
        .await
        .text("framework.id");
    // Certif Pro cannot open a campaign for it.
    let meeting =
        json!({ "authorityId": certif_pro.authority, "heldOn": "2026-02-10", "place": "Paris" });
    let meeting = certif_pro
        .officer
        .act("scheduleMeeting", meeting, "meeting { id }")
        .await
        .text("meeting.id");
    let campaign = json!({
        "authorityId": certif_pro.authority, "frameworkId": framework, "meetingId": meeting,
        "title": "Campagne", "opensOn": "2026-01-05", "closesOn": "2026-01-20",
    });
    app.refuses(
        &certif_pro.officer,
        ("openCampaign", campaign),
        ("AUTHORITY_NOT_COMPETENT", "", "I.a"),
    )
    .await;

    // The CPNE can, and decides with its own criterion and its field.
    let cpne = app.staff_of(&id, &framework, "cpne").await;
    let organism = app.organism(11).await;
    let campaign = app.campaign(&cpne, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    let answer = app.opinion(&cpne, &application, Findings::Satisfied).await;
    answer.refused("FINDING_MISSING", "findings", "II.c");
    let mut findings = e2e::findings(Findings::Satisfied);
    let more = json!({ "criterion": "STORE_EXPERIENCE", "satisfied": true, "grounds": "Dix ans." });
    findings.as_array_mut().expect("a list").push(more);
    let input = json!({ "applicationId": application, "findings": findings, "expectedVersion": 1 });
    cpne.officer.act("settleOpinion", input, "").await.done();
    app.on("2026-02-10").await;
    let mut decision = json!({
        "applicationId": application, "meetingId": campaign.meeting, "outcome": "ACCEPTED",
        "findings": findings, "expectedVersion": 2,
    });
    app.refuses(
        &cpne.decider,
        ("decideApplication", decision.clone()),
        ("PROFESSIONAL_FIELD_REQUIRED", "professionalField", "III.5.b"),
    )
    .await;
    decision["professionalField"] = json!("Commerce de détail");
    // Certif Pro's deciders do not even see the case.
    app.refuses(
        &certif_pro.decider,
        ("decideApplication", decision.clone()),
        ("NOT_FOUND", "applicationId", ""),
    )
    .await;
    cpne.decider.act("decideApplication", decision, "").await.done();
    app.settle().await;
    let node = app
        .node(
            &cpne.officer,
            &application,
            "... on Application { habilitation { id } decision { professionalField } }",
        )
        .await;
    assert_eq!(at(&node, "decision.professionalField"), "Commerce de détail");
    let habilitation = at(&node, "habilitation.id").as_str().expect("a habilitation").to_owned();

    // I.d: it does not cover the base framework.
    let candidate = app.candidate(&organism, "Martin").await;
    let base = app.enrolment(&certif_pro, &organism, (&candidate, &habilitation));
    app.refuses(
        &organism.admin,
        ("enrolCandidate", base),
        ("FRAMEWORK_NOT_COVERED", "frameworkId", "I.d"),
    )
    .await;
    let own = app.enrolment(&cpne, &organism, (&candidate, &habilitation));
    organism.admin.act("enrolCandidate", own, "enrolment { id }").await.done();

    // V.3.d, interpretation 5: a sanction on its habilitation that cannot be notified is told to the CPNE.
    app.mails.fail_next(vec![mailer::SendError::Permanent("550 no such user".to_owned())]);
    let today = app.today().await.to_string();
    let alert = json!({
        "source": "CDC", "reference": "C-1", "allegation": "NON_CONFORMING_OFFER",
        "siren": organism.siren, "offerTitle": "Formation express", "certificationCode": "RS9999",
        "offerOn": today, "details": "Intitulé trompeur.", "receivedOn": today,
    });
    let posted = certif_pro.officer.act("postEdofAlert", alert, "alert { id }").await;
    app.settle_with_given_up(1).await;
    let told = |kind: &str| {
        let mails = app.mails_to("contact@cpne.example");
        mails.iter().filter(|m| m.subject.contains(kind)).count()
    };
    assert_eq!(told("PROPOSE_SANCTION"), 1, "its own officers can act");
    app.mails.fail_next(vec![mailer::SendError::Permanent("550 no such user".to_owned())]);
    let decision = json!({
        "alertId": posted.text("alert.id"), "level": "WARNING", "reason": "Premier manquement.",
        "enrolledMayFinish": true, "expectedVersion": 2,
    });
    cpne.decider.act("decideEdofAlert", decision, "").await.done();
    app.settle_with_given_up(2).await;
    assert_eq!(told("NOTIFY_SANCTION"), 1);
    assert!(app.mails_to("habilitations@certif-pro.example").is_empty());
}

/// I.b, I.a: past the end of its delegation a CPNE decides nothing.
#[tokio::test]
async fn a_delegation_ends() {
    let app = TestApp::start().await;
    let certif_pro = app.staff().await;
    let (id, _) = cpne(&app, &certif_pro).await;
    certif_pro.decider.act("grantDelegation", delegation(&id, Some("2026-02-01")), "").await.done();
    let cpne = app.staff_of(&id, &certif_pro.framework, "cpne").await;
    let organism = app.organism(12).await;
    let campaign = app.campaign(&cpne, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    app.opinion(&cpne, &application, Findings::Satisfied).await.done();
    app.on("2026-02-10").await;
    let mut decision =
        app.decision(&cpne, &application, &campaign.meeting, Findings::Satisfied).await;
    decision["professionalField"] = json!("Commerce");
    app.refuses(
        &cpne.decider,
        ("decideApplication", decision),
        ("DELEGATION_NOT_IN_FORCE", "", "I.b"),
    )
    .await;
}

/// I.d, A3.1.a: a Certif Pro habilitation has no effect on evaluations under a contextualised framework.
#[tokio::test]
async fn certif_pro_does_not_cover_a_contextualised_framework() {
    let app = TestApp::start().await;
    let certif_pro = app.staff().await;
    let (id, admin) = cpne(&app, &certif_pro).await;
    certif_pro.decider.act("grantDelegation", delegation(&id, None), "").await.done();
    let framework = admin
        .act(
            "contextualiseFramework",
            contextualised(&id, &wordings(&e2e::CODES)),
            "framework { id }",
        )
        .await
        .text("framework.id");
    let (organism, habilitation) = app.habilitated(&certif_pro, 13, "2026-02-10").await;
    let candidate = app.candidate(&organism, "Petit").await;
    let mut input = app.enrolment(&certif_pro, &organism, (&candidate, &habilitation));
    input["frameworkId"] = json!(framework);
    app.refuses(
        &organism.admin,
        ("enrolCandidate", input),
        ("FRAMEWORK_NOT_COVERED", "frameworkId", "I.d"),
    )
    .await;
}

/// A1.a: the framework is shipped whole: 3 domains, 17 competences with criteria, 4 of them transversal.
#[tokio::test]
async fn the_framework_is_whole() {
    let app = TestApp::start().await;
    let query = "{ frameworks { edges { node { title version domains { number title } \
                 competences { code domain title criteria transversal } } } } }";
    let data = app.stranger().query(query, json!({})).await;
    let framework = at(&data, "frameworks.edges.0.node");
    assert_eq!(framework["domains"].as_array().map(Vec::len), Some(3));
    let competences = framework["competences"].as_array().expect("competences");
    let codes: Vec<_> = competences.iter().filter_map(|c| c["code"].as_str()).collect();
    assert_eq!(codes, e2e::CODES);
    let transversal: Vec<_> = competences
        .iter()
        .filter(|c| c["transversal"] == true)
        .filter_map(|c| c["code"].as_str())
        .collect();
    assert_eq!(transversal, ["1-7", "2-5", "2-6", "3-4"]);
    assert!(competences.iter().all(|c| c["criteria"].as_array().is_some_and(|l| !l.is_empty())));
    for c in competences {
        let domain = at(c, "domain").to_string();
        assert!(c["code"].as_str().is_some_and(|code| code.starts_with(&domain)), "{c}");
    }
}

/// I.e: officers and providers prepare; deciding belongs to deciders alone, and only of that authority.
#[tokio::test]
async fn only_deciders_decide() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(14).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    app.opinion(&staff, &application, Findings::Satisfied).await.done();
    app.on("2026-02-10").await;
    let input = app.decision(&staff, &application, &campaign.meeting, Findings::Satisfied).await;
    for client in [&staff.officer, &staff.admin, &staff.finance, &organism.admin] {
        app.refuses(client, ("decideApplication", input.clone()), ("FORBIDDEN", "", "I.e")).await;
    }
    app.refuses(
        &staff.operator,
        ("decideApplication", input.clone()),
        ("NOT_FOUND", "applicationId", ""),
    )
    .await;
    app.refuses(&app.stranger(), ("decideApplication", input), ("NOT_SIGNED_IN", "", "")).await;
}
