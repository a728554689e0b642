//! Sanctions in a table of their own, by ground and cause, whoever decides them: what an EDOF alert led to moves
//! there, and a suspension points to the sanction that decided it.

use crate::build::*;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait,
};

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const GROUNDS: &[&str] = &["EDOF_ALERT", "COMPLIANCE", "AUDIT_REFUSED", "NON_PAYMENT"];
const LEVELS: &[&str] = &["WARNING", "FORMAL_NOTICE", "SUSPENSION", "WITHDRAWAL"];

/// The sanction of each alert takes the alert's id.
const FROM_ALERTS: &str = "INSERT INTO sanction (id, ground, cause_id, organism_id, habilitation_id, authority_id, \
    level, reason, decided_on, decided_by_id, notified_on) \
    SELECT a.id, 'EDOF_ALERT', a.id, a.organism_id, a.habilitation_id, coalesce(h.authority_id, \
    (SELECT c.id FROM authority c WHERE c.kind = 'CERTIF_PRO')), a.decided_level, a.decision_reason, a.decided_on, \
    a.decided_by_id, a.notified_on \
    FROM edof_alert a LEFT JOIN habilitation h ON h.id = a.habilitation_id WHERE a.decided_level IS NOT NULL";
/// A suspension that no alert explains is its own sanction, and its own cause.
const FROM_SUSPENSIONS: &str = "INSERT INTO sanction (id, ground, cause_id, organism_id, habilitation_id, \
    authority_id, level, decided_on, notified_on) \
    SELECT s.id, s.ground, s.id, h.organism_id, h.id, h.authority_id, 'SUSPENSION', s.decided_on, s.starts_on \
    FROM suspension s JOIN habilitation h ON h.id = s.habilitation_id WHERE s.edof_alert_id IS NULL";

const OF_ALERT: &str = "id, source, reference, allegation, received_on, siret, siren, offer_title, \
    certification_code, offer_on, details, posted_by_id, status, organism_id, habilitation_id, habilitated, qualiopi, \
    close_reason, proposed_level, proposed_grounds, version";

fn sanction() -> Table {
    table("sanction")
        .column(id())
        .column(text("ground"))
        .column(uuid("cause_id"))
        .column(int("occurrence").or(1))
        .column(uuid("organism_id"))
        .column(uuid("habilitation_id").null())
        .column(uuid("authority_id"))
        .column(text("level"))
        .column(text("reason").null())
        .column(date("decided_on"))
        .column(uuid("decided_by_id").null())
        .column(date("notified_on").null())
        .kind_of("ground", "sanction_ground")
        .points("organism_id", "organism")
        .points("habilitation_id", "habilitation")
        .points("authority_id", "authority")
        .one_of("level", LEVELS)
        .points("decided_by_id", "account")
        .unique(&["ground", "cause_id", "occurrence"])
        .index(&["organism_id"])
        .index(&["habilitation_id"])
}

/// The table of alerts without what was decided on them.
fn alert() -> Table {
    table("edof_alert")
        .column(id())
        .column(text("source"))
        .column(text("reference"))
        .column(text("allegation"))
        .column(date("received_on"))
        .column(text("siret").null())
        .column(text("siren").null())
        .column(text("offer_title"))
        .column(text("certification_code"))
        .column(date("offer_on"))
        .column(text("details"))
        .column(uuid("posted_by_id"))
        .column(text("status"))
        .column(uuid("organism_id").null())
        .column(uuid("habilitation_id").null())
        .column(boolean("habilitated").null())
        .column(boolean("qualiopi").null())
        .column(text("close_reason").null())
        .column(text("proposed_level").null())
        .column(text("proposed_grounds").null())
        .column(int("version"))
        .one_of("source", &["CDC", "FRANCE_COMPETENCES"])
        .one_of("allegation", &["NOT_HABILITATED", "NOT_QUALIOPI", "NON_CONFORMING_OFFER"])
        .points("posted_by_id", "account")
        .one_of("status", &["POSTED", "PROPOSED", "UNMATCHED", "UNFOUNDED", "CONFIRMED"])
        .points("organism_id", "organism")
        .points("habilitation_id", "habilitation")
        .one_of("proposed_level", LEVELS)
        .unique(&["source", "reference"])
        .index(&["status"])
}

fn suspension() -> Table {
    table("suspension")
        .column(id())
        .column(uuid("habilitation_id"))
        .column(text("conditions"))
        .column(boolean("enrolled_may_finish"))
        .column(date("starts_on").null())
        .column(date("ends_on").null())
        .points("habilitation_id", "habilitation")
        .index(&["habilitation_id"])
}

/// Makes a table anew, its rows kept in `was` meanwhile: neither back end drops a column with its constraints in
/// one manner. No table may point to it.
async fn remake(
    m: &SchemaManager<'_>,
    name: &'static str,
    new: Table,
    rows: &str,
) -> Result<(), DbErr> {
    sql(m, &format!("CREATE TABLE was AS SELECT * FROM {name}")).await?;
    drop(m, name).await?;
    create(m, new).await?;
    sql(m, &format!("INSERT INTO {name} {rows}")).await?;
    drop(m, "was").await
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite keeps all of it or nothing, too.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        kinds(m, "sanction_ground", GROUNDS).await?;
        create(m, sanction()).await?;
        sql(m, FROM_ALERTS).await?;
        sql(m, FROM_SUSPENSIONS).await?;
        // Suspensions first: nothing points to alerts afterwards.
        remake(
            m,
            "suspension",
            suspension()
                .column(uuid("sanction_id"))
                .points("sanction_id", "sanction")
                .unique(&["sanction_id", "habilitation_id"]),
            "(id, habilitation_id, sanction_id, conditions, enrolled_may_finish, starts_on, ends_on) \
             SELECT id, habilitation_id, coalesce(edof_alert_id, id), conditions, enrolled_may_finish, starts_on, \
             ends_on FROM was",
        )
        .await?;
        let rows = format!("({OF_ALERT}) SELECT {OF_ALERT} FROM was");
        remake(m, "edof_alert", alert().index(&["organism_id"]), &rows).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let decided = "decided_level, decision_reason, decided_on, decided_by_id, notified_on";
        let of = OF_ALERT.split(", ").map(|column| format!("was.{column}")).collect::<Vec<_>>();
        remake(
            m,
            "edof_alert",
            alert()
                .column(text("decided_level").null())
                .column(text("decision_reason").null())
                .column(date("decided_on").null())
                .column(uuid("decided_by_id").null())
                .column(date("notified_on").null())
                .one_of("decided_level", LEVELS)
                .points("decided_by_id", "account")
                .index(&["organism_id", "decided_on"]),
            &format!(
                "({OF_ALERT}, {decided}) SELECT {}, s.level, s.reason, s.decided_on, s.decided_by_id, s.notified_on \
                 FROM was LEFT JOIN sanction s ON s.ground = 'EDOF_ALERT' AND s.cause_id = was.id \
                 AND s.occurrence = 1",
                of.join(", ")
            ),
        )
        .await?;
        remake(
            m,
            "suspension",
            suspension()
                .column(text("ground"))
                .column(uuid("edof_alert_id").null().unique())
                .column(date("decided_on"))
                .one_of("ground", &["EDOF_ALERT", "COMPLIANCE", "NON_PAYMENT"])
                .points("edof_alert_id", "edof_alert"),
            "(id, habilitation_id, ground, edof_alert_id, conditions, enrolled_may_finish, decided_on, starts_on, \
             ends_on) SELECT was.id, was.habilitation_id, s.ground, a.id, was.conditions, was.enrolled_may_finish, \
             s.decided_on, was.starts_on, was.ends_on \
             FROM was JOIN sanction s ON s.id = was.sanction_id LEFT JOIN edof_alert a ON a.id = s.cause_id",
        )
        .await?;
        drop(m, "sanction").await?;
        drop(m, "sanction_ground").await
    }
}
