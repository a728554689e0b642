//! Typed ids: a UUIDv7 inside, a prefixed opaque text outside (`org_01jdn8…`).
//!
//! The time inside an id is the machine's, for index locality only; no rule reads it.

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Crockford's alphabet in lower case: no `i`, `l`, `o`, `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ENCODED_LEN: usize = 26;
/// The longest text, in bytes: six of them a prefix.
const LONGEST: usize = 6 + 1 + ENCODED_LEN;

/// That a text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseIdError;

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id of the expected kind")
    }
}

impl std::error::Error for ParseIdError {}

/// Written in one piece: whoever makes a text of it then takes the room once.
fn write(f: &mut fmt::Formatter<'_>, prefix: &str, id: Uuid) -> fmt::Result {
    let (value, mut text) = (id.as_u128(), [b'_'; LONGEST]);
    let (start, end) = (prefix.len() + 1, prefix.len() + 1 + ENCODED_LEN);
    text[..prefix.len()].copy_from_slice(prefix.as_bytes());
    for (i, digit) in text[start..end].iter_mut().rev().enumerate() {
        *digit = ALPHABET[((value >> (5 * i)) & 31) as usize];
    }
    f.write_str(std::str::from_utf8(&text[..end]).map_err(|_| fmt::Error)?)
}

fn decode(text: &str) -> Option<Uuid> {
    if text.len() != ENCODED_LEN {
        return None;
    }
    let mut value: u128 = 0;
    for (i, byte) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|a| *a == byte)? as u128;
        // 26 digits hold 130 bits: the first may use three only.
        if i == 0 && digit > 7 {
            return None;
        }
        value = (value << 5) | digit;
    }
    Some(Uuid::from_u128(value))
}

/// An id with its kind, as GraphQL shows it.
pub trait TypedId: Copy + fmt::Display + FromStr {
    /// The kind's prefix, without the underscore.
    const PREFIX: &'static str;
    /// The id for the database.
    fn uuid(self) -> Uuid;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, DeriveValueType)]
            pub struct $name(pub Uuid);

            impl $name {
                /// A new one, never given before.
                #[expect(clippy::new_without_default, reason = "a new id is an act, not a default")]
                pub fn new() -> Self {
                    Self(Uuid::now_v7())
                }
            }

            impl TypedId for $name {
                const PREFIX: &'static str = $prefix;
                fn uuid(self) -> Uuid {
                    self.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write(f, $prefix, self.0)
                }
            }

            impl FromStr for $name {
                type Err = ParseIdError;
                fn from_str(s: &str) -> Result<Self, ParseIdError> {
                    let body = s.strip_prefix(concat!($prefix, "_")).ok_or(ParseIdError)?;
                    decode(body).map(Self).ok_or(ParseIdError)
                }
            }

            impl sea_orm::TryFromU64 for $name {
                fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                    Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
                }
            }

            impl From<$name> for Uuid {
                fn from(id: $name) -> Uuid {
                    id.0
                }
            }
        )*

        /// Every prefix, for the test that they differ.
        pub const PREFIXES: &[&str] = &[$($prefix),*];
    };
}

ids! {
    /// Of an [`authority`](crate::authority).
    AuthorityId = "aut";
    /// Of a [`delegation`](crate::delegation).
    DelegationId = "del";
    /// Of a [`convention_version`](crate::convention_version).
    ConventionVersionId = "cnv";
    /// Of a [`framework`](crate::framework).
    FrameworkId = "fwk";
    /// Of a [`framework_domain`](crate::framework_domain).
    FrameworkDomainId = "dom";
    /// Of a [`competence`](crate::competence).
    CompetenceId = "cmp";
    /// Of a [`criterion`](crate::criterion).
    CriterionId = "crt";
    /// Of a [`tariff`](crate::tariff).
    TariffId = "tar";
    /// Of an [`organism`](crate::organism).
    OrganismId = "org";
    /// Of a [`site`](crate::site).
    SiteId = "sit";
    /// Of a [`person`](crate::person).
    PersonId = "per";
    /// Of a [`practitioner`](crate::practitioner).
    PractitionerId = "prc";
    /// Of a [`declared_organism`](crate::declared_organism).
    DeclaredOrganismId = "dec";
    /// Of an [`account`](crate::account).
    AccountId = "acc";
    /// Of an [`account_grant`](crate::account_grant).
    AccountGrantId = "grt";
    /// Of an [`account_identity`](crate::account_identity).
    AccountIdentityId = "idt";
    /// Of a [`session`](crate::session).
    SessionId = "ses";
    /// Of a [`machine_credential`](crate::machine_credential).
    MachineCredentialId = "crd";
    /// Of an [`invitation`](crate::invitation).
    InvitationId = "ivt";
    /// Of a [`password_reset`](crate::password_reset).
    PasswordResetId = "pwr";
    /// Of a [`sign_in_attempt`](crate::sign_in_attempt).
    SignInAttemptId = "att";
    /// Of a [`meeting`](crate::meeting).
    MeetingId = "mee";
    /// Of a [`campaign`](crate::campaign).
    CampaignId = "cam";
    /// Of an [`application`](crate::application).
    ApplicationId = "app";
    /// Of an [`opinion`](crate::opinion).
    OpinionId = "opi";
    /// Of an [`opinion_finding`](crate::opinion_finding).
    OpinionFindingId = "opf";
    /// Of a [`decision`](crate::decision).
    DecisionId = "dcs";
    /// Of a [`decision_finding`](crate::decision_finding).
    DecisionFindingId = "dcf";
    /// Of a [`habilitation`](crate::habilitation).
    HabilitationId = "hab";
    /// Of an [`edof_alert`](crate::edof_alert).
    EdofAlertId = "alt";
    /// Of a [`sanction`](crate::sanction).
    SanctionId = "san";
    /// Of a [`suspension`](crate::suspension).
    SuspensionId = "sus";
    /// Of a [`deadline`](crate::deadline).
    DeadlineId = "dln";
    /// Of a [`reminder`](crate::reminder).
    ReminderId = "rem";
    /// Of a [`candidate`](crate::candidate).
    CandidateId = "can";
    /// Of an [`enrolment`](crate::enrolment).
    EnrolmentId = "enr";
    /// Of an [`evaluation`](crate::evaluation).
    EvaluationId = "eva";
    /// Of a [`training_path`](crate::training_path).
    TrainingPathId = "pth";
    /// Of a [`jury`](crate::jury).
    JuryId = "jry";
    /// Of a [`jury_decision`](crate::jury_decision).
    JuryDecisionId = "jrd";
    /// Of a [`certificate`](crate::certificate).
    CertificateId = "crf";
    /// Of a [`billable_fact`](crate::billable_fact).
    BillableFactId = "fac";
    /// Of an [`invoice`](crate::invoice).
    InvoiceId = "inv";
    /// Of an [`invoice_line`](crate::invoice_line).
    InvoiceLineId = "lin";
    /// Of a [`payment`](crate::payment).
    PaymentId = "pay";
    /// Of a [`document`](crate::document).
    DocumentId = "doc";
    /// Of a [`notice`](crate::notice).
    NoticeId = "not";
    /// Of a [`delivery`](crate::delivery).
    DeliveryId = "dlv";
    /// Of an [`acknowledgement`](crate::acknowledgement).
    AcknowledgementId = "ack";
    /// Of a [`bounce`](crate::bounce).
    BounceId = "bnc";
    /// Of a [`registered_letter`](crate::registered_letter).
    RegisteredLetterId = "rgl";
    /// Of a [`notice_link`](crate::notice_link).
    NoticeLinkId = "lnk";
    /// Of an [`outbox`](crate::outbox) row: a task.
    OutboxId = "tsk";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_refuses_other_kinds() {
        let id = OrganismId::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().parse::<SiteId>(), Err(ParseIdError));
        assert_eq!("org_".parse::<OrganismId>(), Err(ParseIdError));
        assert_eq!(format!("org_8{}", "0".repeat(25)).parse::<OrganismId>(), Err(ParseIdError));
        assert_eq!(id.to_string().to_uppercase().parse::<OrganismId>(), Err(ParseIdError));
    }

    #[test]
    fn prefixes_differ() {
        let mut sorted = PREFIXES.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), PREFIXES.len());
    }
}
