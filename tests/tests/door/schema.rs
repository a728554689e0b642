//! `api/schema.graphql` in the tools that frontends build with.

use e2e::node;

#[tokio::test]
async fn two_linters_find_nothing() {
    let Some(printed) = node::run("lint.mjs", &[]).await else { return };
    assert_eq!(printed.lines().last(), Some("0 findings"), "{printed}");
}

#[tokio::test]
async fn relay_compiles_against_it() {
    let Some(printed) = node::run("relay-compile.mjs", &[]).await else { return };
    for artifact in ["CandidateHistoryTimelineQuery", "InvoicesPayMutation", "OrganismPageQuery"] {
        assert!(printed.contains(artifact), "{artifact} in {printed}");
    }
}

#[tokio::test]
async fn typed_documents_are_generated_from_it() {
    let Some(printed) = node::run("codegen.mjs", &[]).await else { return };
    assert!(printed.contains("the program is well typed"), "{printed}");
}

#[tokio::test]
async fn nothing_that_was_released_breaks() {
    let Some(printed) = node::run("breaking.mjs", &[]).await else { return };
    // What is dangerous is for people to weigh.
    println!("{printed}");
    assert!(printed.contains("0 breaking changes"), "{printed}");
}
