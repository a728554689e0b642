//! The workers on a database and a queue of their own: SQLite and memory by default, PostgreSQL and
//! Redis too where `CLEA_TEST_POSTGRES_URL` and `CLEA_TEST_REDIS_URL` are given.

mod failures;
mod lanes;
mod mails;
mod story;
mod support;
mod time;
