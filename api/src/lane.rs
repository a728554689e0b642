//! The connection that a request reads on: taken once and kept to its end, then handed on to the next request.
//! The pool tries each connection that it is given back, so that a statement on a connection of its own is two
//! round trips.

use async_graphql::async_trait::async_trait;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::{self, AssertSqlSafe, Postgres};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult,
    RuntimeErr, Statement,
};
use sea_query_sqlx::SqlxValues;
use std::pin::pin;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{AcquireError, Mutex, MutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// How long a connection is handed on from request to request before the pool has it back, which tries it and
/// ends those that are old.
const HANDED_ON: Duration = Duration::from_secs(1);

/// How long a request waits for one of the few connections before it takes another.
const TURN: Duration = Duration::from_millis(100);

/// Told of each statement before it runs.
pub type Watch = Arc<dyn Fn(&Statement) + Send + Sync>;

/// The connections that requests may keep: three in four of the pool at most. The others are always given back at
/// once, so that whoever keeps one and needs another gets it.
///
/// Few are kept as long as the line is short, one more than there are cores: PostgreSQL answers the same queries in less
/// time when few are asked of it at once. Whoever has waited for its turn long enough takes one of the others: those
/// before it are slow, or the database is far.
#[derive(Clone)]
pub struct Lanes {
    /// None where keeping one gains nothing.
    shared: Option<Arc<Shared>>,
    patience: Duration,
    watch: Option<Watch>,
}

/// What the requests share.
struct Shared {
    /// How long a connection is handed on.
    handed_on: Duration,
    /// How long a request waits for one of the few.
    turn: Duration,
    /// How many more may keep one of the few.
    few: Arc<Semaphore>,
    /// How many more may keep another.
    others: Arc<Semaphore>,
    /// How many are the few, and how many all.
    places: (usize, usize),
    /// Those to hand on, the last used last.
    idle: Lock<Idle>,
}

#[derive(Default)]
struct Idle {
    connections: Vec<Taken>,
    /// Whether someone will give back those that nobody takes.
    swept: bool,
}

/// A connection that nothing runs on, and when the pool gave it.
struct Taken {
    connection: PoolConnection<Postgres>,
    since: Instant,
}

impl Shared {
    fn new(handed_on: Duration, turn: Duration, (few, most): (usize, usize)) -> Self {
        let few = few.min(most);
        let free = |n| Arc::new(Semaphore::new(n));
        Self {
            handed_on,
            turn,
            few: free(few),
            others: free(most - few),
            places: (few, most),
            idle: Lock::default(),
        }
    }

    /// A place, once it is this request's turn.
    async fn place(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        let mut few = pin!(self.few.clone().acquire_owned());
        if let Ok(place) = tokio::time::timeout(self.turn, few.as_mut()).await {
            return place;
        }
        tokio::select! {
            place = few => place,
            place = self.others.clone().acquire_owned() => place,
        }
    }

    fn idle<T>(&self, work: impl FnOnce(&mut Idle) -> T) -> T {
        work(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn may_be_handed_on(&self, taken: &Taken) -> bool {
        taken.since.elapsed() < self.handed_on
    }

    /// The one used last, as long as it may be handed on.
    fn next(&self) -> Option<Taken> {
        self.idle(|idle| idle.connections.pop()).filter(|taken| self.may_be_handed_on(taken))
    }

    /// For the next request.
    fn hand_on(self: &Arc<Self>, taken: Taken) {
        let Ok(runtime) = Handle::try_current() else { return };
        if !self.may_be_handed_on(&taken) {
            return;
        }
        let swept = self.idle(|idle| {
            idle.connections.push(taken);
            std::mem::replace(&mut idle.swept, true)
        });
        if !swept {
            runtime.spawn(self.clone().sweep());
        }
    }

    /// Gives back to the pool those that nobody takes, until there are none.
    async fn sweep(self: Arc<Self>) {
        loop {
            tokio::time::sleep(self.handed_on).await;
            let (over, more) = self.idle(|idle| {
                let over = idle.connections.extract_if(.., |one| !self.may_be_handed_on(one));
                let over: Vec<_> = over.collect();
                idle.swept = !idle.connections.is_empty();
                (over, idle.swept)
            });
            drop(over);
            if !more {
                return;
            }
        }
    }
}

impl Lanes {
    /// Those of this pool.
    pub fn of(db: &DatabaseConnection) -> Self {
        if db.get_database_backend() != DbBackend::Postgres {
            return Self { shared: None, patience: Duration::ZERO, watch: None };
        }
        let options = db.get_postgres_connection_pool().options();
        let most = usize::try_from(options.get_max_connections()).unwrap_or_default() * 3 / 4;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let shared = Shared::new(HANDED_ON, TURN, (cores + 1, most));
        let shared = (most > 0).then(|| Arc::new(shared));
        Self { shared, patience: options.get_acquire_timeout(), watch: None }
    }

    /// The same, with someone told of what runs on them.
    #[must_use]
    pub fn watched(self, watch: Watch) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// Others than these, which hand connections on for so long.
    #[must_use]
    pub fn handing_on(self, handed_on: Duration) -> Self {
        self.others_than(|known| Shared::new(handed_on, known.turn, known.places))
    }

    /// Others than these, of which so few are kept, one at least, until a request has waited so long for its turn.
    #[must_use]
    pub fn few(self, few: usize, turn: Duration) -> Self {
        self.others_than(|known| Shared::new(known.handed_on, turn, (few.max(1), known.places.1)))
    }

    fn others_than(self, make: impl FnOnce(&Shared) -> Shared) -> Self {
        let shared = self.shared.map(|known| Arc::new(make(&known)));
        Self { shared, ..self }
    }

    /// That of a request: it takes its connection at its first statement.
    pub fn lane(&self, db: &DatabaseConnection) -> Lane {
        Lane { lanes: self.shared.is_some().then(|| self.clone()), ..Lane::apart(db) }
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
    /// None while a statement runs on it: dropped then, it goes back to the pool.
    taken: Option<Taken>,
    shared: Arc<Shared>,
    _place: OwnedSemaphorePermit,
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(taken) = self.taken.take() {
            self.shared.hand_on(taken);
        }
    }
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
        if kept.as_ref().is_none_or(|kept| kept.taken.is_none()) {
            // The place of one that was not waited for first.
            *kept = None;
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
        let shared = self.shared.clone().ok_or_else(closed)?;
        let place = tokio::time::timeout(self.patience, shared.place());
        let place = place.await.map_err(|_| timed_out())?.map_err(|_| closed())?;
        let taken = if let Some(taken) = shared.next() {
            taken
        } else {
            let connection = db.get_postgres_connection_pool().acquire().await;
            let connection = connection.map_err(|error| match error {
                sqlx::Error::PoolTimedOut => timed_out(),
                sqlx::Error::PoolClosed => closed(),
                error => DbErr::Conn(RuntimeErr::SqlxError(error.into())),
            })?;
            Taken { connection, since: Instant::now() }
        };
        Ok(Kept { taken: Some(taken), shared, _place: place })
    }
}

fn query(statement: Statement) -> Query<'static, Postgres, SqlxValues> {
    let values = statement.values.unwrap_or_else(|| sea_orm::Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

/// Runs a statement on the connection kept, or as `$apart` does without one. A connection on which something failed,
/// or was not waited for, goes back to the pool, which tries it.
macro_rules! run {
    ($lane:ident, $statement:ident, $with:ident, $apart:ident, $error:path) => {{
        let Some(mut kept) = $lane.kept(&$statement).await? else {
            return $lane.db.$apart($statement).await;
        };
        let result = match kept.as_mut().and_then(|kept| kept.taken.take()) {
            Some(mut one) => {
                let result = query($statement).$with(&mut *one.connection).await;
                if result.is_ok()
                    && let Some(kept) = kept.as_mut()
                {
                    kept.taken = Some(one);
                }
                result
            }
            None => Err(sqlx::Error::PoolClosed),
        };
        if result.is_err() {
            *kept = None;
        }
        result.map_err(|error| $error(RuntimeErr::SqlxError(error.into())))
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
