//! Kinds of notices, deadlines, documents, reminders and fees as rows of tables of kinds, so that a new one is
//! an INSERT; several deadlines and documents of a kind on one subject; room for what was recorded
//! elsewhere: habilitations without an application, certificates without an enrolment or a jury.
//! The address of a notice moves to its body, which can be erased.

use crate::build::{self, *};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const NOTICES: &[&str] = &[
    "FILING_RECEIPT",
    "DECISION_ACCEPTED",
    "DECISION_REFUSED",
    "TERM_REMINDER",
    "HABILITATION_RENEWED",
    "HABILITATION_EXPIRED",
    "INVOICE_ISSUED",
    "PAYMENT_REMINDER",
    "PAYMENT_ESCALATION",
    "EDOF_PROPOSAL",
    "EDOF_SANCTION",
    "CERTIFICATE_AWARDED",
    "NOTICE_BOUNCED",
    "CREDENTIAL_EXPIRY",
    "ACCOUNT_INVITATION",
    "PASSWORD_RESET",
    "TASK_GIVEN_UP",
];
const DEADLINES: &[&str] =
    &["OPINION_SETTLED", "DECISION_NOTIFIED", "APPEAL_LODGED", "INVOICE_PAID"];
const DOCUMENTS: &[&str] = &["DECISION_LETTER", "INVOICE", "PARCHMENT"];
const REMINDERS: &[&str] = &["TERM", "PAYMENT"];
const FEES: &[&str] = &["APPLICATION_FEE", "SITE_FEE", "CERTIFICATE_FEE"];

/// The tables whose kinds were held by a CHECK, or by nothing.
const HOLDERS: [(&str, &str, &[&str], bool); 5] = [
    ("notice", "notice_kind", NOTICES, false),
    ("deadline", "deadline_kind", DEADLINES, true),
    ("document", "document_kind", DOCUMENTS, true),
    ("reminder", "reminder_kind", REMINDERS, true),
    ("billable_fact", "fee_kind", FEES, true),
];

/// How a kind is held.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Era {
    /// By a list in the table's definition.
    Before,
    /// By a table of kinds.
    After,
}

impl Era {
    fn hold(self, table: build::Table, holder: usize) -> build::Table {
        let (_, kinds, known, checked) = HOLDERS[holder];
        match self {
            Self::After => table.kind_of("kind", kinds),
            Self::Before if checked => table.one_of("kind", known),
            Self::Before => table,
        }
    }

    /// Not null before, may be absent after.
    fn loosen(self, column: Col) -> Col {
        if self == Self::After { column.null() } else { column }
    }
}

fn notice(era: Era) -> build::Table {
    let held = table("notice")
        .column(id())
        .column(text("kind"))
        .column(uuid("subject_id"))
        .column(text("dedup_key").unique())
        .column(uuid("organism_id").null())
        .column(uuid("candidate_id").null())
        .column(uuid("authority_id").null())
        .column(text("message_id").unique())
        .column(text("body_sha256"))
        .column(date("composed_on"))
        .column(instant("composed_at"));
    // It comes back as the last one.
    let held = if era == Era::Before { held.column(text("recipient_email").null()) } else { held };
    era.hold(
        held.points("organism_id", "organism")
            .points("candidate_id", "candidate")
            .points("authority_id", "authority"),
        0,
    )
}

fn deadline(era: Era) -> build::Table {
    let held = table("deadline")
        .column(id())
        .column(text("kind"))
        .column(uuid("subject_id"))
        .column(uuid("authority_id").null())
        .column(uuid("organism_id").null())
        .column(date("started_on"))
        .column(date("due_on"))
        .column(text("status"))
        .column(date("met_on").null());
    let held = if era == Era::After { held.column(int("occurrence").or(1)) } else { held };
    era.hold(
        held.points("authority_id", "authority")
            .points("organism_id", "organism")
            .one_of("status", &["OPEN", "MET", "MISSED", "CANCELLED"]),
        1,
    )
}

fn document(era: Era) -> build::Table {
    let held = table("document")
        .column(id())
        .column(text("kind"))
        .column(uuid("subject_id"))
        .column(text("file_name"))
        .column(text("media_type"))
        .column(text("sha256"))
        .column(bigint("size"))
        .column(instant("rendered_at"));
    let held = if era == Era::After { held.column(int("occurrence").or(1)) } else { held };
    era.hold(held, 2)
}

fn reminder(era: Era) -> build::Table {
    let held = table("reminder")
        .column(id())
        .column(text("kind"))
        .column(uuid("subject_id"))
        .column(date("reference_on"))
        .column(int("step"))
        .column(date("sent_on"));
    era.hold(held, 3)
}

fn billable_fact(era: Era) -> build::Table {
    let held = table("billable_fact")
        .column(id())
        .column(uuid("organism_id"))
        .column(text("kind"))
        .column(uuid("subject_id"))
        .column(date("fact_on"))
        .column(uuid("tariff_id"))
        .column(bigint("amount_cents"))
        .column(instant("recorded_at"))
        .points("organism_id", "organism")
        .points("tariff_id", "tariff");
    era.hold(held, 4)
}

fn habilitation(era: Era) -> build::Table {
    table("habilitation")
        .column(id())
        .column(uuid("organism_id"))
        .column(era.loosen(uuid("application_id").unique()))
        .column(uuid("authority_id"))
        .column(uuid("framework_id"))
        .column(date("decided_on"))
        .column(date("notified_on").null())
        .column(date("term_ends_on").null())
        .column(date("renewed_on").null())
        .column(date("expired_on").null())
        .column(date("withdrawn_on").null())
        .column(date("renounced_on").null())
        .column(int("version"))
        .points("organism_id", "organism")
        .points("application_id", "application")
        .points("authority_id", "authority")
        .points("framework_id", "framework")
}

fn certificate(era: Era) -> build::Table {
    table("certificate")
        .column(id())
        .column(text("number").unique())
        .column(text("verification_code").unique())
        .column(era.loosen(uuid("enrolment_id").unique()))
        .column(uuid("candidate_id"))
        .column(uuid("organism_id"))
        .column(uuid("habilitation_id"))
        .column(uuid("framework_id"))
        .column(era.loosen(uuid("jury_id")))
        .column(date("awarded_on"))
        .column(text("delivery"))
        .points("enrolment_id", "enrolment")
        .points("candidate_id", "candidate")
        .points("organism_id", "organism")
        .points("habilitation_id", "habilitation")
        .points("framework_id", "framework")
        .points("jury_id", "jury")
        .one_of("delivery", &["PAPER", "PDF"])
}

/// Every table whose constraints change, as SQLite keeps them.
async fn redefine_all(m: &SchemaManager<'_>, era: Era) -> Result<(), DbErr> {
    for table in [
        notice(era),
        deadline(era),
        document(era),
        reminder(era),
        billable_fact(era),
        habilitation(era),
        certificate(era),
    ] {
        redefine(m, table).await?;
    }
    Ok(())
}

/// Runs statements that PostgreSQL alone needs.
async fn on_postgresql(m: &SchemaManager<'_>, statements: &[String]) -> Result<(), DbErr> {
    if m.get_database_backend() == DatabaseBackend::Postgres {
        for statement in statements {
            sql(m, statement).await?;
        }
    }
    Ok(())
}

/// The unique index of one row per kind and subject, and of one per occurrence.
fn once(table: &str, columns: &str) -> [String; 2] {
    let name = format!("{table}_{}_idx", columns.replace(", ", "_"));
    [format!("DROP INDEX {name}"), format!("CREATE UNIQUE INDEX {name} ON {table} ({columns})")]
}

const ONE: &str = "kind, subject_id";
const SEVERAL: &str = "kind, subject_id, occurrence";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite keeps all of it or nothing, too.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (_, name, known, _) in HOLDERS {
            kinds(m, name, known).await?;
        }
        sql(m, "ALTER TABLE notice_body ADD COLUMN recipient_email text NOT NULL DEFAULT ''")
            .await?;
        sql(
            m,
            "UPDATE notice_body SET recipient_email = \
             (SELECT n.recipient_email FROM notice n WHERE n.id = notice_body.notice_id)",
        )
        .await?;
        sql(m, "ALTER TABLE notice DROP COLUMN recipient_email").await?;
        for table in ["deadline", "document"] {
            let occurrence = "ADD COLUMN occurrence integer NOT NULL DEFAULT 1";
            sql(m, &format!("ALTER TABLE {table} {occurrence}")).await?;
            sql(m, &once(table, ONE)[0]).await?;
            sql(m, &once(table, SEVERAL)[1]).await?;
        }
        let mut statements = Vec::new();
        for (table, kinds, _, checked) in HOLDERS {
            if checked {
                statements.push(format!("ALTER TABLE {table} DROP CONSTRAINT {table}_kind_check"));
            }
            statements.push(format!(
                "ALTER TABLE {table} ADD CONSTRAINT {table}_kind_fkey \
                 FOREIGN KEY (kind) REFERENCES {kinds} (name)"
            ));
        }
        for (table, column) in LOOSENED {
            statements.push(format!("ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL"));
        }
        on_postgresql(m, &statements).await?;
        redefine_all(m, Era::After).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        sql(m, "ALTER TABLE notice ADD COLUMN recipient_email text").await?;
        let mut statements = Vec::new();
        for (table, _, known, checked) in HOLDERS {
            statements.push(format!("ALTER TABLE {table} DROP CONSTRAINT {table}_kind_fkey"));
            if checked {
                let known = known.join("', '");
                statements.push(format!(
                    "ALTER TABLE {table} ADD CONSTRAINT {table}_kind_check CHECK (kind IN ('{known}'))"
                ));
            }
        }
        for (table, column) in LOOSENED {
            statements.push(format!("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL"));
        }
        on_postgresql(m, &statements).await?;
        for table in ["deadline", "document"] {
            sql(m, &once(table, SEVERAL)[0]).await?;
            sql(m, &format!("ALTER TABLE {table} DROP COLUMN occurrence")).await?;
            sql(m, &once(table, ONE)[1]).await?;
        }
        redefine_all(m, Era::Before).await?;
        unfreeze_while(
            m,
            "notice",
            "UPDATE notice SET recipient_email = \
             (SELECT b.recipient_email FROM notice_body b WHERE b.notice_id = notice.id)",
        )
        .await?;
        sql(m, "ALTER TABLE notice_body DROP COLUMN recipient_email").await?;
        for (_, name, _, _) in HOLDERS {
            drop(m, name).await?;
        }
        Ok(())
    }
}

/// What may be absent from now on.
const LOOSENED: [(&str, &str); 3] = [
    ("habilitation", "application_id"),
    ("certificate", "enrolment_id"),
    ("certificate", "jury_id"),
];
