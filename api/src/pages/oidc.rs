//! Sign-in by an OpenID Connect issuer, as a browser goes through it: sent to the issuer, back with its
//! answer, and on to the frontend with a code. Whatever goes wrong is said on a page, under a stable code.

use super::answer::{Answer, Keep, failed, page, problem_of};
use crate::ApiState;
use crate::oidc::{Oidc, OidcError, RETURN_PATH};
use crate::request::Tracked;
use askama::Template;
use axum::Router;
use axum::extract::{Extension, Query, State};
use axum::http::header::{CACHE_CONTROL, COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Deserialize;
use service::account::oidc::{self as act, ATTEMPT_LIFE, Attempt};
use service::context::{Actor, Context};
use service::error::ActError;

/// Where a sign-in by the issuer begins.
const START_PATH: &str = "/connexion/oidc";
const COOKIE_NAME: &str = "clea_oidc";

/// The routes, where an issuer is configured.
pub(crate) fn router(on: bool) -> Router<ApiState> {
    if !on {
        return Router::new();
    }
    Router::new().route(START_PATH, get(start)).route(RETURN_PATH, get(back))
}

#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedIn<'a> {
    issuer: &'a str,
}

/// What the issuer sends back with the browser.
#[derive(Deserialize)]
struct Returned {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// Why a sign-in ends on a page.
enum Failure {
    Issuer(OidcError),
    /// The issuer says that the person did not sign in, or declined.
    Declined,
    Act(ActError),
}

impl From<OidcError> for Failure {
    fn from(error: OidcError) -> Self {
        Self::Issuer(error)
    }
}

impl From<ActError> for Failure {
    fn from(error: ActError) -> Self {
        Self::Act(error)
    }
}

/// Sends the browser to the issuer.
async fn start(State(state): State<ApiState>, Extension(tracked): Extension<Tracked>) -> Answer {
    let Some(oidc) = &state.oidc else { return super::answer::not_found() };
    let attempt = Attempt::new();
    let sent = async {
        let address = oidc.address(&attempt).await?;
        attempt.keep(&state.app).await?;
        Ok(address)
    };
    match sent.await {
        Ok(address) => {
            let life = ATTEMPT_LIFE.num_seconds();
            redirect(&address, &cookie(&state, &attempt.browser, life))
        }
        Err(failure) => told(oidc, &failure, &tracked),
    }
}

/// Takes the issuer's answer; whatever it is, the attempt is over.
async fn back(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    Query(returned): Query<Returned>,
    headers: HeaderMap,
) -> Answer {
    let Some(oidc) = &state.oidc else { return super::answer::not_found() };
    let forget = cookie(&state, "", 0);
    let mut answer = match signed_in(&state, oidc, &tracked, (returned, &headers)).await {
        Ok(Some(address)) => return redirect(&address, &forget),
        Ok(None) => page(StatusCode::OK, &SignedIn { issuer: oidc.name() }, Keep::Nothing),
        Err(failure) => told(oidc, &failure, &tracked),
    };
    if let Ok(forget) = HeaderValue::from_str(&forget) {
        answer.headers_mut().insert(SET_COOKIE, forget);
    }
    answer
}

/// Signs the person in whom the issuer names; answers where the frontend takes its code, if there is one.
async fn signed_in(
    state: &ApiState,
    oidc: &Oidc,
    tracked: &Tracked,
    (returned, headers): (Returned, &HeaderMap),
) -> Result<Option<String>, Failure> {
    let unknown = || Failure::Act(act::unknown_attempt().into());
    let browser = browser(headers).ok_or_else(unknown)?;
    let attempt = Attempt { state: returned.state.ok_or_else(unknown)?, browser };
    attempt.take(&state.app).await?;
    let code = returned.code.filter(|_| returned.error.is_none()).ok_or(Failure::Declined)?;
    let identity = oidc.redeem(&attempt, code).await?;
    let ctx = Context::new(state.app.clone(), Actor::Anonymous, &tracked.correlation_id);
    let account = act::recognise(&ctx, &identity).await?;
    match oidc.frontend_url() {
        Some(url) => {
            let code = act::give_code(&state.app, account).await?;
            // In the fragment: it goes into no log and to no other site.
            Ok(Some(format!("{url}#code={code}")))
        }
        None => Ok(None),
    }
}

/// The cookie that ties a sign-in to its browser: sent when the issuer sends the browser back, read by no
/// script.
fn cookie(state: &ApiState, value: &str, seconds: i64) -> String {
    let secure = if state.app.settings.public_url.starts_with("https:") { "; Secure" } else { "" };
    format!("{COOKIE_NAME}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

fn browser(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim() == COOKIE_NAME).map(|(_, value)| value.trim().to_owned())
}

fn redirect(address: &str, cookie: &str) -> Answer {
    let headers = [
        (LOCATION, address),
        (SET_COOKIE, cookie),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (StatusCode::SEE_OTHER, headers.map(|(name, value)| (name, value.to_owned()))).into_response()
}

/// The page that says why, and what to do.
fn told(oidc: &Oidc, failure: &Failure, tracked: &Tracked) -> Answer {
    let (status, code, text) = match failure {
        Failure::Act(ActError::Refused(refusals)) => {
            let Some(refusal) = refusals.first() else { return super::answer::not_found() };
            let of_attempt = refusal.code.starts_with("OIDC_STATE_");
            let status = if of_attempt { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
            (status, refusal.code.as_ref(), refusal.message.as_str())
        }
        Failure::Act(error) => return failed(error, tracked),
        Failure::Declined => (
            StatusCode::FORBIDDEN,
            "OIDC_DECLINED",
            "La connexion a été refusée ou abandonnée auprès du fournisseur d’identité : recommencez-la si \
             c’était une erreur.",
        ),
        Failure::Issuer(error) => {
            let (code, text) = of_issuer(*error);
            (StatusCode::BAD_GATEWAY, code, text)
        }
    };
    let title = format!("Connexion par {} impossible", oidc.name());
    problem_of(status, &title, text, code)
}

fn of_issuer(error: OidcError) -> (&'static str, &'static str) {
    match error {
        OidcError::Unavailable => (
            "OIDC_ISSUER_UNAVAILABLE",
            "Le fournisseur d’identité ne répond pas, ou pas comme prévu : réessayez dans quelques minutes, ou \
             connectez-vous avec votre mot de passe.",
        ),
        OidcError::CodeRefused => (
            "OIDC_CODE_REFUSED",
            "Le fournisseur d’identité n’a pas confirmé cette connexion : recommencez-la.",
        ),
        OidcError::Signature => (
            "OIDC_TOKEN_SIGNATURE",
            "La réponse du fournisseur d’identité n’est pas signée par lui : elle est refusée. Signalez-le à \
             l’exploitant de la plateforme.",
        ),
        OidcError::Nonce => (
            "OIDC_TOKEN_NONCE",
            "La réponse du fournisseur d’identité répond à une autre connexion : elle est refusée. \
             Recommencez la connexion.",
        ),
        OidcError::Expired => (
            "OIDC_TOKEN_EXPIRED",
            "La réponse du fournisseur d’identité a expiré : recommencez la connexion.",
        ),
        OidcError::Invalid => (
            "OIDC_TOKEN_INVALID",
            "La réponse du fournisseur d’identité n’est pas destinée à cette plateforme : elle est refusée. \
             Signalez-le à l’exploitant de la plateforme.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; xclea_oidc=no"));
        assert_eq!(browser(&headers), None);
        headers.append(COOKIE, HeaderValue::from_static("c=d; clea_oidc=yes; e=f"));
        assert_eq!(browser(&headers).as_deref(), Some("yes"));
    }
}
