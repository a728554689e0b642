//! Attempts are counted in the database, so that any number of processes count together, and before the
//! password is looked at, so that those made at once count too. What is counted does not depend on whether
//! there is such an account.
//!
//! Who fails from where the account was opened before is counted apart: neither somebody who tries the
//! account from elsewhere, nor a neighbour behind the same address, locks its holder out.

use crate::clock::machine_now;
use crate::context::{Actor, App, Context, Tx};
use crate::error::ActResult;
use crate::journal::Deed;
use crate::lock;
use crate::token::hash;
use chrono::{DateTime, Duration, Utc};
use domain::Refusal;
use entity::ids::SignInAttemptId;
use entity::kind::AttemptPurpose;
use entity::sign_in_attempt::{ActiveModel, Column, Entity};
use entity::text::Text;
use entity::{account, session};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr,
    EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};
use std::net::{IpAddr, Ipv6Addr};

/// How long an attempt counts.
const WINDOW: Duration = Duration::minutes(15);
/// How many are taken in that time for one account.
const MOST_OF_ACCOUNT: u64 = 10;
/// How many from one address, whatever the accounts.
const MOST_OF_ADDRESS: u64 = 50;
/// How many links to a new password are sent to one address in that time.
const MOST_RESETS: u64 = 3;
/// For how long after a sign-in the account's holder is at home there.
const FAMILIAR: Duration = Duration::days(90);

/// Who knocks, as the door sees them.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The address that the request comes from; none when it is not known.
    pub address: Option<IpAddr>,
    /// What its program calls itself.
    pub user_agent: Option<String>,
}

impl Client {
    /// What is kept of the address: a hash, of its network of 64 bits where it is an IPv6 one, which one
    /// subscriber has whole.
    pub(super) fn address_key(&self) -> Option<String> {
        self.address.map(|address| {
            let network = match address.to_canonical() {
                IpAddr::V4(v4) => IpAddr::V4(v4),
                IpAddr::V6(v6) => {
                    let bits = v6.to_bits() >> 64 << 64;
                    IpAddr::V6(Ipv6Addr::from_bits(bits))
                }
            };
            hash(network.to_string().as_bytes())
        })
    }

    /// What is kept of the program's name.
    pub(super) fn program(&self) -> Option<String> {
        let told = self.user_agent.as_deref()?;
        let kept: String = told.chars().filter(|c| !c.is_control()).take(200).collect();
        Some(kept.trim().to_owned()).filter(|kept| !kept.is_empty())
    }
}

/// Counts an attempt on the account of this address, as one that failed until [`forgive`]; refused when
/// there were too many.
pub(super) async fn count(
    app: &App,
    purpose: AttemptPurpose,
    email: &str,
    client: &Client,
) -> ActResult<SignInAttemptId> {
    let ctx = Context::new(app.clone(), Actor::Anonymous, "attempt");
    ctx.run(Deed::CountAttempt, |tx| async move {
        Ok((count_in(&tx, purpose, email, client).await?, None))
    })
    .await
}

/// The same in a transaction.
pub(super) async fn count_in(
    tx: &Tx,
    purpose: AttemptPurpose,
    email: &str,
    client: &Client,
) -> ActResult<SignInAttemptId> {
    let (account, address) = (hash(email.as_bytes()), client.address_key());
    // Two attempts at once would both find room for one: always the address first, so that none waits for
    // one that waits for it.
    if let Some(address) = &address {
        lock::hold_name(tx.conn(), "attempts-from", address).await?;
    }
    lock::hold_name(tx.conn(), "attempts-on", &account).await?;
    let familiar = match &address {
        Some(address) => is_familiar(tx.conn(), email, address).await?,
        None => false,
    };
    let recent = Condition::all()
        .add(Column::Purpose.eq(Text(purpose)))
        .add(Column::At.gt(machine_now() - WINDOW))
        .add(Column::Familiar.eq(familiar));
    let from = address.as_deref().map(|address| Column::AddressKey.eq(address));
    let of_account = recent.clone().add(Column::AccountKey.eq(account.as_str()));
    let of_account = of_account.add_option(from.clone().filter(|_| familiar));
    let most = match purpose {
        AttemptPurpose::SignIn => MOST_OF_ACCOUNT,
        AttemptPurpose::PasswordReset => MOST_RESETS,
    };
    let mut oldest = oldest_of(tx.conn(), of_account, most).await?;
    if let Some(from) = from.filter(|_| !familiar) {
        let of_address = oldest_of(tx.conn(), recent.add(from), MOST_OF_ADDRESS).await?;
        oldest = oldest.max(of_address);
    }
    if let Some(oldest) = oldest {
        return Err(too_many(oldest + WINDOW - machine_now()).into());
    }
    let id = SignInAttemptId::new();
    let row = ActiveModel {
        id: Set(id),
        purpose: Set(purpose.into()),
        account_key: Set(account),
        address_key: Set(address),
        familiar: Set(familiar),
        at: Set(machine_now()),
    };
    row.insert(tx.conn()).await?;
    Ok(id)
}

/// Whether the account was opened from there lately.
async fn is_familiar(db: &impl ConnectionTrait, email: &str, address: &str) -> ActResult<bool> {
    let known = session::Entity::find()
        .join(JoinType::InnerJoin, session::Relation::Account.def())
        .filter(account::Column::Email.eq(email))
        .filter(session::Column::AddressKey.eq(address))
        .filter(session::Column::CreatedAt.gt(machine_now() - FAMILIAR))
        .one(db)
        .await?;
    Ok(known.is_some())
}

/// When the oldest of the last `most` attempts was; none when there were fewer.
async fn oldest_of(
    db: &impl ConnectionTrait,
    these: Condition,
    most: u64,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    let nth = Entity::find().filter(these).order_by_desc(Column::At).offset(most - 1).limit(1);
    Ok(nth.one(db).await?.map(|attempt| attempt.at))
}

fn too_many(wait: Duration) -> Refusal {
    let minutes = (wait.num_seconds().max(1) + 59) / 60;
    let plural = if minutes == 1 { "" } else { "s" };
    let message = format!("Trop d’essais : réessayez dans {minutes} minute{plural}.");
    Refusal::new("TOO_MANY_ATTEMPTS", message)
}

/// The attempt did not fail: it no longer counts.
pub(super) async fn forgive(db: &impl ConnectionTrait, id: SignInAttemptId) -> Result<(), DbErr> {
    Entity::delete_by_id(id).exec(db).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Option<String> {
        Client { address: address.parse().ok(), user_agent: None }.address_key()
    }

    #[test]
    fn a_subscriber_is_one_whatever_address_of_theirs_they_take() {
        assert_eq!(from("2001:db8:0:1::1"), from("2001:db8:0:1:ffff::2"));
        assert_ne!(from("2001:db8:0:1::1"), from("2001:db8:0:2::1"));
        assert_eq!(from("::ffff:192.0.2.1"), from("192.0.2.1"));
        assert_ne!(from("192.0.2.1"), from("192.0.2.2"));
        assert_eq!(from(""), None);
    }

    #[test]
    fn the_wait_is_told_in_whole_minutes() {
        assert!(too_many(Duration::seconds(61)).message.ends_with("dans 2 minutes."));
        assert!(too_many(Duration::seconds(-5)).message.ends_with("dans 1 minute."));
    }

    #[test]
    fn a_program_ends_no_line() {
        let told =
            |text: &str| Client { address: None, user_agent: Some(text.to_owned()) }.program();
        assert_eq!(told("Mozilla/5.0\r\nX"), Some("Mozilla/5.0X".to_owned()));
        assert_eq!(told(" \n"), None);
    }
}
