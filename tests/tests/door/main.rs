//! The door: what frontends, tools and strangers meet, through the clients and checkers that they use
//! themselves (`tests/node`).

mod clients;
mod guide;
mod http;
mod oidc;
mod schema;
mod sockets;
mod start;
mod story;
