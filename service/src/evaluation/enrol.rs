//! Enrolment: with an organism habilitated that day, for that very framework (A3.1.a, I.d).

use super::{at, course};
use crate::change::Changed;
use crate::context::{Context, Tx};
use crate::error::{ActResult, ensure};
use crate::journal::Entry;
use crate::policy::{Act, Place};
use crate::sight::{self, Sight};
use chrono::NaiveDate;
use domain::authority::coverage_refusals;
use domain::habilitation::{HabilitationFacts, enrolment_refusals};
use domain::{Refusal, Refusals};
use entity::ids::{CandidateId, EnrolmentId, FrameworkId, HabilitationId, SiteId};
use entity::{candidate, enrolment, framework, habilitation as table, site};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

/// A candidate enrols with an organism, under one habilitation.
#[derive(Debug, Clone, Serialize)]
pub struct EnrolCandidate {
    /// The candidate.
    pub candidate_id: String,
    /// The organism's habilitation.
    pub habilitation_id: String,
    /// The framework on which the candidate is evaluated.
    pub framework_id: String,
    /// Where.
    pub site_id: String,
    /// The candidate was told what their data serve for (IV.7.d).
    pub purpose_told: bool,
    /// The candidate was told who the disability contact is (A3.6.a).
    pub disability_contact_told: bool,
    /// Same key, same effect.
    pub idempotency_key: Option<String>,
}

crate::context::keyed!(EnrolCandidate);

/// Enrols a candidate, today (A3.1.a). Refuses where the organism's habilitation is not in force for the
/// framework (I.d, V.3), or where the candidate was not told what they must be told (IV.7.d, A3.6.a).
pub async fn enrol(ctx: &Context, input: EnrolCandidate) -> ActResult<EnrolmentId> {
    ctx.act(Act::EnrolCandidate, input, enrol_in).await
}

async fn enrol_in(tx: Tx, input: EnrolCandidate) -> ActResult<(EnrolmentId, Entry)> {
    tx.answerable()?;
    let found = Found::load(&tx, &tx.ctx().actor.sight(), &input).await?;
    let organism = found.candidate.organism_id;
    tx.require(&Place::organism(organism))?;
    let facts = course::habilitation(&tx, found.habilitation.id).await?;
    let mut refusals = found.refusals(&facts, tx.today());
    refusals.extend(told_refusals(&input));
    refusals.extend(twice_refusals(&tx, &found).await?);
    ensure(refusals)?;
    let (id, today) = (EnrolmentId::new(), tx.today());
    enrolment::ActiveModel {
        id: Set(id),
        candidate_id: Set(found.candidate.id),
        organism_id: Set(organism),
        habilitation_id: Set(found.habilitation.id),
        framework_id: Set(found.framework.id),
        site_id: Set(found.site.id),
        enrolled_on: Set(today),
        purpose_told_on: Set(today),
        disability_contact_told_on: Set(today),
        version: Set(1),
    }
    .insert(tx.conn())
    .await?;
    tx.changed([Changed::Candidate(found.candidate.id)]);
    let entry = Entry::new(id, "Candidat inscrit");
    Ok((id, entry.under("A3.1.a").about(organism)))
}

/// A candidate enrols once a day under a habilitation: the second time is the same form sent again.
async fn twice_refusals(tx: &Tx, found: &Found) -> ActResult<Refusals> {
    let known = enrolment::Entity::find()
        .filter(enrolment::Column::CandidateId.eq(found.candidate.id))
        .filter(enrolment::Column::HabilitationId.eq(found.habilitation.id))
        .filter(enrolment::Column::EnrolledOn.eq(tx.today()))
        .one(tx.conn())
        .await?;
    let message = "Ce candidat a déjà été inscrit aujourd’hui au titre de cette habilitation.";
    let refusal = |_| Refusal::new("ALREADY_ENROLLED", message).at(["candidateId"]).under("A3.1.a");
    Ok(known.map(refusal).into_iter().collect())
}

/// What an enrolment brings together, as the viewer may see it.
struct Found {
    candidate: candidate::Model,
    habilitation: table::Model,
    framework: framework::Model,
    site: site::Model,
}

impl Found {
    async fn load(tx: &Tx, sight: &Sight, input: &EnrolCandidate) -> ActResult<Self> {
        let db = tx.conn();
        let (c, h) = (&input.candidate_id, &input.habilitation_id);
        let (f, s) = (&input.framework_id, &input.site_id);
        Ok(Self {
            candidate: sight::find::<candidate::Entity, CandidateId>(db, sight, c, "candidateId")
                .await?,
            habilitation: sight::find::<table::Entity, HabilitationId>(
                db,
                sight,
                h,
                "habilitationId",
            )
            .await?,
            framework: sight::find::<framework::Entity, FrameworkId>(db, sight, f, "frameworkId")
                .await?,
            site: sight::find::<site::Entity, SiteId>(db, sight, s, "siteId").await?,
        })
    }

    fn refusals(&self, facts: &HabilitationFacts, today: NaiveDate) -> Refusals {
        let mut refusals = self.holder_refusals();
        let covered = coverage_refusals(&self.habilitation.framework_id, &self.framework.id);
        refusals.extend(at(&["frameworkId"], covered));
        refusals.extend(at(&["habilitationId"], enrolment_refusals(facts, today)));
        refusals.extend(self.site_refusal(today));
        refusals
    }

    /// III.2.f: a habilitation is its holder's alone.
    fn holder_refusals(&self) -> Refusals {
        if self.habilitation.organism_id == self.candidate.organism_id {
            return Vec::new();
        }
        let message = "Cette habilitation n’est pas celle de l’organisme du candidat.";
        vec![
            Refusal::new("HABILITATION_OF_OTHER_ORGANISM", message)
                .at(["habilitationId"])
                .under("III.2.f"),
        ]
    }

    /// A3.1.a, interpretation 29: the site is the organism's, declared and not closed.
    fn site_refusal(&self, today: NaiveDate) -> Option<Refusal> {
        let (code, message) = if self.site.organism_id != self.candidate.organism_id {
            ("SITE_OF_OTHER_ORGANISM", "Ce site n’est pas un site de l’organisme du candidat.")
        } else if self.site.registered_on > today {
            ("SITE_NOT_REGISTERED", "Ce site n’est pas encore déclaré.")
        } else if self.site.closed_on.is_some_and(|closed| closed <= today) {
            ("SITE_CLOSED", "Ce site est fermé.")
        } else {
            return None;
        };
        Some(Refusal::new(code, message).at(["siteId"]).under("A3.1.a"))
    }
}

/// What the candidate must have been told by the day of enrolment.
fn told_refusals(input: &EnrolCandidate) -> Refusals {
    let mut refusals = Refusals::new();
    if !input.purpose_told {
        let message = "La finalité du traitement de ses données doit être indiquée au candidat à l’inscription.";
        refusals
            .push(Refusal::new("PURPOSE_NOT_TOLD", message).at(["purposeTold"]).under("IV.7.d"));
    }
    if !input.disability_contact_told {
        let message = "Les coordonnées du référent handicap doivent être communiquées au candidat à l’inscription.";
        refusals.push(
            Refusal::new("DISABILITY_CONTACT_NOT_TOLD", message)
                .at(["disabilityContactTold"])
                .under("A3.6.a"),
        );
    }
    refusals
}
