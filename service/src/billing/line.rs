//! The facts that an invoice has lines for, and what each line says.

use crate::error::ActResult;
use chrono::NaiveDate;
use domain::deadline::format_date_fr;
use domain::tariff::FeeKind;
use domain::term::add_years;
use entity::ids::{BillableFactId, OrganismId};
use entity::text::Text;
use entity::{application, billable_fact, certificate, invoice_line, organism, site};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, RelationDef,
};
use std::collections::HashMap;

/// The facts up to `up_to` that no invoice line bills yet.
///
/// The line is asked for as a value: it is looked up fact by fact, and no database joins all lines for it.
pub(super) fn unbilled(up_to: NaiveDate) -> Condition {
    let billed = invoice_line::Entity::find()
        .select_only()
        .column(invoice_line::Column::BillableFactId)
        .filter(
            Expr::col((invoice_line::Entity, invoice_line::Column::BillableFactId))
                .equals((billable_fact::Entity, billable_fact::Column::Id)),
        )
        .into_query();
    Condition::all().add(billable_fact::Column::FactOn.lte(up_to)).add(Expr::from(billed).is_null())
}

/// A fact with what its line says of it.
#[derive(FromQueryResult)]
pub(super) struct Due {
    pub(super) id: BillableFactId,
    pub(super) organism_id: OrganismId,
    kind: Text<FeeKind>,
    fact_on: NaiveDate,
    pub(super) amount_cents: i64,
    application_number: Option<String>,
    site_name: Option<String>,
    site_siret: Option<String>,
    site_city: Option<String>,
    certificate_number: Option<String>,
}

impl Due {
    /// The line's wording, which tells the fact.
    pub(super) fn label(&self) -> String {
        let day = format_date_fr(self.fact_on);
        match self.kind.0 {
            FeeKind::ApplicationFee => {
                let number = self.application_number.as_deref().unwrap_or_default();
                format!("Frais d’instruction — demande n° {number}, déposée le {day}")
            }
            FeeKind::SiteFee => {
                let name = self.site_name.as_deref().unwrap_or_default();
                let place = match (&self.site_siret, &self.site_city) {
                    (Some(siret), _) => format!(" (SIRET {siret})"),
                    (None, Some(city)) => format!(" ({city})"),
                    (None, None) => String::new(),
                };
                let end = add_years(self.fact_on, 1).pred_opt().unwrap_or(self.fact_on);
                let end = format_date_fr(end);
                format!("Frais de gestion — site « {name} »{place}, année du {day} au {end}")
            }
            FeeKind::CertificateFee => {
                let number = self.certificate_number.as_deref().unwrap_or_default();
                format!("Redevance — certificat n° {number}, attribué le {day}")
            }
        }
    }
}

/// How many unbilled facts each of some organisms has; nothing of those that have none.
pub(super) async fn count(
    db: &impl ConnectionTrait,
    organisms: &[organism::Model],
    up_to: NaiveDate,
) -> ActResult<HashMap<OrganismId, usize>> {
    use billable_fact::{Column, Entity};
    let rows: Vec<(OrganismId, i64)> = Entity::find()
        .select_only()
        .column(Column::OrganismId)
        .column_as(Column::Id.count(), "facts")
        .filter(Column::OrganismId.is_in(organisms.iter().map(|o| o.id)))
        .filter(unbilled(up_to))
        .group_by(Column::OrganismId)
        .into_tuple()
        .all(db)
        .await?;
    let sized = |(id, facts)| Some((id, usize::try_from(facts).ok()?));
    Ok(rows.into_iter().filter_map(sized).collect())
}

/// The unbilled facts of some organisms, in the order of the lines.
pub(super) async fn due(
    db: &impl ConnectionTrait,
    organisms: impl IntoIterator<Item = OrganismId>,
    up_to: NaiveDate,
) -> ActResult<Vec<Due>> {
    use billable_fact::{Column, Entity};
    let rows = Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::OrganismId,
            Column::Kind,
            Column::FactOn,
            Column::AmountCents,
        ])
        .column_as(application::Column::Number, "application_number")
        .column_as(site::Column::Name, "site_name")
        .column_as(site::Column::Siret, "site_siret")
        .column_as(site::Column::City, "site_city")
        .column_as(certificate::Column::Number, "certificate_number")
        .join(JoinType::LeftJoin, subject(application::Entity, application::Column::Id))
        .join(JoinType::LeftJoin, subject(site::Entity, site::Column::Id))
        .join(JoinType::LeftJoin, subject(certificate::Entity, certificate::Column::Id))
        .filter(Column::OrganismId.is_in(organisms))
        .filter(unbilled(up_to))
        .order_by_asc(Column::Kind)
        .order_by_asc(Column::FactOn)
        .order_by_asc(Column::Id)
        .into_model()
        .all(db)
        .await?;
    Ok(rows)
}

/// The rows that a fact's subject may be, by their id: ids never collide between tables.
fn subject<E: EntityTrait>(table: E, id: E::Column) -> RelationDef {
    billable_fact::Entity::belongs_to(table).from(billable_fact::Column::SubjectId).to(id).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(kind: FeeKind) -> Due {
        Due {
            id: BillableFactId::new(),
            organism_id: OrganismId::new(),
            kind: Text(kind),
            fact_on: "2026-03-01".parse().expect("a date"),
            amount_cents: 1,
            application_number: Some("D2026-000007".to_owned()),
            site_name: Some("Antenne de Lyon".to_owned()),
            site_siret: None,
            site_city: Some("Lyon".to_owned()),
            certificate_number: Some("CM2026-000002".to_owned()),
        }
    }

    // A2.a, A2.b, A2.c
    #[test]
    fn a_line_tells_its_fact() {
        assert_eq!(
            due(FeeKind::ApplicationFee).label(),
            "Frais d’instruction — demande n° D2026-000007, déposée le 1er mars 2026"
        );
        assert_eq!(
            due(FeeKind::SiteFee).label(),
            "Frais de gestion — site « Antenne de Lyon » (Lyon), année du 1er mars 2026 au 28 février 2027"
        );
        assert_eq!(
            due(FeeKind::CertificateFee).label(),
            "Redevance — certificat n° CM2026-000002, attribué le 1er mars 2026"
        );
    }
}
