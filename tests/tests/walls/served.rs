//! The world, served for others to ask.

use crate::reading::Walk;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The types whose data are nobody else's, whatever is done to the world.
const PERSONAL: [&str; 3] = ["Candidate", "Notice", "Practitioner"];
/// What is too short to be told from anything else: names of towns, of countries.
const SHORT: usize = 6;

impl Walk {
    /// The personal data that someone reads somewhere and this role nowhere.
    fn forbidden(&self, role: &str) -> BTreeSet<String> {
        let texts = |of: &str, all: bool| -> BTreeSet<String> {
            let objects = self.read(of).values();
            let objects = objects.filter(|(kind, _)| all || PERSONAL.contains(kind));
            objects
                .flat_map(|(_, sighting)| sighting.iter())
                .filter(|((field, _), _)| {
                    all || self.rules.sensitive.contains_key(field) || field.ends_with("Name")
                })
                .filter_map(|(_, value)| value.as_str())
                .filter(|text| text.len() > SHORT)
                .map(str::to_owned)
                .collect()
        };
        let known = texts(role, true);
        let all = self.world.people.keys().flat_map(|of| texts(of, false));
        all.filter(|text| !known.iter().any(|known| known.contains(text.as_str()))).collect()
    }
}

/// Writes down where the world is, who lives in it and what each may not see, and serves it until the
/// standard input ends.
#[tokio::test]
#[ignore = "serves until its standard input ends: for scripts/fuzz"]
async fn the_world_is_served() {
    let file = std::env::var("CLEA_FUZZ_WORLD").expect("where to write the world");
    let walk = Walk::start().await;
    let people = &walk.world.people;
    let forbidden: BTreeMap<_, _> =
        people.keys().map(|role| (*role, walk.forbidden(role))).collect();
    let told = json!({
        "base": walk.client("stranger").base(),
        "people": people.iter().map(|(role, c)| (*role, c.token())).collect::<BTreeMap<_, _>>(),
        "ids": walk.world.ids,
        "forbidden": forbidden,
    });
    // Whole from the moment that it is there.
    let draft = format!("{file}.draft");
    std::fs::write(&draft, told.to_string()).expect("the world is written down");
    std::fs::rename(&draft, &file).expect("the world is told of");
    let rest = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin()));
    rest.await.expect("no panic").expect("an end");
}
