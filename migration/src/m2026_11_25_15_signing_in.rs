//! Creates what signing in needs: invitations, resets and their links, second factors, counted attempts; and
//! what a session shows of itself.

use crate::build::*;
use sea_orm_migration::prelude::*;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The columns added, with their tables.
const INSTANTS: [(&str, &str); 2] = [("account", "confirmed_at"), ("session", "last_seen_at")];
const TEXTS: [(&str, &str); 2] = [("session", "user_agent"), ("session", "address_key")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in INSTANTS {
            let mut column = ColumnDef::new(Alias::new(column));
            add(m, table, column.timestamp_with_time_zone().null()).await?;
        }
        for (table, column) in TEXTS {
            add(m, table, ColumnDef::new(Alias::new(column)).text().null()).await?;
        }
        invitations(m).await?;
        create(
            m,
            table("second_factor")
                .column(uuid("account_id"))
                .column(bytes("secret"))
                .column(bigint("last_step"))
                .column(instant("created_at"))
                .column(instant("confirmed_at").null())
                .key(&["account_id"])
                .points("account_id", "account"),
        )
        .await?;
        create(
            m,
            table("recovery_code")
                .column(uuid("account_id"))
                .column(text("code_hash"))
                .key(&["account_id", "code_hash"])
                .points("account_id", "account"),
        )
        .await?;
        create(
            m,
            table("sign_in_attempt")
                .column(id())
                .column(text("purpose"))
                .column(text("account_key"))
                .column(text("address_key").null())
                .column(boolean("familiar"))
                .column(instant("at"))
                .one_of("purpose", &["SIGN_IN", "PASSWORD_RESET"])
                .index(&["account_key", "at"])
                .index(&["address_key", "at"])
                .index(&["at"]),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "sign_in_attempt",
            "recovery_code",
            "second_factor",
            "account_link",
            "password_reset",
            "invitation",
        ] {
            drop(m, table).await?;
        }
        for (table, column) in INSTANTS.into_iter().chain(TEXTS) {
            let mut change = sea_orm_migration::prelude::Table::alter();
            change.table(Alias::new(table)).drop_column(Alias::new(column));
            m.alter_table(change).await?;
        }
        Ok(())
    }
}

async fn invitations(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        m,
        table("invitation")
            .column(id())
            .column(text("email"))
            .column(text("role"))
            .column(uuid("authority_id").null())
            .column(uuid("organism_id").null())
            .column(uuid("candidate_id").null())
            .column(uuid("invited_by_id").null())
            .column(instant("created_at"))
            .column(instant("expires_at"))
            .column(instant("accepted_at").null())
            .column(instant("voided_at").null())
            .points("authority_id", "authority")
            .points("organism_id", "organism")
            .points("candidate_id", "candidate")
            .points("invited_by_id", "account")
            .index(&["email"])
            .index(&["authority_id"])
            .index(&["organism_id"])
            .index(&["invited_by_id", "created_at"]),
    )
    .await?;
    create(
        m,
        table("password_reset")
            .column(id())
            .column(text("email"))
            .column(instant("created_at"))
            .column(instant("expires_at"))
            .column(instant("used_at").null())
            .index(&["email"])
            .index(&["created_at"]),
    )
    .await?;
    create(
        m,
        table("account_link")
            .column(text("token_hash"))
            .column(uuid("invitation_id").null())
            .column(uuid("password_reset_id").null())
            .column(instant("created_at"))
            .key(&["token_hash"])
            .points("invitation_id", "invitation")
            .points("password_reset_id", "password_reset")
            .index(&["invitation_id"])
            .index(&["password_reset_id"])
            .check("(invitation_id IS NULL) <> (password_reset_id IS NULL)"),
    )
    .await
}

async fn add(m: &SchemaManager<'_>, table: &str, column: &mut ColumnDef) -> Result<(), DbErr> {
    let mut change = sea_orm_migration::prelude::Table::alter();
    change.table(Alias::new(table)).add_column(column.to_owned());
    m.alter_table(change).await
}
