//! The verification of a certificate by anyone who holds its code (A3.5.b): enough to expose a parchment
//! that was altered, and nothing more.

use super::award::read_code;
use crate::error::ActResult;
use chrono::NaiveDate;
use domain::person::holder_name;
use entity::{authority, candidate, certificate, framework, habilitation, organism};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
    RelationTrait,
};

/// What a stranger reads of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Its number.
    pub number: String,
    /// Who holds it, as on the parchment.
    pub holder: String,
    /// What is certified.
    pub title: String,
    /// The day of the award.
    pub awarded_on: NaiveDate,
    /// The organism that evaluated.
    pub organism_name: String,
    /// Its SIREN.
    pub organism_siren: String,
    /// The authority that habilitated the organism.
    pub authority_name: String,
}

#[derive(FromQueryResult)]
struct Row {
    number: String,
    awarded_on: NaiveDate,
    first_names: String,
    birth_name: String,
    used_name: Option<String>,
    title: String,
    organism_name: String,
    organism_siren: String,
    authority_name: String,
}

/// The certificate of this verification code, typed in whatever case and grouping; none when there is
/// none.
pub async fn verify(db: &impl ConnectionTrait, code: &str) -> ActResult<Option<Verification>> {
    use certificate::Relation;
    let Some(code) = read_code(code) else { return Ok(None) };
    let row: Option<Row> = certificate::Entity::find()
        .select_only()
        .columns([certificate::Column::Number, certificate::Column::AwardedOn])
        .columns([
            candidate::Column::FirstNames,
            candidate::Column::BirthName,
            candidate::Column::UsedName,
        ])
        .column(framework::Column::Title)
        .column_as(organism::Column::Name, "organism_name")
        .column_as(organism::Column::Siren, "organism_siren")
        .column_as(authority::Column::Name, "authority_name")
        .join(JoinType::InnerJoin, Relation::Candidate.def())
        .join(JoinType::InnerJoin, Relation::Framework.def())
        .join(JoinType::InnerJoin, Relation::Organism.def())
        .join(JoinType::InnerJoin, Relation::Habilitation.def())
        .join(JoinType::InnerJoin, habilitation::Relation::Authority.def())
        .filter(certificate::Column::VerificationCode.eq(code))
        .into_model()
        .one(db)
        .await?;
    Ok(row.map(|row| Verification {
        holder: holder_name(&row.first_names, &row.birth_name, row.used_name.as_deref()),
        number: row.number,
        title: row.title,
        awarded_on: row.awarded_on,
        organism_name: row.organism_name,
        organism_siren: row.organism_siren,
        authority_name: row.authority_name,
    }))
}
