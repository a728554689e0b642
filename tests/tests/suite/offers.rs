//! What is offered is accepted, what is not offered is refused: for every role and state, on
//! applications and on habilitations.

use e2e::{Client, Findings, Organism, Staff, TestApp, at, findings, uuid_of};
use entity::ids::HabilitationId;
use entity::kind::Role;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::{Value, json};
use std::collections::HashMap;

const OFFERS: &str = "availableActions { mutation available refusals { code } }";

/// The acts that the viewer is offered, and those told with their reasons.
fn offered(node: &Value) -> HashMap<String, bool> {
    let actions = node["availableActions"].as_array().into_iter().flatten();
    let one = |a: &Value| {
        let available = a["available"].as_bool().expect("a boolean");
        let reasons = a["refusals"].as_array().map_or(0, Vec::len);
        assert_eq!(available, reasons == 0, "an offer has no reason against it: {a}");
        (a["mutation"].as_str().expect("a name").to_owned(), available)
    };
    actions.map(one).collect()
}

/// An application, with what its decider needs.
#[derive(Clone)]
struct Case {
    application: String,
    meeting: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Filed,
    FiledTooLate,
    Instructed,
    OnTheDay,
    Accepted,
    Refused,
}

const STATES: [State; 6] = [
    State::Filed,
    State::FiledTooLate,
    State::Instructed,
    State::OnTheDay,
    State::Accepted,
    State::Refused,
];
const ACTS: [&str; 4] = ["assignProvider", "settleOpinion", "moveApplication", "decideApplication"];
/// Cases prepared in each state: one to refuse on, the others to be consumed by an accepted act.
const COPIES: u32 = 5;

/// Applications in every state as of the meeting of 10 February.
async fn cases(app: &TestApp, staff: &Staff) -> (HashMap<String, Vec<Case>>, Organism) {
    let near = app.campaign(staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let late = app.campaign(staff, ("2026-01-05", "2026-01-20"), "2026-02-13").await;
    let far = app.campaign(staff, ("2026-01-05", "2026-01-20"), "2026-04-14").await;
    let mut cases: HashMap<String, Vec<Case>> = HashMap::new();
    let mut seen = None;
    for (i, state) in STATES.into_iter().enumerate() {
        for copy in 0..COPIES {
            let number = 1000 + 100 * u32::try_from(i).expect("small") + copy;
            let organism = app.organism(number).await;
            let campaign = match state {
                State::Filed | State::Instructed => &far,
                State::FiledTooLate => &late,
                _ => &near,
            };
            let application = app.file(&organism, campaign).await;
            let given =
                json!({ "applicationId": application, "providerEmail": "provider@audit.example" });
            staff.officer.act("assignProvider", given, "").await.done();
            if !matches!(state, State::Filed | State::FiledTooLate) {
                let which = if state == State::Refused {
                    Findings::Unsatisfied
                } else {
                    Findings::Satisfied
                };
                app.opinion(staff, &application, which).await.done();
            }
            let case = Case { application, meeting: campaign.meeting.clone() };
            cases.entry(format!("{state:?}")).or_default().push(case);
            seen = Some(organism);
        }
    }
    app.on("2026-02-10").await;
    for (state, which) in
        [(State::Accepted, Findings::Satisfied), (State::Refused, Findings::Unsatisfied)]
    {
        for case in &cases[&format!("{state:?}")] {
            app.decide(staff, &case.application, &case.meeting, which).await.done();
        }
    }
    app.settle().await;
    (cases, seen.expect("an organism"))
}

async fn input(app: &TestApp, staff: &Staff, (act, case): (&str, &Case), later: &str) -> Value {
    let version = app.version(&staff.officer, &case.application).await;
    match act {
        "assignProvider" => json!({
            "applicationId": case.application, "providerEmail": "provider@audit.example",
        }),
        "settleOpinion" => json!({
            "applicationId": case.application, "findings": findings(Findings::Satisfied),
            "expectedVersion": version,
        }),
        "moveApplication" => json!({
            "applicationId": case.application, "meetingId": later, "expectedVersion": version,
        }),
        _ => json!({
            "applicationId": case.application, "meetingId": case.meeting, "outcome": "ACCEPTED",
            "findings": findings(Findings::Satisfied), "expectedVersion": version,
        }),
    }
}

/// I.e, III.4.b, III.5.a: for every role and state of an application.
#[tokio::test]
async fn offers_on_applications_are_kept() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let provider = app.with_role("provider@audit.example", Role::Provider, &staff.authority).await;
    let meeting =
        json!({ "authorityId": staff.authority, "heldOn": "2026-05-12", "place": "Paris" });
    let later =
        staff.officer.act("scheduleMeeting", meeting, "meeting { id }").await.text("meeting.id");
    let (mut cases, organism) = cases(&app, &staff).await;
    let member = app.with_role("staff@org.example", Role::OrganismStaff, &organism.id).await;
    let mandatary = app.with_role("mandatary@org.example", Role::Mandatary, &organism.id).await;
    let stranger = app.stranger();
    let roles: [(&str, &Client); 10] = [
        ("officer", &staff.officer),
        ("decider", &staff.decider),
        ("finance", &staff.finance),
        ("admin", &staff.admin),
        ("operator", &staff.operator),
        ("provider", &provider),
        ("organism", &organism.admin),
        ("staff", &member),
        ("mandatary", &mandatary),
        ("stranger", &stranger),
    ];
    let mut kept = Vec::new();
    for state in STATES {
        for (role, client) in roles {
            for act in ACTS {
                let mine = cases.get_mut(&format!("{state:?}")).expect("cases");
                let case = mine.last().expect("a case left").clone();
                let fields = format!("... on Application {{ {OFFERS} }}");
                let node = app.node(client, &case.application, &fields).await;
                let offer = offered(&node).get(act).copied().unwrap_or(false);
                let input = input(&app, &staff, (act, &case), &later).await;
                app.idle().await;
                let before = app.row_counts().await;
                let answer = client.act(act, input, "").await;
                let accepted = answer.refusals.is_empty();
                assert_eq!(offer, accepted, "{state:?} {role} {act}: {:?}", answer.refusals);
                if accepted {
                    kept.push(format!("{state:?} {role} {act}"));
                    if act != "assignProvider" {
                        mine.pop();
                    }
                } else {
                    assert_eq!(app.row_counts().await, before, "{state:?} {role} {act}");
                }
            }
        }
    }
    kept.sort();
    assert_eq!(
        kept,
        [
            "Filed officer assignProvider",
            "Filed officer moveApplication",
            "Filed officer settleOpinion",
            "Filed provider settleOpinion",
            "FiledTooLate officer assignProvider",
            "FiledTooLate officer moveApplication",
            "Instructed officer moveApplication",
            "OnTheDay decider decideApplication",
            "OnTheDay officer moveApplication",
        ]
    );
}

/// III.6.e: the renunciation takes effect in one month: it was sent two months ago.
async fn renounce(app: &TestApp, habilitation: &str, today: &str) {
    let effective = e2e::day(today) + chrono::Months::new(1);
    let renounced = entity::habilitation::ActiveModel {
        id: Set(HabilitationId(uuid_of::<HabilitationId>(habilitation))),
        renounced_on: Set(Some(effective)),
        ..Default::default()
    };
    renounced.update(&app.app.db).await.expect("renounced");
}

/// A3.1.a, III.6.e, V.3.a, V.3.b: for every role and state of a habilitation.
#[tokio::test]
async fn offers_on_habilitations_are_kept() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let campaign = app.campaign(&staff, ("2026-01-05", "2026-01-20"), "2026-02-10").await;
    let mut held = Vec::new();
    for (i, state) in ["ACTIVE", "RENOUNCED", "SUSPENDED", "WITHDRAWN", "AWAITING_NOTIFICATION"]
        .into_iter()
        .enumerate()
    {
        let organism = app.organism(2000 + u32::try_from(i).expect("small")).await;
        let application = app.file(&organism, &campaign).await;
        app.opinion(&staff, &application, Findings::Satisfied).await.done();
        held.push((state, organism, application));
    }
    app.on("2026-02-10").await;
    let mut states = Vec::new();
    let mut given_up = 0;
    for (state, organism, application) in held {
        if state == "AWAITING_NOTIFICATION" {
            app.mails.fail_next(vec![mailer::SendError::Permanent("550 no".to_owned())]);
            given_up = 1;
        }
        app.decide(&staff, &application, &campaign.meeting, Findings::Satisfied).await.done();
        app.settle_with_given_up(given_up).await;
        match state {
            "SUSPENDED" => {
                crate::edof::sanction(&app, &staff, &organism, ("SUSPENSION", "O-1")).await;
            }
            "WITHDRAWN" => {
                crate::edof::sanction(&app, &staff, &organism, ("WITHDRAWAL", "O-2")).await;
            }
            _ => {}
        }
        let fields = "... on Application { habilitation { id status } }";
        let node = app.node(&staff.officer, &application, fields).await;
        let habilitation = at(&node, "habilitation.id").as_str().expect("an id").to_owned();
        // Renounced, it stays active for the time of the notice.
        let status = if state == "RENOUNCED" { "ACTIVE" } else { state };
        assert_eq!(at(&node, "habilitation.status"), status);
        if state == "RENOUNCED" {
            renounce(&app, &habilitation, "2026-02-10").await;
        }
        states.push((state, organism, habilitation));
    }
    let mut kept = Vec::new();
    for (state, organism, habilitation) in &states {
        let member = app
            .with_role(&format!("staff@{}", organism.id), Role::OrganismStaff, &organism.id)
            .await;
        let mandatary =
            app.with_role(&format!("mand@{}", organism.id), Role::Mandatary, &organism.id).await;
        let roles = [
            ("officer", &staff.officer),
            ("decider", &staff.decider),
            ("operator", &staff.operator),
            ("organism", &organism.admin),
            ("staff", &member),
            ("mandatary", &mandatary),
        ];
        for (n, (role, client)) in roles.into_iter().enumerate() {
            let fields = format!("... on Habilitation {{ {OFFERS} }}");
            let node = app.node(client, habilitation, &fields).await;
            let offer = offered(&node).get("enrolCandidate").copied().unwrap_or(false);
            let candidate = app.candidate(organism, &format!("Candidat{n}")).await;
            let input = app.enrolment(&staff, organism, (&candidate, habilitation));
            let answer = client.act("enrolCandidate", input, "").await;
            assert_eq!(offer, answer.refusals.is_empty(), "{state} {role}: {:?}", answer.refusals);
            if offer {
                kept.push(format!("{state} {role}"));
            }
        }
    }
    assert_eq!(kept, ["ACTIVE organism", "ACTIVE staff"]);
}

/// V.3.d: to decide an alert is offered on a habilitation when, and to whom, the act is accepted: for every role, on a
/// habilitation without any alert, with one proposed, decided or unfounded.
#[tokio::test]
async fn offers_to_decide_an_alert_are_kept() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let mut kept = Vec::new();
    for (number, state, meeting_on) in [
        (2100, "NONE", "2026-02-10"),
        (2101, "PROPOSED", "2026-03-10"),
        (2102, "UNFOUNDED", "2026-04-14"),
        (2103, "CONFIRMED", "2026-05-12"),
    ] {
        let (organism, habilitation) = app.habilitated(&staff, number, meeting_on).await;
        let alert = match state {
            "NONE" => None,
            "UNFOUNDED" => Some(crate::edof::unfounded(&app, &staff, &organism, state).await),
            _ => Some(crate::edof::proposed(&app, &staff, &organism, state).await),
        };
        if let (Some(alert), "CONFIRMED") = (&alert, state) {
            crate::edof::decide(&staff, alert, "WARNING").await;
            app.settle().await;
        }
        let member = app
            .with_role(&format!("staff@{}", organism.id), Role::OrganismStaff, &organism.id)
            .await;
        // The decider last: what it is offered it takes.
        for (role, client) in [
            ("officer", &staff.officer),
            ("finance", &staff.finance),
            ("operator", &staff.operator),
            ("organism", &organism.admin),
            ("staff", &member),
            ("decider", &staff.decider),
        ] {
            let fields = format!("... on Habilitation {{ {OFFERS} }}");
            let node = app.node(client, &habilitation, &fields).await;
            let offer = offered(&node).get("decideEdofAlert").copied().unwrap_or(false);
            let Some(alert) = &alert else {
                assert!(!offer, "{state} {role}: there is no alert");
                continue;
            };
            let input = crate::edof::decision(alert, "WARNING", Some("Premier manquement."));
            let answer = client.act("decideEdofAlert", input, "").await;
            assert_eq!(offer, answer.refusals.is_empty(), "{state} {role}: {:?}", answer.refusals);
            if offer {
                kept.push(format!("{state} {role}"));
            }
        }
    }
    assert_eq!(kept, ["PROPOSED decider"]);
}
