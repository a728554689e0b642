//! The escapes of strings that the parser does not know, though the specification has them (September 2025, 2.9.4):
//! `\u{20BB7}`, and `\uD842\uDFB7`, a pair of surrogates for one character beyond U+FFFF.
//!
//! They are written as the character that they mean before the text is parsed, and the string is followed by as many
//! blanks as it lost characters: whatever stands behind it keeps its line and its column.

use super::limits::SYNTAX;
use super::tokens;
use crate::rejection::Rejection;
use std::borrow::Cow;

/// What comes after a backslash in a string, `u` apart.
const SIMPLE: &str = "\"\\/bfnrt";

/// The text as the parser knows it; the same where there is nothing to write otherwise. Strings alone are looked at:
/// neither comments nor block strings have such escapes. What does not end is left to whoever measures the text.
///
/// # Errors
/// At the first escape that means no character: half of a pair, a number beyond U+10FFFF, no number.
pub(super) fn written(query: &str) -> Result<Cow<'_, str>, Rejection> {
    if !query.contains("\\u") {
        return Ok(Cow::Borrowed(query));
    }
    let mut text = String::with_capacity(query.len());
    let mut at = 0;
    while let Some(length) = tokens::part(&query[at..]) {
        let part = &query[at..at + length];
        if part.starts_with('"') && !part.starts_with("\"\"\"") && part.contains("\\u") {
            let known = string(part).map_err(|offset| refused(query, at + offset))?;
            let blanks = part.chars().count().saturating_sub(known.chars().count());
            text.push_str(&known);
            text.extend(std::iter::repeat_n(' ', blanks));
        } else {
            text.push_str(part);
        }
        at += length;
    }
    text.push_str(&query[at..]);
    Ok(Cow::Owned(text))
}

/// A string with its quotes; else where its first wrong escape stands, in bytes from its start.
fn string(part: &str) -> Result<String, usize> {
    let mut known = String::with_capacity(part.len());
    let mut rest = part;
    while let Some(at) = rest.find('\\') {
        known.push_str(&rest[..at]);
        let escape = &rest[at..];
        let after = &escape[1..];
        let length = if after.starts_with(|c| SIMPLE.contains(c)) {
            known.push_str(&escape[..2]);
            2
        } else {
            let (c, length) = character(after).ok_or(part.len() - escape.len())?;
            push(&mut known, c);
            1 + length
        };
        rest = &escape[length..];
    }
    known.push_str(rest);
    Ok(known)
}

/// The character that `u…` means, and the bytes of what means it.
fn character(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix('u')?;
    if let Some(braced) = digits.strip_prefix('{') {
        let (number, _) = braced.split_once('}')?;
        // However many zeros stand first.
        let value = hexadecimal(number.trim_start_matches('0')).filter(|_| !number.is_empty())?;
        return Some((char::from_u32(value)?, number.len() + 3));
    }
    let high = hexadecimal(digits.get(..4)?)?;
    if let Some(c) = char::from_u32(high) {
        return Some((c, 5));
    }
    let low = hexadecimal(digits.get(4..)?.strip_prefix("\\u")?.get(..4)?)?;
    let pair = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let c = char::decode_utf16(pair).next()?.ok()?;
    Some((c, 11))
}

/// The value of hexadecimal digits alone, six at most; zero for none.
fn hexadecimal(digits: &str) -> Option<u32> {
    let sound = digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let value = || digits.chars().filter_map(|c| c.to_digit(16)).fold(0, |sum, n| sum * 16 + n);
    sound.then(value)
}

/// Adds a character of a string; never longer than its escape was.
fn push(known: &mut String, c: char) {
    match c {
        '"' => known.push_str("\\\""),
        '\\' => known.push_str("\\\\"),
        '\n' => known.push_str("\\n"),
        '\r' => known.push_str("\\r"),
        c => known.push(c),
    }
}

/// The refusal of what stands at this byte of the text.
fn refused(query: &str, at: usize) -> Rejection {
    let before = &query[..at];
    // Lines end as the parser sees them.
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit(['\n', '\r']).next().unwrap_or_default().chars().count() + 1;
    SYNTAX.saying(format!(
        "La requête n’est pas du GraphQL, ligne {line}, colonne {column} (cet échappement ne désigne aucun caractère)."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::types::Selection;
    use async_graphql::{Request, Value};

    /// What a literal means to the parser, once it is written for it.
    fn value(literal: &str) -> Result<String, String> {
        let query = format!("{{ a(b: {literal}) }}");
        let text = written(&query).map_err(|refused| refused.message().to_owned())?;
        assert_eq!(text.chars().count(), query.chars().count(), "{query}: {text}");
        let mut request = Request::new(text.as_ref());
        let document = request.parsed_query().map_err(|error| error.message.clone())?;
        let (_, operation) = document.operations.iter().next().expect("an operation");
        let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else {
            panic!("a field")
        };
        match field.node.arguments[0].1.node.clone().into_const() {
            Some(Value::String(text)) => Ok(text),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_character_is_written_in_each_manner_of_the_specification() {
        for (literal, meant) in [
            (r#""\uD842\uDFB7""#, "\u{20BB7}"),
            (r#""\ud842\udfb7""#, "\u{20BB7}"),
            (r#""\u{20BB7}""#, "\u{20BB7}"),
            (r#""\u{0000020bb7}""#, "\u{20BB7}"),
            (r#""\u{10FFFF}\u{10000}\uDBFF\uDFFF""#, "\u{10FFFF}\u{10000}\u{10FFFF}"),
            (r#""a\uD83D\uDE00b\u{1F600}c\u00e9""#, "a\u{1F600}b\u{1F600}cé"),
            (r#""\u{22}\u{5C}\u{a}\u{D}\u{9}\u0022\u005c\u000A""#, "\"\\\n\r\t\"\\\n"),
            (r#""\u{0}""#, "\0"),
            (r#""\\u{41}\\uD842 \"\u{41}\"""#, "\\u{41}\\uD842 \"A\""),
            (r#""\u{41}\n\/\b\f\r\t""#, "A\n/\u{8}\u{c}\r\t"),
            (r#""""\uD842 \u{41} \u12""""#, r"\uD842 \u{41} \u12"),
            ("\"é\\u{E9}\" # \\uD842 \"\\uDFB7\n", "éé"),
        ] {
            assert_eq!(value(literal).as_deref(), Ok(meant), "{literal}");
        }
    }

    #[test]
    fn an_escape_of_no_character_is_refused_where_it_stands() {
        for wrong in [
            r"\uD842",
            r"\uDFB7\uD842",
            r"\uD842\uD842",
            r"\uD842 \uDFB7",
            r"\uD842\u0041",
            r"\uD842\u{DFB7}",
            r"\u{D842}\u{DFB7}",
            r"\u{DFB7}",
            r"\u{110000}",
            r"\u{1000000041}",
            r"\u{}",
            r"\u{41",
            r"\u{4G}",
            r"\u{+41}",
            r"\u41",
            r"\u00 41",
            r"\u00é1",
        ] {
            let query = format!("{{\n  é: a(b: \"ok \\u{{41}}\", c: \"x{wrong}\") }}");
            let refused = written(&query).expect_err(wrong);
            assert_eq!(refused.code(), "GRAPHQL_PARSE_FAILED");
            let place = refused.message().contains("ligne 2, colonne 29 (");
            assert!(place, "{wrong}: {}", refused.message());
        }
        // Others are known by whoever sees that one of these stands beside them.
        let refused = written(r#"{ a(b: "\u{41}\q") }"#).expect_err("unknown");
        assert!(refused.message().contains("ligne 1, colonne 15 ("), "{}", refused.message());
    }

    #[test]
    fn what_stands_behind_keeps_its_place() {
        let plain = r#"query A { a(b: "0123456789ab", c: "") b(}"#;
        let escaped = r#"query A { a(b: "\uD842\uDFB7", c: "") b(}"#;
        let place = |query: &str| {
            let text = written(query).expect("characters");
            let mut request = Request::new(text.as_ref());
            let error = request.parsed_query().expect_err("no query").locations[0];
            (error.line, error.column)
        };
        assert_eq!(place(plain), place(escaped));
        assert_eq!(place(escaped), (1, 41));
    }

    #[test]
    fn a_text_without_them_or_without_an_end_stays_as_it_is() {
        for text in ["{ a }", "", r#"{ a(b: "\n") }"#] {
            assert!(matches!(written(text), Ok(Cow::Borrowed(same)) if same == text));
        }
        for text in ["\"\\u{41}", "\"\"\"\\u{41}", "# \\u{41}", "\"\\u{41}\n\"", "{ a \\u{41} }"] {
            assert_eq!(written(text).expect("left alone"), text);
        }
    }

    #[test]
    fn every_character_is_read_back() {
        let all = (0..=0x0010_FFFF_u32).step_by(97).filter_map(char::from_u32);
        for c in all.chain(['"', '\\', '\n', '\r', '\u{2028}', '\u{FFFF}', '\u{10000}']) {
            let units: Vec<_> =
                c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let units = units.concat();
            let braced = format!("\\u{{{:X}}}", u32::from(c));
            for literal in [units, braced] {
                assert_eq!(value(&format!("\"{literal}\"")), Ok(c.to_string()), "{literal}");
            }
        }
    }
}
