//! What a change makes of the rows that a database held before it, and what undoing it gives back: on SQLite, and on
//! PostgreSQL where `CLEA_TEST_POSTGRES_URL` names a server.

mod support;

use support::{execute, migrate, texts};

/// A database as the program of the change before left it.
struct Before {
    url: String,
    /// How many changes are undone.
    later: String,
}

impl Before {
    /// Before the change whose name ends so.
    fn new(url: &str, change: &str) -> Self {
        let (_, told) = migrate(url, &["status"]);
        let changes = told.lines().filter_map(|line| line.strip_prefix("missing "));
        let later = changes.skip_while(|name| !name.ends_with(change)).count().to_string();
        assert_eq!(migrate(url, &[]).0, Some(0));
        let before = Self { url: url.to_owned(), later };
        before.undo();
        before
    }

    fn undo(&self) {
        let (code, told) = migrate(&self.url, &["down", "--steps", &self.later]);
        assert_eq!(code, Some(0), "{told}");
    }

    fn redo(&self) {
        let (code, told) = migrate(&self.url, &["up"]);
        assert_eq!((code, told), (Some(0), format!("{} changes applied.\n", self.later)));
    }

    fn postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    /// An id as SQL writes it.
    fn id(&self, n: u32) -> String {
        format!("{}'{n:032x}'", if self.postgres() { "" } else { "X" })
    }

    /// Adds rows: `#7` stands for the id 7.
    async fn add(&self, table: &str, columns: &str, rows: &[&str]) {
        let rows: Vec<_> = rows.iter().map(|row| format!("({})", self.with_ids(row))).collect();
        let sql = format!("INSERT INTO {table} ({columns}) VALUES {}", rows.join(", "));
        execute(&self.url, &[sql]).await;
    }

    fn with_ids(&self, text: &str) -> String {
        let mut parts = text.split('#');
        let mut sql = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            sql += &self.id(part[..end].parse().expect("an id"));
            sql += &part[end..];
        }
        sql
    }

    /// The rows of a table, in the order of their ids: their columns joined by spaces, ids as numbers, nothing as `-`.
    async fn rows(&self, table: &str, columns: &str) -> Vec<String> {
        let shown = columns.split_whitespace().map(|column| {
            let text = match (column.ends_with("id"), self.postgres()) {
                (true, false) => format!("lower(hex(nullif({column}, '')))"),
                (true, true) => format!("replace({column}::text, '-', '')"),
                (false, _) => format!("cast({column} AS text)"),
            };
            format!("coalesce(nullif(ltrim({text}, '0'), ''), '-')")
        });
        let shown = shown.collect::<Vec<_>>().join(" || ' ' || ");
        texts(&self.url, &format!("SELECT {shown} FROM {table} ORDER BY id")).await
    }

    /// Certif Pro with a habilitation, 31, and a CPNE with another, 32, of the organism 20; 10 is an account.
    async fn habilitations(&self) {
        let place = "'a@b.example', 'a', 'a', '75001', 'Paris', '2026-01-01T00:00:00Z'";
        let columns =
            "id, kind, name, email, appeal_contact, address, postal_code, city, created_at";
        let (pro, cpne) =
            (format!("#1, 'CERTIF_PRO', 'a', {place}"), format!("#2, 'CPNE', 'b', {place}"));
        self.add("authority", columns, &[&pro, &cpne]).await;
        let framework = "#3, 'a', '1', 'RS1', '2026-01-01'";
        self.add("framework", "id, title, version, certification_code, starts_on", &[framework])
            .await;
        self.add(
            "convention_version",
            "id, version, starts_on, url",
            &["#4, '1', '2026-01-01', 'a'"],
        )
        .await;
        let account = "#10, 'a@b.example', 'a', 'a', '2026-01-01T00:00:00Z'";
        self.add("account", "id, email, display_name, password_hash, created_at", &[account]).await;
        let organism = "#20, '732829320', 'A', 'A', 'LEGAL_PERSON', 'a@b.example', 'a', '75001', 'Paris', \
                        '2026-01-01', 1";
        let columns = "id, siren, name, name_key, kind, email, address, postal_code, city, registered_on, version";
        self.add("organism", columns, &[organism]).await;
        for (authority, n) in [(1, 31), (2, 32)] {
            let (meeting, campaign, application) = (n + 100, n + 200, n + 300);
            let row = format!("#{meeting}, #{authority}, '2026-02-10', 'a'");
            self.add("meeting", "id, authority_id, held_on, place", &[&row]).await;
            let row = format!(
                "#{campaign}, #{authority}, #3, #{meeting}, 'a', '2026-01-05', '2026-01-20'"
            );
            let columns = "id, authority_id, framework_id, meeting_id, title, opens_on, closes_on";
            self.add("campaign", columns, &[&row]).await;
            let row = format!(
                "#{application}, 'D{n}', #20, #{campaign}, #{authority}, #3, #{meeting}, 'ACCEPTED', '2026-01-10', \
                 #10, 'a@b.example', #4, 1"
            );
            let columns = "id, number, organism_id, campaign_id, authority_id, framework_id, meeting_id, status, \
                           filed_on, filed_by_id, contact_email, convention_version_id, version";
            self.add("application", columns, &[&row]).await;
            let row = format!(
                "#{n}, #20, #{application}, #{authority}, #3, '2026-02-10', '2026-02-11', 1"
            );
            let columns = "id, organism_id, application_id, authority_id, framework_id, decided_on, notified_on, version";
            self.add("habilitation", columns, &[&row]).await;
        }
    }
}

const ALERT: &str = "id source reference allegation received_on siret siren offer_title certification_code offer_on \
    details posted_by_id status organism_id habilitation_id habilitated qualiopi close_reason proposed_level \
    proposed_grounds decided_level decision_reason decided_on decided_by_id notified_on version";
const SUSPENSION: &str = "id habilitation_id ground edof_alert_id conditions enrolled_may_finish decided_on starts_on ends_on";

/// What was decided on alerts, notified or not, becomes their sanctions, and comes back.
async fn sanctions(url: &str) {
    let before = Before::new(url, "_sanctions");
    before.habilitations().await;
    let said = "'NON_CONFORMING_OFFER', '2026-03-01', NULL, '732829320', 'L’offre', 'RS0', '2026-02-28', 'Dit.', #10";
    let open = "NULL, NULL, NULL, NULL, NULL";
    let decided = |level: &str, reason: &str, notified: &str| {
        format!("'{level}', {reason}, '2026-03-02', #10, {notified}")
    };
    let proposed = "true, NULL, NULL, 'WARNING', 'Faits.'";
    let alerts = [
        format!(
            "#41, 'CDC', 'A1', {said}, 'POSTED', NULL, NULL, NULL, NULL, NULL, NULL, NULL, {open}, 1"
        ),
        format!("#42, 'CDC', 'A2', {said}, 'PROPOSED', #20, #31, {proposed}, {open}, 2"),
        format!(
            "#43, 'CDC', 'A3', {said}, 'CONFIRMED', #20, #31, {proposed}, {}, 3",
            decided("SUSPENSION", "'Grave : c’est dit.'", "'2026-03-03'")
        ),
        format!(
            "#44, 'FRANCE_COMPETENCES', 'A3', {said}, 'CONFIRMED', #20, #32, {proposed}, {}, 3",
            decided("WITHDRAWAL", "NULL", "NULL")
        ),
        format!(
            "#45, 'CDC', 'A5', {said}, 'CONFIRMED', #20, NULL, false, true, NULL, 'FORMAL_NOTICE', 'Faits.', {}, 3",
            decided("FORMAL_NOTICE", "NULL", "'2026-03-04'")
        ),
        format!(
            "#46, 'CDC', 'A6', {said}, 'UNFOUNDED', #20, #31, true, true, 'Rien.', NULL, NULL, {open}, 2"
        ),
    ];
    let alerts: Vec<_> = alerts.iter().map(String::as_str).collect();
    before.add("edof_alert", &ALERT.replace(' ', ", "), &alerts).await;
    let suspensions = [
        "#51, #31, 'EDOF_ALERT', #43, 'Retirer l’offre.', true, '2026-03-02', '2026-03-03', NULL",
        "#52, #32, 'NON_PAYMENT', NULL, 'Payer.', false, '2026-03-05', NULL, '2026-03-06'",
    ];
    before.add("suspension", &SUSPENSION.replace(' ', ", "), &suspensions).await;
    let as_they_were =
        (before.rows("edof_alert", ALERT).await, before.rows("suspension", SUSPENSION).await);

    before.redo();
    let columns = "id ground cause_id occurrence organism_id habilitation_id authority_id level reason decided_on \
                   decided_by_id notified_on";
    assert_eq!(
        before.rows("sanction", columns).await,
        [
            "2b EDOF_ALERT 2b 1 14 1f 1 SUSPENSION Grave : c’est dit. 2026-03-02 a 2026-03-03",
            "2c EDOF_ALERT 2c 1 14 20 2 WITHDRAWAL - 2026-03-02 a -",
            "2d EDOF_ALERT 2d 1 14 - 1 FORMAL_NOTICE - 2026-03-02 a 2026-03-04",
            "34 NON_PAYMENT 34 1 14 20 2 SUSPENSION - 2026-03-05 - -",
        ]
    );
    let columns = "id habilitation_id sanction_id conditions starts_on ends_on";
    assert_eq!(
        before.rows("suspension", columns).await,
        ["33 1f 2b Retirer l’offre. 2026-03-03 -", "34 20 34 Payer. - 2026-03-06"]
    );
    let kept: Vec<&str> = ALERT.split(" decided_level").take(1).collect();
    let kept = before.rows("edof_alert", kept[0]).await;
    assert_eq!(kept.len(), alerts.len());
    for (now, then) in kept.iter().zip(&as_they_were.0) {
        assert!(then.starts_with(now.as_str()), "{now} was {then}");
    }

    before.undo();
    let as_they_are =
        (before.rows("edof_alert", ALERT).await, before.rows("suspension", SUSPENSION).await);
    assert_eq!(as_they_are, as_they_were);
    before.redo();
}

/// Why a habilitation expired is read from the journal once, for those whose end may not be told yet.
async fn obstacles(url: &str) {
    let before = Before::new(url, "_expiry_obstacles");
    before.habilitations().await;
    execute(&before.url, &["UPDATE habilitation SET expired_on = '2029-02-12'".to_owned()]).await;
    let entry = |seq: u32, subject: u32, act: &str, data: &str| {
        format!(
            "{seq}, '2029-02-12T00:00:00Z', '2029-02-12', 'system', '{act}', 'habilitation', #{subject}, 'a', \
             '{data}', 'a', 'a', 'h{seq}'"
        )
    };
    let columns = "seq, at, legal_on, actor, act, subject_kind, subject_id, summary, data, correlation_id, \
                   prev_hash, hash";
    let entries = [
        entry(1, 31, "expireHabilitation", r#"{"obstacles": ["WITHDRAWN"]}"#),
        entry(2, 31, "voidNotification", r#"{"obstacles": ["WITHDRAWN"]}"#),
        entry(
            3,
            31,
            "expireHabilitation",
            r#"{"obstacles": ["SUSPENDED_DURING_TERM", "NEVER_USED"]}"#,
        ),
        entry(4, 32, "expireHabilitation", r#"{"obstacles": []}"#),
    ];
    let entries: Vec<_> = entries.iter().map(String::as_str).collect();
    before.add("journal", columns, &entries).await;
    before.redo();
    let kept = texts(&before.url, "SELECT expiry_obstacles FROM habilitation ORDER BY id").await;
    assert_eq!(kept, ["SUSPENDED_DURING_TERM,NEVER_USED", ""]);
    before.undo();
    before.redo();
}

fn on_sqlite(dir: &tempfile::TempDir) -> String {
    format!("sqlite://{}", dir.path().join("clea.db").display())
}

#[tokio::test]
async fn sanctions_on_sqlite() {
    let dir = tempfile::tempdir().expect("a folder");
    sanctions(&on_sqlite(&dir)).await;
}

#[tokio::test]
async fn obstacles_on_sqlite() {
    let dir = tempfile::tempdir().expect("a folder");
    obstacles(&on_sqlite(&dir)).await;
}

/// Runs on a database of its own.
async fn on_postgresql(name: &str, test: impl AsyncFnOnce(&str)) {
    let Some(server) = support::postgres() else { return };
    let name = format!("clea_{name}_{}", uuid::Uuid::now_v7().simple());
    execute(&server, &[format!("CREATE DATABASE {name}")]).await;
    test(&support::database(&server, &name)).await;
    execute(&server, &[format!("DROP DATABASE {name}")]).await;
}

#[tokio::test]
async fn sanctions_on_postgresql() {
    on_postgresql("sanctions", sanctions).await;
}

#[tokio::test]
async fn obstacles_on_postgresql() {
    on_postgresql("obstacles", obstacles).await;
}
