//! Every migration goes forward, back and forward again to the same schema; a newer database refuses.

use atrium::migrate::{self, MigrationError};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Row};

use crate::world::{database, keys};

/// The schema as text: columns, constraints, indexes, policies, triggers, functions, rights.
async fn shape(owner: &PgConnectOptions) -> Vec<String> {
    let mut db = owner.connect().await.expect("owner");
    let sql = "
        SELECT 'column ' || c.oid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' '
               || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
          LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'graphile_worker') AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v')
           AND c.relname <> '_sqlx_migrations'
         UNION ALL
        SELECT 'constraint ' || k.conrelid::regclass || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
          FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'graphile_worker') AND k.conrelid <> 0 AND k.conrelid::regclass::text <> '_sqlx_migrations'
         UNION ALL
        SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname !~ '^pg_' AND schemaname <> 'graphile_worker' AND tablename <> '_sqlx_migrations'
         UNION ALL
        SELECT 'policy ' || schemaname || '.' || tablename || ' ' || policyname || ' ' || permissive || ' ' || roles::text || ' ' || cmd || ' '
               || coalesce(qual, '') || ' CHECK ' || coalesce(with_check, '') FROM pg_policies
         UNION ALL
        SELECT 'secured ' || c.oid::regclass || ' ' || c.relrowsecurity || ' ' || c.relforcerowsecurity
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'graphile_worker') AND c.relname <> '_sqlx_migrations'
         UNION ALL
        SELECT 'trigger ' || t.tgrelid::regclass || ' ' || pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE NOT t.tgisinternal AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'graphile_worker')
         UNION ALL
        SELECT 'function ' || p.oid::regprocedure || ' ' || md5(p.prosrc) || ' ' || p.prosecdef || ' ' || p.provolatile::text || ' '
               || coalesce(p.proconfig::text, '') || ' ' || coalesce(p.proacl::text, '')
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'graphile_worker')
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
         UNION ALL
        SELECT 'right ' || table_schema || '.' || table_name || '.' || column_name || ' ' || privilege_type FROM information_schema.column_privileges WHERE grantee = 'atrium_app'
         UNION ALL
        SELECT 'schema ' || nspname || coalesce(nspacl::text, '') FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'graphile_worker'
         ORDER BY 1";
    sqlx::query(sql).fetch_all(&mut db).await.expect("shape").iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn up_down_up_gives_the_same_schema_at_each_step() {
    let (owner, _) = database(false).await;
    migrate::up(&owner, &keys()).await.expect("up");
    let whole = shape(&owner).await;
    assert!(whole.len() > 400, "{}", whole.len());
    let versions: Vec<i64> = migrate::status(&owner).await.expect("status").iter().map(|step| step.version).collect();
    for step in (0..versions.len()).rev() {
        let target = if step == 0 { 0 } else { versions[step - 1] };
        migrate::down(&owner, target, true).await.unwrap_or_else(|error| panic!("down to {target}: {error}"));
        migrate::up(&owner, &keys()).await.unwrap_or_else(|error| panic!("up from {target}: {error}"));
        pretty_assertions::assert_eq!(shape(&owner).await, whole, "after going back to {target}");
    }
}

/// The ways back and forward are open with rows in the tables too: one of each kind, which other rows refer to.
#[tokio::test]
async fn ways_back_and_forward_are_open_with_data_in() {
    let world = crate::world::World::new().await;
    let tenant = crate::client::Tenant::found(&world, "acme").await;
    crate::matrix::fixtures(&world, &tenant).await;
    let (owner, whole) = (&world.owner, shape(&world.owner).await);
    for part in ["trigger ", "policy platform.events", "CHECK (tenant_id = ", "secured ", "function identity."] {
        assert!(whole.iter().any(|line| line.contains(part)), "the shape says nothing of «{part}»");
    }
    let versions: Vec<i64> = migrate::status(owner).await.expect("status").iter().map(|step| step.version).collect();
    for step in (0..versions.len()).rev() {
        let target = if step == 0 { 0 } else { versions[step - 1] };
        migrate::down(owner, target, true).await.unwrap_or_else(|error| panic!("down to {target}: {error}"));
        migrate::up(owner, &keys()).await.unwrap_or_else(|error| panic!("up from {target}, with what was left: {error}"));
        pretty_assertions::assert_eq!(shape(owner).await, whole, "after going back to {target}");
        let users: i64 = sqlx::query_scalar("SELECT count(*) FROM directory.users")
            .fetch_one(&mut owner.connect().await.expect("owner"))
            .await
            .expect("users");
        // The users come with 0010, and go with it.
        assert_eq!(users > 0, target >= 10, "after going back to {target}");
    }
}

/// A migration that finds a table in use gives way to who waits behind it, and comes back.
#[tokio::test]
async fn a_table_in_use_makes_a_migration_wait_and_come_again() {
    let (owner, _) = database(true).await;
    migrate::down(&owner, 20, true).await.expect("back before what refers to members");
    let mut user = owner.connect().await.expect("owner");
    let mut using = sqlx::Connection::begin(&mut user).await.expect("begun");
    sqlx::query("LOCK TABLE identity.members IN ACCESS SHARE MODE").execute(&mut *using).await.expect("in use");
    sqlx::query("LOCK TABLE identity.members IN ROW EXCLUSIVE MODE").execute(&mut *using).await.expect("in use");
    let mut watcher = owner.connect().await.expect("owner");
    // Other tests' databases are clones, whose tables have the same numbers.
    let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'identity.members'::regclass
                                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
    let watch = async {
        let mut seen = async |wanted: bool| {
            while sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut watcher).await.expect("looked") != wanted {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let patience = std::time::Duration::from_secs(60);
        tokio::time::timeout(patience, seen(true)).await.expect("the migration waits for the table");
        tokio::time::timeout(patience, seen(false)).await.expect("and gives up, for those behind it");
        using.rollback().await.expect("in use no more");
    };
    let keys = keys();
    let (migrated, ()) = tokio::join!(migrate::up(&owner, &keys), watch);
    migrated.expect("it came again");
    assert!(migrate::status(&owner).await.expect("status").iter().all(|step| step.applied));
}

/// After a long pause, or in a restored database, the trail has no partition for this month: nothing could be written.
#[tokio::test]
async fn a_start_makes_the_partitions_that_are_missing() {
    let (owner, _) = database(true).await;
    let partitions = "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                       WHERE i.inhparent = 'platform.audit_events'::regclass ORDER BY 1";
    let mut db = owner.connect().await.expect("connected");
    let before: Vec<String> = sqlx::query_scalar(partitions).fetch_all(&mut db).await.expect("partitions");
    assert!(before.len() >= 6, "{before:?}");
    for name in &before {
        sqlx::query(sqlx::AssertSqlSafe(format!("DROP TABLE platform.{name}"))).execute(&mut db).await.expect("dropped");
    }
    migrate::up(&owner, &keys()).await.expect("nothing to migrate");
    let after: Vec<String> = sqlx::query_scalar(partitions).fetch_all(&mut db).await.expect("partitions");
    assert_eq!(after, before);
}

#[tokio::test]
async fn going_all_the_way_back_leaves_nothing_of_ours() {
    let (owner, _) = database(false).await;
    let before: Vec<String> = shape(&owner).await;
    migrate::up(&owner, &keys()).await.expect("up");
    migrate::down(&owner, 0, false).await.expect("an empty database counts as a demo");
    pretty_assertions::assert_eq!(shape(&owner).await, before);
}

#[tokio::test]
async fn two_migrators_at_once_do_the_work_once() {
    let (owner, _) = database(false).await;
    let keys = keys();
    let (a, b) = tokio::join!(migrate::up(&owner, &keys), migrate::up(&owner, &keys));
    a.expect("one");
    b.expect("other");
    assert!(migrate::status(&owner).await.expect("status").iter().all(|step| step.applied));
}

#[tokio::test]
async fn a_newer_database_and_a_foreign_key_are_refused() {
    let (owner, _) = database(true).await;
    let other = platform::crypto::KeyRing::ephemeral();
    assert!(matches!(migrate::up(&owner, &other).await, Err(MigrationError::WrongKey)));
    migrate::up(&owner, &keys()).await.expect("ours");
    let mut db = owner.connect().await.expect("owner");
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (999999, 'later', true, '', 0)",
    )
    .execute(&mut db)
    .await
    .expect("a migration of tomorrow");
    assert!(matches!(migrate::up(&owner, &keys()).await, Err(MigrationError::NewerDatabase(999_999))));
}

#[tokio::test]
async fn real_data_is_not_taken_back() {
    let (owner, _) = database(true).await;
    let mut db = owner.connect().await.expect("owner");
    sqlx::query(
        "INSERT INTO directory.users (id, email, email_key, name) VALUES (gen_random_uuid(), 'a@example.com', 'a@example.com', 'A')",
    )
    .execute(&mut db)
    .await
    .expect("a user");
    assert!(matches!(migrate::down(&owner, 0, false).await, Err(MigrationError::NotADemo)));
    // Nor what somebody who signed up made of a demo; what belongs to the demo is.
    sqlx::query("UPDATE security.instance SET is_demo = true").execute(&mut db).await.expect("marked");
    assert!(matches!(migrate::down(&owner, 0, false).await, Err(MigrationError::NotADemo)));
    sqlx::query("UPDATE directory.users SET email_key = 'ana@brightside.example'").execute(&mut db).await.expect("of the demo");
    migrate::down(&owner, 0, false).await.expect("taken back");
}
