//! `clea seed`: the reference data, and the demo accounts outside production.

use crate::config::Config;
use crate::failure::Failure;
use crate::{database, running};

/// Loads what is missing.
pub(crate) async fn run(config: &Config) -> Result<(), Failure> {
    let db = database::open(config, database::Purpose::Command).await?;
    database::require_up_to_date(&db).await?;
    let app = running::application(config, db).await?;
    let demo = running::seed(config, &app).await?;
    println!("Reference data: framework, criteria, tariff, convention, Certif Pro.");
    for account in demo {
        println!("Demo account: {:<17}{}", account.role.as_str(), account.email);
    }
    Ok(())
}
