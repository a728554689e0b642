//! Pages, what is hidden, and how many statements reading takes.

use crate::support::Server;
use serde_json::{Value, json};

const NESTED: &str = "{ organisms(first: 50) { totalCount edges { node { name sites { name organism { name } } \
    balance timeline { edges { node { summary } } } \
    candidates(first: 2) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { birthName } } } } } } }";

fn names(connection: &Value) -> Vec<&str> {
    let edges = connection["edges"].as_array().expect("edges");
    edges.iter().filter_map(|edge| edge["node"]["birthName"].as_str()).collect()
}

#[tokio::test]
async fn a_page_of_each_parent_is_cut_by_the_database() {
    let server = Server::start().await;
    let officer = server.officer().await;
    for (number, candidates) in [(1, 3), (2, 0), (3, 2)] {
        server.organism(number, candidates).await;
    }
    let data = server.ask(Some(&officer), NESTED).await.data();
    assert_eq!(data["organisms"]["totalCount"], 3);
    let of = |i: usize| &data["organisms"]["edges"][i]["node"]["candidates"];
    assert_eq!(names(of(0)), ["Durand3", "Durand2"]);
    assert_eq!(
        (&of(0)["totalCount"], &of(0)["pageInfo"]["hasNextPage"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(names(of(1)), [""; 0]);
    assert_eq!(of(1)["totalCount"], 0);
    assert_eq!(names(of(2)), ["Durand2", "Durand1"]);
    assert_eq!(of(2)["pageInfo"]["hasNextPage"], false);
}

#[tokio::test]
async fn pages_follow_one_another_both_ways() {
    let server = Server::start().await;
    let (_, admin) = server.organism(1, 5).await;
    let page = |arguments: String| {
        let query = format!(
            "{{ candidates({arguments}) {{ pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} \
             edges {{ node {{ birthName }} }} }} }}"
        );
        let (server, admin) = (&server, admin.as_str());
        async move { server.ask(Some(admin), &query).await.data()["candidates"].clone() }
    };
    let first = page("first: 2".to_owned()).await;
    assert_eq!(names(&first), ["Durand5", "Durand4"]);
    let info = |page: &Value, key: &str| page["pageInfo"][key].clone();
    let second = page(format!("first: 2, after: {}", info(&first, "endCursor"))).await;
    assert_eq!(names(&second), ["Durand3", "Durand2"]);
    assert_eq!(info(&second, "hasPreviousPage"), true);
    let third = page(format!("first: 2, after: {}", info(&second, "endCursor"))).await;
    assert_eq!((names(&third), info(&third, "hasNextPage")), (vec!["Durand1"], json!(false)));
    let back = page(format!("last: 2, before: {}", info(&third, "startCursor"))).await;
    assert_eq!(back["edges"], second["edges"]);
    let last = page("last: 1".to_owned()).await;
    assert_eq!((names(&last), info(&last, "hasPreviousPage")), (vec!["Durand1"], json!(true)));
}

#[tokio::test]
async fn a_list_in_another_order_pages_without_loss() {
    let server = Server::start().await;
    let officer = server.officer().await;
    for number in [3, 1, 2] {
        server.organism(number, 0).await;
    }
    let (mut after, mut seen) = (String::new(), Vec::new());
    for _ in 0..3 {
        let query =
            format!("{{ organisms(first: 1{after}) {{ edges {{ cursor node {{ name }} }} }} }}");
        let data = server.ask(Some(&officer), &query).await.data();
        let edge = &data["organisms"]["edges"][0];
        seen.push(edge["node"]["name"].as_str().expect("a name").to_owned());
        after = format!(", after: {}", edge["cursor"]);
    }
    assert_eq!(seen, ["Organisme n° 1", "Organisme n° 2", "Organisme n° 3"]);
    let found = server.ask(
        Some(&officer),
        "{ organisms(search: \"ORGANISME n 2\") { edges { node { name } } } }",
    );
    assert_eq!(
        found.await.data()["organisms"]["edges"],
        json!([{ "node": { "name": "Organisme n° 2" } }])
    );
}

#[tokio::test]
async fn a_cursor_of_another_list_and_a_page_too_large_are_refused() {
    let server = Server::start().await;
    let (_, admin) = server.organism(1, 1).await;
    let data = server.ask(Some(&admin), "{ candidates { edges { cursor } } }").await.data();
    let cursor = &data["candidates"]["edges"][0]["cursor"];
    for query in [
        format!("{{ organisms(after: {cursor}) {{ edges {{ cursor }} }} }}"),
        "{ organisms(after: \"x\") { edges { cursor } } }".to_owned(),
    ] {
        let answered = server.ask(Some(&admin), &query).await;
        assert_eq!(answered.code(), "BAD_CURSOR");
        assert_eq!(answered.body["data"]["organisms"], Value::Null);
    }
    for arguments in ["first: 101", "first: -1", "first: 1, last: 1"] {
        let query = format!("{{ organisms({arguments}) {{ edges {{ cursor }} }} }}");
        assert_eq!(server.ask(Some(&admin), &query).await.code(), "BAD_PAGE", "{arguments}");
    }
}

// IV.5.a
#[tokio::test]
async fn what_is_hidden_answers_as_what_does_not_exist() {
    let server = Server::start().await;
    let (mine, admin) = server.organism(1, 1).await;
    let (other, _) = server.organism(2, 1).await;
    let unknown = format!("org_{}", "0".repeat(26));
    let query = format!(
        "{{ nodes(ids: [\"{mine}\", \"{other}\", \"{unknown}\", \"org_\", \"x\"]) {{ id }} }}"
    );
    let data = server.ask(Some(&admin), &query).await.data();
    assert_eq!(data["nodes"], json!([{ "id": mine }, null, null, null, null]));
    let data =
        server.ask(Some(&admin), "{ candidates { totalCount } tasks { totalCount } }").await.data();
    assert_eq!(data, json!({ "candidates": { "totalCount": 1 }, "tasks": { "totalCount": 0 } }));
    let data =
        server.ask(None, "{ organisms { totalCount } viewer { roles { role } } }").await.data();
    assert_eq!(data, json!({ "organisms": { "totalCount": 0 }, "viewer": null }));
}

#[tokio::test]
async fn statements_do_not_grow_with_rows() {
    let server = Server::start().await;
    let officer = server.officer().await;
    server.organism(1, 2).await;
    server.organism(2, 2).await;
    let few = server.statements(&officer, NESTED).await;
    for number in 3..=8 {
        server.organism(number, 3).await;
    }
    assert_eq!(server.statements(&officer, NESTED).await, few);
}

#[tokio::test]
async fn an_act_s_effect_on_the_caller_s_rights_counts_at_once() {
    let server = Server::start().await;
    let (_, token) = server.account("new@clea.example").await;
    let query = "mutation { registerOrganism(input: { siren: \"732829320\", name: \"Nouveau\", \
        kind: LEGAL_PERSON, email: \"contact@nouveau.example\", address: \"1 rue Neuve\", \
        postalCode: \"44000\", city: \"Nantes\" }) { organism { name sites { isSeat } } refusals { code } } }";
    let data = server.ask(Some(&token), query).await.data();
    let organism = &data["registerOrganism"]["organism"];
    assert_eq!(organism, &json!({ "name": "Nouveau", "sites": [{ "isSeat": true }] }));
    let again = server.ask(Some(&token), query).await.data();
    assert_eq!(again["registerOrganism"]["organism"], Value::Null);
    assert_eq!(again["registerOrganism"]["refusals"], json!([{ "code": "SIREN_TAKEN" }]));
}

// X.a
#[tokio::test]
async fn a_deadline_explains_itself_to_anyone() {
    let server = Server::start().await;
    let query = "{ explainDeadline(startedOn: \"2026-12-24\", amount: 20, unit: WORKING_DAY) { \
        dueOn sentences skipped { date reason } } }";
    let data = server.ask(None, query).await.data();
    let told = &data["explainDeadline"];
    assert_eq!(told["dueOn"], "2027-01-25");
    assert_eq!(told["skipped"][0], json!({ "date": "2026-12-25", "reason": "Noël" }));
    let query = "{ explainDeadline(startedOn: \"2026-12-24\", amount: 9999, unit: DAY) { dueOn } }";
    let answered = server.ask(None, &query.replace("DAY", "CALENDAR_DAY")).await;
    assert_eq!(answered.code(), "DEADLINE_OUT_OF_BOUNDS");
}

#[tokio::test]
async fn every_list_of_the_root_answers() {
    let server = Server::start().await;
    let officer = server.officer().await;
    let (organism, _) = server.organism(1, 1).await;
    let id = format!("\"{organism}\"");
    let lists = [
        "applications(status: FILED, authorityId: \"x\")".to_owned(),
        "authorities".to_owned(),
        "campaigns(openOn: \"2026-11-24\")".to_owned(),
        format!("candidates(search: \"durand\", organismId: {id})"),
        "deadlines(status: OPEN, dueBefore: \"2030-01-01\")".to_owned(),
        "edofAlerts(status: PROPOSED)".to_owned(),
        "frameworks".to_owned(),
        "habilitatedOrganisms(search: \"organisme\")".to_owned(),
        format!("habilitations(organismId: {id})"),
        "invoices(quarter: \"2026Q3\", unpaidOnly: true)".to_owned(),
        "meetings".to_owned(),
        format!("notices(organismId: {id}, kind: \"INVOICE\")"),
        "organisms(search: \"0000\")".to_owned(),
        "tariffs".to_owned(),
        "tasks(status: PENDING, kind: \"SEND_INVOICE\")".to_owned(),
    ];
    let mut counts = Vec::new();
    for list in lists {
        let query = format!("{{ list: {list} {{ totalCount edges {{ cursor }} }} }}");
        let data = server.ask(Some(&officer), &query).await.data();
        counts.push(data["list"]["totalCount"].as_u64().expect("a number"));
    }
    assert_eq!(counts, [0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0]);
    let query = "{ frameworks { edges { node { domains { number competences { code criteria } } \
        competences { code } criteria { code } } } } \
        previewQuarter(quarter: \"2026Q4\") { invoiceCount } }";
    let answered = server.ask(Some(&officer), query).await;
    assert_eq!(answered.code(), "FORBIDDEN");
    let framework = &answered.body["data"]["frameworks"]["edges"][0]["node"];
    assert_eq!(framework["competences"].as_array().map(Vec::len), Some(17));
    assert_eq!(framework["criteria"].as_array().map(Vec::len), Some(5));
    assert_eq!(framework["domains"][0]["competences"].as_array().map(Vec::len), Some(7));
}
