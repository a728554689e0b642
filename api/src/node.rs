//! Global ids: any object by its id.

use crate::account::{AccountGrant, Invitation, SignInSession};
use crate::application::{self, Application, Decision};
use crate::authority::{Authority, Campaign, Delegation, Framework, Meeting};
use crate::billing::{Invoice, InvoiceLine, Payment, Tariff};
use crate::deadline::Deadline;
use crate::edof::EdofAlert;
use crate::evaluation::{
    Candidate, Certificate, Enrolment, Evaluation, Jury, JuryDecision, TrainingPath,
};
use crate::habilitation::Habilitation;
use crate::load;
use crate::machine::MachineCredential;
use crate::notice::{Document, Notice};
use crate::ops::Task;
use crate::organism::{Organism, Practitioner, Site};
use async_graphql::{Context, ID, Interface};
use entity::ids::*;

/// An object with a global id.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "Opaque, typed, stable for ever, e.g. `hab_01J…`."
))]
pub(crate) enum Node {
    AccountGrant(AccountGrant),
    Application(Application),
    Authority(Authority),
    Campaign(Campaign),
    Candidate(Candidate),
    Certificate(Certificate),
    Deadline(Deadline),
    Decision(Decision),
    Delegation(Delegation),
    Document(Document),
    EdofAlert(EdofAlert),
    Enrolment(Enrolment),
    Evaluation(Evaluation),
    Framework(Framework),
    Habilitation(Habilitation),
    Invitation(Invitation),
    Invoice(Invoice),
    InvoiceLine(InvoiceLine),
    Jury(Jury),
    JuryDecision(JuryDecision),
    MachineCredential(MachineCredential),
    Meeting(Meeting),
    Notice(Notice),
    Organism(Organism),
    Payment(Payment),
    Practitioner(Practitioner),
    SignInSession(SignInSession),
    Site(Site),
    Tariff(Tariff),
    Task(Task),
    TrainingPath(TrainingPath),
}

/// The object of this id; none for what does not exist or may not be seen.
pub(crate) async fn find(ctx: &Context<'_>, id: &ID) -> Option<Node> {
    macro_rules! by_prefix {
        ($($id:ident => $node:ident),* $(,)?) => {
            match id.split_once('_')?.0 {
                DecisionId::PREFIX => {
                    application::decision(ctx, id.parse().ok()?).await.map(Node::Decision)
                }
                $($id::PREFIX => {
                    load::get(ctx, id.parse::<$id>().ok()?).await.map(Node::$node)
                })*
                _ => None,
            }
        };
    }
    by_prefix! {
        AccountGrantId => AccountGrant,
        ApplicationId => Application,
        AuthorityId => Authority,
        CampaignId => Campaign,
        CandidateId => Candidate,
        CertificateId => Certificate,
        DeadlineId => Deadline,
        DelegationId => Delegation,
        DocumentId => Document,
        EdofAlertId => EdofAlert,
        EnrolmentId => Enrolment,
        EvaluationId => Evaluation,
        FrameworkId => Framework,
        HabilitationId => Habilitation,
        InvitationId => Invitation,
        InvoiceId => Invoice,
        InvoiceLineId => InvoiceLine,
        JuryId => Jury,
        JuryDecisionId => JuryDecision,
        MachineCredentialId => MachineCredential,
        MeetingId => Meeting,
        NoticeId => Notice,
        OrganismId => Organism,
        OutboxId => Task,
        PaymentId => Payment,
        PractitionerId => Practitioner,
        SessionId => SignInSession,
        SiteId => Site,
        TariffId => Tariff,
        TrainingPathId => TrainingPath,
    }
}
