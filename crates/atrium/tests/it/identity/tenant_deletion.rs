//! Deleting a workspace: closed at once, called off by an owner or erased after its time, and never half.

use std::time::Duration;

use platform::jobs::{When, enqueue};
use serde_json::json;
use sqlx::Connection;

use super::accounts::where_it_stands;
use super::{again, kinds_of_mail, platform_admin, put_picture};
use crate::bookings::mails_to;
use crate::client::{Client, Tenant, booking};
use crate::matrix::fixtures;
use crate::world::World;

async fn run_erasure(world: &World) {
    enqueue(&mut world.as_owner().await, &identity::erasure::EraseDue {}, When::default()).await.expect("enqueued");
    world.settle().await;
}

#[tokio::test]
async fn only_an_owner_deletes_with_the_name_typed_and_a_fresh_factor() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let stranger = Tenant::found(&world, "other").await;
    let path = format!("/tenants/{}/deletion", tenant.id);
    let typed = json!({ "name": "acme Ltd" });
    let (_, admin) = tenant.member(&world, "admin").await;
    admin.post(&path, typed.clone()).await.expect(403);
    stranger.owner.post(&path, typed.clone()).await.expect(404);
    let wrong = tenant.owner.post(&path, json!({ "name": "acme" })).await.expect(422);
    assert_eq!(wrong.json["errors"][0]["code"], "incorrect");
    world.advance_minutes(10);
    assert_eq!(tenant.owner.post(&path, typed).await.expect(403).code(), "step_up_required");
    tenant.owner.get("/contacts").await.expect(200);
}

#[tokio::test]
async fn it_is_closed_at_once_told_to_all_owners_and_called_off_by_any() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let (_, other) = tenant.member(&world, "owner").await;
    let (_, admin) = tenant.member(&world, "admin").await;
    let path = format!("/tenants/{}/deletion", tenant.id);
    let asked = tenant.owner.post(&path, json!({ "name": "acme Ltd" })).await.expect(202);
    assert_eq!(asked.json["scheduled_at"], "2031-09-15T06:00:00Z");
    assert_eq!(other.get("/contacts").await.expect(403).code(), "no_tenant");
    assert_eq!(Client::anonymous(&world).get(&format!("/b/{slug}")).await.status.as_u16(), 404);
    for email in ["acme@example.com", "owner.acme@example.com"] {
        assert!(kinds_of_mail(&world, email).await.contains(&"tenant_deletion".to_owned()), "{email}");
    }
    assert!(kinds_of_mail(&world, "admin.acme@example.com").await.is_empty());
    assert_eq!(tenant.owner.post(&path, json!({ "name": "acme Ltd" })).await.expect(409).code(), "tenant_inactive");
    admin.delete(&path).await.expect(403);
    other.delete(&path).await.expect(204);
    other.delete(&path).await.expect(404);
    tenant.owner.get("/contacts").await.expect(200);
    world.advance_minutes(8 * 24 * 60);
    run_erasure(&world).await;
    let owner = again(&world, "acme@example.com").await;
    owner.get("/contacts").await.expect(200);
    let lines = owner.get("/audit-events?entity_type=tenant").await.expect(200).json;
    let actions: Vec<_> =
        lines["items"].as_array().expect("lines").iter().map(|line| line["action"].as_str().expect("an action")).collect();
    assert_eq!(actions, ["tenant.deletion_cancelled", "tenant.deletion_requested", "tenant.created"]);
}

async fn state_of_mail(world: &World, address: &str) -> Vec<String> {
    world.settle().await;
    mails_to(world, address).await.into_iter().map(|(_, status)| status).collect()
}

/// Rows of the tenant by table, without what is to stay.
async fn rows_of(world: &World, tenant: uuid::Uuid) -> Vec<(String, i64)> {
    let mut db = world.as_owner().await;
    let tables: Vec<String> = sqlx::query_scalar("SELECT platform.tenant_tables()").fetch_all(&mut db).await.expect("tables");
    let mut found = Vec::new();
    for table in tables {
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table} WHERE tenant_id = $1")))
            .bind(tenant)
            .fetch_one(&mut db)
            .await
            .expect("a count");
        if count > 0 {
            found.push((table, count));
        }
    }
    found
}

#[tokio::test]
async fn nothing_is_left_of_an_erased_workspace_and_nothing_of_another_goes() {
    let world = World::new().await;
    let (tenant, other) = (Tenant::found(&world, "zebracorn").await, Tenant::found(&world, "acme").await);
    fixtures(&world, &tenant).await;
    fixtures(&world, &other).await;
    put_picture(&tenant.owner, "/tenant/logo").await.expect(200);
    tenant.member(&world, "owner").await;
    world.settle().await;
    tenant.owner.post(&format!("/tenants/{}/deletion", tenant.id), json!({ "name": "zebracorn Ltd" })).await.expect(202);
    world.settle().await;
    let before = (rows_of(&world, tenant.id).await, crate::matrix::digest(&mut world.as_owner().await, other.id).await);
    assert!(before.0.len() > 15, "{:?}", before.0);
    world.advance_minutes(7 * 24 * 60);
    run_erasure(&world).await;
    assert_eq!(rows_of(&world, tenant.id).await, []);
    assert_eq!(crate::matrix::digest(&mut world.as_owner().await, other.id).await, before.1, "the other workspace");
    assert_eq!(world.app.files.remove_some(&tenant.id.to_string(), 10).await.expect("looked"), 0, "files");
    assert_eq!(world.app.files.remove_some(&other.id.to_string(), 10).await.expect("looked"), 1, "files of the other");
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let erasure = admin.get("/admin/erasures").await.expect(200).json["items"][0].clone();
    assert_eq!((&erasure["label"], &erasure["report"]["files"]), (&json!("zebracorn Ltd"), &json!(1)));
    for (table, count) in before.0 {
        // Mails that told of it came since.
        assert!(erasure["report"]["tables"][&table].as_i64().unwrap_or_default() >= count, "{table}: {erasure}");
    }
    let seen = admin.get(&format!("/admin/tenants/{}", tenant.id)).await.expect(200).json;
    assert_eq!((&seen["tenant"]["status"], &seen["tenant"]["name"]), (&json!("deleted"), &json!("Deleted")));
    // What stays of its name: the report, its owner's own address, and the mail to him.
    let stands: Vec<_> = where_it_stands(&world, "zebracorn ltd").await;
    assert!(stands.iter().all(|table| matches!(table.as_str(), "directory.erasures" | "directory.mails")), "{stands:?}");
    assert!(kinds_of_mail(&world, "zebracorn@example.com").await.contains(&"tenant_erased".to_owned()));
    // The user works on, without a workspace.
    let owner = again(&world, "owner.zebracorn@example.com").await;
    assert_eq!(owner.get("/session").await.expect(200).json["tenants"], json!([]));
}

#[tokio::test]
async fn an_erasure_that_was_killed_halfway_goes_on_and_counts_nothing_twice() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    fixtures(&world, &tenant).await;
    tenant.member(&world, "owner").await;
    world.settle().await;
    tenant.owner.post(&format!("/tenants/{}/deletion", tenant.id), json!({ "name": "acme Ltd" })).await.expect(202);
    world.settle().await;
    let before = rows_of(&world, tenant.id).await;
    world.advance_minutes(7 * 24 * 60);
    // Another holds a table that is late in the order, so that the job stands still there, and then it is killed.
    let mut holder = world.as_owner().await;
    let mut held = holder.begin().await.expect("begun");
    sqlx::query("LOCK TABLE scheduling.event_types IN ACCESS EXCLUSIVE MODE").execute(&mut *held).await.expect("locked");
    let job = identity::erasure::EraseTenant { erased_tenant: tenant.id };
    let attempt = platform::jobs::Attempt { app: world.app.clone(), tenant: None, number: 1, most: 10 };
    let killed = tokio::time::timeout(Duration::from_secs(2), platform::jobs::Job::run(job, attempt)).await;
    assert!(!matches!(killed, Ok(Ok(()))), "it did not get to its end");
    held.rollback().await.expect("released");
    let halfway = rows_of(&world, tenant.id).await;
    assert!(!halfway.is_empty() && halfway.len() < before.len(), "{halfway:?}");
    // From its beginning on nobody calls it off.
    let owner = again(&world, "owner.acme@example.com").await;
    let refused = owner.delete(&format!("/tenants/{}/deletion", tenant.id)).await;
    assert!(matches!(refused.status.as_u16(), 403 | 404 | 409), "{}", refused.text);
    run_erasure(&world).await;
    assert_eq!(rows_of(&world, tenant.id).await, []);
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let tables = admin.get("/admin/erasures").await.expect(200).json["items"][0]["report"]["tables"].clone();
    for (table, count) in before.iter().filter(|(table, _)| table != "directory.mails") {
        assert_eq!(tables[table], *count, "{table}");
    }
}

#[tokio::test]
async fn a_suspended_workspace_lets_nobody_in_by_any_door_until_it_is_lifted() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    let public = format!("/public/organizers/{slug}/event-types/intro");
    let booked = visitor.post(&format!("{public}/bookings"), booking("2031-09-09T09:00:00Z", "vera@example.com")).await.expect(201);
    let manage = booked.json["manage_url"].as_str().expect("a link").rsplit('/').next().expect("a token").to_owned();
    let token = tenant.owner.post("/access-tokens", json!({ "name": "Script", "scopes": ["contacts:read"] })).await.expect(201);
    let bearer = format!("Bearer {}", token.json["token"].as_str().expect("a token"));
    let logo = put_picture(&tenant.owner, "/tenant/logo").await.expect(200).json["logo_url"].as_str().expect("a logo").to_owned();
    visitor.get(&logo).await.expect(200);
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let path = format!("/admin/tenants/{}/suspension", tenant.id);
    // A mail of the workspace waits, and its job with it.
    let viewer = super::role_id(&tenant, "viewer").await;
    tenant.owner.post("/invitations", json!({ "email": "in@example.com", "role_id": viewer })).await.expect(201);
    let mut stream = tenant.owner.open("/events/stream", &[]).await;
    assert_eq!(stream.status().as_u16(), 200);
    admin.put(&path, None, json!({ "reason": "Unpaid" })).await.expect(204);

    assert_eq!(tenant.owner.get("/contacts").await.expect(403).code(), "no_tenant", "session");
    let by_token = visitor.send(reqwest::Method::GET, "/contacts", &[("authorization", &bearer)], None).await;
    assert_eq!(by_token.status.as_u16(), 401, "token");
    assert_eq!(visitor.get(&format!("/b/{slug}")).await.status.as_u16(), 404, "public page");
    visitor.get(&logo).await.expect(404);
    for path in [format!("/public/bookings/{manage}"), format!("/public/bookings/{manage}/calendar-file")] {
        visitor.get(&path).await.expect(404);
    }
    assert_eq!(visitor.get(&format!("/b/m/{manage}")).await.status.as_u16(), 404, "the page of a signed link");
    visitor.post(&format!("/public/bookings/{manage}/cancellation"), json!({})).await.expect(404);
    visitor.post(&format!("/public/bookings/{manage}/reschedulings"), json!({ "start": "2031-09-10T09:00:00Z" })).await.expect(404);
    tenant.owner.get("/events/stream").await.expect(403);
    let _ = &mut stream;
    assert_eq!(state_of_mail(&world, "in@example.com").await, ["queued"], "a mail of the workspace waits");
    assert!(kinds_of_mail(&world, "acme@example.com").await.contains(&"tenant_suspended".to_owned()), "the instance's own goes");
    // An owner has no way around it.
    tenant.owner.delete(&format!("/tenants/{}/deletion", tenant.id)).await.expect(404);
    assert_eq!(
        tenant.owner.post(&format!("/tenants/{}/deletion", tenant.id), json!({ "name": "acme Ltd" })).await.expect(409).code(),
        "tenant_inactive"
    );
    let seen = admin.get(&format!("/admin/tenants/{}", tenant.id)).await.expect(200).json;
    assert_eq!((&seen["history"][0]["reason"], &seen["history"][0]["changed_by"]), (&json!("Unpaid"), &json!("Root")));

    admin.delete(&path).await.expect(204);
    admin.delete(&path).await.expect(404);
    tenant.owner.get("/contacts").await.expect(200);
    visitor.get(&format!("/public/bookings/{manage}")).await.expect(200);
    assert_eq!(state_of_mail(&world, "in@example.com").await, ["kept"], "what waited goes out");
    let lines = tenant.owner.get("/audit-events?entity_type=tenant").await.expect(200).json;
    assert_eq!((&lines["items"][0]["action"], &lines["items"][0]["actor"]["name"]), (&json!("tenant.suspension_lifted"), &json!("Root")));
}
