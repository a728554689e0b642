//! What one may not see answers like what does not exist: the same body, and the same statements.

use crate::inputs::{Inputs, kind_of};
use crate::schema::Schema;
use crate::world::World;
use e2e::{Client, Watched};
use entity::ids::OrganismId;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Who asks: each sees something that the others do not.
struct Asker<'a> {
    role: &'a str,
    client: &'a Client,
    /// Two ids of each type that they do not see: the oldest and the newest.
    hidden: BTreeMap<&'a str, Vec<&'a str>>,
    /// An id of each type that they see, the last made.
    seen: BTreeMap<&'a str, &'a str>,
}

struct Hidden {
    world: World,
    server: Watched,
    schema: Schema,
    asked: usize,
    wrong: BTreeSet<String>,
}

/// An id of the same type as this one, of nothing.
fn unknown(id: &str) -> String {
    let fresh = OrganismId::new().to_string();
    let (prefix, _) = id.split_once('_').expect("an id");
    let (_, rest) = fresh.split_once('_').expect("an id");
    format!("{prefix}_{rest}")
}

impl Hidden {
    async fn start() -> Self {
        let world = World::live().await;
        let server = world.app.watched().await;
        Self { world, server, schema: Schema::read(), asked: 0, wrong: BTreeSet::new() }
    }

    /// Asks the same twice, of what is hidden and of what does not exist.
    async fn same(
        &mut self,
        what: &str,
        client: &Client,
        query: &str,
        (hidden, unknown): ((&str, Value), (&str, Value)),
    ) {
        let of_hidden = self.server.ask(client, query, hidden.1).await;
        let of_unknown = self.server.ask(client, query, unknown.1).await;
        let (of_hidden, of_unknown) = (masked(of_hidden, hidden.0), masked(of_unknown, unknown.0));
        self.compare(what, of_hidden, of_unknown);
    }

    fn compare(&mut self, what: &str, of_hidden: Answered, of_unknown: Answered) {
        self.asked += 1;
        if of_hidden.0 != of_unknown.0 {
            self.wrong.insert(format!("{what}: {} / {}", of_hidden.0, of_unknown.0));
        } else if of_hidden.1 != of_unknown.1 {
            let (of_hidden, of_unknown): (BTreeSet<_>, BTreeSet<_>) =
                (of_hidden.1.into_iter().collect(), of_unknown.1.into_iter().collect());
            let other: Vec<_> = of_hidden.symmetric_difference(&of_unknown).collect();
            self.wrong.insert(format!("{what}: other statements, or other numbers: {other:#?}"));
        }
    }

    /// What someone sees and does not see.
    async fn asker<'a>(&self, role: &'a str, client: &'a Client, ids: &'a Ids) -> Asker<'a> {
        let (mut hidden, mut seen) = (BTreeMap::new(), BTreeMap::new());
        for (kind, ids) in ids {
            let mut unseen = Vec::new();
            for ids in ids.chunks(100) {
                let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
                let (found, _) = self.server.ask(client, query, json!({ "ids": ids })).await;
                for (id, node) in ids.iter().zip(found["data"]["nodes"].as_array().expect("nodes"))
                {
                    if node.is_null() {
                        unseen.push(id.as_str());
                    } else {
                        seen.insert(*kind, id.as_str());
                    }
                }
            }
            if let (Some(first), Some(last)) = (unseen.first(), unseen.last()) {
                let some = if first == last { vec![*first] } else { vec![*first, *last] };
                hidden.insert(*kind, some);
            }
        }
        Asker { role, client, hidden, seen }
    }

    /// By `node`, `nodes` and every argument of the root that takes an id.
    async fn reading(&mut self, asker: &Asker<'_>) {
        for (kind, ids) in &asker.hidden {
            let id = ids.first().copied().unwrap_or_default();
            let (query, other) = ("query($id: ID!) { node(id: $id) { id } }", unknown(id));
            let pair = ((id, json!({ "id": id })), (other.as_str(), json!({ "id": other })));
            self.same(&format!("{}: node of {kind}", asker.role), asker.client, query, pair).await;
        }
        // Together with what is seen, whose statements are then the same.
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        let hidden: Vec<_> = asker.hidden.values().flatten().copied().collect();
        let others: Vec<_> = hidden.iter().map(|id| unknown(id)).collect();
        let seen: Vec<_> = asker.seen.values().copied().collect();
        let with = |ids: Vec<&str>| {
            let all = [ids, seen.clone()].concat();
            json!({ "ids": all })
        };
        let others = others.iter().map(String::as_str).collect();
        let pair = (("", with(hidden)), ("", with(others)));
        self.same(&format!("{}: nodes", asker.role), asker.client, query, pair).await;
        for id in asker.hidden.get("Document").into_iter().flatten() {
            let other = unknown(id);
            let of_hidden = self.server.page(asker.client, &format!("/documents/{id}")).await;
            let of_unknown = self.server.page(asker.client, &format!("/documents/{other}")).await;
            let what = format!("{}: page of a document", asker.role);
            self.compare(&what, masked(of_hidden, id), masked(of_unknown, &other));
        }
        for (field, argument) in self.arguments() {
            let kind = kind_of(&self.schema, &argument);
            for id in asker.hidden.get(kind.as_str()).into_iter().flatten() {
                let other = unknown(id);
                let shown = match field.as_str() {
                    "candidateChanges" => "resync edges { node { candidateId } }",
                    _ => "totalCount edges { node { id } }",
                };
                let query = format!("query($id: ID!) {{ {field}({argument}: $id) {{ {shown} }} }}");
                let pair = ((*id, json!({ "id": id })), (other.as_str(), json!({ "id": other })));
                self.same(
                    &format!("{}: {field}({argument})", asker.role),
                    asker.client,
                    &query,
                    pair,
                )
                .await;
            }
        }
    }

    /// The arguments of the root that take an id, `node` and `nodes` apart.
    fn arguments(&self) -> Vec<(String, String)> {
        let fields = self.schema.objects["Query"].fields.iter();
        let fields = fields.filter(|(name, _)| !matches!(name.as_str(), "node" | "nodes"));
        let of = |(name, field): (&String, &crate::schema::Field)| -> Vec<_> {
            let ids = field.arguments.iter().filter(|a| a.target == "ID");
            ids.map(|a| (name.clone(), a.name.clone())).collect()
        };
        fields.flat_map(of).collect()
    }

    /// By every id of every mutation's input, the others being of what they see where they see any.
    async fn acting(&mut self, asker: &Asker<'_>) {
        let mutations: Vec<_> = self.schema.objects["Mutation"]
            .fields
            .iter()
            .filter_map(|(name, f)| Some((name.clone(), f.arguments.first()?.target.clone())))
            .collect();
        for (mutation, input) in mutations {
            for (pointer, pair) in self.inputs(asker, &input) {
                let query = format!(
                    "mutation($input: {input}!) {{ {mutation}(input: $input) \
                     {{ refusals {{ code field article message }} }} }}"
                );
                let what = format!("{}: {mutation}{pointer}", asker.role);
                let (hidden, unknown) = &pair;
                let wrap = |(id, input): &(String, Value)| (id.clone(), json!({ "input": input }));
                let (hidden, unknown) = (wrap(hidden), wrap(unknown));
                let pair = ((hidden.0.as_str(), hidden.1), (unknown.0.as_str(), unknown.1));
                self.same(&what, asker.client, &query, pair).await;
            }
        }
    }

    /// The inputs of a mutation, one pair for each hidden id at each place; roles in turn.
    fn inputs(&self, asker: &Asker<'_>, input: &str) -> Vec<(String, Pair)> {
        let pick = |kind: &str| {
            let hidden = || asker.hidden.get(kind).and_then(|ids| ids.first());
            asker.seen.get(kind).or_else(hidden).map(|id| (*id).to_owned())
        };
        let inputs = Inputs { schema: &self.schema, pick: &pick };
        let mut made = Vec::new();
        for place in inputs.places(input) {
            if let Some(id) = asker.hidden.get(place.kind.as_str()).and_then(|ids| ids.last()) {
                for role in self.roles(input) {
                    let with = |id: &str| {
                        let mut input = inputs.of(input);
                        if let Some(role) = &role {
                            input["role"] = json!(role);
                        }
                        set(&mut input, &place.pointer, id);
                        (id.to_owned(), input)
                    };
                    made.push((place.pointer.clone(), (with(id), with(&unknown(id)))));
                }
            }
        }
        made
    }

    /// Every role where the input names one.
    fn roles(&self, input: &str) -> Vec<Option<String>> {
        if self.schema.inputs[input].iter().any(|f| f.target == "Role") {
            self.schema.enums["Role"].iter().cloned().map(Some).collect()
        } else {
            vec![None]
        }
    }
}

/// The ids of everything, by type.
type Ids = BTreeMap<&'static str, Vec<String>>;
/// An id and the input that holds it: of what is hidden, and of what does not exist.
type Pair = ((String, Value), (String, Value));

/// An answer and the statements that it took.
type Answered = (String, Vec<String>);

/// The answer as it would be for any id.
fn masked((answer, statements): (Value, Vec<String>), id: &str) -> Answered {
    let answer = answer.to_string();
    (if id.is_empty() { answer } else { answer.replace(id, "…") }, statements)
}

/// Puts an id at its place, which an input without it lacks.
fn set(input: &mut Value, pointer: &str, id: &str) {
    match input.pointer_mut(pointer) {
        Some(place) => *place = json!(id),
        None => input[pointer.trim_start_matches('/')] = json!(id),
    }
}

/// Refusal 1: whoever asks for what they may not see is answered as if it did not exist, by the same
/// statements: neither the answer nor its time tells.
#[tokio::test]
async fn what_is_hidden_answers_like_what_does_not_exist() {
    let mut hidden = Hidden::start().await;
    let (ids, people) = (hidden.world.ids.clone(), hidden.world.people.clone());
    for (role, client) in &people {
        let asker = hidden.asker(role, client, &ids).await;
        hidden.reading(&asker).await;
        hidden.acting(&asker).await;
        for number in 1..=3 {
            let query = "query($siren: String!) { organism(siren: $siren) { id } }";
            let id = ids["Organism"][number - 1].as_str();
            if asker.hidden.get("Organism").is_some_and(|ids| ids.contains(&id)) {
                let (known, other) =
                    (e2e::siren(u32::try_from(number).expect("small")), e2e::siren(998));
                let pair = (
                    (known.as_str(), json!({ "siren": known })),
                    (other.as_str(), json!({ "siren": other })),
                );
                hidden.same(&format!("{role}: organism"), client, query, pair).await;
            }
        }
    }
    let some: Vec<_> = hidden.wrong.iter().take(10).collect();
    assert!(some.is_empty(), "{} of {}: {some:#?}", hidden.wrong.len(), hidden.asked);
    assert!(hidden.asked > 1_500, "asked {} times", hidden.asked);
}
