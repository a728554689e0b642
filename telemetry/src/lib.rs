//! What operators see of a running process: figures for Prometheus, and errors without personal data.
//!
//! | what | where |
//! |---|---|
//! | the figures: one function per thing that is counted | [`metrics`] |
//! | an error, a text, a panic, as a log may hold it | [`mask`] |
//!
//! `docs/operations.md` lists every figure with its labels and what to be woken up for.

pub mod mask;
pub mod metrics;
