//! What is typed into a field: whether it may be left so.

use domain::print::unprintable;
use domain::{Refusal, Refusals};

/// The refusal of a field left blank; none when it is filled.
pub(crate) fn blank(field: &'static str, text: &str) -> Refusals {
    blanks(&[(field, text)])
}

/// The refusals of the fields left blank, far too long or that no document can print.
pub(crate) fn blanks(fields: &[(&'static str, &str)]) -> Refusals {
    const LONGEST: usize = 2_000;
    let wrong = fields.iter().filter_map(|(field, text)| {
        let refusal = if text.trim().is_empty() {
            Refusal::new("REQUIRED", "Ce champ est obligatoire.")
        } else if text.chars().count() > LONGEST {
            Refusal::new("TOO_LONG", "Ce champ compte au plus 2 000 caractères.")
        } else if text.contains('\0') {
            Refusal::new("CHARACTER_INVALID", "Ce champ contient un caractère interdit.")
        } else if let Some(c) = unprintable(text) {
            let shown = format!("« {c} » (U+{:04X})", u32::from(c));
            let message =
                format!("Aucun document ne peut imprimer le caractère {shown} : transcrivez-le.");
            Refusal::new("CHARACTER_UNPRINTABLE", message)
        } else {
            return None;
        };
        Some(refusal.at([*field]))
    });
    wrong.collect()
}

/// The address typed in at this field, as it is kept; refuses what no mail is sent to.
pub(crate) fn address(field: &'static str, email: &str) -> Result<String, Refusal> {
    domain::email::normal(email).map_err(|wrong| wrong.at(field))
}
