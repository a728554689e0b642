//! Invitations: a role offered to an address whose holder has not shown yet that it is theirs. The link in
//! the mail shows it; the roles offered to the address hold from then.

use super::link::{self, Purpose, open_invitations};
use super::seat::{Seat, require_range, seat_of};
use super::{name_refusals, open_to, password, second_factor, session};
use crate::clock::machine_now;
use crate::context::{App, Context, Tx};
use crate::error::{ActResult, ensure, not_found};
use crate::journal::{Deed, Entry};
use crate::lock;
use crate::policy::{Act, Place};
use crate::sight;
use crate::task::Task;
use crate::token::hash;
use chrono::Duration;
use domain::{Refusal, Refusals};
use entity::ids::{AccountGrantId, AccountId, InvitationId};
use entity::kind::Role;
use entity::{account, account_grant, authority, invitation, organism};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde_json::json;

/// How long an invitation may be taken.
pub const INVITATION_LENGTH: Duration = Duration::days(7);
/// In place of a password's hash: no password opens the account.
const NO_PASSWORD: &str = "!";
/// How many a person may send in a day: mails leave in the platform's name.
const MOST_A_DAY: u64 = 100;

/// Those of an address.
fn open_ones(email: &str) -> Condition {
    open_invitations().add(invitation::Column::Email.eq(email))
}

/// Offers a role to an address and has the mail sent; an earlier offer of the same role there is void.
pub(super) async fn offer(
    tx: &Tx,
    email: String,
    role: Role,
    seat: Seat,
) -> ActResult<InvitationId> {
    use invitation::Column;
    lock::hold_name(tx.conn(), "invitation", &hash(email.as_bytes())).await?;
    let inviter = tx.ctx().actor.account();
    if let Some(inviter) = inviter {
        let sent = invitation::Entity::find()
            .filter(Column::InvitedById.eq(inviter))
            .filter(Column::CreatedAt.gt(machine_now() - Duration::days(1)))
            .count(tx.conn())
            .await?;
        if sent >= MOST_A_DAY {
            let message = "Vous avez déjà envoyé cent invitations depuis hier : réessayez demain.";
            return Err(Refusal::new("TOO_MANY_INVITATIONS", message).into());
        }
    }
    let now = machine_now();
    invitation::Entity::update_many()
        .col_expr(Column::VoidedAt, Expr::value(now))
        .filter(open_ones(&email))
        .filter(Column::Role.eq(role.as_str()))
        .filter(same(Column::AuthorityId, seat.authority))
        .filter(same(Column::OrganismId, seat.organism))
        .filter(same(Column::CandidateId, seat.candidate))
        .exec(tx.conn())
        .await?;
    let id = InvitationId::new();
    invitation::ActiveModel {
        id: Set(id),
        email: Set(email),
        role: Set(role.into()),
        authority_id: Set(seat.authority),
        organism_id: Set(seat.organism),
        candidate_id: Set(seat.candidate),
        invited_by_id: Set(inviter),
        created_at: Set(now),
        expires_at: Set(now + INVITATION_LENGTH),
        accepted_at: Set(None),
        voided_at: Set(None),
    }
    .insert(tx.conn())
    .await?;
    tx.enqueue(Task::InviteAccount { invitation: id }).await?;
    Ok(id)
}

fn same(column: invitation::Column, id: Option<impl Into<sea_orm::Value>>) -> Condition {
    let same = id.map_or_else(|| column.is_null(), |id| column.eq(id));
    Condition::all().add(same)
}

/// What an invitation offers, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The address invited.
    pub email: String,
    /// The role, in French.
    pub role: &'static str,
    /// Where it is held, in French.
    pub place: String,
    /// Whether whoever takes it chooses a name and a password: not where the address has an account that
    /// its holder confirmed.
    pub opens_account: bool,
}

/// The invitation as its mail tells it; none when it may not be taken any more.
pub async fn to_send(ctx: &Context, id: InvitationId) -> ActResult<Option<Offer>> {
    let row = invitation::Entity::find_by_id(id).filter(open_invitations());
    match row.one(ctx.db()).await? {
        Some(row) => Ok(Some(told(ctx.db(), row).await?)),
        None => Ok(None),
    }
}

/// The invitation that a link opens; none when it opens none, or no longer. Changes nothing.
pub async fn offered(app: &App, token: &str) -> ActResult<Option<Offer>> {
    match link::invitation(&app.db, token).await? {
        Some(row) => Ok(Some(told(&app.db, row).await?)),
        None => Ok(None),
    }
}

async fn told(db: &impl ConnectionTrait, row: invitation::Model) -> ActResult<Offer> {
    let of = account::Column::Email.eq(row.email.as_str());
    let known = account::Entity::find().filter(of).one(db).await?;
    let mut place = "la plateforme CléA Habilitations".to_owned();
    if let Some(id) = row.authority_id {
        let found = authority::Entity::find_by_id(id).one(db).await?;
        place = found.map_or(place, |authority| authority.name);
    }
    if let Some(id) = row.organism_id {
        let found = organism::Entity::find_by_id(id).one(db).await?;
        place = found.map_or(place, |organism| organism.name);
    }
    if row.candidate_id.is_some() {
        "votre dossier de candidat".clone_into(&mut place);
    }
    Ok(Offer {
        email: row.email,
        role: row.role.label(),
        place,
        opens_account: known.is_none_or(|account| account.confirmed_at.is_none()),
    })
}

/// Takes the roles offered to an address.
#[derive(Clone)]
pub struct AcceptInvitation {
    /// Of the link in the mail.
    pub token: String,
    /// How the account is shown; needed where it is opened.
    pub display_name: Option<String>,
    /// From 12 to 200 characters; needed unless the address has an account that its holder confirmed.
    pub password: Option<String>,
}

/// Takes an invitation by its link, which shows that the address is the caller's: the account is opened
/// where there is none, and every role offered to the address holds. An account that somebody opened under
/// the address without showing that is taken over: its password is the one given here and its sessions end.
pub async fn accept(ctx: &Context, input: AcceptInvitation) -> ActResult<AccountId> {
    let known = link::invitation(ctx.db(), &input.token).await?.ok_or_else(link::invalid)?;
    let of_address = account::Column::Email.eq(known.email.as_str());
    let holder = account::Entity::find().filter(of_address).one(ctx.db()).await?;
    let confirmed = holder.as_ref().is_some_and(|account| account.confirmed_at.is_some());
    let name = input.display_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let mut refusals = Refusals::new();
    if holder.is_none() || name.is_some() {
        refusals.extend(name_refusals("displayName", name.unwrap_or_default()));
    }
    let given = input.password.unwrap_or_default();
    if !confirmed {
        refusals.extend(password::too_weak("password", &given));
    }
    ensure(refusals)?;
    let kept = if confirmed { String::new() } else { password::hashed(given).await? };
    let shown = Shown { token: &input.token, email: &known.email, name, password_hash: &kept };
    ctx.run(Deed::AcceptInvitation, |tx| accept_in(tx, shown)).await
}

/// What whoever takes an invitation shows.
#[derive(Clone, Copy)]
struct Shown<'a> {
    token: &'a str,
    /// The address invited.
    email: &'a str,
    name: Option<&'a str>,
    /// Of the password chosen; empty where none was asked for.
    password_hash: &'a str,
}

async fn accept_in(tx: Tx, shown: Shown<'_>) -> ActResult<(AccountId, Option<Entry>)> {
    lock::hold_name(tx.conn(), "invitation", &hash(shown.email.as_bytes())).await?;
    let of_address = account::Column::Email.eq(shown.email);
    // Since it was looked at, it may have been taken or taken back.
    let taken = link::invitation(tx.conn(), shown.token).await?.ok_or_else(link::invalid)?;
    let holder = account::Entity::find().filter(of_address).lock_exclusive().one(tx.conn()).await?;
    let kept = shown.password_hash.to_owned();
    let account = match holder {
        Some(account) if !open_to(&tx.ctx().app, &account) => return Err(link::invalid().into()),
        Some(account) if account.confirmed_at.is_some() => account.id,
        _ if kept.is_empty() => return Err(link::invalid().into()),
        Some(account) => take_over(&tx, account, shown.name, kept).await?,
        None => {
            let name = shown.name.unwrap_or_default().to_owned();
            super::insert(&tx, taken.email.clone(), name, kept, Some(machine_now())).await?
        }
    };
    let entry = give_all(&tx, account, &taken).await?;
    Ok((account, Some(entry)))
}

/// The account of an address that an issuer showed to be its holder's, with every role offered to it: none
/// where there is neither an account nor an offer. As with a link, an account that somebody opened without
/// showing that is taken over; no password opens it then, until one is chosen by mail.
pub(super) async fn take_as_shown(
    tx: &Tx,
    email: &str,
    name: &str,
) -> ActResult<Option<account::Model>> {
    lock::hold_name(tx.conn(), "invitation", &hash(email.as_bytes())).await?;
    let of_address = account::Column::Email.eq(email);
    let holder = account::Entity::find().filter(of_address).lock_exclusive().one(tx.conn()).await?;
    let offered = invitation::Entity::find()
        .filter(open_ones(email))
        .order_by_asc(invitation::Column::Id)
        .one(tx.conn())
        .await?;
    let id = match holder {
        None if offered.is_none() => return Ok(None),
        Some(account) if !open_to(&tx.ctx().app, &account) => return Ok(Some(account)),
        None => {
            let now = Some(machine_now());
            super::insert(tx, email.to_owned(), name.to_owned(), NO_PASSWORD.to_owned(), now)
                .await?
        }
        Some(account) if account.confirmed_at.is_none() => {
            take_over(tx, account, Some(name), NO_PASSWORD.to_owned()).await?
        }
        Some(account) => account.id,
    };
    if let Some(taken) = offered {
        let entry = give_all(tx, id, &taken).await?;
        tx.record(Deed::AcceptInvitation, entry);
    }
    Ok(account::Entity::find_by_id(id).one(tx.conn()).await?)
}

/// The account of an address becomes its holder's, whoever opened it.
async fn take_over(
    tx: &Tx,
    account: account::Model,
    name: Option<&str>,
    kept: String,
) -> ActResult<AccountId> {
    let id = account.id;
    let mut holder = account.into_active_model();
    if let Some(name) = name {
        holder.display_name = Set(name.to_owned());
    }
    holder.password_hash = Set(kept);
    holder.confirmed_at = Set(Some(machine_now()));
    holder.update(tx.conn()).await?;
    session::end_all(tx.conn(), id, None).await?;
    second_factor::forget(tx.conn(), id).await?;
    Ok(id)
}

/// Gives every role offered to the address of an invitation, but those already held; answers what the
/// journal is told of it.
async fn give_all(tx: &Tx, account: AccountId, taken: &invitation::Model) -> ActResult<Entry> {
    let email = taken.email.as_str();
    let open = invitation::Entity::find().filter(open_ones(email)).all(tx.conn()).await?;
    let grants = open.iter().map(|offered| account_grant::ActiveModel {
        id: Set(AccountGrantId::new()),
        account_id: Set(account),
        role: Set(offered.role),
        authority_id: Set(offered.authority_id),
        organism_id: Set(offered.organism_id),
        candidate_id: Set(offered.candidate_id),
        granted_on: Set(tx.today()),
        granted_by_id: Set(offered.invited_by_id),
        revoked_at: Set(None),
    });
    account_grant::Entity::insert_many(grants)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    invitation::Entity::update_many()
        .col_expr(invitation::Column::AcceptedAt, Expr::value(machine_now()))
        .filter(open_ones(email))
        .exec(tx.conn())
        .await?;
    let roles: Vec<_> = open.iter().map(|offered| offered.id.0).collect();
    let entry = Entry::new(taken.id, "Invitation acceptée")
        .with(json!({ "account": account.0, "roles": roles }));
    let organism = seat_of(tx.conn(), taken).await?.granted_by;
    Ok(entry.about(organism))
}

/// Takes an invitation back.
#[derive(Debug, Clone, Serialize)]
pub struct RevokeInvitation {
    /// The invitation.
    pub invitation_id: String,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RevokeInvitation);

/// Takes back an invitation that was not taken yet: its link opens nothing from then on.
pub async fn revoke(ctx: &Context, input: RevokeInvitation) -> ActResult<InvitationId> {
    ctx.act(Act::RevokeInvitation, input, revoke_in).await
}

async fn revoke_in(tx: Tx, input: RevokeInvitation) -> ActResult<(InvitationId, Entry)> {
    tx.account()?;
    let (sight, id) = (tx.ctx().actor.sight(), input.invitation_id.as_str());
    let field = "invitationId";
    let row = sight::find::<invitation::Entity, InvitationId>(tx.conn(), &sight, id, field).await?;
    let seat = seat_of(tx.conn(), &row).await?;
    let place = Place { authority: seat.authority, organism: seat.granted_by, provider: None };
    tx.require(&place)?;
    require_range(tx.ctx(), *row.role, &place)?;
    let voided = invitation::Entity::update_many()
        .col_expr(invitation::Column::VoidedAt, Expr::value(machine_now()))
        .filter(invitation::Column::Id.eq(row.id))
        .filter(open_ones(&row.email))
        .exec(tx.conn())
        .await?;
    if voided.rows_affected == 0 {
        return Err(not_found(field).into());
    }
    let summary = format!("Invitation au rôle {} retirée", row.role.as_str());
    let entry = Entry::new(row.id, summary);
    Ok((row.id, entry.about(seat.granted_by)))
}

/// A link to an invitation, for who prints it instead of waiting for the mail.
pub(super) async fn link_to(tx: &Tx, id: InvitationId) -> ActResult<String> {
    Ok(link::new(tx.conn(), Purpose::Invitation(id)).await?)
}
