//! The API or acts alone on a test's database, with every statement that they run written down.

use crate::app::{TestApp, application};
use crate::client::Client;
use sea_orm::Statement;
use serde_json::Value;
use service::context::App;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// A server without workers on the database of a test, on connections of its own: what it runs between
/// a request and its answer belongs to this request.
pub struct Watched {
    base: String,
    statements: Statements,
    stop: CancellationToken,
}

/// What ran.
#[derive(Clone, Default)]
pub struct Statements(Arc<Mutex<Vec<Statement>>>);

impl Statements {
    fn add(&self, statement: &Statement) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(statement.clone());
    }

    /// What ran since this was asked last, values included, in the order in which it ran.
    #[must_use = "what ran is forgotten"]
    pub fn taken(&self) -> Vec<Statement> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl TestApp {
    /// What acts share, on connections of their own to the same data, and what these run.
    ///
    /// # Panics
    /// When the database cannot be reached.
    pub async fn written(&self) -> (App, Statements) {
        let mut db = self.backend().pool().await.expect("the database is there");
        let statements = Statements::default();
        let written = statements.clone();
        db.set_metric_callback(move |info| written.add(info.statement));
        (application(db), statements)
    }

    /// Serves the same data at another address, statements written down.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn watched(&self) -> Watched {
        let (app, statements) = self.written().await;
        let written = statements.clone();
        let watch = Arc::new(move |statement: &Statement| written.add(statement));
        let state = api::ApiState::new(app, api::Explorer::Off).with_watch(watch);
        let router = api::router(state);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(async move { stopped.cancelled().await })
                .await
        });
        Watched { base, statements, stop }
    }
}

impl Watched {
    /// This caller, here.
    #[must_use]
    pub fn client(&self, client: &Client) -> Client {
        client.at(&self.base)
    }

    /// The whole answer to a request, and the texts of the statements that it took, without their
    /// values, in the order of the alphabet: loaders run at once.
    ///
    /// # Panics
    /// When the server does not answer JSON.
    pub async fn ask(
        &self,
        client: &Client,
        query: &str,
        variables: Value,
    ) -> (Value, Vec<String>) {
        let (answer, statements) = self.whole(client, query, variables).await;
        (answer, texts(statements))
    }

    /// The same with the statements whole, their values included, in the order in which they ran.
    ///
    /// # Panics
    /// When the server does not answer JSON.
    pub async fn whole(
        &self,
        client: &Client,
        query: &str,
        variables: Value,
    ) -> (Value, Vec<Statement>) {
        drop(self.statements.taken());
        let answer = self.client(client).raw(query, variables).await;
        (answer, self.statements.taken())
    }

    /// The same of a page.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn page(&self, client: &Client, path: &str) -> (Value, Vec<String>) {
        drop(self.statements.taken());
        let answer = self.client(client).page(reqwest::Method::GET, path).await;
        (serde_json::json!([answer.0, answer.1]), texts(self.statements.taken()))
    }
}

fn texts(statements: Vec<Statement>) -> Vec<String> {
    let mut texts: Vec<_> = statements.into_iter().map(|statement| statement.sql).collect();
    texts.sort_unstable();
    texts
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
