//! Who people are: names in any spelling, one name alone, dates of birth in part, places of birth, and how documents
//! write them.

use e2e::{Answer, Client, Organism, Staff, TestApp, at, results};
use reqwest::Method;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization as _;

/// The input of a candidate born whole in Nantes.
pub(crate) fn person_input(organism: &str, birth_name: &str, first_names: &str) -> Value {
    json!({
        "organismId": organism, "birthName": birth_name, "firstNames": first_names, "birthDate": "1991-07-14",
        "sex": "F", "birthPlaceCode": "44109", "birthPlaceName": "Nantes", "birthCountry": "France",
        "email": "personne@candidat.example",
    })
}

/// A practitioner of the organism, of this name and these first names.
async fn practitioner(
    (admin, organism): (&Client, &str),
    (family, first): (Option<&str>, Option<&str>),
    (birth, roles): (&Value, &[&str]),
) -> Answer {
    let mut input = json!({
        "organismId": organism, "familyName": family, "firstNames": first, "legalStatus": "CDI",
        "cvReference": "cv-1", "trainer": roles.contains(&"trainer"), "evaluator": roles.contains(&"evaluator"),
        "juryMember": roles.contains(&"juryMember"), "domains": [1, 2, 3], "remoteCapable": true,
    });
    for (field, value) in birth.as_object().expect("fields") {
        input[field] = value.clone();
    }
    admin
        .act(
            "declarePractitioner",
            input,
            "practitioner { id familyName firstNames bornOn birthDate }",
        )
        .await
}

/// Enrols and evaluates a candidate with a training path of these trainers; gives the enrolment.
async fn trained(
    app: &TestApp,
    (staff, organism, habilitation): (&Staff, &Organism, &str),
    candidate: &str,
    trainer: &str,
) -> String {
    let input = app.enrolment(staff, organism, (candidate, habilitation));
    let admin = &organism.admin;
    let enrolment =
        admin.act("enrolCandidate", input, "enrolment { id }").await.text("enrolment.id");
    app.prior(organism, &enrolment, &["1-1"]).await.done();
    let today = app.today().await.to_string();
    let input = json!({
        "enrolmentId": enrolment, "startsOn": today, "trainerIds": [trainer],
        "expectedVersion": app.version(admin, &enrolment).await,
    });
    let path =
        admin.act("openTrainingPath", input, "trainingPath { id }").await.text("trainingPath.id");
    admin
        .act("completeTrainingPath", json!({ "trainingPathId": path, "completedOn": today }), "")
        .await
        .done();
    enrolment
}

/// A3.3.b, A3.5.a, interpretation 13: whoever trained is recognised however their name is spelt, at the evaluation
/// and on the jury.
#[tokio::test]
async fn a_trainer_is_known_in_every_spelling() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let organism = app.organism(1).await;
    let admin = &organism.admin;
    let own = (admin, organism.id.as_str());
    let born = json!({ "birthDate": "1980-05-04" });
    let pairs = [
        (("M’Bareck", "Sidi Ali"), ("MBARECK", "Sidiali")),
        (("Le Bihan", "Jean-Yves"), ("Lebihan", "Jean Yves")),
        (("D'Orléans", "Cœlia"), ("Dorleans", "COELIA")),
        (("Van der Straßen", "Anne"), ("Vanderstrassen", "anne")),
    ];
    let mut declared = Vec::new();
    for ((family, first), (again, first_again)) in pairs {
        let as_trainer =
            practitioner(own, (Some(family), Some(first)), (&born, &["trainer"])).await;
        let roles: &[&str] = &["evaluator", "juryMember"];
        let as_evaluator =
            practitioner(own, (Some(again), Some(first_again)), (&born, roles)).await;
        declared.push((as_trainer.text("practitioner.id"), as_evaluator.text("practitioner.id")));
    }
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-05"), "2026-02-10").await;
    let habilitation = app.habilitate(&staff, &organism, &campaign, "2026-02-10").await;
    for (n, (trainer, evaluator)) in declared.iter().enumerate() {
        let candidate = app.candidate(&organism, &format!("Candidat{}", "x".repeat(n))).await;
        let enrolment =
            trained(&app, (&staff, &organism, &habilitation), &candidate, trainer).await;
        let input = async |evaluator: &str| {
            json!({
                "enrolmentId": enrolment, "heldOn": "2026-02-10", "remote": false,
                "results": results(&["1-1"], &[], evaluator),
                "expectedVersion": app.version(admin, &enrolment).await,
            })
        };
        let answer = admin.act("recordFinalEvaluation", input(evaluator).await, "").await;
        let found = answer
            .refusals
            .iter()
            .any(|r| r.code == "TRAINER_IS_EVALUATOR" && r.article == "A3.3.b");
        assert!(found, "{n}: {answer:?}");
        admin.act("recordFinalEvaluation", input(&organism.evaluator).await, "").await.done();
        let mut jury = app.jury(&organism, &[&enrolment]).await;
        jury["memberIds"] = json!([organism.juror, evaluator]);
        let answer = admin.act("recordJury", jury, "").await;
        answer.refused("TRAINER_ON_JURY", "memberIds.1", "A3.5.a");
    }
}

/// A3.3.b, interpretation 13: a candidate registered again, in another spelling or by another organism, is not parted
/// from their trainer.
#[tokio::test]
async fn a_candidate_registered_again_keeps_their_trainers() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (one, first_habilitation) = app.habilitated(&staff, 1, "2026-02-10").await;
    let two = app.organism(2).await;
    // The trainer of one evaluates for the other.
    let born = json!({ "birthDate": "1980-03-02" });
    let same = (Some("Trainer1"), Some("Anne"));
    let twin = practitioner((&two.admin, &two.id), same, (&born, &["evaluator"])).await;
    let twin = twin.text("practitioner.id");
    let campaign = app.campaign(&staff, ("2026-02-10", "2026-02-10"), "2026-03-10").await;
    let second_habilitation = app.habilitate(&staff, &two, &campaign, "2026-03-10").await;
    for (organism, habilitation, evaluator) in
        [(&one, &first_habilitation, None), (&two, &second_habilitation, Some(&twin))]
    {
        let (birth, first) =
            if evaluator.is_none() { ("N'Diaye", "Awa Rose") } else { ("NDIAYE", "Awarose") };
        let input = person_input(&organism.id, birth, first);
        let admin = &organism.admin;
        let candidate =
            admin.act("registerCandidate", input, "candidate { id }").await.text("candidate.id");
        let place = (&staff, organism, habilitation.as_str());
        let enrolment = trained(&app, place, &candidate, &organism.trainer).await;
        let Some(evaluator) = evaluator else { continue };
        let input = json!({
            "enrolmentId": enrolment, "heldOn": "2026-03-10", "remote": false,
            "results": results(&["1-1"], &[], evaluator),
            "expectedVersion": app.version(admin, &enrolment).await,
        });
        let answer = admin.act("recordFinalEvaluation", input, "").await;
        assert!(answer.codes().contains(&"TRAINER_IS_EVALUATOR"), "{answer:?}");
    }
}

/// The parchment's title, the page of verification and the candidate.
async fn awarded(
    app: &TestApp,
    (staff, organism, habilitation): (&Staff, &Organism, &str),
    input: Value,
) -> (String, String, Value) {
    let admin = &organism.admin;
    let shown = "candidate { id fullName birthName usedName firstNames bornOn birthDate }";
    let answer = admin.act("registerCandidate", input, shown).await;
    let id = answer.text("candidate.id");
    let input = app.enrolment(staff, organism, (&id, habilitation));
    let enrolment =
        admin.act("enrolCandidate", input, "enrolment { id }").await.text("enrolment.id");
    app.prior(organism, &enrolment, &[]).await.done();
    let jury = app.jury(organism, &[&enrolment]).await;
    admin.act("recordJury", jury, "").await.done();
    app.settle().await;
    let fields = "... on Enrolment { candidate { fullName birthName usedName firstNames bornOn birthDate } certificate { verificationUrl parchment { url } } }";
    let node = app.node(admin, &enrolment, fields).await;
    let path =
        |field: &str| at(&node, field).as_str().expect("a url").replace("http://clea.test", "");
    let (status, page) =
        app.stranger().page(Method::GET, &path("certificate.verificationUrl")).await;
    assert_eq!(status, 200);
    let (status, pdf) = admin.bytes(Method::GET, &path("certificate.parchment.url")).await;
    assert!(status == 200 && pdf.starts_with(b"%PDF"));
    (title(&pdf), page, node["candidate"].clone())
}

/// The title of a PDF, which its metadata hold as it is.
fn title(pdf: &[u8]) -> String {
    let text = String::from_utf8_lossy(pdf);
    let (_, rest) = text.split_once("<dc:title>").expect("a title");
    let (title, _) = rest.split_once("</dc:title>").expect("its end");
    title.to_owned()
}

/// What the first refusal says to people.
fn message(answer: &Answer) -> &str {
    at(&answer.payload, "refusals.0.message").as_str().expect("a message")
}

/// A3.5.b: names are written as they were entered, in their own letters, without what a person has not.
#[tokio::test]
async fn a_parchment_says_who_somebody_is() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, habilitation) = app.habilitated(&staff, 3, "2026-02-10").await;
    let place = (&staff, &organism, habilitation.as_str());
    let person = |birth: &str, first: &str, more: Value| {
        let mut input = person_input(&organism.id, birth, first);
        for (field, value) in more.as_object().expect("fields") {
            input[field] = value.clone();
        }
        input
    };
    let partly = json!({ "birthDate": null, "bornOn": "1984", "sex": "M" });
    for (input, holder) in [
        (person("Hélias", "Rozenn", json!({ "usedName": "HELIAS" })), "Rozenn Hélias"),
        (person("Le Floc’h", "Rozenn", json!({ "usedName": "Lefloch" })), "Rozenn Le Floc’h"),
        (
            person("Hélias", "Rozenn", json!({ "usedName": "Hellias" })),
            "Rozenn Hélias (nom d’usage : Hellias)",
        ),
        (person("Trương", "Mỹ Phượng", json!({})), "Mỹ Phượng Trương"),
        (person("Tru\u{31b}o\u{31b}ng", "Anh", json!({})), "Anh Trương"),
        (person("Əhmədov", "Gǔlnar", json!({})), "Gǔlnar Əhmədov"),
        (person("Sukarno", "", partly), "Sukarno"),
        (person("", "Ada  Rose", json!({ "birthDate": null, "bornOn": "1984-03" })), "Ada Rose"),
    ] {
        let (title, page, candidate) = awarded(&app, place, input).await;
        let shown: String = holder.nfd().collect();
        let title: String = title.nfd().collect();
        assert!(title.contains(&format!(" — {shown}<")), "{holder}: {title}");
        let page: String = page.nfd().collect();
        assert!(page.contains(&format!(">{shown}<")), "{holder}: {page}");
        let whole: String = holder.split(" (").next().expect("a name").nfd().collect();
        let full: String = candidate["fullName"].as_str().expect("a name").nfd().collect();
        assert!(full == whole || full.ends_with("Hellias"), "{holder}: {full}");
        assert!(!full.contains("  "), "{full:?}");
    }
}

/// What is known of a birth is kept as it is, of candidates and of practitioners.
#[tokio::test]
async fn a_date_of_birth_may_be_known_in_part() {
    let app = TestApp::start().await;
    let organism = app.organism(4).await;
    let admin = &organism.admin;
    let with = |more: Value| {
        let mut input = person_input(&organism.id, "Durand", "Ada");
        for (field, value) in more.as_object().expect("fields") {
            input[field] = value.clone();
        }
        input
    };
    let shown = "candidate { bornOn birthDate }";
    for (more, known, first) in [
        (json!({}), "1991-07-14", "1991-07-14"),
        (json!({ "birthDate": null, "bornOn": "1991-07-14" }), "1991-07-14", "1991-07-14"),
        (json!({ "birthDate": null, "bornOn": "1991-07" }), "1991-07", "1991-07-01"),
        (json!({ "birthDate": null, "bornOn": "1991" }), "1991", "1991-01-01"),
        (json!({ "bornOn": "1991-07-14" }), "1991-07-14", "1991-07-14"),
    ] {
        let answer = admin.act("registerCandidate", with(more), shown).await;
        let told = (answer.text("candidate.bornOn"), answer.text("candidate.birthDate"));
        assert_eq!((told.0.as_str(), told.1.as_str()), (known, first));
    }
    for (more, code, field) in [
        (json!({ "bornOn": "1991" }), "BIRTH_DATE_INVALID", "bornOn"),
        (json!({ "birthDate": null }), "REQUIRED", "birthDate"),
        (json!({ "birthDate": null, "bornOn": "1899" }), "BIRTH_DATE_INVALID", "bornOn"),
        (json!({ "birthDate": null, "bornOn": "2026-02" }), "BIRTH_DATE_INVALID", "bornOn"),
        (json!({ "birthDate": "2026-01-05" }), "BIRTH_DATE_INVALID", "birthDate"),
        (json!({ "birthName": " ", "firstNames": null }), "REQUIRED", "birthName"),
        (json!({ "firstNames": "—" }), "NAME_INVALID", "firstNames"),
        (json!({ "usedName": "..." }), "NAME_INVALID", "usedName"),
        (json!({ "birthName": "王" }), "CHARACTER_UNPRINTABLE", "birthName"),
        (json!({ "firstNames": "Ada 🦀" }), "CHARACTER_UNPRINTABLE", "firstNames"),
        (json!({ "usedName": "محمد" }), "CHARACTER_UNPRINTABLE", "usedName"),
        (json!({ "birthPlaceName": "Nantes ⛵" }), "CHARACTER_UNPRINTABLE", "birthPlaceName"),
    ] {
        app.refuses(admin, ("registerCandidate", with(more)), (code, field, "")).await;
    }
    let own = (admin, organism.id.as_str());
    let year = json!({ "bornOn": "1979" });
    let found = practitioner(own, (None, Some("Ada")), (&year, &["trainer"])).await;
    assert_eq!(found.text("practitioner.bornOn"), "1979");
    assert!(at(&found.payload, "practitioner.birthDate").is_null());
    assert_eq!(
        (found.text("practitioner.familyName"), found.text("practitioner.firstNames")),
        (String::new(), "Ada".to_owned())
    );
    let refused = practitioner(own, (Some("Roy"), Some("-")), (&year, &["trainer"])).await;
    refused.refused("NAME_INVALID", "firstNames", "");
    let to_come = json!({ "bornOn": "2026-03" });
    let refused = practitioner(own, (Some("Roy"), None), (&to_come, &["trainer"])).await;
    refused.refused("DATE_FUTURE", "bornOn", "II.b");
    // No form of a date but these.
    let query = "mutation($b: PartialDate) { registerCandidate(input: { organismId: \"x\", birthName: \"a\", \
                 bornOn: $b, sex: F, birthPlaceName: \"a\", birthCountry: \"a\" }) { refusals { code } } }";
    for wrong in ["84", "1984-3", "1984-13", "mars 1984", " 1984", "1984-02-30"] {
        let answer = admin.raw(query, json!({ "b": wrong })).await;
        assert!(answer.get("errors").is_some(), "{wrong}: {answer}");
    }
}

/// A place of birth is a commune on that date.
#[tokio::test]
async fn a_place_of_birth_is_a_commune_on_that_date() {
    let app = TestApp::start().await;
    let organism = app.organism(5).await;
    let admin = &organism.admin;
    let place = |code: Value, name: &str, country: &str, born: &str| {
        let mut input = person_input(&organism.id, "Durand", "Ada");
        input["birthPlaceCode"] = code;
        input["birthPlaceName"] = json!(name);
        input["birthCountry"] = json!(country);
        input["birthDate"] = json!(born);
        input
    };
    for (code, name, country, born) in [
        ("75113", "Paris 13e", "France", "1990-02-03"),
        ("97411", "Saint-Denis", "La Réunion", "1990-02-03"),
        ("2a004", "Ajaccio", "République française", "1990-02-03"),
        ("20004", "Ajaccio", "FRANCE", "1971-02-03"),
        ("78542", "Saint-Cloud", "France", "1960-02-03"),
    ] {
        let answer = admin
            .act(
                "registerCandidate",
                place(json!(code), name, country, born),
                "candidate { birthPlaceCode }",
            )
            .await;
        assert_eq!(answer.text("candidate.birthPlaceCode"), code.to_uppercase());
    }
    for (code, name, born) in [
        ("75001", "Paris", "1990-02-03"),
        ("69001", "Lyon", "1990-02-03"),
        ("69674", "Lyon", "1990-02-03"),
        ("13000", "Marseille", "1990-02-03"),
        ("97400", "Saint-Denis", "1990-02-03"),
        ("20004", "Ajaccio", "1990-02-03"),
        ("78542", "Saint-Cloud", "1990-02-03"),
        ("99100", "Paris", "1990-02-03"),
    ] {
        let answer =
            admin.act("registerCandidate", place(json!(code), name, "France", born), "").await;
        answer.refused("BIRTH_PLACE_CODE_INVALID", "birthPlaceCode", "");
        assert!(message(&answer).contains("code postal"), "{code}: {answer:?}");
    }
    let abroad = place(json!("44109"), "Nantes", "Belgique", "1990-02-03");
    app.refuses(
        admin,
        ("registerCandidate", abroad),
        ("BIRTH_PLACE_CODE_ABROAD", "birthPlaceCode", ""),
    )
    .await;
    let none = place(Value::Null, "Saint-Denis", "Réunion", "1990-02-03");
    app.refuses(
        admin,
        ("registerCandidate", none),
        ("BIRTH_PLACE_CODE_REQUIRED", "birthPlaceCode", ""),
    )
    .await;
}

/// What is printed of organisms and sites is refused where no document can show it.
#[tokio::test]
async fn what_no_document_can_show_is_refused_at_entry() {
    let app = TestApp::start().await;
    let organism = app.organism(6).await;
    let admin = &organism.admin;
    let whole = json!({
        "siren": e2e::siren(7), "name": "Atelier", "kind": "LEGAL_PERSON", "email": "a@b.example", "address": "1 rue",
        "postalCode": "44000", "city": "Nantes",
    });
    let site = json!({
        "organismId": organism.id, "name": "Annexe", "address": "1 rue", "postalCode": "44000", "city": "Nantes",
    });
    for (act, whole, field) in [
        ("registerOrganism", &whole, "name"),
        ("registerOrganism", &whole, "address"),
        ("registerOrganism", &whole, "city"),
        ("addSite", &site, "name"),
        ("addSite", &site, "city"),
    ] {
        let mut input = whole.clone();
        input[field] = json!("École 学校");
        let answer = admin.act(act, input, "").await;
        answer.refused("CHARACTER_UNPRINTABLE", field, "");
        assert!(message(&answer).contains("« 学 » (U+5B66)"), "{answer:?}");
    }
    let mut input = whole.clone();
    input["name"] = json!("Học viện Phương Đông — ƏƟ");
    admin.act("registerOrganism", input, "").await.done();
}
