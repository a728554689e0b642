//! No personal data where operators look: an address, a family name, a birth date, a token and a password
//! go through everything that can be asked, refused, broken or mailed; the log, the figures and Redis hold
//! none of them (P-9 of what operators may see).
//!
//! A test binary of its own: the log of the whole process is what it looks at.

mod log;
mod redis_dump;

use e2e::{Client, Organism, Staff, TestApp, at};
use mailer::SendError;
use reqwest::Method;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};
use worker::Queue;

const EMAIL: &str = "zephyrine.canari@exemple-canari.fr";
const NAME: &str = "Quatrebarbes";
const PASSWORD: &str = "Péridot huit bleu canari";
const WRONG_PASSWORD: &str = "Améthyste neuf vert canari";
/// A birth date as somebody may write it, and as the programs that read it may.
const DATES: [&str; 5] = ["7.XI.1963", "1963-11-07", "07/11/1963", "19631107", "7 novembre 1963"];
const REQUEST: &str = "canary-request-1";

/// Nothing of these may be seen; parts that stand for the whole are looked for too.
fn secrets() -> Vec<String> {
    let mut secrets: Vec<String> = DATES.iter().map(|date| (*date).to_owned()).collect();
    for secret in ["zephyrine", "exemple-canari", NAME, PASSWORD, WRONG_PASSWORD, "Péridot"] {
        secrets.push(secret.to_owned());
    }
    secrets
}

fn assert_clean(what: &str, text: &str, secrets: &[String]) {
    let lower = text.to_lowercase();
    for secret in secrets {
        let Some(found) = lower.find(&secret.to_lowercase()) else { continue };
        let line = text.lines().find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
        panic!("`{secret}` in {what}, at {found}: {}", line.unwrap_or_default());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_the_figures_and_the_queue_hold_no_personal_data() {
    let log = log::capture();
    let app = TestApp::start().await;
    let http = reqwest::Client::new();
    let token = account(&app).await;
    let signed_in = Client::new(app.stranger().base(), Some(token.clone()));
    malformed_requests(&app, &http, &token).await;

    let staff = app.staff().await;
    let (organism, habilitation) = app.habilitated(&staff, 901, "2026-02-10").await;
    candidates(&app, &staff, &organism, &habilitation).await;
    let link = notice_token(&app, &organism);
    pages(&app, &http, &link, &token).await;
    faults(&app, &organism).await;
    refused_mail(&app, &http, &staff).await;
    // As `clea` does, for this one panic: those of the test itself are told as usual.
    let usual = std::panic::take_hook();
    telemetry::mask::log_panics();
    let _ = std::thread::spawn(|| panic!("{NAME} <{EMAIL}> born on {}", DATES[0])).join();
    std::panic::set_hook(usual);
    let out = signed_in.query("mutation { signOut { refusals { code } } }", json!({})).await;
    assert_eq!(at(&out, "signOut.refusals").as_array().map(Vec::len), Some(0));

    let secrets: Vec<_> = secrets().into_iter().chain([token, link]).collect();
    let figures = figures(&app, &http).await;
    assert!(
        figures.contains("clea_acts_total{act=\"registerCandidate\",outcome=\"fault\"} 1"),
        "{figures}"
    );
    assert!(figures.contains("clea_mails_total{outcome=\"permanent\"} 1"), "{figures}");
    assert!(
        figures.contains("clea_outbox_tasks{lane=\"LEGAL\",state=\"given_up\"} 1"),
        "{figures}"
    );
    assert_clean("the figures", &figures, &secrets);
    let text = log.text();
    for told in [
        "\"message\":\"answered\"",
        "\"message\":\"tried\"",
        "\"message\":\"mail\"",
        "a request met a fault",
        "the program panicked",
    ] {
        assert!(text.contains(told), "the log holds {told}");
    }
    assert_clean("the log", &text, &secrets);
    // The refused mail is followed from its request to its task.
    let tried = text.lines().filter(|line| line.contains("\"tried\"") && line.contains(REQUEST));
    assert!(tried.count() > 0, "a task's line tells the request that it follows from");
    if let Queue::Redis { url, namespace } = app.queue() {
        let dump = redis_dump::everything(url, namespace).await;
        assert!(dump.contains(namespace.as_str()), "there is something in Redis: {dump}");
        assert_clean("Redis", &dump, &secrets);
    }
}

/// Opens the account twice, signs in wrongly and rightly; gives the session's token.
async fn account(app: &TestApp) -> String {
    let stranger = app.stranger();
    let open = json!({ "email": EMAIL, "displayName": NAME, "password": PASSWORD });
    stranger.act("openAccount", open.clone(), "account { id }").await.done();
    stranger.act("openAccount", open, "").await.refused("EMAIL_TAKEN", "email", "");
    let wrong = json!({ "email": EMAIL, "password": WRONG_PASSWORD });
    stranger.act("signIn", wrong, "").await.refused("SIGN_IN_FAILED", "", "");
    let right = json!({ "email": EMAIL, "password": PASSWORD });
    stranger.act("signIn", right, "token").await.text("token")
}

/// Requests that cannot be read or carried out, each quoting something in another place.
async fn malformed_requests(app: &TestApp, http: &reqwest::Client, token: &str) {
    let graphql = format!("{}/graphql", app.stranger().base());
    let send = async |body: String| {
        let request = http.post(&graphql).bearer_auth(token);
        let request = request.header("content-type", "application/json").body(body);
        request.send().await.expect("an answer").text().await.expect("a body")
    };
    for query in [
        format!("{{ {NAME} }}"),
        format!("query {NAME} {{ organism(siren: \"{EMAIL}\") {{ id }} }}"),
        format!("{{ organism(siren: \"{PASSWORD}\" {{ id }} }}"),
        format!(
            "mutation {NAME} {{ signIn(input: {{ email: \"{EMAIL}\", password: 7 }}) {{ token }} }}"
        ),
    ] {
        send(json!({ "query": query, "operationName": NAME }).to_string()).await;
        send(json!({ "query": query }).to_string()).await;
    }
    send(format!("{{ \"query\": \"{NAME} {EMAIL}")).await;
    let query = "mutation($input: RegisterCandidateInput!) { registerCandidate(input: $input) { refusals { code } } }";
    for date in DATES {
        let input =
            json!({ "organismId": NAME, "birthName": NAME, "birthDate": date, "sex": EMAIL });
        send(json!({ "query": query, "variables": { "input": input } }).to_string()).await;
    }
    let unknown = http.post(&graphql).bearer_auth(PASSWORD.replace(['é', ' '], "-"));
    let answer = unknown.json(&json!({ "query": "{ clock { today } }" })).send().await;
    assert_eq!(answer.expect("an answer").status(), 401);
}

/// Candidates of that name, one born on that date, one with a certificate that is mailed.
async fn candidates(app: &TestApp, staff: &Staff, organism: &Organism, habilitation: &str) {
    app.awarded(staff, organism, habilitation, NAME).await;
    app.settle().await;
    assert_eq!(app.mails_to(&format!("{}@candidat.example", NAME.to_lowercase())).len(), 1);
    organism.admin.act("registerCandidate", candidate(organism, DATES[1], NAME), "").await.done();
    let mut wrong = candidate(organism, DATES[1], NAME);
    wrong["email"] = format!("{EMAIL}, {NAME}").into();
    assert!(!organism.admin.act("registerCandidate", wrong, "").await.refusals.is_empty());
}

fn candidate(organism: &Organism, born_on: &str, name: &str) -> Value {
    json!({
        "organismId": organism.id, "birthName": name, "firstNames": "Zéphyrine",
        "birthDate": born_on, "sex": "F", "birthPlaceCode": "44109", "birthPlaceName": "Nantes",
        "birthCountry": "France", "email": EMAIL,
    })
}

/// The token of the link in a mail that left.
fn notice_token(app: &TestApp, organism: &Organism) -> String {
    let mails = app.mails_to(&format!("dossier@{}.example", organism.siren));
    let text = &mails.last().expect("a mail").text;
    let (_, link) = text.split_once("/notices/").expect("a link");
    link.split_whitespace().next().expect("a token").to_owned()
}

/// Pages opened rightly and wrongly.
async fn pages(app: &TestApp, http: &reqwest::Client, link: &str, token: &str) {
    let stranger = app.stranger();
    assert_eq!(stranger.page(Method::GET, &format!("/notices/{link}")).await.0, 200);
    let (status, _) = stranger.page(Method::POST, &format!("/notices/{link}")).await;
    assert!(status < 400, "{status}");
    for path in [
        format!("/notices/{link}/documents/{NAME}"),
        format!("/certificates/{NAME}"),
        format!("/certificates?code={NAME}"),
        format!("/certificates?{NAME}={EMAIL}&code=%ff"),
        format!("/{NAME}/{EMAIL}"),
        format!("/documents/{NAME}"),
        format!("/exports/quarters/{NAME}.csv"),
    ] {
        let address = format!("{}{path}", stranger.base());
        for accept in ["*/*", "text/html"] {
            let asked = http.get(&address).bearer_auth(token).header("accept", accept);
            let answer = asked.send().await.expect("an answer");
            assert!(answer.status().as_u16() < 500, "{path}: {}", answer.status());
        }
    }
}

/// A database that quotes what it was given, as PostgreSQL does in its own messages.
async fn faults(app: &TestApp, organism: &Organism) {
    let quoting: &[&str] = if app.app.db.get_database_backend() == DbBackend::Postgres {
        &[
            "CREATE FUNCTION canary() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             RAISE EXCEPTION 'no room for \"%\"', NEW.birth_name \
             USING DETAIL = 'Key (email)=(' || NEW.email || ') of ' || NEW.birth_date; END $$",
            "CREATE TRIGGER canary BEFORE INSERT ON candidate FOR EACH ROW EXECUTE FUNCTION canary()",
        ]
    } else {
        &["CREATE TRIGGER canary BEFORE INSERT ON candidate BEGIN \
           SELECT RAISE(ABORT, 'no room for \"Quatrebarbes\" <zephyrine.canari@exemple-canari.fr>'); END"]
    };
    for statement in quoting {
        app.owner().execute_unprepared(statement).await.expect("a trigger");
    }
    let query = "mutation($input: RegisterCandidateInput!) { registerCandidate(input: $input) { refusals { code } } }";
    let input = candidate(organism, DATES[1], &format!("{NAME}-Bis"));
    let answer = organism.admin.raw(query, json!({ "input": input })).await;
    assert_eq!(at(&answer, "errors.0.extensions.code"), "INTERNAL", "{answer}");
    assert!(!answer.to_string().contains("no room"), "{answer}");
}

/// A mail that the server refuses, quoting whom it was for in its own way.
async fn refused_mail(app: &TestApp, http: &reqwest::Client, staff: &Staff) {
    let organism = app.organism(902).await;
    let campaign = app.campaign(staff, ("2026-02-10", "2026-02-20"), "2026-03-20").await;
    app.settle().await;
    let told = format!("550 5.1.1 <{}>: zephyrine.canari is unknown here", EMAIL.to_uppercase());
    app.mails.fail_next(vec![SendError::Permanent(told)]);
    let mut input = app.filing(&organism, &campaign);
    input["contactEmail"] = EMAIL.into();
    let query = "mutation($input: FileApplicationInput!) { fileApplication(input: $input) { refusals { code } } }";
    let admin = session(app, 902).await;
    let request = http.post(format!("{}/graphql", app.stranger().base())).bearer_auth(admin);
    let body = json!({ "query": query, "variables": { "input": input } });
    let answer = request.header("x-request-id", REQUEST).json(&body).send().await;
    let answer: Value = answer.expect("an answer").json().await.expect("JSON");
    assert_eq!(at(&answer, "data.fileApplication.refusals"), &json!([]), "{answer}");
    app.settle_with_given_up(1).await;
    let tasks = "{ tasks(status: GIVEN_UP) { edges { node { lastError correlationId } } } }";
    let seen = staff.operator.query(tasks, json!({})).await;
    assert_eq!(at(&seen, "tasks.edges.0.node.correlationId"), REQUEST, "{seen}");
    assert_clean("what operators read of a task", &seen.to_string(), &secrets());
}

/// A session of an organism's administrator whose token the test knows.
async fn session(app: &TestApp, number: u32) -> String {
    app.token(&format!("admin@org{number}.example")).await
}

/// What Prometheus reads.
async fn figures(app: &TestApp, http: &reqwest::Client) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let monitor = api::monitor(app.app.clone(), api::Operation::default());
    tokio::spawn(async move { axum::serve(listener, monitor).await });
    let answer = http.get(format!("http://{at}/metrics")).send().await.expect("an answer");
    answer.text().await.expect("a body")
}
