//! Enumerations that only the tables need; those of a rule live in `domain`.

use domain::subject::SubjectKind;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
            pub enum $name {
                $($(#[$vdoc])* #[serde(rename = $text)] $variant),*
            }

            impl $name {
                /// Every value.
                pub const ALL: &'static [Self] = &[$(Self::$variant),*];

                /// The stable text.
                pub const fn as_str(self) -> &'static str {
                    match self {
                        $(Self::$variant => $text),*
                    }
                }
            }

            impl FromStr for $name {
                type Err = String;
                fn from_str(s: &str) -> Result<Self, String> {
                    match s {
                        $($text => Ok(Self::$variant),)*
                        other => Err(format!("unknown {}: {other}", stringify!($name))),
                    }
                }
            }
        )*
    };
}

kinds! {
    /// A legal or a natural person (interpretation 34).
    OrganismKind {
        /// A company, an association, a public body.
        LegalPerson = "LEGAL_PERSON",
        /// A sole trader.
        NaturalPerson = "NATURAL_PERSON",
    }
    /// What an account may be (interpretation 26).
    Role {
        /// Takes an authority's decisions.
        Decider = "DECIDER",
        /// Prepares them.
        CaseOfficer = "CASE_OFFICER",
        /// Gives opinions on the cases given to it.
        Provider = "PROVIDER",
        /// Bills and records payments.
        Finance = "FINANCE",
        /// Administers an authority's accounts and data.
        AuthorityAdmin = "AUTHORITY_ADMIN",
        /// Administers an organism.
        OrganismAdmin = "ORGANISM_ADMIN",
        /// Works for an organism.
        OrganismStaff = "ORGANISM_STAFF",
        /// Files for organisms that mandate it.
        Mandatary = "MANDATARY",
        /// Sees its own record.
        Candidate = "CANDIDATE",
        /// Runs the platform.
        Operator = "OPERATOR",
    }
    /// What a tool of an organism may do with its credential.
    MachineScope {
        /// Reads candidates: their enrolments, evaluations, training paths and certificates.
        CandidatesRead = "CANDIDATES_READ",
        /// Registers and enrols candidates, records evaluations and training paths; reads them too.
        CandidatesWrite = "CANDIDATES_WRITE",
        /// Reads invoices and payments.
        BillingRead = "BILLING_READ",
    }
    /// What an attempt that is counted was for.
    AttemptPurpose {
        /// To sign in, or to show one's password again.
        SignIn = "SIGN_IN",
        /// To have a link to a new password sent.
        PasswordReset = "PASSWORD_RESET",
    }
    /// Where the processing of an EDOF alert stands (interpretation 25).
    AlertStatus {
        /// Received, not yet looked at by the worker.
        Posted = "POSTED",
        /// A level is proposed; a decider's answer is awaited.
        Proposed = "PROPOSED",
        /// Closed: no organism was recognised.
        Unmatched = "UNMATCHED",
        /// Closed: the facts disprove it.
        Unfounded = "UNFOUNDED",
        /// A decider confirmed or replaced the level.
        Confirmed = "CONFIRMED",
    }
    /// On what ground a sanction is decided (V.3, A2.f).
    SanctionGround {
        /// An EDOF alert (V.3.d).
        EdofAlert = "EDOF_ALERT",
        /// A compliance procedure (V.2).
        Compliance = "COMPLIANCE",
        /// An audit refused (V.3.c).
        AuditRefused = "AUDIT_REFUSED",
        /// Unpaid invoices (A2.f).
        NonPayment = "NON_PAYMENT",
    }
    /// Why a habilitation is suspended.
    SuspensionGround {
        /// An EDOF alert (V.3.d).
        EdofAlert = "EDOF_ALERT",
        /// A compliance procedure (V.2).
        Compliance = "COMPLIANCE",
        /// Unpaid invoices (A2.f).
        NonPayment = "NON_PAYMENT",
    }
    /// Where a deadline stands (X.a).
    DeadlineStatus {
        /// Still running.
        Open = "OPEN",
        /// Met in time.
        Met = "MET",
        /// Passed without the act.
        Missed = "MISSED",
        /// No longer applies.
        Cancelled = "CANCELLED",
    }
    /// What a reminder is about.
    ReminderKind {
        /// The end of a habilitation's term (III.6.c).
        Term = "TERM",
        /// An unpaid invoice (A2.f).
        Payment = "PAYMENT",
    }
    /// Sex as the Caisse des Dépôts asks for it.
    Sex {
        /// Female.
        F = "F",
        /// Male.
        M = "M",
    }
    /// How the candidate wants the parchment (A3.5.b).
    DeliveryChoice {
        /// Printed and handed over by the organism.
        Paper = "PAPER",
        /// As a PDF, by mail.
        Pdf = "PDF",
    }
    /// Who told of a bounce.
    BounceSource {
        /// An officer.
        Officer = "OFFICER",
        /// The mail server, through the webhook.
        MailServer = "MAIL_SERVER",
    }
    /// What a document is.
    DocumentKind {
        /// The letter that notifies a decision (III.5).
        DecisionLetter = "DECISION_LETTER",
        /// An invoice (A2.d).
        Invoice = "INVOICE",
        /// A certificate's parchment (A3.5.b).
        Parchment = "PARCHMENT",
    }
    /// What clients follow.
    ChangeKind {
        /// A candidate with the whole record.
        Candidate = "CANDIDATE",
        /// A notice with its delivery.
        Notice = "NOTICE",
    }
    /// Where a task stands.
    TaskStatus {
        /// To be done, or being done.
        Pending = "PENDING",
        /// Done, in the transaction of its effect.
        Done = "DONE",
        /// Given up after its tries; an operator may run it again.
        GivenUp = "GIVEN_UP",
    }
    /// In which line a task waits for a worker: each has its own queue and its own slots, so that none holds up
    /// another. Relays and workers serve them in this order.
    Lane {
        /// A person waits for it at this moment.
        Person = "PERSON",
        /// A date of the convention depends on the day when it is done.
        Legal = "LEGAL",
        /// It may be due for thousands at once, and no date depends on it.
        Bulk = "BULK",
        /// It waits for a third party that may not answer.
        Outside = "OUTSIDE",
    }
}

impl ReminderKind {
    /// What a reminder of this kind is about.
    pub const fn subject_kind(self) -> SubjectKind {
        match self {
            Self::Term => SubjectKind::Habilitation,
            Self::Payment => SubjectKind::Invoice,
        }
    }
}

impl DocumentKind {
    /// What a document of this kind is about.
    pub const fn subject_kind(self) -> SubjectKind {
        match self {
            Self::DecisionLetter => SubjectKind::Application,
            Self::Invoice => SubjectKind::Invoice,
            Self::Parchment => SubjectKind::Certificate,
        }
    }
}

impl SanctionGround {
    /// Why a sanction on this ground suspends; none where it only withdraws.
    pub const fn suspends(self) -> Option<SuspensionGround> {
        match self {
            Self::EdofAlert => Some(SuspensionGround::EdofAlert),
            Self::Compliance => Some(SuspensionGround::Compliance),
            Self::AuditRefused => None,
            Self::NonPayment => Some(SuspensionGround::NonPayment),
        }
    }
}
