//! `clea health`: whether the process of this configuration is ready, for containers without other tools:
//! asked where it is watched (`CLEA_MONITOR_LISTEN`), else of the API.

use crate::config::Config;
use crate::failure::Failure;
use std::net::IpAddr;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

/// Asks it.
pub(crate) async fn run(config: &Config) -> Result<(), Failure> {
    let place = config.monitor_listen.unwrap_or(config.listen);
    let host = if place.ip().is_unspecified() {
        "127.0.0.1".to_owned()
    } else {
        match place.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        }
    };
    let url = format!("http://{host}:{}/readyz", place.port());
    let client =
        reqwest::Client::builder().timeout(PATIENCE).build().map_err(anyhow::Error::from)?;
    match client.get(&url).send().await {
        Ok(answer) if answer.status().is_success() => {
            println!("{url}: ready");
            Ok(())
        }
        Ok(answer) => {
            let status = answer.status();
            println!("{url}: {status} {}", answer.text().await.unwrap_or_default());
            Err(Failure::Answered)
        }
        Err(error) => {
            println!("{url}: {}", error.without_url());
            Err(Failure::Answered)
        }
    }
}
