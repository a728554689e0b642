//! Why an act is refused: a value, never a fault.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Why an act was refused; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable, for programs, e.g. `OPINION_TOO_LATE`.
    pub code: Cow<'static, str>,
    /// The input's field as a path, e.g. `["sites", "2", "siret"]`; empty for the whole input.
    pub field: Vec<String>,
    /// The rule of the convention, e.g. `III.4.b`; none for a plain input mistake.
    pub article: Option<Cow<'static, str>>,
    /// For people, in French.
    pub message: String,
}

/// Every refusal of one act; empty means that nothing stands against it.
pub type Refusals = Vec<Refusal>;

impl Refusal {
    /// A refusal with its stable `code` and its French `message`, of the whole input and of no article.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code: Cow::Borrowed(code),
            field: Vec::new(),
            article: None,
            message: message.into(),
        }
    }

    /// The same refusal, naming the input's field by its path.
    pub fn at<S: ToString>(mut self, path: impl IntoIterator<Item = S>) -> Self {
        self.field = path.into_iter().map(|s| s.to_string()).collect();
        self
    }

    /// The same refusal, naming the rule that it rests on.
    pub fn under(mut self, article: &'static str) -> Self {
        self.article = Some(Cow::Borrowed(article));
        self
    }
}
