//! The schema as data, and selections made from it.

use async_graphql_parser::types::{BaseType, Type, TypeKind, TypeSystemDefinition};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many edges of a page are looked at: more than the world has of anything but tasks.
pub(crate) const PAGE: usize = 20;

/// The types of the schema that the walk needs.
pub(crate) struct Schema {
    /// Object types by their names.
    pub(crate) objects: BTreeMap<String, Object>,
    /// The fields of each input type.
    pub(crate) inputs: BTreeMap<String, Vec<Argument>>,
    /// The values of each enumeration.
    pub(crate) enums: BTreeMap<String, Vec<String>>,
    /// How many edges of a page selections ask for.
    pub(crate) page: usize,
}

/// An object type.
pub(crate) struct Object {
    /// Whether it has a global id.
    pub(crate) node: bool,
    /// Its fields by their names.
    pub(crate) fields: BTreeMap<String, Field>,
}

/// A field of an object type.
pub(crate) struct Field {
    /// The type behind lists and non-null marks.
    pub(crate) target: String,
    /// Whether it may be null.
    pub(crate) nullable: bool,
    /// Its arguments.
    pub(crate) arguments: Vec<Argument>,
}

/// An argument or a field of an input type.
pub(crate) struct Argument {
    /// Its name.
    pub(crate) name: String,
    /// The type behind lists and non-null marks.
    pub(crate) target: String,
    /// Whether several are given.
    pub(crate) list: bool,
    /// Whether one must be given.
    pub(crate) required: bool,
}

/// What stands behind a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behind {
    /// A scalar or an enumeration.
    Value,
    /// An object of its own, or several, or a page of them.
    Link,
    /// An object that is part of this one.
    Part,
}

fn named(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(inner) => named(inner),
    }
}

impl Schema {
    /// The product's.
    pub(crate) fn read() -> Self {
        let document = async_graphql_parser::parse_schema(api::sdl()).expect("the schema reads");
        let (mut objects, mut inputs, mut enums) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let argument = |a: &async_graphql_parser::types::InputValueDefinition| Argument {
            name: a.name.node.to_string(),
            target: named(&a.ty.node),
            list: matches!(a.ty.node.base, BaseType::List(_)),
            required: !a.ty.node.nullable && a.default_value.is_none(),
        };
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = definition.node.name.node.to_string();
            match definition.node.kind {
                TypeKind::Object(object) => {
                    let field = |f: &async_graphql_parser::types::FieldDefinition| Field {
                        target: named(&f.ty.node),
                        nullable: f.ty.node.nullable,
                        arguments: f.arguments.iter().map(|a| argument(&a.node)).collect(),
                    };
                    let fields = object.fields.iter();
                    let fields =
                        fields.map(|f| (f.node.name.node.to_string(), field(&f.node))).collect();
                    let node = object.implements.iter().any(|i| i.node == "Node");
                    objects.insert(name, Object { node, fields });
                }
                TypeKind::InputObject(input) => {
                    inputs.insert(name, input.fields.iter().map(|f| argument(&f.node)).collect());
                }
                TypeKind::Enum(kind) => {
                    let values = kind.values.iter().map(|v| v.node.value.node.to_string());
                    enums.insert(name, values.collect::<Vec<_>>());
                }
                _ => {}
            }
        }
        Self { objects, inputs, enums, page: PAGE }
    }

    /// The names of the types with global ids.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &str> {
        self.objects.iter().filter(|(_, o)| o.node).map(|(name, _)| name.as_str())
    }

    /// What stands behind a field of this type.
    pub(crate) fn behind(&self, target: &str) -> Behind {
        match self.objects.get(target) {
            None if target == "Node" => Behind::Link,
            None => Behind::Value,
            Some(object) if object.node => Behind::Link,
            Some(_) => match self.paged(target) {
                Some(item) => self.behind(item),
                None => Behind::Part,
            },
        }
    }

    /// The type of a page's items; none when the type is no page.
    pub(crate) fn paged(&self, target: &str) -> Option<&str> {
        let edges = self.objects.get(target)?.fields.get("edges")?;
        Some(&self.objects.get(&edges.target)?.fields.get("node")?.target)
    }

    /// `totalCount`, where pages of this type have it.
    pub(crate) fn count(&self, target: &str) -> &'static str {
        let counted = self.objects.get(target).is_some_and(|o| o.fields.contains_key("totalCount"));
        if counted { "totalCount" } else { "" }
    }

    /// Everything that an object of this type says of itself, its parts included, and the ids behind its
    /// links; `deeper` tells what else to ask of what stands behind a link.
    pub(crate) fn selection(&self, name: &str, deeper: &dyn Fn(&str, &str) -> String) -> String {
        let mut text = String::new();
        for (field, about) in &self.objects[name].fields {
            if about.arguments.iter().any(|a| a.required) {
                continue;
            }
            let _ = write!(text, "{field} {} ", self.of_field(name, field, about, deeper));
        }
        text
    }

    /// What follows a field's name in a selection.
    pub(crate) fn of_field(
        &self,
        name: &str,
        field: &str,
        about: &Field,
        deeper: &dyn Fn(&str, &str) -> String,
    ) -> String {
        let paged = about.arguments.iter().any(|a| a.name == "first");
        let page = if paged { format!("(first: {})", self.page) } else { String::new() };
        let item = self.paged(&about.target);
        let inside = match self.behind(&about.target) {
            Behind::Value => return String::new(),
            Behind::Link => format!("__typename id {}", deeper(name, field)),
            Behind::Part => self.selection(item.unwrap_or(&about.target), deeper),
        };
        match item {
            Some(_) => {
                let count = self.count(&about.target);
                format!("{page} {{ {count} edges {{ node {{ {inside} }} }} }}")
            }
            None => format!("{page} {{ {inside} }}"),
        }
    }
}

/// Nothing more than the ids.
pub(crate) fn ids_alone(_: &str, _: &str) -> String {
    String::new()
}
