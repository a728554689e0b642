//! Sign-in by an OpenID Connect issuer: the attempt that a browser began, whom the issuer names, and the
//! code that a frontend exchanges for a session.
//!
//! What is said to the issuer and back is the API's; here is what is kept. The secrets of an attempt are
//! in the browser's cookie, the database holds hashes: a copy of it ends no sign-in.

use super::session::{self, SignedIn};
use super::{Client, invitation, open_to, second_factor};
use crate::clock::machine_now;
use crate::context::{Actor, App, Context, Tx};
use crate::error::ActResult;
use crate::journal::{Deed, Entry};
use crate::token::hash;
use chrono::TimeDelta;
use domain::Refusal;
use entity::ids::{AccountId, AccountIdentityId};
use entity::{account, account_identity, oidc_attempt, sign_in_code};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    TryInsertResult,
};
use serde_json::json;

/// How long a person may take at the issuer.
pub const ATTEMPT_LIFE: TimeDelta = TimeDelta::minutes(10);
/// How long a frontend may take to exchange a code.
const CODE_LIFE: TimeDelta = TimeDelta::minutes(1);

/// A sign-in begun by a browser.
#[derive(Clone)]
pub struct Attempt {
    /// Goes to the issuer and comes back.
    pub state: String,
    /// Stays with the browser, as a cookie.
    pub browser: String,
}

impl Attempt {
    /// One that nobody can guess.
    pub fn new() -> Self {
        Self { state: secret(), browser: secret() }
    }

    /// What the issuer's token must repeat: made of the cookie, so that it is kept nowhere.
    pub fn nonce(&self) -> String {
        hash(format!("nonce:{}", self.browser).as_bytes())
    }

    /// What proves to the issuer that who redeems its code is who asked for it (PKCE); of the cookie, too.
    pub fn verifier(&self) -> String {
        hash(format!("verifier:{}", self.browser).as_bytes())
    }

    /// Keeps it until it is taken, with the challenge of the frontend that sent the browser, if one did.
    pub async fn keep(&self, app: &App, challenge: Option<String>) -> ActResult<()> {
        oidc_attempt::ActiveModel {
            state_hash: Set(hash(self.state.as_bytes())),
            browser_hash: Set(hash(self.browser.as_bytes())),
            challenge: Set(challenge),
            expires_at: Set(machine_now() + ATTEMPT_LIFE),
            used_at: Set(None),
        }
        .insert(&app.db)
        .await?;
        Ok(())
    }

    /// Takes it, once, and answers its challenge. Refuses one that was never begun or by another browser,
    /// was taken, or is too old.
    pub async fn take(&self, app: &App) -> ActResult<Option<String>> {
        let now = machine_now();
        let state = hash(self.state.as_bytes());
        let row = oidc_attempt::Entity::find_by_id(&state).one(&app.db).await?;
        let row = row.filter(|row| row.browser_hash == hash(self.browser.as_bytes()));
        let row = row.ok_or_else(unknown_attempt)?;
        let used = || {
            let message = "Cette connexion a déjà abouti ou échoué une fois : recommencez-la.";
            Refusal::new("OIDC_STATE_USED", message)
        };
        if row.used_at.is_some() {
            return Err(used().into());
        }
        if row.expires_at <= now {
            let message = "Cette connexion a pris plus de dix minutes : recommencez-la.";
            return Err(Refusal::new("OIDC_STATE_EXPIRED", message).into());
        }
        let taken = oidc_attempt::Entity::update_many()
            .col_expr(oidc_attempt::Column::UsedAt, Expr::value(now))
            .filter(oidc_attempt::Column::StateHash.eq(state))
            .filter(oidc_attempt::Column::UsedAt.is_null())
            .exec(&app.db)
            .await?;
        if taken.rows_affected == 1 { Ok(row.challenge) } else { Err(used().into()) }
    }
}

impl Default for Attempt {
    fn default() -> Self {
        Self::new()
    }
}

/// The refusal of what no browser began.
pub fn unknown_attempt() -> Refusal {
    let message = "Cette connexion n’a pas été commencée dans ce navigateur : recommencez-la, en \
                   acceptant les cookies de ce site.";
    Refusal::new("OIDC_STATE_UNKNOWN", message)
}

/// The challenge of the frontend that sent the browser: the SHA-256 of a secret that it keeps, in hexadecimal.
pub fn challenge(given: Option<String>) -> ActResult<String> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let hashed = given.filter(|text| text.len() == 64 && text.bytes().all(is_digit));
    let message = "La connexion doit partir de l’application : reprenez-la depuis celle-ci. Si cela se \
                   répète, signalez-le à l’exploitant de la plateforme.";
    Ok(hashed.ok_or_else(|| Refusal::new("OIDC_CHALLENGE_MISSING", message))?)
}

fn secret() -> String {
    crate::token::random() + &crate::token::random()
}

/// Whom an issuer named, once its answer was verified.
#[derive(Clone)]
pub struct Identity {
    /// The issuer.
    pub issuer: String,
    /// How it calls the person, for ever.
    pub subject: String,
    /// Their name there.
    pub name: Option<String>,
    /// Their address there.
    pub email: Option<String>,
    /// Whether the issuer checked that it is theirs.
    pub email_verified: bool,
}

/// Whether whom an issuer names is known by the issuer's subject: the address does not count any more.
pub async fn is_bound(app: &App, identity: &Identity) -> ActResult<bool> {
    Ok(bound(&app.db, identity).await?.is_some())
}

/// The account of whom an issuer names. At the first sign-in the verified address finds it, or an invitation
/// that opens it, and binds it to the issuer's subject; from then on the subject alone counts, whatever the
/// addresses become. Nobody else gets an account.
pub async fn recognise(ctx: &Context, identity: &Identity) -> ActResult<AccountId> {
    ctx.run(Deed::BindIdentity, |tx| recognise_in(tx, identity)).await
}

async fn recognise_in(tx: Tx, identity: &Identity) -> ActResult<(AccountId, Option<Entry>)> {
    if let Some(account) = bound(tx.conn(), identity).await? {
        return Ok((open(&tx.ctx().app, &account)?, None));
    }
    let id = by_address(&tx, identity).await?;
    let identity_id = AccountIdentityId::new();
    let row = account_identity::ActiveModel {
        id: Set(identity_id),
        account_id: Set(id),
        issuer: Set(identity.issuer.clone()),
        subject: Set(identity.subject.clone()),
        bound_at: Set(machine_now()),
    };
    // A twin under way is waited for: a subject is bound once, an account once by issuer.
    let inserted = account_identity::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(tx.conn())
        .await?;
    match bound(tx.conn(), identity).await? {
        Some(account) if account.id == id => {
            if !matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0) {
                return Ok((id, None));
            }
            let entry = Entry::new(id, "Compte relié à un fournisseur d’identité");
            Ok((id, Some(entry.with(json!({ "identity": identity_id })))))
        }
        _ => {
            let message = "Le compte qui porte votre adresse est déjà relié à une autre identité de ce \
                           fournisseur : adressez-vous à l’exploitant de la plateforme.";
            Err(Refusal::new("OIDC_ACCOUNT_BOUND", message).into())
        }
    }
}

/// The account bound to the issuer's subject.
async fn bound(
    db: &impl ConnectionTrait,
    identity: &Identity,
) -> ActResult<Option<account::Model>> {
    let row = account_identity::Entity::find()
        .filter(account_identity::Column::Issuer.eq(&identity.issuer))
        .filter(account_identity::Column::Subject.eq(&identity.subject))
        .find_also_related(account::Entity)
        .one(db)
        .await?;
    Ok(row.and_then(|(_, account)| account))
}

/// The account of the address that the issuer verified: open, or offered a role there, whose invitation is
/// taken thereby. An address alone does not do what its holder wants two proofs for.
async fn by_address(tx: &Tx, identity: &Identity) -> ActResult<AccountId> {
    let email = identity.email.as_deref().and_then(domain::email::key);
    let Some(email) = email.filter(|_| identity.email_verified) else {
        let message = "Le fournisseur d’identité n’a pas transmis d’adresse électronique vérifiée : \
                       vérifiez-la auprès de lui, puis recommencez.";
        return Err(Refusal::new("OIDC_EMAIL_UNVERIFIED", message).into());
    };
    let unknown = || {
        let message = "Aucun compte ni aucune invitation de la plateforme ne porte votre adresse : demandez \
                       une invitation à l’administrateur de votre organisme.";
        Refusal::new("OIDC_PERSON_UNKNOWN", message)
    };
    let name = identity.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let name = name.unwrap_or(&email);
    let account = invitation::take_as_shown(tx, &email, name).await?.ok_or_else(unknown)?;
    let id = open(&tx.ctx().app, &account)?;
    if second_factor::is_on(tx.conn(), id).await? {
        let message =
            "Ce compte a un second facteur : connectez-vous avec votre mot de passe et votre code.";
        return Err(Refusal::new("OIDC_SECOND_FACTOR", message).into());
    }
    Ok(id)
}

fn open(app: &App, account: &account::Model) -> ActResult<AccountId> {
    if open_to(app, account) {
        return Ok(account.id);
    }
    let message = "Ce compte est fermé : adressez-vous à l’administrateur de votre organisme.";
    Err(Refusal::new("OIDC_ACCOUNT_CLOSED", message).into())
}

/// A code for the frontend that sent the browser with this challenge: good for one session, within a minute.
pub async fn give_code(app: &App, account: AccountId, challenge: String) -> ActResult<String> {
    let code = secret();
    sign_in_code::ActiveModel {
        code_hash: Set(hash(code.as_bytes())),
        account_id: Set(account),
        challenge: Set(challenge),
        expires_at: Set(machine_now() + CODE_LIFE),
        used_at: Set(None),
    }
    .insert(&app.db)
    .await?;
    Ok(code)
}

/// Exchanges a code for a session, with the verifier whose hash is its challenge: who sends somebody else a
/// code does not have them use a session of theirs. The same refusal whether it is unknown, used, too old or
/// of another frontend.
pub async fn exchange_code(
    app: &App,
    (code, verifier): (&str, &str),
    client: &Client,
) -> ActResult<SignedIn> {
    let (code, challenge) = (hash(code.as_bytes()), hash(verifier.as_bytes()));
    let ctx = Context::new(app.clone(), Actor::Anonymous, "sign-in");
    let exchange = |tx| exchange_in(tx, (&code, &challenge), client);
    ctx.run(Deed::ExchangeSignInCode, exchange).await
}

async fn exchange_in(
    tx: Tx,
    (code, challenge): (&str, &str),
    client: &Client,
) -> ActResult<(SignedIn, Option<Entry>)> {
    let refused = || {
        let message = "Ce code de connexion est inconnu, expiré, déjà utilisé ou n’a pas été demandé ici : \
                       recommencez la connexion.";
        Refusal::new("SIGN_IN_CODE_INVALID", message).at(["code"])
    };
    let now = machine_now();
    let taken = sign_in_code::Entity::update_many()
        .col_expr(sign_in_code::Column::UsedAt, Expr::value(now))
        .filter(sign_in_code::Column::CodeHash.eq(code))
        .filter(sign_in_code::Column::Challenge.eq(challenge))
        .filter(sign_in_code::Column::UsedAt.is_null())
        .filter(sign_in_code::Column::ExpiresAt.gt(now))
        .exec(tx.conn())
        .await?;
    if taken.rows_affected != 1 {
        return Err(refused().into());
    }
    let row = sign_in_code::Entity::find_by_id(code)
        .find_also_related(account::Entity)
        .one(tx.conn())
        .await?;
    let app = &tx.ctx().app;
    let account = row.and_then(|(_, account)| account).filter(|account| open_to(app, account));
    Ok((session::open(&tx, account.ok_or_else(refused)?.id, client).await?, None))
}
