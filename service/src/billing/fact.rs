//! Facts that are billed: recorded on their day at the tariff of that day, each once (interpretation 19).

use super::CHUNK;
use crate::context::Tx;
use crate::error::ActResult;
use crate::subject::subject_id;
use chrono::NaiveDate;
use domain::tariff::{FeeKind, TariffVersion, in_force};
use entity::billable_fact::{ActiveModel, Column, Entity};
use entity::ids::{BillableFactId, OrganismId, TariffId};
use entity::subject::Subject;
use entity::tariff;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};

/// Something that is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NewFact {
    /// Who owes it.
    pub(crate) organism: OrganismId,
    /// What is billed.
    pub(crate) kind: FeeKind,
    /// What it is owed for: of the kind that its own kind names.
    pub(crate) subject: Subject,
    /// Its day, which decides the tariff.
    pub(crate) on: NaiveDate,
}

/// Every version of the tariff.
pub(super) struct Tariffs {
    ids: Vec<TariffId>,
    versions: Vec<TariffVersion>,
}

impl Tariffs {
    /// All versions: a handful, one a year at most (A2.e).
    pub(super) async fn load(db: &impl ConnectionTrait) -> ActResult<Self> {
        let rows = tariff::Entity::find().all(db).await?;
        let ids = rows.iter().map(|row| row.id).collect();
        let versions = rows.iter().map(|row| TariffVersion {
            starts_on: row.starts_on,
            application_fee: row.application_fee,
            site_fee: row.site_fee,
            certificate_fee: row.certificate_fee,
        });
        Ok(Self { ids, versions: versions.collect() })
    }

    /// The amount in cents of a fee on the day `on`, with the version that says so.
    pub(super) fn price(&self, kind: FeeKind, on: NaiveDate) -> ActResult<(TariffId, i64)> {
        let version = in_force(&self.versions, on)
            .ok_or_else(|| anyhow::anyhow!("no tariff is in force on {on}"))?;
        let same = |v: &TariffVersion| v.starts_on == version.starts_on;
        let id = self.versions.iter().position(same).and_then(|i| self.ids.get(i));
        let id = id.ok_or_else(|| anyhow::anyhow!("the tariff in force has no row"))?;
        Ok((*id, version.amount(kind)))
    }
}

/// Records a fact once: the same kind, subject and day is recorded already (A2.a, A2.b, A2.c).
pub(crate) async fn record_fact(
    tx: &Tx,
    organism: OrganismId,
    kind: FeeKind,
    subject: impl Into<Subject>,
    on: NaiveDate,
) -> ActResult<()> {
    let subject = subject.into();
    record_facts(tx, &[NewFact { organism, kind, subject, on }]).await
}

/// Records many facts, each once.
pub(crate) async fn record_facts(tx: &Tx, facts: &[NewFact]) -> ActResult<()> {
    if facts.is_empty() {
        return Ok(());
    }
    let tariffs = Tariffs::load(tx.conn()).await?;
    for chunk in facts.chunks(CHUNK) {
        let rows: ActResult<Vec<_>> = chunk.iter().map(|fact| row(tx, &tariffs, fact)).collect();
        let unique = [Column::Kind, Column::SubjectId, Column::FactOn];
        Entity::insert_many(rows?)
            .on_conflict(OnConflict::columns(unique).do_nothing().to_owned())
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

fn row(tx: &Tx, tariffs: &Tariffs, fact: &NewFact) -> ActResult<ActiveModel> {
    let (tariff_id, amount_cents) = tariffs.price(fact.kind, fact.on)?;
    Ok(ActiveModel {
        id: Set(BillableFactId::new()),
        organism_id: Set(fact.organism),
        kind: Set(fact.kind.into()),
        subject_id: Set(subject_id(fact.kind.subject_kind(), fact.subject)?),
        fact_on: Set(fact.on),
        tariff_id: Set(tariff_id),
        amount_cents: Set(amount_cents),
        recorded_at: Set(tx.now.at),
    })
}
