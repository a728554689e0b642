//! HTTP and GraphQL: who asks, the schema, and how rows become objects.
//!
//! | what | where |
//! |---|---|
//! | every route, and what stands around it | [`router`] |
//! | what every request shares | [`state`](ApiState) |
//! | the whole schema | [`schema`](fn@schema) |
//! | a request: authentication, media types, answers | `http` |
//! | limits of a query, its errors, whatever brought it | `gate` |
//! | other sites, rates, persisted queries | [`door`] |
//! | what is answered instead | `rejection` |
//! | what every request has: identifier, time limit, line in the log | `request` |
//! | health, readiness, figures | [`monitor`](mod@monitor) |
//! | the explorer's page | [`explorer`] |
//! | the caller of a request, faults told | `caller` |
//! | subscriptions over a WebSocket | `live` |
//! | the connection that a request reads on | [`lane`] |
//! | reading by batches, as the caller may see | `load` |
//! | pages by keyset | `page` |
//! | searches in lists | `search` |
//! | pages for people without an account, files | [`pages`] |
//! | sign-in by an OpenID Connect issuer | `oidc`, its pages in [`pages`] |
//! | what the mail server reports | [`webhooks`] |
//! | texts that no field takes, refused before anything is executed | `text` |
//! | mutations' inputs and refusals | `input`, `refusal` |
//! | scalars and enumerations | `scalar`, `vocabulary` |
//! | a subject: objects, queries, mutations | `account`, `authority`, `organism`, … |
//!
//! What a field reads from the row at hand is never null; what takes another reading may be, so that
//! a fault or a hidden object never takes its neighbours along.

mod account;
mod application;
mod authority;
mod billing;
mod caller;
mod deadline;
pub mod door;
mod edof;
mod evaluation;
pub mod explorer;
mod gate;
mod habilitation;
mod http;
mod input;
pub mod lane;
mod live;
mod load;
mod machine;
pub mod monitor;
mod node;
mod notice;
mod object;
mod oidc;
mod ops;
mod organism;
mod page;
pub mod pages;
mod refusal;
mod rejection;
mod request;
mod router;
mod scalar;
mod schema;
mod search;
mod state;
mod text;
mod vocabulary;
pub mod webhooks;

pub use door::{Door, PersistedQueries, Proxies, Rates, Sites};
pub use explorer::Explorer;
pub use live::sockets::Sockets;
pub use live::subscription::Subscription;
pub use monitor::{Check, Operation, UNREACHABLE, monitor};
pub use oidc::{Oidc, OidcSecret, OidcSettings};
pub use router::{router, router_with};
pub use schema::{Mutation, Query, Schema, schema, sdl};
pub use state::ApiState;
pub use webhooks::secret::BounceSecret;
