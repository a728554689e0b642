//! What a row of a shared table (a notice, a deadline, a document, a reminder, a fee) is about: its kind says
//! what `subject_id` stands for.

use crate::ids::{
    ApplicationId, CandidateId, CertificateId, EdofAlertId, HabilitationId, InvitationId,
    InvoiceId, MachineCredentialId, NoticeId, OutboxId, PasswordResetId, SiteId, TypedId,
};
use crate::{billable_fact, deadline, document, notice, reminder};
use domain::subject::SubjectKind;
use uuid::Uuid;

macro_rules! subjects {
    ($($(#[$doc:meta])* $variant:ident($id:ident);)*) => {
        /// An object that something else is about, by its typed id.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Subject {
            $($(#[$doc])* $variant($id)),*
        }

        impl Subject {
            /// The object of this kind whose id is `id`.
            pub const fn new(kind: SubjectKind, id: Uuid) -> Self {
                match kind {
                    $(SubjectKind::$variant => Self::$variant($id(id))),*
                }
            }

            /// What kind of object it is.
            pub const fn kind(self) -> SubjectKind {
                match self {
                    $(Self::$variant(_) => SubjectKind::$variant),*
                }
            }

            /// Its id for the database.
            pub fn uuid(self) -> Uuid {
                match self {
                    $(Self::$variant(id) => id.uuid()),*
                }
            }
        }

        $(impl From<$id> for Subject {
            fn from(id: $id) -> Self {
                Self::$variant(id)
            }
        })*
    };
}

subjects! {
    /// An application for a habilitation.
    Application(ApplicationId);
    /// A habilitation.
    Habilitation(HabilitationId);
    /// An invoice.
    Invoice(InvoiceId);
    /// An EDOF alert.
    EdofAlert(EdofAlertId);
    /// A certificate.
    Certificate(CertificateId);
    /// A site of an organism.
    Site(SiteId);
    /// A candidate.
    Candidate(CandidateId);
    /// A notice.
    Notice(NoticeId);
    /// The credential of an organism's tool.
    MachineCredential(MachineCredentialId);
    /// An invitation to a role.
    Invitation(InvitationId);
    /// A request for a new password.
    PasswordReset(PasswordResetId);
    /// A task of the workers.
    Task(OutboxId);
}

macro_rules! subject_of {
    ($($table:ident),*) => {
        $(impl $table::Model {
            /// What it is about.
            pub fn subject(&self) -> Subject {
                Subject::new(self.kind.subject_kind(), self.subject_id)
            }
        })*
    };
}

subject_of!(billable_fact, deadline, document, notice, reminder);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_comes_back_from_its_kind_and_id() {
        for kind in SubjectKind::ALL {
            let id = Uuid::now_v7();
            let subject = Subject::new(kind, id);
            assert_eq!((subject.kind(), subject.uuid()), (kind, id));
        }
    }
}
