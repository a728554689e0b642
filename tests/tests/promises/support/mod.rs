//! What the experiments stand on.

pub(crate) mod crowd;
pub(crate) mod keeper;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod redis;
pub(crate) mod seeds;
pub(crate) mod stage;
pub(crate) mod world;
