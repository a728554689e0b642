//! The sequence of changes that clients follow: what changed last, under numbers that follow the order
//! of the commits.
//!
//! A row stands for one subject and is moved to the end by each change: a reader who asks for what
//! follows its number finds everything that changed since, once, as it is now. Numbers are taken with the
//! last statements of an act, under the row of the head that stays locked until the commit: whoever sees
//! a number sees all smaller ones. What a reader may see is asked when it reads ([`crate::sight`]).

use crate::clock::machine_now;
use crate::context::{Context, Tx, after};
use crate::error::ActResult;
use crate::sight::{Sight, Visible};
use crate::token::hash;
use chrono::{DateTime, Duration, Utc};
use entity::change::{ActiveModel, Column, Entity};
use entity::ids::{CandidateId, NoticeId, OrganismId, TypedId};
use entity::kind::ChangeKind;
use entity::text::Text;
use entity::{candidate, change_head, notice};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// The one row of the head.
const HEAD: i32 = 1;
/// Rows of one insert: far below the number of values that a statement may carry.
const CHUNK: usize = 500;
/// Longer than an act may take.
const UNDER_WAY: Duration = Duration::minutes(1);
/// For how many days a change is kept that stands for nothing that lives on.
const KEPT_DAYS: i64 = 90;

/// Something that an act changed, as clients follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// A candidate, or anything of their record.
    Candidate(CandidateId),
    /// A notice, or what is known of its delivery.
    Notice(NoticeId),
}

impl Changed {
    fn kind(self) -> ChangeKind {
        match self {
            Self::Candidate(_) => ChangeKind::Candidate,
            Self::Notice(_) => ChangeKind::Notice,
        }
    }

    fn subject(self) -> Uuid {
        match self {
            Self::Candidate(id) => id.uuid(),
            Self::Notice(id) => id.uuid(),
        }
    }
}

/// Writes what an act changed, in its transaction; the last number taken, none when nothing changed. The
/// head stays locked until the transaction ends: it comes last.
pub(crate) async fn write(
    tx: &impl ConnectionTrait,
    changed: BTreeSet<Changed>,
) -> Result<Option<i64>, DbErr> {
    if changed.is_empty() {
        return Ok(None);
    }
    let scopes = scopes(tx, &changed).await?;
    let rows: Vec<_> = changed
        .into_iter()
        .flat_map(|changed| {
            let scopes = scopes.get(&changed.subject()).cloned().unwrap_or_default();
            let scopes = if scopes.is_empty() { vec![Uuid::nil()] } else { scopes };
            scopes.into_iter().map(move |scope| (changed, scope))
        })
        .collect();
    let count = i64::try_from(rows.len()).map_err(|error| DbErr::Custom(error.to_string()))?;
    let moved = change_head::Entity::update_many()
        .col_expr(change_head::Column::Seq, Expr::col(change_head::Column::Seq).add(count))
        .filter(change_head::Column::Id.eq(HEAD))
        .exec_with_returning(tx)
        .await?;
    let head = moved.into_iter().next().ok_or_else(missing)?;
    let at = machine_now();
    let rows =
        rows.into_iter().zip(head.seq - count + 1..).map(|((changed, scope), seq)| ActiveModel {
            seq: Set(seq),
            kind: Set(changed.kind().into()),
            subject_id: Set(changed.subject()),
            scope_id: Set(scope),
            at: Set(at),
        });
    for chunk in rows.collect::<Vec<_>>().chunks(CHUNK) {
        let again = OnConflict::columns([Column::Kind, Column::SubjectId, Column::ScopeId])
            .update_columns([Column::Seq, Column::At])
            .to_owned();
        Entity::insert_many(chunk.to_vec()).on_conflict(again).exec_without_returning(tx).await?;
    }
    Ok(Some(head.seq))
}

/// The organisms that are told of each candidate among what changed: theirs; where it was not told of them
/// yet, and where they are gone, also those that were.
async fn scopes(
    tx: &impl ConnectionTrait,
    changed: &BTreeSet<Changed>,
) -> Result<HashMap<Uuid, Vec<Uuid>>, DbErr> {
    let ids: Vec<Uuid> = changed
        .iter()
        .filter_map(|changed| match changed {
            Changed::Candidate(id) => Some(id.uuid()),
            Changed::Notice(_) => None,
        })
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let told: Vec<(Uuid, Uuid)> = Entity::find()
        .select_only()
        .columns([Column::SubjectId, Column::ScopeId])
        .filter(Column::Kind.eq(Text(ChangeKind::Candidate)))
        .filter(Column::SubjectId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(tx)
        .await?;
    let now: Vec<(CandidateId, OrganismId)> = candidate::Entity::find()
        .select_only()
        .columns([candidate::Column::Id, candidate::Column::OrganismId])
        .filter(candidate::Column::Id.is_in(ids))
        .into_tuple()
        .all(tx)
        .await?;
    let mut scopes: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for (subject, scope) in told {
        scopes.entry(subject).or_default().push(scope);
    }
    for (id, organism) in now {
        let scopes = scopes.entry(id.uuid()).or_default();
        if scopes.contains(&organism.uuid()) {
            scopes.clear();
        }
        scopes.push(organism.uuid());
    }
    Ok(scopes)
}

fn missing() -> DbErr {
    DbErr::RecordNotFound("change_head".to_owned())
}

/// Where the sequence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The last number committed.
    pub seq: i64,
    /// A reader below it may have missed something that was removed since: it starts again.
    pub floor: i64,
}

impl Position {
    /// Whether a reader at `seq` can go on: neither below the floor, nor ahead of a database that was
    /// restored from a copy.
    pub fn follows(self, seq: i64) -> bool {
        (self.floor..=self.seq).contains(&seq)
    }
}

/// Where the sequence stands; read it before the rows.
pub async fn position(db: &impl ConnectionTrait) -> Result<Position, DbErr> {
    let row = change_head::Entity::find_by_id(HEAD).one(db).await?.ok_or_else(missing)?;
    Ok(Position { seq: row.seq, floor: row.floor })
}

/// The same text for the same sight: whoever comes back with another one saw other things.
pub fn digest(sight: &Sight) -> String {
    let mut sight = sight.clone();
    // A tool whose credential is replaced goes on.
    sight.machine = None;
    for places in [&mut sight.authorities, &mut sight.provided] {
        places.sort_unstable();
        places.dedup();
    }
    for places in [
        &mut sight.organisms,
        &mut sight.represented,
        &mut sight.taught,
        &mut sight.billed,
        &mut sight.administered,
    ] {
        places.sort_unstable();
        places.dedup();
    }
    sight.candidates.sort_unstable();
    sight.candidates.dedup();
    hash(format!("{sight:?}").as_bytes()).chars().take(16).collect()
}

/// A candidate's last change.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateChange {
    /// Its number.
    pub seq: i64,
    /// The machine's instant.
    pub at: DateTime<Utc>,
    /// Who.
    pub id: CandidateId,
    /// The candidate as the reader may see them now; none when they are gone for this reader.
    pub row: Option<candidate::Model>,
}

/// The changes of candidates that a reader follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CandidateChanges {
    /// Of this organism alone; of none when it is unknown.
    pub organism: Option<Option<OrganismId>>,
    /// Of this candidate alone.
    pub candidate: Option<CandidateId>,
}

impl CandidateChanges {
    /// What follows `after`, in order, in two statements.
    pub async fn read(
        &self,
        db: &impl ConnectionTrait,
        sight: &Sight,
        after: i64,
        limit: u64,
    ) -> ActResult<Vec<CandidateChange>> {
        let changes = Entity::visible(sight)
            .filter(Column::Kind.eq(Text(ChangeKind::Candidate)))
            .filter(Column::Seq.gt(after))
            .filter(
                Condition::all()
                    .add_option(self.organism.map(|id| Column::ScopeId.is_in(id)))
                    .add_option(self.candidate.map(|id| Column::SubjectId.eq(id))),
            )
            .order_by_asc(Column::Seq)
            .limit(limit)
            .all(db)
            .await?;
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let of_organism = self.organism.map(|id| candidate::Column::OrganismId.is_in(id));
        let rows = candidate::Entity::visible(sight)
            .filter(candidate::Column::Id.is_in(changes.iter().map(|change| change.subject_id)))
            .filter(Condition::all().add_option(of_organism))
            .all(db)
            .await?;
        let rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
        let told = changes.into_iter().map(|change| {
            let id = CandidateId(change.subject_id);
            CandidateChange { seq: change.seq, at: change.at, id, row: rows.get(&id).cloned() }
        });
        Ok(told.collect())
    }
}

/// The candidates of whom something changed since an instant of the machine, and shortly before: an act writes
/// when it changed them some time before its commit shows it.
pub fn candidates_since(since: DateTime<Utc>) -> Condition {
    let changed = Entity::find()
        .select_only()
        .column(Column::SubjectId)
        .filter(Column::Kind.eq(Text(ChangeKind::Candidate)))
        .filter(Column::At.gte(since - UNDER_WAY))
        .into_query();
    Condition::all().add(candidate::Column::Id.in_subquery(changed))
}

/// The last changes of notices that the reader may see and that follow `after`, each with its number.
pub async fn notices(
    db: &impl ConnectionTrait,
    sight: &Sight,
    after: i64,
    limit: u64,
) -> ActResult<Vec<(i64, notice::Model)>> {
    let changes = Entity::visible(sight)
        .filter(Column::Kind.eq(Text(ChangeKind::Notice)))
        .filter(Column::Seq.gt(after))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .all(db)
        .await?;
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let rows = notice::Entity::visible(sight)
        .filter(notice::Column::Id.is_in(changes.iter().map(|change| change.subject_id)))
        .all(db)
        .await?;
    let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id.uuid(), row)).collect();
    let told = changes.into_iter().filter_map(|c| Some((c.seq, rows.remove(&c.subject_id)?)));
    Ok(told.collect())
}

/// Removes what is older than 90 days and stands for nothing that can be read anew: changes of notices,
/// and candidates who are gone. The floor follows, so that a reader who was away longer starts again.
pub async fn reconcile_removed(ctx: &Context) -> ActResult<()> {
    let tx = ctx.completing().begin().await?;
    let here = candidate::Entity::find()
        .select_only()
        .column(candidate::Column::Id)
        .filter(
            Expr::col((candidate::Entity, candidate::Column::OrganismId))
                .equals((Entity, Column::ScopeId)),
        )
        .into_query();
    let old = Condition::all().add(Column::At.lt(after(-Duration::days(KEPT_DAYS)))).add(
        Condition::any()
            .add(Column::Kind.ne(Text(ChangeKind::Candidate)))
            .add(Column::SubjectId.not_in_subquery(here)),
    );
    let last: Option<Option<i64>> = Entity::find()
        .select_only()
        .column_as(Column::Seq.into_expr().max(), "last")
        .filter(old.clone())
        .into_tuple()
        .one(tx.conn())
        .await?;
    if let Some(last) = last.flatten() {
        change_head::Entity::update_many()
            .col_expr(change_head::Column::Floor, Expr::value(last))
            .filter(change_head::Column::Id.eq(HEAD))
            .filter(change_head::Column::Floor.lt(last))
            .exec(tx.conn())
            .await?;
        Entity::delete_many().filter(old).filter(Column::Seq.lte(last)).exec(tx.conn()).await?;
    }
    tx.seal(()).await
}

impl Tx {
    /// The notice, or what is known of its delivery, changed; so did the candidate that it is to.
    pub(crate) fn notice_changed(&self, notice: NoticeId, candidate: Option<CandidateId>) {
        self.changed([Changed::Notice(notice)]);
        self.changed(candidate.map(Changed::Candidate));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_in_another_order_see_the_same() {
        let (a, b) = (OrganismId::new(), OrganismId::new());
        let of = |organisms: &[OrganismId]| {
            digest(&Sight { organisms: organisms.to_vec(), ..Sight::default() })
        };
        assert_eq!(of(&[a, b]), of(&[b, a, b]));
        assert_ne!(of(&[a]), of(&[a, b]));
        assert_ne!(of(&[a]), digest(&Sight { administered: vec![a], ..Sight::default() }));
    }

    #[test]
    fn readers_below_the_floor_or_ahead_start_again() {
        let position = Position { seq: 9, floor: 4 };
        for (seq, follows) in [(3, false), (4, true), (9, true), (10, false), (-1, false)] {
            assert_eq!(position.follows(seq), follows, "{seq}");
        }
    }
}
