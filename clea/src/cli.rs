//! The commands and their help.

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::deadline::Unit;
use std::path::PathBuf;

/// Everything that can be typed.
#[derive(Debug, Parser)]
#[command(
    name = "clea",
    version,
    about = "CléA Habilitations: the CléA certification convention as a GraphQL service.",
    long_about = "CléA Habilitations: the CléA certification convention as a GraphQL service with its workers.\n\n\
                  Without a command, `clea` serves everything in one process on an embedded default: a SQLite \
                  file, an in-process queue, mails written as files. Configuration comes from a TOML file and from \
                  the environment, which wins; .env.sample names every variable.",
    after_help = "Exit codes: 0 done, 1 failed or answered no, 2 could not start (configuration, database, queue)."
)]
pub(crate) struct Cli {
    /// Configuration file; `clea.toml` is read when it exists.
    #[arg(long, global = true, env = "CLEA_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API and the worker in one process (the default).
    ///
    /// Brings the database up to date; an empty one receives the reference data and, outside production, demo
    /// accounts.
    Serve,
    /// Serve the API alone. Any number may run with the same configuration.
    Api,
    /// Run a worker alone. Any number may run with the same configuration and a Redis queue.
    Worker,
    /// Bring the database up to date, undo changes, or say where it stands.
    Migrate(MigrateArgs),
    /// Load the reference data: framework, tariff, convention version, Certif Pro. Safe to run again.
    ///
    /// Outside production, demo accounts too, one per role.
    Seed,
    /// Give the first roles of a production system: the administration of Certif Pro, or the platform's.
    ///
    /// An address without a confirmed account is sent an invitation; the role holds once it is taken.
    Grant(GrantArgs),
    /// Import public data.
    Import(ImportArgs),
    /// Compute a time limit and print its whole arithmetic.
    ///
    /// Example: clea deadline 2026-12-24 --add 20 --unit working-days
    Deadline(DeadlineArgs),
    /// Check SIREN, SIRET or NDA numbers. Exit code 1 when one is wrong.
    Check(CheckArgs),
    /// Print the GraphQL schema (SDL).
    Schema,
    /// Play six years of four organisms on a simulated clock, through GraphQL alone.
    Demo(DemoArgs),
    /// Ask the API or the worker of this configuration whether it is ready. For containers.
    ///
    /// Asked where it is watched (CLEA_MONITOR_LISTEN), else of the API. Exit code 1 when it is not.
    Health,
}

/// Of `clea migrate`.
#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// What to do.
    #[arg(value_enum, default_value_t = Direction::Up)]
    pub(crate) direction: Direction,
    /// How many changes; all when going up, one when going down.
    #[arg(long, value_name = "N")]
    pub(crate) steps: Option<u32>,
}

/// Where a migration goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    /// Apply the changes that are missing.
    Up,
    /// Undo the last change.
    Down,
    /// List the changes; exit code 1 when some are missing.
    Status,
}

/// Of `clea grant`.
#[derive(Debug, Args)]
pub(crate) struct GrantArgs {
    /// The address of the account.
    #[arg(value_name = "EMAIL")]
    pub(crate) email: String,
    /// The role.
    #[arg(value_enum, value_name = "ROLE", ignore_case = true)]
    pub(crate) role: FirstRole,
    /// Print the link of the invitation too: whoever reads it can take the role.
    #[arg(long)]
    pub(crate) print_link: bool,
}

/// A role that the command line gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum FirstRole {
    /// Administers Certif Pro: gives its roles.
    AuthorityAdmin,
    /// Runs the platform: its tasks, and who administers authorities.
    Operator,
}

/// Of `clea import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// What to import.
    #[command(subcommand)]
    pub(crate) what: ImportWhat,
}

/// What can be imported.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportWhat {
    /// The public list of training organisations: CSV with `;`, in UTF-8 or UTF-16. Safe to run again.
    ///
    /// Faulty lines are listed with their number, column and reason, and do not stop the others; exit code 1 when
    /// there are some.
    Organisms {
        /// The CSV file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Of `clea deadline`.
#[derive(Debug, Args)]
pub(crate) struct DeadlineArgs {
    /// The day of the act, which does not count: 2026-12-24.
    #[arg(
        value_name = "DATE",
        required_unless_present = "csv",
        conflicts_with = "csv",
        requires = "add",
        value_parser = parse_date
    )]
    pub(crate) date: Option<NaiveDate>,
    /// How many units to count.
    #[arg(long, value_name = "N", requires = "date")]
    pub(crate) add: Option<u32>,
    /// What to count: working-days, calendar-days, months or years.
    #[arg(long, value_name = "UNIT", default_value = "working-days", value_parser = parse_unit)]
    pub(crate) unit: Unit,
    /// Count back from the date: "at the latest N units before".
    #[arg(long, requires = "date")]
    pub(crate) before: bool,
    /// A CSV file (`;`) of them, with columns date;amount;unit;before. Adds due_on and explanation; other columns are
    /// kept as they are, byte for byte.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// Where the completed CSV goes, which may be the file itself; standard output when left out.
    #[arg(long, value_name = "FILE", requires = "csv")]
    pub(crate) out: Option<PathBuf>,
}

fn parse_date(text: &str) -> Result<NaiveDate, String> {
    let day = domain::date::parse(text).ok().filter(|day| domain::deadline::is_in_range(*day));
    day.ok_or_else(|| "expected a date such as 2026-11-24, from 1900 to 2200".to_owned())
}

fn parse_unit(text: &str) -> Result<Unit, String> {
    text.parse().map_err(|_| "expected working-days, calendar-days, months or years".to_owned())
}

/// Of `clea check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// What the values should be.
    #[arg(value_enum)]
    pub(crate) kind: IdentifierKind,
    /// The values; `-` reads them from standard input, one a line.
    #[arg(value_name = "VALUE", required = true)]
    pub(crate) values: Vec<String>,
}

/// A kind of public identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IdentifierKind {
    /// Nine digits: a legal or natural person.
    Siren,
    /// Fourteen digits: an establishment.
    Siret,
    /// Eleven digits: the activity declaration of a training organisation.
    Nda,
}

/// Of `clea demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Where the film's database, mails and documents go; emptied first.
    #[arg(long, value_name = "DIR", default_value = "var/demo")]
    pub(crate) dir: PathBuf,
    /// Drive a running system with a simulated clock and demo accounts, instead of starting one.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The demo accounts' password, when driving a running system.
    #[arg(long, env = "CLEA_DEMO_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// The summary's figures as JSON on standard output, the film on standard error.
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_commands_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_deadline_needs_a_date_with_an_amount_or_a_file() {
        let accepted = |args: &str| Cli::try_parse_from(args.split(' ')).is_ok();
        assert!(accepted("clea deadline 2026-12-24 --add 20 --unit working-days"));
        assert!(accepted("clea deadline 2026-12-24 --add 5 --before"));
        assert!(accepted("clea deadline --csv in.csv --out out.csv"));
        assert!(!accepted("clea deadline"));
        assert!(!accepted("clea deadline 2026-12-24"));
        assert!(!accepted("clea deadline 2026-12-24 --add 1 --csv in.csv"));
        assert!(!accepted("clea deadline 2026-12-24 --add 1 --unit fortnights"));
        for date in ["2026-13-24", "26-12-24", "2026-1-5", "+2026-01-05", "0026-12-24", "20261224"]
        {
            assert!(!accepted(&format!("clea deadline {date} --add 1")), "{date}");
        }
    }

    #[test]
    fn the_command_line_gives_two_roles_alone() {
        let accepted = |args: &str| Cli::try_parse_from(args.split(' ')).is_ok();
        assert!(accepted("clea grant ada@exemple.fr AUTHORITY_ADMIN"));
        assert!(accepted("clea grant ada@exemple.fr operator --print-link"));
        assert!(!accepted("clea grant ada@exemple.fr DECIDER"));
        assert!(!accepted("clea grant AUTHORITY_ADMIN"));
    }

    #[test]
    fn no_command_serves() {
        assert!(Cli::try_parse_from(["clea"]).expect("valid").command.is_none());
    }
}
