//! Creates what signing in by an OpenID Connect issuer keeps: attempts, identities, codes of sign-in.

use crate::build::*;
use sea_orm_migration::prelude::*;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("oidc_attempt")
                .column(text("state_hash"))
                .column(text("browser_hash"))
                .column(text("challenge").null())
                .column(instant("expires_at"))
                .column(instant("used_at").null())
                .key(&["state_hash"])
                .index(&["expires_at"]),
        )
        .await?;
        create(
            m,
            table("account_identity")
                .column(id())
                .column(uuid("account_id"))
                .column(text("issuer"))
                .column(text("subject"))
                .column(instant("bound_at"))
                .points("account_id", "account")
                .unique(&["issuer", "subject"])
                .unique(&["account_id", "issuer"]),
        )
        .await?;
        create(
            m,
            table("sign_in_code")
                .column(text("code_hash"))
                .column(uuid("account_id"))
                .column(text("challenge"))
                .column(instant("expires_at"))
                .column(instant("used_at").null())
                .key(&["code_hash"])
                .points("account_id", "account")
                .index(&["expires_at"]),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, "sign_in_code").await?;
        drop(m, "account_identity").await?;
        drop(m, "oidc_attempt").await
    }
}
