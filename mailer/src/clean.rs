//! What hostile text may not do: begin a line, a header or a tag of its own, or
//! turn the reading direction of what follows.

use std::fmt::{self, Write};

use askama::filters::{Escaper, Html};

/// What a character becomes in running text: control characters and line ends
/// become a space, the invisible marks that reorder text vanish.
fn clean_char(c: char) -> Option<char> {
    match c {
        '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{061C}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2066}'..='\u{2069}'
        | '\u{FEFF}' => None,
        c if c.is_control() => Some(' '),
        c => Some(c),
    }
}

/// The text on one line, without control characters, runs of plain spaces
/// reduced to one: fit for a subject or a name in a header.
pub(crate) fn one_line(text: &str) -> String {
    let cleaned: String = text.chars().filter_map(clean_char).collect();
    let words: Vec<&str> = cleaned.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Escaper of the plain text templates (named in `askama.toml`).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TextValue;

impl Escaper for TextValue {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        string.chars().filter_map(clean_char).try_for_each(|c| dest.write_char(c))
    }
}

/// Escaper of the HTML templates (named in `askama.toml`).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HtmlValue;

impl Escaper for HtmlValue {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        string
            .chars()
            .filter_map(clean_char)
            .try_for_each(|c| Html.write_escaped_char(&mut dest, c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_leaves_no_line_end_and_no_direction_mark() {
        assert_eq!(one_line(" A\r\nBcc: x\u{2028}y\t\u{202E}z\u{0} "), "A Bcc: x y z");
        assert_eq!(one_line("1\u{a0}234,00\u{a0}€"), "1\u{a0}234,00\u{a0}€");
    }
}
