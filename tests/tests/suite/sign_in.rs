//! Signing in: attempts that are counted, sessions, the second factor (refusals 4, 10, 11).

use e2e::{Client, TestApp, at};
use entity::kind::AttemptPurpose;
use entity::{session, sign_in_attempt};
use futures::future::join_all;
use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::{Value, json};
use service::account::{self, SignIn};
use service::clock::machine_now;
use service::error::{ActError, ActResult};
use std::fmt::Write as _;
use std::net::IpAddr;
use totp_rs::{Builder, Secret, Totp};

const PASSWORD: &str = "un mot de passe long";
const WRONG: &str = "un mauvais mot de passe";
/// Addresses kept for examples.
const ELSEWHERE: &str = "203.0.113.9";
const HOME: &str = "198.51.100.1";

async fn open(app: &TestApp, email: &str) {
    let input = json!({ "email": email, "displayName": "Ada", "password": PASSWORD });
    app.stranger().act("openAccount", input, "").await.done();
}

/// The code of the refusal; `done` for none.
fn told<T>(result: &ActResult<T>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(ActError::Refused(refusals)) => refusals[0].code.to_string(),
        Err(ActError::Fault(fault)) => panic!("{fault:#}"),
    }
}

/// A sign-in from this address.
async fn from(app: &TestApp, address: &str, (email, password): (&str, &str)) -> String {
    let client = account::Client {
        address: Some(address.parse::<IpAddr>().expect("an address")),
        user_agent: None,
    };
    let (email, password) = (email.to_owned(), password.to_owned());
    told(&account::sign_in(&app.app, SignIn { email, password, code: None }, &client).await)
}

/// Signs in with a code; the client, or the refusal's code.
async fn with_code(app: &TestApp, email: &str, code: Option<&str>) -> Result<Client, String> {
    let stranger = app.stranger();
    let input = json!({ "email": email, "password": PASSWORD, "code": code });
    let answer = stranger.act("signIn", input, "token").await;
    match answer.payload["token"].as_str() {
        Some(token) => Ok(stranger.with_token(Some(token.to_owned()))),
        None => Err(answer.codes()[0].to_owned()),
    }
}

/// Refusal 4: of the attempts of one request each counts, and ten are taken in a quarter of an hour, whether
/// there is such an account or not; then even the right password waits.
#[tokio::test]
async fn attempts_of_one_request_are_all_counted() {
    let app = TestApp::start().await;
    open(&app, "known@exemple.fr").await;
    for email in ["known@exemple.fr", "unknown@exemple.fr"] {
        let mut query = String::from("mutation {");
        for n in 0..15 {
            let _ = write!(
                query,
                " a{n}: signIn(input: {{ email: \"{email}\", password: \"{WRONG}\" }}) \
                 {{ token refusals {{ code }} }}"
            );
        }
        let data = app.stranger().query(&format!("{query} }}"), json!({})).await;
        let code = |n: usize| at(&data, &format!("a{n}.refusals.0.code")).clone();
        let codes: Vec<Value> = (0..15).map(code).collect();
        assert!(codes[..10].iter().all(|code| code == "SIGN_IN_FAILED"), "{codes:?}");
        assert!(codes[10..].iter().all(|code| code == "TOO_MANY_ATTEMPTS"), "{codes:?}");
        let input = json!({ "email": email, "password": PASSWORD });
        let answer = app.stranger().act("signIn", input, "").await;
        answer.refused("TOO_MANY_ATTEMPTS", "", "");
        let message = answer.payload["refusals"][0]["message"].as_str().expect("a sentence");
        assert!(message.contains("réessayez dans 15 minutes"), "{message}");
    }
    // A quarter of an hour later.
    sign_in_attempt::Entity::update_many()
        .col_expr(
            sign_in_attempt::Column::At,
            Expr::value(machine_now() - chrono::Duration::minutes(16)),
        )
        .exec(&app.app.db)
        .await
        .expect("aged");
    assert_eq!(from(&app, ELSEWHERE, ("known@exemple.fr", PASSWORD)).await, "done");
}

/// Refusal 4: however many are made at once, by however many processes, ten are taken.
#[tokio::test]
async fn attempts_at_once_are_counted_together() {
    let app = TestApp::start().await;
    open(&app, "known@exemple.fr").await;
    let all = (0..30).map(|_| from(&app, ELSEWHERE, ("known@exemple.fr", WRONG)));
    let told = join_all(all).await;
    assert_eq!(told.iter().filter(|code| *code == "SIGN_IN_FAILED").count(), 10);
    assert_eq!(told.iter().filter(|code| *code == "TOO_MANY_ATTEMPTS").count(), 20);
}

/// Refusal 4: who tries others' passwords locks neither them out nor who shares the address, once they
/// signed in from there before; those who never did wait.
#[tokio::test]
async fn nobody_is_locked_out_of_where_they_are_at_home() {
    let app = TestApp::start().await;
    for email in ["ada@exemple.fr", "neighbour@exemple.fr", "new@exemple.fr"] {
        open(&app, email).await;
    }
    assert_eq!(from(&app, HOME, ("ada@exemple.fr", PASSWORD)).await, "done");
    assert_eq!(from(&app, ELSEWHERE, ("neighbour@exemple.fr", PASSWORD)).await, "done");
    for _ in 0..10 {
        let failed = from(&app, ELSEWHERE, ("ada@exemple.fr", WRONG)).await;
        assert_eq!(failed, "SIGN_IN_FAILED");
    }
    for other in [ELSEWHERE, "203.0.113.10", "2001:db8::1"] {
        let locked = from(&app, other, ("ada@exemple.fr", PASSWORD)).await;
        assert_eq!(locked, "TOO_MANY_ATTEMPTS", "{other}");
    }
    assert_eq!(from(&app, HOME, ("ada@exemple.fr", PASSWORD)).await, "done");
    // At home too, ten failures are enough.
    for _ in 0..10 {
        assert_eq!(from(&app, HOME, ("ada@exemple.fr", WRONG)).await, "SIGN_IN_FAILED");
    }
    let locked = from(&app, HOME, ("ada@exemple.fr", PASSWORD)).await;
    assert_eq!(locked, "TOO_MANY_ATTEMPTS");

    // Forty more failures from one address, on as many accounts, close it to who never came from there.
    let emails: Vec<String> = (0..40).map(|n| format!("no{n}@exemple.fr")).collect();
    let all = emails.iter().map(|email| from(&app, ELSEWHERE, (email, WRONG)));
    assert!(join_all(all).await.iter().all(|code| code == "SIGN_IN_FAILED"));
    let closed = from(&app, ELSEWHERE, ("new@exemple.fr", PASSWORD)).await;
    assert_eq!(closed, "TOO_MANY_ATTEMPTS");
    assert_eq!(from(&app, ELSEWHERE, ("neighbour@exemple.fr", PASSWORD)).await, "done");
    assert_eq!(from(&app, "203.0.113.11", ("new@exemple.fr", PASSWORD)).await, "done");
    // Nothing is kept of who tried but hashes.
    let kept = sign_in_attempt::Entity::find().all(&app.app.db).await.expect("readable");
    assert!(
        kept.iter()
            .all(|row| row.account_key.len() == 64 && *row.purpose == AttemptPurpose::SignIn)
    );
    assert!(kept.iter().all(|row| row.address_key.as_ref().is_some_and(|key| key.len() == 64)));
}

const SESSIONS: &str = "{ viewer { sessions(first: 10) { totalCount edges { node { id current createdAt \
                        lastSeenAt expiresAt revokedAt userAgent } } } } }";

/// Refusal 11: one's sessions are listed and ended one by one or together; another's are not there.
#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let app = TestApp::start().await;
    open(&app, "ada@exemple.fr").await;
    let here = with_code(&app, "ada@exemple.fr", None).await.expect("signed in");
    let there = with_code(&app, "ada@exemple.fr", None).await.expect("signed in");
    let other = app.account("other@exemple.fr").await;
    let seen = here.query(SESSIONS, json!({})).await;
    let edges = at(&seen, "viewer.sessions.edges").as_array().expect("a list").clone();
    assert_eq!((edges.len(), at(&seen, "viewer.sessions.totalCount")), (2, &json!(2)));
    let not_here = edges.iter().find(|edge| at(edge, "node.current") == false).expect("the other");
    assert!(
        at(not_here, "node.lastSeenAt").is_string() && at(not_here, "node.revokedAt").is_null()
    );
    let id = at(not_here, "node.id").as_str().expect("an id").to_owned();
    assert_eq!(app.node(&here, &id, "").await["id"], id.as_str());
    assert!(app.node(&other, &id, "").await.is_null(), "another's is not there");

    let end = json!({ "sessionId": id });
    let hidden = ("NOT_FOUND", "sessionId", "");
    app.refuses(&other, ("revokeSession", end.clone()), hidden).await;
    app.refuses(&app.stranger(), ("revokeSession", end.clone()), ("NOT_SIGNED_IN", "", "")).await;
    let session = id.parse().expect("an id");
    assert!(account::holds(&app.app, session).await.expect("readable"));
    here.act("revokeSession", end.clone(), "session { revokedAt }").await.text("session.revokedAt");
    assert!(!account::holds(&app.app, session).await.expect("readable"));
    app.refuses(&here, ("revokeSession", end), hidden).await;
    let told = there.raw(SESSIONS, json!({})).await;
    assert_eq!(at(&told, "errors.0.extensions.code"), "UNAUTHENTICATED");

    with_code(&app, "ada@exemple.fr", None).await.expect("signed in");
    let all = "mutation { signOutEverywhere { ended refusals { code } } }";
    assert_eq!(at(&here.query(all, json!({})).await, "signOutEverywhere.ended"), &json!(2));
    let told = here.raw(SESSIONS, json!({})).await;
    assert_eq!(at(&told, "errors.0.extensions.code"), "UNAUTHENTICATED");
    assert!(!other.query(SESSIONS, json!({})).await["viewer"].is_null());
    let refused = app.stranger().query(all, json!({})).await;
    assert_eq!(at(&refused, "signOutEverywhere.refusals.0.code"), "NOT_SIGNED_IN");
}

/// A request writes nothing of its session but every five minutes.
#[tokio::test]
async fn a_session_is_seen_every_five_minutes() {
    let app = TestApp::start().await;
    let ada = app.account("ada@exemple.fr").await;
    let seen = async || {
        let row = session::Entity::find().one(&app.app.db).await.expect("readable");
        row.expect("a session").last_seen_at.expect("seen")
    };
    let set = async |at| {
        session::Entity::update_many()
            .col_expr(session::Column::LastSeenAt, Expr::value(at))
            .exec(&app.app.db)
            .await
            .expect("set");
    };
    let lately = machine_now() - chrono::Duration::minutes(4);
    set(lately).await;
    ada.query(SESSIONS, json!({})).await;
    assert_eq!(seen().await, lately);
    let before = machine_now() - chrono::Duration::minutes(6);
    set(before).await;
    ada.query(SESSIONS, json!({})).await;
    assert!(seen().await > lately);
    // One that expired, or whose account was disabled, holds no more.
    let id = session::Entity::find().one(&app.app.db).await.expect("readable").expect("one").id;
    entity::account::Entity::update_many()
        .col_expr(entity::account::Column::DisabledAt, Expr::value(machine_now()))
        .exec(&app.app.db)
        .await
        .expect("disabled");
    assert!(!account::holds(&app.app, id).await.expect("readable"));
}

fn totp(secret: &str) -> Totp {
    let secret = Secret::try_from_base32(secret).expect("base 32");
    Builder::new().with_secret(secret).build().expect("a generator")
}

/// The code of the step that is so many steps ahead.
fn code(totp: &Totp, ahead: u64) -> String {
    let now = u64::try_from(machine_now().timestamp()).expect("after 1970");
    totp.generate(now + 30 * ahead).to_string()
}

/// A second factor is asked for after the right password alone; a code is taken once, a recovery code too.
#[tokio::test]
async fn a_second_factor_is_asked_for_once_confirmed() {
    let app = TestApp::start().await;
    let email = "ada@exemple.fr";
    open(&app, email).await;
    let ada = with_code(&app, email, None).await.expect("signed in");
    let begin = json!({ "password": PASSWORD });
    let wrong = ("beginSecondFactor", json!({ "password": WRONG }));
    app.refuses(&ada, wrong, ("PASSWORD_WRONG", "password", "")).await;
    let nothing = ("confirmSecondFactor", json!({ "code": "000000" }));
    app.refuses(&ada, nothing, ("SECOND_FACTOR_NOT_BEGUN", "", "")).await;
    ada.act("beginSecondFactor", begin.clone(), "secret").await.done();
    let begun = ada.act("beginSecondFactor", begin.clone(), "secret uri").await;
    let totp = totp(&begun.text("secret"));
    assert!(begun.text("uri").starts_with("otpauth://totp/"));
    // Not asked for before it is confirmed.
    with_code(&app, email, None).await.expect("signed in");
    let bad = ("confirmSecondFactor", json!({ "code": "12345" }));
    app.refuses(&ada, bad, ("SECOND_FACTOR_WRONG", "code", "")).await;
    let first = code(&totp, 0);
    let confirmed = ada.act("confirmSecondFactor", json!({ "code": first }), "recoveryCodes").await;
    let codes = confirmed.done().payload["recoveryCodes"].as_array().expect("codes").clone();
    let recovery = |n: usize| codes[n].as_str().expect("a code").to_owned();
    assert_eq!(codes.len(), 10);
    let on = ada.query("{ viewer { hasSecondFactor } }", json!({})).await;
    assert_eq!(at(&on, "viewer.hasSecondFactor"), true);
    app.refuses(&ada, ("beginSecondFactor", begin), ("SECOND_FACTOR_EXISTS", "", "")).await;

    let input = json!({ "email": email, "password": WRONG });
    app.stranger().act("signIn", input, "").await.refused("SIGN_IN_FAILED", "", "");
    for none in [None, Some(" ")] {
        let asked = with_code(&app, email, none).await.err();
        assert_eq!(asked.as_deref(), Some("SECOND_FACTOR_NEEDED"));
    }
    let replayed = with_code(&app, email, Some(&first)).await.err();
    assert_eq!(replayed.as_deref(), Some("SECOND_FACTOR_WRONG"), "a code is taken once");
    // Two requests at once with one code: one is let in.
    let next = code(&totp, 1);
    let both = join_all([(), ()].map(|()| with_code(&app, email, Some(&next)))).await;
    assert_eq!(both.iter().filter(|result| result.is_ok()).count(), 1);
    let one = recovery(0).to_uppercase();
    let both = join_all([(), ()].map(|()| with_code(&app, email, Some(&one)))).await;
    assert_eq!(both.iter().filter(|result| result.is_ok()).count(), 1);

    let remove = |code: &str| json!({ "password": PASSWORD, "code": code });
    let used = ("removeSecondFactor", remove(&recovery(0)));
    app.refuses(&ada, used, ("SECOND_FACTOR_WRONG", "code", "")).await;
    ada.act("removeSecondFactor", remove(&recovery(1)), "").await.done();
    let gone = ("removeSecondFactor", remove(&recovery(2)));
    app.refuses(&ada, gone, ("SECOND_FACTOR_UNKNOWN", "", "")).await;
    // Who has nothing to remove did not fail: it counts no attempt.
    let counted = sign_in_attempt::Entity::find().all(&app.app.db).await.expect("readable").len();
    ada.act("removeSecondFactor", remove(&recovery(2)), "").await.codes();
    let still = sign_in_attempt::Entity::find().all(&app.app.db).await.expect("readable").len();
    assert_eq!(still, counted);
    with_code(&app, email, None).await.expect("signed in without a code");
}
