//! The credentials of an organism's tools: scoped, expiring, replaced without a gap, revoked at once.
//!
//! A credential is the organism's, not its maker's: it holds when who made it leaves. It lives by the
//! machine's time, as sessions do.

mod expiry;

pub use expiry::{ToTell, reconcile, to_tell};

use crate::clock::{machine_now, paris_date, paris_start};
use crate::context::{Actor, Context, Machine, Tx};
use crate::error::{ActResult, ensure, not_found};
use crate::journal::Entry;
use crate::policy::{Act, Place};
use crate::sight;
use crate::token::hash;
use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};
use domain::deadline::format_date_fr;
use domain::{Refusal, Refusals};
use entity::ids::{AccountId, MachineCredentialId, OrganismId, ParseIdError, TypedId};
use entity::kind::MachineScope;
use entity::machine_credential::{ActiveModel, Column, Entity, MachineScopes, Model};
use entity::organism;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde_json::json;
use std::fmt;
use std::str::FromStr;

/// How every token of a tool begins.
const MARK: &str = "cmc_";
/// How much of a token is shown: the mark and a part that is no secret.
const SHOWN: usize = MARK.len() + 8;
/// How long a credential holds at most.
const LONGEST_LIFE: Months = Months::new(12);
/// How long one that was replaced still holds: time to install the other one everywhere.
const OVERLAP: TimeDelta = TimeDelta::days(7);
/// How often the last use is written.
const USE_NOTED_EVERY: TimeDelta = TimeDelta::minutes(5);
/// How many credentials of an organism hold at once.
const MOST: u64 = 20;
const LONGEST_NAME: usize = 100;

/// How a credential stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialState {
    /// It holds.
    Active,
    /// It was replaced and holds for a few more days.
    Ending,
    /// Its time is over.
    Expired,
    /// An administrator ended it.
    Revoked,
}

/// How a credential stands at an instant of the machine.
pub fn state(row: &Model, at: DateTime<Utc>) -> CredentialState {
    if row.revoked_at.is_some() {
        CredentialState::Revoked
    } else if row.expires_at <= at {
        CredentialState::Expired
    } else if row.replaced_by_id.is_some() {
        CredentialState::Ending
    } else {
        CredentialState::Active
    }
}

fn holds(row: &Model, at: DateTime<Utc>) -> bool {
    matches!(state(row, at), CredentialState::Active | CredentialState::Ending)
}

/// The last day, Europe/Paris, on which a credential holds.
pub fn last_day(row: &Model) -> NaiveDate {
    paris_date(row.expires_at - TimeDelta::microseconds(1))
}

/// Whether a bearer token is a tool's.
pub(super) fn is_token(token: &str) -> bool {
    token.starts_with(MARK)
}

/// The tool that a token belongs to; none when it is unknown, expired or revoked.
pub(super) async fn authenticate(
    db: &impl ConnectionTrait,
    token: &str,
) -> ActResult<Option<Actor>> {
    let now = machine_now();
    let row = Entity::find()
        .filter(Column::TokenHash.eq(hash(token.as_bytes())))
        .one(db)
        .await?
        .filter(|row| holds(row, now));
    let Some(row) = row else { return Ok(None) };
    note_use(db, &row, now).await;
    Ok(Some(Actor::Machine(Machine {
        id: row.id,
        origin: row.origin_id,
        organism: row.organism_id,
        scopes: row.scopes.0.into(),
        answerable: row.created_by_id,
    })))
}

/// Writes the last use, every few minutes at most. A use that cannot be written stops nobody.
async fn note_use(db: &impl ConnectionTrait, row: &Model, now: DateTime<Utc>) {
    let before = now - USE_NOTED_EVERY;
    if row.last_used_at.is_some_and(|at| at > before) {
        return;
    }
    let stale =
        Condition::any().add(Column::LastUsedAt.is_null()).add(Column::LastUsedAt.lte(before));
    let noted = Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now))
        .filter(Column::Id.eq(row.id))
        .filter(stale)
        .exec(db)
        .await;
    if let Err(error) = noted {
        let error = telemetry::mask::error(&error.into());
        tracing::warn!(credential = %row.id, error, "the last use was not written");
    }
}

/// A credential with its token, which is shown this once.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The credential.
    pub id: MachineCredentialId,
    /// The token; none when the act is answered again under its idempotency key.
    pub token: Option<String>,
}

impl fmt::Display for Issued {
    /// Its id alone: what an idempotency key remembers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl FromStr for Issued {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        Ok(Self { id: text.parse()?, token: None })
    }
}

/// A credential for a tool of an organism.
#[derive(Debug, Clone, Serialize)]
pub struct CreateMachineCredential {
    /// The organism.
    pub organism_id: String,
    /// How the organism calls the tool.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<MachineScope>,
    /// The last day on which it holds, Europe/Paris; within a year.
    pub expires_on: NaiveDate,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(CreateMachineCredential);

/// Gives a tool of an organism its credential. The token is in the answer and nowhere else.
pub async fn create(ctx: &Context, input: CreateMachineCredential) -> ActResult<Issued> {
    ctx.act(Act::CreateMachineCredential, input, create_in).await
}

async fn create_in(tx: Tx, input: CreateMachineCredential) -> ActResult<(Issued, Entry)> {
    let account = tx.account()?;
    let sight = tx.ctx().actor.sight();
    let id = &input.organism_id;
    let organism =
        sight::find::<organism::Entity, OrganismId>(tx.conn(), &sight, id, "organismId").await?;
    tx.require(&Place::organism(organism.id))?;
    let now = machine_now();
    let mut refusals = name_refusals(&input.name);
    let scopes = in_order(&input.scopes);
    if scopes.is_empty() {
        let message = "Indiquez au moins un droit.";
        refusals.push(Refusal::new("SCOPES_REQUIRED", message).at(["scopes"]));
    }
    refusals.extend(expiry_refusal(input.expires_on, now));
    ensure(refusals)?;
    // What is counted cannot be locked: two made at once go one after the other.
    crate::lock::hold(tx.conn(), "machine_credential", organism.id.uuid()).await?;
    if held(&tx, organism.id, now).await? >= MOST {
        let message =
            format!("Un organisme a au plus {MOST} accès machine : révoquez-en un d’abord.");
        return Err(Refusal::new("CREDENTIALS_TOO_MANY", message).at(["organismId"]).into());
    }
    let id = MachineCredentialId::new();
    let name = input.name.trim().to_owned();
    let expires_at = end_of(input.expires_on);
    let new = New { origin: id, organism: organism.id, name, scopes, expires_at };
    let issued = issue(&tx, id, new, (account, now)).await?;
    let entry = Entry::new(id, "Accès machine créé");
    let facts = json!({ "scopes": input.scopes, "expiresOn": input.expires_on });
    Ok((issued, entry.about(organism.id).with(facts)))
}

/// How many credentials of the organism hold.
async fn held(tx: &Tx, organism: OrganismId, now: DateTime<Utc>) -> ActResult<u64> {
    let live = Entity::find()
        .filter(Column::OrganismId.eq(organism))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ReplacedById.is_null())
        .filter(Column::ExpiresAt.gt(now));
    Ok(live.count(tx.conn()).await?)
}

/// What a new credential holds besides its token.
struct New {
    origin: MachineCredentialId,
    organism: OrganismId,
    name: String,
    scopes: Vec<MachineScope>,
    expires_at: DateTime<Utc>,
}

async fn issue(
    tx: &Tx,
    id: MachineCredentialId,
    new: New,
    (account, now): (AccountId, DateTime<Utc>),
) -> ActResult<Issued> {
    let token = new_token();
    ActiveModel {
        id: Set(id),
        origin_id: Set(new.origin),
        organism_id: Set(new.organism),
        name: Set(new.name),
        scopes: Set(MachineScopes(new.scopes)),
        token_hash: Set(hash(token.as_bytes())),
        token_prefix: Set(token.chars().take(SHOWN).collect()),
        created_by_id: Set(account),
        created_at: Set(now),
        expires_at: Set(new.expires_at),
        revoked_at: Set(None),
        last_used_at: Set(None),
        replaced_by_id: Set(None),
    }
    .insert(tx.conn())
    .await?;
    Ok(Issued { id, token: Some(token) })
}

/// The mark, eight digits that may be shown, and a secret of 260 random bits.
fn new_token() -> String {
    let random = crate::token::random;
    let shown: String = random().chars().take(SHOWN - MARK.len()).collect();
    format!("{MARK}{shown}_{}{}", random(), random())
}

fn name_refusals(name: &str) -> Refusals {
    let refusals = crate::field::blank("name", name);
    if !refusals.is_empty() || name.trim().chars().count() <= LONGEST_NAME {
        return refusals;
    }
    let message = format!("Ce nom compte au plus {LONGEST_NAME} caractères.");
    vec![Refusal::new("TOO_LONG", message).at(["name"])]
}

/// Each scope once, in their order.
fn in_order(scopes: &[MachineScope]) -> Vec<MachineScope> {
    MachineScope::ALL.iter().copied().filter(|scope| scopes.contains(scope)).collect()
}

/// The last day that a credential made now may have.
fn latest(now: DateTime<Utc>) -> NaiveDate {
    paris_date(now).checked_add_months(LONGEST_LIFE).unwrap_or(NaiveDate::MAX)
}

fn expiry_refusal(expires_on: NaiveDate, now: DateTime<Utc>) -> Option<Refusal> {
    let latest = latest(now);
    if (paris_date(now)..=latest).contains(&expires_on) {
        return None;
    }
    let message = format!(
        "Un accès machine expire au plus tôt aujourd’hui, au plus tard dans un an, le {}.",
        format_date_fr(latest)
    );
    Some(Refusal::new("EXPIRY_INVALID", message).at(["expiresOn"]))
}

/// The first instant after a day.
fn end_of(day: NaiveDate) -> DateTime<Utc> {
    paris_start(day.succ_opt().unwrap_or(day))
}

/// A credential is replaced by another one with the same name and scopes.
#[derive(Debug, Clone, Serialize)]
pub struct RotateMachineCredential {
    /// The credential.
    pub credential_id: String,
    /// The last day of the new one; without it, it holds as long as the replaced one was made for.
    pub expires_on: Option<NaiveDate>,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RotateMachineCredential);

/// Replaces a credential. The replaced one holds for seven more days, its own end or its revocation apart,
/// so that the tool never stands without one. A credential is replaced once: of two at once, the second
/// is refused, and no token dies unseen.
pub async fn rotate(ctx: &Context, input: RotateMachineCredential) -> ActResult<Issued> {
    ctx.act(Act::RotateMachineCredential, input, rotate_in).await
}

async fn rotate_in(tx: Tx, input: RotateMachineCredential) -> ActResult<(Issued, Entry)> {
    let account = tx.account()?;
    let seen = find(&tx, &input.credential_id).await?;
    let row = Entity::find_by_id(seen.id).lock_exclusive().one(tx.conn()).await?;
    let row = row.ok_or_else(|| not_found("credentialId"))?;
    let now = machine_now();
    match state(&row, now) {
        CredentialState::Active => {}
        CredentialState::Ending => {
            let message = "Cet accès a déjà été remplacé : renouvelez celui qui le remplace.";
            return Err(Refusal::new("CREDENTIAL_REPLACED", message).at(["credentialId"]).into());
        }
        CredentialState::Expired | CredentialState::Revoked => {
            let message = "Cet accès est expiré ou révoqué : créez-en un autre.";
            return Err(Refusal::new("CREDENTIAL_ENDED", message).at(["credentialId"]).into());
        }
    }
    ensure(input.expires_on.and_then(|day| expiry_refusal(day, now)).into_iter().collect())?;
    let id = MachineCredentialId::new();
    let new = New {
        origin: row.origin_id,
        organism: row.organism_id,
        name: row.name.clone(),
        scopes: row.scopes.0.clone(),
        expires_at: end_of(input.expires_on.unwrap_or_else(|| as_long(&row, now))),
    };
    let issued = issue(&tx, id, new, (account, now)).await?;
    ActiveModel {
        id: Set(row.id),
        replaced_by_id: Set(Some(id)),
        expires_at: Set(row.expires_at.min(now + OVERLAP)),
        ..Default::default()
    }
    .update(tx.conn())
    .await?;
    let entry = Entry::new(row.id, "Accès machine remplacé");
    Ok((issued, entry.about(row.organism_id).with(json!({ "replacedBy": id }))))
}

/// The last day of a credential made now for as long as this one was.
fn as_long(row: &Model, now: DateTime<Utc>) -> NaiveDate {
    let days = (last_day(row) - paris_date(row.created_at)).num_days().unsigned_abs();
    let day = paris_date(now).checked_add_days(Days::new(days));
    day.unwrap_or(NaiveDate::MAX).min(latest(now))
}

/// A credential holds no more.
#[derive(Debug, Clone, Serialize)]
pub struct RevokeMachineCredential {
    /// The credential.
    pub credential_id: String,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RevokeMachineCredential);

/// Ends a credential at once, and with it those that it replaced and that still held; what replaced it
/// stays.
pub async fn revoke(
    ctx: &Context,
    input: RevokeMachineCredential,
) -> ActResult<MachineCredentialId> {
    ctx.act(Act::RevokeMachineCredential, input, revoke_in).await
}

async fn revoke_in(
    tx: Tx,
    input: RevokeMachineCredential,
) -> ActResult<(MachineCredentialId, Entry)> {
    tx.account()?;
    let seen = find(&tx, &input.credential_id).await?;
    let rows = Entity::find()
        .filter(Column::OriginId.eq(seen.origin_id))
        .filter(Column::RevokedAt.is_null())
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx.conn())
        .await?;
    if !rows.iter().any(|row| row.id == seen.id) {
        let message = "Cet accès est déjà révoqué.";
        return Err(Refusal::new("CREDENTIAL_ENDED", message).at(["credentialId"]).into());
    }
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(machine_now()))
        .filter(Column::Id.is_in(up_to(seen.id, &rows)))
        .exec(tx.conn())
        .await?;
    let entry = Entry::new(seen.id, "Accès machine révoqué");
    Ok((seen.id, entry.about(seen.organism_id)))
}

/// A credential and those of the rows that it replaced, one after the other.
fn up_to(id: MachineCredentialId, rows: &[Model]) -> Vec<MachineCredentialId> {
    let mut ids = vec![id];
    let replaced = |by| rows.iter().find(|row| row.replaced_by_id == Some(by)).map(|row| row.id);
    while let Some(before) = ids.last().copied().and_then(replaced) {
        ids.push(before);
    }
    ids
}

/// The credential, seen by the actor, who may do the transaction's act in its organism.
async fn find(tx: &Tx, id: &str) -> ActResult<Model> {
    let actor = &tx.ctx().actor;
    let row =
        sight::find::<Entity, MachineCredentialId>(tx.conn(), &actor.sight(), id, "credentialId")
            .await?;
    tx.require(&Place::organism(row.organism_id))?;
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn row() -> Model {
        let id = MachineCredentialId::new();
        Model {
            id,
            origin_id: id,
            organism_id: OrganismId::new(),
            name: "Outil".to_owned(),
            scopes: MachineScopes(vec![MachineScope::CandidatesRead]),
            token_hash: String::new(),
            token_prefix: String::new(),
            created_by_id: AccountId::new(),
            created_at: at("2026-11-25T10:00:00Z"),
            expires_at: end_of("2026-12-25".parse().expect("a date")),
            revoked_at: None,
            last_used_at: None,
            replaced_by_id: None,
        }
    }

    #[test]
    fn a_credential_ends_at_midnight_in_paris() {
        let mut row = row();
        assert!(holds(&row, at("2026-12-25T22:59:59Z")));
        assert_eq!(state(&row, at("2026-12-25T23:00:00Z")), CredentialState::Expired);
        assert_eq!(last_day(&row).to_string(), "2026-12-25");
        row.expires_at = end_of("2027-07-01".parse().expect("a date"));
        assert!(
            holds(&row, at("2027-07-01T21:59:59Z")) && !holds(&row, at("2027-07-01T22:00:00Z"))
        );
        row.replaced_by_id = Some(MachineCredentialId::new());
        assert_eq!(state(&row, at("2027-01-01T00:00:00Z")), CredentialState::Ending);
        row.revoked_at = Some(at("2026-12-01T00:00:00Z"));
        assert!(!holds(&row, at("2026-11-26T00:00:00Z")));
    }

    #[test]
    fn the_new_one_holds_as_long_as_the_replaced_one_was_made_for() {
        assert_eq!(as_long(&row(), at("2026-12-20T22:00:00Z")).to_string(), "2027-01-19");
        let year = Model { expires_at: end_of("2027-11-25".parse().expect("a date")), ..row() };
        assert_eq!(as_long(&year, at("2028-01-31T08:00:00Z")).to_string(), "2029-01-30");
    }

    #[test]
    fn a_year_at_most() {
        let now = at("2026-11-25T23:30:00Z");
        let refused = |day: &str| expiry_refusal(day.parse().expect("a date"), now).is_some();
        assert!(refused("2026-11-25") && !refused("2026-11-26"));
        assert!(!refused("2027-11-26") && refused("2027-11-27"));
    }

    #[test]
    fn a_token_shows_its_prefix_alone() {
        let (one, other) = (new_token(), new_token());
        assert!(is_token(&one) && one != other);
        assert_eq!(one.len(), SHOWN + 1 + 52);
        let secret = one.get(SHOWN + 1..).expect("a secret");
        assert!(!other.contains(secret) && secret.chars().all(|c| c.is_ascii_alphanumeric()));
    }
}
