//! X.b, P9, P12: the journal, and what is issued, cannot be altered unnoticed.

use e2e::{TestApp, at};
use sea_orm::{ConnectionTrait, DatabaseBackend};
use serde_json::json;
use service::journal::{Verification, verify};

/// X.b: every act leaves who, when, what and why; the chain verifies, and the database itself refuses
/// changes to what is issued.
#[tokio::test]
async fn the_journal_cannot_be_altered() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let (organism, id) = app.habilitated(&staff, 98, "2026-02-10").await;
    app.awarded(&staff, &organism, &id, "Roche").await;
    app.on("2026-04-01").await;
    let db = &app.app.db;
    assert!(matches!(verify(db).await.expect("readable"), Verification::Sound(n) if n > 10));
    let fields = "... on Habilitation { timeline { edges { node { summary article at } } } }";
    let node = app.node(&organism.admin, &id, fields).await;
    let _ = at(&node, "timeline.edges");
    let application = db.get_database_backend() == DatabaseBackend::Postgres;
    for table in [
        "journal",
        "invoice",
        "invoice_line",
        "decision",
        "notice",
        "delivery",
        "billable_fact",
        "certificate",
    ] {
        for sql in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET id = id")] {
            let sql = if table == "journal" { sql.replace("id = id", "act = 'x'") } else { sql };
            let error = app.owner().execute_unprepared(&sql).await.expect_err("refused");
            assert!(error.to_string().contains("immutable"), "{table}: {error}");
            if application {
                let error = db.execute_unprepared(&sql).await.expect_err("refused");
                assert!(error.to_string().contains("permission denied"), "{table}: {error}");
            }
        }
    }
    assert!(matches!(verify(db).await.expect("readable"), Verification::Sound(_)));
}

/// X.b: an edit, a deletion or a cut tail shows, once the trigger is out of the way.
#[tokio::test]
async fn an_altered_journal_shows() {
    for tampering in [
        "UPDATE journal SET summary = 'autre' WHERE seq = 3",
        "DELETE FROM journal WHERE seq = 3",
        "DELETE FROM journal WHERE seq = (SELECT MAX(seq) FROM journal)",
    ] {
        let app = TestApp::start().await;
        let organism = app.organism(99).await;
        let site = json!({
            "organismId": organism.id, "name": "B", "address": "2 rue B", "postalCode": "44000", "city": "Nantes",
        });
        organism.admin.act("addSite", site, "").await.done();
        let db = &app.app.db;
        let Verification::Sound(before) = verify(db).await.expect("readable") else {
            panic!("sound")
        };
        assert!(before >= 4);
        let drop = if db.get_database_backend() == DatabaseBackend::Postgres {
            vec!["DROP TRIGGER journal_frozen ON journal"]
        } else {
            vec!["DROP TRIGGER journal_frozen_update", "DROP TRIGGER journal_frozen_delete"]
        };
        for sql in drop.into_iter().chain([tampering]) {
            app.owner().execute_unprepared(sql).await.expect("tampered");
        }
        let found = verify(db).await.expect("readable");
        let expected = if tampering.contains("MAX") { before } else { 3 };
        assert_eq!(found, Verification::Broken(expected), "{tampering}");
    }
}
