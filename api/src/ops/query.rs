//! Any object, what runs, and what day it is.

use super::TaskStatus;
use super::{Clock, TaskConnection};
use crate::caller;
use crate::load::{self, list};
use crate::node::{self, Node};
use crate::page::Asked;
use api_derive::paged;
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

#[paged]
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
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this state.")] status: Option<TaskStatus>,
        #[graphql(desc = "Only those of this kind, e.g. `SEND_INVOICE`.")] kind: Option<String>,
        asked: Asked,
    ) -> Option<TaskConnection> {
        load::root(ctx, Tasks { status: status.map(Into::into), kind }, asked).await
    }

    /// Where legal time stands; for anyone.
    async fn clock(&self, ctx: &Context<'_>) -> Option<Clock> {
        let state = schedule::state(caller::caller(ctx).app()).await;
        caller::or_null(ctx, state).map(Clock::from)
    }
}
