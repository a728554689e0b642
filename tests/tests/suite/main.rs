//! The end-to-end suite: every test drives the public interface, and names the rule that it shows.

mod accounts;
mod authorities;
mod awards;
mod billing;
mod bounces;
mod changes;
mod decisions;
mod edof;
mod evaluations;
mod filing;
mod instruction;
mod journal;
mod machines;
mod notices;
mod offers;
mod plans;
mod policy;
mod quarters;
mod races;
mod rules;
mod search;
mod sign_in;
mod smtp;
mod sockets;
mod terms;
mod typed;
