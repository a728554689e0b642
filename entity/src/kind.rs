//! Enumerations that only the tables need; those of a rule live in `domain`.

use domain::subject::SubjectKind;

domain::vocabulary! {
    /// A legal or a natural person (interpretation 34).
    pub enum OrganismKind {
        /// A company, an association, a public body.
        LegalPerson => "LEGAL_PERSON",
        /// A sole trader.
        NaturalPerson => "NATURAL_PERSON",
    }
    /// What an account may be (interpretation 26).
    pub enum Role {
        /// Takes an authority's decisions.
        Decider => "DECIDER": "décideur",
        /// Prepares them.
        CaseOfficer => "CASE_OFFICER": "instructeur",
        /// Gives opinions on the cases given to it.
        Provider => "PROVIDER": "prestataire",
        /// Bills and records payments.
        Finance => "FINANCE": "service financier",
        /// Administers an authority's accounts and data.
        AuthorityAdmin => "AUTHORITY_ADMIN": "administrateur",
        /// Administers an organism.
        OrganismAdmin => "ORGANISM_ADMIN": "administrateur",
        /// Works for an organism.
        OrganismStaff => "ORGANISM_STAFF": "personnel",
        /// Files for organisms that mandate it.
        Mandatary => "MANDATARY": "mandataire",
        /// Sees its own record.
        Candidate => "CANDIDATE": "candidat",
        /// Runs the platform.
        Operator => "OPERATOR": "exploitant",
    }
    /// What a tool of an organism may do with its credential.
    pub enum MachineScope {
        /// Reads candidates: their enrolments, evaluations, training paths and certificates.
        CandidatesRead => "CANDIDATES_READ",
        /// Registers and enrols candidates, records evaluations and training paths; reads them too.
        CandidatesWrite => "CANDIDATES_WRITE",
        /// Reads invoices and payments.
        BillingRead => "BILLING_READ",
    }
    /// What an attempt that is counted was for.
    pub enum AttemptPurpose {
        /// To sign in, or to show one's password again.
        SignIn => "SIGN_IN",
        /// To have a link to a new password sent.
        PasswordReset => "PASSWORD_RESET",
    }
    /// Where the processing of an EDOF alert stands (interpretation 25).
    pub enum AlertStatus {
        /// Received, not yet looked at by the worker.
        Posted => "POSTED",
        /// A level is proposed; a decider's answer is awaited.
        Proposed => "PROPOSED",
        /// Closed: no organism was recognised.
        Unmatched => "UNMATCHED",
        /// Closed: the facts disprove it.
        Unfounded => "UNFOUNDED",
        /// A decider confirmed or replaced the level.
        Confirmed => "CONFIRMED",
    }
    /// On what ground a sanction is decided (V.3, A2.f).
    pub enum SanctionGround {
        /// An EDOF alert (V.3.d).
        EdofAlert => "EDOF_ALERT",
        /// A compliance procedure (V.2).
        Compliance => "COMPLIANCE",
        /// An audit refused (V.3.c).
        AuditRefused => "AUDIT_REFUSED",
        /// Unpaid invoices (A2.f).
        NonPayment => "NON_PAYMENT",
    }
    /// Why a habilitation is suspended.
    pub enum SuspensionGround {
        /// An EDOF alert (V.3.d).
        EdofAlert => "EDOF_ALERT",
        /// A compliance procedure (V.2).
        Compliance => "COMPLIANCE",
        /// Unpaid invoices (A2.f).
        NonPayment => "NON_PAYMENT",
    }
    /// Where a deadline stands (X.a).
    pub enum DeadlineStatus {
        /// Still running.
        Open => "OPEN",
        /// Met in time.
        Met => "MET",
        /// Passed without the act.
        Missed => "MISSED",
        /// No longer applies.
        Cancelled => "CANCELLED",
    }
    /// What a reminder is about.
    pub enum ReminderKind {
        /// The end of a habilitation's term (III.6.c).
        Term => "TERM",
        /// An unpaid invoice (A2.f).
        Payment => "PAYMENT",
    }
    /// Sex as the Caisse des Dépôts asks for it.
    pub enum Sex {
        /// Female.
        F => "F",
        /// Male.
        M => "M",
    }
    /// How the candidate wants the parchment (A3.5.b).
    pub enum DeliveryChoice {
        /// Printed and handed over by the organism.
        Paper => "PAPER",
        /// As a PDF, by mail.
        Pdf => "PDF",
    }
    /// Who told of a bounce.
    pub enum BounceSource {
        /// An officer.
        Officer => "OFFICER",
        /// The mail server, through the webhook.
        MailServer => "MAIL_SERVER",
    }
    /// What a document is.
    pub enum DocumentKind {
        /// The letter that notifies a decision (III.5).
        DecisionLetter => "DECISION_LETTER",
        /// An invoice (A2.d).
        Invoice => "INVOICE",
        /// A certificate's parchment (A3.5.b).
        Parchment => "PARCHMENT",
    }
    /// What clients follow.
    pub enum ChangeKind {
        /// A candidate with the whole record.
        Candidate => "CANDIDATE",
        /// A notice with its delivery.
        Notice => "NOTICE",
    }
    /// Where a task stands.
    pub enum TaskStatus {
        /// To be done, or being done.
        Pending => "PENDING",
        /// Done, in the transaction of its effect.
        Done => "DONE",
        /// Given up after its tries; an operator may run it again.
        GivenUp => "GIVEN_UP",
    }
    /// In which line a task waits for a worker: each has its own queue and its own slots, so that none holds up
    /// another. Relays and workers serve them in this order.
    #[derive(PartialOrd, Ord)]
    pub enum Lane {
        /// A person waits for it at this moment.
        Person => "PERSON",
        /// A date of the convention depends on the day when it is done.
        Legal => "LEGAL",
        /// It may be due for thousands at once, and no date depends on it.
        Bulk => "BULK",
        /// It waits for a third party that may not answer.
        Outside => "OUTSIDE",
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
