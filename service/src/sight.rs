//! What an actor may see (IV.5.a, interpretation 27). Every finder demands a [`Sight`]: what one may
//! not see answers exactly like what does not exist.

mod about;
mod account;
mod application;
mod authority;
mod billing;
mod edof;
mod evaluation;
mod habilitation;
mod notice;
mod operation;
mod organism;

use crate::context::{Actor, Machine};
use crate::error::{ActResult, not_found};
use entity::ids::{AccountId, AuthorityId, CandidateId, MachineCredentialId, OrganismId, TypedId};
use entity::kind::{MachineScope, Role};
use entity::*;
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Iterable, PrimaryKeyToColumn,
    QueryFilter, QuerySelect, QueryTrait, Select,
};
use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};

/// What an actor may see, worked out once from its roles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sight {
    /// Everything: the platform's own workers.
    pub everything: bool,
    /// All that Certif Pro sees: it answers for the certificate and bills it.
    pub certif_pro: bool,
    /// Billing, which Certif Pro's staff see.
    pub billing: bool,
    /// Tasks, which operators see.
    pub tasks: bool,
    /// The authorities in whose staff the actor is.
    pub authorities: Vec<AuthorityId>,
    /// The account, for what is its own.
    pub account: Option<AccountId>,
    /// The account, for the cases given to it as a provider.
    pub provider: Option<AccountId>,
    /// The authorities of which the actor is a provider now.
    pub provided: Vec<AuthorityId>,
    /// The organisms that the actor belongs to, is mandated by or is a tool of: themselves, their sites
    /// and habilitations.
    pub organisms: Vec<OrganismId>,
    /// Those of them for which it follows applications, alerts and deadlines.
    pub represented: Vec<OrganismId>,
    /// Those of them whose practitioners and candidates it sees.
    pub taught: Vec<OrganismId>,
    /// The organisms whose invoices the actor sees.
    pub billed: Vec<OrganismId>,
    /// The organisms that the actor administers.
    pub administered: Vec<OrganismId>,
    /// The actor itself, when it is a tool.
    pub machine: Option<MachineCredentialId>,
    /// The candidates whose record the actor may open.
    pub candidates: Vec<CandidateId>,
}

impl Sight {
    /// What the actor may see.
    pub fn of(actor: &Actor) -> Self {
        let mut sight =
            Self { everything: matches!(actor, Actor::Task(_) | Actor::System), ..Self::default() };
        if let Actor::Machine(machine) = actor {
            sight.add_machine(machine);
        }
        sight.account = actor.account();
        for grant in actor.grants() {
            match grant.role {
                Role::Decider | Role::CaseOfficer | Role::Finance | Role::AuthorityAdmin => {
                    sight.authorities.extend(grant.authority);
                    sight.certif_pro |= grant.certif_pro;
                    sight.billing |= grant.certif_pro;
                }
                Role::Provider => {
                    sight.provider = actor.account();
                    sight.provided.extend(grant.authority);
                }
                Role::OrganismAdmin => {
                    sight.add_member(grant.organism);
                    sight.billed.extend(grant.organism);
                    sight.administered.extend(grant.organism);
                }
                Role::OrganismStaff | Role::Mandatary => sight.add_member(grant.organism),
                Role::Candidate => sight.candidates.extend(grant.candidate),
                Role::Operator => sight.tasks = true,
            }
        }
        sight
    }

    fn add_member(&mut self, organism: Option<OrganismId>) {
        self.organisms.extend(organism);
        self.represented.extend(organism);
        self.taught.extend(organism);
    }

    /// A tool sees its organism and what its scopes open.
    fn add_machine(&mut self, machine: &Machine) {
        self.machine = Some(machine.id);
        self.organisms.push(machine.organism);
        for scope in machine.scopes.iter() {
            match scope {
                MachineScope::CandidatesRead | MachineScope::CandidatesWrite => {
                    self.taught.push(machine.organism);
                }
                MachineScope::BillingRead => self.billed.push(machine.organism),
            }
        }
    }

    fn whole(&self) -> bool {
        self.everything || self.certif_pro
    }
}

impl Actor {
    /// What the actor may see.
    pub fn sight(&self) -> Sight {
        Sight::of(self)
    }
}

/// A table whose rows are shown to who may see them.
pub trait Visible: EntityTrait {
    /// The condition that a row must meet for this viewer.
    fn seen_by(sight: &Sight) -> Condition;

    /// The rows that the viewer may see.
    fn visible(sight: &Sight) -> Select<Self> {
        rows::<Self>().filter(Self::seen_by(sight))
    }
}

/// The rows of a table, with its columns as one expression that is put together once, not one for each column at each
/// statement.
fn rows<E: EntityTrait>() -> Select<E> {
    static WRITTEN: RwLock<BTreeMap<TypeId, Box<dyn Any + Send + Sync>>> =
        RwLock::new(BTreeMap::new());
    let known = WRITTEN.read().unwrap_or_else(PoisonError::into_inner);
    let written = known.get(&TypeId::of::<E>()).and_then(|rows| rows.downcast_ref::<Select<E>>());
    if let Some(rows) = written {
        return rows.clone();
    }
    drop(known);
    let table = E::default();
    let rows = E::find().select_only().expr(entity::columns_of::<E>(table.table_name()));
    let mut known = WRITTEN.write().unwrap_or_else(PoisonError::into_inner);
    known.insert(TypeId::of::<E>(), Box::new(rows.clone()));
    rows
}

/// The row of this id as the viewer may see it; the same refusal whether it is hidden, unknown or no id.
pub async fn find<E, Id>(
    db: &impl ConnectionTrait,
    sight: &Sight,
    id: &str,
    field: &'static str,
) -> ActResult<E::Model>
where
    E: Visible,
    Id: TypedId + FromStr + Into<sea_orm::Value>,
{
    let refused = || not_found(field);
    let id: Id = id.parse().map_err(|_| refused())?;
    let key = E::PrimaryKey::iter().next().ok_or_else(refused)?.into_column();
    let row = E::visible(sight).filter(key.eq(id)).one(db).await?;
    Ok(row.ok_or_else(refused)?)
}

fn nobody() -> Condition {
    Condition::all().add(Expr::cust("1 = 0"))
}

/// The values of one column of the rows that a condition keeps, as a subquery.
fn ids<E: EntityTrait>(column: E::Column, condition: Condition) -> SelectStatement {
    E::find().select_only().column(column).filter(condition).into_query()
}

/// `any` of these unless the viewer sees everything: then they are not worked out.
fn unless(whole: bool, any: impl FnOnce() -> Condition) -> Condition {
    if whole { Condition::all() } else { any() }
}
