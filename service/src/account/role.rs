//! Roles: given and taken back (interpretation 26).

use super::{email_refusal, normal_email};
use crate::clock::machine_now;
use crate::context::{Context, Tx};
use crate::error::{ActResult, not_found};
use crate::journal::Entry;
use crate::policy::{self, Act, Place};
use crate::sight;
use domain::Refusal;
use entity::ids::{AccountGrantId, AccountId, AuthorityId, CandidateId, OrganismId, TypedId};
use entity::kind::Role;
use entity::{account, account_grant, authority, candidate, organism};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    TryInsertResult,
};
use serde::Serialize;

/// Gives a role to an account, within an authority, an organism or a candidate's record.
#[derive(Debug, Clone, Serialize)]
pub struct GrantRole {
    /// The account's address.
    pub email: String,
    /// The role.
    pub role: Role,
    /// For the roles of an authority.
    pub authority_id: Option<String>,
    /// For the roles of an organism.
    pub organism_id: Option<String>,
    /// For a candidate's own record.
    pub candidate_id: Option<String>,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

/// Where a role is held, once its ids are read.
#[derive(Debug, Clone, Copy, Default)]
struct Seat {
    authority: Option<AuthorityId>,
    organism: Option<OrganismId>,
    candidate: Option<CandidateId>,
    /// The organism whose administrator may grant it.
    granted_by: Option<OrganismId>,
}

/// Gives a role (interpretation 26). An authority's administrator gives its roles, an organism's
/// administrator its own and the access of its candidates, an operator makes administrators.
pub async fn grant_role(ctx: &Context, input: GrantRole) -> ActResult<AccountGrantId> {
    let tx = crate::begin!(ctx, Act::GrantRole, input);
    tx.account()?;
    let seat = seat(&tx, &input).await?;
    let place = Place { authority: seat.authority, organism: seat.granted_by, provider: None };
    policy::require(&ctx.actor, Act::GrantRole, &place)?;
    require_range(ctx, input.role, &place)?;
    let email = normal_email(&input.email).ok_or_else(|| email_refusal("email"))?;
    let account =
        account::Entity::find().filter(account::Column::Email.eq(email)).one(tx.conn()).await?;
    let Some(account) = account else {
        let message =
            "Aucun compte ne porte cette adresse : la personne doit d’abord ouvrir le sien.";
        return Err(Refusal::new("ACCOUNT_UNKNOWN", message).at(["email"]).into());
    };
    // An operator makes others administrators, never itself: it sees no personal data by its role.
    if ctx.actor.account() == Some(account.id) && input.role == Role::AuthorityAdmin {
        return Err(policy::forbidden(Act::GrantRole).into());
    }
    let mut known = account_grant::Entity::find()
        .filter(account_grant::Column::AccountId.eq(account.id))
        .filter(account_grant::Column::RevokedAt.is_null())
        .all(tx.conn())
        .await?
        .into_iter();
    let same = known.find(|g| {
        (*g.role, g.authority_id, g.organism_id, g.candidate_id)
            == (input.role, seat.authority, seat.organism, seat.candidate)
    });
    if same.is_some() {
        return Err(already_held().into());
    }
    let id = give(&tx, account.id, input.role, seat).await?;
    let mut entry = Entry::new(
        "grantRole",
        "accountGrant",
        id,
        format!("Rôle {} attribué", input.role.as_str()),
    );
    entry.organism = seat.granted_by;
    tx.commit(id, entry).await
}

/// The first administrator of an organism just registered.
pub(crate) async fn make_admin(tx: &Tx, account: AccountId, organism: OrganismId) -> ActResult<()> {
    let seat = Seat { organism: Some(organism), ..Seat::default() };
    give(tx, account, Role::OrganismAdmin, seat).await.map(|_| ())
}

/// A role given at set-up.
pub(crate) async fn seed_grant(
    tx: &Tx,
    account: AccountId,
    role: Role,
    place: (Option<AuthorityId>, Option<OrganismId>, Option<CandidateId>),
) -> ActResult<()> {
    let seat = Seat { authority: place.0, organism: place.1, candidate: place.2, granted_by: None };
    give(tx, account, role, seat).await.map(|_| ())
}

async fn give(tx: &Tx, account: AccountId, role: Role, seat: Seat) -> ActResult<AccountGrantId> {
    let id = AccountGrantId::new();
    let row = account_grant::ActiveModel {
        id: Set(id),
        account_id: Set(account),
        role: Set(role.into()),
        authority_id: Set(seat.authority),
        organism_id: Set(seat.organism),
        candidate_id: Set(seat.candidate),
        granted_on: Set(tx.today()),
        granted_by_id: Set(tx.ctx().actor.account()),
        revoked_at: Set(None),
    };
    // A twin under way is waited for: the database holds one role once at one place.
    let given = account_grant::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(tx.conn())
        .await?;
    match given {
        TryInsertResult::Inserted(rows) if rows > 0 => Ok(id),
        _ => Err(already_held().into()),
    }
}

fn already_held() -> Refusal {
    Refusal::new("ROLE_ALREADY_HELD", "Ce compte a déjà ce rôle.").at(["role"])
}

async fn seat(tx: &Tx, input: &GrantRole) -> ActResult<Seat> {
    let sight = tx.ctx().actor.sight();
    let given = (
        input.authority_id.as_deref(),
        input.organism_id.as_deref(),
        input.candidate_id.as_deref(),
    );
    match (input.role, given) {
        (
            Role::Decider
            | Role::CaseOfficer
            | Role::Provider
            | Role::Finance
            | Role::AuthorityAdmin,
            (Some(id), None, None),
        ) => {
            let row =
                sight::find::<authority::Entity, AuthorityId>(tx.conn(), &sight, id, "authorityId")
                    .await?;
            Ok(Seat { authority: Some(row.id), ..Seat::default() })
        }
        (Role::OrganismAdmin | Role::OrganismStaff | Role::Mandatary, (None, Some(id), None)) => {
            let row =
                sight::find::<organism::Entity, OrganismId>(tx.conn(), &sight, id, "organismId")
                    .await?;
            Ok(Seat { organism: Some(row.id), granted_by: Some(row.id), ..Seat::default() })
        }
        (Role::Candidate, (None, None, Some(id))) => {
            let row =
                sight::find::<candidate::Entity, CandidateId>(tx.conn(), &sight, id, "candidateId")
                    .await?;
            Ok(Seat {
                candidate: Some(row.id),
                granted_by: Some(row.organism_id),
                ..Seat::default()
            })
        }
        (Role::Operator, (None, None, None)) => Ok(Seat::default()),
        _ => {
            let message = "Ce rôle s’exerce ailleurs : un rôle d’instance dans une instance, un rôle \
                           d’organisme dans un organisme, un candidat sur son dossier.";
            Err(Refusal::new("ROLE_MISPLACED", message).at(["role"]).into())
        }
    }
}

/// An operator makes administrators and operators, and no one else: it decides nothing itself.
fn require_range(ctx: &Context, role: Role, place: &Place) -> ActResult<()> {
    let administers = ctx.actor.grants().iter().any(|g| {
        (g.role == Role::AuthorityAdmin && g.authority.is_some() && g.authority == place.authority)
            || (g.role == Role::OrganismAdmin
                && g.organism.is_some()
                && g.organism == place.organism)
    });
    let operates = ctx.actor.grants().iter().any(|g| g.role == Role::Operator);
    let made = matches!(role, Role::AuthorityAdmin | Role::Operator);
    if administers || (operates && made) {
        Ok(())
    } else {
        Err(policy::forbidden(Act::GrantRole).into())
    }
}

/// Takes a role back.
#[derive(Debug, Clone, Serialize)]
pub struct RevokeRole {
    /// The role given.
    pub grant_id: String,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

/// Takes a role back; open sessions lose it at once. The last administrator stays.
pub async fn revoke_role(ctx: &Context, input: RevokeRole) -> ActResult<AccountGrantId> {
    let tx = crate::begin!(ctx, Act::RevokeRole, input);
    tx.account()?;
    let sight = ctx.actor.sight();
    let grant = sight::find::<account_grant::Entity, AccountGrantId>(
        tx.conn(),
        &sight,
        &input.grant_id,
        "grantId",
    )
    .await?;
    let organism = match grant.candidate_id {
        Some(id) => candidate::Entity::find_by_id(id).one(tx.conn()).await?.map(|c| c.organism_id),
        None => grant.organism_id,
    };
    let place = Place { authority: grant.authority_id, organism, provider: None };
    policy::require(&ctx.actor, Act::RevokeRole, &place)?;
    require_range(ctx, *grant.role, &place)?;
    let is_admin =
        matches!(*grant.role, Role::OrganismAdmin | Role::AuthorityAdmin | Role::Operator);
    if is_admin {
        // Two last administrators who revoke each other at once go one after the other.
        let place = grant.authority_id.map(TypedId::uuid).or(grant.organism_id.map(TypedId::uuid));
        crate::lock::hold(tx.conn(), grant.role.as_str(), place.unwrap_or_default()).await?;
    }
    let held = account_grant::Entity::find_by_id(grant.id).lock_exclusive().one(tx.conn()).await?;
    if held.is_none_or(|held| held.revoked_at.is_some()) {
        return Err(not_found("grantId").into());
    }
    if is_admin && last_of_its_kind(&tx, &grant).await? {
        let message = "Le dernier administrateur ne peut pas être retiré.";
        return Err(Refusal::new("LAST_ADMINISTRATOR", message).at(["grantId"]).into());
    }
    account_grant::ActiveModel {
        id: Set(grant.id),
        revoked_at: Set(Some(machine_now())),
        ..Default::default()
    }
    .update(tx.conn())
    .await?;
    let mut entry = Entry::new(
        "revokeRole",
        "accountGrant",
        grant.id,
        format!("Rôle {} retiré", grant.role.as_str()),
    );
    entry.organism = organism;
    tx.commit(grant.id, entry).await
}

async fn last_of_its_kind(tx: &Tx, grant: &account_grant::Model) -> ActResult<bool> {
    use account_grant::Column;
    let mut others = account_grant::Entity::find()
        .filter(Column::Role.eq(grant.role))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::Id.ne(grant.id));
    others = match (grant.authority_id, grant.organism_id) {
        (Some(id), _) => others.filter(Column::AuthorityId.eq(id)),
        (_, Some(id)) => others.filter(Column::OrganismId.eq(id)),
        _ => others,
    };
    Ok(others.one(tx.conn()).await?.is_none())
}
