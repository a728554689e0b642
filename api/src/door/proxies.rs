//! Where a request comes from: the peer, unless the peer is a proxy whose word is taken.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::net::IpAddr;

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
            address.or_else(|_| entry.parse::<IpNet>()).map_err(|_| entry.to_owned())
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
            if !self.trusts(client) {
                break;
            }
            let Ok(address) = address.trim().parse::<IpAddr>() else { break };
            client = address.to_canonical();
        }
        client
    }
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
    fn what_is_no_network_is_given_back() {
        assert_eq!(Proxies::parse("10.0.0.1, proxy.local").err().as_deref(), Some("proxy.local"));
        assert!(Proxies::parse("10.0.0.0/33").is_err());
    }
}
