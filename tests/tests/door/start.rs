//! The smallest client.

use e2e::{TestApp, node};

#[tokio::test]
async fn a_script_reads_the_authorities() {
    let app = TestApp::start().await;
    let url = app.stranger().base().to_owned();
    let Some(printed) = node::run("start.mjs", &[("CLEA_URL", &url)]).await else { return };
    assert!(printed.contains("CERTIF_PRO Certif Pro"), "{printed}");
}
