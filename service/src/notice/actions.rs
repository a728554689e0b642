//! What the viewer may do next on notices, worked out by the rules that the acts themselves ask. A
//! bounce that would change nothing is accepted, but not offered.

use super::{allows, facts_of};
use crate::context::Context;
use crate::error::ActResult;
use crate::policy::{self, Act, Action};
use domain::Refusals;
use domain::notification::{
    Bounce, NoticeFacts, bounce_pointless, bounce_refusals, letter_refusals, resend_refusals,
};
use entity::ids::NoticeId;
use entity::{notice, notice_body};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{HashMap, HashSet};

/// Every act on each notice: available now to the viewer, or why not.
pub async fn actions(
    ctx: &Context,
    rows: &[notice::Model],
) -> ActResult<HashMap<NoticeId, Vec<Action>>> {
    let today = ctx.today().await?;
    let known = facts_of(ctx.db(), rows).await?;
    // What is said of the bounce or of the letter is the officer's to say: here, something sound.
    let told = Bounce::told("5.1.1", None)?;
    let bounce = |f: &NoticeFacts| {
        let mut refusals = bounce_refusals(f, &told, today, today);
        refusals.extend(bounce_pointless(f));
        refusals
    };
    let kept = kept(ctx, rows).await?;
    let letter = |f: &NoticeFacts| letter_refusals(f, today, "1A0000000000", today);
    let actions = rows.iter().filter_map(|row| {
        let facts = known.get(&row.id)?;
        let action = |act, refusals: &dyn Fn(&NoticeFacts) -> Refusals| {
            let allowed = allows(ctx, act, row);
            let refusals = if allowed { refusals(facts) } else { vec![policy::forbidden(act)] };
            Action { act, refusals, until: None }
        };
        let all = vec![
            action(Act::RecordBounce, &bounce),
            action(Act::ResendNotice, &|f| resend_refusals(f, kept.contains(&row.id))),
            action(Act::RecordRegisteredLetter, &letter),
        ];
        Some((row.id, all))
    });
    Ok(actions.collect())
}

/// Those of these notices whose content was not erased.
async fn kept(ctx: &Context, rows: &[notice::Model]) -> ActResult<HashSet<NoticeId>> {
    use notice_body::Column;
    let bodies = notice_body::Entity::find()
        .select_only()
        .column(Column::NoticeId)
        .filter(Column::NoticeId.is_in(rows.iter().map(|row| row.id)))
        .into_tuple()
        .all(ctx.db());
    Ok(bodies.await?.into_iter().collect())
}
