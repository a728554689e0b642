//! Reading candidates and verifying certificates.

use super::{CandidateConnection, VerifiedCertificate};
use crate::caller;
use crate::load::{self, list};
use crate::page::{self, Asked};
use async_graphql::{Context, ID, Object};
use domain::person::name_key;
use entity::ids::{CandidateId, OrganismId};
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use service::sight::Visible;

list! {
    /// The candidates: of a name, of an organism (none stands for an unknown one).
    Candidates { search: Option<String>, organism: Option<Option<OrganismId>> } = "candidates",
    candidate by CandidateId(Id, id), newest first;
    |self, sight| {
        use entity::candidate::Column;
        entity::candidate::Entity::visible(sight).filter(
            Condition::all()
                .add_option(self.search.as_deref().map(|text| Column::NameKey.contains(name_key(text))))
                .add_option(self.organism.map(|id| Column::OrganismId.is_in(id))),
        )
    }
}

/// Reading candidates and verifying certificates.
#[derive(Default)]
pub(crate) struct EvaluationQuery;

#[Object]
impl EvaluationQuery {
    /// The candidates that the viewer may see, newest first.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn candidates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Words of the name.")] search: Option<String>,
        #[graphql(desc = "Only those registered by this organism.")] organism_id: Option<ID>,
        #[graphql(desc = "Edges after this cursor.")] after: Option<String>,
        #[graphql(desc = "Edges before this cursor.")] before: Option<String>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
    ) -> Option<CandidateConnection> {
        let asked = Asked { after, before, first, last };
        load::root(
            ctx,
            Candidates { search, organism: organism_id.map(|id| id.parse().ok()) },
            asked,
        )
        .await
    }

    /// Verifies a certificate by the code printed on its parchment; for anyone (A3.5.b).
    async fn verify_certificate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code printed on the parchment.")] code: String,
    ) -> Option<VerifiedCertificate> {
        let found = service::evaluation::verify(&caller::caller(ctx).app().db, &code).await;
        caller::or_null(ctx, found)?.map(VerifiedCertificate::from)
    }
}
