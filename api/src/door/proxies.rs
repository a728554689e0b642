//! Where a request comes from: the peer, unless the peer is a proxy whose word is taken.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// What proxies write the addresses into that they were asked from.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The proxies whose word is taken: addresses, or networks of them.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Reads a list separated by commas: `10.0.0.0/8, ::1`.
    ///
    /// # Errors
    /// The first that is neither an address nor a network.
    pub fn parse(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let read = |entry: &str| {
            let address = entry.parse::<IpAddr>().map(IpNet::from);
            let network = address.or_else(|_| entry.parse::<IpNet>());
            network.map(canonical).map_err(|_| entry.to_owned())
        };
        entries.map(read).collect::<Result<_, _>>().map(Self)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client of a request: from the peer backwards, the first that is no trusted proxy. What a
    /// stranger wrote before it counts for nothing.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let told = headers.get_all(FORWARDED_FOR).iter().rev();
        // What a proxy added to a line counts, whatever a stranger wrote into it.
        let told: Vec<_> = told.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        for address in told.iter().flat_map(|value| value.rsplit(',')) {
            let address = address.trim();
            // An empty element of a list is none (RFC 9110 5.6.1).
            if address.is_empty() {
                continue;
            }
            if !self.trusts(client) {
                break;
            }
            // What is no address hides whatever stands before it: the proxy that wrote it is all that is known.
            let Some(address) = node(address) else { break };
            client = address.to_canonical();
        }
        client
    }
}

/// The address of a node as proxies write it: alone, or with the port that it was asked from
/// (`203.0.113.7:51001`, `[2001:db8::7]:443`), between quotes or not.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let bracketed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = match bracketed {
        Some(v6) => v6.parse().ok().filter(IpAddr::is_ipv6),
        None => text.parse().ok(),
    };
    address.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

/// A network of IPv4 written as one of IPv6 is that of IPv4: addresses are compared so.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED: u8 = 96;
    let IpNet::V6(v6) = network else { return network };
    let inside = v6.prefix_len().checked_sub(MAPPED).zip(v6.addr().to_ipv4_mapped());
    let v4 = inside.and_then(|(length, address)| IpNet::new(address.into(), length).ok());
    v4.unwrap_or(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, peer: &str, told: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in told {
            headers.append(FORWARDED_FOR, value.parse().expect("a header"));
        }
        let proxies = Proxies::parse(proxies).expect("proxies");
        proxies.client(peer.parse().expect("an address"), &headers).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let told = ["9.9.9.9, 203.0.113.7"];
        assert_eq!(client("", "198.51.100.1", &told), "198.51.100.1");
        assert_eq!(client("10.0.0.0/8", "198.51.100.1", &told), "198.51.100.1");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &told), "203.0.113.7");
        assert_eq!(client("10.0.0.0/8", "::ffff:10.1.2.3", &told), "203.0.113.7");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &[]), "10.1.2.3");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &["not an address"]), "10.1.2.3");
        // Bytes that are no text hide nothing of what the proxy wrote.
        let told = ["9.9.9.9", "\u{e9}, 203.0.113.7"];
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &told), "203.0.113.7");
    }

    #[test]
    fn a_chain_is_followed_to_the_first_stranger() {
        let chain = ["9.9.9.9, 203.0.113.7", "10.0.0.2, 10.0.0.1"];
        assert_eq!(client("10.0.0.0/8", "10.0.0.9", &chain), "203.0.113.7");
        assert_eq!(client("10.0.0.9", "10.0.0.9", &chain), "10.0.0.1");
        assert_eq!(client("::1,10.0.0.1", "::1", &["2001:db8::7"]), "2001:db8::7");
    }

    #[test]
    fn the_port_that_a_client_was_asked_from_is_no_part_of_its_address() {
        let told = |told: &str| client("10.0.0.0/8", "10.1.2.3", &[told]);
        for (written, address) in [
            ("198.51.100.9:40000", "198.51.100.9"),
            ("\"198.51.100.9:40000\"", "198.51.100.9"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("\"[2001:db8::7]:443\"", "2001:db8::7"),
            ("[::ffff:198.51.100.9]:443", "198.51.100.9"),
            ("::ffff:198.51.100.9", "198.51.100.9"),
            ("9.9.9.9, , 198.51.100.9:1, ", "198.51.100.9"),
            ("9.9.9.9:1, 198.51.100.9:2, 10.0.0.7:3", "198.51.100.9"),
        ] {
            assert_eq!(told(written), address, "{written}");
        }
    }

    #[test]
    fn what_is_no_address_ends_the_walk_at_the_proxy_that_wrote_it() {
        for junk in [
            "for=198.51.100.9",
            "\"for=198.51.100.9\"",
            "unknown",
            "_hidden",
            "198.51.100.9:port",
            "198.51.100.9:99999",
            "[198.51.100.9]:80",
            "198.051.100.9",
            "fe80::7%eth0",
            "\"198.51.100.9",
        ] {
            let told = format!("203.0.113.7, {junk}, 10.0.0.7:8080");
            assert_eq!(client("10.0.0.0/8", "10.1.2.3", &[&told]), "10.0.0.7", "{junk}");
        }
    }

    #[test]
    fn a_proxy_named_as_an_address_of_ipv6_is_the_same_in_ipv4() {
        let told = ["203.0.113.7:51001"];
        for named in ["::ffff:10.1.2.3", "::ffff:10.1.0.0/112", "10.1.0.0/16"] {
            assert_eq!(client(named, "10.1.2.3", &told), "203.0.113.7", "{named}");
            assert_eq!(client(named, "::ffff:10.1.2.3", &told), "203.0.113.7", "{named}");
            assert_eq!(client(named, "10.2.0.1", &told), "10.2.0.1", "{named}");
        }
        assert_eq!(client("::/0", "2001:db8::1", &told), "203.0.113.7");
    }

    #[test]
    fn what_is_no_network_is_given_back() {
        assert_eq!(Proxies::parse("10.0.0.1, proxy.local").err().as_deref(), Some("proxy.local"));
        assert!(Proxies::parse("10.0.0.0/33").is_err());
    }
}
