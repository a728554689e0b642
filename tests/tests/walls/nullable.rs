//! Null is not propagated: below the root, a field that is not null never fails.

use crate::reading::Walk;
use crate::rules::{Rule, Rules, Word, is_made};
use crate::schema::{Behind, Schema, ids_alone};
use serde_json::json;

/// Never null, though read beside the row: it answers an empty text where its own row cannot be read, as once
/// that is erased. Released before it stood apart.
const ANSWERS_ANYWAY: [&str; 1] = ["Notice.recipientEmail"];

impl Walk {
    /// Asks for every field that is never null, alone: it must take no statement of its own, which could
    /// fail.
    pub(crate) async fn never_null_reads_nothing(&self) {
        let mut wrong = Vec::new();
        for (kind, ids) in &self.world.ids {
            let seen = |role: &&&str| ids.iter().any(|id| self.sees(role, id));
            let role = self.world.people.keys().find(seen).expect("someone sees one");
            let id = ids.iter().find(|id| self.sees(role, id)).expect("one is seen");
            let alone = self.statements(role, kind, id, "id").await;
            for (name, field) in &self.schema.objects[*kind].fields {
                let spot = format!("{kind}.{name}");
                if !field.nullable && !ANSWERS_ANYWAY.contains(&spot.as_str()) {
                    let inside = self.schema.of_field(kind, name, field, &ids_alone);
                    let taken = self.statements(role, kind, id, &format!("{name} {inside}")).await;
                    if taken != alone {
                        wrong.push(format!("{spot}: {taken:?}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "make nullable: {wrong:#?}");
    }

    async fn statements(&self, role: &str, kind: &str, id: &str, fields: &str) -> Vec<String> {
        let query =
            format!("query($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ {fields} }} }} }}");
        let client = &self.world.people[role];
        let (answer, statements) = self.server.ask(client, &query, json!({ "id": id })).await;
        assert!(answer["data"]["node"].is_object(), "{answer}");
        statements
    }
}

/// Null is not propagated: below the root, what another object's sight or a list of readers may hide is
/// nullable, or it would be left out of its object.
#[test]
fn what_may_be_hidden_is_nullable() {
    let (schema, rules) = (Schema::read(), Rules::read());
    let mut wrong = Vec::new();
    for (kind, object) in schema.objects.iter().filter(|(kind, _)| is_made(kind).is_none()) {
        if matches!(kind.as_str(), "Query" | "Mutation" | "Subscription") {
            continue;
        }
        for (name, field) in &object.fields {
            let rule = rules.of(&format!("{kind}.{name}"));
            let guarded = matches!(rule, Some(Rule::These(_) | Rule::Word(Word::Sight)));
            let link = schema.behind(&field.target) == Behind::Link;
            if (guarded || link) && !field.nullable {
                wrong.push(format!("{kind}.{name}"));
            }
        }
    }
    // Read with the decision, which is seen by whoever sees the application.
    wrong.retain(|spot| spot != "Decision.application");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
