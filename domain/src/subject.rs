//! What notices, deadlines, documents, reminders and fees are about.

use crate::vocabulary;

vocabulary! {
    /// A kind of object that something else is about. Each kind of notice, deadline, document, reminder and
    /// fee stands on one of these, always the same.
    pub enum SubjectKind {
        /// An application for a habilitation (III.2).
        Application => "APPLICATION",
        /// A habilitation (III.6).
        Habilitation => "HABILITATION",
        /// An invoice (A2.d).
        Invoice => "INVOICE",
        /// An EDOF alert (V.3.d).
        EdofAlert => "EDOF_ALERT",
        /// A certificate (A3.4.a).
        Certificate => "CERTIFICATE",
        /// A site of an organism (III.7.c).
        Site => "SITE",
        /// A candidate.
        Candidate => "CANDIDATE",
        /// A notice that was sent (X.c).
        Notice => "NOTICE",
        /// The credential of an organism's tool.
        MachineCredential => "MACHINE_CREDENTIAL",
        /// An invitation to a role.
        Invitation => "INVITATION",
        /// A request for a new password.
        PasswordReset => "PASSWORD_RESET",
        /// A task of the workers.
        Task => "TASK",
    }
}
