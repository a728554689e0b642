//! III.4: opinions, providers, later meetings.

use e2e::{Client, Findings, TestApp, at, findings, uuid_of};
use entity::account_grant;
use entity::ids::AuthorityId;
use entity::kind::Role;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

/// III.4.b, X.a: the opinion is settled at the latest 5 working days before the meeting; a late one is
/// refused unless the application is moved to a later meeting.
#[tokio::test]
async fn a_late_opinion_needs_a_later_meeting() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(31).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    let deadlines = "... on Application { deadlines { edges { node { article dueOn status \
                     explanation { amount unit backwards startedOn skipped { date reason } } } } } }";
    let node = app.node(&staff.officer, &application, deadlines).await;
    let deadline = at(&node, "deadlines.edges.0.node");
    assert_eq!(deadline["article"], "III.4.b");
    assert_eq!(deadline["dueOn"], "2026-02-03");
    assert_eq!(deadline["status"], "OPEN");
    let explained = json!({
        "amount": 5, "unit": "WORKING_DAY", "backwards": true, "startedOn": "2026-02-10",
        "skipped": [
            { "date": "2026-02-08", "reason": "dimanche" },
            { "date": "2026-02-07", "reason": "samedi" },
        ],
    });
    assert_eq!(deadline["explanation"], explained);

    app.on("2026-02-04").await;
    let node = app.node(&staff.officer, &application, deadlines).await;
    assert_eq!(at(&node, "deadlines.edges.0.node.status"), "MISSED");
    let late = app.opinion(&staff, &application, Findings::Satisfied).await;
    late.refused("OPINION_TOO_LATE", "", "III.4.b");
    let meeting =
        json!({ "authorityId": staff.authority, "heldOn": "2026-03-10", "place": "Paris" });
    let meeting =
        staff.officer.act("scheduleMeeting", meeting, "meeting { id }").await.text("meeting.id");
    let to = |meeting: &str| json!({ "applicationId": application, "meetingId": meeting, "expectedVersion": 1 });
    app.refuses(
        &staff.officer,
        ("moveApplication", to(&campaign.meeting)),
        ("MEETING_NOT_LATER", "meetingId", "III.4.b"),
    )
    .await;
    staff.officer.act("moveApplication", to(&meeting), "").await.done();
    let node = app.node(&staff.officer, &application, deadlines).await;
    assert_eq!(at(&node, "deadlines.edges.0.node.dueOn"), "2026-03-03");
    app.on("2026-03-03").await;
    app.opinion(&staff, &application, Findings::Satisfied).await.done();
    let node = app.node(&staff.officer, &application, deadlines).await;
    assert_eq!(at(&node, "deadlines.edges.0.node.status"), "MET");
    let again = app.opinion(&staff, &application, Findings::Satisfied).await;
    again.refused("OPINION_ALREADY_SETTLED", "", "III.4.b");
}

/// II.c: an opinion states one finding, with its grounds, for every criterion.
#[tokio::test]
async fn an_opinion_is_motivated_per_criterion() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(32).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    let input = |findings: serde_json::Value| json!({ "applicationId": application, "findings": findings, "expectedVersion": 1 });
    let whole = findings(Findings::Satisfied);
    let mut short = whole.clone();
    short.as_array_mut().expect("a list").pop();
    let mut twice = whole.clone();
    twice.as_array_mut().expect("a list").push(whole[0].clone());
    let mut bare = whole.clone();
    bare[2]["grounds"] = json!("  ");
    let mut unknown = whole.clone();
    unknown[0]["criterion"] = json!("LUCK");
    let refusals = [
        (short, "FINDING_MISSING", "findings"),
        (twice, "FINDING_TWICE", "findings.5.criterion"),
        (bare, "GROUNDS_REQUIRED", "findings.2.grounds"),
        (unknown, "FINDING_UNKNOWN", "findings.0.criterion"),
    ];
    for (findings, code, field) in refusals {
        app.refuses(&staff.officer, ("settleOpinion", input(findings)), (code, field, "II.c"))
            .await;
    }
    let stale = json!({ "applicationId": application, "findings": whole, "expectedVersion": 7 });
    app.refuses(
        &staff.officer,
        ("settleOpinion", stale),
        ("VERSION_CONFLICT", "expectedVersion", ""),
    )
    .await;
    staff.officer.act("settleOpinion", input(whole), "").await.done();
}

/// I.e, IV.5.a: a provider sees and instructs the cases given to it, and no others.
#[tokio::test]
async fn a_provider_has_its_own_cases() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let provider = app.with_role("provider@audit.example", Role::Provider, &staff.authority).await;
    let organism = app.organism(33).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    let input = json!({
        "applicationId": application, "findings": findings(Findings::Satisfied), "expectedVersion": 2,
    });
    app.refuses(&provider, ("settleOpinion", input.clone()), ("NOT_FOUND", "applicationId", ""))
        .await;
    let nobody = json!({ "applicationId": application, "providerEmail": "x@nobody.example" });
    app.refuses(
        &staff.officer,
        ("assignProvider", nobody),
        ("PROVIDER_UNKNOWN", "providerEmail", "I.e"),
    )
    .await;
    let given = json!({ "applicationId": application, "providerEmail": "provider@audit.example" });
    staff.officer.act("assignProvider", given, "").await.done();
    app.refuses(&organism.admin, ("settleOpinion", input.clone()), ("FORBIDDEN", "", "I.e")).await;
    provider.act("settleOpinion", input, "").await.done();
}

/// III.4.b, I.e: before the decision whoever prepares the case reads its opinion and knows its provider, and nobody
/// else; afterwards the organism reads the opinion too. Whoever is no longer the authority's provider prepares nothing,
/// wherever else it is one.
#[tokio::test]
async fn an_opinion_is_read_by_who_prepares_the_case_until_it_is_decided() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let email = "provider@audit.example";
    let provider = app.with_role(email, Role::Provider, &staff.authority).await;
    let organism = app.organism(34).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    let given = json!({ "applicationId": application, "providerEmail": email });
    staff.officer.act("assignProvider", given, "").await.done();
    app.opinion(&staff, &application, Findings::Satisfied).await.done();
    let reads = async |client: &Client| {
        let fields = "... on Application { opinion { givenOn } provider { id } }";
        let node = app.node(client, &application, fields).await;
        (!node["opinion"].is_null(), !node["provider"].is_null())
    };
    let (nothing, opinion, both) = ((false, false), (true, false), (true, true));
    assert_eq!(reads(&staff.officer).await, both);
    assert_eq!(reads(&provider).await, both);
    assert_eq!(reads(&organism.admin).await, nothing);

    // The provider works for the organism now, and for another authority.
    let cpne = json!({
        "name": "CPNE du bois", "email": "contact@bois.example", "appealContact": "CPNE du bois",
        "address": "3 rue du Port", "postalCode": "33000", "city": "Bordeaux",
    });
    let cpne = staff.admin.act("registerCpne", cpne, "authority { id }").await.text("authority.id");
    app.with_role(email, Role::Provider, &cpne).await;
    let member = app.with_role(email, Role::OrganismStaff, &organism.id).await;
    assert_eq!(reads(&member).await, both);
    revoke(&app, &staff.authority).await;
    assert_eq!(reads(&member).await, nothing);

    app.on("2026-02-10").await;
    app.decide(&staff, &application, &campaign.meeting, Findings::Satisfied).await.done();
    app.settle().await;
    assert_eq!(reads(&staff.officer).await, both);
    assert_eq!(reads(&organism.admin).await, opinion);
    assert_eq!(reads(&member).await, opinion);
}

/// The authority has no provider any more.
async fn revoke(app: &TestApp, authority: &str) {
    use account_grant::Column;
    let authority = AuthorityId(uuid_of::<AuthorityId>(authority));
    account_grant::Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(service::clock::machine_now()))
        .filter(Column::AuthorityId.eq(authority))
        .filter(Column::Role.eq(entity::text::Text(Role::Provider)))
        .exec(&app.app.db)
        .await
        .expect("revoked");
}
