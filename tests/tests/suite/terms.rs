//! III.6: how long a habilitation runs, its reminders, its renewal, its end.

use e2e::{Client, Organism, TestApp, at};
use serde_json::Value;

const TERM: &str = "... on Habilitation { status validUntil forecast { on outcome obstacles { code article } } \
                    renewedOn timeline { edges { node { summary article } } } }";

async fn state(app: &TestApp, client: &Client, id: &str) -> Value {
    app.node(client, id, TERM).await
}

async fn status_as_of(app: &TestApp, client: &Client, id: &str, date: &str) -> String {
    let fields = format!("... on Habilitation {{ status(asOf: \"{date}\") }}");
    let node = app.node(client, id, &fields).await;
    node["status"].as_str().expect("a status").to_owned()
}

fn mails(app: &TestApp, organism: &Organism) -> Vec<String> {
    let mails = app.mails_to(&format!("contact@org{}.example", organism.number));
    mails.into_iter().map(|m| m.subject).collect()
}

/// III.6.a: three years from notification, the last day included; before the decision there is nothing.
#[tokio::test]
async fn a_term_runs_three_years() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 51, "2026-02-10").await;
    let cases = [
        ("2026-02-09", "NOT_YET"),
        ("2026-02-10", "ACTIVE"),
        ("2029-02-10", "ACTIVE"),
        ("2029-02-11", "EXPIRED"),
    ];
    for (date, expected) in cases {
        assert_eq!(status_as_of(&app, &organism.admin, &id, date).await, expected, "{date}");
    }
}

/// III.6.b, III.6.c: used and never suspended, it is renewed once by itself, and told so; six years
/// after its notification it expires.
#[tokio::test]
async fn a_used_habilitation_is_renewed_once_and_expires_after_six_years() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 52, "2026-02-10").await;
    let before = state(&app, &organism.admin, &id).await;
    assert_eq!(at(&before, "forecast.outcome"), "EXPIRES");
    assert_eq!(at(&before, "forecast.obstacles.0.code"), "NEVER_USED");
    let (_, enrolment) = app.enrolled(&staff, &organism, &id, "Leroy").await;
    app.prior(&organism, &enrolment, &["1-1"]).await.done();
    let used = state(&app, &organism.admin, &id).await;
    assert_eq!(at(&used, "forecast.outcome"), "RENEWS");
    assert_eq!(at(&used, "forecast.on"), "2029-02-10");

    app.on("2029-02-10").await;
    assert_eq!(state(&app, &organism.admin, &id).await["validUntil"], "2029-02-10");
    app.on("2029-02-11").await;
    let renewed = state(&app, &organism.admin, &id).await;
    assert_eq!(renewed["status"], "ACTIVE");
    assert_eq!(renewed["validUntil"], "2032-02-10");
    assert_eq!(at(&renewed, "forecast.outcome"), "REAPPLY");
    assert!(
        mails(&app, &organism).iter().any(|s| s.contains("renouvel")),
        "{:?}",
        mails(&app, &organism)
    );
    // Again and late, nothing more happens.
    app.on("2029-02-12").await;
    assert_eq!(state(&app, &organism.admin, &id).await["validUntil"], "2032-02-10");

    app.on("2032-02-11").await;
    let ended = state(&app, &organism.admin, &id).await;
    assert_eq!(ended["status"], "EXPIRED");
    assert_eq!(status_as_of(&app, &organism.admin, &id, "2032-02-10").await, "ACTIVE");
    let told = mails(&app, &organism);
    assert_eq!(told.iter().filter(|s| s.contains("renouvelée")).count(), 1, "{told:?}");
    let candidate = app.candidate(&organism, "Tard").await;
    let input = app.enrolment(&staff, &organism, (&candidate, &id));
    app.refuses(
        &organism.admin,
        ("enrolCandidate", input),
        ("HABILITATION_NOT_IN_FORCE", "habilitationId", "A3.1.a"),
    )
    .await;
}

/// III.6.b, III.6.c: never used, it is not renewed; the mail says why.
#[tokio::test]
async fn an_unused_habilitation_expires() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 53, "2026-02-10").await;
    app.on("2029-02-11").await;
    assert_eq!(state(&app, &organism.admin, &id).await["status"], "EXPIRED");
    let mails = app.mails_to("contact@org53.example");
    let mail = mails
        .iter()
        .find(|m| m.subject.starts_with("Fin de votre habilitation"))
        .expect("the end is told");
    assert!(mail.text.contains("mise en œuvre"), "{}", mail.text);
}

/// III.6.c: reminders at 365, 180, 90, 30 and 7 days, one a step, ever; after a stop only the latest.
#[tokio::test]
async fn reminders_precede_the_end() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = app.habilitated(&staff, 54, "2026-02-10").await;
    let reminders = || {
        let mails = app.mails_to(&format!("contact@org{}.example", organism.number));
        mails.into_iter().filter(|m| m.subject.starts_with("Échéance")).collect::<Vec<_>>()
    };
    let count = || reminders().len();
    app.on("2028-02-10").await;
    assert_eq!(count(), 0, "366 days before");
    app.on("2028-02-11").await;
    assert_eq!(count(), 1, "365 days before");
    app.on("2028-02-12").await;
    assert_eq!(count(), 1, "once");
    // Stopped from 364 to 60 days before: the 90-day reminder alone is sent.
    app.on("2028-12-12").await;
    assert_eq!(count(), 2);
    app.on("2029-01-11").await;
    assert_eq!(count(), 3, "30 days before");
    app.on("2029-02-03").await;
    assert_eq!(count(), 4, "7 days before");
    let mail = reminders().pop().expect("the reminder");
    assert!(mail.text.contains("10 février 2029"), "{}", mail.text);
}

/// III.6.d, III.6.b, V.3.a: a suspension does not extend the term, and there is no renewal after one;
/// a withdrawal ends the term at once.
#[tokio::test]
async fn a_suspension_extends_nothing() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 55, "2026-02-10").await;
    let (_, enrolment) = app.enrolled(&staff, &organism, &id, "Robin").await;
    app.prior(&organism, &enrolment, &[]).await.done();
    crate::edof::sanction(&app, &staff, &organism, ("SUSPENSION", "A-1")).await;
    let node = state(&app, &organism.admin, &id).await;
    assert_eq!(node["status"], "SUSPENDED");
    assert_eq!(node["validUntil"], "2029-02-10", "not extended");
    assert_eq!(at(&node, "forecast.obstacles.0.code"), "SUSPENDED_DURING_TERM");
    app.on("2029-02-11").await;
    assert_eq!(state(&app, &organism.admin, &id).await["status"], "EXPIRED");

    let (other, withdrawn) = app.habilitated(&staff, 56, "2029-03-13").await;
    crate::edof::sanction(&app, &staff, &other, ("WITHDRAWAL", "A-2")).await;
    assert_eq!(state(&app, &other.admin, &withdrawn).await["status"], "WITHDRAWN");
    app.on("2032-03-14").await;
    assert_eq!(state(&app, &other.admin, &withdrawn).await["status"], "WITHDRAWN");
}
