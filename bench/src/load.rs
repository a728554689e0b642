//! Requests in a closed loop: each connection is kept and asks again as soon as it was answered.

use anyhow::{Context as _, bail, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What stands for the key until it is known.
const KEY: &str = "\u{1}";

/// A query with a variable `key`, asked of a server.
pub(crate) struct Target {
    address: SocketAddr,
    authorization: Option<String>,
    body: (String, String),
    keys: Vec<String>,
}

impl Target {
    pub(crate) fn new(
        address: SocketAddr,
        token: Option<&str>,
        query: &str,
        keys: Vec<String>,
    ) -> anyhow::Result<Self> {
        let body = json!({"query": query, "variables": {"key": KEY}}).to_string();
        let key = json!(KEY).to_string();
        let (before, after) =
            body.split_once(key.trim_matches('"')).context("a key in the body")?;
        Ok(Self {
            address,
            authorization: token.map(|token| format!("Bearer {token}")),
            body: (before.to_owned(), after.to_owned()),
            keys,
        })
    }

    /// How many keys there are.
    pub(crate) fn keys(&self) -> usize {
        self.keys.len()
    }

    fn request(&self, key: usize) -> anyhow::Result<Request<Full<Bytes>>> {
        let key = self.keys.get(key).context("a key")?;
        let body = [self.body.0.as_str(), key, &self.body.1].concat();
        let mut request = Request::post("/graphql")
            .header(header::HOST, self.address.to_string())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        Ok(request.body(Full::new(body.into()))?)
    }

    /// One answer.
    pub(crate) async fn ask(&self, key: usize) -> anyhow::Result<Bytes> {
        let mut connection = self.connect().await?;
        self.ask_on(&mut connection, key).await
    }

    async fn connect(&self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Ends when the sender is dropped; what goes wrong the request tells.
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn ask_on(
        &self,
        connection: &mut SendRequest<Full<Bytes>>,
        key: usize,
    ) -> anyhow::Result<Bytes> {
        connection.ready().await?;
        let answer = connection.send_request(self.request(key)?).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        if status != StatusCode::OK {
            bail!("{status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body)
    }

    /// Asks with so many connections for so long, by random keys; answers how long each request took and
    /// how long all of it did.
    pub(crate) async fn drive(
        self: &Arc<Self>,
        connections: usize,
        length: Duration,
        seed: u64,
    ) -> anyhow::Result<(Vec<Duration>, Duration)> {
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for n in 0..connections as u64 {
            let target = Arc::clone(self);
            tasks.spawn(async move { target.keep_asking(began + length, seed * 1000 + n).await });
        }
        let mut times = Vec::new();
        while let Some(ended) = tasks.join_next().await {
            times.extend(ended??);
        }
        Ok((times, began.elapsed()))
    }

    async fn keep_asking(&self, until: Instant, seed: u64) -> anyhow::Result<Vec<Duration>> {
        let mut random = StdRng::seed_from_u64(seed);
        let mut connection = self.connect().await?;
        let mut times = Vec::new();
        loop {
            let key = random.random_range(0..self.keys.len());
            let began = Instant::now();
            if began >= until {
                return Ok(times);
            }
            let body = self.ask_on(&mut connection, key).await?;
            times.push(began.elapsed());
            // A refusal would be quick.
            let text = std::str::from_utf8(&body)?;
            ensure!(!text.contains("\"errors\":["), "{text}");
        }
    }
}
