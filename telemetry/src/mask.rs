//! What a log may hold of an error: its kind and its place, never a value that someone typed.
//!
//! Databases, parsers and mail servers quote what they were given. Whatever stands between quotes and
//! whatever looks like a mail address is therefore left out; what helps an operator (a SQLSTATE, the
//! name of a constraint or of a table) is added from where it stands by itself.

use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr};
use std::any::Any;
use std::fmt::Write as _;

/// Stands for a mail address.
const ADDRESS: &str = "<address>";
/// What a panic says whose message was made of values.
const FORMATTED: &str = "a message made of values, which is not shown";

/// The error with its causes, on one line, without the values that they quote.
pub fn error(error: &anyhow::Error) -> String {
    told(error.chain())
}

/// The same for an error that is no `anyhow` one.
pub fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    told(std::iter::successors(Some(error), |error| error.source()))
}

fn told<'a>(chain: impl Iterator<Item = &'a (dyn std::error::Error + 'static)>) -> String {
    let mut told = String::new();
    let mut facts = None;
    for link in chain {
        let text = text(&link.to_string());
        // Wrappers repeat what they wrap.
        if !told.ends_with(&text) {
            let _ = write!(told, "{}{text}", if told.is_empty() { "" } else { ": " });
        }
        facts = facts.or_else(|| database_facts(link));
    }
    told + &facts.unwrap_or_default()
}

/// The SQLSTATE (or SQLite's code) of a database's error, with the constraint and the table.
fn database_facts(link: &(dyn std::error::Error + 'static)) -> Option<String> {
    let driver = match link.downcast_ref::<DbErr>() {
        Some(
            DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error))
            | DbErr::Conn(RuntimeErr::SqlxError(error)),
        ) => &**error,
        _ => link.downcast_ref::<sqlx::Error>()?,
    };
    let sqlx::Error::Database(error) = driver else { return None };
    let mut facts = format!(" [code {}", error.code().unwrap_or_default());
    for (what, name) in [("constraint", error.constraint()), ("table", error.table())] {
        if let Some(name) = name {
            let _ = write!(facts, ", {what} {name}");
        }
    }
    Some(facts + "]")
}

/// A text without what stands between quotes in it, without mail addresses, on one line.
pub fn text(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if let Some(end) = closing(c, before)
            && let Some(position) = rest.find(end)
        {
            masked.extend([c, '…', end]);
            rest = &rest[position + end.len_utf8()..];
            before = end;
            continue;
        }
        masked.push(if c.is_control() { ' ' } else { c });
        before = c;
    }
    without_addresses(&masked)
}

/// What ends a quotation that `c` begins; an apostrophe inside a word begins none.
fn closing(c: char, before: char) -> Option<char> {
    match c {
        '"' | '`' => Some(c),
        '\'' if !before.is_alphanumeric() => Some(c),
        '“' => Some('”'),
        '«' => Some('»'),
        _ => None,
    }
}

fn without_addresses(text: &str) -> String {
    let part_of_address = |c: char| c.is_alphanumeric() || ".!#$%&*+/?^_{|}~@-".contains(c);
    let mut kept = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars().map(Some).chain([None]) {
        match c {
            Some(c) if part_of_address(c) => word.push(c),
            other => {
                let is_address = word.contains('@') && word.len() > 1;
                kept.push_str(if is_address { ADDRESS } else { &word });
                word.clear();
                kept.extend(other);
            }
        }
    }
    kept
}

/// The text without an address that is known, in whatever case, nor its left part where it stands by
/// itself: mail servers quote either. Other addresses are left out too.
pub fn recipient(text: &str, address: &str, mask: &str) -> String {
    let local = address.split('@').next().unwrap_or_default();
    let masked = replace_any_case(text, address, mask);
    let masked =
        if local.chars().count() >= 3 { replace_any_case(&masked, local, mask) } else { masked };
    without_addresses(&masked).replace(ADDRESS, mask)
}

fn replace_any_case(text: &str, what: &str, by: &str) -> String {
    if what.is_empty() {
        return text.to_owned();
    }
    let wanted: Vec<char> = what.chars().flat_map(char::to_lowercase).collect();
    let given: Vec<char> = text.chars().collect();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while at < given.len() {
        let mut lower = given[at..].iter().flat_map(|c| c.to_lowercase());
        if wanted.iter().all(|c| lower.next() == Some(*c)) {
            kept.push_str(by);
            at += what.chars().count();
        } else {
            kept.push(given[at]);
            at += 1;
        }
    }
    kept
}

/// What a panic may tell: its words when they were written in the program, and nothing of a message that
/// was made of values.
pub fn panic(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or(FORMATTED)
}

/// From now on a panic of this process is a line of the log, with its place in the program and without
/// the values that its message may hold.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, reason = panic(info.payload()), "the program panicked");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn quotations_and_addresses_are_left_out() {
        for (given, told) in [
            (
                "invalid input syntax for type uuid: \"Durand\"",
                "invalid input syntax for type uuid: \"…\"",
            ),
            ("no user Ada.Lovelace+x@exemple.fr here", "no user <address> here"),
            ("550 <ada@exemple.fr>: unknown", "550 <<address>>: unknown"),
            ("l'adresse et l'heure d'hier", "l'adresse et l'heure d'hier"),
            ("unknown variant 'Zoé', expected", "unknown variant '…', expected"),
            ("two\nlines of `one`", "two lines of `…`"),
            ("an open \"quotation", "an open \"quotation"),
            ("at @ noon", "at @ noon"),
        ] {
            assert_eq!(text(given), told);
        }
    }

    #[test]
    fn an_error_is_told_with_its_causes_and_without_repeating_itself() {
        let wrapped: Result<(), anyhow::Error> =
            Err(anyhow::anyhow!("value \"1984-02-30\" is no date"))
                .context("a row could not be read");
        let told = error(&wrapped.expect_err("an error"));
        assert_eq!(told, "a row could not be read: value \"…\" is no date");
        let db = DbErr::Custom("the same".to_owned());
        assert_eq!(error(&db.into()), "Custom Error: the same");
    }

    #[test]
    fn a_recipient_is_left_out_in_any_case_and_by_its_left_part() {
        let told = recipient(
            "550 5.1.1 <Ada.Lovelace@Exemple.FR> ada.lovelace rejected, ask postmaster@exemple.fr",
            "ada.lovelace@exemple.fr",
            "<who>",
        );
        assert_eq!(told, "550 5.1.1 <<who>> <who> rejected, ask <who>");
    }

    #[test]
    fn a_panic_tells_what_was_written_in_the_program_alone() {
        assert_eq!(panic(&"plain"), "plain");
        assert_eq!(panic(&"made of Durand".to_owned()), FORMATTED);
        assert_eq!(panic(&42), FORMATTED);
    }
}
