//! Who plays, found again by what people know of them: SIREN, name, reference.

use e2e::{Client, Findings, Organism, Staff, TestApp, at, siren};
use serde_json::{Value, json};

/// Habilitated in 2026, used: renewed on the day.
pub(crate) const RENEWED: u32 = 701;
/// Refused in 2026.
pub(crate) const REFUSED: u32 = 702;
/// Habilitated in 2027; the suspension bounced and is notified again after the day.
pub(crate) const SUSPENDED: u32 = 703;
/// Habilitated in 2027, does not pay; the withdrawal is found to have bounced on the day.
pub(crate) const WITHDRAWN: u32 = 704;
/// Habilitated in 2026, never used: expires on the day.
pub(crate) const UNUSED: u32 = 705;
/// Decided on the day.
pub(crate) const DECIDED: u32 = 706;
/// Files in the evening of the day.
pub(crate) const FILED: u32 = 707;
/// Its acceptance bounced and is sent again on the day.
pub(crate) const RESENT: u32 = 708;
/// Its term ends within a month of the day.
pub(crate) const REMINDED: u32 = 709;

/// The alert that the decider confirms on the day.
pub(crate) const CONFIRMED_ALERT: &str = "U-1";
/// The alert that is proposed on the day.
pub(crate) const PROPOSED_ALERT: &str = "U-2";
/// The alert that comes in the evening.
pub(crate) const LATE_ALERT: &str = "U-3";
/// The candidate whose mail is refused for good.
pub(crate) const UNREACHABLE: &str = "fournier@candidat.example";

/// The text at a path.
pub(crate) fn text(value: &Value, path: &str) -> String {
    at(value, path).as_str().unwrap_or_else(|| panic!("{path} in {value}")).to_owned()
}

/// The nodes of a connection.
pub(crate) fn nodes(value: &Value, path: &str) -> Vec<Value> {
    let edges = at(value, path)["edges"].as_array();
    edges.unwrap_or_else(|| panic!("{path} in {value}")).iter().map(|e| e["node"].clone()).collect()
}

/// An organism with its administrator.
pub(crate) async fn organism(app: &TestApp, number: u32) -> Organism {
    organism_of(app, number, &admin_of(number)).await
}

/// An organism with an administrator of this address.
pub(crate) async fn organism_of(app: &TestApp, number: u32, admin: &str) -> Organism {
    let admin = app.bearer(&app.token(admin).await);
    let query = "query($siren: String!) { organism(siren: $siren) { id sites { id isSeat } \
                 practitioners { id trainer evaluator juryMember } } }";
    let siren = siren(number);
    let found = admin.query(query, json!({ "siren": siren })).await["organism"].take();
    let one = |list: &str, quality: &str| {
        let all = found[list].as_array().expect("a list");
        text(all.iter().find(|one| one[quality] == true).expect(quality), "id")
    };
    Organism {
        id: text(&found, "id"),
        number,
        seat: one("sites", "isSeat"),
        trainer: one("practitioners", "trainer"),
        evaluator: one("practitioners", "evaluator"),
        juror: one("practitioners", "juryMember"),
        siren,
        admin,
    }
}

/// The address of an organism's administrator.
pub(crate) fn admin_of(number: u32) -> String {
    format!("admin@org{number}.example")
}

/// The only habilitation of an organism.
pub(crate) async fn habilitation(staff: &Staff, organism: &Organism) -> String {
    let query = "query($o: ID!) { habilitations(organismId: $o) { edges { node { id } } } }";
    let data = staff.officer.query(query, json!({ "o": organism.id })).await;
    let found = nodes(&data, "habilitations");
    assert_eq!(found.len(), 1, "{found:?}");
    text(&found[0], "id")
}

/// The only application of an organism, with its meeting.
pub(crate) async fn application(staff: &Staff, organism: &Organism) -> (String, String) {
    let query = "query($id: ID!) { node(id: $id) { ... on Organism { \
                 applications { edges { node { id meeting { id } } } } } } }";
    let data = staff.officer.query(query, json!({ "id": organism.id })).await;
    let found = nodes(&data, "node.applications");
    assert_eq!(found.len(), 1, "{found:?}");
    (text(&found[0], "id"), text(&found[0], "meeting.id"))
}

/// Decides the organism's application at its meeting, without waiting for the notification.
pub(crate) async fn decide(app: &TestApp, staff: &Staff, number: u32, which: Findings) {
    let (application, meeting) = application(staff, &organism(app, number).await).await;
    app.decide(staff, &application, &meeting, which).await.done();
}

/// The last notice of a kind to an organism.
pub(crate) async fn notice(staff: &Staff, organism: &Organism, kind: &str) -> String {
    let query = "query($o: ID!, $k: String!) { notices(organismId: $o, kind: $k) { edges { node { id } } } }";
    let data = staff.officer.query(query, json!({ "o": organism.id, "k": kind })).await;
    text(nodes(&data, "notices").first().expect(kind), "id")
}

/// Records that the last notice of a kind to an organism bounced for good on this day.
pub(crate) async fn bounce(staff: &Staff, organism: &Organism, kind: &str, on: &str) {
    let input = json!({
        "noticeId": notice(staff, organism, kind).await, "bouncedOn": on, "status": "5.1.1",
        "diagnostic": "550 5.1.1 no such user",
    });
    staff.officer.act("recordBounce", input, "").await.done();
}

/// Sends the last notice of a kind to an organism again, to its management.
pub(crate) async fn resend(staff: &Staff, organism: &Organism, kind: &str) {
    let input = json!({
        "noticeId": notice(staff, organism, kind).await,
        "email": format!("direction@org{}.example", organism.number),
    });
    staff.officer.act("resendNotice", input, "").await.done();
}

/// Posts an alert on an organism.
pub(crate) async fn alert(app: &TestApp, staff: &Staff, number: u32, reference: &str) {
    let today = app.today().await.to_string();
    let input = json!({
        "source": "CDC", "reference": reference, "allegation": "NON_CONFORMING_OFFER",
        "siren": siren(number), "offerTitle": "Devenez manager en trois jours",
        "certificationCode": "RS0000", "offerOn": today, "details": "Intitulé trompeur.",
        "receivedOn": today,
    });
    staff.officer.act("postEdofAlert", input, "").await.done();
}

/// Has an alert that was assessed end at this level.
pub(crate) async fn sanction(staff: &Staff, reference: &str, level: &str) {
    let query = "{ edofAlerts(first: 100) { edges { node { id reference version } } } }";
    let data = staff.decider.query(query, json!({})).await;
    let all = nodes(&data, "edofAlerts");
    let found = all.iter().find(|alert| alert["reference"] == reference).expect(reference);
    let input = json!({
        "alertId": found["id"], "level": level, "reason": "Faits établis.",
        "enrolledMayFinish": false, "expectedVersion": found["version"],
    });
    staff.decider.act("decideEdofAlert", input, "").await.done();
}

/// The enrolment of an organism's candidate with this name.
pub(crate) async fn enrolment(organism: &Organism, name: &str) -> String {
    let query = "query($o: ID!, $name: String!) { candidates(organismId: $o, search: $name) { \
                 edges { node { enrolments { edges { node { id } } } } } } }";
    let variables = json!({ "o": organism.id, "name": name });
    let data = organism.admin.query(query, variables).await;
    let found = nodes(&data, "candidates");
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    text(&nodes(&found[0], "enrolments")[0], "id")
}

/// A new candidate who acquires everything today, certified today.
pub(crate) async fn award(app: &TestApp, staff: &Staff, organism: &Organism, name: &str) {
    let habilitation = habilitation(staff, organism).await;
    app.awarded(staff, organism, &habilitation, name).await;
}

/// Pays every invoice but those of these organisms.
pub(crate) async fn pay(app: &TestApp, staff: &Staff, but: &[u32]) {
    let query = "{ invoices(first: 100, unpaidOnly: true) { edges { node { id number balance \
                 organism { siren } } } } }";
    let data = staff.finance.query(query, json!({})).await;
    let today = app.today().await.to_string();
    for invoice in nodes(&data, "invoices").into_iter().rev() {
        if but.iter().any(|number| at(&invoice, "organism.siren") == siren(*number).as_str()) {
            continue;
        }
        let input = json!({
            "invoiceId": invoice["id"], "receivedOn": today, "amountCents": invoice["balance"],
            "method": "Virement", "reference": format!("VIR-{}", text(&invoice, "number")),
        });
        staff.finance.act("recordPayment", input, "").await.done();
    }
}

/// Whoever signs in with this password.
pub(crate) async fn sign_in(app: &TestApp, email: &str, password: &str) -> Client {
    let input = json!({ "email": email, "password": password });
    let token = app.stranger().act("signIn", input, "token").await.text("token");
    app.bearer(&token)
}
