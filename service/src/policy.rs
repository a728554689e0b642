//! Who may do what: one table, refused by default (I.e, interpretation 26).
//!
//! An act names the roles that may do it and where the role must be held. Seeing comes first
//! ([`crate::sight`]): what one may not see is not found; what one sees but may not do is forbidden.

use crate::context::{Actor, Grant, Machine};
use crate::error::ActResult;
use domain::Refusal;
use entity::ids::{AccountId, AuthorityId, OrganismId};
use entity::kind::{MachineScope, Role};

/// Where an act takes place: the authority and the organism that it concerns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The authority in whose name it is done.
    pub authority: Option<AuthorityId>,
    /// The organism on whose behalf it is done.
    pub organism: Option<OrganismId>,
    /// The provider to whom the case was given.
    pub provider: Option<AccountId>,
}

impl Place {
    /// An authority.
    pub fn authority(id: AuthorityId) -> Self {
        Self { authority: Some(id), ..Self::default() }
    }

    /// An organism.
    pub fn organism(id: OrganismId) -> Self {
        Self { organism: Some(id), ..Self::default() }
    }
}

/// Where a role must be held for an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Anyone signed in may.
    Anyone,
    /// In the authority concerned.
    InTheAuthority,
    /// In Certif Pro.
    InCertifPro,
    /// In the organism concerned.
    InTheOrganism,
    /// In the authority or in the organism concerned.
    InEither,
    /// Of the platform.
    Platform,
}

macro_rules! acts {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $held:ident, [$($role:ident),*];)*) => {
        /// Everything that a person may do: one value per mutation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Act {
            $($(#[$doc])* $variant),*
        }

        impl Act {
            /// Every act.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The mutation's name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The roles that may do it; empty where anyone signed in may.
            pub const fn roles(self) -> &'static [Role] {
                match self { $(Self::$variant => &[$(Role::$role),*]),* }
            }

            /// Where one of these roles must be held.
            pub const fn held(self) -> Held {
                match self { $(Self::$variant => Held::$held),* }
            }
        }
    };
}

acts! {
    /// A CPNE becomes known (I.b).
    RegisterCpne = "registerCpne", InCertifPro, [AuthorityAdmin];
    /// Certif Pro mandates a CPNE (I.b).
    GrantDelegation = "grantDelegation", InCertifPro, [Decider];
    /// A CPNE adapts the framework's wording to its field (I.c, A1.b).
    ContextualiseFramework = "contextualiseFramework", InTheAuthority, [AuthorityAdmin];
    /// An account receives a role (interpretation 26).
    GrantRole = "grantRole", InEither, [AuthorityAdmin, OrganismAdmin, Operator];
    /// An account loses a role.
    RevokeRole = "revokeRole", InEither, [AuthorityAdmin, OrganismAdmin, Operator];
    /// A tool of the organism receives a credential.
    CreateMachineCredential = "createMachineCredential", InTheOrganism, [OrganismAdmin];
    /// A tool's credential is replaced by another one.
    RotateMachineCredential = "rotateMachineCredential", InTheOrganism, [OrganismAdmin];
    /// A tool's credential holds no more.
    RevokeMachineCredential = "revokeMachineCredential", InTheOrganism, [OrganismAdmin];
    /// An invitation is taken back.
    RevokeInvitation = "revokeInvitation", InEither, [AuthorityAdmin, OrganismAdmin, Operator];
    /// One's own password is changed.
    ChangePassword = "changePassword", Anyone, [];
    /// One of one's own sessions is ended.
    RevokeSession = "revokeSession", Anyone, [];
    /// All of one's own sessions are.
    SignOutEverywhere = "signOutEverywhere", Anyone, [];
    /// A second factor is prepared for one's own account.
    BeginSecondFactor = "beginSecondFactor", Anyone, [];
    /// It is confirmed by a first code.
    ConfirmSecondFactor = "confirmSecondFactor", Anyone, [];
    /// It is removed.
    RemoveSecondFactor = "removeSecondFactor", Anyone, [];
    /// A meeting is planned (III.5.g).
    ScheduleMeeting = "scheduleMeeting", InTheAuthority, [CaseOfficer, AuthorityAdmin];
    /// A filing window opens (III.2.c).
    OpenCampaign = "openCampaign", InTheAuthority, [CaseOfficer, AuthorityAdmin];
    /// An organism becomes known to the platform.
    RegisterOrganism = "registerOrganism", Anyone, [];
    /// A site under the same SIREN (III.7.c).
    AddSite = "addSite", InTheOrganism, [OrganismAdmin];
    /// A practitioner is declared (II.b).
    DeclarePractitioner = "declarePractitioner", InTheOrganism, [OrganismAdmin];
    /// The authority validates an evaluator (IV.1.c, interpretation 29).
    ValidateEvaluator = "validateEvaluator", InTheAuthority, [CaseOfficer, Decider];
    /// Two records are one person (interpretation 13).
    MergePersons = "mergePersons", InCertifPro, [CaseOfficer];
    /// An application is filed (III.2).
    FileApplication = "fileApplication", InTheOrganism, [OrganismAdmin];
    /// A case is given to a provider (I.e).
    AssignProvider = "assignProvider", InTheAuthority, [CaseOfficer];
    /// The opinion is settled (III.4.b).
    SettleOpinion = "settleOpinion", InTheAuthority, [CaseOfficer, Provider];
    /// An application is moved to a later meeting (III.4.b).
    MoveApplication = "moveApplication", InTheAuthority, [CaseOfficer];
    /// The decision on an application (III.5.a).
    DecideApplication = "decideApplication", InTheAuthority, [Decider];
    /// A candidate becomes known.
    RegisterCandidate = "registerCandidate", InTheOrganism, [OrganismAdmin, OrganismStaff];
    /// A candidate enrols (A3.1.a).
    EnrolCandidate = "enrolCandidate", InTheOrganism, [OrganismAdmin, OrganismStaff];
    /// The prior evaluation's results (A3.2.a).
    RecordPriorEvaluation = "recordPriorEvaluation", InTheOrganism, [OrganismAdmin, OrganismStaff];
    /// Training starts on what is missing (A3.2.a).
    OpenTrainingPath = "openTrainingPath", InTheOrganism, [OrganismAdmin, OrganismStaff];
    /// Training ends.
    CompleteTrainingPath = "completeTrainingPath", InTheOrganism, [OrganismAdmin, OrganismStaff];
    /// A final evaluation's results (A3.2.a).
    RecordFinalEvaluation = "recordFinalEvaluation", InTheOrganism, [OrganismAdmin, OrganismStaff];
    /// A jury's sitting, its decisions and the certificates (A3.5.a).
    RecordJury = "recordJury", InTheOrganism, [OrganismAdmin, OrganismStaff];
    /// An EDOF alert is received (V.3.d).
    PostEdofAlert = "postEdofAlert", InCertifPro, [CaseOfficer];
    /// What an EDOF alert leads to (V.3.d).
    DecideEdofAlert = "decideEdofAlert", InTheAuthority, [Decider];
    /// A mail server told that a notice did not arrive (interpretation 5).
    RecordBounce = "recordBounce", InTheAuthority, [CaseOfficer, Finance, AuthorityAdmin];
    /// A notice that did not arrive is sent again (interpretation 5).
    ResendNotice = "resendNotice", InTheAuthority, [CaseOfficer, Finance, AuthorityAdmin];
    /// A registered letter notifies instead of a mail (interpretation 5).
    RecordRegisteredLetter = "recordRegisteredLetter", InTheAuthority, [CaseOfficer, AuthorityAdmin];
    /// Money received (A2.f).
    RecordPayment = "recordPayment", InCertifPro, [Finance];
    /// A given-up task is run again.
    RetryTask = "retryTask", Platform, [Operator];
    /// The simulated legal clock moves.
    AdvanceClock = "advanceClock", Platform, [Operator];
}

impl Act {
    /// The scope that lets a tool do it. None by default: what has legal will (applying, deciding,
    /// sitting in a jury, giving a role) is a person's (I.e).
    pub const fn scope(self) -> Option<MachineScope> {
        match self {
            Self::RegisterCandidate
            | Self::EnrolCandidate
            | Self::RecordPriorEvaluation
            | Self::OpenTrainingPath
            | Self::CompleteTrainingPath
            | Self::RecordFinalEvaluation => Some(MachineScope::CandidatesWrite),
            _ => None,
        }
    }
}

/// Nothing may be done by nobody.
pub fn not_signed_in() -> Refusal {
    Refusal::new("NOT_SIGNED_IN", "Vous devez être connecté pour effectuer cet acte.")
}

/// The act asks for a person.
pub fn not_a_person() -> Refusal {
    let message =
        "Cet acte demande la volonté d’une personne : un accès machine ne peut pas l’effectuer.";
    Refusal::new("FORBIDDEN", message)
}

/// The act is not for this actor; a decision is for deciders alone (I.e).
pub fn forbidden(act: Act) -> Refusal {
    let refusal = Refusal::new("FORBIDDEN", "Votre rôle ne vous permet pas d’effectuer cet acte.");
    let decides = act.roles() == [Role::Decider];
    if decides || act == Act::SettleOpinion { refusal.under("I.e") } else { refusal }
}

fn holds(grant: &Grant, held: Held, place: &Place) -> bool {
    let in_authority = grant.authority.is_some() && grant.authority == place.authority;
    let in_organism = grant.organism.is_some() && grant.organism == place.organism;
    match held {
        Held::Anyone => true,
        Held::InTheAuthority => in_authority,
        Held::InCertifPro => grant.certif_pro,
        Held::InTheOrganism => in_organism,
        Held::InEither => in_authority || in_organism || grant.role == Role::Operator,
        Held::Platform => grant.authority.is_none() && grant.organism.is_none(),
    }
}

/// Whether one of the tool's scopes is enough for the act, in its own organism.
fn opens(machine: &Machine, act: Act, place: &Place) -> bool {
    place.organism == Some(machine.organism)
        && act.scope().is_some_and(|scope| machine.scopes.contains(&scope))
}

/// Whether one of these grants is enough for the act there; a provider acts on the cases given to it, a
/// tool within its scopes.
pub fn allows(actor: &Actor, act: Act, place: &Place) -> bool {
    if let Actor::Machine(machine) = actor {
        return opens(machine, act, place);
    }
    actor.grants().iter().any(|grant| {
        let entitled = act.roles().is_empty() || act.roles().contains(&grant.role);
        let given = grant.role != Role::Provider
            || (place.provider.is_some() && place.provider == actor.account());
        entitled && given && holds(grant, act.held(), place)
    }) || (act.roles().is_empty() && actor.account().is_some())
}

/// Whether the actor prepares the cases of that authority, or administers it (interpretation 26): whoever
/// only bills acts on what is billed alone.
pub(crate) fn prepares_cases(actor: &Actor, place: &Place) -> bool {
    actor.grants().iter().any(|grant| {
        matches!(grant.role, Role::CaseOfficer | Role::AuthorityAdmin)
            && holds(grant, Held::InTheAuthority, place)
    })
}

/// Goes on when the actor may do the act there.
pub fn require(actor: &Actor, act: Act, place: &Place) -> ActResult<()> {
    match actor {
        Actor::System => Ok(()),
        Actor::Anonymous => Err(not_signed_in().into()),
        _ if allows(actor, act, place) => Ok(()),
        Actor::Machine(_) if act.scope().is_none() => Err(not_a_person().into()),
        Actor::Machine(_) => {
            let message = "Les droits de cet accès machine ne couvrent pas cet acte.";
            Err(Refusal::new("FORBIDDEN", message).into())
        }
        _ => Err(forbidden(act).into()),
    }
}

/// An act that the viewer may, or may not yet, do on an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The act.
    pub act: Act,
    /// Why it would be refused now; empty when it would be accepted.
    pub refusals: domain::Refusals,
    /// The last day for it, when there is one.
    pub until: Option<entity::ids::DeadlineId>,
}
