//! The limits of a document.

use crate::gate::{Documents, admit, check_text};
use async_graphql::{Request, Variables};
use serde_json::json;
use std::fmt::Write as _;

fn code(query: &str) -> &'static str {
    check_text(query).err().unwrap_or_default()
}

#[test]
fn fields_stand_fifteen_deep_at_most() {
    let nested = |levels: usize| format!("{}x{}", "{ a ".repeat(levels), " }".repeat(levels));
    let nested = |levels| nested(levels).replace("a x", "a");
    assert_eq!(code(&nested(15)), "");
    assert_eq!(code(&nested(16)), "QUERY_TOO_DEEP");
    let through = "{ a { ...F } } fragment F on T { b { ...G } } fragment G on T { c }";
    assert_eq!(code(through), "");
    let inline = format!("{{ {} a {} }}", "... { ".repeat(40), "}".repeat(40));
    assert_eq!(code(&inline), "QUERY_TOO_DEEP");
}

#[test]
fn fragments_that_multiply_are_refused_without_being_written_out() {
    let mut bomb = "{ ...F0 }".to_owned();
    for n in 0..20 {
        let spreads = format!("...F{} ", n + 1).repeat(20);
        write!(bomb, "fragment F{n} on T {{ {spreads} }}").expect("text");
    }
    bomb.push_str("fragment F20 on T { a }");
    assert_eq!(code(&bomb), "QUERY_TOO_COSTLY");
    for cycle in [
        "{ ...A } fragment A on T { a { ...A } }",
        "{ ...A } fragment A on T { ...B } fragment B on T { ...A }",
        "{ a } fragment A on T { ...B } fragment B on T { c { ...A } }",
    ] {
        assert_eq!(code(cycle), "FRAGMENT_CYCLE", "{cycle}");
    }
    assert_eq!(code("{ ...Unknown }"), "", "for validation to tell");
}

// Recursion is bounded before anything follows fragments into fragments.
#[test]
fn a_chain_of_fragments_is_refused_at_once() {
    let chain = |from: &str| {
        let mut query = format!("{{ a {from} }}");
        for n in 0..200 {
            write!(query, " fragment F{n} on T {{ ...F{} }}", n + 1).expect("text");
        }
        query + " fragment F200 on T { a }"
    };
    assert_eq!(code(&chain("...F0")), "QUERY_TOO_DEEP");
    assert_eq!(code(&chain("")), "QUERY_TOO_DEEP", "nothing spreads it");
    let hidden = format!("{{ a(b: [\"\"\"x\"]) {} }}", "a ".repeat(36_000));
    assert_eq!(code(&hidden), "GRAPHQL_PARSE_FAILED", "a string without an end hides nothing");
}

#[test]
fn a_field_is_asked_for_fifteen_times_side_by_side_at_most() {
    let aliases = |n: usize| (0..n).map(|n| format!("a{n}: a")).collect::<Vec<_>>().join(" ");
    assert_eq!(code(&format!("{{ {} }}", aliases(15))), "");
    assert_eq!(code(&format!("{{ {} }}", aliases(16))), "TOO_MANY_ALIASES");
    assert_eq!(code(&format!("{{ x {{ y {{ {} }} }} }}", aliases(16))), "TOO_MANY_ALIASES");
    let spread = format!("{{ ...F {} }} fragment F on T {{ b: a ... {{ c: a }} }}", aliases(14));
    assert_eq!(code(&spread), "TOO_MANY_ALIASES");
    assert_eq!(code(&format!("mutation {{ {} }}", "a ".repeat(16))), "TOO_MANY_ALIASES");
    let mut parts = "{ x {".to_owned();
    let mut fragments = String::new();
    for n in 0..30 {
        write!(parts, " ...F{n}").expect("text");
        write!(fragments, " fragment F{n} on T {{ id f{n} }}").expect("text");
    }
    assert_eq!(code(&format!("{parts} }} }}{fragments}")), "", "each part asks for the id");
}

#[test]
fn ten_directives_stand_at_one_place_at_most() {
    let at = |n: usize| " @include(if: true)".repeat(n);
    assert_eq!(code(&format!("{{ a{} b{} }}", at(10), at(10))), "");
    for query in [
        format!("{{ a{} }}", at(11)),
        format!("query Q{} {{ a }}", at(11)),
        format!("{{ ...F{} }} fragment F on T {{ a }}", at(11)),
        format!("{{ a }} fragment F on T{} {{ a }}", at(11)),
        format!("query Q($a: Int{}) {{ a }}", at(11)),
    ] {
        assert_eq!(code(&query), "TOO_MANY_DIRECTIVES", "{query}");
    }
}

#[test]
fn a_page_is_a_hundred_edges_at_most_however_it_is_said() {
    let asked = |query: &str, variables: serde_json::Value| {
        let mut request = Request::new(query).variables(Variables::from_json(variables));
        admit(&mut request, true, &Documents::default()).err().map(|rejection| rejection.code())
    };
    let bad = Some("BAD_PAGE");
    assert_eq!(asked("{ a(first: 100, last: 0) }", json!({})), None);
    assert_eq!(asked("{ a(first: 101) }", json!({})), bad);
    assert_eq!(asked("{ a(last: 99999999999999999999) }", json!({})), bad);
    assert_eq!(asked("{ a(first: -1) }", json!({})), bad);
    let variable = "query($n: Int = 500) { a(first: $n) }";
    assert_eq!(asked(variable, json!({ "n": 100 })), None);
    assert_eq!(asked(variable, json!({ "n": 101 })), bad);
    assert_eq!(asked(variable, json!({})), bad);
}

#[test]
fn lists_of_the_schema_s_parts_are_not_nested_without_end() {
    let nested = |levels: usize| {
        let (open, close) = ("fields { type { ".repeat(levels), "} } ".repeat(levels));
        format!("{{ __type(name: \"Query\") {{ {open} name {close} }} }}")
    };
    assert_eq!(code(&nested(2)), "");
    assert_eq!(code(&nested(3)), "QUERY_TOO_DEEP");
    let mut request =
        Request::new("{ a { ...F } } fragment F on T { __schema { types { name } } }");
    let refused = admit(&mut request, false, &Documents::default()).expect_err("off");
    assert_eq!(refused.code(), "INTROSPECTION_OFF");
    admit(&mut Request::new("{ __typename a { __typename } }"), false, &Documents::default())
        .expect("a name alone");
}

#[test]
fn a_literal_is_measured_as_a_variable() {
    let long = "é".repeat(20_001);
    for query in [
        format!("{{ a(input: {{ b: [\"{long}\"] }}) }}"),
        format!("query($t: String = \"{long}\") {{ a(b: $t) }}"),
    ] {
        assert_eq!(code(&query), "TOO_LONG");
    }
    assert_eq!(code("{ a(b: \"\\u0000\") }"), "CHARACTER_INVALID");
}

#[test]
fn queries_are_known_again_and_acts_are_not() {
    let known = Documents::default();
    let admitted = |query: &str, variables: serde_json::Value| {
        let mut request = Request::new(query).variables(Variables::from_json(variables));
        admit(&mut request, true, &known).err().map(|rejection| rejection.code())
    };
    let (query, act) = ("query($n: Int) { a(first: $n) }", "mutation { a(password: \"secret\") }");
    for _ in 0..2 {
        assert_eq!(admitted(query, json!({ "n": 1 })), None);
        assert_eq!(admitted(act, json!({})), None);
    }
    assert!(known.of(query).is_some() && known.of(act).is_none());
    assert_eq!(admitted(query, json!({ "n": 101 })), Some("BAD_PAGE"), "known, and looked at");
    let refused = "{ a(first: 101) }";
    assert_eq!(admitted(refused, json!({})), Some("BAD_PAGE"));
    assert!(known.of(refused).is_none());
    let beside = "query Q { a } mutation M { a(password: \"secret\") }";
    let mut request = Request::new(beside).operation_name("Q");
    admit(&mut request, true, &known).expect("the query is asked for");
    assert!(known.of(beside).is_none(), "an act stands beside it");
}

#[test]
fn variables_that_are_left_out_have_their_defaults() {
    let query = "query Q($yes: Boolean = true, $no: Boolean = false, $n: Int) { a @include(if: $yes) b(first: $n) @skip(if: $no) }";
    let mut request = Request::new(query).variables(Variables::from_json(json!({ "no": true })));
    let known = Documents::default();
    for _ in ["new", "known"] {
        admit(&mut request, true, &known).expect("the query is asked for");
        assert_eq!(json!(request.variables), json!({ "yes": true, "no": true }));
        request.variables = Variables::from_json(json!({ "no": true }));
    }
}
