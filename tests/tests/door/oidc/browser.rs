//! What a test signs in with: an issuer that it tells what to do, and a browser that follows.

use e2e::{TestApp, node};
use reqwest::redirect::Policy;
use reqwest::{Response, Url, header};
use serde_json::Value;
use service::token::hash;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Where people reach the application of a test.
pub(super) const PUBLIC: &str = "http://clea.test";
pub(super) const START: &str = "http://clea.test/connexion/oidc";
pub(super) const RETURN: &str = "http://clea.test/connexion/oidc/retour";
pub(super) const FRONTEND: &str = "http://app.test/connecte";
/// What the frontend of a test keeps.
pub(super) const VERIFIER: &str = "le secret que garde l’application";

/// Where the frontend of a test sends the browser.
pub(super) fn start() -> String {
    format!("{START}?challenge={}", hash(VERIFIER.as_bytes()))
}

/// An issuer that the test tells whom to sign in and what to get wrong.
pub(super) struct Issuer {
    server: node::Server,
    http: reqwest::Client,
}

impl Issuer {
    pub(super) async fn start(claims: &str) -> Option<Self> {
        let env = [("CLEA_RETURN_URL", RETURN), ("CLEA_CLAIMS", claims)];
        let server = node::start("oidc-issuer.mjs", &env).await?;
        Some(Self { server, http: reqwest::Client::new() })
    }

    pub(super) fn address(&self) -> &str {
        &self.server.address
    }

    pub(super) async fn next(&self, what: Value) {
        let told = self.http.post(format!("{}/control", self.address())).json(&what).send().await;
        assert!(told.expect("told").status().is_success());
    }
}

/// A browser: it keeps cookies by host and follows redirections.
pub(super) struct Browser {
    http: reqwest::Client,
    app: String,
    cookies: Mutex<BTreeMap<(String, String), String>>,
}

/// Where a browser ended, and what it was shown.
pub(super) struct Ended {
    pub(super) url: String,
    pub(super) status: u16,
    pub(super) page: String,
}

impl Browser {
    pub(super) fn new(app: &TestApp) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).build().expect("a client");
        Self { http, app: app.stranger().base().to_owned(), cookies: Mutex::default() }
    }

    pub(super) fn cookies(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, String), String>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn get(&self, url: &str) -> Response {
        let asked = Url::parse(url).expect("an address");
        let host = asked.host_str().expect("a host").to_owned();
        let line = |((of, name), value): (&(String, String), &String)| {
            (*of == host).then(|| format!("{name}={value}"))
        };
        let cookies: Vec<String> = self.cookies().iter().filter_map(line).collect();
        let request = self.http.get(url.replacen(PUBLIC, &self.app, 1));
        let answer =
            request.header(header::COOKIE, cookies.join("; ")).send().await.expect("answered");
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let pair = set.to_str().expect("a text").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            self.cookies().insert((host.clone(), name.to_owned()), value.to_owned());
        }
        answer
    }

    /// Goes on until a page is shown, or until an address that begins like this.
    pub(super) async fn follow(&self, from: &str, until: &str) -> Ended {
        let mut url = from.to_owned();
        for _ in 0..10 {
            if url.starts_with(until) {
                return Ended { url, status: 0, page: String::new() };
            }
            let answer = self.get(&url).await;
            let status = answer.status();
            let Some(next) = answer.headers().get(header::LOCATION) else {
                let page = answer.text().await.expect("a page");
                return Ended { url, status: status.as_u16(), page };
            };
            let next = next.to_str().expect("an address").to_owned();
            url = Url::parse(&url).expect("an address").join(&next).expect("an address").into();
        }
        panic!("redirected for ever: {url}");
    }

    /// Signs in from the start to the frontend, or to the page that says why not.
    pub(super) async fn sign_in(&self) -> Ended {
        self.follow(&start(), FRONTEND).await
    }
}

impl Ended {
    /// Checks that a page tells of this refusal.
    pub(super) fn refused(&self, status: u16, code: &str) {
        assert!(self.page.contains(code), "{code} expected at {}: {}", self.url, self.page);
        assert_eq!(self.status, status, "{code}");
    }

    /// The code that the frontend is given.
    pub(super) fn code(&self) -> &str {
        let (at, code) = self.url.split_once("#code=").unwrap_or_else(|| panic!("{}", self.page));
        assert_eq!(at, FRONTEND);
        code
    }
}
