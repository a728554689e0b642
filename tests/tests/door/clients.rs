//! Three clients that frontends use, as they come: each signs in and reads a candidate's history.

use crate::story::{EMAIL, PASSWORD, SIREN, walked};
use e2e::node;

/// Runs a client's script on the state of the walkthrough.
async fn client(script: &str) -> Option<String> {
    let app = walked().await;
    let url = app.stranger().base().to_owned();
    let env = [
        ("CLEA_URL", url.as_str()),
        ("CLEA_EMAIL", EMAIL),
        ("CLEA_PASSWORD", PASSWORD),
        ("CLEA_SIREN", SIREN),
        ("CLEA_CANDIDATE", "Durand"),
    ];
    node::run(script, &env).await
}

#[tokio::test]
async fn relay_reads_pages_refetches_and_is_refused() {
    let Some(printed) = client("relay.mjs").await else { return };
    assert!(printed.contains("Exemple: habilitation SUSPENDED"), "{printed}");
    assert!(printed.contains("history in pages 2 4 5"), "{printed}");
    assert!(printed.contains("registered Rémi Relais"), "{printed}");
    assert!(printed.contains("refused: BIRTH_DATE_INVALID"), "{printed}");
}

#[tokio::test]
async fn apollo_gathers_pages_in_its_cache_and_is_refused() {
    let Some(printed) = client("apollo.mjs").await else { return };
    assert!(printed.contains("Claude Durand: history in pages 2 4 5"), "{printed}");
    assert!(printed.contains("refused: BIRTH_DATE_INVALID"), "{printed}");
    assert!(printed.contains("asked again by its hash alone, by GET"), "{printed}");
}

#[tokio::test]
async fn urql_reads_pages_and_is_refused() {
    let Some(printed) = client("urql.mjs").await else { return };
    assert!(printed.contains("Claude Durand: 5 entries in 3 pages"), "{printed}");
    assert!(printed.contains("refused: BIRTH_DATE_INVALID"), "{printed}");
}
