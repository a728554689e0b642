//! Documents as objects.

use super::DocumentKind;
use crate::caller;
use crate::load::{Failure, Reader};
use crate::object::object;
use crate::scalar::DateTime;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use entity::text::Text;
use entity::{document, kind};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::collections::HashMap;
use uuid::Uuid;

/// The document of a kind about an object, seen by whoever sees the object.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DocumentOf {
    kind: kind::DocumentKind,
    subject: Uuid,
}

impl DocumentOf {
    pub(crate) fn new(kind: kind::DocumentKind, subject: impl Into<Uuid>) -> Self {
        Self { kind, subject: subject.into() }
    }
}

impl Loader<DocumentOf> for Reader {
    type Value = Document;
    type Error = Failure;

    async fn load(&self, keys: &[DocumentOf]) -> Result<HashMap<DocumentOf, Document>, Failure> {
        let rows = document::Entity::find()
            .filter(document::Column::SubjectId.is_in(keys.iter().map(|key| key.subject)))
            .filter(document::Column::Kind.is_in(keys.iter().map(|key| Text(key.kind))))
            .all(self.db())
            .await?;
        let key = |row: &document::Model| DocumentOf::new(row.kind.0, row.subject_id);
        Ok(rows.into_iter().map(|row| (key(&row), Document(row))).collect())
    }
}

object! {
    /// A document.
    Document = seen document by DocumentId;
}

/// A document produced: its bytes are fetched at `url` with the same authorization.
#[Object]
impl Document {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What it is.
    async fn kind(&self) -> DocumentKind {
        self.0.kind.0.into()
    }

    /// Under which name it is saved.
    async fn file_name(&self) -> &str {
        &self.0.file_name
    }

    /// Its media type, e.g. `application/pdf`.
    async fn media_type(&self) -> &str {
        &self.0.media_type
    }

    /// Its size in bytes.
    async fn size(&self) -> i64 {
        self.0.size
    }

    /// Its hash, kept for ever.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// When it was produced.
    async fn rendered_at(&self) -> DateTime {
        self.0.rendered_at.into()
    }

    /// Where its bytes are fetched, with the same authorization.
    async fn url(&self, ctx: &Context<'_>) -> String {
        caller::caller(ctx).app().settings.link(&format!("/documents/{}", self.0.id))
    }
}
