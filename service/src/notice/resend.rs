//! A notice that did not arrive is sent again, to the same or a corrected address (interpretation 5).

use super::{NewNotice, attached, facts, find, hold, insert, require};
use crate::context::{Context, Tx};
use crate::error::{ActResult, ensure, not_found};
use crate::field::address;
use crate::journal::Entry;
use crate::policy::Act;
use crate::task::Task;
use domain::notification::resend_refusals;
use entity::ids::{NoticeId, TypedId};
use entity::resending;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde::Serialize;
use serde_json::json;

/// A notice to send again.
#[derive(Debug, Clone, Serialize)]
pub struct ResendNotice {
    /// The notice that did not arrive.
    pub notice_id: String,
    /// To whom; the same address when left out.
    pub email: Option<String>,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(ResendNotice);

/// Sends a notice again (interpretation 5): what bounced, or was given up. The new mail is a notice of
/// its own, with the same words and documents; its acceptance is the notification. Answers its id.
pub async fn resend(ctx: &Context, input: ResendNotice) -> ActResult<NoticeId> {
    ctx.act(Act::ResendNotice, input, resend_in).await
}

async fn resend_in(tx: Tx, input: ResendNotice) -> ActResult<(NoticeId, Entry)> {
    let account = tx.account()?;
    let old = find(&tx, &input.notice_id).await?;
    require(&tx, &old)?;
    let body = hold(&tx, old.id).await?;
    let mut refusals = resend_refusals(&facts(tx.conn(), &old).await?, body.is_some());
    let known = body.as_ref().map(|body| body.recipient_email.clone());
    let same = || Ok(known.clone().unwrap_or_default());
    let email = input.email.as_deref().map_or_else(same, |email| address("email", email));
    refusals.extend(email.as_ref().err().cloned());
    ensure(refusals)?;
    let email = email?;
    let body = body.ok_or_else(|| not_found("noticeId"))?;
    let id = NoticeId::new();
    let task = Task::SendNotice { notice: id };
    let corrected = known.as_ref() != Some(&email);
    let documents = attached(tx.conn(), old.id).await?;
    let new = NewNotice {
        kind: *old.kind,
        subject: old.subject(),
        dedup_key: task.dedup_key(),
        recipient_email: email,
        organism_id: old.organism_id,
        candidate_id: old.candidate_id,
        authority_id: old.authority_id,
        mail_subject: body.mail_subject,
        text: body.text,
        html: body.html,
        attachments: documents.into_iter().map(|document| document.id).collect(),
    };
    insert(&tx, id, new).await?;
    resending::ActiveModel {
        notice_id: Set(id),
        supersedes_id: Set(old.id),
        asked_by_id: Set(account),
        asked_on: Set(tx.today()),
    }
    .insert(tx.conn())
    .await?;
    tx.enqueue(task).await?;
    tx.notice_changed(old.id, old.candidate_id);
    let to = if corrected { "à une adresse corrigée" } else { "à la même adresse" };
    let summary = format!("Nouvel envoi {to} : {}", *old.kind);
    let entry = Entry::new(old.id, summary)
        .under("X.c")
        .about(old.organism_id)
        .with(json!({ "notice": id.uuid(), "corrected": corrected }));
    Ok((id, entry))
}
