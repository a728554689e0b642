//! What a notice, a deadline, a document or a fee is about: who sees it, whose authority and whose organism
//! it concerns. One branch per kind of subject, here alone.

use crate::error::{ActError, ActResult};
use crate::sight::{Sight, Visible};
use domain::subject::SubjectKind;
use entity::ids::{AuthorityId, OrganismId};
use entity::subject::Subject;
use entity::{
    application, candidate, certificate, edof_alert, habilitation, invitation, invoice,
    machine_credential, notice, outbox, site,
};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

/// The id, for the database, of a subject that must be of this kind.
///
/// # Errors
/// A fault when it is of another: the caller is wrong, nothing is written.
pub(crate) fn subject_id(kind: SubjectKind, subject: impl Into<Subject>) -> ActResult<Uuid> {
    let subject = subject.into();
    if subject.kind() == kind {
        return Ok(subject.uuid());
    }
    Err(ActError::Fault(anyhow::anyhow!("about {kind}, not {}", subject.kind())))
}

/// The ids of the subjects of this kind that the viewer may see, as a subquery; none where nobody sees what
/// is about them by seeing them.
pub(crate) fn seen(kind: SubjectKind, sight: &Sight) -> Option<SelectStatement> {
    Some(match kind {
        SubjectKind::Application => ids::<application::Entity>(sight, application::Column::Id),
        SubjectKind::Habilitation => ids::<habilitation::Entity>(sight, habilitation::Column::Id),
        SubjectKind::Invoice => ids::<invoice::Entity>(sight, invoice::Column::Id),
        SubjectKind::EdofAlert => ids::<edof_alert::Entity>(sight, edof_alert::Column::Id),
        SubjectKind::Certificate => ids::<certificate::Entity>(sight, certificate::Column::Id),
        SubjectKind::Site => ids::<site::Entity>(sight, site::Column::Id),
        SubjectKind::Candidate => ids::<candidate::Entity>(sight, candidate::Column::Id),
        SubjectKind::Notice => ids::<notice::Entity>(sight, notice::Column::Id),
        SubjectKind::MachineCredential => {
            ids::<machine_credential::Entity>(sight, machine_credential::Column::Id)
        }
        SubjectKind::Invitation => ids::<invitation::Entity>(sight, invitation::Column::Id),
        SubjectKind::Task => ids::<outbox::Entity>(sight, outbox::Column::Id),
        SubjectKind::PasswordReset => return None,
    })
}

/// The ids of the rows of a table that the viewer may see.
fn ids<E: Visible>(sight: &Sight, id: E::Column) -> SelectStatement {
    E::find().select_only().column(id).filter(E::seen_by(sight)).into_query()
}

/// The authority and the organism that a subject concerns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Concerned {
    /// The authority whose case it is; none where it is Certif Pro's, as what is billed.
    pub authority: Option<AuthorityId>,
    /// The organism.
    pub organism: Option<OrganismId>,
}

/// Whom the subject concerns; nobody once it does not exist. Two statements at most.
pub async fn concerned(db: &impl ConnectionTrait, subject: Subject) -> ActResult<Concerned> {
    let of_organism = |organism| Concerned { authority: None, organism: Some(organism) };
    let found = match subject {
        Subject::Application(id) => {
            let row = application::Entity::find_by_id(id).one(db).await?;
            row.map(|r| Concerned {
                authority: Some(r.authority_id),
                organism: Some(r.organism_id),
            })
        }
        Subject::Habilitation(id) => {
            habilitation::Entity::find_by_id(id).one(db).await?.map(|r| of_habilitation(&r))
        }
        Subject::EdofAlert(id) => {
            let found = edof_alert::Entity::find_by_id(id)
                .find_also_related(habilitation::Entity)
                .one(db)
                .await?;
            found.map(|(alert, held)| {
                let organism = alert.organism_id;
                held.map_or(Concerned { authority: None, organism }, |h| of_habilitation(&h))
            })
        }
        Subject::Certificate(id) => {
            let found = certificate::Entity::find_by_id(id)
                .find_also_related(habilitation::Entity)
                .one(db)
                .await?;
            found.map(|(award, held)| {
                held.map_or(of_organism(award.organism_id), |h| of_habilitation(&h))
            })
        }
        Subject::Notice(id) => {
            let row = notice::Entity::find_by_id(id).one(db).await?;
            row.map(|r| Concerned { authority: r.authority_id, organism: r.organism_id })
        }
        Subject::Invoice(id) => {
            invoice::Entity::find_by_id(id).one(db).await?.map(|r| of_organism(r.organism_id))
        }
        Subject::Site(id) => {
            site::Entity::find_by_id(id).one(db).await?.map(|r| of_organism(r.organism_id))
        }
        Subject::Candidate(id) => {
            candidate::Entity::find_by_id(id).one(db).await?.map(|r| of_organism(r.organism_id))
        }
        Subject::MachineCredential(id) => machine_credential::Entity::find_by_id(id)
            .one(db)
            .await?
            .map(|r| of_organism(r.organism_id)),
        Subject::Invitation(id) => {
            let row = invitation::Entity::find_by_id(id).one(db).await?;
            row.map(|r| Concerned { authority: r.authority_id, organism: r.organism_id })
        }
        Subject::PasswordReset(_) | Subject::Task(_) => None,
    };
    Ok(found.unwrap_or_default())
}

fn of_habilitation(row: &habilitation::Model) -> Concerned {
    Concerned { authority: Some(row.authority_id), organism: Some(row.organism_id) }
}
