//! The rule index: every rule named has its function and its tests, and the page of rules is generated.

use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Index {
    rule: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    id: String,
    text: String,
    home: String,
    #[expect(dead_code, reason = "read by scripts/break-rules")]
    open: Option<String>,
    tests: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn index() -> Vec<Rule> {
    let index: Index = toml::from_str(&read("tests/rules.toml")).expect("tests/rules.toml");
    index.rule
}

/// The documentation and the body of a test function.
fn test_source<'a>(source: &'a str, name: &str) -> Option<&'a str> {
    let at = source.find(&format!("fn {name}("))?;
    let from = source[..at].rfind("\n\n").unwrap_or(0);
    let to = source[at..].find("\n}\n").map_or(source.len(), |end| at + end);
    source.get(from..to)
}

#[test]
fn every_rule_named_has_its_home_and_its_tests() {
    let mut seen = BTreeSet::new();
    for rule in index() {
        let Rule { id, home, tests, .. } = &rule;
        assert!(seen.insert(id.clone()), "{id} twice");
        let (file, function) = home.split_once("::").unwrap_or_else(|| panic!("{id}: {home}"));
        let source = read(file);
        assert!(
            source.contains(&format!("fn {function}("))
                || source.contains(&format!("fn {function}<")),
            "{id}: no {home}"
        );
        assert!(!tests.is_empty(), "{id} has no test");
        for test in tests {
            let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("{id}: {test}"));
            let source = read(&format!("tests/tests/suite/{file}"));
            let found = test_source(&source, name).unwrap_or_else(|| panic!("{id}: no {test}"));
            assert!(
                found.contains("#[tokio::test]") || found.contains("#[test]"),
                "{test} is no test"
            );
            assert!(found.contains(id.as_str()), "{test} does not name {id}");
        }
    }
    assert!(seen.len() >= 30);
}

#[test]
fn the_page_of_rules_is_up_to_date() {
    let mut page = String::from(
        "# The rules that work\n\nGenerated from `tests/rules.toml`; `UPDATE=1 scripts/test -p e2e rules` rewrites it. \
         `docs/rules-to-tables.md` says where the others will live.\n\n| rule | what it says | home | tests |\n|---|---|---|---|\n",
    );
    for rule in index() {
        let (file, function) = rule.home.split_once("::").expect("a home");
        let tests: Vec<_> = rule
            .tests
            .iter()
            .filter_map(|t| t.split_once("::"))
            .map(|(file, name)| format!("[`{name}`](../tests/tests/suite/{file})"))
            .collect();
        let _ = writeln!(
            page,
            "| {} | {} | [`{function}`](../{file}) | {} |",
            rule.id,
            rule.text,
            tests.join("<br>")
        );
    }
    let path = root().join("docs/rules.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(root().join("docs")).expect("docs/");
        std::fs::write(&path, &page).expect("docs/rules.md");
    }
    assert_eq!(
        std::fs::read_to_string(&path).expect("docs/rules.md"),
        page,
        "UPDATE=1 rewrites it"
    );
}
