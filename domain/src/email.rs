//! Addresses that mails can be sent to: the one place that decides, for everything typed in.
//!
//! An address is compared, and kept, in one form: its local part with ASCII letters in lower case and nothing
//! else changed (RFC 6531 leaves the rest to the receiving server: what only looks the same is another
//! mailbox), its domain as the mail system knows it (UTS 46, `xn--` labels).

use crate::Refusal;
use email_address::EmailAddress;
use std::borrow::Cow;

/// Longest address that mail servers take (RFC 5321).
const LONGEST: usize = 254;

/// Why a text is no address that the platform writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// It is no address, or none with a host on the internet.
    #[error("Cette adresse électronique n’est pas valide.")]
    Form,
    /// Its local part has this character, which few mail servers take (SMTPUTF8).
    #[error("Le caractère « {0} » (U+{code:04X}) n’est pas admis avant l’arobase : indiquez une adresse sans accent \
             ni caractère spécial, par exemple zoe@organisme.example.", code = u32::from(*.0))]
    LocalPart(char),
}

impl Wrong {
    /// The refusal at this field of an input.
    pub fn at(self, field: &'static str) -> Refusal {
        Refusal::new("EMAIL_INVALID", self.to_string()).at([field])
    }
}

/// An address as it is kept and compared; refuses what no mail is sent to.
///
/// The two sides obey RFC 5321 and 5322, as whoever writes the mail will ask again; and what a person
/// means by an address is asked for on top: no quoted name, no comment, a host with a dot in it.
pub fn normal(text: &str) -> Result<String, Wrong> {
    if let Some(email) = key(text).filter(|email| email.is_ascii()) {
        return Ok(email);
    }
    let name = text.rsplit_once('@').map_or("", |(name, _)| name.trim());
    let strange = name.chars().find(|c| !c.is_ascii() && !c.is_whitespace() && !c.is_control());
    Err(strange.map_or(Wrong::Form, Wrong::LocalPart))
}

/// The form in which any address is looked for, one that is not written to included: two texts name one mailbox
/// when they have the same. None where it is no address.
pub fn key(text: &str) -> Option<String> {
    let (name, host) = text.trim().rsplit_once('@')?;
    let plain = |part: &str| !part.contains(|c: char| c.is_whitespace() || c.is_control());
    let bare = plain(name) && plain(host) && !name.contains(['"', '(', ')', '@']);
    let host = idna::domain_to_ascii(host).ok()?;
    let named = host.contains('.') && !host.starts_with('[');
    let sound = EmailAddress::is_valid_local_part(name) && EmailAddress::is_valid_domain(&host);
    let email = format!("{}@{host}", name.to_ascii_lowercase());
    (bare && named && sound && email.len() <= LONGEST).then_some(email)
}

/// A kept address as people read it: its domain in their letters.
pub fn shown(email: &str) -> Cow<'_, str> {
    match email.rsplit_once('@') {
        Some((name, host)) if host.contains("xn--") => {
            let (letters, read) = idna::domain_to_unicode(host);
            read.map_or(email.into(), |()| format!("{name}@{letters}").into())
        }
        _ => email.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_write_is_kept_in_one_form() {
        for (given, kept) in [
            (" Ada.Lovelace+clea@Exemple.FR ", "ada.lovelace+clea@exemple.fr"),
            ("o'hara_1@sous.domaine.example", "o'hara_1@sous.domaine.example"),
            ("Contact@Académie.example", "contact@xn--acadmie-eya.example"),
            ("contact@ACADÉMIE.example", "contact@xn--acadmie-eya.example"),
            ("contact@acade\u{301}mie.example", "contact@xn--acadmie-eya.example"),
            ("contact@XN--acadmie-EYA.example", "contact@xn--acadmie-eya.example"),
            ("cafe@straße.example", "cafe@xn--strae-oqa.example"),
            ("x@école。example", "x@xn--cole-9oa.example"),
        ] {
            assert_eq!(normal(given).as_deref(), Ok(kept), "{given}");
            assert_eq!(normal(kept).as_deref(), Ok(kept), "{given}");
        }
    }

    #[test]
    fn what_only_looks_the_same_is_another_address() {
        for (plain, like) in [
            ("karim@exemple.example", "\u{212a}arim@exemple.example"),
            ("håkan@exemple.example", "h\u{212b}kan@exemple.example"),
            ("håkan@exemple.example", "ha\u{30a}kan@exemple.example"),
            ("anne@exemple.example", "ａnne@exemple.example"),
            ("irene@exemple.example", "ırene@exemple.example"),
            ("irene@exemple.example", "İrene@exemple.example"),
            ("office@exemple.example", "o\u{fb03}ce@exemple.example"),
            ("strasse@exemple.example", "straße@exemple.example"),
            ("soeur@exemple.example", "sœur@exemple.example"),
            ("paul@exemple.example", "pаul@exemple.example"),
            ("zoë@exemple.example", "ZOË@exemple.example"),
        ] {
            assert_ne!(key(plain), key(like), "{like}");
            assert!(key(like).is_none_or(|key| key == like.to_ascii_lowercase()), "{like}");
            assert!(matches!(normal(like), Err(Wrong::LocalPart(c)) if like.contains(c)), "{like}");
        }
    }

    #[test]
    fn the_character_that_is_not_taken_is_named() {
        let wrong = normal("zo\u{308}e@exemple.example").expect_err("refused");
        let refusal = wrong.at("email");
        assert_eq!(
            (&*refusal.code, &refusal.field[..]),
            ("EMAIL_INVALID", &["email".to_owned()][..])
        );
        assert!(refusal.message.contains("(U+0308)"), "{}", refusal.message);
    }

    #[test]
    fn what_no_mail_server_would_take_is_refused() {
        for wrong in [
            "",
            "ada",
            "ada@",
            "@exemple.fr",
            "ada@exemple",
            "ada@@exemple.fr",
            "ada..lovelace@exemple.fr",
            ".ada@exemple.fr",
            "ada.@exemple.fr",
            "ada@-exemple.fr",
            "ada@exemple-.fr",
            "ada@.exemple.fr",
            "ada@exemple.fr.",
            "ada@exemple..fr",
            "ada@[192.0.2.1]",
            "ada lovelace@exemple.fr",
            "ada@exem ple.fr",
            "ada@exem\u{ad}\u{a0}ple.fr",
            "\"ada lovelace\"@exemple.fr",
            "ada@exemple.fr\r\nBcc: x@exemple.fr",
            "ada <ada@exemple.fr>",
            "ada@exemple.fr, b@exemple.fr",
            "ada(commentaire)@exemple.fr",
            "ada＠exemple.fr",
            // No label of this name can be read.
            "ada@xn--é.example",
            "ada@xn--a.example",
        ] {
            assert_eq!(normal(wrong), Err(Wrong::Form), "{wrong}");
        }
        assert_eq!(normal(&format!("{}@exemple.fr", "a".repeat(65))), Err(Wrong::Form));
        assert_eq!(normal(&format!("ada@{}fr", "exemple.".repeat(40))), Err(Wrong::Form));
        assert_eq!(normal(&format!("ada@{}.fr", "é".repeat(60))), Err(Wrong::Form));
    }

    #[test]
    fn a_domain_is_shown_in_its_own_letters() {
        assert_eq!(shown("contact@xn--acadmie-eya.example"), "contact@académie.example");
        for same in ["ada@exemple.fr", "ada@xn--a.example", "ada"] {
            assert_eq!(shown(same), same);
        }
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(text in "\\PC{0,12}@\\PC{1,12}\\.example") {
            if let Some(email) = key(&text) {
                prop_assert_eq!(key(&email), Some(email.clone()));
                prop_assert!(email.rsplit_once('@').is_some_and(|(_, host)| host.is_ascii()));
            }
        }
    }
}
