//! The end of a tool's credential is told in time to the organism's administrators, each of them once a
//! step.

use super::last_day;
use crate::clock::{paris_date, paris_start};
use crate::context::{Context, Tx};
use crate::error::ActResult;
use crate::task::Task;
use chrono::{Days, NaiveDate};
use entity::ids::{AccountId, MachineCredentialId, OrganismId};
use entity::kind::Role;
use entity::machine_credential::{Column, Entity, Model};
use entity::text::Text;
use entity::{account, account_grant};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::HashMap;

/// How many days before the last day it is told, the first time and again.
const STEPS: [u32; 2] = [30, 7];
/// How many credentials are read at once.
const PAGE: u64 = 200;

/// Tells of the credentials that end soon after the day `on`, each step once (only the latest when
/// several were missed). What was replaced or revoked is not told.
pub async fn reconcile(ctx: &Context, on: NaiveDate) -> ActResult<()> {
    let furthest = u64::from(STEPS.into_iter().max().unwrap_or_default());
    let horizon = on.checked_add_days(Days::new(furthest + 1)).unwrap_or(NaiveDate::MAX);
    let mut after: Option<MachineCredentialId> = None;
    loop {
        let tx = ctx.begin().await?;
        let rows = Entity::find()
            .filter(Column::ExpiresAt.gt(paris_start(on)))
            .filter(Column::ExpiresAt.lte(paris_start(horizon)))
            .filter(Column::RevokedAt.is_null())
            .filter(Column::ReplacedById.is_null())
            .apply_if(after, |query, id| query.filter(Column::Id.gt(id)))
            .order_by_asc(Column::Id)
            .limit(PAGE)
            .all(tx.conn())
            .await?;
        let Some(last) = rows.last().map(|row| row.id) else { return tx.finish().await };
        tell(&tx, &rows, on).await?;
        tx.seal(()).await?;
        after = Some(last);
    }
}

async fn tell(tx: &Tx, rows: &[Model], on: NaiveDate) -> ActResult<()> {
    let administrators = administrators(tx.conn(), rows.iter().map(|row| row.organism_id)).await?;
    let mut tasks = Vec::new();
    for row in rows {
        let Some(step) = due(last_day(row), on, paris_date(row.created_at)) else { continue };
        let told = administrators.get(&row.organism_id).into_iter().flatten();
        tasks.extend(told.map(|account| Task::TellCredentialExpiry {
            credential: row.id,
            account: *account,
            step,
        }));
    }
    tx.enqueue_all(&tasks).await
}

/// The step due on a day; none for one that was past when the credential was made.
fn due(last_day: NaiveDate, on: NaiveDate, made_on: NaiveDate) -> Option<u32> {
    let left = (last_day - on).num_days();
    let life = (last_day - made_on).num_days();
    STEPS.into_iter().filter(|step| left <= i64::from(*step) && life >= i64::from(*step)).min()
}

/// The administrators of these organisms whose accounts are open.
async fn administrators(
    db: &impl ConnectionTrait,
    organisms: impl IntoIterator<Item = OrganismId>,
) -> ActResult<HashMap<OrganismId, Vec<AccountId>>> {
    use account_grant::Column;
    let rows: Vec<(Option<OrganismId>, AccountId)> = account_grant::Entity::find()
        .select_only()
        .column(Column::OrganismId)
        .column(Column::AccountId)
        .inner_join(account::Entity)
        .filter(Column::Role.eq(Text(Role::OrganismAdmin)))
        .filter(Column::OrganismId.is_in(organisms))
        .filter(Column::RevokedAt.is_null())
        .filter(account::Column::DisabledAt.is_null())
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let mut found: HashMap<OrganismId, Vec<AccountId>> = HashMap::new();
    for (organism, account) in rows {
        if let Some(organism) = organism {
            found.entry(organism).or_default().push(account);
        }
    }
    Ok(found)
}

/// Whom to tell of what, when it is still to be told.
#[derive(Debug, Clone)]
pub struct ToTell {
    /// The credential.
    pub credential: Model,
    /// The address of the administrator.
    pub email: String,
}

/// What a task is to tell an administrator; none once the credential was replaced or revoked, or the
/// account administers the organism no more.
pub async fn to_tell(
    db: &impl ConnectionTrait,
    credential: MachineCredentialId,
    account: AccountId,
) -> ActResult<Option<ToTell>> {
    let row = Entity::find_by_id(credential).one(db).await?;
    let row = row.filter(|row| row.revoked_at.is_none() && row.replaced_by_id.is_none());
    let Some(credential) = row else { return Ok(None) };
    let still = administrators(db, [credential.organism_id]).await?;
    if !still.get(&credential.organism_id).is_some_and(|all| all.contains(&account)) {
        return Ok(None);
    }
    let account = account::Entity::find_by_id(account).one(db).await?;
    Ok(account.map(|account| ToTell { credential, email: account.email }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_due_from_its_day_on() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let (last, made) = (day("2027-06-30"), day("2026-07-01"));
        for (on, expected) in [
            ("2027-05-30", None),
            ("2027-05-31", Some(30)),
            ("2027-06-22", Some(30)),
            ("2027-06-23", Some(7)),
            ("2027-06-30", Some(7)),
        ] {
            assert_eq!(due(last, day(on), made), expected, "{on}");
        }
        // Made for ten days: only the second step is told, made for three: none.
        assert_eq!(due(last, day("2027-06-20"), day("2027-06-20")), None);
        assert_eq!(due(last, day("2027-06-23"), day("2027-06-20")), Some(7));
        assert_eq!(due(last, day("2027-06-27"), day("2027-06-27")), None);
    }
}
