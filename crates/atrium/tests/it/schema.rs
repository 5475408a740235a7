//! The rules of the data model, read from the catalogue: they hold for every table there is.

use sqlx::{PgConnection, Row};

use crate::world::World;

/// Schemas whose tables are no tenant's, and why. All others are judged, those that are still to come too.
const OTHERS: [(&str, &str); 5] = [
    ("directory", "users, sessions and what is looked up before a tenant is known; `Directory` is the way to it"),
    ("lookup", "lists that are the same for everybody, and are only read"),
    ("security", "the key of the sealed context, which the serving role cannot read"),
    ("graphile_worker", "the queue's own, which the owner alone reads"),
    ("public", "the migrations' own table"),
];

/// Schemas whose tables are tenants', quoted; partitions follow their parent.
async fn tenant_schemas(db: &mut PgConnection) -> String {
    let all: Vec<String> =
        sqlx::query_scalar("SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'")
            .fetch_all(db)
            .await
            .expect("schemas");
    let gone: Vec<_> = OTHERS.iter().filter(|(name, why)| why.is_empty() || !all.iter().any(|one| one == name)).collect();
    assert!(gone.is_empty(), "excepted, and not there or not explained: {gone:?}");
    let tenants: Vec<_> =
        all.iter().filter(|name| !OTHERS.iter().any(|(other, _)| other == name)).map(|name| format!("'{name}'")).collect();
    tenants.join(", ")
}

async fn rows(db: &mut PgConnection, sql: &str) -> Vec<String> {
    let sql = sql.replace("$schemas", &tenant_schemas(db).await);
    let found = sqlx::query(sqlx::AssertSqlSafe(sql.clone())).fetch_all(db).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    found.iter().map(|row| row.get::<String, _>(0)).collect()
}

async fn none(sql: &str, rule: &str) {
    let world = World::new().await;
    let found = rows(&mut world.as_owner().await, sql).await;
    assert!(found.is_empty(), "{rule}: {found:#?}");
}

#[tokio::test]
async fn there_are_tables_to_judge() {
    let world = World::new().await;
    let tables = rows(
        &mut world.as_owner().await,
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname IN ($schemas) AND c.relkind IN ('r', 'p') AND NOT c.relispartition",
    )
    .await;
    assert!(tables.len() >= 20, "{tables:?}");
    // A schema that nobody told this test of is judged as the tenants' are.
    let mut db = world.as_owner().await;
    let before = tenant_schemas(&mut db).await;
    for schema in ["platform", "identity", "contacts", "messaging", "scheduling"] {
        assert!(before.contains(&format!("'{schema}'")), "{before}");
    }
    sqlx::query("CREATE SCHEMA newcomer").execute(&mut db).await.expect("a schema");
    assert!(tenant_schemas(&mut db).await.contains("'newcomer'"));
}

/// Of the schemas that are excepted, tables with tenants' rows stand in the directory alone.
#[tokio::test]
async fn no_tenants_rows_in_other_schemas() {
    none(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
          WHERE c.relkind IN ('r', 'p', 'm') AND c.relnamespace::regnamespace::text NOT IN ($schemas, 'directory')",
        "rows of tenants stand behind their walls",
    )
    .await;
}

#[tokio::test]
async fn primary_keys_begin_with_the_tenant() {
    none(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname IN ($schemas) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND NOT EXISTS (SELECT FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
                             WHERE k.conrelid = c.oid AND k.contype = 'p' AND a.attname = 'tenant_id' AND a.atttypid = 'uuid'::regtype)",
        "rule 1",
    )
    .await;
}

#[tokio::test]
async fn foreign_keys_are_composite_and_stay_in_the_tenant() {
    none(
        "SELECT k.conrelid::regclass || ': ' || pg_get_constraintdef(k.oid)
           FROM pg_constraint k
           JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_class r ON r.oid = k.confrelid JOIN pg_namespace rn ON rn.oid = r.relnamespace
          WHERE k.contype = 'f' AND n.nspname IN ($schemas) AND rn.nspname <> 'lookup'
            AND (rn.nspname = 'directory' OR k.confdeltype IN ('n', 'd')
                 OR (SELECT attname FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = k.conkey[1]) <> 'tenant_id'
                 OR (SELECT attname FROM pg_attribute WHERE attrelid = k.confrelid AND attnum = k.confkey[1]) <> 'tenant_id')",
        "rule 2",
    )
    .await;
}

#[tokio::test]
async fn unique_and_exclusion_begin_with_the_tenant() {
    none(
        "SELECT i.indexrelid::regclass::text
           FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname IN ($schemas) AND (i.indisunique OR i.indisexclusion)
            AND coalesce((SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = i.indkey[0]), '') <> 'tenant_id'",
        "rule 3",
    )
    .await;
}

#[tokio::test]
async fn every_tenant_table_is_behind_its_policies() {
    none(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname IN ($schemas) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND NOT (c.relrowsecurity
                     AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd = '*'
                                    AND pg_get_expr(p.polqual, c.oid) LIKE '(tenant_id = ( SELECT platform.current_tenant()%'
                                    AND pg_get_expr(p.polwithcheck, c.oid) LIKE '(tenant_id = ( SELECT platform.current_tenant()%'))",
        "rule 4",
    )
    .await;
}

#[tokio::test]
async fn the_serving_role_owns_and_bypasses_nothing() {
    none(
        "SELECT rolname::text FROM pg_roles WHERE rolname = 'atrium_app' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)
          UNION ALL
         SELECT oid::regclass::text FROM pg_class WHERE relowner = 'atrium_app'::regrole
          UNION ALL
         SELECT table_schema || '.' || table_name || ' ' || privilege_type FROM information_schema.role_table_grants
          WHERE grantee IN ('atrium_app', 'PUBLIC') AND privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER') AND table_schema NOT IN ('pg_catalog', 'information_schema')
          UNION ALL
         SELECT c.oid::regclass::text || ' (partition)' FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' AND has_table_privilege('atrium_app', c.oid, 'SELECT')",
        "rule 4",
    )
    .await;
}

#[tokio::test]
async fn the_serving_role_makes_no_administrators() {
    none(
        "SELECT t || '.' || c || ' ' || p
           FROM (VALUES ('directory.users', 'is_platform_admin'), ('directory.users', 'status'), ('directory.users', 'email'),
                        ('directory.tenants', 'status'), ('directory.tenants', 'security_policy')) AS closed (t, c),
                unnest(ARRAY['INSERT', 'UPDATE']) AS p
          WHERE has_column_privilege('atrium_app', t, c, p) AND NOT (c = 'email' AND p = 'INSERT')",
        "what only the host decides is closed to the serving role",
    )
    .await;
}

#[tokio::test]
async fn functions_that_run_as_the_owner_are_closed_and_pinned() {
    none(
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
          WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'graphile_worker', 'public') AND p.prosecdef
            AND (NOT EXISTS (SELECT FROM unnest(p.proconfig) AS c WHERE c LIKE 'search_path=%')
                 OR has_function_privilege('public', p.oid, 'EXECUTE'))",
        "functions that run as the owner name their search path and are not for everybody",
    )
    .await;
}

#[tokio::test]
async fn no_types_that_the_model_refuses() {
    none(
        "SELECT c.oid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
           FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_type t ON t.oid = a.atttypid
          WHERE n.nspname IN ($schemas, 'directory', 'lookup') AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
            AND (t.typtype = 'e' OR t.typname IN ('timestamp', 'float4', 'float8', 'numeric', 'citext', 'money', 'varchar', 'bpchar', 'json'))",
        "rules 5 to 7",
    )
    .await;
}

#[tokio::test]
async fn what_changes_says_when() {
    none(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname IN ($schemas) AND c.relkind = 'r'
            AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'version' AND NOT attisdropped)
            AND NOT (EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'updated_at')
                     AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = 'touch'))",
        "a row with a version moves it and says when",
    )
    .await;
}

#[tokio::test]
async fn names_are_lower_case_with_underscores() {
    none(
        "SELECT c.oid::regclass || coalesce('.' || a.attname, '')
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          WHERE n.nspname IN ($schemas, 'directory', 'lookup', 'security')
            AND (c.relname !~ '^[a-z][a-z0-9_]*$' OR a.attname !~ '^[a-z][a-z0-9_]*$')",
        "names need no quotes",
    )
    .await;
}

#[tokio::test]
async fn secrets_are_hashed_or_sealed() {
    none(
        "SELECT c.oid::regclass || '.' || a.attname
           FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname IN ($schemas, 'directory') AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
            AND a.attname ~ '(token|secret|password|api_key)' AND a.attname !~ '(_hash|_ciphertext|_at|_id)$'",
        "a column that names a secret holds a hash or a ciphertext",
    )
    .await;
}
