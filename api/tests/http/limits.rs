//! What the HTTP layer lets through.

use crate::support::Server;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

#[tokio::test]
async fn only_json_is_executed() {
    let server = Server::start().await;
    let body = r#"{"query":"{ clock { today } }"}"#;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let answered =
            server.post(vec![("content-type", content_type.to_owned())], body.to_owned()).await;
        assert_eq!(answered.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
    }
    let json = vec![("content-type", "application/json; charset=utf-8".to_owned())];
    let answered = server.post(json.clone(), body.to_owned()).await;
    assert_eq!(answered.status, StatusCode::OK);
    let answered = server.post(json, "{".to_owned()).await;
    assert_eq!((answered.status, answered.code()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
}

#[tokio::test]
async fn a_session_that_is_not_known_is_refused() {
    let server = Server::start().await;
    let answered = server.ask(Some("nothing"), "{ clock { today } }").await;
    assert_eq!((answered.status, answered.code()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
    let (_, token) = server.account("someone@clea.example").await;
    let viewer = "{ viewer { account { email } roles { role } } }";
    let data = server.ask(Some(&token), viewer).await.data();
    assert_eq!(data["viewer"]["account"]["email"], "someone@clea.example");
    let out = server.ask(Some(&token), "mutation { signOut { refusals { code } } }").await.data();
    assert_eq!(out["signOut"]["refusals"], Value::Array(Vec::new()));
    assert_eq!(server.ask(Some(&token), viewer).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn large_bodies_deep_and_costly_queries_are_refused() {
    let server = Server::start().await;
    let json = || vec![("content-type", "application/json".to_owned())];
    let large = format!(r#"{{"query":"{}"}}"#, " ".repeat(1_000_001));
    assert_eq!(server.post(json(), large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let deep = format!("{{ organism(siren: \"1\") {}", "{ sites { organism ".repeat(8));
    let deep = format!("{deep} {{ id }} {}", "} }".repeat(8) + "}");
    assert_eq!(server.ask(None, &deep).await.code(), "QUERY_TOO_DEEP");
    let costly = "{ organisms(first: 100) { edges { node { candidates(first: 100) { edges { node { \
        enrolments(first: 100) { edges { node { id } } } } } } } } } }";
    assert_eq!(server.ask(None, costly).await.code(), "QUERY_TOO_COSTLY");
    let ids = vec!["\"x\""; 100].join(",");
    let costly = format!(
        "{{ nodes(ids: [{ids}]) {{ ... on Organism {{ candidates(first: 100) {{ edges {{ node {{ \
         timeline(first: 100) {{ edges {{ cursor }} }} }} }} }} }} }} }}"
    );
    assert_eq!(server.ask(None, &costly).await.code(), "QUERY_TOO_COSTLY", "each id counts");
}

/// What would cost to execute is refused before the database is asked anything but who asks.
#[tokio::test]
async fn a_query_that_asks_too_much_is_refused_before_anything_is_read() {
    let server = Server::start().await;
    let aliases = |n: usize| (0..n).map(|n| format!("a{n}: clock {{ today }}")).collect::<Vec<_>>();
    let attempts = (0..100).map(|n| {
        format!("a{n}: signIn(input: {{ email: \"a@b.fr\", password: \"x\" }}) {{ token }}")
    });
    let attempts = attempts.collect::<Vec<_>>().join(" ");
    let before = server.counted();
    for (query, code) in [
        (format!("{{ {} }}", aliases(2_000).join(" ")), "QUERY_TOO_LONG"),
        (format!("{{ {} }}", aliases(16).join(" ")), "TOO_MANY_ALIASES"),
        (format!("mutation {{ {attempts} }}"), "TOO_MANY_ALIASES"),
        ("{ organisms(first: 2000000) { edges { cursor } } }".to_owned(), "BAD_PAGE"),
        (
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
            "FRAGMENT_CYCLE",
        ),
        ("{".repeat(5_000), "QUERY_TOO_DEEP"),
        (format!("{{ node(id: \"{}\") {{ id }} }}", "é".repeat(20_001)), "TOO_LONG"),
    ] {
        let answered = server.ask(None, &query).await;
        assert_eq!(answered.code(), code);
        assert_eq!(answered.status, StatusCode::BAD_REQUEST, "{code}");
    }
    assert_eq!(server.counted(), before, "nothing was read");
}

/// The product's own screens at their largest.
#[tokio::test]
async fn the_product_s_own_queries_pass() {
    let server = Server::start().await;
    let officer = server.officer().await;
    server.organism(1, 2).await;
    for query in [
        "{ candidates(first: 1) { edges { node { fullName birthDate organism { name } \
           enrolments(first: 20) { edges { node { habilitation { id validUntil } \
             evaluations { recordedOn results { code acquired } } juryDecisions { favourable } \
             results { code acquired prior finals } trainingPaths { startsOn completedOn trainers { familyName } } } } } \
           timeline(first: 100) { edges { node { summary } } } \
           notices(first: 20) { edges { node { mailSubject } } } } } } }",
        "{ organisms(first: 1) { edges { node { name siren version sites { name city } practitioners { familyName } \
           habilitations(first: 20) { edges { node { validUntil status } } } \
           candidates(first: 50) { totalCount pageInfo { hasNextPage endCursor } edges { node { id fullName birthDate \
             enrolments(first: 5) { edges { node { id results { code acquired prior finals } juryDecisions { favourable } } } } } } } } } } }",
        "{ invoices(first: 100) { totalCount edges { node { id number issuedOn dueOn total balance overdue \
           organism { id name siren } payments { amount receivedOn } \
           lines(first: 100) { edges { node { label amount } } } } } } }",
    ] {
        let answered = server.ask(Some(&officer), query).await;
        assert_eq!(answered.body.get("errors"), None, "{query}");
    }
}

#[tokio::test]
async fn what_is_included_by_default_is_answered() {
    let server = Server::start().await;
    let query = "query($yes: Boolean = true, $no: Boolean = false) { \
                 clock { a: today @include(if: $yes) b: today @skip(if: $yes) c: today @include(if: $no) d: today @skip(if: $no) } }";
    let answered = server.ask(None, query).await;
    let clock = answered.body["data"]["clock"].as_object().expect("a clock");
    assert_eq!(clock.keys().collect::<Vec<_>>(), ["a", "d"]);
    let none = "query($x: Boolean = null) { clock { today @include(if: $x) } }";
    let refused = server.ask(None, none).await;
    assert!(
        refused.body["errors"].is_array() && refused.body.get("data").is_none(),
        "{:?}",
        refused.body
    );
}

#[tokio::test]
async fn a_request_keeps_its_identifier() {
    let server = Server::start().await;
    let headers = |id: &str| {
        vec![("content-type", "application/json".to_owned()), ("x-request-id", id.to_owned())]
    };
    let body = r#"{"query":"{ clock { today } }"}"#;
    let kept = server.post(headers("abc-1.2_3"), body.to_owned()).await;
    assert_eq!(kept.request_id.as_deref(), Some("abc-1.2_3"));
    let replaced = server.post(headers("not plain"), body.to_owned()).await;
    assert!(replaced.request_id.is_some_and(|id| id != "not plain"));
}

#[tokio::test]
async fn the_explorer_stands_beside_the_endpoint() {
    let server = Server::start().await;
    let assets_dir = std::path::PathBuf::from("no/such/folder");
    let state = api::ApiState::new(server.app.clone(), api::Explorer::On { assets_dir });
    let router = api::router(state);
    for path in ["/", "/graphql"] {
        let request = Request::get(path).header("accept", "text/html,*/*;q=0.8");
        let request = request.body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
    let request = Request::post("/graphql").header("content-type", "application/json");
    let request =
        request.body(Body::from(r#"{"query":"{ clock { today } }"}"#)).expect("a request");
    let response = router.oneshot(request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
}

// Interpretation 5: nobody reports bounces to a system that was given no secret.
#[tokio::test]
async fn without_a_secret_there_is_no_webhook() {
    let server = Server::start().await;
    let request = || {
        Request::post("/webhooks/bounces")
            .header("authorization", "Bearer ")
            .body(Body::from("{}"))
            .expect("a request")
    };
    let response = server.router.clone().oneshot(request()).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(api::BounceSecret::new("quinze lettres.").is_none(), "too short to be a secret");
    let secret = api::BounceSecret::new("seize caractères");
    assert!(!format!("{secret:?}").contains("seize"));
    let state = api::ApiState::new(server.app.clone(), api::Explorer::Off);
    let router = api::router(state.with_bounce_secret(secret));
    let response = router.oneshot(request()).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

/// No database keeps a NUL, and no form has a text of a hundred pages: refused by the field, before
/// anything is executed.
#[tokio::test]
async fn a_text_that_no_field_takes_is_refused() {
    let server = Server::start().await;
    let (_, token) = server.account("someone@clea.example").await;
    let headers = || {
        vec![
            ("content-type", "application/json".to_owned()),
            ("authorization", format!("Bearer {token}")),
        ]
    };
    let query = "mutation($input: RegisterOrganismInput!) \
                 { registerOrganism(input: $input) { refusals { code } } }";
    for (name, code) in [("a\0b".to_owned(), "CHARACTER_INVALID"), ("é".repeat(20_001), "TOO_LONG")]
    {
        let input = serde_json::json!({ "siren": "900000001", "name": name });
        let body = serde_json::json!({ "query": query, "variables": { "input": input } });
        let answered = server.post(headers(), body.to_string()).await;
        assert_eq!((answered.status, answered.code()), (StatusCode::BAD_REQUEST, code));
        let error = &answered.body["errors"][0];
        assert_eq!(error["extensions"]["field"], serde_json::json!(["input", "name"]));
        assert!(
            error["message"].as_str().is_some_and(|told| told.contains("input.name")),
            "{error}"
        );
        assert!(error["extensions"]["correlationId"].is_string());
    }
    let literal = r#"{ verifyCertificate(code: "\u0000") { number } }"#;
    assert_eq!(server.ask(Some(&token), literal).await.code(), "CHARACTER_INVALID");
    // A page's address may hold one too.
    for path in ["/certificates/%00", "/certificates?code=%00", "/notices/%00"] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = server.router.clone().oneshot(request).await.expect("an answer");
        assert!(response.status().is_client_error(), "{path}: {}", response.status());
    }
}
