//! What runs by itself, and when: a slot a day for each reconciler, the simulated clock, and the tasks
//! that an operator runs again.

use crate::clock::{CLOCK_ROW, LegalClock, machine_now};
use crate::context::{Actor, App, Context, Tx};
use crate::error::{ActResult, not_found};
use crate::journal::Entry;
use crate::policy::{Act, Place};
use crate::sight::Visible;
use crate::task::{Reconciler, Task};
use crate::{account, billing, change, deadline, habilitation, outbox as tasks};
use chrono::{Months, NaiveDate};
use domain::Refusal;
use domain::deadline::format_date_fr;
use entity::ids::OutboxId;
use entity::kind::TaskStatus;
use entity::text::Text;
use entity::{legal_clock, outbox};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QuerySelect,
};
use serde::Serialize;

/// How far ahead the simulated clock may be sent at once.
const FURTHEST: Months = Months::new(12 * 20);

fn slot(on: NaiveDate) -> Vec<Task> {
    Reconciler::ALL.into_iter().map(|reconciler| Task::Reconcile { reconciler, on }).collect()
}

/// Inserts today's slot, one task per reconciler, once whatever the number of schedulers (P7). A slot
/// missed while everything was stopped needs no catching up: reconcilers compare what is due with
/// what is done.
pub async fn open_slot(app: &App) -> ActResult<NaiveDate> {
    let today = app.clock.read(&app.db).await?.today;
    let due = slot(today);
    let known = outbox::Entity::find()
        .filter(outbox::Column::DedupKey.is_in(due.iter().map(Task::dedup_key)))
        .count(&app.db)
        .await?;
    if known < due.len() as u64 {
        let ctx = Context::new(app.clone(), Actor::System, format!("slot:{today}"));
        let tx = ctx.begin().await?;
        tx.enqueue_all(&due).await?;
        tx.seal(()).await?;
    }
    Ok(today)
}

/// Simulated clock: leaves the day when its slot has run and no task is unfinished (given-up ones
/// apart), and opens the next one; true when it moved.
pub async fn advance_if_ready(app: &App) -> ActResult<bool> {
    if app.clock != LegalClock::Simulated {
        return Ok(false);
    }
    let waiting = legal_clock::Entity::find_by_id(CLOCK_ROW).one(&app.db).await?;
    if waiting.is_none_or(|row| row.target_on.is_none()) || tasks::unfinished(&app.db).await? > 0 {
        return Ok(false);
    }
    let ctx = Context::new(app.clone(), Actor::System, "clock");
    let tx = ctx.begin().await?;
    let row = legal_clock::Entity::find_by_id(CLOCK_ROW).lock_exclusive().one(tx.conn()).await?;
    let Some(row) = row else { return Ok(false) };
    let Some(target) = row.target_on else { return Ok(false) };
    let opened = outbox::Entity::find()
        .filter(outbox::Column::DedupKey.is_in(slot(row.today).iter().map(Task::dedup_key)))
        .count(tx.conn())
        .await?;
    if opened < Reconciler::ALL.len() as u64 || tasks::unfinished(tx.conn()).await? > 0 {
        return Ok(false);
    }
    let next = row.today.succ_opt().unwrap_or(row.today);
    let mut moved = row.into_active_model();
    moved.today = Set(next);
    moved.target_on = Set((next < target).then_some(target));
    moved.update(tx.conn()).await?;
    tx.enqueue_all(&slot(next)).await?;
    tx.seal(true).await
}

/// Runs one reconciler for a slot and ends its task.
pub async fn reconcile(ctx: &Context, reconciler: Reconciler, on: NaiveDate) -> ActResult<()> {
    match reconciler {
        Reconciler::Terms => habilitation::reconcile_terms(ctx, on).await,
        Reconciler::TermReminders => habilitation::reconcile_term_reminders(ctx, on).await,
        Reconciler::Quarter => billing::reconcile_quarter(ctx, on).await,
        Reconciler::PaymentReminders => billing::reconcile_payment_reminders(ctx, on).await,
        Reconciler::Deadlines => deadline::reconcile_missed(ctx, on).await,
        Reconciler::Credentials => account::credential::reconcile(ctx, on).await,
        Reconciler::Accounts => account::reconcile(ctx).await,
        Reconciler::Changes => change::reconcile_removed(ctx).await,
    }
}

/// Where legal time stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockState {
    /// Whether it is simulated.
    pub simulated: bool,
    /// The legal date.
    pub today: NaiveDate,
    /// Where the simulated clock is going; none once arrived.
    pub target: Option<NaiveDate>,
}

/// Where legal time stands.
pub async fn state(app: &App) -> ActResult<ClockState> {
    let today = app.clock.read(&app.db).await?.today;
    let simulated = app.clock == LegalClock::Simulated;
    let row = if simulated {
        legal_clock::Entity::find_by_id(CLOCK_ROW).one(&app.db).await?
    } else {
        None
    };
    Ok(ClockState { simulated, today, target: row.and_then(|r| r.target_on) })
}

/// Sets up the simulated clock's row on a database that has none.
pub async fn start_simulated(app: &App, on: NaiveDate) -> ActResult<()> {
    if legal_clock::Entity::find_by_id(CLOCK_ROW).one(&app.db).await?.is_none() {
        legal_clock::ActiveModel { id: Set(CLOCK_ROW), today: Set(on), target_on: Set(None) }
            .insert(&app.db)
            .await?;
    }
    Ok(())
}

/// Sends the simulated clock to a date.
#[derive(Debug, Clone, Serialize)]
pub struct AdvanceClock {
    /// The date, after today.
    pub to: NaiveDate,
}

/// Sends the simulated clock to a date; it goes there slot by slot. Refused on the machine's clock.
pub async fn advance(ctx: &Context, input: AdvanceClock) -> ActResult<NaiveDate> {
    ctx.run(Act::AdvanceClock, |tx| advance_in(tx, input.to)).await
}

async fn advance_in(tx: Tx, to: NaiveDate) -> ActResult<(NaiveDate, Option<Entry>)> {
    tx.account()?;
    tx.require(&Place::default())?;
    if tx.ctx().app.clock != LegalClock::Simulated {
        let message = "L’horloge légale est celle de la machine : elle ne s’avance pas.";
        return Err(Refusal::new("CLOCK_NOT_SIMULATED", message).into());
    }
    let row = legal_clock::Entity::find_by_id(CLOCK_ROW).lock_exclusive().one(tx.conn()).await?;
    let row = row.ok_or_else(|| anyhow::anyhow!("the simulated clock has no row"))?;
    let latest = row.target_on.unwrap_or(row.today);
    let furthest = row.today.checked_add_months(FURTHEST).unwrap_or(NaiveDate::MAX);
    if to <= latest || to > furthest {
        let message = format!(
            "La date doit suivre le {} et précéder de vingt ans au plus.",
            format_date_fr(latest)
        );
        return Err(Refusal::new("CLOCK_DATE_INVALID", message).at(["to"]).into());
    }
    let mut moved = row.into_active_model();
    moved.target_on = Set(Some(to));
    moved.update(tx.conn()).await?;
    Ok((to, None))
}

/// Runs a given-up task again.
#[derive(Debug, Clone, Serialize)]
pub struct RetryTask {
    /// The task.
    pub task_id: String,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RetryTask);

/// Runs a given-up task again, with all its tries.
pub async fn retry_task(ctx: &Context, input: RetryTask) -> ActResult<OutboxId> {
    ctx.act(Act::RetryTask, input, retry_task_in).await
}

async fn retry_task_in(tx: Tx, input: RetryTask) -> ActResult<(OutboxId, Entry)> {
    use outbox::Column;
    tx.account()?;
    tx.require(&Place::default())?;
    let refused = || not_found("taskId");
    let id: OutboxId = input.task_id.parse().map_err(|_| refused())?;
    let seen = outbox::Entity::visible(&tx.ctx().actor.sight());
    let row = seen.filter(Column::Id.eq(id)).one(tx.conn()).await?.ok_or_else(refused)?;
    let changed = outbox::Entity::update_many()
        .col_expr(Column::Status, Expr::value(TaskStatus::Pending.as_str()))
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::NextAttemptAt, Expr::value(machine_now()))
        .col_expr(Column::PushedAt, Expr::value(Option::<chrono::DateTime<chrono::Utc>>::None))
        .col_expr(Column::FinishedAt, Expr::value(Option::<chrono::DateTime<chrono::Utc>>::None))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(Text(TaskStatus::GivenUp)))
        .exec(tx.conn())
        .await?;
    if changed.rows_affected != 1 {
        let message = "Seule une tâche abandonnée peut être relancée.";
        return Err(Refusal::new("TASK_NOT_GIVEN_UP", message).at(["taskId"]).into());
    }
    crate::notice::sending_changed(&tx, &row).await?;
    Ok((id, Entry::new(id, format!("Tâche {} relancée", row.kind))))
}
