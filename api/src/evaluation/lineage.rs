//! Who acquired what, when: the results of an enrolment, competence by competence (A3.4.b).

use super::{Enrolment, EnrolmentEvaluations, ResultsOf};
use crate::authority::{Competence, FrameworkDomain};
use crate::load;
use async_graphql::{Context, SimpleObject};
use domain::evaluation::{EvaluationKind, Progress};
use entity::evaluation_result;
use std::sync::Arc;

/// An evaluation with its results.
pub(crate) struct Step {
    kind: EvaluationKind,
    results: Vec<evaluation_result::Model>,
}

impl Enrolment {
    /// Its evaluations in order, each with its results.
    pub(crate) async fn lineage(&self, ctx: &Context<'_>) -> Option<Vec<Step>> {
        let rows: Vec<entity::evaluation::Model> =
            load::all(ctx, EnrolmentEvaluations {}, self.0.id).await?;
        let keys = rows.iter().map(|row| ResultsOf(row.id));
        let mut results = load::each(ctx, keys).await?;
        let step = |row: entity::evaluation::Model| Step {
            kind: row.kind.0,
            results: results
                .remove(&ResultsOf(row.id))
                .map(Arc::unwrap_or_clone)
                .unwrap_or_default(),
        };
        Some(rows.into_iter().map(step).collect())
    }
}

/// What all evaluations together make.
pub(crate) fn progress(steps: &[Step]) -> Progress {
    let results = steps.iter().flat_map(|step| &step.results);
    Progress::new(results.map(|result| (result.competence_code.as_str(), result.acquired)))
}

/// The lineage of one competence for one candidate.
#[derive(SimpleObject)]
pub(crate) struct CompetenceResult {
    /// Acquired at one evaluation or another.
    pub(crate) acquired: bool,
    /// Its code in the framework, e.g. `2-4`.
    pub(crate) code: String,
    /// The number of its domain.
    pub(crate) domain: i32,
    /// At each final evaluation, in order; empty when not evaluated there.
    pub(crate) finals: Vec<bool>,
    /// Acquired at the prior evaluation; null before it.
    pub(crate) prior: Option<bool>,
    /// Its wording in the framework.
    pub(crate) title: String,
    /// Whether it belongs to the transversal dimension too.
    pub(crate) transversal: bool,
}

/// One line per competence of the framework.
pub(crate) fn competence_results(
    steps: &[Step],
    wordings: Vec<Competence>,
) -> Vec<CompetenceResult> {
    let progress = progress(steps);
    let line = |Competence(wording): Competence| {
        let of = |kind| {
            let steps = steps.iter().filter(move |step| step.kind == kind);
            let results = steps.flat_map(|step| &step.results);
            results.filter(|result| result.competence_code == wording.code).map(|r| r.acquired)
        };
        CompetenceResult {
            acquired: progress.acquired(&wording.code),
            domain: wording.domain_number,
            finals: of(EvaluationKind::Final).collect(),
            prior: of(EvaluationKind::Prior).next(),
            transversal: wording.transversal,
            code: wording.code.clone(),
            title: wording.title.clone(),
        }
    };
    wordings.into_iter().map(line).collect()
}

/// How far a candidate is in one domain.
#[derive(SimpleObject)]
pub(crate) struct DomainResult {
    /// The codes not yet acquired.
    pub(crate) missing: Vec<String>,
    /// From 1 to 3.
    pub(crate) number: i32,
    /// Its title in the framework.
    pub(crate) title: String,
    /// Whether all its competences are acquired.
    pub(crate) validated: bool,
}

/// One line per domain of the framework.
pub(crate) fn domain_results(
    progress: &Progress,
    domains: Vec<FrameworkDomain>,
) -> Vec<DomainResult> {
    let line = |FrameworkDomain(domain): FrameworkDomain| {
        let number = i16::try_from(domain.number).unwrap_or_default();
        DomainResult {
            missing: progress.missing_in(number).into_iter().map(str::to_owned).collect(),
            number: domain.number,
            title: domain.title,
            validated: progress.domain_validated(number),
        }
    };
    domains.into_iter().map(line).collect()
}
