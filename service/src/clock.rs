//! The two times: the law's, which may be simulated, and the machine's, which never is.

use chrono::{DateTime, NaiveDate, SubsecRound, TimeZone, Utc};
use chrono_tz::Europe::Paris;
use entity::legal_clock;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

/// The hour (Europe/Paris) at which a simulated day's acts are dated.
const SIMULATED_HOUR: u32 = 10;
/// The one row of the simulated clock.
pub(crate) const CLOCK_ROW: i32 = 1;

/// Where legal time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegalClock {
    /// The machine's date in Europe/Paris (interpretation 1).
    System,
    /// A date kept in the database and moved by an operator, slot by slot.
    Simulated,
}

/// A legal instant with its date in Europe/Paris.
#[derive(Clone, Copy, Debug)]
pub struct LegalNow {
    /// The instant, UTC.
    pub at: DateTime<Utc>,
    /// Its calendar date in Europe/Paris.
    pub today: NaiveDate,
}

/// The machine's instant, to the microsecond: for leases, sessions, retries and what was measured.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's time")]
pub fn machine_now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// The calendar date of an instant in Europe/Paris.
pub fn paris_date(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Paris).date_naive()
}

/// The instant at which a day begins in Europe/Paris: never skipped there, since clocks change at night.
pub fn paris_start(day: NaiveDate) -> DateTime<Utc> {
    let start = day.and_time(chrono::NaiveTime::MIN);
    Paris
        .from_local_datetime(&start)
        .earliest()
        .map_or_else(|| start.and_utc(), |at| at.with_timezone(&Utc))
}

impl LegalClock {
    /// The legal instant as of now.
    pub async fn read(self, db: &impl ConnectionTrait) -> Result<LegalNow, DbErr> {
        match self {
            Self::System => {
                let at = machine_now();
                Ok(LegalNow { at, today: paris_date(at) })
            }
            Self::Simulated => {
                let row = legal_clock::Entity::find_by_id(CLOCK_ROW)
                    .one(db)
                    .await?
                    .ok_or_else(|| DbErr::RecordNotFound("legal_clock".to_owned()))?;
                Ok(LegalNow { at: simulated_instant(row.today), today: row.today })
            }
        }
    }
}

fn simulated_instant(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(SIMULATED_HOUR, 0, 0)
        .and_then(|t| Paris.from_local_datetime(&t).single())
        .map_or_else(|| day.and_time(chrono::NaiveTime::MIN).and_utc(), |t| t.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evening_in_utc_is_the_next_day_in_paris() {
        let at = Utc.with_ymd_and_hms(2026, 11, 24, 23, 30, 0).single().expect("valid");
        assert_eq!(paris_date(at), NaiveDate::from_ymd_opt(2026, 11, 25).expect("valid"));
    }

    #[test]
    fn a_simulated_day_stays_itself_in_paris_in_winter_and_summer() {
        for day in ["2026-01-15", "2026-03-29", "2026-07-15", "2026-10-25"] {
            let day: NaiveDate = day.parse().expect("valid");
            assert_eq!(paris_date(simulated_instant(day)), day);
        }
    }
}
