//! The name under which this platform greets mail servers.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use lettre::transport::smtp::extension::ClientId;

/// Longest name of a host, and longest of the labels between its dots (RFC 1035).
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// What `EHLO` says: a name that mail servers can look up, or the literal of an address where there is no
/// name (RFC 5321 4.1.1.1, 4.1.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello(ClientId);

impl Hello {
    /// As the greeting is made with.
    pub(crate) fn client_id(&self) -> ClientId {
        self.0.clone()
    }

    /// Whether it is a name with a domain: servers refuse `localhost` and address literals first.
    pub fn is_full_name(&self) -> bool {
        matches!(&self.0, ClientId::Domain(name) if name.contains('.'))
    }
}

impl Default for Hello {
    /// What is said where there is no name.
    fn default() -> Self {
        Self(ClientId::Ipv4(Ipv4Addr::LOCALHOST))
    }
}

impl std::fmt::Display for Hello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Hello {
    type Err = String;

    /// Reads a name of letters, digits and hyphens (`xn--` for others), or an address, alone or as a literal
    /// (`192.0.2.1`, `[IPv6:2001:db8::1]`).
    fn from_str(text: &str) -> Result<Self, String> {
        let literal = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let address = literal.unwrap_or(text);
        let address = address.strip_prefix("IPv6:").unwrap_or(address);
        match address.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => return Ok(Self(ClientId::Ipv4(address))),
            Ok(IpAddr::V6(address)) => return Ok(Self(ClientId::Ipv6(address))),
            Err(_) => {}
        }
        let label = |label: &str| {
            (1..=LONGEST_LABEL).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let numeric =
            text.rsplit('.').next().is_some_and(|l| l.bytes().all(|b| b.is_ascii_digit()));
        if text.len() <= LONGEST_NAME && text.split('.').all(label) && !numeric {
            Ok(Self(ClientId::Domain(text.to_ascii_lowercase())))
        } else {
            Err("expected the name of a host, such as clea.example.fr, or an address".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_is_a_name_or_the_literal_of_an_address() {
        for (given, said, full) in [
            ("clea.exemple.fr", "clea.exemple.fr", true),
            ("Portail.XN--ACADMIE-EYA.example", "portail.xn--acadmie-eya.example", true),
            ("relais", "relais", false),
            ("192.0.2.25", "[192.0.2.25]", false),
            ("[192.0.2.25]", "[192.0.2.25]", false),
            ("2001:db8::25", "[IPv6:2001:db8::25]", false),
            ("[IPv6:2001:db8::25]", "[IPv6:2001:db8::25]", false),
        ] {
            let hello: Hello = given.parse().expect(given);
            assert_eq!((hello.to_string().as_str(), hello.is_full_name()), (said, full));
        }
    }

    #[test]
    fn what_is_no_name_ends_no_line_of_the_conversation() {
        let long = format!("{}.example", "a".repeat(64));
        for wrong in [
            "",
            ".",
            "clea.",
            "-clea.example",
            "clea-.example",
            "clea_1.example",
            "académie.example",
            "clea.example\r\nMAIL FROM:<>",
            "clea example",
            "300.0.0.1",
            "http://clea.example",
            &long,
        ] {
            assert!(wrong.parse::<Hello>().is_err(), "{wrong:?}");
        }
    }
}
