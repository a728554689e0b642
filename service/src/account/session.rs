//! Sessions: opened by a sign-in, seen, ended; and whom a token belongs to.

use super::attempt::{self, Client};
use super::{credential, is_open, open_to, password, second_factor};
use crate::clock::machine_now;
use crate::context::{Actor, App, Context, Grant, Tx};
use crate::error::{ActResult, not_found};
use crate::journal::{Deed, Entry};
use crate::policy::{self, Act, Place};
use crate::sight;
use crate::token::hash;
use chrono::{DateTime, Duration, Utc};
use domain::Refusal;
use domain::authority::AuthorityKind;
use entity::ids::{AccountId, AuthorityId, CandidateId, OrganismId, SessionId, SignInAttemptId};
use entity::kind::{AttemptPurpose, Role};
use entity::text::Text;
use entity::{account, account_grant, authority, second_factor as factor, session};
use sea_orm::sea_query::{Expr, IntoCondition, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr,
    EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, QueryTrait, RelationTrait,
    Select, Statement,
};
use serde::Serialize;
use std::sync::OnceLock;

/// A session's last request is written down to within this time: not at every request.
const SEEN_EVERY: Duration = Duration::minutes(5);

/// Who wants to sign in.
#[derive(Clone)]
pub struct SignIn {
    /// The account's address.
    pub email: String,
    /// Its password.
    pub password: String,
    /// The code of its second factor, or one of its recovery codes, where it has one.
    pub code: Option<String>,
}

/// A session just opened.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The bearer token: shown once, kept hashed.
    pub token: String,
    /// The account.
    pub account_id: AccountId,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
}

/// Opens a session. The same refusal, after the same work, whether the account is unknown, disabled or
/// the password wrong; the second factor is asked for once the password was right.
pub async fn sign_in(app: &App, input: SignIn, client: &Client) -> ActResult<SignedIn> {
    let email = known_or_typed(&input.email);
    let attempt = attempt::count(app, AttemptPurpose::SignIn, &email, client).await?;
    let found = account::Entity::find()
        .filter(account::Column::Email.eq(email))
        .find_also_related(factor::Entity)
        .one(&app.db)
        .await?;
    let found = found.filter(|(account, _)| open_to(app, account));
    let kept = found.as_ref().map(|(account, _)| account.password_hash.clone());
    let right = password::is_right(&input.password, kept).await?;
    let Some((account, factor)) = found.filter(|_| right) else {
        let message = "Adresse ou mot de passe incorrect.";
        return Err(Refusal::new("SIGN_IN_FAILED", message).into());
    };
    let code = input.code.as_deref().filter(|code| !code.trim().is_empty());
    let factor = factor.filter(|factor| factor.confirmed_at.is_some());
    let second = factor.as_ref().zip(code);
    if factor.is_some() && second.is_none() {
        attempt::forgive(&app.db, attempt).await?;
        let message = "Ce compte demande aussi le code de son second facteur.";
        return Err(Refusal::new("SECOND_FACTOR_NEEDED", message).at(["code"]).into());
    }
    let ctx = Context::new(app.clone(), Actor::Anonymous, "sign-in");
    ctx.run(Deed::SignIn, |tx| sign_in_in(tx, &account, (second, attempt), client)).await
}

/// Opens a session of the account as it was when its password was found right, with the second factor and its
/// code where it has one, and the attempt as it was counted.
async fn sign_in_in(
    tx: Tx,
    account: &account::Model,
    (second, attempt): (Option<(&factor::Model, &str)>, SignInAttemptId),
    client: &Client,
) -> ActResult<(SignedIn, Option<Entry>)> {
    if let Some((factor, code)) = second {
        second_factor::take(tx.conn(), factor, code).await?;
    }
    // A password changed since it was looked at opens nothing.
    let still = account::Entity::find_by_id(account.id)
        .filter(account::Column::PasswordHash.eq(account.password_hash.as_str()))
        .lock_exclusive();
    if still.one(tx.conn()).await?.is_none() {
        return Err(Refusal::new("SIGN_IN_FAILED", "Le mot de passe vient de changer.").into());
    }
    attempt::forgive(tx.conn(), attempt).await?;
    Ok((open(&tx, account.id, client).await?, None))
}

/// The address as accounts keep it, else what was typed: what is no address is counted too.
fn known_or_typed(email: &str) -> String {
    domain::email::key(email).unwrap_or_else(|| email.chars().take(254).collect())
}

/// Opens a session of an account: the one place that does.
pub(super) async fn open(tx: &Tx, account_id: AccountId, client: &Client) -> ActResult<SignedIn> {
    let token = crate::token::random() + &crate::token::random();
    let now = machine_now();
    let expires_at = now + tx.ctx().app.settings.session_length;
    session::ActiveModel {
        id: Set(SessionId::new()),
        account_id: Set(account_id),
        token_hash: Set(hash(token.as_bytes())),
        created_at: Set(now),
        expires_at: Set(expires_at),
        revoked_at: Set(None),
        last_seen_at: Set(Some(now)),
        user_agent: Set(client.program()),
        address_key: Set(client.address_key()),
    }
    .insert(tx.conn())
    .await?;
    Ok(SignedIn { token, account_id, expires_at })
}

/// Ends a session; nothing happens when it is unknown or ended. A tool has none: its credential is revoked.
pub async fn sign_out(app: &App, token: &str) -> ActResult<()> {
    if credential::is_token(token) {
        return Err(policy::not_a_person().into());
    }
    let of_token = session::Column::TokenHash.eq(hash(token.as_bytes()));
    end(&app.db, of_token.into()).await?;
    Ok(())
}

/// Ends the account's sessions that still hold, but for one; answers how many.
pub(super) async fn end_all(
    db: &impl ConnectionTrait,
    account: AccountId,
    but: Option<SessionId>,
) -> Result<u64, DbErr> {
    let of_account = Condition::all()
        .add(session::Column::AccountId.eq(account))
        .add_option(but.map(|id| session::Column::Id.ne(id)));
    end(db, of_account).await
}

/// The sessions that were neither ended nor are expired.
pub fn holding_sessions() -> Condition {
    Condition::all()
        .add(session::Column::RevokedAt.is_null())
        .add(session::Column::ExpiresAt.gt(machine_now()))
}

async fn end(db: &impl ConnectionTrait, these: Condition) -> Result<u64, DbErr> {
    let ended = session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(machine_now()))
        .filter(these)
        .filter(holding_sessions())
        .exec(db)
        .await?;
    Ok(ended.rows_affected)
}

/// Ends one of one's own sessions.
#[derive(Debug, Clone, Serialize)]
pub struct RevokeSession {
    /// The session.
    pub session_id: String,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RevokeSession);

/// Ends one of one's own sessions; what was opened under it ends too. Another's is not found.
pub async fn revoke_session(ctx: &Context, input: RevokeSession) -> ActResult<SessionId> {
    ctx.act(Act::RevokeSession, input, revoke_session_in).await
}

async fn revoke_session_in(tx: Tx, input: RevokeSession) -> ActResult<(SessionId, Entry)> {
    tx.account()?;
    tx.require(&Place::default())?;
    let (sight, id) = (tx.ctx().actor.sight(), input.session_id.as_str());
    let found = sight::find::<session::Entity, SessionId>(tx.conn(), &sight, id, "sessionId");
    let id = found.await?.id;
    if end(tx.conn(), session::Column::Id.eq(id).into()).await? == 0 {
        return Err(not_found("sessionId").into());
    }
    Ok((id, Entry::new(id, "Session fermée")))
}

/// Ends every session of one's account, this one too; answers how many.
pub async fn sign_out_everywhere(ctx: &Context) -> ActResult<u64> {
    ctx.run(Act::SignOutEverywhere, sign_out_everywhere_in).await
}

async fn sign_out_everywhere_in(tx: Tx) -> ActResult<(u64, Option<Entry>)> {
    let account = tx.account()?;
    tx.require(&Place::default())?;
    let ended = end_all(tx.conn(), account, None).await?;
    let summary = "Toutes les sessions fermées";
    Ok((ended, Some(Entry::new(account, summary))))
}

/// Who a token belongs to, with the roles that hold; none when it is unknown, expired or revoked. `db` is the
/// connection of who asks.
pub async fn authenticate(
    app: &App,
    db: &impl ConnectionTrait,
    token: &str,
) -> ActResult<Option<Actor>> {
    if credential::is_token(token) {
        return credential::authenticate(db, token).await;
    }
    let asked = of_token(db.get_database_backend(), hash(token.as_bytes()));
    let rows = holding(app, db, asked).await?;
    let Some(session) = rows.first() else { return Ok(None) };
    see(db, session).await;
    let (id, session) = (session.account_id, Some(session.id));
    let grants = rows.into_iter().filter_map(|row| {
        Some(Grant {
            role: *row.role?,
            authority: row.authority_id,
            certif_pro: row.authority_kind.is_some_and(|kind| *kind == AuthorityKind::CertifPro),
            organism: row.organism_id,
            candidate: row.candidate_id,
        })
    });
    Ok(Some(Actor::Account { id, session, grants: grants.collect() }))
}

/// Writes down that the session serves; a request does not fail for it.
async fn see(db: &impl ConnectionTrait, session: &Holding) {
    use session::Column;
    let now = machine_now();
    let old = now - SEEN_EVERY;
    if session.last_seen_at.is_some_and(|seen| seen > old) {
        return;
    }
    let seen = session::Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::value(now))
        .filter(Column::Id.eq(session.id))
        .filter(Condition::any().add(Column::LastSeenAt.is_null()).add(Column::LastSeenAt.lt(old)))
        .exec(db)
        .await;
    if let Err(error) = seen {
        let error = telemetry::mask::cause(&error);
        tracing::debug!(error, "the session's last request was not written down");
    }
}

/// Whether a session still holds: neither ended nor expired, its account not disabled. For what outlives
/// a request.
pub async fn holds(app: &App, id: SessionId) -> ActResult<bool> {
    let asked = asked(session::Column::Id.eq(id)).build(app.db.get_database_backend());
    Ok(!holding(app, &app.db, asked).await?.is_empty())
}

/// A session that holds, with one role of its account, if it has any.
#[derive(FromQueryResult)]
struct Holding {
    id: SessionId,
    last_seen_at: Option<DateTime<Utc>>,
    account_id: AccountId,
    email: String,
    disabled_at: Option<DateTime<Utc>>,
    role: Option<Text<Role>>,
    authority_id: Option<AuthorityId>,
    authority_kind: Option<Text<AuthorityKind>>,
    organism_id: Option<OrganismId>,
    candidate_id: Option<CandidateId>,
}

/// The session of a token, as every request asks for it: the text of the statement is written once.
fn of_token(backend: DbBackend, token_hash: String) -> Statement {
    static TEXTS: [OnceLock<String>; 2] = [const { OnceLock::new() }; 2];
    let [postgres, sqlite] = &TEXTS;
    let text = if backend == DbBackend::Postgres { postgres } else { sqlite };
    let text = text.get_or_init(|| asked(session::Column::TokenHash.eq("")).build(backend).sql);
    Statement::from_sql_and_values(backend, text, [token_hash.into(), machine_now().into()])
}

/// A session that holds, in one statement: a row for each role that does.
fn asked(this: SimpleExpr) -> Select<session::Entity> {
    use account_grant::Relation;
    let held = Relation::Account
        .def()
        .rev()
        .on_condition(|_, _| account_grant::Column::RevokedAt.is_null().into_condition());
    session::Entity::find()
        .select_only()
        .columns([session::Column::Id, session::Column::LastSeenAt, session::Column::AccountId])
        .columns([account::Column::Email, account::Column::DisabledAt])
        .columns([
            account_grant::Column::Role,
            account_grant::Column::AuthorityId,
            account_grant::Column::OrganismId,
            account_grant::Column::CandidateId,
        ])
        .column_as(authority::Column::Kind, "authority_kind")
        .join(JoinType::InnerJoin, session::Relation::Account.def())
        .join(JoinType::LeftJoin, held)
        .join(JoinType::LeftJoin, Relation::Authority.def())
        .filter(this)
        .filter(holding_sessions())
}

/// The rows of a session that holds; none when its account is not open.
async fn holding(
    app: &App,
    db: &impl ConnectionTrait,
    asked: Statement,
) -> ActResult<Vec<Holding>> {
    let rows = Holding::find_by_statement(asked).all(db).await?;
    let open = |row: &Holding| is_open(app, &row.email, row.disabled_at);
    Ok(if rows.first().is_some_and(open) { rows } else { Vec::new() })
}
