//! A task was given up: the officers of the authority concerned are told (interpretation 5), operators
//! see it in the list of tasks.

use super::{Job, certif_pro, one};
use crate::error::TaskResult;
use crate::notify::{Draft, finish, notify};
use entity::ids::{ApplicationId, AuthorityId, HabilitationId, OutboxId};
use entity::kind::TaskStatus;
use entity::{
    application, authority, bounce, certificate, decision, edof_alert, habilitation, notice, outbox,
};
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

/// The authority whose officers wait for the task: that of the case, else Certif Pro, which bills and
/// receives alerts.
async fn concerned(job: &Job<'_>, row: &outbox::Model) -> TaskResult<authority::Model> {
    let db = job.db();
    let of_case = match Task::read(&row.payload) {
        Ok(Task::FilingReceipt { application }) => Some(of_application(job, application).await?),
        Ok(Task::NotifyDecision { decision }) => {
            let decision = one::<decision::Entity, _>(db, decision, "the decision").await?;
            Some(of_application(job, decision.application_id).await?)
        }
        Ok(
            Task::RemindTerm { habilitation, .. }
            | Task::TellRenewal { habilitation }
            | Task::TellExpiry { habilitation },
        ) => Some(of_habilitation(job, habilitation).await?),
        Ok(
            Task::AssessAlert { alert }
            | Task::ProposeSanction { alert }
            | Task::NotifySanction { alert },
        ) => match one::<edof_alert::Entity, _>(db, alert, "the alert").await?.habilitation_id {
            Some(habilitation) => Some(of_habilitation(job, habilitation).await?),
            None => None,
        },
        Ok(Task::AwardCertificate { certificate }) => {
            let row = one::<certificate::Entity, _>(db, certificate, "the certificate").await?;
            Some(of_habilitation(job, row.habilitation_id).await?)
        }
        Ok(Task::SendNotice { notice }) => {
            one::<notice::Entity, _>(db, notice, "the notice").await?.authority_id
        }
        Ok(Task::TellBounce { bounce }) => {
            let bounce = one::<bounce::Entity, _>(db, bounce, "the bounce").await?;
            one::<notice::Entity, _>(db, bounce.notice_id, "the notice").await?.authority_id
        }
        _ => None,
    };
    match of_case {
        Some(id) => one::<authority::Entity, _>(db, id, "the authority").await,
        None => certif_pro(db).await,
    }
}

async fn of_application(job: &Job<'_>, id: ApplicationId) -> TaskResult<AuthorityId> {
    Ok(one::<application::Entity, _>(job.db(), id, "the application").await?.authority_id)
}

async fn of_habilitation(job: &Job<'_>, id: HabilitationId) -> TaskResult<AuthorityId> {
    Ok(one::<habilitation::Entity, _>(job.db(), id, "the habilitation").await?.authority_id)
}

/// What the task was to do, for people, with the name under which operators list it.
fn label(row: &outbox::Model) -> String {
    let told = match Task::read(&row.payload) {
        Ok(Task::FilingReceipt { .. }) => "récépissé de dépôt",
        Ok(Task::NotifyDecision { .. }) => "notification d’une décision",
        Ok(Task::RemindTerm { .. }) => "rappel d’échéance d’une habilitation",
        Ok(Task::TellRenewal { .. }) => "annonce d’un renouvellement",
        Ok(Task::TellExpiry { .. }) => "annonce de la fin d’une habilitation",
        Ok(Task::SendInvoice { .. }) => "envoi d’une facture",
        Ok(Task::RemindPayment { .. } | Task::EscalatePayment { .. }) => "relance d’une facture",
        Ok(Task::AssessAlert { .. }) => "instruction d’une alerte EDOF",
        Ok(Task::ProposeSanction { .. }) => "proposition sur une alerte EDOF",
        Ok(Task::NotifySanction { .. }) => "notification d’une sanction",
        Ok(Task::AwardCertificate { .. }) => "remise d’un certificat",
        Ok(Task::SendNotice { .. }) => "nouvel envoi d’un courriel",
        Ok(Task::TellBounce { .. }) => "annonce d’un courriel non remis",
        Ok(Task::TellCredentialExpiry { .. }) => "annonce de la fin d’un accès machine",
        Ok(Task::InviteAccount { .. }) => "envoi d’une invitation",
        Ok(Task::ResetPassword { .. }) => "envoi d’un lien de nouveau mot de passe",
        Ok(Task::Reconcile { .. }) => "contrôle quotidien des échéances",
        Ok(Task::TellGivenUp { .. }) | Err(_) => return row.kind.clone(),
    };
    format!("{told} ({})", row.kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::ids::InvoiceId;

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
        };
        assert_eq!(label(&row), "envoi d’une facture (SEND_INVOICE)");
        row.payload = serde_json::json!({ "kind": "OF_ANOTHER_VERSION" });
        assert_eq!(label(&row), "SEND_INVOICE");
    }
}
