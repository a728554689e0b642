//! The text of a query, measured before it is parsed: its tokens, and how deep its brackets go.

use super::limits::{TOO_DEEP, TOO_LONG};
use crate::rejection::Rejection;

/// How many tokens a query may have.
const MOST_TOKENS: usize = 2_000;
/// How deep brackets may go, whatever they hold: the parser calls itself once for each.
const DEEPEST_BRACKETS: usize = 64;

const UNFINISHED: Rejection = Rejection::of_document(
    "GRAPHQL_PARSE_FAILED",
    "La requête n’est pas du GraphQL : une chaîne de caractères n’y est pas terminée.",
);

/// Refuses a text that is too long or too deep to be parsed, and a string without an end, of which the parser
/// might make something else; anything else is for the parser to judge.
pub(super) fn check(query: &str) -> Result<(), Rejection> {
    let text = query.as_bytes();
    let (mut at, mut tokens, mut depth) = (0, 0, 0_usize);
    while let Some(&byte) = text.get(at) {
        at += match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += run(&text[at..], |byte| byte != b'\n' && byte != b'\r');
                continue;
            }
            b'"' => string(&text[at..]).ok_or(UNFINISHED)?,
            b'.' => run(&text[at..], |byte| byte == b'.'),
            b'{' | b'(' | b'[' => {
                depth += 1;
                1
            }
            b'}' | b')' | b']' => {
                depth = depth.saturating_sub(1);
                1
            }
            byte if is_word(byte) => run(&text[at..], |byte| is_word(byte) || byte == b'.'),
            _ => 1,
        };
        tokens += 1;
        if tokens > MOST_TOKENS {
            return Err(TOO_LONG);
        }
        if depth > DEEPEST_BRACKETS {
            return Err(TOO_DEEP);
        }
    }
    Ok(())
}

/// The length of what stands first: a comment, a string with its quotes, or all that is neither; none where the text or
/// a string has no more.
pub(super) fn part(text: &str) -> Option<usize> {
    let text = text.as_bytes();
    Some(match text.first()? {
        b'#' => run(text, |byte| byte != b'\n' && byte != b'\r'),
        b'"' => string(text)?,
        _ => run(text, |byte| byte != b'"' && byte != b'#'),
    })
}

/// What names and numbers are made of.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'+'
}

/// How many bytes of this kind stand first.
fn run(text: &[u8], of_kind: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|byte| of_kind(**byte)).count()
}

/// The length of the string that stands first, with its quotes; none where it does not end.
fn string(text: &[u8]) -> Option<usize> {
    let quotes: &[u8] = if text.starts_with(b"\"\"\"") { b"\"\"\"" } else { b"\"" };
    let mut at = quotes.len();
    while at < text.len() {
        if text[at..].starts_with(quotes) {
            return Some(at + quotes.len());
        }
        if quotes.len() == 1 && matches!(text[at], b'\n' | b'\r') {
            return None;
        }
        // In a block string a backslash escapes the three quotes at once, which end it otherwise.
        at += match (text[at], quotes.len()) {
            (b'\\', 1) => 2,
            (b'\\', _) if text[at + 1..].starts_with(quotes) => 4,
            _ => 1,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(query: &str) -> Option<&'static str> {
        check(query).err().map(|rejection| rejection.code())
    }

    #[test]
    fn tokens_are_counted_and_what_is_none_is_not() {
        let with = |fields: usize| format!("{{ {} }}", "a ".repeat(fields));
        assert_eq!(code(&with(MOST_TOKENS - 2)), None);
        assert_eq!(code(&with(MOST_TOKENS - 1)), Some("QUERY_TOO_LONG"));
        let blank = format!("{{ a #{} \n {} }}", "b ".repeat(5_000), ", ".repeat(5_000));
        assert_eq!(code(&blank), None);
        let words = "b ".repeat(5_000);
        for string in [
            format!("\"{words}\""),
            format!("\"{words}\\\"{words}\""),
            format!("\"\"\"{words}\n\"{words} \\\"\"\" {words}\"\"\""),
        ] {
            assert_eq!(code(&format!("{{ a(b: {string}) }}")), None);
            assert_eq!(code(&format!("{{ a(b: {string}) {words} }}")), Some("QUERY_TOO_LONG"));
        }
        assert_eq!(code(&format!("{{ a(b: \"\\\\\") {words} }}")), Some("QUERY_TOO_LONG"));
        assert_eq!(code(&"é".repeat(3_000)), Some("QUERY_TOO_LONG"));
    }

    #[test]
    fn brackets_are_not_nested_without_end() {
        for bracket in ["{ a", "[", "(", "{a:["] {
            let nested = bracket.repeat(DEEPEST_BRACKETS + 1);
            assert_eq!(code(&nested), Some("QUERY_TOO_DEEP"), "{bracket}");
        }
        let side_by_side = "{ a } ".repeat(DEEPEST_BRACKETS + 1);
        assert_eq!(code(&side_by_side), None);
    }

    #[test]
    fn a_text_that_ends_early_is_measured_all_the_same() {
        for text in ["#", "...", "{", ""] {
            assert_eq!(code(text), None, "{text}");
        }
        for text in ["\"", "\"\"\"", "\"\\", "\"\"\"\\", "\"a\nb\"", "\"\"\"a\""] {
            assert_eq!(code(text), Some("GRAPHQL_PARSE_FAILED"), "{text}");
        }
    }
}
