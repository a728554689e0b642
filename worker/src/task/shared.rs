//! What several families of tasks do.

use crate::error::{TaskError, TaskResult};
use documents::{DocumentError, Party};
use entity::ids::DocumentId;
use entity::kind::DocumentKind;
use entity::subject::Subject;
use entity::{authority, organism};
use sea_orm::{DatabaseConnection, EntityTrait, PrimaryKeyTrait};
use service::context::Context;
use service::document::NewDocument;

/// The row of this id, which the task cannot do without.
pub(super) async fn one<E, Id>(
    db: &DatabaseConnection,
    id: Id,
    what: &'static str,
) -> TaskResult<E::Model>
where
    E: EntityTrait,
    E::PrimaryKey: PrimaryKeyTrait<ValueType = Id>,
    Id: Into<<E::PrimaryKey as PrimaryKeyTrait>::ValueType>,
{
    E::find_by_id(id).one(db).await?.ok_or_else(|| TaskError::missing(what))
}

/// Certif Pro, which bills and answers for the certificate.
pub(super) async fn certif_pro(db: &DatabaseConnection) -> TaskResult<authority::Model> {
    service::authority::certif_pro(db).await?.ok_or_else(|| TaskError::missing("Certif Pro"))
}

/// Renders a document and keeps it, unless one of its kind and subject is kept already.
pub(super) async fn document<F>(
    ctx: &Context,
    kind: DocumentKind,
    subject: impl Into<Subject>,
    file_name: String,
    render: F,
) -> TaskResult<DocumentId>
where
    F: FnOnce() -> Result<Vec<u8>, DocumentError> + Send + 'static,
{
    let subject = subject.into();
    if let Some(known) = service::document::known(ctx.db(), kind, subject).await? {
        return Ok(known);
    }
    let bytes =
        tokio::task::spawn_blocking(render).await.map_err(|e| TaskError::Retry(e.into()))??;
    Ok(service::document::store(ctx, NewDocument { kind, subject, file_name, bytes }).await?)
}

pub(super) fn authority_party(authority: &authority::Model) -> Party {
    Party {
        name: authority.name.clone(),
        address: authority.address.clone(),
        postal_code: authority.postal_code.clone(),
        city: authority.city.clone(),
        siren: authority.siren.clone(),
        siret: None,
    }
}

pub(super) fn organism_party(organism: &organism::Model) -> Party {
    Party {
        name: organism.name.clone(),
        address: organism.address.clone(),
        postal_code: organism.postal_code.clone(),
        city: organism.city.clone(),
        siren: Some(organism.siren.clone()),
        siret: None,
    }
}

/// Text of the rules as mails and letters print it: with the typographic apostrophe.
pub(super) fn typographic(text: &str) -> String {
    text.replace('\'', "’")
}
