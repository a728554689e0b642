//! The reviewed table: who reads each field.

use crate::schema::{Behind, Schema};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// `tests/walls.toml`.
#[derive(Deserialize)]
pub(crate) struct Rules {
    /// Names for several roles.
    readers: BTreeMap<String, Vec<String>>,
    /// The fields that hold personal data, secrets or judgements, with everyone who reads them.
    pub(crate) sensitive: BTreeMap<String, Vec<String>>,
    /// The rule of each field of each type.
    types: BTreeMap<String, BTreeMap<String, Rule>>,
}

/// Who reads a field.
#[derive(Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(untagged)]
pub(crate) enum Rule {
    /// In one word.
    Word(Word),
    /// Those alone, by role or by a name of `readers`.
    These(Vec<String>),
}

/// A rule in one word.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Word {
    /// Whoever reads the object on which it stands, and the same for all of them.
    Row,
    /// Each object behind it to whoever reads it by its own id, to nobody else.
    Sight,
    /// Different by reader: what is their own.
    Own,
    /// An act: `service/src/policy.rs` tells who may do it.
    Act,
}

/// The types whose fields follow from what they are made of.
const MADE: [(&str, &[&str]); 3] = [
    ("Connection", &["edges", "pageInfo", "totalCount"]),
    ("Edge", &["cursor", "node"]),
    ("Payload", &[]),
];

/// Whether a type is a page, an edge or an answer of an act: they hold what was asked for, no more.
pub(crate) fn is_made(kind: &str) -> Option<&'static [&'static str]> {
    // Changes are not counted; whoever followed them may have to start again.
    if kind == "CandidateChangeConnection" {
        return Some(&["edges", "pageInfo", "resync"]);
    }
    MADE.iter().find(|(end, _)| kind.ends_with(end)).map(|(_, fields)| *fields)
}

impl Rules {
    /// The table.
    pub(crate) fn read() -> Self {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("walls.toml");
        let text = std::fs::read_to_string(path).expect("tests/walls.toml");
        toml::from_str(&text).expect("tests/walls.toml is a table of rules")
    }

    /// The rule of a field, as `Type.field`.
    pub(crate) fn of(&self, spot: &str) -> Option<&Rule> {
        let (kind, field) = spot.split_once('.')?;
        self.types.get(kind)?.get(field)
    }

    /// Everyone who reads a field, where the table lists them.
    pub(crate) fn listed(&self, spot: &str) -> Option<BTreeSet<String>> {
        let guarded = match self.of(spot) {
            Some(Rule::These(names)) => Some(names),
            _ => None,
        };
        self.sensitive.get(spot).or(guarded).map(|names| self.roles(names))
    }

    /// The roles that these names stand for.
    pub(crate) fn roles(&self, names: &[String]) -> BTreeSet<String> {
        let all = names.iter().flat_map(|name| match self.readers.get(name) {
            Some(roles) => self.roles(roles),
            None => BTreeSet::from([name.clone()]),
        });
        all.collect()
    }

    fn fields(&self) -> BTreeSet<String> {
        let fields = self.types.iter();
        fields.flat_map(|(k, fields)| fields.keys().map(move |f| format!("{k}.{f}"))).collect()
    }
}

fn of_schema(schema: &Schema) -> BTreeSet<String> {
    let ruled = schema.objects.iter().filter(|(kind, _)| is_made(kind).is_none());
    ruled.flat_map(|(k, o)| o.fields.keys().map(move |f| format!("{k}.{f}"))).collect()
}

/// Refusals 1 and 2: no field without a rule, no rule without a field.
#[test]
fn every_field_has_its_rule() {
    let (fields, rules) = (of_schema(&Schema::read()), Rules::read().fields());
    let missing: Vec<_> = fields.difference(&rules).collect();
    let surplus: Vec<_> = rules.difference(&fields).collect();
    assert!(missing.is_empty(), "say in tests/walls.toml who reads {missing:#?}");
    assert!(surplus.is_empty(), "no such field: {surplus:#?}");
    let unknown: Vec<_> =
        Rules::read().sensitive.into_keys().filter(|field| !fields.contains(field)).collect();
    assert!(unknown.is_empty(), "no such field: {unknown:#?}");
}

/// Refusal 2: a field whose name tells of personal data, of a secret or of why someone was refused lists
/// who reads it.
#[test]
fn sensitive_fields_list_their_readers() {
    let (sensitive, of_public) = (Rules::read().sensitive, ["Authority", "PublicSite"]);
    let told = [
        "birth",
        "sex",
        "email",
        "grounds",
        "minutes",
        "error",
        "payload",
        "diagnostic",
        "reason",
        "details",
        "secret",
        "address",
        "cvreference",
        "verification",
        "ipaddress",
    ];
    let schema = Schema::read();
    let mut missing = Vec::new();
    for (kind, object) in &schema.objects {
        let apart = is_made(kind).is_some() || of_public.contains(&kind.as_str());
        for (name, field) in object.fields.iter().filter(|_| !apart) {
            let spot = format!("{kind}.{name}");
            let low = name.to_lowercase();
            let value = schema.behind(&field.target) == Behind::Value;
            let telling = value && (low == "text" || told.iter().any(|word| low.contains(word)));
            if telling && !sensitive.contains_key(&spot) && !NOT_SENSITIVE.contains(&spot.as_str())
            {
                missing.push(spot);
            }
        }
    }
    assert!(missing.is_empty(), "say under [sensitive] who reads {missing:#?}");
}

/// Names that promise more than they hold: public wordings and public addresses.
const NOT_SENSITIVE: &[&str] = &[
    // Why a day does not count.
    "SkippedDay.reason",
];

/// Pages, edges and payloads hold nothing of their own: a page its edges and its count, a payload its
/// refusals and the object that the act answers.
#[test]
fn pages_and_payloads_hold_nothing_of_their_own() {
    let schema = Schema::read();
    for (kind, object) in &schema.objects {
        match is_made(kind) {
            Some([]) => {
                assert!(object.fields.contains_key("refusals"), "{kind}");
            }
            Some(expected) => {
                let fields: Vec<_> = object.fields.keys().map(String::as_str).collect();
                assert_eq!(&fields, expected, "{kind}");
            }
            None => {}
        }
    }
}
