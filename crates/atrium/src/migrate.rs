//! Migrations: forward under a lock, back only where data may be lost.

use std::time::Duration;

use platform::crypto::KeyRing;
use platform::db::ContextSeal;
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgPool};

pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// One migrator at a time: the number is arbitrary and ours.
const LOCK: i64 = 0x6174_7269_756d_0002;
const LOCK_TRIES: u32 = 600;
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("another program has been migrating this database for two minutes")]
    Busy,
    #[error("this database was migrated by a newer Atrium (migration {0}); run that version or a newer one")]
    NewerDatabase(i64),
    #[error("the database holds real data: going back would lose it. `--allow-data-loss` insists")]
    NotADemo,
    #[error(
        "this key is not the one that the database's secrets are sealed with. Put back keys/instance.key (or ATRIUM_KEYS) of this database. \
         If that key is lost for good, `atrium keys replace` says what is lost with it, and goes on with this one"
    )]
    WrongKey,
    #[error("migration: {0}")]
    Migrate(#[from] MigrateError),
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("tables of the queue or the audit trail: {0}")]
    Queue(platform::Error),
}

/// One migration and whether it has run.
pub struct Step {
    pub version: i64,
    pub description: String,
    pub applied: bool,
}

/// Brings the database to this program's schema, tells it the context's key, and checks the instance's key.
///
/// # Errors
/// See [`MigrationError`].
pub async fn up(owner: &PgConnectOptions, keys: &KeyRing) -> Result<(), MigrationError> {
    let mut lock = locked(owner).await?;
    let pool = PgPoolOptions::new().max_connections(2).connect_with(owner.clone()).await?;
    let done = apply(&mut lock, &pool, keys).await;
    pool.close().await;
    lock.close().await?;
    done
}

async fn apply(lock: &mut PgConnection, pool: &PgPool, keys: &KeyRing) -> Result<(), MigrationError> {
    refuse_newer(lock).await?;
    if pending(lock).await? {
        platform::jobs::migrate(pool).await.map_err(MigrationError::Queue)?;
        // A statement that waits for a lock makes everybody behind it wait: give up soon, and come back.
        sqlx::query("SET lock_timeout = '2s'").execute(&mut *lock).await?;
        let mut tries = 0;
        while let Err(error) = run(lock).await {
            tries += 1;
            let busy = matches!(&error, MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _)
                if e.as_database_error().and_then(|e| e.code()).as_deref() == Some("55P03"));
            if !busy || tries == TRIES {
                return Err(error.into());
            }
            tracing::info!(tries, "a migration waits for a table in use");
            tokio::time::sleep(PAUSE * tries).await;
        }
    }
    check_key(pool, keys).await?;
    ContextSeal::new(keys).install(pool).await?;
    // The daily job makes them too; after a long pause, or in a restored database, this month's may be missing.
    platform::audit::ensure_partitions(pool).await.map_err(MigrationError::Queue)?;
    Ok(())
}

async fn run(lock: &mut PgConnection) -> Result<(), MigrateError> {
    migrator().run(lock).await
}

/// Without sqlx's own lock, which blocks: a blocked waiter deadlocks CREATE INDEX CONCURRENTLY. Ours is held already.
fn migrator() -> Migrator {
    let mut migrator = Migrator::with_migrations(MIGRATOR.iter().cloned().collect());
    migrator.set_locking(false);
    migrator
}

/// Goes back to `target` (0: all the way).
///
/// # Errors
/// See [`MigrationError`].
pub async fn down(owner: &PgConnectOptions, target: i64, allow_data_loss: bool) -> Result<(), MigrationError> {
    let mut lock = locked(owner).await?;
    refuse_newer(&mut lock).await?;
    if !allow_data_loss && !is_demo(&mut lock).await? {
        return Err(MigrationError::NotADemo);
    }
    migrator().undo(&mut lock, target).await?;
    lock.close().await?;
    Ok(())
}

/// What has run and what has not.
///
/// # Errors
/// The database's.
pub async fn status(owner: &PgConnectOptions) -> Result<Vec<Step>, MigrationError> {
    let mut connection = owner.connect().await?;
    let applied = applied(&mut connection).await?;
    connection.close().await?;
    Ok(MIGRATOR
        .iter()
        .filter(|m| m.migration_type.is_up_migration())
        .map(|m| Step { version: m.version, description: m.description.to_string(), applied: applied.contains(&m.version) })
        .collect())
}

async fn locked(owner: &PgConnectOptions) -> Result<PgConnection, MigrationError> {
    let mut connection = owner.connect().await?;
    for _ in 0..LOCK_TRIES {
        if sqlx::query_scalar::<_, bool>("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut connection).await? {
            return Ok(connection);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(MigrationError::Busy)
}

async fn applied(connection: &mut PgConnection) -> Result<Vec<i64>, MigrationError> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(&mut *connection).await?;
    if !exists {
        return Ok(Vec::new());
    }
    Ok(connection.list_applied_migrations("_sqlx_migrations").await?.into_iter().map(|m| m.version).collect())
}

async fn pending(connection: &mut PgConnection) -> Result<bool, MigrationError> {
    let applied = applied(connection).await?;
    Ok(MIGRATOR.iter().any(|m| m.migration_type.is_up_migration() && !applied.contains(&m.version)))
}

async fn refuse_newer(connection: &mut PgConnection) -> Result<(), MigrationError> {
    let newest = MIGRATOR.iter().map(|m| m.version).max().unwrap_or(0);
    match applied(connection).await?.into_iter().max() {
        Some(version) if version > newest => Err(MigrationError::NewerDatabase(version)),
        _ => Ok(()),
    }
}

/// Whether the database holds demo data only (or nothing yet). People of the demo have addresses that nobody can have
/// (`.example`, RFC 2606), so anybody else came by signing up.
///
/// # Errors
/// The database's.
pub async fn is_demo(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('security.instance') IS NOT NULL").fetch_one(&mut *connection).await?;
    if !exists {
        return Ok(true);
    }
    sqlx::query_scalar(
        "SELECT NOT EXISTS (SELECT FROM directory.users WHERE NOT (i.is_demo AND email_key LIKE '%.example')) FROM security.instance i",
    )
    .fetch_one(connection)
    .await
}

/// Whether secrets of this database were sealed: then a fresh key would not open them. A role that may not see it has to take it
/// that they were.
///
/// # Errors
/// The database's.
pub async fn has_key(connection: &mut PgConnection) -> Result<bool, MigrationError> {
    let readable: Option<bool> = sqlx::query_scalar(
        "SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = 'security' AND c.relname = 'instance'",
    )
    .fetch_optional(&mut *connection)
    .await?;
    match readable {
        None => Ok(false),
        Some(false) => Ok(true),
        Some(true) => Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM security.instance WHERE key_check IS NOT NULL)")
            .fetch_one(connection)
            .await?),
    }
}

/// Refuses, before anything is done, another key than the one that the database's secrets are sealed with. A role that may not
/// read it learns that from [`up`].
///
/// # Errors
/// See [`MigrationError`].
pub async fn refuse_other_key(connection: &mut PgConnection, keys: &KeyRing) -> Result<(), MigrationError> {
    let readable: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                         WHERE n.nspname = 'security' AND c.relname = 'instance'
                           AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !readable {
        return Ok(());
    }
    let theirs: Option<Vec<u8>> = sqlx::query_scalar("SELECT key_check FROM security.instance").fetch_one(connection).await?;
    match theirs {
        Some(theirs) if theirs != keys.derive("key check")[..] => Err(MigrationError::WrongKey),
        _ => Ok(()),
    }
}

async fn check_key(owner: &PgPool, keys: &KeyRing) -> Result<(), MigrationError> {
    let ours = keys.derive("key check");
    let theirs = sqlx::query_scalar!(
        r#"UPDATE security.instance SET key_check = coalesce(key_check, $1) WHERE id = 1 RETURNING key_check AS "key_check!""#,
        &ours[..]
    )
    .fetch_one(owner)
    .await?;
    if theirs == ours[..] { Ok(()) } else { Err(MigrationError::WrongKey) }
}
