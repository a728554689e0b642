//! A public address with a path, behind a proxy that takes the path away before it asks: every page, link,
//! form and redirection of the site works as people reach it, and nothing points beside it.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use e2e::{Findings, TestApp, at};
use reqwest::redirect::Policy;
use reqwest::{Method, Url, header};
use serde_json::json;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpListener;

const PATH: &str = "/services/clea";

/// The proxy, once it knows whom to ask.
#[derive(Clone)]
struct Proxy {
    http: reqwest::Client,
    app: Arc<OnceLock<String>>,
}

/// Asks the application for what is below the path; what is beside it is nobody's.
async fn pass(State(proxy): State<Proxy>, request: Request) -> Response<Body> {
    let not_here = || {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    };
    let whole = request.uri().path_and_query().expect("a path").as_str().to_owned();
    let Some(rest) = whole.strip_prefix(PATH).filter(|rest| rest.starts_with('/')) else {
        return not_here();
    };
    let url = format!("{}{rest}", proxy.app.get().expect("the application"));
    let (parts, body) = request.into_parts();
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let asked = proxy.http.request(parts.method, url).headers(headers).body(body);
    let answer = asked.send().await.expect("the application answers");
    let mut response = Response::builder().status(answer.status());
    *response.headers_mut().expect("headers") = answer.headers().clone();
    let body = answer.bytes().await.expect("a body");
    response.headers_mut().expect("headers").remove(header::TRANSFER_ENCODING);
    response.body(Body::from(body)).expect("an answer")
}

/// The site as people reach it.
struct Site {
    app: TestApp,
    http: reqwest::Client,
    public: Url,
}

/// What a browser is shown.
struct Page {
    url: Url,
    status: u16,
    html: String,
}

impl Page {
    /// The values of an attribute, as addresses from here.
    fn addresses(&self, attribute: &str) -> Vec<Url> {
        let mark = format!(" {attribute}=\"");
        let found = self.html.split(&mark).skip(1);
        let found = found.filter_map(|rest| rest.split('"').next());
        found.map(|given| self.url.join(given).expect("an address")).collect()
    }
}

impl Site {
    async fn start(adapt: impl FnOnce(api::ApiState) -> api::ApiState) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let http = reqwest::Client::builder().redirect(Policy::none()).build().expect("a client");
        let proxy = Proxy { http: http.clone(), app: Arc::default() };
        let router = axum::Router::new().fallback(pass).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let public = format!("http://{address}{PATH}");
        let app = TestApp::reached_at(&public, adapt).await;
        proxy.app.set(app.stranger().base().to_owned()).expect("told once");
        Self { app, http, public: Url::parse(&public).expect("an address") }
    }

    /// Asks as a browser does: follows redirections, and stays within the site.
    async fn open(&self, method: Method, url: &Url, form: &[(&str, &str)]) -> Page {
        let (mut method, mut url) = (method, url.clone());
        for _ in 0..5 {
            assert!(url.as_str().starts_with(self.public.as_str()), "beside the site: {url}");
            let mut request = self.http.request(method.clone(), url.clone());
            if method == Method::POST {
                request = request.form(form);
            }
            let answer = request.send().await.expect("answered");
            let Some(next) = answer.headers().get(header::LOCATION) else {
                let status = answer.status().as_u16();
                return Page { url, status, html: answer.text().await.expect("a page") };
            };
            url = url.join(next.to_str().expect("a text")).expect("an address");
            method = Method::GET;
        }
        panic!("redirected for ever: {url}");
    }

    /// A page that is there, whose style sheet and links are, too.
    async fn page(&self, method: Method, url: &Url, form: &[(&str, &str)]) -> Page {
        let page = self.open(method, url, form).await;
        assert_eq!(page.status, 200, "{url}: {}", page.html);
        let style = page
            .addresses("href")
            .into_iter()
            .find(|url| url.path().split('.').next_back() == Some("css"));
        let style = self.http.get(style.expect("a style sheet")).send().await.expect("answered");
        assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
        // A place within the page is no page of its own.
        for url in page.addresses("href").into_iter().filter(|url| url.fragment().is_none()) {
            assert_eq!(
                self.http.get(url.clone()).send().await.expect("answered").status(),
                200,
                "{url}"
            );
        }
        page
    }

    fn at(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.public)).expect("an address")
    }

    /// The first link of a mail to this address.
    fn link(&self, to: &str) -> Url {
        let mail = self.app.mails_to(to).pop().expect("a mail");
        let found =
            mail.text.split_whitespace().find(|word| word.starts_with(self.public.as_str()));
        Url::parse(found.unwrap_or_else(|| panic!("{}", mail.text))).expect("an address")
    }
}

/// X.c: the page of a notice opens from its mail; its documents, its style and its button work.
#[tokio::test]
async fn a_notice_is_read_and_acknowledged_under_a_path() {
    let site = Site::start(|state| state).await;
    let app = &site.app;
    let staff = app.staff().await;
    let organism = app.organism(231).await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let application = app.file(&organism, &campaign).await;
    app.opinion(&staff, &application, Findings::Satisfied).await.done();
    app.on("2026-02-10").await;
    app.decide(&staff, &application, &campaign.meeting, Findings::Satisfied).await.done();
    app.settle().await;
    let link = site.link(&format!("dossier@{}.example", organism.siren));
    let shown = site.page(Method::GET, &link, &[]).await;
    let documents =
        shown.addresses("href").into_iter().filter(|u| u.path().contains("/documents/"));
    assert_eq!(documents.count(), 1, "{}", shown.html);
    // Its button: without an address of its own, a form goes to its page.
    assert!(shown.html.contains("<form method=\"post\">"), "{}", shown.html);
    let after = site.page(Method::POST, &link, &[]).await;
    assert!(after.html.contains("Vous avez accusé réception"), "{}", after.html);
    assert_eq!(after.url, link);
    let query = "query($o: ID) { notices(organismId: $o, kind: \"DECISION_ACCEPTED\") { edges { node { \
                 acknowledgedOn documents { url } } } } }";
    let data = organism.admin.query(query, json!({ "o": organism.id })).await;
    let node = at(&data, "notices.edges.0.node").clone();
    assert_eq!(node["acknowledgedOn"], "2026-02-10");
    let url = at(&node, "documents.0.url").as_str().expect("an address").to_owned();
    let token = app.token("admin@org231.example").await;
    let file = site.http.get(&url).bearer_auth(token).send().await.expect("answered");
    assert_eq!(file.status(), 200, "{url}");
}

/// A certificate is looked for, and a password chosen anew, under a path.
#[tokio::test]
async fn forms_come_back_to_the_site_under_a_path() {
    let site = Site::start(|state| state).await;
    let form = site.page(Method::GET, &site.at("/certificates"), &[]).await;
    let [action] = form.addresses("action").try_into().expect("one form");
    let unknown =
        site.open(Method::GET, &action.join("?code=ab12").expect("an address"), &[]).await;
    assert_eq!((unknown.status, unknown.url), (404, site.at("/certificates/ab12")));
    assert!(unknown.html.contains("Certificat inconnu"));
    let nowhere = site.open(Method::GET, &site.at("/nulle/part"), &[]).await;
    assert_eq!(nowhere.status, 404);

    let email = "ada@exemple.example";
    site.app.account(email).await;
    let asked = site.page(Method::GET, &site.at("/password-resets"), &[]).await;
    let [action] = asked.addresses("action").try_into().expect("one form");
    site.page(Method::POST, &action, &[("email", email)]).await;
    site.app.settle().await;
    let link = site.link(email);
    site.page(Method::GET, &link, &[]).await;
    let password = "une phrase assez longue";
    let chosen = [("password", password), ("again", password)];
    let done = site.page(Method::POST, &link, &chosen).await;
    assert!(done.html.contains("Mot de passe enregistré"), "{}", done.html);
    let input = json!({ "email": email, "password": password });
    site.app.stranger().act("signIn", input, "token").await.done();
}

/// The explorer's page finds its files and asks where people reach the API.
#[tokio::test]
async fn the_explorer_works_under_a_path() {
    let assets = tempfile::tempdir().expect("a folder");
    for name in [
        "graphiql.min.css",
        "react.production.min.js",
        "react-dom.production.min.js",
        "graphiql.min.js",
    ] {
        std::fs::write(assets.path().join(name), name).expect("written");
    }
    let explorer = api::Explorer::On { assets_dir: assets.path().to_owned() };
    let site = Site::start(|mut state| {
        state.explorer = explorer;
        state
    })
    .await;
    let page = site.open(Method::GET, &site.at("/"), &[]).await;
    assert_eq!(page.status, 200);
    let files: Vec<Url> = page.addresses("src").into_iter().chain(page.addresses("href")).collect();
    assert_eq!(files.len(), 4, "{}", page.html);
    for url in files {
        assert_eq!(site.open(Method::GET, &url, &[]).await.status, 200, "{url}");
    }
    let asked =
        page.html.split("createFetcher({ url: \"").nth(1).and_then(|rest| rest.split('"').next());
    let url = page.url.join(asked.expect("the API's address")).expect("an address");
    let body = json!({ "query": "{ clock { today } }" });
    // As the page sends it: from the site's own origin.
    let origin = site.public.origin().ascii_serialization();
    let asked = site.http.post(url).header(header::ORIGIN, origin).json(&body);
    let answer: serde_json::Value =
        asked.send().await.expect("answered").json().await.expect("JSON");
    assert_eq!(at(&answer, "data.clock.today"), "2026-01-05");
}
