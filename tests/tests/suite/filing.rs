//! III.2: filing.

use e2e::{Client, TestApp, at, siren, siret};
use entity::kind::Role;
use serde_json::json;

fn registration(siren: &str) -> serde_json::Value {
    json!({
        "siren": siren, "name": "Formations du Port", "kind": "LEGAL_PERSON",
        "email": "contact@port.example", "address": "3 quai Est", "postalCode": "76600", "city": "Le Havre",
    })
}

/// III.2.a: an organism is one SIREN, checked; who registers it becomes its first administrator.
#[tokio::test]
async fn an_organism_is_one_siren() {
    let app = TestApp::start().await;
    let client = app.account("someone@port.example").await;
    let refused: [(&str, &str); 3] =
        [("732829321", "SIREN_INVALID"), ("73282932", "SIREN_INVALID"), ("", "SIREN_INVALID")];
    for (text, code) in refused {
        app.refuses(&client, ("registerOrganism", registration(text)), (code, "siren", "III.2.a"))
            .await;
    }
    app.refuses(
        &app.stranger(),
        ("registerOrganism", registration("732829320")),
        ("NOT_SIGNED_IN", "", ""),
    )
    .await;
    let answer = client
        .act(
            "registerOrganism",
            registration("732 829 320"),
            "organism { id siren sites { id name } }",
        )
        .await;
    assert_eq!(answer.text("organism.siren"), "732829320");
    let other = app.account("other@port.example").await;
    app.refuses(
        &other,
        ("registerOrganism", registration("732829320")),
        ("SIREN_TAKEN", "siren", "III.2.a"),
    )
    .await;
    // The first administrator grants roles to accounts; a stranger to the organism does not see it.
    let id = answer.text("organism.id");
    let grant =
        json!({ "email": "other@port.example", "role": "ORGANISM_STAFF", "organismId": id });
    app.refuses(&other, ("grantRole", grant.clone()), ("NOT_FOUND", "organismId", "")).await;
    client.act("grantRole", grant, "grant { id }").await.done();
    assert_eq!(at(&app.node(&other, &id, "").await, "id"), id.as_str());
    // Staff do not administer.
    let again =
        json!({ "email": "someone@port.example", "role": "ORGANISM_STAFF", "organismId": id });
    app.refuses(&other, ("grantRole", again), ("FORBIDDEN", "", "")).await;
}

/// III.7.c: sites under the same SIREN are added without a new application; another SIREN is refused.
#[tokio::test]
async fn sites_share_the_siren() {
    let app = TestApp::start().await;
    let organism = app.organism(21).await;
    let mut site = json!({
        "organismId": organism.id, "name": "Rezé", "siret": siret(&siren(99), 2),
        "address": "8 rue du Pont", "postalCode": "44400", "city": "Rezé",
    });
    app.refuses(
        &organism.admin,
        ("addSite", site.clone()),
        ("SITE_OF_OTHER_SIREN", "siret", "III.7.c"),
    )
    .await;
    site["siret"] = json!(siret(&organism.siren, 2));
    organism.admin.act("addSite", site.clone(), "site { id siret }").await.done();
    app.refuses(&organism.admin, ("addSite", site), ("SIRET_TAKEN", "siret", "III.2.a")).await;
}

/// III.2.a, III.2.c, III.2.d, III.2.e: what a filing needs, each refusal with its field and article; and
/// the receipt that is mailed.
#[tokio::test]
async fn filing_within_an_open_campaign() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, other) = (app.organism(22).await, app.organism(23).await);
    let campaign = app.campaign(&staff, ("2026-01-12", "2026-01-20"), "2026-02-10").await;
    let input = app.filing(&organism, &campaign);
    app.refuses(
        &organism.admin,
        ("fileApplication", input.clone()),
        ("CAMPAIGN_NOT_OPEN", "campaignId", "III.2.c"),
    )
    .await;
    app.on("2026-01-12").await;
    let mut wrong = input.clone();
    wrong["siteIds"] = json!([]);
    app.refuses(
        &organism.admin,
        ("fileApplication", wrong.clone()),
        ("SITES_REQUIRED", "siteIds", "III.2.a"),
    )
    .await;
    // The site of another organism is not even seen.
    wrong["siteIds"] = json!([organism.seat, other.seat]);
    app.refuses(
        &organism.admin,
        ("fileApplication", wrong.clone()),
        ("NOT_FOUND", "siteIds.1", "III.2.a"),
    )
    .await;
    // Who acts for both organisms sees it, and is refused all the same.
    let both = app.with_role("both@cabinet.example", Role::OrganismAdmin, &organism.id).await;
    app.with_role("both@cabinet.example", Role::OrganismAdmin, &other.id).await;
    app.refuses(&both, ("fileApplication", wrong), ("SITE_OF_OTHER_SIREN", "siteIds.1", "III.2.a"))
        .await;
    let mut wrong = input.clone();
    wrong["acceptsConvention"] = json!(false);
    app.refuses(
        &organism.admin,
        ("fileApplication", wrong),
        ("CONVENTION_NOT_ACCEPTED", "acceptsConvention", "III.2.d"),
    )
    .await;
    // What the mail server's side would refuse is refused here, where it can be corrected.
    for address in ["nobody", "a..b@exemple.fr", "ada@-exemple.fr", "ada@[192.0.2.1]"] {
        let mut wrong = input.clone();
        wrong["contactEmail"] = json!(address);
        app.refuses(
            &organism.admin,
            ("fileApplication", wrong),
            ("EMAIL_INVALID", "contactEmail", "III.2.e"),
        )
        .await;
    }
    app.refuses(&other.admin, ("fileApplication", input.clone()), ("NOT_FOUND", "organismId", ""))
        .await;

    let answer = organism
        .admin
        .act("fileApplication", input.clone(), "application { id number filedOn }")
        .await;
    assert_eq!(answer.text("application.number"), "D2026-000001");
    assert_eq!(answer.text("application.filedOn"), "2026-01-12");
    app.refuses(
        &organism.admin,
        ("fileApplication", input),
        ("ALREADY_FILED", "campaignId", "III.2.a"),
    )
    .await;
    app.settle().await;
    let receipt = app.mails_to(&format!("dossier@{}.example", organism.siren));
    assert_eq!(receipt.len(), 1);
    assert!(receipt[0].subject.contains("D2026-000001"), "{}", receipt[0].subject);
    assert!(
        receipt[0].text.contains("10 février 2026") && receipt[0].text.contains("330,00"),
        "{}",
        receipt[0].text
    );

    app.on("2026-01-21").await;
    let late = app.filing(&other, &campaign);
    app.refuses(
        &other.admin,
        ("fileApplication", late),
        ("CAMPAIGN_NOT_OPEN", "campaignId", "III.2.c"),
    )
    .await;
}

/// III.2.c, III.4.b: a campaign closes early enough for an opinion before its meeting.
#[tokio::test]
async fn a_campaign_leaves_time_for_opinions() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let meeting =
        json!({ "authorityId": staff.authority, "heldOn": "2026-02-10", "place": "Paris" });
    let meeting =
        staff.officer.act("scheduleMeeting", meeting, "meeting { id }").await.text("meeting.id");
    let campaign = |from: &str, to: &str| {
        json!({
            "authorityId": staff.authority, "frameworkId": staff.framework, "meetingId": meeting,
            "title": "Hiver", "opensOn": from, "closesOn": to,
        })
    };
    let refusals = [
        (campaign("2026-01-20", "2026-01-10"), "DATES_REVERSED"),
        (campaign("2026-01-05", "2026-02-04"), "CLOSES_TOO_LATE"),
        (campaign("2025-12-01", "2026-01-04"), "DATE_PAST"),
    ];
    for (input, code) in refusals {
        app.refuses(&staff.officer, ("openCampaign", input), (code, "closesOn", "III.2.c")).await;
    }
    // 5 working days before Tuesday 10 February is Tuesday 3.
    staff.officer.act("openCampaign", campaign("2026-01-05", "2026-02-03"), "").await.done();
}

/// II.b, A3.3.b: practitioners come with a CV, a legal status and their domains.
#[tokio::test]
async fn practitioners_are_declared_whole() {
    let app = TestApp::start().await;
    let organism = app.organism(24).await;
    let whole = json!({
        "organismId": organism.id, "familyName": "Roy", "firstNames": "Léa", "birthDate": "1980-01-01",
        "legalStatus": "CDI", "cvReference": "cv-9", "trainer": false, "evaluator": true,
        "juryMember": false, "domains": [1], "remoteCapable": false,
    });
    let with = |field: &str, value: serde_json::Value| {
        let mut input = whole.clone();
        input[field] = value;
        input
    };
    let refusals = [
        (with("cvReference", json!(" ")), "REQUIRED", "cvReference"),
        (with("legalStatus", json!("")), "REQUIRED", "legalStatus"),
        (with("domains", json!([])), "DOMAINS_REQUIRED", "domains"),
        (with("domains", json!([4])), "DOMAIN_UNKNOWN", "domains"),
        (with("evaluator", json!(false)), "ROLE_REQUIRED", "trainer"),
        (with("birthDate", json!("2026-01-05")), "DATE_FUTURE", "birthDate"),
    ];
    for (input, code, field) in refusals {
        app.refuses(&organism.admin, ("declarePractitioner", input), (code, field, "II.b")).await;
    }
    organism.admin.act("declarePractitioner", whole, "practitioner { id }").await.done();
}

/// III.5.f: after a decision, a new application waits for the next campaign.
#[tokio::test]
async fn one_decision_a_campaign() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(25).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-02-03"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    app.opinion(&staff, &application, e2e::Findings::Unsatisfied).await.done();
    // The same day as the meeting the window is over; an early meeting is held while it is open.
    let next = app.campaign(&staff, ("2026-01-05", "2026-03-20"), "2026-04-14").await;
    app.on("2026-02-10").await;
    app.decide(&staff, &application, &campaign.meeting, e2e::Findings::Unsatisfied).await.done();
    app.settle().await;
    let answer = organism.admin.act("fileApplication", app.filing(&organism, &campaign), "").await;
    answer.refused("NEXT_CAMPAIGN", "campaignId", "III.5.f");
    app.file(&organism, &next).await;
}

/// X.d, P11: the same key and payload answer the same id, once; another payload is refused.
#[tokio::test]
async fn an_idempotency_key_acts_once() {
    let app = TestApp::start().await;
    let client = app.account("keys@port.example").await;
    let mut input = registration(&siren(26));
    input["idempotencyKey"] = json!("register-1");
    let run = |client: Client, input: serde_json::Value| async move {
        client.act("registerOrganism", input, "organism { id }").await.text("organism.id")
    };
    // Eight at once, then again: one act.
    let eight = (0..8).map(|_| tokio::spawn(run(client.clone(), input.clone())));
    let mut ids = Vec::new();
    for one in eight.collect::<Vec<_>>() {
        ids.push(one.await.expect("no panic"));
    }
    let first = ids[0].clone();
    assert!(ids.iter().all(|id| *id == first), "{ids:?}");
    assert_eq!(app.count::<entity::organism::Entity>().await, 1);
    for _ in 0..3 {
        assert_eq!(run(client.clone(), input.clone()).await, first);
    }
    input["name"] = json!("Un autre nom");
    app.refuses(
        &client,
        ("registerOrganism", input),
        ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey", ""),
    )
    .await;
}
