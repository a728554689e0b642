//! What several tests use: one message of each kind, a mail, a mail server.

pub(crate) mod server;

use chrono::{TimeZone as _, Utc};
use mailer::{Ground, Message, Outgoing, TermOutcome};

fn s(text: &str) -> String {
    text.to_owned()
}

/// At least one message of every kind.
pub(crate) fn messages() -> Vec<Message> {
    let organism = s("L’École d’Été & Fils");
    let reminder = |outcome, days_left, obstacles: &[&str]| Message::TermReminder {
        organism: organism.clone(),
        habilitation: s("CléA management"),
        ends_on: s("4 mars 2029"),
        days_left,
        outcome,
        obstacles: obstacles.iter().map(|text| s(text)).collect(),
    };
    vec![
        Message::FilingReceipt {
            organism: organism.clone(),
            application_number: s("D2026-000042"),
            filed_on: s("2 février 2026"),
            authority: s("Certif Pro"),
            meeting_on: s("20 mars 2026"),
            opinion_last_day: s("13 mars 2026"),
            sites: vec![s("1 rue de la Paix, 75002 Paris"), s("5 quai Sud, 69002 Lyon")],
            fee: Some(s("330,00\u{a0}€")),
        },
        Message::DecisionAccepted {
            organism: organism.clone(),
            application_number: s("D2026-000042"),
            authority: s("Certif Pro"),
            decided_on: s("20 mars 2026"),
            duration: s("3 ans à compter de la notification"),
            professional_field: Some(s("Commerce de détail")),
            link: s("https://clea.example.fr/a/abc?x=1&y=2"),
        },
        Message::DecisionRefused {
            organism: organism.clone(),
            application_number: s("D2026-000043"),
            authority: s("Certif Pro"),
            decided_on: s("20 mars 2026"),
            grounds: vec![
                Ground {
                    label: s("Critère 1 : intervenants"),
                    text: s("Domaine 2 non couvert.\nUn seul CV joint."),
                },
                Ground { label: s("Critère 5 : qualité"), text: s("Aucune preuve fournie.") },
            ],
            appeal_delay: s("30 jours ouvrés à compter de la notification"),
            appeal_contact: s("recours@certif-pro.example"),
            link: s("https://clea.example.fr/a/def"),
        },
        reminder(TermOutcome::Renews, 90, &[]),
        reminder(TermOutcome::Expires, 30, &["Aucune évaluation avec résultats"]),
        reminder(TermOutcome::Reapply, 1, &["Suspension décidée le 3 mai 2027"]),
        Message::HabilitationRenewed {
            organism: organism.clone(),
            habilitation: s("CléA management"),
            renewed_on: s("4 mars 2029"),
            ends_on: s("4 mars 2032"),
        },
        Message::HabilitationExpired {
            organism: organism.clone(),
            habilitation: s("CléA management"),
            ended_on: s("4 mars 2029"),
            reasons: vec![s("Habilitation restée sans usage")],
        },
        Message::InvoiceIssued {
            organism: organism.clone(),
            number: s("F2026-000007"),
            quarter: s("1er trimestre 2026"),
            total: s("396,00\u{a0}€"),
            due_on: s("16 mai 2026"),
            line_count: 7,
        },
        Message::PaymentReminder {
            organism: organism.clone(),
            number: s("F2026-000007"),
            total: s("396,00\u{a0}€"),
            paid: s("96,00\u{a0}€"),
            balance: s("300,00\u{a0}€"),
            due_on: s("16 mai 2026"),
            days_overdue: 15,
        },
        Message::PaymentEscalation {
            organism: organism.clone(),
            number: s("F2026-000007"),
            balance: s("300,00\u{a0}€"),
            due_on: s("16 mai 2026"),
            days_overdue: 31,
        },
        Message::EdofProposal {
            alert: s("EDOF-2026-9"),
            organism: organism.clone(),
            level: s("Mise en demeure"),
            grounds: s("Organisme non habilité à la date de l’offre."),
        },
        Message::EdofSanction {
            organism: organism.clone(),
            authority: s("Certif Pro"),
            alert: s("EDOF-2026-9"),
            level: s("Suspension"),
            grounds: s("Intitulé trompeur."),
            effect: s("Aucune nouvelle inscription pendant la suspension."),
            link: s("https://clea.example.fr/a/ghi"),
        },
        Message::CertificateAwarded {
            candidate: s("Zoé O’Hara"),
            organism,
            certificate_number: s("C2026-000123"),
            awarded_on: s("6 juin 2026"),
            verification_url: s("https://clea.example.fr/v/xyz"),
            pdf_attached: true,
        },
        Message::NoticeBounced {
            notice: s("not_01jt7"),
            mail_subject: s("Demande d’habilitation D2026-000042\u{a0}: décision d’acceptation"),
            recipient: s("L’École d’Été & Fils"),
            bounced_on: s("24 mars 2026"),
            status: s("5.1.1"),
            diagnostic: s("550 5.1.1 <destinataire>: no such user"),
            consequence: s("La notification est nulle."),
            to_resend: true,
        },
        Message::CredentialExpiry {
            organism: s("Organisme d’essai"),
            name: s("Logiciel de formation"),
            prefix: s("cmc_7k2m9qx4"),
            ends_on: s("25 décembre 2026"),
            days_left: 30,
            last_used_on: Some(s("24 novembre 2026")),
        },
        Message::CredentialExpiry {
            organism: s("Organisme d’essai"),
            name: s("Logiciel de formation"),
            prefix: s("cmc_7k2m9qx4"),
            ends_on: s("25 décembre 2026"),
            days_left: 0,
            last_used_on: None,
        },
        Message::AccountInvitation {
            role: s("administrateur"),
            place: s("L’École d’Été & Fils"),
            delay: s("sept jours"),
            opens_account: true,
            link: s("https://clea.example.fr/invitations/jkm"),
        },
        Message::AccountInvitation {
            role: s("instructeur"),
            place: s("Certif Pro"),
            delay: s("sept jours"),
            opens_account: false,
            link: s("https://clea.example.fr/invitations/npq"),
        },
        Message::PasswordReset {
            delay: s("une heure"),
            link: s("https://clea.example.fr/password-resets/rst"),
        },
        Message::TaskGivenUp {
            task: s("01JT-7"),
            kind: s("SEND_NOTICE"),
            attempts: 12,
            error: s("550 No such user"),
        },
    ]
}

/// A mail with everything a mail may have, the attachments excepted.
pub(crate) fn mail(message_id: &str) -> Outgoing {
    Outgoing {
        message_id: message_id.to_owned(),
        from: s("Certif Pro, pôle habilitations <habilitations@certif-pro.example>"),
        reply_to: Some(s("reponses@certif-pro.example")),
        to: s("contact@organisme.example"),
        subject: s("Décision d’habilitation"),
        text: s(
            "Bonjour,\n\n.une ligne qui commence par un point\n--=_clea-habilitations-mixed\nfin\n",
        ),
        html: s("<!DOCTYPE html><html lang=\"fr\"><p>Bonjour</p></html>"),
        attachments: Vec::new(),
        date: Utc.with_ymd_and_hms(2026, 3, 20, 9, 30, 0).unwrap(),
    }
}
