//! The figures of this process, in the text format of Prometheus.
//!
//! Every label takes few values, all of them known to the program: the template of a route, the name of
//! a mutation, the kind of a task, an outcome. Never an id, an address or a text from outside.

use prometheus_client::encoding::text::encode_registry;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// The media type of what [`text`] answers.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How long requests take, in seconds: from a read by id to the request's time limit.
const REQUEST_SECONDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
/// How long tries of tasks take, in seconds: from a mail to a quarter's invoices.
const TASK_SECONDS: [f64; 9] = [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 120.0];

type Labels<const N: usize> = [(&'static str, String); N];
type Counted<const N: usize> = Family<Labels<N>, Counter>;
type Timed = Family<Labels<1>, Histogram, fn() -> Histogram>;
type Level<const N: usize> = Family<Labels<N>, Gauge<f64, AtomicU64>>;

struct Figures {
    registry: Registry,
    requests: Counted<2>,
    request_seconds: Timed,
    acts: Counted<2>,
    tries: Counted<2>,
    try_seconds: Timed,
    faults: Counted<1>,
    password_checks: Counter,
    mails: Counted<1>,
    pushes: Counted<2>,
    outbox: Level<2>,
    outbox_oldest: Level<1>,
    connections: Level<1>,
    database_up: Level<0>,
    sockets: Level<0>,
    subscriptions: Level<0>,
    closes: Counted<1>,
    bounces: Counted<1>,
    checks: Level<1>,
}

static FIGURES: LazyLock<Figures> = LazyLock::new(Figures::new);

impl Figures {
    fn new() -> Self {
        let mut registry = Registry::with_prefix("clea");
        let figures = Self {
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(|| Histogram::new(REQUEST_SECONDS)),
            acts: Family::default(),
            tries: Family::default(),
            try_seconds: Family::new_with_constructor(|| Histogram::new(TASK_SECONDS)),
            faults: Family::default(),
            password_checks: Counter::default(),
            mails: Family::default(),
            pushes: Family::default(),
            outbox: Family::default(),
            outbox_oldest: Family::default(),
            connections: Family::default(),
            database_up: Family::default(),
            sockets: Family::default(),
            subscriptions: Family::default(),
            closes: Family::default(),
            bounces: Family::default(),
            checks: Family::default(),
            registry: Registry::default(),
        };
        registry.register("http_requests", "Requests answered", figures.requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "How long requests took",
            figures.request_seconds.clone(),
        );
        registry.register("acts", "Mutations by how they ended", figures.acts.clone());
        registry.register(
            "task_attempts",
            "Tries of tasks by how they ended",
            figures.tries.clone(),
        );
        registry.register(
            "task_duration_seconds",
            "How long tries of tasks took",
            figures.try_seconds.clone(),
        );
        registry.register(
            "faults",
            "Faults of the machine that a caller met",
            figures.faults.clone(),
        );
        registry.register(
            "password_checks",
            "Passwords looked at, whether there is such an account or not",
            figures.password_checks.clone(),
        );
        registry.register("mails", "Mails handed to the mail server", figures.mails.clone());
        registry.register("queue_pushes", "Tasks handed to the queue", figures.pushes.clone());
        registry.register("outbox_tasks", "Tasks that are not done", figures.outbox.clone());
        registry.register(
            "outbox_oldest_seconds",
            "For how long the oldest task of a lane that is due has been due",
            figures.outbox_oldest.clone(),
        );
        registry.register(
            "db_connections",
            "Connections to the database of this process",
            figures.connections.clone(),
        );
        registry.register(
            "database_up",
            "Whether the database answered when these figures were read",
            figures.database_up.clone(),
        );
        registry.register("sockets", "WebSockets that are open", figures.sockets.clone());
        registry.register(
            "subscriptions",
            "Subscriptions under way on WebSockets",
            figures.subscriptions.clone(),
        );
        registry.register(
            "socket_closes",
            "WebSockets by their close code",
            figures.closes.clone(),
        );
        registry.register(
            "bounce_reports",
            "Reports of the mail server by what became of them",
            figures.bounces.clone(),
        );
        registry.register(
            "check_ok",
            "Whether what the process reaches besides its database serves, as /readyz tells",
            figures.checks.clone(),
        );
        Self { registry, ..figures }
    }
}

fn label(name: &'static str, value: &str) -> (&'static str, String) {
    (name, value.to_owned())
}

/// A request was answered: the route's template, the status and how long it took.
pub fn request(route: &str, status: u16, took: Duration) {
    let labels = [label("route", route), label("status", &status.to_string())];
    FIGURES.requests.get_or_create(&labels).inc();
    FIGURES.request_seconds.get_or_create(&[label("route", route)]).observe(took.as_secs_f64());
}

/// How a mutation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActOutcome {
    /// Done.
    Done,
    /// Refused: the rules or the input stood against it.
    Refused,
    /// Not done by a fault of the machine.
    Fault,
    /// Answered as the same idempotency key was answered before.
    Replayed,
    /// Undone because another transaction stood in its way; begun again as long as that helps.
    Conflict,
}

impl ActOutcome {
    /// The label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Fault => "fault",
            Self::Replayed => "replayed",
            Self::Conflict => "conflict",
        }
    }
}

/// A mutation ended.
pub fn act(name: &str, outcome: ActOutcome) {
    FIGURES.acts.get_or_create(&[label("act", name), label("outcome", outcome.as_str())]).inc();
}

/// A password was looked at: the same work whether there is such an account or not.
pub fn password_check() {
    FIGURES.password_checks.inc();
}

/// A caller met a fault of the machine, asking through `graphql` or for a `page`.
pub fn fault(place: &'static str) {
    FIGURES.faults.get_or_create(&[label("place", place)]).inc();
}

/// Something that is counted as long as it lives.
#[derive(Debug)]
pub struct Open(&'static Level<0>);

impl Open {
    fn of(level: &'static Level<0>) -> Self {
        level.get_or_create(&[]).inc();
        Self(level)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.get_or_create(&[]).dec();
    }
}

/// A WebSocket was opened; it is closed when this is dropped.
pub fn socket() -> Open {
    Open::of(&FIGURES.sockets)
}

/// A subscription began; it ends when this is dropped.
pub fn subscription() -> Open {
    Open::of(&FIGURES.subscriptions)
}

/// A WebSocket was closed with this code of the program.
pub fn socket_closed(code: u16) {
    FIGURES.closes.get_or_create(&[label("code", &code.to_string())]).inc();
}

/// How a try of a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryOutcome {
    /// Done.
    Done,
    /// Failed, to be tried again.
    Retried,
    /// Failed for good: a person must look at it.
    GivenUp,
    /// Its lease was lost: another worker has it.
    Abandoned,
    /// It panicked, to be tried again.
    Panicked,
}

impl TryOutcome {
    /// The label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retried => "retried",
            Self::GivenUp => "given_up",
            Self::Abandoned => "abandoned",
            Self::Panicked => "panicked",
        }
    }
}

/// A try of a task ended.
pub fn task_try(kind: &str, outcome: TryOutcome, took: Duration) {
    FIGURES.tries.get_or_create(&[label("kind", kind), label("outcome", outcome.as_str())]).inc();
    FIGURES.try_seconds.get_or_create(&[label("kind", kind)]).observe(took.as_secs_f64());
}

/// What the mail server said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailOutcome {
    /// It took the mail.
    Accepted,
    /// Not now, or it could not be reached.
    Temporary,
    /// It refuses this platform, and so every mail of it.
    Refused,
    /// Never.
    Permanent,
}

impl MailOutcome {
    /// The label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Temporary => "temporary",
            Self::Refused => "refused",
            Self::Permanent => "permanent",
        }
    }
}

/// A mail was handed to the mail server.
pub fn mail(outcome: MailOutcome) {
    FIGURES.mails.get_or_create(&[label("outcome", outcome.as_str())]).inc();
}

/// What became of a report of the mail server about a mail that it had accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BounceOutcome {
    /// It is recorded.
    Recorded,
    /// It was already.
    Known,
    /// It tells of no failure.
    NoBounce,
    /// It is about no notice that is known.
    Unmatched,
    /// It is no report, or one that cannot be read.
    Refused,
}

impl BounceOutcome {
    /// The label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Known => "known",
            Self::NoBounce => "no_bounce",
            Self::Unmatched => "unmatched",
            Self::Refused => "refused",
        }
    }
}

/// The mail server reported, with its secret, on a mail that it had accepted.
pub fn bounce_report(outcome: BounceOutcome) {
    FIGURES.bounces.get_or_create(&[label("outcome", outcome.as_str())]).inc();
}

/// Whether something that the process reaches besides its database serves now.
pub fn check(name: &'static str, ok: bool) {
    FIGURES.checks.get_or_create(&[label("check", name)]).set(f64::from(u8::from(ok)));
}

/// A task was handed to the queue of its lane, or could not be.
pub fn queue_push(lane: &'static str, done: bool) {
    let outcome = if done { "done" } else { "failed" };
    FIGURES.pushes.get_or_create(&[label("lane", lane), label("outcome", outcome)]).inc();
}

/// What stands in the database when the figures are read. Lanes and states are the program's own words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outbox {
    /// How many tasks, by lane and state.
    pub tasks: BTreeMap<(&'static str, &'static str), u64>,
    /// For how many seconds the oldest task that is due has been due, by lane.
    pub oldest_seconds: BTreeMap<&'static str, f64>,
}

/// The connections of this process to its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Open, in use or not.
    pub open: u32,
    /// In use.
    pub in_use: u32,
    /// At most.
    pub most: u32,
}

/// All figures, as Prometheus reads them. Without an outbox (the database did not answer) its figures
/// are left out rather than stale.
pub fn text(outbox: Option<&Outbox>, connections: Option<Connections>) -> String {
    let figures = &*FIGURES;
    figures.database_up.get_or_create(&[]).set(f64::from(u8::from(outbox.is_some())));
    if let Some(outbox) = outbox {
        for ((lane, state), count) in &outbox.tasks {
            let labels = [label("lane", lane), label("state", state)];
            #[expect(clippy::cast_precision_loss, reason = "a figure for a graph")]
            figures.outbox.get_or_create(&labels).set(*count as f64);
        }
        for (lane, seconds) in &outbox.oldest_seconds {
            figures.outbox_oldest.get_or_create(&[label("lane", lane)]).set(*seconds);
        }
    } else {
        figures.outbox.clear();
        figures.outbox_oldest.clear();
    }
    if let Some(Connections { open, in_use, most }) = connections {
        for (state, count) in
            [("in_use", in_use), ("idle", open - in_use.min(open)), ("most", most)]
        {
            figures.connections.get_or_create(&[label("state", state)]).set(f64::from(count));
        }
    }
    let mut open_metrics = String::new();
    // Writing into a string does not fail.
    let _ = encode_registry(&mut open_metrics, &figures.registry);
    prometheus(&open_metrics)
}

/// The library writes OpenMetrics, where a counter is described without its `_total`; Prometheus' own
/// text format wants it there.
fn prometheus(open_metrics: &str) -> String {
    let counters: Vec<&str> = open_metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        let described = ["# HELP ", "# TYPE "].into_iter().find_map(|word| {
            let (name, rest) = line.strip_prefix(word)?.split_once(' ')?;
            counters.contains(&name).then(|| format!("{word}{name}_total {rest}"))
        });
        text.push_str(described.as_deref().unwrap_or(line));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_told_as_prometheus_reads_them() {
        request("/graphql", 200, Duration::from_millis(12));
        act("fileApplication", ActOutcome::Refused);
        task_try("SEND_INVOICE", TryOutcome::Panicked, Duration::from_secs(1));
        mail(MailOutcome::Accepted);
        queue_push("BULK", false);
        socket_closed(4403);
        bounce_report(BounceOutcome::Unmatched);
        check("mail", false);
        let _open = (socket(), socket());
        drop(subscription());
        let outbox = Outbox {
            tasks: [(("BULK", "due"), 3), (("LEGAL", "due"), 0)].into(),
            oldest_seconds: [("BULK", 7.5), ("LEGAL", 0.0)].into(),
        };
        let told = text(Some(&outbox), Some(Connections { open: 5, in_use: 2, most: 10 }));
        for line in [
            "# TYPE clea_http_requests_total counter",
            "clea_http_requests_total{route=\"/graphql\",status=\"200\"} 1",
            "clea_http_request_duration_seconds_bucket{le=\"0.025\",route=\"/graphql\"} 1",
            "clea_acts_total{act=\"fileApplication\",outcome=\"refused\"} 1",
            "clea_task_attempts_total{kind=\"SEND_INVOICE\",outcome=\"panicked\"} 1",
            "clea_mails_total{outcome=\"accepted\"} 1",
            "clea_queue_pushes_total{lane=\"BULK\",outcome=\"failed\"} 1",
            "clea_outbox_tasks{lane=\"BULK\",state=\"due\"} 3.0",
            "clea_outbox_tasks{lane=\"LEGAL\",state=\"due\"} 0.0",
            "clea_outbox_oldest_seconds{lane=\"BULK\"} 7.5",
            "clea_db_connections{state=\"idle\"} 3.0",
            "clea_database_up 1.0",
            "clea_sockets 2.0",
            "clea_subscriptions 0.0",
            "clea_socket_closes_total{code=\"4403\"} 1",
            "clea_bounce_reports_total{outcome=\"unmatched\"} 1",
            "clea_check_ok{check=\"mail\"} 0.0",
        ] {
            assert!(told.lines().any(|l| l == line), "`{line}` in\n{told}");
        }
        assert!(!told.contains("# EOF") && !told.contains("_total_total"), "{told}");
        let down = text(None, None);
        assert!(down.contains("clea_database_up 0.0"), "{down}");
        assert!(!down.contains("clea_outbox_tasks{"), "{down}");
    }
}
