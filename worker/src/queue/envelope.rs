//! What travels in the queues.

use entity::ids::OutboxId;
use serde::{Deserialize, Serialize};
use service::outbox::Push;

/// What travels: which outbox row, and which of its pushes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Envelope {
    /// The outbox row.
    pub(crate) id: OutboxId,
    /// A claim under an older number finds nothing.
    pub(crate) push_number: i32,
    /// For logs.
    pub(crate) kind: String,
}

impl From<Push> for Envelope {
    fn from(push: Push) -> Self {
        Self { id: push.id, push_number: push.number, kind: push.kind }
    }
}

impl Envelope {
    /// The queue's own id: new at every push, since Redis remembers the ids of ended tasks.
    pub(crate) fn queue_id(&self) -> String {
        format!("{}-{}", self.id, self.push_number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Redis may hold what an earlier program pushed.
    #[test]
    fn what_was_pushed_is_read() {
        let pushed = r#"{"id":"019ac3f0-5e00-7013-8000-040c26f0a070","push_number":3,"kind":"SEND_INVOICE"}"#;
        let read: Envelope = serde_json::from_str(pushed).expect("an envelope");
        assert_eq!(read.queue_id(), "tsk_01kb1z0qg0e09r00041gkf183g-3");
        assert_eq!((read.push_number, read.kind.as_str()), (3, "SEND_INVOICE"));
    }
}
