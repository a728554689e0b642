//! `clea health`: whether the API of this configuration answers, for containers without other tools.

use crate::config::Config;
use crate::failure::Failure;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

/// Asks it.
pub(crate) async fn run(config: &Config) -> Result<(), Failure> {
    let host = if config.listen.ip().is_unspecified() {
        "127.0.0.1".to_owned()
    } else {
        config.listen.ip().to_string()
    };
    let url = format!("http://{host}:{}/healthz", config.listen.port());
    let client =
        reqwest::Client::builder().timeout(PATIENCE).build().map_err(anyhow::Error::from)?;
    match client.get(&url).send().await {
        Ok(answer) if answer.status().is_success() => {
            println!("{url}: up");
            Ok(())
        }
        Ok(answer) => {
            println!("{url}: {}", answer.status());
            Err(Failure::Answered)
        }
        Err(error) => {
            println!("{url}: {}", error.without_url());
            Err(Failure::Answered)
        }
    }
}
