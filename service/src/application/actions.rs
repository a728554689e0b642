//! What the viewer may do next on applications, worked out by the rules that the acts themselves ask.

use super::case::{Case, assign_refusals};
use super::place;
use crate::authority::facts_of;
use crate::context::Context;
use crate::error::ActResult;
use crate::policy::{self, Act, Action};
use chrono::NaiveDate;
use domain::application::{Finding, Outcome, follows};
use domain::authority::{AuthorityFacts, competence_refusals};
use domain::deadline::DeadlineKind;
use domain::{Refusal, Refusals};
use entity::ids::{ApplicationId, AuthorityId, DeadlineId, FrameworkId, TypedId};
use entity::text::Text;
use entity::{application, authority, deadline, framework, meeting};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::collections::HashMap;
use uuid::Uuid;

/// The acts on an application, in the order of its life.
const ACTS: [Act; 4] =
    [Act::AssignProvider, Act::SettleOpinion, Act::MoveApplication, Act::DecideApplication];

/// What the acts on some applications depend on, loaded at once.
struct Facts {
    today: NaiveDate,
    meetings: Vec<meeting::Model>,
    authorities: HashMap<AuthorityId, AuthorityFacts<AuthorityId>>,
    owners: HashMap<FrameworkId, Option<AuthorityId>>,
    opinion_deadlines: HashMap<Uuid, DeadlineId>,
}

/// Every act on each application: available now to the viewer, or why not.
pub async fn actions(
    ctx: &Context,
    rows: &[application::Model],
) -> ActResult<HashMap<ApplicationId, Vec<Action>>> {
    let known = load(ctx, rows).await?;
    let action = |row: &application::Model, act| Action {
        act,
        refusals: refusals(ctx, &known, row, act),
        until: (act == Act::SettleOpinion)
            .then(|| known.opinion_deadlines.get(&row.id.uuid()).copied())
            .flatten(),
    };
    Ok(rows.iter().map(|row| (row.id, ACTS.map(|act| action(row, act)).to_vec())).collect())
}

async fn load(ctx: &Context, rows: &[application::Model]) -> ActResult<Facts> {
    let db = ctx.db();
    let ids: Vec<AuthorityId> = rows.iter().map(|r| r.authority_id).collect();
    let meetings = meeting::Entity::find()
        .filter(meeting::Column::AuthorityId.is_in(ids.clone()))
        .all(db)
        .await?;
    let authorities =
        authority::Entity::find().filter(authority::Column::Id.is_in(ids)).all(db).await?;
    let frameworks = framework::Entity::find()
        .filter(framework::Column::Id.is_in(rows.iter().map(|r| r.framework_id)))
        .all(db)
        .await?;
    let deadlines = deadline::Entity::find()
        .filter(deadline::Column::Kind.eq(Text(DeadlineKind::OpinionSettled)))
        .filter(deadline::Column::SubjectId.is_in(rows.iter().map(|r| r.id.uuid())))
        .all(db)
        .await?;
    Ok(Facts {
        today: ctx.today().await?,
        meetings,
        authorities: facts_of(db, &authorities).await?,
        owners: frameworks.into_iter().map(|f| (f.id, f.authority_id)).collect(),
        opinion_deadlines: deadlines.into_iter().map(|d| (d.subject_id, d.id)).collect(),
    })
}

fn refusals(ctx: &Context, known: &Facts, row: &application::Model, act: Act) -> Refusals {
    if !policy::allows(&ctx.actor, act, &place(row)) {
        return vec![policy::forbidden(act)];
    }
    let Some(meeting) = known.meetings.iter().find(|m| m.id == row.meeting_id) else {
        return Refusals::new();
    };
    let case = Case {
        row,
        meeting_on: meeting.held_on,
        incompetence: known.incompetence(row),
        calendar: &ctx.app.calendar,
        today: known.today,
    };
    match act {
        Act::AssignProvider => assign_refusals(*row.status),
        Act::SettleOpinion => case.settle_refusals(),
        Act::MoveApplication => move_to_any(&known.meetings, &case),
        // What is decided is the decider's to say: here, a decision that its findings support.
        _ => case.decide_refusals(meeting, Outcome::Accepted, &[a_satisfied_criterion()]),
    }
}

impl Facts {
    /// Why the application's authority may not act today.
    fn incompetence(&self, row: &application::Model) -> Refusals {
        let Some(authority) = self.authorities.get(&row.authority_id) else {
            return Refusals::new();
        };
        let owner = self.owners.get(&row.framework_id).copied().flatten();
        competence_refusals(authority, owner.as_ref(), self.today)
    }
}

fn a_satisfied_criterion() -> Finding {
    Finding { criterion: String::new(), satisfied: true, grounds: String::new() }
}

/// III.4.b: the application may be moved when a later meeting is planned: the nearest one is asked.
fn move_to_any(meetings: &[meeting::Model], case: &Case<'_>) -> Refusals {
    let later = |m: &&meeting::Model| {
        m.authority_id == case.row.authority_id && follows(case.meeting_on, m.held_on, case.today)
    };
    if let Some(nearest) = meetings.iter().filter(later).min_by_key(|m| m.held_on) {
        return case.move_refusals(nearest);
    }
    let message = "Aucune réunion ultérieure n’est planifiée.";
    case.with_incompetence(vec![Refusal::new("NO_LATER_MEETING", message).under("III.4.b")])
}
