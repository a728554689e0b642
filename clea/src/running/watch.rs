//! How a process is run and watched: what `/readyz` looks at besides the database.

use crate::config::Config;
use crate::queue;
use api::{Check, Operation, UNREACHABLE};
use futures::FutureExt;
use mailer::{CheckError, Watched};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What is said of a mail server that takes no mail of this platform, whoever it is for.
const MAIL_REFUSED: &str = "refuses every mail";
/// How long the queue may take to answer when operators ask whether it does.
const QUEUE_PATIENCE: Duration = Duration::from_secs(2);

/// The API alone: requests are answered without the queue, whose tasks wait in the database.
pub(super) fn api(config: &Config, stop: &CancellationToken) -> Operation {
    operation(config, stop, redis(config, false).into_iter().collect())
}

/// A process that carries tasks out. Without its mail server it stays ready: mails wait, and another process
/// would not send them either.
pub(super) fn worker(config: &Config, stop: &CancellationToken, mails: &Arc<Watched>) -> Operation {
    let mail = config.mail.is_server().then(|| mail(mails.clone()));
    operation(config, stop, redis(config, true).into_iter().chain(mail).collect())
}

fn operation(config: &Config, stop: &CancellationToken, checks: Vec<Check>) -> Operation {
    Operation {
        checks,
        proxies: config.trusted_proxies.clone(),
        metrics: !config.production,
        stopping: stop.clone(),
        ..Operation::default()
    }
}

/// Whether the queue can be reached, where it is not in this process; `needed` when the process is not ready
/// without it.
fn redis(config: &Config, needed: bool) -> Option<Check> {
    config.redis_url.as_ref()?;
    let queue = queue::of(config);
    let answers = move || {
        let queue = queue.clone();
        async move { queue.reach(QUEUE_PATIENCE).await.map_err(|_| UNREACHABLE) }.boxed()
    };
    Some(Check { name: "redis", needed, answers: Arc::new(answers) })
}

/// Whether mails leave, as the last of them showed.
fn mail(mails: Arc<Watched>) -> Check {
    let answers = move || {
        let told = match mails.trouble() {
            None => Ok(()),
            Some(CheckError::Away(_)) => Err(UNREACHABLE),
            Some(CheckError::Unfit(_)) => Err(MAIL_REFUSED),
        };
        async move { told }.boxed()
    };
    Check { name: "mail", needed: false, answers: Arc::new(answers) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn strangers_read_no_figures_in_production_and_the_api_does_without_its_queue() {
        let config = |settings: &[(&str, &str)]| {
            let settings: Vec<_> = settings.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
            Config::of(&settings).expect("settings that hold")
        };
        let stop = CancellationToken::new();
        assert!(api(&config(&[]), &stop).metrics);
        let production = config(&[
            ("CLEA_ENV", "production"),
            ("CLEA_PUBLIC_URL", "https://clea.example"),
            ("CLEA_REDIS_URL", "redis://:s3cret@127.0.0.1:1/0"),
            ("CLEA_MAIL", "smtp://127.0.0.1:1?security=none"),
        ]);
        let mails = crate::running::mails(&production).expect("settings that hold");
        let told = async |operation: Operation| {
            assert!(!operation.metrics);
            let checks = operation.checks.iter();
            let told = checks.map(async |c| (c.name, c.needed, (c.answers)().await));
            futures::future::join_all(told).await
        };
        // Nobody listens there; no mail was sent yet.
        let redis = |needed| ("redis", needed, Err(UNREACHABLE));
        assert_eq!(told(api(&production, &stop)).await, [redis(false)]);
        let of_worker = told(worker(&production, &stop, &mails)).await;
        assert_eq!(of_worker, [redis(true), ("mail", false, Ok(()))]);
    }
}
