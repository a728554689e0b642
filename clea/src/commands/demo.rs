//! x
pub(crate) async fn run(_a: crate::cli::DemoArgs) -> Result<(), crate::failure::Failure> {
    Ok(())
}
