//! Annexe 3, articles 4 and 5: juries, certificates, parchments, verification.

use e2e::{TestApp, at};
use reqwest::Method;
use serde_json::json;

/// A3.4.a, A3.5.a: the certificate needs every domain validated and a favourable jury of declared
/// members.
#[tokio::test]
async fn a_certificate_needs_every_domain() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 81, "2026-02-10").await;
    let admin = &organism.admin;
    let (_, enrolment) = app.enrolled(&staff, &organism, &id, "Bonnet").await;
    app.prior(&organism, &enrolment, &["2-3"]).await.done();
    let jury = app.jury(&organism, &[&enrolment]).await;
    let answer = admin.act("recordJury", jury.clone(), "").await;
    assert!(
        answer.refusals.iter().any(|r| r.code == "DOMAIN_NOT_VALIDATED" && r.article == "A3.4.a"),
        "{answer:?}"
    );
    assert_eq!(app.count::<entity::jury::Entity>().await, 0);
    // Not favourable, it may be minuted.
    let mut unfavourable = jury.clone();
    unfavourable["decisions"][0]["favourable"] = json!(false);
    admin.act("recordJury", unfavourable, "jury { id }").await.done();
    assert_eq!(app.count::<entity::certificate::Entity>().await, 0);
    let mut nobody = jury.clone();
    nobody["memberIds"] = json!([]);
    app.refuses(admin, ("recordJury", nobody), ("JURY_EMPTY", "memberIds", "A3.5.a")).await;
    let mut undeclared = jury;
    undeclared["memberIds"] = json!([organism.trainer]);
    let answer = admin.act("recordJury", undeclared, "").await;
    answer.refused("NOT_A_JURY_MEMBER", "memberIds.0", "A3.5.a");
}

/// A3.5.b, A2.c: the award has a number, a parchment mailed as the candidate chose, and a page on which
/// anyone verifies it; it is awarded once.
#[tokio::test]
async fn anyone_verifies_a_certificate() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 82, "2026-02-10").await;
    let enrolment = app.awarded(&staff, &organism, &id, "Chevalier").await;
    app.settle().await;
    let fields = "... on Enrolment { certificate { id number awardedOn verificationUrl parchment { url } } }";
    let node = app.node(&organism.admin, &enrolment, fields).await;
    let certificate = node["certificate"].clone();
    assert_eq!(certificate["number"], "CM2026-000001");
    assert_eq!(certificate["awardedOn"], "2026-02-10");
    let url = certificate["verificationUrl"].as_str().expect("a url").to_owned();
    let code = url.rsplit('/').next().expect("a code").to_owned();
    let stranger = app.stranger();
    let query = "query($code: String!) { verifyCertificate(code: $code) { number holder organismName awardedOn } }";
    let data = stranger.query(query, json!({ "code": code })).await;
    assert_eq!(at(&data, "verifyCertificate.number"), "CM2026-000001");
    assert!(
        at(&data, "verifyCertificate.holder")
            .as_str()
            .is_some_and(|h| h.to_uppercase().contains("CHEVALIER"))
    );
    let data = stranger.query(query, json!({ "code": "00000000000000000000000000" })).await;
    assert!(data["verifyCertificate"].is_null());
    let (status, page) = stranger.page(Method::GET, &format!("/certificates/{code}")).await;
    assert_eq!(status, 200);
    assert!(page.contains("CM2026-000001") && page.contains("lang=\"fr\""), "{page}");
    let (status, _) = stranger.page(Method::GET, "/certificates/00000000000000000000000000").await;
    assert_eq!(status, 404);

    let mails = app.mails_to("chevalier@candidat.example");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].attachments[0].bytes.starts_with(b"%PDF"));
    let path =
        certificate["parchment"]["url"].as_str().expect("a url").replace("http://clea.test", "");
    let (status, bytes) = organism.admin.bytes(Method::GET, &path).await;
    assert!(status == 200 && bytes.starts_with(b"%PDF"));
    let other = app.organism(83).await;
    assert_eq!(other.admin.page(Method::GET, &path).await.0, 404);
    assert_ne!(stranger.page(Method::GET, &path).await.0, 200);

    let jury = app.jury(&organism, &[&enrolment]).await;
    let again = organism.admin.act("recordJury", jury, "").await;
    assert!(!again.refusals.is_empty());
    assert_eq!(app.count::<entity::certificate::Entity>().await, 1);
}
