//! How the issuer is asked: plain requests, no redirect followed, no endless answer.

use axum::body::Bytes;
use axum::http::StatusCode;
use futures::FutureExt;
use futures::future::BoxFuture;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use openidconnect::{HttpRequest, HttpResponse};
use std::time::Duration;

/// The largest answer, in bytes.
const LARGEST: usize = 1_000_000;

/// Why the issuer gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    /// It is not there.
    #[error("the issuer cannot be reached")]
    Unreachable(#[from] hyper_util::client::legacy::Error),
    /// It says itself that it is not there: a status from 500 on, or 429.
    #[error("the issuer answers {0}")]
    Failing(StatusCode),
    /// It takes too long.
    #[error("the issuer did not answer in time")]
    Slow,
    /// Its answer is cut, or is too large.
    #[error("the issuer's answer cannot be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A client of the issuer.
#[derive(Clone)]
pub(super) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    patience: Duration,
}

impl Http {
    /// Waits this long for each answer, in clear only where `encrypted` is not wanted; trusts the
    /// authorities of the system, as other connections do.
    pub(super) fn new(patience: Duration, encrypted: bool) -> std::io::Result<Self> {
        let provider = tokio_rustls::rustls::crypto::ring::default_provider();
        let builder = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?;
        let builder = if encrypted { builder.https_only() } else { builder.https_or_http() };
        let connector = builder.enable_http1().build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), patience })
    }

    /// What the protocol's library asks with.
    pub(super) fn caller(
        &self,
    ) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> + Send + Sync + use<>
    {
        let client = self.clone();
        move |request| client.clone().ask(request).boxed()
    }

    async fn ask(self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answered = async {
            let request = request.map(|body| Full::new(Bytes::from(body)));
            let (parts, body) = self.client.request(request).await?.into_parts();
            let body =
                Limited::new(body, LARGEST).collect().await.map_err(HttpError::Unreadable)?;
            let failing = parts.status.is_server_error();
            if failing || parts.status == StatusCode::TOO_MANY_REQUESTS {
                return Err(HttpError::Failing(parts.status));
            }
            Ok(HttpResponse::from_parts(parts, body.to_bytes().to_vec()))
        };
        tokio::time::timeout(self.patience, answered).await.map_err(|_| HttpError::Slow)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_issuer_over_tls_is_asked_nothing_in_clear() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}/", listener.local_addr().expect("an address"));
        tokio::spawn(async { axum::serve(listener, axum::Router::new()).await });
        let ask = async |encrypted| {
            let http = Http::new(Duration::from_secs(30), encrypted).expect("a client");
            let request = HttpRequest::new(Vec::new());
            let (mut parts, body) = request.into_parts();
            parts.uri = address.parse().expect("an address");
            http.caller()(HttpRequest::from_parts(parts, body)).await
        };
        assert_eq!(ask(false).await.expect("an answer").status(), 404);
        assert!(matches!(ask(true).await, Err(HttpError::Unreachable(_))));
    }
}
