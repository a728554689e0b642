//! Requests over HTTP against a database of their own: limits, pages, what is hidden, how many statements, what operators see.

mod accounts;
mod limits;
mod operation;
mod reading;
mod support;
