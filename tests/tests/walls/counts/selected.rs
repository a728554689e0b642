//! What is asked of whom.

use super::{Counts, SEVERAL};
use crate::schema::{Behind, Field};
use crate::sighting::{Sighting, is_nothing};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

impl Counts {
    /// The fields of a type that need no argument.
    fn free(&self, kind: &str) -> impl Iterator<Item = (&str, &Field)> {
        let fields = self.schema.objects[kind].fields.iter();
        let free = fields.filter(|(_, about)| about.arguments.iter().all(|a| !a.required));
        free.map(|(name, about)| (name.as_str(), about))
    }

    /// Its links, lists and parts.
    pub(super) fn apart(&self, kind: &str) -> Vec<(&str, &Field)> {
        let value = |about: &Field| self.schema.behind(&about.target) == Behind::Value;
        self.free(kind).filter(|(_, about)| !value(about)).collect()
    }

    /// Its values.
    pub(super) fn values(&self, kind: &str) -> String {
        let value = |about: &Field| self.schema.behind(&about.target) == Behind::Value;
        let values = self.free(kind).filter(|(_, about)| value(about));
        values.map(|(name, _)| name).collect::<Vec<_>>().join(" ")
    }

    /// What stands behind a link: all that it says, with the values of what is behind its own links.
    pub(super) fn deeper(&self, kind: &str, field: &str) -> String {
        let deepest = |of: &str, field: &str| {
            let values = self.targets(of, field).into_iter();
            let values = values.map(|kind| format!("... on {kind} {{ {} }}", self.values(kind)));
            values.collect::<Vec<_>>().join(" ")
        };
        let targets = self.targets(kind, field).into_iter();
        let all = targets
            .map(|kind| format!("... on {kind} {{ {} }}", self.schema.selection(kind, &deepest)));
        all.collect::<Vec<_>>().join(" ")
    }

    /// The types behind a link: those found, where it may be any.
    fn targets(&self, kind: &str, field: &str) -> BTreeSet<&str> {
        let target = &self.schema.objects[kind].fields[field].target;
        if target != "Node" {
            return BTreeSet::from([self.schema.paged(target).unwrap_or(target)]);
        }
        let spot = (format!("{kind}.{field}"), field.to_owned());
        let behind = self.read[kind].iter().filter_map(|(_, seen)| seen.get(&spot));
        let ids = behind.flat_map(|ids| ids.as_array().into_iter().flatten());
        let kind = |id: &Value| {
            let of = |rows: &[(String, Sighting)]| rows.iter().any(|(of, _)| id == of.as_str());
            self.read.iter().find(|(_, rows)| of(rows)).map(|(kind, _)| kind.as_str())
        };
        ids.filter_map(kind).collect()
    }

    /// Several objects behind whose field something stands, something different where that can be; those
    /// behind which stands a thing of another type apart, since other statements follow it.
    pub(super) fn several(&self, kind: &str, field: &str) -> Vec<Vec<String>> {
        let spot = (format!("{kind}.{field}"), field.to_owned());
        let there = self.read[kind].iter().filter_map(|(id, seen)| Some((id, seen.get(&spot)?)));
        let there = there.filter(|(_, value)| !is_nothing(value) && **value != json!(0));
        let mut met = BTreeSet::new();
        let (other, same): (Vec<_>, Vec<_>) =
            there.partition(|(_, value)| met.insert(value.to_string()));
        let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (id, value) in other.into_iter().chain(same) {
            let behind = value[0].as_str().and_then(|id| id.split_once('_'));
            let group = groups.entry(behind.map_or("", |(kind, _)| kind)).or_default();
            if group.len() < SEVERAL {
                group.push(id.clone());
            }
        }
        groups.into_values().collect()
    }
}
