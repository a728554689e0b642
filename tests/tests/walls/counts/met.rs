//! What stood there to be counted.

use super::Counts;
use crate::rules::is_made;
use crate::schema::Behind;
use serde_json::Value;

/// Where one thing stands by nature, or nothing, and why.
const ONCE: [(&str, &str); 4] = [
    ("Certificate.timeline", "what happens to one is written of its enrolment"),
    ("Habilitation.deadlines", "the convention's are on applications and invoices"),
    ("Query.tariffs", "the board decided one tariff, and no act adds another"),
    ("Viewer.account", "a request has one viewer"),
];

/// The objects behind a field, of a page or a list or alone.
pub(super) fn objects(value: &Value) -> Vec<&Value> {
    match (value, &value["edges"]) {
        (Value::Null, _) => Vec::new(),
        (_, Value::Array(edges)) => edges.iter().map(|edge| &edge["node"]).collect(),
        (Value::Array(objects), _) => objects.iter().collect(),
        (one, _) => vec![one],
    }
}

impl Counts {
    /// Counts behind how many of these objects something stands, field by field, and so on in their parts.
    pub(super) fn meet(&mut self, kind: &str, rows: &[&Value]) {
        let fields = self.schema.objects[kind].fields.iter();
        let fields: Vec<_> =
            fields.map(|(name, about)| (name.clone(), about.target.clone())).collect();
        for (field, target) in fields {
            let behind = rows.iter().map(|row| objects(&row[&field]));
            let behind: Vec<_> = behind.filter(|objects| !objects.is_empty()).collect();
            let met = self.met.entry(format!("{kind}.{field}")).or_default();
            *met = behind.len().max(*met);
            if self.schema.behind(&target) == Behind::Part {
                let part = self.schema.paged(&target).unwrap_or(&target).to_owned();
                self.meet(&part, &behind.concat());
            }
        }
    }

    /// The links, parts and lists of the schema behind which something stood for one object at most.
    pub(super) fn unmet(&self) -> Vec<String> {
        let told = |kind: &str| {
            // Changes and events are answered one at a time.
            let one = ["Mutation", "Subscription"].contains(&kind) || kind.ends_with("Event");
            !one && is_made(kind).is_none()
        };
        let kinds = self.schema.objects.iter().filter(|(kind, _)| told(kind));
        let spots = kinds.flat_map(|(kind, object)| {
            let fields = object.fields.iter().filter(|(_, about)| match kind.as_str() {
                "Query" => self.schema.paged(&about.target).is_some(),
                _ => self.schema.behind(&about.target) != Behind::Value,
            });
            fields.map(move |(name, _)| format!("{kind}.{name}"))
        });
        let once = |spot: &str| ONCE.iter().any(|(known, _)| *known == spot);
        let met = |spot: &str| self.met.get(spot).copied().unwrap_or_default();
        spots.filter(|spot| (met(spot) < 2) != once(spot)).collect()
    }
}
