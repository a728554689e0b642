//! Notices as objects.

use super::Document;
use crate::load::{self, Failure, Reader, list};
use crate::organism::Organism;
use crate::page::connection;
use crate::scalar::{Date, DateTime};
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::ids::{AcknowledgementId, DeliveryId, DocumentId, NoticeId};
use entity::{acknowledgement, delivery, notice, notice_attachment, notice_body};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
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
    /// The delivery of a notice: one at most.
    NoticeDelivery {} = "notice.delivery", delivery by DeliveryId(Id, id), oldest first,
    under NoticeId(NoticeId, notice_id);
    |self, _sight| delivery::Entity::find()
}

list! {
    /// The acknowledgement of a notice: one at most.
    NoticeAcknowledgement {} = "notice.acknowledgement", acknowledgement by AcknowledgementId(Id, id), oldest first,
    under NoticeId(NoticeId, notice_id);
    |self, _sight| acknowledgement::Entity::find()
}

/// The day on which a notice of these kinds about an object was delivered; seen by whoever sees the object.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct NotifiedOn {
    pub(crate) subject: Uuid,
    pub(crate) kinds: &'static [&'static str],
}

impl Loader<NotifiedOn> for Reader {
    type Value = NaiveDate;
    type Error = Failure;

    async fn load(&self, keys: &[NotifiedOn]) -> Result<HashMap<NotifiedOn, NaiveDate>, Failure> {
        let kinds: Vec<&str> = keys.iter().flat_map(|key| key.kinds).copied().collect();
        let rows = delivery::Entity::find()
            .find_also_related(notice::Entity)
            .filter(notice::Column::SubjectId.is_in(keys.iter().map(|key| key.subject)))
            .filter(notice::Column::Kind.is_in(kinds))
            .all(self.db())
            .await?;
        let day = |key: &NotifiedOn| {
            let mine = rows.iter().filter(|(_, row)| {
                row.as_ref().is_some_and(|row| {
                    row.subject_id == key.subject && key.kinds.contains(&row.kind.as_str())
                })
            });
            mine.map(|(delivery, _)| delivery.accepted_on).min()
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

/// A notice.
pub(crate) struct Notice(pub(crate) notice::Model);

impl From<notice::Model> for Notice {
    fn from(row: notice::Model) -> Self {
        Self(row)
    }
}

connection! {
    /// A page of notices.
    NoticeConnection,
    /// A notice in a page.
    NoticeEdge,
    /// The notice.
    Notice = notice
}

impl Notice {
    async fn body(&self, ctx: &Context<'_>) -> Option<notice_body::Model> {
        load::one(ctx, BodyOf(self.0.id)).await
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
        &self.0.kind
    }

    /// The organism that it was written to.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get_opt(ctx, self.0.organism_id).await
    }

    /// Where it was sent.
    async fn recipient_email(&self) -> &str {
        &self.0.recipient_email
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

    /// The day on which the mail server accepted it: that of the notification (interpretation 5).
    async fn accepted_on(&self, ctx: &Context<'_>) -> Option<Date> {
        let row: delivery::Model = load::all(ctx, NoticeDelivery {}, self.0.id).await?.pop()?;
        Some(row.accepted_on.into())
    }

    /// The day on which a person acknowledged it.
    async fn acknowledged_on(&self, ctx: &Context<'_>) -> Option<Date> {
        let row: acknowledgement::Model =
            load::all(ctx, NoticeAcknowledgement {}, self.0.id).await?.pop()?;
        Some(row.acknowledged_on.into())
    }

    /// The documents attached.
    async fn documents(&self, ctx: &Context<'_>) -> Option<Vec<Document>> {
        let ids = load::one(ctx, AttachedTo(self.0.id)).await.unwrap_or_default();
        load::many(ctx, ids).await
    }
}
