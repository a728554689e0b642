//! What may follow an act: one entry per kind of task, with the ids that it needs and nothing else, and all
//! that is known of it. What each task does stands in `worker/src/task/`.

mod declare;
#[cfg(test)]
mod tests;
mod told;

pub use told::Told;

use chrono::NaiveDate;
use declare::tasks;
use entity::ids::{
    AccountId, ApplicationId, BounceId, CertificateId, DecisionId, EdofAlertId, HabilitationId,
    InvitationId, InvoiceId, MachineCredentialId, NoticeId, OutboxId, PasswordResetId,
};
use entity::kind::Lane;
use serde::{Deserialize, Serialize};
use serde_json::Value;

tasks! {
    /// Mails the receipt of a filing (III.2.e).
    FilingReceipt {
        /// The application filed.
        application: ApplicationId,
    } {
        kind: "FILING_RECEIPT",
        label: "récépissé de dépôt",
        lane: Legal,
        told: Told::authority_of(application),
    }
    /// Writes the letter of a decision and notifies it (III.5.d).
    NotifyDecision {
        /// The decision.
        decision: DecisionId,
    } {
        kind: "NOTIFY_DECISION",
        label: "notification d’une décision",
        lane: Legal,
        told: Told::AuthorityThatDecided(decision),
    }
    /// Reminds of the end of a term (III.6.c).
    RemindTerm {
        /// The habilitation.
        habilitation: HabilitationId,
        /// The last day of the term.
        ends_on: NaiveDate,
        /// Days before it.
        step: u32,
    } {
        kind: "REMIND_TERM",
        label: "rappel d’échéance d’une habilitation",
        lane: Bulk,
        told: Told::authority_of(habilitation),
    }
    /// Tells of a renewal (III.6.b).
    TellRenewal {
        /// The habilitation.
        habilitation: HabilitationId,
    } {
        kind: "TELL_RENEWAL",
        label: "annonce d’un renouvellement",
        lane: Bulk,
        told: Told::authority_of(habilitation),
    }
    /// Tells of an expiry (III.6.c).
    TellExpiry {
        /// The habilitation.
        habilitation: HabilitationId,
    } {
        kind: "TELL_EXPIRY",
        label: "annonce de la fin d’une habilitation",
        lane: Bulk,
        told: Told::authority_of(habilitation),
    }
    /// Renders an invoice and mails it (A2.d).
    SendInvoice {
        /// The invoice.
        invoice: InvoiceId,
    } {
        kind: "SEND_INVOICE",
        label: "envoi d’une facture",
        lane: Bulk,
        told: Told::CertifPro,
    }
    /// Reminds of an unpaid invoice (A2.f).
    RemindPayment {
        /// The invoice.
        invoice: InvoiceId,
        /// Days overdue.
        step: u32,
    } {
        kind: "REMIND_PAYMENT",
        label: "relance d’une facture",
        lane: Bulk,
        told: Told::CertifPro,
    }
    /// Tells officers that reminders did not help (A2.f).
    EscalatePayment {
        /// The invoice.
        invoice: InvoiceId,
    } {
        kind: "ESCALATE_PAYMENT",
        label: "relance d’une facture",
        lane: Bulk,
        told: Told::CertifPro,
    }
    /// Matches an EDOF alert and proposes what follows (V.3.d).
    AssessAlert {
        /// The alert.
        alert: EdofAlertId,
    } {
        kind: "ASSESS_ALERT",
        label: "instruction d’une alerte EDOF",
        lane: Legal,
        told: Told::authority_of(alert),
    }
    /// Tells deciders of a proposed sanction (V.3.d).
    ProposeSanction {
        /// The alert.
        alert: EdofAlertId,
    } {
        kind: "PROPOSE_SANCTION",
        label: "proposition sur une alerte EDOF",
        lane: Legal,
        told: Told::authority_of(alert),
    }
    /// Notifies the sanction decided on an alert (V.3.d).
    NotifySanction {
        /// The alert.
        alert: EdofAlertId,
    } {
        kind: "NOTIFY_SANCTION",
        label: "notification d’une sanction",
        lane: Legal,
        told: Told::authority_of(alert),
    }
    /// Renders a parchment, and mails it where the candidate chose so (A3.5.b).
    AwardCertificate {
        /// The certificate.
        certificate: CertificateId,
    } {
        kind: "AWARD_CERTIFICATE",
        label: "remise d’un certificat",
        lane: Bulk,
        told: Told::authority_of(certificate),
    }
    /// Sends a notice that takes the place of one that did not arrive (interpretation 5).
    SendNotice {
        /// The new notice.
        notice: NoticeId,
    } {
        kind: "SEND_NOTICE",
        label: "nouvel envoi d’un courriel",
        lane: Legal,
        told: Told::authority_of(notice),
    }
    /// Tells officers that a notice bounced for good (interpretation 5).
    TellBounce {
        /// The bounce.
        bounce: BounceId,
    } {
        kind: "TELL_BOUNCE",
        label: "annonce d’un courriel non remis",
        lane: Legal,
        told: Told::AuthorityOfBounced(bounce),
    }
    /// Tells an administrator that the credential of a tool of their organism ends soon.
    TellCredentialExpiry {
        /// The credential.
        credential: MachineCredentialId,
        /// The administrator.
        account: AccountId,
        /// Days before its end.
        step: u32,
    } {
        kind: "TELL_CREDENTIAL_EXPIRY",
        label: "annonce de la fin d’un accès machine",
        lane: Bulk,
        told: Told::CertifPro,
    }
    /// Mails an invitation to a role (interpretation 26).
    InviteAccount {
        /// The invitation.
        invitation: InvitationId,
    } {
        kind: "INVITE_ACCOUNT",
        label: "envoi d’une invitation",
        lane: Person,
        told: Told::CertifPro,
    }
    /// Mails a link to a new password, where the address has an account.
    ResetPassword {
        /// The reset asked for.
        reset: PasswordResetId,
    } {
        kind: "RESET_PASSWORD",
        label: "envoi d’un lien de nouveau mot de passe",
        lane: Person,
        told: Told::CertifPro,
    }
    /// Tells officers that a task was given up; again when it is run again and given up again. Behind a mail
    /// server that refuses everything there are as many of them as there are mails.
    TellGivenUp {
        /// The task given up.
        task: OutboxId,
        /// The push number of the try that was its last.
        push: i32,
    } {
        kind: "TELL_GIVEN_UP",
        label: "annonce d’une tâche abandonnée",
        lane: Bulk,
        told: Told::Nobody("telling of it would be given up in its turn, without end"),
    }
    /// Runs a reconciler for a day's slot.
    Reconcile {
        /// Which one.
        reconciler: Reconciler,
        /// The slot.
        on: NaiveDate,
    } {
        kind: "RECONCILE",
        label: "contrôle quotidien des échéances",
        lane: Legal,
        told: Told::CertifPro,
    }
}

domain::vocabulary! {
    /// What is compared, every day, with what is due.
    pub enum Reconciler {
        /// Terms that ended: renewed or expired (III.6.b, III.6.c).
        Terms => "TERMS",
        /// Terms that end soon (III.6.c).
        TermReminders => "TERM_REMINDERS",
        /// Quarters to invoice (A2.d).
        Quarter => "QUARTER",
        /// Invoices overdue (A2.f).
        PaymentReminders => "PAYMENT_REMINDERS",
        /// Deadlines that passed (X.a).
        Deadlines => "DEADLINES",
        /// Credentials of tools that end soon.
        Credentials => "CREDENTIALS",
        /// What accounts leave behind: attempts, links, sessions that ended.
        Accounts => "ACCOUNTS",
        /// Changes that clients no longer follow.
        Changes => "CHANGES",
    }
}

impl Task {
    /// What the outbox keeps: the kind and the ids.
    pub fn payload(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    /// The task of an outbox row.
    ///
    /// # Errors
    /// When this program does not know such a task: a newer one wrote it.
    pub fn read(payload: &Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(payload.clone())
    }
}
