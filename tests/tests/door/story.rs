//! The state that `scripts/walkthrough` leaves: the demo accounts, and the organism Exemple with a candidate who
//! was awarded the certificate, a paid invoice, and a suspension.

use e2e::{Client, Organism, Staff, TestApp, at};
use serde_json::json;

/// The demo accounts' password, and Exemple's.
pub(crate) const PASSWORD: &str = "clea-demonstration";
/// Who administers Exemple.
pub(crate) const EMAIL: &str = "direction@exemple.example";
/// Exemple's company number.
pub(crate) const SIREN: &str = "732829320";

/// An application with that state.
pub(crate) async fn walked() -> TestApp {
    let app = TestApp::start().await;
    service::seed::demo(&app.app, PASSWORD).await.expect("the demo accounts");
    let staff = app.staff().await;
    let exemple = exemple(&app).await;
    let meeting = "2026-03-10";
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-02-13"), meeting).await;
    let habilitation = app.habilitate(&staff, &exemple, &campaign, meeting).await;
    let (_, enrolment) = app.enrolled(&staff, &exemple, &habilitation, "Durand").await;
    app.prior(&exemple, &enrolment, &["2-3", "3-2"]).await.done();
    let input = json!({
        "enrolmentId": enrolment, "startsOn": meeting, "trainerIds": [exemple.trainer],
        "expectedVersion": app.version(&exemple.admin, &enrolment).await,
    });
    let path = exemple.admin.act("openTrainingPath", input, "trainingPath { id }").await;
    app.on("2026-03-24").await;
    let input =
        json!({ "trainingPathId": path.text("trainingPath.id"), "completedOn": "2026-03-24" });
    exemple.admin.act("completeTrainingPath", input, "").await.done();
    let input = app.evaluation(&exemple, &enrolment, (&["2-3", "3-2"], &[])).await;
    exemple.admin.act("recordFinalEvaluation", input, "").await.done();
    let input = app.jury(&exemple, &[&enrolment]).await;
    exemple.admin.act("recordJury", input, "").await.done();
    app.on("2026-04-01").await;
    pay(&staff).await;
    suspend(&app, &staff).await;
    app
}

/// Pays the quarter's invoice.
async fn pay(staff: &Staff) {
    let query = "{ invoices(quarter: \"2026Q1\") { edges { node { id total } } } }";
    let data = staff.finance.query(query, json!({})).await;
    let invoice = at(&data, "invoices.edges.0.node");
    let input = json!({
        "invoiceId": invoice["id"], "receivedOn": "2026-04-01", "amountCents": invoice["total"],
        "method": "Virement", "reference": "VIR-1",
    });
    staff.finance.act("recordPayment", input, "").await.done();
}

/// An alert on an offer of Exemple ends with the suspension of its habilitation.
async fn suspend(app: &TestApp, staff: &Staff) {
    let input = json!({
        "source": "CDC", "reference": "A-1", "allegation": "NON_CONFORMING_OFFER", "siren": SIREN,
        "offerTitle": "Manager en trois jours", "certificationCode": "RS0000", "offerOn": "2026-04-01",
        "details": "Intitulé trompeur.", "receivedOn": "2026-04-01",
    });
    let alert = staff.officer.act("postEdofAlert", input, "alert { id }").await.text("alert.id");
    app.settle().await;
    let input = json!({
        "alertId": alert, "level": "SUSPENSION", "reason": "Offre trompeuse.", "enrolledMayFinish": true,
        "expectedVersion": app.version(&staff.decider, &alert).await,
    });
    staff.decider.act("decideEdofAlert", input, "").await.done();
    app.settle().await;
}

/// Exemple, registered by who has its account.
async fn exemple(app: &TestApp) -> Organism {
    let account = json!({ "email": EMAIL, "displayName": "Direction", "password": PASSWORD });
    app.stranger().act("openAccount", account, "account { id }").await.done();
    let admin = Client::new(app.stranger().base(), Some(app.token(EMAIL).await));
    let input = json!({
        "siren": SIREN, "name": "Exemple", "kind": "LEGAL_PERSON", "email": "contact@exemple.example",
        "address": "1 rue Neuve", "postalCode": "44000", "city": "Nantes",
    });
    let answer = admin.act("registerOrganism", input, "organism { id sites { id } }").await;
    let (id, seat) = (answer.text("organism.id"), answer.text("organism.sites.0.id"));
    let who = async |name, role: &str| app.practitioner(&admin, &id, (name, 1), &[role]).await;
    Organism {
        number: 1,
        siren: SIREN.to_owned(),
        seat,
        trainer: who("Martin", "trainer").await,
        evaluator: who("Petit", "evaluator").await,
        juror: who("Girard", "juryMember").await,
        admin,
        id,
    }
}
