//! What each role reads from the root.

use crate::reading::Walk;
use crate::rules::{Rule, Word};
use crate::schema::{Behind, Field};
use crate::sighting::{ids, is_nothing};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What must be said to ask for a field of the root.
fn arguments(field: &str, about: &Field) -> String {
    let said = match field {
        "explainDeadline" => {
            "(amount: 20, startedOn: \"2026-02-10\", unit: WORKING_DAY)".to_owned()
        }
        "explainDeadlineOfKind" => "(kind: APPEAL_LODGED, startedOn: \"2026-02-10\")".to_owned(),
        "organism" => format!("(siren: \"{}\")", e2e::siren(1)),
        "previewQuarter" => "(quarter: \"2026Q2\")".to_owned(),
        "verifyCertificate" => "(code: \"AAAA-AAAA-AAAA\")".to_owned(),
        _ => String::new(),
    };
    let required = about.arguments.iter().any(|a| a.required);
    assert!(!required || !said.is_empty(), "say in walls/roots.rs how {field} is asked for");
    let paged = about.arguments.iter().any(|a| a.name == "first");
    if said.is_empty() && paged { "(first: 100)".to_owned() } else { said }
}

impl Walk {
    /// Holds every field of the root against its rule, for every role.
    pub(crate) async fn roots(&self) {
        let mut wrong = BTreeSet::new();
        for (field, about) in &self.schema.objects["Query"].fields {
            if matches!(field.as_str(), "node" | "nodes") {
                continue;
            }
            let mut answers = BTreeMap::new();
            for role in self.world.people.keys() {
                answers.insert(*role, self.root(role, field, about).await);
            }
            let linked = self.schema.behind(&about.target) == Behind::Link;
            for (role, answer) in answers.iter().filter(|_| linked) {
                let found = match &answer["edges"] {
                    Value::Array(edges) => edges.iter().map(|e| e["node"].clone()).collect(),
                    _ => answer.clone(),
                };
                let shown = ids(&found);
                let shown: Vec<_> = shown.as_array().into_iter().flatten().collect();
                let of_kind = |id: &&Value| self.sees(role, id.as_str().unwrap_or_default());
                wrong.extend(
                    shown
                        .iter()
                        .filter(|id| !of_kind(id))
                        .map(|id| format!("Query.{field}: {role} may not see {id}")),
                );
                if shown.len() < 100 && answer["totalCount"].is_u64() {
                    assert_eq!(answer["totalCount"], json!(shown.len()), "{field} for {role}");
                }
            }
            match self.rules.of(&format!("Query.{field}")) {
                Some(Rule::Word(Word::Row)) => {
                    let different = answers.values().collect::<Vec<_>>();
                    if different.windows(2).any(|pair| pair[0] != pair[1]) {
                        wrong.insert(format!("Query.{field} is not the same for all: {answers:?}"));
                    }
                }
                Some(Rule::These(names)) => {
                    let known: BTreeSet<_> = answers
                        .iter()
                        .filter(|(_, v)| {
                            !is_nothing(v) && !is_nothing(&v["edges"]) || v["quarter"].is_string()
                        })
                        .map(|(role, _)| (*role).to_owned())
                        .collect();
                    if known != self.rules.roles(names) {
                        wrong.insert(format!("Query.{field}: read by {known:?}"));
                    }
                }
                _ => {}
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    async fn root(&self, role: &str, field: &str, about: &Field) -> Value {
        let inside = match self.schema.behind(&about.target) {
            Behind::Value => String::new(),
            _ => match self.schema.paged(&about.target) {
                Some(item) => {
                    let count = self.schema.count(&about.target);
                    format!("{{ {count} edges {{ node {{ {} }} }} }}", self.plain(item))
                }
                None => format!("{{ {} }}", self.plain(&about.target)),
            },
        };
        let query = format!("{{ {field} {} {inside} }}", arguments(field, about));
        let mut answer = self.client(role).raw(&query, json!({})).await;
        answer["data"][field].take()
    }

    /// The id of an object, or all that a part says.
    fn plain(&self, kind: &str) -> String {
        match self.schema.behind(kind) {
            Behind::Link => "id".to_owned(),
            _ => self.schema.selection(kind, &crate::schema::ids_alone),
        }
    }
}
