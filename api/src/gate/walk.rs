//! The document, looked at once before it is validated: each fragment is measured once, so that a query
//! that spreads fragments into fragments costs no more to refuse than to read.

use super::limits::{TOO_COSTLY, TOO_DEEP, refused};
use crate::page;
use crate::rejection::Rejection;
use crate::text;
use async_graphql::parser::Positioned;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Value, Variables};
use std::collections::HashMap;

/// How deep fields may stand; the standard introspection query reaches it.
const DEEPEST: usize = 15;
/// How deep selections may, fragments counted: the library's own limit, told before it.
const DEEPEST_NESTING: usize = 32;
/// How many fields a query may have, its fragments written out.
const MOST_FIELDS: usize = 5_000;
/// How often a field may be asked for under different names, side by side.
const MOST_ALIASES: usize = 15;
/// How many directives may stand at one place.
const MOST_DIRECTIVES: usize = 10;
/// How many lists of the schema's parts may stand inside each other: tools need one, and each more
/// multiplies the answer by the size of the schema.
const MOST_NESTED_LISTS: usize = 2;

const TOO_MANY_ALIASES: Rejection = refused(
    "TOO_MANY_ALIASES",
    "Un même champ est demandé plus de 15 fois côte à côte : faites plusieurs requêtes.",
);
const TOO_MANY_DIRECTIVES: Rejection =
    refused("TOO_MANY_DIRECTIVES", "Plus de 10 directives se suivent au même endroit.");
const CYCLE: Rejection =
    refused("FRAGMENT_CYCLE", "Un fragment se contient lui-même, directement ou par un autre.");
const INTROSPECTION_OFF: Rejection = refused(
    "INTROSPECTION_OFF",
    "Le schéma ne se lit ici qu’avec la session d’un membre d’une autorité.",
);

/// What a selection holds once its fragments are written out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Measure {
    /// How deep its fields stand.
    depth: usize,
    /// How deep its selections do.
    nesting: usize,
    fields: usize,
    /// How many lists of the schema's parts stand inside each other.
    lists: usize,
}

impl Measure {
    fn check(self) -> Result<(), Rejection> {
        if self.depth > DEEPEST || self.nesting > DEEPEST_NESTING {
            return Err(TOO_DEEP);
        }
        if self.fields > MOST_FIELDS { Err(TOO_COSTLY) } else { Ok(()) }
    }

    /// Beside another.
    fn and(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            nesting: self.nesting.max(other.nesting),
            fields: self.fields.saturating_add(other.fields),
            lists: self.lists.max(other.lists),
        }
    }
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    /// The operation to execute, where it is known.
    operation: Option<&'a OperationDefinition>,
    introspection: bool,
    /// The fragments met; none for one that is being measured.
    fragments: HashMap<&'a str, Option<Measure>>,
}

/// Refuses a document that exceeds a limit.
pub(super) fn check(
    document: &ExecutableDocument,
    variables: &Variables,
    operation: Option<&OperationDefinition>,
    introspection: bool,
) -> Result<(), Rejection> {
    let fragments = HashMap::new();
    let mut walk = Walk { document, variables, operation, introspection, fragments };
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        directives(&operation.directives)?;
        for variable in &operation.variable_definitions {
            directives(&variable.node.directives)?;
            let default = variable.node.default_value.as_ref();
            let bad = default.and_then(|v| text::of_argument(&variable.node.name.node, &v.node));
            bad.map_or(Ok(()), Err)?;
        }
        walk.set(&operation.selection_set.node, 0)?.check()?;
        walk.aliases(&operation.selection_set.node, true)?;
    }
    // Those that nothing spreads are validated too.
    document.fragments.keys().try_for_each(|name| walk.fragment(name, 0)?.check())
}

/// How many fields stand at the root of an operation that was checked.
pub(super) fn root_fields(document: &ExecutableDocument, operation: &OperationDefinition) -> u32 {
    let mut fields = Vec::new();
    gather(document, &operation.selection_set.node, &mut Vec::new(), &mut fields);
    u32::try_from(fields.len()).unwrap_or(u32::MAX)
}

/// The fields of a selection, those of its fragments included, each fragment once.
fn gather<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    seen: &mut Vec<&'a str>,
    fields: &mut Vec<&'a Field>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => fields.push(&field.node),
            Selection::InlineFragment(inline) => {
                gather(document, &inline.node.selection_set.node, seen, fields);
            }
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                let Some(fragment) = document.fragments.get(name) else { continue };
                if !seen.contains(&name) {
                    seen.push(name);
                    gather(document, &fragment.node.selection_set.node, seen, fields);
                }
            }
        }
    }
}

fn directives(directives: &[Positioned<Directive>]) -> Result<(), Rejection> {
    if directives.len() > MOST_DIRECTIVES { Err(TOO_MANY_DIRECTIVES) } else { Ok(()) }
}

impl<'a> Walk<'a> {
    fn set(&mut self, set: &'a SelectionSet, above: usize) -> Result<Measure, Rejection> {
        if above > DEEPEST_NESTING {
            return Err(TOO_DEEP);
        }
        let mut whole = Measure::default();
        for selection in &set.items {
            directives(selection.node.directives())?;
            let part = match &selection.node {
                Selection::Field(field) => self.field(&field.node, above)?,
                Selection::InlineFragment(inline) => {
                    self.set(&inline.node.selection_set.node, above + 1)?
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, above)?
                }
            };
            whole = whole.and(part);
        }
        Ok(Measure { nesting: whole.nesting + 1, ..whole })
    }

    /// A fragment that is not defined is for validation to tell.
    fn fragment(&mut self, name: &str, above: usize) -> Result<Measure, Rejection> {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Measure::default());
        };
        match self.fragments.get(name.as_str()) {
            Some(Some(measure)) => return Ok(*measure),
            Some(None) => return Err(CYCLE),
            None => {}
        }
        self.fragments.insert(name, None);
        directives(&fragment.node.directives)?;
        let measure = self.set(&fragment.node.selection_set.node, above + 1)?;
        self.fragments.insert(name, Some(measure));
        Ok(measure)
    }

    fn field(&mut self, field: &'a Field, above: usize) -> Result<Measure, Rejection> {
        let name = field.name.node.as_str();
        let asks_the_schema = matches!(name, "__schema" | "__type");
        if asks_the_schema && !self.introspection {
            return Err(INTROSPECTION_OFF);
        }
        self.arguments(field)?;
        let below = if field.selection_set.node.items.is_empty() {
            Measure::default()
        } else {
            let below = self.set(&field.selection_set.node, above + 1)?;
            self.aliases(&field.selection_set.node, false)?;
            below
        };
        if asks_the_schema && below.lists > MOST_NESTED_LISTS {
            return Err(TOO_DEEP);
        }
        let list = matches!(name, "fields" | "inputFields" | "interfaces" | "possibleTypes");
        Ok(Measure {
            depth: below.depth + 1,
            nesting: below.nesting,
            fields: below.fields.saturating_add(1),
            lists: below.lists + usize::from(list),
        })
    }

    /// How often each field is asked for in a selection: at the root every time counts, below only under
    /// different names, since the parts of a page each ask for an `id`.
    fn aliases(&self, set: &'a SelectionSet, root: bool) -> Result<(), Rejection> {
        let mut fields = Vec::new();
        gather(self.document, set, &mut Vec::new(), &mut fields);
        if fields.len() <= MOST_ALIASES {
            return Ok(());
        }
        let mut asked: Vec<_> = fields
            .iter()
            .map(|field| (field.name.node.as_str(), field.response_key().node.as_str()))
            .collect();
        asked.sort_unstable();
        if !root {
            asked.dedup();
        }
        let most = asked.chunk_by(|one, other| one.0 == other.0).map(<[_]>::len).max();
        if most.unwrap_or_default() > MOST_ALIASES { Err(TOO_MANY_ALIASES) } else { Ok(()) }
    }

    fn arguments(&self, field: &Field) -> Result<(), Rejection> {
        for (name, value) in &field.arguments {
            let name = name.node.as_str();
            let literal = value.node.clone().into_const_with(|_| Ok::<_, ()>(Value::Null));
            if let Some(bad) = text::of_argument(name, &literal.unwrap_or_default()) {
                return Err(bad);
            }
            if matches!(name, "first" | "last") {
                let given =
                    value.node.clone().into_const_with(|name| Ok::<_, ()>(self.given(&name)));
                if let Value::Number(size) = given.unwrap_or_default() {
                    page::check_size(size.as_i64()).map_err(|bad| bad.at(vec![name.to_owned()]))?;
                }
            }
        }
        Ok(())
    }

    /// What a variable stands for.
    fn given(&self, name: &str) -> Value {
        if let Some(value) = self.variables.get(name) {
            return value.clone();
        }
        let definitions = self.operation.map(|operation| operation.variable_definitions.iter());
        let definition = definitions.into_iter().flatten().find(|v| v.node.name.node == name);
        let default = definition.and_then(|definition| definition.node.default_value.as_ref());
        default.map(|value| value.node.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
