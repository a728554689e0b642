//! Sign-in by an OpenID Connect issuer, as a browser goes through it: sent to the issuer, back with its
//! answer, and on to the frontend with a code. Whatever goes wrong is said on a page, under a stable code.

use super::answer::{Answer, Keep, failed, page, problem_of};
use crate::oidc::{Oidc, OidcError, RETURN_PATH};
use crate::request::Tracked;
use crate::state::ApiState;
use askama::Template;
use axum::Router;
use axum::extract::{Extension, Query, State};
use axum::http::header::{CACHE_CONTROL, COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Deserialize;
use service::account::oidc::{self as act, ATTEMPT_LIFE, Attempt};
use service::context::{Actor, Context, Settings};
use service::error::ActError;
use service::token::hash;

/// Where a sign-in by the issuer begins.
const START_PATH: &str = "/connexion/oidc";

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

/// What a frontend sends the browser with.
#[derive(Deserialize)]
struct Begun {
    challenge: Option<String>,
}

/// What the issuer sends back with the browser.
#[derive(Deserialize)]
struct Returned {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    /// The issuer that answers (RFC 9207).
    iss: Option<String>,
}

/// Why a sign-in ends on a page.
enum Failure {
    Issuer(OidcError),
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

/// Sends the browser to the issuer; for a frontend that keeps a secret, where there is one.
async fn start(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    Query(begun): Query<Begun>,
) -> Answer {
    let Some(oidc) = &state.oidc else { return super::answer::not_found() };
    let attempt = Attempt::new();
    let sent = async {
        let challenge = oidc.frontend_url().map(|_| act::challenge(begun.challenge)).transpose()?;
        let address = oidc.address(&attempt).await?;
        attempt.keep(&state.app, challenge).await?;
        Ok(address)
    };
    match sent.await {
        Ok(address) => {
            let cookie = Cookie::of(&state.app.settings, &attempt.state);
            cookie.set(redirect(&address), &attempt.browser, ATTEMPT_LIFE.num_seconds())
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
    let cookie = returned.state.as_deref().map(|given| Cookie::of(&state.app.settings, given));
    let answer = match signed_in(&state, oidc, &tracked, (returned, &headers)).await {
        Ok(Some(address)) => redirect(&address),
        Ok(None) => page(StatusCode::OK, &SignedIn { issuer: oidc.name() }, Keep::Nothing),
        Err(failure) => told(oidc, &failure, &tracked),
    };
    match cookie {
        Some(cookie) => cookie.set(answer, "", 0),
        None => answer,
    }
}

/// Signs the person in whom the issuer names; answers where the frontend takes its code, if there is one.
async fn signed_in(
    state: &ApiState,
    oidc: &Oidc,
    tracked: &Tracked,
    (returned, headers): (Returned, &HeaderMap),
) -> Result<Option<String>, Failure> {
    let unknown = || Failure::Act(act::unknown_attempt().into());
    let given = returned.state.ok_or_else(unknown)?;
    let browser = Cookie::of(&state.app.settings, &given).find(headers).ok_or_else(unknown)?;
    let attempt = Attempt { state: given, browser };
    let challenge = attempt.take(&state.app).await?;
    oidc.require_own(returned.iss.as_deref()).await?;
    let code = returned.code.filter(|_| returned.error.is_none());
    let code = code.ok_or_else(|| OidcError::of_answer(returned.error.as_deref()))?;
    let (identity, access) = oidc.redeem(&attempt, code).await?;
    // Who is known by the subject needs no address.
    let addressed = identity.email.is_some() && identity.email_verified;
    let enough = addressed || act::is_bound(&state.app, &identity).await?;
    let identity = if enough { identity } else { oidc.with_address(identity, access).await? };
    let ctx = Context::new(state.app.clone(), Actor::Anonymous, &tracked.correlation_id);
    let account = act::recognise(&ctx, &identity).await?;
    match oidc.frontend_url() {
        Some(url) => {
            let code = act::give_code(&state.app, account, act::challenge(challenge)?).await?;
            // In the fragment: it goes into no log and to no other site.
            Ok(Some(format!("{url}#code={code}")))
        }
        None => Ok(None),
    }
}

/// The cookie that ties a sign-in to its browser, one for each: two tabs may sign in at once. Under https no
/// other site of the domain can set it; where a path is ours and not the whole host, it is sent there alone.
struct Cookie {
    name: String,
    path: String,
    secure: bool,
}

impl Cookie {
    fn of(site: &Settings, attempt: &str) -> Self {
        let (secure, base) = (site.public_url.starts_with("https:"), site.base_path());
        let mark = hash(attempt.as_bytes());
        let prefix = match (secure, base) {
            (false, _) => "",
            (true, "") => "__Host-",
            (true, _) => "__Secure-",
        };
        Self { name: format!("{prefix}clea_oidc_{}", &mark[..8]), path: format!("{base}/"), secure }
    }

    /// The answer with it, sent when the issuer sends the browser back, read by no script.
    fn set(&self, mut answer: Answer, value: &str, seconds: i64) -> Answer {
        let Self { name, path, secure } = self;
        let secure = if *secure { "; Secure" } else { "" };
        let cookie = format!(
            "{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
        );
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            answer.headers_mut().insert(SET_COOKIE, cookie);
        }
        answer
    }

    /// Its value in a request.
    fn find(&self, headers: &HeaderMap) -> Option<String> {
        let all = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            all.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| name.trim() == self.name).map(|(_, value)| value.trim().to_owned())
    }
}

fn redirect(address: &str) -> Answer {
    let headers =
        [(LOCATION, address), (CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
    (StatusCode::SEE_OTHER, headers.map(|(name, value)| (name, value.to_owned()))).into_response()
}

/// The page that says why, and what to do.
fn told(oidc: &Oidc, failure: &Failure, tracked: &Tracked) -> Answer {
    let (status, code, text) = match failure {
        Failure::Act(ActError::Refused(refusals)) => {
            let Some(refusal) = refusals.first() else { return super::answer::not_found() };
            let of_attempt = ["OIDC_STATE_", "OIDC_CHALLENGE_"];
            let of_attempt = of_attempt.iter().any(|of| refusal.code.starts_with(of));
            let status = if of_attempt { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
            (status, refusal.code.as_ref(), refusal.message.as_str())
        }
        Failure::Act(error) => return failed(error, &tracked.correlation_id),
        Failure::Issuer(error) => {
            let declined = *error == OidcError::Declined;
            let status = if declined { StatusCode::FORBIDDEN } else { StatusCode::BAD_GATEWAY };
            let (code, text) = of_issuer(*error);
            (status, code, text)
        }
    };
    let title = format!("Connexion avec {} impossible", oidc.name());
    problem_of(status, &title, text, code)
}

fn of_issuer(error: OidcError) -> (&'static str, &'static str) {
    match error {
        OidcError::Declined => (
            "OIDC_DECLINED",
            "La connexion a été refusée ou abandonnée auprès du fournisseur d’identité : recommencez-la si \
             c’était une erreur.",
        ),
        OidcError::Unavailable => (
            "OIDC_ISSUER_UNAVAILABLE",
            "Le fournisseur d’identité ne répond pas, ou refuse cette plateforme : réessayez dans quelques \
             minutes, ou connectez-vous avec votre mot de passe.",
        ),
        OidcError::Unreadable => (
            "OIDC_ANSWER_INVALID",
            "La réponse du fournisseur d’identité n’est pas lisible : elle est refusée, et le serait de \
             nouveau. Signalez-le à l’exploitant de la plateforme, et connectez-vous avec votre mot de passe.",
        ),
        OidcError::OtherIssuer => (
            "OIDC_ISSUER_MISMATCH",
            "Cette réponse vient d’un autre fournisseur d’identité que celui de la plateforme : elle est \
             refusée. Recommencez la connexion depuis l’application ; si cela se répète, signalez-le à \
             l’exploitant de la plateforme.",
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
            "La réponse du fournisseur d’identité ne correspond à aucune connexion en cours : elle est \
             refusée. Recommencez la connexion.",
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

    fn site(public_url: &str) -> Settings {
        Settings {
            public_url: public_url.to_owned(),
            certification_code: String::new(),
            session_length: chrono::Duration::hours(1),
            production: false,
        }
    }

    #[test]
    fn the_cookie_of_an_attempt_is_found_among_others() {
        let site = site("http://clea.test");
        let (one, other) = (Cookie::of(&site, "one"), Cookie::of(&site, "other"));
        let mut headers = HeaderMap::new();
        let line = |text: String| HeaderValue::from_str(&text).expect("a header");
        headers.append(COOKIE, line(format!("a=b; x{}=no; {}=other", one.name, other.name)));
        assert_eq!(one.find(&headers), None);
        headers.append(COOKIE, line(format!("c=d; {}=yes; e=f", one.name)));
        assert_eq!(one.find(&headers).as_deref(), Some("yes"));
        assert_eq!(other.find(&headers).as_deref(), Some("other"));
    }

    #[test]
    fn under_https_the_cookie_is_of_this_site_alone() {
        let set = |public_url| {
            let answer = Cookie::of(&site(public_url), "one").set(redirect("/"), "value", 60);
            let set = answer.headers().get(SET_COOKIE).expect("a cookie").to_str().expect("a text");
            set.to_owned()
        };
        let kept = |path: &str| {
            format!("clea_oidc_7692c3ad=value; Path={path}; Max-Age=60; HttpOnly; SameSite=Lax")
        };
        assert_eq!(set("http://clea.test"), kept("/"));
        assert_eq!(set("http://portail.test/clea"), kept("/clea/"));
        assert_eq!(set("https://clea.test"), format!("__Host-{}; Secure", kept("/")));
        assert_eq!(set("https://portail.test/a/b"), format!("__Secure-{}; Secure", kept("/a/b/")));
    }
}
