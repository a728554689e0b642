//! How much may be asked in a minute: per address before anything is read, then per account (per address for
//! a stranger) and class of operation. Counted in this process alone, in memory that is bounded: it needs
//! neither the database nor Redis.

use crate::rejection::Rejection;
use axum::http::StatusCode;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use service::account::Client;
use service::context::Actor;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many callers are counted apart; beyond, all share one count until those who are quiet are forgotten.
const MOST_CALLERS: usize = 50_000;
/// After how many counts those whose whole rate is free again are forgotten.
const FORGET_EVERY: usize = 4_096;
/// What an IPv6 subscriber is given whole: one caller.
const IPV6_NETWORK: u32 = 64;

const RATE_LIMITED: Rejection = Rejection::new(
    StatusCode::TOO_MANY_REQUESTS,
    "RATE_LIMITED",
    "Trop de demandes en peu de temps : réessayez dans quelques instants.",
);

/// How many a minute, all at once if need be; 0 for no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Requests of any kind from an address.
    pub address: u32,
    /// Queries of an account, or of an address without one.
    pub read: u32,
    /// Acts of an account, or of an address without one: a mutation's fields count each.
    pub act: u32,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// A request, whatever it asks.
    Request,
    /// A query.
    Read,
    /// The acts of a mutation.
    Act,
}

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// An address; the network of an IPv6 one.
    Address(Option<IpAddr>),
    /// An account, or a tool, by its id.
    Known(String),
}

impl Who {
    /// The account or the tool that asks; a stranger's address.
    pub(crate) fn of(actor: &Actor, client: &Client) -> Self {
        match actor.name() {
            name if name.is_empty() => Self::Address(client.address),
            name => Self::Known(name),
        }
    }

    /// The caller as counted.
    pub(crate) fn key(&self) -> Self {
        match self {
            Self::Address(Some(IpAddr::V6(address))) => {
                let network = address.to_bits() >> IPV6_NETWORK << IPV6_NETWORK;
                Self::Address(Some(Ipv6Addr::from_bits(network).into()))
            }
            other => other.clone(),
        }
    }
}

/// Those beyond what is counted apart.
const THE_OTHERS: Who = Who::Address(Some(IpAddr::V4(Ipv4Addr::BROADCAST)));

/// The counts of this process.
#[derive(Debug, Default)]
pub(super) struct Limiters {
    address: Option<Limiter>,
    read: Option<Limiter>,
    act: Option<Limiter>,
}

#[derive(Debug)]
struct Limiter {
    counts: DefaultKeyedRateLimiter<Who>,
    most: NonZeroU32,
    counted: AtomicUsize,
}

impl Limiters {
    pub(super) fn new(rates: Rates) -> Self {
        Self {
            address: Limiter::new(rates.address),
            read: Limiter::new(rates.read),
            act: Limiter::new(rates.act),
        }
    }

    pub(super) fn count(&self, class: Class, who: &Who, times: u32) -> Result<(), Rejection> {
        let limiter = match class {
            Class::Request => &self.address,
            Class::Read => &self.read,
            Class::Act => &self.act,
        };
        match limiter.as_ref().and_then(|limiter| limiter.wait(who, times)) {
            None => Ok(()),
            Some(seconds) => Err(RATE_LIMITED.after(seconds)),
        }
    }
}

impl Limiter {
    fn new(a_minute: u32) -> Option<Self> {
        let most = NonZeroU32::new(a_minute)?;
        let counts = RateLimiter::hashmap(Quota::per_minute(most));
        Some(Self { counts, most, counted: AtomicUsize::new(1) })
    }

    /// How many seconds who asks must wait; none when it need not.
    fn wait(&self, who: &Who, times: u32) -> Option<u64> {
        let times = NonZeroU32::new(times)?;
        if self.counted.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_EVERY) {
            self.counts.retain_recent();
        }
        let full = self.counts.len() >= MOST_CALLERS;
        let key = if full { THE_OTHERS } else { who.key() };
        // What is more than a minute's worth takes a minute's worth.
        let counted = self.counts.check_key_n(&key, times.min(self.most)).ok()?;
        let not_until = counted.err()?;
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        Some(wait.as_secs() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Who {
        Who::Address(Some(text.parse().expect("an address")))
    }

    #[test]
    fn each_caller_and_class_has_its_own_count() {
        let limiters = Limiters::new(Rates { address: 0, read: 3, act: 2 });
        let (one, two) = (address("192.0.2.1"), Who::Known("acc_1".to_owned()));
        for _ in 0..3 {
            limiters.count(Class::Read, &one, 1).expect("within the rate");
        }
        let refused = limiters.count(Class::Read, &one, 1).expect_err("beyond the rate");
        assert_eq!((refused.status().as_u16(), refused.code()), (429, "RATE_LIMITED"));
        let told = refused.into_response("r-1");
        let wait: u64 =
            told.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
        assert!((1..=21).contains(&wait), "{wait}");
        limiters.count(Class::Act, &one, 2).expect("another class");
        limiters.count(Class::Read, &two, 3).expect("another caller");
        for _ in 0..1_000 {
            limiters.count(Class::Request, &one, 1).expect("no limit");
        }
    }

    #[test]
    fn several_acts_at_once_count_as_many() {
        let limiters = Limiters::new(Rates { act: 10, ..Rates::default() });
        let who = address("192.0.2.1");
        limiters.count(Class::Act, &who, 9).expect("within the rate");
        assert!(limiters.count(Class::Act, &who, 2).is_err());
        limiters.count(Class::Act, &who, 1).expect("one is left");
        assert!(limiters.count(Class::Act, &who, 500).is_err());
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        let limiters = Limiters::new(Rates { read: 1, ..Rates::default() });
        limiters.count(Class::Read, &address("2001:db8::1"), 1).expect("within the rate");
        assert!(limiters.count(Class::Read, &address("2001:db8::2"), 1).is_err());
        limiters.count(Class::Read, &address("2001:db8:0:1::1"), 1).expect("another network");
    }

    #[test]
    fn a_crowd_takes_no_more_memory_than_planned() {
        let limiter = Limiter::new(60).expect("a limit");
        for n in 0..u32::try_from(MOST_CALLERS + 1_000).expect("few") {
            let _ = limiter.wait(&Who::Address(Some(Ipv4Addr::from_bits(n).into())), 1);
        }
        assert!(limiter.counts.len() <= MOST_CALLERS + 1, "{}", limiter.counts.len());
    }
}
