//! Who is told that a task was given up.

use entity::ids::{
    ApplicationId, AuthorityId, BounceId, CertificateId, DecisionId, EdofAlertId, HabilitationId,
    NoticeId,
};
use entity::{application, bounce, certificate, decision, edof_alert, habilitation, notice};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

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

/// An object that a task is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// An application.
    Application(ApplicationId),
    /// A certificate.
    Certificate(CertificateId),
    /// An EDOF alert.
    EdofAlert(EdofAlertId),
    /// A habilitation.
    Habilitation(HabilitationId),
    /// A notice.
    Notice(NoticeId),
}

impl From<ApplicationId> for Subject {
    fn from(id: ApplicationId) -> Self {
        Self::Application(id)
    }
}

impl From<CertificateId> for Subject {
    fn from(id: CertificateId) -> Self {
        Self::Certificate(id)
    }
}

impl From<EdofAlertId> for Subject {
    fn from(id: EdofAlertId) -> Self {
        Self::EdofAlert(id)
    }
}

impl From<HabilitationId> for Subject {
    fn from(id: HabilitationId) -> Self {
        Self::Habilitation(id)
    }
}

impl From<NoticeId> for Subject {
    fn from(id: NoticeId) -> Self {
        Self::Notice(id)
    }
}

impl Told {
    /// The authority that this concerns.
    pub(super) fn authority_of(subject: impl Into<Subject>) -> Self {
        Self::AuthorityOf(subject.into())
    }

    /// The authority whose officers are told; none where they are Certif Pro's, or nobody is: of what is billed
    /// or concerns no authority, and of what does not exist.
    pub async fn authority(self, db: &impl ConnectionTrait) -> Result<Option<AuthorityId>, DbErr> {
        let subject = match self {
            Self::AuthorityOf(subject) => subject,
            Self::AuthorityThatDecided(id) => {
                let Some(row) = decision::Entity::find_by_id(id).one(db).await? else {
                    return Ok(None);
                };
                row.application_id.into()
            }
            Self::AuthorityOfBounced(id) => {
                let Some(row) = bounce::Entity::find_by_id(id).one(db).await? else {
                    return Ok(None);
                };
                row.notice_id.into()
            }
            Self::CertifPro | Self::Nobody(_) => return Ok(None),
        };
        authority_of(db, subject).await
    }
}

async fn authority_of(
    db: &impl ConnectionTrait,
    subject: Subject,
) -> Result<Option<AuthorityId>, DbErr> {
    let of_habilitation = async |id: HabilitationId| {
        let row = habilitation::Entity::find_by_id(id).one(db).await?;
        Ok(row.map(|row| row.authority_id))
    };
    match subject {
        Subject::Application(id) => {
            Ok(application::Entity::find_by_id(id).one(db).await?.map(|row| row.authority_id))
        }
        Subject::Certificate(id) => match certificate::Entity::find_by_id(id).one(db).await? {
            Some(row) => of_habilitation(row.habilitation_id).await,
            None => Ok(None),
        },
        Subject::EdofAlert(id) => {
            let alert = edof_alert::Entity::find_by_id(id).one(db).await?;
            match alert.and_then(|row| row.habilitation_id) {
                Some(id) => of_habilitation(id).await,
                None => Ok(None),
            }
        }
        Subject::Habilitation(id) => of_habilitation(id).await,
        Subject::Notice(id) => {
            Ok(notice::Entity::find_by_id(id).one(db).await?.and_then(|row| row.authority_id))
        }
    }
}
