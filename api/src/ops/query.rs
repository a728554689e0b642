//! Any object, what runs, and what day it is.

use super::{Clock, TaskConnection};
use crate::caller;
use crate::load::{self, list};
use crate::node::{self, Node};
use crate::page::{self, Asked};
use crate::vocabulary::TaskStatus;
use async_graphql::{Context, ID, Object};
use entity::ids::OutboxId;
use entity::text::Text;
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use service::schedule;
use service::sight::Visible;

list! {
    /// The tasks: in a state, of a kind.
    Tasks { status: Option<entity::kind::TaskStatus>, kind: Option<String> } = "tasks",
    outbox by OutboxId(Id, id), newest first;
    |self, sight| {
        use entity::outbox::Column;
        entity::outbox::Entity::visible(sight).filter(
            Condition::all()
                .add_option(self.status.map(|status| Column::Status.eq(Text(status))))
                .add_option(self.kind.as_deref().map(|kind| Column::Kind.eq(kind))),
        )
    }
}

/// Any object, what runs, and what day it is.
#[derive(Default)]
pub(crate) struct OpsQuery;

#[Object]
impl OpsQuery {
    /// Any object by its global id; null for what does not exist or may not be seen.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A global id.")] id: ID,
    ) -> Option<Node> {
        node::find(ctx, &id, true).await
    }

    /// Objects by their global ids, in the same order; null for each that does not exist or may not be seen.
    #[graphql(complexity = "1 + ids.len() * child_complexity")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global ids, at most 100.", validator(max_items = 100))] ids: Vec<ID>,
    ) -> Vec<Option<Node>> {
        futures::future::join_all(ids.iter().map(|id| node::find(ctx, id, false))).await
    }

    /// The tasks, newest first; for operators (X.d).
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this state.")] status: Option<TaskStatus>,
        #[graphql(desc = "Only those of this kind, e.g. `SEND_INVOICE`.")] kind: Option<String>,
        #[graphql(desc = "Edges after this cursor.")] after: Option<String>,
        #[graphql(desc = "Edges before this cursor.")] before: Option<String>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
    ) -> Option<TaskConnection> {
        let asked = Asked { after, before, first, last };
        load::root(ctx, Tasks { status: status.map(Into::into), kind }, asked).await
    }

    /// Where legal time stands; for anyone.
    async fn clock(&self, ctx: &Context<'_>) -> Option<Clock> {
        let state = schedule::state(caller::caller(ctx).app()).await;
        caller::or_null(ctx, state).map(Clock::from)
    }
}
