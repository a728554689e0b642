//! Annexe 2: what is billed, the quarter, payments, reminders.

use e2e::{Client, Organism, Staff, TestApp, at, siret};
use reqwest::Method;
use serde_json::{Value, json};

const INVOICES: &str = "query($quarter: String) { invoices(quarter: $quarter) { totalCount edges { node { \
    id number issuedOn dueOn total balance organism { siren } lines { edges { node { label amount fact { __typename id } } } } } } } }";

async fn invoices(client: &Client, quarter: &str) -> Vec<Value> {
    let data = client.query(INVOICES, json!({ "quarter": quarter })).await;
    let edges = at(&data, "invoices.edges").as_array().expect("edges");
    edges.iter().map(|e| e["node"].clone()).collect()
}

fn amounts(invoice: &Value) -> Vec<(String, i64)> {
    let lines = at(invoice, "lines.edges").as_array().expect("lines");
    let line = |l: &Value| {
        (
            at(l, "node.fact.__typename").as_str().unwrap_or_default().to_owned(),
            at(l, "node.amount").as_i64().unwrap_or(0),
        )
    };
    let mut lines: Vec<_> = lines.iter().map(line).collect();
    lines.sort();
    lines
}

async fn story(app: &TestApp) -> (Staff, Organism, String) {
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 91, "2026-02-10").await;
    let site = json!({
        "organismId": organism.id, "name": "Rezé", "siret": siret(&organism.siren, 2),
        "address": "8 rue du Pont", "postalCode": "44400", "city": "Rezé",
    });
    organism.admin.act("addSite", site, "").await.done();
    app.awarded(&staff, &organism, &id, "Muller").await;
    (staff, organism, id)
}

/// A2.a, A2.b, A2.c, A2.d: on the first working day after the quarter the worker invoices, by itself,
/// 330 € an application, 33 € a site and year, 11 € a certificate; each line opens its fact.
#[tokio::test]
async fn a_quarter_is_invoiced_by_itself() {
    let app = TestApp::start().await;
    let (staff, organism, _) = story(&app).await;
    // Refused all the same (A2.a), and habilitated later: no site fee.
    let refused = app.organism(92).await;
    let today = app.today().await.to_string();
    let campaign = app.campaign(&staff, (&today, &today), "2026-03-10").await;
    let application = app.file(&refused, &campaign).await;
    app.opinion(&staff, &application, e2e::Findings::Unsatisfied).await.done();
    app.on("2026-03-10").await;
    app.decide(&staff, &application, &campaign.meeting, e2e::Findings::Unsatisfied).await.done();

    app.on("2026-03-31").await;
    assert!(invoices(&staff.finance, "2026Q1").await.is_empty(), "not before the quarter ends");
    let query = "query { previewQuarter(quarter: \"2026Q1\") { invoiceCount lineCount total documentCount } }";
    let mut expected = json!({
        "invoiceCount": 2, "lineCount": 5, "total": 33_000 + 2 * 3_300 + 1_100 + 33_000, "documentCount": 0,
    });
    let preview = staff.finance.query(query, json!({})).await;
    assert_eq!(preview["previewQuarter"], expected);
    app.on("2026-04-01").await;
    let issued = staff.finance.query(query, json!({})).await;
    expected["documentCount"] = json!(2);
    assert_eq!(issued["previewQuarter"], expected, "as previewed, and printed by the workers");
    let found = invoices(&staff.finance, "2026Q1").await;
    assert_eq!(found.len(), 2);
    let mine = found
        .iter()
        .find(|i| at(i, "organism.siren") == organism.siren.as_str())
        .expect("an invoice");
    assert_eq!(mine["total"], 33_000 + 2 * 3_300 + 1_100);
    let expected =
        [("Application", 33_000), ("Certificate", 1_100), ("Site", 3_300), ("Site", 3_300)];
    assert_eq!(amounts(mine), expected.map(|(k, n)| (k.to_owned(), n)));
    let other = found
        .iter()
        .find(|i| at(i, "organism.siren") == refused.siren.as_str())
        .expect("an invoice");
    assert_eq!(amounts(other), [("Application".to_owned(), 33_000)]);
    let mut numbers: Vec<_> = found.iter().filter_map(|i| i["number"].as_str()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, ["F2026-000001", "F2026-000002"]);
    assert_eq!(mine["dueOn"], "2026-05-16", "45 calendar days, a Saturday");
    let mails = app.mails_to("contact@org91.example");
    let mail = mails.last().expect("the invoice's mail");
    assert!(mail.subject.contains(mine["number"].as_str().expect("a number")));
    assert!(mail.attachments[0].bytes.starts_with(b"%PDF"));

    // A2.b: the next site-year falls due a year later, and nothing twice.
    app.on("2026-07-01").await;
    assert!(invoices(&staff.finance, "2026Q2").await.is_empty());
    app.on("2027-04-01").await;
    let next = invoices(&staff.finance, "2027Q1").await;
    assert_eq!(next.len(), 1);
    assert_eq!(amounts(&next[0]), [("Site".to_owned(), 3_300), ("Site".to_owned(), 3_300)]);
    assert_eq!(next[0]["number"], "F2027-000001");
}

/// A2.d, P1, P7: two runs of one quarter at once: one winner, no gap, no fact twice.
#[tokio::test]
async fn two_runs_of_a_quarter_at_once() {
    let app = TestApp::start().await;
    let (staff, ..) = story(&app).await;
    app.work();
    app.settle().await;
    // Both see a quarter that is due, before any slot of that day is opened.
    let on = e2e::day("2026-04-01");
    let row = entity::legal_clock::ActiveModel {
        id: sea_orm::ActiveValue::Set(1),
        today: sea_orm::ActiveValue::Set(on),
        target_on: sea_orm::ActiveValue::Set(None),
    };
    sea_orm::ActiveModelTrait::update(row, &app.app.db).await.expect("the clock moves");
    let ctx =
        service::context::Context::new(app.app.clone(), service::context::Actor::System, "test");
    let runs = (0..4).map(|_| {
        let ctx = ctx.clone();
        tokio::spawn(async move { service::billing::reconcile_quarter(&ctx, on).await })
    });
    for run in runs.collect::<Vec<_>>() {
        run.await.expect("no panic").expect("a loser finds it done");
    }
    app.settle().await;
    let found = invoices(&staff.finance, "2026Q1").await;
    assert_eq!(found.len(), 1);
    assert_eq!(app.count::<entity::invoice_line::Entity>().await, 4);
    assert_eq!(app.count::<entity::quarter_run::Entity>().await, 1);
}

/// A2.f: payments are recorded within what is due; reminders at 1, 15 and 30 days overdue, then officers
/// are told; nothing more once paid.
#[tokio::test]
async fn an_unpaid_invoice_is_reminded() {
    let app = TestApp::start().await;
    let (staff, _, _) = story(&app).await;
    app.on("2026-04-01").await;
    let invoice = invoices(&staff.finance, "2026Q1").await.remove(0);
    let payment = |amount: i64, on: &str, reference: &str| {
        json!({
            "invoiceId": invoice["id"], "receivedOn": on, "amountCents": amount, "method": "Virement",
            "reference": reference,
        })
    };
    let good = payment(10_000, "2026-04-01", "V-1");
    app.refuses(&staff.officer, ("recordPayment", good.clone()), ("FORBIDDEN", "", "")).await;
    app.refuses(
        &staff.finance,
        ("recordPayment", payment(0, "2026-04-01", "V-0")),
        ("AMOUNT_INVALID", "amountCents", ""),
    )
    .await;
    app.refuses(
        &staff.finance,
        ("recordPayment", payment(90_000, "2026-04-01", "V-0")),
        ("OVERPAID", "amountCents", "A2.f"),
    )
    .await;
    staff.finance.act("recordPayment", good, "").await.done();
    let balance = || async { invoices(&staff.finance, "2026Q1").await[0]["balance"].as_i64() };
    assert_eq!(balance().await, Some(40_700 - 10_000));
    let reminders = || {
        app.mails_to("contact@org91.example")
            .iter()
            .filter(|m| m.subject.starts_with("Relance"))
            .count()
    };
    app.on("2026-05-16").await;
    assert_eq!(reminders(), 0, "the last day to pay");
    app.on("2026-05-17").await;
    assert_eq!(reminders(), 1);
    app.on("2026-05-31").await;
    assert_eq!(reminders(), 2);
    app.on("2026-06-15").await;
    assert_eq!(reminders(), 3);
    app.on("2026-06-16").await;
    assert_eq!(reminders(), 3, "no more");
    assert_eq!(app.mails_to("habilitations@certif-pro.example").len(), 1, "officers are told");
    staff.finance.act("recordPayment", payment(30_700, "2026-06-16", "V-2"), "").await.done();
    assert_eq!(balance().await, Some(0));
}

/// A2.f: instalments may come under one label; the same label, day and amount is the same money, unless said to be
/// another payment, also when it is entered twice at once.
#[tokio::test]
async fn instalments_share_a_label_and_the_same_money_is_not_recorded_twice() {
    let app = TestApp::start().await;
    let (staff, _, _) = story(&app).await;
    app.on("2026-04-01").await;
    app.on("2026-04-03").await;
    let invoice = invoices(&staff.finance, "2026Q1").await.remove(0);
    let payment = |amount: i64, on: &str, reference: &str| {
        json!({
            "invoiceId": invoice["id"], "receivedOn": on, "amountCents": amount, "method": "Virement",
            "reference": reference,
        })
    };
    let another = |mut input: Value| {
        input["isAnother"] = json!(true);
        input
    };
    let pay =
        async |input: Value| staff.finance.act("recordPayment", input, "payment { id }").await;
    let balance = async || invoices(&staff.finance, "2026Q1").await[0]["balance"].as_i64();
    let label = invoice["number"].as_str().expect("a number");
    let first = payment(10_000, "2026-04-01", label);
    pay(first.clone()).await.done();
    pay(payment(10_000, "2026-04-02", label)).await.done();
    pay(payment(2_000, "2026-04-01", label)).await.done();
    pay(payment(10_000, "2026-04-01", "Autre")).await.done();
    assert_eq!(balance().await, Some(40_700 - 32_000));
    let known = ("PAYMENT_ALREADY_RECORDED", "reference", "A2.f");
    let mut again = vec![first.clone(), payment(10_000, "2026-04-01", &format!(" {label} "))];
    let mut denied = payment(2_000, "2026-04-01", label);
    denied["isAnother"] = json!(false);
    again.push(denied);
    for again in again {
        app.refuses(&staff.finance, ("recordPayment", again), known).await;
    }
    let beyond = another(first.clone());
    app.refuses(&staff.finance, ("recordPayment", beyond), ("OVERPAID", "amountCents", "A2.f"))
        .await;
    let small = payment(500, "2026-04-03", "Guichet");
    let at_once = futures::future::join_all((0..6).map(|_| pay(small.clone()))).await;
    let done = at_once.iter().filter(|answer| answer.refusals.is_empty()).count();
    assert_eq!(done, 1, "{at_once:?}");
    let others = futures::future::join_all((0..4).map(|_| pay(another(small.clone())))).await;
    assert!(others.iter().all(|answer| answer.refusals.is_empty()), "{others:?}");
    app.refuses(&staff.finance, ("recordPayment", small), known).await;
    assert_eq!(balance().await, Some(40_700 - 32_000 - 5 * 500));
    // A new label needs no word; the word does no harm.
    pay(another(payment(8_700 - 2_500, "2026-04-03", "Solde"))).await.done();
    assert_eq!(balance().await, Some(0));
}

/// A2.g, A2.d: finance exports the quarter as CSV; formulas are neutralised; others may not.
#[tokio::test]
async fn finance_exports_a_quarter() {
    let app = TestApp::start().await;
    let (staff, organism, _) = story(&app).await;
    app.on("2026-04-01").await;
    let path = "/exports/quarters/2026Q1.csv";
    let (status, csv) = staff.finance.page(Method::GET, path).await;
    assert_eq!(status, 200);
    assert_eq!(csv.lines().count(), 1 + 4, "{csv}");
    assert!(csv.contains("F2026-000001") && csv.contains(&organism.siren), "{csv}");
    assert!(csv.contains("330,00"), "{csv}");
    for client in [&organism.admin, &app.stranger(), &staff.operator] {
        let (status, body) = client.page(Method::GET, path).await;
        assert!(status != 200 && !body.contains("F2026"), "{status}");
    }
    assert_ne!(staff.finance.page(Method::GET, "/exports/quarters/2026Q9.csv").await.0, 200);
}
