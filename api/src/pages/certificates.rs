//! The verification of a certificate by anyone (A3.5.b), with what exposes an edited document.

use super::answer::{Answer, Keep, failed, page, see};
use crate::request::Tracked;
use crate::state::ApiState;
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use domain::deadline::format_date_fr;
use serde::Deserialize;
use service::evaluation::{self, Verification};

/// The longest code that is looked for.
const LONGEST_CODE: usize = 80;

#[derive(Template)]
#[template(path = "certificate.html")]
struct Certificate {
    c: Verification,
    siren: String,
    awarded_on: String,
}

#[derive(Template)]
#[template(path = "certificate_form.html")]
struct Form {
    unknown: bool,
}

/// What the form asks.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    code: Option<String>,
}

/// The form, or the page of the code typed in.
pub(super) async fn form(Query(asked): Query<Asked>) -> Answer {
    match asked.code.as_deref().map(typed) {
        None => page(StatusCode::OK, &Form { unknown: false }, Keep::Shortly),
        Some(code) if code.is_empty() => unknown(),
        Some(code) => see(&format!("/certificates/{code}")),
    }
}

/// The certificate of a code.
pub(super) async fn show(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    Path(code): Path<String>,
) -> Answer {
    match evaluation::verify(&state.app.db, &typed(&code)).await {
        Ok(Some(found)) => {
            let (siren, awarded_on) =
                (grouped(&found.organism_siren), format_date_fr(found.awarded_on));
            page(StatusCode::OK, &Certificate { c: found, siren, awarded_on }, Keep::Nothing)
        }
        Ok(None) => unknown(),
        Err(error) => failed(&error, &tracked.correlation_id),
    }
}

fn unknown() -> Answer {
    page(StatusCode::NOT_FOUND, &Form { unknown: true }, Keep::Nothing)
}

/// The code without what people type between its letters.
fn typed(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).take(LONGEST_CODE).collect()
}

/// A SIREN as people read it.
fn grouped(siren: &str) -> String {
    let digits: Vec<char> = siren.chars().collect();
    digits
        .chunks(3)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("\u{a0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_numbers_are_cleaned_and_grouped() {
        assert_eq!(typed(" ab12-cd34 /../é"), "ab12cd34");
        assert_eq!(typed(&"a".repeat(500)).len(), LONGEST_CODE);
        assert_eq!(grouped("900000008"), "900\u{a0}000\u{a0}008");
    }
}
