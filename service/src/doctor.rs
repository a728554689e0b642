//! What earlier rules let in and today's refuse: listed for a person to mend, changed by nobody here.

use crate::clock::{machine_now, paris_date};
use crate::error::ActResult;
use chrono::{Datelike, Months, NaiveDate};
use domain::date::{FIRST_ACT, FIRST_BIRTH};
use entity::{
    campaign, delegation, edof_alert, framework, meeting, organism, person, training_path,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IdenStatic, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

/// How many of each kind are listed.
const LISTED: u64 = 100;
/// A date further ahead than this is a slip of the pen, whenever it was typed.
const FURTHEST: Months = Months::new(40 * 12);

/// A value that today's rules would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// Its table.
    pub table: String,
    /// Its row.
    pub id: Uuid,
    /// Its column.
    pub column: String,
    /// The value.
    pub value: String,
    /// What was meant, where it can be told.
    pub meant: Option<String>,
}

/// The values that today's rules would refuse: dates outside the bounds of their field, and identifiers that are those
/// of the public list after a spreadsheet took their zero and gave them a decimal. A hundred of each column at most.
pub async fn doubts(db: &impl ConnectionTrait) -> ActResult<Vec<Doubt>> {
    use edof_alert::Column as Alert;
    use organism::Column as Organism;
    let today = paris_date(machine_now());
    let act = (FIRST_ACT, today.checked_add_months(FURTHEST).unwrap_or(NaiveDate::MAX));
    let found = [
        dates::<campaign::Entity>(db, campaign::Column::OpensOn, act).await?,
        dates::<delegation::Entity>(db, delegation::Column::StartsOn, act).await?,
        dates::<delegation::Entity>(db, delegation::Column::EndsOn, act).await?,
        dates::<framework::Entity>(db, framework::Column::StartsOn, act).await?,
        dates::<meeting::Entity>(db, meeting::Column::HeldOn, act).await?,
        dates::<edof_alert::Entity>(db, Alert::OfferOn, act).await?,
        dates::<edof_alert::Entity>(db, Alert::ReceivedOn, act).await?,
        dates::<training_path::Entity>(db, training_path::Column::StartsOn, act).await?,
        births(db, today).await?,
        identifiers(db, Organism::Siren, 9).await?,
        identifiers(db, Organism::Nda, 11).await?,
    ];
    Ok(found.concat())
}

/// The dates of a column outside its bounds.
async fn dates<E: EntityTrait>(
    db: &impl ConnectionTrait,
    column: E::Column,
    (first, last): (NaiveDate, NaiveDate),
) -> ActResult<Vec<Doubt>> {
    let outside = Condition::any().add(column.lt(first)).add(column.gt(last));
    let rows: Vec<(Uuid, NaiveDate)> = E::find()
        .select_only()
        .expr(Expr::column("id"))
        .column(column)
        .filter(outside)
        .order_by_asc(column)
        .limit(LISTED)
        .into_tuple()
        .all(db)
        .await?;
    let doubt = |(id, day): (Uuid, NaiveDate)| Doubt {
        table: E::default().table_name().to_owned(),
        id,
        column: column.as_str().to_owned(),
        value: day.to_string(),
        meant: None,
    };
    Ok(rows.into_iter().map(doubt).collect())
}

/// The dates of birth outside their bounds. They are texts, of which a part may be missing: in the order of time.
async fn births(db: &impl ConnectionTrait, today: NaiveDate) -> ActResult<Vec<Doubt>> {
    let column = person::Column::BirthDate;
    let (first, last) = (FIRST_BIRTH.year().to_string(), today.to_string());
    let rows: Vec<(Uuid, String)> = person::Entity::find()
        .select_only()
        .columns([person::Column::Id, column])
        .filter(Condition::any().add(column.lt(first)).add(column.gt(last)))
        .order_by_asc(column)
        .limit(LISTED)
        .into_tuple()
        .all(db)
        .await?;
    let doubt = |(id, value): (Uuid, String)| Doubt {
        table: "person".to_owned(),
        id,
        column: column.as_str().to_owned(),
        value,
        meant: None,
    };
    Ok(rows.into_iter().map(doubt).collect())
}

/// The identifiers of organisms that the public list does not know, although it knows what they were before a zero was
/// lost and a decimal, `.0`, was read as a digit.
async fn identifiers(
    db: &impl ConnectionTrait,
    column: organism::Column,
    digits: usize,
) -> ActResult<Vec<Doubt>> {
    let name = column.as_str();
    let meant = format!("'0' || SUBSTR(organism.{name}, 1, {})", digits - 1);
    let declared =
        |what: &str| format!("EXISTS (SELECT 1 FROM declared_organism d WHERE d.{name} = {what})");
    let rows: Vec<(Uuid, String)> = organism::Entity::find()
        .select_only()
        .columns([organism::Column::Id, column])
        .filter(column.ends_with("0"))
        .filter(Expr::cust(declared(&meant)))
        .filter(Expr::cust(format!("NOT {}", declared(&format!("organism.{name}")))))
        .order_by_asc(organism::Column::Id)
        .limit(LISTED)
        .into_tuple()
        .all(db)
        .await?;
    let doubt = |(id, value): (Uuid, String)| Doubt {
        table: "organism".to_owned(),
        id,
        column: name.to_owned(),
        meant: value.get(..digits - 1).map(|kept| format!("0{kept}")),
        value,
    };
    Ok(rows.into_iter().map(doubt).collect())
}
