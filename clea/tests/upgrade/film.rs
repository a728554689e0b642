//! The film of `clea demo`, killed on 15 March 2027 in the middle of the day's slot: two sanctions stand, a withdrawal
//! and a suspension are to come, and five years of two organisms.

use crate::cast::{self, *};
use crate::installation::{self, Written, sound};
use crate::post::Post;
use e2e::{Backend, Client, Mails, Staff, TestApp, at};
use serde_json::{Value, json};

/// The numbers behind the SIRENs of the organism that is renewed, the one that is suspended and does not pay from
/// then on, and the one that is withdrawn.
const RENEWED: u32 = 90_010_010;
const SUSPENDED: u32 = 90_010_030;
const WITHDRAWN: u32 = 90_010_040;

/// Migrates what is left of it and plays it to its end.
pub(crate) async fn ends(backend: Backend) {
    installation::of(&backend, &Written::by_the_commit_before("film")).await;
    let app = TestApp::start_on(backend, Mails::by(Post::new())).await;
    app.settle().await;
    let staff = staff(&app).await;
    alert(&app, &staff, WITHDRAWN, "CDC-2027-0055").await;
    app.settle().await;
    sanction(&staff, "CDC-2027-0055", "WITHDRAWAL").await;
    app.on("2027-04-12").await;
    pay(&app, &staff, &[]).await;
    app.on("2027-06-07").await;
    alert(&app, &staff, SUSPENDED, "FC-2027-0007").await;
    app.settle().await;
    sanction(&staff, "FC-2027-0007", "SUSPENSION").await;
    let renewed = organism_of(&app, RENEWED, "direction@atlantique-competences.example").await;
    for (on, candidate) in [
        ("2028-04-20", Some("Rousseau")),
        ("2028-07-17", None),
        ("2029-04-20", None),
        ("2030-04-22", Some("Fournier")),
        ("2030-07-22", None),
        ("2031-04-21", None),
        ("2032-03-11", None),
    ] {
        app.on(on).await;
        pay(&app, &staff, &[SUSPENDED]).await;
        if let Some(name) = candidate {
            award(&app, &staff, &renewed, name).await;
        }
    }
    app.settle().await;
    sound(&app.app.db).await;
    assert_eq!(figures(&staff).await, expected());
}

/// The people of the demonstration.
async fn staff(app: &TestApp) -> Staff {
    let who = async |name: &str| app.bearer(&app.token(&format!("{name}@demo.example")).await);
    let query =
        "{ authorities { edges { node { id kind } } } frameworks { edges { node { id } } } }";
    let data = app.stranger().query(query, json!({})).await;
    let authorities = cast::nodes(&data, "authorities");
    let certif_pro =
        authorities.iter().find(|one| one["kind"] == "CERTIF_PRO").expect("Certif Pro");
    Staff {
        authority: text(certif_pro, "id"),
        framework: text(&nodes(&data, "frameworks")[0], "id"),
        officer: who("instructeur").await,
        decider: who("decideur").await,
        finance: who("finance").await,
        admin: who("administrateur").await,
        operator: who("exploitant").await,
    }
}

/// What the film ends with when nothing kills it: `clea/tests/film.rs` says why.
fn expected() -> Value {
    let invoiced = 4 * 33_000 + (12 + 8 + 2) * 3_300 + 5 * 1_100;
    json!({
        "applications": 4, "accepted": 3, "refused": 1,
        "habilitations": 3, "terms": 4, "renewals": 1, "expiries": 2, "suspensions": 1, "withdrawals": 1,
        "enrolments": 6, "certificates": 5,
        "alerts": 6, "alertsClosed": 2,
        "invoices": 18, "invoicedCents": invoiced, "paidCents": invoiced - 2 * 6_600,
    })
}

async fn figures(staff: &Staff) -> Value {
    let count = async |list: &str| total(&staff.officer, list).await;
    let query = "{ habilitations(first: 50) { edges { node { notifiedOn renewedOn expiredOn withdrawnOn \
                 suspensions { startsOn } enrolments(first: 50) { edges { node { certificate { id } } } } } } } }";
    let data = staff.officer.query(query, json!({})).await;
    let habilitations = nodes(&data, "habilitations");
    let dated = |name: &str| habilitations.iter().filter(|one| !one[name].is_null()).count();
    let suspensions =
        habilitations.iter().filter_map(|one| one["suspensions"].as_array()).flatten();
    let enrolments: Vec<_> = habilitations.iter().flat_map(|h| nodes(h, "enrolments")).collect();
    let query = "{ invoices(first: 100) { edges { node { total balance } } } }";
    let invoices = nodes(&staff.finance.query(query, json!({})).await, "invoices");
    let cents = |name: &str| invoices.iter().filter_map(|one| one[name].as_i64()).sum::<i64>();
    json!({
        "applications": count("applications").await,
        "accepted": count("applications(status: ACCEPTED)").await,
        "refused": count("applications(status: REFUSED)").await,
        "habilitations": habilitations.len(), "terms": dated("notifiedOn") + dated("renewedOn"),
        "renewals": dated("renewedOn"), "expiries": dated("expiredOn"),
        "suspensions": suspensions.filter(|one| !one["startsOn"].is_null()).count(),
        "withdrawals": dated("withdrawnOn"), "enrolments": enrolments.len(),
        "certificates": enrolments.iter().filter(|one| !one["certificate"].is_null()).count(),
        "alerts": count("edofAlerts").await,
        "alertsClosed": count("edofAlerts(status: UNMATCHED)").await + count("edofAlerts(status: UNFOUNDED)").await,
        "invoices": invoices.len(), "invoicedCents": cents("total"),
        "paidCents": cents("total") - cents("balance"),
    })
}

/// How many a list holds.
async fn total(who: &Client, list: &str) -> i64 {
    let data = who.query(&format!("{{ list: {list} {{ totalCount }} }}"), json!({})).await;
    at(&data, "list.totalCount").as_i64().expect("a number")
}
