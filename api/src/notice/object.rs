//! Notices as objects.

use super::NoticeState;
use super::{Bounce, Document, RegisteredLetter};
use crate::load::{self, Failure, Reader, batch, list};
use crate::object::object;
use crate::ops::Action;
use crate::organism::Organism;
use crate::scalar::{Date, DateTime};
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use domain::notification::{NoticeFacts, NoticeKind};
use entity::ids::{BounceId, DocumentId, NoticeId, RegisteredLetterId};
use entity::text::Text;
use entity::{bounce, notice, notice_attachment, notice_body, registered_letter, resending};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use service::policy;
use service::sight::Visible;
use std::collections::HashMap;
use uuid::Uuid;

list! {
    /// The notices about an object.
    SubjectNotices {} = "subject.notices", notice by NoticeId(Id, id), newest first,
    under Uuid(SubjectId, subject_id);
    |self, sight| notice::Entity::visible(sight)
}

list! {
    /// The bounces of a notice.
    NoticeBounces {} = "notice.bounces", bounce by BounceId(Id, id), oldest first,
    under NoticeId(NoticeId, notice_id);
    |self, _sight| bounce::Entity::find()
}

list! {
    /// The registered letter that brought a notice: one at most.
    NoticeLetter {} = "notice.letter", registered_letter by RegisteredLetterId(Id, id), oldest first,
    under NoticeId(NoticeId, notice_id);
    |self, _sight| registered_letter::Entity::find()
}

batch!(FactsOf of notice: NoticeFacts = |reader, rows| {
    service::notice::facts_of(reader.db(), &rows).await?
});

batch!(ActionsOn of notice: Vec<policy::Action> = |reader, rows| {
    service::notice::actions(&reader.context(), &rows).await?
});

/// The notice that took the place of another, and the reverse.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Resending {
    /// The notice that took this one's place.
    Of(NoticeId),
    /// The notice whose place this one took.
    By(NoticeId),
}

impl Loader<Resending> for Reader {
    type Value = NoticeId;
    type Error = Failure;

    async fn load(&self, keys: &[Resending]) -> Result<HashMap<Resending, NoticeId>, Failure> {
        use resending::Column;
        let ids = || keys.iter().map(|(Resending::Of(id) | Resending::By(id))| *id);
        let rows = resending::Entity::find()
            .filter(
                Condition::any()
                    .add(Column::NoticeId.is_in(ids()))
                    .add(Column::SupersedesId.is_in(ids())),
            )
            .all(self.db())
            .await?;
        let both = rows.iter().flat_map(|row| {
            [
                (Resending::Of(row.supersedes_id), row.notice_id),
                (Resending::By(row.notice_id), row.supersedes_id),
            ]
        });
        Ok(both.collect())
    }
}

/// The day on which a notice of these kinds about an object notified it; seen by whoever sees the object.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct NotifiedOn {
    pub(crate) subject: Uuid,
    pub(crate) kinds: &'static [NoticeKind],
}

impl Loader<NotifiedOn> for Reader {
    type Value = NaiveDate;
    type Error = Failure;

    async fn load(&self, keys: &[NotifiedOn]) -> Result<HashMap<NotifiedOn, NaiveDate>, Failure> {
        let kinds = keys.iter().flat_map(|key| key.kinds).map(|kind| Text(*kind));
        let rows = notice::Entity::find()
            .filter(notice::Column::SubjectId.is_in(keys.iter().map(|key| key.subject)))
            .filter(notice::Column::Kind.is_in(kinds))
            .all(self.db())
            .await?;
        let known = service::notice::facts_of(self.db(), &rows).await?;
        let day = |key: &NotifiedOn| {
            let mine = rows
                .iter()
                .filter(|row| row.subject_id == key.subject && key.kinds.contains(&row.kind));
            mine.filter_map(|row| known.get(&row.id)?.notified_on()).min()
        };
        Ok(keys.iter().filter_map(|key| Some((*key, day(key)?))).collect())
    }
}

/// The body of a notice, until it is erased.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct BodyOf(NoticeId);

impl Loader<BodyOf> for Reader {
    type Value = notice_body::Model;
    type Error = Failure;

    async fn load(&self, keys: &[BodyOf]) -> Result<HashMap<BodyOf, notice_body::Model>, Failure> {
        let rows = notice_body::Entity::find()
            .filter(notice_body::Column::NoticeId.is_in(keys.iter().map(|key| key.0)))
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(|row| (BodyOf(row.notice_id), row)).collect())
    }
}

/// The documents attached to a notice.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct AttachedTo(NoticeId);

impl Loader<AttachedTo> for Reader {
    type Value = Vec<DocumentId>;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[AttachedTo],
    ) -> Result<HashMap<AttachedTo, Vec<DocumentId>>, Failure> {
        use notice_attachment::Column;
        let rows = notice_attachment::Entity::find()
            .filter(Column::NoticeId.is_in(keys.iter().map(|key| key.0)))
            .order_by_asc(Column::DocumentId)
            .all(self.db())
            .await?;
        let mut found: HashMap<AttachedTo, Vec<DocumentId>> = HashMap::new();
        for row in rows {
            found.entry(AttachedTo(row.notice_id)).or_default().push(row.document_id);
        }
        Ok(found)
    }
}

object! {
    /// A notice.
    Notice = seen notice by NoticeId;
    /// A page of notices.
    NoticeConnection,
    /// A notice in a page.
    NoticeEdge,
    /// The notice.
    node
}

impl Notice {
    async fn body(&self, ctx: &Context<'_>) -> Option<notice_body::Model> {
        load::one(ctx, BodyOf(self.0.id)).await
    }

    async fn facts(&self, ctx: &Context<'_>) -> Option<NoticeFacts> {
        load::one(ctx, FactsOf(self.0.clone())).await
    }
}

/// A mail as it was sent, with its delivery and its acknowledgement (X.c).
#[Object]
impl Notice {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The kind of message, e.g. `DECISION_ACCEPTED`.
    async fn kind(&self) -> &str {
        self.0.kind.as_str()
    }

    /// The organism that it was written to.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get_opt(ctx, self.0.organism_id).await
    }

    /// Where it was sent; empty once erased.
    async fn recipient_email(&self, ctx: &Context<'_>) -> String {
        self.body(ctx).await.map(|body| body.recipient_email).unwrap_or_default()
    }

    /// The same when the mail is repeated.
    async fn message_id(&self) -> &str {
        &self.0.message_id
    }

    /// The hash of its body, kept for ever.
    async fn body_sha256(&self) -> &str {
        &self.0.body_sha256
    }

    /// Its subject line; null once erased.
    async fn mail_subject(&self, ctx: &Context<'_>) -> Option<String> {
        Some(self.body(ctx).await?.mail_subject)
    }

    /// Its text as sent, the token of its link masked; null once erased.
    async fn text(&self, ctx: &Context<'_>) -> Option<String> {
        Some(self.body(ctx).await?.text)
    }

    /// The day on which it was written.
    async fn composed_on(&self) -> Date {
        self.0.composed_on.into()
    }

    /// The instant at which it was written.
    async fn composed_at(&self) -> DateTime {
        self.0.composed_at.into()
    }

    /// How far it has come.
    async fn state(&self, ctx: &Context<'_>) -> Option<NoticeState> {
        Some(self.facts(ctx).await?.state().into())
    }

    /// The day of the notification: the mail server's acceptance unless it bounced, or the reception of the
    /// registered letter (interpretation 5); null before.
    async fn notified_on(&self, ctx: &Context<'_>) -> Option<Date> {
        self.facts(ctx).await?.notified_on().map(Date)
    }

    /// The day on which the mail server accepted it, whether or not it bounced afterwards.
    async fn accepted_on(&self, ctx: &Context<'_>) -> Option<Date> {
        self.facts(ctx).await?.accepted_on.map(Date)
    }

    /// The day on which a person acknowledged it.
    async fn acknowledged_on(&self, ctx: &Context<'_>) -> Option<Date> {
        self.facts(ctx).await?.acknowledged_on.map(Date)
    }

    /// What mail servers told of its failed delivery, oldest first.
    async fn bounces(&self, ctx: &Context<'_>) -> Option<Vec<Bounce>> {
        load::all(ctx, NoticeBounces {}, self.0.id).await
    }

    /// The registered letter that brought it instead (interpretation 5).
    async fn registered_letter(&self, ctx: &Context<'_>) -> Option<RegisteredLetter> {
        load::all(ctx, NoticeLetter {}, self.0.id).await?.pop()
    }

    /// The notice that it takes the place of, which did not arrive.
    async fn supersedes(&self, ctx: &Context<'_>) -> Option<Notice> {
        load::get(ctx, load::one(ctx, Resending::By(self.0.id)).await?).await
    }

    /// The notice that took its place.
    async fn superseded_by(&self, ctx: &Context<'_>) -> Option<Notice> {
        load::get(ctx, load::one(ctx, Resending::Of(self.0.id)).await?).await
    }

    /// What the viewer may do next, and why not.
    async fn available_actions(&self, ctx: &Context<'_>) -> Option<Vec<Action>> {
        Action::list(load::one(ctx, ActionsOn(self.0.clone())).await?)
    }

    /// The documents attached.
    async fn documents(&self, ctx: &Context<'_>) -> Option<Vec<Document>> {
        let ids = load::one(ctx, AttachedTo(self.0.id)).await.unwrap_or_default();
        load::many(ctx, ids).await
    }
}
