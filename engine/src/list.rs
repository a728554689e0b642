//! The items of a list.

use crate::json;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};
use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// A list whose items are resolved in place, as the fields of an object: for more than thirty the library queues a task
/// each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<T: OutputType> OutputType for List<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        let items = self.0.iter().enumerate().map(|(n, item)| {
            let ctx = ctx.with_index(n);
            async move {
                let value = item.resolve(&ctx, field).await;
                value.map_err(|error| ctx.set_error_path(error))
            }
        });
        let items = resolve(items).await?;
        json::told(ctx, Value::List(items))
    }
}

/// The values of the items, in order. All are begun before any is waited for; those that need not wait share one
/// place in memory. The first error ends it.
async fn resolve<F: Future<Output = ServerResult<Value>>>(
    mut items: impl ExactSizeIterator<Item = F>,
) -> ServerResult<Vec<Value>> {
    let mut values = Vec::with_capacity(items.len());
    let mut waiting: Vec<(usize, Pin<Box<Option<F>>>)> = Vec::new();
    poll_fn(|cx| {
        let mut failed = None;
        waiting.retain_mut(|(n, item)| {
            if failed.is_some() {
                return true;
            }
            let Some(Poll::Ready(value)) = item.as_mut().as_pin_mut().map(|item| item.poll(cx))
            else {
                return true;
            };
            match (value, values.get_mut(*n)) {
                (Ok(value), Some(known)) => *known = value,
                (Ok(_), None) => {}
                (Err(error), _) => failed = Some(error),
            }
            false
        });
        if let Some(error) = failed {
            return Poll::Ready(Err(error));
        }
        // All are begun at once: no place is kept for later.
        let mut free: Option<Pin<Box<Option<F>>>> = None;
        for item in items.by_ref() {
            let mut at = free.take().unwrap_or_else(|| Box::pin(None));
            at.set(Some(item));
            match at.as_mut().as_pin_mut().map(|item| item.poll(cx)) {
                Some(Poll::Ready(Ok(value))) => {
                    values.push(value);
                    free = Some(at);
                }
                Some(Poll::Ready(Err(error))) => return Poll::Ready(Err(error)),
                Some(Poll::Pending) | None => {
                    waiting.push((values.len(), at));
                    values.push(Value::Null);
                }
            }
        }
        if waiting.is_empty() { Poll::Ready(Ok(())) } else { Poll::Pending }
    })
    .await?;
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::List;
    use crate::{
        EmptyMutation, EmptySubscription, Error, Object, PathSegment, Response, Schema, json,
    };
    use std::sync::Arc;
    use tokio::sync::Barrier;

    struct Query;

    /// One of several that wait for one another, but every third.
    struct Item(i32, Arc<Barrier>);

    #[Object(crate = "crate")]
    impl Query {
        async fn items(&self, count: i32) -> List<Item> {
            let waiting = (0..count).filter(|n| n % 3 != 0).count();
            let barrier = Arc::new(Barrier::new(waiting));
            (0..count).map(|n| Item(n, barrier.clone())).collect()
        }
    }

    #[Object(crate = "crate")]
    impl Item {
        async fn number(&self) -> i32 {
            if self.0 % 3 != 0 {
                self.1.wait().await;
            }
            self.0
        }

        async fn below(&self, largest: i32, waits: bool) -> Result<i32, Error> {
            if waits {
                tokio::task::yield_now().await;
            }
            (self.0 < largest).then_some(self.0).ok_or_else(|| Error::new("too large"))
        }
    }

    async fn answer(query: &str) -> Response {
        Schema::new(Query, EmptyMutation, EmptySubscription).execute(query).await
    }

    #[tokio::test]
    async fn items_wait_together_and_are_answered_in_order() {
        for count in [0, 1, 5, 100] {
            let response = answer(&format!("{{ items(count: {count}) {{ number }} }}")).await;
            let numbers: Vec<_> = (0..count).map(|n| format!(r#"{{"number":{n}}}"#)).collect();
            let expected = format!(r#"{{"data":{{"items":[{}]}}}}"#, numbers.join(","));
            assert_eq!(json::to_vec(&response).expect("JSON"), expected.as_bytes());
        }
    }

    #[tokio::test]
    async fn the_library_merges_lists_that_are_selected_twice_at_the_root() {
        let query = "{ items(count: 2) { number } items(count: 2) { again: number } }";
        let expected = r#"{"data":{"items":[{"number":0,"again":0},{"number":1,"again":1}]}}"#;
        let text = json::to_vec(&answer(query).await).expect("JSON");
        assert_eq!(text, expected.as_bytes());
    }

    #[tokio::test]
    async fn an_error_tells_its_place() {
        for waits in [false, true] {
            let query = format!("{{ items(count: 5) {{ below(largest: 2, waits: {waits}) }} }}");
            let response = answer(&query).await;
            let [error, ..] = response.errors.as_slice() else { panic!("{waits}") };
            let place = |name: &str| PathSegment::Field(name.to_owned());
            assert_eq!(error.path, [place("items"), PathSegment::Index(2), place("below")]);
        }
    }

    #[test]
    fn the_schema_knows_it_as_a_list() {
        let sdl = Schema::new(Query, EmptyMutation, EmptySubscription).sdl();
        assert!(sdl.contains("items(count: Int!): [Item!]!"), "{sdl}");
    }
}
