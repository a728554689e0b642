//! A notice notified by registered letter instead of mail (interpretation 5).

use super::{effect, facts, find, hold, place};
use crate::context::{Context, Tx};
use crate::error::{ActResult, ensure};
use crate::journal::Entry;
use crate::policy::Act;
use chrono::NaiveDate;
use domain::deadline::format_date_fr;
use domain::notification::letter_refusals;
use entity::ids::{NoticeId, RegisteredLetterId};
use entity::registered_letter;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde::Serialize;

/// A registered letter that brought what a mail could not.
#[derive(Debug, Clone, Serialize)]
pub struct RecordRegisteredLetter {
    /// The notice.
    pub notice_id: String,
    /// The day on which it was handed over or, left uncollected, first presented: the notification.
    pub received_on: NaiveDate,
    /// The number that the post follows it by.
    pub tracking_number: String,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RecordRegisteredLetter);

/// Records a notification by registered letter (interpretation 5): of a notice that no mail notified, with
/// the same effects in law, from the day of its reception.
pub async fn record_registered_letter(
    ctx: &Context,
    input: RecordRegisteredLetter,
) -> ActResult<NoticeId> {
    ctx.act(Act::RecordRegisteredLetter, input, record_registered_letter_in).await
}

async fn record_registered_letter_in(
    tx: Tx,
    input: RecordRegisteredLetter,
) -> ActResult<(NoticeId, Entry)> {
    let account = tx.account()?;
    let notice = find(&tx, &input.notice_id).await?;
    tx.require(&place(&notice))?;
    hold(&tx, notice.id).await?;
    let known = facts(tx.conn(), &notice).await?;
    let on = input.received_on;
    ensure(letter_refusals(&known, on, &input.tracking_number, tx.today()))?;
    registered_letter::ActiveModel {
        id: Set(RegisteredLetterId::new()),
        notice_id: Set(notice.id),
        received_on: Set(on),
        tracking_number: Set(input.tracking_number.trim().to_owned()),
        recorded_by_id: Set(account),
        recorded_on: Set(tx.today()),
        recorded_at: Set(tx.now.at),
    }
    .insert(tx.conn())
    .await?;
    effect::take(&tx, &notice, on).await?;
    tx.notice_changed(notice.id, notice.candidate_id);
    let summary = format!("Notifié par lettre recommandée le {}", format_date_fr(on));
    let entry = Entry::new(notice.id, summary).under("X.c").about(notice.organism_id);
    Ok((notice.id, entry))
}
