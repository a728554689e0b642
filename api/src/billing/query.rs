//! Reading what is billed.

use super::{InvoiceConnection, TariffConnection};
use crate::caller;
use crate::load::{self, To, list};
use crate::page::Asked;
use crate::scalar::Cents;
use api_derive::paged;
use async_graphql::{Context, Object, SimpleObject};
use entity::ids::{InvoiceId, TariffId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use service::billing;
use service::sight::Visible;

/// What was received is less than what is owed; SQL that both databases read.
const UNPAID: &str = r#""invoice"."total_cents" > COALESCE((SELECT SUM("payment"."amount_cents")
    FROM "payment" WHERE "payment"."invoice_id" = "invoice"."id"), 0)"#;

list! {
    /// The invoices: of a quarter, unpaid.
    Invoices { quarter: Option<String>, unpaid: bool } = "invoices",
    invoice by InvoiceId(Id, id), newest first,
    with [To {
        field: "organism",
        column: entity::invoice::Column::OrganismId,
        id: |row: &entity::invoice::Model| row.organism_id,
    }];
    |self, sight| {
        use entity::invoice::Column;
        entity::invoice::Entity::visible(sight).filter(
            Condition::all()
                .add_option(self.quarter.as_deref().map(|quarter| Column::Quarter.eq(quarter)))
                .add_option(self.unpaid.then(|| Expr::cust(UNPAID))),
        )
    }
}

list! {
    /// The tariffs.
    Tariffs {} = "tariffs", tariff by TariffId(Id, id), newest first, sorted by StartsOn;
    |self, sight| entity::tariff::Entity::visible(sight)
}

/// What a quarter's run would do, or what it did.
#[derive(SimpleObject)]
pub(crate) struct QuarterPreview {
    /// How many of its invoices exist as documents: none before the run; after it, how far the workers
    /// have come.
    pub(crate) document_count: u64,
    /// How many invoices.
    pub(crate) invoice_count: u64,
    /// How many lines.
    pub(crate) line_count: u64,
    /// The quarter, e.g. `2026Q3`.
    pub(crate) quarter: String,
    /// Their total.
    pub(crate) total: Cents,
}

impl From<billing::Preview> for QuarterPreview {
    fn from(preview: billing::Preview) -> Self {
        Self {
            document_count: preview.document_count,
            invoice_count: preview.invoice_count,
            line_count: preview.line_count,
            quarter: preview.quarter,
            total: preview.total_cents.into(),
        }
    }
}

/// Reading what is billed.
#[derive(Default)]
pub(crate) struct BillingQuery;

#[paged]
#[Object]
impl BillingQuery {
    /// The invoices that the viewer may see, newest first (A2.d).
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    async fn invoices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this quarter, e.g. `2026Q3`.")] quarter: Option<String>,
        #[graphql(default, desc = "Only those on which something remains to pay.")]
        unpaid_only: bool,
        asked: Asked,
    ) -> Option<InvoiceConnection> {
        load::root(ctx, Invoices { quarter, unpaid: unpaid_only }, asked).await
    }

    /// The quarter as it would be invoiced now, changing nothing; as it was, once it is; for finance (A2.d).
    async fn preview_quarter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For example `2026Q3`.")] quarter: String,
    ) -> Option<QuarterPreview> {
        let found = billing::preview(&caller::act(ctx), &quarter).await;
        caller::or_null(ctx, found).map(QuarterPreview::from)
    }

    /// The versions of annexe 2's amounts, latest first; for anyone (A2.e).
    async fn tariffs(&self, ctx: &Context<'_>, asked: Asked) -> Option<TariffConnection> {
        load::root(ctx, Tariffs {}, asked).await
    }
}
