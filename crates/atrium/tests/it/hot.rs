//! The statements that run most find their rows by an index, under the policies, on tables of some size.

use platform::TenantId;
use platform::pool::Transaction;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::client::Tenant;
use crate::world::World;

/// Rows of each big table, half of them another tenant's.
const ROWS: i64 = 20_000;
/// As much as a statement may read and throw away.
const WASTE: i64 = 500;

struct Filled {
    world: World,
    tenant: Uuid,
    organizer: Uuid,
    event_type: Uuid,
    contact: Uuid,
}

async fn filled() -> Filled {
    let world = World::new().await;
    let mut some = None;
    let mut db = world.as_owner().await;
    for name in ["other", "acme"] {
        let tenant = Tenant::found(&world, name).await;
        let (_, event_type) = tenant.organizer().await;
        let contact = tenant.owner.post("/contacts", serde_json::json!({ "name": "Vera" })).await.expect(201).id();
        fill(&mut db, tenant.id, tenant.owner_id, event_type.id(), contact).await;
        some = Some((tenant.id, tenant.owner_id, event_type.id(), contact));
    }
    execute(&mut db, "ANALYZE".to_owned()).await;
    let (tenant, organizer, event_type, contact) = some.expect("tenants");
    Filled { world, tenant, organizer, event_type, contact }
}

async fn execute(db: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(db).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn fill(db: &mut PgConnection, tenant: Uuid, organizer: Uuid, event_type: Uuid, contact: Uuid) {
    let rows = ROWS / 2;
    for sql in [
        format!(
            "INSERT INTO contacts.contacts (tenant_id, id, name, name_key, email, email_key, created_at)
             SELECT '{tenant}', gen_random_uuid(), 'Contact ' || n, 'contact ' || n, n || '@example.com', n || '@example.com', now() - n * interval '1 minute'
               FROM generate_series(1, {rows}) AS n"
        ),
        // An hour apart, so more than half of them before the test's clock.
        format!(
            "INSERT INTO scheduling.bookings (tenant_id, id, event_type_id, organizer_id, contact_id, invitee_name, invitee_email, invitee_timezone,
                                              start_time, end_time, access_token_hash, ics_uid)
             SELECT '{tenant}', gen_random_uuid(), '{event_type}', '{organizer}', '{contact}', 'Vera', 'vera@example.com', 'UTC',
                    at, at + interval '30 minutes', sha256(convert_to('{tenant}' || n, 'UTF8')), n::text
               FROM generate_series(1, {rows}) AS n, LATERAL (SELECT timestamptz '2031-01-01T00:00:00Z' + n * interval '1 hour' AS at) AS times"
        ),
        format!(
            "INSERT INTO scheduling.booking_organizers (tenant_id, booking_id, user_id, position)
             SELECT tenant_id, id, organizer_id, 0 FROM scheduling.bookings WHERE tenant_id = '{tenant}'
             ON CONFLICT DO NOTHING"
        ),
        format!(
            "INSERT INTO scheduling.occupancy (tenant_id, id, bookable_id, kind, ref_id, start_time, end_time)
             SELECT tenant_id, gen_random_uuid(), organizer_id, 'booking', id, start_time, end_time FROM scheduling.bookings WHERE tenant_id = '{tenant}'"
        ),
        format!(
            "WITH users AS (
                 INSERT INTO directory.users (id, email, email_key, name, password_hash)
                 SELECT gen_random_uuid(), n || '@{tenant}', n || '@{tenant}', 'User ' || n, 'none' FROM generate_series(1, 1000) AS n
                 RETURNING id, name, email)
             INSERT INTO identity.members (tenant_id, user_id, display_name, email) SELECT '{tenant}', id, name, email FROM users"
        ),
        format!(
            "INSERT INTO directory.sessions (id, token_hash, user_id, tenant_id, idle_until, expires_at)
             SELECT gen_random_uuid(), sha256(convert_to('{tenant}' || n, 'UTF8')), '{organizer}', '{tenant}', 'infinity', 'infinity' FROM generate_series(1, {rows}) AS n"
        ),
        format!(
            "INSERT INTO platform.events (tenant_id, id, kind, subject_type, subject_id, dispatched_at)
             SELECT '{tenant}', gen_random_uuid(), 'contact.updated', 'contact', gen_random_uuid(), CASE WHEN n < {rows} THEN now() END
               FROM generate_series(1, {rows}) AS n"
        ),
    ] {
        execute(db, sql).await;
    }
}

/// The one statement of the program that holds all of these, from the data that the build checks it with.
fn statement(holds: &[&str], but: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.sqlx");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .expect("the statements")
        .map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("read"))
        .map(|text| serde_json::from_str::<Value>(&text).expect("JSON")["query"].as_str().expect("a query").to_owned())
        .filter(|query| holds.iter().all(|part| query.contains(part)) && (but.is_empty() || !query.contains(but)))
        .collect();
    assert_eq!(found.len(), 1, "{holds:?}: {found:?}");
    found.remove(0)
}

/// What a plan does, flattened.
fn nodes<'a>(plan: &'a Value, into: &mut Vec<&'a Value>) {
    into.push(plan);
    for inner in plan["Plans"].as_array().into_iter().flatten() {
        nodes(inner, into);
    }
}

/// Runs the statement with these arguments (SQL), the first time and after so many that its plan may be kept; it must
/// read `table` by `index`.
async fn uses(db: &mut PgConnection, query: &str, arguments: &[String], table: &str, index: &str) {
    let execution = format!("EXECUTE hot({})", arguments.join(", "));
    for before in [0, 12] {
        execute(db, format!("PREPARE hot AS {query}")).await;
        for _ in 0..before {
            execute(db, execution.clone()).await;
        }
        let explained: Value = sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN (ANALYZE, FORMAT JSON) {execution}")))
            .fetch_one(&mut *db)
            .await
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        execute(db, "DEALLOCATE hot".to_owned()).await;
        let mut all = Vec::new();
        nodes(&explained[0]["Plan"], &mut all);
        let plan = serde_json::to_string_pretty(&explained).expect("JSON");
        assert!(
            !all.iter().any(|node| node["Node Type"] == "Seq Scan" && node["Relation Name"] == table),
            "after {before}: {table} is read whole: {plan}"
        );
        assert!(all.iter().any(|node| node["Index Name"] == index), "after {before}: {index} is not used: {plan}");
        for node in all.iter().filter(|node| node["Relation Name"] == table || node["Index Name"] == index) {
            let wasted =
                ["Rows Removed by Filter", "Rows Removed by Index Recheck"].iter().filter_map(|name| node[*name].as_i64()).sum::<i64>();
            assert!(wasted <= WASTE, "after {before}: {wasted} rows of {table} are read for nothing: {plan}");
            assert!(
                node["Actual Rows"].as_f64().unwrap_or(0.0) <= WASTE as f64,
                "after {before}: more of {table} is read than asked for: {plan}"
            );
        }
    }
}

fn uuid(id: Uuid) -> String {
    format!("'{id}'")
}

fn nulls(count: usize) -> Vec<String> {
    vec!["NULL".to_owned(); count]
}

async fn begin(filled: &Filled) -> Transaction {
    filled.world.app.seal.begin(&filled.world.app.pools.web, TenantId(filled.tenant)).await.expect("a sealed transaction")
}

#[tokio::test]
async fn contacts_are_found_by_index() {
    let filled = filled().await;
    let mut db = begin(&filled).await;
    let tenant = uuid(filled.tenant);
    let by_id = statement(&["c.archived_at IS NULL AND c.id = $2"], "FOR NO KEY");
    uses(&mut db, &by_id, &[tenant.clone(), uuid(filled.contact)], "contacts", "contacts_pkey").await;
    let arguments = [vec![tenant.clone()], nulls(6), vec!["51".to_owned()]].concat();
    uses(&mut db, &statement(&["ORDER BY c.created_at DESC, c.id DESC"], ""), &arguments, "contacts", "contacts_newest").await;
    uses(&mut db, &statement(&["ORDER BY c.name_key, c.id"], ""), &arguments, "contacts", "contacts_by_name").await;
    // A page from the middle.
    let arguments =
        [vec![tenant.clone()], nulls(4), vec!["now() - interval '5000 minutes'".to_owned(), uuid(filled.contact), "51".to_owned()]]
            .concat();
    uses(&mut db, &statement(&["ORDER BY c.created_at DESC, c.id DESC"], ""), &arguments, "contacts", "contacts_newest").await;
}

#[tokio::test]
async fn bookings_and_taken_time_are_found_by_index() {
    let filled = filled().await;
    let mut db = begin(&filled).await;
    let (tenant, now) = (uuid(filled.tenant), format!("'{}'", crate::world::START));
    let upcoming = |starts_from: &str| {
        let statuses = "'{confirmed,pending}'".to_owned();
        [vec![tenant.clone(), statuses, starts_from.to_owned(), "NULL".to_owned(), now.clone()], nulls(7), vec!["51".to_owned()]].concat()
    };
    let earliest = statement(&["ORDER BY b.start_time, b.id"], "");
    uses(&mut db, &earliest, &upcoming(&format!("timestamptz {now} - interval '1 day'")), "bookings", "bookings_by_start").await;
    let latest = [vec![tenant.clone()], nulls(11), vec!["51".to_owned()]].concat();
    uses(&mut db, &statement(&["ORDER BY b.start_time DESC, b.id DESC"], ""), &latest, "bookings", "bookings_by_start").await;
    let by_token = statement(&["b.access_token_hash = $2"], "FOR NO KEY");
    let hash = format!("sha256(convert_to('{}' || 77, 'UTF8'))", filled.tenant);
    uses(&mut db, &by_token, &[tenant.clone(), hash], "bookings", "bookings_tenant_id_access_token_hash_key").await;
    let busy = statement(&["SELECT o.bookable_id", "scheduling.occupancy o"], "");
    let to = format!("timestamptz {now} + interval '14 days'");
    let organizers = format!("'{{{}}}'", filled.organizer);
    let arguments = [tenant, organizers, uuid(filled.event_type), now.clone(), to, now, "NULL".to_owned(), "true".to_owned()];
    uses(&mut db, &busy, &arguments, "occupancy", "occupancy_of_bookable").await;
}

#[tokio::test]
async fn events_are_found_by_index() {
    let filled = filled().await;
    let newest: i64 =
        sqlx::query_scalar("SELECT max(seq) FROM platform.events").fetch_one(&filled.world.app.pools.owner).await.expect("events");
    let mut db = begin(&filled).await;
    let arguments = [uuid(filled.tenant), "now() - interval '1 minute'".to_owned(), (newest - 100).to_string(), "256".to_owned()];
    uses(&mut db, &statement(&["(dispatched_at, seq) > ($2, $3)"], ""), &arguments, "events", "events_delivered").await;
    let mut db = filled.world.as_owner().await;
    execute(&mut db, "BEGIN".to_owned()).await;
    uses(&mut db, &statement(&["FROM platform.events e\n"], ""), &["200".to_owned()], "events", "events_waiting").await;
}

/// How often this connection has read the table whole, or the index, since it last reported.
async fn scans(db: &mut PgConnection, of: &str) -> i64 {
    sqlx::query_scalar("SELECT pg_stat_get_xact_numscans($1::regclass)").bind(of).fetch_one(db).await.expect("counted")
}

/// What runs inside a function shows in no plan, so its scans are counted.
#[tokio::test]
async fn functions_find_their_rows_by_index() {
    let filled = filled().await;
    let mut db = begin(&filled).await;
    // What the connection has done before is counted along until it is reported.
    let (sessions, contacts) = ("directory.sessions", "contacts.contacts");
    let by_token = scans(&mut db, "directory.sessions_token_hash_key").await;
    let whole = (scans(&mut db, sessions).await, scans(&mut db, contacts).await, scans(&mut db, "contacts.contacts_by_name").await);
    // More often than a statement is planned anew before its plan is kept.
    for n in 1..=8_i64 {
        let found: i64 = sqlx::query_scalar("SELECT count(*) FROM identity.authenticate(sha256(convert_to($1 || $2, 'UTF8')), now())")
            .bind(filled.tenant.to_string())
            .bind(n.to_string())
            .fetch_one(&mut *db)
            .await
            .expect("authenticated");
        assert_eq!((found, scans(&mut db, "directory.sessions_token_hash_key").await), (1, by_token + n));
    }
    let mut before = scans(&mut db, "contacts.contacts_search").await;
    for n in 1..=8_i64 {
        let found: i64 = sqlx::query_scalar("SELECT count(*) FROM contacts.search($1, 1000)")
            .bind(format!("contact 777{n}"))
            .fetch_one(&mut *db)
            .await
            .expect("searched");
        // One for each part of the text that the index knows.
        let scanned = scans(&mut db, "contacts.contacts_search").await;
        assert!(found == 1 && scanned > before, "{found} {before} {scanned}");
        before = scanned;
    }
    let after = (scans(&mut db, sessions).await, scans(&mut db, contacts).await, scans(&mut db, "contacts.contacts_by_name").await);
    assert_eq!(after, whole, "neither table is read whole, nor contacts by name");
}
