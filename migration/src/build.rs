//! Small words for tables, so that a change reads as a list of columns.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend, QueryResult, Statement};

/// A column before it joins its table; NOT NULL unless said otherwise.
pub(crate) struct Col {
    name: &'static str,
    def: ColumnDef,
    null: bool,
}

impl Col {
    fn new(name: &'static str, shape: impl FnOnce(&mut ColumnDef)) -> Self {
        let mut def = ColumnDef::new(Alias::new(name));
        shape(&mut def);
        Self { name, def, null: false }
    }

    /// May be absent.
    pub(crate) fn null(mut self) -> Self {
        self.null = true;
        self
    }

    /// No two rows share a value.
    pub(crate) fn unique(mut self) -> Self {
        self.def.unique_key();
        self
    }

    /// This number where a row says nothing.
    pub(crate) fn or(mut self, number: i32) -> Self {
        self.def.default(number);
        self
    }
}

/// The primary key `id`.
pub(crate) fn id() -> Col {
    Col::new("id", |d| {
        d.uuid().primary_key();
    })
}

macro_rules! column_words {
    ($($(#[$doc:meta])* $word:ident => $method:ident;)*) => {
        $($(#[$doc])* pub(crate) fn $word(name: &'static str) -> Col {
            Col::new(name, |d| { d.$method(); })
        })*
    };
}

column_words! {
    /// A UUID.
    uuid => uuid;
    /// A text.
    text => text;
    /// A whole number of 32 bits.
    int => integer;
    /// A whole number of 64 bits; cents for money.
    bigint => big_integer;
    /// True or false.
    boolean => boolean;
    /// A legal date, Europe/Paris.
    date => date;
    /// An instant, UTC.
    instant => timestamp_with_time_zone;
    /// A JSON value.
    json => json_binary;
}

/// Bytes.
pub(crate) fn bytes(name: &'static str) -> Col {
    Col::new(name, |d| {
        d.blob();
    })
}

/// A table being described.
pub(crate) struct Table {
    name: &'static str,
    create: TableCreateStatement,
    indexes: Vec<IndexCreateStatement>,
}

/// A table of this name.
pub(crate) fn table(name: &'static str) -> Table {
    let mut create = sea_orm_migration::prelude::Table::create();
    create.table(Alias::new(name));
    Table { name, create, indexes: Vec::new() }
}

impl Table {
    /// With this column.
    pub(crate) fn column(mut self, mut col: Col) -> Self {
        if col.null {
            col.def.null();
        } else {
            col.def.not_null();
        }
        debug_assert!(!col.name.is_empty());
        self.create.col(col.def);
        self
    }

    /// With a primary key of several columns.
    pub(crate) fn key(mut self, columns: &[&'static str]) -> Self {
        let mut key = Index::create();
        for column in columns {
            key.col(Alias::new(*column));
        }
        self.create.primary_key(&mut key);
        self
    }

    /// With a foreign key to another table's `id`; a row that is pointed to is never deleted.
    pub(crate) fn points(mut self, column: &'static str, to: &'static str) -> Self {
        self.create.foreign_key(
            ForeignKey::create()
                .name(format!("{}_{column}_fkey", self.name))
                .from(Alias::new(self.name), Alias::new(column))
                .to(Alias::new(to), Alias::new("id")),
        );
        self
    }

    /// With a foreign key to the `id` of the row that it is a part of, and with which it is deleted.
    pub(crate) fn part_of(mut self, column: &'static str, whole: &'static str) -> Self {
        self.create.foreign_key(
            ForeignKey::create()
                .name(format!("{}_{column}_fkey", self.name))
                .from(Alias::new(self.name), Alias::new(column))
                .to(Alias::new(whole), Alias::new("id"))
                .on_delete(ForeignKeyAction::Cascade),
        );
        self
    }

    /// With a foreign key to the `name` of a table of kinds ([`kinds`]): a new kind is a row there.
    pub(crate) fn kind_of(mut self, column: &'static str, kinds: &'static str) -> Self {
        self.create.foreign_key(
            ForeignKey::create()
                .name(format!("{}_{column}_fkey", self.name))
                .from(Alias::new(self.name), Alias::new(column))
                .to(Alias::new(kinds), Alias::new("name")),
        );
        self
    }

    /// With a column that holds one of these texts.
    pub(crate) fn one_of(mut self, column: &'static str, values: &[&'static str]) -> Self {
        self.create.check(Expr::col(Alias::new(column)).is_in(values.iter().copied()));
        self
    }

    /// With a condition on every row.
    pub(crate) fn check(mut self, condition: &'static str) -> Self {
        self.create.check(Expr::cust(condition));
        self
    }

    /// With no two rows alike in these columns.
    pub(crate) fn unique(self, columns: &[&'static str]) -> Self {
        self.indexed(columns, true)
    }

    /// With an index for the queries that need it.
    pub(crate) fn index(self, columns: &[&'static str]) -> Self {
        self.indexed(columns, false)
    }

    fn indexed(mut self, columns: &[&'static str], unique: bool) -> Self {
        let mut index = Index::create();
        index.name(format!("{}_{}_idx", self.name, columns.join("_"))).table(Alias::new(self.name));
        for column in columns {
            index.col(Alias::new(*column));
        }
        if unique {
            index.unique();
        }
        self.indexes.push(index);
        self
    }
}

/// Creates the table and its indexes.
pub(crate) async fn create(m: &SchemaManager<'_>, table: Table) -> Result<(), DbErr> {
    m.create_table(table.create).await?;
    for index in table.indexes {
        m.create_index(index).await?;
    }
    Ok(())
}

/// Creates a table of kinds with one column, `name`, and these rows, which never change.
pub(crate) async fn kinds(
    m: &SchemaManager<'_>,
    name: &'static str,
    known: &[&str],
) -> Result<(), DbErr> {
    create(m, table(name).column(text("name")).key(&["name"])).await?;
    add_kinds(m, name, known).await?;
    freeze(m, name).await
}

/// Adds rows to a table of kinds.
pub(crate) async fn add_kinds(
    m: &SchemaManager<'_>,
    name: &'static str,
    new: &[&str],
) -> Result<(), DbErr> {
    for kind in new {
        sql(m, &format!("INSERT INTO {name} (name) VALUES ('{kind}')")).await?;
    }
    Ok(())
}

/// On SQLite, gives a table that exists the constraints of this description; nothing on PostgreSQL, which
/// changes constraints by themselves.
///
/// SQLite changes no constraint of a table. Rebuilding one to which others point asks for foreign keys
/// switched off outside any transaction; so the stored definition is replaced instead, by the steps that
/// SQLite documents for changes that touch no row (`lang_altertable`, section 8). The columns must be
/// those of the table, in their order, of the same storage: this is checked, and so are the rows.
///
/// # Errors
/// When the columns differ, or a row breaks a constraint: the change is undone with its transaction.
pub(crate) async fn redefine(m: &SchemaManager<'_>, table: Table) -> Result<(), DbErr> {
    let db = m.get_connection();
    if db.get_database_backend() != DatabaseBackend::Sqlite {
        return Ok(());
    }
    let name = table.name;
    let before = columns(db, name).await?;
    let definition = table.create.to_string(SqliteQueryBuilder).replace('\'', "''");
    let version: i32 = number(db, "PRAGMA schema_version").await?;
    for statement in [
        "PRAGMA writable_schema = ON".to_owned(),
        format!(
            "UPDATE sqlite_master SET sql = '{definition}' WHERE type = 'table' AND name = '{name}'"
        ),
        format!("PRAGMA schema_version = {}", version + 1),
        "PRAGMA writable_schema = OFF".to_owned(),
    ] {
        sql(m, &statement).await?;
    }
    let after = columns(db, name).await?;
    if after != before {
        let told = format!("{name} has the columns {before:?}, not {after:?}");
        return Err(DbErr::Custom(told));
    }
    for check in
        [format!("PRAGMA foreign_key_check({name})"), format!("PRAGMA quick_check({name})")]
    {
        let found =
            db.query_all_raw(Statement::from_string(DatabaseBackend::Sqlite, check)).await?;
        let sound =
            |row: &QueryResult| row.try_get_by_index::<String>(0).is_ok_and(|told| told == "ok");
        if !found.iter().all(sound) {
            return Err(DbErr::Custom(format!("a row of {name} breaks its new definition")));
        }
    }
    Ok(())
}

/// The name and the type of each column, in their order.
async fn columns(db: &impl ConnectionTrait, table: &str) -> Result<Vec<(String, String)>, DbErr> {
    let question = format!("SELECT name, type FROM pragma_table_info('{table}') ORDER BY cid");
    let rows = db.query_all_raw(Statement::from_string(DatabaseBackend::Sqlite, question)).await?;
    rows.iter().map(|row| Ok((row.try_get("", "name")?, row.try_get("", "type")?))).collect()
}

async fn number(db: &impl ConnectionTrait, question: &str) -> Result<i32, DbErr> {
    let row = db.query_one_raw(Statement::from_string(DatabaseBackend::Sqlite, question)).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(question.to_owned()))?.try_get_by_index(0)
}

/// Drops the table.
pub(crate) async fn drop(m: &SchemaManager<'_>, name: &'static str) -> Result<(), DbErr> {
    m.drop_table(sea_orm_migration::prelude::Table::drop().table(Alias::new(name)).to_owned())
        .await?;
    if m.get_database_backend() == DatabaseBackend::Postgres {
        sql(m, &format!("DROP FUNCTION IF EXISTS {name}_frozen()")).await?;
    }
    Ok(())
}

/// Runs a statement as it is.
pub(crate) async fn sql(m: &SchemaManager<'_>, statement: &str) -> Result<(), DbErr> {
    m.get_connection().execute_unprepared(statement).await.map(|_| ())
}

/// The rows that a statement reads.
pub(crate) async fn rows(
    m: &SchemaManager<'_>,
    statement: &str,
) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_string(m.get_database_backend(), statement);
    m.get_connection().query_all_raw(statement).await
}

/// Gives a column of texts its order on PostgreSQL. `C` is that of their bytes, SQLite's own: texts that begin
/// alike stand together.
pub(crate) async fn collate(
    m: &SchemaManager<'_>,
    (table, column): (&str, &str),
    collation: &str,
) -> Result<(), DbErr> {
    if m.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    let typed = format!("ALTER COLUMN {column} TYPE text COLLATE \"{collation}\"");
    sql(m, &format!("ALTER TABLE {table} {typed}")).await
}

/// Runs a statement that changes rows of a table that refuses it otherwise: for the way down alone, where a
/// column comes back.
pub(crate) async fn unfreeze_while(
    m: &SchemaManager<'_>,
    name: &'static str,
    statement: &str,
) -> Result<(), DbErr> {
    if m.get_database_backend() == DatabaseBackend::Postgres {
        sql(m, &format!("ALTER TABLE {name} DISABLE TRIGGER {name}_frozen")).await?;
        sql(m, statement).await?;
        return sql(m, &format!("ALTER TABLE {name} ENABLE TRIGGER {name}_frozen")).await;
    }
    for event in ["update", "delete"] {
        sql(m, &format!("DROP TRIGGER IF EXISTS {name}_frozen_{event}")).await?;
    }
    sql(m, statement).await?;
    freeze(m, name).await
}

/// Makes the database itself refuse to change or delete the table's rows (P12): what is issued is
/// followed by another row, never altered.
pub(crate) async fn freeze(m: &SchemaManager<'_>, name: &'static str) -> Result<(), DbErr> {
    // For the promise suite, which must see an unfrozen table noticed.
    if cfg!(feature = "faults")
        && std::env::var("CLEA_FAULTS").is_ok_and(|faults| faults.contains("defect@unfrozen"))
    {
        return Ok(());
    }
    let statements = if m.get_database_backend() == DatabaseBackend::Postgres {
        vec![
            format!(
                "CREATE FUNCTION {name}_frozen() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION '{name} is immutable'; END $$"
            ),
            format!(
                "CREATE TRIGGER {name}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} \
                 FOR EACH STATEMENT EXECUTE FUNCTION {name}_frozen()"
            ),
        ]
    } else {
        ["UPDATE", "DELETE"]
            .iter()
            .map(|event| {
                format!(
                    "CREATE TRIGGER {name}_frozen_{} BEFORE {event} ON {name} \
                     BEGIN SELECT RAISE(ABORT, '{name} is immutable'); END",
                    event.to_lowercase()
                )
            })
            .collect()
    };
    for statement in statements {
        sql(m, &statement).await?;
    }
    Ok(())
}
