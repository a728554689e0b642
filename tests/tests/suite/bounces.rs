//! X.c, interpretation 5: what bounced notifies nothing until it is sent again, or brought by registered
//! letter.

use crate::edof::sanction;
use e2e::{BOUNCE_SECRET, Campaign, Client, Findings, Organism, Staff, TestApp, at, uuid_of};
use entity::ids::NoticeId;
use entity::kind::Role;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

/// The notices of a kind to the organism, newest first.
pub(crate) async fn notices(client: &Client, organism: &str, kind: &str) -> Vec<Value> {
    let query = "query($o: ID, $k: String) { notices(organismId: $o, kind: $k) { edges { node { \
        id kind state messageId recipientEmail acceptedOn notifiedOn \
        bounces { on status action diagnostic voids source } \
        registeredLetter { receivedOn trackingNumber } supersedes { id } supersededBy { id } \
        availableActions { mutation available } } } } }";
    let data = client.query(query, json!({ "o": organism, "k": kind })).await;
    let edges = at(&data, "notices.edges").as_array().expect("edges");
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

/// The only notice of a kind to the organism.
pub(crate) async fn notice(client: &Client, organism: &Organism, kind: &str) -> Value {
    let mut found = notices(client, &organism.id, kind).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

pub(crate) fn id(notice: &Value) -> String {
    notice["id"].as_str().expect("an id").to_owned()
}

/// The ids of the notices that need a hand, as the viewer sees them.
async fn undelivered(client: &Client) -> Vec<String> {
    let data = client.query("{ notices(undelivered: true) { edges { node { id } } } }", json!({}));
    let data = data.await;
    at(&data, "notices.edges").as_array().expect("edges").iter().map(|e| id(&e["node"])).collect()
}

/// The acts offered on a notice.
fn offers(notice: &Value) -> Vec<&str> {
    let all = notice["availableActions"].as_array().expect("actions").iter();
    all.filter(|a| a["available"] == true).filter_map(|a| a["mutation"].as_str()).collect()
}

pub(crate) fn bounce(notice: &str, on: &str) -> Value {
    json!({ "noticeId": notice, "bouncedOn": on, "status": "5.1.1", "diagnostic": "550 no such user" })
}

pub(crate) fn letter(notice: &str, on: &str) -> Value {
    json!({ "noticeId": notice, "receivedOn": on, "trackingNumber": "1A 234 567 8901 2" })
}

/// An application decided on 10 February and notified that day.
pub(crate) async fn decided(
    app: &TestApp,
    staff: &Staff,
    number: u32,
    which: Findings,
) -> (Organism, String) {
    let organism = app.organism(number).await;
    let campaign: Campaign = app.campaign(staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    app.opinion(staff, &application, which).await.done();
    app.on("2026-02-10").await;
    app.decide(staff, &application, &campaign.meeting, which).await.done();
    app.settle().await;
    (organism, application)
}

const APPLICATION: &str = "... on Application { habilitation { id status notifiedOn validUntil } \
    decision { notifiedOn appealUntil { dueOn } } \
    deadlines { edges { node { article status dueOn metOn } } } \
    timeline { edges { node { act summary } } } }";

/// The deadline of an article on the application.
fn deadline(application: &Value, article: &str) -> Value {
    let edges = at(application, "deadlines.edges").as_array().expect("deadlines").clone();
    let found = edges.into_iter().find(|d| at(d, "node.article") == article);
    found.unwrap_or_else(|| panic!("{article}"))["node"].clone()
}

/// X.c, interpretation 5, III.6.a, III.5.d: a bounce voids the notification of an acceptance; sent again to a
/// corrected address, the habilitation runs from the new day. What was done in between stays, and is told.
#[tokio::test]
async fn an_acceptance_that_bounced_has_no_effect_until_it_is_sent_again() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, application) = decided(&app, &staff, 201, Findings::Satisfied).await;
    let node = app.node(&staff.officer, &application, APPLICATION).await;
    let habilitation = at(&node, "habilitation.id").as_str().expect("an id").to_owned();
    let (_, enrolment) = app.enrolled(&staff, &organism, &habilitation, "Aubry").await;
    let first = notice(&staff.officer, &organism, "DECISION_ACCEPTED").await;
    assert_eq!((&first["state"], &first["notifiedOn"]), (&json!("NOTIFIED"), &json!("2026-02-10")));
    assert_eq!(offers(&first), ["recordBounce"]);
    assert!(undelivered(&staff.officer).await.is_empty());

    app.on("2026-02-12").await;
    staff.officer.act("recordBounce", bounce(&id(&first), "2026-02-11"), "").await.done();
    app.settle().await;
    let node = app.node(&staff.officer, &application, APPLICATION).await;
    assert_eq!(at(&node, "habilitation.status"), "AWAITING_NOTIFICATION");
    assert!(at(&node, "habilitation.validUntil").is_null());
    assert!(at(&node, "decision.notifiedOn").is_null());
    let notified = deadline(&node, "III.5.d");
    assert_eq!((&notified["status"], &notified["metOn"]), (&json!("OPEN"), &Value::Null));
    let bounced = notice(&staff.officer, &organism, "DECISION_ACCEPTED").await;
    assert_eq!(bounced["state"], "BOUNCED");
    assert_eq!(bounced["acceptedOn"], "2026-02-10");
    assert!(bounced["notifiedOn"].is_null());
    assert_eq!(
        bounced["bounces"],
        json!([{ "on": "2026-02-11", "status": "5.1.1", "action": "FAILED", "voids": true,
                 "source": "OFFICER",
                 "diagnostic": "550 no such user" }])
    );
    assert_eq!(undelivered(&staff.officer).await, [id(&first)]);
    // Officers are told what it changes and what to do.
    let told = app.mails_to("habilitations@certif-pro.example").pop().expect("officers are told");
    assert!(told.subject.starts_with("Courriel non remis à Organisme 201"), "{}", told.subject);
    let words = told.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("l’habilitation n’a pas d’effet"), "{words}");
    assert!(words.contains("renvoyez le courriel"), "{words}");
    assert!(!told.text.contains(&format!("dossier@{}", organism.siren)), "no address");
    // No activity: what was enrolled in between is left, and told.
    let candidate = app.candidate(&organism, "Bonnet").await;
    app.refuses(
        &organism.admin,
        ("enrolCandidate", app.enrolment(&staff, &organism, (&candidate, &habilitation))),
        ("HABILITATION_NOT_IN_FORCE", "habilitationId", "A3.1.a"),
    )
    .await;
    let kept = app.node(&organism.admin, &enrolment, "... on Enrolment { id }").await;
    assert_eq!(kept["id"], enrolment.as_str());
    let history = app
        .node(
            &staff.officer,
            &habilitation,
            "... on Habilitation { timeline { edges { node { act summary } } } }",
        )
        .await;
    let last = at(&history, "timeline.edges.0.node");
    assert_eq!(last["act"], "voidNotification");
    assert!(last["summary"].as_str().is_some_and(|s| s.contains("inscriptions 1,")), "{last}");

    app.on("2026-02-16").await;
    let again = json!({ "noticeId": id(&first), "email": " Direction@Org201.example " });
    let new = staff.officer.act("resendNotice", again, "notice { id }").await.text("notice.id");
    app.settle().await;
    let mails = app.mails_to("direction@org201.example");
    assert_eq!(mails.len(), 1);
    let old = app.mails_to(&format!("dossier@{}.example", organism.siren)).pop().expect("sent");
    assert_ne!(mails[0].message_id, old.message_id, "another mail: its bounces are its own");
    assert_eq!((&mails[0].subject, &mails[0].attachments), (&old.subject, &old.attachments));
    let node = app.node(&staff.officer, &application, APPLICATION).await;
    assert_eq!(at(&node, "habilitation.status"), "ACTIVE");
    assert_eq!(at(&node, "habilitation.notifiedOn"), "2026-02-16");
    assert_eq!(at(&node, "habilitation.validUntil"), "2029-02-16");
    assert_eq!(at(&node, "decision.notifiedOn"), "2026-02-16");
    let notified = deadline(&node, "III.5.d");
    assert_eq!((&notified["status"], &notified["metOn"]), (&json!("MET"), &json!("2026-02-16")));
    assert!(undelivered(&staff.officer).await.is_empty());
    let both = notices(&staff.officer, &organism.id, "DECISION_ACCEPTED").await;
    assert_eq!(both.len(), 2);
    assert_eq!((at(&both[0], "id"), at(&both[0], "supersedes.id")), (&json!(new), &first["id"]));
    assert_eq!(
        (&both[1]["state"], at(&both[1], "supersededBy.id")),
        (&json!("SUPERSEDED"), &json!(new))
    );
    app.enrolled(&staff, &organism, &habilitation, "Bonnet").await;

    // A late report about the first mail concerns the first mail.
    let late = json!({ "messageId": first["messageId"], "status": "5.4.7" });
    assert_eq!(report(&app, Some(BOUNCE_SECRET), &late).await.0, 201);
    app.settle().await;
    let node = app.node(&staff.officer, &application, APPLICATION).await;
    assert_eq!(at(&node, "habilitation.status"), "ACTIVE");
}

/// III.8.a, interpretation 5: the delay to appeal a refusal that bounced does not run; it starts again, with
/// its whole arithmetic, from the new notification.
#[tokio::test]
async fn a_refusal_that_bounced_starts_no_delay() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, application) = decided(&app, &staff, 202, Findings::Unsatisfied).await;
    let node = app.node(&organism.admin, &application, APPLICATION).await;
    assert_eq!(at(&node, "decision.appealUntil.dueOn"), "2026-03-24");
    let first = id(&notice(&staff.officer, &organism, "DECISION_REFUSED").await);
    let page = app.mails_to(&format!("dossier@{}.example", organism.siren)).pop().expect("sent");
    let path = page.text[page.text.find("/notices/").expect("a link")..].split_whitespace().next();
    let path = path.expect("a link").to_owned();
    let (_, shown) = app.stranger().page(reqwest::Method::GET, &path).await;
    assert!(shown.contains("24 mars 2026"), "{shown}");

    app.on("2026-02-12").await;
    staff.officer.act("recordBounce", bounce(&first, "2026-02-10"), "").await.done();
    app.settle().await;
    let node = app.node(&organism.admin, &application, APPLICATION).await;
    assert!(at(&node, "decision.appealUntil").is_null());
    assert_eq!(deadline(&node, "III.8.a")["status"], "CANCELLED");
    let (_, shown) = app.stranger().page(reqwest::Method::GET, &path).await;
    assert!(!shown.contains("24 mars 2026"), "{shown}");
    // It is not missed meanwhile.
    app.on("2026-03-25").await;
    let node = app.node(&organism.admin, &application, APPLICATION).await;
    assert_eq!(deadline(&node, "III.8.a")["status"], "CANCELLED");
    assert_eq!(deadline(&node, "III.5.d")["status"], "MISSED");

    staff.officer.act("resendNotice", json!({ "noticeId": first }), "").await.done();
    app.settle().await;
    let node = app.node(&organism.admin, &application, APPLICATION).await;
    let appeal = deadline(&node, "III.8.a");
    assert_eq!(appeal["status"], "OPEN");
    // 30 working days from Wednesday 25 March 2026, without Easter Monday, 1, 8 and 14 May.
    assert_eq!(appeal["dueOn"], "2026-05-11");
    assert_eq!(at(&node, "decision.appealUntil.dueOn"), "2026-05-11");
    assert_eq!(deadline(&node, "III.5.d")["status"], "MISSED", "late all the same");
    assert_eq!(deadline(&node, "III.5.d")["metOn"], "2026-03-25");
}

/// V.3.c, interpretation 5: a suspension and a withdrawal whose notice bounced have no effect until they are
/// notified again.
#[tokio::test]
async fn a_sanction_that_bounced_has_no_effect() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, habilitation) = app.habilitated(&staff, 203, "2026-02-10").await;
    let status = "... on Habilitation { status }";
    for (level, state, reference, months) in [
        ("SUSPENSION", "SUSPENDED", "B-1", ["2026-03-10", "2026-03-12", "2026-03-16"]),
        ("WITHDRAWAL", "WITHDRAWN", "B-2", ["2026-04-10", "2026-04-13", "2026-04-16"]),
    ] {
        app.on(months[0]).await;
        sanction(&app, &staff, &organism, (level, reference)).await;
        let node = app.node(&organism.admin, &habilitation, status).await;
        assert_eq!(node["status"], state);
        let sent = notices(&staff.officer, &organism.id, "EDOF_SANCTION").await;
        app.on(months[1]).await;
        staff.officer.act("recordBounce", bounce(&id(&sent[0]), months[0]), "").await.done();
        app.settle().await;
        let before = if level == "WITHDRAWAL" { "SUSPENDED" } else { "ACTIVE" };
        let node = app.node(&organism.admin, &habilitation, status).await;
        assert_eq!(node["status"], before, "{level}");
        app.on(months[2]).await;
        let again = json!({ "noticeId": id(&sent[0]), "email": "direction@org203.example" });
        staff.officer.act("resendNotice", again, "").await.done();
        app.settle().await;
        let node = app.node(&organism.admin, &habilitation, status).await;
        assert_eq!(node["status"], state, "{level}");
        let as_of = format!("... on Habilitation {{ status(asOf: \"{}\") }}", months[1]);
        assert_eq!(app.node(&organism.admin, &habilitation, &as_of).await["status"], before);
    }
}

/// V.3.c, interpretation 5: of two withdrawals notified, the bounce of one leaves the other.
#[tokio::test]
async fn a_withdrawal_that_bounced_leaves_another() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, habilitation) = app.habilitated(&staff, 211, "2026-02-10").await;
    app.on("2026-03-10").await;
    let first = crate::edof::proposed(&app, &staff, &organism, "W-1").await;
    let second = crate::edof::proposed(&app, &staff, &organism, "W-2").await;
    // The mail server is away while both are decided: neither is notified before.
    let away = || mailer::SendError::Temporary("421 4.3.2 later".to_owned());
    app.mails.fail_next(vec![away(), away()]);
    for alert in [first, second] {
        crate::edof::decide(&staff, &alert, "WITHDRAWAL").await;
    }
    app.settle().await;
    let sent = notices(&staff.officer, &organism.id, "EDOF_SANCTION").await;
    assert_eq!(sent.len(), 2);
    let status = "... on Habilitation { status }";
    for (notice, state) in sent.iter().zip(["WITHDRAWN", "ACTIVE"]) {
        staff.officer.act("recordBounce", bounce(&id(notice), "2026-03-10"), "").await.done();
        let node = app.node(&organism.admin, &habilitation, status).await;
        assert_eq!(node["status"], state);
    }
}

/// Interpretation 5: a sanction's bounce known after the habilitation expired voids nothing.
#[tokio::test]
async fn a_sanction_that_bounced_too_late_stays() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = app.habilitated(&staff, 212, "2026-02-10").await;
    app.on("2029-01-10").await;
    sanction(&app, &staff, &organism, ("SUSPENSION", "B-3")).await;
    let sent = notice(&staff.officer, &organism, "EDOF_SANCTION").await;
    app.on("2029-02-12").await;
    staff.officer.act("recordBounce", bounce(&id(&sent), "2029-01-10"), "").await.done();
    let kept = notice(&staff.officer, &organism, "EDOF_SANCTION").await;
    assert_eq!((&kept["state"], at(&kept, "bounces.0.voids")), (&json!("NOTIFIED"), &json!(false)));
}

/// Interpretation 5: an officer records a notification by registered letter instead, with the same effects
/// from the day of its reception.
#[tokio::test]
async fn a_registered_letter_notifies_instead() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, application) = decided(&app, &staff, 204, Findings::Satisfied).await;
    let first = id(&notice(&staff.officer, &organism, "DECISION_ACCEPTED").await);
    let refused = ("ALREADY_NOTIFIED", "noticeId", "X.c");
    let act = "recordRegisteredLetter";
    app.refuses(&staff.officer, (act, letter(&first, "2026-02-10")), refused).await;
    app.on("2026-02-12").await;
    staff.officer.act("recordBounce", bounce(&first, "2026-02-12"), "").await.done();
    app.on("2026-02-24").await;
    for (input, code, field) in [
        (letter(&first, "2026-02-25"), "DATE_FUTURE", "receivedOn"),
        (letter(&first, "2026-02-09"), "LETTER_BEFORE_NOTICE", "receivedOn"),
        (
            json!({ "noticeId": first, "receivedOn": "2026-02-20", "trackingNumber": " " }),
            "TRACKING_NUMBER_INVALID",
            "trackingNumber",
        ),
    ] {
        app.refuses(&staff.officer, (act, input), (code, field, "X.c")).await;
    }
    let good = letter(&first, "2026-02-20");
    app.refuses(&staff.decider, (act, good.clone()), ("FORBIDDEN", "", "")).await;
    app.refuses(&organism.admin, (act, good.clone()), ("FORBIDDEN", "", "")).await;
    let hidden = ("NOT_FOUND", "noticeId", "");
    app.refuses(&app.account("nobody@example.fr").await, (act, good.clone()), hidden).await;
    staff.officer.act(act, good.clone(), "").await.done();
    app.settle().await;
    let node = app.node(&organism.admin, &application, APPLICATION).await;
    assert_eq!(at(&node, "habilitation.notifiedOn"), "2026-02-20");
    assert_eq!(at(&node, "habilitation.validUntil"), "2029-02-20");
    assert_eq!(at(&node, "decision.notifiedOn"), "2026-02-20");
    let brought = notice(&staff.officer, &organism, "DECISION_ACCEPTED").await;
    assert_eq!(
        (&brought["state"], &brought["notifiedOn"]),
        (&json!("NOTIFIED"), &json!("2026-02-20"))
    );
    assert_eq!(at(&brought, "registeredLetter.trackingNumber"), "1A 234 567 8901 2");
    assert!(undelivered(&staff.officer).await.is_empty());
    app.refuses(&staff.officer, (act, good), refused).await;
    let again = json!({ "noticeId": first });
    app.refuses(&staff.officer, ("resendNotice", again), refused).await;
    // The mail bounced again: the letter stands.
    let more = json!({ "noticeId": first, "bouncedOn": "2026-02-23", "status": "5.7.1" });
    staff.officer.act("recordBounce", more, "").await.done();
    app.settle().await;
    let node = app.node(&organism.admin, &application, APPLICATION).await;
    assert_eq!(at(&node, "habilitation.notifiedOn"), "2026-02-20");
}

/// X.c: what a bounce must be, who may record it, and that the same one twice is one.
#[tokio::test]
async fn a_bounce_is_recorded_once_and_makes_sense() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, application) = decided(&app, &staff, 205, Findings::Satisfied).await;
    let first = id(&notice(&staff.officer, &organism, "DECISION_ACCEPTED").await);
    let with = |field: &str, value: Value| {
        let mut input = bounce(&first, "2026-02-10");
        input[field] = value;
        input
    };
    for (input, code, field) in [
        (with("status", json!("2.0.0")), "BOUNCE_STATUS_INVALID", "status"),
        (with("status", json!("550")), "BOUNCE_STATUS_INVALID", "status"),
        (with("bouncedOn", json!("2026-02-11")), "DATE_FUTURE", "bouncedOn"),
        (with("bouncedOn", json!("2026-02-09")), "BOUNCE_BEFORE_DELIVERY", "bouncedOn"),
    ] {
        app.refuses(&staff.officer, ("recordBounce", input), (code, field, "X.c")).await;
    }
    let sound = bounce(&first, "2026-02-10");
    for client in [&staff.decider, &organism.admin] {
        app.refuses(client, ("recordBounce", sound.clone()), ("FORBIDDEN", "", "")).await;
    }
    let unknown = ("NOT_FOUND", "noticeId", "");
    app.refuses(&staff.officer, ("recordBounce", with("noticeId", json!("not_x"))), unknown).await;
    let still = ("ALREADY_NOTIFIED", "noticeId", "X.c");
    app.refuses(&staff.officer, ("resendNotice", json!({ "noticeId": first })), still).await;

    // The mail server tries again by itself: nothing is void.
    let soft = with("status", json!("4.2.2"));
    staff.officer.act("recordBounce", soft, "").await.done();
    app.settle().await;
    let node = app.node(&staff.officer, &application, APPLICATION).await;
    assert_eq!(at(&node, "habilitation.status"), "ACTIVE");
    assert!(app.mails_to("habilitations@certif-pro.example").is_empty());

    for _ in 0..2 {
        staff.officer.act("recordBounce", sound.clone(), "").await.done();
        app.settle().await;
    }
    assert_eq!(app.count::<entity::bounce::Entity>().await, 2, "the soft one and the final one");
    assert_eq!(app.mails_to("habilitations@certif-pro.example").len(), 1);
    let wrong = json!({ "noticeId": first, "email": "a..b@org205.example" });
    app.refuses(&staff.officer, ("resendNotice", wrong), ("EMAIL_INVALID", "email", "")).await;
    let again = json!({ "noticeId": first });
    app.refuses(&staff.decider, ("resendNotice", again.clone()), ("FORBIDDEN", "", "")).await;
    staff.officer.act("resendNotice", again.clone(), "").await.done();
    let done = ("ALREADY_RESENT", "noticeId", "X.c");
    app.refuses(&staff.officer, ("resendNotice", again), done).await;
    let instead = letter(&first, "2026-02-10");
    app.refuses(&staff.officer, ("recordRegisteredLetter", instead), done).await;
}

/// P13, interpretation 5: what a person acknowledged arrived, whatever a mail server says afterwards.
#[tokio::test]
async fn an_acknowledged_notice_does_not_bounce() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, application) = decided(&app, &staff, 206, Findings::Satisfied).await;
    let mail = app.mails_to(&format!("dossier@{}.example", organism.siren)).pop().expect("sent");
    let link = &mail.text[mail.text.find("/notices/").expect("a link")..];
    let path = link.split_whitespace().next().expect("a link");
    app.stranger().page(reqwest::Method::POST, path).await;
    let first = notice(&staff.officer, &organism, "DECISION_ACCEPTED").await;
    assert!(offers(&first).is_empty(), "{first}");
    app.refuses(
        &staff.officer,
        ("recordBounce", bounce(&id(&first), "2026-02-10")),
        ("ALREADY_ACKNOWLEDGED", "noticeId", "X.c"),
    )
    .await;
    let told = json!({ "messageId": mail.message_id, "status": "5.1.1" });
    assert_eq!(report(&app, Some(BOUNCE_SECRET), &told).await.0, 201);
    app.settle().await;
    let node = app.node(&staff.officer, &application, APPLICATION).await;
    assert_eq!(at(&node, "habilitation.status"), "ACTIVE");
    let known = notice(&staff.officer, &organism, "DECISION_ACCEPTED").await;
    assert_eq!(
        (&known["state"], at(&known, "bounces.0.voids")),
        (&json!("NOTIFIED"), &json!(false))
    );
}

/// What the webhook answers to a report.
pub(crate) async fn report(app: &TestApp, secret: Option<&str>, body: &Value) -> (u16, Value) {
    let url = format!("{}/webhooks/bounces", app.stranger().base());
    let mut request = reqwest::Client::new().post(url).json(body);
    if let Some(secret) = secret {
        request = request.bearer_auth(secret);
    }
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

/// X.c, interpretation 5: the mail server reports a bounce by itself, with its secret; twice is once.
#[tokio::test]
async fn the_mail_server_reports_bounces() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, application) = decided(&app, &staff, 207, Findings::Satisfied).await;
    let mail = app.mails_to(&format!("dossier@{}.example", organism.siren)).pop().expect("sent");
    let address = format!("DOSSIER@{}.example", organism.siren);
    let told = json!({
        "messageId": format!("<{}>", mail.message_id), "recipient": address, "status": "5.1.1",
        "at": "2026-02-10T22:30:00Z",
        "diagnostic": format!("550 <dossier@{}.example>: dossier unknown", organism.siren),
    });
    let before = app.row_counts().await;
    for secret in
        [None, Some(""), Some("canari-secret-des-rebond"), Some("canari-secret-des-rebondss")]
    {
        assert_eq!(report(&app, secret, &told).await.0, 401, "{secret:?}");
    }
    let with = |field: &str, value: Value| {
        let mut body = told.clone();
        body[field] = value;
        body
    };
    let secret = Some(BOUNCE_SECRET);
    for (body, status, outcome) in [
        (with("messageId", json!("not_x@clea.test")), 404, "NOT_FOUND"),
        (with("recipient", json!("other@example.fr")), 404, "NOT_FOUND"),
        (with("status", json!("2.0.0")), 422, "BOUNCE_STATUS_INVALID"),
        (with("status", Value::Null), 400, "BAD_REQUEST"),
        (with("diagnostic", json!("550 \u{0}")), 400, "BAD_REQUEST"),
        (json!([]), 400, "BAD_REQUEST"),
    ] {
        assert_eq!(report(&app, secret, &body).await, (status, json!({ "outcome": outcome })));
    }
    assert_eq!(app.row_counts().await, before, "a report refused leaves nothing behind");
    assert_eq!(report(&app, secret, &told).await, (201, json!({ "outcome": "RECORDED" })));
    assert_eq!(report(&app, secret, &told).await, (200, json!({ "outcome": "KNOWN" })));
    app.settle().await;
    let node = app.node(&staff.officer, &application, APPLICATION).await;
    assert_eq!(at(&node, "habilitation.status"), "AWAITING_NOTIFICATION");
    let link = &mail.text[mail.text.find("/notices/").expect("a link")..];
    let path = link.split_whitespace().next().expect("a link");
    let (_, shown) = app.stranger().page(reqwest::Method::GET, path).await;
    assert!(shown.contains("signalé comme non remis"), "{shown}");
    assert!(!shown.contains("en cours d’envoi"), "{shown}");
    let bounced = notice(&staff.officer, &organism, "DECISION_ACCEPTED").await;
    // 23:30 in Paris is still the 10th; what the server quoted names nobody.
    assert_eq!(
        bounced["bounces"],
        json!([{ "on": "2026-02-10", "status": "5.1.1", "action": "FAILED", "voids": true,
                 "source": "MAIL_SERVER",
                 "diagnostic": "550 <destinataire>: destinataire unknown" }])
    );
    assert_eq!(app.mails_to("habilitations@certif-pro.example").len(), 1);
}

/// Interpretation 5, X.d: an address refused for good is given up, listed and told; the officer corrects
/// it, and the task run again sends nothing more.
#[tokio::test]
async fn an_address_refused_for_good_is_corrected() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(208).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    app.opinion(&staff, &application, Findings::Satisfied).await.done();
    app.on("2026-02-10").await;
    app.mails.fail_next(vec![mailer::SendError::Permanent("550 no such user".to_owned())]);
    app.decide(&staff, &application, &campaign.meeting, Findings::Satisfied).await.done();
    app.settle_with_given_up(1).await;
    let first = notice(&staff.officer, &organism, "DECISION_ACCEPTED").await;
    assert_eq!(first["state"], "GIVEN_UP");
    assert_eq!(offers(&first), ["resendNotice", "recordRegisteredLetter"]);
    assert_eq!(undelivered(&staff.officer).await, [id(&first)]);
    let nothing = ("NOT_DELIVERED", "noticeId", "X.c");
    app.refuses(&staff.officer, ("recordBounce", bounce(&id(&first), "2026-02-10")), nothing).await;
    let again = json!({ "noticeId": id(&first), "email": "direction@org208.example" });
    staff.officer.act("resendNotice", again, "").await.done();
    app.settle_with_given_up(1).await;
    assert_eq!(app.mails_to("direction@org208.example").len(), 1);
    let node = app.node(&staff.officer, &application, APPLICATION).await;
    assert_eq!(at(&node, "habilitation.validUntil"), "2029-02-10");
    assert!(undelivered(&staff.officer).await.is_empty());
    let data =
        staff.operator.query("{ tasks(status: GIVEN_UP) { edges { node { id } } } }", json!({}));
    let task = at(&data.await, "tasks.edges.0.node.id").clone();
    let before = app.mails.sent().len();
    staff.operator.act("retryTask", json!({ "taskId": task }), "").await.done();
    app.settle().await;
    assert_eq!(app.mails.sent().len(), before, "nothing is left to send");
}

/// X.d: a task run again and given up again is told again, to the authority of its subject.
#[tokio::test]
async fn a_second_end_is_told_again() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(209).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    app.opinion(&staff, &application, Findings::Satisfied).await.done();
    app.on("2026-02-10").await;
    let refused = || vec![mailer::SendError::Permanent("550 no such user".to_owned())];
    app.mails.fail_next(refused());
    app.decide(&staff, &application, &campaign.meeting, Findings::Satisfied).await.done();
    app.settle_with_given_up(1).await;
    let data =
        staff.operator.query("{ tasks(status: GIVEN_UP) { edges { node { id } } } }", json!({}));
    let task = at(&data.await, "tasks.edges.0.node.id").clone();
    app.mails.fail_next(refused());
    staff.operator.act("retryTask", json!({ "taskId": task }), "").await.done();
    app.settle_with_given_up(1).await;
    let told = app.mails_to("habilitations@certif-pro.example");
    assert_eq!(told.len(), 2);
    assert_ne!(told[0].message_id, told[1].message_id);
}

/// Interpretations 5 and 22: an invoice whose mail bounced is due all the same; finance sends it again.
#[tokio::test]
async fn an_invoice_that_bounced_is_due_all_the_same() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = app.habilitated(&staff, 210, "2026-02-10").await;
    app.on("2026-04-01").await;
    let invoices = "{ invoices { edges { node { number dueOn balance } } } }";
    let before = staff.finance.query(invoices, json!({})).await;
    // A decision's notice is not finance's.
    let decision = id(&notice(&staff.officer, &organism, "DECISION_ACCEPTED").await);
    let input = bounce(&decision, "2026-02-10");
    app.refuses(&staff.finance, ("recordBounce", input), ("FORBIDDEN", "", "")).await;
    let input = json!({ "noticeId": decision });
    app.refuses(&staff.finance, ("resendNotice", input), ("FORBIDDEN", "", "")).await;
    assert_eq!(at(&before, "invoices.edges").as_array().map(Vec::len), Some(1));
    let first = notice(&staff.finance, &organism, "INVOICE_ISSUED").await;
    staff.finance.act("recordBounce", bounce(&id(&first), "2026-04-01"), "").await.done();
    app.settle().await;
    assert_eq!(staff.finance.query(invoices, json!({})).await, before);
    assert_eq!(undelivered(&staff.finance).await, [id(&first)]);
    let told = app.mails_to("habilitations@certif-pro.example").pop().expect("told");
    assert!(told.text.contains("reste due"), "{}", told.text);
    let again = json!({ "noticeId": id(&first), "email": "compta@org210.example" });
    staff.finance.act("resendNotice", again, "").await.done();
    app.settle().await;
    let mails = app.mails_to("compta@org210.example");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].attachments[0].bytes.starts_with(b"%PDF"));
}

/// X.c: for every role and state of a notice, what is offered is accepted, and nothing else is.
#[tokio::test]
async fn offers_on_notices_are_kept() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let mut cases = Vec::new();
    for state in ["NOTIFIED", "BOUNCED", "ERASED", "SUPERSEDED"] {
        for act in ["recordBounce", "resendNotice", "recordRegisteredLetter"] {
            let number = 220 + u32::try_from(cases.len()).expect("small");
            let organism = app.organism(number).await;
            let application = app.file(&organism, &campaign).await;
            app.opinion(&staff, &application, Findings::Satisfied).await.done();
            cases.push((state, act, organism, application));
        }
    }
    let today = "2026-02-10";
    app.on(today).await;
    for (.., application) in &cases {
        let meeting = &campaign.meeting;
        app.decide(&staff, application, meeting, Findings::Satisfied).await.done();
    }
    app.settle().await;
    let mut kept = Vec::new();
    for (state, act, organism, _) in &cases {
        let sent = id(&notice(&staff.officer, organism, "DECISION_ACCEPTED").await);
        if *state != "NOTIFIED" {
            staff.officer.act("recordBounce", bounce(&sent, today), "").await.done();
        }
        if *state == "SUPERSEDED" {
            staff.officer.act("resendNotice", json!({ "noticeId": sent }), "").await.done();
        }
        app.settle().await;
        if *state == "ERASED" {
            let body = NoticeId(uuid_of::<NoticeId>(&sent));
            let erased = entity::notice_body::Entity::delete_by_id(body).exec(&app.app.db).await;
            assert_eq!(erased.expect("erased").rows_affected, 1);
        }
        let mandatary =
            app.with_role(&format!("m@{}", organism.id), Role::Mandatary, &organism.id).await;
        let roles = [
            ("mandatary", &mandatary),
            ("organism", &organism.admin),
            ("decider", &staff.decider),
            ("operator", &staff.operator),
            ("admin", &staff.admin),
        ];
        for (role, client) in roles {
            let fields = "... on Notice { availableActions { mutation available } }";
            let node = app.node(client, &sent, fields).await;
            let offer = !node.is_null() && offers(&node).contains(act);
            let input = match *act {
                "recordBounce" => {
                    json!({ "noticeId": sent, "bouncedOn": today, "status": "5.0.0" })
                }
                "resendNotice" => json!({ "noticeId": sent }),
                _ => letter(&sent, today),
            };
            let answer = client.act(act, input, "").await;
            if *act == "recordBounce" && *state != "NOTIFIED" {
                assert!(!offer, "{state} {role}: it would change nothing");
            } else {
                assert_eq!(offer, answer.refusals.is_empty(), "{state} {role} {act}: {answer:?}");
            }
            if offer {
                kept.push(format!("{state} {role} {act}"));
            }
        }
        app.settle().await;
    }
    assert_eq!(
        kept,
        [
            "NOTIFIED admin recordBounce",
            "BOUNCED admin resendNotice",
            "BOUNCED admin recordRegisteredLetter",
            "ERASED admin recordRegisteredLetter",
        ]
    );
}
