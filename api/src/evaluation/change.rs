//! Changes of candidates, for clients that were offline.

use super::Candidate;
use crate::page::PageInfo;
use crate::scalar::DateTime;
use async_graphql::{ID, SimpleObject};
use service::change;

/// That a candidate, or anything of their record, changed.
#[derive(SimpleObject)]
pub(crate) struct CandidateChange {
    /// The candidate as the viewer may see them now; null when they are not, or no longer, for the viewer.
    candidate: Option<Candidate>,
    /// Who.
    candidate_id: ID,
    /// When they changed last.
    changed_at: DateTime,
    /// Whether the client must forget them: erased, gone elsewhere, or no longer for the viewer.
    removed: bool,
}

impl From<change::CandidateChange> for CandidateChange {
    fn from(change: change::CandidateChange) -> Self {
        Self {
            candidate_id: change.id.to_string().into(),
            changed_at: change.at.into(),
            removed: change.row.is_none(),
            candidate: change.row.map(Candidate::from),
        }
    }
}

/// A change in a page.
#[derive(SimpleObject)]
pub(crate) struct CandidateChangeEdge {
    /// Where it stands.
    pub(crate) cursor: String,
    /// The change.
    pub(crate) node: CandidateChange,
}

/// A page of changes, oldest first. A candidate stands in it once, at the place of their last change.
#[derive(SimpleObject)]
pub(crate) struct CandidateChangeConnection {
    /// The page's edges.
    pub(crate) edges: Vec<CandidateChangeEdge>,
    /// What the page is part of. `endCursor` is never null: keep it for the next time.
    pub(crate) page_info: PageInfo,
    /// Whether the client must drop what it holds and read everything anew: its roles are no longer the same,
    /// or it was away for more than ninety days.
    pub(crate) resync: bool,
}
