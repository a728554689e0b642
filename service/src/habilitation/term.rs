//! III.6: how long a habilitation runs, its reminders, its renewal and its end.

use super::suspensions;
use crate::context::{Context, Tx};
use crate::error::ActResult;
use crate::journal::{Deed, Entry};
use crate::task::Task;
use chrono::{Days, NaiveDate};
use domain::deadline::format_date_fr;
use domain::term::{
    self, Obstacle, REMINDER_STEPS, RenewalFacts, reminder_due, renewal_obstacles, second_term_end,
};
use entity::habilitation::{Column, Entity, Model};
use entity::ids::{HabilitationId, ReminderId, TypedId};
use entity::kind::ReminderKind;
use entity::reminder::Column as Reminder;
use entity::text::Text;
use entity::{enrolment, evaluation, reminder, sanction, suspension, training_path};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};
use std::collections::{HashMap, HashSet};

/// Habilitations looked at in one transaction.
const PAGE: u64 = 100;

/// What the end of the present term will bring if nothing changes.
#[derive(Debug, Clone)]
pub struct Forecast {
    /// The last day of the term.
    pub on: NaiveDate,
    /// Renewed, expired, or to be applied for again.
    pub outcome: term::Forecast,
    /// Everything that stands against the renewal (interpretation 7).
    pub obstacles: Vec<Obstacle>,
}

/// The forecasts of those notified and not ended, in three statements.
pub async fn forecasts(
    db: &impl ConnectionTrait,
    ids: &[HabilitationId],
) -> ActResult<HashMap<HabilitationId, Forecast>> {
    let rows = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await?;
    let renewal = renewal_facts(db, &rows).await?;
    let known = rows.iter().filter(|r| r.expired_on.is_none() && r.withdrawn_on.is_none());
    let told = known.filter_map(|row| {
        let obstacles = renewal_obstacles(renewal.get(&row.id)?);
        let outcome = term::forecast(row.renewed_on.is_some(), &obstacles);
        let obstacles = if row.renewed_on.is_some() { Vec::new() } else { obstacles };
        Some((row.id, Forecast { on: row.term_ends_on?, outcome, obstacles }))
    });
    Ok(told.collect())
}

/// III.6.b: what the renewal of each depends on (interpretation 7): suspensions decided during its
/// term, results recorded and paths completed under it.
async fn renewal_facts(
    db: &impl ConnectionTrait,
    rows: &[Model],
) -> ActResult<HashMap<HabilitationId, RenewalFacts>> {
    let suspensions = suspensions(rows).find_also_related(sanction::Entity).all(db).await?;
    let ids: Vec<_> = rows.iter().map(|r| r.id).collect();
    let evaluated: HashSet<HabilitationId> = enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::HabilitationId)
        .distinct()
        .join_rev(JoinType::InnerJoin, evaluation::Relation::Enrolment.def())
        .filter(enrolment::Column::HabilitationId.is_in(ids.clone()))
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let trained: HashSet<HabilitationId> = enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::HabilitationId)
        .distinct()
        .join_rev(JoinType::InnerJoin, training_path::Relation::Enrolment.def())
        .filter(enrolment::Column::HabilitationId.is_in(ids))
        .filter(training_path::Column::CompletedOn.is_not_null())
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let known = rows.iter().map(|row| {
        let decided_during_term = |(s, by): &(suspension::Model, Option<sanction::Model>)| {
            let decided_on = by.as_ref().map(|sanction| sanction.decided_on);
            s.habilitation_id == row.id
                && decided_on.is_some_and(|on| {
                    row.notified_on.is_some_and(|from| from <= on)
                        && row.term_ends_on.is_some_and(|to| on <= to)
                })
        };
        let facts = RenewalFacts {
            withdrawn: row.withdrawn_on.is_some(),
            suspended_during_term: suspensions.iter().any(decided_during_term),
            results_recorded: evaluated.contains(&row.id),
            path_completed: trained.contains(&row.id),
        };
        (row.id, facts)
    });
    Ok(known.collect())
}

/// III.6.b, III.6.c: renews or ends the habilitations whose term is over, reasons told. Run again, late
/// or twice at once it changes nothing more: each row changes only from the state that was read.
pub async fn reconcile_terms(ctx: &Context, on: NaiveDate) -> ActResult<()> {
    let over = Entity::find()
        .filter(Column::TermEndsOn.lt(on))
        .filter(Column::ExpiredOn.is_null())
        .filter(Column::WithdrawnOn.is_null())
        .filter(Column::RenouncedOn.is_null());
    let (mut done, total) = (0, over.clone().count(ctx.db()).await?);
    loop {
        let tx = ctx.begin().await?;
        let rows = over
            .clone()
            .order_by_asc(Column::TermEndsOn)
            .limit(PAGE)
            .lock_exclusive()
            .all(tx.conn())
            .await?;
        if rows.is_empty() {
            return tx.finish().await;
        }
        let facts = renewal_facts(tx.conn(), &rows).await?;
        for row in &rows {
            let obstacles = facts.get(&row.id).map(renewal_obstacles).unwrap_or_default();
            end_of_term(&tx, row, &obstacles).await?;
        }
        done += rows.len();
        tx.progress(done, usize::try_from(total).unwrap_or(done).max(done)).await?;
        tx.seal(()).await?;
    }
}

async fn end_of_term(tx: &Tx, row: &Model, obstacles: &[Obstacle]) -> ActResult<()> {
    let (Some(notified), Some(ended)) = (row.notified_on, row.term_ends_on) else { return Ok(()) };
    let next_day = ended.succ_opt().unwrap_or(ended);
    let renews = term::forecast(row.renewed_on.is_some(), obstacles) == term::Forecast::Renews;
    let update = Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(row.version));
    let (update, task, deed, entry) = if renews {
        let until = second_term_end(notified);
        let summary = format!("Habilitation renouvelée jusqu’au {}", format_date_fr(until));
        (
            update
                .col_expr(Column::RenewedOn, Expr::value(next_day))
                .col_expr(Column::TermEndsOn, Expr::value(until)),
            Task::TellRenewal { habilitation: row.id },
            Deed::RenewHabilitation,
            Entry::new(row.id, summary).under("III.6.b"),
        )
    } else {
        let summary = format!("Habilitation expirée au {}", format_date_fr(ended));
        (
            update
                .col_expr(Column::ExpiredOn, Expr::value(next_day))
                .col_expr(Column::ExpiryObstacles, Expr::value(Obstacle::write_all(obstacles))),
            Task::TellExpiry { habilitation: row.id },
            Deed::ExpireHabilitation,
            Entry::new(row.id, summary)
                .under("III.6.c")
                .with(serde_json::json!({ "obstacles": obstacles })),
        )
    };
    if update.exec(tx.conn()).await?.rows_affected == 1 {
        tx.enqueue(task).await?;
        tx.record(deed, entry.about(row.organism_id));
    }
    Ok(())
}

/// III.6.c: reminds of the terms that end within a year: one mail per habilitation, term and step, ever
/// (interpretation 8).
pub async fn reconcile_term_reminders(ctx: &Context, on: NaiveDate) -> ActResult<()> {
    let furthest = REMINDER_STEPS.into_iter().max().unwrap_or_default();
    let horizon = on.checked_add_days(Days::new(furthest.into())).unwrap_or(NaiveDate::MAX);
    let ending = Entity::find()
        .filter(Column::TermEndsOn.between(on, horizon))
        .filter(Column::WithdrawnOn.is_null())
        .filter(Column::RenouncedOn.is_null());
    let (mut done, total) = (0, ending.clone().count(ctx.db()).await?);
    let mut after: Option<HabilitationId> = None;
    loop {
        let tx = ctx.begin().await?;
        let mut page = ending.clone().order_by_asc(Column::Id).limit(PAGE);
        if let Some(after) = after {
            page = page.filter(Column::Id.gt(after));
        }
        let rows = page.all(tx.conn()).await?;
        let Some(last) = rows.last().map(|r| r.id) else { return tx.finish().await };
        remind(&tx, &rows, on).await?;
        done += rows.len();
        tx.progress(done, usize::try_from(total).unwrap_or(done).max(done)).await?;
        tx.seal(()).await?;
        after = Some(last);
    }
}

async fn remind(tx: &Tx, rows: &[Model], on: NaiveDate) -> ActResult<()> {
    let sent = reminder::Entity::find()
        .filter(reminder::Column::Kind.eq(Text(ReminderKind::Term)))
        .filter(reminder::Column::SubjectId.is_in(rows.iter().map(|r| r.id.uuid())))
        .all(tx.conn())
        .await?;
    let (mut reminders, mut tasks) = (Vec::new(), Vec::new());
    for row in rows {
        let Some(ends_on) = row.term_ends_on else { continue };
        let mine =
            sent.iter().filter(|s| s.subject_id == row.id.uuid() && s.reference_on == ends_on);
        let steps: Vec<u32> = mine.filter_map(|s| u32::try_from(s.step).ok()).collect();
        let Some(step) = reminder_due(ends_on, on, &steps) else { continue };
        reminders.push(reminder::ActiveModel {
            id: Set(ReminderId::new()),
            kind: Set(ReminderKind::Term.into()),
            subject_id: Set(row.id.uuid()),
            reference_on: Set(ends_on),
            step: Set(i32::try_from(step).unwrap_or_default()),
            sent_on: Set(on),
        });
        tasks.push(Task::RemindTerm { habilitation: row.id, ends_on, step });
    }
    if reminders.is_empty() {
        return Ok(());
    }
    reminder::Entity::insert_many(reminders)
        .on_conflict(
            OnConflict::columns([
                Reminder::Kind,
                Reminder::SubjectId,
                Reminder::ReferenceOn,
                Reminder::Step,
            ])
            .do_nothing()
            .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    tx.enqueue_all(&tasks).await
}
