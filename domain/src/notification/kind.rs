//! Every kind of notice, with all that the platform must know of it.

use crate::subject::SubjectKind;
use crate::vocabulary;

vocabulary! {
    /// What a notice says.
    pub enum NoticeKind {
        /// The receipt of a filing (III.2.e).
        FilingReceipt => "FILING_RECEIPT",
        /// An acceptance (III.5.b).
        DecisionAccepted => "DECISION_ACCEPTED",
        /// A refusal (III.5.c).
        DecisionRefused => "DECISION_REFUSED",
        /// A reminder of the end of a term (III.6.c).
        TermReminder => "TERM_REMINDER",
        /// A renewal (III.6.b).
        HabilitationRenewed => "HABILITATION_RENEWED",
        /// The end of a habilitation (III.6.c).
        HabilitationExpired => "HABILITATION_EXPIRED",
        /// An invoice (A2.d).
        InvoiceIssued => "INVOICE_ISSUED",
        /// A reminder of an unpaid invoice (A2.f).
        PaymentReminder => "PAYMENT_REMINDER",
        /// To officers: reminders of an invoice did not help (A2.f).
        PaymentEscalation => "PAYMENT_ESCALATION",
        /// To deciders: a sanction is proposed on an EDOF alert (V.3.d).
        EdofProposal => "EDOF_PROPOSAL",
        /// The sanction decided on an EDOF alert (V.3.d).
        EdofSanction => "EDOF_SANCTION",
        /// A certificate, to its holder (A3.5.b).
        CertificateAwarded => "CERTIFICATE_AWARDED",
        /// To officers: a notice bounced (X.c).
        NoticeBounced => "NOTICE_BOUNCED",
        /// To an organism's administrators: the credential of a tool ends soon.
        CredentialExpiry => "CREDENTIAL_EXPIRY",
        /// An invitation to a role (interpretation 26).
        AccountInvitation => "ACCOUNT_INVITATION",
        /// A link to a new password.
        PasswordReset => "PASSWORD_RESET",
        /// To officers: a task was given up (X.d).
        TaskGivenUp => "TASK_GIVEN_UP",
    }
}

/// What the notification of a notice starts in law, and what a bounce that voids it takes back
/// (interpretations 5 and 43).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegalEffect {
    /// Nothing: an invoice is due from its issue (interpretation 22), the others inform.
    None,
    /// The habilitation runs (III.6.a); found void, it has no effect again.
    HabilitationStarts,
    /// The delay to appeal runs (III.8.a); found void, it is cancelled.
    AppealDelayRuns,
    /// The suspension or the withdrawal takes effect (V.3.c); found void, it has none again.
    SanctionTakesEffect,
}

/// Who a notice is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressee {
    /// An organism.
    Organism,
    /// A candidate.
    Candidate,
    /// The officers or deciders of an authority.
    Authority,
    /// Whoever reads the mails of an address: the holder of an account, or who is to become one.
    AccountHolder,
}

/// Whose business the notice is at the authority that writes it (interpretation 26).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk {
    /// Those who prepare cases, or administer the authority.
    Cases,
    /// Those who bill, too.
    Billing,
}

impl NoticeKind {
    /// What a notice of this kind is about.
    pub const fn subject_kind(self) -> SubjectKind {
        match self {
            Self::FilingReceipt | Self::DecisionAccepted | Self::DecisionRefused => {
                SubjectKind::Application
            }
            Self::TermReminder | Self::HabilitationRenewed | Self::HabilitationExpired => {
                SubjectKind::Habilitation
            }
            Self::InvoiceIssued | Self::PaymentReminder | Self::PaymentEscalation => {
                SubjectKind::Invoice
            }
            Self::EdofProposal | Self::EdofSanction => SubjectKind::EdofAlert,
            Self::CertificateAwarded => SubjectKind::Certificate,
            Self::NoticeBounced => SubjectKind::Notice,
            Self::CredentialExpiry => SubjectKind::MachineCredential,
            Self::AccountInvitation => SubjectKind::Invitation,
            Self::PasswordReset => SubjectKind::PasswordReset,
            Self::TaskGivenUp => SubjectKind::Task,
        }
    }

    /// The rule that it rests on; none where it serves the platform alone.
    pub const fn article(self) -> Option<&'static str> {
        match self {
            Self::FilingReceipt => Some("III.2.e"),
            Self::DecisionAccepted | Self::DecisionRefused => Some("III.5.d"),
            Self::HabilitationRenewed => Some("III.6.b"),
            Self::TermReminder | Self::HabilitationExpired => Some("III.6.c"),
            Self::InvoiceIssued => Some("A2.d"),
            Self::PaymentReminder | Self::PaymentEscalation => Some("A2.f"),
            Self::EdofProposal | Self::EdofSanction => Some("V.3.d"),
            Self::CertificateAwarded => Some("A3.5.b"),
            Self::NoticeBounced => Some("X.c"),
            Self::TaskGivenUp => Some("X.d"),
            Self::CredentialExpiry | Self::AccountInvitation | Self::PasswordReset => None,
        }
    }

    /// What its notification starts in law, and what a bounce takes back.
    pub const fn effect(self) -> LegalEffect {
        match self {
            Self::DecisionAccepted => LegalEffect::HabilitationStarts,
            Self::DecisionRefused => LegalEffect::AppealDelayRuns,
            Self::EdofSanction => LegalEffect::SanctionTakesEffect,
            Self::FilingReceipt
            | Self::TermReminder
            | Self::HabilitationRenewed
            | Self::HabilitationExpired
            | Self::InvoiceIssued
            | Self::PaymentReminder
            | Self::PaymentEscalation
            | Self::EdofProposal
            | Self::CertificateAwarded
            | Self::NoticeBounced
            | Self::CredentialExpiry
            | Self::AccountInvitation
            | Self::PasswordReset
            | Self::TaskGivenUp => LegalEffect::None,
        }
    }

    /// Who it is written to.
    pub const fn addressee(self) -> Addressee {
        match self {
            Self::FilingReceipt
            | Self::DecisionAccepted
            | Self::DecisionRefused
            | Self::TermReminder
            | Self::HabilitationRenewed
            | Self::HabilitationExpired
            | Self::InvoiceIssued
            | Self::PaymentReminder
            | Self::EdofSanction => Addressee::Organism,
            Self::CertificateAwarded => Addressee::Candidate,
            Self::PaymentEscalation
            | Self::EdofProposal
            | Self::NoticeBounced
            | Self::TaskGivenUp => Addressee::Authority,
            Self::CredentialExpiry | Self::AccountInvitation | Self::PasswordReset => {
                Addressee::AccountHolder
            }
        }
    }

    /// Who may act on it at the authority that wrote it.
    pub const fn desk(self) -> Desk {
        match self {
            Self::InvoiceIssued | Self::PaymentReminder | Self::PaymentEscalation => Desk::Billing,
            Self::FilingReceipt
            | Self::DecisionAccepted
            | Self::DecisionRefused
            | Self::TermReminder
            | Self::HabilitationRenewed
            | Self::HabilitationExpired
            | Self::EdofProposal
            | Self::EdofSanction
            | Self::CertificateAwarded
            | Self::NoticeBounced
            | Self::CredentialExpiry
            | Self::AccountInvitation
            | Self::PasswordReset
            | Self::TaskGivenUp => Desk::Cases,
        }
    }

    /// What officers are told that its bounce changes in law, in French (interpretation 5).
    pub const fn bounce_consequence_fr(self) -> &'static str {
        match self {
            Self::DecisionAccepted => {
                "La notification est nulle : l’habilitation n’a pas d’effet tant que la décision n’est pas \
                 notifiée de nouveau. Les actes accomplis entre-temps sont laissés en l’état et figurent au \
                 journal de l’habilitation."
            }
            Self::DecisionRefused => {
                "La notification est nulle : le délai de recours ne court pas tant que la décision n’est pas \
                 notifiée de nouveau."
            }
            Self::EdofSanction => {
                "La notification est nulle : la sanction n’a pas d’effet tant qu’elle n’est pas notifiée de \
                 nouveau."
            }
            Self::InvoiceIssued => {
                "L’organisme n’a pas reçu sa facture. Elle reste due à son échéance, qui court de son émission."
            }
            Self::FilingReceipt
            | Self::TermReminder
            | Self::HabilitationRenewed
            | Self::HabilitationExpired
            | Self::PaymentReminder
            | Self::PaymentEscalation
            | Self::EdofProposal
            | Self::CertificateAwarded
            | Self::NoticeBounced
            | Self::CredentialExpiry
            | Self::AccountInvitation
            | Self::PasswordReset
            | Self::TaskGivenUp => "Le destinataire n’a pas reçu cet envoi.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Interpretation 5: what a bounce takes back is told; an invoice's term is not (22).
    #[test]
    fn a_bounce_is_told_by_what_it_takes_back() {
        for kind in NoticeKind::ALL {
            let told = kind.bounce_consequence_fr();
            assert_eq!(
                told.contains("nulle"),
                kind.effect() != LegalEffect::None,
                "{kind}: {told}"
            );
        }
        assert!(NoticeKind::DecisionAccepted.bounce_consequence_fr().contains("n’a pas d’effet"));
        assert!(NoticeKind::DecisionRefused.bounce_consequence_fr().contains("délai de recours"));
        assert!(NoticeKind::EdofSanction.bounce_consequence_fr().contains("sanction"));
        assert!(NoticeKind::InvoiceIssued.bounce_consequence_fr().contains("reste due"));
    }

    // Interpretation 26: whoever only bills acts on what is billed alone.
    #[test]
    fn finance_acts_on_invoices_alone() {
        for kind in NoticeKind::ALL {
            let billed = kind.subject_kind() == SubjectKind::Invoice;
            assert_eq!(kind.desk() == Desk::Billing, billed, "{kind}");
        }
    }

    // What has legal effect is written to an organism under an article.
    #[test]
    fn what_takes_effect_is_notified_to_an_organism() {
        for kind in NoticeKind::ALL.into_iter().filter(|k| k.effect() != LegalEffect::None) {
            assert_eq!(kind.addressee(), Addressee::Organism);
            assert!(kind.article().is_some());
        }
    }
}
