//! Creates the words by which organisms and candidates are searched, and the index of sites by postal code.

use crate::build::*;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

/// This change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Who is searched, by the words of what; a key of names is words between single spaces.
const SEARCHED: [(&str, &str, &str, &str); 2] = [
    ("organism", "organism_word", "organism_id", "name_key || ' ' || siren"),
    ("candidate", "candidate_word", "candidate_id", "name_key"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // Letters, digits and spaces alone: what stands between spaces becomes a list as it is.
        let list = match m.get_database_backend() {
            DatabaseBackend::Sqlite => r#"json_each('["' || replace({key}, ' ', '","') || '"]')"#,
            _ => "unnest(string_to_array({key}, ' ')) AS list (value)",
        };
        for (whole, words, of, key) in SEARCHED {
            let made = table(words).column(uuid(of)).column(text("word")).key(&[of, "word"]);
            create(m, made.part_of(of, whole)).await?;
            collate(m, (words, "word"), "C").await?;
            let list = list.replace("{key}", key);
            let known = format!(
                "INSERT INTO {words} ({of}, word) SELECT {whole}.id, substr(value, 1, 32) \
                 FROM {whole}, {list} WHERE value <> '' ON CONFLICT DO NOTHING"
            );
            sql(m, &known).await?;
            sql(m, &format!("CREATE INDEX {words}_word_{of}_idx ON {words} (word, {of})")).await?;
        }
        collate(m, ("site", "postal_code"), "C").await?;
        sql(m, "CREATE INDEX site_postal_code_idx ON site (postal_code, organism_id)").await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        sql(m, "DROP INDEX site_postal_code_idx").await?;
        collate(m, ("site", "postal_code"), "default").await?;
        for (_, words, ..) in SEARCHED {
            drop(m, words).await?;
        }
        Ok(())
    }
}
