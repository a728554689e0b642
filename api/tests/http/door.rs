//! The specification of GraphQL over HTTP, and who is let in: statuses, media types, other sites, caches,
//! persisted queries, rates, what production tells of its schema.

use crate::support::{PASSWORD, SIGNING, Sent, Server};
use api::{ApiState, Door, Explorer, Operation, PersistedQueries, Proxies, Rates, Sites};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use service::context::{App, Settings};
use std::net::SocketAddr;
use std::sync::Arc;

const GRAPHQL: &str = "application/graphql-response+json";
const TODAY: &str = "/graphql?query=%7B%20clock%20%7B%20today%20%7D%20%7D";
const INTROSPECTION: &str = include_str!("introspection.graphql");

fn post(body: &Value) -> Request<Body> {
    let request = Request::post("/graphql").header("content-type", "application/json");
    request.body(Body::from(body.to_string())).expect("a request")
}

fn get(uri: &str) -> Request<Body> {
    Request::get(uri).body(Body::empty()).expect("a request")
}

fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request.headers_mut().insert(name, value.parse().expect("a header"));
    request
}

fn behind(server: &Server, door: Door) -> Router {
    api::router(ApiState::new(server.app.clone(), Explorer::Off).with_door(door))
}

#[tokio::test]
async fn statuses_follow_the_media_type() {
    let server = Server::start().await;
    let well = json!({ "query": "{ clock { today } }" });
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { clock { today } } query B { clock { today } }", "OPERATION_NOT_FOUND"),
        ("query A($id: ID!) { node(id: $id) { id } }", "VARIABLE_MISSING"),
        ("query A($id: ID = 1) { clock { today } }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let body = json!({ "query": query });
        let older = server.send(with(post(&body), "accept", "application/json")).await;
        assert_eq!((older.status, older.code()), (StatusCode::OK, code), "{query}");
        assert!(older.content_type().starts_with("application/json"));
        let sent = server.send(with(post(&body), "accept", GRAPHQL)).await;
        assert_eq!((sent.status, sent.code()), (StatusCode::BAD_REQUEST, code), "{query}");
        assert!(sent.content_type().starts_with(GRAPHQL));
        let body = sent.json();
        assert_eq!(body.get("data"), None, "nothing was executed");
        assert!(body["errors"][0]["extensions"]["correlationId"].is_string());
    }
    let sent = server.send(with(post(&well), "accept", GRAPHQL)).await;
    assert_eq!(
        (sent.status, sent.content_type()),
        (StatusCode::OK, format!("{GRAPHQL}; charset=utf-8"))
    );
    let sent = server.send(with(post(&well), "accept", "text/html")).await;
    assert_eq!((sent.status, sent.code()), (StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE"));
    let batch = server.send(post(&json!([well, well]))).await;
    assert_eq!((batch.status, batch.code()), (StatusCode::BAD_REQUEST, "BATCH_REFUSED"));
    for bad in [json!({}), json!({ "query": 1 }), json!({ "query": "{ a }", "variables": [] })] {
        let sent = server.send(post(&bad)).await;
        assert_eq!((sent.status, sent.code()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"), "{bad}");
    }
}

#[tokio::test]
async fn a_get_reads_and_never_acts() {
    let server = Server::start().await;
    let sent = server.send(get(TODAY)).await;
    assert_eq!((sent.status, sent.json().get("errors")), (StatusCode::OK, None));
    let variables = "/graphql?query=query(%24id:ID!)%7Bnode(id:%24id)%7Bid%7D%7D&variables=%7B%22id%22:%22x%22%7D";
    let sent = server.send(get(variables)).await;
    assert_eq!(sent.json(), json!({ "data": { "node": null } }));
    let act = "/graphql?query=mutation%7BsignOut%7Brefusals%7Bcode%7D%7D%7D";
    for accept in [GRAPHQL, "application/json", "*/*"] {
        let sent = server.send(with(get(act), "accept", accept)).await;
        assert_eq!(sent.status, StatusCode::METHOD_NOT_ALLOWED, "{accept}");
        assert_eq!((sent.code(), sent.header("allow")), ("METHOD_NOT_ALLOWED", "POST"));
    }
    // Two operations: the one that is named is the one that counts.
    let two = "/graphql?query=query%20A%7B__typename%7Dmutation%20B%7BsignOut%7Brefusals%7Bcode%7D%7D%7D&operationName=";
    assert_eq!(server.send(get(&format!("{two}A"))).await.status, StatusCode::OK);
    assert_eq!(server.send(get(&format!("{two}B"))).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(server.send(get("/graphql")).await.code(), "BAD_REQUEST");
    let head = Request::head(TODAY).body(Body::empty()).expect("a request");
    let head = server.send(head).await;
    assert_eq!((head.status, head.bytes.len()), (StatusCode::OK, 0));
    let options = Request::options("/graphql").body(Body::empty()).expect("a request");
    let options = server.send(options).await;
    assert_eq!(options.header("allow"), "GET, HEAD, POST, OPTIONS");
    let put = Request::put("/graphql").body(Body::empty()).expect("a request");
    assert_eq!(server.send(put).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn what_a_stranger_reads_may_be_kept_and_nothing_else() {
    let server = Server::start().await;
    let (_, token) = server.account("someone@clea.example").await;
    let sent = server.send(get(TODAY)).await;
    assert_eq!(sent.header("cache-control"), "public, max-age=30");
    assert!(sent.header("vary").contains("authorization"));
    let tag = sent.header("etag").to_owned();
    let again = server.send(with(get(TODAY), "if-none-match", &format!("\"x\", {tag}"))).await;
    assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(again.header("etag"), tag);
    let other = server.send(with(get(TODAY), "if-none-match", "W/\"x\"")).await;
    assert_eq!(other.status, StatusCode::OK);
    let bearer = format!("Bearer {token}");
    for request in [
        with(get(TODAY), "authorization", &bearer),
        with(with(get(TODAY), "authorization", &bearer), "if-none-match", &tag),
        get("/graphql?query=%7Bnothing%7D"),
        post(&json!({ "query": "{ clock { today } }" })),
    ] {
        let sent = server.send(request).await;
        assert_eq!((sent.status, sent.header("cache-control")), (StatusCode::OK, "no-store"));
        assert_eq!(sent.header("etag"), "");
    }
}

#[tokio::test]
async fn pages_of_other_sites_ask_only_where_they_are_let_in() {
    let server = Server::start().await;
    let sites = Sites {
        origins: vec!["https://app.example".to_owned()],
        headers: vec!["x-b3-traceid".to_owned()],
    };
    let door = Door::new(&sites, Rates::default(), PersistedQueries::default());
    let router = behind(&server, door.expect("a door"));
    let body = json!({ "query": "{ clock { today } }" });
    for (origin, status) in [
        ("http://clea.test", StatusCode::OK),
        ("https://app.example", StatusCode::OK),
        ("https://evil.example", StatusCode::FORBIDDEN),
        ("null", StatusCode::FORBIDDEN),
    ] {
        let asked = || with(post(&body), "origin", origin);
        assert_eq!(Sent::by(&router, asked()).await.status, status, "{origin}");
        let read = Sent::by(&router, with(get(TODAY), "origin", origin)).await;
        assert_eq!(read.status, status, "{origin}");
    }
    let refused = Sent::by(&router, with(post(&body), "origin", "https://evil.example")).await;
    assert_eq!(refused.code(), "ORIGIN_REFUSED");
    assert_eq!(refused.header("access-control-allow-origin"), "");
    // Errors too can be read by the page that is let in.
    let unknown = Request::get("/nowhere").body(Body::empty()).expect("a request");
    let unknown = Sent::by(&router, with(unknown, "origin", "https://app.example")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.header("access-control-allow-origin"), "https://app.example");
    assert!(unknown.header("access-control-expose-headers").contains("x-request-id"));
    let preflight = |origin: &str| {
        let request = Request::options("/graphql").body(Body::empty()).expect("a request");
        let request = with(request, "access-control-request-method", "POST");
        with(request, "origin", origin)
    };
    let known = Sent::by(&router, preflight("https://app.example")).await;
    assert_eq!(known.header("access-control-allow-origin"), "https://app.example");
    // What error trackers and tracers send, and what the configuration adds.
    let allowed = known.header("access-control-allow-headers").to_owned();
    let allowed: Vec<_> = allowed.split(',').map(str::trim).collect();
    for header in [
        "authorization",
        "content-type",
        "traceparent",
        "tracestate",
        "baggage",
        "sentry-trace",
        "apollographql-client-name",
        "apollographql-client-version",
        "x-b3-traceid",
    ] {
        assert!(allowed.contains(&header), "{header} in {allowed:?}");
    }
    assert!(!allowed.contains(&"*") && !allowed.contains(&"cookie"), "{allowed:?}");
    let stranger = Sent::by(&router, preflight("https://evil.example")).await;
    assert_eq!(stranger.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn long_answers_are_compressed_where_asked() {
    let server = Server::start().await;
    let schema = post(&json!({ "query": INTROSPECTION }));
    let plain = server.send(post(&json!({ "query": INTROSPECTION }))).await;
    assert_eq!(plain.header("content-encoding"), "");
    assert_eq!(plain.json().get("errors"), None, "the standard introspection query passes");
    let small = server.send(with(schema, "accept-encoding", "gzip")).await;
    assert_eq!(small.header("content-encoding"), "gzip");
    assert!(small.bytes.len() * 4 < plain.bytes.len());
    assert!(small.header_values("vary").contains("accept-encoding"));
    for accepts in ["br, *;q=0", "gzip;q=0, *;q=0", "identity;q=0"] {
        let sent = server.send(with(get(TODAY), "accept-encoding", accepts)).await;
        assert_eq!(
            (sent.status, sent.header("content-encoding")),
            (StatusCode::OK, ""),
            "{accepts}"
        );
    }
    let short = server.send(with(get(TODAY), "accept-encoding", "gzip")).await;
    assert_eq!(short.header("content-encoding"), "", "too short to be worth it");
}

#[tokio::test]
async fn a_query_is_sent_once_and_named_afterwards() {
    let server = Server::start().await;
    let query = "{ clock { today } }";
    let named = |hash: &str| json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let hash = service::token::hash(query.as_bytes());
    let alone = json!({ "extensions": named(&hash) });
    let sent = server.send(post(&alone)).await;
    assert_eq!((sent.status, sent.code()), (StatusCode::OK, "PERSISTED_QUERY_NOT_FOUND"));
    assert_eq!(sent.json()["errors"][0]["message"], "PersistedQueryNotFound");
    let both = json!({ "query": query, "extensions": named(&hash) });
    assert_eq!(server.send(post(&both)).await.json().get("errors"), None);
    assert_eq!(server.send(post(&alone)).await.json().get("errors"), None);
    let uri = format!(
        "/graphql?extensions=%7B%22persistedQuery%22:%7B%22version%22:1,%22sha256Hash%22:%22{hash}%22%7D%7D"
    );
    assert_eq!(server.send(get(&uri)).await.json().get("errors"), None, "by GET, as caches like");
    let wrong = json!({ "query": "{ __typename }", "extensions": named(&hash) });
    let sent = server.send(post(&wrong)).await;
    assert_eq!((sent.status, sent.code()), (StatusCode::BAD_REQUEST, "PERSISTED_QUERY_MISMATCH"));
    // What is no query of this schema is not kept.
    let invalid = "{ nothing }";
    let hash = service::token::hash(invalid.as_bytes());
    server.send(post(&json!({ "query": invalid, "extensions": named(&hash) }))).await;
    let sent = server.send(post(&json!({ "extensions": named(&hash) }))).await;
    assert_eq!(sent.code(), "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn production_may_execute_registered_queries_alone() {
    let server = Server::start().await;
    let file = server.file("queries.json");
    let sign_out = "mutation { signOut { refusals { code } } }";
    let list = json!({ "today": "{ clock { today } }", "out": sign_out });
    std::fs::write(&file, list.to_string()).expect("written");
    let persisted = PersistedQueries::read(Some(&file), true).expect("a list");
    let router =
        behind(&server, Door::new(&Sites::default(), Rates::default(), persisted).expect("a door"));
    for body in [
        json!({ "documentId": "today" }),
        json!({ "id": "today", "query": "" }),
        json!({ "id": "out" }),
        json!({ "query": sign_out }),
    ] {
        let sent = Sent::by(&router, post(&body)).await;
        assert_eq!(sent.json().get("errors"), None, "{body}");
    }
    assert_eq!(Sent::by(&router, get("/graphql?documentId=today")).await.status, StatusCode::OK);
    let act = Sent::by(&router, get("/graphql?documentId=out")).await;
    assert_eq!(act.status, StatusCode::METHOD_NOT_ALLOWED);
    for query in ["{ __typename }", "mutation { signOut { refusals { message } } }"] {
        let sent = Sent::by(&router, post(&json!({ "query": query }))).await;
        assert_eq!((sent.status, sent.code()), (StatusCode::FORBIDDEN, "PERSISTED_QUERY_REQUIRED"));
        let hash = service::token::hash(query.as_bytes());
        let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
        let body = json!({ "query": query, "extensions": extensions });
        assert_eq!(Sent::by(&router, post(&body)).await.code(), "PERSISTED_QUERY_REQUIRED");
    }
    let unknown = Sent::by(&router, post(&json!({ "id": "other" }))).await;
    assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn who_asks_too_often_waits_and_others_do_not() {
    let server = Server::start().await;
    let (_, token) = server.account("someone@clea.example").await;
    let rates = Rates { address: 0, read: 2, act: 2 };
    let door = Door::new(&Sites::default(), rates, PersistedQueries::default()).expect("a door");
    let state = ApiState::new(server.app.clone(), Explorer::Off).with_door(door);
    let proxies = Proxies::parse("10.0.0.0/8").expect("proxies");
    let router = api::router_with(state, Operation { proxies, ..Operation::default() });
    let query = json!({ "query": "{ clock { today } }" });
    let from = |request: Request<Body>, peer: &str, told: &str| {
        let mut request = with(request, "x-forwarded-for", told);
        let peer: SocketAddr = format!("{peer}:1").parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    };
    let ask = async |peer: &str, told: &str| {
        Sent::by(&router, from(post(&query), peer, told)).await.status
    };
    for _ in 0..2 {
        assert_eq!(ask("192.0.2.1", "203.0.113.1").await, StatusCode::OK);
    }
    let refused = Sent::by(&router, from(post(&query), "192.0.2.1", "203.0.113.2")).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"));
    assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds <= 31));
    // Behind a trusted proxy, each client is counted apart.
    for client in ["203.0.113.1", "203.0.113.2", "203.0.113.3"] {
        assert_eq!(ask("10.0.0.1", client).await, StatusCode::OK, "{client}");
    }
    // An account has a count of its own, and its acts one more.
    let bearer = format!("Bearer {token}");
    let known = |query: &str| {
        let request = post(&json!({ "query": query }));
        from(with(request, "authorization", &bearer), "192.0.2.1", "x")
    };
    assert_eq!(Sent::by(&router, known("{ clock { today } }")).await.status, StatusCode::OK);
    let two = "mutation { a: revokeRole(input: { grantId: \"x\" }) { refusals { code } } \
        b: revokeRole(input: { grantId: \"x\" }) { refusals { code } } }";
    assert_eq!(Sent::by(&router, known(two)).await.json().get("errors"), None);
    assert_eq!(Sent::by(&router, known(two)).await.code(), "RATE_LIMITED", "each field is an act");
    // Whatever it asks, an address asks so often: pages are counted, probes are not.
    let rates = Rates { address: 1, ..Rates::default() };
    let door = Door::new(&Sites::default(), rates, PersistedQueries::default()).expect("a door");
    let router = behind(&server, door);
    let page = || with(from(get("/certificates"), "192.0.2.1", "x"), "accept", "text/html");
    assert_eq!(Sent::by(&router, page()).await.status, StatusCode::OK);
    let page = Sent::by(&router, page()).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.content_type().starts_with("text/html"));
    let health = Sent::by(&router, from(get("/healthz"), "192.0.2.1", "x")).await;
    assert_eq!(health.status, StatusCode::OK, "a probe is never counted");
}

/// A proxy tells the port that each request came from: it is no part of who asks. Else all would be one
/// caller, and fifty wrong passwords anywhere would hold everybody off.
#[tokio::test]
async fn clients_behind_a_proxy_are_told_apart_whatever_their_ports() {
    const FAILURES: usize = 50;
    let server = Server::start().await;
    server.account("someone@clea.example").await;
    let within = |address: u32| {
        let rates = Rates { address, ..Rates::default() };
        let door = Door::new(&Sites::default(), rates, PersistedQueries::default());
        let state = ApiState::new(server.app.clone(), Explorer::Off);
        let proxies = Proxies::parse("127.0.0.1").expect("a proxy");
        let state = state.with_door(door.expect("a door"));
        api::router_with(state, Operation { proxies, ..Operation::default() })
    };
    let asked = async |router: &Router, told: &str, query: &str| {
        let mut request = with(post(&json!({ "query": query })), "x-forwarded-for", told);
        let peer: SocketAddr = "127.0.0.1:9".parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(peer));
        Sent::by(router, request).await
    };
    let narrow = within(5);
    let status = async |told: &str| asked(&narrow, told, "{ __typename }").await.status;
    for n in 0..5 {
        assert_eq!(status(&format!("203.0.113.7:{}", 51_001 + n)).await, StatusCode::OK, "{n}");
    }
    assert_eq!(status("203.0.113.7:51006").await, StatusCode::TOO_MANY_REQUESTS);
    for other in ["198.51.100.9:40000", "[2001:db8::7]:443", "for=203.0.113.7"] {
        assert_eq!(status(other).await, StatusCode::OK, "{other}");
    }
    let wide = within(0);
    let ask = async |told: &str, query: &str| asked(&wide, told, query).await;
    let sign_in = |email: &str, password: &str| {
        format!(
            "mutation {{ signIn(input: {{ email: \"{email}\", password: \"{password}\" }}) \
             {{ token refusals {{ code }} }} }}"
        )
    };
    let refusal = |sent: &Sent| sent.json()["data"]["signIn"]["refusals"][0]["code"].clone();
    let _signing = SIGNING.read().await;
    for n in 0..FAILURES {
        let told = format!("203.0.113.7:{}", 51_001 + n);
        let failed = ask(&told, &sign_in(&format!("nobody{n}@clea.example"), "un faux mot")).await;
        assert_eq!(refusal(&failed), "SIGN_IN_FAILED", "{n}");
    }
    let held_off = ask("203.0.113.7:60001", &sign_in("someone@clea.example", PASSWORD)).await;
    assert_eq!(refusal(&held_off), "TOO_MANY_ATTEMPTS");
    for elsewhere in ["198.51.100.9:40000", "[2001:db8::7]:443", "\"[2001:db8:1::7]:443\""] {
        let let_in = ask(elsewhere, &sign_in("someone@clea.example", PASSWORD)).await;
        assert!(let_in.json()["data"]["signIn"]["token"].is_string(), "{elsewhere}");
    }
}

#[tokio::test]
async fn production_tells_its_schema_to_staff_alone() {
    let server = Server::start().await;
    let (_, someone) = server.account("someone@clea.example").await;
    let officer = server.officer().await;
    let settings = Settings { production: true, ..(*server.app.settings).clone() };
    let app = App { settings: Arc::new(settings), ..server.app.clone() };
    let router = api::router(ApiState::new(app, Explorer::Off));
    let ask = async |token: Option<&str>, query: &str| {
        let request = post(&json!({ "query": query }));
        let request = match token {
            Some(token) => with(request, "authorization", &format!("Bearer {token}")),
            None => request,
        };
        Sent::by(&router, request).await
    };
    let through = "{ ...F } fragment F on Query { __type(name: \"Query\") { name } }";
    for token in [None, Some(someone.as_str())] {
        for query in [INTROSPECTION, through] {
            assert_eq!(ask(token, query).await.code(), "INTROSPECTION_OFF");
        }
        let sent = ask(token, "{ clok { today } }").await;
        let message = sent.json()["errors"][0]["message"].as_str().expect("text").to_owned();
        assert_eq!(message, "Unknown field \"clok\" on type \"Query\".");
        assert_eq!(
            ask(token, "{ __typename }").await.json(),
            json!({ "data": { "__typename": "Query" } })
        );
    }
    assert_eq!(ask(Some(&officer), INTROSPECTION).await.json().get("errors"), None);
    let sent = ask(Some(&officer), "{ clok { today } }").await;
    assert!(
        sent.json()["errors"][0]["message"].as_str().is_some_and(|m| m.contains("Did you mean"))
    );
    let sent = server.send(post(&json!({ "query": "{ clok { today } }" }))).await;
    assert!(
        sent.json()["errors"][0]["message"].as_str().is_some_and(|m| m.contains("Did you mean"))
    );
    let page = Sent::by(&router, with(get("/graphql"), "accept", "text/html, */*")).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST, "no explorer");
    assert_eq!(page.header(header::X_CONTENT_TYPE_OPTIONS.as_str()), "nosniff");
}
