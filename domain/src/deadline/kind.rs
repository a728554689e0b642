//! The legal time limits that the platform keeps, each with its article.

use super::Span;
use crate::subject::SubjectKind;
use crate::vocabulary;

vocabulary! {
    /// A legal time limit of the convention.
    pub enum DeadlineKind {
        /// III.4.b: the opinion is settled, 5 working days before the meeting.
        OpinionSettled => "OPINION_SETTLED",
        /// III.5.d: the decision is notified, 20 working days after the meeting.
        DecisionNotified => "DECISION_NOTIFIED",
        /// III.8.a: the appeal is lodged, 30 working days after the refusal's notification.
        AppealLodged => "APPEAL_LODGED",
        /// A2.f: the invoice is paid, 45 calendar days after its issue.
        InvoicePaid => "INVOICE_PAID",
    }
}

/// What the convention says about one time limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeadlineRule {
    /// Which limit.
    pub kind: DeadlineKind,
    /// The rule's id, e.g. `III.4.b`.
    pub article: &'static str,
    /// Its length and direction.
    pub span: Span,
    /// The act or date from which it is counted, in French.
    pub started_by: &'static str,
    /// What must be done, in French.
    pub title: &'static str,
    /// What follows when it is missed, in French; none where the convention says nothing.
    pub consequence: Option<&'static str>,
}

impl DeadlineKind {
    /// What a limit of this kind is about.
    pub const fn subject_kind(self) -> SubjectKind {
        match self {
            Self::OpinionSettled | Self::DecisionNotified | Self::AppealLodged => {
                SubjectKind::Application
            }
            Self::InvoicePaid => SubjectKind::Invoice,
        }
    }

    /// Whether the organism's act is awaited; the authority's otherwise.
    pub const fn awaits_organism(self) -> bool {
        match self {
            Self::AppealLodged | Self::InvoicePaid => true,
            Self::OpinionSettled | Self::DecisionNotified => false,
        }
    }

    /// The limit's article, length and French wording.
    pub const fn rule(self) -> DeadlineRule {
        match self {
            Self::OpinionSettled => opinion_settled(),
            Self::DecisionNotified => decision_notified(),
            Self::AppealLodged => appeal_lodged(),
            Self::InvoicePaid => invoice_paid(),
        }
    }
}

/// III.4.b: the opinion is settled at the latest 5 working days before the decision meeting.
const fn opinion_settled() -> DeadlineRule {
    DeadlineRule {
        kind: DeadlineKind::OpinionSettled,
        article: "III.4.b",
        span: Span::working_days(5).before(),
        started_by: "réunion de l'Instance",
        title: "Arrêter l'avis motivé sur la demande",
        consequence: Some(
            "Un avis tardif est refusé, sauf si l'Instance reporte la demande à une réunion ultérieure.",
        ),
    }
}

/// III.5.d: a Certif Pro decision is notified within 20 working days of the meeting.
const fn decision_notified() -> DeadlineRule {
    DeadlineRule {
        kind: DeadlineKind::DecisionNotified,
        article: "III.5.d",
        span: Span::working_days(20),
        started_by: "réunion de l'Instance",
        title: "Notifier la décision à l'organisme",
        consequence: None,
    }
}

/// III.8.a: an appeal is lodged within 30 working days of the refusal's notification.
const fn appeal_lodged() -> DeadlineRule {
    DeadlineRule {
        kind: DeadlineKind::AppealLodged,
        article: "III.8.a",
        span: Span::working_days(30),
        started_by: "notification du refus",
        title: "Déposer un recours contre le refus",
        consequence: Some("Un recours déposé après ce délai est refusé."),
    }
}

/// A2.f: an invoice is paid within 45 calendar days of its issue.
const fn invoice_paid() -> DeadlineRule {
    DeadlineRule {
        kind: DeadlineKind::InvoicePaid,
        article: "A2.f",
        span: Span::calendar_days(45),
        started_by: "émission de la facture",
        title: "Régler la facture",
        consequence: Some(
            "La facture impayée est relancée, puis Certif Pro peut ouvrir une procédure de sanction.",
        ),
    }
}
