//! What `clea` says when it starts: where everything is, and who may sign in.

use crate::config::{Config, Mail};
use crate::failure::Failure;
use crate::redact;
use chrono::NaiveDate;
use domain::deadline::format_date_fr;
use service::clock::LegalClock;
use service::context::App;
use service::seed::DemoAccount;

/// Tells where everything is; passwords of addresses are left out.
pub(crate) async fn print(config: &Config, app: &App, demo: &[DemoAccount]) -> Result<(), Failure> {
    let today = service::schedule::state(app).await?.today;
    let explorer =
        if config.explorer { format!("{}/", config.public_url) } else { "off".to_owned() };
    println!("CléA Habilitations {}\n", env!("CARGO_PKG_VERSION"));
    for (what, place) in [
        ("GraphQL", format!("{}/graphql", config.public_url)),
        ("Explorer", explorer),
        ("Pages", format!("{}/certificates", config.public_url)),
        ("Database", redact::address(&config.database_url)),
        ("Queue", queue(config)),
        ("Mails", mails(config)),
        ("Clock", clock(config.clock, today)),
    ] {
        println!("  {what:<10}{place}");
    }
    if !demo.is_empty() {
        println!("\nDemo sign-ins (mutation signIn), password {}", config.demo_password);
        for account in demo {
            println!("  {:<17}{}", account.role.as_str(), account.email);
        }
    }
    println!("\nCtrl-C stops it.");
    Ok(())
}

/// Where tasks wait.
pub(crate) fn queue(config: &Config) -> String {
    match &config.redis_url {
        None => "in this process".to_owned(),
        Some(url) => format!("{} ({})", redact::address(url), config.redis_namespace),
    }
}

fn mails(config: &Config) -> String {
    match &config.mail {
        Mail::Files(folder) => format!("files in {}", folder.display()),
        Mail::Smtp(server) => format!("{}:{}", server.host, server.port),
    }
}

fn clock(clock: LegalClock, today: NaiveDate) -> String {
    let kind = if clock == LegalClock::Simulated { "simulated" } else { "system" };
    format!("{kind}, {}", format_date_fr(today))
}
