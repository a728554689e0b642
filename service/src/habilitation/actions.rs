//! What the viewer can do now on a habilitation, or why not.

use super::facts_of;
use crate::context::Context;
use crate::edof;
use crate::error::ActResult;
use crate::policy::{self, Act, Action, Place};
use domain::habilitation::enrolment_refusals;
use domain::{Refusal, Refusals};
use entity::habilitation::Model;
use entity::ids::HabilitationId;
use std::collections::HashMap;

/// Every act on each habilitation: available now to the viewer, or why not.
pub async fn of(ctx: &Context, rows: &[Model]) -> ActResult<HashMap<HabilitationId, Vec<Action>>> {
    let today = ctx.today().await?;
    let facts = facts_of(ctx.db(), rows).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let decidable = edof::decidable(ctx.db(), &ids, today).await?;
    let actions = rows.iter().filter_map(|row| {
        let facts = facts.get(&row.id)?;
        let enrol = guarded(ctx, Act::EnrolCandidate, row, || enrolment_refusals(facts, today));
        let decide = guarded(ctx, Act::DecideEdofAlert, row, || {
            if decidable.contains(&row.id) {
                return Refusals::new();
            }
            let message = "Aucune alerte EDOF n’attend de décision sur cette habilitation.";
            vec![Refusal::new("ALERT_NOT_PROPOSED", message).under("V.3.d")]
        });
        Some((row.id, vec![enrol, decide]))
    });
    Ok(actions.collect())
}

fn guarded(ctx: &Context, act: Act, row: &Model, refusals: impl FnOnce() -> Refusals) -> Action {
    let place = Place {
        authority: Some(row.authority_id),
        organism: Some(row.organism_id),
        provider: None,
    };
    let allowed = policy::allows(&ctx.actor, act, &place);
    let refusals = if allowed { refusals() } else { vec![policy::forbidden(act)] };
    Action { act, refusals, until: None }
}
