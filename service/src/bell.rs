//! The bell of a process: it rings when the sequence of changes moved on.

use tokio::sync::watch;

/// What rings in this process when the sequence moved on: after each act of its own, and when it was read
/// that another process's act was committed.
#[derive(Debug, Clone)]
pub struct Bell(watch::Sender<i64>);

impl Default for Bell {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Bell {
    /// The sequence has come to this number.
    pub fn ring(&self, seq: i64) {
        self.0.send_if_modified(|known| {
            let further = *known < seq;
            *known = Ord::max(seq, *known);
            further
        });
    }

    /// The number, followed from now on.
    pub fn listen(&self) -> watch::Receiver<i64> {
        self.0.subscribe()
    }

    /// Whether nobody listens.
    pub fn is_unheard(&self) -> bool {
        self.0.receiver_count() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bell_rings_for_what_is_further_and_for_nothing_else() {
        let bell = Bell::default();
        assert!(bell.is_unheard());
        let mut heard = bell.listen();
        bell.ring(3);
        assert!(heard.has_changed().expect("open"));
        assert_eq!(*heard.borrow_and_update(), 3);
        bell.ring(2);
        bell.ring(3);
        assert!(!heard.has_changed().expect("open"));
        assert_eq!(*heard.borrow(), 3);
    }
}
