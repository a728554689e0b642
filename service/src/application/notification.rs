//! What the notification of a decision brings (III.6.a, III.8.a), and what is undone when it turns out to
//! be void (interpretation 5).

use crate::context::Tx;
use crate::deadline::{self, NewDeadline};
use crate::error::ActResult;
use crate::journal::{Deed, Entry};
use chrono::NaiveDate;
use domain::application::ApplicationStatus;
use domain::deadline::{DeadlineKind, format_date_fr};
use domain::term::first_term_end;
use entity::habilitation::Column as Habilitation;
use entity::ids::{ApplicationId, HabilitationId};
use entity::{application, certificate, enrolment, evaluation, habilitation};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait, Select,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// How many acts of each kind a journal entry names; it tells how many there are.
const NAMED_ACTS: u64 = 200;

/// The decision was notified `on` this day (interpretation 5): the habilitation runs for three years from
/// it (III.6.a), or the delay to appeal starts (III.8.a).
pub(crate) async fn notified(tx: &Tx, id: ApplicationId, on: NaiveDate) -> ActResult<()> {
    let row = find(tx, id).await?;
    deadline::meet(tx, DeadlineKind::DecisionNotified, id, on).await?;
    let summary = if *row.status == ApplicationStatus::Accepted {
        let to = first_term_end(on);
        habilitation::Entity::update_many()
            .col_expr(Habilitation::NotifiedOn, Expr::value(on))
            .col_expr(Habilitation::TermEndsOn, Expr::value(to))
            .col_expr(Habilitation::Version, Expr::col(Habilitation::Version).add(1))
            .filter(Habilitation::ApplicationId.eq(id))
            .filter(Habilitation::NotifiedOn.is_null())
            .exec(tx.conn())
            .await?;
        let (from, to) = (format_date_fr(on), format_date_fr(to));
        format!("Acceptation notifiée : habilitation du {from} au {to}")
    } else {
        let new = NewDeadline {
            kind: DeadlineKind::AppealLodged,
            subject: id.into(),
            authority: Some(row.authority_id),
            organism: Some(row.organism_id),
            started_on: on,
        };
        deadline::open(tx, new).await?;
        deadline::restart(tx, new).await?;
        "Refus notifié : le délai de recours court".to_owned()
    };
    let entry = Entry::new(id, summary).under("III.5.d");
    tx.record(Deed::NotifyDecision, entry.about(row.organism_id));
    Ok(())
}

/// Whether the habilitation still is what its notification made it: neither renewed nor ended. What was
/// built on it since is for the authority to settle.
pub(crate) async fn notification_can_be_voided(tx: &Tx, id: ApplicationId) -> ActResult<bool> {
    let Some(held) = held(tx, id).await? else { return Ok(true) };
    let later = [held.renewed_on, held.expired_on, held.withdrawn_on, held.renounced_on];
    Ok(later.iter().all(Option::is_none))
}

/// The notification of this day is void (interpretation 5): the habilitation has no effect, or the delay to
/// appeal does not run, until there is another. What was done in between is left as it is, and told.
pub(crate) async fn notification_voided(
    tx: &Tx,
    id: ApplicationId,
    on: NaiveDate,
) -> ActResult<()> {
    let row = find(tx, id).await?;
    deadline::reopen(tx, DeadlineKind::DecisionNotified, id).await?;
    let day = format_date_fr(on);
    let summary = if *row.status == ApplicationStatus::Accepted {
        if let Some(held) = held(tx, id).await? {
            unnotify(tx, &held, on).await?;
        }
        format!("Notification du {day} nulle : l’habilitation n’a pas d’effet")
    } else {
        deadline::cancel(tx, DeadlineKind::AppealLodged, id).await?;
        format!("Notification du {day} nulle : le délai de recours ne court pas")
    };
    let entry = Entry::new(id, summary).under("X.c");
    tx.record(Deed::VoidNotification, entry.about(row.organism_id));
    Ok(())
}

async fn unnotify(tx: &Tx, held: &habilitation::Model, on: NaiveDate) -> ActResult<()> {
    let (done, told) = done_in_between(tx, held.id).await?;
    habilitation::Entity::update_many()
        .col_expr(Habilitation::NotifiedOn, Expr::value(Option::<NaiveDate>::None))
        .col_expr(Habilitation::TermEndsOn, Expr::value(Option::<NaiveDate>::None))
        .col_expr(Habilitation::Version, Expr::col(Habilitation::Version).add(1))
        .filter(Habilitation::Id.eq(held.id))
        .filter(Habilitation::NotifiedOn.eq(on))
        .exec(tx.conn())
        .await?;
    let summary = format!("Habilitation sans effet jusqu’à une nouvelle notification ; {told}");
    let entry = Entry::new(held.id, summary).under("X.c");
    tx.record(Deed::VoidNotification, entry.about(held.organism_id).with(done));
    Ok(())
}

/// What was done under the habilitation since it was notified: ids for programs, numbers for people.
async fn done_in_between(tx: &Tx, id: HabilitationId) -> ActResult<(Value, String)> {
    let enrolments = enrolment::Entity::find().filter(enrolment::Column::HabilitationId.eq(id));
    let evaluations = evaluation::Entity::find()
        .join(JoinType::InnerJoin, evaluation::Relation::Enrolment.def())
        .filter(enrolment::Column::HabilitationId.eq(id));
    let certificates =
        certificate::Entity::find().filter(certificate::Column::HabilitationId.eq(id));
    let (enrolments, told_enrolments) = named(tx, enrolments, enrolment::Column::Id).await?;
    let (evaluations, told_evaluations) = named(tx, evaluations, evaluation::Column::Id).await?;
    let (certificates, told_certificates) =
        named(tx, certificates, certificate::Column::Id).await?;
    let told = format!(
        "laissés en l’état : inscriptions {told_enrolments}, évaluations {told_evaluations}, \
         certificats {told_certificates}"
    );
    let done = json!({
        "enrolments": enrolments,
        "evaluations": evaluations,
        "certificates": certificates,
    });
    Ok((done, told))
}

/// The ids of the first rows, and how many there are, in words.
async fn named<E>(tx: &Tx, rows: Select<E>, id: E::Column) -> ActResult<(Vec<Uuid>, String)>
where
    E: EntityTrait<Model: Send + Sync>,
{
    let count = rows.clone().count(tx.conn()).await?;
    let ids: Vec<Uuid> = rows
        .select_only()
        .column(id)
        .order_by_asc(id)
        .limit(NAMED_ACTS)
        .into_tuple()
        .all(tx.conn())
        .await?;
    Ok((ids, counted(count)))
}

/// How many there are, and whether the entry names them all.
fn counted(count: u64) -> String {
    if count > NAMED_ACTS {
        format!("{count} (liste limitée à {NAMED_ACTS})")
    } else {
        count.to_string()
    }
}

async fn find(tx: &Tx, id: ApplicationId) -> ActResult<application::Model> {
    let row = application::Entity::find_by_id(id).one(tx.conn()).await?;
    Ok(row.ok_or_else(|| anyhow::anyhow!("the notified application is missing"))?)
}

/// The application's habilitation, held so that no act under it commits on what is being undone.
async fn held(tx: &Tx, id: ApplicationId) -> ActResult<Option<habilitation::Model>> {
    let row = habilitation::Entity::find().filter(Habilitation::ApplicationId.eq(id));
    Ok(row.lock_exclusive().one(tx.conn()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_cut_says_so() {
        assert_eq!(counted(200), "200");
        assert_eq!(counted(201), "201 (liste limitée à 200)");
    }
}
