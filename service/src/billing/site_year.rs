//! Site-years: the yearly fee of each billable site while a habilitation covers it (A2.b,
//! interpretation 17).

use super::fact::NewFact;
use crate::error::ActResult;
use chrono::NaiveDate;
use domain::billing::{Interval, SiteFacts, is_billable, site_years};
use domain::habilitation::coverage_interval;
use domain::tariff::FeeKind;
use domain::term::add_years;
use entity::ids::{OrganismId, SiteId, TypedId};
use entity::text::Text;
use entity::{billable_fact, habilitation, organism, site};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::HashMap;
use uuid::Uuid;

/// The site-years of these organisms that began up to `up_to` and are not recorded yet.
///
/// Looked at from the first day on, so that what was entered late is caught up.
pub(super) async fn due(
    db: &impl ConnectionTrait,
    organisms: &[organism::Model],
    up_to: NaiveDate,
) -> ActResult<Vec<NewFact>> {
    let seats: HashMap<OrganismId, &organism::Model> =
        organisms.iter().map(|o| (o.id, o)).collect();
    let coverage = coverage(db, organisms, up_to).await?;
    if coverage.is_empty() {
        return Ok(Vec::new());
    }
    let covered: Vec<_> = coverage.keys().copied().collect();
    let known = known_starts(db, &covered).await?;
    let sites = site::Entity::find()
        .filter(site::Column::OrganismId.is_in(covered))
        .filter(site::Column::RegisteredOn.lte(up_to))
        .order_by_asc(site::Column::Id)
        .all(db)
        .await?;
    let mut found = Vec::new();
    for site in sites {
        let (Some(seat), Some(intervals)) =
            (seats.get(&site.organism_id), coverage.get(&site.organism_id))
        else {
            continue;
        };
        if !billable(&site, seat) {
            continue;
        }
        let recorded = known.get(&site.id.uuid()).map_or(&[][..], Vec::as_slice);
        let starts = site_years(site.registered_on, site.closed_on, intervals, up_to);
        let new = starts.into_iter().filter(|start| !overlaps(*start, recorded));
        found.extend(new.map(|on| fact(site.organism_id, site.id, on)));
    }
    Ok(found)
}

fn fact(organism: OrganismId, site: SiteId, on: NaiveDate) -> NewFact {
    NewFact { organism, kind: FeeKind::SiteFee, subject: site.into(), on }
}

fn billable(site: &site::Model, organism: &organism::Model) -> bool {
    let facts = SiteFacts {
        siret: site.siret.as_deref(),
        address: &site.address,
        postal_code: &site.postal_code,
        city: &site.city,
        is_seat: site.is_seat,
    };
    is_billable(&facts, (&organism.address, &organism.postal_code, &organism.city))
}

/// Whether a site-year from `start` shares a day with one that is recorded: one fee per site-year, even
/// where a date of the habilitation was entered late.
fn overlaps(start: NaiveDate, recorded: &[NaiveDate]) -> bool {
    recorded.iter().any(|known| start < add_years(*known, 1) && *known < add_years(start, 1))
}

/// The days in force up to `up_to`, by organism; a suspension counts as in force (interpretation 17).
async fn coverage(
    db: &impl ConnectionTrait,
    organisms: &[organism::Model],
    up_to: NaiveDate,
) -> ActResult<HashMap<OrganismId, Vec<Interval>>> {
    let rows = habilitation::Entity::find()
        .filter(habilitation::Column::OrganismId.is_in(organisms.iter().map(|o| o.id)))
        .filter(habilitation::Column::NotifiedOn.lte(up_to))
        .all(db)
        .await?;
    let mut coverage: HashMap<OrganismId, Vec<Interval>> = HashMap::new();
    for row in rows {
        let facts = crate::habilitation::life(&row, Vec::new());
        if let Some((from, to)) = coverage_interval(&facts, up_to) {
            coverage.entry(row.organism_id).or_default().push(Interval { from, to });
        }
    }
    Ok(coverage)
}

/// The first days of the site-years recorded, by site.
async fn known_starts(
    db: &impl ConnectionTrait,
    organisms: &[OrganismId],
) -> ActResult<HashMap<Uuid, Vec<NaiveDate>>> {
    let sites = site::Entity::find()
        .select_only()
        .column(site::Column::Id)
        .filter(site::Column::OrganismId.is_in(organisms.iter().copied()))
        .into_query();
    let rows: Vec<(Uuid, NaiveDate)> = billable_fact::Entity::find()
        .select_only()
        .column(billable_fact::Column::SubjectId)
        .column(billable_fact::Column::FactOn)
        .filter(billable_fact::Column::Kind.eq(Text(FeeKind::SiteFee)))
        .filter(billable_fact::Column::SubjectId.in_subquery(sites))
        .into_tuple()
        .all(db)
        .await?;
    let mut starts: HashMap<Uuid, Vec<NaiveDate>> = HashMap::new();
    for (site, on) in rows {
        starts.entry(site).or_default().push(on);
    }
    Ok(starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    // A2.b: one fee per site-year.
    #[test]
    fn a_year_under_way_is_not_billed_again() {
        let recorded = [date("2025-03-10"), date("2026-03-10")];
        for again in ["2025-03-10", "2024-03-11", "2026-06-01", "2027-03-09"] {
            assert!(overlaps(date(again), &recorded), "{again}");
        }
        for new in ["2024-03-10", "2027-03-10"] {
            assert!(!overlaps(date(new), &recorded), "{new}");
        }
    }

    // Interpretation 4: the years of a 29 February touch without overlapping.
    #[test]
    fn leap_years_do_not_overlap() {
        let years =
            ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"].map(date);
        for (i, year) in years.iter().enumerate() {
            assert!(!overlaps(*year, &years[..i]) && !overlaps(*year, &years[i + 1..]), "{year}");
        }
    }
}
