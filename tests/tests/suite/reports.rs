//! Interpretation 5, RFC 3464: what a mail server reports, in its own words and under its own names, and what
//! becomes of mails that it refuses because of who sends them.

use crate::bounces::{decided, id, notice, report};
use e2e::{BOUNCE_SECRET, Fault, Findings, Offer, Organism, SmtpServer, Staff, Stage, TestApp, at};
use serde_json::{Value, json};

const SECRET: Option<&str> = Some(BOUNCE_SECRET);

fn outcome(code: &str) -> Value {
    json!({ "outcome": code })
}

/// The mail that notified the organism's decision.
fn decision(app: &TestApp, organism: &Organism) -> e2e::Received {
    let to = format!("dossier@{}.example", organism.siren);
    let mut mails = app.mails_to(&to).into_iter();
    mails.rfind(|mail| mail.text.contains("/notices/")).expect("sent")
}

/// Organisms whose applications were accepted, and notified, on 10 February.
async fn accepted(app: &TestApp, staff: &Staff, numbers: &[u32]) -> Vec<Organism> {
    let campaign = app.campaign(staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let mut filed = Vec::new();
    for number in numbers {
        let organism = app.organism(*number).await;
        let application = app.file(&organism, &campaign).await;
        app.opinion(staff, &application, Findings::Satisfied).await.done();
        filed.push((organism, application));
    }
    app.on("2026-02-10").await;
    for (_, application) in &filed {
        app.decide(staff, application, &campaign.meeting, Findings::Satisfied).await.done();
    }
    app.settle().await;
    filed.into_iter().map(|(organism, _)| organism).collect()
}

/// What the webhook answers to a message as it travels.
async fn report_message(app: &TestApp, content_type: &str, body: &str) -> (u16, Value) {
    let url = format!("{}/webhooks/bounces", app.stranger().base());
    let request = reqwest::Client::new().post(url).bearer_auth(BOUNCE_SECRET);
    let request = request.header("content-type", content_type).body(body.to_owned());
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

/// RFC 3464 2.3.3: the action decides, whatever the class of the status; the same report twice is one.
#[tokio::test]
async fn what_was_done_of_a_mail_decides() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = decided(&app, &staff, 241, Findings::Satisfied).await;
    let mail = decision(&app, &organism);
    let told = |status: &str, action: Value| json!({ "messageId": mail.message_id, "status": status, "action": action });
    let state = async || notice(&staff.officer, &organism, "DECISION_ACCEPTED").await;
    let before = app.row_counts().await;
    for nothing_wrong in ["delivered", "Relayed", "expanded"] {
        let body = told("2.1.5", json!(nothing_wrong));
        assert_eq!(report(&app, SECRET, &body).await, (200, outcome("NO_BOUNCE")));
    }
    let wrong = report(&app, SECRET, &told("5.1.1", json!("bounced"))).await;
    assert_eq!(wrong, (422, outcome("BOUNCE_ACTION_INVALID")));
    assert_eq!(app.row_counts().await, before, "nothing is recorded");
    let delayed = told("4.4.1", json!("delayed"));
    assert_eq!(report(&app, SECRET, &delayed).await, (201, outcome("RECORDED")));
    let refused = told("5.2.2", json!("delayed"));
    assert_eq!(report(&app, SECRET, &refused).await, (201, outcome("RECORDED")));
    assert_eq!(state().await["state"], "NOTIFIED", "it is still tried");
    // The same status on the same day: what was tried is given up.
    let failed = told("4.4.1", json!("Failed"));
    assert_eq!(report(&app, SECRET, &failed).await, (201, outcome("RECORDED")));
    assert_eq!(report(&app, SECRET, &failed).await, (200, outcome("KNOWN")));
    app.settle().await;
    let bounced = state().await;
    assert_eq!(bounced["state"], "BOUNCED");
    let kept: Vec<_> = bounced["bounces"].as_array().expect("bounces").iter().collect();
    let kept: Vec<_> = kept.iter().map(|b| (&b["status"], &b["action"], &b["voids"])).collect();
    assert_eq!(
        kept,
        [
            (&json!("4.4.1"), &json!("DELAYED"), &json!(false)),
            (&json!("5.2.2"), &json!("DELAYED"), &json!(false)),
            (&json!("4.4.1"), &json!("FAILED"), &json!(true)),
        ]
    );
    let officers = "habilitations@certif-pro.example";
    assert_eq!(app.mails_to(officers).len(), 1, "officers are told once");
    // A server that reports again what it thinks was not heard does so on another day.
    app.on("2026-02-12").await;
    assert_eq!(report(&app, SECRET, &failed).await, (200, outcome("KNOWN")));
    app.settle().await;
    assert_eq!(app.mails_to(officers).len(), 1);
}

/// RFC 3463 3.5: a mail whose time was over in the queue notified nobody, although its status is of class 4;
/// the fields of a report are read as they stand there.
#[tokio::test]
async fn a_mail_that_expired_in_a_queue_notified_nobody() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = decided(&app, &staff, 242, Findings::Unsatisfied).await;
    let mail = decision(&app, &organism);
    let recipient = format!("rfc822; <Dossier@{}.example>", organism.siren);
    let told = json!({
        "messageId": format!("<{}>", mail.message_id), "status": "4.4.7", "recipient": recipient,
        "diagnostic": "smtp; delivery time expired",
    });
    let mut other = told.clone();
    other["recipient"] = json!("rfc822;autre@exemple.example");
    assert_eq!(report(&app, SECRET, &other).await, (404, outcome("NOT_FOUND")));
    assert_eq!(report(&app, SECRET, &told).await, (201, outcome("RECORDED")));
    app.settle().await;
    let bounced = notice(&staff.officer, &organism, "DECISION_REFUSED").await;
    assert_eq!(bounced["state"], "BOUNCED");
    let listed = "{ notices(undelivered: true) { edges { node { id } } } }";
    let listed = staff.officer.query(listed, json!({})).await;
    assert_eq!(at(&listed, "notices.edges.0.node.id"), id(&bounced).as_str());
    assert_eq!(app.mails_to("habilitations@certif-pro.example").len(), 1, "officers are told");
    // An address is the same whichever letters its domain is written in.
    let again = json!({ "noticeId": id(&bounced), "email": "direction@lycée.example" });
    staff.officer.act("resendNotice", again, "").await.done();
    app.settle().await;
    let mail = app.mails_to("direction@xn--lyce-dpa.example").pop().expect("sent again");
    let told = json!({
        "messageId": mail.message_id, "status": "5.1.1", "action": "failed",
        "recipient": "utf-8; Direction@LYCÉE.example",
    });
    assert_eq!(report(&app, SECRET, &told).await, (201, outcome("RECORDED")));
}

/// An officer says what was done of the mail, or leaves it to what the status usually means.
#[tokio::test]
async fn an_officer_records_what_was_done_of_a_mail() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organisms = accepted(&app, &staff, &[243, 244, 245, 246]).await;
    for (organism, (status, action, state)) in organisms.iter().zip([
        ("4.4.7", Value::Null, "BOUNCED"),
        ("4.2.2", json!("FAILED"), "BOUNCED"),
        ("5.2.2", json!("DELAYED"), "NOTIFIED"),
        ("4.4.1", Value::Null, "NOTIFIED"),
    ]) {
        let sent = id(&notice(&staff.officer, organism, "DECISION_ACCEPTED").await);
        let input = json!({
            "noticeId": sent, "bouncedOn": "2026-02-10", "status": status, "action": action,
        });
        staff.officer.act("recordBounce", input.clone(), "").await.done();
        staff.officer.act("recordBounce", input, "").await.done();
        app.settle().await;
        let known = notice(&staff.officer, organism, "DECISION_ACCEPTED").await;
        assert_eq!(known["state"], state, "{status} {action}");
        assert_eq!(known["bounces"].as_array().map(Vec::len), Some(1), "the same twice is one");
    }
}

/// A report of RFC 3464 about this mail, as a message; `returned` is the part that brings the mail back.
fn dsn(recipient: &str, action: &str, returned: &str) -> String {
    format!(
        "From: MAILER-DAEMON@relais.example (Mail Delivery System)\n\
         To: habilitations@certif-pro.example\n\
         Date: Tue, 10 Feb 2026 21:00:00 +0100\n\
         Subject: Undelivered Mail Returned to Sender\n\
         Message-ID: <20260210200000.1@relais.example>\n\
         MIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status;\n\
         \tboundary=\"=_relais/1\"\n\
         \n\
         --=_relais/1\n\
         Content-Type: text/plain; charset=utf-8\n\
         Content-Transfer-Encoding: 8bit\n\
         \n\
         Votre message n’a pas été remis.\n\
         \n\
         --=_relais/1\n\
         Content-Type: message/delivery-status\n\
         \n\
         Reporting-MTA: dns; relais.example\n\
         X-Postfix-Queue-ID: 4F2A81C0D3\n\
         Arrival-Date: Thu,  5 Feb 2026 20:00:00 +0100 (CET)\n\
         \n\
         Final-Recipient: rfc822; {recipient}\n\
         Action: {action}\n\
         Status: 4.4.1\n\
         Remote-MTA: dns; mx.organisme.example\n\
         Diagnostic-Code: X-Postfix; connect to mx.organisme.example[192.0.2.1]:25:\n\
         \x20   Connection timed out with <{recipient}>\n\
         \n\
         --=_relais/1\n\
         {returned}\n\
         --=_relais/1--\n"
    )
    .replace('\n', "\r\n")
}

/// RFC 3464: a whole report is taken as the mail server writes it, whether the mail comes back whole, or by
/// its head alone, and whether the head of the report is the request's.
#[tokio::test]
async fn a_whole_report_is_taken_as_it_is() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organisms = accepted(&app, &staff, &[251, 252, 253]).await;
    for (organism, (returned_as, media)) in organisms.iter().zip([
        ("message/rfc822", "message/rfc822"),
        ("text/rfc822-headers", "message/rfc822"),
        ("message/rfc822", "multipart/report"),
    ]) {
        let mail = decision(&app, organism);
        let recipient = format!("dossier@{}.example", organism.siren);
        let returned = format!(
            "Content-Type: {returned_as}\n\nFrom: habilitations@certif-pro.example\n\
             To: {recipient}\nSubject: Votre dossier\nMessage-ID: <{}>\n\
             Content-Type: multipart/mixed; boundary=\"=_clea\"\n\n--=_clea\n\nBonjour\n--=_clea--\n",
            mail.message_id
        );
        let send = async |message: &str| {
            if media == "message/rfc822" {
                return report_message(&app, media, message).await;
            }
            let body = message.split_once("\r\n\r\n").map_or(message, |(_, body)| body);
            let full = "multipart/report; report-type=delivery-status; boundary=\"=_relais/1\"";
            report_message(&app, full, body).await
        };
        let before = app.row_counts().await;
        let lost = dsn(&recipient, "failed", &returned.replace(&mail.message_id, "x@y.example"));
        assert_eq!(send(&lost).await, (404, outcome("NOT_FOUND")));
        let another = dsn("autre@exemple.example", "failed", &returned);
        assert_eq!(send(&another).await, (404, outcome("NOT_FOUND")));
        let relayed = dsn(&recipient, "relayed", &returned);
        assert_eq!(send(&relayed).await, (200, outcome("NO_BOUNCE")));
        assert_eq!(send(&mail.text).await, (400, outcome("BAD_REQUEST")));
        assert_eq!(app.row_counts().await, before, "nothing is recorded");
        let failed = dsn(&recipient, "failed", &returned);
        assert_eq!(send(&failed).await, (201, outcome("RECORDED")), "{returned_as} {media}");
        assert_eq!(send(&failed).await, (200, outcome("KNOWN")));
        app.settle().await;
        let bounced = notice(&staff.officer, organism, "DECISION_ACCEPTED").await;
        let expected = json!([{
            "on": "2026-02-10", "status": "4.4.1", "action": "FAILED", "voids": true,
            "source": "MAIL_SERVER",
            "diagnostic": "connect to mx.organisme.example[192.0.2.1]:25: Connection timed out with \
                           <destinataire>",
        }]);
        assert_eq!((&bounced["state"], &bounced["bounces"]), (&json!("BOUNCED"), &expected));
    }
}

/// A relay that gives mails its own ids reports by them: the acceptance that is kept names the mail so.
#[tokio::test]
async fn a_relay_reports_by_the_id_that_it_gave() {
    let server = SmtpServer::offering(Offer { renames: true, ..Offer::default() }).await;
    let app = TestApp::mailing(server.clone()).await;
    let staff = app.staff().await;
    let organisms = accepted(&app, &staff, &[261, 262]).await;
    for (organism, domain) in organisms.iter().zip(["", "@eu-west-9.relais.example"]) {
        let mail = decision(&app, organism);
        let heard = server.heard();
        let position = heard.iter().position(|heard| heard.message_id == mail.message_id);
        let theirs = SmtpServer::own_id(position.expect("heard") + 1);
        let told = |id: &str, recipient: &str| json!({ "messageId": id, "status": "5.1.1", "recipient": recipient });
        let recipient = format!("dossier@{}.example", organism.siren);
        let id = if domain.is_empty() { theirs.clone() } else { format!("<{theirs}{domain}>") };
        let unknown = id.replace("0102018f", "0102018e");
        let missing = (404, outcome("NOT_FOUND"));
        assert_eq!(report(&app, SECRET, &told(&unknown, &recipient)).await, missing);
        assert_eq!(report(&app, SECRET, &told(&id, "autre@exemple.example")).await, missing);
        assert_eq!(report(&app, SECRET, &told("", &recipient)).await, missing);
        assert_eq!(report(&app, SECRET, &told(&id, &recipient)).await, (201, outcome("RECORDED")));
        app.settle().await;
        let bounced = notice(&staff.officer, organism, "DECISION_ACCEPTED").await;
        assert_eq!(bounced["state"], "BOUNCED");
    }
}

/// X.d: what is said before a recipient was named is about us. No mail is given up for it, operators read why
/// in the tasks, officers are not told that addresses are bad, and what waited leaves by itself.
#[tokio::test]
async fn a_refusal_of_the_sender_condemns_no_recipient() {
    const PEOPLE: usize = 8;
    let server = SmtpServer::start().await;
    let app = TestApp::mailing(server.clone()).await;
    let staff = app.staff().await;
    let refusals = [
        (Stage::Mail, 530, "5.7.0 Authentication required"),
        (Stage::Mail, 550, "5.1.8 Sender address rejected: Domain not found"),
        (Stage::Recipient, 554, "5.7.1 Relay access denied"),
        (Stage::Body, 550, "5.7.26 unauthenticated mail is not accepted"),
    ];
    let fault = |n: usize| {
        let (stage, code, text) = refusals[n % refusals.len()];
        Fault::Reply(stage, code, text.to_owned())
    };
    server.plan((0..PEOPLE).map(fault));
    let ctx =
        service::context::Context::new(app.app.clone(), service::context::Actor::System, "a test");
    let role = entity::kind::Role::Operator;
    for n in 0..PEOPLE {
        let email = format!("personne{n}@gens.example");
        service::account::grant_by_hand(&ctx, &email, role, false).await.expect("invited");
    }
    server.wait_until(|server| server.begun() >= PEOPLE).await;
    let waiting = "{ tasks(status: PENDING) { edges { node { status lastError } } } }";
    let mut errors = String::new();
    while errors.is_empty() && server.sent().len() < PEOPLE {
        let data = staff.operator.query(waiting, json!({})).await;
        let edges = at(&data, "tasks.edges").as_array().expect("edges").clone();
        errors = edges.iter().filter_map(|e| at(e, "node.lastError").as_str()).collect();
    }
    assert!(errors.contains("no mail leaves: ") && errors.contains(" 5."), "{errors}");
    app.settle().await;
    let sent = server.sent();
    assert_eq!(sent.len(), PEOPLE, "{sent:?}");
    assert!(sent.iter().all(|mail| mail.to.ends_with("@gens.example")), "{sent:?}");
}
