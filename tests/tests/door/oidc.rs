//! Sign-in by an OpenID Connect issuer: a real one, started for the test, and a browser that follows it.

mod browser;

use api::{ApiState, Oidc, OidcSecret, OidcSettings};
use browser::{Browser, Ended, FRONTEND, Issuer, PUBLIC, RETURN, START, VERIFIER, start};
use e2e::{Answer, TestApp, at};
use entity::ids::{AccountId, OrganismId};
use entity::{account, account_identity, journal, oidc_attempt, second_factor, sign_in_code};
use reqwest::Url;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use service::clock::machine_now;
use service::token::hash;
use std::time::Duration;

const ADA: &str = "ada@exemple.example";

fn settings(issuer: &str, frontend: Option<&str>) -> OidcSettings {
    OidcSettings {
        issuer: issuer.to_owned(),
        client_id: "clea".to_owned(),
        client_secret: Some(OidcSecret::new("canari-secret-du-fournisseur".to_owned())),
        name: "Compte Exemple".to_owned(),
        scopes: vec!["email".to_owned(), "profile".to_owned()],
        trusts_addresses: false,
        frontend_url: frontend.map(str::to_owned),
        // As long as the request itself has: a busy machine is no issuer that is away.
        patience: Duration::from_secs(30),
    }
}

async fn app(issuer: &str, frontend: Option<&str>) -> TestApp {
    let oidc = Oidc::new(settings(issuer, frontend), PUBLIC).expect("settings that hold");
    TestApp::start_with(|state: ApiState| state.with_oidc(Some(oidc))).await
}

async fn exchange(app: &TestApp, code: &str) -> Answer {
    let given = json!({ "code": code, "verifier": VERIFIER });
    app.stranger().act("exchangeSignInCode", given, "token account { email }").await
}

/// The scopes of an issuer that knows no `profile`.
const SCOPES: &str = "given_name usual_name email";

/// What the journal holds of an act.
async fn told(app: &TestApp, act: &str) -> Vec<journal::Model> {
    let told = journal::Entity::find().filter(journal::Column::Act.eq(act));
    told.all(&app.app.db).await.expect("readable")
}

/// The account that a sign-in opens.
async fn who(app: &TestApp, ended: &Ended) -> String {
    let answer = exchange(app, ended.code()).await;
    let client = app.bearer(&answer.text("token"));
    let seen = client.query("{ viewer { account { email } } }", json!({})).await;
    at(&seen, "viewer.account.email").as_str().expect("signed in").to_owned()
}

/// At the first sign-in the verified address finds the account; afterwards the issuer's subject alone
/// counts, whoever has the address.
#[tokio::test]
async fn a_person_signs_in_by_the_issuer() {
    let Some(issuer) = Issuer::start("").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    app.account(ADA).await;
    app.account("bob@exemple.example").await;
    let first = Browser::new(&app).sign_in().await;
    assert_eq!(who(&app, &first).await, ADA);
    exchange(&app, first.code()).await.refused("SIGN_IN_CODE_INVALID", "code", "");
    issuer.next(json!({ "email": "bob@exemple.example", "verified": false })).await;
    assert_eq!(who(&app, &Browser::new(&app).sign_in().await).await, ADA);
    issuer.next(json!({ "login": "imposteur", "email": ADA, "verified": true })).await;
    Browser::new(&app).sign_in().await.refused(403, "OIDC_ACCOUNT_BOUND");
    assert_eq!(app.count::<account_identity::Entity>().await, 1);
    assert_eq!(told(&app, "bindIdentity").await.len(), 1);
}

/// Many first sign-ins at once bind one identity.
#[tokio::test]
async fn first_sign_ins_at_once_bind_once() {
    let Some(issuer) = Issuer::start("id_token").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    app.account(ADA).await;
    let browsers: Vec<Browser> = (0..6).map(|_| Browser::new(&app)).collect();
    let all = futures::future::join_all(browsers.iter().map(Browser::sign_in)).await;
    for ended in &all {
        assert_eq!(who(&app, ended).await, ADA);
    }
    let bound = account_identity::Entity::find().all(&app.app.db).await.expect("readable");
    let told = told(&app, "bindIdentity").await;
    assert_eq!((bound.len(), told.len()), (1, 1));
    assert_eq!(told[0].data["identity"], bound[0].id.0.to_string());
}

/// Nobody becomes known by signing in: an account exists, is open, and has the verified address.
#[tokio::test]
async fn whom_the_issuer_names_must_be_known() {
    let Some(issuer) = Issuer::start("").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    let accounts = app.count::<account::Entity>().await;
    Browser::new(&app).sign_in().await.refused(403, "OIDC_PERSON_UNKNOWN");
    assert_eq!(app.count::<account::Entity>().await, accounts);
    app.account(ADA).await;
    issuer.next(json!({ "verified": false })).await;
    Browser::new(&app).sign_in().await.refused(403, "OIDC_EMAIL_UNVERIFIED");
    issuer.next(json!({ "email": null, "verified": true })).await;
    Browser::new(&app).sign_in().await.refused(403, "OIDC_EMAIL_UNVERIFIED");
    issuer.next(json!({ "login": null })).await;
    Browser::new(&app).sign_in().await.refused(403, "OIDC_DECLINED");
    issuer.next(json!({ "error": "invalid_scope" })).await;
    Browser::new(&app).sign_in().await.refused(502, "OIDC_ISSUER_UNAVAILABLE");
    issuer.next(json!({ "login": "ada", "email": ADA })).await;
    disable(&app).await;
    Browser::new(&app).sign_in().await.refused(403, "OIDC_ACCOUNT_CLOSED");
    assert_eq!(app.count::<account_identity::Entity>().await, 0);
}

/// An invitation is taken by who signs in with its address: the account is opened with the roles offered,
/// and no password.
#[tokio::test]
async fn an_invitation_is_taken_by_signing_in() {
    let Some(issuer) = Issuer::start("").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    let organism = app.organism(5101).await;
    let role = json!({ "email": ADA, "role": "ORGANISM_STAFF", "organismId": organism.id });
    organism.admin.act("grantRole", role, "invitation { id }").await.done();
    let answer = exchange(&app, Browser::new(&app).sign_in().await.code()).await;
    let ada = app.bearer(&answer.text("token"));
    let seen = "{ viewer { account { email displayName } roles { role organism { id } } } }";
    let seen = ada.query(seen, json!({})).await;
    assert_eq!(at(&seen, "viewer.account.displayName"), "Ada Exemple");
    assert_eq!(at(&seen, "viewer.roles.0.role"), "ORGANISM_STAFF");
    assert_eq!(at(&seen, "viewer.roles.0.organism.id"), organism.id.as_str());
    let wrong = json!({ "email": ADA, "password": "!" });
    app.stranger().act("signIn", wrong, "token").await.refused("SIGN_IN_FAILED", "", "");
    let told = told(&app, "acceptInvitation").await;
    let organism: OrganismId = organism.id.parse().expect("an id");
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].subject_kind.as_str(), told[0].organism_id),
        ("invitation", Some(organism))
    );
    assert_eq!(told[0].data["roles"], json!([told[0].subject_id]));
}

/// Who opened an account under somebody's address, without showing that it is theirs, loses it to them.
#[tokio::test]
async fn an_account_opened_under_anothers_address_is_taken_over() {
    const PASSWORD: &str = "un mot de passe d’imposteur";
    let Some(issuer) = Issuer::start("").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    let open = json!({ "email": ADA, "displayName": "Imposteur", "password": PASSWORD });
    app.stranger().act("openAccount", open, "account { id }").await.done();
    let sign_in = json!({ "email": ADA, "password": PASSWORD });
    let token = app.stranger().act("signIn", sign_in.clone(), "token").await.text("token");
    let answer = exchange(&app, Browser::new(&app).sign_in().await.code()).await;
    let seen = app.bearer(&answer.text("token"));
    let seen = seen.query("{ viewer { account { displayName } } }", json!({})).await;
    assert_eq!(at(&seen, "viewer.account.displayName"), "Ada Exemple");
    let answer = app.bearer(&token).raw("{ viewer { account { email } } }", json!({})).await;
    assert_eq!(at(&answer, "errors.0.extensions.code"), "UNAUTHENTICATED");
    app.stranger().act("signIn", sign_in, "token").await.refused("SIGN_IN_FAILED", "", "");
}

/// The address alone does not bind an account that has a second factor; the binding is kept beside one that
/// is added later.
#[tokio::test]
async fn an_address_does_not_pass_a_second_factor() {
    let Some(issuer) = Issuer::start("id_token").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    app.account(ADA).await;
    let row = account::Entity::find().filter(account::Column::Email.eq(ADA));
    let ada = row.one(&app.app.db).await.expect("readable").expect("the account").id;
    let factor = || second_factor::ActiveModel {
        account_id: Set(ada),
        secret: Set(vec![1; 20]),
        last_step: Set(0),
        created_at: Set(machine_now()),
        confirmed_at: Set(Some(machine_now())),
    };
    factor().insert(&app.app.db).await.expect("inserted");
    Browser::new(&app).sign_in().await.refused(403, "OIDC_SECOND_FACTOR");
    assert_eq!(app.count::<account_identity::Entity>().await, 0);
    second_factor::Entity::delete_by_id(ada).exec(&app.app.db).await.expect("removed");
    assert_eq!(who(&app, &Browser::new(&app).sign_in().await).await, ADA);
    factor().insert(&app.app.db).await.expect("inserted");
    assert_eq!(who(&app, &Browser::new(&app).sign_in().await).await, ADA);
}

/// The address is asked for where it is needed: not of who is known by the issuer's subject.
#[tokio::test]
async fn the_address_of_who_is_known_is_not_asked_for() {
    let Some(issuer) = Issuer::start("").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    app.account(ADA).await;
    issuer.next(json!({ "fault": "userinfo" })).await;
    Browser::new(&app).sign_in().await.refused(502, "OIDC_ISSUER_UNAVAILABLE");
    issuer.next(json!({ "fault": null })).await;
    assert_eq!(who(&app, &Browser::new(&app).sign_in().await).await, ADA);
    issuer.next(json!({ "fault": "userinfo" })).await;
    assert_eq!(who(&app, &Browser::new(&app).sign_in().await).await, ADA);
}

/// Whether an address was checked is read where it is written as a text, too, in the token or apart; who is known
/// by the issuer's subject signs in whatever is said of the address.
#[tokio::test]
async fn a_verified_address_may_be_told_in_text() {
    for claims in ["id_token", ""] {
        let Some(issuer) = Issuer::start(claims).await else { return };
        let app = app(issuer.address(), Some(FRONTEND)).await;
        app.account(ADA).await;
        for unverified in [json!("false"), json!(false), json!(null)] {
            issuer.next(json!({ "verified": unverified })).await;
            Browser::new(&app).sign_in().await.refused(403, "OIDC_EMAIL_UNVERIFIED");
        }
        assert_eq!(app.count::<account_identity::Entity>().await, 0);
        issuer.next(json!({ "verified": "true" })).await;
        assert_eq!(who(&app, &Browser::new(&app).sign_in().await).await, ADA);
        for (email, verified) in [
            (json!(ADA), json!("true")),
            (json!(ADA), json!("false")),
            (json!(ADA), json!(null)),
            (json!(null), json!(null)),
        ] {
            issuer.next(json!({ "email": email, "verified": verified })).await;
            assert_eq!(who(&app, &Browser::new(&app).sign_in().await).await, ADA, "{verified}");
        }
    }
}

/// An address that the token does not say to be verified is asked for where the issuer keeps it.
#[tokio::test]
async fn an_address_that_the_token_does_not_verify_is_asked_for() {
    let Some(issuer) = Issuer::start("id_token").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    app.account(ADA).await;
    issuer.next(json!({ "tokenVerified": null, "fault": "userinfo" })).await;
    Browser::new(&app).sign_in().await.refused(502, "OIDC_ISSUER_UNAVAILABLE");
    issuer.next(json!({ "fault": null })).await;
    assert_eq!(who(&app, &Browser::new(&app).sign_in().await).await, ADA);
}

/// RFC 9207: what comes back with the browser names the issuer, as this one says that it does; another's answer
/// is refused before its code is used, be it a code or an error.
#[tokio::test]
async fn the_answer_of_another_issuer_is_refused() {
    let Some(issuer) = Issuer::start("id_token").await else { return };
    let ours = app(issuer.address(), Some(FRONTEND)).await;
    ours.account(ADA).await;
    let back = async |app: &TestApp, change: &dyn Fn(Url) -> Url| {
        let browser = Browser::new(app);
        let back = browser.follow(&start(), RETURN).await.url;
        let back = change(Url::parse(&back).expect("an address"));
        browser.follow(back.as_str(), FRONTEND).await
    };
    let without = |mut url: Url| {
        let kept: Vec<_> =
            url.query_pairs().into_owned().filter(|(name, _)| name != "iss").collect();
        url.query_pairs_mut().clear().extend_pairs(kept);
        url
    };
    let of_another = |url: Url| {
        let mut url = without(url);
        url.query_pairs_mut().append_pair("iss", "https://autre.example");
        url
    };
    back(&ours, &of_another).await.refused(502, "OIDC_ISSUER_MISMATCH");
    back(&ours, &without).await.refused(502, "OIDC_ISSUER_MISMATCH");
    issuer.next(json!({ "login": null })).await;
    back(&ours, &of_another).await.refused(502, "OIDC_ISSUER_MISMATCH");
    back(&ours, &|url| url).await.refused(403, "OIDC_DECLINED");
    issuer.next(json!({ "login": "ada", "silent": true })).await;
    assert_eq!(ours.count::<account_identity::Entity>().await, 0);
    // An issuer that does not say that it names itself need not.
    let other = app(issuer.address(), Some(FRONTEND)).await;
    other.account(ADA).await;
    back(&other, &of_another).await.refused(502, "OIDC_ISSUER_MISMATCH");
    assert_eq!(who(&other, &back(&other, &without).await).await, ADA);
}

/// An answer that cannot be read is told as such: trying again would not help.
#[tokio::test]
async fn an_answer_that_cannot_be_read_is_no_issuer_that_is_away() {
    let Some(issuer) = Issuer::start("").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    app.account(ADA).await;
    for fault in ["garbled token", "garbled userinfo"] {
        issuer.next(json!({ "fault": fault })).await;
        Browser::new(&app).sign_in().await.refused(502, "OIDC_ANSWER_INVALID");
    }
    issuer.next(json!({ "fault": null })).await;
    assert_eq!(who(&app, &Browser::new(&app).sign_in().await).await, ADA);
}

/// The manner of the State's own issuer: other scopes, the name in parts, the address in a signed answer apart,
/// and nothing said of whether it was checked, which the configuration says instead.
#[tokio::test]
async fn the_states_own_issuer_works_once_it_is_described() {
    let Some(issuer) = Issuer::start("state").await else { return };
    let with = async |scopes: &str, trusts_addresses: bool| {
        let scopes = scopes.split(' ').map(str::to_owned).collect();
        let settings = settings(issuer.address(), Some(FRONTEND));
        let settings = OidcSettings { scopes, trusts_addresses, ..settings };
        let oidc = Oidc::new(settings, PUBLIC).expect("settings that hold");
        TestApp::start_with(|state: ApiState| state.with_oidc(Some(oidc))).await
    };
    let usual = with("email profile", true).await;
    Browser::new(&usual).sign_in().await.refused(502, "OIDC_ISSUER_UNAVAILABLE");
    let strict = with(SCOPES, false).await;
    strict.account(ADA).await;
    Browser::new(&strict).sign_in().await.refused(403, "OIDC_EMAIL_UNVERIFIED");
    let app = with(SCOPES, true).await;
    let organism = app.organism(5102).await;
    let role = json!({ "email": ADA, "role": "ORGANISM_STAFF", "organismId": organism.id });
    organism.admin.act("grantRole", role, "invitation { id }").await.done();
    for (fault, code) in [
        ("userinfo signature", "OIDC_TOKEN_SIGNATURE"),
        ("userinfo audience", "OIDC_TOKEN_INVALID"),
    ] {
        issuer.next(json!({ "fault": fault })).await;
        Browser::new(&app).sign_in().await.refused(502, code);
    }
    assert_eq!(app.count::<account_identity::Entity>().await, 0);
    issuer.next(json!({ "fault": null, "rotate": true })).await;
    let answer = exchange(&app, Browser::new(&app).sign_in().await.code()).await;
    let seen = app.bearer(&answer.text("token"));
    let seen = seen.query("{ viewer { account { displayName } } }", json!({})).await;
    assert_eq!(at(&seen, "viewer.account.displayName"), "Ada Lou EXEMPLE");
}

/// Closes Ada's account.
async fn disable(app: &TestApp) {
    account::Entity::update_many()
        .col_expr(account::Column::DisabledAt, Expr::value(machine_now()))
        .filter(account::Column::Email.eq(ADA))
        .exec(&app.app.db)
        .await
        .expect("disabled");
}

/// A token that is not there, not signed by the issuer, of another sign-in, over, or for another platform
/// names nobody; a new key of the issuer is fetched.
#[tokio::test]
async fn an_answer_that_does_not_hold_is_refused() {
    let Some(issuer) = Issuer::start("id_token").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    app.account(ADA).await;
    for (fault, code) in [
        ("signature", "OIDC_TOKEN_SIGNATURE"),
        ("nonce", "OIDC_TOKEN_NONCE"),
        ("expired", "OIDC_TOKEN_EXPIRED"),
        ("audience", "OIDC_TOKEN_INVALID"),
        ("tokenless", "OIDC_TOKEN_INVALID"),
        ("code", "OIDC_CODE_REFUSED"),
        ("client", "OIDC_ISSUER_UNAVAILABLE"),
    ] {
        issuer.next(json!({ "fault": fault })).await;
        Browser::new(&app).sign_in().await.refused(502, code);
        assert_eq!(app.count::<account_identity::Entity>().await, 0, "{fault}");
        assert_eq!(app.count::<sign_in_code::Entity>().await, 0, "{fault}");
    }
    issuer.next(json!({ "fault": null, "rotate": true })).await;
    assert_eq!(who(&app, &Browser::new(&app).sign_in().await).await, ADA);
}

/// A key without a name is fetched again, too, when it does not verify a token.
#[tokio::test]
async fn new_keys_are_fetched_although_nothing_names_them() {
    let Some(issuer) = Issuer::start("id_token").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    app.account(ADA).await;
    issuer.next(json!({ "nameless": true })).await;
    assert_eq!(who(&app, &Browser::new(&app).sign_in().await).await, ADA);
    issuer.next(json!({ "rotate": true })).await;
    assert_eq!(who(&app, &Browser::new(&app).sign_in().await).await, ADA);
}

/// Two tabs of one browser both sign in, whichever comes back first.
#[tokio::test]
async fn two_tabs_both_sign_in() {
    let Some(issuer) = Issuer::start("id_token").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    app.account(ADA).await;
    let browser = Browser::new(&app);
    let one = browser.follow(&start(), RETURN).await.url;
    let other = browser.follow(&start(), RETURN).await.url;
    for back in [one, other] {
        assert_eq!(who(&app, &browser.follow(&back, FRONTEND).await).await, ADA);
    }
}

/// A frontend shows that the code is the one that it asked for: somebody else's opens nothing there.
#[tokio::test]
async fn a_code_is_for_the_frontend_that_asked() {
    let Some(issuer) = Issuer::start("id_token").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    app.account(ADA).await;
    for wrong in ["", "?challenge=", "?challenge=abc", &format!("?challenge={}", "G".repeat(64))] {
        let ended = Browser::new(&app).follow(&format!("{START}{wrong}"), FRONTEND).await;
        ended.refused(400, "OIDC_CHALLENGE_MISSING");
    }
    assert_eq!(app.count::<oidc_attempt::Entity>().await, 0);
    let ended = Browser::new(&app).sign_in().await;
    let theirs = json!({ "code": ended.code(), "verifier": "un autre secret" });
    let refusal = ("SIGN_IN_CODE_INVALID", "code", "");
    app.refuses(&app.stranger(), ("exchangeSignInCode", theirs), refusal).await;
    assert_eq!(who(&app, &ended).await, ADA);
}

/// An attempt is ended by the browser that began it, once, within ten minutes.
#[tokio::test]
async fn an_attempt_is_of_one_browser_and_once() {
    let Some(issuer) = Issuer::start("id_token").await else { return };
    let app = app(issuer.address(), Some(FRONTEND)).await;
    app.account(ADA).await;
    let (browser, other) = (Browser::new(&app), Browser::new(&app));
    let back = browser.follow(&start(), RETURN).await.url;
    other.follow(&back, FRONTEND).await.refused(400, "OIDC_STATE_UNKNOWN");
    other.follow(&start(), RETURN).await;
    other.follow(&back, FRONTEND).await.refused(400, "OIDC_STATE_UNKNOWN");
    let forged = back.replace("state=", "state=x");
    browser.follow(&forged, FRONTEND).await.refused(400, "OIDC_STATE_UNKNOWN");
    // What failed forgets the cookie: the browser of this test remembers it on purpose.
    let browser = Browser::new(&app);
    let back = browser.follow(&start(), RETURN).await.url;
    let kept = browser.cookies().clone();
    assert_eq!(who(&app, &browser.follow(&back, FRONTEND).await).await, ADA);
    browser.follow(&back, FRONTEND).await.refused(400, "OIDC_STATE_UNKNOWN");
    *browser.cookies() = kept;
    browser.follow(&back, FRONTEND).await.refused(400, "OIDC_STATE_USED");
    let late = Browser::new(&app);
    let back = late.follow(&start(), RETURN).await.url;
    oidc_attempt::Entity::update_many()
        .col_expr(oidc_attempt::Column::ExpiresAt, Expr::value(machine_now()))
        .exec(&app.app.db)
        .await
        .expect("aged");
    late.follow(&back, FRONTEND).await.refused(400, "OIDC_STATE_EXPIRED");
}

/// An issuer that is away is said to be, stops nothing else, and is asked again the next time.
#[tokio::test]
async fn an_issuer_that_is_away_stops_nothing_else() {
    // Nothing listens on this port any more.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let nowhere = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    let alone = app(&nowhere, Some(FRONTEND)).await;
    Browser::new(&alone).sign_in().await.refused(502, "OIDC_ISSUER_UNAVAILABLE");
    assert_eq!(alone.count::<oidc_attempt::Entity>().await, 0);
    let seen = alone.stranger().query("{ clock { today } }", json!({})).await;
    assert!(at(&seen, "clock.today").is_string());
    let Some(issuer) = Issuer::start("").await else { return };
    let app = app(issuer.address(), None).await;
    app.account(ADA).await;
    issuer.next(json!({ "fault": "away" })).await;
    Browser::new(&app).sign_in().await.refused(502, "OIDC_ISSUER_UNAVAILABLE");
    issuer.next(json!({ "fault": null })).await;
    let ended = Browser::new(&app).follow(START, FRONTEND).await;
    assert_eq!(ended.status, 200);
    assert!(ended.page.contains("Compte relié"), "{}", ended.page);
    assert_eq!(app.count::<sign_in_code::Entity>().await, 0, "no frontend, no code");
}

/// A code is good for a minute, and keeps no secret in the database.
#[tokio::test]
async fn a_code_is_over_after_a_minute() {
    let app = TestApp::start().await;
    app.account(ADA).await;
    let row = account::Entity::find().filter(account::Column::Email.eq(ADA));
    let id: AccountId = row.one(&app.app.db).await.expect("readable").expect("the account").id;
    let give = async || {
        let challenge = hash(VERIFIER.as_bytes());
        service::account::oidc::give_code(&app.app, id, challenge).await.expect("a code")
    };
    let code = give().await;
    let rows = sign_in_code::Entity::find().all(&app.app.db).await.expect("readable");
    assert!(!format!("{rows:?}").contains(&code));
    let left = rows[0].expires_at - machine_now();
    assert!(left <= chrono::TimeDelta::minutes(1));
    sign_in_code::Entity::update_many()
        .col_expr(sign_in_code::Column::ExpiresAt, Expr::value(machine_now()))
        .exec(&app.app.db)
        .await
        .expect("aged");
    exchange(&app, &code).await.refused("SIGN_IN_CODE_INVALID", "code", "");
    exchange(&app, "inconnu").await.refused("SIGN_IN_CODE_INVALID", "code", "");
    let code = give().await;
    let all = (0..4).map(|_| exchange(&app, &code));
    let answers = futures::future::join_all(all).await;
    assert_eq!(answers.iter().filter(|answer| answer.refusals.is_empty()).count(), 1);
}

/// Without an issuer in the configuration there is nothing there.
#[tokio::test]
async fn without_an_issuer_there_is_no_such_page() {
    let app = TestApp::start().await;
    for path in ["/connexion/oidc", "/connexion/oidc/retour?state=x&code=y"] {
        let (status, _) = app.stranger().page(reqwest::Method::GET, path).await;
        assert_eq!(status, 404);
    }
}
