//! Addresses: one rule for all that are typed in, what only looks the same is another mailbox, and a domain in other
//! letters is written to.

use crate::people::person_input;
use e2e::{Client, TestApp};
use entity::account;
use entity::ids::AccountId;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use service::account::oidc::{Identity, recognise};
use service::clock::machine_now;
use service::context::{Actor, Context};

const PASSWORD: &str = "une phrase assez longue";

/// Opens an account, whose holder has shown that the address is theirs.
async fn open(app: &TestApp, email: &str) -> Result<(), Vec<String>> {
    let input = json!({ "email": email, "displayName": "Quelqu’un", "password": PASSWORD });
    let answer = app.stranger().act("openAccount", input, "account { id }").await;
    if !answer.refusals.is_empty() {
        return Err(answer.codes().into_iter().map(str::to_owned).collect());
    }
    let confirmed = account::Entity::update_many()
        .col_expr(account::Column::ConfirmedAt, Expr::value(machine_now()))
        .filter(account::Column::ConfirmedAt.is_null());
    confirmed.exec(app.owner()).await.expect("confirmed");
    Ok(())
}

async fn sign_in(app: &TestApp, email: &str) -> Vec<String> {
    let answer = app
        .stranger()
        .act("signIn", json!({ "email": email, "password": PASSWORD }), "token")
        .await;
    answer.codes().into_iter().map(str::to_owned).collect()
}

/// Whom an issuer's verified address leads to.
async fn recognised(app: &TestApp, subject: &str, email: &str) -> Result<AccountId, String> {
    let identity = Identity {
        issuer: "https://issuer.example".to_owned(),
        subject: subject.to_owned(),
        name: None,
        email: Some(email.to_owned()),
        email_verified: true,
    };
    let ctx = Context::new(app.app.clone(), Actor::Anonymous, "test");
    recognise(&ctx, &identity).await.map_err(|error| error.to_string())
}

async fn account_of(app: &TestApp, email: &str) -> account::Model {
    let row =
        account::Entity::find().filter(account::Column::Email.eq(email)).one(app.owner()).await;
    row.expect("readable").unwrap_or_else(|| panic!("no account of {email}"))
}

#[tokio::test]
async fn what_only_looks_like_an_address_binds_nobody() {
    let app = TestApp::start().await;
    for (email, like) in [
        ("erik@exemple.example", "eri\u{212a}@exemple.example"),
        ("åsa@exemple.example", "\u{212b}sa@exemple.example"),
        ("sina@exemple.example", "ſina@exemple.example"),
        ("fiona@exemple.example", "\u{fb01}ona@exemple.example"),
        ("marie@exemple.example", "ｍarie@exemple.example"),
    ] {
        if email.is_ascii() {
            open(&app, email).await.expect("opened");
        }
        let looked = recognised(&app, like, like).await;
        assert_eq!(looked, Err("refused: OIDC_PERSON_UNKNOWN".to_owned()), "{like}");
        assert_eq!(sign_in(&app, like).await, ["SIGN_IN_FAILED"], "{like}");
        assert_eq!(open(&app, like).await, Err(vec!["EMAIL_INVALID".to_owned()]), "{like}");
        app.stranger().act("requestPasswordReset", json!({ "email": like }), "").await.done();
        app.settle().await;
        assert!(app.mails_to(email).is_empty() && app.mails_to(like).is_empty(), "{like}");
    }
    assert_eq!(app.count::<entity::account_identity::Entity>().await, 0);
    // Who wrote the address in capitals is the same.
    assert!(sign_in(&app, " ERIK@Exemple.EXAMPLE ").await.is_empty());
    let bound = recognised(&app, "erik", "Erik@EXEMPLE.example").await.expect("known");
    assert_eq!(bound, account_of(&app, "erik@exemple.example").await.id);
}

#[tokio::test]
async fn a_domain_is_one_in_whatever_letters_it_is_typed() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let kept = "contact@xn--lyce-dpa.example";
    open(&app, "Contact@Lycée.example").await.expect("opened");
    assert_eq!(
        open(&app, "contact@lyce\u{301}e.example").await,
        Err(vec!["EMAIL_TAKEN".to_owned()])
    );
    let id = account_of(&app, kept).await.id;
    for same in ["contact@LYCÉE.example", "CONTACT@xn--lyce-DPA.example", "contact@lycée。example"]
    {
        assert!(sign_in(&app, same).await.is_empty(), "{same}");
        assert_eq!(recognised(&app, "lycee", same).await, Ok(id), "{same}");
    }
    // What is written there leaves in the ASCII form, whoever it is for.
    app.stranger()
        .act("requestPasswordReset", json!({ "email": "contact@lycée.example" }), "")
        .await
        .done();
    let (organism, habilitation) = app.habilitated(&staff, 1, "2026-02-10").await;
    let mut candidate = person_input(&organism.id, "Durand", "Ada");
    candidate["email"] = json!("ada@Pâtisserie.example");
    let answer = organism.admin.act("registerCandidate", candidate, "candidate { id email }").await;
    assert_eq!(answer.text("candidate.email"), "ada@xn--ptisserie-b2a.example");
    let enrolment = app.enrolment(&staff, &organism, (&answer.text("candidate.id"), &habilitation));
    let enrolment = organism
        .admin
        .act("enrolCandidate", enrolment, "enrolment { id }")
        .await
        .text("enrolment.id");
    app.prior(&organism, &enrolment, &[]).await.done();
    let jury = app.jury(&organism, &[&enrolment]).await;
    organism.admin.act("recordJury", jury, "").await.done();
    app.settle().await;
    for to in [kept, "ada@xn--ptisserie-b2a.example"] {
        let mails = app.mails_to(to);
        assert!(mails.len() == 1 && mails[0].envelope.to == [to], "{to}: {mails:?}");
    }
}

#[tokio::test]
async fn every_address_typed_in_is_refused_in_the_same_manner() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(2).await;
    let refused = async |client: &Client, act: &str, input: Value, field: &str| {
        let answer = client.act(act, input, "").await;
        let refusals = answer.payload["refusals"].as_array().expect("refusals");
        let found =
            refusals.iter().find(|r| r["code"] == "EMAIL_INVALID" && r["field"] == json!([field]));
        let told = found
            .and_then(|r| r["message"].as_str())
            .unwrap_or_else(|| panic!("{act}: {answer:?}"));
        assert!(told.contains("U+00EB"), "{act}: {told}");
    };
    let strange = "zoë@exemple.example";
    let mut candidate = person_input(&organism.id, "Durand", "Zoé");
    candidate["email"] = json!(strange);
    refused(&organism.admin, "registerCandidate", candidate, "email").await;
    let input = json!({
        "siren": e2e::siren(9), "name": "Atelier", "kind": "LEGAL_PERSON", "email": strange, "address": "1 rue",
        "postalCode": "44000", "city": "Nantes",
    });
    refused(&organism.admin, "registerOrganism", input, "email").await;
    let grant = json!({ "email": strange, "role": "ORGANISM_STAFF", "organismId": organism.id });
    refused(&organism.admin, "grantRole", grant, "email").await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-05"), "2026-02-10").await;
    let mut filing = app.filing(&organism, &campaign);
    filing["contactEmail"] = json!(strange);
    refused(&organism.admin, "fileApplication", filing, "contactEmail").await;
}

/// What an older rule let in: an account under a domain in its own letters beside one of its ASCII form.
#[tokio::test]
async fn accounts_of_one_address_are_listed() {
    let app = TestApp::start().await;
    open(&app, "contact@lycée.example").await.expect("opened");
    open(&app, "marc@exemple.example").await.expect("opened");
    let found = account_of(&app, "contact@xn--lyce-dpa.example").await;
    assert_eq!(service::account::apart(app.owner()).await.expect("read"), []);
    let old = |email: &str| account::ActiveModel {
        id: Set(AccountId::new()),
        email: Set(email.to_owned()),
        ..found.clone().into()
    };
    let beside = old("contact@lycée.example").insert(app.owner()).await.expect("inserted");
    // Alone of its address, or in letters that are no domain's, it is no twin.
    old("zoë@exemple.example").insert(app.owner()).await.expect("inserted");
    let listed = service::account::apart(app.owner()).await.expect("read");
    assert_eq!(listed, [service::account::Apart { found: found.clone(), beside }]);
    // Nothing typed in, nor an issuer, leads to the second.
    assert_eq!(recognised(&app, "x", "contact@lycée.example").await, Ok(found.id));
    assert!(sign_in(&app, "contact@lycée.example").await.is_empty());
}
