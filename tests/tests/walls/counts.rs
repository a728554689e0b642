//! The number of statements of a query does not depend on the rows that it returns: every field of every
//! object, and every list of the root, is asked for of one and of several, by someone who sees them all.

mod beside;
mod everyone;
mod met;
mod selected;

use self::everyone::{Joined, join};
use self::met::objects;
use crate::reading::{AT_ONCE, nodes};
use crate::schema::{Behind, PAGE, Schema, ids_alone};
use crate::sighting::{Sighting, read};
use crate::world::{World, everything};
use e2e::{Client, Watched};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Of how many objects a field is asked for at once.
const SEVERAL: usize = 4;
/// How many edges of the pages below them.
const EDGES: usize = 3;
/// How often each statement ran, by what it reads from where.
type Ran = BTreeMap<String, usize>;
/// Who asks, with the variables of the query.
type Asked<'a> = (&'a Client, Value);

struct Counts {
    world: World,
    server: Watched,
    schema: Schema,
    joined: Joined,
    /// What is read of the objects of each type, by their ids.
    read: BTreeMap<String, Vec<(String, Sighting)>>,
    /// Behind how many objects of those asked for at once something stood, by field; of a list of the
    /// root, how many rows.
    met: BTreeMap<String, usize>,
    wrong: BTreeMap<String, BTreeSet<String>>,
}

/// What a statement reads, of which table: one row is read by other conditions than several, and a page of one
/// parent otherwise than those of several.
fn bare(statement: &str) -> String {
    let Some((columns, from)) = statement.split_once(" FROM ") else {
        return statement.split(" WHERE ").next().unwrap_or_default().to_owned();
    };
    let named = from.strip_prefix('"').or_else(|| Some(from.split_once(" FROM \"")?.1));
    let table = named.and_then(|named| named.split('"').next()).unwrap_or(from);
    let of_table = |columns: String, name: &str| columns.replace(&format!("\"{name}\"."), "");
    let columns = [table, "page", "base"].into_iter().fold(columns.to_owned(), of_table);
    format!("{columns} FROM {table}")
}

/// The statements that ran more often for several rows than for any one of them.
fn more(several: &Ran, one: &Ran) -> BTreeSet<String> {
    let of_one = |text: &str| one.get(text).copied().unwrap_or_default();
    let more = several.iter().filter(|(text, times)| **times > of_one(text));
    more.map(|(text, times)| format!("{times} instead of {}: {text}", of_one(text))).collect()
}

impl Counts {
    async fn start() -> Self {
        let mut world = World::live().await;
        let server = world.app.watched().await;
        let joined = join(&world).await;
        world.ids = everything(&world.app).await;
        let schema = Schema::read();
        let (read, met, wrong) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut counts = Self { world, server, schema, joined, read, met, wrong };
        let kinds = counts.kinds();
        counts.read(&kinds).await;
        counts
    }

    /// The types that have ids.
    fn kinds(&self) -> Vec<&'static str> {
        self.world.ids.keys().copied().collect()
    }

    /// Reads everything of these types by its id, to know behind which objects something stands.
    async fn read(&mut self, kinds: &[&'static str]) {
        self.schema.page = PAGE;
        let client = self.server.client(&self.joined.everyone);
        for kind in kinds {
            let ids = &self.world.ids[kind];
            let fields = self.schema.selection(kind, &ids_alone);
            let mut seen = Vec::new();
            for ids in ids.chunks(AT_ONCE) {
                let found = nodes(&client, ids, &format!("... on {kind} {{ {fields} }}")).await;
                let found = ids.iter().zip(found).filter(|(_, object)| !object.is_null());
                seen.extend(found.map(|(id, o)| (id.clone(), read(&self.schema, kind, &o))));
            }
            self.read.insert((*kind).to_owned(), seen);
        }
        self.schema.page = EDGES;
    }

    async fn ran(&self, client: &Client, query: &str, variables: Value) -> (Value, Ran) {
        let (mut answer, statements) = self.server.ask(client, query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer}");
        let mut ran = Ran::new();
        for statement in statements {
            *ran.entry(bare(&statement)).or_default() += 1;
        }
        (answer["data"].take(), ran)
    }

    /// Holds the statements of several rows against those of each of them; answers what stood behind all.
    async fn compare(
        &mut self,
        spot: &str,
        query: &str,
        (several, ones): (Asked<'_>, &[Asked<'_>]),
    ) -> Value {
        let (answer, of_several) = self.ran(several.0, query, several.1).await;
        let mut of_one = Ran::new();
        let mut grown = more(&of_several, &of_one);
        for (client, variables) in ones {
            if grown.is_empty() {
                break;
            }
            for (text, times) in self.ran(client, query, variables.clone()).await.1 {
                let most = of_one.entry(text).or_default();
                *most = times.max(*most);
            }
            grown = more(&of_several, &of_one);
        }
        if !grown.is_empty() {
            self.wrong.entry(spot.to_owned()).or_default().extend(grown);
        }
        answer
    }

    /// Every field of every object that has an id, of these types.
    async fn nodes(&mut self, kinds: &[&'static str]) {
        for kind in kinds {
            let kind = (*kind).to_owned();
            let all = self.read[&kind].iter().take(SEVERAL).map(|(id, _)| id.clone()).collect();
            let mut asked = vec![(kind.clone(), self.values(&kind), all)];
            for (field, about) in self.apart(&kind) {
                let inside =
                    self.schema.of_field(&kind, field, about, &|of, field| self.deeper(of, field));
                let (spot, fields) = (format!("{kind}.{field}"), format!("{field} {inside}"));
                let groups = self.several(&kind, field).into_iter();
                asked.extend(groups.map(|ids| (spot.clone(), fields.clone(), ids)));
            }
            for (spot, fields, ids) in asked {
                self.of_nodes(&kind, &ids, &spot, &fields).await;
            }
        }
    }

    async fn of_nodes(&mut self, kind: &str, ids: &[String], spot: &str, fields: &str) {
        let query = format!(
            "query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind} {{ {fields} }} }} }}"
        );
        let everyone = self.joined.everyone.clone();
        let ones: Vec<_> = ids.iter().map(|id| (&everyone, json!({ "ids": [id] }))).collect();
        let several = (&everyone, json!({ "ids": ids }));
        let answer = self.compare(spot, &query, (several, &ones)).await;
        self.meet(kind, &objects(&answer["nodes"]));
    }

    /// Every page of the root, and of what stands there alone.
    async fn roots(&mut self) {
        let root = self.schema.objects["Query"].fields.iter();
        let alone = root.filter(|(_, about)| about.arguments.is_empty());
        let alone = alone.map(|(name, about)| (Some(name.clone()), about.target.clone()));
        let places: Vec<_> = [(None, "Query".to_owned())].into_iter().chain(alone).collect();
        for (at, kind) in places {
            for (field, item) in self.pages(&kind) {
                self.page(&format!("{kind}.{field}"), (at.as_deref(), &field), &item).await;
            }
        }
    }

    /// The pages of a type, with the types of their items.
    fn pages(&self, kind: &str) -> Vec<(String, String)> {
        let fields = self.schema.objects.get(kind).into_iter().flat_map(|object| &object.fields);
        let item = |target| self.schema.paged(target).map(str::to_owned);
        fields.filter_map(|(name, about)| Some((name.clone(), item(&about.target)?))).collect()
    }

    async fn page(&mut self, spot: &str, (at, field): (Option<&str>, &str), item: &str) {
        let inside = match self.schema.behind(item) {
            Behind::Link => self.schema.selection(item, &ids_alone),
            _ => self.schema.selection(item, &|of, field| self.deeper(of, field)),
        };
        let page = format!(
            "{field}(first: $first, after: $after) {{ edges {{ cursor node {{ {inside} }} }} }}"
        );
        let page = at.map_or(page.clone(), |at| format!("{at} {{ {page} }}"));
        let query = format!("query($first: Int, $after: String) {{ {page} }}");
        let within = |answer: &Value| at.map_or(&answer[field], |at| &answer[at][field]).clone();
        let start = (field == "candidateChanges").then(|| self.joined.before.clone());
        let everyone = self.joined.everyone.clone();
        let asked = |first, after| (&everyone, json!({ "first": first, "after": after }));
        let (_, all) = asked(100, json!(start));
        let found = within(&self.ran(&everyone, &query, all.clone()).await.0);
        let cursors = found["edges"].as_array().into_iter().flatten().map(|e| e["cursor"].clone());
        let before = [json!(start)].into_iter().chain(cursors).take(objects(&found).len());
        let ones: Vec<_> = before.map(|after| asked(1, after)).collect();
        let answer = self.compare(spot, &query, ((&everyone, all), &ones)).await;
        let answer = within(&answer);
        let rows = objects(&answer);
        self.met.insert(spot.to_owned(), rows.len());
        self.meet(item, &rows);
    }

    /// The one list of the root that is no page: a viewer's roles.
    async fn roles(&mut self) {
        let fields: Vec<_> =
            self.apart("ViewerRole").into_iter().map(|(field, _)| field.to_owned()).collect();
        let (everyone, someone) = (self.joined.everyone.clone(), self.joined.someone.clone());
        for field in fields {
            let inside = self.deeper("ViewerRole", &field);
            let query = format!("{{ viewer {{ roles {{ {field} {{ {inside} }} }} }} }}");
            let (several, few) = ((&everyone, json!({})), (&someone, json!({})));
            let answer = self.compare("Viewer.roles", &query, (several, &[few])).await;
            let roles = objects(&answer["viewer"]["roles"]);
            self.met.insert("Viewer.roles".to_owned(), roles.len());
            self.meet("ViewerRole", &roles);
        }
    }
}

/// One statement more for a row more would be a hundred for a page: whatever is read, is read at once.
#[tokio::test]
async fn statements_do_not_depend_on_rows() {
    let mut counts = Counts::start().await;
    let kinds = counts.kinds();
    counts.nodes(&kinds).await;
    counts.roots().await;
    counts.roles().await;
    // The end of their terms is told and written of habilitations themselves.
    counts.world.app.on("2029-02-11").await;
    counts.read(&["Habilitation"]).await;
    counts.nodes(&["Habilitation"]).await;
    assert!(counts.wrong.is_empty(), "read once a row: {:#?}", counts.wrong);
    let unmet = counts.unmet();
    assert!(
        unmet.is_empty(),
        "give two of them to walls/world.rs, or strike them out of ONCE: {unmet:#?}"
    );
}
