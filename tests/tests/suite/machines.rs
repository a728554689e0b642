//! The credentials of organisms' tools: what they open, how they end, how they are replaced.

use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};
use e2e::{Answer, CODES, Client, Organism, Staff, TestApp, at};
use entity::ids::{MachineCredentialId, TypedId};
use entity::kind::Role;
use entity::machine_credential::{Column, Entity, Model};
use entity::{idempotency_key, journal};
use futures::future::join_all;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use service::clock::{machine_now, paris_date};

const HOLDS: &str = "{ viewerMachine { id state } }";

fn in_days(days: u64) -> NaiveDate {
    paris_date(machine_now()).checked_add_days(Days::new(days)).expect("a date")
}

fn input(organism: &Organism, scopes: &[&str], expires_on: NaiveDate) -> Value {
    json!({
        "organismId": organism.id, "name": "Logiciel de formation", "scopes": scopes,
        "expiresOn": expires_on.to_string(),
    })
}

/// A new credential of the organism: its id and its token.
async fn create(organism: &Organism, scopes: &[&str]) -> (String, String) {
    let answer = organism
        .admin
        .act(
            "createMachineCredential",
            input(organism, scopes, in_days(60)),
            "token credential { id }",
        )
        .await;
    (answer.text("credential.id"), answer.text("token"))
}

async fn tool(app: &TestApp, organism: &Organism, scopes: &[&str]) -> Client {
    app.bearer(&create(organism, scopes).await.1)
}

async fn rotate(organism: &Organism, id: &str) -> Answer {
    let input = json!({ "credentialId": id });
    let fields = "token credential { id state expiresAt name scopes }";
    organism.admin.act("rotateMachineCredential", input, fields).await
}

async fn revoke(organism: &Organism, id: &str) -> Answer {
    let input = json!({ "credentialId": id });
    organism.admin.act("revokeMachineCredential", input, "credential { state revokedAt }").await
}

/// How the token is answered: the state of its credential, or the code of its rejection.
async fn answered(app: &TestApp, token: &str) -> String {
    let answer = app.bearer(token).raw(HOLDS, json!({})).await;
    let code = at(&answer, "errors.0.extensions.code").as_str();
    let state = at(&answer, "data.viewerMachine.state").as_str();
    code.or(state).unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn row(app: &TestApp, id: &str) -> Model {
    let id: MachineCredentialId = id.parse().expect("an id");
    Entity::find_by_id(id).one(&app.app.db).await.expect("readable").expect("the credential")
}

async fn set(app: &TestApp, id: &str, column: Column, at: DateTime<Utc>) {
    let id: MachineCredentialId = id.parse().expect("an id");
    let changed = Entity::update_many()
        .col_expr(column, Expr::value(at))
        .filter(Column::Id.eq(id))
        .exec(&app.app.db)
        .await
        .expect("changed");
    assert_eq!(changed.rows_affected, 1);
}

async fn habilitated(app: &TestApp, number: u32) -> (Staff, Organism, String) {
    let staff = app.staff().await;
    let (organism, habilitation) = app.habilitated(&staff, number, "2026-02-10").await;
    (staff, organism, habilitation)
}

/// A tool with the scope to write carries a candidate from the registration to the evaluation, and the
/// journal names its credential, no person.
#[tokio::test]
async fn a_tool_carries_a_candidate_to_the_evaluation() {
    let app = TestApp::start().await;
    let (staff, organism, habilitation) = habilitated(&app, 5001).await;
    let (id, token) = create(&organism, &["CANDIDATES_WRITE"]).await;
    let training = Organism { admin: app.bearer(&token), ..organism.clone() };
    let (candidate, enrolment) = app.enrolled(&staff, &training, &habilitation, "Masson").await;
    app.prior(&training, &enrolment, &[CODES[0]]).await.done();
    app.trained(&training, &enrolment).await;
    let evaluation = app.evaluation(&training, &enrolment, (&[CODES[0]], &[])).await;
    training.admin.act("recordFinalEvaluation", evaluation, "evaluation { id }").await.done();
    let seen = app
        .node(
            &training.admin,
            &candidate,
            "... on Candidate { birthName enrolments { totalCount } }",
        )
        .await;
    assert_eq!(at(&seen, "birthName"), "Masson");
    let told = journal::Entity::find()
        .filter(journal::Column::Actor.eq(format!("machine:{id}")))
        .all(&app.app.db)
        .await
        .expect("readable");
    let acts: Vec<&str> = told.iter().map(|entry| entry.act.as_str()).collect();
    let expected = [
        "registerCandidate",
        "enrolCandidate",
        "recordPriorEvaluation",
        "openTrainingPath",
        "completeTrainingPath",
        "recordFinalEvaluation",
    ];
    assert_eq!(acts, expected);
    assert!(told.iter().all(|entry| entry.account_id.is_none()));
}

/// What has legal will is a person's, whatever the scopes; a scope opens what it names alone.
#[tokio::test]
async fn a_tool_never_acts_with_legal_will() {
    let app = TestApp::start().await;
    let (staff, organism, habilitation) = habilitated(&app, 5002).await;
    let (_, enrolment) = app.enrolled(&staff, &organism, &habilitation, "Leroy").await;
    app.prior(&organism, &enrolment, &[]).await.done();
    let today = app.today().await.to_string();
    let campaign = app.campaign(&staff, (&today, &today), "2026-03-10").await;
    let (credential, token) =
        create(&organism, &["BILLING_READ", "CANDIDATES_READ", "CANDIDATES_WRITE"]).await;
    let tool = app.bearer(&token);
    let site = json!({
        "organismId": organism.id, "name": "B", "address": "2 rue B", "postalCode": "44000", "city": "Nantes",
    });
    let role = json!({
        "email": "admin@org5002.example", "role": "ORGANISM_STAFF", "organismId": organism.id,
    });
    for (act, wanted) in [
        ("fileApplication", app.filing(&organism, &campaign)),
        ("recordJury", app.jury(&organism, &[&enrolment]).await),
        ("addSite", site),
        ("grantRole", role),
        ("createMachineCredential", input(&organism, &["BILLING_READ"], in_days(9))),
        ("rotateMachineCredential", json!({ "credentialId": credential })),
        ("revokeMachineCredential", json!({ "credentialId": credential })),
        ("advanceClock", json!({ "to": "2026-05-01" })),
    ] {
        println!("{act}");
        app.refuses(&tool, (act, wanted), ("FORBIDDEN", "", "")).await;
    }
    let signed_out = "mutation { signOut { refusals { code } } }";
    let answer = tool.query(signed_out, json!({})).await;
    assert_eq!(at(&answer, "signOut.refusals.0.code"), "FORBIDDEN");
}

/// Each scope reads its own: candidates without invoices, invoices without candidates; neither sees
/// applications, notices, roles or other credentials.
#[tokio::test]
async fn each_scope_reads_its_own() {
    let app = TestApp::start().await;
    let (staff, organism, habilitation) = habilitated(&app, 5003).await;
    let enrolment = app.awarded(&staff, &organism, &habilitation, "Colin").await;
    app.on("2026-04-01").await;
    let reader = tool(&app, &organism, &["CANDIDATES_READ"]).await;
    let biller = tool(&app, &organism, &["BILLING_READ"]).await;
    let fields = "... on Organism { name balance sites { id } practitioners { id } grants { id } \
                  candidates { totalCount } invoices { totalCount } applications { totalCount } \
                  notices { totalCount } habilitations { totalCount } machineCredentials { totalCount } }";
    let seen = |of: Value| {
        let count = |path: &str| at(&of, &format!("{path}.totalCount")).as_u64().expect("a count");
        let all = |path: &str| at(&of, path).as_array().expect("a list").len() as u64;
        let counts = [
            "candidates",
            "invoices",
            "applications",
            "notices",
            "habilitations",
            "machineCredentials",
        ];
        let mut seen: Vec<u64> = counts.into_iter().map(count).collect();
        seen.extend(["sites", "practitioners", "grants"].into_iter().map(all));
        (seen, at(&of, "balance").is_null())
    };
    let of_reader = app.node(&reader, &organism.id, fields).await;
    assert_eq!(seen(of_reader), (vec![1, 0, 0, 0, 1, 1, 1, 3, 0], true));
    let of_biller = app.node(&biller, &organism.id, fields).await;
    assert_eq!(seen(of_biller), (vec![0, 1, 0, 0, 1, 1, 1, 0, 0], false));
    let of_admin = app.node(&organism.admin, &organism.id, fields).await;
    let (all, _) = seen(of_admin);
    assert!(all.iter().all(|count| *count > 0), "the administrator sees all: {all:?}");
    assert!(app.node(&biller, &enrolment, "").await.is_null());
    assert_eq!(app.node(&reader, &enrolment, "").await["id"], enrolment.as_str());
    let input = json!({
        "organismId": organism.id, "birthName": "Non", "firstNames": "Claude", "birthDate": "1991-07-14",
        "sex": "F", "birthPlaceCode": "44109", "birthPlaceName": "Nantes", "birthCountry": "France",
    });
    for one in [&reader, &biller] {
        app.refuses(one, ("registerCandidate", input.clone()), ("FORBIDDEN", "", "")).await;
    }
}

/// What is another organism's answers a tool exactly as what does not exist.
#[tokio::test]
async fn a_tool_of_another_organism_sees_nothing() {
    let app = TestApp::start().await;
    let (staff, organism, habilitation) = habilitated(&app, 5004).await;
    let other = app.organism(5005).await;
    let (candidate, enrolment) = app.enrolled(&staff, &organism, &habilitation, "Faure").await;
    let (credential, _) = create(&organism, &["CANDIDATES_READ"]).await;
    let tool = tool(&app, &other, &["BILLING_READ", "CANDIDATES_READ", "CANDIDATES_WRITE"]).await;
    for id in [&candidate, &enrolment, &organism.id, &habilitation, &credential, &organism.trainer]
    {
        assert!(app.node(&tool, id, "").await.is_null(), "{id}");
    }
    let foreign = app.enrolment(&staff, &organism, (&candidate, &habilitation));
    app.refuses(&tool, ("enrolCandidate", foreign), ("NOT_FOUND", "candidateId", "")).await;
    let register = json!({
        "organismId": organism.id, "birthName": "Non", "firstNames": "Claude", "birthDate": "1991-07-14",
        "sex": "F", "birthPlaceCode": "44109", "birthPlaceName": "Nantes", "birthCountry": "France",
    });
    app.refuses(&tool, ("registerCandidate", register), ("NOT_FOUND", "organismId", "")).await;
}

/// Only the organism's administrators make, see, replace and revoke its credentials, with what they need.
#[tokio::test]
async fn an_administrator_alone_makes_credentials() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(5006).await;
    let other = app.organism(5007).await;
    let (id, _) = create(&organism, &["CANDIDATES_READ"]).await;
    let member = app.with_role("staff@org5006.example", Role::OrganismStaff, &organism.id).await;
    let good = || input(&organism, &["CANDIDATES_READ"], in_days(30));
    let make = "createMachineCredential";
    app.refuses(&app.stranger(), (make, good()), ("NOT_SIGNED_IN", "", "")).await;
    app.refuses(&member, (make, good()), ("FORBIDDEN", "", "")).await;
    app.refuses(&other.admin, (make, good()), ("NOT_FOUND", "organismId", "")).await;
    for act in ["rotateMachineCredential", "revokeMachineCredential"] {
        for who in [&member, &other.admin, &staff.officer, &staff.operator] {
            let input = json!({ "credentialId": id });
            app.refuses(who, (act, input), ("NOT_FOUND", "credentialId", "")).await;
        }
    }
    let page = "... on Organism { machineCredentials { edges { node { id name scopes state lastUsedAt \
                tokenPrefix createdBy { email } } } } }";
    for who in [&member, &staff.officer] {
        let seen = app.node(who, &organism.id, page).await;
        assert!(at(&seen, "machineCredentials.edges.0").is_null(), "{seen}");
    }
    let seen = app.node(&organism.admin, &organism.id, page).await;
    let node = at(&seen, "machineCredentials.edges.0.node");
    assert_eq!(node["id"], id.as_str());
    assert_eq!(node["scopes"], json!(["CANDIDATES_READ"]));
    assert_eq!(at(node, "createdBy.email"), "admin@org5006.example");
    assert_eq!(node["state"], "ACTIVE");
    for (mut wrong, code, field) in [
        (json!({ "name": " " }), "REQUIRED", "name"),
        (json!({ "name": "x".repeat(101) }), "TOO_LONG", "name"),
        (json!({ "scopes": [] }), "SCOPES_REQUIRED", "scopes"),
        (json!({ "expiresOn": "2020-01-01" }), "EXPIRY_INVALID", "expiresOn"),
        (
            json!({ "expiresOn": in_days(2).checked_add_months(Months::new(12)).expect("a date") }),
            "EXPIRY_INVALID",
            "expiresOn",
        ),
    ] {
        let mut input = good();
        let wrong = wrong.as_object_mut().expect("an object");
        input.as_object_mut().expect("an object").append(wrong);
        app.refuses(&organism.admin, (make, input), (code, field, "")).await;
    }
}

/// An organism has twenty credentials at most, even made at once; the token leaves no trace but its hash.
#[tokio::test]
async fn an_organism_has_so_many_credentials() {
    let app = TestApp::start().await;
    let organism = app.organism(5008).await;
    for _ in 0..18 {
        create(&organism, &["BILLING_READ"]).await;
    }
    let one = || input(&organism, &["BILLING_READ"], in_days(9));
    let all = (0..4).map(|_| organism.admin.act("createMachineCredential", one(), "token"));
    let answers = join_all(all).await;
    let done: Vec<_> = answers.iter().filter(|answer| answer.refusals.is_empty()).collect();
    assert_eq!(done.len(), 2);
    for refused in answers.iter().filter(|answer| !answer.refusals.is_empty()) {
        refused.refused("CREDENTIALS_TOO_MANY", "organismId", "");
    }
    let token = done[0].text("token");
    let rows = Entity::find().all(&app.app.db).await.expect("readable");
    assert_eq!(rows.len(), 20);
    assert!(!format!("{rows:?}").contains(&token));
    let told = journal::Entity::find().all(&app.app.db).await.expect("readable");
    assert!(!format!("{told:?}").contains("cmc_"));
}

/// Unknown, expired to the minute, revoked: one answer, as for a session.
#[tokio::test]
async fn a_credential_ends() {
    let app = TestApp::start().await;
    let organism = app.organism(5009).await;
    let (id, token) = create(&organism, &["CANDIDATES_READ"]).await;
    assert_eq!(answered(&app, &token).await, "ACTIVE");
    set(&app, &id, Column::ExpiresAt, machine_now() + TimeDelta::minutes(1)).await;
    assert_eq!(answered(&app, &token).await, "ACTIVE");
    set(&app, &id, Column::ExpiresAt, machine_now()).await;
    assert_eq!(answered(&app, &token).await, "UNAUTHENTICATED");
    rotate(&organism, &id).await.refused("CREDENTIAL_ENDED", "credentialId", "");
    let (id, token) = create(&organism, &["CANDIDATES_READ"]).await;
    assert_eq!(revoke(&organism, &id).await.text("credential.state"), "REVOKED");
    assert_eq!(answered(&app, &token).await, "UNAUTHENTICATED");
    revoke(&organism, &id).await.refused("CREDENTIAL_ENDED", "credentialId", "");
    let body = |answer: Value| at(&answer, "errors.0.message").as_str().expect("told").to_owned();
    let unknown = app.bearer(&format!("{}0", &token[..token.len() - 1]));
    let unknown = body(unknown.raw(HOLDS, json!({})).await);
    let revoked = body(app.bearer(&token).raw(HOLDS, json!({})).await);
    let no_session = body(app.bearer("inconnu").raw(HOLDS, json!({})).await);
    assert_eq!((&unknown, &revoked), (&no_session, &no_session));
}

/// The replaced credential holds for seven days beside the new one, under the same scopes and the same
/// idempotency keys; revoked, it leaves the new one.
#[tokio::test]
async fn a_credential_is_replaced_without_a_gap() {
    let app = TestApp::start().await;
    let organism = app.organism(5010).await;
    let (old_id, old) = create(&organism, &["CANDIDATES_WRITE"]).await;
    let before = machine_now();
    let answer = rotate(&organism, &old_id).await;
    let (new_id, new) = (answer.text("credential.id"), answer.text("token"));
    assert_eq!(at(&answer.payload, "credential.scopes"), &json!(["CANDIDATES_WRITE"]));
    assert_eq!(answered(&app, &old).await, "ENDING");
    assert_eq!(answered(&app, &new).await, "ACTIVE");
    let (replaced, by) = (row(&app, &old_id).await, row(&app, &new_id).await);
    let overlap = replaced.expires_at - before;
    assert!(overlap >= TimeDelta::days(7) && overlap < TimeDelta::days(8), "{overlap}");
    assert_eq!(replaced.replaced_by_id.map(|id| id.to_string()), Some(new_id.clone()));
    assert!(by.expires_at > replaced.expires_at);
    let register = json!({
        "organismId": organism.id, "birthName": "Une", "firstNames": "Fois", "birthDate": "1991-07-14",
        "sex": "F", "birthPlaceCode": "44109", "birthPlaceName": "Nantes", "birthCountry": "France",
        "idempotencyKey": "inscription-1",
    });
    let mut candidates = Vec::new();
    for token in [&old, &new] {
        let answer =
            app.bearer(token).act("registerCandidate", register.clone(), "candidate { id }").await;
        candidates.push(answer.text("candidate.id"));
    }
    assert_eq!(candidates[0], candidates[1], "the tool repeats its act under its new credential");
    let keys = idempotency_key::Entity::find().all(&app.app.db).await.expect("readable");
    let holder = old_id.parse::<MachineCredentialId>().expect("an id").uuid();
    assert!(keys.iter().any(|key| key.holder_id == holder && key.key == "inscription-1"));
    revoke(&organism, &old_id).await.done();
    assert_eq!(answered(&app, &old).await, "UNAUTHENTICATED");
    assert_eq!(answered(&app, &new).await, "ACTIVE");
}

/// Revoking the new one ends the tool's access whole: what it replaced does not outlive it.
#[tokio::test]
async fn revoking_ends_what_was_replaced_too() {
    let app = TestApp::start().await;
    let organism = app.organism(5011).await;
    let (first_id, first) = create(&organism, &["CANDIDATES_READ"]).await;
    let (_, bystander) = create(&organism, &["CANDIDATES_READ"]).await;
    let second = rotate(&organism, &first_id).await;
    let third = rotate(&organism, &second.text("credential.id")).await;
    revoke(&organism, &third.text("credential.id")).await.done();
    for token in [first, second.text("token"), third.text("token")] {
        assert_eq!(answered(&app, &token).await, "UNAUTHENTICATED");
    }
    assert_eq!(answered(&app, &bystander).await, "ACTIVE");
}

/// Of several rotations at once one is done: no token is shown that soon dies unseen.
#[tokio::test]
async fn rotations_at_once_make_one_credential() {
    let app = TestApp::start().await;
    let organism = app.organism(5012).await;
    for _ in 0..4 {
        let (id, token) = create(&organism, &["CANDIDATES_READ"]).await;
        let answers = join_all((0..4).map(|_| rotate(&organism, &id))).await;
        let (done, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.refusals.is_empty());
        assert_eq!(done.len(), 1);
        for answer in refused {
            answer.refused("CREDENTIAL_REPLACED", "credentialId", "");
        }
        assert_eq!(answered(&app, &token).await, "ENDING");
        assert_eq!(answered(&app, &done[0].text("token")).await, "ACTIVE");
    }
}

/// A key sent again makes nothing again, and shows no token twice.
#[tokio::test]
async fn a_token_is_shown_once() {
    let app = TestApp::start().await;
    let organism = app.organism(5013).await;
    let mut input = input(&organism, &["CANDIDATES_READ"], in_days(9));
    input["idempotencyKey"] = json!("creation-1");
    let fields = "token credential { id }";
    let first = organism.admin.act("createMachineCredential", input.clone(), fields).await;
    let again = organism.admin.act("createMachineCredential", input, fields).await;
    assert_eq!(first.text("credential.id"), again.text("credential.id"));
    assert!(first.text("token").starts_with("cmc_") && again.payload["token"].is_null());
    assert_eq!(app.count::<Entity>().await, 1);
}

/// The last use is shown, and written every five minutes at most.
#[tokio::test]
async fn the_last_use_is_shown() {
    let app = TestApp::start().await;
    let organism = app.organism(5014).await;
    let (id, token) = create(&organism, &["CANDIDATES_READ"]).await;
    let last = async || row(&app, &id).await.last_used_at;
    assert_eq!(last().await, None);
    let before = machine_now();
    answered(&app, &token).await;
    let first = last().await.expect("written");
    assert!(first >= before);
    answered(&app, &token).await;
    assert_eq!(last().await, Some(first), "not written again so soon");
    let ago = first - TimeDelta::minutes(6);
    set(&app, &id, Column::LastUsedAt, ago).await;
    answered(&app, &token).await;
    assert!(last().await.expect("written") >= first);
    let fields = "... on MachineCredential { lastUsedAt }";
    assert!(app.node(&organism.admin, &id, fields).await["lastUsedAt"].is_string());
}

/// The end is told to each administrator thirty and seven days before, once each; what was replaced,
/// revoked, or is no more theirs is not.
#[tokio::test]
async fn the_end_of_a_credential_is_told_once_a_step() {
    let app = TestApp::start().await;
    let organism = app.organism(5015).await;
    let second = "second@org5015.example";
    app.with_role(second, Role::OrganismAdmin, &organism.id).await;
    app.with_role("staff@org5015.example", Role::OrganismStaff, &organism.id).await;
    create(&organism, &["CANDIDATES_READ"]).await;
    let (revoked, _) = create(&organism, &["CANDIDATES_READ"]).await;
    revoke(&organism, &revoked).await.done();
    let end = in_days(60);
    let before = |days: u64| end.checked_sub_days(Days::new(days)).expect("a date").to_string();
    let told = |who: &str| {
        let mails = app.mails_to(who);
        mails.into_iter().filter(|mail| mail.subject.contains("Accès machine")).count()
    };
    let counts = || [told("admin@org5015.example"), told(second), told("staff@org5015.example")];
    for (days, expected) in [(31, [0, 0, 0]), (30, [1, 1, 0]), (29, [1, 1, 0]), (7, [2, 2, 0])] {
        app.on(&before(days)).await;
        assert_eq!(counts(), expected, "{days} days before");
    }
    // The same day again, as another scheduler would.
    let slot = before(7).parse().expect("a date");
    let ctx =
        service::context::Context::new(app.app.clone(), service::context::Actor::System, "test");
    let again = service::task::Reconciler::Credentials;
    service::schedule::reconcile(&ctx, again, slot).await.expect("run");
    app.idle().await;
    assert_eq!(counts(), [2, 2, 0]);
    let mail = app.mails_to(second).pop().expect("a mail");
    assert!(mail.text.contains("dans 7 jours") && mail.text.contains("Logiciel de formation"));
    let shown = row(&app, &create(&organism, &["BILLING_READ"]).await.0).await;
    assert!(!mail.text.contains(&shown.token_hash));
}
