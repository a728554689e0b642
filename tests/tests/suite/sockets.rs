//! GraphQL over a WebSocket: the protocol's close codes, operations, subscriptions that lose nothing, and
//! sockets that end with the right to them.

use api::Sockets;
use e2e::{Client, Organism, Socket, Staff, TestApp, at};
use entity::ids::SessionId;
use entity::kind::Role;
use entity::{account_grant, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use service::clock::machine_now;
use std::time::Duration;

const CANDIDATES: &str = "subscription($after: String, $organism: ID) { \
     candidatesChanged(after: $after, organismId: $organism) { \
     cursor resync change { candidateId removed candidate { birthName enrolments { edges { node { id } } } } } } }";
const NOTICES: &str = "subscription($after: String) { noticeReceived(after: $after) { \
     cursor resync notice { id kind state } } }";

async fn closed(base: &str, messages: &[Value]) -> Option<u16> {
    let mut socket = Socket::speaking(base).await;
    for message in messages {
        socket.send(message.clone()).await;
    }
    socket.closed().await
}

fn clock(id: &str) -> Value {
    json!({ "type": "subscribe", "id": id, "payload": { "query": "{ clock { today } }" } })
}

/// A page of nobody's: what a client keeps before it reads everything.
async fn now(client: &Client) -> String {
    let data = client.query("{ candidateChanges { pageInfo { endCursor } } }", json!({})).await;
    at(&data, "candidateChanges.pageInfo.endCursor").as_str().expect("a cursor").to_owned()
}

async fn habilitated(app: &TestApp) -> (Staff, Organism, String) {
    let staff = app.staff().await;
    let (organism, habilitation) = app.habilitated(&staff, 1, "2026-02-10").await;
    (staff, organism, habilitation)
}

#[tokio::test]
async fn an_answer_has_the_order_of_the_query() {
    let app = TestApp::start().await;
    let mut socket = Socket::signed_in(app.stranger().base(), None).await;
    socket
        .subscribe("1", "{ z: __typename clock { today b: __typename a: today } }", json!({}))
        .await;
    let told = socket.hear_text().await;
    let keys = ["\"z\":", "\"clock\":", "\"today\":", "\"b\":", "\"a\":"];
    let stand: Vec<_> = keys.iter().map(|key| told.find(key)).collect();
    assert!(stand.iter().all(Option::is_some) && stand.is_sorted(), "{told}");
}

#[tokio::test]
async fn sockets_are_closed_with_the_codes_of_the_protocol() {
    let app = TestApp::start().await;
    let base = app.stranger().base().to_owned();
    let init = json!({ "type": "connection_init" });
    let bearer = |token: &str| json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } });
    let pending = json!({ "type": "subscribe", "id": "1", "payload": { "query": CANDIDATES } });
    let signed_in = bearer(app.account("a@socket.example").await.token().expect("a token"));
    for (messages, code) in [
        (vec![json!({ "type": "start" })], 4400),
        (vec![init.clone(), json!({ "type": "subscribe", "id": "1" })], 4400),
        (vec![json!({ "type": "connection_init", "payload": { "authorization": 1 } })], 4400),
        (vec![clock("1")], 4401),
        (vec![bearer("unknown")], 4403),
        (
            vec![
                json!({ "type": "connection_init", "payload": { "authorization": "Basic eA==" } }),
            ],
            4403,
        ),
        (vec![signed_in, pending.clone(), pending], 4409),
        (vec![init.clone(), init.clone()], 4429),
    ] {
        assert_eq!(closed(&base, &messages).await, Some(code), "{messages:?}");
    }
    let mut silent = Socket::open(&base, &[]).await.expect("it is opened");
    assert_eq!(silent.closed().await, Some(4406));
    let other = [("sec-websocket-protocol", "graphql-ws")];
    let mut other = Socket::open(&base, &other).await.expect("it is opened");
    assert_eq!(other.closed().await, Some(4406));
    let mut binary = Socket::speaking(&base).await;
    binary.send_bytes(b"{}".to_vec()).await.expect("sent");
    assert_eq!(binary.closed().await, Some(4400));
    let quick = Sockets { init_patience: Duration::from_millis(50), ..Sockets::default() };
    let api = app.another_api(quick).await;
    assert_eq!(closed(&api.base, &[]).await, Some(4408));
    assert_eq!(closed(&api.base, &[json!({ "type": "ping" })]).await, Some(4408));
}

#[tokio::test]
async fn pings_are_answered_and_pages_of_other_sites_let_nobody_in() {
    let app = TestApp::start().await;
    let base = app.stranger().base().to_owned();
    let mut socket = Socket::speaking(&base).await;
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));
    socket.send(json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong", "payload": { "n": 1 } }));
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let foreign = [protocol, ("origin", "https://elsewhere.example")];
    assert_eq!(Socket::open(&base, &foreign).await.err(), Some(403));
    let own = [protocol, ("origin", "http://clea.test")];
    assert!(Socket::open(&base, &own).await.is_ok());
}

#[tokio::test]
async fn queries_and_mutations_run_as_over_http() {
    let app = TestApp::start().await;
    let organism = app.organism(1).await;
    let base = app.stranger().base().to_owned();
    let mut socket = Socket::signed_in(&base, organism.admin.token()).await;
    socket.subscribe("q", "{ viewer { account { email } } }", json!({})).await;
    let told = socket.next("q").await;
    assert_eq!(at(&told, "viewer.account.email"), "admin@org1.example");
    assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "q" }));
    // The id is free again.
    let input = json!({
        "organismId": organism.id, "birthName": "Socket", "firstNames": "Claude",
        "birthDate": "1991-07-14", "sex": "F", "birthPlaceCode": "44109",
        "birthPlaceName": "Nantes", "birthCountry": "France",
    });
    let register = "mutation($input: RegisterCandidateInput!) { \
         registerCandidate(input: $input) { candidate { birthName } refusals { code } } }";
    socket.subscribe("q", register, json!({ "input": input })).await;
    let told = socket.next("q").await;
    assert_eq!(at(&told, "registerCandidate.candidate.birthName"), "Socket");
    assert_eq!(socket.hear().await["type"], "complete");
    let errors = [
        ("{ nothing }", json!({})),
        ("{ clock ", json!({})),
        ("{ candidates(search: \"a\\u0000\") { totalCount } }", json!({})),
        ("subscription { a: noticeReceived { cursor } b: noticeReceived { cursor } }", json!({})),
        (CANDIDATES, json!({ "after": "a\u{0}" })),
    ];
    for (query, variables) in errors {
        socket.subscribe("e", query, variables).await;
        let heard = socket.hear().await;
        assert_eq!((&heard["type"], &heard["id"]), (&json!("error"), &json!("e")), "{heard}");
        assert!(heard["payload"][0]["message"].is_string(), "{heard}");
    }
    // A field that stands against it is a result: it was executed.
    socket.subscribe("b", CANDIDATES, json!({ "after": "elsewhere" })).await;
    let heard = socket.hear().await;
    assert_eq!(at(&heard, "payload.errors.0.extensions.code"), "BAD_CURSOR", "{heard}");
    assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "b" }));
    // The header says who it is where the message does not.
    let bearer = format!("Bearer {}", organism.admin.token().expect("a token"));
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let headers = [protocol, ("authorization", bearer.as_str())];
    let mut socket = Socket::open(&base, &headers).await.expect("opened");
    socket.send(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.hear().await["type"], "connection_ack");
    socket.subscribe("1", "{ viewer { account { email } } }", json!({})).await;
    assert_eq!(at(&socket.next("1").await, "viewer.account.email"), "admin@org1.example");
}

#[tokio::test]
async fn a_candidate_is_followed_through_another_process() {
    let app = TestApp::start().await;
    let (staff, organism, habilitation) = habilitated(&app).await;
    let api = app.another_api(Sockets { recheck: Duration::from_millis(20), ..Sockets::default() });
    let api = api.await;
    let candidate = app.candidate(&organism, "Suivie").await;
    let mut socket = Socket::signed_in(&api.base, organism.admin.token()).await;
    let one = "subscription($id: ID!) { candidateChanged(candidateId: $id) { \
         cursor resync change { candidateId candidate { enrolments { edges { node { id certificate { number } } } } } } } }";
    socket.subscribe("1", one, json!({ "id": candidate })).await;
    // Answered in order: the subscription stands before the act.
    socket.subscribe("q", "{ clock { today } }", json!({})).await;
    socket.next("q").await;
    assert_eq!(socket.hear().await["type"], "complete");
    // Another candidate's changes are not told.
    app.candidate(&organism, "Autre").await;
    let input = app.enrolment(&staff, &organism, (&candidate, &habilitation));
    let enrolled = organism.admin.act("enrolCandidate", input, "enrolment { id }").await;
    let enrolment = enrolled.text("enrolment.id");
    let told = socket.next("1").await;
    let told = at(&told, "candidateChanged");
    assert_eq!(
        (&told["resync"], at(told, "change.candidateId")),
        (&json!(false), &json!(candidate))
    );
    assert_eq!(at(told, "change.candidate.enrolments.edges.0.node.id"), &json!(enrolment));
    // Ended by the client: nothing follows, and the id is free.
    socket.send(json!({ "type": "complete", "id": "1" })).await;
    app.prior(&organism, &enrolment, &[]).await.done();
    socket.subscribe("1", one, json!({ "id": candidate })).await;
    socket.subscribe("q", "{ clock { today } }", json!({})).await;
    socket.next("q").await;
    assert_eq!(socket.hear().await["type"], "complete");
    let input = app.jury(&organism, &[&enrolment]).await;
    organism.admin.act("recordJury", input, "jury { id }").await.done();
    let number = "change.candidate.enrolments.edges.0.node.certificate.number";
    let told = socket.next("1").await;
    assert!(at(at(&told, "candidateChanged"), number).is_string(), "{told}");
}

#[tokio::test]
async fn what_was_missed_is_told_once_after_a_cursor() {
    let app = TestApp::start().await;
    let organism = app.organism(1).await;
    let base = app.stranger().base().to_owned();
    let start = now(&organism.admin).await;
    let first = app.candidate(&organism, "Un").await;
    let mut socket = Socket::signed_in(&base, organism.admin.token()).await;
    socket.subscribe("1", CANDIDATES, json!({ "after": start })).await;
    let told = socket.next("1").await;
    assert_eq!(at(&told, "candidatesChanged.change.candidateId"), &json!(first));
    let cursor = at(&told, "candidatesChanged.cursor").clone();
    drop(socket);
    let mut missed = Vec::new();
    for name in ["Deux", "Trois", "Quatre"] {
        missed.push(app.candidate(&organism, name).await);
    }
    let mut socket = Socket::signed_in(&base, organism.admin.token()).await;
    socket.subscribe("1", CANDIDATES, json!({ "after": cursor })).await;
    let mut found = Vec::new();
    for _ in &missed {
        let told = socket.next("1").await;
        found.push(
            at(&told, "candidatesChanged.change.candidateId").as_str().expect("an id").to_owned(),
        );
    }
    assert_eq!(found, missed);
    // What comes next follows, and nothing is told twice.
    let last = app.candidate(&organism, "Cinq").await;
    let told = socket.next("1").await;
    assert_eq!(at(&told, "candidatesChanged.change.candidateId"), &json!(last));
}

/// What one may not see is followed as what does not exist.
#[tokio::test]
async fn others_are_told_nothing() {
    let app = TestApp::start().await;
    let (one, other) = (app.organism(1).await, app.organism(2).await);
    let base = app.stranger().base().to_owned();
    let candidate = app.candidate(&one, "Cachee").await;
    let mut socket = Socket::signed_in(&base, other.admin.token()).await;
    let single = "subscription($id: ID!) { candidateChanged(candidateId: $id) { cursor } }";
    let mut answers = Vec::new();
    for id in [candidate.as_str(), "can_00000000000000000000000000", "nothing"] {
        socket.subscribe("1", single, json!({ "id": id })).await;
        let mut heard = socket.hear().await;
        assert_eq!(at(&heard, "payload.errors.0.extensions.code"), "NOT_FOUND", "{heard}");
        // Each operation's own.
        heard["payload"]["errors"][0]["extensions"]["correlationId"].take();
        answers.push(heard);
        assert_eq!(socket.hear().await["type"], "complete");
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let start = now(&other.admin).await;
    socket.subscribe("1", CANDIDATES, json!({ "after": start })).await;
    socket.subscribe("2", CANDIDATES, json!({ "after": start, "organism": null })).await;
    app.candidate(&one, "CacheeAussi").await;
    let own = app.candidate(&other, "Visible").await;
    for _ in 0..2 {
        let heard = socket.hear().await;
        assert_eq!(at(&heard, "payload.data.candidatesChanged.change.candidateId"), &json!(own));
    }
    // Nobody follows nothing.
    let mut stranger = Socket::signed_in(&base, None).await;
    stranger.subscribe("1", CANDIDATES, json!({})).await;
    let heard = stranger.hear().await;
    assert_eq!(at(&heard, "payload.0.extensions.code"), "NOT_SIGNED_IN", "{heard}");
    stranger.subscribe("1", "{ clock { today } }", json!({})).await;
    stranger.next("1").await;
}

async fn quick(app: &TestApp) -> e2e::Api {
    app.another_api(Sockets { recheck: Duration::from_millis(20), ..Sockets::default() }).await
}

/// Refusal 11: a socket ends with its session, whoever ends it and wherever.
#[tokio::test]
async fn a_socket_ends_with_its_session() {
    let app = TestApp::start().await;
    let organism = app.organism(1).await;
    let api = quick(&app).await;
    let email = "admin@org1.example";
    let follow = async |token: &str| {
        let mut socket = Socket::signed_in(&api.base, Some(token)).await;
        socket.subscribe("1", CANDIDATES, json!({})).await;
        socket
    };
    let token = app.token(email).await;
    let mut socket = follow(&token).await;
    let client = Client::new(app.stranger().base(), Some(token.clone()));
    client.query("mutation { signOut { refusals { code } } }", json!({})).await;
    assert_eq!(socket.closed().await, Some(4403));
    // Expired while it was open.
    let mut socket = follow(&app.token(email).await).await;
    let all = session::Entity::update_many()
        .col_expr(session::Column::ExpiresAt, Expr::value(machine_now()))
        .filter(session::Column::Id.ne(SessionId::new()));
    all.exec(&app.app.db).await.expect("written");
    assert_eq!(socket.closed().await, Some(4403));
    // The account was closed.
    let mut socket = follow(&app.token(email).await).await;
    let disabled = entity::account::Entity::update_many()
        .col_expr(entity::account::Column::DisabledAt, Expr::value(machine_now()))
        .filter(entity::account::Column::Email.eq(email));
    disabled.exec(&app.app.db).await.expect("written");
    assert_eq!(socket.closed().await, Some(4403));
    drop(organism);
}

/// Refusal 11: a role taken back narrows what an open socket is told, at once.
#[tokio::test]
async fn a_role_taken_back_narrows_open_sockets() {
    let app = TestApp::start().await;
    let organism = app.organism(1).await;
    let api = quick(&app).await;
    let staff = app.with_role("s@org1.example", Role::OrganismStaff, &organism.id).await;
    let mut socket = Socket::signed_in(&api.base, staff.token()).await;
    socket.subscribe("1", CANDIDATES, json!({ "after": now(&staff).await })).await;
    let candidate = app.candidate(&organism, "Vue").await;
    let told = socket.next("1").await;
    assert_eq!(at(&told, "candidatesChanged.change.candidateId"), &json!(candidate));
    let grant = account_grant::Entity::find()
        .filter(account_grant::Column::Role.eq(entity::text::Text(Role::OrganismStaff)))
        .one(&app.app.db)
        .await
        .expect("readable")
        .expect("a role");
    let input = json!({ "grantId": grant.id.to_string() });
    organism.admin.act("revokeRole", input, "").await.done();
    let told = socket.next("1").await;
    assert_eq!(at(&told, "candidatesChanged.resync"), &json!(true), "{told}");
    assert!(at(&told, "candidatesChanged.change").is_null());
    app.candidate(&organism, "Cachee").await;
    // Given again: the reader starts again, and was told nothing of what came in between.
    app.with_role("s@org1.example", Role::OrganismStaff, &organism.id).await;
    let told = socket.next("1").await;
    assert_eq!(at(&told, "candidatesChanged.resync"), &json!(true), "{told}");
    let again = app.candidate(&organism, "Encore").await;
    let told = socket.next("1").await;
    assert_eq!(at(&told, "candidatesChanged.change.candidateId"), &json!(again));
}

#[tokio::test]
async fn floods_are_bounded() {
    let app = TestApp::start().await;
    let organism = app.organism(1).await;
    let limits = Sockets {
        most_per_account: 2,
        most_operations: 3,
        largest_message: 10_000,
        write_patience: Duration::from_millis(200),
        ..Sockets::default()
    };
    let api = app.another_api(limits).await;
    let token = organism.admin.token();
    let mut first = Socket::signed_in(&api.base, token).await;
    for id in 0..5 {
        first.subscribe(&id.to_string(), CANDIDATES, json!({})).await;
    }
    for id in ["3", "4"] {
        let heard = first.hear().await;
        assert_eq!((&heard["type"], &heard["id"]), (&json!("error"), &json!(id)), "{heard}");
        assert_eq!(at(&heard, "payload.0.extensions.code"), "TOO_MANY_OPERATIONS");
    }
    let second = Socket::signed_in(&api.base, token).await;
    let mut third = Socket::speaking(&api.base).await;
    let payload = json!({ "authorization": format!("Bearer {}", token.expect("a token")) });
    third.send(json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(third.closed().await, Some(4429));
    drop(second);
    let mut large = Socket::signed_in(&api.base, None).await;
    let _ = large.say("x".repeat(20_000)).await;
    assert_eq!(large.closed().await, Some(1009));
    // Whoever does not read is left.
    let mut deaf = Socket::signed_in(&api.base, None).await;
    let ping = json!({ "type": "ping", "payload": { "filler": "x".repeat(9_000) } }).to_string();
    let flood = async { while deaf.say(ping.clone()).await.is_ok() {} };
    tokio::time::timeout(Duration::from_mins(1), flood).await.expect("the server leaves");
}

/// Nobody takes every place: an address has as many as an account, whether it says whose they are or not.
#[tokio::test]
async fn nobody_takes_every_place() {
    let app = TestApp::start().await;
    let organism = app.organism(1).await;
    let speaking = [("sec-websocket-protocol", "graphql-transport-ws")];
    let api = app.another_api(Sockets { most_per_account: 2, ..Sockets::default() }).await;
    let _silent = Socket::speaking(&api.base).await;
    let _nobody = Socket::signed_in(&api.base, None).await;
    assert_eq!(Socket::open(&api.base, &speaking).await.err(), Some(429));
    let api = app.another_api(Sockets { most_per_account: 2, most: 3, ..Sockets::default() }).await;
    let mut open = Vec::new();
    for token in [organism.admin.token(), organism.admin.token(), None] {
        open.push(Socket::signed_in(&api.base, token).await);
    }
    assert_eq!(Socket::open(&api.base, &speaking).await.err(), Some(503), "the process is full");
}

#[tokio::test]
async fn a_stop_tells_clients_to_come_back() {
    let app = TestApp::start().await;
    let sockets = Sockets::default();
    let api = app.another_api(sockets.clone()).await;
    let account = app.account("a@stop.example").await;
    let mut socket = Socket::signed_in(&api.base, account.token()).await;
    socket.subscribe("1", CANDIDATES, json!({})).await;
    api.stop.cancel();
    assert_eq!(socket.closed().await, Some(1012));
    sockets.closed(Duration::from_mins(1)).await;
    let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
    assert_eq!(Socket::open(&api.base, &protocol).await.err(), Some(503));
}

/// X.c: a notice is told when it is written and when it was delivered, to who may see it.
#[tokio::test]
async fn notices_are_told_to_who_may_see_them() {
    let app = TestApp::start().await;
    let (staff, organism, habilitation) = habilitated(&app).await;
    let base = app.stranger().base().to_owned();
    let (candidate, enrolment) = app.enrolled(&staff, &organism, &habilitation, "Notifiee").await;
    app.prior(&organism, &enrolment, &[]).await.done();
    let person = app.with_role("n@candidat.example", Role::Candidate, &candidate).await;
    let mut socket = Socket::signed_in(&base, person.token()).await;
    socket.subscribe("1", NOTICES, json!({})).await;
    let mut elsewhere = Socket::signed_in(&base, organism.admin.token()).await;
    elsewhere.subscribe("1", NOTICES, json!({})).await;
    for socket in [&mut socket, &mut elsewhere] {
        socket.subscribe("q", "{ clock { today } }", json!({})).await;
        socket.next("q").await;
        assert_eq!(socket.hear().await["type"], "complete");
    }
    let input = app.jury(&organism, &[&enrolment]).await;
    organism.admin.act("recordJury", input, "jury { id }").await.done();
    loop {
        let told = socket.next("1").await;
        assert_eq!(at(&told, "noticeReceived.notice.kind"), "CERTIFICATE_AWARDED", "{told}");
        if at(&told, "noticeReceived.notice.state") == "NOTIFIED" {
            break;
        }
    }
    // The organism's next news is its own: the candidate's was not told there.
    app.settle().await;
    let campaign = app.campaign(&staff, ("2026-02-10", "2026-02-10"), "2026-03-10").await;
    let next = app.organism(2).await;
    let mut own = Socket::signed_in(&base, next.admin.token()).await;
    own.subscribe("1", NOTICES, json!({})).await;
    own.subscribe("q", "{ clock { today } }", json!({})).await;
    own.next("q").await;
    assert_eq!(own.hear().await["type"], "complete");
    app.file(&next, &campaign).await;
    let told = own.next("1").await;
    assert_eq!(at(&told, "noticeReceived.notice.kind"), "FILING_RECEIPT", "{told}");
}

/// X.d: a task is followed to its end by operators alone.
#[tokio::test]
async fn a_task_is_followed_to_its_end() {
    let app = TestApp::start().await;
    let (staff, organism, _) = habilitated(&app).await;
    let api = quick(&app).await;
    app.on("2026-04-15").await;
    let tasks = "{ tasks(kind: \"RECONCILE\", first: 100) { edges { node { id payload status progressDone progressTotal } } } }";
    let data = staff.operator.query(tasks, json!({})).await;
    let of = |name: &str| {
        let edges = at(&data, "tasks.edges").as_array().expect("a list").clone();
        let found = edges.into_iter().map(|edge| edge["node"].clone());
        found
            .into_iter()
            .find(|node| node["payload"].as_str().is_some_and(|text| text.contains(name)))
    };
    let quarter = of("QUARTER").expect("the quarter's run");
    assert_eq!((&quarter["progressDone"], &quarter["progressTotal"]), (&json!(1), &json!(1)));
    let follow = "subscription($id: ID!) { taskProgress(taskId: $id) { status progressDone progressTotal } }";
    let mut socket = Socket::signed_in(&api.base, staff.operator.token()).await;
    socket.subscribe("1", follow, json!({ "id": quarter["id"] })).await;
    let told = socket.next("1").await;
    let expected = json!({ "status": "DONE", "progressDone": 1, "progressTotal": 1 });
    assert_eq!(told["taskProgress"], expected);
    assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "1" }));
    let mut other = Socket::signed_in(&api.base, organism.admin.token()).await;
    other.subscribe("1", follow, json!({ "id": quarter["id"] })).await;
    let heard = other.hear().await;
    assert_eq!(at(&heard, "payload.errors.0.extensions.code"), "NOT_FOUND", "{heard}");
    // One that goes on: it is told each time that it moves, until it is given up.
    let id = service::outbox::insert(&app.app.db, &unreadable(), "test").await.expect("written");
    let id = id.expect("a new task").to_string();
    socket.subscribe("1", follow, json!({ "id": id })).await;
    let mut statuses = Vec::new();
    loop {
        let heard = socket.hear().await;
        if heard["type"] == "complete" {
            break;
        }
        statuses
            .push(at(&heard, "payload.data.taskProgress.status").as_str().unwrap_or("").to_owned());
    }
    assert_eq!(statuses.last().map(String::as_str), Some("GIVEN_UP"), "{statuses:?}");
    app.settle_with_given_up(1).await;
}

/// A task that tells of one that does not exist: given up at its first try, and told to nobody.
fn unreadable() -> service::task::Task {
    service::task::Task::TellGivenUp { task: entity::ids::OutboxId::new(), push: 1 }
}
