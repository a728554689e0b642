//! The queue of the configuration, and whether it can be used when a process starts.

use crate::config::Config;
use crate::failure::Failure;
use crate::redact;
use std::time::Duration;
use worker::Queue;

/// How long Redis may take to answer when a process starts.
const START_PATIENCE: Duration = Duration::from_secs(5);

/// Where tasks wait.
pub(crate) fn of(config: &Config) -> Queue {
    match &config.redis_url {
        None => Queue::InProcess,
        Some(url) => Queue::Redis { url: url.clone(), namespace: config.redis_namespace.clone() },
    }
}

/// Goes on when it can be used. Once a process runs, a Redis that goes away is waited for.
pub(crate) async fn require(config: &Config) -> Result<(), Failure> {
    let Some(url) = &config.redis_url else { return Ok(()) };
    of(config).reach(START_PATIENCE).await.map_err(|error| {
        let told = format!("{error:#}").lines().collect::<Vec<_>>().join(" ");
        let (shown, told) = (redact::address(url), redact::message(&told, url));
        Failure::Setup(format!("CLEA_REDIS_URL: {shown}: {told}"))
    })
}
