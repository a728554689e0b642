//! The three pages, as each server is asked for them.

use crate::data::Sizes;
use anyhow::Context as _;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use clap::ValueEnum;
use entity::ids::{CandidateId, InvoiceId, OrganismId};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use std::ops::RangeInclusive;
use uuid::Uuid;

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Name {
    /// A candidate with enrolments, evaluations, results, certificate, organism.
    History,
    /// 50 candidates of an organism with last evaluation and certificate.
    Organism,
    /// 100 invoices with lines and organism.
    Invoices,
}

impl Name {
    /// As the report names it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::History => "candidate history",
            Self::Organism => "organism page",
            Self::Invoices => "invoice page",
        }
    }

    /// The statement of PostgreSQL alone, with `:key` for a rank.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::History => include_str!("../pages/history.sql"),
            Self::Organism => include_str!("../pages/organism.sql"),
            Self::Invoices => include_str!("../pages/invoices.sql"),
        }
    }

    /// The query of this service.
    pub(crate) fn graphql(self) -> &'static str {
        match self {
            Self::History => include_str!("../pages/history.graphql"),
            Self::Organism => include_str!("../pages/organism.graphql"),
            Self::Invoices => include_str!("../pages/invoices.graphql"),
        }
    }

    /// PostGraphile's query.
    pub(crate) fn postgraphile(self) -> &'static str {
        match self {
            Self::History => include_str!("../pages/history.postgraphile.graphql"),
            Self::Organism => include_str!("../pages/organism.postgraphile.graphql"),
            Self::Invoices => include_str!("../pages/invoices.postgraphile.graphql"),
        }
    }

    /// The ranks that may be asked for.
    pub(crate) fn ranks(self, sizes: &Sizes) -> RangeInclusive<u64> {
        match self {
            Self::History => 1..=sizes.candidates,
            Self::Organism => 1..=sizes.organisms,
            // After an invoice with 100 older ones.
            Self::Invoices => 101..=sizes.organisms * sizes.quarters,
        }
    }

    /// What `bench.id` makes an id of a rank with.
    fn kind(self) -> u8 {
        match self {
            Self::History => 20,
            Self::Organism => 10,
            Self::Invoices => 33,
        }
    }

    /// The ids of the ranks, in order.
    pub(crate) async fn ids(
        self,
        db: &DatabaseConnection,
        sizes: &Sizes,
    ) -> anyhow::Result<Vec<Uuid>> {
        let ranks = self.ranks(sizes);
        let query = format!(
            "SELECT bench.id({}, n) FROM generate_series({}::bigint, {}) AS n",
            self.kind(),
            ranks.start(),
            ranks.end()
        );
        let rows = Statement::from_string(db.get_database_backend(), query);
        let rows = db.query_all_raw(rows).await?;
        rows.iter().map(|row| row.try_get_by_index(0).context("an id")).collect()
    }

    /// The variable `key` of this service's query.
    pub(crate) fn our_key(self, id: Uuid) -> String {
        match self {
            Self::History => CandidateId(id).to_string(),
            Self::Organism => OrganismId(id).to_string(),
            Self::Invoices => BASE64_URL_SAFE_NO_PAD.encode(format!("invoices:{}", InvoiceId(id))),
        }
    }
}
