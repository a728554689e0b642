//! A mail, from its cause to its recorded acceptance (X.c, X.d, interpretation 5).
//!
//! Composed once per cause, sent at least once under the same Message-ID, and what follows from it in
//! law is carried out with the record of its first acceptance. Dying between two of these steps
//! repeats a mail at worst.

use crate::error::{TaskError, TaskResult};
use crate::job::{Job, Post};
use domain::notification::NoticeKind;
use entity::authority;
use entity::ids::{CandidateId, DocumentId, NoticeId, OrganismId};
use entity::subject::Subject;
use mailer::{Accepted, Attachment, CheckError, Message, Outgoing, SendError};
use service::context::{Context, Settings};
use service::fault::{self, defect, point};
use service::notice::{self, Acceptance, NewNotice, TOKEN_MASK, ToSend};
use telemetry::mask;
use telemetry::metrics::{self, MailOutcome};

/// Stands for the recipient in what is kept of an error: who runs the platform sees it.
const RECIPIENT_MASK: &str = "<destinataire>";

/// A mail to write.
pub(crate) struct Draft<'a> {
    /// What it is about.
    pub(crate) subject: Subject,
    /// To whom.
    pub(crate) to: String,
    /// In whose name, or to whom when an authority is written to.
    pub(crate) authority: &'a authority::Model,
    /// The organism written to.
    pub(crate) organism: Option<OrganismId>,
    /// The candidate written to.
    pub(crate) candidate: Option<CandidateId>,
    /// What it says.
    pub(crate) message: Message,
    /// What is sent with it.
    pub(crate) attachments: Vec<DocumentId>,
}

/// Composes the mail unless it was, sends it unless it was accepted, and ends the task.
pub(crate) async fn notify(job: &Job<'_>, draft: Draft<'_>) -> TaskResult<()> {
    let new = written(job, draft)?;
    let id = notice::compose(job.ctx, new).await?;
    send(job, id).await
}

/// Sends a notice unless it is settled (accepted, bounced, replaced), and ends the task.
pub(crate) async fn send(job: &Job<'_>, id: NoticeId) -> TaskResult<()> {
    let ctx = job.ctx;
    let letter = notice::to_send(ctx, id).await?;
    if letter.settled {
        return finish(ctx).await;
    }
    fault::pass(point::COMPOSED, &job.key);
    let recipient = letter.recipient_email.clone();
    if fault::planted(defect::ACCEPTED_UNSENT) {
        let now = ctx.app.clock.read(ctx.db()).await?;
        let transport = &job.post.transport.describe();
        let accepted = Acceptance { now, transport, response: "", server_id: None };
        notice::accept(&ctx.completing(), id, accepted).await?;
    }
    let sent = job.post.transport.send(&outgoing(job.post, letter)).await;
    tell(id, &sent);
    let accepted = sent.map_err(|e| discreet(e, &recipient))?;
    let now = ctx.app.clock.read(ctx.db()).await?;
    fault::pass(point::SENT, &job.key);
    if fault::planted(defect::ACCEPTED_UNSENT) {
        return Ok(());
    }
    let response = mask::recipient(&accepted.response, &recipient, RECIPIENT_MASK);
    let transport = &job.post.transport.describe();
    let server_id = accepted.server_id.as_deref();
    let acceptance = Acceptance { now, transport, response: &response, server_id };
    notice::accept(&ctx.completing(), id, acceptance).await?;
    Ok(())
}

/// Counts what the mail server said and tells the log of it, by the notice's id alone: why a mail did not
/// leave stands in the line of the task's try.
fn tell(notice: NoticeId, sent: &Result<Accepted, SendError>) {
    let outcome = match sent {
        Ok(_) => MailOutcome::Accepted,
        Err(SendError::Temporary(_) | SendError::Broken(CheckError::Away(_))) => {
            MailOutcome::Temporary
        }
        Err(SendError::Broken(CheckError::Unfit(_))) => MailOutcome::Refused,
        Err(SendError::Permanent(_)) => MailOutcome::Permanent,
    };
    metrics::mail(outcome);
    tracing::info!(%notice, outcome = outcome.as_str(), "mail");
}

/// Ends the task: there is nothing left for it to do.
pub(crate) async fn finish(ctx: &Context) -> TaskResult<()> {
    Ok(ctx.completing().begin().await?.seal(()).await?)
}

/// The page on which the notice is read and acknowledged; each sending puts its own token in.
pub(crate) fn notice_link(settings: &Settings) -> String {
    settings.link(&format!("/notices/{TOKEN_MASK}"))
}

fn written(job: &Job<'_>, draft: Draft<'_>) -> TaskResult<NewNotice> {
    let rendered = draft.message.render(&draft.authority.name)?;
    Ok(NewNotice {
        kind: kind_of(&draft.message),
        subject: draft.subject,
        dedup_key: job.key.clone(),
        recipient_email: draft.to,
        organism_id: draft.organism,
        candidate_id: draft.candidate,
        authority_id: Some(draft.authority.id),
        mail_subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        attachments: draft.attachments,
    })
}

/// The kind under which a message is kept.
pub(crate) fn kind_of(message: &Message) -> NoticeKind {
    match message {
        Message::FilingReceipt { .. } => NoticeKind::FilingReceipt,
        Message::DecisionAccepted { .. } => NoticeKind::DecisionAccepted,
        Message::DecisionRefused { .. } => NoticeKind::DecisionRefused,
        Message::TermReminder { .. } => NoticeKind::TermReminder,
        Message::HabilitationRenewed { .. } => NoticeKind::HabilitationRenewed,
        Message::HabilitationExpired { .. } => NoticeKind::HabilitationExpired,
        Message::InvoiceIssued { .. } => NoticeKind::InvoiceIssued,
        Message::PaymentReminder { .. } => NoticeKind::PaymentReminder,
        Message::PaymentEscalation { .. } => NoticeKind::PaymentEscalation,
        Message::EdofProposal { .. } => NoticeKind::EdofProposal,
        Message::EdofSanction { .. } => NoticeKind::EdofSanction,
        Message::CertificateAwarded { .. } => NoticeKind::CertificateAwarded,
        Message::NoticeBounced { .. } => NoticeKind::NoticeBounced,
        Message::CredentialExpiry { .. } => NoticeKind::CredentialExpiry,
        Message::AccountInvitation { .. } => NoticeKind::AccountInvitation,
        Message::PasswordReset { .. } => NoticeKind::PasswordReset,
        Message::TaskGivenUp { .. } => NoticeKind::TaskGivenUp,
    }
}

fn outgoing(post: &Post, letter: ToSend) -> Outgoing {
    let attachments = letter.attachments.into_iter();
    Outgoing {
        message_id: letter.notice.message_id,
        from: post.from.clone(),
        reply_to: post.reply_to.clone(),
        to: letter.recipient_email,
        subject: letter.subject,
        text: letter.text,
        html: letter.html,
        attachments: attachments
            .map(|(file_name, media_type, bytes)| Attachment { file_name, media_type, bytes })
            .collect(),
        date: letter.notice.composed_at,
    }
}

/// The error without the recipient's address, which servers like to quote.
fn discreet(error: SendError, recipient: &str) -> TaskError {
    let masked = |told: String| mask::recipient(&told, recipient, RECIPIENT_MASK);
    let error = match error {
        SendError::Temporary(told) => SendError::Temporary(masked(told)),
        SendError::Broken(CheckError::Away(told)) => {
            SendError::Broken(CheckError::Away(masked(told)))
        }
        SendError::Broken(CheckError::Unfit(told)) => {
            SendError::Broken(CheckError::Unfit(masked(told)))
        }
        SendError::Permanent(told) => SendError::Permanent(masked(told)),
    };
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_does_not_tell_who_was_written_to() {
        let error = SendError::Permanent("550 <Ada@Example.fr>: ada unknown".to_owned());
        let told = discreet(error, "ada@example.fr");
        assert_eq!(told.next(), service::outbox::NextTry::None);
        assert!(!told.to_string().to_lowercase().contains("ada"), "{told}");
        let refused =
            CheckError::Unfit("554 5.7.1 <ada@example.fr>: Relay access denied".to_owned());
        let told = discreet(SendError::Broken(refused), "ada@example.fr");
        assert_eq!(told.next(), service::outbox::NextTry::ForDays);
        assert!(told.to_string().contains("5.7.1") && !told.to_string().contains("ada"), "{told}");
    }
}
