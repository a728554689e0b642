//! Reading EDOF alerts.

use super::AlertStatus;
use super::EdofAlertConnection;
use crate::load::{self, list};
use crate::page::Asked;
use api_derive::paged;
use async_graphql::{Context, Object};
use entity::ids::EdofAlertId;
use entity::text::Text;
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use service::sight::Visible;

list! {
    /// The alerts, in a state.
    EdofAlerts { status: Option<entity::kind::AlertStatus> } = "edofAlerts",
    edof_alert by EdofAlertId(Id, id), newest first;
    |self, sight| {
        use entity::edof_alert::Column;
        entity::edof_alert::Entity::visible(sight).filter(
            Condition::all().add_option(self.status.map(|status| Column::Status.eq(Text(status)))),
        )
    }
}

/// Reading EDOF alerts.
#[derive(Default)]
pub(crate) struct EdofQuery;

#[paged]
#[Object]
impl EdofQuery {
    /// The EDOF alerts that the viewer may see, newest first (V.3.d).
    async fn edof_alerts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this state.")] status: Option<AlertStatus>,
        asked: Asked,
    ) -> Option<EdofAlertConnection> {
        load::root(ctx, EdofAlerts { status: status.map(Into::into) }, asked).await
    }
}
