//! Layout of plain text mails.

/// Longest line, in characters (addresses of pages excepted).
const WIDTH: usize = 74;

/// Folds each line of a rendered text at [`WIDTH`] on plain spaces (never on a
/// non-breaking one, never within a word), keeps one blank line at most between
/// paragraphs, and indents what continues an item of a list below its text.
pub(crate) fn wrap(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut blank = true; // so that no blank line opens the text
    for line in text.lines() {
        let line = line.trim_end_matches(' ');
        if line.is_empty() {
            if !blank {
                out.push('\n');
            }
            blank = true;
            continue;
        }
        fold(line, &mut out);
        blank = false;
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

fn fold(line: &str, out: &mut String) {
    let body = line.trim_start_matches(' ');
    let margin = line.len() - body.len();
    let hanging = margin + if body.starts_with("- ") { 2 } else { 0 };
    out.push_str(&" ".repeat(margin));
    let mut column = margin;
    let mut first = true;
    for word in body.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if !first && column + 1 + length > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(hanging));
            column = hanging;
        } else if !first {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
        first = false;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_on_plain_spaces_only() {
        let wrapped =
            wrap(&format!("\n\n{}\n\n\n- {}\n", "mot ".repeat(40), "a\u{a0}b ".repeat(40)));
        assert!(wrapped.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(wrapped.starts_with("mot mot"));
        assert!(wrapped.contains("\n\n- a\u{a0}b"));
        assert!(wrapped.contains("\n  a\u{a0}b"), "a list item hangs below its text");
        assert!(!wrapped.contains("\n\n\n") && wrapped.ends_with("b\n"));
    }

    #[test]
    fn a_long_word_stays_whole() {
        let link = format!("https://example.fr/{}", "x".repeat(120));
        assert_eq!(wrap(&format!("voir {link} ici")), format!("voir\n{link}\nici\n"));
    }
}
