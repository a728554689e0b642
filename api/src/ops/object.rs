//! Actions, history and tasks as objects.

use super::TaskStatus;
use crate::deadline::Deadline;
use crate::load::{self, list};
use crate::object::object;
use crate::page::connection;
use crate::refusal::{Refusal, told};
use crate::scalar::{Date, DateTime};
use async_graphql::{Context, ID, Object, SimpleObject};
use entity::ids::DeadlineId;
use sea_orm::EntityTrait;
use service::schedule::ClockState;
use uuid::Uuid;

/// The rank of an entry in the journal.
type Seq = i64;

list! {
    /// The history of an object, seen by whoever sees the object.
    Timeline {} = "subject.timeline", journal by Seq(Seq, seq), newest first,
    under Uuid(SubjectId, subject_id);
    |self, _sight| entity::journal::Entity::find()
}

/// An act that the viewer may, or may not yet, do on an object.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Action {
    /// Whether it would be accepted now.
    pub(crate) available: bool,
    /// The mutation's name, e.g. `decideApplication`.
    pub(crate) mutation: String,
    /// Why not, when not available.
    pub(crate) refusals: Vec<Refusal>,
    #[graphql(skip)]
    until: Option<DeadlineId>,
}

#[async_graphql::ComplexObject]
impl Action {
    /// The last day for it, when there is one.
    async fn until(&self, ctx: &Context<'_>) -> Option<Deadline> {
        load::get_opt(ctx, self.until).await
    }
}

impl Action {
    /// The acts that the rules list.
    #[expect(clippy::unnecessary_wraps, reason = "the field is null when its reading failed")]
    pub(crate) fn list(actions: Vec<service::policy::Action>) -> Option<Vec<Self>> {
        let told = actions.into_iter().map(|action| Self {
            available: action.refusals.is_empty(),
            mutation: action.act.as_str().to_owned(),
            refusals: told(action.refusals),
            until: action.until,
        });
        Some(told.collect())
    }
}

/// An entry.
pub(crate) struct TimelineEntry(entity::journal::Model);

impl From<entity::journal::Model> for TimelineEntry {
    fn from(row: entity::journal::Model) -> Self {
        Self(row)
    }
}

connection! {
    /// A page of history.
    TimelineConnection,
    /// An entry in a page.
    TimelineEdge,
    /// The entry.
    TimelineEntry = journal
}

/// An entry of an object's history (X.b).
#[Object]
impl TimelineEntry {
    /// The act, as its mutation or task calls it.
    async fn act(&self) -> &str {
        &self.0.act
    }

    /// The rule it rests on.
    async fn article(&self) -> Option<&str> {
        self.0.article.as_deref()
    }

    /// When.
    async fn at(&self) -> DateTime {
        self.0.at.into()
    }

    /// On which legal day.
    async fn on(&self) -> Date {
        self.0.legal_on.into()
    }

    /// In French, for people.
    async fn summary(&self) -> &str {
        &self.0.summary
    }
}

object! {
    /// A task.
    Task = seen outbox by OutboxId;
    /// A page of tasks.
    TaskConnection,
    /// A task in a page.
    TaskEdge,
    /// The task.
    node
}

/// Something that follows an act by itself: a mail, a document, a slot (X.d).
#[Object]
impl Task {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What kind of task, e.g. `SEND_INVOICE`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// The ids that it works on, as JSON.
    async fn payload(&self) -> String {
        self.0.payload.to_string()
    }

    /// Where it stands.
    async fn status(&self) -> TaskStatus {
        self.0.status.0.into()
    }

    /// How often it was tried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// How often it is tried before it is given up.
    async fn max_attempts(&self) -> i32 {
        self.0.max_attempts
    }

    /// Why the last try failed.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// When it is tried next.
    async fn next_attempt_at(&self) -> DateTime {
        self.0.next_attempt_at.into()
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was done or given up.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }

    /// How many of its steps are done; null where it has none to tell.
    async fn progress_done(&self) -> Option<i32> {
        self.0.progress_done
    }

    /// How many steps it has; null where it has none to tell.
    async fn progress_total(&self) -> Option<i32> {
        self.0.progress_total
    }

    /// What ties it to the request that caused it.
    async fn correlation_id(&self) -> &str {
        &self.0.correlation_id
    }
}

/// Where legal time stands.
#[derive(SimpleObject)]
pub(crate) struct Clock {
    /// Whether it is simulated; never in production.
    pub(crate) simulated: bool,
    /// Where the simulated clock is going, slot by slot; null once arrived.
    pub(crate) target: Option<Date>,
    /// The legal date.
    pub(crate) today: Date,
}

impl From<ClockState> for Clock {
    fn from(state: ClockState) -> Self {
        Self {
            simulated: state.simulated,
            target: state.target.map(Date),
            today: state.today.into(),
        }
    }
}
