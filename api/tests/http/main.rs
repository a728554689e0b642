//! Requests over HTTP against a database of their own: the specification, who is let in, limits, pages, what is hidden, how many statements, what operators see.

mod accounts;
mod door;
mod lanes;
mod limits;
mod operation;
mod reading;
mod support;
