//! Mails about accounts: an invitation, a link to a new password. Nobody but who receives them sees them: who
//! could have one sent elsewhere could act in its reader's name.

use super::shared::certif_pro;
use crate::error::TaskResult;
use crate::job::Job;
use crate::notify::{finish, kind_of, send};
use entity::ids::{InvitationId, PasswordResetId};
use entity::subject::Subject;
use mailer::Message;
use service::account::{self, INVITATION_LENGTH, RESET_LENGTH};
use service::notice::{self, NewNotice, TOKEN_MASK};

/// Mails an invitation that may still be taken.
pub(crate) async fn invite(job: &Job<'_>, id: InvitationId) -> TaskResult<()> {
    let Some(offer) = account::invitation_to_send(job.ctx, id).await? else {
        return finish(job.ctx).await;
    };
    let message = Message::AccountInvitation {
        role: offer.role.to_owned(),
        place: offer.place,
        delay: format!("{} jours", INVITATION_LENGTH.num_days()),
        opens_account: offer.opens_account,
        link: job.ctx.app.settings.link(&format!("/invitations/{TOKEN_MASK}")),
    };
    mail(job, id.into(), offer.email, message).await
}

/// Mails a link to a new password; nothing is sent where the address has no account.
pub(crate) async fn reset(job: &Job<'_>, id: PasswordResetId) -> TaskResult<()> {
    let Some(email) = account::reset_to_send(job.ctx, id).await? else {
        return finish(job.ctx).await;
    };
    let message = Message::PasswordReset {
        delay: format!("{} minutes", RESET_LENGTH.num_minutes()),
        link: job.ctx.app.settings.link(&format!("/password-resets/{TOKEN_MASK}")),
    };
    mail(job, id.into(), email, message).await
}

async fn mail(job: &Job<'_>, subject: Subject, to: String, message: Message) -> TaskResult<()> {
    let sender = certif_pro(job.db()).await?;
    let rendered = message.render(&sender.name)?;
    let new = NewNotice {
        kind: kind_of(&message),
        subject,
        dedup_key: job.key.clone(),
        recipient_email: to,
        organism_id: None,
        candidate_id: None,
        authority_id: None,
        mail_subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        attachments: Vec::new(),
    };
    let notice = notice::compose(job.ctx, new).await?;
    send(job, notice).await
}
