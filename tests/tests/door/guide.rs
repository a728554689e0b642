//! The guide for frontend people, docs/api.md: each request that it shows is run, in its order, and must
//! answer what it shows.

use crate::story::walked;
use e2e::{Client, TestApp, node};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

const GUIDE: &str = include_str!("../../../docs/api.md");
/// Fields whose values differ from one run to the next, besides ids and instants.
const OPAQUE: [&str; 7] =
    ["token", "cursor", "startCursor", "endCursor", "correlationId", "secret", "uri"];
/// Who is invited.
const GUEST: &str = "ada@exemple.example";
/// What stands before the token of a link in a mail.
const LINKS: [&str; 2] = ["/invitations/", "/password-resets/"];

/// How a request is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Signed,
    Anonymous,
    /// By its hash alone, once the server knows it.
    Persisted,
    /// By GET, as caches see it.
    Public,
    Subscription,
}

impl Way {
    /// That of a block of this kind; none when it is no request.
    fn of(kind: &str) -> Option<Self> {
        match kind {
            "graphql" => Some(Self::Signed),
            "graphql anonymous" => Some(Self::Anonymous),
            "graphql persisted" => Some(Self::Persisted),
            "graphql public" => Some(Self::Public),
            "graphql subscription" => Some(Self::Subscription),
            _ => None,
        }
    }
}

/// A request of the guide.
struct Step {
    line: usize,
    way: Way,
    query: String,
    variables: Option<Value>,
    answer: Option<Value>,
}

/// The requests of the guide: a block `graphql`, then `json variables` where it has some, then `json answer`.
fn steps(guide: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = guide.lines().enumerate();
    while let Some((at, opening)) = lines.next() {
        let Some(kind) = opening.strip_prefix("```") else { continue };
        let block = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
        let text = block.collect::<Vec<_>>().join("\n");
        let line = at + 1;
        if let Some(way) = Way::of(kind) {
            steps.push(Step { line, way, query: text, variables: None, answer: None });
            continue;
        }
        let read = || serde_json::from_str(&text).unwrap_or_else(|e| panic!("line {line}: {e}"));
        match (kind, steps.last_mut()) {
            ("json variables", Some(step)) => step.variables = Some(read()),
            ("json answer", Some(step)) => step.answer = Some(read()),
            ("sh", _) => {}
            _ => panic!("line {line}: what is a block `{kind}`?"),
        }
    }
    steps
}

/// What the guide writes for each value that differs, and what this run has.
#[derive(Default)]
struct Known(HashMap<String, String>);

impl Known {
    /// The guide's variables with this run's values.
    fn translate(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.0.get(text).unwrap_or(text).clone()),
            Value::Array(items) => items.iter().map(|item| self.translate(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(key, value)| (key.clone(), self.translate(value))).collect()
            }
            other => other.clone(),
        }
    }

    /// Whether an answer is what the guide shows; tells where it is not.
    fn compare(&mut self, place: &str, shown: &Value, found: &Value) -> Result<(), String> {
        let differ = || Err(format!("{place}: {shown} is shown, {found} is answered"));
        match (shown, found) {
            (Value::Object(a), Value::Object(b)) => {
                // Of an error the guide shows what clients go by.
                let all = a.len() == b.len() || place.contains(".errors.");
                if !all || a.keys().any(|key| !b.contains_key(key)) {
                    return differ();
                }
                a.iter().try_for_each(|(key, value)| {
                    self.compare(&format!("{place}.{key}"), value, &b[key])
                })
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                let pairs = a.iter().zip(b).enumerate();
                pairs.into_iter().try_for_each(|(i, (value, found))| {
                    self.compare(&format!("{place}.{i}"), value, found)
                })
            }
            (Value::String(a), Value::String(b)) if differs_each_time(place, a) => {
                let alike = !is_id(a) || (is_id(b) && a[..4] == b[..4]);
                let known = self.0.entry(a.clone()).or_insert_with(|| b.clone());
                if alike && known == b { Ok(()) } else { differ() }
            }
            _ if shown == found => Ok(()),
            _ => differ(),
        }
    }
}

/// `can_01m89c59h7e6hszbk296tp3kfh`.
fn is_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(kind, rest)| kind.len() == 3 && rest.len() == 26)
}

fn differs_each_time(place: &str, text: &str) -> bool {
    let field = place.rsplit('.').next().unwrap_or_default();
    OPAQUE.contains(&field) || is_id(text) || (text.contains('T') && text.ends_with('Z'))
}

/// The token of the last link that was mailed for a person to come in by.
async fn mailed(app: &TestApp) -> Option<String> {
    app.idle().await;
    let sent = app.mails_to(GUEST);
    let lines = sent.iter().rev().flat_map(|mail| mail.text.lines());
    let mut tokens = lines.filter_map(|line| LINKS.iter().find_map(|path| line.split_once(path)));
    tokens.next().map(|(_, token)| token.to_owned())
}

/// The first event of a subscription; none where scripts are left out.
async fn first_event(
    base: &str,
    token: Option<String>,
    query: &str,
    variables: &Value,
) -> Option<Value> {
    let (token, variables) = (token.unwrap_or_default(), variables.to_string());
    let env = [
        ("CLEA_URL", base),
        ("CLEA_TOKEN", token.as_str()),
        ("CLEA_QUERY", query),
        ("CLEA_VARIABLES", variables.as_str()),
    ];
    let printed = node::run("subscribe.mjs", &env).await?;
    Some(serde_json::from_str(&printed).expect("an event as JSON"))
}

/// The answer to a query sent by its hash alone, which the server did not know at first.
async fn persisted(client: &Client, query: &str) -> Value {
    let hash = format!("{:x}", Sha256::digest(query));
    let alone = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } });
    let unknown = client.once(&alone).await.expect("an answer");
    let code = &unknown["errors"][0]["extensions"]["code"];
    assert_eq!(code, "PERSISTED_QUERY_NOT_FOUND", "{unknown}");
    let mut both = alone.clone();
    both["query"] = json!(query);
    let told = client.once(&both).await.expect("an answer");
    let found = client.once(&alone).await.expect("an answer");
    assert_eq!(found, told);
    found
}

/// The answer to a stranger's query by GET, which may be kept and asked for again by its tag.
async fn public(base: &str, query: &str) -> Value {
    let address = reqwest::Url::parse_with_params(&format!("{base}/graphql"), [("query", query)]);
    let request = reqwest::Client::new().get(address.expect("an address"));
    let again = request.try_clone().expect("it has no body");
    let answer = request.send().await.expect("an answer");
    let header = |name| answer.headers()[name].to_str().expect("readable").to_owned();
    assert!(header("cache-control").starts_with("public, max-age="), "{:?}", answer.headers());
    let same = again.header("if-none-match", header("etag")).send().await.expect("an answer");
    assert_eq!(same.status(), 304);
    answer.json().await.expect("JSON")
}

#[tokio::test]
async fn every_request_of_the_guide_answers_what_it_shows() {
    let app = walked().await;
    let base = app.stranger().base().to_owned();
    let mut known = Known::default();
    let mut token = None;
    let steps = steps(GUIDE);
    assert!(steps.len() >= 10, "the guide has its requests");
    for step in steps {
        if let Some(shown) = step.variables.as_ref().and_then(|v| v["input"]["token"].as_str()) {
            known.0.insert(shown.to_owned(), mailed(&app).await.expect("a link"));
        }
        let variables = step.variables.map_or(Value::Null, |value| known.translate(&value));
        let token_sent = token.clone().filter(|_| step.way != Way::Anonymous);
        let client = Client::new(&base, token_sent.clone());
        let found = match step.way {
            Way::Signed | Way::Anonymous => client.raw(&step.query, variables).await,
            Way::Persisted => persisted(&client, &step.query).await,
            Way::Public => public(&base, &step.query).await,
            Way::Subscription => {
                match first_event(&base, token_sent, &step.query, &variables).await {
                    Some(event) => event,
                    None => continue,
                }
            }
        };
        let shown = step.answer.unwrap_or_else(|| panic!("line {}: no answer shown", step.line));
        if let Err(why) = known.compare("answer", &shown, &found) {
            panic!("docs/api.md, line {}: {why}\nthe whole answer:\n{found:#}", step.line);
        }
        let opened = found["data"]["signIn"]["token"].as_str().map(str::to_owned);
        token = opened.or(token);
    }
}
