//! A candidate becomes known to an organism: what the certificate and the Caisse des Dépôts ask for is
//! checked at entry.

use crate::change::Changed;
use crate::context::{Context, Tx};
use crate::error::{ActResult, ensure};
use crate::field::{address, blanks};
use crate::journal::Entry;
use crate::person::{born, filled, name, name_refusals, one_name_refusals};
use crate::policy::{Act, Place};
use crate::sight;
use chrono::NaiveDate;
use domain::birth::BirthDate;
use domain::birthplace::BirthPlace;
use domain::person::person_key;
use domain::search;
use entity::candidate::ActiveModel;
use entity::ids::{CandidateId, OrganismId};
use entity::kind::Sex;
use entity::{candidate_word, organism};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde::Serialize;

/// A natural person who wants the certificate.
#[derive(Debug, Clone, Serialize)]
pub struct RegisterCandidate {
    /// The organism that registers them.
    pub organism_id: String,
    /// Name at birth; this or first names.
    pub birth_name: Option<String>,
    /// Name in use, where it differs.
    pub used_name: Option<String>,
    /// First names, in their order.
    pub first_names: Option<String>,
    /// Date of birth.
    pub birth_date: Option<NaiveDate>,
    /// The same as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub born_on: Option<BirthDate>,
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
    let birth = checked(&input, tx.today())?;
    let id = row(&input, birth, (organism.id, tx.today())).insert(tx.conn()).await?.id;
    let names = [&input.birth_name, &input.first_names, &input.used_name];
    let words = search::words(names.into_iter().flatten().map(String::as_str)).into_iter();
    let words =
        words.map(|word| candidate_word::ActiveModel { candidate_id: Set(id), word: Set(word) });
    candidate_word::Entity::insert_many(words).exec_without_returning(tx.conn()).await?;
    tx.changed([Changed::Candidate(id)]);
    let entry = Entry::new(id, "Candidat enregistré");
    Ok((id, entry.under("A3.1.a").about(organism.id)))
}

fn row(input: &RegisterCandidate, birth: BirthDate, place: (OrganismId, NaiveDate)) -> ActiveModel {
    let (family, first) = (name(input.birth_name.as_deref()), name(input.first_names.as_deref()));
    let email = input.email.as_deref().and_then(|email| domain::email::normal(email).ok());
    ActiveModel {
        id: Set(CandidateId::new()),
        organism_id: Set(place.0),
        person_key: Set(person_key(&family, &first, birth)),
        birth_name: Set(family),
        used_name: Set(filled(input.used_name.as_deref())),
        first_names: Set(first),
        birth_date: Set(birth.into()),
        sex: Set(input.sex.into()),
        birth_place_code: Set(code(input).map(|code| code.to_uppercase())),
        birth_place_name: Set(name(Some(&input.birth_place_name))),
        birth_country: Set(name(Some(&input.birth_country))),
        email: Set(email),
        registered_on: Set(place.1),
        version: Set(1),
    }
}

/// The INSEE code as typed, where there is one.
fn code(input: &RegisterCandidate) -> Option<String> {
    filled(input.birth_place_code.as_deref())
}

/// The date of birth, when nothing stands against the record.
fn checked(input: &RegisterCandidate, today: NaiveDate) -> ActResult<BirthDate> {
    let (family, first) =
        (("birthName", input.birth_name.as_deref()), ("firstNames", input.first_names.as_deref()));
    let mut refusals = name_refusals(family, first);
    refusals.extend(one_name_refusals(("usedName", input.used_name.as_deref())));
    refusals.extend(blanks(&[
        ("birthPlaceName", &input.birth_place_name),
        ("birthCountry", &input.birth_country),
    ]));
    let birth = born(input.birth_date, input.born_on)
        .and_then(|(birth, field)| birth.refusal(today, field).map_or(Ok(birth), Err));
    let code = code(input);
    let place = BirthPlace {
        code: code.as_deref(),
        name: &input.birth_place_name,
        country: &input.birth_country,
    };
    match &birth {
        Ok(birth) => refusals.extend(place.refusal(*birth)),
        Err(refusal) => refusals.push(refusal.clone()),
    }
    if let Some(email) = filled(input.email.as_deref()) {
        refusals.extend(address("email", &email).err());
    }
    ensure(refusals)?;
    Ok(birth?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ActError;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn input() -> RegisterCandidate {
        RegisterCandidate {
            organism_id: String::new(),
            birth_name: Some("Lefèbvre".to_owned()),
            used_name: None,
            first_names: Some("Noël André".to_owned()),
            birth_date: Some(day("1984-02-29")),
            born_on: None,
            sex: Sex::M,
            birth_place_code: Some("2a004".to_owned()),
            birth_place_name: "Ajaccio".to_owned(),
            birth_country: "France".to_owned(),
            email: None,
            idempotency_key: None,
        }
    }

    fn found(input: &RegisterCandidate) -> Vec<String> {
        let refusals = match checked(input, day("2026-06-15")) {
            Ok(_) => return Vec::new(),
            Err(ActError::Refused(refusals)) => refusals,
            Err(fault) => panic!("{fault:?}"),
        };
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
    fn what_is_not_known_is_not_asked_for() {
        let partly = RegisterCandidate {
            birth_date: None,
            born_on: "1984-02".parse().ok(),
            first_names: None,
            ..input()
        };
        assert!(found(&partly).is_empty());
        let birth = checked(&partly, day("2026-06-15")).expect("accepted");
        let row = row(&partly, birth, (OrganismId::new(), day("2026-06-15")));
        assert_eq!(row.person_key.as_ref(), "LEFEBVRE||1984-02");
        assert_eq!(
            (row.birth_name.as_ref().as_str(), row.first_names.as_ref().as_str()),
            ("Lefèbvre", "")
        );
    }

    #[test]
    fn all_mistakes_are_told_together() {
        let wrong = RegisterCandidate {
            birth_name: Some(" ".to_owned()),
            first_names: None,
            birth_date: Some(day("2026-06-15")),
            birth_country: " ".to_owned(),
            email: Some("nobody".to_owned()),
            ..input()
        };
        let codes = found(&wrong);
        assert_eq!(codes, ["REQUIRED", "REQUIRED", "BIRTH_DATE_INVALID", "EMAIL_INVALID"]);
        let wrong = RegisterCandidate {
            birth_name: Some("王".to_owned()),
            used_name: Some("-".to_owned()),
            birth_place_code: Some("7505".to_owned()),
            ..input()
        };
        let codes = found(&wrong);
        assert_eq!(codes, ["CHARACTER_UNPRINTABLE", "NAME_INVALID", "BIRTH_PLACE_CODE_INVALID"]);
    }

    #[test]
    fn a_birth_is_placed() {
        let none = RegisterCandidate { birth_place_code: Some("  ".to_owned()), ..input() };
        assert_eq!(found(&none), ["BIRTH_PLACE_CODE_REQUIRED"]);
        let abroad = RegisterCandidate { birth_country: "Pologne".to_owned(), ..input() };
        assert_eq!(found(&abroad), ["BIRTH_PLACE_CODE_ABROAD"]);
        let postal = RegisterCandidate {
            birth_place_code: Some("20000".to_owned()),
            birth_date: None,
            born_on: "1984".parse().ok(),
            ..input()
        };
        assert_eq!(found(&postal), ["BIRTH_PLACE_CODE_INVALID"]);
    }
}
