//! What each kind of task does: one file per family, read from top to bottom.
//!
//! A task holds ids only and reloads what they stand for. No transaction is open while a document is
//! rendered or a mail is sent. What is no longer true when a task runs (paid since, decided since) ends
//! it without effect.

mod account;
mod award;
mod credential;
mod decision;
mod edof;
mod given_up;
mod invoice;
mod notice;
mod payment;
mod receipt;
mod reconcile;
mod term;

use crate::error::{TaskError, TaskResult};
use crate::notify::Post;
use documents::{DocumentError, Party};
use entity::ids::DocumentId;
use entity::kind::DocumentKind;
use entity::subject::Subject;
use entity::{authority, organism};
use sea_orm::{DatabaseConnection, EntityTrait, PrimaryKeyTrait};
use service::context::Context;
use service::document::NewDocument;
use service::task::Task;

/// One try of a task.
pub(crate) struct Job<'a> {
    /// The application, as the task.
    pub(crate) ctx: &'a Context,
    /// How mails leave.
    pub(crate) post: &'a Post,
    /// The task's own key: what it does once is known by it.
    pub(crate) key: String,
}

impl Job<'_> {
    fn db(&self) -> &DatabaseConnection {
        self.ctx.db()
    }
}

/// Carries the task out; it is done in the transaction of its effect.
pub(crate) async fn carry_out(job: &Job<'_>, task: Task) -> TaskResult<()> {
    match task {
        Task::FilingReceipt { application } => receipt::send(job, application).await,
        Task::NotifyDecision { decision } => decision::notify(job, decision).await,
        Task::RemindTerm { habilitation, ends_on, .. } => {
            term::remind(job, habilitation, ends_on).await
        }
        Task::TellRenewal { habilitation } => term::tell_renewal(job, habilitation).await,
        Task::TellExpiry { habilitation } => term::tell_expiry(job, habilitation).await,
        Task::SendInvoice { invoice } => invoice::send(job, invoice).await,
        Task::RemindPayment { invoice, .. } => payment::remind(job, invoice).await,
        Task::EscalatePayment { invoice } => payment::escalate(job, invoice).await,
        Task::AssessAlert { alert } => edof::assess(job, alert).await,
        Task::ProposeSanction { alert } => edof::propose(job, alert).await,
        Task::NotifySanction { alert } => edof::notify_sanction(job, alert).await,
        Task::AwardCertificate { certificate } => award::deliver(job, certificate).await,
        Task::SendNotice { notice } => notice::resend(job, notice).await,
        Task::TellBounce { bounce } => notice::tell_bounce(job, bounce).await,
        Task::TellCredentialExpiry { credential, account, .. } => {
            credential::tell_expiry(job, credential, account).await
        }
        Task::InviteAccount { invitation } => account::invite(job, invitation).await,
        Task::ResetPassword { reset } => account::reset(job, reset).await,
        Task::TellGivenUp { task, push } => given_up::tell(job, task, push).await,
        Task::Reconcile { reconciler, on } => reconcile::run(job, reconciler, on).await,
    }
}

/// The row of this id, which the task cannot do without.
async fn one<E, Id>(db: &DatabaseConnection, id: Id, what: &'static str) -> TaskResult<E::Model>
where
    E: EntityTrait,
    E::PrimaryKey: PrimaryKeyTrait<ValueType = Id>,
    Id: Into<<E::PrimaryKey as PrimaryKeyTrait>::ValueType>,
{
    E::find_by_id(id).one(db).await?.ok_or_else(|| TaskError::missing(what))
}

/// Certif Pro, which bills and answers for the certificate.
async fn certif_pro(db: &DatabaseConnection) -> TaskResult<authority::Model> {
    service::authority::certif_pro(db).await?.ok_or_else(|| TaskError::missing("Certif Pro"))
}

/// Renders a document and keeps it, unless one of its kind and subject is kept already.
async fn document<F>(
    ctx: &Context,
    kind: DocumentKind,
    subject: impl Into<Subject>,
    file_name: String,
    render: F,
) -> TaskResult<DocumentId>
where
    F: FnOnce() -> Result<Vec<u8>, DocumentError> + Send + 'static,
{
    let subject = subject.into();
    if let Some(known) = service::document::known(ctx.db(), kind, subject).await? {
        return Ok(known);
    }
    let bytes =
        tokio::task::spawn_blocking(render).await.map_err(|e| TaskError::Retry(e.into()))??;
    Ok(service::document::store(ctx, NewDocument { kind, subject, file_name, bytes }).await?)
}

fn authority_party(authority: &authority::Model) -> Party {
    Party {
        name: authority.name.clone(),
        address: authority.address.clone(),
        postal_code: authority.postal_code.clone(),
        city: authority.city.clone(),
        siren: authority.siren.clone(),
        siret: None,
    }
}

fn organism_party(organism: &organism::Model) -> Party {
    Party {
        name: organism.name.clone(),
        address: organism.address.clone(),
        postal_code: organism.postal_code.clone(),
        city: organism.city.clone(),
        siren: Some(organism.siren.clone()),
        siret: None,
    }
}

/// Text of the rules as mails and letters print it: with the typographic apostrophe.
fn typographic(text: &str) -> String {
    text.replace('\'', "’")
}
