//! Plausible inputs of mutations, made from the schema.

use crate::schema::{Argument, Schema};
use serde_json::{Value, json};

/// Inputs whose ids are picked by whoever asks for them.
pub(crate) struct Inputs<'a> {
    /// The schema.
    pub(crate) schema: &'a Schema,
    /// An id of this type.
    pub(crate) pick: &'a dyn Fn(&str) -> Option<String>,
}

/// A place of an id inside an input, and the type of what it names.
#[derive(Debug, Clone)]
pub(crate) struct IdPlace {
    /// A pointer as `serde_json` reads it.
    pub(crate) pointer: String,
    /// The type.
    pub(crate) kind: String,
}

/// What an argument of this name is the id of.
///
/// # Panics
/// When the name tells nothing: it is to be added here.
pub(crate) fn kind_of(schema: &Schema, name: &str) -> String {
    let bare = name.trim_end_matches("Ids").trim_end_matches("Id");
    let known = match bare {
        "alert" => "EdofAlert",
        "grant" => "AccountGrant",
        "credential" => "MachineCredential",
        "session" => "SignInSession",
        "evaluator" | "member" | "trainer" | "keptPractitioner" | "mergedPractitioner" => {
            "Practitioner"
        }
        _ => "",
    };
    let found = schema.nodes().find(|kind| *kind == known || kind.eq_ignore_ascii_case(bare));
    found.unwrap_or_else(|| panic!("say in walls/inputs.rs what {name} is the id of")).to_owned()
}

impl Inputs<'_> {
    /// An input of this type: what is required, and the ids.
    pub(crate) fn of(&self, input: &str) -> Value {
        let fields = self.schema.inputs[input].iter();
        let given = fields.filter(|f| f.required).map(|f| (f.name.clone(), self.field(f)));
        Value::Object(given.collect())
    }

    fn field(&self, field: &Argument) -> Value {
        let one = self.value(&field.name, &field.target);
        if field.list { json!([one]) } else { one }
    }

    fn value(&self, name: &str, target: &str) -> Value {
        match target {
            "ID" => json!((self.pick)(&kind_of(self.schema, name)).unwrap_or_default()),
            "Int" => json!(1),
            "Cents" => json!(100),
            "Boolean" => json!(true),
            "Date" => json!("2026-04-01"),
            "String" => json!(text(name)),
            other => match self.schema.enums.get(other) {
                Some(values) => json!(values[0]),
                None => self.of(other),
            },
        }
    }

    /// Every place of an id inside an input of this type.
    pub(crate) fn places(&self, input: &str) -> Vec<IdPlace> {
        let mut places = Vec::new();
        for field in &self.schema.inputs[input] {
            let item = if field.list { "/0" } else { "" };
            let pointer = format!("/{}{item}", field.name);
            if field.target == "ID" {
                places.push(IdPlace { pointer, kind: kind_of(self.schema, &field.name) });
            } else if self.schema.inputs.contains_key(&field.target) {
                let deeper = self.places(&field.target).into_iter();
                places.extend(deeper.map(|place| IdPlace {
                    pointer: format!("{pointer}{}", place.pointer),
                    kind: place.kind,
                }));
            }
        }
        places
    }
}

fn text(name: &str) -> String {
    match name {
        "siren" => e2e::siren(700),
        "email" | "contactEmail" | "providerEmail" => "provider@certif-pro.example".to_owned(),
        "code" | "competence" => "1-1".to_owned(),
        "criterion" => "PRACTITIONERS".to_owned(),
        "postalCode" => "44000".to_owned(),
        "status" => "5.1.1".to_owned(),
        _ => format!("Texte de {name}"),
    }
}
