//! How each setting is read, and what is said when it cannot be.

use super::LogFormat;
use api::{BounceSecret, PersistedQueries, Proxies};
use axum::http::HeaderName;
use chrono::NaiveDate;
use domain::date::{self, FIRST_ACT};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use reqwest::Url;
use service::clock::LegalClock;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

type Parsed<T> = Result<T, String>;

/// Legal time starts before this day.
const LAST_START: NaiveDate = NaiveDate::from_ymd_opt(2100, 1, 1).expect("a day");

/// `development` or `production`.
pub(super) fn production(text: &str) -> Parsed<bool> {
    match text {
        "development" => Ok(false),
        "production" => Ok(true),
        _ => Err("expected `development` or `production`".to_owned()),
    }
}

/// A length of time from a second to an hour, in seconds.
pub(super) fn seconds(text: &str) -> Parsed<Duration> {
    number(text, 1, 3600).map(Duration::from_secs)
}

/// An address and a port.
pub(super) fn listen(text: &str) -> Parsed<SocketAddr> {
    text.parse().map_err(|_| "expected an address and a port, such as 127.0.0.1:8080".to_owned())
}

/// Where people reach the pages: what is listened on, unless it is said; production must say it,
/// because links in mails are made of it.
pub(super) fn public_url(
    text: &str,
    listen: Option<SocketAddr>,
    production: Option<bool>,
) -> Parsed<String> {
    if text.is_empty() {
        return match (production, listen) {
            (Some(true), _) => {
                Err("must be given in production: the links in mails begin with it".to_owned())
            }
            (_, Some(listen)) => Ok(format!("http://{listen}")),
            (_, None) => Ok(String::new()),
        };
    }
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !plain {
        return Err(
            "expected http:// or https:// with a host, without user, query or fragment".to_owned()
        );
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let path = url.path().trim_end_matches('/');
    if !path.split('/').skip(1).all(|part| !part.is_empty() && part.chars().all(plain)) {
        return Err(
            "a path may hold letters, digits, `-`, `.`, `_` and `~` between its slashes".to_owned()
        );
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// A SQLite file or a PostgreSQL database; `password` is given apart when it is not in the address.
pub(super) fn database_url(text: &str, password: &str) -> Parsed<String> {
    if text.starts_with("sqlite:") {
        return sqlite_file(text).map(|_| text.to_owned());
    }
    postgres_url(text, password)
}

/// The file of a SQLite address: what follows `sqlite://` or `sqlite:`, up to a `?`, with `%20` and its like decoded
/// once, as in any address. Whoever makes its folder and whoever opens it reads it here.
pub(crate) fn sqlite_file(url: &str) -> Parsed<PathBuf> {
    let rest = url.strip_prefix("sqlite:").ok_or(DATABASE)?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let written = rest.split('?').next().unwrap_or_default();
    let path: Vec<u8> = percent_decode_str(written).collect();
    if path.is_empty() || written == ":memory:" || path.contains(&0) {
        return Err(DATABASE.to_owned());
    }
    Ok(PathBuf::from(OsString::from_vec(path)))
}

/// The address of a SQLite file, whatever its path holds.
pub(crate) fn sqlite_url(file: &Path) -> String {
    const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');
    format!("sqlite://{}", percent_encode(file.as_os_str().as_bytes(), &PLAIN))
}

const DATABASE: &str = "expected sqlite://FILE or postgres://user:password@host/database";

/// A PostgreSQL database with its user, as the driver reads it. A password that holds `/`, `@`, `#` or
/// `?` cuts an address elsewhere than it seems: it is refused here rather than sent to another host.
pub(super) fn postgres_url(text: &str, password: &str) -> Parsed<String> {
    let text =
        text.strip_prefix("postgresql://").map_or(text.to_owned(), |r| format!("postgres://{r}"));
    let mut url = match Url::parse(&text) {
        Ok(url) if url.scheme() == "postgres" && url.host_str().is_some() => url,
        _ if text.starts_with("postgres://") => return Err(format!("{DATABASE}; {ENCODE}")),
        _ => return Err(DATABASE.to_owned()),
    };
    let database = url.path().trim_start_matches('/');
    if url.username().is_empty() || database.is_empty() {
        return Err(format!("{DATABASE}, with its user and its database; {ENCODE}"));
    }
    if database.contains(['/', '@', ':']) || url.fragment().is_some() {
        return Err(format!("{DATABASE}; {ENCODE}"));
    }
    if !password.is_empty() {
        if url.password().is_some() {
            return Err("holds a password, and another is given apart: leave one out".to_owned());
        }
        // It has a host: a password can be set.
        let _ = url.set_password(Some(&encoded(password)));
    }
    Ok(url.into())
}

/// A text as an address holds it, whatever its characters.
fn encoded(text: &str) -> String {
    percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string()
}

const ENCODE_HERE: &str =
    "in a password, `/`, `@`, `#`, `?` and `%` are written %2F, %40, %23, %3F and %25";
const ENCODE: &str = "in a password, `/`, `@`, `#`, `?` and `%` are written %2F, %40, %23, %3F and %25, \
                      or it is given apart, as it is, in the variable that ends with _PASSWORD";

/// The owner's database: the same as the application's, under another name.
pub(super) fn owner_url(
    text: &str,
    password: &str,
    application: Option<&str>,
) -> Parsed<Option<String>> {
    optional(text, |text| {
        let owner = postgres_url(text, password)?;
        let (Ok(own), Some(Ok(other))) = (Url::parse(&owner), application.map(Url::parse)) else {
            return Ok(owner);
        };
        if other.scheme() != "postgres" {
            return Err(
                "CLEA_DATABASE_URL is no PostgreSQL database: leave the owner out".to_owned()
            );
        }
        if own.path() != other.path() {
            return Err("names another database than CLEA_DATABASE_URL".to_owned());
        }
        if own.username() == other.username() {
            return Err("names the same role as CLEA_DATABASE_URL: the owner is another".to_owned());
        }
        Ok(owner)
    })
}

/// Redis, or nothing for the in-process queue.
pub(super) fn redis_url(text: &str) -> Parsed<Option<String>> {
    optional(text, |text| match Url::parse(text) {
        Ok(url)
            if matches!(url.scheme(), "redis" | "rediss")
                && url.host_str().is_some()
                && !url.path().contains('@')
                && url.fragment().is_none() =>
        {
            Ok(text.to_owned())
        }
        _ => Err(format!(
            "expected redis://:password@host:port/number, rediss:// for TLS, or nothing for the \
             in-process queue; {ENCODE_HERE}"
        )),
    })
}

/// Nothing, or what `parse` reads.
pub(super) fn optional<T>(text: &str, parse: impl FnOnce(&str) -> Parsed<T>) -> Parsed<Option<T>> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// A short word of letters, digits, `-`, `_` and `:`.
pub(super) fn name(text: &str) -> Parsed<String> {
    let sound = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_:".contains(c));
    if sound && (1..=60).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err("expected 1 to 60 letters, digits, `-`, `_` or `:`".to_owned())
    }
}

/// `Name <address>` or an address.
pub(super) fn mailbox(text: &str) -> Parsed<String> {
    if mailer::is_mailbox(text) {
        Ok(text.to_owned())
    } else {
        Err("expected an address, or `Name <address>`".to_owned())
    }
}

/// A secret that nobody guesses.
pub(super) fn bounce_secret(text: &str) -> Parsed<BounceSecret> {
    BounceSecret::new(text).ok_or_else(|| "expected 16 characters at least".to_owned())
}

/// `system`, or `simulated` outside production.
pub(super) fn clock(text: &str, production: Option<bool>) -> Parsed<LegalClock> {
    match text {
        "system" => Ok(LegalClock::System),
        "simulated" if production == Some(true) => {
            Err("a production system does not simulate legal time".to_owned())
        }
        "simulated" => Ok(LegalClock::Simulated),
        _ => Err("expected `system` or `simulated`".to_owned()),
    }
}

/// A day on which legal time may start: not before the certification.
pub(super) fn clock_start(text: &str) -> Parsed<NaiveDate> {
    let day = date::parse(text).ok().filter(|day| (FIRST_ACT..LAST_START).contains(day));
    day.ok_or_else(|| "expected a date such as 2026-11-24, from 2015 to 2099".to_owned())
}

/// As accounts ask for.
pub(super) fn password(text: &str) -> Parsed<String> {
    if (12..=200).contains(&text.chars().count()) {
        Ok(text.to_owned())
    } else {
        Err("expected 12 to 200 characters".to_owned())
    }
}

/// A whole number between two others, both included.
pub(super) fn number<T>(text: &str, least: T, most: T) -> Parsed<T>
where
    T: FromStr + PartialOrd + Copy + std::fmt::Display,
{
    text.parse()
        .ok()
        .filter(|n| *n >= least && *n <= most)
        .ok_or_else(|| format!("expected a whole number from {least} to {most}"))
}

/// `on`, `off`, or nothing for `otherwise`.
pub(super) fn switch(text: &str, otherwise: bool) -> Parsed<bool> {
    match text {
        "" => Ok(otherwise),
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("expected `on` or `off`".to_owned()),
    }
}

/// The origins of other sites, separated by commas, as browsers write them.
pub(super) fn origins(text: &str) -> Parsed<Vec<String>> {
    let origins = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    let read = |origin: &str| match Url::parse(origin) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && is_origin(&url, origin) => {
            Ok(url.origin().ascii_serialization())
        }
        _ => Err(format!("`{origin}`: expected an origin such as https://app.example")),
    };
    origins.map(read).collect()
}

/// Whether an address stops after its host and its port.
fn is_origin(url: &Url, text: &str) -> bool {
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    bare && url.username().is_empty() && !text.ends_with('/')
}

/// The names of headers, separated by commas.
pub(super) fn headers(text: &str) -> Parsed<Vec<String>> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let read = |name: &str| match name.parse::<HeaderName>() {
        // A star lets everything in but the token, which is what matters.
        Ok(name) if name != "*" => Ok(name.as_str().to_owned()),
        _ => Err(format!("`{name}`: expected the names of headers such as x-trace-id")),
    };
    names.map(read).collect()
}

/// Addresses and networks, separated by commas.
pub(super) fn proxies(text: &str) -> Parsed<Proxies> {
    Proxies::parse(text).map_err(|entry| {
        format!("`{entry}`: expected addresses or networks such as 10.0.0.0/8, ::1")
    })
}

/// A list of registered queries, read once to see that it is one.
pub(super) fn persisted_queries(text: &str) -> Parsed<Option<PathBuf>> {
    optional(text, |text| {
        PersistedQueries::read(Some(Path::new(text)), false).map(|_| PathBuf::from(text))
    })
}

/// Whether registered queries are the only ones: there must be some then.
pub(super) fn persisted_queries_only(text: &str, list: Option<&Option<PathBuf>>) -> Parsed<bool> {
    match switch(text, false)? {
        true if list == Some(&None) => {
            Err("CLEA_PERSISTED_QUERIES names no list: nothing would be executed".to_owned())
        }
        only => Ok(only),
    }
}

/// A filter of the log.
pub(super) fn filter(text: &str) -> Parsed<String> {
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// `text` or `json`.
pub(super) fn log_format(text: &str) -> Parsed<LogFormat> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("expected `text` or `json`".to_owned()),
    }
}
