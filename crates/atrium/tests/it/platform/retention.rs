//! How long is kept what has no lasting use: by whose choice, within which bounds, and what goes.

use platform::retention::{self, Bounds};
use platform::time::Timestamp;
use serde_json::{Value, json};
use sqlx::Connection;
use uuid::Uuid;

use crate::client::Tenant;
use crate::world::World;

const DAY: i64 = 24 * 3600;

/// A mail of a tenant that was written so many days ago.
async fn mail(world: &World, tenant: Option<Uuid>, days: i64) {
    sqlx::query(
        "INSERT INTO directory.mails (id, tenant_id, kind, recipient, subject, message_ciphertext, status, created_at)
         VALUES (gen_random_uuid(), $1, 'probe', 'a@example.com', 'Old', '\\x00', 'sent', $2)",
    )
    .bind(tenant)
    .bind(world.now().plus_seconds(-days * DAY))
    .execute(&mut world.as_owner().await)
    .await
    .expect("written");
}

/// How old the tenant's mails are, in days.
async fn mails(world: &World, tenant: Option<Uuid>) -> Vec<i64> {
    let times: Vec<Timestamp> = sqlx::query_scalar(
        "SELECT created_at FROM directory.mails WHERE tenant_id IS NOT DISTINCT FROM $1 AND kind = 'probe' ORDER BY created_at DESC",
    )
    .bind(tenant)
    .fetch_all(&mut world.as_owner().await)
    .await
    .expect("mails");
    times.into_iter().map(|at| (world.now().as_second() - at.as_second()) / DAY).collect()
}

async fn choose(tenant: &Tenant, policy: Value) -> Value {
    let before = tenant.owner.get("/retention-policy").await.expect(200).json;
    tenant.owner.put("/retention-policy", Some(&before["version"]), policy).await.expect(200).json
}

#[tokio::test]
async fn each_workspace_keeps_as_long_as_it_chose_and_others_as_the_seed_says() {
    let world = World::new().await;
    let (acme, other, held) =
        (Tenant::found(&world, "acme").await, Tenant::found(&world, "other").await, Tenant::found(&world, "held").await);
    choose(&acme, json!({ "notification_logs": 30 })).await;
    choose(&held, json!({ "notification_logs": 30, "on_hold": true })).await;
    for days in [1, 29, 31, 89, 91, 400] {
        for tenant in [Some(acme.id), Some(other.id), Some(held.id), None] {
            mail(&world, tenant, days).await;
        }
    }
    // What would go is told beforehand, and nothing goes by that.
    let simulated = acme.owner.post("/retention-policy/simulations", json!({ "notification_logs": 30 })).await.expect(200).json;
    let of_logs = |simulated: &Value| {
        simulated["kinds"]
            .as_array()
            .and_then(|kinds| kinds.iter().find(|kind| kind["kind"] == "notification_logs"))
            .cloned()
            .expect("a kind")
    };
    let before = world.now().plus_seconds(-30 * DAY);
    // Those of the sign-up stand at the database's own time, five years ago.
    let own: i64 = sqlx::query_scalar("SELECT count(*) FROM directory.mails WHERE tenant_id = $1 AND created_at < $2")
        .bind(acme.id)
        .bind(before)
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a count");
    assert_eq!(of_logs(&simulated), json!({ "kind": "notification_logs", "count": own, "is_more": false, "before": before }));
    let on_hold = held.owner.post("/retention-policy/simulations", json!({ "on_hold": true })).await.expect(200).json;
    assert_eq!((&of_logs(&on_hold)["count"], &of_logs(&on_hold)["before"]), (&json!(0), &json!(null)));
    assert_eq!(mails(&world, Some(acme.id)).await.len(), 6);

    let done = retention::apply(&world.app).await.expect("applied");
    assert!(done.removed["directory.mails"] >= 8, "{done:?}");
    assert_eq!(mails(&world, Some(acme.id)).await, [1, 29]);
    assert_eq!(mails(&world, Some(other.id)).await, [1, 29, 31, 89]);
    assert_eq!(mails(&world, None).await, [1, 29, 31, 89]);
    assert_eq!(mails(&world, Some(held.id)).await.len(), 6);
    // A second run finds nothing of them.
    assert_eq!(retention::apply(&world.app).await.expect("applied").removed.get("directory.mails"), None);
}

#[tokio::test]
async fn the_policy_is_saved_within_the_instances_bounds() {
    let world = World::with(platform::mail::Mailer::default(), |config| {
        config.retention = Bounds::default().with("notification_logs=30..60".parse().expect("said"));
    })
    .await;
    let tenant = Tenant::found(&world, "acme").await;
    let first = tenant.owner.get("/retention-policy").await.expect(200).json;
    let kind = |name: &str| first["kinds"].as_array().and_then(|kinds| kinds.iter().find(|kind| kind["kind"] == name)).cloned();
    assert_eq!(kind("notification_logs"), Some(json!({ "kind": "notification_logs", "least": 30, "most": 60, "default": 60 })));
    assert_eq!(kind("audit"), Some(json!({ "kind": "audit", "least": 365, "most": 3653, "default": 2557 })));
    // Of what nothing is kept there is nothing to decide.
    assert_eq!(kind("workflow_logs").is_some(), world.app.retained.iter().any(|rows| format!("{rows:?}").contains("WorkflowLogs")));
    for days in [29, 61] {
        let refused =
            tenant.owner.put("/retention-policy", Some(&first["version"]), json!({ "notification_logs": days })).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], "notification_logs", "{}", refused.text);
        tenant.owner.post("/retention-policy/simulations", json!({ "notification_logs": days })).await.expect(422);
    }
    tenant.owner.put("/retention-policy", Some(&first["version"]), json!({ "mails": 3 })).await.expect(422);
    tenant.owner.put("/retention-policy", None, json!({})).await.expect(428);
    let saved = choose(&tenant, json!({ "notification_logs": 45, "audit": 400 })).await;
    assert_eq!((&saved["policy"]["notification_logs"], &saved["policy"]["events"]), (&json!(45), &json!(null)));
    tenant.owner.put("/retention-policy", Some(&first["version"]), json!({})).await.expect(412);
    let line = tenant.owner.get("/audit-events?action=retention_policy.updated").await.expect(200).json["items"][0].clone();
    assert_eq!((&line["old_values"]["audit"], &line["new_values"]["audit"]), (&json!(null), &json!(400)));
    // For whoever answers for privacy, who has just shown who it is.
    let (_, editor) = tenant.member(&world, "editor").await;
    editor.get("/retention-policy").await.expect(403);
    world.advance_minutes(11);
    let late = tenant.owner.put("/retention-policy", Some(&saved["version"]), json!({})).await.expect(403);
    assert_eq!(late.code(), "step_up_required");
}

#[tokio::test]
async fn what_is_the_instances_own_goes_as_it_says() {
    let world = World::with(platform::mail::Mailer::default(), |config| {
        config.retention = Bounds::default().with("sign_ins=400".parse().expect("said")).with("sessions=10".parse().expect("said"));
    })
    .await;
    let tenant = Tenant::found(&world, "acme").await;
    let mut db = world.as_owner().await;
    for (days, ended) in [(5, true), (11, true), (11, false)] {
        sqlx::query(
            "INSERT INTO directory.sessions (id, token_hash, user_id, last_seen_at, idle_until, expires_at, ended_at)
             VALUES (gen_random_uuid(), sha256(gen_random_uuid()::text::bytea), $1, $2, $3, $3, $4)",
        )
        .bind(tenant.owner_id)
        .bind(world.now().plus_seconds(-days * DAY))
        .bind(world.now().plus_seconds(DAY))
        .bind(ended.then(|| world.now()))
        .execute(&mut db)
        .await
        .expect("a session");
    }
    for days in [399, 401] {
        sqlx::query("INSERT INTO directory.login_history (id, outcome, created_at) VALUES (gen_random_uuid(), 'failed', $1)")
            .bind(world.now().plus_seconds(-days * DAY))
            .execute(&mut db)
            .await
            .expect("a sign-in");
    }
    let count = async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(&mut world.as_owner().await).await.expect("a count") };
    let sessions = "SELECT count(*) FROM directory.sessions";
    let before = count(sessions).await;
    retention::apply(&world.app).await.expect("applied");
    // The one that was over for ten days, and no session that may still be used.
    assert_eq!(count(sessions).await, before - 1);
    assert_eq!(count("SELECT count(*) FROM directory.login_history WHERE outcome = 'failed'").await, 1);
}

/// Each batch is a transaction of its own, and waits for nobody.
#[tokio::test]
async fn rows_go_in_batches_and_what_somebody_holds_is_left_to_the_next_run() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let mut db = world.as_owner().await;
    sqlx::query(
        "INSERT INTO directory.mails (id, tenant_id, kind, recipient, subject, message_ciphertext, status, created_at)
         SELECT gen_random_uuid(), $1, 'probe', 'a@example.com', 'Old', '\\x00', 'sent', $2 FROM generate_series(1, 2500)",
    )
    .bind(tenant.id)
    .bind(world.now().plus_seconds(-100 * DAY))
    .execute(&mut db)
    .await
    .expect("written");
    let mut holder = world.as_owner().await;
    let mut held = holder.begin().await.expect("begun");
    sqlx::query("SELECT FROM directory.mails WHERE kind = 'probe' LIMIT 3 FOR UPDATE").execute(&mut *held).await.expect("held");
    tokio::time::timeout(std::time::Duration::from_secs(20), retention::apply(&world.app)).await.expect("no wait").expect("applied");
    assert_eq!(mails(&world, Some(tenant.id)).await.len(), 3);
    held.rollback().await.expect("let go");
    retention::apply(&world.app).await.expect("applied");
    assert!(mails(&world, Some(tenant.id)).await.is_empty());
}

/// The periods of the audit trail move its months to archives, and remove these when they have had their time.
#[tokio::test]
async fn the_trail_is_archived_by_policy_and_archives_have_their_time() {
    let world = World::new().await;
    let (acme, other) = (Tenant::found(&world, "acme").await, Tenant::found(&world, "other").await);
    choose(&acme, json!({ "audit": 400, "audit_archives": 30 })).await;
    crate::audit_chain::seal(&world).await;
    let simulated = acme.owner.post("/retention-policy/simulations", json!({ "audit": 400 })).await.expect(200).json;
    let audit = simulated["kinds"].as_array().and_then(|kinds| kinds.iter().find(|kind| kind["kind"] == "audit")).cloned().expect("a kind");
    let done = retention::apply(&world.app).await.expect("applied");
    // By the test's clock five years have passed since the lines were written; seven have not.
    assert_eq!((done.archived.archives, done.archived.failed), (1, 0));
    assert_eq!(json!(done.archived.records), audit["count"]);
    assert_eq!(crate::audit_chain::broken(&world, acme.id).await, None);
    assert!(other.owner.get("/audit-events").await.expect(200).json["items"].as_array().is_some_and(|items| !items.is_empty()));
    let archives = async || acme.owner.get("/audit-archives").await.expect(200).json["items"].clone();
    let key: String =
        sqlx::query_scalar("SELECT storage_key FROM platform.audit_archives").fetch_one(&mut world.as_owner().await).await.expect("a key");
    assert!(world.app.files.read(&key).await.is_ok() && archives().await[0]["removed_at"] == json!(null));
    world.clock.set(world.now().plus_seconds(31 * DAY));
    let acme = Tenant { owner: crate::identity::again(&world, "acme@example.com").await, ..acme };
    let done = retention::apply(&world.app).await.expect("applied");
    assert_eq!(done.removed.get("archives"), Some(&1));
    assert!(world.app.files.read(&key).await.is_err());
    let listed = acme.owner.get("/audit-archives").await.expect(200).json["items"].clone();
    assert_eq!(listed[0]["removed_at"], json!(world.now()));
    // The row stays, and with it the proof of where the chain in the database begins.
    assert_eq!(crate::audit_chain::broken(&world, acme.id).await, None);
}

/// Every statement that removes has an index to find what is old by, or a table that stays small.
#[tokio::test]
async fn what_is_old_is_found_by_an_index() {
    const SMALL: [&str; 6] = [
        "platform.job_batches",
        "directory.one_time_tokens",
        "directory.email_changes",
        "directory.registrations",
        "directory.login_throttles",
        "directory.oauth_grants",
    ];
    let world = World::new().await;
    let mut db = world.as_owner().await;
    let leading: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT i.indrelid::regclass::text || ' ' || pg_get_indexdef(i.indexrelid) FROM pg_index i")
            .fetch_all(&mut db)
            .await
            .expect("indexes");
    for rows in &world.app.retained {
        let table = rows.table;
        if SMALL.contains(&table) {
            continue;
        }
        let times = ["created_at", "expires_at", "last_seen_at", "dispatched_at", "read_at", "access_token_expires_at"];
        let found = leading.iter().filter(|index| index.starts_with(&format!("{table} "))).any(|index| {
            let columns = index.rsplit_once(" USING btree (").map_or("", |(_, columns)| columns);
            times.iter().any(|time| columns.starts_with(time) || columns.starts_with(&format!("tenant_id, {time}")))
        });
        assert!(found, "{table}");
    }
}
