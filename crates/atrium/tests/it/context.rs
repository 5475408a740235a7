//! The sealed tenant context: what is forged, expired or missing reaches no row.

use platform::TenantId;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

use crate::world::World;

async fn note(world: &World, tenant: TenantId, name: &str) -> Uuid {
    let mut ctx = world.ctx(tenant);
    let id = platform::jobs::batches::open(&mut ctx, name, 0, serde_json::json!({})).await.expect("opened");
    ctx.commit().await.expect("committed");
    id
}

async fn app_connection(world: &World) -> platform::pool::Lent {
    world.app.pools.web.get().await.expect("a connection")
}

/// Runs `SELECT count(*)` under the given setting; the error's SQLSTATE where it is refused.
async fn count_under(db: &mut PgConnection, context: &str) -> Result<i64, String> {
    let mut tx = db.begin().await.expect("BEGIN");
    tx.execute(AssertSqlSafe(format!("SET LOCAL atrium.context = '{context}'"))).await.expect("SET");
    let counted = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM platform.job_batches").fetch_one(&mut *tx).await;
    tx.rollback().await.expect("ROLLBACK");
    counted.map_err(|error| error.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned())
}

#[tokio::test]
async fn a_tenant_sees_its_own_rows_only() {
    let world = World::new().await;
    let ((a, _), (b, _)) = (world.tenant(), world.tenant());
    note(&world, a, "a").await;
    note(&world, b, "b1").await;
    note(&world, b, "b2").await;
    let mut db = app_connection(&world).await;
    assert_eq!(count_under(&mut db, &world.app.seal.mint(a)).await, Ok(1));
    assert_eq!(count_under(&mut db, &world.app.seal.mint(b)).await, Ok(2));
}

#[tokio::test]
async fn without_a_context_there_is_nothing() {
    let world = World::new().await;
    let (a, _) = world.tenant();
    note(&world, a, "a").await;
    let mut db = app_connection(&world).await;
    let none: i64 = sqlx::query_scalar("SELECT count(*) FROM platform.job_batches").fetch_one(&mut *db).await.expect("counted");
    assert_eq!(none, 0, "never set");
    assert_eq!(count_under(&mut db, &world.app.seal.mint(a)).await, Ok(1));
    // After a rolled-back SET LOCAL the setting is the empty string, not NULL.
    let none: i64 = sqlx::query_scalar("SELECT count(*) FROM platform.job_batches").fetch_one(&mut *db).await.expect("counted");
    assert_eq!(none, 0, "after a rollback");
    let written = sqlx::query("INSERT INTO platform.job_batches (tenant_id, id, name) VALUES ($1, $2, 'x')")
        .bind(a.0)
        .bind(a.0)
        .execute(&mut *db)
        .await;
    assert_eq!(written.expect_err("refused").as_database_error().and_then(|e| e.code()).as_deref(), Some("42501"));
}

#[tokio::test]
async fn forged_and_expired_contexts_are_refused() {
    let world = World::new().await;
    let ((a, _), (b, _)) = (world.tenant(), world.tenant());
    note(&world, b, "b").await;
    let mut db = app_connection(&world).await;
    let good = world.app.seal.mint(a);
    let mac = good.rsplit('.').next().expect("a mac");
    let later = format!("{}.{:010}.{mac}", a.0, 9_999_999_999_i64);
    let flipped =
        good.strip_suffix(|_: char| true).map(|rest| format!("{rest}{}", if good.ends_with('0') { '1' } else { '0' })).expect("a mac");
    for (what, forged) in [
        ("another tenant under A's mac", good.replace(&a.0.to_string(), &b.0.to_string())),
        ("a later expiry", later),
        ("one digit of the mac", flipped),
        ("a bare tenant", b.0.to_string()),
        ("nothing but dots", "..".to_owned()),
        ("a mac of zeros", format!("{}.{:010}.{}", b.0, 9_999_999_999_i64, "0".repeat(64))),
        ("too long", format!("{good}0")),
    ] {
        assert_eq!(count_under(&mut db, &forged).await, Err("AT001".to_owned()), "{what}");
    }
    assert_eq!(count_under(&mut db, &world.app.seal.mint_expired(a)).await, Err("AT002".to_owned()));
    assert_eq!(count_under(&mut db, &good).await, Ok(0));
}

#[tokio::test]
async fn injected_sql_cannot_change_tenant_or_read_the_key() {
    let world = World::new().await;
    let ((a, _), (b, _)) = (world.tenant(), world.tenant());
    let id = note(&world, b, "b").await;
    let mut ctx = world.ctx(a);
    let db = ctx.db().await.expect("a transaction");
    for sql in [
        "SELECT * FROM security.context_keys".to_owned(),
        "SELECT * FROM directory.mails".to_owned(),
        "SELECT payload FROM graphile_worker._private_jobs".to_owned(),
        "TRUNCATE platform.job_batches".to_owned(),
        "DELETE FROM platform.audit_events".to_owned(),
        "UPDATE platform.events SET payload = '{}'".to_owned(),
        "SET ROLE atrium_owner".to_owned(),
        "ALTER TABLE platform.job_batches DISABLE ROW LEVEL SECURITY".to_owned(),
        "CREATE TABLE public.mine ()".to_owned(),
        "SELECT * FROM platform.audit_events_202609".to_owned(),
    ] {
        let mut inner = db.begin().await.expect("SAVEPOINT");
        let refused = inner.execute(AssertSqlSafe(sql.clone())).await;
        let code = refused.err().and_then(|error| error.as_database_error().and_then(|e| e.code().map(|c| c.into_owned())));
        assert!(matches!(code.as_deref(), Some("42501" | "42P01")), "{sql}: {code:?}");
        inner.rollback().await.expect("ROLLBACK TO");
    }
    // What it may say is another context, in any way that SQL has, also for one statement: it has none that is sealed, and the
    // own one is of no use to it.
    let (forged, own) = (world.app.seal.mint(a).replace(&a.0.to_string(), &b.0.to_string()), world.app.seal.mint(a));
    for sql in [
        format!("SELECT set_config('atrium.context', '{forged}', true)"),
        format!("SELECT set_config('atrium.context', '{forged}', false)"),
        format!("SET atrium.context = '{forged}'"),
        format!("SET LOCAL atrium.context TO '{forged}'"),
        format!("SET SESSION atrium.context = '{}'", b.0),
        format!("DO $$ BEGIN PERFORM set_config('atrium.context', '{forged}', true); END $$"),
    ] {
        let mut inner = db.begin().await.expect("SAVEPOINT");
        inner.execute(AssertSqlSafe(sql.clone())).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let read = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM platform.job_batches").fetch_one(&mut *inner).await;
        let code = read.expect_err("refused").as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
        assert_eq!(code.as_deref(), Some("AT001"), "{sql}");
        inner.rollback().await.expect("ROLLBACK TO");
    }
    let mut inner = db.begin().await.expect("SAVEPOINT");
    let in_one = format!("SELECT (SELECT count(*) FROM platform.job_batches) FROM set_config('atrium.context', '{forged}', true)");
    let read = sqlx::query_scalar::<_, i64>(AssertSqlSafe(in_one)).fetch_one(&mut *inner).await;
    assert!(matches!(read, Err(_) | Ok(0)), "within one statement: {read:?}");
    inner.rollback().await.expect("ROLLBACK TO");
    for sql in [
        "RESET atrium.context".to_owned(),
        "SET atrium.context TO DEFAULT".to_owned(),
        format!("SET LOCAL atrium.context = '{own}'"),
        format!("UPDATE pg_settings SET setting = '{forged}' WHERE name = 'atrium.context'"),
    ] {
        let mut inner = db.begin().await.expect("SAVEPOINT");
        inner.execute(AssertSqlSafe(sql.clone())).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let read = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM platform.job_batches").fetch_one(&mut *inner).await;
        assert_eq!(read.expect("no row of another's"), 0, "{sql}");
        inner.rollback().await.expect("ROLLBACK TO");
    }
    // A row of another tenant can neither be written, moved, nor pointed at.
    let moved = sqlx::query("UPDATE platform.job_batches SET name = 'x' WHERE id = $1").bind(id).execute(&mut *db).await.expect("ran");
    assert_eq!(moved.rows_affected(), 0);
    let mut inner = db.begin().await.expect("SAVEPOINT");
    let planted = sqlx::query("INSERT INTO platform.job_batches (tenant_id, id, name) VALUES ($1, $2, 'x')")
        .bind(b.0)
        .bind(a.0)
        .execute(&mut *inner)
        .await;
    assert_eq!(planted.expect_err("refused").as_database_error().and_then(|e| e.code()).as_deref(), Some("42501"));
}

#[tokio::test]
async fn a_role_that_the_policies_do_not_bind_is_refused() {
    let world = World::new().await;
    platform::db::check_role(&world.app.pools.health).await.expect("atrium_app serves");
    let refused = platform::db::check_role(&world.app.pools.owner).await.expect_err("the owner does not");
    assert!(refused.to_string().contains("atrium_owner owns tables"), "{refused}");
}
