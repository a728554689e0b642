//! The fields of `Subscription`.

use super::feed::{self, Ears, News, NoticeChanges};
use crate::caller::Caller;
use crate::evaluation::CandidateChange;
use crate::notice::Notice;
use crate::ops::Task;
use async_graphql::{Context, Error, ID, SimpleObject, Subscription as Fields};
use entity::ids::{CandidateId, OutboxId};
use entity::kind::TaskStatus;
use entity::{candidate, outbox};
use futures::{Stream, StreamExt};
use sea_orm::{ColumnTrait, QueryFilter};
use service::change::{self, CandidateChanges};
use service::error::{ActResult, not_found};
use service::sight::{self, Visible};
use std::sync::Arc;

/// A candidate changed, or the follower starts again.
#[derive(SimpleObject)]
pub(crate) struct CandidateEvent {
    /// What changed; null when the follower starts again.
    change: Option<CandidateChange>,
    /// Where the follower stands now: goes on from there with `after`, that of `candidatesChanged` also in
    /// `candidateChanges`.
    cursor: String,
    /// Whether the follower starts again: its roles are no longer the same, or it was away for too long. What
    /// it holds is to be dropped and read anew.
    resync: bool,
}

impl From<News<change::CandidateChange>> for CandidateEvent {
    fn from(news: News<change::CandidateChange>) -> Self {
        let resync = news.item.is_none();
        Self { change: news.item.map(CandidateChange::from), cursor: news.cursor, resync }
    }
}

/// A notice was written or its state changed, or the follower starts again.
#[derive(SimpleObject)]
pub(crate) struct NoticeEvent {
    /// Where the follower stands now: goes on from there with `after`.
    cursor: String,
    /// The notice; null when the follower starts again.
    notice: Option<Notice>,
    /// Whether the follower starts again: its roles are no longer the same, or it was away for too long.
    resync: bool,
}

impl From<News<entity::notice::Model>> for NoticeEvent {
    fn from(news: News<entity::notice::Model>) -> Self {
        let resync = news.item.is_none();
        Self { cursor: news.cursor, notice: news.item.map(Notice::from), resync }
    }
}

/// What is told without being asked for, over a WebSocket. Several changes of one object at once may be told
/// as one: an event tells what is now.
#[derive(Default)]
pub struct Subscription;

/// What is told without being asked for, over a WebSocket. Several changes of one object at once may be told
/// as one: an event tells what is now.
#[Fields]
impl Subscription {
    /// Each change of a candidate or of their record, for who may see them.
    async fn candidate_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] candidate_id: ID,
        #[graphql(desc = "Changes after this cursor; from now on when left out.")] after: Option<
            String,
        >,
    ) -> Result<impl Stream<Item = CandidateEvent>, Error> {
        let caller = ctx.data_unchecked::<Arc<Caller>>();
        let (db, sight) = (&caller.app().db, caller.sight());
        let seen =
            sight::find::<candidate::Entity, CandidateId>(db, &sight, &candidate_id, "candidateId");
        let candidate = seen.await.map_err(|error| caller.error(&error))?.id;
        let feed = CandidateChanges { candidate: Some(candidate), ..CandidateChanges::default() };
        Ok(feed::follow(ctx, feed, after.as_deref()).await?.map(CandidateEvent::from))
    }

    /// Each change of the candidates that the viewer may see, and of their records.
    async fn candidates_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those registered by this organism.")] organism_id: Option<ID>,
        #[graphql(desc = "Changes after this cursor; from now on when left out.")] after: Option<
            String,
        >,
    ) -> Result<impl Stream<Item = CandidateEvent>, Error> {
        let organism = organism_id.map(|id| id.parse().ok());
        let feed = CandidateChanges { organism, ..CandidateChanges::default() };
        Ok(feed::follow(ctx, feed, after.as_deref()).await?.map(CandidateEvent::from))
    }

    /// Each notice that the viewer may see, when it is written and when what is known of its delivery changes:
    /// delivered, acknowledged, bounced, sent again, brought by registered letter (X.c).
    async fn notice_received(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Notices after this cursor; from now on when left out.")] after: Option<
            String,
        >,
    ) -> Result<impl Stream<Item = NoticeEvent>, Error> {
        Ok(feed::follow(ctx, NoticeChanges, after.as_deref()).await?.map(NoticeEvent::from))
    }

    /// A task as it stands, then each time that it is tried or moves on, until it is done or given up; for
    /// operators (X.d).
    async fn task_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task.")] task_id: ID,
    ) -> Result<impl Stream<Item = Task>, Error> {
        let caller = ctx.data_unchecked::<Arc<Caller>>().clone();
        let ears = ctx.data::<Ears>()?.clone();
        let id: Option<OutboxId> = task_id.parse().ok();
        let first = read(&caller, id).await.map_err(|error| caller.error(&error))?;
        let first = first.ok_or_else(|| caller.error(&not_found("taskId").into()))?;
        let told = futures::stream::unfold((caller, ears, Some(first), None), later);
        Ok(told.map(Task::from))
    }
}

/// The task as it is now, for who may see it.
async fn read(caller: &Caller, id: Option<OutboxId>) -> ActResult<Option<outbox::Model>> {
    let rows = outbox::Entity::visible(&caller.sight()).filter(outbox::Column::Id.is_in(id));
    Ok(rows.one(&caller.app().db).await?)
}

type Watched = (Arc<Caller>, Ears, Option<outbox::Model>, Option<outbox::Model>);

/// The task once it is no longer as it was told last.
async fn later((caller, ears, first, last): Watched) -> Option<(outbox::Model, Watched)> {
    if let Some(first) = first {
        return Some((first.clone(), (caller, ears, None, Some(first))));
    }
    let last = last.filter(|last| *last.status == TaskStatus::Pending)?;
    loop {
        tokio::time::sleep(ears.every).await;
        let now = match read(&caller, Some(last.id)).await {
            Ok(now) => now?,
            Err(error) => {
                tracing::debug!(error = feed::told(&error), "the task was not read");
                continue;
            }
        };
        let shown =
            |row: &outbox::Model| (row.status, row.attempts, row.progress_done, row.progress_total);
        if shown(&now) == shown(&last) {
            continue;
        }
        // Asked again before it is told.
        if caller.refresh().await.is_err() {
            continue;
        }
        let sees = caller.sight().tasks;
        return sees.then(|| (now.clone(), (caller, ears, None, Some(now))));
    }
}
