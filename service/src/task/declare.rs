//! The words in which tasks are declared: whatever an entry leaves out does not compile.

/// Declares the tasks: one entry says all that is known of a kind of task.
///
/// | part | says |
/// |---|---|
/// | the fields | the ids that the task needs; with the kind, in this order, they make its deduplication key |
/// | `kind` | its stable name, in payloads, keys, figures and lists |
/// | `label` | what it was to do, in French, for whoever is told that it was given up |
/// | `lane` | in which line it waits |
/// | `told` | who is told when it is given up; the fields may be used |
macro_rules! tasks {
    ($(
        $(#[$doc:meta])*
        $variant:ident { $($(#[$id_doc:meta])* $id:ident: $type:ty),* $(,)? } {
            kind: $kind:literal,
            label: $label:literal,
            lane: $lane:ident,
            told: $told:expr $(,)?
        }
    )*) => {
        /// A task for the workers.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind")]
        pub enum Task {
            $($(#[$doc])* #[serde(rename = $kind)] $variant { $($(#[$id_doc])* $id: $type),* }),*
        }

        impl Task {
            /// Every kind with its label and its lane.
            #[cfg(test)]
            const DECLARED: &[(&str, &str, Lane)] = &[$(($kind, $label, Lane::$lane)),*];

            /// The stable name of its kind.
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $kind),*
                }
            }

            /// What it does, in French, for people.
            pub const fn label(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $label),*
                }
            }

            /// In which line it waits.
            pub const fn lane(&self) -> Lane {
                match self {
                    $(Self::$variant { .. } => Lane::$lane),*
                }
            }

            /// The same for the same kind and ids: such a task exists once, ever.
            pub fn dedup_key(&self) -> String {
                match self {
                    $(Self::$variant { $($id),* } => [$kind.to_owned(), $($id.to_string()),*].join(":")),*
                }
            }

            /// Who is told when it is given up.
            #[expect(unused_variables, reason = "few tasks need all their ids to say it")]
            pub fn told(&self) -> Told {
                match *self {
                    $(Self::$variant { $($id),* } => $told),*
                }
            }
        }
    };
}

pub(super) use tasks;
