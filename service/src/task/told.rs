//! Who is told that a task was given up.

use crate::error::ActResult;
use crate::subject;
use entity::ids::{AuthorityId, BounceId, DecisionId};
use entity::subject::Subject;
use entity::{bounce, decision};
use sea_orm::{ConnectionTrait, EntityTrait};

/// Who is told that a task was given up: the officers who wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The authority that this subject concerns.
    AuthorityOf(Subject),
    /// The authority that took this decision.
    AuthorityThatDecided(DecisionId),
    /// The authority of the notice that bounced.
    AuthorityOfBounced(BounceId),
    /// Certif Pro, which bills, and runs accounts and deadlines for all.
    CertifPro,
    /// Nobody, for this reason.
    Nobody(&'static str),
}

impl Told {
    /// The authority that this concerns.
    pub(super) fn authority_of(subject: impl Into<Subject>) -> Self {
        Self::AuthorityOf(subject.into())
    }

    /// The authority whose officers are told; none where they are Certif Pro's: also of what concerns no
    /// authority, and of what does not exist.
    pub async fn authority(self, db: &impl ConnectionTrait) -> ActResult<Option<AuthorityId>> {
        let subject = match self {
            Self::AuthorityOf(subject) => Some(subject),
            Self::AuthorityThatDecided(id) => {
                let row = decision::Entity::find_by_id(id).one(db).await?;
                row.map(|row| row.application_id.into())
            }
            Self::AuthorityOfBounced(id) => {
                let row = bounce::Entity::find_by_id(id).one(db).await?;
                row.map(|row| row.notice_id.into())
            }
            Self::CertifPro | Self::Nobody(_) => None,
        };
        match subject {
            Some(subject) => Ok(subject::concerned(db, subject).await?.authority),
            None => Ok(None),
        }
    }
}
