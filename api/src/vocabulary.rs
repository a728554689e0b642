//! The enumerations of the schema: those of `domain` and `entity`, described.

use crate::input::Convert;
use async_graphql::Enum;

macro_rules! vocabulary {
    ($($(#[$doc:meta])* $name:ident = $remote:literal as $path:path { $($(#[$value_doc:meta])* $value:ident),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
            #[graphql(remote = $remote)]
            pub(crate) enum $name {
                $($(#[$value_doc])* $value),*
            }

            impl Convert<$path> for $name {
                fn convert(self) -> $path {
                    self.into()
                }
            }
        )*
    };
}

vocabulary! {
    /// Certif Pro or a CPNE.
    AuthorityKind = "domain::authority::AuthorityKind" as domain::authority::AuthorityKind {
        /// The one certifier.
        CertifPro,
        /// A branch's commission, acting by delegation.
        Cpne,
    }
    /// How far an application has come.
    ApplicationStatus = "domain::application::ApplicationStatus" as domain::application::ApplicationStatus {
        /// Filed; its opinion is not settled yet.
        Filed,
        /// Its opinion is settled; it awaits the decision.
        Instructed,
        /// Decided: accepted.
        Accepted,
        /// Decided: refused.
        Refused,
    }
    /// What an authority decides on an application.
    Outcome = "domain::application::Outcome" as domain::application::Outcome {
        /// The habilitation is granted.
        Accepted,
        /// The habilitation is refused.
        Refused,
    }
    /// The state of a habilitation on a given day.
    HabilitationStatus = "domain::habilitation::HabilitationStatus" as domain::habilitation::HabilitationStatus {
        /// In force.
        Active,
        /// Decided, its notice not yet delivered.
        AwaitingNotification,
        /// Not yet decided on that day.
        NotYet,
        /// Its term has ended.
        Expired,
        /// Given up by its holder.
        Renounced,
        /// In force but no activity.
        Suspended,
        /// Taken away.
        Withdrawn,
    }
    /// How far a notice has come.
    NoticeState = "domain::notification::NoticeState" as domain::notification::NoticeState {
        /// Still to leave, or being tried again.
        Sending,
        /// Notified: by mail, or by registered letter.
        Notified,
        /// The mail server told that it did not arrive: it notifies nothing.
        Bounced,
        /// It did not leave, and is not tried again.
        GivenUp,
        /// Sent again as another notice.
        Superseded,
    }
    /// What a tool of an organism may do with its credential.
    MachineScope = "entity::kind::MachineScope" as entity::kind::MachineScope {
        /// Reads invoices and payments.
        BillingRead,
        /// Reads candidates: their enrolments, evaluations, training paths and certificates.
        CandidatesRead,
        /// Registers and enrols candidates, records evaluations and training paths; reads them too.
        CandidatesWrite,
    }
    /// How the credential of a tool stands.
    MachineCredentialState = "service::account::credential::CredentialState" as service::account::credential::CredentialState {
        /// It holds.
        Active,
        /// It was replaced and holds for a few more days.
        Ending,
        /// Its time is over.
        Expired,
        /// An administrator ended it.
        Revoked,
    }
    /// What a mail server did of a mail that it could not deliver.
    BounceAction = "domain::notification::BounceAction" as domain::notification::BounceAction {
        /// It goes on trying: nothing is void.
        Delayed,
        /// It gave it up: the notification is void.
        Failed,
    }
    /// Who told of a bounce.
    BounceSource = "entity::kind::BounceSource" as entity::kind::BounceSource {
        /// An officer.
        Officer,
        /// The mail server.
        MailServer,
    }
    /// The outcome that a forecast announces.
    ForecastOutcome = "domain::term::Forecast" as domain::term::Forecast {
        /// It ends; a new application is possible.
        Expires,
        /// The last term: apply again in time.
        Reapply,
        /// Three more years by themselves.
        Renews,
    }
    /// The state of a deadline.
    DeadlineStatus = "entity::kind::DeadlineStatus" as entity::kind::DeadlineStatus {
        /// No longer applies.
        Cancelled,
        /// Met in time.
        Met,
        /// Passed without the act.
        Missed,
        /// Still running.
        Open,
    }
    /// How a deadline is counted.
    DeadlineUnit = "domain::deadline::Unit" as domain::deadline::Unit {
        /// Every day counts.
        CalendarDay,
        /// Same day number, or the month's last day.
        Month,
        /// Monday to Friday, except public holidays and closures.
        WorkingDay,
        /// Same date, or 28 February.
        Year,
    }
    /// The legal time limits that the platform keeps.
    DeadlineKind = "domain::deadline::DeadlineKind" as domain::deadline::DeadlineKind {
        /// The opinion is settled, 5 working days before the meeting (III.4.b).
        OpinionSettled,
        /// The decision is notified, 20 working days after the meeting (III.5.d).
        DecisionNotified,
        /// The appeal is lodged, 30 working days after the refusal's notification (III.8.a).
        AppealLodged,
        /// The invoice is paid, 45 calendar days after its issue (A2.f).
        InvoicePaid,
    }
    /// A legal or a natural person.
    OrganismKind = "entity::kind::OrganismKind" as entity::kind::OrganismKind {
        /// A company, an association, a public body.
        LegalPerson,
        /// A sole trader.
        NaturalPerson,
    }
    /// What an account may be, each within its authority, organism or record.
    Role = "entity::kind::Role" as entity::kind::Role {
        /// Takes an authority's decisions.
        Decider,
        /// Prepares them.
        CaseOfficer,
        /// Gives opinions on the cases given to it.
        Provider,
        /// Bills and records payments.
        Finance,
        /// Administers an authority's accounts and data.
        AuthorityAdmin,
        /// Administers an organism.
        OrganismAdmin,
        /// Works for an organism.
        OrganismStaff,
        /// Files for organisms that mandate it.
        Mandatary,
        /// Sees its own record.
        Candidate,
        /// Runs the platform.
        Operator,
    }
    /// Where the processing of an EDOF alert stands.
    AlertStatus = "entity::kind::AlertStatus" as entity::kind::AlertStatus {
        /// Received, not yet looked at.
        Posted,
        /// A level is proposed; a decider's answer is awaited.
        Proposed,
        /// Closed: no organism was recognised.
        Unmatched,
        /// Closed: the facts disprove it.
        Unfounded,
        /// A decider confirmed or replaced the level.
        Confirmed,
    }
    /// Who sent an EDOF alert.
    AlertSource = "domain::edof::AlertSource" as domain::edof::AlertSource {
        /// The Caisse des Dépôts et Consignations.
        Cdc,
        /// France compétences.
        FranceCompetences,
    }
    /// What an EDOF alert alleges.
    Allegation = "domain::edof::Allegation" as domain::edof::Allegation {
        /// The organism had no habilitation in force.
        NotHabilitated,
        /// The organism is not certified Qualiopi.
        NotQualiopi,
        /// The offer does not correspond to the certification.
        NonConformingOffer,
    }
    /// The levels of sanction, from the lightest to the heaviest.
    SanctionLevel = "domain::edof::SanctionLevel" as domain::edof::SanctionLevel {
        /// A warning.
        Warning,
        /// A formal notice.
        FormalNotice,
        /// A suspension of the habilitation.
        Suspension,
        /// A withdrawal of the habilitation.
        Withdrawal,
    }
    /// Why a habilitation is suspended.
    SuspensionGround = "entity::kind::SuspensionGround" as entity::kind::SuspensionGround {
        /// An EDOF alert (V.3.d).
        EdofAlert,
        /// A compliance procedure (V.2).
        Compliance,
        /// Unpaid invoices (A2.f).
        NonPayment,
    }
    /// The kind of an evaluation.
    EvaluationKind = "domain::evaluation::EvaluationKind" as domain::evaluation::EvaluationKind {
        /// On all competences.
        Prior,
        /// On those not yet acquired.
        Final,
    }
    /// Sex, as the Caisse des Dépôts asks for it.
    Sex = "entity::kind::Sex" as entity::kind::Sex {
        /// Female.
        F,
        /// Male.
        M,
    }
    /// How the candidate wants the parchment.
    DeliveryChoice = "entity::kind::DeliveryChoice" as entity::kind::DeliveryChoice {
        /// Printed and handed over by the organism.
        Paper,
        /// As a PDF, by mail.
        Pdf,
    }
    /// What is billed.
    #[expect(clippy::enum_variant_names, reason = "each is a fee, as annexe 2 calls it")]
    FeeKind = "domain::tariff::FeeKind" as domain::tariff::FeeKind {
        /// Per application filed with Certif Pro (A2.a).
        ApplicationFee,
        /// Per billable site and site-year (A2.b).
        SiteFee,
        /// Per certificate awarded (A2.c).
        CertificateFee,
    }
    /// What a document is.
    DocumentKind = "entity::kind::DocumentKind" as entity::kind::DocumentKind {
        /// The letter that notifies a decision.
        DecisionLetter,
        /// An invoice.
        Invoice,
        /// A certificate's parchment.
        Parchment,
    }
    /// Where a task stands.
    TaskStatus = "entity::kind::TaskStatus" as entity::kind::TaskStatus {
        /// To be done, or being done.
        Pending,
        /// Done.
        Done,
        /// Given up after its tries; an operator may run it again.
        GivenUp,
    }
}
