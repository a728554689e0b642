//! The configuration: from a file and the environment, checked at start with every error at once.

mod mail;
mod oidc;
mod parse;
mod source;
mod variables;

pub(crate) use mail::Mail;
pub(crate) use parse::{sqlite_file, sqlite_url};

use api::{BounceSecret, OidcSettings, Proxies, Rates, Sites};
use chrono::NaiveDate;
use entity::kind::Lane;
use service::clock::LegalClock;
use source::Source;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use worker::Concurrency;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// An object per line.
    Json,
}

/// Everything that can be configured, checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Whether this is a production system.
    pub(crate) production: bool,
    /// Where the API listens.
    pub(crate) listen: SocketAddr,
    /// Where people reach it, without a final slash.
    pub(crate) public_url: String,
    /// Where `/healthz`, `/readyz` and `/metrics` are served; none for nowhere of their own.
    pub(crate) monitor_listen: Option<SocketAddr>,
    /// The database; may hold a password.
    pub(crate) database_url: String,
    /// The same database as the role that owns its tables; none when one role does both. May hold a password.
    pub(crate) database_owner_url: Option<String>,
    /// How many connections to the database a process may open.
    pub(crate) db_pool: u32,
    /// How long a statement of the API may take on PostgreSQL.
    pub(crate) db_statement_timeout: Duration,
    /// The queue's Redis; none for the in-process queue. May hold a password.
    pub(crate) redis_url: Option<String>,
    /// What the queue's keys begin with.
    pub(crate) redis_namespace: String,
    /// How mails leave.
    pub(crate) mail: Mail,
    /// What the mail server shows to report bounces; none: it cannot.
    pub(crate) mail_bounce_secret: Option<BounceSecret>,
    /// In whose name.
    pub(crate) mail_from: String,
    /// Where answers go.
    pub(crate) mail_reply_to: Option<String>,
    /// Legal time.
    pub(crate) clock: LegalClock,
    /// The first day of a new simulated clock; none for the machine's.
    pub(crate) clock_start: Option<NaiveDate>,
    /// The demo accounts' password.
    pub(crate) demo_password: String,
    /// The code that EDOF offers must carry.
    pub(crate) certification_code: String,
    /// How many tasks a worker carries out at once.
    pub(crate) worker_concurrency: Concurrency,
    /// How long a claimed task stays claimed without a sign of life.
    pub(crate) worker_lease: Duration,
    /// How long one try of a task may take.
    pub(crate) worker_task_timeout: Duration,
    /// How long a pushed task may wait for a worker before it is pushed again.
    pub(crate) worker_push_patience: Duration,
    /// How long a sign-in lasts, in hours.
    pub(crate) session_hours: i64,
    /// The issuer that people may sign in with; none: local accounts alone.
    pub(crate) oidc: Option<OidcSettings>,
    /// Whether the GraphQL explorer is served.
    pub(crate) explorer: bool,
    /// Where its scripts are, when they were installed.
    pub(crate) explorer_assets: PathBuf,
    /// Other sites whose pages may ask, and what they may send.
    pub(crate) sites: Sites,
    /// The proxies whose word is taken for where a request comes from.
    pub(crate) trusted_proxies: Proxies,
    /// How much may be asked in a minute.
    pub(crate) rates: Rates,
    /// The list of registered queries; none for none.
    pub(crate) persisted_queries: Option<PathBuf>,
    /// Whether no other is executed.
    pub(crate) persisted_queries_only: bool,
    /// What is logged.
    pub(crate) log: String,
    /// How.
    pub(crate) log_format: LogFormat,
}

impl Config {
    /// Reads the file (`clea.toml` when it exists and none is named) and the environment.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, Vec<String>> {
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::from_source(Source::read(file, environment))
    }

    /// The defaults with these settings, whatever the file and the environment say.
    pub(crate) fn of(settings: &[(&str, String)]) -> Result<Self, Vec<String>> {
        let pairs = settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        Self::from_source(Source::of(pairs))
    }

    fn from_source(mut s: Source) -> Result<Self, Vec<String>> {
        let production = s.parsed("CLEA_ENV", parse::production);
        let listen = s.parsed("CLEA_LISTEN", parse::listen);
        let public_url =
            s.parsed("CLEA_PUBLIC_URL", |text| parse::public_url(text, listen, production));
        let password = s.text("CLEA_DATABASE_PASSWORD");
        let database_url =
            s.parsed("CLEA_DATABASE_URL", |text| parse::database_url(text, &password));
        let owner_password = s.text("CLEA_DATABASE_OWNER_PASSWORD");
        let database_owner_url = s.parsed("CLEA_DATABASE_OWNER_URL", |text| {
            parse::owner_url(text, &owner_password, database_url.as_deref())
        });
        let db_statement_timeout =
            s.parsed("CLEA_DB_STATEMENT_TIMEOUT", |text| parse::number(text, 1, 3600));
        let monitor_listen =
            s.parsed("CLEA_MONITOR_LISTEN", |text| parse::optional(text, parse::listen));
        let db_pool = s.parsed("CLEA_DB_POOL", |text| parse::number(text, 1, 500));
        let redis_url = s.parsed("CLEA_REDIS_URL", parse::redis_url);
        let redis_namespace = s.parsed("CLEA_REDIS_NAMESPACE", parse::name);
        let roots = s.parsed("CLEA_MAIL_ROOT_CERTIFICATES", |text| {
            parse::optional(text, mail::root_certificates)
        });
        let mail = s.parsed("CLEA_MAIL", Mail::parse);
        let mail = mail.zip(roots).map(|(mail, roots)| mail.trusting(roots));
        let mail_bounce_secret =
            s.parsed("CLEA_MAIL_BOUNCE_SECRET", |text| parse::optional(text, parse::bounce_secret));
        let mail_from = s.parsed("CLEA_MAIL_FROM", parse::mailbox);
        let hello = s.parsed("CLEA_MAIL_HELO", |text| {
            mail::hello(text, public_url.as_deref(), mail_from.as_deref())
        });
        let mail = mail.zip(hello).map(|(mail, hello)| mail.greeting(hello));
        let mail_reply_to =
            s.parsed("CLEA_MAIL_REPLY_TO", |text| parse::optional(text, parse::mailbox));
        let clock = s.parsed("CLEA_CLOCK", |text| parse::clock(text, production));
        let clock_start =
            s.parsed("CLEA_CLOCK_START", |text| parse::optional(text, parse::clock_start));
        let demo_password = s.parsed("CLEA_DEMO_PASSWORD", parse::password);
        let certification_code = s.parsed("CLEA_CERTIFICATION_CODE", parse::name);
        let worker_concurrency = worker_concurrency(&mut s);
        let worker_lease = s.parsed("CLEA_WORKER_LEASE", parse::seconds);
        let worker_task_timeout = s.parsed("CLEA_WORKER_TASK_TIMEOUT", parse::seconds);
        let worker_push_patience = s.parsed("CLEA_WORKER_PUSH_PATIENCE", parse::seconds);
        let session_hours = s.parsed("CLEA_SESSION_HOURS", |text| parse::number(text, 1, 720));
        let oidc = oidc::read(&mut s, production);
        let explorer =
            s.parsed("CLEA_EXPLORER", |text| parse::switch(text, production == Some(false)));
        let origins = s.parsed("CLEA_ALLOWED_ORIGINS", parse::origins);
        let headers = s.parsed("CLEA_ALLOWED_HEADERS", parse::headers);
        let trusted_proxies = s.parsed("CLEA_TRUSTED_PROXIES", parse::proxies);
        let mut rate = |name| s.parsed(name, |text| parse::number(text, 0, 1_000_000));
        let rates = [rate("CLEA_RATE_ADDRESS"), rate("CLEA_RATE_READ"), rate("CLEA_RATE_ACT")];
        let persisted_queries = s.parsed("CLEA_PERSISTED_QUERIES", parse::persisted_queries);
        let persisted_queries_only = s.parsed("CLEA_PERSISTED_QUERIES_ONLY", |text| {
            parse::persisted_queries_only(text, persisted_queries.as_ref())
        });
        let log = s.parsed("CLEA_LOG", parse::filter);
        let log_format = s.parsed("CLEA_LOG_FORMAT", parse::log_format);
        let explorer_assets = PathBuf::from(s.text("CLEA_EXPLORER_ASSETS"));
        let build = || {
            Some(Self {
                production: production?,
                listen: listen?,
                public_url: public_url?,
                monitor_listen: monitor_listen?,
                database_url: database_url?,
                database_owner_url: database_owner_url?,
                db_pool: db_pool?,
                db_statement_timeout: Duration::from_secs(db_statement_timeout?),
                redis_url: redis_url?,
                redis_namespace: redis_namespace?,
                mail: mail?,
                mail_bounce_secret: mail_bounce_secret?,
                mail_from: mail_from?,
                mail_reply_to: mail_reply_to?,
                clock: clock?,
                clock_start: clock_start?,
                demo_password: demo_password?,
                certification_code: certification_code?,
                worker_concurrency: worker_concurrency?,
                worker_lease: worker_lease?,
                worker_task_timeout: worker_task_timeout?,
                worker_push_patience: worker_push_patience?,
                session_hours: session_hours?,
                oidc,
                explorer: explorer?,
                explorer_assets,
                sites: Sites { origins: origins?, headers: headers? },
                trusted_proxies: trusted_proxies?,
                rates: Rates { address: rates[0]?, read: rates[1]?, act: rates[2]? },
                persisted_queries: persisted_queries?,
                persisted_queries_only: persisted_queries_only?,
                log: log?,
                log_format: log_format?,
            })
        };
        if s.errors.is_empty() { build().ok_or(s.errors) } else { Err(s.errors) }
    }

    /// Whether the database is a SQLite file.
    pub(crate) fn embedded(&self) -> bool {
        self.database_url.starts_with("sqlite:")
    }
}

/// The number for all lanes, shared out among those that have none of their own.
fn worker_concurrency(s: &mut Source) -> Option<Concurrency> {
    let count = |text: &str| parse::number(text, 1, 256);
    let total = s.parsed("CLEA_WORKER_CONCURRENCY", count);
    let mut own = HashMap::new();
    for lane in Lane::ALL {
        let name = format!("CLEA_WORKER_CONCURRENCY_{}", lane.as_str());
        own.insert(lane, s.parsed(&name, |text| parse::optional(text, count)).flatten());
    }
    Some(Concurrency::shared(total?, |lane| own.get(&lane).copied().flatten()))
}

#[cfg(test)]
#[path = "config/tests.rs"]
mod tests;
