//! X.c: notices as sent, their delivery, their acknowledgement.

use e2e::{TestApp, at};
use reqwest::Method;
use serde_json::json;

pub(crate) fn link(text: &str) -> String {
    let start = text.find("/notices/").expect("a link");
    text[start..].split_whitespace().next().expect("a link").to_owned()
}

/// X.c, P13: a notice is kept as sent with its delivery; opening its page acknowledges nothing, the
/// button does, once.
#[tokio::test]
async fn a_notice_is_acknowledged_by_a_person() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = app.habilitated(&staff, 95, "2026-02-10").await;
    let mail =
        app.mails_to(&format!("dossier@{}.example", organism.siren)).pop().expect("the decision");
    let path = link(&mail.text);
    let stranger = app.stranger();
    for method in [Method::GET, Method::HEAD, Method::GET] {
        assert_eq!(stranger.page(method, &path).await.0, 200);
    }
    assert_eq!(app.count::<entity::acknowledgement::Entity>().await, 0);
    let (_, page) = stranger.page(Method::GET, &path).await;
    assert!(page.contains("<button") && page.contains("lang=\"fr\""), "{page}");
    for _ in 0..2 {
        let (status, _) = stranger.page(Method::POST, &path).await;
        assert!(status < 400, "{status}");
    }
    assert_eq!(app.count::<entity::acknowledgement::Entity>().await, 1);
    let (status, _) = stranger.page(Method::POST, "/notices/00000000000000000000000000").await;
    assert_eq!(status, 404);

    let query = "{ notices { edges { node { kind mailSubject text messageId composedOn acceptedOn acknowledgedOn } } } }";
    let data = organism.admin.query(query, json!({})).await;
    let edges = at(&data, "notices.edges").as_array().expect("edges").clone();
    let decision =
        edges.iter().find(|e| at(e, "node.kind") == "DECISION_ACCEPTED").expect("the decision");
    assert_eq!(at(decision, "node.acceptedOn"), "2026-02-10");
    assert_eq!(at(decision, "node.acknowledgedOn"), "2026-02-10");
    assert_eq!(at(decision, "node.messageId"), mail.message_id.as_str());
    // The stored text is the one sent, but for the secret of its link.
    let token = path.rsplit('/').next().expect("a token");
    let kept = at(decision, "node.text").as_str().expect("the text");
    assert!(!kept.contains(token));
    assert_eq!(kept.replace(service::notice::TOKEN_MASK, token), mail.text);
    let other = app.organism(96).await;
    let data = other.admin.query(query, json!({})).await;
    assert_eq!(at(&data, "notices.edges").as_array().map(Vec::len), Some(0));
}

/// X.c, X.d: a mail that had to be repeated carries the same Message-ID; the first acceptance counts.
#[tokio::test]
async fn a_repeated_mail_is_the_same_mail() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    app.mails.fail_next(vec![mailer::SendError::Temporary("421 try later".to_owned())]);
    let organism = app.organism(97).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    app.file(&organism, &campaign).await;
    app.settle().await;
    assert_eq!(app.mails_to(&format!("dossier@{}.example", organism.siren)).len(), 1);
    assert_eq!(app.count::<entity::notice::Entity>().await, 1);
    assert_eq!(app.count::<entity::delivery::Entity>().await, 1);
}
