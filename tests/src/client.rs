//! A plain GraphQL client, as any frontend has one.

use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A caller with or without a session.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    patience: Option<Arc<Patience>>,
}

/// How a client repeats what was not answered, as a frontend on a bad network does.
#[derive(Debug, Default)]
pub struct Patience {
    repeated: AtomicU64,
}

impl Patience {
    /// How many requests were repeated so far.
    pub fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }
}

/// How long a patient client goes on.
const LONGEST: Duration = Duration::from_mins(2);
/// The pause before it repeats a request.
const PAUSE: Duration = Duration::from_millis(100);
/// How long it waits for an answer: a frozen server must not freeze the test.
const UNANSWERED: Duration = Duration::from_secs(20);
/// The inputs that know no idempotency key.
const KEYLESS: [&str; 11] = [
    "acceptInvitation",
    "advanceClock",
    "beginSecondFactor",
    "changePassword",
    "confirmSecondFactor",
    "exchangeSignInCode",
    "openAccount",
    "removeSecondFactor",
    "requestPasswordReset",
    "resetPassword",
    "signIn",
];

/// A refusal as the API tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The stable code.
    pub code: String,
    /// The field's path, joined with dots.
    pub field: String,
    /// The article; empty when there is none.
    pub article: String,
}

/// A mutation's payload.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The whole payload.
    pub payload: Value,
    /// The refusals; empty when done.
    pub refusals: Vec<Refused>,
}

impl Answer {
    /// The value at a path such as `application.id`, as text.
    ///
    /// # Panics
    /// When the mutation was refused or the value is no text.
    pub fn text(&self, path: &str) -> String {
        let done = self.done();
        at(&done.payload, path)
            .as_str()
            .unwrap_or_else(|| panic!("{path} in {}", self.payload))
            .to_owned()
    }

    /// The same, once sure that nothing was refused.
    ///
    /// # Panics
    /// When the mutation was refused.
    pub fn done(&self) -> &Self {
        assert!(self.refusals.is_empty(), "refused: {:?}", self.refusals);
        self
    }

    /// The codes of the refusals.
    pub fn codes(&self) -> Vec<&str> {
        self.refusals.iter().map(|r| r.code.as_str()).collect()
    }

    /// Checks that one of the refusals is this one; an empty article stands for none.
    ///
    /// # Panics
    /// When it is not.
    pub fn refused(&self, code: &str, field: &str, article: &str) {
        let expected =
            Refused { code: code.to_owned(), field: field.to_owned(), article: article.to_owned() };
        assert!(
            self.refusals.contains(&expected),
            "expected {expected:?}, got {:?}",
            self.refusals
        );
    }
}

/// The value at a path of names and positions, `a.0.b`; null where there is none.
pub fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(value, |value, part| match part.parse::<usize>() {
        Ok(i) => &value[i],
        Err(_) => &value[part],
    })
}

/// Whether the server says that it could not now: come back. Any other error is an answer.
fn is_outage(answer: &Value) -> bool {
    let codes = answer["errors"].as_array().into_iter().flatten();
    codes
        .filter_map(|error| error["extensions"]["code"].as_str())
        .any(|code| ["UNAVAILABLE", "TIMEOUT"].contains(&code))
}

impl Client {
    /// A caller of the server at `base`.
    pub fn new(base: &str, token: Option<String>) -> Self {
        Self { http: reqwest::Client::new(), base: base.to_owned(), token, patience: None }
    }

    /// The same, which repeats what was not answered, each mutation under one idempotency key.
    pub fn patient(&self, patience: &Arc<Patience>) -> Self {
        Self { patience: Some(patience.clone()), ..self.clone() }
    }

    /// The same, on connections of its own and without repeating anything.
    pub fn impatient(&self) -> Self {
        Self { http: reqwest::Client::new(), patience: None, ..self.clone() }
    }

    /// The same caller at another server.
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The token that it shows; none for a stranger.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The same caller under another session, or under none.
    pub fn with_token(&self, token: Option<String>) -> Self {
        Self { token, ..self.clone() }
    }

    /// The address of the server.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The whole response to a GraphQL request, as it comes.
    ///
    /// # Panics
    /// When the server does not answer JSON.
    pub async fn raw(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let Some(patience) = &self.patience else {
            return self.once(&body).await.expect("the server answers JSON");
        };
        let insisted = tokio::time::timeout(LONGEST, async {
            loop {
                match tokio::time::timeout(UNANSWERED, self.once(&body)).await {
                    Ok(Ok(answer)) if !is_outage(&answer) => return answer,
                    _ => patience.repeated.fetch_add(1, Ordering::Relaxed),
                };
                tokio::time::sleep(PAUSE).await;
            }
        });
        match insisted.await {
            Ok(answer) => answer,
            Err(elapsed) => panic!("{elapsed}: {:?}", self.once(&body).await),
        }
    }

    /// One request, its answer if one came.
    ///
    /// # Errors
    /// When no JSON came back.
    pub async fn once(&self, body: &Value) -> reqwest::Result<Value> {
        let mut request = self.http.post(format!("{}/graphql", self.base)).json(body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request.send().await?.json().await
    }

    /// The data of a query without errors.
    ///
    /// # Panics
    /// When the response holds errors.
    pub async fn query(&self, query: &str, variables: Value) -> Value {
        let mut response = self.raw(query, variables).await;
        assert!(response.get("errors").is_none(), "errors in {response}");
        response["data"].take()
    }

    /// Runs a mutation with its input, asking for these fields of its payload besides the refusals.
    ///
    /// # Panics
    /// When the response holds errors.
    pub async fn act(&self, mutation: &str, mut input: Value, fields: &str) -> Answer {
        let keyed = self.patience.is_some() && !KEYLESS.contains(&mutation);
        if keyed && input.get("idempotencyKey").is_none() {
            input["idempotencyKey"] = json!(uuid::Uuid::now_v7().to_string());
        }
        let mut kind = mutation.to_owned();
        if let Some(first) = kind.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        let mut query = String::new();
        let _ = write!(
            query,
            "mutation($input: {kind}Input!) {{ result: {mutation}(input: $input) \
             {{ {fields} refusals {{ code field article message }} }} }}"
        );
        let mut data = self.query(&query, json!({ "input": input })).await;
        let payload = data["result"].take();
        let refusals = payload["refusals"].as_array().expect("a payload has refusals");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let refusals = refusals.iter().map(|r| {
            assert!(!text(&r["message"]).is_empty(), "a refusal speaks to people: {r}");
            let path: Vec<_> = r["field"].as_array().into_iter().flatten().map(&text).collect();
            Refused { code: text(&r["code"]), field: path.join("."), article: text(&r["article"]) }
        });
        Answer { refusals: refusals.collect(), payload }
    }

    /// GETs or POSTs a page; answers the status and the body.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn page(&self, method: reqwest::Method, path: &str) -> (u16, String) {
        let (status, body) = self.bytes(method, path).await;
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    /// POSTs a form; answers the status and the page.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let request = self.http.post(format!("{}{path}", self.base)).form(fields);
        let response = request.send().await.expect("the server answers");
        (response.status().as_u16(), response.text().await.expect("a page"))
    }

    /// GETs or POSTs a path; answers the status and the bytes.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn bytes(&self, method: reqwest::Method, path: &str) -> (u16, Vec<u8>) {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("the server answers");
        (response.status().as_u16(), response.bytes().await.expect("a body").to_vec())
    }
}
