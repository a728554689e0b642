//! Lists are searched by the beginnings of words, by SIREN and by department, along indexes of both databases.

use crate::plans::{CHUNK, FIRST, begins, is_slow, is_whole, large, multiply, plans};
use e2e::{Client, TestApp, at, siren};
use entity::ids::{OrganismId, SiteId};
use entity::{candidate, candidate_word, organism, organism_word, site};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseBackend,
    DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, Statement,
};
use serde_json::{Value, json};

/// The names that a list tells, in its order, for these arguments.
async fn named(reader: &Client, (list, name): (&str, &str), arguments: Value) -> Vec<String> {
    let query = format!(
        "query($search: String) {{ found: {list}(search: $search) {{ edges {{ node {{ {name} }} }} }} }}"
    );
    names(&reader.query(&query, arguments).await, name)
}

fn names(data: &Value, name: &str) -> Vec<String> {
    let edges = at(data, "found.edges").as_array().expect("a list");
    let text =
        |edge: &Value| at(edge, &format!("node.{name}")).as_str().expect("a name").to_owned();
    edges.iter().map(text).collect()
}

/// An organism of this name at this postal code, and its administrator.
async fn register(
    app: &TestApp,
    (number, name, postal_code): (u32, &str, &str),
) -> (String, Client) {
    let admin = app.account(&format!("admin@search{number}.example")).await;
    let input = json!({
        "siren": siren(number), "name": name, "kind": "LEGAL_PERSON", "email": "contact@org.example",
        "address": "1 rue Neuve", "postalCode": postal_code, "city": "Ville",
    });
    let answer = admin.act("registerOrganism", input, "organism { id }").await;
    (answer.text("organism.id"), admin)
}

async fn candidate(admin: &Client, organism: &str, (birth, used, first): (&str, &str, &str)) {
    let input = json!({
        "organismId": organism, "birthName": birth, "usedName": used, "firstNames": first,
        "birthDate": "1991-07-14", "sex": "F", "birthPlaceName": "Łódź", "birthCountry": "Pologne",
    });
    admin.act("registerCandidate", input, "candidate { id }").await.done();
}

#[tokio::test]
async fn candidates_are_found_by_the_beginnings_of_their_names() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (mine, admin) = register(&app, (1, "Le mien", "44000")).await;
    let (other, other_admin) = register(&app, (2, "L’autre", "44000")).await;
    candidate(&admin, &mine, ("Dupont", "", "Marie")).await;
    candidate(&admin, &mine, ("Lefèbvre-d’Œuvre", "Garnier", "Noël André")).await;
    candidate(&admin, &mine, ("Martin", "", "Dupuy")).await;
    candidate(&admin, &mine, ("Žižka", "", "")).await;
    candidate(&other_admin, &other, ("Dupont", "", "Autre")).await;
    let found = async |reader: &Client, search: &str| {
        named(reader, ("candidates", "birthName"), json!({ "search": search })).await
    };
    let all = ["Žižka", "Martin", "Lefèbvre-d’Œuvre", "Dupont"];
    for (search, expected) in [
        ("Marie Dupont", &["Dupont"] as &[&str]),
        ("dup mar", &["Martin", "Dupont"]),
        ("mar dup", &["Martin", "Dupont"]),
        ("DUPONT", &["Dupont"]),
        ("d", &["Martin", "Lefèbvre-d’Œuvre", "Dupont"]),
        ("m d", &["Martin", "Dupont"]),
        ("noel lefebvre", &["Lefèbvre-d’Œuvre"]),
        ("d'oeuvre ANDRÉ", &["Lefèbvre-d’Œuvre"]),
        ("Lefebvre d œuv", &["Lefèbvre-d’Œuvre"]),
        ("garn", &["Lefèbvre-d’Œuvre"]),
        // The middle of a word is none.
        ("upont", &[]),
        ("dupont x", &[]),
        ("%", &all),
        ("_u", &[]),
        ("'' OR 1=1 --", &[]),
        (r"\", &all),
        ("", &all),
        (" \u{a0} ", &all),
    ] {
        assert_eq!(found(&admin, search).await, expected, "{search:?}");
    }
    // Each sees their own alone, whatever they look for.
    assert_eq!(found(&other_admin, "dup").await, ["Dupont"]);
    assert_eq!(found(&staff.finance, "dup").await, ["Dupont", "Martin", "Dupont"]);
    assert!(found(&app.stranger(), "dup").await.is_empty());
    // The words go with the row that they are of.
    let gone = candidate::Column::OrganismId.eq(other.parse::<OrganismId>().expect("an id"));
    candidate::Entity::delete_many().filter(gone).exec(app.owner()).await.expect("deleted");
    assert_eq!(found(&staff.finance, "dup").await, ["Martin", "Dupont"]);
}

// Interpretation 13
#[tokio::test]
async fn a_name_is_found_whether_its_parts_are_written_apart_or_together() {
    let app = TestApp::start().await;
    let (mine, admin) = register(&app, (1, "L’Étoile du Nord", "59000")).await;
    let people = [
        ("N’Guyen", "", "Lan Anh"),
        ("Legoff", "", "Jean-Luc"),
        ("Le Goff", "", "Jeanluc"),
        ("Vanderberg", "D’Almeida", "Inès"),
    ];
    for person in people {
        candidate(&admin, &mine, person).await;
    }
    let found = async |search: &str| {
        named(&admin, ("candidates", "birthName"), json!({ "search": search })).await
    };
    for (search, expected) in [
        ("nguyen", &["N’Guyen"] as &[&str]),
        ("n'guyen", &["N’Guyen"]),
        ("N Guyen lan", &["N’Guyen"]),
        ("lananh nguy", &["N’Guyen"]),
        ("legoff", &["Le Goff", "Legoff"]),
        ("le goff", &["Le Goff", "Legoff"]),
        ("jean luc le goff", &["Le Goff", "Legoff"]),
        ("jeanluc legoff", &["Le Goff", "Legoff"]),
        ("van der berg", &["Vanderberg"]),
        ("dalmeida", &["Vanderberg"]),
        ("almeida ines", &["Vanderberg"]),
        ("uyen", &[]),
        ("goff luc martin", &[]),
    ] {
        assert_eq!(found(search).await, expected, "{search:?}");
    }
    let staff = app.staff().await;
    for search in ["letoile", "l etoile", "etoile nord", "étoiledunord", "nord l'étoile"] {
        let found = named(&staff.officer, ("organisms", "name"), json!({ "search": search })).await;
        assert_eq!(found, ["L’Étoile du Nord"], "{search:?}");
    }
}

#[tokio::test]
async fn organisms_are_found_by_name_and_by_siren() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let places = [(12, "École des métiers"), (13, "Les Métiers d’Art"), (120, "Atelier 7")];
    for (number, name) in places {
        register(&app, (number, name, "75011")).await;
    }
    let list = ("organisms", "name");
    let whole = siren(120);
    let spaced = format!("{} {}\u{a0}{}", &whole[..3], &whole[3..6], &whole[6..]);
    let (ecole, arts, atelier) = (places[0].1, places[1].1, places[2].1);
    for (search, expected) in [
        ("metiers ecole", &[ecole] as &[&str]),
        ("méti", &[ecole, arts]),
        ("art d", &[arts]),
        ("000 000 1", &[ecole, arts]),
        (&whole, &[atelier]),
        (&spaced, &[atelier]),
        (&format!("atelier {whole}"), &[atelier]),
        (&whole[1..], &[]),
        ("7", &[atelier]),
        (" ", &[atelier, ecole, arts]),
    ] {
        let found = named(&staff.officer, list, json!({ "search": search })).await;
        assert_eq!(found, expected, "{search:?}");
    }
    // Page by page, in the order of the list.
    let query = "query($after: String) { organisms(search: \"métier\", first: 1, after: $after) { \
                 totalCount edges { cursor node { name } } pageInfo { hasNextPage } } }";
    let first = staff.officer.query(query, json!({})).await;
    let after = at(&first, "organisms.edges.0.cursor");
    let next = staff.officer.query(query, json!({ "after": after })).await;
    for (page, name, more) in [(&first, ecole, true), (&next, arts, false)] {
        assert_eq!(at(page, "organisms.edges.0.node.name"), name);
        assert_eq!(at(page, "organisms.pageInfo.hasNextPage"), more);
        assert_eq!(at(page, "organisms.totalCount"), 2);
    }
}

// III.5.e
#[tokio::test]
async fn organisms_are_found_in_the_departments_of_their_open_sites() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = app.habilitated(&staff, 1, "2026-02-10").await;
    for (number, name, postal_code) in
        [(12, "Ajaccio", "20000"), (13, "Bastia", "20200"), (14, "Saint-Denis", "97400")]
    {
        register(&app, (number, name, postal_code)).await;
    }
    for (name, postal_code) in [("Corte", "20250"), ("Mayotte", "97600")] {
        let input = json!({ "organismId": organism.id, "name": name, "address": "2 rue Haute",
            "postalCode": postal_code, "city": name });
        organism.admin.act("addSite", input, "site { id }").await.done();
    }
    let closed = site::Entity::update_many()
        .col_expr(site::Column::ClosedOn, Expr::value(e2e::day("2026-02-11")))
        .filter(site::Column::PostalCode.eq("97600"));
    closed.exec(app.owner()).await.expect("written");
    let found = async |reader: &Client, list: &str, (department, search): (&str, Option<&str>)| {
        let query = format!(
            "query($department: String, $search: String) {{ \
             found: {list}(department: $department, search: $search) {{ edges {{ node {{ name }} }} }} }}"
        );
        let arguments = json!({ "department": department, "search": search });
        names(&reader.query(&query, arguments).await, "name")
    };
    for (department, expected) in [
        ("44", &["Organisme 1"] as &[&str]),
        ("2A", &["Ajaccio"]),
        (" 2b ", &["Bastia", "Organisme 1"]),
        ("974", &["Saint-Denis"]),
        ("976", &[]),
        ("01", &[]),
    ] {
        let found = found(&staff.officer, "organisms", (department, None)).await;
        assert_eq!(found, expected, "{department}");
    }
    let both = ("2B", Some("orga"));
    assert_eq!(found(&staff.officer, "organisms", both).await, ["Organisme 1"]);
    // For anyone, those that are habilitated alone; nothing else is seen by searching it.
    let stranger = app.stranger();
    assert_eq!(found(&stranger, "habilitatedOrganisms", ("2B", None)).await, ["Organisme 1"]);
    assert!(found(&stranger, "habilitatedOrganisms", ("2A", None)).await.is_empty());
    assert!(found(&stranger, "organisms", ("2B", None)).await.is_empty());
    for list in ["organisms", "habilitatedOrganisms"] {
        for wrong in ["", "20", "1", "75011", "Nord"] {
            let query = format!("{{ {list}(department: \"{wrong}\") {{ totalCount }} }}");
            let answer = stranger.raw(&query, json!({})).await;
            let error = at(&answer, "errors.0");
            assert_eq!(at(error, "extensions.code"), "DEPARTMENT_UNKNOWN", "{answer}");
            assert_eq!(at(error, "extensions.field"), &json!(["department"]));
            let told = at(error, "message").as_str().expect("a sentence");
            assert!(told.starts_with("Ce département est inconnu"), "{told}");
            assert!(at(&answer, &format!("data.{list}")).is_null());
        }
    }
}

/// Thousands of organisms and candidates, found by words of their own and by one that all have; few
/// organisms stand in the department 44.
async fn searchable(db: &DatabaseConnection) {
    large(db).await;
    let organisms = organism::Entity::find()
        .order_by_asc(organism::Column::Id)
        .all(db)
        .await
        .expect("readable");
    // The first was registered, with its words.
    let words = organisms.iter().skip(1).flat_map(|row| {
        let words = domain::search::words([row.name_key.as_str(), &row.siren]).into_iter();
        words.map(|word| organism_word::ActiveModel { organism_id: Set(row.id), word: Set(word) })
    });
    insert(db, words).await;
    let rows = candidate::Entity::find()
        .order_by_asc(candidate::Column::Id)
        .all(db)
        .await
        .expect("readable");
    let words = rows.iter().enumerate().skip(1).flat_map(|(rank, row)| {
        let words = ["CLAUDE".to_owned(), format!("LEROY{rank}")].into_iter();
        words.map(|word| candidate_word::ActiveModel { candidate_id: Set(row.id), word: Set(word) })
    });
    insert(db, words).await;
    multiply::<site::Entity>(db, |row, n| {
        row.id = Set(SiteId::new());
        row.organism_id = Set(organisms[1 + usize::try_from(n).expect("small")].id);
        row.siret = Set(None);
        row.is_seat = Set(false);
        row.postal_code = Set(format!("{}{:03}", if n % 500 == 0 { 44 } else { 75 }, n % 1000));
    })
    .await;
    db.execute_unprepared("ANALYZE").await.expect("statistics");
}

async fn insert<A>(db: &DatabaseConnection, rows: impl Iterator<Item = A>)
where
    A: ActiveModelTrait + Clone + Send,
{
    for rows in rows.collect::<Vec<_>>().chunks(CHUNK) {
        let rows = A::Entity::insert_many(rows.to_vec());
        rows.exec_without_returning(db).await.expect("inserted");
    }
}

/// How a page of what is searched is read.
#[derive(Clone, Copy)]
enum Found {
    /// What few have: their rows alone, and sorted after that.
    Gathered,
    /// What many have: in the order of the list, until the page is full.
    Met,
}

#[tokio::test]
async fn searches_are_read_along_indexes() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, habilitation) = app.habilitated(&staff, 1, "2026-02-10").await;
    app.enrolled(&staff, &organism, &habilitation, "Leroy").await;
    app.settle().await;
    searchable(app.owner()).await;
    let server = app.watched().await;
    let number = siren(FIRST + 1);
    let mut wrong = Vec::new();
    for (list, arguments, found) in [
        ("candidates", "search: \"leroy123\"".to_owned(), Found::Gathered),
        ("candidates", "search: \"cla leroy1234\"".to_owned(), Found::Gathered),
        ("candidates", "search: \"c\"".to_owned(), Found::Met),
        ("candidates", "search: \"l c\"".to_owned(), Found::Met),
        ("organisms", "search: \"1234\"".to_owned(), Found::Gathered),
        ("organisms", "search: \"orga 1234\"".to_owned(), Found::Gathered),
        ("organisms", format!("search: \"{} {}\"", &number[..3], &number[3..8]), Found::Gathered),
        ("organisms", "search: \"o\"".to_owned(), Found::Met),
        ("organisms", "department: \"44\"".to_owned(), Found::Gathered),
        ("organisms", "department: \"44\", search: \"orga 12\"".to_owned(), Found::Gathered),
        ("habilitatedOrganisms", "search: \"1234\"".to_owned(), Found::Gathered),
        ("habilitatedOrganisms", "department: \"44\"".to_owned(), Found::Gathered),
        ("habilitatedOrganisms", "search: \"o\"".to_owned(), Found::Met),
    ] {
        let query = format!("{{ {list}({arguments}) {{ edges {{ cursor }} }} }}");
        let steps = plans(&app, &server, (&staff.officer, &query)).await.concat();
        let table = if list == "candidates" { "candidate" } else { "organism" };
        let of = [table, "candidate_word", "organism_word", "site"];
        let whole = |step: &String| of.iter().any(|table| is_whole(step, table));
        let apart = |step: &String| step.contains(&format!(" {table} ")) && !begins(step, table);
        let ranges = ["(word>", "(word >", "(postal_code>", "(postal_code >"];
        let ranged = steps.iter().any(|step| ranges.iter().any(|range| step.contains(range)));
        let fine = match found {
            Found::Gathered => ranged && !steps.iter().any(apart),
            Found::Met => !steps.iter().any(|step| is_slow(step, table)),
        };
        if !fine || steps.iter().any(whole) {
            wrong.push(format!("{list}({arguments}): {steps:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Texts that begin alike stand together whatever the order of the database's language.
#[tokio::test]
async fn words_and_postal_codes_are_ordered_by_their_bytes() {
    let app = TestApp::start().await;
    if app.owner().get_database_backend() != DatabaseBackend::Postgres {
        return;
    }
    let sql = "SELECT table_name || '.' || column_name AS name FROM information_schema.columns \
               WHERE collation_name = 'C' AND table_schema = 'public' ORDER BY 1";
    let asked = Statement::from_string(DatabaseBackend::Postgres, sql);
    let rows = app.owner().query_all_raw(asked).await.expect("readable");
    let names: Vec<String> =
        rows.iter().map(|row| row.try_get("", "name").expect("a name")).collect();
    assert_eq!(names, ["candidate_word.word", "organism_word.word", "site.postal_code"]);
}

#[tokio::test]
async fn pages_of_one_list_that_are_asked_for_at_once_are_each_as_asked() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, _) = app.habilitated(&staff, 1, "2026-02-10").await;
    for name in ["Martin", "Petit", "Durand"] {
        app.candidate(&organism, name).await;
    }
    let page = "totalCount edges { cursor node { birthName } } \
                pageInfo { startCursor endCursor hasNextPage hasPreviousPage }";
    let ask = async |windows: &[String]| {
        let lists = windows.iter().enumerate();
        let lists = lists.map(|(n, window)| format!("p{n}: candidates({window}) {{ {page} }}"));
        let lists = lists.collect::<String>();
        let query =
            format!("query($id: ID!) {{ node(id: $id) {{ ... on Organism {{ {lists} }} }} }}");
        at(&organism.admin.query(&query, json!({ "id": organism.id })).await, "node").clone()
    };
    let whole = ask(&["first: 100".to_owned()]).await["p0"].clone();
    let cursors: Vec<_> = (0..3).map(|n| at(&whole, &format!("edges.{n}.cursor"))).collect();
    let edges = whole["edges"].as_array().expect("a list");
    // Each window, the edges that it holds, and whether others follow and precede.
    let windows = [
        ("first: 2".to_owned(), 0..2, (true, false)),
        ("last: 2".to_owned(), 1..3, (false, true)),
        ("first: 0".to_owned(), 0..0, (true, false)),
        (format!("first: 1, after: {}", cursors[0]), 1..2, (true, true)),
        (format!("first: 1, after: {}", cursors[1]), 2..3, (false, true)),
        (format!("last: 5, before: {}", cursors[2]), 0..2, (true, false)),
    ];
    let answer = ask(&windows.iter().map(|(window, ..)| window.clone()).collect::<Vec<_>>()).await;
    for (n, (window, held, (next, previous))) in windows.iter().enumerate() {
        let held = &edges[held.clone()];
        let cursor = |edge: Option<&Value>| edge.map_or(Value::Null, |edge| edge["cursor"].clone());
        let expected = json!({ "totalCount": 3, "edges": held, "pageInfo": {
            "startCursor": cursor(held.first()), "endCursor": cursor(held.last()),
            "hasNextPage": next, "hasPreviousPage": previous } });
        assert_eq!(answer[format!("p{n}")], expected, "{window}");
    }
}
