//! The connection that a request reads on: taken once and kept to its end. The pool tries each connection that
//! it is given back, so that a statement on a connection of its own is two round trips.

use async_graphql::async_trait::async_trait;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::{self, AssertSqlSafe, Postgres};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult,
    RuntimeErr, Statement,
};
use sea_query_sqlx::SqlxValues;
use std::ops::DerefMut;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard, OwnedSemaphorePermit, Semaphore};

/// Told of each statement before it runs.
pub type Watch = Arc<dyn Fn(&Statement) + Send + Sync>;

/// The connections that requests may keep: three in four of the pool. The others are always given back at once,
/// so that whoever keeps one and needs another gets it.
#[derive(Clone)]
pub struct Lanes {
    /// None where keeping one gains nothing.
    free: Option<Arc<Semaphore>>,
    patience: Duration,
    watch: Option<Watch>,
}

impl Lanes {
    /// Those of this pool.
    pub fn of(db: &DatabaseConnection) -> Self {
        if db.get_database_backend() != DbBackend::Postgres {
            return Self { free: None, patience: Duration::ZERO, watch: None };
        }
        let options = db.get_postgres_connection_pool().options();
        let most = usize::try_from(options.get_max_connections()).unwrap_or_default() * 3 / 4;
        let free = (most > 0).then(|| Arc::new(Semaphore::new(most)));
        Self { free, patience: options.get_acquire_timeout(), watch: None }
    }

    /// The same, with someone told of what runs on them.
    #[must_use]
    pub fn watched(self, watch: Watch) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// That of a request: it takes its connection at its first statement.
    pub fn lane(&self, db: &DatabaseConnection) -> Lane {
        Lane { lanes: self.free.is_some().then(|| self.clone()), ..Lane::apart(db) }
    }
}

/// Where a request reads.
pub struct Lane {
    db: DatabaseConnection,
    /// None: each statement takes a connection of its own.
    lanes: Option<Lanes>,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    connection: PoolConnection<Postgres>,
    _place: OwnedSemaphorePermit,
}

impl Lane {
    /// Each statement takes a connection of its own.
    pub fn apart(db: &DatabaseConnection) -> Self {
        Self { db: db.clone(), lanes: None, kept: Mutex::default() }
    }

    /// Gives the connection back: from now on each statement takes its own.
    pub fn leave(&mut self) {
        *self = Self::apart(&self.db);
    }

    /// The connection kept; none where none is. Statements of one request wait for one another.
    async fn kept(
        &self,
        statement: &Statement,
    ) -> Result<Option<MutexGuard<'_, Option<Kept>>>, DbErr> {
        let Some(lanes) = &self.lanes else { return Ok(None) };
        let mut kept = self.kept.lock().await;
        if kept.is_none() {
            *kept = Some(lanes.take(&self.db).await?);
        }
        if let Some(watch) = &lanes.watch {
            watch(statement);
        }
        Ok(Some(kept))
    }
}

impl Lanes {
    async fn take(&self, db: &DatabaseConnection) -> Result<Kept, DbErr> {
        let timed_out = || DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
        let closed = || DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed);
        let free = self.free.clone().ok_or_else(closed)?;
        let place = tokio::time::timeout(self.patience, free.acquire_owned()).await;
        let place = place.map_err(|_| timed_out())?.map_err(|_| closed())?;
        let connection = db.get_postgres_connection_pool().acquire().await;
        let connection = connection.map_err(|error| match error {
            sqlx::Error::PoolTimedOut => timed_out(),
            sqlx::Error::PoolClosed => closed(),
            error => DbErr::Conn(RuntimeErr::SqlxError(error.into())),
        })?;
        Ok(Kept { connection, _place: place })
    }
}

fn query(statement: Statement) -> Query<'static, Postgres, SqlxValues> {
    let values = statement.values.unwrap_or_else(|| sea_orm::Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

/// What ran. A connection on which something failed goes back to the pool, which tries it.
fn ran<T>(
    result: Result<T, sqlx::Error>,
    kept: &mut impl DerefMut<Target = Option<Kept>>,
) -> Result<T, RuntimeErr> {
    result.map_err(|error| {
        **kept = None;
        RuntimeErr::SqlxError(error.into())
    })
}

/// Runs a statement on the connection kept, or as `$apart` does without one.
macro_rules! run {
    ($lane:ident, $statement:ident, $with:ident, $apart:ident, $error:path) => {{
        let Some(mut kept) = $lane.kept(&$statement).await? else {
            return $lane.db.$apart($statement).await;
        };
        let result = match kept.as_mut() {
            Some(one) => query($statement).$with(&mut *one.connection).await,
            None => Err(sqlx::Error::PoolClosed),
        };
        ran(result, &mut kept).map_err($error)
    }};
}

#[async_trait]
impl ConnectionTrait for Lane {
    fn get_database_backend(&self) -> DbBackend {
        self.db.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        run!(self, statement, execute, execute_raw, DbErr::Exec).map(Into::into)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.db.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let row = run!(self, statement, fetch_optional, query_one_raw, DbErr::Query)?;
        Ok(row.map(Into::into))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let rows = run!(self, statement, fetch_all, query_all_raw, DbErr::Query)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}
