//! `clea health`: whether the process of this configuration is ready, for containers without other tools:
//! asked where it is watched (`CLEA_MONITOR_LISTEN`), else of the API.

use crate::config::Config;
use crate::failure::Failure;
use std::net::IpAddr;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

/// What does not serve although the process is ready, as ` (mail: refuses every mail)`.
fn troubles(body: &str) -> String {
    let told: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(body).unwrap_or_default();
    let troubles = told.iter().filter(|(name, told)| *name != "status" && *told != "ok");
    let troubles: Vec<_> = troubles
        .map(|(name, told)| format!("{name}: {}", told.as_str().unwrap_or_default()))
        .collect();
    if troubles.is_empty() { String::new() } else { format!(" ({})", troubles.join(", ")) }
}

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
            println!("{url}: ready{}", troubles(&answer.text().await.unwrap_or_default()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_serve_is_told_of_a_process_that_is_ready() {
        let told = |body| troubles(body);
        assert_eq!(told(r#"{"status":"ready","database":"ok","mail":"ok"}"#), "");
        let body = r#"{"status":"ready","database":"ok","mail":"refuses every mail","redis":"ok"}"#;
        assert_eq!(told(body), " (mail: refuses every mail)");
        assert_eq!(told("no JSON"), "");
    }
}
