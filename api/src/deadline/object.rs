//! Deadlines as objects.

use super::{DeadlineKind, DeadlineStatus, DeadlineUnit};
use crate::caller;
use crate::load::{self, Failure, Reader, list};
use crate::node::{self, Node};
use crate::object::object;
use crate::scalar::Date;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use domain::deadline::Explanation;
use entity::deadline::Column;
use entity::ids::DeadlineId;
use entity::text::Text;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use std::collections::HashMap;
use uuid::Uuid;

list! {
    /// The deadlines on an object, seen by whoever sees the object.
    SubjectDeadlines { status: Option<entity::kind::DeadlineStatus> } = "subject.deadlines",
    deadline by DeadlineId(Id, id), oldest first, sorted by DueOn, under Uuid(SubjectId, subject_id);
    |self, _sight| entity::deadline::Entity::find().filter(
        Condition::all().add_option(self.status.map(|status| Column::Status.eq(Text(status)))),
    )
}

/// The deadline of a kind on an object, seen by whoever sees the object.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SubjectDeadline {
    pub(crate) subject: Uuid,
    pub(crate) kind: domain::deadline::DeadlineKind,
}

impl Loader<SubjectDeadline> for Reader {
    type Value = entity::deadline::Model;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[SubjectDeadline],
    ) -> Result<HashMap<SubjectDeadline, entity::deadline::Model>, Failure> {
        let rows = entity::deadline::Entity::find()
            .filter(Column::SubjectId.is_in(keys.iter().map(|key| key.subject)))
            .filter(Column::Kind.is_in(keys.iter().map(|key| Text(key.kind))))
            .all(self.db())
            .await?;
        let key = |row: &entity::deadline::Model| SubjectDeadline {
            subject: row.subject_id,
            kind: row.kind.0,
        };
        Ok(rows.into_iter().map(|row| (key(&row), row)).collect())
    }
}

object! {
    /// A deadline.
    Deadline = seen deadline by DeadlineId;
    /// A page of deadlines.
    DeadlineConnection,
    /// A deadline in a page.
    DeadlineEdge,
    /// The deadline.
    node
}

/// A legal time limit: where it comes from, when it ends, what happens then.
#[Object]
impl Deadline {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Which limit.
    async fn kind(&self) -> DeadlineKind {
        self.0.kind.0.into()
    }

    /// What must be done, in French.
    async fn title(&self) -> &str {
        self.0.kind.rule().title
    }

    /// The rule it comes from.
    async fn article(&self) -> &str {
        self.0.kind.rule().article
    }

    /// What follows when it passes, in French; null where it only reminds.
    async fn consequence(&self) -> Option<&str> {
        self.0.kind.rule().consequence
    }

    /// The day of the act that started it; it does not count.
    async fn started_on(&self) -> Date {
        self.0.started_on.into()
    }

    /// Its last day, included.
    async fn due_on(&self) -> Date {
        self.0.due_on.into()
    }

    /// Open, met (and when), missed or cancelled.
    async fn status(&self) -> DeadlineStatus {
        self.0.status.0.into()
    }

    /// The day on which it was met, in time or late.
    async fn met_on(&self) -> Option<Date> {
        self.0.met_on.map(Date)
    }

    /// How it was counted, step by step.
    async fn explanation(&self, ctx: &Context<'_>) -> Option<DeadlineExplanation> {
        let calendar = &caller::caller(ctx).app().calendar;
        let counted = service::deadline::explain(calendar, &self.0).ok()?;
        Some(DeadlineExplanation::new(&counted, self.0.kind.rule().started_by))
    }

    /// Whose act is awaited: an authority or an organism.
    async fn owner(&self, ctx: &Context<'_>) -> Option<Node> {
        if self.0.kind.awaits_organism() {
            return load::get_opt(ctx, self.0.organism_id).await.map(Node::Organism);
        }
        load::get_opt(ctx, self.0.authority_id).await.map(Node::Authority)
    }

    /// What it is about: an application or an invoice.
    async fn subject(&self, ctx: &Context<'_>) -> Option<Node> {
        node::of_subject(ctx, self.0.subject()).await
    }
}

/// The arithmetic of a deadline, so that nobody argues about dates.
#[derive(SimpleObject)]
pub(crate) struct DeadlineExplanation {
    /// How many units.
    pub(crate) amount: u32,
    /// Whether it runs backwards from a meeting or hearing.
    pub(crate) backwards: bool,
    /// Its last day, included.
    pub(crate) due_on: Date,
    /// The whole arithmetic in French, one sentence a step.
    pub(crate) sentences: Vec<String>,
    /// The days that did not count, with the reason of each.
    pub(crate) skipped: Vec<SkippedDay>,
    /// The act that started it, in French.
    pub(crate) started_by: String,
    /// The day of that act; it does not count.
    pub(crate) started_on: Date,
    /// The unit of `amount`.
    pub(crate) unit: DeadlineUnit,
}

/// A day that a working-day deadline passed over.
#[derive(SimpleObject)]
pub(crate) struct SkippedDay {
    /// The day.
    pub(crate) date: Date,
    /// In French, e.g. « lundi de Pâques ».
    pub(crate) reason: String,
}

impl DeadlineExplanation {
    pub(crate) fn new(counted: &Explanation, started_by: &str) -> Self {
        let skipped = counted.skipped.iter();
        Self {
            amount: counted.span.amount,
            backwards: counted.span.backwards,
            due_on: counted.due_on.into(),
            sentences: counted.sentences(),
            skipped: skipped
                .map(|day| SkippedDay { date: day.date.into(), reason: day.reason.clone() })
                .collect(),
            started_by: started_by.to_owned(),
            started_on: counted.started_on.into(),
            unit: counted.span.unit.into(),
        }
    }
}
