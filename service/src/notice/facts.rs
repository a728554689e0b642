//! What is known of notices: their delivery, bounces, letters and successors, read at once for many.

use crate::context::Tx;
use crate::error::ActResult;
use domain::notification::NoticeFacts;
use entity::ids::NoticeId;
use entity::kind::TaskStatus;
use entity::text::Text;
use entity::{acknowledgement, bounce, delivery, notice, outbox, registered_letter, resending};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
};
use std::collections::{HashMap, HashSet};

/// What is known of one notice.
pub async fn facts(db: &impl ConnectionTrait, row: &notice::Model) -> ActResult<NoticeFacts> {
    let known = facts_of(db, std::slice::from_ref(row)).await?.remove(&row.id);
    Ok(known.ok_or_else(|| anyhow::anyhow!("a notice has its facts"))?)
}

/// What is known of notices already loaded, in six statements.
pub async fn facts_of(
    db: &impl ConnectionTrait,
    rows: &[notice::Model],
) -> ActResult<HashMap<NoticeId, NoticeFacts>> {
    let ids: Vec<NoticeId> = rows.iter().map(|row| row.id).collect();
    let deliveries = delivery::Entity::find()
        .filter(delivery::Column::NoticeId.is_in(ids.clone()))
        .all(db)
        .await?;
    let read = acknowledgement::Entity::find()
        .filter(acknowledgement::Column::NoticeId.is_in(ids.clone()))
        .all(db)
        .await?;
    let bounces = bounce::Entity::find()
        .filter(bounce::Column::NoticeId.is_in(ids.clone()))
        .filter(bounce::Column::Voids.eq(true))
        .all(db)
        .await?;
    let letters = registered_letter::Entity::find()
        .filter(registered_letter::Column::NoticeId.is_in(ids.clone()))
        .all(db)
        .await?;
    let resent = resending::Entity::find()
        .filter(resending::Column::SupersedesId.is_in(ids))
        .all(db)
        .await?;
    let given_up: HashSet<Option<String>> = given_up()
        .filter(outbox::Column::DedupKey.is_in(rows.iter().map(|row| row.dedup_key.as_str())))
        .all(db)
        .await?
        .into_iter()
        .map(|task| task.dedup_key)
        .collect();
    let known = rows.iter().map(|row| {
        let bounced = bounces.iter().filter(|b| b.notice_id == row.id).map(|b| b.bounced_on);
        let facts = NoticeFacts {
            composed_on: row.composed_on,
            accepted_on: deliveries.iter().find(|d| d.notice_id == row.id).map(|d| d.accepted_on),
            acknowledged_on: read.iter().find(|a| a.notice_id == row.id).map(|a| a.acknowledged_on),
            bounced_on: bounced.min(),
            letter_on: letters.iter().find(|l| l.notice_id == row.id).map(|l| l.received_on),
            superseded: resent.iter().any(|r| r.supersedes_id == row.id),
            given_up: given_up.contains(&Some(row.dedup_key.clone())),
        };
        (row.id, facts)
    });
    Ok(known.collect())
}

/// The sending of a task's notice was given up, or is tried again: the state of the notice follows.
pub async fn sending_changed(tx: &Tx, task: &outbox::Model) -> ActResult<()> {
    let Some(key) = &task.dedup_key else { return Ok(()) };
    let of = notice::Entity::find().filter(notice::Column::DedupKey.eq(key));
    if let Some(row) = of.one(tx.conn()).await? {
        tx.notice_changed(row.id, row.candidate_id);
    }
    Ok(())
}

/// The tasks given up: a notice whose task is among them is not tried again.
fn given_up() -> sea_orm::Select<outbox::Entity> {
    outbox::Entity::find().filter(outbox::Column::Status.eq(Text(TaskStatus::GivenUp)))
}

/// The notices that need a hand: they bounced, or their sending was given up, and neither another notice
/// nor a registered letter took their place (interpretation 5).
pub fn undelivered() -> Condition {
    use notice::Column;
    let resent = column(resending::Entity::find(), resending::Column::SupersedesId);
    let letters = column(registered_letter::Entity::find(), registered_letter::Column::NoticeId);
    let void = bounce::Entity::find().filter(bounce::Column::Voids.eq(true));
    let accepted = column(delivery::Entity::find(), delivery::Column::NoticeId);
    let never_left = Condition::all()
        .add(Column::Id.not_in_subquery(accepted))
        .add(Column::DedupKey.in_subquery(column(given_up(), outbox::Column::DedupKey)));
    Condition::all()
        .add(Column::Id.not_in_subquery(resent))
        .add(Column::Id.not_in_subquery(letters))
        .add(
            Condition::any()
                .add(Column::Id.in_subquery(column(void, bounce::Column::NoticeId)))
                .add(never_left),
        )
}

/// One column of some rows, as a subquery.
fn column<E: EntityTrait>(rows: sea_orm::Select<E>, column: E::Column) -> SelectStatement {
    rows.select_only().column(column).into_query()
}
