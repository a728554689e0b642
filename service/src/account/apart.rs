//! Accounts that an older rule of addresses let in beside the one that their address finds.

use crate::error::ActResult;
use domain::email::key;
use entity::account;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;

/// Two accounts of one mailbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Apart {
    /// The one that the address finds.
    pub found: account::Model,
    /// The one that was opened under another form of it: it keeps its roles and its sessions, but no address typed
    /// in, invited or shown by an issuer leads to it.
    pub beside: account::Model,
}

/// The accounts that stand beside another of the same address, the oldest first: what an operator settles by giving
/// the roles of one to the other and closing it. Two statements, whatever their number.
pub async fn apart(db: &impl ConnectionTrait) -> ActResult<Vec<Apart>> {
    let beyond_ascii = match db.get_database_backend() {
        DbBackend::Sqlite => "length(CAST(email AS BLOB)) > length(email)",
        _ => "octet_length(email) > length(email)",
    };
    let beside = account::Entity::find()
        .filter(Expr::cust(beyond_ascii))
        .order_by_asc(account::Column::Id)
        .all(db)
        .await?;
    let key_of = |row: &account::Model| key(&row.email).filter(|key| *key != row.email);
    let found = account::Entity::find()
        .filter(account::Column::Email.is_in(beside.iter().filter_map(key_of)))
        .all(db)
        .await?;
    let found: HashMap<_, _> = found.into_iter().map(|row| (row.email.clone(), row)).collect();
    let pair = |beside: account::Model| {
        let found = found.get(&key_of(&beside)?)?.clone();
        Some(Apart { found, beside })
    };
    Ok(beside.into_iter().filter_map(pair).collect())
}
