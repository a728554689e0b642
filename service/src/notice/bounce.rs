//! A mail server told that a notice did not arrive (interpretation 5): typed in by an officer, or
//! reported by the mail server itself.

use super::{effect, facts, find, hold, require};
use crate::context::{Actor, App, Context, Tx};
use crate::error::{ActResult, ensure, not_found};
use crate::journal::Entry;
use crate::policy::Act;
use crate::task::Task;
use chrono::NaiveDate;
use domain::deadline::format_date_fr;
use domain::notification::{BounceStatus, NoticeState, bounce_refusals, bounce_voids};
use entity::ids::{AccountId, BounceId, NoticeId};
use entity::kind::BounceSource;
use entity::{bounce, notice};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, TryInsertResult};
use serde::Serialize;
use serde_json::json;
use telemetry::mask;

/// Longest diagnostic kept, in characters.
const LONGEST_DIAGNOSTIC: usize = 500;
/// Stands for the addresses in what a mail server said.
const ADDRESS_MASK: &str = "destinataire";

/// A bounce that an officer read in a mailbox.
#[derive(Debug, Clone, Serialize)]
pub struct RecordBounce {
    /// The notice.
    pub notice_id: String,
    /// The day of the bounce.
    pub bounced_on: NaiveDate,
    /// The enhanced status code, as `5.1.1`.
    pub status: String,
    /// What the mail server said.
    pub diagnostic: Option<String>,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RecordBounce);

/// Records a bounce (X.c): a final one voids the notification until the notice is sent again or notified
/// by registered letter (interpretation 5). The same bounce twice is one.
pub async fn record_bounce(ctx: &Context, input: RecordBounce) -> ActResult<NoticeId> {
    ctx.act(Act::RecordBounce, input, record_bounce_in).await
}

async fn record_bounce_in(tx: Tx, input: RecordBounce) -> ActResult<(NoticeId, Entry)> {
    let account = tx.account()?;
    let notice = find(&tx, &input.notice_id).await?;
    require(&tx, &notice)?;
    let body = hold(&tx, notice.id).await?;
    let address = body.map(|body| body.recipient_email).unwrap_or_default();
    let status: BounceStatus = input.status.parse()?;
    let known = facts(tx.conn(), &notice).await?;
    ensure(bounce_refusals(&known, &status, input.bounced_on, tx.today()))?;
    let new = NewBounce {
        status,
        bounced_on: input.bounced_on,
        diagnostic: input.diagnostic.unwrap_or_default(),
        source: BounceSource::Officer,
        account: Some(account),
    };
    let entry = match insert(&tx, &notice, &address, new).await? {
        Some(entry) => entry,
        None => entry(&notice, "Rebond déjà enregistré".to_owned()),
    };
    Ok((notice.id, entry))
}

/// A bounce as the mail server reports it.
#[derive(Debug, Clone)]
pub struct BounceReport {
    /// The mail's `Message-ID`, with or without its angle brackets.
    pub message_id: String,
    /// The address that did not take it, when told: another than the notice's is not its bounce.
    pub recipient: Option<String>,
    /// The enhanced status code, as `5.1.1`.
    pub status: String,
    /// The day of the bounce, in Paris; today when not told.
    pub bounced_on: Option<NaiveDate>,
    /// What the mail server said.
    pub diagnostic: Option<String>,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// It is recorded.
    Recorded,
    /// It was already.
    Known,
}

/// Records a bounce reported by the mail server; refused when no notice carries its `Message-ID`. Its day
/// is kept between the delivery and today: reports come late, and clocks differ.
pub async fn report_bounce(
    app: &App,
    correlation_id: &str,
    report: BounceReport,
) -> ActResult<Reported> {
    let status: BounceStatus = report.status.parse()?;
    let ctx = Context::new(app.clone(), Actor::System, correlation_id);
    ctx.run(Act::RecordBounce, |tx| report_in(tx, &status, &report)).await
}

async fn report_in(
    tx: Tx,
    status: &BounceStatus,
    report: &BounceReport,
) -> ActResult<(Reported, Option<Entry>)> {
    let id = report.message_id.trim().trim_start_matches('<').trim_end_matches('>');
    let notice = notice::Entity::find().filter(notice::Column::MessageId.eq(id)).one(tx.conn());
    let notice = notice.await?.ok_or_else(|| not_found("messageId"))?;
    let body = hold(&tx, notice.id).await?;
    let sent_to = body.map(|body| body.recipient_email);
    let other = |told: &String| {
        sent_to.as_ref().is_some_and(|address| !told.trim().eq_ignore_ascii_case(address))
    };
    if report.recipient.as_ref().is_some_and(other) {
        return Err(not_found("recipient").into());
    }
    let since = facts(tx.conn(), &notice).await?.accepted_on.unwrap_or(notice.composed_on);
    let told = report.bounced_on.unwrap_or(tx.today());
    let new = NewBounce {
        status: status.clone(),
        bounced_on: told.min(tx.today()).max(since),
        diagnostic: report.diagnostic.clone().unwrap_or_default(),
        source: BounceSource::MailServer,
        account: None,
    };
    let address = sent_to.as_deref().unwrap_or_default();
    let entry = insert(&tx, &notice, address, new).await?;
    let reported = if entry.is_some() { Reported::Recorded } else { Reported::Known };
    Ok((reported, entry))
}

struct NewBounce {
    status: BounceStatus,
    bounced_on: NaiveDate,
    diagnostic: String,
    source: BounceSource,
    account: Option<AccountId>,
}

/// Adds the bounce of what was sent to `address` with what it undoes and who is told; none when it is known
/// already.
async fn insert(
    tx: &Tx,
    notice: &notice::Model,
    address: &str,
    new: NewBounce,
) -> ActResult<Option<Entry>> {
    let known = facts(tx.conn(), notice).await?;
    // What stands, and only what stands, is undone: once.
    let in_force = known.accepted_on.filter(|_| known.state() == NoticeState::Notified);
    let mut voids = bounce_voids(&known, &new.status);
    let mut too_late = false;
    if voids && in_force.is_some() && !effect::can_be_undone(tx, notice).await? {
        (voids, too_late) = (false, true);
    }
    let id = BounceId::new();
    let row = bounce::ActiveModel {
        id: Set(id),
        notice_id: Set(notice.id),
        status: Set(new.status.to_string()),
        bounced_on: Set(new.bounced_on),
        diagnostic: Set(discreet(new.diagnostic.trim(), address)),
        voids: Set(voids),
        source: Set(new.source.into()),
        recorded_by_id: Set(new.account),
        recorded_on: Set(tx.today()),
        recorded_at: Set(tx.now.at),
    };
    let once = [bounce::Column::NoticeId, bounce::Column::Status, bounce::Column::BouncedOn];
    let inserted = bounce::Entity::insert(row)
        .on_conflict(OnConflict::columns(once).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(tx.conn())
        .await?;
    if !matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0) {
        return Ok(None);
    }
    tx.notice_changed(notice.id, notice.candidate_id);
    let voided = in_force.filter(|_| voids);
    if let Some(on) = voided {
        effect::undo(tx, notice, on).await?;
    }
    // Who cannot be reached at the authority's own address is not told there.
    let outgoing = notice.organism_id.is_some() || notice.candidate_id.is_some();
    if new.status.is_permanent() && outgoing {
        tx.enqueue(Task::TellBounce { bounce: id }).await?;
    }
    let outcome = match (voided, too_late) {
        (Some(on), _) => format!("la notification du {} est nulle", format_date_fr(on)),
        (None, true) => "trop tard pour annuler ce qui a suivi la notification".to_owned(),
        (None, false) if voids => "rien n’était notifié".to_owned(),
        (None, false) => "la notification demeure".to_owned(),
    };
    let summary =
        format!("Rebond {} du {} : {outcome}", new.status, format_date_fr(new.bounced_on));
    let data = json!({ "status": new.status.to_string(), "voids": voids, "tooLate": too_late });
    Ok(Some(entry(notice, summary).with(data)))
}

fn entry(notice: &notice::Model, summary: String) -> Entry {
    Entry::new(notice.id, summary).under("X.c").about(notice.organism_id)
}

/// What a mail server said without the addresses that it quotes, whole or in part: the row is never erased.
fn discreet(told: &str, recipient: &str) -> String {
    mask::recipient(told, recipient, ADDRESS_MASK).chars().take(LONGEST_DIAGNOSTIC).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mail_server_said_names_nobody() {
        let to = "ada.lovelace@exemple.fr";
        let told = "550 5.1.1 <Ada.Lovelace@exemple.fr>: forwarded to b.c@autre.example, unknown";
        let kept = "550 5.1.1 <destinataire>: forwarded to destinataire, unknown";
        assert_eq!(discreet(told, to), kept);
        let kept = "550 5.1.1 User unknown: destinataire";
        assert_eq!(discreet("550 5.1.1 User unknown: ada.lovelace", to), kept);
        assert_eq!(discreet("", to), "");
        assert_eq!(discreet(&"é".repeat(600), to).chars().count(), LONGEST_DIAGNOSTIC);
    }
}
