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
use domain::email;
use domain::notification::{Bounce, BounceAction, NoticeState, bounce_refusals, bounce_voids};
use entity::ids::{AccountId, BounceId, NoticeId};
use entity::kind::BounceSource;
use entity::text::Text;
use entity::{bounce, delivery, notice, notice_body};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, TryInsertResult,
};
use serde::Serialize;
use serde_json::json;
use telemetry::mask;

/// Longest diagnostic kept, in characters.
const LONGEST_DIAGNOSTIC: usize = 500;
/// How many deliveries under one id of the mail server are looked at: servers use short ids again.
const MOST_DELIVERIES: u64 = 50;
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
    /// What the mail server did of the mail; what its status usually means when left out.
    // Left out of what an idempotency key is kept with, where it is not told: as before there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<BounceAction>,
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
    let told = Bounce::told(&input.status, input.action)?;
    let known = facts(tx.conn(), &notice).await?;
    ensure(bounce_refusals(&known, &told, input.bounced_on, tx.today()))?;
    let new = NewBounce {
        told,
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
    /// What may name the mail, the likeliest first, with or without angle brackets: its `Message-ID`, or the
    /// id that the mail server gave it when it accepted it, alone or before an `@`.
    pub ids: Vec<String>,
    /// The address that did not take it, when told: another than the notice's is not its bounce.
    pub recipient: Option<String>,
    /// The enhanced status code, as `5.1.1`.
    pub status: String,
    /// What was done of the mail, in the word of RFC 3464; what the status usually means when not told.
    pub action: Option<String>,
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
    /// It tells of no failure: nothing to record.
    NoBounce,
}

/// Records a bounce reported by the mail server; refused when it names no notice. Its day is kept between the
/// delivery and today: reports come late, and clocks differ. A report without a day is one that is known
/// when its status and its action are: servers report again what they think was not heard.
pub async fn report_bounce(
    app: &App,
    correlation_id: &str,
    report: BounceReport,
) -> ActResult<Reported> {
    let action = match report.action.as_deref().map(BounceAction::reported).transpose()? {
        Some(None) => return Ok(Reported::NoBounce),
        told => told.flatten(),
    };
    let told = Bounce::told(&report.status, action)?;
    let ctx = Context::new(app.clone(), Actor::System, correlation_id);
    ctx.run(Act::RecordBounce, |tx| report_in(tx, &told, &report)).await
}

async fn report_in(
    tx: Tx,
    told: &Bounce,
    report: &BounceReport,
) -> ActResult<(Reported, Option<Entry>)> {
    let notice = reported(&tx, report).await?;
    let body = hold(&tx, notice.id).await?;
    let address = body.map(|body| body.recipient_email).unwrap_or_default();
    if report.bounced_on.is_none() && is_known(&tx, notice.id, told).await? {
        return Ok((Reported::Known, None));
    }
    let since = facts(tx.conn(), &notice).await?.accepted_on.unwrap_or(notice.composed_on);
    let bounced_on = report.bounced_on.unwrap_or(tx.today());
    let new = NewBounce {
        told: told.clone(),
        bounced_on: bounced_on.min(tx.today()).max(since),
        diagnostic: report.diagnostic.clone().unwrap_or_default(),
        source: BounceSource::MailServer,
        account: None,
    };
    let entry = insert(&tx, &notice, &address, new).await?;
    let reported = if entry.is_some() { Reported::Recorded } else { Reported::Known };
    Ok((reported, entry))
}

/// The notice that a report names: by its own id, else by the one that the mail server gave it, when one
/// alone is meant.
async fn reported(tx: &Tx, report: &BounceReport) -> ActResult<notice::Model> {
    let ids: Vec<&str> = report.ids.iter().map(|id| bare(id)).filter(|id| !id.is_empty()).collect();
    let own = notice::Entity::find().filter(notice::Column::MessageId.is_in(ids.iter().copied()));
    if let Some(notice) = own.one(tx.conn()).await? {
        let mut meant = sent_to(tx, vec![notice], report).await?;
        return Ok(meant.pop().ok_or_else(|| not_found("recipient"))?);
    }
    let theirs = ids.iter().map(|id| id.split('@').next().unwrap_or(id));
    let deliveries = delivery::Entity::find()
        .filter(delivery::Column::ServerId.is_in(theirs))
        .find_also_related(notice::Entity)
        .limit(MOST_DELIVERIES)
        .all(tx.conn())
        .await?;
    let known = deliveries.into_iter().filter_map(|(_, notice)| notice).collect();
    let mut meant = sent_to(tx, known, report).await?;
    match (meant.pop(), meant.is_empty()) {
        (Some(notice), true) => Ok(notice),
        _ => Err(not_found("messageId").into()),
    }
}

/// Those of the notices that were sent to the address that the report names; all where it names none, or where
/// the address of a notice was erased.
async fn sent_to(
    tx: &Tx,
    notices: Vec<notice::Model>,
    report: &BounceReport,
) -> ActResult<Vec<notice::Model>> {
    let Some(told) = report.recipient.as_deref().map(mailbox) else { return Ok(notices) };
    // In one form, whichever letters the domain is written in.
    let key = |address: &str| email::key(address).unwrap_or_else(|| address.to_ascii_lowercase());
    let told = key(told);
    let bodies = notice_body::Entity::find()
        .filter(notice_body::Column::NoticeId.is_in(notices.iter().map(|notice| notice.id)))
        .all(tx.conn())
        .await?;
    let other = |notice: &notice::Model| {
        let body = bodies.iter().find(|body| body.notice_id == notice.id);
        body.is_some_and(|body| key(&body.recipient_email) != told)
    };
    Ok(notices.into_iter().filter(|notice| !other(notice)).collect())
}

/// An id without the angle brackets around it.
fn bare(id: &str) -> &str {
    id.trim().trim_start_matches('<').trim_end_matches('>').trim()
}

/// The address of a report's field, whose type stands before it (`rfc822; <x@exemple.fr>`).
fn mailbox(told: &str) -> &str {
    let kind = |kind: &str| kind.trim().chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let address =
        told.split_once(';').filter(|(before, _)| kind(before)).map(|(_, address)| address);
    bare(address.unwrap_or(told))
}

/// Whether a bounce of the notice is recorded with this status and this action, whatever its day.
async fn is_known(tx: &Tx, notice: NoticeId, told: &Bounce) -> ActResult<bool> {
    let rows = bounce::Entity::find()
        .filter(bounce::Column::NoticeId.eq(notice))
        .filter(bounce::Column::Status.eq(told.status.to_string()))
        .all(tx.conn())
        .await?;
    let same = |row: &bounce::Model| {
        Bounce::told(&row.status, row.action.map(|action| action.0)).is_ok_and(|row| row == *told)
    };
    Ok(rows.iter().any(same))
}

struct NewBounce {
    told: Bounce,
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
    let mut voids = bounce_voids(&known, &new.told);
    let mut too_late = false;
    if voids && in_force.is_some() && !effect::can_be_undone(tx, notice).await? {
        (voids, too_late) = (false, true);
    }
    let id = BounceId::new();
    let row = bounce::ActiveModel {
        id: Set(id),
        notice_id: Set(notice.id),
        status: Set(new.told.status.to_string()),
        action: Set(Some(Text(new.told.action))),
        bounced_on: Set(new.bounced_on),
        diagnostic: Set(discreet(new.diagnostic.trim(), address)),
        voids: Set(voids),
        source: Set(new.source.into()),
        recorded_by_id: Set(new.account),
        recorded_on: Set(tx.today()),
        recorded_at: Set(tx.now.at),
    };
    // One row for a notice, a status, an action and a day.
    let inserted = bounce::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
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
    if new.told.is_final() && outgoing {
        tx.enqueue(Task::TellBounce { bounce: id }).await?;
    }
    let outcome = match (voided, too_late) {
        (Some(on), _) => format!("la notification du {} est nulle", format_date_fr(on)),
        (None, true) => "trop tard pour annuler ce qui a suivi la notification".to_owned(),
        (None, false) if voids => "rien n’était notifié".to_owned(),
        (None, false) => "la notification demeure".to_owned(),
    };
    let status = new.told.status.to_string();
    let summary = format!("Rebond {status} du {} : {outcome}", format_date_fr(new.bounced_on));
    let action = new.told.action.as_str();
    let data = json!({ "status": status, "action": action, "voids": voids, "tooLate": too_late });
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
    fn an_address_is_read_as_reports_write_it() {
        for told in [
            "direction@exemple.example",
            " <direction@exemple.example> ",
            "rfc822;direction@exemple.example",
            "RFC822; <direction@exemple.example>",
            "utf-8 ; direction@exemple.example",
        ] {
            assert_eq!(mailbox(told), "direction@exemple.example", "{told}");
        }
        assert_eq!(mailbox("\"a;b\"@exemple.example"), "\"a;b\"@exemple.example");
        assert_eq!(bare(" <0102@relais.example> "), "0102@relais.example");
    }

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
