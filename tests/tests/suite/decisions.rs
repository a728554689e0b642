//! III.5: decisions and their notification.

use e2e::{Findings, TestApp, at, findings};
use serde_json::json;

/// II.a, III.5.a: all criteria satisfied means accepted, else refused; at the application's meeting, on
/// its day or later, once.
#[tokio::test]
async fn a_decision_follows_the_criteria_at_its_meeting() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(41).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let other = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-11").await;
    let application = app.file(&organism, &campaign).await;
    let decision = |meeting: &str, outcome: &str, which: Findings| {
        json!({
            "applicationId": application, "meetingId": meeting, "outcome": outcome,
            "findings": findings(which), "expectedVersion": 2,
        })
    };
    let good = decision(&campaign.meeting, "ACCEPTED", Findings::Satisfied);
    app.refuses(
        &staff.decider,
        ("decideApplication", good.clone()),
        ("OPINION_MISSING", "", "III.4.b"),
    )
    .await;
    app.opinion(&staff, &application, Findings::Satisfied).await.done();
    app.refuses(
        &staff.decider,
        ("decideApplication", good.clone()),
        ("MEETING_NOT_HELD", "meetingId", "III.5.a"),
    )
    .await;
    app.on("2026-02-11").await;
    let elsewhere = decision(&other.meeting, "ACCEPTED", Findings::Satisfied);
    app.refuses(
        &staff.decider,
        ("decideApplication", elsewhere),
        ("NOT_ON_THE_AGENDA", "meetingId", "III.5.a"),
    )
    .await;
    let unfounded = decision(&campaign.meeting, "ACCEPTED", Findings::Unsatisfied);
    app.refuses(
        &staff.decider,
        ("decideApplication", unfounded),
        ("CRITERION_NOT_SATISFIED", "findings.4.satisfied", "II.a"),
    )
    .await;
    let unfair = decision(&campaign.meeting, "REFUSED", Findings::Satisfied);
    app.refuses(
        &staff.decider,
        ("decideApplication", unfair),
        ("ALL_CRITERIA_SATISFIED", "outcome", "II.a"),
    )
    .await;
    staff.decider.act("decideApplication", good.clone(), "").await.done();
    let again = staff.decider.act("decideApplication", good, "").await;
    again.refused("ALREADY_DECIDED", "", "III.5.a");
}

/// III.5.a, X.d: of two deciders at once, one decides.
#[tokio::test]
async fn two_deciders_at_once() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(42).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    app.opinion(&staff, &application, Findings::Satisfied).await.done();
    app.on("2026-02-10").await;
    let accept = app.decision(&staff, &application, &campaign.meeting, Findings::Satisfied).await;
    let refuse = app.decision(&staff, &application, &campaign.meeting, Findings::Unsatisfied).await;
    let (a, b) = tokio::join!(
        staff.decider.act("decideApplication", accept, ""),
        staff.decider.act("decideApplication", refuse, ""),
    );
    let won = [&a, &b].iter().filter(|answer| answer.refusals.is_empty()).count();
    assert_eq!(won, 1, "{a:?} {b:?}");
    app.settle().await;
    assert_eq!(app.count::<entity::decision::Entity>().await, 1);
}

/// III.5.b, III.5.d, III.6.a: an acceptance is notified by the worker with a letter and a link, within
/// 20 working days; the three years run from that day.
#[tokio::test]
async fn an_acceptance_is_notified_and_starts_the_term() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(43).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    app.opinion(&staff, &application, Findings::Satisfied).await.done();
    app.on("2026-02-12").await;
    app.decide(&staff, &application, &campaign.meeting, Findings::Satisfied).await.done();
    app.settle().await;
    let fields = "... on Application { status decision { outcome durationYears decidedOn notifiedOn } \
                  deadlines { edges { node { article dueOn status metOn startedBy: explanation { startedOn } } } } \
                  habilitation { id status validUntil notifiedOn } }";
    let node = app.node(&organism.admin, &application, fields).await;
    assert_eq!(node["status"], "ACCEPTED");
    assert_eq!(node["decision"]["durationYears"], 3);
    assert_eq!(node["decision"]["decidedOn"], "2026-02-10");
    assert_eq!(node["decision"]["notifiedOn"], "2026-02-12");
    assert_eq!(node["habilitation"]["status"], "ACTIVE");
    assert_eq!(node["habilitation"]["notifiedOn"], "2026-02-12");
    assert_eq!(node["habilitation"]["validUntil"], "2029-02-12");
    let officer = app.node(&staff.officer, &application, fields).await;
    let deadlines = officer["deadlines"]["edges"].as_array().expect("deadlines");
    let notified = deadlines.iter().find(|d| d["node"]["article"] == "III.5.d").expect("III.5.d");
    // 20 working days from Tuesday 10 February, no holiday in between.
    assert_eq!(notified["node"]["dueOn"], "2026-03-10");
    assert_eq!(notified["node"]["status"], "MET");
    assert_eq!(notified["node"]["metOn"], "2026-02-12");
    let mails = app.mails_to(&format!("dossier@{}.example", organism.siren));
    let mail = mails.last().expect("the decision's mail");
    assert!(
        mail.text.contains("acceptée") && mail.text.contains("http://clea.test/notices/"),
        "{}",
        mail.text
    );
    assert_eq!(mail.attachments.len(), 1);
    assert!(mail.attachments[0].bytes.starts_with(b"%PDF"));
}

/// III.5.c, III.8.a: a refusal states its grounds per criterion and how to appeal; the last day is
/// given once it is notified.
#[tokio::test]
async fn a_refusal_says_why_and_how_to_appeal() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(44).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    app.opinion(&staff, &application, Findings::Unsatisfied).await.done();
    app.on("2026-02-10").await;
    app.decide(&staff, &application, &campaign.meeting, Findings::Unsatisfied).await.done();
    app.settle().await;
    let mails = app.mails_to(&format!("dossier@{}.example", organism.siren));
    let mail = mails.last().expect("the decision's mail");
    assert!(mail.text.contains("Aucune démarche formalisée."), "{}", mail.text);
    assert!(
        mail.text.contains("30 jours ouvrés") && mail.text.contains("recours"),
        "{}",
        mail.text
    );
    let fields = "... on Application { habilitation { id } decision { outcome appealContact \
                  findings { criterion { code } satisfied grounds } appealUntil { dueOn article } } }";
    let node = app.node(&organism.admin, &application, fields).await;
    assert!(node["habilitation"].is_null());
    assert_eq!(at(&node, "decision.appealUntil.article"), "III.8.a");
    // 30 working days from Tuesday 10 February 2026.
    assert_eq!(at(&node, "decision.appealUntil.dueOn"), "2026-03-24");
    let findings = at(&node, "decision.findings").as_array().expect("findings");
    assert_eq!(findings.len(), 5);
    assert!(findings.iter().all(|f| f["grounds"].as_str().is_some_and(|g| !g.is_empty())));
}

/// Interpretation 5, III.5.d: a decision that is not notified has no effect yet, and is retried.
#[tokio::test]
async fn without_notification_there_is_no_effect() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(45).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    app.opinion(&staff, &application, Findings::Satisfied).await.done();
    app.on("2026-02-10").await;
    // The receipt left already; the decision's mail is refused for good.
    app.mails.fail_next(vec![mailer::SendError::Permanent("550 no such user".to_owned())]);
    app.decide(&staff, &application, &campaign.meeting, Findings::Satisfied).await.done();
    app.settle_with_given_up(1).await;
    let fields =
        "... on Application { habilitation { id status validUntil } decision { notifiedOn } }";
    let node = app.node(&staff.officer, &application, fields).await;
    assert_eq!(at(&node, "habilitation.status"), "AWAITING_NOTIFICATION");
    assert!(at(&node, "habilitation.validUntil").is_null());
    assert!(at(&node, "decision.notifiedOn").is_null());
    // Officers are told; the operator runs it again.
    assert_eq!(app.mails_to("habilitations@certif-pro.example").len(), 1);
    let query = "{ tasks(status: GIVEN_UP) { edges { node { id kind attempts lastError } } } }";
    let data = staff.operator.query(query, json!({})).await;
    let task = at(&data, "tasks.edges.0.node");
    assert_eq!(task["kind"], "NOTIFY_DECISION");
    assert!(task["lastError"].as_str().is_some_and(|e| !e.is_empty()));
    let input = json!({ "taskId": task["id"] });
    app.refuses(&staff.officer, ("retryTask", input.clone()), ("FORBIDDEN", "", "")).await;
    staff.operator.act("retryTask", input, "task { id }").await.done();
    app.settle().await;
    let node = app.node(&staff.officer, &application, fields).await;
    assert_eq!(at(&node, "habilitation.validUntil"), "2029-02-10");
}

/// III.5.e: habilitated organisms are listed for anyone; refusals and personal data are not.
#[tokio::test]
async fn the_public_list_shows_habilitated_organisms_alone() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = app.habilitated(&staff, 46, "2026-02-10").await;
    let refused = app.organism(47).await;
    let query = "{ habilitatedOrganisms { edges { node { siren name sites { city } } } } }";
    let data = app.stranger().query(query, json!({})).await;
    let edges = at(&data, "habilitatedOrganisms.edges").as_array().expect("edges").clone();
    assert_eq!(edges.len(), 1);
    assert_eq!(at(&edges[0], "node.siren"), organism.siren.as_str());
    let hidden = app.node(&app.stranger(), &refused.id, "").await;
    assert!(hidden.is_null());
    assert!(app.node(&app.stranger(), &organism.id, "").await.is_null());
}
