//! The usual story, step by step, so that a test tells only what is its own.

use crate::app::TestApp;
use crate::client::{Answer, Client, at};
use entity::kind::Role;
use serde_json::{Value, json};

/// The people of an authority.
#[derive(Clone)]
pub struct Staff {
    /// The authority, `aut_…`.
    pub authority: String,
    /// The framework under which it decides, `fwk_…`.
    pub framework: String,
    /// Prepares.
    pub officer: Client,
    /// Decides.
    pub decider: Client,
    /// Bills.
    pub finance: Client,
    /// Administers.
    pub admin: Client,
    /// Runs the platform.
    pub operator: Client,
}

/// An organism with who acts for it.
#[derive(Clone)]
pub struct Organism {
    /// `org_…`.
    pub id: String,
    /// The number that its names are made of.
    pub number: u32,
    /// Its SIREN.
    pub siren: String,
    /// Its administrator.
    pub admin: Client,
    /// Its seat, `sit_…`.
    pub seat: String,
    /// A trainer, `prc_…`.
    pub trainer: String,
    /// An evaluator of all three domains.
    pub evaluator: String,
    /// A jury member.
    pub juror: String,
}

/// A campaign with its meeting.
#[derive(Clone)]
pub struct Campaign {
    /// `cam_…`.
    pub id: String,
    /// `mee_…`.
    pub meeting: String,
}

/// The findings of an opinion or a decision.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Findings {
    /// Every criterion satisfied.
    Satisfied,
    /// The quality assurance is not.
    Unsatisfied,
}

/// The seventeen competences.
pub const CODES: [&str; 17] = domain::framework::COMPETENCE_CODES;

/// A valid SIREN from a number of up to eight digits.
///
/// # Panics
/// Never: one check digit always fits.
pub fn siren(n: u32) -> String {
    let fits = |check: &u32| domain::identifier::luhn(&format!("{n:08}{check}"));
    let check = (0..10).find(fits).expect("one check digit fits");
    format!("{n:08}{check}")
}

/// A valid SIRET of a SIREN.
///
/// # Panics
/// Never: one check digit always fits.
pub fn siret(siren: &str, establishment: u32) -> String {
    let fits = |check: &u32| domain::identifier::luhn(&format!("{siren}{establishment:04}{check}"));
    let check = (0..10).find(fits).expect("one check digit fits");
    format!("{siren}{establishment:04}{check}")
}

/// One finding per criterion of part II.
pub fn findings(which: Findings) -> Value {
    let one = |code: &str| {
        let satisfied = which == Findings::Satisfied || code != "QUALITY_ASSURANCE";
        let grounds =
            if satisfied { "Pièces probantes." } else { "Aucune démarche formalisée." };
        json!({ "criterion": code, "satisfied": satisfied, "grounds": grounds })
    };
    domain::framework::BASE_CRITERIA.iter().map(|c| one(c.code)).collect()
}

/// Results for these competences: acquired or not, by one evaluator.
pub fn results(codes: &[&str], missing: &[&str], evaluator: &str) -> Value {
    codes
        .iter()
        .map(|c| json!({ "competence": c, "acquired": !missing.contains(c), "evaluatorId": evaluator }))
        .collect()
}

impl TestApp {
    /// The people of Certif Pro.
    ///
    /// # Panics
    /// When the reference data are missing.
    pub async fn staff(&self) -> Staff {
        let data = self
            .stranger()
            .query(
                "{ authorities { edges { node { id kind } } } \
                 frameworks { edges { node { id authority { id } } } } }",
                json!({}),
            )
            .await;
        let authority =
            at(&data, "authorities.edges.0.node.id").as_str().expect("Certif Pro").to_owned();
        let framework =
            at(&data, "frameworks.edges.0.node.id").as_str().expect("a framework").to_owned();
        self.staff_of(&authority, &framework, "certif-pro").await
    }

    /// The people of an authority.
    pub async fn staff_of(&self, authority: &str, framework: &str, name: &str) -> Staff {
        let who = |role: &str| format!("{role}@{name}.example");
        Staff {
            authority: authority.to_owned(),
            framework: framework.to_owned(),
            officer: self.with_role(&who("officer"), Role::CaseOfficer, authority).await,
            decider: self.with_role(&who("decider"), Role::Decider, authority).await,
            finance: self.with_role(&who("finance"), Role::Finance, authority).await,
            admin: self.with_role(&who("admin"), Role::AuthorityAdmin, authority).await,
            operator: self.with_role(&who("operator"), Role::Operator, "").await,
        }
    }

    /// An organism with a trainer, an evaluator and a jury member.
    pub async fn organism(&self, number: u32) -> Organism {
        let siren = siren(number);
        let admin = self.account(&format!("admin@org{number}.example")).await;
        let answer = admin
            .act(
                "registerOrganism",
                json!({
                    "siren": siren, "name": format!("Organisme {number}"), "kind": "LEGAL_PERSON",
                    "email": format!("contact@org{number}.example"), "address": "1 rue Neuve",
                    "postalCode": "44000", "city": "Nantes", "seatSiret": siret(&siren, 1),
                }),
                "organism { id sites { id } }",
            )
            .await;
        let id = answer.text("organism.id");
        let seat = answer.text("organism.sites.0.id");
        let trainer = self.practitioner(&admin, &id, ("Trainer", number), &["trainer"]).await;
        let evaluator = self.practitioner(&admin, &id, ("Evaluator", number), &["evaluator"]).await;
        let juror = self.practitioner(&admin, &id, ("Juror", number), &["juryMember"]).await;
        Organism { id, number, siren, admin, seat, trainer, evaluator, juror }
    }

    /// Declares a practitioner with these roles, able in all domains and remotely.
    pub async fn practitioner(
        &self,
        admin: &Client,
        organism: &str,
        (name, number): (&str, u32),
        roles: &[&str],
    ) -> String {
        let input = json!({
            "organismId": organism, "familyName": format!("{name}{number}"), "firstNames": "Anne",
            "birthDate": "1980-03-02", "legalStatus": "CDI", "cvReference": "cv-1",
            "trainer": roles.contains(&"trainer"), "evaluator": roles.contains(&"evaluator"),
            "juryMember": roles.contains(&"juryMember"), "domains": [1, 2, 3], "remoteCapable": true,
        });
        admin.act("declarePractitioner", input, "practitioner { id }").await.text("practitioner.id")
    }

    /// A campaign of the authority with a meeting.
    pub async fn campaign(
        &self,
        staff: &Staff,
        window: (&str, &str),
        meeting_on: &str,
    ) -> Campaign {
        let meeting = staff
            .officer
            .act(
                "scheduleMeeting",
                json!({ "authorityId": staff.authority, "heldOn": meeting_on, "place": "Paris" }),
                "meeting { id }",
            )
            .await
            .text("meeting.id");
        let id = staff
            .officer
            .act(
                "openCampaign",
                json!({
                    "authorityId": staff.authority, "frameworkId": staff.framework,
                    "meetingId": meeting, "title": format!("Campagne du {meeting_on}"),
                    "opensOn": window.0, "closesOn": window.1,
                }),
                "campaign { id }",
            )
            .await
            .text("campaign.id");
        Campaign { id, meeting }
    }

    /// The input of a filing by the organism with its seat.
    pub fn filing(&self, organism: &Organism, campaign: &Campaign) -> Value {
        json!({
            "organismId": organism.id, "campaignId": campaign.id, "siteIds": [organism.seat],
            "contactEmail": format!("dossier@{}.example", organism.siren), "acceptsConvention": true,
        })
    }

    /// Files the organism's application.
    pub async fn file(&self, organism: &Organism, campaign: &Campaign) -> String {
        let input = self.filing(organism, campaign);
        organism
            .admin
            .act("fileApplication", input, "application { id }")
            .await
            .text("application.id")
    }

    /// The application's version.
    ///
    /// # Panics
    /// When it is not there.
    pub async fn version(&self, client: &Client, id: &str) -> i64 {
        let on = "... on Application { version } ... on Enrolment { version } ... on EdofAlert { version }";
        self.node(client, id, on).await["version"].as_i64().expect("a version")
    }

    /// Settles the opinion.
    pub async fn opinion(&self, staff: &Staff, application: &str, which: Findings) -> Answer {
        let input = json!({
            "applicationId": application, "findings": findings(which),
            "expectedVersion": self.version(&staff.officer, application).await,
        });
        staff.officer.act("settleOpinion", input, "application { id status }").await
    }

    /// The input of a decision that follows from the findings.
    pub async fn decision(
        &self,
        staff: &Staff,
        application: &str,
        meeting: &str,
        which: Findings,
    ) -> Value {
        let accepted = which == Findings::Satisfied;
        json!({
            "applicationId": application, "meetingId": meeting,
            "outcome": if accepted { "ACCEPTED" } else { "REFUSED" },
            "findings": findings(which),
            "expectedVersion": self.version(&staff.decider, application).await,
        })
    }

    /// Decides, without waiting for the notification.
    pub async fn decide(
        &self,
        staff: &Staff,
        application: &str,
        meeting: &str,
        which: Findings,
    ) -> Answer {
        let input = self.decision(staff, application, meeting, which).await;
        staff.decider.act("decideApplication", input, "application { id status }").await
    }

    /// An organism habilitated by a decision at a meeting on this day, and notified the same day;
    /// gives the organism and its habilitation, `hab_…`.
    pub async fn habilitated(
        &self,
        staff: &Staff,
        number: u32,
        meeting_on: &str,
    ) -> (Organism, String) {
        let organism = self.organism(number).await;
        let today = self.today().await.to_string();
        let campaign = self.campaign(staff, (&today, &today), meeting_on).await;
        let habilitation = self.habilitate(staff, &organism, &campaign, meeting_on).await;
        (organism, habilitation)
    }

    /// Carries the organism's application in this campaign to its notified acceptance.
    ///
    /// # Panics
    /// When there is no habilitation at the end.
    pub async fn habilitate(
        &self,
        staff: &Staff,
        organism: &Organism,
        campaign: &Campaign,
        meeting_on: &str,
    ) -> String {
        let application = self.file(organism, campaign).await;
        self.opinion(staff, &application, Findings::Satisfied).await.done();
        self.on(meeting_on).await;
        self.decide(staff, &application, &campaign.meeting, Findings::Satisfied).await.done();
        self.settle().await;
        let node = self
            .node(&staff.officer, &application, "... on Application { habilitation { id } }")
            .await;
        at(&node, "habilitation.id").as_str().expect("a habilitation").to_owned()
    }

    /// A candidate of the organism.
    pub async fn candidate(&self, organism: &Organism, name: &str) -> String {
        let input = json!({
            "organismId": organism.id, "birthName": name, "firstNames": "Claude",
            // Of each organism's own, to be told from the others'.
            "birthDate": format!("1991-07-{:02}", 1 + organism.number % 28), "sex": "F",
            "birthPlaceCode": "44109", "birthPlaceName": "Nantes", "birthCountry": "France",
            "email": format!("{}@candidat.example", ascii(name).to_lowercase()),
        });
        organism
            .admin
            .act("registerCandidate", input, "candidate { id }")
            .await
            .text("candidate.id")
    }

    /// The input of an enrolment at the seat.
    pub fn enrolment(
        &self,
        staff: &Staff,
        organism: &Organism,
        (candidate, habilitation): (&str, &str),
    ) -> Value {
        json!({
            "candidateId": candidate, "habilitationId": habilitation, "frameworkId": staff.framework,
            "siteId": organism.seat, "purposeTold": true, "disabilityContactTold": true,
        })
    }

    /// Enrols a new candidate; gives the candidate and the enrolment.
    pub async fn enrolled(
        &self,
        staff: &Staff,
        organism: &Organism,
        habilitation: &str,
        name: &str,
    ) -> (String, String) {
        let candidate = self.candidate(organism, name).await;
        let input = self.enrolment(staff, organism, (&candidate, habilitation));
        let answer = organism.admin.act("enrolCandidate", input, "enrolment { id }").await;
        (candidate, answer.text("enrolment.id"))
    }

    /// The input of an evaluation today on these competences, all acquired but the missing ones.
    pub async fn evaluation(
        &self,
        organism: &Organism,
        enrolment: &str,
        (codes, missing): (&[&str], &[&str]),
    ) -> Value {
        json!({
            "enrolmentId": enrolment, "heldOn": self.today().await.to_string(), "remote": false,
            "results": results(codes, missing, &organism.evaluator),
            "expectedVersion": self.version(&organism.admin, enrolment).await,
        })
    }

    /// Records the prior evaluation, all acquired but the missing ones.
    pub async fn prior(&self, organism: &Organism, enrolment: &str, missing: &[&str]) -> Answer {
        let input = self.evaluation(organism, enrolment, (&CODES, missing)).await;
        organism.admin.act("recordPriorEvaluation", input, "evaluation { id }").await
    }

    /// Opens and completes a training path today with the organism's trainer.
    pub async fn trained(&self, organism: &Organism, enrolment: &str) -> String {
        let today = self.today().await.to_string();
        let input = json!({
            "enrolmentId": enrolment, "startsOn": today, "trainerIds": [organism.trainer],
            "expectedVersion": self.version(&organism.admin, enrolment).await,
        });
        let path = organism
            .admin
            .act("openTrainingPath", input, "trainingPath { id }")
            .await
            .text("trainingPath.id");
        let input = json!({ "trainingPathId": path, "completedOn": today });
        organism.admin.act("completeTrainingPath", input, "").await.done();
        path
    }

    /// The input of a jury held today that decides favourably on these enrolments.
    pub async fn jury(&self, organism: &Organism, enrolments: &[&str]) -> Value {
        let decisions: Vec<_> = enrolments
            .iter()
            .map(|e| {
                json!({
                    "enrolmentId": e, "favourable": true, "grounds": "Domaines validés.",
                    "delivery": "PDF",
                })
            })
            .collect();
        json!({
            "organismId": organism.id, "heldOn": self.today().await.to_string(),
            "memberIds": [organism.juror], "minutes": "Le jury a délibéré.", "decisions": decisions,
        })
    }

    /// Enrols, evaluates and awards a new candidate today; gives the enrolment.
    pub async fn awarded(
        &self,
        staff: &Staff,
        organism: &Organism,
        habilitation: &str,
        name: &str,
    ) -> String {
        let (_, enrolment) = self.enrolled(staff, organism, habilitation, name).await;
        self.prior(organism, &enrolment, &[]).await.done();
        let input = self.jury(organism, &[&enrolment]).await;
        organism.admin.act("recordJury", input, "jury { id }").await.done();
        enrolment
    }
}

/// The letters of a name that an address may hold.
fn ascii(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}
