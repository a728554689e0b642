//! The names that entries hold: of what was done, and of what it was done to. Journals hold them for ever, so
//! that none of these texts changes.

use crate::policy::Act;
use domain::money::Quarter;
use entity::ids::{
    AccountGrantId, AccountId, ApplicationId, AuthorityId, CampaignId, CandidateId, DelegationId,
    EdofAlertId, EnrolmentId, FrameworkId, HabilitationId, InvitationId, InvoiceId, JuryId,
    MachineCredentialId, MeetingId, NoticeId, OrganismId, OutboxId, PractitionerId, SessionId,
    SiteId,
};
use uuid::Uuid;

macro_rules! deeds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// Everything that is done in one transaction and has a name: an act of a person in a role, or what
        /// stands outside their table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Deed {
            /// An act of the policy's table.
            Act(Act),
            $($(#[$doc])* $variant),*
        }

        impl Deed {
            /// Those outside the policy's table.
            pub const OTHERS: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in journals and logs.
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::Act(act) => act.as_str(),
                    $(Self::$variant => $name),*
                }
            }
        }
    };
}

deeds! {
    /// A person opens an account.
    OpenAccount = "openAccount";
    /// Whom an address was offered a role takes it.
    AcceptInvitation = "acceptInvitation";
    /// A link sent by mail leads to a new password.
    ResetPassword = "resetPassword";
    /// An account is bound to the identity that an issuer names.
    BindIdentity = "bindIdentity";
    /// A person opens a session; no entry.
    SignIn = "signIn";
    /// An issuer's sign-in becomes a session; no entry.
    ExchangeSignInCode = "exchangeSignInCode";
    /// A link to a new password is asked for; no entry.
    RequestPasswordReset = "requestPasswordReset";
    /// A try of a password or a code is counted; no entry.
    CountAttempt = "countAttempt";
    /// A mail server accepted a notice (X.c).
    DeliverNotice = "deliverNotice";
    /// A person acknowledged a notice by its button (X.c).
    AcknowledgeNotice = "acknowledgeNotice";
    /// A decision was notified (III.5.d).
    NotifyDecision = "notifyDecision";
    /// A sanction was notified (V.3.c).
    NotifySanction = "notifySanction";
    /// A notification has no effect any more (interpretation 5).
    VoidNotification = "voidNotification";
    /// An EDOF alert was matched and weighed (V.3.d).
    AssessEdofAlert = "assessEdofAlert";
    /// A habilitation goes on for a second term (III.6.b).
    RenewHabilitation = "renewHabilitation";
    /// A habilitation ends with its term (III.6.c).
    ExpireHabilitation = "expireHabilitation";
    /// The invoices of a quarter are issued (A2.d).
    IssueQuarter = "issueQuarter";
    /// The public list of training organisms is read (III.2.h).
    ImportOrganisms = "importOrganisms";
    /// A task is not tried any more (X.d).
    GiveUpTask = "giveUpTask";
}

impl From<Act> for Deed {
    fn from(act: Act) -> Self {
        Self::Act(act)
    }
}

/// What an entry is about.
pub trait Subject: Copy {
    /// Its kind, as journals name it.
    const KIND: &'static str;
    /// Its id there.
    fn id(self) -> Uuid;
}

macro_rules! subjects {
    ($($id:ident = $kind:literal;)*) => {
        $(impl Subject for $id {
            const KIND: &'static str = $kind;

            fn id(self) -> Uuid {
                self.0
            }
        })*

        /// The kinds of the objects that have an id.
        #[cfg(test)]
        const KINDS: &[&str] = &[$($kind),*];
    };
}

subjects! {
    AccountId = "account";
    AccountGrantId = "accountGrant";
    ApplicationId = "application";
    AuthorityId = "authority";
    CampaignId = "campaign";
    CandidateId = "candidate";
    DelegationId = "delegation";
    EdofAlertId = "edofAlert";
    EnrolmentId = "enrolment";
    FrameworkId = "framework";
    HabilitationId = "habilitation";
    InvitationId = "invitation";
    InvoiceId = "invoice";
    JuryId = "jury";
    MachineCredentialId = "machineCredential";
    MeetingId = "meeting";
    NoticeId = "notice";
    OrganismId = "organism";
    OutboxId = "task";
    PractitionerId = "practitioner";
    SessionId = "session";
    SiteId = "site";
}

impl Subject for Quarter {
    const KIND: &'static str = "quarter";

    /// A quarter has no id: its year and number stand for one.
    fn id(self) -> Uuid {
        let year = u128::from(self.year.unsigned_abs());
        Uuid::from_u128(year * 10 + u128::from(self.number))
    }
}

/// The public list of training organisms, as a whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeclaredOrganisms;

impl Subject for DeclaredOrganisms {
    const KIND: &'static str = "declaredOrganism";

    fn id(self) -> Uuid {
        Uuid::nil()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_deeds_and_no_two_kinds_have_one_name() {
        let acts = Act::ALL.iter().map(|act| Deed::from(*act));
        let deeds: Vec<_> = acts.chain(Deed::OTHERS.iter().copied()).map(Deed::as_str).collect();
        assert_eq!(deeds.iter().collect::<BTreeSet<_>>().len(), deeds.len(), "{deeds:?}");
        let others = [Quarter::KIND, DeclaredOrganisms::KIND];
        let kinds: Vec<_> = KINDS.iter().chain(&others).collect();
        assert_eq!(kinds.iter().collect::<BTreeSet<_>>().len(), kinds.len(), "{kinds:?}");
    }

    /// Journals written before hold these; the acts' own are those of the schema, which a test compares.
    #[test]
    fn the_names_in_journals_do_not_change() {
        let deeds: Vec<_> = Deed::OTHERS.iter().map(|deed| deed.as_str()).collect();
        for written in [
            "acceptInvitation",
            "acknowledgeNotice",
            "assessEdofAlert",
            "bindIdentity",
            "deliverNotice",
            "expireHabilitation",
            "giveUpTask",
            "importOrganisms",
            "issueQuarter",
            "notifyDecision",
            "notifySanction",
            "openAccount",
            "renewHabilitation",
            "resetPassword",
            "voidNotification",
        ] {
            assert!(deeds.contains(&written), "{written}");
        }
        assert_eq!(
            KINDS.join(" "),
            "account accountGrant application authority campaign candidate delegation edofAlert \
             enrolment framework habilitation invitation invoice jury machineCredential meeting notice \
             organism task practitioner session site"
        );
        let quarter = Quarter { year: 2026, number: 3 };
        assert_eq!(Subject::id(quarter), Uuid::from_u128(20_263));
    }
}
