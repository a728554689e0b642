//! Evaluations, training paths and juries as objects.

use super::EvaluationKind;
use super::{Certificate, Enrolment, EnrolmentCertificate};
use crate::load::{self, Columns, Failure, Found, Join, Read, Reader, Viewer, list, shared};
use crate::object::object;
use crate::organism::{Organism, Practitioner};
use crate::scalar::Date;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, List, Object};
use entity::ids::{EvaluationId, JuryDecisionId, JuryId, PractitionerId, TrainingPathId};
use entity::{evaluation, evaluation_result, jury_member, training_path_trainer};
use sea_orm::sea_query::{Alias, DynIden, Expr, ExprTrait, Func, Query, SelectStatement};
use sea_orm::{DbBackend, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder, QueryTrait};
use service::sight::Visible;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

list! {
    /// The decisions of a jury.
    JuryDecisions {} = "jury.decisions", jury_decision by JuryDecisionId(Id, id), oldest first,
    under JuryId(JuryId, jury_id);
    |self, sight| entity::jury_decision::Entity::visible(sight)
}

/// Declares the batched reading of a table that hangs on another.
macro_rules! hanging {
    ($(#[$doc:meta])* $name:ident($id:ident) in $table:ident: $value:ty, $parent:ident, $field:ident, by $order:ident, |$row:ident| $kept:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) struct $name(pub(crate) $id);

        impl Loader<$name> for Reader {
            type Value = Arc<Vec<$value>>;
            type Error = Failure;

            async fn load(&self, keys: &[$name]) -> Result<HashMap<$name, Self::Value>, Failure> {
                let rows = $table::Entity::find()
                    .filter(self.among($table::Column::$parent, keys.iter().map(|key| key.0)))
                    .order_by_asc($table::Column::$order)
                    .all(self.db())
                    .await?;
                let mut found: HashMap<$name, Vec<$value>> = HashMap::new();
                for $row in rows {
                    found.entry($name($row.$field)).or_default().push($kept);
                }
                Ok(shared(found))
            }
        }
    };
}

hanging! {
    /// The results of an evaluation.
    ResultsOf(EvaluationId) in evaluation_result: evaluation_result::Model,
    EvaluationId, evaluation_id, by CompetenceCode, |row| row
}

/// The results of an evaluation, read with it: an array of each column, in the order of the codes. On PostgreSQL alone.
pub(crate) struct Results;

/// What is read of each, beside its evaluation.
const RESULT: [evaluation_result::Column; 3] = [
    evaluation_result::Column::CompetenceCode,
    evaluation_result::Column::Acquired,
    evaluation_result::Column::EvaluatorId,
];

impl Join<evaluation::Entity> for Results {
    fn field(&self) -> &'static str {
        "results"
    }

    fn fits(&self, viewer: Viewer<'_>) -> bool {
        viewer.backend == DbBackend::Postgres
    }

    fn width(&self, _: &Read) -> usize {
        RESULT.len()
    }

    fn add(&self, query: &mut SelectStatement, base: &DynIden, prefix: &str, _: &Read) {
        use evaluation_result::Column;
        let (table, row) = (Alias::new(prefix), Alias::new("result"));
        let of_this = Expr::col((evaluation_result::Entity, Column::EvaluationId));
        let rows = evaluation_result::Entity::find()
            .filter(of_this.equals((base.clone(), evaluation::Column::Id)))
            .order_by_asc(Column::CompetenceCode)
            .into_query();
        let mut arrays = Query::select();
        for column in RESULT {
            let all = Func::cust("array_agg").arg(Expr::col((row.clone(), column)));
            arrays.expr_as(all, column);
            query.column((table.clone(), column));
        }
        arrays.from_subquery(rows, row);
        query.join_lateral(JoinType::LeftJoin, arrays, table, Expr::cust("TRUE"));
    }

    fn keep(
        &self,
        found: Found<'_>,
        Columns { at, .. }: Columns<'_>,
        (row, first): (&evaluation::Model, bool),
    ) -> Result<(), DbErr> {
        if !first {
            return Ok(());
        }
        let codes: Option<Vec<String>> = found.row.try_get_by(at)?;
        let acquired: Option<Vec<bool>> = found.row.try_get_by(at + 1)?;
        let evaluators: Option<Vec<Uuid>> = found.row.try_get_by(at + 2)?;
        let (acquired, evaluators) =
            (acquired.into_iter().flatten(), evaluators.into_iter().flatten());
        let rows = codes.into_iter().flatten().zip(acquired).zip(evaluators);
        let rows =
            rows.map(|((competence_code, acquired), evaluator_id)| evaluation_result::Model {
                evaluation_id: row.id,
                competence_code,
                acquired,
                evaluator_id: PractitionerId(evaluator_id),
            });
        found.keep(ResultsOf(row.id), rows.collect::<Vec<_>>());
        Ok(())
    }
}

hanging! {
    /// The trainers of a path.
    TrainersOf(TrainingPathId) in training_path_trainer: PractitionerId,
    TrainingPathId, training_path_id, by PractitionerId, |row| row.practitioner_id
}

hanging! {
    /// The members of a jury.
    MembersOf(JuryId) in jury_member: PractitionerId, JuryId, jury_id, by PractitionerId, |row| row.practitioner_id
}

object! {
    /// An evaluation.
    Evaluation = seen evaluation by EvaluationId;
}

/// A prior or final evaluation (A3.2.a).
#[Object]
impl Evaluation {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Whose.
    async fn enrolment(&self, ctx: &Context<'_>) -> Option<Enrolment> {
        load::get(ctx, self.0.enrolment_id).await
    }

    /// Prior or final.
    async fn kind(&self) -> EvaluationKind {
        self.0.kind.0.into()
    }

    /// Its rank among the enrolment's evaluations of its kind, from 1.
    async fn sequence(&self) -> i32 {
        self.0.sequence
    }

    /// The day on which it was held.
    async fn held_on(&self) -> Date {
        self.0.held_on.into()
    }

    /// Whether it was held remotely.
    async fn remote(&self) -> bool {
        self.0.remote
    }

    /// The day on which its results were recorded.
    async fn recorded_on(&self) -> Date {
        self.0.recorded_on.into()
    }

    /// Competence by competence.
    async fn results(&self, ctx: &Context<'_>) -> Option<List<EvaluationResult>> {
        let key = ResultsOf(self.0.id);
        let rows = if let Some(rows) = load::kept(ctx, &key) {
            rows
        } else {
            let rows = load::each(ctx, [key]).await?.remove(&key);
            rows.map(Arc::unwrap_or_clone).unwrap_or_default()
        };
        Some(rows.into_iter().map(EvaluationResult).collect())
    }
}

/// A result.
pub(crate) struct EvaluationResult(evaluation_result::Model);

/// One competence at one evaluation (A3.3.a).
#[Object]
impl EvaluationResult {
    /// The competence's code in the framework.
    async fn code(&self) -> &str {
        &self.0.competence_code
    }

    /// Whether it is acquired.
    async fn acquired(&self) -> bool {
        self.0.acquired
    }

    /// Who evaluated it, for who may see practitioners.
    async fn evaluator(&self, ctx: &Context<'_>) -> Option<Practitioner> {
        load::get(ctx, self.0.evaluator_id).await
    }
}

object! {
    /// A training path.
    TrainingPath = seen training_path by TrainingPathId;
}

/// The training between two evaluations (A3.2.a).
#[Object]
impl TrainingPath {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Whose.
    async fn enrolment(&self, ctx: &Context<'_>) -> Option<Enrolment> {
        load::get(ctx, self.0.enrolment_id).await
    }

    /// Its first day.
    async fn starts_on(&self) -> Date {
        self.0.starts_on.into()
    }

    /// The day on which it was completed; null while it runs.
    async fn completed_on(&self) -> Option<Date> {
        self.0.completed_on.map(Date)
    }

    /// Who trains on it: none of them may evaluate the candidate (A3.3.b).
    async fn trainers(&self, ctx: &Context<'_>) -> Option<Vec<Practitioner>> {
        let ids = load::one(ctx, TrainersOf(self.0.id)).await.unwrap_or_default();
        load::many(ctx, ids.to_vec()).await
    }
}

object! {
    /// A jury.
    Jury = seen jury by JuryId;
}

/// A sitting of an organism's jury, sovereign and minuted (A3.5.a).
#[Object]
impl Jury {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Whose jury.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get(ctx, self.0.organism_id).await
    }

    /// Its day.
    async fn held_on(&self) -> Date {
        self.0.held_on.into()
    }

    /// Its minutes.
    async fn minutes(&self) -> &str {
        &self.0.minutes
    }

    /// The day on which it was recorded.
    async fn recorded_on(&self) -> Date {
        self.0.recorded_on.into()
    }

    /// Who sat.
    async fn members(&self, ctx: &Context<'_>) -> Option<Vec<Practitioner>> {
        let ids = load::one(ctx, MembersOf(self.0.id)).await.unwrap_or_default();
        load::many(ctx, ids.to_vec()).await
    }

    /// What it decided, candidate by candidate.
    async fn decisions(&self, ctx: &Context<'_>) -> Option<Vec<JuryDecision>> {
        load::all(ctx, JuryDecisions {}, self.0.id).await
    }
}

object! {
    /// A jury's decision.
    JuryDecision = seen jury_decision by JuryDecisionId;
}

/// What a jury decided on one candidate (A3.5.a).
#[Object]
impl JuryDecision {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The sitting, for who may see its minutes.
    async fn jury(&self, ctx: &Context<'_>) -> Option<Jury> {
        load::get(ctx, self.0.jury_id).await
    }

    /// On whom.
    async fn enrolment(&self, ctx: &Context<'_>) -> Option<Enrolment> {
        load::get(ctx, self.0.enrolment_id).await
    }

    /// Whether the certificate is awarded.
    async fn favourable(&self) -> bool {
        self.0.favourable
    }

    /// Why.
    async fn grounds(&self) -> &str {
        &self.0.grounds
    }

    /// The certificate that it awarded.
    async fn certificate(&self, ctx: &Context<'_>) -> Option<Certificate> {
        let row: entity::certificate::Model =
            load::all(ctx, EnrolmentCertificate {}, self.0.enrolment_id).await?.pop()?;
        (row.jury_id == Some(self.0.jury_id)).then_some(Certificate(row))
    }
}
