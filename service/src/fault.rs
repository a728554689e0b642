//! Kill points and planted defects, for the promise suite of the tests room alone.
//!
//! Without the cargo feature `faults` every function here is empty. With it, `CLEA_FAULTS` says what
//! goes wrong in this process, as a list separated by commas:
//!
//! | fault | what it does |
//! |---|---|
//! | `kill@POINT:N` | SIGKILL at the N-th passage of a point |
//! | `freeze@POINT:N` | SIGSTOP at the N-th passage; another process wakes it with SIGCONT |
//! | `panic@POINT:TEXT` | a panic at each passage whose detail holds the text |
//! | `defect@NAME` | a promise is broken where the code asks [`planted`] |

/// Whether this program can be made to fail: such a one must not go into production.
pub const COMPILED_IN: bool = cfg!(feature = "faults");

/// The points where a process may be made to die.
pub mod point {
    /// An act is about to commit.
    pub const COMMITTING: &str = "committing";
    /// An act has committed; nobody was told.
    pub const COMMITTED: &str = "committed";
    /// The relay has taken tasks from the outbox; none is in the queue.
    pub const TAKEN: &str = "taken";
    /// The relay has pushed a task.
    pub const PUSHED: &str = "pushed";
    /// A worker has claimed a task; nothing is done.
    pub const CLAIMED: &str = "claimed";
    /// A task's body begins; its detail is the task's key.
    pub const BODY: &str = "body";
    /// A notice is composed; it has not left.
    pub const COMPOSED: &str = "composed";
    /// A mail was accepted; nothing says so yet.
    pub const SENT: &str = "sent";
    /// Gapless numbers were taken; the act has not committed.
    pub const NUMBERED: &str = "numbered";
}

/// The defects that can be planted: one for each promise, so that its experiment is seen to fail.
pub mod defect {
    /// P1: numbers are taken outside the act's transaction.
    pub const NUMBER_OUTSIDE: &str = "number-outside";
    /// P2: what follows an act is inserted outside its transaction.
    pub const FOLLOW_UP_OUTSIDE: &str = "follow-up-outside";
    /// P3: a push is never repeated.
    pub const PUSHED_ONCE: &str = "pushed-once";
    /// P4: a mail's acceptance is recorded before it is sent.
    pub const ACCEPTED_UNSENT: &str = "accepted-unsent";
    /// P5: a task may be ended by whoever lost it.
    pub const UNFENCED: &str = "unfenced";
    /// P6: failed tries are not counted.
    pub const UNCOUNTED: &str = "uncounted";
    /// P7: a slot has no key.
    pub const SLOT_UNKEYED: &str = "slot-unkeyed";
    /// P8: an act is answered before it is stored.
    pub const ANSWERED_UNSTORED: &str = "answered-unstored";
    /// P10: a deadline is only looked at on the day after it.
    pub const THAT_DAY_ONLY: &str = "that-day-only";
    /// P11: an idempotency key is not looked at.
    pub const KEY_IGNORED: &str = "key-ignored";
    /// P12: the tables are made without what freezes them; read in the migration room.
    pub const UNFROZEN: &str = "unfrozen";
    /// P13: looking at a notice acknowledges it.
    pub const SEEN_ACKNOWLEDGED: &str = "seen-acknowledged";
    /// P14: a stop waits for nothing.
    pub const ABRUPT_STOP: &str = "abrupt-stop";
}

#[cfg(not(feature = "faults"))]
mod imp {
    /// Passes a point.
    #[inline]
    pub fn pass(_point: &str, _detail: &str) {}

    /// Whether this defect is planted.
    #[inline]
    pub const fn planted(_defect: &str) -> bool {
        false
    }
}

#[cfg(feature = "faults")]
mod imp {
    use rustix::process::{Signal, getpid, kill_process};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    enum Fault {
        Signal { at: String, passage: u64, passed: AtomicU64, signal: Signal },
        Panic { at: String, text: String },
        Defect(String),
    }

    fn read(text: &str) -> Option<Fault> {
        let (kind, rest) = text.split_once('@')?;
        let signal = |signal| {
            let (at, passage) = rest.split_once(':')?;
            let (at, passage) = (at.to_owned(), passage.parse().ok()?);
            Some(Fault::Signal { at, passage, passed: AtomicU64::new(0), signal })
        };
        match kind {
            "kill" => signal(Signal::KILL),
            "freeze" => signal(Signal::STOP),
            "panic" => {
                let (at, text) = rest.split_once(':')?;
                Some(Fault::Panic { at: at.to_owned(), text: text.to_owned() })
            }
            "defect" => Some(Fault::Defect(rest.to_owned())),
            _ => None,
        }
    }

    fn faults() -> &'static [Fault] {
        static FAULTS: OnceLock<Vec<Fault>> = OnceLock::new();
        FAULTS.get_or_init(|| {
            let list = std::env::var("CLEA_FAULTS").unwrap_or_default();
            let given = list.split(',').filter(|fault| !fault.is_empty());
            given
                .map(|fault| read(fault).unwrap_or_else(|| panic!("CLEA_FAULTS: {fault}")))
                .collect()
        })
    }

    /// Passes a point.
    pub fn pass(point: &str, detail: &str) {
        for fault in faults() {
            match fault {
                Fault::Signal { at, passage, passed, signal }
                    if at == point && passed.fetch_add(1, Ordering::Relaxed) + 1 == *passage =>
                {
                    let _ = kill_process(getpid(), *signal);
                }
                Fault::Panic { at, text } if at == point && detail.contains(text.as_str()) => {
                    panic!("planted at {point}");
                }
                _ => {}
            }
        }
    }

    /// Whether this defect is planted.
    pub fn planted(defect: &str) -> bool {
        faults().iter().any(|fault| matches!(fault, Fault::Defect(name) if name == defect))
    }
}

pub use imp::{pass, planted};
