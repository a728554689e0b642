//! The fields of one object.

use crate::json;
use async_graphql::indexmap::IndexMap;
use async_graphql::indexmap::map::Entry;
use async_graphql::parser::types::Selection;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Name, Positioned, ServerResult, Value,
};
use pin_project_lite::pin_project;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{self, Poll};

/// Resolves the fields of an object that a query selects; takes the place of the library's function of this name.
///
/// # Errors
/// As the library's: what a field meets is an error of its own, and leaves its key out.
pub async fn resolve_container<'a, T: ContainerType + ?Sized>(
    ctx: &ContextSelectionSet<'a>,
    root: &'a T,
) -> ServerResult<Value> {
    let name = root.introspection_type_name();
    let selected = &ctx.item.node.items;
    let mut fields = Vec::with_capacity(selected.len());
    collect(ctx, selected, &name, &mut fields);
    resolve(ctx, &fields, &name, &|| place(root)).await
}

/// The fields selected, those of fragments among them, in the query's order.
fn collect<'a>(
    ctx: &'a ContextSelectionSet<'a>,
    selections: &'a [Positioned<Selection>],
    name: &str,
    fields: &mut Vec<Context<'a>>,
) {
    for selection in selections {
        let (on, set) = match &selection.node {
            Selection::Field(field) => {
                fields.push(ctx.with_field(field));
                continue;
            }
            Selection::FragmentSpread(spread) => {
                let found = ctx.query_env.fragments.get(&spread.node.fragment_name.node);
                // A query with an unknown fragment was refused before.
                let Some(fragment) = found else { continue };
                (Some(&fragment.node.type_condition), &fragment.node.selection_set)
            }
            Selection::InlineFragment(fragment) => {
                (fragment.node.type_condition.as_ref(), &fragment.node.selection_set)
            }
        };
        let applies = on.is_none_or(|on| {
            let on = on.node.on.node.as_str();
            let interfaces = ctx.schema_env.registry.implements.get(name);
            on == name || interfaces.is_some_and(|interfaces| interfaces.contains(on))
        });
        if applies {
            collect(ctx, &set.node.items, name, fields);
        }
    }
}

type Resolved = ServerResult<Option<Value>>;

/// Where a field is resolved. It is as large as the future of the type's largest field: those that need not wait use
/// one in turn. Known by this trait alone, or the future would stand in what its own `Send` is worked out from.
trait Place<'a>: Send {
    /// Puts this field in the place of the last one.
    fn begin(self: Pin<&mut Self>, field: &'a Context<'a>);
    /// Goes on with the field; there is none before the first was begun.
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Resolved>;
}

type Placed<'a> = Pin<Box<dyn Place<'a> + 'a>>;

pin_project! {
    struct Of<M, F> {
        make: M,
        #[pin]
        future: Option<F>,
    }
}

impl<'a, M, F> Place<'a> for Of<M, F>
where
    M: Fn(&'a Context<'a>) -> F + Send,
    F: Future<Output = Resolved> + Send,
{
    fn begin(self: Pin<&mut Self>, field: &'a Context<'a>) {
        let mut this = self.project();
        let future = (this.make)(field);
        this.future.set(Some(future));
    }

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Resolved> {
        self.project().future.as_pin_mut().map_or(Poll::Ready(Ok(None)), |field| field.poll(cx))
    }
}

/// A place for the fields of this object.
fn place<'a, T: ContainerType + ?Sized>(root: &'a T) -> Placed<'a> {
    Box::pin(Of { make: |field: &'a Context<'a>| root.resolve_field(field), future: None })
}

/// The object of the fields, as its text. All are begun in order before any is waited for: what they ask for can be
/// read together. Not generic, so that it is compiled once and not for each type of the schema.
async fn resolve<'a>(
    ctx: &ContextSelectionSet<'a>,
    fields: &'a [Context<'a>],
    name: &str,
    place: &(dyn Fn() -> Placed<'a> + Sync),
) -> ServerResult<Value> {
    let once = each_once(fields);
    let mut text = Vec::with_capacity(fields.len() * FIELD);
    // What stands behind a field that waits, and what must be merged.
    let mut later: Vec<(&Context<'a>, Option<Resolved>)> = Vec::new();
    let mut waiting: Vec<(usize, Placed<'a>)> = Vec::new();
    let mut rest = fields.iter();
    poll_fn(|cx| {
        waiting.retain_mut(|(n, field)| match field.as_mut().poll(cx) {
            Poll::Ready(value) => {
                if let Some((_, known)) = later.get_mut(*n) {
                    *known = Some(value);
                }
                false
            }
            Poll::Pending => true,
        });
        // All are begun at once: no place is kept for later.
        let mut free = None;
        for field in rest.by_ref() {
            let value = if field.item.node.name.node == "__typename" {
                Some(Ok(Some(Value::String(name.to_owned()))))
            } else {
                let mut at = free.take().unwrap_or_else(place);
                at.as_mut().begin(field);
                match at.as_mut().poll(cx) {
                    Poll::Ready(value) => {
                        free = Some(at);
                        Some(value)
                    }
                    Poll::Pending => {
                        waiting.push((later.len(), at));
                        None
                    }
                }
            };
            match value {
                Some(value) if once && later.is_empty() => tell(field, value, &mut text)?,
                value => later.push((field, value)),
            }
        }
        if waiting.is_empty() { Poll::Ready(ServerResult::Ok(())) } else { Poll::Pending }
    })
    .await?;
    let later = later.into_iter().filter_map(|(field, value)| Some((field, value?)));
    let object = if once {
        for (field, value) in later {
            tell(field, value, &mut text)?;
        }
        if text.is_empty() {
            Value::Null
        } else {
            text.push(b'}');
            Value::Binary(text.into())
        }
    } else {
        let mut object = IndexMap::with_capacity(fields.len());
        for (field, value) in later {
            if let Some(value) = known(field, value) {
                insert(&mut object, field.item.node.response_key().node.clone(), value)?;
            }
        }
        if object.is_empty() { Value::Null } else { Value::Object(object) }
    };
    // Null is what the library answers where nothing of an object could be told.
    if object == Value::Null { Ok(object) } else { json::told(ctx, object) }
}

/// How long the text of a field is, about.
const FIELD: usize = 40;

/// Whether no response key is selected twice.
fn each_once(fields: &[Context<'_>]) -> bool {
    let keys = fields.iter().map(|field| field.item.node.response_key().node.as_str());
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    keys.windows(2).all(|pair| pair.first() != pair.last())
}

/// What a field was resolved to; none where it failed, which is told.
fn known(field: &Context<'_>, value: Resolved) -> Option<Value> {
    match value {
        Ok(value) => Some(value.unwrap_or_default()),
        Err(error) => {
            field.add_error(error);
            None
        }
    }
}

/// Writes a field at the end of its object's text.
fn tell(field: &Context<'_>, value: Resolved, text: &mut Vec<u8>) -> ServerResult<()> {
    let Some(value) = known(field, value) else { return Ok(()) };
    json::key(&field.item.node.response_key().node, text.is_empty(), text);
    json::write(&value, text)
}

/// One response key once: what is selected under it twice is merged.
fn insert(object: &mut IndexMap<Name, Value>, name: Name, value: Value) -> ServerResult<()> {
    match object.entry(name) {
        Entry::Vacant(entry) => {
            entry.insert(value);
            Ok(())
        }
        Entry::Occupied(mut known) => merge(known.get_mut(), value),
    }
}

/// Adds to what is known what was selected besides; texts are read for it, and for nothing else.
fn merge(known: &mut Value, value: Value) -> ServerResult<()> {
    if let Value::Binary(_) = known {
        *known = json::read(std::mem::take(known))?;
    }
    let value = if let Value::Binary(_) = value { json::read(value)? } else { value };
    match (known, value) {
        (Value::Object(known), Value::Object(value)) => {
            for (name, value) in value {
                insert(known, name, value)?;
            }
        }
        (Value::List(known), Value::List(value)) => {
            for (known, value) in known.iter_mut().zip(value) {
                merge(known, value)?;
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::types::Field;
    use crate::registry::Registry;
    use crate::{
        EmptyMutation, EmptySubscription, Error, Object, OutputType, Response, Schema, SimpleObject,
    };
    use std::borrow::Cow;
    use tokio::sync::Barrier;

    struct Query;

    /// Below the root: the library executes that one itself.
    struct Below(Barrier);

    #[derive(SimpleObject)]
    #[graphql(crate = "crate")]
    struct Pair {
        left: i32,
        right: i32,
    }

    #[Object(crate = "crate")]
    impl Query {
        async fn below(&self) -> Below {
            Below(Barrier::new(2))
        }
    }

    #[Object(crate = "crate")]
    impl Below {
        /// Goes on once the other of its kind was asked too.
        async fn waits(&self) -> i32 {
            self.0.wait().await;
            1
        }

        async fn ready(&self) -> i32 {
            2
        }

        async fn fails(&self) -> Result<i32, Error> {
            std::future::ready(Err(Error::new("refused"))).await
        }

        async fn pairs(&self) -> Vec<Pair> {
            vec![Pair { left: 1, right: 2 }, Pair { left: 3, right: 4 }]
        }
    }

    /// The text of what is below the root, and how many errors.
    async fn answer(query: &str) -> (String, usize) {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let mut response = schema.execute(query).await;
        let errors = std::mem::take(&mut response.errors);
        let text = String::from_utf8(json::to_vec(&response).expect("JSON")).expect("UTF-8");
        let below = text.strip_prefix(r#"{"data":{"below":"#);
        let below = below.and_then(|text| text.strip_suffix("}}"));
        (below.expect("what was asked for").to_owned(), errors.len())
    }

    #[tokio::test]
    async fn fields_wait_together_and_are_answered_in_the_order_of_the_query() {
        let (data, _) =
            answer("{ below { first: ready b: waits ready a: waits __typename } }").await;
        assert_eq!(data, r#"{"first":2,"b":1,"ready":2,"a":1,"__typename":"Below"}"#);
    }

    #[tokio::test]
    async fn what_is_selected_twice_is_merged() {
        let expected = r#"{"pairs":[{"left":1,"right":2},{"left":3,"right":4}],"ready":2}"#;
        for query in [
            "{ below { pairs { left } ready ... on Below { pairs { right } } ...Again } }
                fragment Again on Below { ready pairs { left } }",
            // The library merges what stands at the root.
            "{ below { pairs { left } ready } ...Again ... on Query { below { ready } } }
                fragment Again on Query { below { pairs { right } } }",
        ] {
            let (data, errors) = answer(query).await;
            assert_eq!((data.as_str(), errors), (expected, 0));
        }
    }

    #[tokio::test]
    async fn a_field_that_fails_leaves_the_others() {
        let (data, errors) = answer("{ below { fails ready pairs { left } } }").await;
        let expected = r#"{"ready":2,"pairs":[{"left":1},{"left":3}]}"#;
        assert_eq!((data.as_str(), errors), (expected, 1));
        let (data, errors) = answer("{ below { fails } }").await;
        assert_eq!((data.as_str(), errors), ("null", 1));
    }

    #[tokio::test]
    async fn directives_of_the_language_count() {
        let query = "query($no: Boolean = false) { below {
            ready @include(if: $no) pairs @skip(if: true) { left } two: ready @skip(if: $no) } }";
        let (data, _) = answer(query).await;
        assert_eq!(data, r#"{"two":2}"#);
    }

    /// A pair, resolved by both functions, called as the library's macros call them. Where the library's takes or
    /// answers something else, this does not compile.
    struct Compared(Pair);

    impl OutputType for Compared {
        fn type_name() -> Cow<'static, str> {
            Pair::type_name()
        }

        fn create_type_info(registry: &mut Registry) -> String {
            Pair::create_type_info(registry)
        }

        async fn resolve(
            &self,
            ctx: &ContextSelectionSet<'_>,
            _: &Positioned<Field>,
        ) -> ServerResult<Value> {
            let theirs = async_graphql::resolver_utils::resolve_container(ctx, &self.0).await?;
            let ours = resolve_container(ctx, &self.0).await?;
            let text = |value: &Value| json::to_vec(&Response::new(value.clone())).expect("JSON");
            assert_eq!(text(&ours), text(&theirs));
            Ok(ours)
        }
    }

    struct Either;

    #[Object(crate = "crate")]
    impl Either {
        async fn pair(&self) -> Compared {
            Compared(Pair { left: 1, right: 2 })
        }
    }

    #[tokio::test]
    async fn the_library_s_function_takes_and_answers_the_same() {
        let schema = Schema::new(Either, EmptyMutation, EmptySubscription);
        for query in [
            "{ pair { left right } }",
            "{ pair { b: right ... on Pair { left __typename } ...More } } fragment More on Pair { left }",
            "{ pair { left @skip(if: true) right @include(if: true) } }",
        ] {
            let response = schema.execute(query).await;
            assert!(response.is_ok(), "{:?}", response.errors);
        }
    }
}
