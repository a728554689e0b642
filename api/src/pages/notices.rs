//! The page of a notice, opened by the link in its mail (X.c): reading changes nothing, its button
//! acknowledges (P13).

use super::answer::{Answer, Keep, failed, file, not_found, page, see, site, unknown_link};
use crate::request::Tracked;
use crate::state::ApiState;
use askama::Template;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use domain::deadline::format_date_fr;
use domain::notification::NoticeState;
use service::context::{Actor, App, Context};
use service::fault::{self, defect};
use service::notice::{self, NoticePage};

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice {
    subject: String,
    text: String,
    notified_on: Option<String>,
    not_notified: &'static str,
    acknowledged_on: Option<String>,
    appeal_until: Option<String>,
    appeal_explanation: Vec<String>,
    documents: Vec<(String, String)>,
}

impl Notice {
    fn new(token: &str, page: NoticePage) -> Self {
        let path = |id| site(&format!("/notices/{token}/documents/{id}"));
        let stands = page.state == NoticeState::Notified;
        Self {
            subject: page.mail_subject,
            text: page.text.replace(notice::TOKEN_MASK, "…"),
            notified_on: page.notified_on.filter(|_| stands).map(format_date_fr),
            not_notified: not_notified(page.state),
            acknowledged_on: page.acknowledged_on.map(format_date_fr),
            appeal_until: page.appeal_until.map(format_date_fr),
            appeal_explanation: page.appeal_explanation,
            documents: page.documents.into_iter().map(|(name, id)| (name, path(id))).collect(),
        }
    }
}

/// Why the notice notifies nothing yet, or no more, in French.
fn not_notified(state: NoticeState) -> &'static str {
    match state {
        NoticeState::Bounced => "sans effet : ce courriel a été signalé comme non remis",
        NoticeState::Superseded => "sans effet : un nouvel envoi a remplacé ce courriel",
        NoticeState::GivenUp => "sans effet : l’envoi n’a pas abouti",
        NoticeState::Sending | NoticeState::Notified => "en cours d’envoi",
    }
}

/// Shows it.
pub(super) async fn show(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    Path(token): Path<String>,
) -> Answer {
    if fault::planted(defect::SEEN_ACKNOWLEDGED) {
        let _ = notice::acknowledge(&stranger(state.app.clone(), &tracked), &token).await;
    }
    match notice::page(&state.app, &token).await {
        Ok(Some(found)) => page(StatusCode::OK, &Notice::new(&token, found), Keep::Nothing),
        Ok(None) => unknown_link(),
        Err(error) => failed(&error, &tracked.correlation_id),
    }
}

/// Acknowledges it, once whatever the number of clicks, then shows it.
pub(super) async fn acknowledge(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    Path(token): Path<String>,
) -> Answer {
    match notice::acknowledge(&stranger(state.app.clone(), &tracked), &token).await {
        Ok(Some(_)) => see(&format!("/notices/{token}")),
        Ok(None) => unknown_link(),
        Err(error) => failed(&error, &tracked.correlation_id),
    }
}

/// Nobody signed in, on a page.
fn stranger(app: App, tracked: &Tracked) -> Context {
    Context::new(app, Actor::Anonymous, &tracked.correlation_id)
}

/// A document sent with it.
pub(super) async fn document(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    Path((token, id)): Path<(String, String)>,
) -> Answer {
    match notice::linked_document(&state.app, &token, &id).await {
        Ok(Some((document, bytes))) => file(&document.file_name, &document.media_type, bytes),
        Ok(None) => not_found(),
        Err(error) => failed(&error, &tracked.correlation_id),
    }
}
