//! Notices that did not arrive (interpretation 5): officers are told of a bounce, and what they send again
//! leaves.

use super::shared::one;
use crate::error::TaskResult;
use crate::job::Job;
use crate::notify::{Draft, finish, notify, send};
use domain::deadline::format_date_fr;
use domain::notification::{NoticeKind, NoticeState};
use entity::ids::{BounceId, NoticeId};
use entity::{authority, bounce, notice, notice_body, organism};
use mailer::Message;
use sea_orm::EntityTrait;
use service::notice::facts;

/// Sends a notice that takes the place of another.
pub(crate) async fn resend(job: &Job<'_>, id: NoticeId) -> TaskResult<()> {
    send(job, id).await
}

/// Tells the authority that wrote the notice, unless it was sent again meanwhile.
pub(crate) async fn tell_bounce(job: &Job<'_>, id: BounceId) -> TaskResult<()> {
    let db = job.db();
    let bounced = one::<bounce::Entity, _>(db, id, "the bounce").await?;
    let row = one::<notice::Entity, _>(db, bounced.notice_id, "the notice").await?;
    let state = facts(db, &row).await?.state();
    let authority = row.authority_id.filter(|_| state != NoticeState::Superseded);
    let Some(authority) = authority else { return finish(job.ctx).await };
    let authority = one::<authority::Entity, _>(db, authority, "the authority").await?;
    let body = notice_body::Entity::find_by_id(row.id).one(db).await?;
    let message = Message::NoticeBounced {
        notice: row.id.to_string(),
        mail_subject: body.map_or_else(|| row.kind.to_string(), |body| body.mail_subject),
        recipient: recipient(job, &row).await?,
        bounced_on: format_date_fr(bounced.bounced_on),
        status: bounced.status,
        diagnostic: bounced.diagnostic,
        consequence: consequence(*row.kind, bounced.voids, state).to_owned(),
        to_resend: bounced.voids && state == NoticeState::Bounced,
    };
    let draft = Draft {
        subject: row.id.into(),
        to: authority.email.clone(),
        authority: &authority,
        organism: None,
        candidate: None,
        message,
        attachments: Vec::new(),
    };
    notify(job, draft).await
}

/// Who was written to: an organism by its name; a candidate's stays where it may be read.
async fn recipient(job: &Job<'_>, row: &notice::Model) -> TaskResult<String> {
    Ok(match row.organism_id {
        Some(id) => one::<organism::Entity, _>(job.db(), id, "the organism").await?.name,
        None => "un candidat".to_owned(),
    })
}

/// What the bounce changes in law, in French.
fn consequence(kind: NoticeKind, voids: bool, state: NoticeState) -> &'static str {
    if !voids {
        "La notification demeure : l’envoi a été lu, notifié par lettre recommandée, ou d’autres actes l’ont \
         suivi. Il vous revient d’apprécier s’il faut écrire de nouveau au destinataire."
    } else if state == NoticeState::Notified {
        "La notification demeure : cet envoi a été notifié par un autre moyen."
    } else {
        kind.bounce_consequence_fr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Interpretation 5: a bounce changes something where it voids and nothing else notified.
    #[test]
    fn each_notice_says_what_its_bounce_changes() {
        let accepted = NoticeKind::DecisionAccepted;
        let void = consequence(accepted, true, NoticeState::Bounced);
        assert_eq!(void, accepted.bounce_consequence_fr());
        assert!(consequence(accepted, false, NoticeState::Bounced).contains("demeure"));
        assert!(consequence(accepted, true, NoticeState::Notified).contains("demeure"));
    }
}
