//! What an actor may see (IV.5.a, interpretation 27). Every finder demands a [`Sight`]: what one may
//! not see answers exactly like what does not exist.

use crate::context::{Actor, Machine};
use crate::error::{ActResult, not_found};
use crate::subject;
use domain::deadline::DeadlineKind;
use domain::subject::SubjectKind;
use entity::ids::{AccountId, AuthorityId, CandidateId, MachineCredentialId, OrganismId, TypedId};
use entity::kind::{AlertStatus, ChangeKind, DocumentKind, MachineScope, Role};
use entity::text::Text;
use entity::*;
use sea_orm::sea_query::{Expr, IntoCondition, SelectStatement};
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

    /// Whether the viewer prepares the case: the staff of its authority, and the provider to whom it was given, as
    /// long as it is one of that authority's (I.e). The condition for the same in SQL is `cases`.
    pub fn prepares(&self, case: &application::Model) -> bool {
        let given = self.provider.is_some()
            && self.provider == case.provider_id
            && self.provided.contains(&case.authority_id);
        self.everything || given || self.authorities.contains(&case.authority_id)
    }

    /// Whether the viewer, who sees the case, reads the opinion on it: whoever prepares it; the others once the case is
    /// decided (III.4.b).
    pub fn reads_opinion(&self, case: &application::Model) -> bool {
        self.prepares(case) || case.status.is_decided()
    }

    fn whole(&self) -> bool {
        self.everything || self.certif_pro
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

/// The cases given to the provider.
fn given(sight: &Sight) -> Condition {
    match sight.provider {
        Some(account) => Condition::all()
            .add(application::Column::ProviderId.eq(account))
            .add(application::Column::AuthorityId.is_in(sight.provided.iter().copied())),
        None => nobody(),
    }
}

/// The applications of a provider or of the viewer's authorities.
fn cases(sight: &Sight) -> Condition {
    let authorities = application::Column::AuthorityId.is_in(sight.authorities.iter().copied());
    Condition::any().add(authorities).add(given(sight))
}

/// `any` of these unless the viewer sees everything: then they are not worked out.
fn unless(whole: bool, any: impl FnOnce() -> Condition) -> Condition {
    if whole { Condition::all() } else { any() }
}

impl Visible for organism::Entity {
    /// Its members, its candidates, the staff and providers of the authorities that it applied to.
    fn seen_by(sight: &Sight) -> Condition {
        use organism::Column;
        let of_candidates = candidate::Column::Id.is_in(sight.candidates.iter().copied());
        unless(sight.whole(), || {
            Condition::any()
                .add(Column::Id.is_in(sight.organisms.iter().copied()))
                .add(Column::Id.in_subquery(ids::<candidate::Entity>(
                    candidate::Column::OrganismId,
                    of_candidates.into_condition(),
                )))
                .add(Column::Id.in_subquery(ids::<application::Entity>(
                    application::Column::OrganismId,
                    cases(sight),
                )))
        })
    }
}

/// What hangs on an organism and is seen by the staff of its authorities and by who sees it in these.
fn of_organism(sight: &Sight, organisms: &[OrganismId], column: impl ColumnTrait) -> Condition {
    unless(sight.whole(), || {
        Condition::any().add(column.is_in(organisms.iter().copied())).add(
            column.in_subquery(ids::<application::Entity>(
                application::Column::OrganismId,
                cases(sight),
            )),
        )
    })
}

impl Visible for site::Entity {
    /// As its organism.
    fn seen_by(sight: &Sight) -> Condition {
        use site::Column;
        let of_candidates = candidate::Column::Id.is_in(sight.candidates.iter().copied());
        of_organism(sight, &sight.organisms, Column::OrganismId).add_option((!sight.whole()).then(
            || {
                Column::OrganismId.in_subquery(ids::<candidate::Entity>(
                    candidate::Column::OrganismId,
                    of_candidates.into_condition(),
                ))
            },
        ))
    }
}

impl Visible for practitioner::Entity {
    /// Its organism's members and the authority's staff: a CV is personal.
    fn seen_by(sight: &Sight) -> Condition {
        of_organism(sight, &sight.taught, practitioner::Column::OrganismId)
    }
}

impl Visible for application::Entity {
    /// The organism, the competent authority and the provider to whom it was given (IV.5.a).
    fn seen_by(sight: &Sight) -> Condition {
        use application::Column;
        unless(sight.everything, || {
            cases(sight).add(Column::OrganismId.is_in(sight.represented.iter().copied()))
        })
    }
}

impl Visible for decision::Entity {
    /// As its application.
    fn seen_by(sight: &Sight) -> Condition {
        Condition::all().add(decision::Column::ApplicationId.in_subquery(applications(sight)))
    }
}

impl Visible for habilitation::Entity {
    /// Its holder, its authority, Certif Pro, the provider of its application, and those enrolled under it.
    fn seen_by(sight: &Sight) -> Condition {
        use habilitation::Column;
        let of_candidates = enrolment::Column::CandidateId.is_in(sight.candidates.iter().copied());
        unless(sight.whole(), || {
            Condition::any()
                .add(Column::OrganismId.is_in(sight.organisms.iter().copied()))
                .add(Column::AuthorityId.is_in(sight.authorities.iter().copied()))
                .add(
                    Column::ApplicationId.in_subquery(ids::<application::Entity>(
                        application::Column::Id,
                        given(sight),
                    )),
                )
                .add(Column::Id.in_subquery(ids::<enrolment::Entity>(
                    enrolment::Column::HabilitationId,
                    of_candidates.into_condition(),
                )))
        })
    }
}

/// The habilitations of the viewer's authorities or of its given cases.
fn overseen(sight: &Sight) -> SelectStatement {
    let condition = Condition::any()
        .add(habilitation::Column::AuthorityId.is_in(sight.authorities.iter().copied()))
        .add(
            habilitation::Column::ApplicationId
                .in_subquery(ids::<application::Entity>(application::Column::Id, given(sight))),
        );
    ids::<habilitation::Entity>(habilitation::Column::Id, condition)
}

impl Visible for enrolment::Entity {
    /// The candidate, their organism, the habilitation's authority and its providers, Certif Pro.
    fn seen_by(sight: &Sight) -> Condition {
        use enrolment::Column;
        unless(sight.whole(), || {
            Condition::any()
                .add(Column::CandidateId.is_in(sight.candidates.iter().copied()))
                .add(Column::OrganismId.is_in(sight.taught.iter().copied()))
                .add(Column::HabilitationId.in_subquery(overseen(sight)))
        })
    }
}

impl Visible for candidate::Entity {
    /// The candidate, their organism, the authority and providers where they are enrolled, Certif Pro.
    fn seen_by(sight: &Sight) -> Condition {
        use candidate::Column;
        let enrolled = enrolment::Column::HabilitationId.in_subquery(overseen(sight));
        unless(sight.whole(), || {
            Condition::any()
                .add(Column::Id.is_in(sight.candidates.iter().copied()))
                .add(Column::OrganismId.is_in(sight.taught.iter().copied()))
                .add(Column::Id.in_subquery(ids::<enrolment::Entity>(
                    enrolment::Column::CandidateId,
                    enrolled.into_condition(),
                )))
        })
    }
}

/// What hangs on an enrolment.
fn of_enrolment(sight: &Sight, column: impl ColumnTrait) -> Condition {
    unless(sight.whole(), || {
        let seen = enrolment::Entity::seen_by(sight);
        column.in_subquery(ids::<enrolment::Entity>(enrolment::Column::Id, seen)).into_condition()
    })
}

impl Visible for evaluation::Entity {
    /// As its enrolment.
    fn seen_by(sight: &Sight) -> Condition {
        of_enrolment(sight, evaluation::Column::EnrolmentId)
    }
}

impl Visible for training_path::Entity {
    /// As its enrolment.
    fn seen_by(sight: &Sight) -> Condition {
        of_enrolment(sight, training_path::Column::EnrolmentId)
    }
}

impl Visible for jury_decision::Entity {
    /// As its enrolment.
    fn seen_by(sight: &Sight) -> Condition {
        of_enrolment(sight, jury_decision::Column::EnrolmentId)
    }
}

impl Visible for certificate::Entity {
    /// As its enrolment, which one that was awarded elsewhere lacks; strangers verify it by its number and
    /// code instead.
    fn seen_by(sight: &Sight) -> Condition {
        use certificate::Column;
        unless(sight.whole(), || {
            Condition::any()
                .add(Column::CandidateId.is_in(sight.candidates.iter().copied()))
                .add(Column::OrganismId.is_in(sight.taught.iter().copied()))
                .add(Column::HabilitationId.in_subquery(overseen(sight)))
        })
    }
}

impl Visible for jury::Entity {
    /// The organism's members, and who oversees one of the enrolments decided on: minutes name people.
    fn seen_by(sight: &Sight) -> Condition {
        unless(sight.whole(), || {
            let enrolments = ids::<enrolment::Entity>(
                enrolment::Column::Id,
                enrolment::Column::HabilitationId.in_subquery(overseen(sight)).into_condition(),
            );
            let decided = ids::<jury_decision::Entity>(
                jury_decision::Column::JuryId,
                jury_decision::Column::EnrolmentId.in_subquery(enrolments).into_condition(),
            );
            Condition::any()
                .add(jury::Column::OrganismId.is_in(sight.taught.iter().copied()))
                .add(jury::Column::Id.in_subquery(decided))
        })
    }
}

impl Visible for edof_alert::Entity {
    /// Certif Pro, the habilitation's authority, and the organism once it is decided.
    fn seen_by(sight: &Sight) -> Condition {
        use edof_alert::Column;
        let decided = Condition::all()
            .add(Column::Status.eq(Text(AlertStatus::Confirmed)))
            .add(Column::OrganismId.is_in(sight.represented.iter().copied()));
        let mine = habilitation::Column::AuthorityId.is_in(sight.authorities.iter().copied());
        unless(sight.whole(), || {
            Condition::any().add(decided).add(Column::HabilitationId.in_subquery(ids::<
                habilitation::Entity,
            >(
                habilitation::Column::Id,
                mine.into_condition(),
            )))
        })
    }
}

impl Visible for invoice::Entity {
    /// The organism's administrators, its tools for billing and Certif Pro's staff.
    fn seen_by(sight: &Sight) -> Condition {
        let own = invoice::Column::OrganismId.is_in(sight.billed.iter().copied());
        unless(sight.everything || sight.billing, || own.into_condition())
    }
}

/// What hangs on an invoice is seen as it is.
fn of_invoice(sight: &Sight, column: impl ColumnTrait) -> Condition {
    unless(sight.everything || sight.billing, || {
        column.in_subquery(invoices(sight)).into_condition()
    })
}

impl Visible for invoice_line::Entity {
    /// As its invoice.
    fn seen_by(sight: &Sight) -> Condition {
        of_invoice(sight, invoice_line::Column::InvoiceId)
    }
}

impl Visible for payment::Entity {
    /// As its invoice.
    fn seen_by(sight: &Sight) -> Condition {
        of_invoice(sight, payment::Column::InvoiceId)
    }
}

impl Visible for notice::Entity {
    /// Who wrote it and who it was written to. What only an organism's administrators may see
    /// (its invoices) is told in mails to the organism's own address.
    fn seen_by(sight: &Sight) -> Condition {
        use notice::Column;
        unless(sight.everything, || {
            Condition::any()
                .add(Column::OrganismId.is_in(sight.administered.iter().copied()))
                .add(Column::CandidateId.is_in(sight.candidates.iter().copied()))
                .add(Column::AuthorityId.is_in(sight.authorities.iter().copied()))
        })
    }
}

/// The applications that the viewer may see.
fn applications(sight: &Sight) -> SelectStatement {
    ids::<application::Entity>(application::Column::Id, application::Entity::seen_by(sight))
}

/// The invoices that the viewer may see.
fn invoices(sight: &Sight) -> SelectStatement {
    ids::<invoice::Entity>(invoice::Column::Id, invoice::Entity::seen_by(sight))
}

/// As what it is about, which is one of these kinds.
fn of_subject(
    sight: &Sight,
    column: impl ColumnTrait,
    kinds: impl Iterator<Item = SubjectKind>,
) -> Condition {
    unless(sight.everything, || {
        let mut known = Vec::new();
        for kind in kinds {
            if !known.contains(&kind) {
                known.push(kind);
            }
        }
        let seen = known.into_iter().filter_map(|kind| subject::seen(kind, sight));
        seen.fold(Condition::any(), |any, ids| any.add(column.in_subquery(ids)))
    })
}

impl Visible for deadline::Entity {
    /// As what it is about.
    fn seen_by(sight: &Sight) -> Condition {
        let kinds = DeadlineKind::ALL.iter().map(|kind| kind.subject_kind());
        of_subject(sight, deadline::Column::SubjectId, kinds)
    }
}

impl Visible for document::Entity {
    /// As what it is about.
    fn seen_by(sight: &Sight) -> Condition {
        let kinds = DocumentKind::ALL.iter().map(|kind| kind.subject_kind());
        of_subject(sight, document::Column::SubjectId, kinds)
    }
}

impl Visible for account_grant::Entity {
    /// Who administers the authority or the organism, and operators.
    fn seen_by(sight: &Sight) -> Condition {
        use account_grant::Column;
        unless(sight.everything || sight.tasks, || {
            Condition::any()
                .add(Column::OrganismId.is_in(sight.administered.iter().copied()))
                .add(Column::AuthorityId.is_in(sight.authorities.iter().copied()))
                .add(
                    Column::CandidateId.in_subquery(ids::<candidate::Entity>(
                        candidate::Column::Id,
                        candidate::Column::OrganismId
                            .is_in(sight.administered.iter().copied())
                            .into_condition(),
                    )),
                )
        })
    }
}

impl Visible for machine_credential::Entity {
    /// The organism's administrators, and the tool itself.
    fn seen_by(sight: &Sight) -> Condition {
        use machine_credential::Column;
        unless(sight.everything, || {
            Condition::any()
                .add(Column::OrganismId.is_in(sight.administered.iter().copied()))
                .add_option(sight.machine.map(|id| Column::Id.eq(id)))
        })
    }
}

impl Visible for invitation::Entity {
    /// Who administers the authority or the organism, as the roles; operators, those that they offer.
    fn seen_by(sight: &Sight) -> Condition {
        use invitation::Column;
        let offered = [Role::AuthorityAdmin.as_str(), Role::Operator.as_str()];
        let of_candidates = candidate::Column::OrganismId.is_in(sight.administered.iter().copied());
        unless(sight.everything, || {
            Condition::any()
                .add(Column::OrganismId.is_in(sight.administered.iter().copied()))
                .add(Column::AuthorityId.is_in(sight.authorities.iter().copied()))
                .add(Column::CandidateId.in_subquery(ids::<candidate::Entity>(
                    candidate::Column::Id,
                    of_candidates.into_condition(),
                )))
                .add_option(sight.tasks.then(|| Column::Role.is_in(offered)))
        })
    }
}

impl Visible for session::Entity {
    /// Whose it is, and nobody else.
    fn seen_by(sight: &Sight) -> Condition {
        match sight.account {
            Some(account) => session::Column::AccountId.eq(account).into_condition(),
            None => nobody(),
        }
    }
}

impl Visible for outbox::Entity {
    /// Operators.
    fn seen_by(sight: &Sight) -> Condition {
        if sight.everything || sight.tasks { Condition::all() } else { nobody() }
    }
}

impl Visible for change::Entity {
    /// As what changed; a candidate's also for the organism that they were of, which learns that they left.
    fn seen_by(sight: &Sight) -> Condition {
        use change::Column;
        let of = |kind| Condition::all().add(Column::Kind.eq(Text(kind)));
        let enrolled = enrolment::Column::HabilitationId.in_subquery(overseen(sight));
        let candidates = unless(sight.whole(), || {
            Condition::any()
                .add(Column::SubjectId.is_in(sight.candidates.iter().copied()))
                .add(Column::ScopeId.is_in(sight.taught.iter().copied()))
                .add(Column::SubjectId.in_subquery(ids::<enrolment::Entity>(
                    enrolment::Column::CandidateId,
                    enrolled.into_condition(),
                )))
        });
        let notices = Column::SubjectId
            .in_subquery(ids::<notice::Entity>(notice::Column::Id, notice::Entity::seen_by(sight)));
        Condition::any()
            .add(of(ChangeKind::Candidate).add(candidates))
            .add(of(ChangeKind::Notice).add(notices))
    }
}

/// What anyone may see: the authorities, their meetings and campaigns, the frameworks.
macro_rules! public {
    ($($entity:ident),*) => {
        $(impl Visible for $entity::Entity {
            /// Anyone.
            fn seen_by(_: &Sight) -> Condition {
                Condition::all()
            }
        })*
    };
}

public!(authority, delegation, framework, meeting, campaign, tariff);
