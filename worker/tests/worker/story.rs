//! An organism's story, told by the acts.

use crate::support::{Bench, day};
use domain::application::Outcome;
use domain::edof::{AlertSource, Allegation, SanctionLevel};
use entity::ids::{
    AccountGrantId, AccountId, ApplicationId, FrameworkId, HabilitationId, MeetingId, OrganismId,
};
use entity::kind::{DeliveryChoice, OrganismKind, Role, Sex};
use entity::{
    account, account_grant, application, authority, competence, criterion, edof_alert, enrolment,
    framework, habilitation, site,
};
use mailer::Outgoing;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
};
use service::account::Client;
use service::application::{DecideApplication, FileApplication, FindingInput, SettleOpinion};
use service::authority::{OpenCampaign, ScheduleMeeting};
use service::context::{Actor, Context};
use service::edof::{DecideEdofAlert, PostEdofAlert};
use service::evaluation::{
    EnrolCandidate, JuryDecisionInput, RecordEvaluation, RecordJury, RegisterCandidate, ResultInput,
};
use service::organism::{DeclarePractitioner, RegisterOrganism, ValidateEvaluator};

pub(crate) const ORGANISM: &str = "contact@organisme.example";
pub(crate) const CERTIF_PRO: &str = "habilitations@certif-pro.example";
pub(crate) const STAFF: &str = "staff@certif-pro.example";

/// Who acts, and on what.
pub(crate) struct Story<'a> {
    bench: &'a Bench,
    certif_pro: authority::Model,
    framework: FrameworkId,
    staff: Context,
    admin: Context,
    organism: OrganismId,
}

/// An application whose meeting has come.
pub(crate) struct Case {
    pub(crate) application: ApplicationId,
    meeting: MeetingId,
    outcome: Outcome,
}

impl<'a> Story<'a> {
    pub(crate) async fn begin(bench: &'a Bench) -> Self {
        let db = &bench.app.db;
        let certif_pro =
            authority::Entity::find().one(db).await.expect("readable").expect("Certif Pro");
        let framework =
            framework::Entity::find().one(db).await.expect("readable").expect("a framework");
        let staff = an_account(bench, STAFF).await;
        for role in [Role::CaseOfficer, Role::Decider] {
            let grant = account_grant::ActiveModel {
                id: Set(AccountGrantId::new()),
                account_id: Set(staff),
                role: Set(role.into()),
                authority_id: Set(Some(certif_pro.id)),
                organism_id: Set(None),
                candidate_id: Set(None),
                granted_on: Set(day("2026-01-05")),
                granted_by_id: Set(None),
                revoked_at: Set(None),
            };
            grant.insert(db).await.expect("a role");
        }
        let admin = an_account(bench, "admin@organisme.example").await;
        let organism = RegisterOrganism {
            siren: "732829320".to_owned(),
            name: "Atelier des compétences".to_owned(),
            kind: OrganismKind::LegalPerson,
            nda: None,
            email: ORGANISM.to_owned(),
            address: "3 avenue du Port".to_owned(),
            postal_code: "33000".to_owned(),
            city: "Bordeaux".to_owned(),
            seat_siret: None,
            idempotency_key: None,
        };
        let organism = service::organism::register(&acting(bench, admin).await, organism).await;
        Self {
            certif_pro,
            framework: framework.id,
            staff: acting(bench, staff).await,
            organism: organism.expect("registered"),
            // With the role that registering gave.
            admin: acting(bench, admin).await,
            bench,
        }
    }

    /// Files an application for the meeting, settles its opinion and decides it there.
    pub(crate) async fn apply(&self, meeting_on: &str, outcome: Outcome) -> ApplicationId {
        let case = self.prepare(meeting_on, outcome).await;
        self.decide(&case).await;
        self.bench.settle().await;
        case.application
    }

    /// Files an application for the meeting and settles its opinion; the day of the meeting has come.
    pub(crate) async fn prepare(&self, meeting_on: &str, outcome: Outcome) -> Case {
        let today = self.admin.today().await.expect("the date");
        let meeting = ScheduleMeeting {
            authority_id: self.certif_pro.id.to_string(),
            held_on: day(meeting_on),
            place: "Paris".to_owned(),
            idempotency_key: None,
        };
        let meeting =
            service::authority::schedule_meeting(&self.staff, meeting).await.expect("a meeting");
        let campaign = OpenCampaign {
            authority_id: self.certif_pro.id.to_string(),
            framework_id: self.framework.to_string(),
            meeting_id: meeting.to_string(),
            title: format!("Campagne du {meeting_on}"),
            opens_on: today,
            closes_on: today,
            idempotency_key: None,
        };
        let campaign =
            service::authority::open_campaign(&self.staff, campaign).await.expect("a campaign");
        let file = FileApplication {
            organism_id: self.organism.to_string(),
            campaign_id: campaign.to_string(),
            site_ids: vec![self.seat().await.id.to_string()],
            contact_email: ORGANISM.to_owned(),
            accepts_convention: true,
            idempotency_key: None,
        };
        let id = service::application::file(&self.admin, file).await.expect("filed");
        let opinion = SettleOpinion {
            application_id: id.to_string(),
            findings: self.findings(outcome).await,
            expected_version: self.version(id).await,
            idempotency_key: None,
        };
        service::application::settle_opinion(&self.staff, opinion).await.expect("an opinion");
        self.bench.jump_to(meeting_on).await;
        Case { application: id, meeting, outcome }
    }

    /// Decides it at its meeting.
    pub(crate) async fn decide(&self, case: &Case) {
        let decision = DecideApplication {
            application_id: case.application.to_string(),
            meeting_id: case.meeting.to_string(),
            outcome: case.outcome,
            findings: self.findings(case.outcome).await,
            professional_field: None,
            expected_version: self.version(case.application).await,
            idempotency_key: None,
        };
        service::application::decide(&self.staff, decision).await.expect("decided");
    }

    /// Somebody asks for a link to a new password.
    pub(crate) async fn ask_for_a_new_password(&self, email: &str) {
        let anyone = Context::new(self.bench.app.clone(), Actor::Anonymous, "story");
        let client = Client::default();
        service::account::request_password_reset(&anyone, email, &client).await.expect("asked for");
    }

    async fn seat(&self) -> site::Model {
        let seat = site::Entity::find().filter(site::Column::OrganismId.eq(self.organism));
        seat.one(&self.bench.app.db).await.expect("readable").expect("a seat")
    }

    pub(crate) async fn version(&self, id: ApplicationId) -> i32 {
        let row = application::Entity::find_by_id(id).one(&self.bench.app.db).await;
        row.expect("readable").expect("the application").version
    }

    async fn findings(&self, outcome: Outcome) -> Vec<FindingInput> {
        let criteria = criterion::Entity::find().order_by_asc(criterion::Column::Position);
        let criteria = criteria.all(&self.bench.app.db).await.expect("readable");
        let findings = criteria.into_iter().map(|criterion| FindingInput {
            satisfied: outcome == Outcome::Accepted || criterion.position != 1,
            criterion: criterion.code,
            grounds: "Établi par les pièces du dossier.".to_owned(),
        });
        findings.collect()
    }

    /// The habilitation that an application gave.
    pub(crate) async fn habilitation(&self, id: ApplicationId) -> habilitation::Model {
        let row = habilitation::Entity::find().filter(habilitation::Column::ApplicationId.eq(id));
        row.one(&self.bench.app.db).await.expect("readable").expect("a habilitation")
    }

    /// Takes a candidate from registration to the certificate, by a prior evaluation that acquires all.
    pub(crate) async fn certify(&self, habilitation: HabilitationId) {
        let practitioner = DeclarePractitioner {
            organism_id: self.organism.to_string(),
            family_name: Some("Lefèvre".to_owned()),
            first_names: Some("Noël".to_owned()),
            birth_date: Some(day("1980-03-01")),
            born_on: None,
            legal_status: "salarié".to_owned(),
            cv_reference: "cv-1".to_owned(),
            trainer: false,
            evaluator: true,
            jury_member: true,
            domains: vec![1, 2, 3],
            remote_capable: false,
            idempotency_key: None,
        };
        let practitioner = service::organism::declare_practitioner(&self.admin, practitioner)
            .await
            .expect("declared");
        let validation = ValidateEvaluator {
            practitioner_id: practitioner.to_string(),
            authority_id: self.certif_pro.id.to_string(),
            idempotency_key: None,
        };
        // The evaluators declared with an application are validated by its acceptance, later ones apart.
        service::organism::validate_evaluator(&self.staff, validation).await.expect("validated");
        let enrolment = self.enrol(habilitation).await;
        let today = self.admin.today().await.expect("the date");
        let competences =
            competence::Entity::find().all(&self.bench.app.db).await.expect("readable");
        let results = competences.into_iter().map(|competence| ResultInput {
            competence: competence.code,
            acquired: true,
            evaluator_id: practitioner.to_string(),
        });
        let evaluation = RecordEvaluation {
            enrolment_id: enrolment.id.to_string(),
            held_on: today,
            remote: false,
            results: results.collect(),
            expected_version: enrolment.version,
            idempotency_key: None,
        };
        service::evaluation::record_prior(&self.admin, evaluation).await.expect("evaluated");
        let jury = RecordJury {
            organism_id: self.organism.to_string(),
            held_on: today,
            member_ids: vec![practitioner.to_string()],
            minutes: "Le jury délibère.".to_owned(),
            decisions: vec![JuryDecisionInput {
                enrolment_id: enrolment.id.to_string(),
                favourable: true,
                grounds: "Tous les domaines sont validés.".to_owned(),
                delivery: DeliveryChoice::Pdf,
            }],
            idempotency_key: None,
        };
        service::evaluation::record_jury(&self.admin, jury).await.expect("a jury");
        self.bench.settle().await;
    }

    async fn enrol(&self, habilitation: HabilitationId) -> enrolment::Model {
        let candidate = RegisterCandidate {
            organism_id: self.organism.to_string(),
            birth_name: Some("Durand".to_owned()),
            used_name: None,
            first_names: Some("Ada".to_owned()),
            birth_date: Some(day("1990-02-01")),
            born_on: None,
            sex: Sex::F,
            birth_place_code: Some("33063".to_owned()),
            birth_place_name: "Bordeaux".to_owned(),
            birth_country: "France".to_owned(),
            email: Some("ada@candidat.example".to_owned()),
            idempotency_key: None,
        };
        let candidate = service::evaluation::register_candidate(&self.admin, candidate)
            .await
            .expect("registered");
        let enrolment = EnrolCandidate {
            candidate_id: candidate.to_string(),
            habilitation_id: habilitation.to_string(),
            framework_id: self.framework.to_string(),
            site_id: self.seat().await.id.to_string(),
            purpose_told: true,
            disability_contact_told: true,
            idempotency_key: None,
        };
        let id = service::evaluation::enrol(&self.admin, enrolment).await.expect("enrolled");
        let row = enrolment::Entity::find_by_id(id).one(&self.bench.app.db).await;
        row.expect("readable").expect("the enrolment")
    }

    /// An alert on an offer that does not conform, decided as a suspension.
    pub(crate) async fn suspend(&self) {
        let today = self.admin.today().await.expect("the date");
        let alert = PostEdofAlert {
            source: AlertSource::Cdc,
            reference: "ALERTE-1".to_owned(),
            allegation: Allegation::NonConformingOffer,
            siret: None,
            siren: Some("732829320".to_owned()),
            offer_title: "Formation bureautique".to_owned(),
            certification_code: "RS0000".to_owned(),
            offer_on: today,
            details: "Intitulé trompeur.".to_owned(),
            received_on: today,
            idempotency_key: None,
        };
        let id = service::edof::post(&self.staff, alert).await.expect("posted");
        self.bench.settle().await;
        let row = edof_alert::Entity::find_by_id(id).one(&self.bench.app.db).await;
        let decision = DecideEdofAlert {
            alert_id: id.to_string(),
            level: SanctionLevel::Suspension,
            reason: Some("Offre déjà signalée.".to_owned()),
            conditions: Some("Retirer l’offre.".to_owned()),
            enrolled_may_finish: true,
            expected_version: row.expect("readable").expect("the alert").version,
            idempotency_key: None,
        };
        service::edof::decide(&self.staff, decision).await.expect("decided");
        self.bench.settle().await;
    }

    /// The mail to an address whose subject says this; there is exactly one.
    pub(crate) fn mail(&self, to: &str, subject: &str) -> Outgoing {
        let sent = self.bench.mails.sent();
        let found: Vec<_> =
            sent.iter().filter(|m| m.to == to && m.subject.contains(subject)).collect();
        let subjects: Vec<_> = sent.iter().map(|m| (&m.to, &m.subject)).collect();
        assert_eq!(found.len(), 1, "« {subject} » to {to} among {subjects:#?}");
        found[0].clone()
    }
}

async fn an_account(bench: &Bench, email: &str) -> AccountId {
    let id = AccountId::new();
    let row = account::ActiveModel {
        id: Set(id),
        email: Set(email.to_owned()),
        display_name: Set(email.to_owned()),
        password_hash: Set("!".to_owned()),
        disabled_at: Set(None),
        created_at: Set(service::clock::machine_now()),
        confirmed_at: Set(None),
    };
    row.insert(&bench.app.db).await.expect("an account");
    id
}

async fn acting(bench: &Bench, account: AccountId) -> Context {
    let actor = service::account::actor(&bench.app, account).await.expect("an actor");
    Context::new(bench.app.clone(), actor, "story")
}
