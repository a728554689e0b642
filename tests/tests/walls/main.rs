//! Who sees what: a rule for every field of the schema, held against what every role reads of a rich
//! world, and what is hidden, which answers like what does not exist.

mod counts;
mod hidden;
mod inputs;
mod nullable;
mod reading;
mod roots;
mod rules;
mod schema;
mod served;
mod sighting;
mod world;
