//! What operators see, and what every answer has.

use crate::support::Server;
use api::{ApiState, Check, Explorer, Operation, UNREACHABLE};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use entity::account;
use futures::FutureExt;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

async fn answer(router: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let response = router.clone().oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).expect("text"))
}

async fn get(router: &Router, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let (status, _, body) = answer(router, request).await;
    (status, body)
}

fn graphql(query: &str, variables: &Value) -> Request<Body> {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let request = Request::post("/graphql").header("content-type", "application/json");
    request.body(Body::from(body)).expect("a request")
}

/// The API of this server, run and watched so.
fn operated(server: &Server, operation: Operation) -> Router {
    api::router_with(ApiState::new(server.app.clone(), Explorer::Off), operation)
}

async fn rename(server: &Server, table: &str, to: &str) {
    let statement = format!("ALTER TABLE {table} RENAME TO {to}");
    server.app.db.execute_unprepared(&statement).await.expect("renamed");
}

#[tokio::test]
async fn an_answer_that_is_none_says_why_under_its_identifier() {
    let server = Server::start().await;
    let large = Request::post("/graphql").header("content-type", "application/json");
    let large = large.body(Body::from(" ".repeat(1_000_001))).expect("a request");
    let request = |method: &str, path: &str| {
        Request::builder().method(method).uri(path).body(Body::empty()).expect("a request")
    };
    for (request, status, code) in [
        (request("GET", "/nowhere/quoted"), StatusCode::NOT_FOUND, "NOT_FOUND"),
        (request("DELETE", "/graphql"), StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"),
        (request("GET", "/certificates/%ff"), StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        (large, StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
    ] {
        let (told, headers, body) = answer(&server.router, request).await;
        let body: Value = serde_json::from_str(&body).expect("JSON");
        let extensions = &body["errors"][0]["extensions"];
        assert_eq!((told, extensions["code"].as_str()), (status, Some(code)), "{body}");
        let id = headers["x-request-id"].to_str().expect("text");
        assert_eq!(extensions["correlationId"], id);
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(!body.to_string().contains("quoted"), "{body}");
        assert_eq!(headers.contains_key("allow"), status == StatusCode::METHOD_NOT_ALLOWED);
    }
    for path in ["/graphql", "/healthz", "/pages.css"] {
        let (_, headers, _) = answer(&server.router, request("GET", path)).await;
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert!(headers.contains_key("x-request-id"), "{path}");
    }
}

#[tokio::test]
async fn a_reader_of_pages_is_answered_with_one_that_shows_a_faults_identifier() {
    let server = Server::start().await;
    let request = |path: &str| {
        let request = Request::get(path).header("accept", "text/html,*/*");
        request.header("x-request-id", "page-1").body(Body::empty()).expect("a request")
    };
    let (status, headers, body) = answer(&server.router, request("/nowhere")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(headers["content-type"].as_bytes().starts_with(b"text/html"), "{body}");
    assert!(!body.contains("page-1"), "there is nothing to tell the operator: {body}");
    rename(&server, "notice_link", "gone").await;
    let (status, _, body) = answer(&server.router, request("/notices/ABCD1234")).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(body.contains("<code>page-1</code>") && !body.contains("gone"), "{body}");
    assert!(!body.contains("notice_link"), "no SQL: {body}");
}

/// A request that was executed is answered 200 in the specification's media type, whatever a field met;
/// one that was not is the client's mistake.
#[tokio::test]
async fn a_fault_of_a_field_is_no_mistake_of_the_client() {
    let server = Server::start().await;
    rename(&server, "organism", "gone").await;
    let ask = async |query: &str| {
        let mut request = graphql(query, &json!({}));
        let accepted = "application/graphql-response+json".parse().expect("a header");
        request.headers_mut().insert("accept", accepted);
        let (status, _, body) = answer(&server.router, request).await;
        (status, serde_json::from_str::<Value>(&body).expect("JSON"))
    };
    let create = "mutation { registerOrganism(input: { siren: \"732829320\", name: \"O\", kind: LEGAL_PERSON, \
                  email: \"o@o.example\", address: \"1 rue\", postalCode: \"44000\", city: \"Nantes\" }) \
                  { refusals { code } } }";
    let (_, token) = server.account("someone@clea.example").await;
    let mut request = graphql(create, &json!({}));
    let bearer = format!("Bearer {token}").parse().expect("a header");
    request.headers_mut().insert("authorization", bearer);
    let accepted = "application/graphql-response+json".parse().expect("a header");
    request.headers_mut().insert("accept", accepted);
    let (status, _, body) = answer(&server.router, request).await;
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &body["data"]), (StatusCode::OK, &Value::Null), "{body}");
    assert_eq!(body["errors"][0]["extensions"]["code"], "INTERNAL");
    let (status, body) = ask("{ nothing }").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
}

#[tokio::test]
async fn an_act_that_takes_too_long_is_stopped_and_leaves_nothing() {
    let server = Server::start().await;
    let operation = Operation { timeout: Duration::from_millis(400), ..Operation::default() };
    let hurried = operated(&server, operation);
    let open = "mutation($email: String!) { openAccount(input: { email: $email, displayName: \"A\", \
                password: \"un mot de passe long\" }) { refusals { code } } }";
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    let lock = server.app.db.begin_with_options(immediate).await.expect("a transaction");
    if server.app.db.get_database_backend() == DbBackend::Postgres {
        lock.execute_unprepared("LOCK TABLE account IN ACCESS EXCLUSIVE MODE").await.expect("held");
    }
    let request = graphql(open, &json!({ "email": "late@clea.example" }));
    let (status, headers, body) = answer(&hurried, request).await;
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(status, StatusCode::GATEWAY_TIMEOUT, "{body}");
    assert_eq!(body["errors"][0]["extensions"]["code"], "TIMEOUT");
    let id = headers["x-request-id"].to_str().expect("text");
    assert_eq!(body["errors"][0]["extensions"]["correlationId"], id);
    lock.rollback().await.expect("released");
    // An act that comes after it in the line is done; the one that was stopped never is.
    let request = graphql(open, &json!({ "email": "next@clea.example" }));
    let (status, _, body) = answer(&server.router, request).await;
    assert_eq!((status, body.contains("errors")), (StatusCode::OK, false), "{body}");
    let count = async |email: &str| {
        let known = account::Entity::find().filter(account::Column::Email.eq(email));
        known.count(&server.app.db).await.expect("countable")
    };
    assert_eq!((count("late@clea.example").await, count("next@clea.example").await), (0, 1));
}

#[tokio::test]
async fn a_process_lives_without_its_database_and_is_not_ready() {
    let server = Server::start().await;
    let watched = operated(&server, Operation::default());
    let (status, body) = get(&watched, "/readyz").await;
    let expected = json!({ "status": "ready", "database": "ok", "migrations": "ok" });
    let told: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, told), (StatusCode::OK, expected));
    server.app.db.clone().close().await.expect("closed");
    assert_eq!(get(&watched, "/healthz").await, (StatusCode::OK, "ok".to_owned()));
    let (status, body) = get(&watched, "/readyz").await;
    let told: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
    assert_eq!(told["database"], "unreachable");
    let monitor = api::monitor(server.app.clone(), Operation::default());
    let (status, figures) = get(&monitor, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    assert!(figures.contains("clea_database_up 0.0"), "{figures}");
    assert!(!figures.contains("clea_outbox_tasks{"), "{figures}");
}

#[tokio::test]
async fn readiness_tells_missing_changes_other_servers_and_a_stop() {
    let server = Server::start().await;
    let check = |needed, up: bool| Check {
        name: "redis",
        needed,
        answers: Arc::new(move || {
            async move { if up { Ok(()) } else { Err(UNREACHABLE) } }.boxed()
        }),
    };
    let ready = async |operation: Operation| {
        let (status, body) = get(&operated(&server, operation), "/readyz").await;
        (status, serde_json::from_str::<Value>(&body).expect("JSON"))
    };
    let with = |check| Operation { checks: vec![check], ..Operation::default() };
    let (status, told) = ready(with(check(true, true))).await;
    assert_eq!((status, told["redis"].as_str()), (StatusCode::OK, Some("ok")));
    let (status, told) = ready(with(check(true, false))).await;
    assert_eq!(
        (status, told["redis"].as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("unreachable"))
    );
    let (status, told) = ready(with(check(false, false))).await;
    assert_eq!((status, told["redis"].as_str()), (StatusCode::OK, Some("unreachable")));
    let never =
        Check { name: "redis", needed: true, answers: Arc::new(|| std::future::pending().boxed()) };
    let (status, told) = ready(with(never)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(told["redis"], "no answer within 2 s");
    let stopping = Operation::default();
    stopping.stopping.cancel();
    let (status, told) = ready(stopping).await;
    assert_eq!(
        (status, told["status"].as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("stopping"))
    );
    let forget =
        "DELETE FROM seaql_migrations WHERE version = (SELECT MAX(version) FROM seaql_migrations)";
    server.app.db.execute_unprepared(forget).await.expect("forgotten");
    let (status, told) = ready(Operation::default()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(told["migrations"], "changes are missing: run `clea migrate`");
}

#[tokio::test]
async fn figures_are_beside_the_api_only_where_strangers_may_read_them() {
    let server = Server::start().await;
    assert_eq!(get(&server.router, "/metrics").await.0, StatusCode::NOT_FOUND);
    let open = operated(&server, Operation { metrics: true, ..Operation::default() });
    let (_, token) = server.account("someone@clea.example").await;
    let register = "mutation { registerOrganism(input: { siren: \"732829320\", name: \"O\", kind: LEGAL_PERSON, \
                    email: \"o@o.example\", address: \"1 rue\", postalCode: \"44000\", city: \"Nantes\", \
                    idempotencyKey: \"k\" }) { refusals { code } } }";
    for _ in 0..2 {
        server.ask(Some(&token), register).await.data();
    }
    server.ask(None, register).await.data();
    let (status, figures) = get(&open, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    for line in [
        "clea_acts_total{act=\"registerOrganism\",outcome=\"done\"}",
        "clea_acts_total{act=\"registerOrganism\",outcome=\"replayed\"}",
        "clea_acts_total{act=\"registerOrganism\",outcome=\"refused\"}",
        "clea_http_requests_total{route=\"/graphql\",status=\"200\"}",
        "clea_http_requests_total{route=\"none\",status=\"404\"}",
        "clea_http_request_duration_seconds_count{route=\"/graphql\"}",
        "clea_outbox_tasks{lane=\"LEGAL\",state=\"due\"}",
        "clea_outbox_oldest_seconds",
        "clea_db_connections{state=\"in_use\"}",
        "clea_database_up 1.0",
    ] {
        assert!(figures.lines().any(|l| l.starts_with(line)), "`{line}` in\n{figures}");
    }
    assert!(!figures.contains("732829320") && !figures.contains("someone"), "{figures}");
}

/// A bounce that finds no notice leaves a notification standing: it is answered 404, and counted.
#[tokio::test]
async fn a_bounce_that_finds_no_notice_is_counted() {
    const SECRET: &str = "canari-secret-des-rebonds";
    let server = Server::start().await;
    let state = api::ApiState::new(server.app.clone(), api::Explorer::Off)
        .with_bounce_secret(api::BounceSecret::new(SECRET));
    let router = api::router_with(state, Operation { metrics: true, ..Operation::default() });
    let report = async |body: &str| {
        let request = Request::post("/webhooks/bounces")
            .header("authorization", format!("Bearer {SECRET}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()))
            .expect("a request");
        router.clone().oneshot(request).await.expect("an answer").status()
    };
    let lost = r#"{"messageId":"<0102018f-7c1d@relais.example>","status":"5.1.1"}"#;
    assert_eq!(report(lost).await, StatusCode::NOT_FOUND);
    assert_eq!(report("{}").await, StatusCode::BAD_REQUEST);
    let relayed = r#"{"messageId":"<x@y.example>","status":"2.1.5","action":"relayed"}"#;
    assert_eq!(report(relayed).await, StatusCode::OK);
    let (_, figures) = get(&router, "/metrics").await;
    for outcome in ["unmatched", "refused", "no_bounce"] {
        let line = format!("clea_bounce_reports_total{{outcome=\"{outcome}\"}} 1");
        assert!(figures.lines().any(|l| l == line), "`{line}` in\n{figures}");
    }
}

/// Every mutation ends where acts are counted: one that would not would be missing from the figures.
#[test]
fn no_mutation_escapes_the_figures() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let folders = std::fs::read_dir(source).expect("the sources");
    let mut mutations = 0;
    for folder in folders {
        let file = folder.expect("readable").path().join("mutation.rs");
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for body in text.split("    async fn ").skip(1) {
            let counted = ["answer(ctx", "settle(ctx"].iter().any(|way| body.contains(way));
            let name = body.split('(').next().unwrap_or_default();
            assert!(counted, "{name} in {} ends elsewhere", file.display());
            mutations += 1;
        }
    }
    assert!(mutations >= service::policy::Act::ALL.len(), "{mutations} mutations were found");
}
