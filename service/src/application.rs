//! Chapter III.2 to III.5: an application from its filing to the notification of its decision.
//!
//! | article | room |
//! |---|---|
//! | III.2 | [`file()`] |
//! | III.4 | [`settle_opinion`], [`move_to_meeting`], [`assign_provider`] |
//! | III.5 | [`decide`], and its effects once notified |

mod actions;
mod case;
mod decision;
mod filing;
mod notification;
mod opinion;

pub use actions::actions;
pub use decision::{DecideApplication, decide};
pub use filing::{FileApplication, file};
pub(crate) use notification::{notification_can_be_voided, notification_voided, notified};
pub use opinion::{
    AssignProvider, MoveApplication, SettleOpinion, assign_provider, move_to_meeting,
    settle_opinion,
};

use crate::context::Tx;
use crate::error::{ActResult, not_found};
use crate::policy::Place;
use crate::sight;
use domain::Refusal;
use domain::application::Finding;
use entity::ids::{ApplicationId, CriterionId, FrameworkId};
use entity::{application, criterion};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use std::collections::HashMap;

/// What was found on one criterion.
#[derive(Debug, Clone, Serialize)]
pub struct FindingInput {
    /// The criterion's code.
    pub criterion: String,
    /// Whether it is satisfied.
    pub satisfied: bool,
    /// Why, in French.
    pub grounds: String,
}

impl From<&FindingInput> for Finding {
    fn from(input: &FindingInput) -> Self {
        Self {
            criterion: input.criterion.clone(),
            satisfied: input.satisfied,
            grounds: input.grounds.trim().to_owned(),
        }
    }
}

/// Where an act on the application takes place.
pub(crate) fn place(row: &application::Model) -> Place {
    Place {
        authority: Some(row.authority_id),
        organism: Some(row.organism_id),
        provider: row.provider_id,
    }
}

async fn find(tx: &Tx, id: &str) -> ActResult<application::Model> {
    let sight = tx.ctx().actor.sight();
    sight::find::<application::Entity, ApplicationId>(tx.conn(), &sight, id, "applicationId").await
}

/// The criteria of a framework by code: those of part II and the contextual ones, in their order (I.c).
async fn criteria(
    db: &impl ConnectionTrait,
    framework: FrameworkId,
) -> ActResult<(Vec<String>, HashMap<String, CriterionId>)> {
    let rows = criterion::Entity::find()
        .filter(criterion::Column::FrameworkId.eq(framework))
        .order_by_asc(criterion::Column::Position)
        .all(db)
        .await?;
    let codes = rows.iter().map(|c| c.code.clone()).collect();
    Ok((codes, rows.into_iter().map(|c| (c.code, c.id)).collect()))
}

/// The refusal of an edit made on an older state than the present one.
pub(crate) fn version_conflict() -> Refusal {
    let message = "Cet objet a été modifié entre-temps : relisez-le avant de recommencer.";
    Refusal::new("VERSION_CONFLICT", message).at(["expectedVersion"])
}

/// Changes the application if it is still at the version that was read, and moves the version on.
/// On PostgreSQL the row stays locked until the act ends; of two at once the second is refused.
async fn bump(
    tx: &Tx,
    row: &application::Model,
    expected: i32,
    changes: impl IntoIterator<Item = (application::Column, Expr)>,
) -> ActResult<()> {
    use application::Column;
    if row.version != expected {
        return Err(version_conflict().into());
    }
    let mut update = application::Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(expected));
    for (column, value) in changes {
        update = update.col_expr(column, value);
    }
    let changed = update.exec(tx.conn()).await?;
    match changed.rows_affected {
        1 => Ok(()),
        0 => Err(version_conflict().into()),
        _ => Err(not_found("applicationId").into()),
    }
}
