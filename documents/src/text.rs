//! From input structs to what the templates print: cleaned strings, French
//! spacing in prose, amounts and registration numbers as people read them.

use crate::world;
use serde::Serialize;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Stands for a character that no font can draw.
const REPLACEMENT: char = '\u{25a1}';

/// The longest run of characters that surely fits in every column.
const RUN: usize = 24;

/// Fields of prose, where French typography may adjust spaces and apostrophes.
/// Everything else (names, addresses, numbers) is printed as it was entered.
const PROSE: [&str; 9] = [
    "subject",
    "paragraphs",
    "closing",
    "label",
    "grounds",
    "mentions",
    "title",
    "domains",
    "period_text",
];

/// Serializes `input` for a template.
pub(crate) fn printable<T: Serialize>(input: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut value = serde_json::to_value(input)?;
    refine(&mut value, "");
    serde_json::to_vec(&value)
}

/// Prepares every leaf of `value`; `key` is the field it was found under.
fn refine(value: &mut Value, key: &str) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                refine(field, name);
            }
        }
        Value::Array(items) => {
            for item in items {
                refine(item, key);
            }
        }
        Value::String(string) => {
            let mut refined = clean(string);
            if PROSE.contains(&key) {
                refined = french(&refined);
            } else if matches!(key, "siren" | "siret" | "organism_siren") {
                refined = registration_number(&refined);
            }
            // The address stays whole: it is also a link's target.
            *string = if key == "verification_url" { refined } else { breakable(&refined) };
        }
        Value::Number(number) if key.ends_with("_cents") => {
            if let Some(cents) = number.as_i64() {
                *value = Value::String(euros(cents));
            }
        }
        _ => {}
    }
}

/// `string` with nothing that the fonts cannot draw: letters and their marks are
/// composed, invisible characters (controls, joiners, direction overrides) are
/// dropped, unusual spaces become ordinary ones, and any other character without
/// a glyph is replaced visibly.
pub(crate) fn clean(string: &str) -> String {
    string.nfc().filter_map(clean_char).collect()
}

/// The first character of `string` that would be replaced.
pub(crate) fn missing(string: &str) -> Option<char> {
    string.nfc().find(|c| !is_box(*c) && clean_char(*c).is_some_and(is_box))
}

fn is_box(c: char) -> bool {
    c == replacement()
}

fn clean_char(c: char) -> Option<char> {
    match c {
        '\n' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}' => None,
        // The private area has glyphs, but PDF/A forbids it.
        '\u{e000}'..='\u{f8ff}' => Some(replacement()),
        '\t' => Some(' '),
        c if c.is_control() => None,
        c if world::has_glyph(c) => Some(c),
        '\u{2007}' | '\u{202f}' => Some('\u{a0}'),
        c if c.is_whitespace() => Some(' '),
        _ => Some(replacement()),
    }
}

fn replacement() -> char {
    if world::has_glyph(REPLACEMENT) { REPLACEMENT } else { '?' }
}

/// Lets a run of more than `RUN` characters without a space break anywhere
/// every `RUN` characters, so that nothing is pushed off the page.
fn breakable(string: &str) -> String {
    let mut out = String::with_capacity(string.len());
    let mut run = 0;
    for c in string.chars() {
        run = if c == ' ' || c == '\n' { 0 } else { run + 1 };
        if run > RUN && !is_combining_mark(c) {
            out.push('\u{200b}');
            run = 1;
        }
        out.push(c);
    }
    out
}

/// French typography: no-break spaces where a line must not break, and the
/// typographic apostrophe between two letters.
pub(crate) fn french(string: &str) -> String {
    let chars: Vec<char> = string.chars().collect();
    let at = |index: Option<usize>| index.and_then(|i| chars.get(i)).copied().unwrap_or('\n');
    let mut out = String::with_capacity(string.len() + 16);
    for (i, &c) in chars.iter().enumerate() {
        let (before, after) = (at(i.checked_sub(1)), at(i.checked_add(1)));
        out.push(match c {
            ' ' if matches!(after, ':' | ';' | '!' | '?' | '»' | '€' | '%')
                || matches!(before, '«' | '°' | '§') =>
            {
                '\u{a0}'
            }
            '\'' if before.is_alphabetic() && (after.is_alphabetic() || after == '«') => '’',
            other => other,
        });
    }
    out
}

/// `123456` cents as « 1 234,56 € ».
pub(crate) fn euros(cents: i64) -> String {
    let sign = if cents < 0 { "−" } else { "" };
    let cents = cents.unsigned_abs();
    let whole = grouped(&(cents / 100).to_string(), &[]);
    format!("{sign}{whole},{:02}\u{a0}€", cents % 100)
}

/// A SIREN as 3-3-3 digits, a SIRET as 3-3-3-5; anything else unchanged.
fn registration_number(string: &str) -> String {
    let digits = string.bytes().all(|b| b.is_ascii_digit());
    match string.len() {
        9 if digits => grouped(string, &[3, 6]),
        14 if digits => grouped(string, &[3, 6, 9]),
        _ => string.to_owned(),
    }
}

/// ASCII `digits` with no-break spaces before the given positions, or every
/// three digits from the right when none is given.
fn grouped(digits: &str, positions: &[usize]) -> String {
    let mut out = String::with_capacity(digits.len() + 8);
    for (i, digit) in digits.chars().enumerate() {
        let boundary = if positions.is_empty() {
            i > 0 && (digits.len() - i).is_multiple_of(3)
        } else {
            positions.contains(&i)
        };
        if boundary {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}
