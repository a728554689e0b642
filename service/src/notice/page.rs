//! The page that a notice's link opens: it shows, and its button acknowledges (P13).

use super::{attached, facts, hold};
use crate::context::{App, Context, Tx};
use crate::error::ActResult;
use crate::journal::{Deed, Entry};
use crate::token::hash;
use chrono::NaiveDate;
use domain::deadline::DeadlineKind;
use domain::notification::{LegalEffect, NoticeState};
use entity::ids::{AcknowledgementId, DocumentId, NoticeId};
use entity::kind::DeadlineStatus;
use entity::text::Text;
use entity::{acknowledgement, deadline, document, notice, notice_body, notice_link};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, TryInsertResult,
};

/// What the page of a notice shows.
#[derive(Debug, Clone)]
pub struct NoticePage {
    /// Subject.
    pub mail_subject: String,
    /// The text as sent, its link masked.
    pub text: String,
    /// How far it has come.
    pub state: NoticeState,
    /// The day of the notification, once there is one.
    pub notified_on: Option<NaiveDate>,
    /// The day on which a person acknowledged it.
    pub acknowledged_on: Option<NaiveDate>,
    /// The last day to appeal, on a refusal (III.8.a).
    pub appeal_until: Option<NaiveDate>,
    /// How that day was counted, in French.
    pub appeal_explanation: Vec<String>,
    /// Documents: file name and id.
    pub documents: Vec<(String, DocumentId)>,
}

/// The notice that a link opens; none when the link is unknown or expired. Changes nothing (P13).
pub async fn page(app: &App, token: &str) -> ActResult<Option<NoticePage>> {
    let today = app.clock.read(&app.db).await?.today;
    let Some(notice) = linked(&app.db, token, today).await? else { return Ok(None) };
    let Some(body) = notice_body::Entity::find_by_id(notice.id).one(&app.db).await? else {
        return Ok(None);
    };
    let appeal = appeal(app, &notice).await?;
    let documents = attached(&app.db, notice.id).await?;
    let known = facts(&app.db, &notice).await?;
    Ok(Some(NoticePage {
        state: known.state(),
        notified_on: known.notified_on(),
        acknowledged_on: acknowledged_on(&app.db, notice.id).await?,
        appeal_until: appeal.as_ref().map(|(day, _)| *day),
        appeal_explanation: appeal.map(|(_, told)| told).unwrap_or_default(),
        documents: documents.into_iter().map(|d| (d.file_name, d.id)).collect(),
        mail_subject: body.mail_subject,
        text: body.text,
    }))
}

/// A document attached to the notice that a link opens.
pub async fn linked_document(
    app: &App,
    token: &str,
    id: &str,
) -> ActResult<Option<(document::Model, Vec<u8>)>> {
    let today = app.clock.read(&app.db).await?.today;
    let Some(notice) = linked(&app.db, token, today).await? else { return Ok(None) };
    let attached = attached(&app.db, notice.id).await?;
    let Some(document) = attached.into_iter().find(|d| d.id.to_string() == id) else {
        return Ok(None);
    };
    let bytes = crate::document::body(&app.db, document.id).await?;
    Ok(bytes.map(|bytes| (document, bytes)))
}

async fn appeal(app: &App, notice: &notice::Model) -> ActResult<Option<(NaiveDate, Vec<String>)>> {
    if notice.kind.effect() != LegalEffect::AppealDelayRuns {
        return Ok(None);
    }
    let row = deadline::Entity::find()
        .filter(deadline::Column::Kind.eq(Text(DeadlineKind::AppealLodged)))
        .filter(deadline::Column::SubjectId.eq(notice.subject_id))
        .filter(deadline::Column::Status.ne(Text(DeadlineStatus::Cancelled)))
        .one(&app.db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let told =
        crate::deadline::explain(&app.calendar, &row).map(|e| e.sentences()).unwrap_or_default();
    Ok(Some((row.due_on, told)))
}

async fn linked(
    db: &impl ConnectionTrait,
    token: &str,
    today: NaiveDate,
) -> ActResult<Option<notice::Model>> {
    let row = notice_link::Entity::find()
        .filter(notice_link::Column::TokenHash.eq(hash(token.as_bytes())))
        .filter(notice_link::Column::ExpiresOn.gte(today))
        .find_also_related(notice::Entity)
        .one(db)
        .await?;
    Ok(row.and_then(|(_, notice)| notice))
}

async fn acknowledged_on(db: &impl ConnectionTrait, id: NoticeId) -> ActResult<Option<NaiveDate>> {
    let row = acknowledgement::Entity::find()
        .filter(acknowledgement::Column::NoticeId.eq(id))
        .one(db)
        .await?;
    Ok(row.map(|a| a.acknowledged_on))
}

/// A person acknowledges the notice that a link opens: counted once; again, it answers the first day.
/// None when the link is unknown or expired (P13).
pub async fn acknowledge(ctx: &Context, token: &str) -> ActResult<Option<NaiveDate>> {
    ctx.run(Deed::AcknowledgeNotice, |tx| acknowledge_in(tx, token)).await
}

async fn acknowledge_in(tx: Tx, token: &str) -> ActResult<(Option<NaiveDate>, Option<Entry>)> {
    let Some(notice) = linked(tx.conn(), token, tx.today()).await? else {
        return Ok((None, None));
    };
    // A bounce comes before or after, never at the same time: what was read is not void.
    hold(&tx, notice.id).await?;
    if let Some(day) = acknowledged_on(tx.conn(), notice.id).await? {
        return Ok((Some(day), None));
    }
    let row = acknowledgement::ActiveModel {
        id: Set(AcknowledgementId::new()),
        notice_id: Set(notice.id),
        acknowledged_at: Set(tx.now.at),
        acknowledged_on: Set(tx.today()),
    };
    // A twin of the click is waited for: one row, and both see the page as acknowledged.
    let counted = acknowledgement::Entity::insert(row)
        .on_conflict(OnConflict::column(acknowledgement::Column::NoticeId).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(tx.conn())
        .await?;
    if !matches!(counted, TryInsertResult::Inserted(rows) if rows > 0) {
        return Ok((acknowledged_on(tx.conn(), notice.id).await?, None));
    }
    tx.notice_changed(notice.id, notice.candidate_id);
    let entry = Entry::new(notice.id, "Accusé de réception").under("X.c").about(notice.organism_id);
    Ok((Some(tx.today()), Some(entry)))
}
