//! async-graphql, but for how the fields of an object ([`resolver_utils`]) and the items of a [`List`] are resolved.
//!
//! The library starts a task for each field and takes the answers as they come. Here the fields of an object are
//! asked in the query's order, which is that of the answer (GraphQL specification, 6.3), each within the request's
//! own task; those that wait, wait together. So are the items of a [`List`]. What is resolved is JSON at once
//! ([`json`]), not a tree of values of which JSON is made at the end.
//!
//! The room of the schema depends on this crate under the library's name, so that what the library's macros write
//! goes through it. Three things stay the library's: extensions that look at fields and directives of one's own, which
//! the schema has none of, and interfaces; what is read through one answers as the object that it is
//! (`api/src/node.rs`).

pub use async_graphql::*;

pub mod json;
mod list;
mod object;

pub use list::List;

/// The library's, and the resolution of an object.
pub mod resolver_utils {
    pub use crate::object::resolve_container;
    pub use async_graphql::resolver_utils::*;
}
