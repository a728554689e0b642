//! Subscriptions with the client of npm `graphql-ws`, and the protocol's close codes.

use api::Sockets;
use e2e::{TestApp, node};
use std::time::Duration;

#[tokio::test]
async fn graphql_ws_follows_changes_and_finds_its_close_codes() {
    let app = TestApp::start().await;
    let organism = app.organism(1).await;
    let token = organism.admin.token().expect("a session").to_owned();
    let hasty = Sockets { init_patience: Duration::from_millis(100), ..Sockets::default() };
    let hasty = app.another_api(hasty).await;
    let env = [
        ("CLEA_URL", organism.admin.base()),
        ("CLEA_HASTY_URL", hasty.base.as_str()),
        ("CLEA_TOKEN", token.as_str()),
        ("CLEA_ORGANISM", organism.id.as_str()),
    ];
    let Some(printed) = node::run("sockets.mjs", &env).await else { return };
    assert_eq!(printed.lines().filter(|line| line.starts_with("closed ")).count(), 8, "{printed}");
    assert!(printed.ends_with("followed\n"), "{printed}");
}
