//! Queries that were parsed before, and how they were found right: clients send the same ones again and again.

use super::limits::Passed;
use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::parser::types::{
    BaseType, ExecutableDocument, OperationDefinition, OperationType, Type,
};
use async_graphql::{ServerError, ValidationResult, Value, Variables};
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// How many are kept, the last used.
const KEPT: NonZeroUsize = NonZeroUsize::new(200).expect("more than none");
/// The longest that is kept, in bytes.
const LONGEST_KEPT: usize = 5_000;
/// How many manners are kept of each, the last used.
const MANNERS: NonZeroUsize = NonZeroUsize::new(8).expect("more than none");

/// The documents of queries, by their text.
pub(crate) struct Documents(Mutex<LruCache<String, Arc<Kept>>>);

impl Default for Documents {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }
}

impl Documents {
    /// That of this text, if it was kept.
    pub(super) fn of(&self, query: &str) -> Option<Arc<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(query).cloned()
    }

    /// Keeps it if it has no act: what an act is sent with is its own, a password in its text for one.
    pub(super) fn keep(&self, query: String, document: &ExecutableDocument) {
        let queries = document.operations.iter().all(|(_, op)| op.node.ty == OperationType::Query);
        if queries && query.len() <= LONGEST_KEPT {
            let right = Mutex::new(LruCache::new(MANNERS));
            let kept = Arc::new(Kept { document: document.clone(), right });
            self.0.lock().unwrap_or_else(PoisonError::into_inner).put(query, kept);
        }
    }
}

/// A document, and the manners in which it was asked for and found right.
pub(super) struct Kept {
    pub(super) document: ExecutableDocument,
    right: Mutex<LruCache<Manner, (Passed, ValidationResult)>>,
}

/// All that the limits and the validation of an operation rest on, besides the document. What is given for the
/// variables of others is left out: they are not executed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Manner {
    operation: Option<String>,
    introspection: bool,
    variables: Vec<Given>,
}

/// What is given for a variable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Given {
    Nothing,
    Null,
    Boolean(bool),
    Integer(i64),
    /// Any, where the variable's type takes any: an `ID`, a `String`.
    Text,
}

impl Given {
    /// None where right or wrong may rest on more than this tells.
    fn of(value: Option<&Value>, declared: &Type) -> Option<Self> {
        Some(match value {
            None => Self::Nothing,
            Some(Value::Null) => Self::Null,
            Some(Value::Boolean(value)) => Self::Boolean(*value),
            Some(Value::Number(value)) => Self::Integer(value.as_i64()?),
            Some(Value::String(_)) => match &declared.base {
                BaseType::Named(name) if matches!(name.as_str(), "ID" | "String") => Self::Text,
                _ => return None,
            },
            Some(_) => return None,
        })
    }
}

impl Manner {
    /// How an operation is asked for; none where it is better looked at anew each time.
    pub(super) fn of(
        name: Option<&str>,
        operation: &OperationDefinition,
        variables: &Variables,
        introspection: bool,
    ) -> Option<Self> {
        let definitions = operation.variable_definitions.iter().map(|variable| &variable.node);
        let given = definitions.map(|v| Given::of(variables.get(&v.name.node), &v.var_type.node));
        let variables = given.collect::<Option<_>>()?;
        Some(Self { operation: name.map(str::to_owned), introspection, variables })
    }
}

impl Kept {
    /// What it was found to be, asked for in this manner.
    pub(super) fn right(&self, manner: &Manner) -> Option<(Passed, ValidationResult)> {
        self.right.lock().unwrap_or_else(PoisonError::into_inner).get(manner).copied()
    }
}

/// What a request brings to its validation: that it is known to be right, or where to keep that it is.
pub(super) enum Validity {
    Known(ValidationResult),
    Kept(Arc<Kept>, Manner, Passed),
}

/// Validates no document again that was found right in the same manner.
pub(crate) struct OnceValidated;

impl ExtensionFactory for OnceValidated {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for OnceValidated {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let validity = ctx.data_opt::<Validity>();
        if let Some(Validity::Known(result)) = validity {
            return Ok(*result);
        }
        let result = next.run(ctx).await?;
        if let Some(Validity::Kept(kept, manner, passed)) = validity {
            let mut right = kept.right.lock().unwrap_or_else(PoisonError::into_inner);
            right.put(manner.clone(), (*passed, result));
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::admit;
    use async_graphql::{EmptyMutation, EmptySubscription, ID, Object, Request, Response, Schema};
    use serde_json::{Value as Json, json};

    struct Query;

    #[Object]
    impl Query {
        async fn one(&self, id: ID) -> String {
            id.to_string()
        }

        #[graphql(complexity = "first.and_then(|n| usize::try_from(n).ok()).unwrap_or_default()")]
        async fn many(&self, first: Option<i32>, at: Option<Vec<ID>>) -> usize {
            at.map_or(0, |at| at.len()) + usize::try_from(first.unwrap_or(0)).unwrap_or(0)
        }
    }

    const QUERY: &str =
        "query One($id: ID!, $with: Boolean!) { one(id: $id) many(first: 3) @include(if: $with) }
        query Many($first: Int, $at: [ID!]) { many(first: $first, at: $at) }";

    async fn answered(known: &Documents, name: &str, variables: &Json) -> Response {
        let plain = Schema::build(Query, EmptyMutation, EmptySubscription).limit_complexity(60);
        let schema = Schema::build(Query, EmptyMutation, EmptySubscription).limit_complexity(60);
        let asked = || {
            let variables = Variables::from_json(variables.clone());
            Request::new(QUERY).operation_name(name).variables(variables)
        };
        let mut request = asked();
        admit(&mut request, true, known).expect("within the limits");
        let answer = schema.extension(OnceValidated).finish().execute(request).await;
        let told = |response: &Response| serde_json::to_value(response).expect("JSON");
        assert_eq!(told(&answer), told(&plain.finish().execute(asked()).await), "{variables}");
        answer
    }

    #[tokio::test]
    async fn what_was_found_right_is_not_validated_again_and_what_was_not_is() {
        let known = Documents::default();
        let right = |name: &str, variables: Json| {
            let kept = known.of(QUERY).expect("kept");
            let operation = crate::gate::chosen(&kept.document, Some(name)).expect("one of two");
            let variables = Variables::from_json(variables);
            let manner = Manner::of(Some(name), operation, &variables, true);
            manner.and_then(|manner| kept.right(&manner)).is_some()
        };
        let (a, b) = (json!({ "id": "a", "with": true }), json!({ "id": "b", "with": true }));
        for _ in 0..3 {
            let answer = answered(&known, "One", &a).await;
            assert!(answer.is_ok(), "{:?}", answer.errors);
        }
        assert!(right("One", b.clone()), "another id is as right");
        assert!(answered(&known, "One", &b).await.is_ok());
        let mut request =
            Request::new(QUERY).operation_name("One").variables(Variables::from_json(b));
        admit(&mut request, true, &known).expect("within the limits");
        let narrow = Schema::build(Query, EmptyMutation, EmptySubscription).limit_complexity(1);
        let answer = narrow.extension(OnceValidated).finish().execute(request).await;
        assert!(answer.is_ok(), "what validation would refuse is not asked of it: {answer:?}");
        for wrong in [json!({ "id": true, "with": true }), json!({ "id": "a", "with": "true" })] {
            for _ in 0..2 {
                answered(&known, "One", &wrong).await;
                assert!(!right("One", wrong.clone()), "{wrong}");
            }
        }
        assert!(!right("One", json!({ "id": "a", "with": false })), "not asked for yet");
        assert!(!right("Many", json!({ "first": 3 })), "another operation");
        for _ in 0..2 {
            assert!(answered(&known, "Many", &json!({ "first": 3 })).await.is_ok());
            assert!(answered(&known, "Many", &json!({ "first": 61 })).await.is_err(), "too costly");
            answered(&known, "Many", &json!({ "first": 3, "at": ["a", "b"] })).await;
            assert!(answered(&known, "Many", &json!({ "first": 3, "at": [true] })).await.is_err());
        }
        assert!(right("Many", json!({ "first": 3 })) && !right("Many", json!({ "first": 61 })));
        assert!(!right("Many", json!({ "first": 3, "at": ["a", "b"] })), "looked at each time");
    }

    #[tokio::test]
    async fn what_staff_may_read_of_the_schema_is_not_known_for_others() {
        let known = Documents::default();
        let asked = || Request::new("{ __schema { queryType { name } } }");
        for _ in 0..3 {
            let mut request = asked();
            admit(&mut request, true, &known).expect("for staff");
            let schema = Schema::build(Query, EmptyMutation, EmptySubscription);
            assert!(schema.extension(OnceValidated).finish().execute(request).await.is_ok());
            let refused = admit(&mut asked(), false, &known).expect_err("for others");
            assert_eq!(refused.code(), "INTROSPECTION_OFF");
        }
    }
}
