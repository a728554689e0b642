//! Requests over HTTP against a database of their own: limits, pages, what is hidden, how many statements.

mod limits;
mod reading;
mod support;
