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
mod shared;
mod term;

use crate::error::TaskResult;
use crate::job::Job;
use service::task::Task;

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
