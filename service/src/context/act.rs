//! An act from its transaction's beginning to its commit: answered as before where its idempotency key was,
//! carried out again where another act stood in its way.

use super::{Context, Tx};
use crate::clock::machine_now;
use crate::error::{ActError, ActResult};
use crate::fault::{self, defect};
use crate::journal::{Deed, Entry};
use crate::outage::{self, Outage};
use crate::policy::Act;
use crate::token::hash;
use domain::Refusal;
use entity::idempotency_key;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, EntityTrait, SqliteTransactionMode, TransactionOptions,
    TransactionTrait, TryInsertResult,
};
use serde::Serialize;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::atomic::Ordering;
use telemetry::metrics::{self, ActOutcome};
use uuid::Uuid;

/// The longest idempotency key, in bytes.
const LONGEST_KEY: usize = 200;

/// What a mutation takes. Its JSON tells whether two requests under one idempotency key ask for the same.
pub trait Input: Serialize + Clone + Send + Sync {
    /// The idempotency key, if one was given.
    fn key(&self) -> Option<&str>;
}

/// Declares inputs whose field `idempotency_key` holds the key.
macro_rules! keyed {
    ($($input:ty),* $(,)?) => {
        $(impl $crate::context::Input for $input {
            fn key(&self) -> Option<&str> {
                self.idempotency_key.as_deref()
            }
        })*
    };
}
pub(crate) use keyed;

/// What becomes of an act under its idempotency key.
enum Keyed {
    /// It was given none, or nobody who could hold one acts.
    Without,
    /// The act holds it: of this holder, this key.
    Held(Uuid, String),
    /// The same was asked for under it before, and answered with this id.
    Answered(String),
}

impl Context {
    /// Carries out an act of the policy's table: `body` reads, checks and writes, and answers the act's
    /// result with its entry in the journal; then everything is committed. Under an idempotency key the same
    /// input is answered as before, another is refused (P11). Where a conflict undid the transaction, `body`
    /// runs again in another one; whoever waits for the act bounds it in time.
    ///
    /// # Errors
    /// Refusals, and faults of the machine; in both cases nothing was changed, unless the answer to the
    /// commit was lost.
    pub async fn act<I, T, B, R>(&self, act: Act, input: I, body: B) -> ActResult<T>
    where
        I: Input,
        T: Display + FromStr,
        B: Fn(Tx, I) -> R,
        R: Future<Output = ActResult<(T, Entry)>>,
    {
        until_no_conflict(act.into(), || self.try_act(act, &input, &body)).await
    }

    /// Carries out what is asked for without an idempotency key: `body` answers its result, with its entry
    /// where it has one. Begun again after a conflict as [`Self::act`] is.
    ///
    /// # Errors
    /// As those of [`Self::act`].
    pub async fn run<T, B, R>(&self, deed: impl Into<Deed>, body: B) -> ActResult<T>
    where
        B: Fn(Tx) -> R,
        R: Future<Output = ActResult<(T, Option<Entry>)>>,
    {
        let deed = deed.into();
        until_no_conflict(deed, || self.try_run(deed, &body)).await
    }

    /// Begins a transaction of what no person waits for, a task that has its own tries: it is committed by
    /// [`Tx::seal`] or [`Tx::finish`].
    ///
    /// # Errors
    /// When the database does not serve.
    pub async fn begin(&self) -> ActResult<Tx> {
        self.begin_for(None).await
    }

    async fn try_act<I, T, B, R>(&self, act: Act, input: &I, body: &B) -> ActResult<T>
    where
        I: Input,
        T: Display + FromStr,
        B: Fn(Tx, I) -> R,
        R: Future<Output = ActResult<(T, Entry)>>,
    {
        let tx = self.begin_for(Some(act.into())).await?;
        let keyed = self.take_key(&tx, act, input).await?;
        if let Keyed::Answered(id) = keyed {
            self.replayed.store(true, Ordering::Relaxed);
            return id.parse().map_err(|_| ActError::Fault(anyhow::anyhow!("stored result id")));
        }
        let (result, entry) = body(tx.clone(), input.clone()).await?;
        tx.record(act, entry);
        if let Keyed::Held(holder, key) = keyed {
            idempotency_key::ActiveModel {
                holder_id: Set(holder),
                key: Set(key),
                result_id: Set(result.to_string()),
                ..Default::default()
            }
            .update(tx.conn())
            .await?;
        }
        tx.seal(result).await
    }

    async fn try_run<T, B, R>(&self, deed: Deed, body: &B) -> ActResult<T>
    where
        B: Fn(Tx) -> R,
        R: Future<Output = ActResult<(T, Option<Entry>)>>,
    {
        let tx = self.begin_for(Some(deed)).await?;
        let (result, entry) = body(tx.clone()).await?;
        if let Some(entry) = entry {
            tx.record(deed, entry);
        }
        tx.seal(result).await
    }

    /// Immediate on SQLite, so that what the transaction reads stays true until it commits.
    async fn begin_for(&self, deed: Option<Deed>) -> ActResult<Tx> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let inner = self.db().begin_with_options(options).await?;
        let now = self.app.clock.read(&inner).await?;
        Ok(Tx::new(self.clone(), inner, deed, now))
    }

    async fn take_key(&self, tx: &Tx, act: Act, input: &impl Input) -> ActResult<Keyed> {
        let key = input.key().filter(|_| !fault::planted(defect::KEY_IGNORED));
        let (Some(key), Some(holder)) = (key, self.actor.key_holder()) else {
            return Ok(Keyed::Without);
        };
        if key.is_empty() || key.len() > LONGEST_KEY {
            let message = "La clé d’idempotence compte de 1 à 200 caractères.";
            return Err(refused_key("IDEMPOTENCY_KEY_INVALID", message));
        }
        let payload_hash = hash(&serde_json::to_vec(input)?);
        let row = idempotency_key::ActiveModel {
            holder_id: Set(holder),
            key: Set(key.to_owned()),
            mutation: Set(act.as_str().to_owned()),
            payload_hash: Set(payload_hash.clone()),
            result_id: Set(String::new()),
            created_at: Set(machine_now()),
        };
        // A twin under way holds the row: this waits for its end, then finds its answer.
        let taken = idempotency_key::Entity::insert(row)
            .on_conflict_do_nothing()
            .exec_without_returning(tx.conn())
            .await?;
        if matches!(taken, TryInsertResult::Inserted(rows) if rows > 0) {
            return Ok(Keyed::Held(holder, key.to_owned()));
        }
        let known = idempotency_key::Entity::find_by_id((holder, key.to_owned()));
        let known = known.one(tx.conn()).await?;
        let same = known.filter(|k| k.mutation == act.as_str() && k.payload_hash == payload_hash);
        same.map(|known| Keyed::Answered(known.result_id)).ok_or_else(|| {
            let message = "Cette clé d’idempotence a déjà servi pour une autre demande.";
            refused_key("IDEMPOTENCY_KEY_REUSED", message)
        })
    }
}

fn refused_key(code: &'static str, message: &'static str) -> ActError {
    Refusal::new(code, message).at(["idempotencyKey"]).into()
}

/// Tries until no conflict undoes the try, as often as [`outage::pause`] allows.
async fn until_no_conflict<T, R>(deed: Deed, attempt: impl Fn() -> R) -> ActResult<T>
where
    R: Future<Output = ActResult<T>>,
{
    let mut conflicts = 0;
    loop {
        let ended = attempt().await;
        let conflict = ended.as_ref().err().and_then(Outage::of) == Some(Outage::Conflict);
        conflicts += 1;
        let Some(pause) = outage::pause(conflicts).filter(|_| conflict) else { return ended };
        let act = deed.as_str();
        metrics::act(act, ActOutcome::Conflict);
        tracing::info!(act, conflicts, "a conflict undid the act: it is begun again");
        tokio::time::sleep(pause).await;
    }
}
