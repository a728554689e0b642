//! GraphQL over HTTP, as the audit of its specification judges it.

use e2e::{TestApp, node};

#[tokio::test]
async fn every_audit_of_graphql_over_http_passes() {
    let app = TestApp::start().await;
    let url = app.stranger().base().to_owned();
    let Some(printed) = node::run("audit.mjs", &[("CLEA_URL", &url)]).await else { return };
    let last = printed.lines().last().unwrap_or_default();
    let count = last.strip_suffix(" audits passed").and_then(|told| told.split_once(" of "));
    let (passed, audits) = count.expect("the count of the audits");
    assert_eq!(passed, audits, "{printed}");
    assert!(audits.parse::<u32>().is_ok_and(|audits| audits >= 61), "{printed}");
}
