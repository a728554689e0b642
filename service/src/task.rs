//! What may follow an act: one value per kind of task, with the ids that it needs and nothing else.

use chrono::NaiveDate;
use entity::ids::{
    AccountId, ApplicationId, BounceId, CertificateId, DecisionId, EdofAlertId, HabilitationId,
    InvitationId, InvoiceId, MachineCredentialId, NoticeId, OutboxId, PasswordResetId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A task for the workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Task {
    /// Mails the receipt of a filing (III.2.e).
    FilingReceipt {
        /// The application filed.
        application: ApplicationId,
    },
    /// Writes the letter of a decision and notifies it (III.5.d).
    NotifyDecision {
        /// The decision.
        decision: DecisionId,
    },
    /// Reminds of the end of a term (III.6.c).
    RemindTerm {
        /// The habilitation.
        habilitation: HabilitationId,
        /// The last day of the term.
        ends_on: NaiveDate,
        /// Days before it.
        step: u32,
    },
    /// Tells of a renewal (III.6.b).
    TellRenewal {
        /// The habilitation.
        habilitation: HabilitationId,
    },
    /// Tells of an expiry (III.6.c).
    TellExpiry {
        /// The habilitation.
        habilitation: HabilitationId,
    },
    /// Renders an invoice and mails it (A2.d).
    SendInvoice {
        /// The invoice.
        invoice: InvoiceId,
    },
    /// Reminds of an unpaid invoice (A2.f).
    RemindPayment {
        /// The invoice.
        invoice: InvoiceId,
        /// Days overdue.
        step: u32,
    },
    /// Tells officers that reminders did not help (A2.f).
    EscalatePayment {
        /// The invoice.
        invoice: InvoiceId,
    },
    /// Matches an EDOF alert and proposes what follows (V.3.d).
    AssessAlert {
        /// The alert.
        alert: EdofAlertId,
    },
    /// Tells deciders of a proposed sanction (V.3.d).
    ProposeSanction {
        /// The alert.
        alert: EdofAlertId,
    },
    /// Notifies the sanction decided on an alert (V.3.d).
    NotifySanction {
        /// The alert.
        alert: EdofAlertId,
    },
    /// Renders a parchment, and mails it where the candidate chose so (A3.5.b).
    AwardCertificate {
        /// The certificate.
        certificate: CertificateId,
    },
    /// Sends a notice that takes the place of one that did not arrive (interpretation 5).
    SendNotice {
        /// The new notice.
        notice: NoticeId,
    },
    /// Tells officers that a notice bounced for good (interpretation 5).
    TellBounce {
        /// The bounce.
        bounce: BounceId,
    },
    /// Tells an administrator that the credential of a tool of their organism ends soon.
    TellCredentialExpiry {
        /// The credential.
        credential: MachineCredentialId,
        /// The administrator.
        account: AccountId,
        /// Days before its end.
        step: u32,
    },
    /// Mails an invitation to a role (interpretation 26).
    InviteAccount {
        /// The invitation.
        invitation: InvitationId,
    },
    /// Mails a link to a new password, where the address has an account.
    ResetPassword {
        /// The reset asked for.
        reset: PasswordResetId,
    },
    /// Tells officers that a task was given up; again when it is run again and given up again.
    TellGivenUp {
        /// The task given up.
        task: OutboxId,
        /// The push number of the try that was its last.
        push: i32,
    },
    /// Runs a reconciler for a day's slot.
    Reconcile {
        /// Which one.
        reconciler: Reconciler,
        /// The slot.
        on: NaiveDate,
    },
}

/// What is compared, every day, with what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reconciler {
    /// Terms that ended: renewed or expired (III.6.b, III.6.c).
    Terms,
    /// Terms that end soon (III.6.c).
    TermReminders,
    /// Quarters to invoice (A2.d).
    Quarter,
    /// Invoices overdue (A2.f).
    PaymentReminders,
    /// Deadlines that passed (X.a).
    Deadlines,
    /// Credentials of tools that end soon.
    Credentials,
    /// What accounts leave behind: attempts, links, sessions that ended.
    Accounts,
    /// Changes that clients no longer follow.
    Changes,
}

impl Reconciler {
    /// Every reconciler.
    pub const ALL: [Self; 8] = [
        Self::Terms,
        Self::TermReminders,
        Self::Quarter,
        Self::PaymentReminders,
        Self::Deadlines,
        Self::Credentials,
        Self::Accounts,
        Self::Changes,
    ];

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Terms => "TERMS",
            Self::TermReminders => "TERM_REMINDERS",
            Self::Quarter => "QUARTER",
            Self::PaymentReminders => "PAYMENT_REMINDERS",
            Self::Deadlines => "DEADLINES",
            Self::Credentials => "CREDENTIALS",
            Self::Accounts => "ACCOUNTS",
            Self::Changes => "CHANGES",
        }
    }
}

impl Task {
    /// The stable name of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::FilingReceipt { .. } => "FILING_RECEIPT",
            Self::NotifyDecision { .. } => "NOTIFY_DECISION",
            Self::RemindTerm { .. } => "REMIND_TERM",
            Self::TellRenewal { .. } => "TELL_RENEWAL",
            Self::TellExpiry { .. } => "TELL_EXPIRY",
            Self::SendInvoice { .. } => "SEND_INVOICE",
            Self::RemindPayment { .. } => "REMIND_PAYMENT",
            Self::EscalatePayment { .. } => "ESCALATE_PAYMENT",
            Self::AssessAlert { .. } => "ASSESS_ALERT",
            Self::ProposeSanction { .. } => "PROPOSE_SANCTION",
            Self::NotifySanction { .. } => "NOTIFY_SANCTION",
            Self::AwardCertificate { .. } => "AWARD_CERTIFICATE",
            Self::SendNotice { .. } => "SEND_NOTICE",
            Self::TellBounce { .. } => "TELL_BOUNCE",
            Self::TellCredentialExpiry { .. } => "TELL_CREDENTIAL_EXPIRY",
            Self::InviteAccount { .. } => "INVITE_ACCOUNT",
            Self::ResetPassword { .. } => "RESET_PASSWORD",
            Self::TellGivenUp { .. } => "TELL_GIVEN_UP",
            Self::Reconcile { .. } => "RECONCILE",
        }
    }

    /// The same for the same kind and ids: such a task exists once, ever.
    pub fn dedup_key(&self) -> String {
        match self {
            Self::FilingReceipt { application } => format!("{}:{application}", self.kind()),
            Self::NotifyDecision { decision } => format!("{}:{decision}", self.kind()),
            Self::RemindTerm { habilitation, ends_on, step } => {
                format!("{}:{habilitation}:{ends_on}:{step}", self.kind())
            }
            Self::TellRenewal { habilitation } | Self::TellExpiry { habilitation } => {
                format!("{}:{habilitation}", self.kind())
            }
            Self::SendInvoice { invoice } | Self::EscalatePayment { invoice } => {
                format!("{}:{invoice}", self.kind())
            }
            Self::RemindPayment { invoice, step } => format!("{}:{invoice}:{step}", self.kind()),
            Self::AssessAlert { alert }
            | Self::ProposeSanction { alert }
            | Self::NotifySanction { alert } => format!("{}:{alert}", self.kind()),
            Self::AwardCertificate { certificate } => format!("{}:{certificate}", self.kind()),
            Self::SendNotice { notice } => format!("{}:{notice}", self.kind()),
            Self::TellBounce { bounce } => format!("{}:{bounce}", self.kind()),
            Self::TellCredentialExpiry { credential, account, step } => {
                format!("{}:{credential}:{account}:{step}", self.kind())
            }
            Self::InviteAccount { invitation } => format!("{}:{invitation}", self.kind()),
            Self::ResetPassword { reset } => format!("{}:{reset}", self.kind()),
            Self::TellGivenUp { task, push } => format!("{}:{task}:{push}", self.kind()),
            Self::Reconcile { reconciler, on } => {
                format!("{}:{}:{on}", self.kind(), reconciler.as_str())
            }
        }
    }

    /// What the outbox keeps: the kind and the ids.
    pub fn payload(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    /// The task of an outbox row.
    pub fn read(payload: &Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(payload.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_comes_back_from_its_payload_under_its_kind() {
        let task = Task::Reconcile {
            reconciler: Reconciler::TermReminders,
            on: NaiveDate::from_ymd_opt(2026, 11, 24).expect("a date"),
        };
        let payload = task.payload().expect("serialisable");
        assert_eq!(payload["kind"], task.kind());
        assert_eq!(Task::read(&payload).expect("readable"), task);
        assert_eq!(task.dedup_key(), "RECONCILE:TERM_REMINDERS:2026-11-24");
    }
}
