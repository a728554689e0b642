//! The rounds: each server in turn, for each page and number of connections.

use crate::data::{self, Data, Sizes};
use crate::load::Target;
use crate::page::Name;
use crate::server::Server;
use crate::{Options, pgbench, same, usage};
use anyhow::{Context as _, bail};
use indicatif::HumanDuration;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// How many answers of each page are compared.
const COMPARED: usize = 20;
/// Before the first measure: compilers and pools.
const FIRST_WARM_UP: Duration = Duration::from_secs(3);
/// Before each measure.
const WARM_UP: Duration = Duration::from_millis(500);

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// One statement that builds JSON.
    Postgres,
    /// This service.
    Clea,
    /// PostGraphile 5.
    PostGraphile,
}

/// What was asked of whom, with how many connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) page: Name,
    pub(crate) connections: usize,
    pub(crate) who: Who,
}

/// What its rounds gave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measure {
    /// How long each request took.
    pub(crate) times: Vec<Duration>,
    /// How long they were counted.
    pub(crate) elapsed: Duration,
    /// The requests during which CPU time was counted.
    pub(crate) requests: usize,
    /// The CPU time of the server's own process; none for PostgreSQL alone.
    pub(crate) server_cpu: Duration,
    /// The CPU time of PostgreSQL.
    pub(crate) database_cpu: Duration,
}

/// Everything measured.
pub(crate) struct Measures {
    pub(crate) cells: Vec<(Cell, Measure)>,
    /// The most memory that our API had resident, in bytes.
    pub(crate) memory: u64,
    /// PostgreSQL's version.
    pub(crate) postgres: String,
}

/// The servers with what they are asked.
struct Stage<'a> {
    options: &'a Options,
    sizes: &'a Sizes,
    url: &'a str,
    db: DatabaseConnection,
    /// The bearer token of a session.
    token: String,
    /// PostgreSQL's first process.
    postmaster: u32,
    clea: Server,
    postgraphile: Option<Server>,
}

/// A page's queries, with their keys.
struct Asking {
    page: Name,
    clea: Arc<Target>,
    postgraphile: Option<Arc<Target>>,
}

/// Compares, then measures.
pub(crate) async fn run(options: &Options, data: &Data, sizes: &Sizes) -> anyhow::Result<Measures> {
    let folder = tempfile::tempdir()?;
    let url = data.url()?;
    let db = data::connect(&url).await?;
    let stage = Stage {
        options,
        sizes,
        url: &url,
        token: data::sign_in(&db).await?,
        postmaster: usage::parent(u32::try_from(
            one::<i32>(&db, "SELECT pg_backend_pid()").await?,
        )?)?,
        clea: Server::clea("api", &options.clea, &url, &[], folder.path()).await?,
        postgraphile: match options.node.as_deref().zip(options.postgraphile.as_deref()) {
            Some((node, script)) => Some(Server::postgraphile(node, script, &url).await?),
            None => None,
        },
        db,
    };
    let mut pages = Vec::new();
    for page in &options.pages {
        let asking = stage.asking(*page).await?;
        stage.compare(&asking).await?;
        for target in [Some(&asking.clea), asking.postgraphile.as_ref()].into_iter().flatten() {
            target.drive(16, FIRST_WARM_UP, 0).await?;
        }
        pages.push(asking);
    }
    let mut cells = Vec::new();
    for round in 0..options.rounds {
        for asking in &pages {
            for connections in &options.connections {
                for who in [Who::Postgres, Who::Clea, Who::PostGraphile] {
                    let cell = Cell { page: asking.page, connections: *connections, who };
                    if let Some(measure) = stage.measure(asking, cell, round.into()).await? {
                        add(&mut cells, cell, measure);
                    }
                }
            }
        }
    }
    Ok(Measures {
        cells,
        memory: usage::memory(stage.clea.pid)?,
        postgres: one(&stage.db, "SHOW server_version").await?,
    })
}

/// The value of a query.
pub(crate) async fn one<T: sea_orm::TryGetable>(
    db: &DatabaseConnection,
    query: &str,
) -> anyhow::Result<T> {
    let query = Statement::from_string(db.get_database_backend(), query);
    let row = db.query_one_raw(query).await?.context("a row")?;
    Ok(row.try_get_by_index(0)?)
}

fn add(cells: &mut Vec<(Cell, Measure)>, cell: Cell, measure: Measure) {
    match cells.iter_mut().find(|(known, _)| *known == cell) {
        None => cells.push((cell, measure)),
        Some((_, sum)) => {
            sum.times.extend(measure.times);
            sum.elapsed += measure.elapsed;
            sum.requests += measure.requests;
            sum.server_cpu += measure.server_cpu;
            sum.database_cpu += measure.database_cpu;
        }
    }
}

impl Stage<'_> {
    async fn asking(&self, page: Name) -> anyhow::Result<Asking> {
        let ids = page.ids(&self.db, self.sizes).await?;
        let keys = ids.iter().map(|id| page.our_key(*id)).collect();
        let token = Some(self.token.as_str());
        let clea = Target::new(self.clea.address, token, page.graphql(), keys)?;
        let postgraphile = match &self.postgraphile {
            None => None,
            Some(server) => {
                let keys = match page {
                    Name::Invoices => cursors(server, &ids).await?,
                    _ => ids.iter().map(ToString::to_string).collect(),
                };
                Some(Arc::new(Target::new(server.address, None, page.postgraphile(), keys)?))
            }
        };
        Ok(Asking { page, clea: Arc::new(clea), postgraphile })
    }

    /// Fails on the first difference between the servers' answers.
    async fn compare(&self, asking: &Asking) -> anyhow::Result<()> {
        let ranks = asking.page.ranks(self.sizes);
        let step = (asking.clea.keys() / COMPARED).max(1);
        for (rank, key) in ranks.zip(0..asking.clea.keys()).step_by(step) {
            let alone = same::neutral("", self.alone(asking.page, rank).await?);
            let targets = [Some(&asking.clea), asking.postgraphile.as_ref()];
            for (who, target) in ["this service", "PostGraphile"].iter().zip(targets) {
                let Some(target) = target else { continue };
                let answer = same::answer(&target.ask(key).await?)
                    .with_context(|| format!("{who}, {}", asking.page.title()))?;
                if let Some(difference) = same::difference("", &alone, &answer) {
                    bail!(
                        "{}: PostgreSQL alone and {who} differ at {difference}",
                        asking.page.title()
                    );
                }
            }
        }
        Ok(())
    }

    /// The page as PostgreSQL alone builds it.
    async fn alone(&self, page: Name, rank: u64) -> anyhow::Result<Value> {
        one(&self.db, &page.sql().replace(":key", &rank.to_string())).await
    }

    /// One measure; none of a server that was left out.
    async fn measure(
        &self,
        asking: &Asking,
        cell: Cell,
        seed: u64,
    ) -> anyhow::Result<Option<Measure>> {
        let length = Duration::from_secs(self.options.seconds);
        let (target, process) = match cell.who {
            Who::Postgres => (None, None),
            Who::Clea => (Some(&asking.clea), Some(self.clea.pid)),
            Who::PostGraphile => match &self.postgraphile {
                None => return Ok(None),
                Some(server) => (asking.postgraphile.as_ref(), Some(server.pid)),
            },
        };
        if let Some(target) = target {
            target.drive(cell.connections, WARM_UP, seed + 1000).await?;
        }
        let began = self.used(process)?;
        let (times, elapsed, requests) = if let Some(target) = target {
            let (times, elapsed) = target.drive(cell.connections, length, seed).await?;
            let requests = times.len();
            (times, elapsed, requests)
        } else {
            let page = (cell.page, cell.page.ranks(self.sizes));
            let run = pgbench::run(&self.options.pgbench, self.url, page, cell.connections, length);
            let run = run.await?;
            (run.times, length, run.all)
        };
        let ended = self.used(process)?;
        let measure = Measure {
            times,
            elapsed,
            requests,
            server_cpu: ended.0.saturating_sub(began.0),
            database_cpu: ended.1.saturating_sub(began.1),
        };
        tell(cell, &measure);
        Ok(Some(measure))
    }

    /// The CPU time of a server's process and of PostgreSQL until now.
    fn used(&self, process: Option<u32>) -> anyhow::Result<(Duration, Duration)> {
        let server = process.map(usage::cpu).transpose()?.unwrap_or_default();
        Ok((server, usage::cpu_with_children(self.postmaster)?))
    }
}

fn tell(cell: Cell, measure: &Measure) {
    eprintln!(
        "{}, {} connections, {:?}: {} in {}",
        cell.page.title(),
        cell.connections,
        cell.who,
        measure.times.len(),
        HumanDuration(measure.elapsed)
    );
}

/// PostGraphile's cursors of these invoices: asked for once, as a client that pages would have them.
async fn cursors(server: &Server, ids: &[uuid::Uuid]) -> anyhow::Result<Vec<String>> {
    let query = "{ allInvoices(orderBy: PRIMARY_KEY_DESC) { edges { cursor node { rowId } } } }";
    let target = Target::new(server.address, None, query, vec![String::new()])?;
    let answer: Value = serde_json::from_slice(&target.ask(0).await?)?;
    let edges = answer["data"]["allInvoices"]["edges"].as_array().context("cursors")?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let known: std::collections::HashMap<_, _> = edges
        .iter()
        .filter_map(|edge| Some((text(&edge["node"]["rowId"])?, text(&edge["cursor"])?)))
        .collect();
    ids.iter().map(|id| known.get(&id.to_string()).cloned().context("a cursor")).collect()
}
