//! One rich world: three authorities and four organisms with all that they make, and someone in every
//! role.

mod people;

use e2e::{CODES, Campaign, Client, Findings, Organism, Staff, TestApp, at, findings};
use entity::kind::Role;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A world in which something of everything exists.
pub(crate) struct World {
    /// The application.
    pub(crate) app: TestApp,
    /// Someone in every role, by the name that the table of rules gives them.
    pub(crate) people: BTreeMap<&'static str, Client>,
    /// The ids of everything that exists, by type.
    pub(crate) ids: BTreeMap<&'static str, Vec<String>>,
}

/// What is used again and again while the world is made.
struct Making {
    app: TestApp,
    certif_pro: Staff,
    cpne: Staff,
}

impl World {
    /// Lives from January to April 2026.
    pub(crate) async fn live() -> Self {
        let app = TestApp::start().await;
        let certif_pro = app.staff().await;
        let (authority, framework) =
            cpne(&app, &certif_pro, ("cpne", "Commerce de détail", "RS9999")).await;
        let cpne_staff = app.staff_of(&authority, &framework, "cpne").await;
        cpne(&app, &certif_pro, ("cpne-services", "Services", "RS9998")).await;
        let making = Making { app, certif_pro, cpne: cpne_staff };
        let a = making.app.organism(1).await;
        let b = making.app.organism(2).await;
        let refused = making.app.organism(3).await;
        let also_refused = making.app.organism(4).await;
        making.decided(&a, &b, [&refused, &also_refused]).await;
        making.candidates(&a, "Alba", &making.certif_pro).await;
        making.candidates(&b, "Brun", &making.cpne).await;
        making.alerts(&a, &b).await;
        making.bounced(&refused).await;
        making.bounced(&also_refused).await;
        making.app.on("2026-04-01").await;
        making.paid().await;
        making.invited(&a).await;
        making.app.settle().await;
        let people = making.people(&a, &b, &refused).await;
        let ids = everything(&making.app).await;
        Self { app: making.app, people, ids }
    }
}

/// A CPNE with its mandate and its framework: their ids.
async fn cpne(
    app: &TestApp,
    certif_pro: &Staff,
    (name, field, code): (&str, &str, &str),
) -> (String, String) {
    let input = json!({
        "name": format!("CPNE {field}"), "email": format!("contact@{name}.example"),
        "appealContact": "CPNE, service des recours", "address": "2 place du Marché",
        "postalCode": "69002", "city": "Lyon",
    });
    let answer = certif_pro.admin.act("registerCpne", input, "authority { id }").await;
    let id = answer.text("authority.id");
    let admin = app.with_role(&format!("admin@{name}.example"), Role::AuthorityAdmin, &id).await;
    let mandate =
        json!({ "authorityId": id, "professionalField": field, "startsOn": "2026-01-01" });
    certif_pro.decider.act("grantDelegation", mandate, "").await.done();
    let wording = |c: &&str| json!({ "code": c, "title": format!("Compétence {c}"), "criteria": ["Critère"] });
    let framework = json!({
        "authorityId": id, "title": format!("CléA management {field}"), "version": "1",
        "certificationCode": code, "startsOn": "2026-01-01", "criteria": [],
        "competences": CODES.iter().map(wording).collect::<Value>(),
    });
    let answer = admin.act("contextualiseFramework", framework, "framework { id }").await;
    (id, answer.text("framework.id"))
}

impl Making {
    /// A is accepted by Certif Pro and B by the CPNE, each by way of a provider; the others are refused.
    async fn decided(&self, a: &Organism, b: &Organism, refused: [&Organism; 2]) {
        let window = ("2026-01-05", "2026-01-20");
        let at_certif_pro = self.app.campaign(&self.certif_pro, window, "2026-02-10").await;
        let at_cpne = self.app.campaign(&self.cpne, window, "2026-02-10").await;
        let no = (Findings::Unsatisfied, None);
        let third = self.prepared(&self.certif_pro, refused[0], &at_certif_pro, no).await;
        let fourth = self.prepared(&self.certif_pro, refused[1], &at_certif_pro, no).await;
        let yes = Findings::Satisfied;
        let provider = Some("provider@certif-pro.example");
        let first = self.prepared(&self.certif_pro, a, &at_certif_pro, (yes, provider)).await;
        let provider = Some("provider@cpne.example");
        let second = self.prepared(&self.cpne, b, &at_cpne, (yes, provider)).await;
        self.app.on("2026-02-10").await;
        for application in [&third, &fourth] {
            let at = &at_certif_pro.meeting;
            self.app.decide(&self.certif_pro, application, at, no.0).await.done();
        }
        self.app.decide(&self.certif_pro, &first, &at_certif_pro.meeting, yes).await.done();
        let mut decision = self.app.decision(&self.cpne, &second, &at_cpne.meeting, yes).await;
        decision["professionalField"] = json!("Commerce de détail");
        self.cpne.decider.act("decideApplication", decision, "").await.done();
        self.app.settle().await;
        // What is not decided yet hides what the authority thinks of it.
        let open = self.app.campaign(&self.certif_pro, ("2026-02-10", "2026-02-20"), "2026-05-12");
        let open = open.await;
        self.prepared(&self.certif_pro, refused[0], &open, no).await;
    }

    /// Filed, given to a provider, and with its opinion.
    async fn prepared(
        &self,
        staff: &Staff,
        organism: &Organism,
        campaign: &Campaign,
        (which, provider): (Findings, Option<&str>),
    ) -> String {
        let id = self.app.file(organism, campaign).await;
        if let Some(email) = provider {
            self.app.with_role(email, Role::Provider, &staff.authority).await;
            let given = json!({ "applicationId": id, "providerEmail": email });
            staff.officer.act("assignProvider", given, "").await.done();
        }
        let input = json!({
            "applicationId": id, "findings": findings(which),
            "expectedVersion": self.app.version(&staff.officer, &id).await,
        });
        staff.officer.act("settleOpinion", input, "").await.done();
        id
    }

    /// Two candidates of an organism: one trained and awarded, one just evaluated.
    async fn candidates(&self, organism: &Organism, name: &str, staff: &Staff) {
        let query = "query($id: ID) { habilitations(organismId: $id) { edges { node { id } } } }";
        let data = organism.admin.query(query, json!({ "id": organism.id })).await;
        let habilitation = at(&data, "habilitations.edges.0.node.id").as_str().expect("an id");
        let app = &self.app;
        let (candidate, enrolment) = app.enrolled(staff, organism, habilitation, name).await;
        app.prior(organism, &enrolment, &["1-1"]).await.done();
        app.trained(organism, &enrolment).await;
        let last = app.evaluation(organism, &enrolment, (&["1-1"], &[])).await;
        organism.admin.act("recordFinalEvaluation", last, "").await.done();
        let jury = app.jury(organism, &[&enrolment]).await;
        organism.admin.act("recordJury", jury, "").await.done();
        let access = json!({
            "email": format!("candidate@{}.example", organism.number), "role": "CANDIDATE",
            "candidateId": candidate,
        });
        app.account(&format!("candidate@{}.example", organism.number)).await;
        organism.admin.act("grantRole", access, "").await.done();
        let (_, other) = app.enrolled(staff, organism, habilitation, &format!("{name}et")).await;
        app.prior(organism, &other, &["2-1"]).await.done();
        app.settle().await;
    }

    /// An alert of every state: decided and proposed on A and on B, and one on nobody.
    async fn alerts(&self, a: &Organism, b: &Organism) {
        self.app.on("2026-03-10").await;
        let nobody = e2e::siren(999);
        let decided = self.posted(&a.siren, "A-1").await;
        let other = self.posted(&b.siren, "B-1").await;
        self.posted(&nobody, "N-1").await;
        self.app.settle().await;
        let level = |id: &str, level: &str| {
            json!({
                "alertId": id, "level": level, "reason": "Faits graves.", "enrolledMayFinish": true,
                "conditions": "Retirer l’offre.", "expectedVersion": 2,
            })
        };
        let suspended = level(&decided, "SUSPENSION");
        self.certif_pro.decider.act("decideEdofAlert", suspended, "").await.done();
        let warned = level(&other, "SUSPENSION");
        self.cpne.decider.act("decideEdofAlert", warned, "").await.done();
        self.app.settle().await;
        self.posted(&a.siren, "A-2").await;
        self.posted(&b.siren, "B-2").await;
        self.app.settle().await;
    }

    async fn posted(&self, siren: &str, reference: &str) -> String {
        let today = self.app.today().await.to_string();
        let input = json!({
            "source": "CDC", "reference": reference, "allegation": "NON_CONFORMING_OFFER",
            "siren": siren, "offerTitle": "Formation express", "certificationCode": "RS0000",
            "offerOn": today, "details": "Intitulé trompeur.", "receivedOn": today,
        });
        let answer = self.certif_pro.officer.act("postEdofAlert", input, "alert { id }").await;
        answer.text("alert.id")
    }

    /// The refusal did not arrive, and is sent again; another came by registered letter.
    async fn bounced(&self, organism: &Organism) {
        let query = "query($id: ID) { notices(organismId: $id) { edges { node { id kind } } } }";
        let data = self.certif_pro.officer.query(query, json!({ "id": organism.id })).await;
        let edges = at(&data, "notices.edges").as_array().expect("notices").clone();
        let of_kind = |kind: &str| {
            let found = edges.iter().find(|e| at(e, "node.kind") == kind);
            at(found.unwrap_or_else(|| panic!("{kind} among {edges:?}")), "node.id").clone()
        };
        let bounce = |notice: &Value| {
            json!({
                "noticeId": notice, "bouncedOn": "2026-02-11", "status": "5.1.1",
                "diagnostic": "550 no such user",
            })
        };
        let officer = &self.certif_pro.officer;
        let refusal = of_kind("DECISION_REFUSED");
        officer.act("recordBounce", bounce(&refusal), "").await.done();
        // Told before it is sent again: officers are not told of what was mended already.
        self.app.settle().await;
        let email = format!("direction@org{}.example", organism.number);
        let again = json!({ "noticeId": refusal, "email": email });
        officer.act("resendNotice", again, "").await.done();
        let receipt = of_kind("FILING_RECEIPT");
        officer.act("recordBounce", bounce(&receipt), "").await.done();
        self.app.settle().await;
        let letter = json!({
            "noticeId": receipt, "receivedOn": "2026-03-09", "trackingNumber": "1A 234 567 8901 2",
        });
        officer.act("recordRegisteredLetter", letter, "").await.done();
        self.app.settle().await;
    }

    /// Something was received for every invoice.
    async fn paid(&self) {
        let finance = &self.certif_pro.finance;
        let data = finance.query("{ invoices { edges { node { id } } } }", json!({})).await;
        for edge in at(&data, "invoices.edges").as_array().expect("invoices") {
            let input = json!({
                "invoiceId": at(edge, "node.id"), "amountCents": 100, "receivedOn": "2026-04-01",
                "method": "Virement", "reference": "VIR-1",
            });
            finance.act("recordPayment", input, "").await.done();
        }
    }

    /// A role is offered at Certif Pro and another in the organism.
    async fn invited(&self, organism: &Organism) {
        let staff = &self.certif_pro;
        let finance = json!({
            "email": "invitee@certif-pro.example", "role": "FINANCE", "authorityId": staff.authority,
        });
        staff.admin.act("grantRole", finance, "invitation { id }").await.text("invitation.id");
        let member = json!({
            "email": "invitee@a.example", "role": "ORGANISM_STAFF", "organismId": organism.id,
        });
        organism.admin.act("grantRole", member, "invitation { id }").await.text("invitation.id");
    }
}

macro_rules! tables {
    ($app:ident: $($kind:literal = $table:ident),* $(,)?) => {
        BTreeMap::from([$((
            $kind,
            entity::$table::Entity::find()
                .all(&$app.app.db)
                .await
                .expect("readable")
                .iter()
                .map(|row| row.id.to_string())
                .collect(),
        )),*])
    };
}

/// The ids of everything that exists, by type.
pub(crate) async fn everything(app: &TestApp) -> BTreeMap<&'static str, Vec<String>> {
    tables! { app:
        "AccountGrant" = account_grant,
        "Application" = application,
        "Authority" = authority,
        "Campaign" = campaign,
        "Candidate" = candidate,
        "Certificate" = certificate,
        "Deadline" = deadline,
        "Decision" = decision,
        "Delegation" = delegation,
        "Document" = document,
        "EdofAlert" = edof_alert,
        "Enrolment" = enrolment,
        "Evaluation" = evaluation,
        "Framework" = framework,
        "Habilitation" = habilitation,
        "Invitation" = invitation,
        "Invoice" = invoice,
        "InvoiceLine" = invoice_line,
        "Jury" = jury,
        "JuryDecision" = jury_decision,
        "MachineCredential" = machine_credential,
        "Meeting" = meeting,
        "Notice" = notice,
        "Organism" = organism,
        "Payment" = payment,
        "Practitioner" = practitioner,
        "SignInSession" = session,
        "Site" = site,
        "Tariff" = tariff,
        "Task" = outbox,
        "TrainingPath" = training_path,
    }
}
