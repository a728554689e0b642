//! Roles: given and taken back (interpretation 26).

use super::invitation;
use super::seat::{Seat, organism_of, require_range};
use crate::clock::machine_now;
use crate::context::{Context, Tx};
use crate::error::{ActResult, not_found};
use crate::journal::Entry;
use crate::policy::{self, Act, Place};
use crate::sight;
use domain::Refusal;
use entity::ids::{
    AccountGrantId, AccountId, AuthorityId, CandidateId, InvitationId, OrganismId, ParseIdError,
    TypedId,
};
use entity::kind::Role;
use entity::{account, account_grant, authority, candidate, organism};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    TryInsertResult,
};
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

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

crate::context::keyed!(GrantRole);

/// What giving a role leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// The role holds.
    Role(AccountGrantId),
    /// It will once the address's holder takes it.
    Invitation(InvitationId),
}

impl fmt::Display for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(id) => id.fmt(f),
            Self::Invitation(id) => id.fmt(f),
        }
    }
}

impl FromStr for Granted {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        text.parse().map(Self::Role).or_else(|_| text.parse().map(Self::Invitation))
    }
}

/// Gives a role (interpretation 26). An authority's administrator gives its roles, an organism's
/// administrator its own and the access of its candidates, an operator makes administrators. An address
/// whose holder has not shown that it is theirs is sent an invitation: whoever opened an account under it
/// may be somebody else.
pub async fn grant_role(ctx: &Context, input: GrantRole) -> ActResult<Granted> {
    ctx.act(Act::GrantRole, input, grant_role_in).await
}

async fn grant_role_in(tx: Tx, input: GrantRole) -> ActResult<(Granted, Entry)> {
    tx.account()?;
    let seat = seat(&tx, &input).await?;
    let place = Place { authority: seat.authority, organism: seat.granted_by, provider: None };
    tx.require(&place)?;
    require_range(tx.ctx(), input.role, &place)?;
    grant(&tx, &input.email, input.role, seat).await
}

/// Gives one of the two roles that open a production system, from the command line: the administration of
/// Certif Pro, or the platform's. With `link`, also answers the token of a link for who is invited.
pub async fn grant_by_hand(
    ctx: &Context,
    email: &str,
    role: Role,
    link: bool,
) -> ActResult<(Granted, Option<String>)> {
    ctx.run(Act::GrantRole, |tx| grant_by_hand_in(tx, email, role, link)).await
}

async fn grant_by_hand_in(
    tx: Tx,
    email: &str,
    role: Role,
    link: bool,
) -> ActResult<((Granted, Option<String>), Option<Entry>)> {
    let authority = match role {
        Role::AuthorityAdmin => {
            let missing = || anyhow::anyhow!("Certif Pro is not there yet: run `clea seed`");
            Some(crate::authority::certif_pro(tx.conn()).await?.ok_or_else(missing)?.id)
        }
        Role::Operator => None,
        _ => return Err(misplaced().into()),
    };
    let (granted, entry) = grant(&tx, email, role, Seat { authority, ..Seat::default() }).await?;
    let token = match granted {
        Granted::Invitation(id) if link => Some(invitation::link_to(&tx, id).await?),
        _ => None,
    };
    Ok(((granted, token), Some(entry)))
}

/// The role or the invitation, with what the journal is told.
async fn grant(tx: &Tx, email: &str, role: Role, seat: Seat) -> ActResult<(Granted, Entry)> {
    let email = super::sought(email)?;
    let of_address = account::Column::Email.eq(email.as_str());
    let holder = account::Entity::find().filter(of_address).one(tx.conn()).await?;
    if holder.is_none() {
        super::address("email", &email)?;
    }
    if let Some(holder) = &holder {
        // An operator makes others administrators, never itself: it sees no personal data by its role.
        if tx.ctx().actor.account() == Some(holder.id) && role == Role::AuthorityAdmin {
            return Err(policy::forbidden(Act::GrantRole).into());
        }
        if is_held(tx, holder.id, role, seat).await? {
            return Err(already_held().into());
        }
    }
    let (granted, entry) = if let Some(holder) = holder.filter(|a| a.confirmed_at.is_some()) {
        let id = give(tx, holder.id, role, seat).await?;
        let summary = format!("Rôle {} attribué", role.as_str());
        (Granted::Role(id), Entry::new(id, summary))
    } else {
        let id = invitation::offer(tx, email, role, seat).await?;
        let summary = format!("Invitation au rôle {}", role.as_str());
        (Granted::Invitation(id), Entry::new(id, summary))
    };
    Ok((granted, entry.about(seat.granted_by)))
}

async fn is_held(tx: &Tx, account: AccountId, role: Role, seat: Seat) -> ActResult<bool> {
    let known = account_grant::Entity::find()
        .filter(account_grant::Column::AccountId.eq(account))
        .filter(account_grant::Column::RevokedAt.is_null())
        .all(tx.conn())
        .await?;
    Ok(known.iter().any(|g| {
        (*g.role, g.authority_id, g.organism_id, g.candidate_id)
            == (role, seat.authority, seat.organism, seat.candidate)
    }))
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
        _ => Err(misplaced().into()),
    }
}

fn misplaced() -> Refusal {
    let message = "Ce rôle s’exerce ailleurs : un rôle d’instance dans une instance, un rôle d’organisme \
                   dans un organisme, un candidat sur son dossier.";
    Refusal::new("ROLE_MISPLACED", message).at(["role"])
}

/// Takes a role back.
#[derive(Debug, Clone, Serialize)]
pub struct RevokeRole {
    /// The role given.
    pub grant_id: String,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RevokeRole);

/// Takes a role back; open sessions lose it at once. The last administrator stays.
pub async fn revoke_role(ctx: &Context, input: RevokeRole) -> ActResult<AccountGrantId> {
    ctx.act(Act::RevokeRole, input, revoke_role_in).await
}

async fn revoke_role_in(tx: Tx, input: RevokeRole) -> ActResult<(AccountGrantId, Entry)> {
    tx.account()?;
    let sight = tx.ctx().actor.sight();
    let grant = sight::find::<account_grant::Entity, AccountGrantId>(
        tx.conn(),
        &sight,
        &input.grant_id,
        "grantId",
    )
    .await?;
    let organism = match grant.candidate_id {
        Some(id) => organism_of(tx.conn(), id).await?,
        None => grant.organism_id,
    };
    let place = Place { authority: grant.authority_id, organism, provider: None };
    tx.require(&place)?;
    require_range(tx.ctx(), *grant.role, &place)?;
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
    let entry = Entry::new(grant.id, format!("Rôle {} retiré", grant.role.as_str()));
    Ok((grant.id, entry.about(organism)))
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
