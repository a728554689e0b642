//! `clea schema`: the GraphQL schema.

use crate::failure::Failure;
use std::io::Write;

/// Prints the schema in its definition language.
pub(crate) fn run() -> Result<(), Failure> {
    let sdl = api::sdl();
    writeln!(std::io::stdout().lock(), "{}", sdl.trim_end())?;
    Ok(())
}
