//! `clea`: the one binary of CléA Habilitations. Without a command it serves everything in one process.

mod cli;
mod commands;
mod config;
mod database;
mod demo;
mod failure;
mod logging;
mod queue;
mod redact;
mod running;

use clap::Parser;
use cli::{Cli, Command};
use failure::Failure;
use std::process::ExitCode;

/// Answers are made of many small pieces: the system's allocator was a good part of a wide page's time.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::Fault(error.into()).report(),
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Carries out the command; those that need no configuration read none.
async fn run(cli: Cli) -> Result<(), Failure> {
    let file = cli.config;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Deadline(args) => commands::deadline::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Schema => commands::schema::run(),
        Command::Demo(args) => Box::pin(demo::run(&args)).await,
        Command::Serve => Box::pin(running::serve(&start(file.as_deref())?)).await,
        Command::Api => Box::pin(running::api(&start(file.as_deref())?)).await,
        Command::Worker => Box::pin(running::worker(&start(file.as_deref())?)).await,
        Command::Migrate(args) => commands::migrate::run(&start(file.as_deref())?, &args).await,
        Command::Seed => commands::seed::run(&start(file.as_deref())?).await,
        Command::Grant(args) => commands::grant::run(&start(file.as_deref())?, &args).await,
        Command::Import(args) => commands::import::run(&start(file.as_deref())?, &args).await,
        Command::Health => commands::health::run(&start(file.as_deref())?).await,
    }
}

/// Reads the configuration and starts the log.
fn start(file: Option<&std::path::Path>) -> Result<config::Config, Failure> {
    let config = config::Config::load(file).map_err(|errors| Failure::setup_list(&errors))?;
    if config.production && service::fault::COMPILED_IN {
        let message =
            "this program was built with the cargo feature `faults`: it is for tests alone";
        return Err(Failure::Setup(message.to_owned()));
    }
    logging::start(&config)?;
    telemetry::mask::log_panics();
    Ok(config)
}
