//! Following the sequence of changes: from a place that a cursor names, without a gap, each change
//! authorised anew, and a word when the reader's roles are no longer the same.

use crate::caller::Caller;
use async_graphql::{Context, Error, ErrorExtensions};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use entity::notice;
use futures::Stream;
use sea_orm::DatabaseConnection;
use service::change::{self, CandidateChange, CandidateChanges};
use service::error::{ActError, ActResult};
use service::sight::Sight;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use telemetry::mask;
use tokio::sync::watch;

/// How many changes are read at once.
const PAGE: u64 = 100;

/// What a subscription listens to, besides the sequence.
#[derive(Clone)]
pub(super) struct Ears {
    /// Moved when the roles of the socket's account changed.
    pub(super) roles: watch::Receiver<u64>,
    /// The pause after a reading failed, and between two looks at a task.
    pub(super) every: Duration,
}

/// Where a reader stands in one feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The last number that it knows.
    pub(crate) seq: i64,
    /// What it could see then.
    digest: String,
}

/// Where a reader goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// After this number.
    After(i64),
    /// From the start: it may have missed something, or its roles are no longer the same.
    Again,
}

impl Place {
    /// The cursor of a place in a feed, for a reader of this sight.
    pub(crate) fn cursor(feed: &str, digest: &str, seq: i64) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(format!("{feed}:{digest}:{seq}"))
    }

    /// The place that a cursor of this feed names.
    pub(crate) fn read(cursor: &str, feed: &str) -> Result<Self, Error> {
        let read = || {
            let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
            let (rest, seq) = text.rsplit_once(':')?;
            let (name, digest) = rest.rsplit_once(':')?;
            let seq = seq.parse().ok()?;
            (name == feed).then(|| Self { seq, digest: digest.to_owned() })
        };
        read().ok_or_else(|| {
            Error::new("Ce curseur n’est pas un curseur de cette liste.")
                .extend_with(|_, values| values.set("code", "BAD_CURSOR"))
        })
    }

    /// Where its reader goes on, now that the sequence stands there and its sight is this one.
    pub(crate) fn standing(&self, position: change::Position, digest: &str) -> Standing {
        if self.digest == digest && position.follows(self.seq) {
            Standing::After(self.seq)
        } else {
            Standing::Again
        }
    }
}

/// A kind of change that can be followed.
pub(crate) trait Feed: Clone + Send + Sync + 'static {
    /// What a reader is told of.
    type Item: Send + 'static;
    /// Its name inside cursors, with what it is narrowed to.
    fn name(&self) -> String;
    /// What follows a number, as this sight has it.
    fn read(
        &self,
        db: &DatabaseConnection,
        sight: &Sight,
        after: i64,
        limit: u64,
    ) -> impl Future<Output = ActResult<Vec<(i64, Self::Item)>>> + Send;
}

impl Feed for CandidateChanges {
    type Item = CandidateChange;

    fn name(&self) -> String {
        let organism = self.organism.map(|id| id.map(|id| id.to_string()).unwrap_or_default());
        let candidate = self.candidate.map(|id| id.to_string());
        let narrowed = organism.or(candidate).unwrap_or_default();
        format!("candidateChanges/{narrowed}")
    }

    async fn read(
        &self,
        db: &DatabaseConnection,
        sight: &Sight,
        after: i64,
        limit: u64,
    ) -> ActResult<Vec<(i64, CandidateChange)>> {
        let rows = CandidateChanges::read(self, db, sight, after, limit).await?;
        Ok(rows.into_iter().map(|row| (row.seq, row)).collect())
    }
}

/// The notices that the reader may see.
#[derive(Clone, Copy)]
pub(super) struct NoticeChanges;

impl Feed for NoticeChanges {
    type Item = notice::Model;

    fn name(&self) -> String {
        "noticeChanges".to_owned()
    }

    async fn read(
        &self,
        db: &DatabaseConnection,
        sight: &Sight,
        after: i64,
        limit: u64,
    ) -> ActResult<Vec<(i64, notice::Model)>> {
        change::notices(db, sight, after, limit).await
    }
}

/// What a follower is told.
pub(super) struct News<T> {
    /// Where it stands after it.
    pub(super) cursor: String,
    /// What changed; none when the follower starts again.
    pub(super) item: Option<T>,
}

/// Follows a feed after the place that `after` names; without one, from now on.
pub(super) async fn follow<F: Feed>(
    ctx: &Context<'_>,
    feed: F,
    after: Option<&str>,
) -> Result<impl Stream<Item = News<F::Item>> + use<F>, Error> {
    let caller = ctx.data_unchecked::<Arc<Caller>>().clone();
    let ears = ctx.data::<Ears>()?.clone();
    let place = after.map(|cursor| Place::read(cursor, &feed.name())).transpose()?;
    let bell = caller.app().bell.listen();
    let position = change::position(&caller.app().db).await;
    let position = position.map_err(|error| caller.error(&error.into()))?;
    // Whatever was committed before is read at once.
    caller.app().bell.ring(position.seq);
    let digest = change::digest(&caller.sight());
    let standing =
        place.map_or(Standing::After(position.seq), |place| place.standing(position, &digest));
    let mut follower = Follower {
        name: feed.name(),
        feed,
        caller,
        bell,
        ears,
        digest,
        seq: position.seq,
        ready: VecDeque::new(),
    };
    match standing {
        Standing::After(seq) => follower.seq = seq,
        Standing::Again => follower.start_again(),
    }
    Ok(futures::stream::unfold(follower, |mut follower| async move {
        follower.next().await.map(|news| (news, follower))
    }))
}

struct Follower<F: Feed> {
    name: String,
    feed: F,
    caller: Arc<Caller>,
    bell: watch::Receiver<i64>,
    ears: Ears,
    /// What the reader may see, as it was last told.
    digest: String,
    /// The last number known.
    seq: i64,
    /// Read, and not told yet.
    ready: VecDeque<News<F::Item>>,
}

impl<F: Feed> Follower<F> {
    /// The next news; none when the process stops.
    async fn next(&mut self) -> Option<News<F::Item>> {
        loop {
            if self.ears.roles.has_changed().unwrap_or_default() && !self.ready.is_empty() {
                // Told to who may see it still: it is read again.
                self.ready.clear();
                self.digest.clear();
                self.wait().await?;
                continue;
            }
            if let Some(news) = self.ready.pop_front() {
                return Some(news);
            }
            match self.look().await {
                Ok(()) if self.ready.is_empty() => self.wait().await?,
                Ok(()) => {}
                Err(error) => {
                    // Nothing is lost: it is read from the same place again.
                    tracing::debug!(error = told(&error), "the changes were not read");
                    tokio::time::sleep(self.ears.every).await;
                }
            }
        }
    }

    /// Waits until the sequence moved on, or the roles changed.
    async fn wait(&mut self) -> Option<()> {
        tokio::select! {
            moved = self.bell.changed() => moved.ok(),
            changed = self.ears.roles.changed() => {
                changed.ok()?;
                if let Err(error) = self.caller.refresh().await {
                    tracing::debug!(error = told(&error), "the roles were not read");
                    self.ears.roles.mark_changed();
                    tokio::time::sleep(self.ears.every).await;
                }
                Some(())
            }
        }
    }

    /// Reads what follows, and asks again who may see it before it is told.
    async fn look(&mut self) -> ActResult<()> {
        let head = *self.bell.borrow_and_update();
        if self.has_other_sight() {
            return self.read_position().await;
        }
        if head <= self.seq {
            return Ok(());
        }
        if self.read().await?.is_empty() {
            self.seq = head;
            return Ok(());
        }
        self.caller.refresh().await?;
        if self.has_other_sight() {
            return self.read_position().await;
        }
        let rows = self.read().await?;
        let whole = (rows.len() as u64) < PAGE;
        for (seq, item) in rows {
            let cursor = Place::cursor(&self.name, &self.digest, seq);
            self.ready.push_back(News { cursor, item: Some(item) });
            self.seq = seq;
        }
        if whole {
            self.seq = self.seq.max(head);
        }
        Ok(())
    }

    async fn read(&self) -> ActResult<Vec<(i64, F::Item)>> {
        self.feed.read(&self.caller.app().db, &self.caller.sight(), self.seq, PAGE).await
    }

    fn has_other_sight(&self) -> bool {
        change::digest(&self.caller.sight()) != self.digest
    }

    /// The reader sees other things than before: it starts again from now.
    async fn read_position(&mut self) -> ActResult<()> {
        self.seq = change::position(&self.caller.app().db).await?.seq;
        self.digest = change::digest(&self.caller.sight());
        self.start_again();
        Ok(())
    }

    fn start_again(&mut self) {
        let cursor = Place::cursor(&self.name, &self.digest, self.seq);
        self.ready.push_back(News { cursor, item: None });
    }
}

/// An error for the log.
pub(super) fn told(error: &ActError) -> String {
    match error {
        ActError::Fault(error) => mask::error(error),
        ActError::Refused(_) => "refused".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_of_its_feed_and_sight() {
        let position = change::Position { seq: 9, floor: 4 };
        let cursor = Place::cursor("candidateChanges/org_1", "aa", 7);
        let place = Place::read(&cursor, "candidateChanges/org_1").expect("its own");
        assert_eq!(place.standing(position, "aa"), Standing::After(7));
        assert_eq!(place.standing(position, "bb"), Standing::Again);
        let below = Place { seq: 3, digest: "aa".to_owned() };
        assert_eq!(below.standing(position, "aa"), Standing::Again);
        for feed in ["candidateChanges/", "noticeChanges"] {
            assert!(Place::read(&cursor, feed).is_err(), "{feed}");
        }
        for cursor in ["", "é", "candidateChanges", &BASE64_URL_SAFE_NO_PAD.encode("a:b")] {
            assert!(Place::read(cursor, "a").is_err(), "{cursor}");
        }
    }
}
