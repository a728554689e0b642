//! A database that an earlier program wrote: kept in files, put into a database with the tables of then, and
//! brought up to date by `clea migrate`.

use crate::before::Kept;
use crate::support;
use chrono::{DateTime, SecondsFormat, Utc};
use e2e::rows::{self, Cells, Rows};
use e2e::{Backend, TestApp};
use entity::kind::TaskStatus;
use entity::text::Text;
use entity::{document, document_body, notice, notice_body, outbox};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use service::clock::machine_now;
use service::journal::{Verification, verify};
use service::token::hash;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The last change of the tables that the commit before knew.
const SCHEMA: &str = "m2026_11_25_41_search";
/// The kinds of tasks that it left to be done.
const LEFT: [&str; 18] = [
    "ASSESS_ALERT",
    "AWARD_CERTIFICATE",
    "ESCALATE_PAYMENT",
    "FILING_RECEIPT",
    "INVITE_ACCOUNT",
    "NOTIFY_DECISION",
    "NOTIFY_SANCTION",
    "PROPOSE_SANCTION",
    "REMIND_PAYMENT",
    "REMIND_TERM",
    "RESET_PASSWORD",
    "SEND_INVOICE",
    "SEND_NOTICE",
    "TELL_BOUNCE",
    "TELL_CREDENTIAL_EXPIRY",
    "TELL_EXPIRY",
    "TELL_GIVEN_UP",
    "TELL_RENEWAL",
];
/// Machine times that end something or have something removed: they are moved, as if it had just been stopped.
const LIVE: [(&str, &str); 3] =
    [("change", "at"), ("invitation", "expires_at"), ("password_reset", "expires_at")];
/// How long the first half may take to come to rest.
const PATIENCE: Duration = Duration::from_mins(2);

/// What an earlier program left.
pub(crate) struct Written {
    /// The last change of the tables that it knew.
    schema: String,
    rows: Rows,
}

impl Written {
    /// What the program of the commit before left of this name.
    pub(crate) fn by_the_commit_before(name: &str) -> Self {
        let rows = rows::from_lines(&read(&format!("{name}.jsonl"))).expect("rows");
        Self { schema: SCHEMA.to_owned(), rows }
    }

    /// Checks that everything of the play was left that a migration may trip over.
    pub(crate) fn must_be_half_way(&self) {
        let of = |table: &str| self.rows.get(table).map(Vec::as_slice).unwrap_or_default();
        let pending = of("outbox").iter().filter(|task| task["status"] == "PENDING");
        let pending: Vec<_> = pending.collect();
        let kinds: BTreeSet<_> = pending.iter().filter_map(|task| task["kind"].as_str()).collect();
        assert_eq!(kinds, BTreeSet::from(LEFT));
        assert!(pending.iter().any(|task| task["attempts"] == 0), "one was not begun");
        assert!(pending.iter().any(|task| task["attempts"] != 0), "one failed");
        assert!(pending.iter().any(|task| task.contains_key("lease_until")), "one was held");
        assert!(of("outbox").iter().any(|task| task["status"] == "GIVEN_UP"));
        let delivered: BTreeSet<_> =
            of("delivery").iter().filter_map(|row| row["notice_id"].as_str()).collect();
        let unsent = of("notice").iter().filter_map(|row| row["id"].as_str());
        assert!(unsent.filter(|id| !delivered.contains(id)).count() > 10, "notices are unsent");
        let sanctions = of("notice").iter().filter(|row| row["kind"] == "EDOF_SANCTION");
        let sanctions: BTreeSet<_> = sanctions.filter_map(|row| row["id"].as_str()).collect();
        let voided = of("bounce").iter().filter(|row| row["voids"] == true);
        let voided = voided.filter_map(|row| row["notice_id"].as_str());
        assert_eq!(voided.filter(|id| sanctions.contains(id)).count(), 2, "sanctions bounced");
    }

    /// How many changes of the tables came after it.
    fn later(&self) -> usize {
        let known = Migrator::migrations();
        let then = known.iter().position(|change| change.name() == self.schema);
        known.len() - 1 - then.expect("a change that this program knows")
    }

    /// The rows, as if it had been stopped just now.
    fn just_stopped(&self) -> Rows {
        let instant = |value: &Value| value.as_str()?.parse::<DateTime<Utc>>().ok();
        let tasks = self.rows["outbox"].iter();
        let stopped = tasks.filter_map(|task| instant(&task["created_at"])).max().expect("a task");
        let since = machine_now() - stopped;
        let mut rows = self.rows.clone();
        for (table, column) in LIVE {
            for row in rows.get_mut(table).into_iter().flatten() {
                let moved = instant(&row[column]).expect("an instant") + since;
                row[column] = json!(moved.to_rfc3339_opts(SecondsFormat::Micros, true));
            }
        }
        rows
    }

    /// Keeps what this program leaves, as of the tables that it knows.
    pub(crate) async fn keep(app: &TestApp, kept: &Kept) {
        let schema = Migrator::migrations().last().expect("a change").name().to_owned();
        let mut rows = rows::read(&app.app.db).await.expect("readable");
        shorten(&mut rows);
        let folder = folder(&schema);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("play.jsonl"), rows::to_lines(&rows)).expect("written");
        let kept = serde_json::to_string_pretty(kept).expect("JSON");
        std::fs::write(folder.join("play.json"), kept + "\n").expect("written");
    }
}

/// Takes away what this program writes and the earlier one did not: both halves of the play are compared without.
pub(crate) fn alike(table: &str, row: &mut Cells) {
    // What the mail server said was done (`failed`), which decides since.
    if table == "bounce" {
        row.remove("action");
    }
    if table != "journal" {
        return;
    }
    // A credential ends some days after the machine's day, which is that of the file's writing on one side.
    let apart = match row.get("act").and_then(Value::as_str) {
        Some("recordBounce") => "action",
        Some("createMachineCredential") => "expiresOn",
        _ => return,
    };
    if let Some(Value::Object(data)) = row.get_mut("data") {
        data.remove(apart);
    }
}

/// What people of the play hold besides.
pub(crate) fn kept() -> Kept {
    serde_json::from_str(&read("play.json")).expect("what people hold")
}

fn read(name: &str) -> String {
    let path = folder(SCHEMA).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn folder(schema: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade").join(schema)
}

/// Puts a line in the place of each document's pages: nothing reads them, and they would be most of the file.
fn shorten(rows: &mut Rows) {
    use base64::Engine as _;
    let pages = b"%PDF-1.7\n% A document without its pages.\n%%EOF\n";
    for body in rows.get_mut("document_body").into_iter().flatten() {
        body["bytes"] = json!(base64::engine::general_purpose::STANDARD.encode(pages));
    }
    for document in rows.get_mut("document").into_iter().flatten() {
        document["sha256"] = json!(hash(pages));
        document["size"] = json!(pages.len());
    }
}

/// Makes an empty database that of the earlier program, and brings it up to date.
pub(crate) async fn of(backend: &Backend, written: &Written) {
    let rows = then(backend, written).await;
    migrate(backend, written, "up");
    let entries = i64::try_from(rows["journal"].len()).expect("a number");
    let verified = verify(&backend.db).await.expect("readable");
    assert_eq!(verified, Verification::Sound(entries));
    sound(&backend.db).await;
}

/// Brings it up to date and back: every row is what it was, and comes up again.
pub(crate) async fn and_back(backend: &Backend, written: &Written) {
    let before = then(backend, written).await;
    for _ in 0..2 {
        migrate(backend, written, "up");
        sound(&backend.db).await;
        migrate(backend, written, "down");
        must_hold(backend, &before).await;
    }
}

/// Makes an empty database that of the earlier program; answers its rows.
async fn then(backend: &Backend, written: &Written) -> Rows {
    let steps = Migrator::migrations().len() - written.later();
    clea(backend, &["up", "--steps", &steps.to_string()], &format!("{steps} changes applied.\n"));
    let rows = written.just_stopped();
    rows::load(&backend.owner_url, &rows).await.expect("loaded");
    must_hold(backend, &rows).await;
    rows
}

/// Checks that the database holds these rows and no others.
async fn must_hold(backend: &Backend, rows: &Rows) {
    let found = rows::read(&backend.owner).await.expect("readable");
    let (found, rows) = (rows::to_lines(&found), rows::to_lines(rows));
    let (found, rows): (BTreeSet<_>, BTreeSet<_>) =
        (found.lines().collect(), rows.lines().collect());
    let first = |these: BTreeSet<&str>| these.into_iter().take(5).collect::<Vec<_>>().join("\n");
    assert_eq!(first(&found - &rows), first(&rows - &found), "found, and to be found");
}

/// Applies or undoes the changes that the earlier program did not know.
fn migrate(backend: &Backend, written: &Written, direction: &str) {
    let (later, done) = (written.later(), if direction == "up" { "applied" } else { "undone" });
    let steps = later.to_string();
    let args = [direction, "--steps", &steps];
    clea(backend, &args, &format!("{later} changes {done}.\n"));
}

fn clea(backend: &Backend, args: &[&str], told: &str) {
    let mut command = support::clea(&std::env::temp_dir(), &["migrate"]);
    command.env("CLEA_DATABASE_URL", &backend.url).args(args);
    if backend.owner_url != backend.url {
        command.env("CLEA_DATABASE_OWNER_URL", &backend.owner_url);
    }
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", support::text(&output.stderr));
    assert_eq!(support::text(&output.stdout), told);
}

/// Checks that what was issued is as it was: the journal's chain, the hashes of mails and documents.
pub(crate) async fn sound(db: &DatabaseConnection) {
    assert!(matches!(verify(db).await.expect("readable"), Verification::Sound(_)));
    let mails = notice_body::Entity::find().find_also_related(notice::Entity);
    let mails = mails.all(db).await.expect("readable");
    assert!(!mails.is_empty());
    for (body, notice) in mails {
        let notice = notice.expect("its notice");
        let whole = format!("{}\n{}\n{}", body.mail_subject, body.text, body.html);
        assert_eq!(notice.body_sha256, hash(whole.as_bytes()), "{}", body.mail_subject);
    }
    let documents = document_body::Entity::find().find_also_related(document::Entity);
    let documents = documents.all(db).await.expect("readable");
    assert!(!documents.is_empty());
    for (body, document) in documents {
        let document = document.expect("its document");
        assert_eq!(document.sha256, hash(&body.bytes), "{}", document.file_name);
    }
}

/// Waits until every task that is left was tried.
pub(crate) async fn tried(app: &TestApp) {
    let started = Instant::now();
    while pending(app, outbox::Column::Attempts.eq(0)).await > 0 {
        assert!(started.elapsed() < PATIENCE, "tasks are left");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until a worker holds a task.
pub(crate) async fn held(app: &TestApp) {
    let started = Instant::now();
    while pending(app, outbox::Column::LeaseUntil.gt(machine_now())).await == 0 {
        assert!(started.elapsed() < PATIENCE, "no task is held");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn pending(app: &TestApp, condition: sea_orm::sea_query::Expr) -> u64 {
    let tasks = outbox::Entity::find()
        .filter(outbox::Column::Status.eq(Text(TaskStatus::Pending)))
        .filter(condition);
    tasks.count(&app.app.db).await.expect("countable")
}
