//! Reading candidates and verifying certificates.

use super::{
    CandidateChangeConnection, CandidateChangeEdge, CandidateConnection, VerifiedCertificate,
};
use crate::caller::{self, Caller};
use crate::live::feed::{Feed, Place, Standing};
use crate::load::{self, list};
use crate::page::{self, Asked, PageInfo};
use crate::scalar::DateTime;
use crate::search::named;
use api_derive::paged;
use async_graphql::{Context, ID, Object};
use entity::ids::{CandidateId, OrganismId};
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use service::change::{self, CandidateChanges};
use service::error::ActResult;
use service::sight::Visible;

list! {
    /// The candidates: of a name, of an organism (none stands for an unknown one).
    Candidates {
        search: Option<String>,
        organism: Option<Option<OrganismId>>,
        since: Option<chrono::DateTime<chrono::Utc>>
    } = "candidates",
    candidate by CandidateId(Id, id), newest first;
    |self, sight| {
        use entity::candidate::Column;
        use entity::candidate_word::{Column as Words, Entity as Word};
        let named = |text| named::<Word>(text, Column::Id, (Words::CandidateId, Words::Word));
        entity::candidate::Entity::visible(sight).filter(
            Condition::all()
                .add_option(self.search.as_deref().map(named))
                .add_option(self.organism.map(|id| Column::OrganismId.is_in(id)))
                .add_option(self.since.map(change::candidates_since)),
        )
    }
}

/// Reading candidates and verifying certificates.
#[derive(Default)]
pub(crate) struct EvaluationQuery;

#[paged]
#[Object]
impl EvaluationQuery {
    /// The candidates that the viewer may see, newest first.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    async fn candidates(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Beginnings of words of the names, in any order: `dup mar` finds Marie Dupont. Accents, case and hyphens make no difference; eight words count."
        )]
        search: Option<String>,
        #[graphql(desc = "Only those registered by this organism.")] organism_id: Option<ID>,
        #[graphql(
            desc = "Only those of whom something changed since this instant, and in the minute before. Whoever must also learn of those that are gone follows `candidateChanges`."
        )]
        updated_since: Option<DateTime>,
        asked: Asked,
    ) -> Option<CandidateConnection> {
        load::root(
            ctx,
            Candidates {
                search,
                organism: organism_id.map(|id| id.parse().ok()),
                since: updated_since.map(|since| since.0),
            },
            asked,
        )
        .await
    }

    /// What changed of the candidates that the viewer may see since a cursor, oldest first, for clients that
    /// were offline. Without `after` the page is empty and its `endCursor` says where the changes stand now: take
    /// it, read everything, then page from it until the end and keep the last `endCursor`.
    #[graphql(complexity = "page::cost(first, None, child_complexity)")]
    async fn candidate_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Changes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only of those registered by this organism.")] organism_id: Option<ID>,
    ) -> Option<CandidateChangeConnection> {
        let organism = organism_id.map(|id| id.parse().ok());
        let feed = CandidateChanges { organism, candidate: None };
        let limit = page::size(first).map_err(|error| caller::record(ctx, error)).ok()?;
        let place = after.as_deref().map(|after| Place::read(after, &feed.name())).transpose();
        let place = place.map_err(|error| caller::record(ctx, error)).ok()?;
        let read = changes(caller::caller(ctx), &feed, place, limit).await;
        caller::or_null(ctx, read)
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

/// A page of changes after a place; where the changes stand, without one.
async fn changes(
    caller: &Caller,
    feed: &CandidateChanges,
    place: Option<Place>,
    limit: u64,
) -> ActResult<CandidateChangeConnection> {
    let (db, sight) = (&caller.app().db, caller.sight());
    // Before the rows: what is committed meanwhile stands beyond it.
    let position = change::position(db).await?;
    let digest = change::digest(&sight);
    let standing = place.as_ref().map(|place| place.standing(position, &digest));
    let mut rows = match standing {
        Some(Standing::After(seq)) => feed.read(db, &sight, seq, limit + 1).await?,
        Some(Standing::Again) | None => Vec::new(),
    };
    let more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let cursor = |seq| Place::cursor(&Feed::name(feed), &digest, seq);
    let last = rows.last().map(|row| row.seq);
    let end = match (more, last, standing) {
        (true, Some(last), _) => last,
        (true, None, Some(Standing::After(seq))) => seq,
        (false, Some(last), _) => Ord::max(last, position.seq),
        _ => position.seq,
    };
    let edges = rows
        .into_iter()
        .map(|row| CandidateChangeEdge { cursor: cursor(row.seq), node: row.into() });
    let edges: Vec<_> = edges.collect();
    Ok(CandidateChangeConnection {
        page_info: PageInfo {
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: Some(cursor(end)),
            has_next_page: more,
            has_previous_page: matches!(standing, Some(Standing::After(_))),
        },
        edges,
        resync: standing == Some(Standing::Again),
    })
}
