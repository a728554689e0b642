//! The film's papers: every letter, invoice and parchment as a PDF in its folder.

use super::client::{nodes, text};
use super::film::Film;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::path::Path;

const LETTERS: &str = "query($after: String) { page: applications(first: 50, after: $after) { \
    pageInfo { endCursor hasNextPage } edges { node { decision { letter { fileName url } } } } } }";
const INVOICES: &str = "query($after: String) { page: invoices(first: 50, after: $after) { \
    pageInfo { endCursor hasNextPage } edges { node { document { fileName url } } } } }";
const PARCHMENTS: &str = "query($after: String) { page: habilitations(first: 50, after: $after) { \
    pageInfo { endCursor hasNextPage } edges { node { enrolments(first: 100) { edges { node { \
    certificate { parchment { fileName url } } } } } } } } }";

/// Saves them; says how many there are.
pub(super) async fn save(film: &Film, dir: &Path) -> anyhow::Result<usize> {
    std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    let (officer, finance) = (&film.staff.officer, &film.staff.finance);
    let mut count = 0;
    for (who, query) in [(officer, LETTERS), (finance, INVOICES), (officer, PARCHMENTS)] {
        let mut after = Value::Null;
        loop {
            let data = who.query(query, json!({ "after": after })).await?;
            for document in documents(&data) {
                let bytes = who.file(&text(document, "/url")?).await?;
                let name = text(document, "/fileName")?;
                let path =
                    dir.join(Path::new(&name).file_name().context("a document without a name")?);
                std::fs::write(&path, bytes).with_context(|| path.display().to_string())?;
                count += 1;
            }
            if data["page"]["pageInfo"]["hasNextPage"] != true {
                break;
            }
            after = data["page"]["pageInfo"]["endCursor"].clone();
        }
    }
    Ok(count)
}

/// The documents of a page, wherever they are.
fn documents(data: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    for node in nodes(data, "/page") {
        found.extend(node.pointer("/decision/letter"));
        found.extend(node.get("document"));
        found.extend(
            nodes(node, "/enrolments").iter().filter_map(|e| e.pointer("/certificate/parchment")),
        );
    }
    found.into_iter().filter(|document| !document.is_null()).collect()
}
