//! Mails as they were sent, their delivery and their acknowledgement (X.c, interpretation 5).
//!
//! A notice is composed once per cause and sent at least once under the same Message-ID. Its stored
//! body masks the token of its link: each sending puts a fresh one, of which only the hash is kept.
//!
//! | what | where |
//! |---|---|
//! | composing, sending, the mail server's acceptance | here |
//! | what is known of a notice, the list of those that need a hand | [`facts_of`], [`undelivered`] |
//! | what a notification brings, and undoes when it is void | `effect` |
//! | a bounce | [`record_bounce`], [`report_bounce`] |
//! | sent again, or by registered letter | [`resend`], [`record_registered_letter`] |
//! | the page that its link opens | [`page()`], [`acknowledge`] |

mod actions;
mod bounce;
mod effect;
mod facts;
mod letter;
mod page;
mod resend;

pub use actions::actions;
pub use bounce::{BounceReport, RecordBounce, Reported, record_bounce, report_bounce};
pub use facts::{facts, facts_of, sending_changed, undelivered};
pub use letter::{RecordRegisteredLetter, record_registered_letter};
pub use page::{NoticePage, acknowledge, linked_document, page};
pub use resend::{ResendNotice, resend};

use crate::account;
use crate::clock::LegalNow;
use crate::context::{Context, Tx};
use crate::error::{ActError, ActResult, not_found};
use crate::journal::{Deed, Entry};
use crate::policy::{self, Act, Place};
use crate::sight;
use crate::subject::subject_id;
use crate::token::{self, hash};
use chrono::{Days, NaiveDate};
use domain::notification::{Desk, NoticeKind, NoticeState};
use entity::ids::{
    AuthorityId, CandidateId, DeliveryId, DocumentId, NoticeId, NoticeLinkId, OrganismId,
};
use entity::subject::Subject;
use entity::{delivery, document, notice, notice_attachment, notice_body, notice_link};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

/// Stands for the link's token in a stored body.
pub const TOKEN_MASK: &str = "JETON-MASQUE-0000000000000";
/// How long a link in a mail opens its page, in days.
const LINK_DAYS: u64 = 400;

/// A mail to compose.
#[derive(Debug, Clone)]
pub struct NewNotice {
    /// What it says.
    pub kind: NoticeKind,
    /// What it is about: of the kind that its own kind names.
    pub subject: Subject,
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
    tx.notice_changed(id, new.candidate_id);
    notice::ActiveModel {
        id: Set(id),
        kind: Set(new.kind.into()),
        subject_id: Set(subject_id(new.kind.subject_kind(), new.subject)?),
        dedup_key: Set(new.dedup_key),
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
        recipient_email: Set(new.recipient_email),
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
    /// To whom.
    pub recipient_email: String,
    /// Subject.
    pub subject: String,
    /// Plain text, with a fresh link.
    pub text: String,
    /// HTML, with the same link.
    pub html: String,
    /// File name, media type and bytes of each attachment.
    pub attachments: Vec<(String, String, Vec<u8>)>,
    /// Whether nothing is left to send: accepted already, bounced, replaced by another notice or by a
    /// registered letter.
    pub settled: bool,
}

/// What to send, with a fresh link where the notice has one.
pub async fn to_send(ctx: &Context, id: NoticeId) -> ActResult<ToSend> {
    let tx = ctx.begin().await?;
    let gone = || ActError::Fault(anyhow::anyhow!("the notice or its body does not exist"));
    let notice = notice::Entity::find_by_id(id).one(tx.conn()).await?.ok_or_else(gone)?;
    let body = notice_body::Entity::find_by_id(id).one(tx.conn()).await?.ok_or_else(gone)?;
    let state = facts(tx.conn(), &notice).await?.state();
    let settled = !matches!(state, NoticeState::Sending | NoticeState::GivenUp);
    let (mut text, mut html) = (body.text, body.html);
    if !settled && text.contains(TOKEN_MASK) {
        let token = match account::LinkPurpose::of(&notice) {
            Some(purpose) => account::new_link(tx.conn(), purpose).await?,
            None => new_link(&tx, id).await?,
        };
        text = text.replace(TOKEN_MASK, &token);
        html = html.replace(TOKEN_MASK, &token);
    }
    let mut attachments = Vec::new();
    for document in attached(tx.conn(), id).await? {
        let bytes = crate::document::body(tx.conn(), document.id).await?.ok_or_else(gone)?;
        attachments.push((document.file_name, document.media_type, bytes));
    }
    let (recipient_email, subject) = (body.recipient_email, body.mail_subject);
    tx.seal(ToSend { notice, recipient_email, subject, text, html, attachments, settled }).await
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

async fn new_link(tx: &Tx, id: NoticeId) -> ActResult<String> {
    let token = token::random();
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

/// The notice that an act is about, as its actor may see it.
async fn find(tx: &Tx, id: &str) -> ActResult<notice::Model> {
    let sight = tx.ctx().actor.sight();
    sight::find::<notice::Entity, NoticeId>(tx.conn(), &sight, id, "noticeId").await
}

/// Where an act on the notice takes place: in the authority that wrote it.
fn place(notice: &notice::Model) -> Place {
    Place { authority: notice.authority_id, ..Place::default() }
}

/// Whether the actor may act on the notice: whoever bills, on what is billed alone. A decision loses and
/// takes its effect with its notification, which is for those who prepare cases (interpretation 26).
fn allows(ctx: &Context, act: Act, notice: &notice::Model) -> bool {
    let in_hand = match notice.kind.desk() {
        Desk::Billing => true,
        Desk::Cases => policy::prepares_cases(&ctx.actor, &place(notice)),
    };
    in_hand && policy::allows(&ctx.actor, act, &place(notice))
}

/// Refuses whom [`allows`] does not let do the transaction's act.
fn require(tx: &Tx, notice: &notice::Model) -> ActResult<()> {
    tx.require(&place(notice))?;
    let act = tx.act()?;
    if allows(tx.ctx(), act, notice) { Ok(()) } else { Err(policy::forbidden(act).into()) }
}

/// Whoever accepts, voids, replaces or sends a notice again does so one after the other. Notices
/// themselves are immutable and not locked: their body, which can be erased, is.
async fn hold(tx: &Tx, id: NoticeId) -> ActResult<Option<notice_body::Model>> {
    Ok(notice_body::Entity::find_by_id(id).lock_exclusive().one(tx.conn()).await?)
}

/// What the mail server answered, and when: a mail accepted just before midnight notifies on that day,
/// whenever it is recorded (interpretation 5).
#[derive(Debug, Clone, Copy)]
pub struct Acceptance<'a> {
    /// Legal time, read as soon as the server answered.
    pub now: LegalNow,
    /// How the mail left.
    pub transport: &'a str,
    /// The server's words, without the recipient.
    pub response: &'a str,
    /// What it calls the mail from now on, when it said so.
    pub server_id: Option<&'a str>,
}

/// Records that the mail server accepted the notice, and carries out what follows from it in law.
/// Of a repeated mail the first acceptance counts; one that bounced meanwhile notifies nothing
/// (interpretation 5).
pub async fn accept(ctx: &Context, id: NoticeId, accepted: Acceptance<'_>) -> ActResult<()> {
    let tx = ctx.begin().await?;
    hold(&tx, id).await?;
    let notice = notice::Entity::find_by_id(id).one(tx.conn()).await?;
    let notice = notice.ok_or_else(|| not_found("id"))?;
    let before = facts(tx.conn(), &notice).await?;
    if before.accepted_on.is_some() {
        return tx.seal(()).await;
    }
    delivery::ActiveModel {
        id: Set(DeliveryId::new()),
        notice_id: Set(id),
        accepted_at: Set(accepted.now.at),
        accepted_on: Set(accepted.now.today),
        transport: Set(accepted.transport.to_owned()),
        response: Set(accepted.response.chars().take(500).collect()),
        server_id: Set(accepted.server_id.map(str::to_owned)),
    }
    .insert(tx.conn())
    .await?;
    tx.notice_changed(id, notice.candidate_id);
    let mut summary = format!("Courriel remis : {}", *notice.kind);
    if matches!(before.state(), NoticeState::Sending | NoticeState::GivenUp) {
        effect::take(&tx, &notice, accepted.now.today).await?;
    } else {
        summary.push_str(", sans effet : un rebond, une lettre ou un nouvel envoi l’a précédé");
    }
    let entry = Entry::new(id, summary).under("X.c").about(notice.organism_id);
    tx.record(Deed::DeliverNotice, entry);
    tx.seal(()).await
}
