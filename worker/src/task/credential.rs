//! The credential of an organism's tool ends soon: an administrator is told while there is time to
//! replace it.

use super::shared::{certif_pro, one};
use crate::error::TaskResult;
use crate::job::Job;
use crate::notify::{Draft, finish, notify};
use domain::deadline::format_date_fr;
use entity::ids::{AccountId, MachineCredentialId};
use entity::organism;
use mailer::Message;
use service::account::credential;
use service::clock::paris_date;

/// Tells them, unless it was replaced or revoked meanwhile, or they administer the organism no more.
pub(crate) async fn tell_expiry(
    job: &Job<'_>,
    id: MachineCredentialId,
    account: AccountId,
) -> TaskResult<()> {
    let Some(told) = credential::to_tell(job.db(), id, account).await? else {
        return finish(job.ctx).await;
    };
    let row = told.credential;
    let certif_pro = certif_pro(job.db()).await?;
    let organism = one::<organism::Entity, _>(job.db(), row.organism_id, "its organism").await?;
    let last_day = credential::last_day(&row);
    let left = (last_day - job.ctx.today().await?).num_days();
    let message = Message::CredentialExpiry {
        organism: organism.name,
        name: row.name,
        prefix: row.token_prefix,
        ends_on: format_date_fr(last_day),
        days_left: u32::try_from(left).unwrap_or(0),
        last_used_on: row.last_used_at.map(|at| format_date_fr(paris_date(at))),
    };
    let draft = Draft {
        subject: id.into(),
        to: told.email,
        authority: &certif_pro,
        organism: Some(organism.id),
        candidate: None,
        message,
        attachments: Vec::new(),
    };
    notify(job, draft).await
}
