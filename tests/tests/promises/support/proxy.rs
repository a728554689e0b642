//! A network between two of the experiment's parts, which may be cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// A TCP proxy on a port of its own.
pub(crate) struct Proxy {
    port: u16,
    line: Arc<Line>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Line {
    cut: AtomicBool,
    now: Notify,
}

impl Proxy {
    /// Connects whoever comes to this port of the machine.
    pub(crate) async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let line = Arc::new(Line::default());
        let task = tokio::spawn(accept(listener, target, line.clone()));
        Self { port, line, task }
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Cuts every connection, and refuses new ones until it is mended.
    pub(crate) fn cut(&self) {
        self.line.cut.store(true, Ordering::SeqCst);
        self.line.now.notify_waiters();
    }

    /// Lets connections through again.
    pub(crate) fn mend(&self) {
        self.line.cut.store(false, Ordering::SeqCst);
    }
}

async fn accept(listener: TcpListener, target: u16, line: Arc<Line>) {
    loop {
        let Ok((mut from, _)) = listener.accept().await else { continue };
        let line = line.clone();
        tokio::spawn(async move {
            let cut = line.now.notified();
            tokio::pin!(cut);
            cut.as_mut().enable();
            if line.cut.load(Ordering::SeqCst) {
                return;
            }
            let Ok(mut to) = TcpStream::connect(("127.0.0.1", target)).await else { return };
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut from, &mut to) => {}
                () = cut => {}
            }
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}
