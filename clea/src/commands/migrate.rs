//! `clea migrate`: the changes of the tables.

use crate::cli::{Direction, MigrateArgs};
use crate::config::Config;
use crate::database;
use crate::failure::Failure;

/// Applies, undoes or lists them.
pub(crate) async fn run(config: &Config, args: &MigrateArgs) -> Result<(), Failure> {
    match args.direction {
        Direction::Up => {
            let count = database::bring_up_to_date(config, args.steps).await?;
            println!("{count} changes applied.");
        }
        Direction::Down => {
            let count = database::undo(config, args.steps.unwrap_or(1)).await?;
            println!("{count} changes undone.");
        }
        Direction::Status => {
            let db = database::open_as_owner(config).await?;
            let changes = database::changes(&db).await?;
            for (name, applied) in &changes {
                println!("{} {name}", if *applied { "applied" } else { "missing" });
            }
            if changes.iter().any(|(_, applied)| !applied) {
                return Err(Failure::Answered);
            }
        }
    }
    Ok(())
}
