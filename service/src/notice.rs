//! Mails as they were sent, their delivery and their acknowledgement (X.c, interpretation 5).
//!
//! A notice is composed once per cause and sent at least once under the same Message-ID. Its stored
//! body masks the token of its link: each sending puts a fresh one, of which only the hash is kept.

use crate::application;
use crate::context::{App, Context, Tx, hash};
use crate::edof;
use crate::error::{ActError, ActResult, not_found};
use crate::journal::Entry;
use chrono::{Days, NaiveDate};
use domain::deadline::DeadlineKind;
use entity::ids::{
    AcknowledgementId, ApplicationId, AuthorityId, CandidateId, DeliveryId, DocumentId,
    EdofAlertId, NoticeId, NoticeLinkId, OrganismId,
};
use entity::{
    acknowledgement, delivery, document, notice, notice_attachment, notice_body, notice_link,
};
use rand::RngExt;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, TryInsertResult,
};
use uuid::Uuid;

/// Stands for the link's token in a stored body.
pub const TOKEN_MASK: &str = "JETON-MASQUE-0000000000000";
/// How long a link in a mail opens its page, in days.
const LINK_DAYS: u64 = 400;
/// Of a token: 26 digits of 5 bits.
const TOKEN_LENGTH: usize = 26;
const TOKEN_ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A mail to compose.
#[derive(Debug, Clone)]
pub struct NewNotice {
    /// The kind of message, e.g. `DECISION_ACCEPTED`.
    pub kind: &'static str,
    /// The application, habilitation, invoice, alert, certificate or task that it is about.
    pub subject_id: Uuid,
    /// One notice per key, ever.
    pub dedup_key: String,
    /// To whom.
    pub recipient_email: String,
    /// The organism written to.
    pub organism_id: Option<OrganismId>,
    /// The candidate written to.
    pub candidate_id: Option<CandidateId>,
    /// The authority that writes, or is written to.
    pub authority_id: Option<AuthorityId>,
    /// Subject.
    pub mail_subject: String,
    /// Plain text, with [`TOKEN_MASK`] in its link.
    pub text: String,
    /// HTML, with [`TOKEN_MASK`] in its link.
    pub html: String,
    /// Documents sent with it.
    pub attachments: Vec<DocumentId>,
}

/// Composes a notice; the one already composed under the same key wins, so that a repeated mail is
/// the same mail.
pub async fn compose(ctx: &Context, new: NewNotice) -> ActResult<NoticeId> {
    let tx = ctx.begin().await?;
    let known = notice::Entity::find()
        .filter(notice::Column::DedupKey.eq(&new.dedup_key))
        .one(tx.conn())
        .await?;
    if let Some(known) = known {
        return tx.seal(known.id).await;
    }
    let id = NoticeId::new();
    insert(&tx, id, new).await?;
    tx.seal(id).await
}

async fn insert(tx: &Tx, id: NoticeId, new: NewNotice) -> ActResult<()> {
    let body = format!("{}\n{}\n{}", new.mail_subject, new.text, new.html);
    let host = tx.ctx().app.settings.mail_host();
    notice::ActiveModel {
        id: Set(id),
        kind: Set(new.kind.to_owned()),
        subject_id: Set(new.subject_id),
        dedup_key: Set(new.dedup_key),
        recipient_email: Set(new.recipient_email),
        organism_id: Set(new.organism_id),
        candidate_id: Set(new.candidate_id),
        authority_id: Set(new.authority_id),
        message_id: Set(format!("{id}@{host}")),
        body_sha256: Set(hash(body.as_bytes())),
        composed_on: Set(tx.today()),
        composed_at: Set(tx.now.at),
    }
    .insert(tx.conn())
    .await?;
    notice_body::ActiveModel {
        notice_id: Set(id),
        mail_subject: Set(new.mail_subject),
        text: Set(new.text),
        html: Set(new.html),
    }
    .insert(tx.conn())
    .await?;
    for document_id in new.attachments {
        notice_attachment::ActiveModel { notice_id: Set(id), document_id: Set(document_id) }
            .insert(tx.conn())
            .await?;
    }
    Ok(())
}

/// A notice ready to leave.
#[derive(Debug, Clone)]
pub struct ToSend {
    /// The notice.
    pub notice: notice::Model,
    /// Subject.
    pub subject: String,
    /// Plain text, with a fresh link.
    pub text: String,
    /// HTML, with the same link.
    pub html: String,
    /// File name, media type and bytes of each attachment.
    pub attachments: Vec<(String, String, Vec<u8>)>,
    /// Whether a mail server accepted it already.
    pub accepted: bool,
}

/// What to send, with a fresh link where the notice has one.
pub async fn to_send(ctx: &Context, id: NoticeId) -> ActResult<ToSend> {
    let tx = ctx.begin().await?;
    let gone = || ActError::Fault(anyhow::anyhow!("the notice or its body does not exist"));
    let notice = notice::Entity::find_by_id(id).one(tx.conn()).await?.ok_or_else(gone)?;
    let body = notice_body::Entity::find_by_id(id).one(tx.conn()).await?.ok_or_else(gone)?;
    let accepted = delivered_on(tx.conn(), id).await?.is_some();
    let (mut text, mut html) = (body.text, body.html);
    if !accepted && text.contains(TOKEN_MASK) {
        let token = new_link(&tx, id).await?;
        text = text.replace(TOKEN_MASK, &token);
        html = html.replace(TOKEN_MASK, &token);
    }
    let mut attachments = Vec::new();
    for document in attached(tx.conn(), id).await? {
        let bytes = crate::document::body(tx.conn(), document.id).await?.ok_or_else(gone)?;
        attachments.push((document.file_name, document.media_type, bytes));
    }
    tx.seal(ToSend { notice, subject: body.mail_subject, text, html, attachments, accepted }).await
}

async fn attached(db: &impl ConnectionTrait, id: NoticeId) -> ActResult<Vec<document::Model>> {
    let rows = notice_attachment::Entity::find()
        .filter(notice_attachment::Column::NoticeId.eq(id))
        .find_also_related(document::Entity)
        .order_by_asc(notice_attachment::Column::DocumentId)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(_, document)| document).collect())
}

/// A text of 128 random bits and more, for a link.
pub(crate) fn random_token() -> String {
    let mut rng = rand::rng();
    (0..TOKEN_LENGTH).map(|_| char::from(TOKEN_ALPHABET[rng.random_range(0..32)])).collect()
}

async fn new_link(tx: &Tx, id: NoticeId) -> ActResult<String> {
    let token = random_token();
    let expires_on = tx.today().checked_add_days(Days::new(LINK_DAYS)).unwrap_or(NaiveDate::MAX);
    notice_link::ActiveModel {
        id: Set(NoticeLinkId::new()),
        notice_id: Set(id),
        token_hash: Set(hash(token.as_bytes())),
        expires_on: Set(expires_on),
    }
    .insert(tx.conn())
    .await?;
    Ok(token)
}

async fn delivered_on(db: &impl ConnectionTrait, id: NoticeId) -> ActResult<Option<NaiveDate>> {
    let row = delivery::Entity::find().filter(delivery::Column::NoticeId.eq(id)).one(db).await?;
    Ok(row.map(|d| d.accepted_on))
}

/// Records that the mail server accepted the notice, and carries out what follows from it in law.
/// Of a repeated mail the first acceptance counts (interpretation 5).
pub async fn accept(ctx: &Context, id: NoticeId, transport: &str, response: &str) -> ActResult<()> {
    let tx = ctx.begin().await?;
    if delivered_on(tx.conn(), id).await?.is_some() {
        return tx.seal(()).await;
    }
    let notice = notice::Entity::find_by_id(id).one(tx.conn()).await?;
    let notice = notice.ok_or_else(|| not_found("id"))?;
    delivery::ActiveModel {
        id: Set(DeliveryId::new()),
        notice_id: Set(id),
        accepted_at: Set(tx.now.at),
        accepted_on: Set(tx.today()),
        transport: Set(transport.to_owned()),
        response: Set(response.chars().take(500).collect()),
    }
    .insert(tx.conn())
    .await?;
    match notice.kind.as_str() {
        "DECISION_ACCEPTED" | "DECISION_REFUSED" => {
            application::notified(&tx, ApplicationId(notice.subject_id)).await?;
        }
        "EDOF_SANCTION" => edof::notified(&tx, EdofAlertId(notice.subject_id)).await?,
        _ => {}
    }
    let mut entry =
        Entry::new("deliverNotice", "notice", id, format!("Courriel remis : {}", notice.kind))
            .under("X.c");
    entry.organism = notice.organism_id;
    tx.tell(entry).await?;
    tx.seal(()).await
}

/// What the page of a notice shows.
#[derive(Debug, Clone)]
pub struct NoticePage {
    /// The kind of message.
    pub kind: String,
    /// Subject.
    pub mail_subject: String,
    /// The text as sent, its link masked.
    pub text: String,
    /// The day of the notification, once there is one.
    pub accepted_on: Option<NaiveDate>,
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
    Ok(Some(NoticePage {
        accepted_on: delivered_on(&app.db, notice.id).await?,
        acknowledged_on: acknowledged_on(&app.db, notice.id).await?,
        appeal_until: appeal.as_ref().map(|(day, _)| *day),
        appeal_explanation: appeal.map(|(_, told)| told).unwrap_or_default(),
        documents: documents.into_iter().map(|d| (d.file_name, d.id)).collect(),
        kind: notice.kind,
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
    if notice.kind != "DECISION_REFUSED" {
        return Ok(None);
    }
    let row = entity::deadline::Entity::find()
        .filter(entity::deadline::Column::Kind.eq(entity::text::Text(DeadlineKind::AppealLodged)))
        .filter(entity::deadline::Column::SubjectId.eq(notice.subject_id))
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
pub async fn acknowledge(app: &App, token: &str) -> ActResult<Option<NaiveDate>> {
    let ctx = Context::new(app.clone(), crate::context::Actor::Anonymous, "page");
    let tx = ctx.begin().await?;
    let Some(notice) = linked(tx.conn(), token, tx.today()).await? else { return Ok(None) };
    if let Some(day) = acknowledged_on(tx.conn(), notice.id).await? {
        return Ok(Some(day));
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
        return acknowledged_on(tx.conn(), notice.id).await;
    }
    let (day, mut entry) = (
        tx.today(),
        Entry::new("acknowledgeNotice", "notice", notice.id, "Accusé de réception").under("X.c"),
    );
    entry.organism = notice.organism_id;
    tx.tell(entry).await?;
    tx.seal(Some(day)).await
}
