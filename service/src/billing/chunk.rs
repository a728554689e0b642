//! How much of a quarter is handled with the same statements and held in memory at once, however many
//! organisms and facts there are.

use crate::error::ActResult;
use entity::organism::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// The organisms looked at with the same statements.
const ORGANISMS: u64 = 200;
/// The facts in memory together; those of one invoice are, however many.
const FACTS: usize = 5_000;

/// What PostgreSQL does without until the transaction ends.
const ALONG_INDEXES: &str =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off";

/// Has PostgreSQL look rows up along their indexes. It keeps plans, those that check foreign keys among
/// them, and makes them when the first chunk has written next to nothing: reading a whole table looks best
/// then, and would be repeated for every row and chunk while the table grows.
pub(super) async fn read_along_indexes(tx: &impl ConnectionTrait) -> ActResult<()> {
    if tx.get_database_backend() == DatabaseBackend::Postgres {
        tx.execute_unprepared(ALONG_INDEXES).await?;
    }
    Ok(())
}

/// All organisms in the order of the SIRENs, a bounded number at a time.
#[derive(Default)]
pub(super) struct Organisms {
    /// The last SIREN given.
    last: String,
}

impl Organisms {
    /// The next ones; none after the last.
    pub(super) async fn next(
        &mut self,
        db: &impl ConnectionTrait,
    ) -> ActResult<Option<Vec<Model>>> {
        let organisms = Entity::find()
            .filter(Column::Siren.gt(self.last.as_str()))
            .order_by_asc(Column::Siren)
            .limit(ORGANISMS)
            .all(db)
            .await?;
        let Some(last) = organisms.last() else { return Ok(None) };
        self.last.clone_from(&last.siren);
        Ok(Some(organisms))
    }
}

/// Cuts organisms, each with the number of its facts, where more facts would be in memory together than
/// may be.
pub(super) fn by_facts<T>(owing: &[(T, usize)]) -> impl Iterator<Item = &[(T, usize)]> {
    let mut held = owing.first().map_or(0, |(_, facts)| *facts);
    owing.chunk_by(move |_, (_, facts)| {
        held += facts;
        let together = held <= FACTS;
        if !together {
            held = *facts;
        }
        together
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_memory_is_bounded_by_facts() {
        let cut = |facts: &[usize]| -> Vec<Vec<usize>> {
            let owing: Vec<_> = facts.iter().map(|facts| ((), *facts)).collect();
            let sizes = |chunk: &[((), usize)]| chunk.iter().map(|one| one.1).collect();
            by_facts(&owing).map(sizes).collect()
        };
        assert!(cut(&[]).is_empty());
        assert_eq!(cut(&[1, 2, FACTS - 3, 1]), [vec![1, 2, FACTS - 3], vec![1]]);
        assert_eq!(cut(&[FACTS, FACTS]), [[FACTS], [FACTS]]);
        // An invoice is whole.
        assert_eq!(cut(&[3, FACTS + 7, 4, 5]), [vec![3], vec![FACTS + 7], vec![4, 5]]);
    }
}
