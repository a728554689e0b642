//! How pages and files are answered: their headers, and what is said when something is not there.

use crate::rejection::Rejection;
use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    REFERRER_POLICY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect};
use service::context::Settings;
use service::error::ActError;
use std::sync::Arc;
use telemetry::{mask, metrics};

/// Nothing but our own style sheet, and forms that come back here.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                           frame-ancestors 'none'";
/// A file is saved, not shown; were it shown, nothing in it would run.
const FILE_POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

tokio::task_local! {
    /// The settings of the site that answers.
    static SITE: Arc<Settings>;
}

/// Answers a request as the site of this application: behind a proxy that takes a path away, its links
/// have it again.
pub(crate) async fn on_site(
    State(site): State<Arc<Settings>>,
    request: Request,
    next: Next,
) -> Answer {
    SITE.scope(site, next.run(request)).await
}

/// Where a browser finds this path of the site: every link, form and redirection of a page goes through here.
pub(crate) fn site(path: &str) -> String {
    let found = SITE.try_with(|settings| format!("{}{path}", settings.base_path()));
    found.unwrap_or_else(|_| path.to_owned())
}

/// Sends the browser on to another page of the site.
pub(super) fn see(path: &str) -> Answer {
    Redirect::to(&site(path)).into_response()
}

/// What a page or a file answers.
pub(super) type Answer = Response<Body>;

/// What may be kept of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Keep {
    /// Nothing: it is personal.
    Nothing,
    /// A copy for a few minutes.
    Shortly,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'a> {
    title: &'a str,
    text: &'a str,
    /// What ties the traces of a fault together; empty when there is none.
    correlation_id: &'a str,
    /// What a person tells whom they ask for help; empty when the text says it all.
    code: &'a str,
}

/// A page.
pub(super) fn page(status: StatusCode, template: &impl Template, keep: Keep) -> Answer {
    match template.render() {
        Ok(html) => respond(
            status,
            Body::from(html),
            &[
                (CONTENT_TYPE, "text/html; charset=utf-8"),
                (CONTENT_SECURITY_POLICY, PAGE_POLICY),
                (CACHE_CONTROL, cache(keep)),
            ],
        ),
        Err(error) => {
            tracing::error!(error = mask::cause(&error), "a page could not be written");
            metrics::fault("page");
            // Nothing of a page can be written: not even why.
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

/// A file to save under a name.
pub(super) fn file(name: &str, media_type: &str, bytes: Vec<u8>) -> Answer {
    let disposition = format!("attachment; filename=\"{}\"", safe_name(name));
    respond(
        StatusCode::OK,
        Body::from(bytes),
        &[
            (CONTENT_TYPE, media_type),
            (CONTENT_SECURITY_POLICY, FILE_POLICY),
            (CACHE_CONTROL, cache(Keep::Nothing)),
            (CONTENT_DISPOSITION, &disposition),
        ],
    )
}

fn cache(keep: Keep) -> &'static str {
    match keep {
        Keep::Nothing => "no-store",
        Keep::Shortly => "public, max-age=300",
    }
}

/// Every answer names its type for good and tells no other site where it was read.
fn respond(status: StatusCode, body: Body, headers: &[(HeaderName, &str)]) -> Answer {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let all = response.headers_mut();
    all.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    all.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            all.insert(name, value);
        }
    }
    response
}

/// A file name that ends no header and names no folder.
fn safe_name(name: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = name.chars().map(kept).collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() { "document".to_owned() } else { name.to_owned() }
}

/// A page that says what was done.
pub(super) fn done(title: &str, text: &str) -> Answer {
    problem(StatusCode::OK, title, text)
}

/// A page that says why there is nothing to see.
fn problem(status: StatusCode, title: &str, text: &str) -> Answer {
    problem_of(status, title, text, "")
}

/// The same under a stable code.
pub(super) fn problem_of(status: StatusCode, title: &str, text: &str, code: &str) -> Answer {
    page(status, &Problem { title, text, correlation_id: "", code }, Keep::Nothing)
}

/// What is answered instead of what was asked: a page for who reads pages, else JSON. A page names the traces where a
/// person may have to tell it to who runs the platform.
pub(crate) fn rejected(rejection: &Rejection, pages: bool, correlation_id: &str) -> Answer {
    if !pages {
        return rejection.clone().into_response(correlation_id);
    }
    let status = rejection.status();
    let (title, correlation_id) = match status {
        StatusCode::SERVICE_UNAVAILABLE => ("Service indisponible", correlation_id),
        StatusCode::NOT_FOUND => ("Page introuvable", ""),
        status if status.is_server_error() => ("Erreur interne", correlation_id),
        _ => ("Demande refusée", ""),
    };
    let problem = Problem { title, text: rejection.page_text(), correlation_id, code: "" };
    let mut answer = page(status, &problem, Keep::Nothing);
    rejection.add_headers(answer.headers_mut());
    answer
}

/// What does not exist, or is not for the viewer to see.
pub(super) fn not_found() -> Answer {
    let text = "Ce document n’existe pas, ou vous n’y avez pas accès.";
    problem(StatusCode::NOT_FOUND, "Page introuvable", text)
}

/// A link that was never given, or no longer opens.
pub(super) fn unknown_link() -> Answer {
    let text = "Ce lien n’est pas valable ou a expiré. Si vous avez besoin de ce courriel, adressez-vous à \
                l’autorité qui vous l’a envoyé.";
    problem(StatusCode::NOT_FOUND, "Lien inconnu ou expiré", text)
}

/// A link to an account's page that was never given, or no longer opens.
pub(super) fn unknown_account_link() -> Answer {
    let text = "Ce lien n’est pas valable, a expiré ou a déjà servi. Demandez-en un autre : une nouvelle \
                invitation à qui vous a invité, ou un nouveau mot de passe.";
    problem(StatusCode::NOT_FOUND, "Lien inconnu ou expiré", text)
}

/// Without a session's token.
pub(super) fn sign_in_first() -> Answer {
    let text = "Ce document demande une connexion : joignez le jeton de votre session.";
    let mut answer = problem(StatusCode::UNAUTHORIZED, "Connexion requise", text);
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    answer
}

/// An act that failed: a refusal is told, a fault is traced and not shown.
pub(super) fn failed(error: &ActError, correlation_id: &str) -> Answer {
    match error {
        ActError::Refused(refusals) => {
            let first = refusals.first();
            let told = first.map_or("Demande refusée.", |r| r.message.as_str());
            match first.map_or("", |r| r.code.as_ref()) {
                "NOT_FOUND" => not_found(),
                "NOT_SIGNED_IN" => sign_in_first(),
                "FORBIDDEN" => problem(StatusCode::FORBIDDEN, "Accès refusé", told),
                _ => problem(StatusCode::BAD_REQUEST, "Demande refusée", told),
            }
        }
        ActError::Fault(cause) => {
            rejected(&Rejection::of_fault(cause, "page"), true, correlation_id)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejection::{FAULT, UNAVAILABLE};
    use axum::http::header::RETRY_AFTER;

    #[test]
    fn a_file_name_ends_no_header_and_names_no_folder() {
        assert_eq!(safe_name("Facture F2026-000001.pdf"), "Facture_F2026-000001.pdf");
        assert_eq!(safe_name("../é\"\r\nx.pdf"), "_____x.pdf");
        assert_eq!(safe_name(".."), "document");
    }

    #[test]
    fn a_fault_shows_no_cause() {
        let answer = failed(&ActError::Fault(anyhow::anyhow!("SELECT secret")), "r-1");
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers()[REFERRER_POLICY], "no-referrer");
        assert_eq!(answer.headers()[CONTENT_SECURITY_POLICY], PAGE_POLICY);
    }

    #[test]
    fn a_fault_shows_no_cause_and_an_outage_says_when_to_come_back() {
        let lost = sea_orm::DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout);
        let lost = Rejection::of_fault(&lost.into(), "page");
        assert_eq!(lost, UNAVAILABLE);
        for pages in [false, true] {
            let answer = rejected(&lost, pages, "r-1");
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(answer.headers()[RETRY_AFTER], "5");
            assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
        }
        let fault = Rejection::of_fault(&anyhow::anyhow!("SELECT secret"), "page");
        assert_eq!(fault, FAULT);
    }
}
