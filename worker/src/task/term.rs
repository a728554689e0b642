//! The end of a term (III.6.b, III.6.c): reminded with what it will bring and every obstacle, then told.

use super::shared::{one, typographic};
use crate::error::{TaskError, TaskResult};
use crate::job::Job;
use crate::notify::{Draft, finish, notify};
use chrono::NaiveDate;
use domain::deadline::format_date_fr;
use domain::term::{Forecast, Obstacle};
use entity::ids::HabilitationId;
use entity::{application, authority, habilitation, organism};
use mailer::{Message, TermOutcome};

/// Why a renewed habilitation ends: there is only one renewal.
const RENEWED_ONCE: &str = "L’habilitation avait déjà été renouvelée une fois : elle prend fin avec sa sixième \
     année, et une nouvelle demande d’habilitation est nécessaire.";

/// A habilitation with whom it is told to, and in whose name.
struct Held {
    habilitation: habilitation::Model,
    /// None where the habilitation was recorded elsewhere before the platform.
    application: Option<application::Model>,
    organism: organism::Model,
    authority: authority::Model,
}

/// Reminds of the end of the term; nothing is said of a term that was renewed or cut short meanwhile.
pub(crate) async fn remind(
    job: &Job<'_>,
    id: HabilitationId,
    ends_on: NaiveDate,
) -> TaskResult<()> {
    let forecast = service::habilitation::forecasts(job.db(), &[id]).await?.remove(&id);
    let Some(forecast) = forecast.filter(|forecast| forecast.on == ends_on) else {
        return finish(job.ctx).await;
    };
    let held = load(job, id).await?;
    let message = Message::TermReminder {
        organism: held.organism.name.clone(),
        habilitation: reference(&held),
        ends_on: format_date_fr(ends_on),
        days_left: days_left(ends_on, job.ctx.today().await?),
        outcome: outcome(forecast.outcome),
        obstacles: forecast
            .obstacles
            .iter()
            .map(|obstacle| typographic(&obstacle.refusal().message))
            .collect(),
    };
    tell(job, held, message).await
}

/// Tells of the renewal.
pub(crate) async fn tell_renewal(job: &Job<'_>, id: HabilitationId) -> TaskResult<()> {
    let held = load(job, id).await?;
    let row = &held.habilitation;
    let renewed_on = row.renewed_on.ok_or_else(|| TaskError::missing("the day of the renewal"))?;
    let ends_on = row.term_ends_on.ok_or_else(|| TaskError::missing("the end of the term"))?;
    let message = Message::HabilitationRenewed {
        organism: held.organism.name.clone(),
        habilitation: reference(&held),
        renewed_on: format_date_fr(renewed_on),
        ends_on: format_date_fr(ends_on),
    };
    tell(job, held, message).await
}

/// Tells of the end, with every reason.
pub(crate) async fn tell_expiry(job: &Job<'_>, id: HabilitationId) -> TaskResult<()> {
    let held = load(job, id).await?;
    let ended_on = held.habilitation.term_ends_on;
    let ended_on = ended_on.ok_or_else(|| TaskError::missing("the end of the term"))?;
    let message = Message::HabilitationExpired {
        organism: held.organism.name.clone(),
        habilitation: reference(&held),
        ended_on: format_date_fr(ended_on),
        reasons: reasons(&held.habilitation)?,
    };
    tell(job, held, message).await
}

async fn load(job: &Job<'_>, id: HabilitationId) -> TaskResult<Held> {
    let db = job.db();
    let row = one::<habilitation::Entity, _>(db, id, "the habilitation").await?;
    Ok(Held {
        application: match row.application_id {
            Some(id) => Some(one::<application::Entity, _>(db, id, "its application").await?),
            None => None,
        },
        organism: one::<organism::Entity, _>(db, row.organism_id, "its organism").await?,
        authority: one::<authority::Entity, _>(db, row.authority_id, "its authority").await?,
        habilitation: row,
    })
}

async fn tell(job: &Job<'_>, held: Held, message: Message) -> TaskResult<()> {
    let draft = Draft {
        subject: held.habilitation.id.into(),
        to: held.organism.email,
        authority: &held.authority,
        organism: Some(held.organism.id),
        candidate: None,
        message,
        attachments: Vec::new(),
    };
    notify(job, draft).await
}

/// A habilitation as its holder knows it: by the application that it answers, else by its day.
fn reference(held: &Held) -> String {
    match &held.application {
        Some(application) => format!("demande {}", application.number),
        None => format!("habilitation du {}", format_date_fr(held.habilitation.decided_on)),
    }
}

fn days_left(ends_on: NaiveDate, today: NaiveDate) -> u32 {
    u32::try_from((ends_on - today).num_days()).unwrap_or(0)
}

fn outcome(forecast: Forecast) -> TermOutcome {
    match forecast {
        Forecast::Renews => TermOutcome::Renews,
        Forecast::Expires => TermOutcome::Expires,
        Forecast::Reapply => TermOutcome::Reapply,
    }
}

/// Why the habilitation was not renewed, as found on the day it ended: a later fact changes nothing.
fn reasons(row: &habilitation::Model) -> TaskResult<Vec<String>> {
    if row.renewed_on.is_some() {
        return Ok(vec![RENEWED_ONCE.to_owned()]);
    }
    let found = row.expiry_obstacles.as_deref();
    let found = found.ok_or_else(|| TaskError::missing("what stood against the renewal"))?;
    let obstacles =
        Obstacle::read_all(found).map_err(|unknown| TaskError::GiveUp(unknown.into()))?;
    Ok(obstacles.into_iter().map(|obstacle| typographic(&obstacle.refusal().message)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::ids::{ApplicationId, AuthorityId, FrameworkId, OrganismId};

    fn expired(renewed_on: Option<NaiveDate>, obstacles: Option<&str>) -> habilitation::Model {
        habilitation::Model {
            id: HabilitationId::new(),
            organism_id: OrganismId::new(),
            application_id: Some(ApplicationId::new()),
            authority_id: AuthorityId::new(),
            framework_id: FrameworkId::new(),
            decided_on: NaiveDate::MIN,
            notified_on: Some(NaiveDate::MIN),
            term_ends_on: Some(NaiveDate::MIN),
            renewed_on,
            expired_on: Some(NaiveDate::MIN),
            expiry_obstacles: obstacles.map(str::to_owned),
            withdrawn_on: None,
            renounced_on: None,
            version: 2,
        }
    }

    // III.6.c, interpretation 7: every obstacle found on the last day is told, and no other.
    #[test]
    fn every_obstacle_found_is_told() {
        let told = |obstacles: Option<&str>| {
            reasons(&expired(None, obstacles)).map_err(|error| error.to_string())
        };
        for set in [&[][..], &[Obstacle::NeverUsed], &Obstacle::ALL] {
            let messages = set.iter().map(|o| typographic(&o.refusal().message)).collect();
            assert_eq!(told(Some(&Obstacle::write_all(set))), Ok(messages));
        }
        assert!(told(None).is_err(), "nothing was found yet");
        assert!(told(Some("LATE")).is_err());
        let sixth_year = expired(Some(NaiveDate::MIN), Some("NEVER_USED"));
        assert_eq!(
            reasons(&sixth_year).map_err(|error| error.to_string()),
            Ok(vec![RENEWED_ONCE.to_owned()])
        );
    }

    #[test]
    fn days_left_include_the_last_day() {
        let end: NaiveDate = "2029-03-15".parse().expect("a date");
        assert_eq!(days_left(end, "2029-03-08".parse().expect("a date")), 7);
        assert_eq!(days_left(end, "2029-03-16".parse().expect("a date")), 0);
    }

    // III.6.b, III.6.c
    #[test]
    fn what_will_happen_is_what_was_forecast() {
        assert_eq!(outcome(Forecast::Renews), TermOutcome::Renews);
        assert_eq!(outcome(Forecast::Expires), TermOutcome::Expires);
        assert_eq!(outcome(Forecast::Reapply), TermOutcome::Reapply);
    }
}
