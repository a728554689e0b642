//! Who asks.

use super::Viewer;
use crate::caller;
use async_graphql::{Context, Object};

/// Who asks.
#[derive(Default)]
pub(crate) struct AccountQuery;

#[Object]
impl AccountQuery {
    /// Who is signed in; null for nobody.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Viewer> {
        caller::act(ctx).actor.account().map(Viewer::of)
    }
}
