//! III.4: opinions, providers, later meetings.

use e2e::{Findings, TestApp, at, findings};
use entity::kind::Role;
use serde_json::json;

/// III.4.b, X.a: the opinion is settled at the latest 5 working days before the meeting; a late one is
/// refused unless the application is moved to a later meeting.
#[tokio::test]
async fn a_late_opinion_needs_a_later_meeting() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(31).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    let deadlines = "... on Application { deadlines { edges { node { article dueOn status \
                     explanation { amount unit backwards startedOn skipped { date reason } } } } } }";
    let node = app.node(&staff.officer, &application, deadlines).await;
    let deadline = at(&node, "deadlines.edges.0.node");
    assert_eq!(deadline["article"], "III.4.b");
    assert_eq!(deadline["dueOn"], "2026-02-03");
    assert_eq!(deadline["status"], "OPEN");
    let explained = json!({
        "amount": 5, "unit": "WORKING_DAY", "backwards": true, "startedOn": "2026-02-10",
        "skipped": [
            { "date": "2026-02-08", "reason": "dimanche" },
            { "date": "2026-02-07", "reason": "samedi" },
        ],
    });
    assert_eq!(deadline["explanation"], explained);

    app.on("2026-02-04").await;
    let node = app.node(&staff.officer, &application, deadlines).await;
    assert_eq!(at(&node, "deadlines.edges.0.node.status"), "MISSED");
    let late = app.opinion(&staff, &application, Findings::Satisfied).await;
    late.refused("OPINION_TOO_LATE", "", "III.4.b");
    let meeting =
        json!({ "authorityId": staff.authority, "heldOn": "2026-03-10", "place": "Paris" });
    let meeting =
        staff.officer.act("scheduleMeeting", meeting, "meeting { id }").await.text("meeting.id");
    let to = |meeting: &str| json!({ "applicationId": application, "meetingId": meeting, "expectedVersion": 1 });
    app.refuses(
        &staff.officer,
        ("moveApplication", to(&campaign.meeting)),
        ("MEETING_NOT_LATER", "meetingId", "III.4.b"),
    )
    .await;
    staff.officer.act("moveApplication", to(&meeting), "").await.done();
    let node = app.node(&staff.officer, &application, deadlines).await;
    assert_eq!(at(&node, "deadlines.edges.0.node.dueOn"), "2026-03-03");
    app.on("2026-03-03").await;
    app.opinion(&staff, &application, Findings::Satisfied).await.done();
    let node = app.node(&staff.officer, &application, deadlines).await;
    assert_eq!(at(&node, "deadlines.edges.0.node.status"), "MET");
    let again = app.opinion(&staff, &application, Findings::Satisfied).await;
    again.refused("OPINION_ALREADY_SETTLED", "", "III.4.b");
}

/// II.c: an opinion states one finding, with its grounds, for every criterion.
#[tokio::test]
async fn an_opinion_is_motivated_per_criterion() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(32).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    let input = |findings: serde_json::Value| json!({ "applicationId": application, "findings": findings, "expectedVersion": 1 });
    let whole = findings(Findings::Satisfied);
    let mut short = whole.clone();
    short.as_array_mut().expect("a list").pop();
    let mut twice = whole.clone();
    twice.as_array_mut().expect("a list").push(whole[0].clone());
    let mut bare = whole.clone();
    bare[2]["grounds"] = json!("  ");
    let mut unknown = whole.clone();
    unknown[0]["criterion"] = json!("LUCK");
    let refusals = [
        (short, "FINDING_MISSING", "findings"),
        (twice, "FINDING_TWICE", "findings.5.criterion"),
        (bare, "GROUNDS_REQUIRED", "findings.2.grounds"),
        (unknown, "FINDING_UNKNOWN", "findings.0.criterion"),
    ];
    for (findings, code, field) in refusals {
        app.refuses(&staff.officer, ("settleOpinion", input(findings)), (code, field, "II.c"))
            .await;
    }
    let stale = json!({ "applicationId": application, "findings": whole, "expectedVersion": 7 });
    app.refuses(
        &staff.officer,
        ("settleOpinion", stale),
        ("VERSION_CONFLICT", "expectedVersion", ""),
    )
    .await;
    staff.officer.act("settleOpinion", input(whole), "").await.done();
}

/// I.e, IV.5.a: a provider sees and instructs the cases given to it, and no others.
#[tokio::test]
async fn a_provider_has_its_own_cases() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let provider = app.with_role("provider@audit.example", Role::Provider, &staff.authority).await;
    let organism = app.organism(33).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    let input = json!({
        "applicationId": application, "findings": findings(Findings::Satisfied), "expectedVersion": 2,
    });
    app.refuses(&provider, ("settleOpinion", input.clone()), ("NOT_FOUND", "applicationId", ""))
        .await;
    let nobody = json!({ "applicationId": application, "providerEmail": "x@nobody.example" });
    app.refuses(
        &staff.officer,
        ("assignProvider", nobody),
        ("PROVIDER_UNKNOWN", "providerEmail", "I.e"),
    )
    .await;
    let given = json!({ "applicationId": application, "providerEmail": "provider@audit.example" });
    staff.officer.act("assignProvider", given, "").await.done();
    app.refuses(&organism.admin, ("settleOpinion", input.clone()), ("FORBIDDEN", "", "I.e")).await;
    provider.act("settleOpinion", input, "").await.done();
}
