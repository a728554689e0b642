//! `schema.graphql` is generated: it must not drift from the code.

use std::path::Path;

/// The file that clients read.
const FILE: &str = "schema.graphql";

#[test]
fn the_schema_file_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let expected = api::sdl();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &expected).expect("the schema file can be written");
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept != expected {
        let line = kept.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count() + 1;
        panic!(
            "{FILE} drifted from the code at line {line}; run UPDATE=1 cargo test -p api --test schema"
        );
    }
}
