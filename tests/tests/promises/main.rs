//! The promise suite: what the product promises (docs/promises.md), each shown by an experiment that
//! could fail, on real servers, with real processes that really die.
//!
//! An experiment plays a seed twice on copies of one database: once undisturbed, once while things go
//! wrong. What both leave behind must be the same, ids, machine instants and the order of concurrent
//! acts apart (`e2e::State`). A planted defect shows that each experiment can fail (`defects`).
//!
//! `scripts/promises` runs it; `CLEA_PROMISE_SEEDS` says how many seeds each experiment plays and
//! `CLEA_PROMISE_FIRST` the first of them.

mod support;

mod defects;
mod film;
mod p01_p02_kills;
mod p03_redis;
mod p04_mail;
mod p05_takeover;
mod p06_poison;
mod p07_slots;
mod p08_postgres;
mod p10_time;
mod p11_keys;
mod p12_frozen;
mod p13_acknowledgement;
mod p14_stop;
