//! Subjects of messages.

use crate::Message;
use crate::clean::one_line;

/// Longest subject, in characters.
const LONGEST: usize = 150;

impl Message {
    /// The subject: what it is about, with the reference people will look for.
    pub(crate) fn subject(&self) -> String {
        let subject = match self {
            Self::FilingReceipt { application_number, .. } => {
                format!("Récépissé de dépôt de la demande d’habilitation {application_number}")
            }
            Self::DecisionAccepted { application_number, .. } => {
                format!("Demande d’habilitation {application_number}\u{a0}: décision d’acceptation")
            }
            Self::DecisionRefused { application_number, .. } => {
                format!("Demande d’habilitation {application_number}\u{a0}: décision de refus")
            }
            Self::TermReminder { habilitation, ends_on, .. } => {
                format!("Échéance de votre habilitation le {ends_on} – {habilitation}")
            }
            Self::HabilitationRenewed { habilitation, ends_on, .. } => {
                format!("Habilitation renouvelée jusqu’au {ends_on} – {habilitation}")
            }
            Self::HabilitationExpired { habilitation, ended_on, .. } => {
                format!("Fin de votre habilitation le {ended_on} – {habilitation}")
            }
            Self::InvoiceIssued { number, due_on, .. } => {
                format!("Facture {number}, à régler au plus tard le {due_on}")
            }
            Self::PaymentReminder { number, balance, .. } => {
                format!("Relance\u{a0}: facture {number}, solde de {balance} échu")
            }
            Self::PaymentEscalation { number, organism, .. } => {
                format!("Impayé après relances\u{a0}: facture {number} – {organism}")
            }
            Self::EdofProposal { alert, organism, .. } => {
                format!("Alerte EDOF {alert} à décider – {organism}")
            }
            Self::EdofSanction { alert, level, .. } => {
                format!("Décision sur l’alerte EDOF {alert}\u{a0}: {level}")
            }
            Self::CertificateAwarded { certificate_number, .. } => {
                format!("Votre certificat CléA management {certificate_number}")
            }
            Self::NoticeBounced { mail_subject, recipient, .. } => {
                format!("Courriel non remis à {recipient}\u{a0}: {mail_subject}")
            }
            Self::CredentialExpiry { name, ends_on, .. } => {
                format!("Accès machine «\u{a0}{name}\u{a0}»\u{a0}: fin le {ends_on}")
            }
            Self::AccountInvitation { role, place, .. } => {
                format!("Invitation\u{a0}: {role} – {place}")
            }
            Self::PasswordReset { .. } => "Choisir un nouveau mot de passe".to_owned(),
            Self::TaskGivenUp { task, kind, .. } => {
                format!("Tâche abandonnée\u{a0}: {kind} ({task})")
            }
        };
        shorten(one_line(&subject))
    }
}

fn shorten(subject: String) -> String {
    if subject.chars().count() <= LONGEST {
        return subject;
    }
    let kept: String = subject.chars().take(LONGEST - 1).collect();
    format!("{}…", kept.trim_end())
}
