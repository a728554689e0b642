//! Legal time limits as rows: opened by the act that starts them, met by the one awaited, missed by
//! themselves (X.a).

use crate::context::{Context, Tx};
use crate::error::ActResult;
use crate::fault::{self, defect};
use chrono::NaiveDate;
use domain::calendar::Calendar;
use domain::deadline::{DeadlineError, DeadlineKind, Explanation, compute};
use entity::deadline::{self, ActiveModel, Column, Entity};
use entity::ids::{AuthorityId, DeadlineId, OrganismId};
use entity::kind::DeadlineStatus;
use entity::subject::Subject;
use entity::text::Text;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

/// Rows of one insert: far below the number of values that a statement may carry.
const CHUNK: usize = 500;

/// A time limit to open.
#[derive(Debug, Clone, Copy)]
pub struct NewDeadline {
    /// Which limit.
    pub kind: DeadlineKind,
    /// What it is about: of the kind that its own kind names.
    pub subject: Subject,
    /// The authority concerned: it acts, or follows what the organism does.
    pub authority: Option<AuthorityId>,
    /// The organism concerned.
    pub organism: Option<OrganismId>,
    /// The day of the act that starts it.
    pub started_on: NaiveDate,
}

/// The whole arithmetic of a limit, counted again from the day that started it.
pub fn explain(calendar: &Calendar, row: &deadline::Model) -> Result<Explanation, DeadlineError> {
    compute(calendar, row.started_on, row.kind.rule().span)
}

/// Of what a limit of this kind is about, the id for the database.
fn subject_id(kind: DeadlineKind, subject: impl Into<Subject>) -> ActResult<Uuid> {
    crate::subject::subject_id(kind.subject_kind(), subject)
}

/// The first limit of this kind on a subject, where nothing says another.
const FIRST: i32 = 1;

/// Opens a limit: once per kind and subject.
pub async fn open(tx: &Tx, new: NewDeadline) -> ActResult<()> {
    open_many(tx, &[new]).await
}

/// Opens many limits, each once per kind and subject.
pub async fn open_many(tx: &Tx, new: &[NewDeadline]) -> ActResult<()> {
    for chunk in new.chunks(CHUNK) {
        let rows: ActResult<Vec<_>> = chunk.iter().map(|new| row(tx.calendar(), new)).collect();
        let once = [Column::Kind, Column::SubjectId, Column::Occurrence];
        Entity::insert_many(rows?)
            .on_conflict(OnConflict::columns(once).do_nothing().to_owned())
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

fn row(calendar: &Calendar, new: &NewDeadline) -> ActResult<ActiveModel> {
    let explanation =
        compute(calendar, new.started_on, new.kind.rule().span).map_err(anyhow::Error::from)?;
    Ok(ActiveModel {
        id: Set(DeadlineId::new()),
        kind: Set(new.kind.into()),
        subject_id: Set(subject_id(new.kind, new.subject)?),
        authority_id: Set(new.authority),
        organism_id: Set(new.organism),
        started_on: Set(new.started_on),
        due_on: Set(explanation.due_on),
        status: Set(DeadlineStatus::Open.into()),
        met_on: Set(None),
        occurrence: Set(FIRST),
    })
}

/// The awaited act was done `on` this day: met in time, or missed and done late.
pub async fn meet(
    tx: &Tx,
    kind: DeadlineKind,
    subject: impl Into<Subject>,
    on: NaiveDate,
) -> ActResult<()> {
    let subject = subject_id(kind, subject)?;
    let status = Expr::case(Column::DueOn.gte(on), DeadlineStatus::Met.as_str())
        .finally(DeadlineStatus::Missed.as_str());
    Entity::update_many()
        .col_expr(Column::Status, status.into())
        .col_expr(Column::MetOn, Expr::value(on))
        .filter(Column::Kind.eq(Text(kind)))
        .filter(Column::SubjectId.eq(subject))
        .filter(Column::MetOn.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The limit starts from another day: its meeting was moved (III.4.b), or what started it was notified
/// again (interpretation 5).
pub async fn restart(tx: &Tx, new: NewDeadline) -> ActResult<()> {
    let explanation = compute(tx.calendar(), new.started_on, new.kind.rule().span)
        .map_err(anyhow::Error::from)?;
    Entity::update_many()
        .col_expr(Column::StartedOn, Expr::value(new.started_on))
        .col_expr(Column::DueOn, Expr::value(explanation.due_on))
        .col_expr(Column::Status, Expr::value(DeadlineStatus::Open.as_str()))
        .filter(Column::Kind.eq(Text(new.kind)))
        .filter(Column::SubjectId.eq(subject_id(new.kind, new.subject)?))
        .filter(Column::MetOn.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The act that met the limit turned out to be void: it runs again, or was missed.
pub(crate) async fn reopen(
    tx: &Tx,
    kind: DeadlineKind,
    subject: impl Into<Subject>,
) -> ActResult<()> {
    let subject = subject_id(kind, subject)?;
    let status = Expr::case(Column::DueOn.gte(tx.today()), DeadlineStatus::Open.as_str())
        .finally(DeadlineStatus::Missed.as_str());
    Entity::update_many()
        .col_expr(Column::Status, status.into())
        .col_expr(Column::MetOn, Expr::value(Option::<NaiveDate>::None))
        .filter(Column::Kind.eq(Text(kind)))
        .filter(Column::SubjectId.eq(subject))
        .filter(Column::MetOn.is_not_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The act that started the limit turned out to be void: it runs no longer, unless it was met.
pub(crate) async fn cancel(
    tx: &Tx,
    kind: DeadlineKind,
    subject: impl Into<Subject>,
) -> ActResult<()> {
    let subject = subject_id(kind, subject)?;
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(DeadlineStatus::Cancelled.as_str()))
        .filter(Column::Kind.eq(Text(kind)))
        .filter(Column::SubjectId.eq(subject))
        .filter(Column::MetOn.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Marks the limits that passed without the act (X.a).
pub async fn reconcile_missed(ctx: &Context, on: NaiveDate) -> ActResult<()> {
    let tx = ctx.completing().begin().await?;
    let over = if fault::planted(defect::THAT_DAY_ONLY) {
        Column::DueOn.eq(on.pred_opt())
    } else {
        Column::DueOn.lt(on)
    };
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(DeadlineStatus::Missed.as_str()))
        .filter(Column::Status.eq(Text(DeadlineStatus::Open)))
        .filter(over)
        .exec(tx.conn())
        .await?;
    tx.seal(()).await
}
