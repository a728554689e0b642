//! The receipt of a filing (III.2.e): what was filed, with what follows and when (III.2.g).

use super::shared::one;
use crate::error::TaskResult;
use crate::job::Job;
use crate::notify::{Draft, notify};
use domain::application::opinion_last_day;
use domain::deadline::format_date_fr;
use domain::money::format_euros;
use domain::tariff::FeeKind;
use entity::ids::ApplicationId;
use entity::text::Text;
use entity::{application, application_site, authority, billable_fact, meeting, organism, site};
use mailer::Message;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

/// Mails the receipt to the address given with the application.
pub(crate) async fn send(job: &Job<'_>, id: ApplicationId) -> TaskResult<()> {
    let db = job.db();
    let application = one::<application::Entity, _>(db, id, "the application").await?;
    let organism = one::<organism::Entity, _>(db, application.organism_id, "its organism").await?;
    let authority =
        one::<authority::Entity, _>(db, application.authority_id, "its authority").await?;
    let meeting = one::<meeting::Entity, _>(db, application.meeting_id, "its meeting").await?;
    let opinion_last_day = opinion_last_day(&job.ctx.app.calendar, meeting.held_on);
    let message = Message::FilingReceipt {
        organism: organism.name,
        application_number: application.number,
        filed_on: format_date_fr(application.filed_on),
        authority: authority.name.clone(),
        meeting_on: format_date_fr(meeting.held_on),
        opinion_last_day: format_date_fr(opinion_last_day),
        sites: sites(job, id).await?,
        fee: fee(job, id).await?,
    };
    let draft = Draft {
        subject: id.into(),
        to: application.contact_email,
        authority: &authority,
        organism: Some(organism.id),
        candidate: None,
        message,
        attachments: Vec::new(),
    };
    notify(job, draft).await
}

/// The sites declared, the seat first.
async fn sites(job: &Job<'_>, id: ApplicationId) -> TaskResult<Vec<String>> {
    let rows = application_site::Entity::find()
        .filter(application_site::Column::ApplicationId.eq(id))
        .find_also_related(site::Entity)
        .order_by_desc(site::Column::IsSeat)
        .order_by_asc(site::Column::Name)
        .all(job.db())
        .await?;
    Ok(rows.into_iter().filter_map(|(_, site)| site).map(|site| site_line(&site)).collect())
}

fn site_line(site: &site::Model) -> String {
    let told = site.name.to_lowercase().contains("siège");
    let seat = if site.is_seat && !told { " (siège)" } else { "" };
    let place = [site.address.as_str(), &format!("{} {}", site.postal_code, site.city)]
        .map(|part| part.trim().replace('\n', ", "))
        .join(", ");
    format!("{}{seat}, {}", site.name, place.trim_start_matches(", "))
}

/// The application fee, where one is due (A2.a).
async fn fee(job: &Job<'_>, id: ApplicationId) -> TaskResult<Option<String>> {
    let fact = billable_fact::Entity::find()
        .filter(billable_fact::Column::Kind.eq(Text(FeeKind::ApplicationFee)))
        .filter(billable_fact::Column::SubjectId.eq(id.0))
        .one(job.db())
        .await?;
    Ok(fact.map(|fact| format_euros(fact.amount_cents)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use entity::ids::{OrganismId, SiteId};

    fn a_site(is_seat: bool, address: &str) -> site::Model {
        site::Model {
            id: SiteId::new(),
            organism_id: OrganismId::new(),
            name: "Atelier".to_owned(),
            siret: None,
            address: address.to_owned(),
            postal_code: "33000".to_owned(),
            city: "Bordeaux".to_owned(),
            is_seat,
            registered_on: NaiveDate::MIN,
            closed_on: None,
        }
    }

    #[test]
    fn a_site_is_told_on_one_line() {
        let seat = a_site(true, "3 rue du Port\nBâtiment B");
        assert_eq!(site_line(&seat), "Atelier (siège), 3 rue du Port, Bâtiment B, 33000 Bordeaux");
        assert_eq!(site_line(&a_site(false, "")), "Atelier, 33000 Bordeaux");
        let named = site::Model { name: "Siège".to_owned(), ..seat };
        assert!(site_line(&named).starts_with("Siège, 3 rue"));
    }
}
