//! Accounts: roles offered by mail, new passwords (interpretation 26, refusals 10 to 13).

use e2e::{Client, Received, TestApp, at};
use entity::kind::Role;
use entity::{account, account_link, invitation, notice_body, password_reset, session};
use reqwest::Method;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
};
use serde_json::{Value, json};
use service::clock::machine_now;

const PASSWORD: &str = "un mot de passe long";
const OTHER: &str = "un autre mot de passe";

/// The path of the link in a mail.
fn path(mail: &Received) -> String {
    let line = mail.text.lines().find_map(|line| line.strip_prefix("http://clea.test/"));
    format!("/{}", line.expect("a link"))
}

/// The token in a path.
fn token(path: &str) -> String {
    path.rsplit('/').next().expect("a token").to_owned()
}

/// The last mail to an address, once nothing is left to do.
async fn mail(app: &TestApp, address: &str) -> Received {
    app.idle().await;
    app.mails_to(address).pop().expect("a mail")
}

/// Signs in with this password; the refusals' codes when it does not.
async fn sign_in(app: &TestApp, email: &str, password: &str) -> Result<Client, Vec<String>> {
    let stranger = app.stranger();
    let input = json!({ "email": email, "password": password });
    let answer = stranger.act("signIn", input, "token").await;
    match answer.payload["token"].as_str() {
        Some(token) => Ok(stranger.with_token(Some(token.to_owned()))),
        None => Err(answer.codes().into_iter().map(str::to_owned).collect()),
    }
}

async fn roles(client: &Client) -> Value {
    client.query("{ viewer { roles { role } } }", json!({})).await["viewer"]["roles"].take()
}

fn invite(email: &str, role: &str, authority: &str) -> Value {
    json!({ "email": email, "role": role, "authorityId": authority })
}

async fn offer(app: &TestApp, admin: &Client, input: Value) -> String {
    let answer = admin.act("grantRole", input, "grant { id } invitation { id email role }").await;
    assert!(answer.done().payload["grant"].is_null());
    app.idle().await;
    answer.text("invitation.id")
}

/// Refusals 11 and 12: an address without an account is invited; reading the link changes nothing, its button
/// opens the account with the role, once, and what is kept opens nothing.
#[tokio::test]
async fn an_address_without_account_is_invited() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let email = "ada@certif-pro.example";
    offer(&app, &staff.admin, invite(email, "DECIDER", &staff.authority)).await;
    let mail = mail(&app, email).await;
    let path = path(&mail);
    assert!(token(&path).len() >= 26, "128 bits and more");
    insta::assert_snapshot!("invitation_mail", mail.text.replace(&token(&path), "JETON"));
    let kept: Vec<_> = notice_body::Entity::find().all(&app.app.db).await.expect("readable");
    assert!(kept.iter().all(|body| !body.text.contains(&token(&path))));
    assert!(kept.iter().any(|body| body.text.contains(service::notice::TOKEN_MASK)));

    let stranger = app.stranger();
    let before = app.row_counts().await;
    for _ in 0..2 {
        let (status, page) = stranger.page(Method::GET, &path).await;
        assert!(status == 200 && page.contains("décideur") && page.contains(email), "{page}");
    }
    // One purpose: it is no link to a notice, nor to a new password.
    for other in ["notices", "password-resets"] {
        let (status, _) = stranger.page(Method::GET, &format!("/{other}/{}", token(&path))).await;
        assert_eq!(status, 404);
    }
    let form = |password: &'static str, again: &'static str| {
        [("name", "Ada <b>"), ("password", password), ("again", again)]
    };
    let (status, page) = stranger.submit(&path, &form(PASSWORD, OTHER)).await;
    assert!(status == 400 && page.contains("ne sont pas les mêmes"), "{page}");
    assert!(page.contains("Ada &#60;b&#62;"), "what was typed stays, as text: {page}");
    let (status, page) = stranger.submit(&path, &form("court", "court")).await;
    assert!(status == 400 && page.contains("de 12 à 200 caractères"), "{page}");
    assert_eq!(app.row_counts().await, before);

    let nameless = json!({ "token": token(&path), "password": PASSWORD });
    let required = ("REQUIRED", "displayName", "");
    app.refuses(&stranger, ("acceptInvitation", nameless), required).await;
    let (status, page) = stranger.submit(&path, &form(PASSWORD, PASSWORD)).await;
    assert!(status == 200 && page.contains("Invitation acceptée"), "{page}");
    let ada = sign_in(&app, email, PASSWORD).await.expect("signed in");
    assert_eq!(roles(&ada).await, json!([{ "role": "DECIDER" }]));
    for _ in 0..2 {
        let (status, _) = stranger.page(Method::GET, &path).await;
        assert_eq!(status, 404, "it serves once");
        let again = json!({ "token": token(&path), "displayName": "A", "password": OTHER });
        app.refuses(&stranger, ("acceptInvitation", again), ("LINK_INVALID", "token", "")).await;
    }
    // From then on roles are given to the account at once.
    let input = invite(email, "FINANCE", &staff.authority);
    staff.admin.act("grantRole", input.clone(), "grant { id }").await.text("grant.id");
    app.refuses(&staff.admin, ("grantRole", input), ("ROLE_ALREADY_HELD", "role", "")).await;
}

/// Refusal 12: a second invitation voids the first, one may be taken back, and each is over after a week;
/// the roles offered to an address are taken together.
#[tokio::test]
async fn an_invitation_may_be_replaced_taken_back_or_too_late() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let stranger = app.stranger();
    let accept = |path: &str| {
        let token = token(path);
        json!({ "token": token, "displayName": "Grace", "password": PASSWORD })
    };
    let dead = async |path: &str| {
        let expected = ("LINK_INVALID", "token", "");
        app.refuses(&stranger, ("acceptInvitation", accept(path)), expected).await;
    };
    let email = "grace@certif-pro.example";
    offer(&app, &staff.admin, invite(email, "FINANCE", &staff.authority)).await;
    let first = path(&mail(&app, email).await);
    let second = offer(&app, &staff.admin, invite(email, "FINANCE", &staff.authority)).await;
    let replaced = path(&mail(&app, email).await);
    dead(&first).await;

    // Who administers sees it and takes it back; nobody else does either.
    let list = "{ authorities { edges { node { invitations { id email } } } } }";
    let seen = staff.admin.query(list, json!({})).await;
    assert_eq!(at(&seen, "authorities.edges.0.node.invitations.0.id"), second.as_str());
    let organism = app.organism(5001).await;
    let seen = organism.admin.query(list, json!({})).await;
    assert_eq!(at(&seen, "authorities.edges.0.node.invitations"), &json!([]));
    let back = json!({ "invitationId": second });
    let hidden = ("NOT_FOUND", "invitationId", "");
    app.refuses(&organism.admin, ("revokeInvitation", back.clone()), hidden).await;
    app.refuses(&staff.decider, ("revokeInvitation", back.clone()), ("FORBIDDEN", "", "")).await;
    let done = staff.admin.act("revokeInvitation", back.clone(), "invitation { voidedAt }").await;
    done.text("invitation.voidedAt");
    app.refuses(&staff.admin, ("revokeInvitation", back), hidden).await;
    dead(&replaced).await;

    let late = offer(&app, &staff.admin, invite(email, "FINANCE", &staff.authority)).await;
    let expired = path(&mail(&app, email).await);
    invitation::Entity::update_many()
        .col_expr(invitation::Column::ExpiresAt, Expr::value(machine_now()))
        .filter(invitation::Column::Id.eq(e2e::uuid_of::<entity::ids::InvitationId>(&late)))
        .exec(&app.app.db)
        .await
        .expect("expired");
    dead(&expired).await;

    offer(&app, &staff.admin, invite(email, "CASE_OFFICER", &staff.authority)).await;
    offer(&app, &staff.admin, invite(email, "DECIDER", &staff.authority)).await;
    let last = path(&mail(&app, email).await);
    // Many clicks at once take it once.
    let all = (0..6).map(|_| stranger.act("acceptInvitation", accept(&last), "account { email }"));
    let answers = futures::future::join_all(all).await;
    let taken: Vec<_> = answers.iter().filter(|answer| answer.refusals.is_empty()).collect();
    assert_eq!(taken.len(), 1, "{answers:?}");
    assert_eq!(taken[0].text("account.email"), email);
    let grace = sign_in(&app, email, PASSWORD).await.expect("signed in");
    assert_eq!(roles(&grace).await, json!([{ "role": "CASE_OFFICER" }, { "role": "DECIDER" }]));
}

/// Whoever opens an account under another's address before them receives none of their roles: the holder of
/// the address takes the account over.
#[tokio::test]
async fn an_account_opened_under_anothers_address_is_taken_over() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let stranger = app.stranger();
    let email = "alan@certif-pro.example";
    let open = json!({ "email": email, "displayName": "Un autre", "password": OTHER });
    stranger.act("openAccount", open, "").await.done();
    let intruder = sign_in(&app, email, OTHER).await.expect("signed in");
    offer(&app, &staff.admin, invite(email, "DECIDER", &staff.authority)).await;
    assert_eq!(roles(&intruder).await, json!([]), "the role waits for the address's holder");
    let path = path(&mail(&app, email).await);
    let input = json!({ "token": token(&path), "password": PASSWORD });
    stranger.act("acceptInvitation", input, "").await.done();
    let told = intruder.raw("{ viewer { account { email } } }", json!({})).await;
    assert_eq!(at(&told, "errors.0.extensions.code"), "UNAUTHENTICATED");
    assert!(sign_in(&app, email, OTHER).await.is_err());
    let alan = sign_in(&app, email, PASSWORD).await.expect("signed in");
    assert_eq!(roles(&alan).await, json!([{ "role": "DECIDER" }]));
}

/// Interpretation 26: who invites gives what it could give, no more; a name that would begin a line of a
/// header is refused or stays on its line (refusal 13).
#[tokio::test]
async fn an_invitation_gives_no_more_than_its_sender_could_and_injects_nothing() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(5002).await;
    let to =
        |role: &str| json!({ "email": "x@exemple.fr", "role": role, "organismId": organism.id });
    app.refuses(&staff.admin, ("grantRole", to("ORGANISM_STAFF")), ("FORBIDDEN", "", "")).await;
    let above = invite("x@exemple.fr", "DECIDER", &staff.authority);
    app.refuses(&organism.admin, ("grantRole", above.clone()), ("FORBIDDEN", "", "")).await;
    app.refuses(&staff.operator, ("grantRole", above), ("FORBIDDEN", "", "")).await;
    let wrong = json!({ "email": "x@exemple.fr\r\nBcc: y@exemple.fr", "role": "ORGANISM_STAFF",
        "organismId": organism.id });
    app.refuses(&organism.admin, ("grantRole", wrong), ("EMAIL_INVALID", "email", "")).await;
    let open = json!({ "email": "z@exemple.fr", "displayName": "Z\r\nBcc: y@exemple.fr",
        "password": PASSWORD });
    let stranger = app.stranger();
    app.refuses(&stranger, ("openAccount", open), ("NAME_INVALID", "displayName", "")).await;

    entity::organism::Entity::update_many()
        .col_expr(
            entity::organism::Column::Name,
            Expr::value("École\r\nBcc: y@exemple.fr <script>"),
        )
        .filter(entity::organism::Column::Siren.eq(organism.siren.as_str()))
        .exec(&app.app.db)
        .await
        .expect("renamed");
    offer(&app, &organism.admin, to("ORGANISM_STAFF")).await;
    let mail = mail(&app, "x@exemple.fr").await;
    assert_eq!(mail.to, "x@exemple.fr");
    assert!(mail.subject.contains("École Bcc: y@exemple.fr <script>"), "{}", mail.subject);
    assert!(!mail.html.contains("<script"), "{}", mail.html);
}

/// Mails leave in the platform's name: a person sends a hundred invitations a day.
#[tokio::test]
async fn a_person_sends_a_hundred_invitations_a_day() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let one = offer(&app, &staff.admin, invite("n0@exemple.fr", "DECIDER", &staff.authority)).await;
    let id = entity::ids::InvitationId(e2e::uuid_of::<entity::ids::InvitationId>(&one));
    let sent = invitation::Entity::find_by_id(id).one(&app.app.db).await.expect("readable");
    let sent = sent.expect("an invitation");
    let more = (1..100).map(|n| {
        let id = entity::ids::InvitationId::new();
        invitation::Model { id, email: format!("n{n}@exemple.fr"), ..sent.clone() }
    });
    let more = more.map(|row| row.into_active_model().reset_all());
    let more = invitation::Entity::insert_many(more);
    more.exec_without_returning(&app.app.db).await.expect("inserted");
    let input = invite("last@exemple.fr", "DECIDER", &staff.authority);
    let refused = ("TOO_MANY_INVITATIONS", "", "");
    app.refuses(&staff.admin, ("grantRole", input.clone()), refused).await;
    let yesterday = machine_now() - chrono::Duration::hours(25);
    invitation::Entity::update_many()
        .col_expr(invitation::Column::CreatedAt, Expr::value(yesterday))
        .exec(&app.app.db)
        .await
        .expect("aged");
    offer(&app, &staff.admin, input).await;
}

/// Refusals 10 to 12: a forgotten password is replaced by a link, which ends every session and serves once;
/// an address without an account receives nothing.
#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link() {
    let app = TestApp::start().await;
    let stranger = app.stranger();
    let email = "mary@exemple.fr";
    let open = json!({ "email": email, "displayName": "Mary", "password": PASSWORD });
    stranger.act("openAccount", open, "").await.done();
    let mary = sign_in(&app, email, PASSWORD).await.expect("signed in");
    let (status, told) = stranger.submit("/password-resets", &[("email", email)]).await;
    let (other, same) = stranger.submit("/password-resets", &[("email", "no@exemple.fr")]).await;
    assert_eq!((status, told), (other, same), "the same page for both");
    let ask = json!({ "email": email });
    stranger.act("requestPasswordReset", ask, "message").await.text("message");
    app.idle().await;
    assert!(app.mails_to("no@exemple.fr").is_empty());
    let [first, second] = app.mails_to(email).try_into().expect("two mails");
    let (first, second) = (path(&first), path(&second));
    let snapshot = mail(&app, email).await.text.replace(&token(&second), "JETON");
    insta::assert_snapshot!("reset_mail", snapshot);

    let before = app.row_counts().await;
    for _ in 0..2 {
        assert_eq!(stranger.page(Method::GET, &second).await.0, 200);
    }
    let weak = json!({ "token": token(&second), "newPassword": "court" });
    let expected = ("PASSWORD_TOO_WEAK", "newPassword", "");
    app.refuses(&stranger, ("resetPassword", weak), expected).await;
    let form = |again: &'static str| [("password", OTHER), ("again", again)];
    assert_eq!(stranger.submit(&second, &form(PASSWORD)).await.0, 400);
    assert_eq!(app.row_counts().await, before);

    let input = json!({ "token": token(&second), "newPassword": OTHER });
    let all = (0..4).map(|_| stranger.act("resetPassword", input.clone(), ""));
    let answers = futures::future::join_all(all).await;
    assert_eq!(answers.iter().filter(|answer| answer.refusals.is_empty()).count(), 1);
    let told = mary.raw("{ viewer { account { email } } }", json!({})).await;
    assert_eq!(at(&told, "errors.0.extensions.code"), "UNAUTHENTICATED", "her sessions ended");
    for dead in [&first, &second] {
        assert_eq!(stranger.page(Method::GET, dead).await.0, 404);
        let again = json!({ "token": token(dead), "newPassword": PASSWORD });
        app.refuses(&stranger, ("resetPassword", again), ("LINK_INVALID", "token", "")).await;
    }
    assert!(sign_in(&app, email, PASSWORD).await.is_err());
    sign_in(&app, email, OTHER).await.expect("signed in");
}

/// Refusal 12: an hour later the link opens nothing.
#[tokio::test]
async fn a_link_to_a_new_password_is_soon_over() {
    let app = TestApp::start().await;
    app.account("late@exemple.fr").await;
    let stranger = app.stranger();
    stranger.act("requestPasswordReset", json!({ "email": "late@exemple.fr" }), "").await.done();
    let path = path(&mail(&app, "late@exemple.fr").await);
    let reset = password_reset::Entity::find().one(&app.app.db).await.expect("readable");
    let reset = reset.expect("a reset");
    assert_eq!(reset.expires_at - reset.created_at, chrono::Duration::hours(1));
    password_reset::Entity::update_many()
        .col_expr(password_reset::Column::ExpiresAt, Expr::value(machine_now()))
        .exec(&app.app.db)
        .await
        .expect("expired");
    assert_eq!(stranger.page(Method::GET, &path).await.0, 404);
    let input = json!({ "token": token(&path), "newPassword": PASSWORD });
    app.refuses(&stranger, ("resetPassword", input), ("LINK_INVALID", "token", "")).await;
}

/// Refusal 11: a changed password ends the account's other sessions, and asks for the one in use.
#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let app = TestApp::start().await;
    let stranger = app.stranger();
    let email = "joan@exemple.fr";
    let open = json!({ "email": email, "displayName": "Joan", "password": PASSWORD });
    stranger.act("openAccount", open, "").await.done();
    let here = sign_in(&app, email, PASSWORD).await.expect("signed in");
    let there = sign_in(&app, email, PASSWORD).await.expect("signed in");
    let change =
        |current: &str, new: &str| json!({ "currentPassword": current, "newPassword": new });
    let wrong = ("changePassword", change(OTHER, "un troisième mot de passe"));
    app.refuses(&here, wrong, ("PASSWORD_WRONG", "currentPassword", "")).await;
    let weak = ("changePassword", change(PASSWORD, "court"));
    app.refuses(&here, weak, ("PASSWORD_TOO_WEAK", "newPassword", "")).await;
    let nobody = ("changePassword", change(PASSWORD, OTHER));
    app.refuses(&stranger, nobody, ("NOT_SIGNED_IN", "", "")).await;
    here.act("changePassword", change(PASSWORD, OTHER), "").await.done();
    assert!(!here.query("{ viewer { account { email } } }", json!({})).await["viewer"].is_null());
    let told = there.raw("{ viewer { account { email } } }", json!({})).await;
    assert_eq!(at(&told, "errors.0.extensions.code"), "UNAUTHENTICATED");
    assert!(sign_in(&app, email, PASSWORD).await.is_err());
}

/// What names people and is of no more use is removed by the day's reconciler, and nothing else is.
#[tokio::test]
async fn what_is_over_is_removed() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let stranger = app.stranger();
    offer(&app, &staff.admin, invite("old@exemple.fr", "DECIDER", &staff.authority)).await;
    stranger.act("requestPasswordReset", json!({ "email": "old@exemple.fr" }), "").await.done();
    let wrong = json!({ "email": "old@exemple.fr", "password": PASSWORD });
    stranger.act("signIn", wrong, "").await.refused("SIGN_IN_FAILED", "", "");
    app.idle().await;
    let long_ago = machine_now() - chrono::Duration::days(91);
    let db = &app.app.db;
    let mine = app.account("old-session@exemple.fr").await;
    let sessions = app.count::<session::Entity>().await;
    invitation::Entity::update_many()
        .col_expr(invitation::Column::ExpiresAt, Expr::value(long_ago))
        .exec(db)
        .await
        .expect("aged");
    password_reset::Entity::update_many()
        .col_expr(password_reset::Column::ExpiresAt, Expr::value(long_ago))
        .exec(db)
        .await
        .expect("aged");
    entity::sign_in_attempt::Entity::update_many()
        .col_expr(entity::sign_in_attempt::Column::At, Expr::value(long_ago))
        .exec(db)
        .await
        .expect("aged");
    let begun = |at, mark: &str| entity::oidc_attempt::ActiveModel {
        state_hash: Set(mark.to_owned()),
        browser_hash: Set(String::new()),
        challenge: Set(None),
        expires_at: Set(at),
        used_at: Set(None),
    };
    begun(long_ago, "old").insert(db).await.expect("inserted");
    begun(machine_now(), "new").insert(db).await.expect("inserted");
    let old = account::Column::Email.eq("old-session@exemple.fr");
    let old = account::Entity::find().filter(old).one(db).await.expect("readable").expect("known");
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(long_ago))
        .filter(session::Column::AccountId.eq(old.id))
        .exec(db)
        .await
        .expect("aged");
    let code = |at, mark: &str| entity::sign_in_code::ActiveModel {
        code_hash: Set(mark.to_owned()),
        account_id: Set(old.id),
        challenge: Set(String::new()),
        expires_at: Set(at),
        used_at: Set(None),
    };
    code(long_ago, "old").insert(db).await.expect("inserted");
    code(machine_now(), "new").insert(db).await.expect("inserted");
    stranger.act("requestPasswordReset", json!({ "email": "new@exemple.fr" }), "").await.done();
    offer(&app, &staff.admin, invite("new@exemple.fr", "DECIDER", &staff.authority)).await;
    app.on("2026-01-06").await;
    assert_eq!(app.count::<entity::oidc_attempt::Entity>().await, 1);
    assert_eq!(app.count::<entity::sign_in_code::Entity>().await, 1);
    assert_eq!(app.count::<session::Entity>().await, sessions - 1);
    assert_eq!(app.count::<invitation::Entity>().await, 1);
    assert_eq!(app.count::<password_reset::Entity>().await, 1);
    assert_eq!(app.count::<account_link::Entity>().await, 1, "that of the new invitation");
    assert_eq!(app.count::<entity::sign_in_attempt::Entity>().await, 1);
    assert!(mine.raw("{ clock { today } }", json!({})).await["errors"].is_array());
    assert!(matches!(
        app.staff().await.admin.query("{ clock { today } }", json!({})).await,
        Value::Object(_)
    ));
}

/// Interpretation 26: the last administrator stays although another was invited: that one may never come.
#[tokio::test]
async fn an_invited_administrator_does_not_let_the_last_one_go() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    offer(&app, &staff.admin, invite("b@exemple.fr", "AUTHORITY_ADMIN", &staff.authority)).await;
    let list = "{ authorities { edges { node { grants { id role } } } } }";
    let seen = staff.admin.query(list, json!({})).await;
    let grants = at(&seen, "authorities.edges.0.node.grants").as_array().expect("a list").clone();
    let mine = grants.iter().find(|g| g["role"] == Role::AuthorityAdmin.as_str()).expect("mine");
    let revoke = ("revokeRole", json!({ "grantId": mine["id"] }));
    app.refuses(&staff.admin, revoke, ("LAST_ADMINISTRATOR", "grantId", "")).await;
}
