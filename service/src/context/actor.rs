//! Who acts.

use chrono::Duration;
use entity::ids::{
    AccountId, AuthorityId, CandidateId, MachineCredentialId, OrganismId, OutboxId, SessionId,
    TypedId,
};
use entity::kind::{MachineScope, Role};
use std::sync::Arc;
use uuid::Uuid;

/// A role of an account, where it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The authority it is held in.
    pub authority: Option<AuthorityId>,
    /// Whether that authority is Certif Pro.
    pub certif_pro: bool,
    /// The organism it is held in.
    pub organism: Option<OrganismId>,
    /// The candidate whose record it opens.
    pub candidate: Option<CandidateId>,
}

/// A task held by a worker until its lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskLease {
    /// The outbox row.
    pub id: OutboxId,
    /// The holder: a name that no other worker run has.
    pub owner: String,
    /// What kind of task it is.
    pub kind: String,
    /// How long each renewal lasts.
    pub length: Duration,
}

/// A tool of an organism, by its credential.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The credential.
    pub id: MachineCredentialId,
    /// The first of those that replaced one another: the same for the tool's whole life.
    pub origin: MachineCredentialId,
    /// The organism for which it acts.
    pub organism: OrganismId,
    /// What it may do.
    pub scopes: Arc<[MachineScope]>,
    /// Who answers for what it records.
    pub answerable: AccountId,
}

/// Who acts.
#[derive(Debug, Clone)]
pub enum Actor {
    /// Nobody signed in.
    Anonymous,
    /// A person signed in.
    Account {
        /// The account.
        id: AccountId,
        /// The session of the request; none outside any.
        session: Option<SessionId>,
        /// Its roles that hold today.
        grants: Arc<[Grant]>,
    },
    /// A tool of an organism.
    Machine(Machine),
    /// A worker carrying out a task.
    Task(TaskLease),
    /// The platform itself, at set-up.
    System,
}

impl Actor {
    /// The account, when a person acts.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// The session of the request, when a person signed in asks.
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::Account { session, .. } => *session,
            _ => None,
        }
    }

    /// The id of who asks, for the log; empty for nobody and for the platform itself.
    pub fn name(&self) -> String {
        match self {
            Self::Account { id, .. } => id.to_string(),
            Self::Machine(machine) => machine.id.to_string(),
            _ => String::new(),
        }
    }

    /// Who holds the idempotency keys of its acts: a tool keeps its own when its credential is replaced.
    pub(super) fn key_holder(&self) -> Option<Uuid> {
        match self {
            Self::Account { id, .. } => Some(id.uuid()),
            Self::Machine(machine) => Some(machine.origin.uuid()),
            _ => None,
        }
    }

    /// The roles held; none for tools and for the platform's own actors.
    pub fn grants(&self) -> &[Grant] {
        match self {
            Self::Account { grants, .. } => grants,
            _ => &[],
        }
    }
}
