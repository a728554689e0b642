//! The award of certificates: numbered, verifiable by anyone (A3.5.b), billed once (A2.c).

use crate::billing::{self, NewFact};
use crate::context::Tx;
use crate::counter;
use crate::error::ActResult;
use crate::task::Task;
use chrono::{Datelike, NaiveDate};
use domain::tariff::FeeKind;
use entity::ids::{CertificateId, JuryId};
use entity::kind::DeliveryChoice;
use entity::{certificate, enrolment};
use rand::RngExt;
use sea_orm::{ActiveValue::Set, EntityTrait};

/// The series of certificates' numbers.
const SERIES: &str = "C";
/// Crockford's alphabet: no letter that looks like a digit or another letter.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a verification code: 130 bits, which nobody guesses.
const CODE_LENGTH: usize = 26;

/// A favourable decision.
pub(super) struct Award<'a> {
    /// The enrolment decided on.
    pub(super) enrolment: &'a enrolment::Model,
    /// How the candidate wants the parchment.
    pub(super) delivery: DeliveryChoice,
}

/// Awards the certificates of a jury held on the day `on`: the rows, their fees and the tasks of their
/// parchments, in a number of statements that does not depend on how many there are.
pub(super) async fn award(
    tx: &Tx,
    jury: JuryId,
    on: NaiveDate,
    awards: &[Award<'_>],
) -> ActResult<Vec<CertificateId>> {
    if awards.is_empty() {
        return Ok(Vec::new());
    }
    let count = i32::try_from(awards.len()).map_err(anyhow::Error::from)?;
    let first = counter::take(tx, SERIES, on.year(), count).await?;
    let ids: Vec<_> = awards.iter().map(|_| CertificateId::new()).collect();
    let numbered = awards.iter().zip(&ids).zip(first..);
    let rows = numbered.map(|((award, id), number)| row(*id, number, (jury, on), award));
    certificate::Entity::insert_many(rows).exec_without_returning(tx.conn()).await?;
    let facts: Vec<_> = awards.iter().zip(&ids).map(|(award, id)| fact(award, *id, on)).collect();
    billing::record_facts(tx, &facts).await?;
    let tasks: Vec<_> = ids.iter().map(|id| Task::AwardCertificate { certificate: *id }).collect();
    tx.enqueue_all(&tasks).await?;
    Ok(ids)
}

fn row(
    id: CertificateId,
    number: i32,
    (jury, on): (JuryId, NaiveDate),
    award: &Award<'_>,
) -> certificate::ActiveModel {
    certificate::ActiveModel {
        id: Set(id),
        number: Set(format!("CM{}-{number:06}", on.year())),
        verification_code: Set(verification_code()),
        enrolment_id: Set(Some(award.enrolment.id)),
        candidate_id: Set(award.enrolment.candidate_id),
        organism_id: Set(award.enrolment.organism_id),
        habilitation_id: Set(award.enrolment.habilitation_id),
        framework_id: Set(award.enrolment.framework_id),
        jury_id: Set(Some(jury)),
        awarded_on: Set(on),
        delivery: Set(award.delivery.into()),
    }
}

fn fact(award: &Award<'_>, certificate: CertificateId, on: NaiveDate) -> NewFact {
    NewFact {
        organism: award.enrolment.organism_id,
        kind: FeeKind::CertificateFee,
        subject: certificate.into(),
        on,
    }
}

/// A code that nobody guesses.
fn verification_code() -> String {
    let mut random = rand::rng();
    (0..CODE_LENGTH).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])).collect()
}

/// A verification code as people type it: case, spaces and hyphens do not matter, nor do the letters
/// that look like digits; none when it cannot be one.
pub(super) fn read_code(text: &str) -> Option<String> {
    let mut code = String::with_capacity(CODE_LENGTH);
    for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let c = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        if !c.is_ascii() || !ALPHABET.iter().any(|known| char::from(*known) == c) {
            return None;
        }
        code.push(c);
        if code.len() > CODE_LENGTH {
            return None;
        }
    }
    (code.len() == CODE_LENGTH).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    // A3.5.b
    #[test]
    fn codes_differ_and_are_read_as_typed() {
        let code = verification_code();
        assert_ne!(code, verification_code());
        let typed = format!(" {}-{} ", code[..13].to_lowercase(), &code[13..])
            .replace('0', "o")
            .replace('1', "l");
        assert_eq!(read_code(&typed), Some(code.clone()));
        for wrong in [&code[1..], &format!("{code}A"), "", &"U".repeat(26), &"é".repeat(26)] {
            assert_eq!(read_code(wrong), None, "{wrong}");
        }
    }
}
