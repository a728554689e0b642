//! What the system writes to people.

use askama::Template;
use serde::{Deserialize, Serialize};

use crate::wrap::wrap;

/// One mail's content. Dates, amounts and labels come as French text, ready to
/// print; nothing here computes a deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(
    missing_docs,
    reason = "the fields are named as in the glossary; each variant says what it is for"
)]
pub enum Message {
    /// To the organism, when an application is filed (III.2.e, III.2.g).
    FilingReceipt {
        organism: String,
        application_number: String,
        filed_on: String,
        authority: String,
        meeting_on: String,
        opinion_last_day: String,
        sites: Vec<String>,
        fee: Option<String>,
    },
    /// To the organism: notifies that its application is accepted (III.5.b).
    DecisionAccepted {
        organism: String,
        application_number: String,
        authority: String,
        decided_on: String,
        duration: String,
        professional_field: Option<String>,
        link: String,
    },
    /// To the organism: notifies that its application is refused (III.5.c).
    /// Prints the appeal's delay, not its last day.
    DecisionRefused {
        organism: String,
        application_number: String,
        authority: String,
        decided_on: String,
        grounds: Vec<Ground>,
        appeal_delay: String,
        appeal_contact: String,
        link: String,
    },
    /// To the organism, ahead of the end of a term (III.6.c).
    TermReminder {
        organism: String,
        habilitation: String,
        ends_on: String,
        days_left: u32,
        outcome: TermOutcome,
        obstacles: Vec<String>,
    },
    /// To the organism, when its habilitation was renewed (III.6.b).
    HabilitationRenewed {
        organism: String,
        habilitation: String,
        renewed_on: String,
        ends_on: String,
    },
    /// To the organism, when its habilitation has ended (III.6.c).
    HabilitationExpired {
        organism: String,
        habilitation: String,
        ended_on: String,
        reasons: Vec<String>,
    },
    /// To the organism, with or about its quarterly invoice (A2.d).
    InvoiceIssued {
        organism: String,
        number: String,
        quarter: String,
        total: String,
        due_on: String,
        line_count: usize,
    },
    /// To the organism, when an invoice is overdue (A2.f).
    PaymentReminder {
        organism: String,
        number: String,
        total: String,
        paid: String,
        balance: String,
        due_on: String,
        days_overdue: u32,
    },
    /// To officers, when reminders did not help: a sanction procedure may be
    /// opened, nothing is automatic (A2.f).
    PaymentEscalation {
        organism: String,
        number: String,
        balance: String,
        due_on: String,
        days_overdue: u32,
    },
    /// To officers and deciders: an EDOF alert awaits a decision (V.3.d).
    EdofProposal { alert: String, organism: String, level: String, grounds: String },
    /// To the organism: notifies what was decided on an EDOF alert (V.3.d).
    EdofSanction {
        organism: String,
        authority: String,
        alert: String,
        level: String,
        grounds: String,
        effect: String,
        link: String,
    },
    /// To the candidate who obtained the certificate (A3.5.b).
    CertificateAwarded {
        candidate: String,
        organism: String,
        certificate_number: String,
        awarded_on: String,
        verification_url: String,
        pdf_attached: bool,
    },
    /// To the officers who wrote: the mail server told that a mail did not arrive (interpretation 5).
    NoticeBounced {
        notice: String,
        mail_subject: String,
        /// The organism, or that it is a candidate; never an address.
        recipient: String,
        bounced_on: String,
        status: String,
        /// What the mail server said; may be empty.
        diagnostic: String,
        /// What it changes in law.
        consequence: String,
        /// Whether it waits to be sent again.
        to_resend: bool,
    },
    /// To an organism's administrator, when the credential of one of its tools ends soon.
    CredentialExpiry {
        organism: String,
        name: String,
        /// How its token begins; no secret.
        prefix: String,
        ends_on: String,
        days_left: u32,
        /// None when it was never used.
        last_used_on: Option<String>,
    },
    /// To whoever reads the mails of an address: a role is offered to it (interpretation 26).
    AccountInvitation {
        /// In French.
        role: String,
        /// The authority or the organism.
        place: String,
        /// How long the link opens, in French.
        delay: String,
        /// Whether a name and a password are chosen.
        opens_account: bool,
        link: String,
    },
    /// To the holder of an account who asked for a new password.
    PasswordReset {
        /// How long the link opens, in French.
        delay: String,
        link: String,
    },
    /// To the operator and officers: a task was given up after its tries.
    TaskGivenUp {
        task: String,
        /// The task's kind; `task_kind` in JSON, where `kind` is the message's.
        #[serde(rename = "task_kind")]
        kind: String,
        attempts: u32,
        error: String,
    },
}

/// Why an application is refused, on one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// The criterion.
    pub label: String,
    /// The reasons; line ends separate paragraphs.
    pub text: String,
}

/// What will happen when the term ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TermOutcome {
    /// It will be renewed.
    Renews,
    /// It will expire unless the obstacles are removed.
    Expires,
    /// It cannot be renewed: only a new application can follow it.
    Reapply,
}

/// A message, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Subject, on one line.
    pub subject: String,
    /// Plain text, folded at 74 columns.
    pub text: String,
    /// HTML document.
    pub html: String,
}

/// A message could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A link that is not a page's address would be printed.
    #[error("a link must begin with https:// or http:// and hold no space")]
    Link,
    /// The template failed.
    #[error("the message could not be written: {0}")]
    Template(#[from] askama::Error),
}

#[derive(Template)]
#[template(path = "message.txt")]
struct Text<'a> {
    message: &'a Message,
    sender_name: &'a str,
}

#[derive(Template)]
#[template(path = "message.html")]
struct Html<'a> {
    message: &'a Message,
    sender_name: &'a str,
    subject: &'a str,
}

impl Message {
    /// Writes the message in the name of `sender_name` (an authority). Line ends
    /// in the data start no line of a header, and tags in it are shown as text.
    pub fn render(&self, sender_name: &str) -> Result<Rendered, RenderError> {
        if self.link().is_some_and(|link| !is_page_address(link)) {
            return Err(RenderError::Link);
        }
        let subject = self.subject();
        let text = wrap(&Text { message: self, sender_name }.render()?);
        let html = Html { message: self, sender_name, subject: &subject }.render()?;
        Ok(Rendered { subject, text, html })
    }

    fn link(&self) -> Option<&str> {
        match self {
            Self::DecisionAccepted { link, .. }
            | Self::DecisionRefused { link, .. }
            | Self::EdofSanction { link, .. }
            | Self::AccountInvitation { link, .. }
            | Self::PasswordReset { link, .. }
            | Self::CertificateAwarded { verification_url: link, .. } => Some(link),
            _ => None,
        }
    }
}

fn is_page_address(link: &str) -> bool {
    (link.starts_with("https://") || link.starts_with("http://"))
        && !link.chars().any(|c| c.is_whitespace() || c.is_control())
}
