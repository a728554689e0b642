//! The journal: who did what, when and why, in a chain that shows any alteration (X.b).

use crate::clock::LegalNow;
use crate::context::{Actor, Context, hash};
use crate::error::ActResult;
use entity::ids::{OrganismId, TypedId};
use entity::{journal, journal_head};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryOrder, QuerySelect,
};
use serde_json::Value;
use uuid::Uuid;

const HEAD: i32 = 1;
const VERIFY_PAGE: u64 = 1000;

/// What an act tells the journal. No personal data: ids only.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The act's name, as the mutation or the task calls it.
    pub act: &'static str,
    /// The rule it rests on.
    pub article: Option<&'static str>,
    /// The kind of object acted on, e.g. `application`.
    pub subject_kind: &'static str,
    /// The object acted on.
    pub subject_id: Uuid,
    /// The organism concerned.
    pub organism: Option<OrganismId>,
    /// In French, for people.
    pub summary: String,
    /// Facts for programs.
    pub data: Value,
}

impl Entry {
    /// An entry of `act` on an object.
    pub fn new(
        act: &'static str,
        kind: &'static str,
        id: impl TypedId,
        summary: impl Into<String>,
    ) -> Self {
        Self {
            act,
            article: None,
            subject_kind: kind,
            subject_id: id.uuid(),
            organism: None,
            summary: summary.into(),
            data: Value::Null,
        }
    }

    /// Resting on this rule.
    pub fn under(mut self, article: &'static str) -> Self {
        self.article = Some(article);
        self
    }

    /// Concerning this organism.
    pub fn about(mut self, organism: OrganismId) -> Self {
        self.organism = Some(organism);
        self
    }

    /// With facts for programs.
    pub fn with(mut self, data: Value) -> Self {
        self.data = data;
        self
    }
}

/// Adds the entry after the last one; the head's row is locked until the act ends.
pub(crate) async fn append(
    tx: &impl ConnectionTrait,
    ctx: &Context,
    now: LegalNow,
    entry: Entry,
) -> Result<(), DbErr> {
    let head = journal_head::Entity::find_by_id(HEAD)
        .lock_exclusive()
        .one(tx)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("journal_head".to_owned()))?;
    let actor = match &ctx.actor {
        Actor::Account { .. } => "account".to_owned(),
        Actor::Machine(machine) => format!("machine:{}", machine.id),
        Actor::Task(lease) => format!("task:{}", lease.kind),
        Actor::Anonymous => "anonymous".to_owned(),
        Actor::System => "system".to_owned(),
    };
    let mut row = journal::Model {
        seq: head.seq + 1,
        at: now.at,
        legal_on: now.today,
        account_id: ctx.actor.account(),
        actor,
        act: entry.act.to_owned(),
        article: entry.article.map(str::to_owned),
        subject_kind: entry.subject_kind.to_owned(),
        subject_id: entry.subject_id,
        organism_id: entry.organism,
        summary: entry.summary,
        data: entry.data,
        correlation_id: ctx.correlation_id.clone(),
        prev_hash: head.hash.clone(),
        hash: String::new(),
    };
    row.hash = row_hash(&row);
    let (seq, hash) = (row.seq, row.hash.clone());
    row.into_active_model().reset_all().insert(tx).await?;
    let mut head = head.into_active_model();
    head.seq = Set(seq);
    head.hash = Set(hash);
    head.update(tx).await?;
    Ok(())
}

/// The hash of an entry: of every column but itself, each with its length, so that no two entries
/// read the same.
fn row_hash(row: &journal::Model) -> String {
    let mut text = String::new();
    let fields = [
        row.seq.to_string(),
        row.at.timestamp_micros().to_string(),
        row.legal_on.to_string(),
        row.account_id.map(|a| a.to_string()).unwrap_or_default(),
        row.actor.clone(),
        row.act.clone(),
        row.article.clone().unwrap_or_default(),
        row.subject_kind.clone(),
        row.subject_id.to_string(),
        row.organism_id.map(|o| o.to_string()).unwrap_or_default(),
        row.summary.clone(),
        canonical(&row.data),
        row.correlation_id.clone(),
        row.prev_hash.clone(),
    ];
    for field in fields {
        text.push_str(&field.len().to_string());
        text.push(':');
        text.push_str(&field);
    }
    hash(text.as_bytes())
}

/// JSON with its keys sorted, since databases may keep them in another order.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort();
            let fields: Vec<_> =
                keys.into_iter().map(|k| format!("{k:?}:{}", canonical(&map[k]))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// Every entry is as it was written; how many there are.
    Sound(i64),
    /// The first entry, by its number, that is altered, missing or out of place.
    Broken(i64),
}

/// Reads the whole journal and checks each entry against the one before, and the last against the head.
pub async fn verify(db: &impl ConnectionTrait) -> ActResult<Verification> {
    let (mut seq, mut previous) = (0_i64, String::new());
    loop {
        let page = journal::Entity::find()
            .order_by_asc(journal::Column::Seq)
            .cursor_by(journal::Column::Seq)
            .after(seq)
            .first(VERIFY_PAGE)
            .all(db)
            .await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            if row.seq != seq + 1 || row.prev_hash != previous || row.hash != row_hash(&row) {
                return Ok(Verification::Broken(seq + 1));
            }
            seq = row.seq;
            previous = row.hash;
        }
    }
    let head = journal_head::Entity::find_by_id(HEAD).one(db).await?;
    match head {
        Some(head) if head.seq == seq && head.hash == previous => Ok(Verification::Sound(seq)),
        _ => Ok(Verification::Broken(seq + 1)),
    }
}
