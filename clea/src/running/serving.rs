//! Serving HTTP until told to stop, and stopping without failing anyone.
//!
//! A stop takes three steps. Nothing new is let in; every answer says `Connection: close`, so that clients
//! who keep a connection leave it by themselves; who is silent is let go after a moment. What is under way
//! is finished, and a client that takes longer than it should is cut.

use crate::failure::Failure;
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::util::MapRequest;

/// How long a request's head may take to arrive, and a connection be kept without a request: longer than
/// proxies keep theirs, so that they close first.
const HEAD_PATIENCE: Duration = Duration::from_secs(75);
/// The pause after a connection could not be taken: no file descriptor is left, say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How long a stop waits.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// For clients that keep a connection and may be about to use it.
    silent: Duration,
    /// For what is under way.
    busy: Duration,
}

const PATIENCE: Patience =
    Patience { silent: Duration::from_secs(1), busy: Duration::from_secs(20) };

/// Serves until `stop`, then ends what is under way.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) -> Result<(), Failure> {
    serve_with(listener, router, stop, PATIENCE).await;
    Ok(())
}

async fn serve_with(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
    patience: Patience,
) {
    let router = router.layer(middleware::from_fn_with_state(stop.clone(), closing));
    let connections = Connections {
        router,
        leave: CancellationToken::new(),
        cut: CancellationToken::new(),
        open: TaskTracker::new(),
    };
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => connections.add(stream, peer),
            Err(error) => {
                tracing::warn!(%error, "a connection was not taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    for (stream, peer) in standing(listener) {
        connections.add(stream, peer);
    }
    connections.end(patience).await;
}

/// Whoever already stands in the line, which is closed behind them. The line itself is asked: the runtime only
/// knows of those of whom the system has told it.
fn standing(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let next = || listener.accept().ok();
    let stream = |(stream, peer): (std::net::TcpStream, _)| {
        stream.set_nonblocking(true).ok()?;
        Some((TcpStream::from_std(stream).ok()?, peer))
    };
    std::iter::from_fn(next).filter_map(stream).collect()
}

/// While stopping, a connection serves no other request after this one.
async fn closing(State(stop): State<CancellationToken>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if stop.is_cancelled() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

struct Connections {
    router: Router,
    /// Connections without a request are closed.
    leave: CancellationToken,
    /// All are.
    cut: CancellationToken,
    open: TaskTracker,
}

impl Connections {
    fn add(&self, stream: TcpStream, peer: SocketAddr) {
        let (leave, cut) = (self.leave.clone(), self.cut.clone());
        // Whoever asks from where is told the request's handlers.
        let from = move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request
        };
        let service = TowerToHyperService::new(MapRequest::new(self.router.clone(), from));
        self.open.spawn(async move {
            // Answers are small and whole: they need not wait for more.
            let _ = stream.set_nodelay(true);
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE);
            let connection = http.serve_connection(TokioIo::new(stream), service);
            // A WebSocket leaves its connection here: whoever opened it closes it.
            let mut connection = pin!(connection.with_upgrades());
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = cut.cancelled() => return,
                () = leave.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    tokio::select! {
                        ended = connection => ended,
                        () = cut.cancelled() => return,
                    }
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended badly");
            }
        });
    }

    async fn end(self, patience: Patience) {
        self.open.close();
        if tokio::time::timeout(patience.silent, self.open.wait()).await.is_ok() {
            return;
        }
        self.leave.cancel();
        if tokio::time::timeout(patience.busy, self.open.wait()).await.is_err() {
            tracing::warn!(connections = self.open.len(), "cut: they took too long to end");
            self.cut.cancel();
            self.open.wait().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::ws::WebSocketUpgrade;
    use axum::routing::get;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Semaphore;
    use tokio::task::JoinHandle;

    const SHORT: Patience =
        Patience { silent: Duration::from_millis(50), busy: Duration::from_millis(300) };
    const LONG: Patience =
        Patience { silent: Duration::from_millis(50), busy: Duration::from_mins(2) };
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n";
    /// Longer than anything here takes.
    const GUARD: Duration = Duration::from_mins(1);

    /// A server whose `/` answers once the gate has a permit.
    struct Served {
        at: SocketAddr,
        gate: Arc<Semaphore>,
        entered: Arc<Semaphore>,
        stop: CancellationToken,
        run: JoinHandle<()>,
    }

    async fn served(patience: Patience) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let (gate, entered) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (inside, waiting) = (entered.clone(), gate.clone());
        let handler = move || async move {
            inside.add_permits(1);
            let _ = waiting.acquire().await;
            "answered"
        };
        let router = Router::new().route("/", get(handler));
        let stop = CancellationToken::new();
        let run = tokio::spawn(serve_with(listener, router, stop.clone(), patience));
        Served { at, gate, entered, stop, run }
    }

    async fn ended(run: JoinHandle<()>) {
        tokio::time::timeout(GUARD, run).await.expect("it ends").expect("without a panic");
    }

    async fn all_of(mut stream: TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.expect("readable");
        text
    }

    #[tokio::test]
    async fn what_is_under_way_is_finished_and_nothing_new_let_in() {
        let served = served(LONG).await;
        let mut client = TcpStream::connect(served.at).await.expect("connected");
        let idle = TcpStream::connect(served.at).await.expect("connected");
        client.write_all(REQUEST).await.expect("sent");
        let _ = served.entered.acquire().await.expect("open");
        served.stop.cancel();
        // The silent one is let go, which shows that the stop is under way.
        assert_eq!(all_of(idle).await, "");
        assert!(TcpStream::connect(served.at).await.is_err(), "nothing new");
        assert!(!served.run.is_finished(), "a request is under way");
        served.gate.add_permits(1);
        let answer = all_of(client).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("answered"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        ended(served.run).await;
    }

    #[tokio::test]
    async fn whoever_stands_in_the_line_is_served() {
        let served = served(LONG).await;
        served.gate.add_permits(2);
        let seen = TcpStream::connect(served.at).await.expect("connected");
        drop(seen);
        tokio::task::yield_now().await;
        // This thread runs the server too, which cannot have heard of it when it is told to stop.
        let mut client = std::net::TcpStream::connect(served.at).expect("connected");
        std::io::Write::write_all(&mut client, REQUEST).expect("sent");
        served.stop.cancel();
        client.set_nonblocking(true).expect("settable");
        let answer = all_of(TcpStream::from_std(client).expect("a stream")).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("answered"), "{answer}");
        ended(served.run).await;
    }

    #[tokio::test]
    async fn a_web_socket_leaves_its_connection_and_holds_no_stop_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let handler = |upgrade: WebSocketUpgrade| async {
            upgrade.on_upgrade(async |mut socket| {
                let _ = socket.send("said".into()).await;
                let _ = socket.recv().await;
            })
        };
        let router = Router::new().route("/", get(handler));
        let stop = CancellationToken::new();
        let run = tokio::spawn(serve_with(listener, router, stop.clone(), LONG));
        let mut client = TcpStream::connect(at).await.expect("connected");
        let opening = "GET / HTTP/1.1\r\nHost: here\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        client.write_all(opening.as_bytes()).await.expect("sent");
        let (mut told, mut part) = (String::new(), [0; 512]);
        while !told.ends_with("said") {
            let read = client.read(&mut part).await.expect("readable");
            assert!(read > 0, "it ended after {told}");
            told.push_str(&String::from_utf8_lossy(&part[..read]));
        }
        assert!(told.starts_with("HTTP/1.1 101"), "{told}");
        stop.cancel();
        ended(run).await;
    }

    #[tokio::test]
    async fn a_client_that_never_ends_is_cut() {
        let served = served(SHORT).await;
        let mut slow = TcpStream::connect(served.at).await.expect("connected");
        slow.write_all(REQUEST).await.expect("sent");
        let _ = served.entered.acquire().await.expect("open");
        served.stop.cancel();
        ended(served.run).await;
        let mut rest = Vec::new();
        let _ = slow.read_to_end(&mut rest).await;
        assert!(rest.is_empty(), "it was not answered: {rest:?}");
    }
}
