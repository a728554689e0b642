//! Who is let in: the sites whose pages may ask, how much one may ask in a minute, and the queries that are
//! known beforehand.
//!
//! | what | where |
//! |---|---|
//! | what every request passes first | `guard` |
//! | where a request comes from, behind proxies | `proxies` |
//! | rates, in this process alone | `rate` |
//! | persisted queries, automatic and registered | `persisted` |

pub(crate) mod guard;
mod persisted;
mod proxies;
mod rate;

pub(crate) use persisted::Named;
pub use persisted::PersistedQueries;
pub use proxies::Proxies;
pub use rate::Rates;
pub(crate) use rate::{Class, Who};

use crate::rejection::Rejection;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use rate::Limiters;
use std::time::Duration;
use tower_http::cors::CorsLayer;

/// How long a browser may remember what another site's pages may send.
const PREFLIGHT_AGE: Duration = Duration::from_hours(1);
const ORIGIN_REFUSED: Rejection = Rejection::new(
    StatusCode::FORBIDDEN,
    "ORIGIN_REFUSED",
    "Les pages de ce site ne peuvent pas s’adresser à cette API.",
);

/// What pages of other sites may send besides what CORS lets through by itself: the token, the type of the
/// body, what ties traces together (W3C Trace Context and Baggage, Sentry) and what Apollo's clients call
/// themselves. None of them gives a right by itself.
const ALLOWED_HEADERS: [&str; 10] = [
    "authorization",
    "content-type",
    "if-none-match",
    REQUEST_ID,
    "traceparent",
    "tracestate",
    "baggage",
    "sentry-trace",
    "apollographql-client-name",
    "apollographql-client-version",
];
const REQUEST_ID: &str = "x-request-id";

/// Other sites whose pages may ask, and what they may send.
#[derive(Debug, Clone, Default)]
pub struct Sites {
    /// As browsers write them: `https://app.example`.
    pub origins: Vec<String>,
    /// The names of headers besides the usual ones.
    pub headers: Vec<String>,
}

/// What is let in.
#[derive(Debug, Default)]
pub struct Door {
    /// Other sites whose pages may ask.
    origins: Vec<HeaderValue>,
    /// The headers that these may send besides the usual ones.
    headers: Vec<HeaderName>,
    /// The queries known beforehand.
    pub(crate) persisted: PersistedQueries,
    limiters: Limiters,
}

impl Door {
    /// With these other sites, these rates and these queries.
    ///
    /// # Errors
    /// When a site or the name of a header cannot stand in one; it is given back.
    pub fn new(sites: &Sites, rates: Rates, persisted: PersistedQueries) -> Result<Self, String> {
        let origin = |origin: &String| origin.parse().map_err(|_| origin.clone());
        let header = |name: &String| name.parse().map_err(|_| name.clone());
        Ok(Self {
            origins: sites.origins.iter().map(origin).collect::<Result<_, _>>()?,
            headers: sites.headers.iter().map(header).collect::<Result<_, _>>()?,
            persisted,
            limiters: Limiters::new(rates),
        })
    }

    /// Whether who asks may: a page of this site or of one that is let in, or a program that is no page.
    pub(crate) fn admits(&self, public_url: &str, headers: &HeaderMap) -> Result<(), Rejection> {
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
        let own = origin.to_str().is_ok_and(|origin| {
            origin_of(public_url).is_some_and(|own| own.eq_ignore_ascii_case(origin))
                || is_loopback_itself(origin, headers)
        });
        if own || self.origins.contains(origin) { Ok(()) } else { Err(ORIGIN_REFUSED) }
    }

    /// Counts so many operations of a class against who asks.
    ///
    /// # Errors
    /// When they are beyond the rate of that class.
    pub(crate) fn count(&self, class: Class, who: &rate::Who, times: u32) -> Result<(), Rejection> {
        self.limiters.count(class, who, times)
    }

    /// What browsers are told of the sites that are let in; none where there are none.
    pub(crate) fn cors(&self) -> Option<CorsLayer> {
        let id = HeaderName::from_static(REQUEST_ID);
        let usual = ALLOWED_HEADERS.into_iter().map(HeaderName::from_static);
        let layer = CorsLayer::new()
            .allow_origin(self.origins.clone())
            .allow_methods([Method::GET, Method::POST])
            .allow_headers(usual.chain(self.headers.iter().cloned()).collect::<Vec<_>>())
            .expose_headers([header::ETAG, header::RETRY_AFTER, header::WWW_AUTHENTICATE, id])
            .max_age(PREFLIGHT_AGE);
        (!self.origins.is_empty()).then_some(layer)
    }
}

/// The origin of an address: its scheme, its host and its port.
fn origin_of(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

/// A page that this machine serves to itself, under whichever name: `localhost` or `127.0.0.1`.
fn is_loopback_itself(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let asked = origin.split_once("://").map(|(_, authority)| authority);
    let (Some(host), Some(asked)) = (host, asked) else { return false };
    let name = asked.rsplit_once(':').map_or(asked, |(name, _)| name);
    host == asked && ["localhost", "127.0.0.1", "[::1]"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(origin: Option<&str>, host: &str) -> bool {
        let door = Door::new(
            &Sites { origins: vec!["https://app.example".to_owned()], ..Sites::default() },
            Rates::default(),
            PersistedQueries::default(),
        );
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a host"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("an origin"));
        }
        door.expect("a door").admits("https://clea.example/base", &headers).is_ok()
    }

    #[test]
    fn a_page_asks_from_this_site_or_from_one_that_is_let_in() {
        for (origin, admitted) in [
            (None, true),
            (Some("https://clea.example"), true),
            (Some("https://app.example"), true),
            (Some("http://clea.example"), false),
            (Some("https://clea.example:8443"), false),
            (Some("https://clea.example.evil.example"), false),
            (Some("https://evil.example"), false),
            (Some("null"), false),
        ] {
            assert_eq!(asked(origin, "clea.example"), admitted, "{origin:?}");
        }
    }

    #[test]
    fn a_machine_s_own_pages_ask_under_any_of_its_names() {
        assert!(asked(Some("http://localhost:8080"), "localhost:8080"));
        assert!(asked(Some("http://[::1]:8080"), "[::1]:8080"));
        assert!(!asked(Some("http://localhost:3000"), "localhost:8080"), "another program's page");
        assert!(!asked(Some("http://evil.example"), "evil.example"), "a name that was rebound");
    }
}
