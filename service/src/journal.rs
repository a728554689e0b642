//! The journal: who did what, when and why, in a chain that shows any alteration (X.b).

mod name;

pub(crate) use name::DeclaredOrganisms;
pub use name::{Deed, Subject};

use crate::clock::LegalNow;
use crate::context::{Actor, Context};
use crate::error::ActResult;
use crate::token::hash;
use entity::ids::OrganismId;
use entity::{journal, journal_head};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryOrder, QuerySelect,
};
use serde_json::Value;
use uuid::Uuid;

const HEAD: i32 = 1;
const VERIFY_PAGE: u64 = 1000;
/// The entries of one statement.
const CHUNK: usize = 500;

/// What the journal says of something done to one object. No personal data: ids only.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The rule it rests on.
    article: Option<&'static str>,
    /// The kind of the object.
    subject_kind: &'static str,
    /// The object's id.
    subject_id: Uuid,
    /// The organism concerned.
    organism: Option<OrganismId>,
    /// In French, for people.
    summary: String,
    /// Facts for programs.
    data: Value,
}

impl Entry {
    /// An entry about an object, with its summary in French.
    pub fn new<S: Subject>(subject: S, summary: impl Into<String>) -> Self {
        Self {
            article: None,
            subject_kind: S::KIND,
            subject_id: subject.id(),
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

    /// Concerning this organism, if any.
    pub fn about(mut self, organism: impl Into<Option<OrganismId>>) -> Self {
        self.organism = organism.into();
        self
    }

    /// With facts for programs.
    pub fn with(mut self, data: Value) -> Self {
        self.data = data;
        self
    }

    /// The row that stands after the last one, whose number and hash are given.
    fn row(
        self,
        (deed, ctx, now): (Deed, &Context, LegalNow),
        (last, prev_hash): (i64, String),
    ) -> journal::Model {
        let mut row = journal::Model {
            seq: last + 1,
            at: now.at,
            legal_on: now.today,
            account_id: ctx.actor.account(),
            actor: actor(&ctx.actor),
            act: deed.as_str().to_owned(),
            article: self.article.map(str::to_owned),
            subject_kind: self.subject_kind.to_owned(),
            subject_id: self.subject_id,
            organism_id: self.organism,
            summary: self.summary,
            data: self.data,
            correlation_id: ctx.correlation_id.clone(),
            prev_hash,
            hash: String::new(),
        };
        row.hash = row_hash(&row);
        row
    }
}

/// Who acts, as entries hold it.
fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Account { .. } => "account".to_owned(),
        Actor::Machine(machine) => format!("machine:{}", machine.id),
        Actor::Task(lease) => format!("task:{}", lease.kind),
        Actor::Anonymous => "anonymous".to_owned(),
        Actor::System => "system".to_owned(),
    }
}

/// Adds the entries of an act after the last one, in their order. The head's row is locked until the
/// transaction ends: asked for as late as can be, it holds nobody up for long.
pub(crate) async fn write(
    tx: &impl ConnectionTrait,
    ctx: &Context,
    now: LegalNow,
    entries: Vec<(Deed, Entry)>,
) -> Result<(), DbErr> {
    if entries.is_empty() {
        return Ok(());
    }
    let head = journal_head::Entity::find_by_id(HEAD)
        .lock_exclusive()
        .one(tx)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("journal_head".to_owned()))?;
    let mut last = (head.seq, head.hash.clone());
    let mut rows = Vec::with_capacity(entries.len());
    for (deed, entry) in entries {
        let row = entry.row((deed, ctx, now), last);
        last = (row.seq, row.hash.clone());
        rows.push(row.into_active_model().reset_all());
    }
    while !rows.is_empty() {
        let chunk = rows.drain(..rows.len().min(CHUNK));
        journal::Entity::insert_many(chunk).exec_without_returning(tx).await?;
    }
    let mut head = head.into_active_model();
    head.seq = Set(last.0);
    head.hash = Set(last.1);
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
