//! Documents produced: kept once per kind and subject, opened by who may see what they are about.

use crate::change::Changed;
use crate::clock::machine_now;
use crate::context::Context;
use crate::error::{ActResult, not_found};
use crate::sight;
use crate::subject::subject_id;
use crate::token::hash;
use entity::ids::DocumentId;
use entity::kind::DocumentKind;
use entity::subject::Subject;
use entity::text::Text;
use entity::{certificate, document, document_body};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait,
    QueryFilter,
};

/// The media type of every document produced.
const PDF: &str = "application/pdf";

/// A document to keep.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// What it is.
    pub kind: DocumentKind,
    /// What it is about: of the kind that its own kind names.
    pub subject: Subject,
    /// Under which name it is saved.
    pub file_name: String,
    /// The PDF.
    pub bytes: Vec<u8>,
}

/// Keeps a document; the one already kept of this kind and subject wins, so that a repeated task
/// sends what was sent before.
pub async fn store(ctx: &Context, new: NewDocument) -> ActResult<DocumentId> {
    let tx = ctx.begin().await?;
    if let Some(known) = known(tx.conn(), new.kind, new.subject).await? {
        return tx.seal(known).await;
    }
    let id = DocumentId::new();
    document::ActiveModel {
        id: Set(id),
        kind: Set(new.kind.into()),
        subject_id: Set(subject_id(new.kind.subject_kind(), new.subject)?),
        file_name: Set(new.file_name),
        media_type: Set(PDF.to_owned()),
        sha256: Set(hash(&new.bytes)),
        size: Set(i64::try_from(new.bytes.len()).map_err(anyhow::Error::from)?),
        rendered_at: Set(machine_now()),
        occurrence: Set(1),
    }
    .insert(tx.conn())
    .await?;
    document_body::ActiveModel { document_id: Set(id), bytes: Set(new.bytes) }
        .insert(tx.conn())
        .await?;
    if let Subject::Certificate(certificate) = new.subject {
        let award = certificate::Entity::find_by_id(certificate);
        let award = award.one(tx.conn()).await?;
        tx.changed(award.map(|award| Changed::Candidate(award.candidate_id)));
    }
    tx.seal(id).await
}

/// The document of this kind about this subject, if it was produced.
pub async fn known(
    db: &impl ConnectionTrait,
    kind: DocumentKind,
    subject: Subject,
) -> ActResult<Option<DocumentId>> {
    let subject = subject_id(kind.subject_kind(), subject)?;
    let row = document::Entity::find()
        .filter(document::Column::Kind.eq(Text(kind)))
        .filter(document::Column::SubjectId.eq(subject))
        .one(db)
        .await?;
    Ok(row.map(|d| d.id))
}

/// A document and its bytes, for who may see what it is about; else it is not found.
pub async fn open(ctx: &Context, id: &str) -> ActResult<(document::Model, Vec<u8>)> {
    let sight = ctx.actor.sight();
    let row = sight::find::<document::Entity, DocumentId>(ctx.db(), &sight, id, "id").await?;
    let bytes = body(ctx.db(), row.id).await?.ok_or_else(|| not_found("id"))?;
    Ok((row, bytes))
}

/// The bytes of a document; none once erased.
pub(crate) async fn body(
    db: &impl ConnectionTrait,
    id: DocumentId,
) -> Result<Option<Vec<u8>>, DbErr> {
    Ok(document_body::Entity::find_by_id(id).one(db).await?.map(|b| b.bytes))
}
