//! An account holds a role at one place once at a time, whoever gives it twice at once.

use crate::build::*;
use sea_orm_migration::prelude::*;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // A twin made before this change is revoked, the oldest stays.
        sql(
            m,
            "UPDATE account_grant SET revoked_at = CURRENT_TIMESTAMP WHERE revoked_at IS NULL AND EXISTS \
             (SELECT 1 FROM account_grant o WHERE o.account_id = account_grant.account_id \
             AND o.role = account_grant.role AND o.revoked_at IS NULL AND o.id < account_grant.id \
             AND (COALESCE(o.authority_id, o.organism_id, o.candidate_id) \
             = COALESCE(account_grant.authority_id, account_grant.organism_id, account_grant.candidate_id) \
             OR (COALESCE(o.authority_id, o.organism_id, o.candidate_id) IS NULL \
             AND COALESCE(account_grant.authority_id, account_grant.organism_id, account_grant.candidate_id) IS NULL)))",
        )
        .await?;
        sql(
            m,
            "CREATE UNIQUE INDEX account_grant_once ON account_grant \
             (account_id, role, (COALESCE(authority_id, organism_id, candidate_id))) WHERE revoked_at IS NULL",
        )
        .await?;
        sql(
            m,
            "CREATE UNIQUE INDEX account_grant_once_platform ON account_grant (account_id, role) \
             WHERE revoked_at IS NULL AND authority_id IS NULL AND organism_id IS NULL AND candidate_id IS NULL",
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        sql(m, "DROP INDEX account_grant_once_platform").await?;
        sql(m, "DROP INDEX account_grant_once").await
    }
}
