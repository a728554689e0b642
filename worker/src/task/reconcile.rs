//! One reconciler for one day: what is due is compared with what was done.

use crate::error::TaskResult;
use crate::job::Job;
use chrono::NaiveDate;
use service::schedule;
use service::task::Reconciler;

/// Runs the reconciler for the slot; it ends the task with its last transaction.
pub(crate) async fn run(job: &Job<'_>, reconciler: Reconciler, on: NaiveDate) -> TaskResult<()> {
    Ok(schedule::reconcile(job.ctx, reconciler, on).await?)
}
