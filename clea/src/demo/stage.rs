//! Where the film is played: a whole system in this process, or one that runs elsewhere.

use super::FIRST_DAY;
use crate::config::{Config, sqlite_url};
use crate::failure::Failure;
use crate::{database, running};
use std::path::Path;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running system.
pub(super) struct Stage {
    /// Its address.
    pub(super) base: String,
    /// The demo accounts' password.
    pub(super) password: String,
    /// What runs in this process, when it does.
    system: Option<(CancellationToken, JoinHandle<Result<(), Failure>>)>,
}

impl Stage {
    /// A system that runs elsewhere.
    pub(super) fn elsewhere(url: &str, password: Option<&str>) -> Self {
        let password = password.map_or_else(default_password, str::to_owned);
        Self { base: url.trim_end_matches('/').to_owned(), password, system: None }
    }

    /// The API and a worker in this process, on a free port, with everything in the film's folder.
    pub(super) async fn here(dir: &Path) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let listen = listener.local_addr()?;
        let base = format!("http://{listen}");
        let config = Config::of(&[
            ("CLEA_LISTEN", listen.to_string()),
            ("CLEA_DATABASE_URL", sqlite_url(&dir.join("clea.db"))),
            ("CLEA_MAIL", format!("file:{}", dir.join("mails").display())),
            ("CLEA_CLOCK", "simulated".to_owned()),
            ("CLEA_CLOCK_START", FIRST_DAY.to_owned()),
            ("CLEA_LOG", "warn".to_owned()),
            // Six years in some minutes.
            ("CLEA_RATE_ADDRESS", "0".to_owned()),
            ("CLEA_RATE_READ", "0".to_owned()),
            ("CLEA_RATE_ACT", "0".to_owned()),
        ])
        .map_err(|errors| Failure::setup_list(&errors))?;
        crate::logging::start(&config)?;
        database::bring_up_to_date(&config, None).await?;
        let db = database::open(&config, database::Purpose::Worker).await?;
        let app = running::application(&config, db).await?;
        running::seed(&config, &app).await?;
        let mails = running::mails(&config)?;
        let stop = CancellationToken::new();
        let (password, token) = (config.demo_password.clone(), stop.clone());
        let system = tokio::spawn(async move {
            Box::pin(running::both(&config, (app, mails), listener, token)).await
        });
        Ok(Self { base, password, system: Some((stop, system)) })
    }

    /// Stops what runs in this process.
    pub(super) async fn close(self) {
        if let Some((stop, system)) = self.system {
            stop.cancel();
            match system.await {
                Ok(Ok(())) => {}
                Ok(Err(failure)) => {
                    failure.report();
                }
                Err(error) => eprintln!("clea: {error}"),
            }
        }
    }
}

fn default_password() -> String {
    Config::of(&[]).map(|config| config.demo_password).unwrap_or_default()
}
