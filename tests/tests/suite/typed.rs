//! What people type, paste and export: identifiers, dates, literals. What is not exactly one is refused by its field,
//! and leaves nothing behind.

use e2e::{Client, TestApp, at, siren, siret};
use serde_json::{Value, json};

#[expect(clippy::needless_pass_by_value, reason = "an input is written where it is given")]
fn organism(siren: &str, more: Value) -> Value {
    let mut input = json!({
        "siren": siren, "name": "Organisme saisi", "kind": "LEGAL_PERSON", "email": "saisie@exemple.example",
        "address": "1 rue Neuve", "postalCode": "44000", "city": "Nantes",
    });
    let fields = input.as_object_mut().expect("an object");
    fields.extend(more.as_object().cloned().unwrap_or_default());
    input
}

#[expect(clippy::needless_pass_by_value, reason = "an input is written where it is given")]
fn alert(more: Value) -> Value {
    let mut input = json!({
        "source": "CDC", "reference": "S-1", "allegation": "NON_CONFORMING_OFFER",
        "offerTitle": "Formation express", "certificationCode": "RS0000", "offerOn": "2026-01-05",
        "details": "Intitulé trompeur.", "receivedOn": "2026-01-05",
    });
    let fields = input.as_object_mut().expect("an object");
    fields.extend(more.as_object().cloned().unwrap_or_default());
    input
}

/// III.2.a, III.2.h, III.7.c, V.3.d: what a spreadsheet made of an identifier never stands for another one, whatever
/// it is typed into.
#[tokio::test]
async fn an_identifier_is_read_as_it_is_printed_alone() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let admin = app.account("saisie@exemple.example").await;
    // Each would be nine, fourteen or eleven digits without its sign, or with it read as a separator.
    for wrong in [
        "89349997.0",
        "75980649,0",
        "732829320.0",
        "7,3E8",
        "732-829-320",
        "73 28 29 320",
        "７３２８２９３２０",
    ] {
        let refused = ("SIREN_INVALID", "siren", "III.2.a");
        app.refuses(&admin, ("registerOrganism", organism(wrong, json!({}))), refused).await;
        let posted = ("postEdofAlert", alert(json!({ "siren": wrong })));
        app.refuses(&staff.officer, posted, ("SIREN_INVALID", "siren", "V.3.d")).await;
    }
    for wrong in [
        "732829320.00074",
        "73282932000074.0",
        "7,32829E+13",
        "73 282 932 000 074",
        "73282932000O74",
    ] {
        let input = organism("732829320", json!({ "seatSiret": wrong }));
        let refused = ("SIRET_INVALID", "seatSiret", "III.2.a");
        app.refuses(&admin, ("registerOrganism", input), refused).await;
        let posted = ("postEdofAlert", alert(json!({ "siret": wrong })));
        app.refuses(&staff.officer, posted, ("SIRET_INVALID", "siret", "V.3.d")).await;
    }
    for wrong in
        ["1973000197.0", "1973000197", "1 175 055 471,0", "11 755 547 10", "\u{200b}11750554710"]
    {
        let input = organism("732829320", json!({ "nda": wrong }));
        app.refuses(&admin, ("registerOrganism", input), ("NDA_INVALID", "nda", "III.2.h")).await;
    }
    let known = json!({ "nda": "11 75 05547 10", "seatSiret": "732 829 320 00074" });
    let input = organism("732.829.320", known);
    let id = admin.act("registerOrganism", input, "organism { id siren nda }").await;
    assert_eq!(id.text("organism.siren"), "732829320");
    assert_eq!(id.text("organism.nda"), "11750554710");
    let id = id.text("organism.id");
    let site = |siret: &str| {
        json!({
            "organismId": id, "name": "Annexe", "siret": siret, "address": "2 rue Neuve",
            "postalCode": "44000", "city": "Nantes",
        })
    };
    let second = siret("732829320", 9);
    let decimals = ("addSite", site(&format!("{second}.0")));
    app.refuses(&admin, decimals, ("SIRET_INVALID", "siret", "III.2.a")).await;
    let (head, nic) = second.split_at(9);
    let answer = admin.act("addSite", site(&format!("{head} {nic}")), "site { siret }").await;
    assert_eq!(answer.text("site.siret"), second);
    let answer = staff
        .officer
        .act("postEdofAlert", alert(json!({ "siret": "732\u{a0}829\u{a0}320\u{a0}00074" })), "")
        .await;
    answer.done();
}

/// A search takes a SIREN as it is printed; with decimals it finds no other one.
#[tokio::test]
async fn a_search_with_decimals_finds_no_other_siren() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let other = app.organism(8_934_999).await;
    // The SIREN whose zero a spreadsheet took, and to which it gave a decimal.
    let beginning = other.siren.trim_start_matches('0')[..6].to_owned();
    let found = async |search: &str| {
        let query =
            "query($s: String) { organisms(first: 5, search: $s) { edges { node { siren } } } }";
        let data = staff.officer.query(query, json!({ "s": search })).await;
        at(&data, "organisms.edges").as_array().map_or(0, Vec::len)
    };
    let [first, second, third] = [0, 3, 6].map(|at| &other.siren[at..at + 3]);
    for search in [
        format!("{first} {second} {third}"),
        format!("{first}.{second}.{third}"),
        other.siren.clone(),
    ] {
        assert_eq!(found(&search).await, 1, "{search}");
    }
    let dotted = format!("{}.{}", &other.siren[..8], &other.siren[8..]);
    for search in [dotted, format!("{beginning}.0"), format!("{},0", other.siren)] {
        assert_eq!(found(&search).await, 0, "{search}");
    }
}

/// The error of a request that was not executed: its code and its field.
async fn invalid(client: &Client, query: &str, variables: Value) -> (String, Value) {
    let answer = client.raw(query, variables).await;
    assert!(answer["data"].is_null(), "{answer}");
    let error = &answer["errors"][0];
    let code = error["extensions"]["code"].as_str().unwrap_or_default().to_owned();
    (code, error["extensions"]["field"].clone())
}

/// III.2.c, V.3.d: a date has one form, in variables and in literals; anything else is refused by its field before
/// anything is executed.
#[tokio::test]
async fn a_date_has_one_form_everywhere() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    app.idle().await;
    let before = app.row_counts().await;
    let meeting = "mutation($input: ScheduleMeetingInput!) { scheduleMeeting(input: $input) { refusals { code } } }";
    let input = |on: &str| json!({ "input": { "authorityId": staff.authority, "heldOn": on, "place": "Paris" } });
    let posting = "mutation($input: PostEdofAlertInput!) { postEdofAlert(input: $input) { refusals { code } } }";
    for wrong in [
        "26-03-02",
        "2026-3-2",
        "+2026-03-02",
        " 2026-03-02",
        "2026-03-02 ",
        "02/03/2026",
        "2026-02-29",
        "20260302",
        "２０２６-03-02",
    ] {
        let told = invalid(&staff.officer, meeting, input(wrong)).await;
        assert_eq!(told, ("DATE_INVALID".to_owned(), json!(["input", "heldOn"])), "{wrong}");
        let given = json!({ "input": alert(json!({ "siren": siren(7), "offerOn": wrong })) });
        let told = invalid(&staff.officer, posting, given).await;
        assert_eq!(told, ("DATE_INVALID".to_owned(), json!(["input", "offerOn"])), "{wrong}");
        let literal = format!(
            "mutation {{ scheduleMeeting(input: {{ authorityId: {:?}, place: \"Paris\", heldOn: {wrong:?} }}) \
             {{ refusals {{ code }} }} }}",
            staff.authority
        );
        let told = invalid(&staff.officer, &literal, json!({})).await;
        assert_eq!(told, ("DATE_INVALID".to_owned(), json!(["input", "heldOn"])), "{wrong}");
        let clock =
            "mutation($to: Date!) { advanceClock(input: { to: $to }) { refusals { code } } }";
        let told = invalid(&staff.operator, clock, json!({ "to": wrong })).await;
        assert_eq!(told, ("DATE_INVALID".to_owned(), json!(["input", "to"])), "{wrong}");
        let explained = format!(
            "query($d: Date! = {wrong:?}) {{ explainDeadline(startedOn: $d, amount: 5, unit: WORKING_DAY) \
             {{ dueOn }} }}"
        );
        let (code, _) = invalid(&app.stranger(), &explained, json!({})).await;
        assert_eq!(code, "DATE_INVALID", "{wrong}");
    }
    assert_eq!(app.row_counts().await, before, "nothing is stored");
    let answer = app.stranger().raw(meeting, input("26-03-02")).await;
    let message = at(&answer, "errors.0.message").as_str().expect("a message");
    assert_eq!(
        message,
        "Le champ input.heldOn n’est pas une date : elle s’écrit 2026-11-24, sans rien autour."
    );
    staff.officer.act("scheduleMeeting", input("2026-03-02")["input"].clone(), "").await.done();
}

/// I.b, I.c, II.b, III.2.c, III.5.g, V.3.d: a date in its form is still one of the certification.
#[tokio::test]
async fn a_date_is_within_the_bounds_of_its_field() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let opening = |on: &str| {
        json!({
            "authorityId": staff.authority, "frameworkId": staff.framework, "meetingId": campaign.meeting,
            "title": "Campagne", "opensOn": on, "closesOn": "2026-01-20",
        })
    };
    for early in ["0026-01-10", "2014-12-31", "1026-01-10"] {
        let refused = ("DATE_TOO_EARLY", "opensOn", "III.2.c");
        app.refuses(&staff.officer, ("openCampaign", opening(early)), refused).await;
        let input = alert(json!({ "siren": siren(7), "offerOn": early }));
        let refused = ("DATE_TOO_EARLY", "offerOn", "V.3.d");
        app.refuses(&staff.officer, ("postEdofAlert", input), refused).await;
    }
    let both =
        alert(json!({ "siren": siren(7), "offerOn": "0026-01-01", "receivedOn": "0026-01-05" }));
    app.refuses(&staff.officer, ("postEdofAlert", both), ("DATE_TOO_EARLY", "receivedOn", "V.3.d"))
        .await;
    let meeting =
        json!({ "authorityId": staff.authority, "heldOn": "2206-03-02", "place": "Paris" });
    let refused = ("DATE_TOO_LATE", "heldOn", "III.5.g");
    app.refuses(&staff.officer, ("scheduleMeeting", meeting), refused).await;
    let cpne = json!({
        "name": "CPNE", "email": "cpne@exemple.example", "appealContact": "recours", "address": "1 rue",
        "postalCode": "75001", "city": "Paris",
    });
    let cpne = staff.admin.act("registerCpne", cpne, "authority { id }").await.text("authority.id");
    let delegation = |from: &str, to: &str| json!({ "authorityId": cpne, "professionalField": "Commerce", "startsOn": from, "endsOn": to });
    let early = ("grantDelegation", delegation("0206-01-10", "2027-01-10"));
    app.refuses(&staff.decider, early, ("DATE_TOO_EARLY", "startsOn", "I.b")).await;
    let late = ("grantDelegation", delegation("2026-01-10", "2260-01-10"));
    app.refuses(&staff.decider, late, ("DATE_TOO_LATE", "endsOn", "I.b")).await;
    let organism = app.organism(41).await;
    let practitioner = json!({
        "organismId": organism.id, "familyName": "Martin", "firstNames": "Anne", "birthDate": "0080-03-02",
        "legalStatus": "CDI", "cvReference": "cv-1", "trainer": true, "evaluator": false, "juryMember": false,
        "domains": [1], "remoteCapable": true,
    });
    let refused = ("BIRTH_DATE_INVALID", "birthDate", "II.b");
    app.refuses(&organism.admin, ("declarePractitioner", practitioner), refused).await;
    staff.officer.act("openCampaign", opening("2026-01-06"), "").await.done();
}

/// A literal may hold any character in each manner of the specification; half of one is refused where it stands.
#[tokio::test]
async fn a_literal_holds_any_character() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let posting = |title: &str, n: usize| {
        format!(
            "mutation {{ postEdofAlert(input: {{ source: CDC, reference: \"U-{n}\", siren: {:?}, offerTitle: \"Offre\", \
             allegation: NON_CONFORMING_OFFER, certificationCode: \"RS0000\", offerOn: \"2026-01-05\", \
             details: {title}, receivedOn: \"2026-01-05\" }}) {{ alert {{ details }} refusals {{ code }} }} }}",
            siren(7)
        )
    };
    let literals = [
        r#""\uD842\uDFB7""#,
        r#""\ud842\udfb7""#,
        r#""\u{20BB7}""#,
        r#""\u{0020bb7}""#,
        "\"\u{20bb7}\"",
    ];
    for (n, literal) in literals.into_iter().enumerate() {
        let data = staff.officer.query(&posting(literal, n), json!({})).await;
        assert_eq!(at(&data, "postEdofAlert.alert.details"), "\u{20bb7}", "{literal}: {data}");
    }
    let mixed = r#""a \"\u{41}\" \\u{41} # \uD83D\uDE00\u{22}""#;
    let data = staff.officer.query(&posting(mixed, 9), json!({})).await;
    let title = at(&data, "postEdofAlert.alert.details");
    assert_eq!(title, "a \"A\" \\u{41} # \u{1F600}\"", "{data}");
    app.idle().await;
    let before = app.row_counts().await;
    for literal in [r#""\uD842""#, r#""\uDFB7\uD842""#, r#""\u{D842}\u{DFB7}""#, r#""\u{110000}""#]
    {
        let answer = staff.officer.raw(&posting(literal, 10), json!({})).await;
        assert_eq!(at(&answer, "errors.0.extensions.code"), "GRAPHQL_PARSE_FAILED", "{answer}");
        let message = at(&answer, "errors.0.message").as_str().expect("a message");
        assert!(message.contains("ligne 1, colonne "), "{message}");
    }
    assert_eq!(app.row_counts().await, before, "nothing is stored");
    let search = r#"{ candidates(first: 1, search: "\uD842\uDFB7") { edges { node { id } } } }"#;
    for _ in 0..3 {
        let data = staff.officer.query(search, json!({})).await;
        assert!(at(&data, "candidates.edges").is_array(), "{data}");
    }
}

/// III.2.a, III.2.h, V.3.d: what earlier rules let in is listed: dates out of bounds, and identifiers of the public list
/// that lost a zero and gained a decimal.
#[tokio::test]
async fn what_earlier_rules_let_in_is_listed() {
    use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
    let app = TestApp::start().await;
    let staff = app.staff().await;
    app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    app.organism(51).await;
    assert_eq!(service::doctor::doubts(&app.app.db).await.expect("listed"), []);
    let db = &app.app.db;
    let campaign = entity::campaign::Entity::find().one(db).await.expect("read").expect("one");
    let campaign = entity::campaign::ActiveModel {
        id: Set(campaign.id),
        opens_on: Set(e2e::day("0026-01-10")),
        ..Default::default()
    };
    campaign.update(db).await.expect("as it was once typed");
    let organism = entity::organism::Entity::find().one(db).await.expect("read").expect("one");
    let (nda, siren) = ("01973000197", "089349997");
    let spoilt = entity::organism::ActiveModel {
        id: Set(organism.id),
        nda: Set(Some(format!("{}0", &nda[1..]))),
        siren: Set(format!("{}0", &siren[1..])),
        ..Default::default()
    };
    spoilt.update(db).await.expect("as it was once typed");
    let list = include_str!("../../../clea/tests/data/organismes-de-formation.csv");
    let headings = list.lines().next().expect("headings");
    let mut cells = vec![""; headings.split(';').count()];
    for (column, text) in
        [("numeroDeclarationActivite", nda), ("denomination", "ÉCOLE"), ("siren", siren)]
    {
        cells[headings.split(';').position(|heading| heading == column).expect("a column")] = text;
    }
    let list = format!("{headings}\n{}\n", cells.join(";"));
    let report = service::import::organisms(&app.app, list.as_bytes(), |_| ()).await.expect("read");
    assert_eq!((report.inserted, report.faulty.len()), (1, 0), "{report:?}");
    let found = service::doctor::doubts(db).await.expect("listed");
    let told: Vec<_> = found
        .iter()
        .map(|d| (d.table.as_str(), d.column.as_str(), d.value.as_str(), d.meant.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("campaign", "opens_on", "0026-01-10", None),
            ("organism", "siren", "893499970", Some(siren)),
            ("organism", "nda", "19730001970", Some(nda)),
        ]
    );
}
