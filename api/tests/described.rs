//! Every type, field, argument, enumeration value and input field of the schema has a description.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};

/// What is not described, by path.
#[derive(Default)]
struct Missing(Vec<String>);

impl Missing {
    fn check(&mut self, path: &str, description: Option<&Positioned<String>>) {
        if description.is_none_or(|text| text.node.trim().is_empty()) {
            self.0.push(path.to_owned());
        }
    }

    fn inputs(&mut self, path: &str, inputs: &[Positioned<InputValueDefinition>]) {
        for input in inputs {
            let path = format!("{path}.{}", input.node.name.node);
            self.check(&path, input.node.description.as_ref());
        }
    }

    fn fields(&mut self, of: &Name, fields: &[Positioned<FieldDefinition>]) {
        for field in fields {
            let path = format!("{of}.{}", field.node.name.node);
            self.check(&path, field.node.description.as_ref());
            self.inputs(&path, &field.node.arguments);
        }
    }

    fn type_definition(&mut self, definition: &TypeDefinition) {
        let name = &definition.name.node;
        self.check(name, definition.description.as_ref());
        match &definition.kind {
            TypeKind::Scalar | TypeKind::Union(_) => {}
            TypeKind::Object(object) => self.fields(name, &object.fields),
            TypeKind::Interface(interface) => self.fields(name, &interface.fields),
            TypeKind::InputObject(input) => self.inputs(name, &input.fields),
            TypeKind::Enum(values) => {
                for value in &values.values {
                    let path = format!("{name}.{}", value.node.value.node);
                    self.check(&path, value.node.description.as_ref());
                }
            }
        }
    }
}

#[test]
fn everything_is_described() {
    let document = parse_schema(api::sdl()).expect("the schema's text is well formed");
    let mut missing = Missing::default();
    for definition in &document.definitions {
        match definition {
            TypeSystemDefinition::Type(definition) => missing.type_definition(&definition.node),
            TypeSystemDefinition::Directive(_) | TypeSystemDefinition::Schema(_) => {}
        }
    }
    assert!(missing.0.is_empty(), "not described: {:#?}", missing.0);
}

/// The mutations are the acts of the policy, what strangers do, and what ends a session.
#[test]
fn every_act_is_a_mutation_and_the_reverse() {
    let document = parse_schema(api::sdl()).expect("the schema's text is well formed");
    let mut found = Vec::new();
    for definition in &document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let TypeKind::Object(object) = &definition.node.kind else { continue };
        if definition.node.name.node == "Mutation" {
            found.extend(object.fields.iter().map(|field| field.node.name.node.to_string()));
        }
    }
    let mut expected: Vec<String> =
        service::policy::Act::ALL.iter().map(|act| act.as_str().to_owned()).collect();
    let strangers = [
        "acceptInvitation",
        "exchangeSignInCode",
        "openAccount",
        "requestPasswordReset",
        "resetPassword",
        "signIn",
    ];
    expected.extend(strangers.map(str::to_owned));
    expected.push("signOut".to_owned());
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}
