//! What invoices bill: facts under a tariff.

use super::FeeKind;
use super::Invoice;
use crate::load::{self, Failure, Reader};
use crate::node::Node;
use crate::object::object;
use crate::scalar::{Cents, Date};
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use entity::ids::{ApplicationId, CertificateId, InvoiceId, OrganismId, SiteId};
use entity::{billable_fact, invoice};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use service::billing;
use std::collections::HashMap;

/// What remains to pay of an invoice, in cents.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Balance(pub(crate) InvoiceId);

impl Loader<Balance> for Reader {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[Balance]) -> Result<HashMap<Balance, i64>, Failure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = billing::balances(self.db(), &ids).await?;
        Ok(found.into_iter().map(|(id, cents)| (Balance(id), cents)).collect())
    }
}

/// What an organism owes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OrganismBalance(OrganismId);

impl OrganismBalance {
    /// In cents; null for who may not see its invoices.
    pub(crate) async fn read(ctx: &Context<'_>, id: OrganismId) -> Option<Cents> {
        let sight = crate::caller::caller(ctx).sight();
        let seen = sight.everything || sight.billing || sight.billed.contains(&id);
        if !seen {
            return None;
        }
        load::one(ctx, Self(id)).await.map(Cents)
    }
}

impl Loader<OrganismBalance> for Reader {
    type Value = i64;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[OrganismBalance],
    ) -> Result<HashMap<OrganismBalance, i64>, Failure> {
        let owners: Vec<(InvoiceId, OrganismId)> = invoice::Entity::find()
            .filter(invoice::Column::OrganismId.is_in(keys.iter().map(|key| key.0)))
            .select_only()
            .columns([invoice::Column::Id, invoice::Column::OrganismId])
            .into_tuple()
            .all(self.db())
            .await?;
        let ids: Vec<_> = owners.iter().map(|(id, _)| *id).collect();
        let balances = billing::balances(self.db(), &ids).await?;
        let mut found: HashMap<_, i64> = keys.iter().map(|key| (*key, 0)).collect();
        for (id, owner) in owners {
            *found.entry(OrganismBalance(owner)).or_default() +=
                balances.get(&id).copied().unwrap_or_default();
        }
        Ok(found)
    }
}

object! {
    /// A line.
    InvoiceLine = seen invoice_line by InvoiceLineId;
    /// A page of lines.
    InvoiceLineConnection,
    /// A line in a page.
    InvoiceLineEdge,
    /// The line.
    node
}

impl InvoiceLine {
    async fn billed(&self, ctx: &Context<'_>) -> Option<billable_fact::Model> {
        load::row(ctx, self.0.billable_fact_id).await
    }
}

/// One fact, its tariff and its amount.
#[Object]
impl InvoiceLine {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The invoice that it stands on.
    async fn invoice(&self, ctx: &Context<'_>) -> Option<Invoice> {
        load::get(ctx, self.0.invoice_id).await
    }

    /// Its rank on the invoice, from 1.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// As printed on the invoice, in French.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// Amount.
    async fn amount(&self) -> Cents {
        self.0.amount_cents.into()
    }

    /// What is billed.
    async fn kind(&self, ctx: &Context<'_>) -> Option<FeeKind> {
        Some(self.billed(ctx).await?.kind.0.into())
    }

    /// The rule that it rests on, e.g. `A2.b`.
    async fn article(&self, ctx: &Context<'_>) -> Option<&'static str> {
        Some(self.billed(ctx).await?.kind.article())
    }

    /// The day of the fact: the tariff in force on it applies (interpretation 19).
    async fn fact_on(&self, ctx: &Context<'_>) -> Option<Date> {
        Some(self.billed(ctx).await?.fact_on.into())
    }

    /// The application, site or certificate that it bills; null for who may not see it.
    async fn fact(&self, ctx: &Context<'_>) -> Option<Node> {
        use domain::tariff::FeeKind as Kind;
        let billed = self.billed(ctx).await?;
        let subject = billed.subject_id;
        match billed.kind.0 {
            Kind::ApplicationFee => {
                load::get(ctx, ApplicationId(subject)).await.map(Node::Application)
            }
            Kind::SiteFee => load::get(ctx, SiteId(subject)).await.map(Node::Site),
            Kind::CertificateFee => {
                load::get(ctx, CertificateId(subject)).await.map(Node::Certificate)
            }
        }
    }
}

object! {
    /// A tariff.
    Tariff = seen tariff by TariffId;
    /// A page of tariffs.
    TariffConnection,
    /// A tariff in a page.
    TariffEdge,
    /// The tariff.
    node
}

/// A dated version of annexe 2's amounts (A2.e).
#[Object]
impl Tariff {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its first day.
    async fn starts_on(&self) -> Date {
        self.0.starts_on.into()
    }

    /// The day of the board's decision.
    async fn decided_on(&self) -> Date {
        self.0.decided_on.into()
    }

    /// Per application filed with Certif Pro (A2.a).
    async fn application_fee(&self) -> Cents {
        self.0.application_fee.into()
    }

    /// Per billable site and site-year (A2.b).
    async fn site_fee(&self) -> Cents {
        self.0.site_fee.into()
    }

    /// Per certificate awarded (A2.c).
    async fn certificate_fee(&self) -> Cents {
        self.0.certificate_fee.into()
    }
}
