//! What each role reads of a rich world, by ids, through neighbours and from the root.

use crate::rules::{Rule, Rules, Word};
use crate::schema::{Schema, ids_alone};
use crate::sighting::{Sighting, Spot, is_nothing, read};
use crate::world::World;
use e2e::{Client, Watched};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How many objects are asked for at once.
pub(crate) const AT_ONCE: usize = 10;

/// How many of a type's links are followed at once.
const LINKS: usize = 3;

/// What one person read: of each object, its type and its fields.
pub(crate) type Read = BTreeMap<String, (&'static str, Sighting)>;

pub(crate) struct Walk {
    pub(crate) world: World,
    pub(crate) server: Watched,
    pub(crate) schema: Schema,
    pub(crate) rules: Rules,
    /// By role.
    read: BTreeMap<&'static str, Read>,
}

/// The objects of these ids as someone sees them, in the same order.
pub(crate) async fn nodes(client: &Client, ids: &[String], selection: &str) -> Vec<Value> {
    let query =
        format!("query($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename id {selection} }} }}");
    let data = client.query(&query, json!({ "ids": ids })).await;
    data["nodes"].as_array().expect("nodes").clone()
}

impl Walk {
    pub(crate) async fn start() -> Self {
        let world = World::live().await;
        let server = world.app.watched().await;
        let mut walk = Self {
            world,
            server,
            schema: Schema::read(),
            rules: Rules::read(),
            read: BTreeMap::new(),
        };
        let people: Vec<_> = walk.world.people.keys().copied().collect();
        for role in people {
            let read = walk.by_id(role).await;
            walk.read.insert(role, read);
        }
        walk
    }

    pub(crate) fn client(&self, role: &str) -> Client {
        self.server.client(&self.world.people[role])
    }

    /// Everything that someone reads by ids.
    async fn by_id(&self, role: &str) -> Read {
        let client = self.client(role);
        let mut read_here = Read::new();
        for (kind, ids) in &self.world.ids {
            let fields = self.schema.selection(kind, &ids_alone);
            for ids in ids.chunks(AT_ONCE) {
                let found = nodes(&client, ids, &format!("... on {kind} {{ {fields} }}")).await;
                assert_eq!(found.len(), ids.len());
                for (id, object) in ids.iter().zip(found) {
                    if !object.is_null() {
                        assert_eq!(
                            (&object["id"], &object["__typename"]),
                            (&json!(id), &json!(kind))
                        );
                        let sighting = read(&self.schema, kind, &object);
                        read_here.insert(id.clone(), (*kind, sighting));
                    }
                }
            }
        }
        read_here
    }

    /// What someone read by ids.
    pub(crate) fn read(&self, role: &str) -> &Read {
        &self.read[role]
    }

    /// Whether someone reads an object by its id.
    pub(crate) fn sees(&self, role: &str, id: &str) -> bool {
        self.read[role].contains_key(id)
    }

    /// What stood at each place of each object, by role.
    fn places(&self) -> BTreeMap<(&str, &Spot), BTreeMap<&'static str, &Value>> {
        let mut places: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for (role, read) in &self.read {
            for (id, (_, sighting)) in read {
                for (spot, value) in sighting {
                    places.entry((id.as_str(), spot)).or_default().insert(*role, value);
                }
            }
        }
        places
    }

    /// Holds every field against its rule.
    fn check(&self) {
        let mut wrong = BTreeSet::new();
        let mut readers: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for ((id, (field, path)), values) in self.places() {
            let read = || values.iter().filter(|(_, value)| !is_nothing(value));
            readers.entry(field).or_default().extend(read().map(|(role, _)| (*role).to_owned()));
            let all: BTreeSet<String> = match self.rules.of(field) {
                Some(Rule::Word(Word::Row)) => values.values().map(ToString::to_string).collect(),
                Some(Rule::These(_)) => read().map(|(_, value)| value.to_string()).collect(),
                _ => BTreeSet::new(),
            };
            if all.len() > 1 {
                wrong.insert(format!("{field}: readers differ: {values:?} ({path} of {id})"));
            }
            if self.rules.of(field) == Some(&Rule::Word(Word::Sight)) {
                wrong.extend(self.out_of_sight(field, &values));
            }
        }
        for (field, known) in readers {
            let Some(listed) = self.rules.listed(field) else { continue };
            let uninvited: Vec<_> = known.difference(&listed).collect();
            let silent: Vec<_> = listed.difference(&known).collect();
            if !uninvited.is_empty() || !silent.is_empty() {
                wrong.insert(format!("{field}: read by {uninvited:?} too, never by {silent:?}"));
            }
        }
        let first: BTreeMap<_, _> =
            wrong.iter().rev().filter_map(|line| line.split_once(": ")).collect();
        assert!(wrong.is_empty(), "{} in all, one of each field: {first:#?}", wrong.len());
    }

    /// Where a link shows what its reader may not see, or hides what they may.
    fn out_of_sight(&self, field: &str, values: &BTreeMap<&'static str, &Value>) -> Vec<String> {
        let ids = |value: &Value| -> BTreeSet<String> {
            value
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        let all: BTreeSet<String> = values.values().flat_map(|value| ids(value)).collect();
        let mut wrong = Vec::new();
        for (role, value) in values {
            let shown = ids(value);
            let seen: BTreeSet<String> =
                all.iter().filter(|id| self.sees(role, id)).cloned().collect();
            if value.as_array().is_some_and(|ids| ids.len() == 20) {
                continue;
            }
            for id in shown.difference(&seen) {
                wrong.push(format!("{field}: {role} may not see {id}"));
            }
            for id in seen.difference(&shown) {
                wrong.push(format!("{field}: {role} may see {id}"));
            }
        }
        wrong
    }

    /// Who sees how many rows of a type, and the fields that fewer read.
    fn matrix(&self) -> String {
        let mut text = String::new();
        for (kind, ids) in &self.world.ids {
            let mut groups: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
            for id in ids {
                let who = self.read.keys().copied().filter(|role| self.sees(role, id)).collect();
                *groups.entry(who).or_default() += 1;
            }
            let _ = writeln!(text, "{kind}");
            for (who, count) in groups {
                // How many tasks there are depends on what else the day brings.
                let count = if *kind == "Task" { "all".to_owned() } else { count.to_string() };
                let _ = writeln!(text, "  {count}: {}", short(&who));
            }
        }
        text
    }

    /// Holds every object seen through a neighbour against the same object by its own id, for one of those
    /// who see the same rows.
    async fn neighbours(&self) -> BTreeMap<String, usize> {
        let sights: BTreeMap<Vec<&String>, &str> =
            self.read.iter().map(|(role, read)| (read.keys().collect(), *role)).collect();
        let mut crossed = BTreeMap::new();
        for role in sights.into_values() {
            let client = self.client(role);
            for (kind, ids) in &self.world.ids {
                let from: Vec<_> =
                    ids.iter().filter(|id| self.sees(role, id)).take(AT_ONCE).cloned().collect();
                for links in self.links(role, kind).chunks(LINKS) {
                    let asked = links.iter().map(|(field, to)| self.through(kind, field, to));
                    let selection = asked.collect::<Vec<_>>().join(" ");
                    for object in nodes(&client, &from, &selection).await {
                        for (field, _) in links {
                            let spot = format!("{kind}.{field}");
                            let n = self.compare(role, &spot, &object[field]);
                            *crossed.entry(spot).or_default() += n;
                        }
                    }
                }
            }
        }
        crossed
    }

    /// The links of a type on which someone found something, with the types found there.
    fn links(&self, role: &str, kind: &str) -> Vec<(String, BTreeSet<&'static str>)> {
        let mut links: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
        let read = &self.read[role];
        for (_, sighting) in read.values().filter(|(of, _)| *of == kind) {
            for ((field, path), value) in sighting {
                let name = field.split_once('.').map_or("", |(_, name)| name);
                let direct = name == path && field.starts_with(&format!("{kind}."));
                let ids = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                for found in ids.filter_map(|id| read.get(id)).filter(|_| direct) {
                    links.entry(name.to_owned()).or_default().insert(found.0);
                }
            }
        }
        links.into_iter().collect()
    }

    /// A selection of all that the objects behind a link say.
    fn through(&self, kind: &str, field: &str, targets: &BTreeSet<&'static str>) -> String {
        let mut deeper = String::new();
        for target in targets {
            let inside = self.schema.selection(target, &ids_alone);
            let _ = write!(deeper, "... on {target} {{ {inside} }} ");
        }
        let about = &self.schema.objects[kind].fields[field];
        let selection = self.schema.of_field(kind, field, about, &|_, _| deeper.clone());
        format!("... on {kind} {{ {field} {selection} }}")
    }

    /// Compares what stands behind a link with the same objects by their ids; says how many there were.
    fn compare(&self, role: &str, spot: &str, value: &Value) -> usize {
        let objects = match &value["edges"] {
            Value::Array(edges) => edges.iter().map(|edge| edge["node"].clone()).collect(),
            _ => match value {
                Value::Null => Vec::new(),
                Value::Array(objects) => objects.clone(),
                one => vec![one.clone()],
            },
        };
        for object in &objects {
            let id = object["id"].as_str().expect("an id");
            let Some((kind, direct)) = self.read[role].get(id) else {
                panic!("{role} reaches {id} through {spot} and not by its id");
            };
            assert_eq!(&read(&self.schema, kind, object), direct, "{role}, {spot} to {id}");
        }
        objects.len()
    }
}

/// Roles in few words: everyone, everyone but, or those.
fn short(who: &[&str]) -> String {
    match who {
        [] => "nobody".to_owned(),
        _ if who.contains(&"stranger") && who.contains(&"nobody") => "anyone".to_owned(),
        _ => who.join(", "),
    }
}

/// Refusals 1 and 2: every field of every object, asked for by every role: what came back is what the
/// table of rules says, and an object seen through a neighbour shows what it shows by its own id.
#[tokio::test]
async fn everyone_reads_what_the_rules_say() {
    let walk = Walk::start().await;
    for kind in walk.schema.nodes() {
        let made = walk.world.ids.get(kind).is_some_and(|ids| !ids.is_empty());
        assert!(made, "nothing of type {kind} in the world: add it to walls/world.rs");
    }
    walk.check();
    insta::assert_snapshot!("rows", walk.matrix());
    walk.roots().await;
    walk.never_null_reads_nothing().await;
    let crossed = walk.neighbours().await;
    let total: usize = crossed.values().sum();
    assert!(total > 1_000, "{total} objects seen through {} links", crossed.len());
}
