//! What is answered instead of what was asked: a status, a stable code for programs, a sentence for people.

use async_graphql::ErrorExtensions;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use service::outage::Outage;
use std::borrow::Cow;
use telemetry::{mask, metrics};

/// When a client may try again what the database could not serve, in seconds.
const RETRY_AFTER: u64 = 5;

/// An answer that is no GraphQL answer, nor a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejection {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    /// From the argument or variable down to what is wrong; empty for the whole request.
    field: Vec<String>,
    /// When to try again, in seconds.
    retry_after: Option<u64>,
    /// Whether the document is what is wrong: such an answer is 200 in the older media type.
    of_document: bool,
}

impl Rejection {
    /// With this status, this code for programs and this message for people, in French.
    pub(crate) const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        let message = Cow::Borrowed(message);
        Self { status, code, message, field: Vec::new(), retry_after: None, of_document: false }
    }

    /// What is wrong with the document itself: it is answered 400, or 200 in the older media type, as the
    /// specification asks.
    pub(crate) const fn of_document(code: &'static str, message: &'static str) -> Self {
        let mut rejection = Self::new(StatusCode::BAD_REQUEST, code, message);
        rejection.of_document = true;
        rejection
    }

    /// The same with another message.
    pub(crate) fn saying(self, message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), ..self }
    }

    /// The same about a field.
    pub(crate) fn at(self, field: Vec<String>) -> Self {
        Self { field, ..self }
    }

    /// The same, to be tried again after so many seconds.
    pub(crate) const fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// What a caller is told of a fault met at this place of the figures; its cause goes to the log, and
    /// what passes by itself is told apart.
    pub(crate) fn of_fault(cause: &anyhow::Error, place: &'static str) -> Self {
        let error = mask::error(cause);
        if let Some(outage) = Outage::of_fault(cause).map(Outage::as_str) {
            tracing::warn!(outage, error, "the database did not serve");
            return UNAVAILABLE;
        }
        let what = match place {
            "page" => "a page",
            "webhook" => "a report of a bounce",
            _ => "a request",
        };
        tracing::error!(error, "{what} met a fault");
        metrics::fault(place);
        FAULT
    }

    /// Its status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// Its code.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// Where it stands; empty for the whole request.
    #[cfg(test)]
    pub(crate) fn field(&self) -> &[String] {
        &self.field
    }

    /// What people are told.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The headers that go with it.
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap) {
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }

    /// As JSON, in the shape of a GraphQL answer.
    pub(crate) fn into_response(self, correlation_id: &str) -> Response {
        let mut extensions = json!({ "code": self.code, "correlationId": correlation_id });
        if !self.field.is_empty() {
            extensions["field"] = json!(self.field);
        }
        let body = json!({ "errors": [{ "message": self.message, "extensions": extensions }] });
        let mut response = (self.status, axum::Json(body)).into_response();
        self.add_headers(response.headers_mut());
        response
    }

    /// The same in a media type of GraphQL answers; `older` is the one that answers 200 to documents.
    pub(crate) fn in_media_type(
        self,
        media_type: &'static str,
        older: bool,
        correlation_id: &str,
    ) -> Response {
        let well = older && self.of_document;
        let mut response = self.into_response(correlation_id);
        if well {
            *response.status_mut() = StatusCode::OK;
        }
        let media_type = HeaderValue::from_static(media_type);
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        response
    }

    /// As an error of a GraphQL answer.
    pub(crate) fn error(&self, correlation_id: &str) -> async_graphql::Error {
        async_graphql::Error::new(self.message.as_ref()).extend_with(|_, values| {
            values.set("code", self.code);
            values.set("correlationId", correlation_id);
        })
    }

    /// Whether this answer tells of it.
    pub(crate) fn is_told_in(&self, response: &async_graphql::Response) -> bool {
        let code = async_graphql::Value::from(self.code);
        let told = |error: &async_graphql::ServerError| {
            error.extensions.as_ref().and_then(|values| values.get("code")) == Some(&code)
        };
        response.errors.iter().any(told)
    }

    /// What a page says: who reads it knows of no idempotency key.
    pub(crate) fn page_text(&self) -> &str {
        match self.code {
            "UNAVAILABLE" => {
                "Le service est momentanément indisponible. Réessayez dans quelques instants."
            }
            "TIMEOUT" => "La demande a pris trop de temps. Réessayez dans quelques instants.",
            "INTERNAL" => "Une erreur interne est survenue. Réessayez dans quelques minutes.",
            _ => &self.message,
        }
    }

    /// What a bare answer of this status says.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let (code, message) = match status {
            StatusCode::NOT_FOUND => ("NOT_FOUND", "Il n’y a rien à cette adresse."),
            StatusCode::METHOD_NOT_ALLOWED => {
                ("METHOD_NOT_ALLOWED", "Cette adresse ne répond pas à cette méthode HTTP.")
            }
            StatusCode::PAYLOAD_TOO_LARGE => {
                ("PAYLOAD_TOO_LARGE", "La requête dépasse un million d’octets.")
            }
            status if status.is_client_error() => {
                ("BAD_REQUEST", "La requête n’est pas de la forme attendue.")
            }
            _ => return FAULT,
        };
        Self::new(status, code, message)
    }
}

/// A fault of the machine.
pub(crate) const FAULT: Rejection = Rejection::new(
    StatusCode::INTERNAL_SERVER_ERROR,
    "INTERNAL",
    "Une erreur interne est survenue ; indiquez cet identifiant à l’exploitant.",
);
/// The database does not serve for now.
pub(crate) const UNAVAILABLE: Rejection = Rejection::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "UNAVAILABLE",
    "Le service est momentanément indisponible. Réessayez dans quelques instants, avec la même clé \
     d’idempotence s’il s’agit d’un acte.",
)
.after(RETRY_AFTER);
/// It took too long.
pub(crate) const TIMEOUT: Rejection = Rejection::new(
    StatusCode::GATEWAY_TIMEOUT,
    "TIMEOUT",
    "La demande a pris trop de temps et a été interrompue ; réessayez, avec la même clé d’idempotence \
     s’il s’agit d’un acte.",
);
