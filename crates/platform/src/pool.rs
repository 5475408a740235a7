//! Connections that are lent without a round trip, and transactions on them.
//!
//! sqlx's own pool asks the server for a sign of life each time a connection comes back, which costs a request two more
//! round trips. A connection that died shows itself at the next BEGIN, where nothing is lost yet.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult};
use sqlx::postgres::{PgConnectOptions, PgConnection, Postgres};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Database, SqlSafeStr};
use sqlx_core::transaction::TransactionManager;

/// After this long a connection is made anew, so that what it has cached does not grow for ever.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// Idle for longer than this, a connection is closed.
const IDLE: Duration = Duration::from_secs(5 * 60);

pub type Pool = managed::Pool<Connections>;
/// A connection that goes back to its pool when it is dropped.
pub type Lent = Object<Connections>;

/// Makes connections as one role, for one purpose.
#[derive(Debug)]
pub struct Connections(PgConnectOptions);

impl managed::Manager for Connections {
    type Type = PgConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<PgConnection, sqlx::Error> {
        self.0.connect().await
    }

    async fn recycle(&self, _: &mut PgConnection, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if metrics.age() > LIFETIME { Err(RecycleError::message("old")) } else { Ok(()) }
    }
}

/// A pool of so many connections, which are made when they are needed; who waits longer than `wait` gets none.
pub fn pool(options: PgConnectOptions, size: u32, wait: Duration) -> Pool {
    let built = Pool::builder(Connections(options))
        .max_size(usize::try_from(size).unwrap_or(usize::MAX))
        .wait_timeout(Some(wait))
        .create_timeout(Some(wait))
        // The one used last is the one whose server process is warm.
        .queue_mode(QueueMode::Lifo)
        .runtime(deadpool::Runtime::Tokio1)
        .build();
    #[expect(clippy::expect_used, reason = "it fails where time-outs are set and no runtime is")]
    built.expect("a runtime is set")
}

/// Closes what has long been idle.
pub fn close_idle(pool: &Pool) {
    pool.retain(|_, metrics| metrics.last_used() < IDLE);
}

/// A connection outside of a transaction.
///
/// # Errors
/// None in time.
async fn lend(pool: &Pool) -> Result<Lent, sqlx::Error> {
    pool.get().await.map_err(|error| match error {
        PoolError::Backend(error) => error,
        PoolError::Closed => sqlx::Error::PoolClosed,
        PoolError::Timeout(_) | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => sqlx::Error::PoolTimedOut,
    })
}

/// Closes it instead of giving it back.
fn discard(lent: Lent) {
    drop(Lent::take(lent));
}

/// Whether the connection is gone, or the server said that it is going (57P01 to 57P05).
pub(crate) fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}

/// Looks something up outside of a transaction; `ask` gives the connection back. It asks again on another one where the first
/// had died while idle: a look-up changes nothing.
///
/// # Errors
/// No connection in time, or what the look-up failed for.
pub async fn look_up<T, F>(pool: &Pool, ask: impl Fn(Lent) -> F) -> Result<(Lent, T), sqlx::Error>
where
    F: Future<Output = (Lent, Result<T, sqlx::Error>)>,
{
    let (mut lent, mut found) = ask(lend(pool).await?).await;
    if found.as_ref().is_err_and(is_broken) {
        discard(lent);
        forget_idle(pool);
        (lent, found) = ask(lend(pool).await?).await;
    }
    Ok((lent, found?))
}

/// Where one connection died while idle, the others did with it.
fn forget_idle(pool: &Pool) {
    pool.retain(|_, _| false);
}

/// How far a transaction has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// BEGIN was sent, and nobody knows yet what came of it.
    Opening,
    Open,
    Closed,
}

/// A transaction on a lent connection. Dropped before its COMMIT, it is rolled back, and its connection is lent again only then.
pub struct Transaction {
    /// There until it is dropped.
    lent: Option<Lent>,
    phase: Phase,
}

impl Transaction {
    /// Opens one with that statement, and once more where the connection had died while idle: nothing was done on it.
    ///
    /// # Errors
    /// No connection in time, or a server that is gone.
    pub async fn begin(pool: &Pool, statement: &str) -> Result<Self, sqlx::Error> {
        match Self::open(pool, statement).await {
            Err(error) if is_broken(&error) => {
                forget_idle(pool);
                Self::open(pool, statement).await
            }
            other => other,
        }
    }

    async fn open(pool: &Pool, statement: &str) -> Result<Self, sqlx::Error> {
        let mut tx = Self { lent: Some(lend(pool).await?), phase: Phase::Opening };
        Manager::begin(&mut tx, Some(AssertSqlSafe(statement).into_sql_str())).await?;
        tx.phase = Phase::Open;
        Ok(tx)
    }

    /// # Errors
    /// A deferred constraint's, or a broken connection's: then nobody knows the outcome.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        Manager::commit(&mut self).await?;
        self.phase = Phase::Closed;
        Ok(())
    }

    /// # Errors
    /// A broken connection's.
    pub async fn rollback(mut self) -> Result<(), sqlx::Error> {
        Manager::rollback(&mut self).await?;
        self.phase = Phase::Closed;
        Ok(())
    }
}

type Manager = <Postgres as Database>::TransactionManager;

#[expect(clippy::expect_used, reason = "only the drop takes it")]
impl Deref for Transaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.lent.as_ref().expect("a connection until the drop")
    }
}

#[expect(clippy::expect_used, reason = "only the drop takes it")]
impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.lent.as_mut().expect("a connection until the drop")
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(mut lent) = self.lent.take() else { return };
        match (self.phase, tokio::runtime::Handle::try_current()) {
            (Phase::Closed, _) => {}
            (Phase::Open, Ok(runtime)) => {
                Manager::start_rollback(&mut lent);
                runtime.spawn(async move {
                    if lent.ping().await.is_err() {
                        discard(lent);
                    }
                });
            }
            (Phase::Opening, _) | (_, Err(_)) => discard(lent),
        }
    }
}
