//! A candidate becomes known to an organism: what the certificate and the Caisse des Dépôts ask for is
//! checked at entry.

use crate::account;
use crate::change::Changed;
use crate::context::{Context, Tx};
use crate::error::{ActResult, ensure};
use crate::journal::Entry;
use crate::organism::blanks;
use crate::policy::{Act, Place};
use crate::sight;
use chrono::{Datelike, NaiveDate};
use domain::person::name_key;
use domain::{Refusal, Refusals, search};
use entity::candidate::ActiveModel;
use entity::ids::{CandidateId, OrganismId};
use entity::kind::Sex;
use entity::{candidate_word, organism};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde::Serialize;

/// No candidate was born before this year.
const FIRST_BIRTH_YEAR: i32 = 1900;

/// A natural person who wants the certificate.
#[derive(Debug, Clone, Serialize)]
pub struct RegisterCandidate {
    /// The organism that registers them.
    pub organism_id: String,
    /// Name at birth.
    pub birth_name: String,
    /// Name in use, where it differs.
    pub used_name: Option<String>,
    /// First names, in their order.
    pub first_names: String,
    /// Date of birth.
    pub birth_date: NaiveDate,
    /// Sex, as the Caisse des Dépôts asks for it.
    pub sex: Sex,
    /// INSEE code of the commune of birth; none abroad.
    pub birth_place_code: Option<String>,
    /// Place of birth.
    pub birth_place_name: String,
    /// Country of birth, e.g. `France`.
    pub birth_country: String,
    /// Where the candidate is written to.
    pub email: Option<String>,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RegisterCandidate);

/// Registers a candidate: no prerequisite is asked for (A3.1.a).
pub async fn register_candidate(ctx: &Context, input: RegisterCandidate) -> ActResult<CandidateId> {
    ctx.act(Act::RegisterCandidate, input, register_candidate_in).await
}

async fn register_candidate_in(
    tx: Tx,
    input: RegisterCandidate,
) -> ActResult<(CandidateId, Entry)> {
    tx.answerable()?;
    let sight = tx.ctx().actor.sight();
    let organism = sight::find::<organism::Entity, OrganismId>(
        tx.conn(),
        &sight,
        &input.organism_id,
        "organismId",
    )
    .await?;
    tx.require(&Place::organism(organism.id))?;
    ensure(refusals(&input, tx.today()))?;
    let id = CandidateId::new();
    row(&input, id, organism.id, tx.today()).insert(tx.conn()).await?;
    let names = [&input.birth_name, &input.first_names].into_iter().chain(&input.used_name);
    let words = search::words(names.map(String::as_str)).into_iter();
    let words =
        words.map(|word| candidate_word::ActiveModel { candidate_id: Set(id), word: Set(word) });
    candidate_word::Entity::insert_many(words).exec_without_returning(tx.conn()).await?;
    tx.changed([Changed::Candidate(id)]);
    let entry = Entry::new(id, "Candidat enregistré");
    Ok((id, entry.under("A3.1.a").about(organism.id)))
}

fn row(
    input: &RegisterCandidate,
    id: CandidateId,
    organism: OrganismId,
    today: NaiveDate,
) -> ActiveModel {
    let used_name = filled(input.used_name.as_deref());
    let mut names = identity_key(&input.birth_name, &input.first_names);
    if let Some(used) = used_name {
        names = format!("{names} {}", name_key(used));
    }
    ActiveModel {
        id: Set(id),
        organism_id: Set(organism),
        birth_name: Set(input.birth_name.trim().to_owned()),
        used_name: Set(used_name.map(str::to_owned)),
        first_names: Set(input.first_names.trim().to_owned()),
        birth_date: Set(input.birth_date),
        sex: Set(input.sex.into()),
        birth_place_code: Set(filled(input.birth_place_code.as_deref()).map(str::to_uppercase)),
        birth_place_name: Set(input.birth_place_name.trim().to_owned()),
        birth_country: Set(input.birth_country.trim().to_owned()),
        email: Set(filled(input.email.as_deref()).and_then(account::normal_email)),
        name_key: Set(names),
        registered_on: Set(today),
        version: Set(1),
    }
}

/// What a candidate's search key begins with: name at birth and first names.
pub(super) fn identity_key(birth_name: &str, first_names: &str) -> String {
    name_key(&format!("{birth_name} {first_names}"))
}

/// An optional text without surrounding spaces; none when nothing is left.
fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn refusals(input: &RegisterCandidate, today: NaiveDate) -> Refusals {
    let mut refusals = blanks(&[
        ("birthName", &input.birth_name),
        ("firstNames", &input.first_names),
        ("birthPlaceName", &input.birth_place_name),
        ("birthCountry", &input.birth_country),
    ]);
    if let Some(used) = filled(input.used_name.as_deref()) {
        refusals.extend(blanks(&[("usedName", used)]));
    }
    if input.birth_date >= today || input.birth_date.year() < FIRST_BIRTH_YEAR {
        let message = "La date de naissance doit être passée, et postérieure à 1899.";
        refusals.push(Refusal::new("BIRTH_DATE_INVALID", message).at(["birthDate"]));
    }
    refusals.extend(birth_place_refusal(input));
    let email = filled(input.email.as_deref());
    if email.is_some_and(|email| account::normal_email(email).is_none()) {
        refusals.push(account::email_refusal("email"));
    }
    refusals
}

/// A birth in France is placed by the commune's INSEE code, one abroad by its place and country alone.
fn birth_place_refusal(input: &RegisterCandidate) -> Option<Refusal> {
    let code = filled(input.birth_place_code.as_deref());
    let in_france = ["FRANCE", "FR", "FRA"].contains(&name_key(&input.birth_country).as_str());
    let (name, message) = match code {
        Some(_) if !in_france => (
            "BIRTH_PLACE_CODE_ABROAD",
            "Le code INSEE d’une commune n’est attendu que pour une naissance en France.",
        ),
        None if in_france => (
            "BIRTH_PLACE_CODE_REQUIRED",
            "Pour une naissance en France, le code INSEE de la commune est obligatoire.",
        ),
        Some(code) if !is_insee_code(code) => (
            "BIRTH_PLACE_CODE_INVALID",
            "Le code INSEE d’une commune compte 5 caractères, par exemple 75056 ou 2A004.",
        ),
        _ => return None,
    };
    Some(Refusal::new(name, message).at(["birthPlaceCode"]))
}

/// Five digits, or `2A` or `2B` for Corsica and three digits; `99` stands for foreign countries.
fn is_insee_code(code: &str) -> bool {
    let code = code.to_uppercase();
    let digits = code.strip_prefix("2A").or_else(|| code.strip_prefix("2B"));
    let expected = if digits.is_some() { 3 } else { 5 };
    let digits = digits.unwrap_or(&code);
    let all_digits = digits.chars().all(|c| c.is_ascii_digit());
    digits.len() == expected && all_digits && !code.starts_with("99") && !code.starts_with("00")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn input() -> RegisterCandidate {
        RegisterCandidate {
            organism_id: String::new(),
            birth_name: "Lefèbvre".to_owned(),
            used_name: None,
            first_names: "Noël André".to_owned(),
            birth_date: day("1984-02-29"),
            sex: Sex::M,
            birth_place_code: Some("2a004".to_owned()),
            birth_place_name: "Ajaccio".to_owned(),
            birth_country: "France".to_owned(),
            email: None,
            idempotency_key: None,
        }
    }

    fn found(input: &RegisterCandidate) -> Vec<String> {
        let refusals = refusals(input, day("2026-06-15"));
        assert!(refusals.iter().all(|r| !r.field.is_empty()));
        refusals.into_iter().map(|r| r.code.into_owned()).collect()
    }

    #[test]
    fn a_whole_record_is_accepted() {
        assert!(found(&input()).is_empty());
        let born_abroad = RegisterCandidate {
            birth_place_code: None,
            birth_place_name: "Łódź".to_owned(),
            birth_country: "Pologne".to_owned(),
            ..input()
        };
        assert!(found(&born_abroad).is_empty());
    }

    #[test]
    fn all_mistakes_are_told_together() {
        let wrong = RegisterCandidate {
            birth_name: " ".to_owned(),
            birth_date: day("2026-06-15"),
            birth_place_code: Some("7505".to_owned()),
            email: Some("nobody".to_owned()),
            ..input()
        };
        let codes = found(&wrong);
        assert_eq!(codes[..3], ["REQUIRED", "BIRTH_DATE_INVALID", "BIRTH_PLACE_CODE_INVALID"]);
        assert_eq!(codes.len(), 4);
    }

    #[test]
    fn communes_have_insee_codes() {
        for code in ["75056", "01004", "2A004", "2b033", "97411"] {
            assert!(is_insee_code(code), "{code}");
        }
        for code in ["7505", "750560", "2C004", "99109", "00001", "2A04", "75O56", ""] {
            assert!(!is_insee_code(code), "{code}");
        }
        let none = RegisterCandidate { birth_place_code: Some("  ".to_owned()), ..input() };
        assert_eq!(found(&none), ["BIRTH_PLACE_CODE_REQUIRED"]);
        let abroad = RegisterCandidate { birth_country: "Pologne".to_owned(), ..input() };
        assert_eq!(found(&abroad), ["BIRTH_PLACE_CODE_ABROAD"]);
    }
}
