//! Clients that were offline: what changed since a cursor gives the same as everything read anew, nothing is
//! lost when acts are committed at once, and no act on a record goes untold.

use e2e::{Client, Organism, Staff, TestApp, at};
use entity::ids::CandidateId;
use entity::kind::{ChangeKind, Role};
use entity::text::Text;
use entity::{candidate, change, change_head};
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};
use service::change::Changed;
use service::clock::machine_now;
use service::context::{Actor, Context};
use service::policy::Act;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

/// All that a frontend shows of a record.
const RECORD: &str = "id version birthName email notices(first: 100) { edges { node { id state acceptedOn acknowledgedOn bounces { status } registeredLetter { trackingNumber } } } } \
     enrolments(first: 100) { edges { node { id version \
     evaluations { id kind results { code acquired } } \
     trainingPaths { id completedOn } juryDecisions { id favourable } \
     certificate { id number parchment { id } } } } }";

/// The records that a client holds, by candidate.
type Held = BTreeMap<String, Value>;

/// A page of changes after a cursor; where they stand, without one.
async fn page(client: &Client, after: Option<&str>, organism: Option<&str>, first: i32) -> Value {
    let query = format!(
        "query($after: String, $organism: ID, $first: Int) {{ \
         candidateChanges(after: $after, organismId: $organism, first: $first) {{ resync \
         pageInfo {{ endCursor hasNextPage }} \
         edges {{ cursor node {{ candidateId removed changedAt candidate {{ {RECORD} }} }} }} }} }}"
    );
    let variables = json!({ "after": after, "organism": organism, "first": first });
    at(&client.query(&query, variables).await, "candidateChanges").clone()
}

fn end_of(page: &Value) -> String {
    at(page, "pageInfo.endCursor").as_str().expect("never null").to_owned()
}

/// Everything, as a client reads it that holds nothing.
async fn download(client: &Client) -> Held {
    let query = format!(
        "query($after: String) {{ candidates(first: 7, after: $after) {{ \
         pageInfo {{ endCursor hasNextPage }} edges {{ node {{ {RECORD} }} }} }} }}"
    );
    let (mut held, mut after) = (Held::new(), Value::Null);
    loop {
        let data = client.query(&query, json!({ "after": after })).await;
        for edge in at(&data, "candidates.edges").as_array().expect("a list") {
            let id = edge["node"]["id"].as_str().expect("an id").to_owned();
            held.insert(id, edge["node"].clone());
        }
        if at(&data, "candidates.pageInfo.hasNextPage") == false {
            return held;
        }
        after = at(&data, "candidates.pageInfo.endCursor").clone();
    }
}

/// A client that comes and goes.
struct Reader<'a> {
    client: &'a Client,
    held: Held,
    cursor: String,
    resyncs: usize,
}

impl<'a> Reader<'a> {
    async fn new(client: &'a Client) -> Self {
        let cursor = end_of(&page(client, None, None, 1).await);
        Self { client, held: download(client).await, cursor, resyncs: 0 }
    }

    /// Applies what changed meanwhile.
    async fn catch_up(&mut self, first: i32) {
        loop {
            let page = page(self.client, Some(&self.cursor), None, first).await;
            self.cursor = end_of(&page);
            if page["resync"] == true {
                assert_eq!(page["edges"], json!([]));
                self.resyncs += 1;
                self.held = download(self.client).await;
            }
            for edge in page["edges"].as_array().expect("a list") {
                let node = &edge["node"];
                let id = node["candidateId"].as_str().expect("an id").to_owned();
                assert_eq!(node["removed"] == true, node["candidate"].is_null(), "{node}");
                if node["removed"] == true {
                    self.held.remove(&id);
                } else {
                    self.held.insert(id, node["candidate"].clone());
                }
            }
            if at(&page, "pageInfo.hasNextPage") == false {
                return;
            }
        }
    }
}

/// One act at random on the organism's candidates.
async fn act(
    app: &TestApp,
    dice: &mut StdRng,
    (staff, organism, habilitation): &(Staff, Organism, String),
    enrolments: &mut Vec<(String, u8)>,
) {
    if enrolments.is_empty() || dice.random_range(0..3) == 0 {
        let name = format!("Candidat{}", dice.random_range(0..1_000_000));
        if dice.random_range(0..3) == 0 {
            app.candidate(organism, &name).await;
            return;
        }
        let (_, enrolment) = app.enrolled(staff, organism, habilitation, &name).await;
        enrolments.push((enrolment, 0));
        return;
    }
    let n = dice.random_range(0..enrolments.len());
    let (enrolment, stage) = enrolments[n].clone();
    match stage {
        0 => {
            app.prior(organism, &enrolment, &["1-1"]).await.done();
        }
        1 => {
            app.trained(organism, &enrolment).await;
        }
        2 => {
            let input = app.evaluation(organism, &enrolment, (&["1-1"], &[])).await;
            organism.admin.act("recordFinalEvaluation", input, "").await.done();
        }
        _ => {
            let input = app.jury(organism, &[&enrolment]).await;
            organism.admin.act("recordJury", input, "").await.done();
            enrolments.remove(n);
            return;
        }
    }
    enrolments[n].1 += 1;
}

/// A full reading, then acts at random while readers come and go: each ends with what a full reading gives.
#[tokio::test]
async fn what_changed_gives_the_same_as_everything_anew() {
    for seed in [1, 2] {
        let mut dice = StdRng::seed_from_u64(seed);
        let app = TestApp::start().await;
        let staff = app.staff().await;
        let (organism, habilitation) = app.habilitated(&staff, 1, "2026-02-10").await;
        let other = app.organism(2).await;
        let world = (staff.clone(), organism.clone(), habilitation);
        let mut enrolments = Vec::new();
        for _ in 0..6 {
            act(&app, &mut dice, &world, &mut enrolments).await;
        }
        app.settle().await;
        let clients = [&organism.admin, &staff.officer, &other.admin];
        let mut readers = Vec::new();
        for client in clients {
            readers.push(Reader::new(client).await);
        }
        for _ in 0..14 {
            act(&app, &mut dice, &world, &mut enrolments).await;
            let reader = dice.random_range(0..clients.len() * 3);
            if let Some(reader) = readers.get_mut(reader) {
                reader.catch_up(dice.random_range(1..5)).await;
            }
        }
        app.settle().await;
        for reader in &mut readers {
            reader.catch_up(3).await;
            assert_eq!(reader.held, download(reader.client).await, "seed {seed}");
            assert_eq!(reader.resyncs, 0, "seed {seed}");
        }
        assert!(readers[0].held.len() > 3 && readers[2].held.is_empty(), "seed {seed}");
    }
}

/// Numbers follow the order of the commits: a reader who pages while others act misses nothing.
#[tokio::test(flavor = "multi_thread")]
async fn acts_at_once_are_all_told() {
    const CLIENTS: usize = 8;
    const EACH: usize = 12;
    let app = TestApp::start().await;
    let organism = app.organism(1).await;
    let over = AtomicBool::new(false);
    let start = end_of(&page(&organism.admin, None, None, 1).await);
    let acting = async {
        let clients = (0..CLIENTS).map(|client| {
            let (app, organism) = (&app, &organism);
            async move {
                for n in 0..EACH {
                    app.candidate(organism, &format!("C{client}x{n}")).await;
                }
            }
        });
        join_all(clients).await;
        over.store(true, Ordering::Relaxed);
    };
    let reading = async {
        let (mut cursor, mut seen) = (start, Vec::new());
        loop {
            // Read before the page: the last page follows the last act.
            let last = over.load(Ordering::Relaxed);
            let page = page(&organism.admin, Some(&cursor), None, 5).await;
            cursor = end_of(&page);
            let edges = page["edges"].as_array().expect("a list").iter();
            seen.extend(
                edges.map(|edge| edge["node"]["candidateId"].as_str().unwrap_or("").to_owned()),
            );
            if last && at(&page, "pageInfo.hasNextPage") == false {
                return seen;
            }
        }
    };
    let ((), seen) = tokio::join!(acting, reading);
    assert_eq!(seen.len(), CLIENTS * EACH, "each is told");
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), CLIENTS * EACH, "and once");
}

/// The acts that change a candidate's record, all of which are walked below.
const WALKED: &[Act] = &[
    Act::RegisterCandidate,
    Act::EnrolCandidate,
    Act::RecordPriorEvaluation,
    Act::OpenTrainingPath,
    Act::CompleteTrainingPath,
    Act::RecordFinalEvaluation,
    Act::RecordJury,
    Act::RecordBounce,
    Act::ResendNotice,
    Act::RecordRegisteredLetter,
];
/// The acts that change none.
const APART: &[Act] = &[
    Act::RegisterCpne,
    Act::GrantDelegation,
    Act::ContextualiseFramework,
    Act::GrantRole,
    Act::RevokeRole,
    Act::ScheduleMeeting,
    Act::OpenCampaign,
    Act::RegisterOrganism,
    Act::AddSite,
    Act::DeclarePractitioner,
    Act::ValidateEvaluator,
    Act::MergePersons,
    Act::FileApplication,
    Act::AssignProvider,
    Act::SettleOpinion,
    Act::MoveApplication,
    Act::DecideApplication,
    Act::PostEdofAlert,
    Act::DecideEdofAlert,
    Act::RecordPayment,
    Act::CreateMachineCredential,
    Act::RotateMachineCredential,
    Act::RevokeMachineCredential,
    Act::RevokeInvitation,
    Act::ChangePassword,
    Act::RevokeSession,
    Act::SignOutEverywhere,
    Act::BeginSecondFactor,
    Act::ConfirmSecondFactor,
    Act::RemoveSecondFactor,
    Act::RetryTask,
    Act::AdvanceClock,
];

#[test]
fn every_act_changes_records_or_does_not() {
    for act in Act::ALL {
        let known = WALKED.contains(act) != APART.contains(act);
        assert!(known, "{}: does it change a candidate's record? Then walk it.", act.as_str());
    }
}

/// What stands in the sequence for each candidate.
async fn numbers(app: &TestApp) -> BTreeMap<String, i64> {
    let rows = change::Entity::find()
        .filter(change::Column::Kind.eq(Text(ChangeKind::Candidate)))
        .all(&app.app.db)
        .await
        .expect("readable");
    rows.into_iter().map(|row| (CandidateId(row.subject_id).to_string(), row.seq)).collect()
}

/// Looks at every record before and after each step: one that reads otherwise has moved on in the sequence.
struct Walk<'a> {
    app: &'a TestApp,
    records: Held,
    numbers: BTreeMap<String, i64>,
}

impl Walk<'_> {
    /// Checks what the step changed; it must have changed something.
    async fn step(&mut self, admin: &Client, what: &str) {
        self.app.idle().await;
        let (records, numbers) = (download(admin).await, numbers(self.app).await);
        assert_ne!(records, self.records, "{what} changes a record");
        for (id, record) in &records {
            if self.records.get(id) != Some(record) {
                assert!(numbers.get(id) > self.numbers.get(id), "{what}: {id} is not told");
            }
        }
        (self.records, self.numbers) = (records, numbers);
    }
}

/// No act on a record goes untold, the notices to the candidate included.
#[tokio::test]
async fn no_act_on_a_record_goes_untold() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, habilitation) = app.habilitated(&staff, 1, "2026-02-10").await;
    let candidate = app.candidate(&organism, "Marche").await;
    // Read as the candidate too: the notices are theirs.
    let reader = app.with_role("m@candidat.example", Role::Candidate, &candidate).await;
    let mut walk = Walk { app: &app, records: Held::new(), numbers: BTreeMap::new() };
    walk.step(&reader, "registerCandidate").await;
    let input = app.enrolment(&staff, &organism, (&candidate, &habilitation));
    let enrolled = organism.admin.act("enrolCandidate", input, "enrolment { id }").await;
    let enrolment = enrolled.text("enrolment.id");
    walk.step(&reader, "enrolCandidate").await;
    app.prior(&organism, &enrolment, &["1-1"]).await.done();
    walk.step(&reader, "recordPriorEvaluation").await;
    let today = app.today().await.to_string();
    let input = json!({
        "enrolmentId": enrolment, "startsOn": today, "trainerIds": [organism.trainer],
        "expectedVersion": app.version(&organism.admin, &enrolment).await,
    });
    let path = organism.admin.act("openTrainingPath", input, "trainingPath { id }").await;
    walk.step(&reader, "openTrainingPath").await;
    let input = json!({ "trainingPathId": path.text("trainingPath.id"), "completedOn": today });
    organism.admin.act("completeTrainingPath", input, "").await.done();
    walk.step(&reader, "completeTrainingPath").await;
    let input = app.evaluation(&organism, &enrolment, (&["1-1"], &[])).await;
    organism.admin.act("recordFinalEvaluation", input, "").await.done();
    walk.step(&reader, "recordFinalEvaluation").await;
    let input = app.jury(&organism, &[&enrolment]).await;
    organism.admin.act("recordJury", input, "").await.done();
    walk.step(&reader, "recordJury, the parchment and its mail").await;
    let notice = at(&walk.records[&candidate], "notices.edges.0.node.id").clone();
    let bounce = json!({ "noticeId": notice, "bouncedOn": today, "status": "5.1.1" });
    staff.officer.act("recordBounce", bounce, "").await.done();
    walk.step(&reader, "recordBounce").await;
    let again =
        staff.officer.act("resendNotice", json!({ "noticeId": notice }), "notice { id }").await;
    walk.step(&reader, "resendNotice").await;
    let again = again.text("notice.id");
    let bounce = json!({ "noticeId": again, "bouncedOn": today, "status": "5.1.1" });
    staff.officer.act("recordBounce", bounce, "").await.done();
    walk.step(&reader, "recordBounce again").await;
    let letter =
        json!({ "noticeId": again, "receivedOn": today, "trackingNumber": "1A 000 000 0000 0" });
    staff.officer.act("recordRegisteredLetter", letter, "").await.done();
    walk.step(&reader, "recordRegisteredLetter").await;
}

/// Simple clients ask since when, and learn of what is there.
#[tokio::test]
async fn candidates_are_read_since_an_instant() {
    let app = TestApp::start().await;
    let organism = app.organism(1).await;
    let old = app.candidate(&organism, "Ancien").await;
    let age = change::Entity::update_many()
        .col_expr(change::Column::At, Expr::value(machine_now() - chrono::Duration::days(2)));
    age.exec(&app.app.db).await.expect("written");
    let new = app.candidate(&organism, "Nouveau").await;
    let since = async |since: chrono::DateTime<chrono::Utc>| {
        let query = "query($since: DateTime!) { candidates(updatedSince: $since) { edges { node { id } } } }";
        let data = organism.admin.query(query, json!({ "since": since.to_rfc3339() })).await;
        let edges = at(&data, "candidates.edges").as_array().expect("a list").clone();
        edges
            .iter()
            .map(|edge| edge["node"]["id"].as_str().unwrap_or("").to_owned())
            .collect::<Vec<_>>()
    };
    let day = chrono::Duration::days(1);
    assert_eq!(since(machine_now() - day).await, std::slice::from_ref(&new));
    assert_eq!(since(machine_now() - day * 3).await, [new, old]);
    assert!(since(machine_now() + day).await.is_empty());
}

/// Carries out `change` as an act does, then tells of the candidate.
async fn act_on(
    app: &TestApp,
    id: &str,
    change: impl AsyncFnOnce(&sea_orm::DatabaseTransaction, CandidateId),
) {
    let id: CandidateId = id.parse().expect("an id");
    let ctx = Context::new(app.app.clone(), Actor::System, "test");
    let tx = ctx.begin().await.expect("begun");
    change(tx.conn(), id).await;
    tx.changed([Changed::Candidate(id)]);
    tx.seal(()).await.expect("committed");
}

/// Who is gone, erased or elsewhere, is told to who could see them, and to nobody else.
#[tokio::test]
async fn who_is_gone_is_told_without_a_word_more() {
    let app = TestApp::start().await;
    let (one, two) = (app.organism(1).await, app.organism(2).await);
    let third = app.organism(3).await;
    let erased = app.candidate(&one, "Efface").await;
    let moved = app.candidate(&one, "Parti").await;
    let staff = app.staff().await;
    let clients = [&one.admin, &two.admin, &third.admin, &staff.finance];
    let mut readers = Vec::new();
    for client in clients {
        readers.push(Reader::new(client).await);
    }
    act_on(&app, &erased, async |tx, id| {
        candidate::Entity::delete_by_id(id).exec(tx).await.expect("deleted");
    })
    .await;
    let there = two.id.parse().expect("an id");
    act_on(&app, &moved, async |tx, id| {
        let row =
            candidate::Entity::find_by_id(id).one(tx).await.expect("readable").expect("there");
        let mut row = row.into_active_model();
        row.organism_id = sea_orm::ActiveValue::Set(there);
        row.update(tx).await.expect("written");
    })
    .await;
    let mut told = Vec::new();
    for reader in &readers {
        let page = page(reader.client, Some(&reader.cursor), None, 20).await;
        let edges = page["edges"].as_array().expect("a list").clone();
        told.push(
            edges
                .iter()
                .map(|edge| {
                    let node = &edge["node"];
                    (node["candidateId"].as_str().unwrap_or("").to_owned(), node["removed"] == true)
                })
                .collect::<BTreeSet<_>>(),
        );
    }
    let gone = |id: &String| (id.clone(), true);
    assert_eq!(told[0], [gone(&erased), gone(&moved)].into());
    assert_eq!(told[1], [(moved.clone(), false)].into());
    assert!(told[2].is_empty());
    assert_eq!(told[3], [gone(&erased), (moved.clone(), false)].into());
    for reader in &mut readers {
        reader.catch_up(1).await;
        assert_eq!(reader.held, download(reader.client).await);
        assert_eq!(reader.resyncs, 0);
    }
    // Where they left, what becomes of them later is no longer told.
    act_on(&app, &moved, async |_, _| {}).await;
    assert_eq!(page(&one.admin, Some(&readers[0].cursor), None, 9).await["edges"], json!([]));
    // Narrowed to an organism, who moved out of it is gone although Certif Pro sees them elsewhere.
    let start = end_of(&page(&staff.finance, None, Some(&two.id), 1).await);
    act_on(&app, &moved, async |tx, id| {
        let back = candidate::Entity::update_many()
            .col_expr(
                candidate::Column::OrganismId,
                Expr::value(third.id.parse::<entity::ids::OrganismId>().expect("an id")),
            )
            .filter(candidate::Column::Id.eq(id));
        back.exec(tx).await.expect("written");
    })
    .await;
    let page = page(&staff.finance, Some(&start), Some(&two.id), 9).await;
    assert_eq!(at(&page, "edges.0.node.removed"), &json!(true), "{page}");
}

/// A reader whose roles changed starts again, whether it sees more or less.
#[tokio::test]
async fn other_roles_start_again() {
    let app = TestApp::start().await;
    let (one, two) = (app.organism(1).await, app.organism(2).await);
    app.candidate(&one, "Un").await;
    app.candidate(&two, "Deux").await;
    let staff = app.with_role("s@org.example", Role::OrganismStaff, &one.id).await;
    let mut reader = Reader::new(&staff).await;
    assert_eq!(reader.held.len(), 1);
    app.with_role("s@org.example", Role::OrganismStaff, &two.id).await;
    reader.catch_up(5).await;
    assert_eq!((reader.resyncs, reader.held.len()), (1, 2));
    let all = entity::account_grant::Entity::update_many()
        .col_expr(entity::account_grant::Column::RevokedAt, Expr::value(machine_now()))
        .filter(entity::account_grant::Column::Role.eq(Text(Role::OrganismStaff)));
    all.exec(&app.app.db).await.expect("written");
    reader.catch_up(5).await;
    assert_eq!((reader.resyncs, reader.held.len()), (2, 0));
}

/// After ninety days, what stands for nothing that can be read anew goes, and readers from before start again.
#[tokio::test]
async fn readers_from_before_the_floor_start_again() {
    let app = TestApp::start().await;
    let organism = app.organism(1).await;
    app.candidate(&organism, "Reste").await;
    let erased = app.candidate(&organism, "Efface").await;
    let mut before = Reader::new(&organism.admin).await;
    act_on(&app, &erased, async |tx, id| {
        candidate::Entity::delete_by_id(id).exec(tx).await.expect("deleted");
    })
    .await;
    let mut after = Reader::new(&organism.admin).await;
    let old = machine_now() - chrono::Duration::days(91);
    let age = change::Entity::update_many().col_expr(change::Column::At, Expr::value(old));
    age.exec(&app.app.db).await.expect("written");
    app.on("2026-01-06").await;
    let left = numbers(&app).await;
    assert_eq!(left.len(), 1, "who is there stays, however old: {left:?}");
    for (reader, resyncs) in [(&mut before, 1), (&mut after, 0)] {
        reader.catch_up(5).await;
        assert_eq!((reader.resyncs, reader.held.len()), (resyncs, 1));
        assert_eq!(reader.held, download(&organism.admin).await);
    }
    // A database restored from a copy stands before its readers.
    let back =
        change_head::Entity::update_many().col_expr(change_head::Column::Seq, Expr::value(1));
    before.cursor = end_of(&page(&organism.admin, None, None, 1).await);
    back.exec(&app.app.db).await.expect("written");
    before.catch_up(5).await;
    assert_eq!(before.resyncs, 2);
}

#[tokio::test]
async fn cursors_of_other_lists_are_refused() {
    let app = TestApp::start().await;
    let organism = app.organism(1).await;
    let narrowed = end_of(&page(&organism.admin, None, Some(&organism.id), 1).await);
    let query = "query($after: String, $first: Int) { candidateChanges(after: $after, first: $first) { resync } }";
    for (after, first, code) in [
        (narrowed.as_str(), 1, "BAD_CURSOR"),
        ("Y2FuZGlkYXRlcw", 1, "BAD_CURSOR"),
        ("", 1, "BAD_CURSOR"),
        ("é", 1, "BAD_CURSOR"),
        (narrowed.as_str(), 101, "BAD_PAGE"),
        (narrowed.as_str(), -1, "BAD_PAGE"),
    ] {
        let answer = organism.admin.raw(query, json!({ "after": after, "first": first })).await;
        assert_eq!(at(&answer, "errors.0.extensions.code"), code, "{answer}");
        assert!(at(&answer, "data.candidateChanges").is_null());
    }
}
