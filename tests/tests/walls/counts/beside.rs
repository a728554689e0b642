//! What is read in the statement of other rows: as many statements as said, and the answer that loaders give.

use super::met::objects;
use crate::world::World;
use sea_orm::{ConnectionTrait, DatabaseBackend};
use serde_json::{Value, json};

/// Five more of each enrolment, on later days: on PostgreSQL.
const MORE_ENROLMENTS: &str = "INSERT INTO enrolment SELECT (jsonb_populate_record(e, \
     jsonb_build_object('id', gen_random_uuid(), 'enrolled_on', e.enrolled_on + n))).* FROM enrolment e, generate_series(1, 5) n";

/// What a list's rows point to, or have few of, comes with it, to who sees all of that table; who does not reads it
/// apart, the same.
#[tokio::test]
async fn what_rows_point_to_is_read_with_their_list() {
    let world = World::live().await;
    let server = world.app.watched().await;
    let enrolments = "{ candidates { edges { node { id enrolments { edges { node { id ";
    let page = "{ candidates { edges { node { id enrolments(first: 1) { pageInfo { hasNextPage } edges { node { id ";
    let results = "evaluations { id heldOn results { code acquired } }";
    // Arrays bring results, where there are arrays.
    let apart = usize::from(world.app.app.db.get_database_backend() != DatabaseBackend::Postgres);
    let lists = [
        ("{ invoices { edges { node { number ", "organism { id name }", 0, 1),
        (enrolments, "certificate { id number }", 0, 1),
        (enrolments, "evaluations { id heldOn }", 0, 1),
        (enrolments, results, apart, 1 + apart),
        (page, results, apart, 1 + apart),
    ];
    let ask = async |who: &str, query: String| {
        let closed = query.matches('{').count() - query.matches('}').count();
        let query = query + &"}".repeat(closed);
        let (answer, statements) = server.ask(&world.people[who], &query, json!({})).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer}");
        (answer["data"].clone(), statements.len())
    };
    for (list, beside, more, apart) in lists {
        let (_, alone) = ask("Certif Pro: finance", list.to_owned()).await;
        let (all, together) = ask("Certif Pro: finance", format!("{list}{beside}")).await;
        assert_eq!(together, alone + more, "{list}{beside}");
        let (_, alone) = ask("organism A: admin", list.to_owned()).await;
        let (own, several) = ask("organism A: admin", format!("{list}{beside}")).await;
        assert_eq!(several, alone + apart, "{list}{beside}");
        let root = list.split_whitespace().nth(1).expect("a root");
        let of = |data: &Value| data[root]["edges"].as_array().cloned().expect("edges");
        assert!(!of(&own).is_empty() && of(&own).len() < of(&all).len(), "{own}");
        for edge in of(&own) {
            assert!(of(&all).contains(&edge), "{edge} is not in {all}");
        }
        let (field, told) = (beside.split_whitespace().next().expect("a field"), own.to_string());
        let whole = [format!("\"{field}\":{{\""), format!("\"{field}\":[{{\"")];
        assert!(whole.iter().any(|whole| told.contains(whole)), "{own}");
    }
}

/// The organism of a candidate asked for by its id comes in the same statement.
#[tokio::test]
async fn an_object_asked_for_alone_brings_what_it_points_to() {
    let world = World::live().await;
    let server = world.app.watched().await;
    let finance = &world.people["Certif Pro: finance"];
    let list = "{ candidates(first: 1) { edges { node { id organism { id name } } } } }";
    let (listed, _) = server.ask(finance, list, json!({})).await;
    let known = &listed["data"]["candidates"]["edges"][0]["node"];
    let asked = async |fields: &str| {
        let query =
            format!("query($id: ID!) {{ node(id: $id) {{ ... on Candidate {{ id {fields} }} }} }}");
        let (answer, statements) = server.ask(finance, &query, json!({ "id": known["id"] })).await;
        (answer["data"]["node"].clone(), statements.len())
    };
    let (_, alone) = asked("").await;
    let (candidate, together) = asked("organism { id name }").await;
    assert_eq!((&candidate, together), (known, alone));
}

/// So does a page of the enrolments of a candidate, where pages can be joined: the same as that of a candidate among
/// others, whatever is asked of it.
#[tokio::test]
async fn an_object_asked_for_alone_brings_a_page_of_what_hangs_on_it() {
    let world = World::live().await;
    let joined = world.app.app.db.get_database_backend() == DatabaseBackend::Postgres;
    if joined {
        // Several pages for each candidate, some enrolments without anything.
        let evaluations = "INSERT INTO evaluation SELECT (jsonb_populate_record(v, \
                           jsonb_build_object('id', gen_random_uuid(), 'enrolment_id', e.id))).* FROM evaluation v \
                           JOIN enrolment o ON o.id = v.enrolment_id JOIN enrolment e ON e.candidate_id = o.candidate_id \
                           WHERE e.id <> o.id AND e.enrolled_on <= o.enrolled_on + 3";
        for more in [MORE_ENROLMENTS, evaluations] {
            world.app.owner().execute_unprepared(more).await.expect("more of each");
        }
    }
    let server = world.app.watched().await;
    let candidates = &world.ids["Candidate"];
    // The answer of a candidate alone and among others, and how many statements the first took.
    let ask = async |who: &str, id: &str, fields: &str| {
        let fields = format!("... on Candidate {{ id {fields} }}");
        let variables = ["$n: Int = 2", "$off: Boolean = false"];
        let taken = |v: &&str| v.split(':').next().is_some_and(|name| fields.contains(name));
        let taken: Vec<_> = variables.into_iter().filter(taken).collect();
        let head =
            if taken.is_empty() { String::new() } else { format!("query({}) ", taken.join(", ")) };
        let alone = format!("{head}{{ node(id: \"{id}\") {{ {fields} }} }}");
        let ids = json!([id, candidates[0], candidates[1]]);
        let among = format!("{head}{{ nodes(ids: {ids}) {{ {fields} }} }}");
        let (alone, statements) = server.ask(&world.people[who], &alone, json!({})).await;
        let (among, _) = server.ask(&world.people[who], &among, json!({})).await;
        let code = |answer: &Value| answer["errors"][0]["extensions"]["code"].clone();
        let refused = ["first: 1, last", "nothing"].iter().any(|bad| fields.contains(bad));
        assert_eq!(code(&alone), code(&among), "{fields}");
        assert_eq!(code(&alone).is_string(), refused, "{alone}");
        assert_eq!(alone["data"]["node"], among["data"]["nodes"][0], "{fields}");
        (alone["data"]["node"].clone(), statements.len())
    };
    let (mut most, mut repeated) = (0, 0);
    for who in ["Certif Pro: finance", "organism A: admin"] {
        let joined = joined && who == "Certif Pro: finance";
        for id in candidates {
            let (seen, one) = ask(who, id, "birthName").await;
            if seen.is_null() {
                continue;
            }
            let (told, _) = ask(who, id, &enrolments("(first: 2)")).await;
            let cursor = &told["enrolments"]["pageInfo"]["endCursor"];
            for page in pages(cursor) {
                let (told, statements) = ask(who, id, &page).await;
                most = most.max(objects(&told["enrolments"]).len());
                if joined {
                    assert_eq!(statements, one, "one statement brings all: {page}");
                }
            }
            for shape in shapes() {
                ask(who, id, &shape).await;
            }
            let (known, _) = ask(who, id, &enrolments("")).await;
            let tried = |enrolment: &&Value| objects(&enrolment["evaluations"]).len() > 1;
            repeated =
                repeated.max(objects(&known["enrolments"]).into_iter().filter(tried).count());
            let node = |name| {
                format!(
                    "{name}: node(id: \"{id}\") {{ ... on Candidate {{ id {} }} }}",
                    enrolments("")
                )
            };
            let both = format!("{{ {} ...B }} fragment B on Query {{ {} }}", node("a"), node("b"));
            let (both, statements) = server.ask(&world.people[who], &both, json!({})).await;
            assert_eq!(both["data"], json!({ "a": known, "b": known }));
            if joined {
                assert_eq!(statements.len(), one + 1, "one statement for each name");
            }
        }
    }
    assert!(!joined || (most > 5 && repeated > 1), "{most} enrolments, {repeated} tried twice");
}

/// A page of a candidate's enrolments with all that comes with them.
fn enrolments(arguments: &str) -> String {
    format!(
        "enrolments{arguments} {{ pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} edges {{ cursor \
         node {{ id enrolledOn certificate {{ id number }} evaluations {{ id heldOn results {{ code acquired }} }} }} }} }}"
    )
}

/// Pages of a candidate's enrolments, some of them on either side of the cursor, if there is one.
fn pages(cursor: &Value) -> Vec<String> {
    let mut pages: Vec<String> = [
        "",
        "(first: 0)",
        "(first: 1)",
        "(last: 2)",
        "(last: 100)",
        "(first: $n)",
        "(first: 2) @skip(if: $off)",
        "(first: 3) @include(if: $off)",
        "(first: null, after: null)",
    ]
    .map(enrolments)
    .into();
    if cursor.is_string() {
        let beyond = ["first: 2, after", "last: 2, after", "first: 1, before", "last: 1, before"];
        pages.extend(beyond.map(|window| enrolments(&format!("({window}: {cursor})"))));
    }
    pages.push(format!("organism {{ id }} {}", pages[0]));
    pages
}

/// What is asked of a candidate's enrolments in other ways, or refused.
fn shapes() -> Vec<String> {
    let (one, two, last) =
        (enrolments("(first: 1)"), enrolments("(first: 2)"), enrolments("(last: 1)"));
    let ids = "enrolments(first: 1) { edges { node { id } } }";
    vec![
        enrolments("(first: 1, last: 1)"),
        enrolments("(after: \"nothing\")"),
        "enrolments { totalCount edges { node { id } } }".to_owned(),
        format!("a: {one} b: {last}"),
        "it: enrolments(first: 3) { rows: edges { one: node { id tests: evaluations { id } } } }"
            .to_owned(),
        format!("{two} enrolments(first: 2) {{ edges {{ node {{ organism {{ id }} }} }} }}"),
        format!("enrolments(first: 2) {{ edges {{ node {{ id candidate {{ id {one} }} }} }} }}"),
        format!("}} ... on Habilitation {{ {ids} }} ... on Candidate {{ {two}"),
    ]
}

/// What is read beside a list is for the objects at its place: asked for elsewhere too, or under other names, the
/// answer is the same.
#[tokio::test]
async fn what_is_read_beside_a_list_is_for_its_place() {
    let world = World::live().await;
    let server = world.app.watched().await;
    let finance = &world.people["Certif Pro: finance"];
    let ask = async |fields: &str| {
        let query = format!(
            "{{ candidates {{ edges {{ node {{ id enrolments {{ edges {{ node {{ id {fields} }} }} }} }} }} }} }}"
        );
        let (answer, statements) = server.ask(finance, &query, json!({})).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer}");
        let candidates = objects(&answer["data"]["candidates"]).into_iter();
        let enrolments = candidates.flat_map(|candidate| objects(&candidate["enrolments"]));
        (enrolments.cloned().collect::<Vec<Value>>(), statements.len())
    };
    let evaluations = "{ id heldOn results { code acquired } }";
    let (known, alone) = ask(&format!("evaluations {evaluations}")).await;
    assert!(known.iter().any(|enrolment| !objects(&enrolment["evaluations"]).is_empty()));

    let (named, statements) = ask(&format!("other: evaluations {evaluations}")).await;
    for (known, named) in known.iter().zip(&named) {
        assert_eq!(known["evaluations"], named["other"]);
    }
    assert_eq!(statements, alone, "one other name changes nothing");

    let twice =
        "one: evaluations { id results { code } } two: evaluations { id results { acquired } }";
    let told = |enrolment: &Value, field: &str| {
        let of_each = objects(&enrolment["evaluations"]).into_iter().map(|evaluation| {
            let results = objects(&evaluation["results"]).into_iter();
            let told: Vec<_> = results.map(|result| json!({ field: result[field] })).collect();
            json!({ "id": evaluation["id"], "results": told })
        });
        Value::Array(of_each.collect())
    };
    for (known, twice) in known.iter().zip(ask(twice).await.0) {
        assert_eq!(told(known, "code"), twice["one"]);
        assert_eq!(told(known, "acquired"), twice["two"]);
    }

    // Arrays bring results, where there are arrays.
    let more =
        1 + usize::from(world.app.app.db.get_database_backend() != DatabaseBackend::Postgres);
    let elsewhere = |fields: &str| {
        format!("evaluations {evaluations} certificate {{ enrolment {{ id {fields} }} }}")
    };
    let (_, without) = ask(&elsewhere("")).await;
    let (both, with) = ask(&elsewhere(&format!("evaluations {evaluations}"))).await;
    assert_eq!(with, without + more, "what is at one place is not for the other");
    assert!(both.iter().any(|enrolment| enrolment["certificate"].is_object()), "{both:?}");
    for (known, both) in known.iter().zip(&both) {
        assert_eq!(known["evaluations"], both["evaluations"]);
        if both["certificate"].is_object() {
            assert_eq!(known["evaluations"], both["certificate"]["enrolment"]["evaluations"]);
        }
    }
}

/// A list keeps its order however PostgreSQL joins what is read beside it.
#[tokio::test]
async fn what_is_read_beside_a_list_leaves_its_order() {
    let world = World::live().await;
    if world.app.app.db.get_database_backend() != DatabaseBackend::Postgres {
        return;
    }
    let owner = world.app.owner();
    owner.execute_unprepared(MORE_ENROLMENTS).await.expect("more of each");
    // Then it joins by merging, in the order of ids, from the first.
    let joins = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_nestloop = off', current_database()); \
                 EXECUTE format('ALTER DATABASE %I SET enable_hashjoin = off', current_database()); END $$";
    owner.execute_unprepared(joins).await.expect("the owner may");
    let server = world.app.watched().await;
    let finance = &world.people["Certif Pro: finance"];
    let ask = async |fields: &str| {
        let query = format!(
            "{{ candidates {{ edges {{ node {{ enrolments {{ edges {{ node {{ id {fields} }} }} }} }} }} }} }}"
        );
        let (answer, _) = server.ask(finance, &query, json!({})).await;
        let candidates = objects(&answer["data"]["candidates"]).into_iter();
        let ids = |candidate: &Value| {
            let enrolments = objects(&candidate["enrolments"]).into_iter();
            enrolments.map(|enrolment| enrolment["id"].clone()).collect::<Vec<Value>>()
        };
        candidates.map(ids).collect::<Vec<_>>()
    };
    let known = ask("").await;
    assert!(known.iter().filter(|enrolments| enrolments.len() > 5).count() > 1, "{known:?}");
    assert_eq!(ask("certificate { id }").await, known);
    assert_eq!(ask("evaluations { id }").await, known);
}
