//! The second half of the play: what the day left to be done, then three years more.

use crate::before::{INVITED, Kept, LACKING, filing, lives};
use crate::cast::{self, *};
use crate::post::Post;
use e2e::{Findings, Staff, TestApp, at};
use mailer::Outgoing;
use reqwest::Method;
use serde_json::{Value, json};
use service::clock::machine_now;
use std::time::{Duration, Instant};

/// The day after.
const NEXT: &str = "2029-02-13";
/// How long nothing may happen before the play is given up.
const PATIENCE: Duration = Duration::from_mins(1);
const PASSWORD: &str = "un mot de passe long";

/// The workers do what was left, and the clock arrives at the day after by itself. One task was given up.
pub(crate) async fn the_night(app: &TestApp) {
    let started = Instant::now();
    loop {
        app.idle().await;
        let data = app.stranger().query("{ clock { today target } }", json!({})).await;
        // The two are read one after the other.
        if data["clock"]["target"].is_null() && data["clock"]["today"] == NEXT {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "the clock stands still");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.settle_with_given_up(1).await;
}

/// Plays from the day after to the end; nothing is left to do then, nor given up.
pub(crate) async fn until_the_end(app: &TestApp, post: &Post, kept: &Kept) {
    let staff = app.staff().await;
    the_morning(app, &staff, post).await;
    what_people_hold(app, post, kept).await;
    sanction(&staff, PROPOSED_ALERT, "FORMAL_NOTICE").await;
    sanction(&staff, LATE_ALERT, "WARNING").await;
    let filed = cast::organism(app, FILED).await;
    let (application, _) = application(&staff, &filed).await;
    app.opinion(&staff, &application, Findings::Satisfied).await.done();

    for (on, number, code, article) in [
        ("2029-02-20", SUSPENDED, "HABILITATION_SUSPENDED", "V.3.a"),
        ("2029-02-26", WITHDRAWN, "HABILITATION_WITHDRAWN", "V.3.b"),
    ] {
        app.on(on).await;
        let organism = cast::organism(app, number).await;
        let habilitation = habilitation(&staff, &organism).await;
        // The sanction that bounced has no effect until it is notified again.
        app.enrolled(&staff, &organism, &habilitation, &format!("Avant{number}")).await;
        resend(&staff, &organism, "EDOF_SANCTION").await;
        app.settle().await;
        let candidate = app.candidate(&organism, &format!("Après{number}")).await;
        let input = app.enrolment(&staff, &organism, (&candidate, &habilitation));
        let refused = (code, "habilitationId", article);
        app.refuses(&organism.admin, ("enrolCandidate", input), refused).await;
    }
    app.on("2029-03-12").await;
    app.on("2029-04-10").await;
    decide(app, &staff, FILED, Findings::Satisfied).await;
    app.settle().await;
    pay(app, &staff, &[SUSPENDED, WITHDRAWN]).await;
    finish_training(app, "Mercier").await;
    award(app, &staff, &cast::organism(app, RESENT).await, "Moreau").await;
    award(app, &staff, &cast::organism(app, DECIDED).await, "Simon").await;
    app.on("2030-01-02").await;
    pay(app, &staff, &[SUSPENDED, WITHDRAWN]).await;
    app.on("2030-10-14").await;
    app.on("2032-02-12").await;
    app.on("2032-04-13").await;
    pay(app, &staff, &[SUSPENDED, WITHDRAWN]).await;
    app.settle().await;
}

/// The given-up task is run again; the evening's filing, repeated by a client that heard no answer, is that of
/// the evening.
async fn the_morning(app: &TestApp, staff: &Staff, post: &Post) {
    let query = "{ tasks(status: GIVEN_UP) { edges { node { id kind } } } }";
    let data = staff.operator.query(query, json!({})).await;
    let given_up = nodes(&data, "tasks");
    assert_eq!(given_up.len(), 1, "{given_up:?}");
    assert_eq!(given_up[0]["kind"], "AWARD_CERTIFICATE");
    post.take_again(UNREACHABLE);
    let again = json!({ "taskId": given_up[0]["id"] });
    staff.operator.act("retryTask", again, "").await.done();
    app.settle().await;
    assert_eq!(post.last_to(UNREACHABLE).attachments.len(), 1, "the parchment");

    let before = app.row_counts().await;
    let (who, input) = filing(app).await;
    let answer = who.act("fileApplication", input.clone(), "application { id }").await;
    let known = application(staff, &cast::organism(app, FILED).await).await.0;
    assert_eq!(answer.text("application.id"), known);
    let mut other = input;
    other["contactEmail"] = json!("autre@org707.example");
    let answer = who.act("fileApplication", other, "").await;
    answer.refused("IDEMPOTENCY_KEY_REUSED", "idempotencyKey", "");
    let mut after = app.row_counts().await;
    // Those that this test opened to look.
    after.insert("session".to_owned(), before["session"]);
    assert_eq!(after, before);
}

/// The links of mails and the token of a tool open what they opened.
async fn what_people_hold(app: &TestApp, post: &Post, kept: &Kept) {
    let stranger = app.stranger();
    let (status, page) = stranger.page(Method::GET, &kept.notice_link).await;
    assert!(status == 200 && page.contains("<button"), "{status}: {page}");
    assert!(stranger.page(Method::POST, &kept.notice_link).await.0 < 400);

    let token = |address: &str, path: &str| post.link(address, path)[path.len()..].to_owned();
    let reset = token(&admin_of(RENEWED), "/password-resets/");
    let input = json!({ "token": reset, "newPassword": PASSWORD });
    stranger.act("resetPassword", input, "").await.done();
    sign_in(app, &admin_of(RENEWED), PASSWORD).await;
    let invitation = token(INVITED, "/invitations/");
    let input = json!({ "token": invitation, "displayName": "Ada", "password": PASSWORD });
    stranger.act("acceptInvitation", input, "").await.done();
    let ada = sign_in(app, INVITED, PASSWORD).await;
    let roles = ada.query("{ viewer { roles { role } } }", json!({})).await;
    assert_eq!(at(&roles, "viewer.roles"), &json!([{ "role": "DECIDER" }]));

    let now = machine_now();
    let day = chrono::Duration::days(1);
    lives(app, &kept.credential, (now - day, now + day)).await;
    let tool = app.bearer(&kept.tool);
    let data = tool.query("{ viewerMachine { name state } candidates { totalCount } }", json!({}));
    let data = data.await;
    let expected = json!({ "name": "Logiciel de formation", "state": "ACTIVE" });
    assert_eq!(data["viewerMachine"], expected);
    assert!(at(&data, "candidates.totalCount").as_i64() > Some(3), "{data}");
}

/// Who entered training in 2026 ends it, acquires what was lacking and is certified.
async fn finish_training(app: &TestApp, name: &str) {
    let organism = cast::organism(app, RENEWED).await;
    let enrolment = enrolment(&organism, name).await;
    let fields = "... on Enrolment { trainingPaths { id } }";
    let node = app.node(&organism.admin, &enrolment, fields).await;
    let today = app.today().await;
    let input =
        json!({ "trainingPathId": text(&node, "trainingPaths.0.id"), "completedOn": today });
    organism.admin.act("completeTrainingPath", input, "").await.done();
    let input: Value = app.evaluation(&organism, &enrolment, (&LACKING, &[])).await;
    organism.admin.act("recordFinalEvaluation", input, "").await.done();
    let input = app.jury(&organism, &[&enrolment]).await;
    organism.admin.act("recordJury", input, "").await.done();
    app.settle().await;
}

/// To whom mails went and what about, in no order and without ids.
pub(crate) fn told(mails: &[Outgoing]) -> Vec<String> {
    let about = |mail: &Outgoing| {
        let words = mail.subject.split(' ').filter(|word| !word.starts_with("(tsk_"));
        words.collect::<Vec<_>>().join(" ")
    };
    let mut told: Vec<_> =
        mails.iter().map(|mail| format!("{} → {}", about(mail), mail.to)).collect();
    told.sort();
    told
}
