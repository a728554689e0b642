//! One try of a task, and how its mails leave.

use mailer::Transport;
use sea_orm::DatabaseConnection;
use service::context::Context;
use std::sync::Arc;

/// One try of a task.
pub(crate) struct Job<'a> {
    /// The application, as the task.
    pub(crate) ctx: &'a Context,
    /// How mails leave.
    pub(crate) post: &'a Post,
    /// The task's own key: what it does once is known by it.
    pub(crate) key: String,
}

impl Job<'_> {
    /// The database, outside any transaction.
    pub(crate) fn db(&self) -> &DatabaseConnection {
        self.ctx.db()
    }
}

/// How mails leave, and in whose name.
#[derive(Clone)]
pub(crate) struct Post {
    /// The transport.
    pub(crate) transport: Arc<dyn Transport>,
    /// Who mails come from.
    pub(crate) from: String,
    /// Where answers go, when not there.
    pub(crate) reply_to: Option<String>,
}
