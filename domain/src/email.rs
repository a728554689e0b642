//! Addresses that mails can be sent to: the one place that decides, for everything typed in.

use email_address::EmailAddress;

/// Longest address that mail servers take (RFC 5321).
const LONGEST: usize = 254;

/// An address in lower case without surrounding spaces; none when no mail can be sent to it.
///
/// The two sides obey RFC 5321 and 5322, as whoever writes the mail will ask again; and what a person
/// means by an address is asked for on top: no quoted name, no comment, a host with a dot in it.
pub fn normal(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (name, host) = email.rsplit_once('@')?;
    let plain = !email.contains(|c: char| c.is_whitespace() || c.is_control())
        && !name.contains(['"', '(', ')', '@']);
    let named = host.contains('.') && !host.starts_with('[');
    let sound = EmailAddress::is_valid_local_part(name) && EmailAddress::is_valid_domain(host);
    (plain && named && sound && email.len() <= LONGEST).then_some(email)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_kept_in_lower_case() {
        for (given, kept) in [
            (" Ada.Lovelace+clea@Exemple.FR ", "ada.lovelace+clea@exemple.fr"),
            ("o'hara_1@sous.domaine.example", "o'hara_1@sous.domaine.example"),
            ("zoë@organisme.example", "zoë@organisme.example"),
        ] {
            assert_eq!(normal(given).as_deref(), Some(kept));
        }
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
            "\"ada lovelace\"@exemple.fr",
            "ada@exemple.fr\r\nBcc: x@exemple.fr",
            "ada <ada@exemple.fr>",
            "ada@exemple.fr, b@exemple.fr",
            "ada(commentaire)@exemple.fr",
        ] {
            assert_eq!(normal(wrong), None, "{wrong}");
        }
        assert_eq!(normal(&format!("{}@exemple.fr", "a".repeat(65))), None);
        assert_eq!(normal(&format!("ada@{}fr", "exemple.".repeat(40))), None);
    }
}
