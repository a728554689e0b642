//! A task was given up: the officers of the authority concerned are told (interpretation 5), operators
//! see it in the list of tasks.

use super::shared::{certif_pro, one};
use crate::error::TaskResult;
use crate::job::Job;
use crate::notify::{Draft, finish, notify};
use entity::ids::OutboxId;
use entity::kind::TaskStatus;
use entity::{authority, outbox};
use mailer::Message;
use service::task::Task;

/// Tells them, unless the task was run again meanwhile: its next end is told on its own.
pub(crate) async fn tell(job: &Job<'_>, id: OutboxId, push: i32) -> TaskResult<()> {
    let row = one::<outbox::Entity, _>(job.db(), id, "the task").await?;
    if *row.status != TaskStatus::GivenUp || row.push_number != push {
        return finish(job.ctx).await;
    }
    let authority = concerned(job, &row).await?;
    let message = Message::TaskGivenUp {
        task: id.to_string(),
        kind: label(&row),
        attempts: u32::try_from(row.attempts).unwrap_or(0),
        error: row.last_error.unwrap_or_default(),
    };
    let draft = Draft {
        subject: id.into(),
        to: authority.email.clone(),
        authority: &authority,
        organism: None,
        candidate: None,
        message,
        attachments: Vec::new(),
    };
    notify(job, draft).await
}

/// The authority whose officers wait for the task: that of the case, else Certif Pro, also for a task that this
/// program cannot read.
async fn concerned(job: &Job<'_>, row: &outbox::Model) -> TaskResult<authority::Model> {
    let db = job.db();
    let of_case = match Task::read(&row.payload) {
        Ok(task) => task.told().authority(db).await?,
        Err(_) => None,
    };
    match of_case {
        Some(id) => one::<authority::Entity, _>(db, id, "the authority").await,
        None => certif_pro(db).await,
    }
}

/// What the task was to do, for people, with the name under which operators list it.
fn label(row: &outbox::Model) -> String {
    Task::read(&row.payload)
        .map_or_else(|_| row.kind.clone(), |task| format!("{} ({})", task.label(), row.kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::ids::InvoiceId;
    use entity::kind::Lane;

    #[test]
    fn a_task_is_told_in_french_under_its_name() {
        let payload =
            Task::SendInvoice { invoice: InvoiceId::new() }.payload().expect("serialisable");
        let now = service::clock::machine_now();
        let mut row = outbox::Model {
            id: OutboxId::new(),
            kind: "SEND_INVOICE".to_owned(),
            payload,
            dedup_key: None,
            status: TaskStatus::GivenUp.into(),
            attempts: 8,
            max_attempts: 8,
            next_attempt_at: now,
            push_number: 8,
            pushed_at: None,
            lease_owner: None,
            lease_until: None,
            last_error: None,
            correlation_id: String::new(),
            created_at: now,
            finished_at: Some(now),
            progress_done: None,
            progress_total: None,
            lane: Lane::Bulk.into(),
        };
        assert_eq!(label(&row), "envoi d’une facture (SEND_INVOICE)");
        row.payload = serde_json::json!({ "kind": "OF_ANOTHER_VERSION" });
        assert_eq!(label(&row), "SEND_INVOICE");
    }
}
