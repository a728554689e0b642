//! Juries: declared practitioners apart from the trainers, who decide and whose minutes are kept
//! (A3.5.a); a favourable decision on someone with every domain validated awards the certificate (A3.4.a).

use super::award::{self, Award};
use super::course::{self, Course};
use super::people::{self, Known};
use super::{at, day_refusals};
use crate::context::{Context, Tx};
use crate::error::{ActError, ActResult, ensure, not_found};
use crate::field::blanks;
use crate::journal::Entry;
use crate::policy::{Act, Place};
use crate::sight::{self, Visible};
use chrono::NaiveDate;
use domain::evaluation::{JurorFacts, certificate_refusals, jury_refusals};
use domain::habilitation::{HabilitationFacts, activity_refusals};
use domain::{Refusal, Refusals};
use entity::ids::{AccountId, EnrolmentId, HabilitationId, JuryDecisionId, JuryId, OrganismId};
use entity::kind::DeliveryChoice;
use entity::{enrolment, jury, jury_decision, jury_member, organism};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;

/// The most that one jury decides on, far more than a sitting can hold.
const DECISIONS: usize = 500;

/// What a jury decided on one candidate.
#[derive(Debug, Clone, Serialize)]
pub struct JuryDecisionInput {
    /// The enrolment decided on.
    pub enrolment_id: String,
    /// Whether the certificate is awarded.
    pub favourable: bool,
    /// Why; it must be said where the decision is unfavourable.
    pub grounds: String,
    /// How the candidate wants the parchment.
    pub delivery: DeliveryChoice,
}

/// A jury's sitting.
#[derive(Debug, Clone, Serialize)]
pub struct RecordJury {
    /// The organism that holds it.
    pub organism_id: String,
    /// The day on which it was held: that of the award.
    pub held_on: NaiveDate,
    /// The practitioners who sat.
    pub member_ids: Vec<String>,
    /// The minutes.
    pub minutes: String,
    /// What was decided, once per enrolment.
    pub decisions: Vec<JuryDecisionInput>,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(RecordJury);

/// Records a jury's sitting (A3.5.a) and awards the certificates of its favourable decisions, each with
/// its fee (A2.c) and the task of its parchment.
pub async fn record_jury(ctx: &Context, input: RecordJury) -> ActResult<JuryId> {
    ctx.act(Act::RecordJury, input, record_jury_in).await
}

async fn record_jury_in(tx: Tx, input: RecordJury) -> ActResult<(JuryId, Entry)> {
    let account = tx.account()?;
    let sight = tx.ctx().actor.sight();
    let organism = sight::find::<organism::Entity, OrganismId>(
        tx.conn(),
        &sight,
        &input.organism_id,
        "organismId",
    )
    .await?;
    tx.require(&Place::organism(organism.id))?;
    ensure(form_refusals(&input))?;
    let sitting = Sitting::load(&tx, &input, organism.id).await?;
    ensure(sitting.refusals(&input, tx.today()))?;
    let id = JuryId::new();
    sitting.write(&tx, id, account, &input).await?;
    let awarded = award::award(&tx, id, input.held_on, &sitting.awards(&input)).await?;
    course::touch(&tx, &sitting.enrolments).await?;
    let summary = summary(input.decisions.len(), awarded.len());
    let entry = Entry::new(id, summary).under("A3.5.a").about(organism.id);
    let data = json!({ "enrolments": sitting.ids(), "certificates": awarded });
    Ok((id, entry.with(data)))
}

fn summary(decisions: usize, awarded: usize) -> String {
    let decisions =
        if decisions == 1 { "1 décision".to_owned() } else { format!("{decisions} décisions") };
    match awarded {
        0 => format!("Jury enregistré : {decisions}, aucun certificat attribué"),
        1 => format!("Jury enregistré : {decisions}, 1 certificat attribué"),
        n => format!("Jury enregistré : {decisions}, {n} certificats attribués"),
    }
}

fn form_refusals(input: &RecordJury) -> Refusals {
    let mut refusals = Refusals::new();
    if input.minutes.trim().is_empty() {
        let message = "Le procès-verbal du jury est obligatoire.";
        refusals.push(Refusal::new("REQUIRED", message).at(["minutes"]).under("A3.5.a"));
    }
    if input.decisions.is_empty() {
        let message = "Le jury statue sur au moins un candidat.";
        refusals.push(Refusal::new("DECISION_REQUIRED", message).at(["decisions"]).under("A3.5.a"));
    }
    if input.decisions.len() > DECISIONS {
        let message = format!("Un jury statue sur {DECISIONS} candidats au plus.");
        refusals.push(Refusal::new("TOO_MANY", message).at(["decisions"]));
    }
    for (i, decision) in input.decisions.iter().enumerate() {
        if !decision.favourable {
            let blank = blanks(&[("grounds", &decision.grounds)]).into_iter();
            refusals.extend(blank.map(|r| r.at(decision_path(i, "grounds")).under("A3.5.a")));
        }
        let twice = |earlier: &JuryDecisionInput| earlier.enrolment_id == decision.enrolment_id;
        if input.decisions.iter().take(i).any(twice) {
            let message = "Le jury statue une seule fois sur une inscription.";
            let refusal = Refusal::new("ENROLMENT_TWICE", message).under("A3.5.a");
            refusals.push(refusal.at(decision_path(i, "enrolmentId")));
        }
    }
    refusals
}

fn decision_path(i: usize, field: &str) -> Vec<String> {
    vec!["decisions".to_owned(), i.to_string(), field.to_owned()]
}

/// What a jury's decisions rest on.
struct Sitting {
    organism: OrganismId,
    members: Vec<Known>,
    /// In the order of the decisions.
    enrolments: Vec<enrolment::Model>,
    courses: HashMap<EnrolmentId, Course>,
    habilitations: HashMap<HabilitationId, HabilitationFacts>,
    trainers: Vec<entity::ids::PersonId>,
}

impl Sitting {
    async fn load(tx: &Tx, input: &RecordJury, organism: OrganismId) -> ActResult<Self> {
        let enrolments = enrolments(tx, &input.decisions, organism).await?;
        let ids: Vec<_> = enrolments.iter().map(|e| e.id).collect();
        let candidates: Vec<_> = enrolments.iter().map(|e| e.candidate_id).collect();
        let habilitations = enrolments.iter().map(|e| e.habilitation_id).collect();
        let members: Vec<&str> = input.member_ids.iter().map(String::as_str).collect();
        let path = |i: usize| vec!["memberIds".to_owned(), i.to_string()];
        let same = people::same_candidates(tx, &candidates).await?;
        Ok(Self {
            organism,
            members: people::practitioners(tx, &members, path).await?,
            courses: Course::of_all(tx.conn(), &ids).await?,
            habilitations: course::habilitations(tx, habilitations).await?,
            trainers: people::trainers(tx, &same).await?,
            enrolments,
        })
    }

    fn ids(&self) -> Vec<EnrolmentId> {
        self.enrolments.iter().map(|enrolment| enrolment.id).collect()
    }

    fn refusals(&self, input: &RecordJury, today: NaiveDate) -> Refusals {
        let jurors: Vec<_> = self.members.iter().map(|member| self.juror(member)).collect();
        let mut refusals = jury_refusals(&jurors, &self.trainers);
        let courses = self.enrolments.iter().filter_map(|e| self.courses.get(&e.id));
        let follows = [("la dernière évaluation", courses.filter_map(|c| c.last_on).max())];
        refusals.extend(day_refusals("heldOn", input.held_on, today, &follows));
        for (i, (enrolment, decision)) in self.enrolments.iter().zip(&input.decisions).enumerate() {
            refusals.extend(self.decision_refusals(
                i,
                enrolment,
                decision.favourable,
                input.held_on,
            ));
        }
        refusals
    }

    fn juror(&self, member: &Known) -> JurorFacts<entity::ids::PersonId> {
        JurorFacts {
            person: member.person,
            is_jury_member: member.row.is_jury_member,
            of_organism: member.row.organism_id == self.organism,
        }
    }

    /// Why the decision at position `i` cannot be taken on the day `on`.
    fn decision_refusals(
        &self,
        i: usize,
        enrolment: &enrolment::Model,
        favourable: bool,
        on: NaiveDate,
    ) -> Refusals {
        let course = self.courses.get(&enrolment.id).cloned().unwrap_or_default();
        let mut refusals = Refusals::new();
        let mut add = |code, article, message: &str| {
            refusals.push(Refusal::new(code, message).under(article));
        };
        if course.stage.awarded {
            add("ALREADY_AWARDED", "A3.5.a", "Le certificat est déjà délivré à ce candidat.");
        }
        if !favourable && !course.stage.prior_done {
            let message = "L’évaluation préalable de ce candidat n’a pas encore eu lieu.";
            add("PRIOR_REQUIRED", "A3.2.a", message);
        }
        if favourable {
            refusals.extend(certificate_refusals(&course.progress));
        }
        if let Some(facts) = self.habilitations.get(&enrolment.habilitation_id) {
            refusals.extend(activity_refusals(facts, on, enrolment.enrolled_on));
        }
        let field = if favourable { "favourable" } else { "enrolmentId" };
        at(&decision_path(i, field), refusals).collect()
    }

    async fn write(
        &self,
        tx: &Tx,
        id: JuryId,
        account: AccountId,
        input: &RecordJury,
    ) -> ActResult<()> {
        jury::ActiveModel {
            id: Set(id),
            organism_id: Set(self.organism),
            held_on: Set(input.held_on),
            minutes: Set(input.minutes.trim().to_owned()),
            recorded_on: Set(tx.today()),
            recorded_by_id: Set(account),
        }
        .insert(tx.conn())
        .await?;
        let members = self.members.iter().map(|member| jury_member::ActiveModel {
            jury_id: Set(id),
            practitioner_id: Set(member.row.id),
        });
        jury_member::Entity::insert_many(members).exec_without_returning(tx.conn()).await?;
        let pairs = self.enrolments.iter().zip(&input.decisions);
        let decisions = pairs.map(|(enrolment, decision)| jury_decision::ActiveModel {
            id: Set(JuryDecisionId::new()),
            jury_id: Set(id),
            enrolment_id: Set(enrolment.id),
            favourable: Set(decision.favourable),
            grounds: Set(decision.grounds.trim().to_owned()),
        });
        jury_decision::Entity::insert_many(decisions).exec_without_returning(tx.conn()).await?;
        Ok(())
    }

    /// The favourable decisions.
    fn awards(&self, input: &RecordJury) -> Vec<Award<'_>> {
        let pairs = self.enrolments.iter().zip(&input.decisions);
        let favourable = pairs.filter(|(_, decision)| decision.favourable);
        favourable
            .map(|(enrolment, decision)| Award { enrolment, delivery: decision.delivery })
            .collect()
    }
}

/// The organism's enrolments decided on, locked, in the order of the decisions.
async fn enrolments(
    tx: &Tx,
    decisions: &[JuryDecisionInput],
    organism: OrganismId,
) -> ActResult<Vec<enrolment::Model>> {
    let ids: Vec<Option<EnrolmentId>> =
        decisions.iter().map(|decision| decision.enrolment_id.parse().ok()).collect();
    let rows = enrolment::Entity::visible(&tx.ctx().actor.sight())
        .filter(enrolment::Column::Id.is_in(ids.iter().flatten().copied()))
        .filter(enrolment::Column::OrganismId.eq(organism))
        .order_by_asc(enrolment::Column::Id)
        .lock_exclusive()
        .all(tx.conn())
        .await?;
    let known: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut found = Vec::with_capacity(ids.len());
    let mut refusals = Refusals::new();
    for (i, id) in ids.into_iter().enumerate() {
        match id.and_then(|id| known.get(&id)) {
            Some(row) => found.push(row.clone()),
            None => refusals.push(not_found("").at(decision_path(i, "enrolmentId"))),
        }
    }
    if refusals.is_empty() { Ok(found) } else { Err(ActError::Refused(refusals)) }
}
