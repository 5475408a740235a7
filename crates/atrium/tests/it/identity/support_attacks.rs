//! What a support lease must not open, and what must not come out through one.

use serde_json::json;
use uuid::Uuid;

use super::support::{entered, granted, sql, trail, try_enter, usual, world_with};
use super::{again, platform_admin};
use crate::client::{Client, Tenant, booking};
use crate::world::World;

#[tokio::test]
async fn without_a_lease_nobody_gets_in() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let lease = granted(&tenant, usual()).await;
    for other in [Uuid::nil(), tenant.id, tenant.owner_id] {
        assert_eq!(try_enter(&admin, other).await.status.as_u16(), 404);
    }
    // A lease is nothing to who administers nothing, its own giver included.
    let (_, member) = tenant.member(&world, "admin").await;
    for nobody in [&tenant.owner, &member] {
        assert_eq!(try_enter(nobody, lease).await.code(), "forbidden");
    }
    assert_eq!(try_enter(&Client::anonymous(&world), lease).await.status.as_u16(), 401);
    admin.post("/session/tenant", json!({ "tenant_id": tenant.id })).await.expect(404);
    admin.get("/contacts").await.expect(403);
}

#[tokio::test]
async fn a_lease_opens_not_before_its_time() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let start = world.now().plus_seconds(3600);
    let lease = granted(&tenant, json!({ "reason": "x", "starts_at": start })).await;
    assert_eq!(try_enter(&admin, lease).await.status.as_u16(), 404);
    world.advance_minutes(60);
    let admin = again(&world, "root@example.com").await;
    let inside = entered(&admin, lease).await;
    inside.get("/bookings").await.expect(200);
    // Put off after it was entered, it is shut again.
    sql(&world, "UPDATE identity.support_leases SET starts_at = starts_at + interval '1 minute'").await;
    inside.get("/bookings").await.expect(401);
}

#[tokio::test]
async fn a_lease_opens_nothing_after_its_time() {
    let (world, _, inside, lease) = world_with(usual()).await;
    world.advance_minutes(4 * 60 - 1);
    inside.get("/bookings").await.expect(200);
    world.advance_minutes(1);
    inside.get("/bookings").await.expect(401);
    inside.get("/session").await.expect(401);
    let admin = again(&world, "root@example.com").await;
    assert_eq!(try_enter(&admin, lease).await.status.as_u16(), 404);
    let owner = again(&world, "acme@example.com").await;
    assert_eq!(owner.get("/support-leases").await.expect(200).json["items"][0]["status"], "expired");
    assert_eq!(owner.get("/session").await.expect(200).json["support"], json!([]));
    owner.delete(&format!("/support-leases/{lease}")).await.expect(404);
}

#[tokio::test]
async fn a_lease_taken_back_is_over_at_once() {
    let (world, tenant, inside, lease) = world_with(usual()).await;
    inside.get("/bookings").await.expect(200);
    tenant.owner.delete(&format!("/support-leases/{lease}")).await.expect(204);
    inside.get("/bookings").await.expect(401);
    inside.delete("/session/lease").await.expect(401);
    let admin = again(&world, "root@example.com").await;
    assert_eq!(try_enter(&admin, lease).await.status.as_u16(), 404);
    // It is the lease that is judged, and not only the session that was ended with it.
    let (_, second) = platform_admin(&world, "second@example.com").await;
    let other = granted(&tenant, usual()).await;
    let inside = entered(&second, other).await;
    sql(&world, "UPDATE identity.support_leases SET status = 'revoked'").await;
    inside.get("/bookings").await.expect(401);
}

#[tokio::test]
async fn a_lease_of_one_workspace_opens_no_other() {
    let (world, tenant, inside, lease) = world_with(usual()).await;
    let other = Tenant::found(&world, "other").await;
    let theirs = other.owner.post("/contacts", json!({ "name": "Secret" })).await.expect(201).id();
    inside.get(&format!("/contacts/{theirs}")).await.expect(404);
    assert!(!inside.get("/contacts").await.expect(200).text.contains("Secret"));
    // The id of another workspace's lease is nothing here.
    other.owner.delete(&format!("/support-leases/{lease}")).await.expect(404);
    other.owner.put(&format!("/support-leases/{lease}/grant"), None, usual()).await.expect(404);
    assert_eq!(other.owner.get("/support-leases").await.expect(200).json["items"], json!([]));
    // Nor does a session take its lease elsewhere, were its workspace changed.
    sqlx::query("UPDATE directory.sessions SET lease_id = NULL, tenant_id = $1 WHERE lease_id IS NOT NULL")
        .bind(other.id)
        .execute(&mut world.as_owner().await)
        .await
        .expect("changed");
    inside.get("/contacts").await.expect(403);
    tenant.owner.get("/support-leases").await.expect(200);
}

#[tokio::test]
async fn no_lease_is_wider_than_leases_and_its_giver_are() {
    let (world, tenant, inside, _) = world_with(usual()).await;
    for never in [
        "files:read",
        "contacts:delete",
        "members:write",
        "roles:write",
        "security:manage",
        "settings:manage",
        "privacy:manage",
        "invitations:write",
        "oauth_clients:manage",
        "support:manage",
        "no:such",
    ] {
        let refused = tenant.owner.post("/support-leases", json!({ "reason": "x", "permissions": [never] })).await.expect(422);
        assert_eq!(refused.json["errors"][0]["code"], "not_for_support", "{never}");
    }
    // What the schema never takes either, whoever writes it.
    let written = sqlx::query("UPDATE identity.support_leases SET permissions = '{files:read}'").execute(&mut world.as_owner().await).await;
    assert!(written.is_err());
    inside.get("/contacts").await.expect(200);
    // Who granted it may no more than this: neither may the lease.
    sql(&world, "DELETE FROM identity.role_permissions WHERE permission = 'contacts:read'").await;
    inside.get("/contacts").await.expect(403);
    inside.get("/bookings").await.expect(200);
}

#[tokio::test]
async fn nobody_sets_the_terms_but_who_grants() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (admin_id, admin) = platform_admin(&world, "root@example.com").await;
    let far = "2032-01-01T00:00:00Z";
    let path = format!("/admin/tenants/{}/support-leases", tenant.id);
    for extra in [
        json!({ "ends_at": far }),
        json!({ "permissions": ["contacts:write"] }),
        json!({ "status": "granted" }),
        json!({ "granted_by": tenant.owner_id }),
        json!({ "shows_personal": true }),
    ] {
        let mut body = extra.clone();
        body["reason"] = json!("x");
        admin.post(&path, body).await.expect(422);
    }
    for extra in [
        json!({ "administrator_id": admin_id }),
        json!({ "granted_by": admin_id }),
        json!({ "tenant_id": Uuid::nil() }),
        json!({ "ends_at": far }),
        json!({ "ends_at": "2031-09-08T06:00:00Z" }),
    ] {
        let mut body = extra.clone();
        body["reason"] = json!("x");
        tenant.owner.post("/support-leases", body).await.expect(422);
    }
    let lease = granted(&tenant, usual()).await;
    admin.post("/session/lease", json!({ "lease_id": lease, "ends_at": far })).await.expect(422);
    let inside = entered(&admin, lease).await;
    // From within, nothing of it can be changed.
    for (method, path) in [("POST", "/support-leases".to_owned()), ("PUT", format!("/support-leases/{lease}/grant"))] {
        let body = json!({ "reason": "longer", "ends_at": "2031-09-12T06:00:00Z" });
        let answer = inside.send(method.parse().expect("a method"), &path, &[], Some(&body)).await;
        assert_eq!(answer.code(), "forbidden", "{path}");
    }
    let mut db = world.as_owner().await;
    let longer = sqlx::query("UPDATE identity.support_leases SET ends_at = starts_at + interval '8 days'").execute(&mut db).await;
    assert!(longer.is_err(), "seven days are the schema's bound too");
}

#[tokio::test]
async fn an_administrator_who_is_none_any_more_is_out() {
    let (world, _, inside, lease) = world_with(usual()).await;
    sql(&world, "UPDATE directory.users SET is_platform_admin = false WHERE email = 'root@example.com'").await;
    inside.get("/bookings").await.expect(401);
    let former = again(&world, "root@example.com").await;
    assert_eq!(try_enter(&former, lease).await.code(), "forbidden");
}

#[tokio::test]
async fn a_suspended_workspace_is_shut_to_support_too() {
    let (world, tenant, inside, lease) = world_with(usual()).await;
    sqlx::query("UPDATE directory.tenants SET status = 'suspended' WHERE id = $1")
        .bind(tenant.id)
        .execute(&mut world.as_owner().await)
        .await
        .expect("suspended");
    inside.get("/bookings").await.expect(401);
    let (_, admin) = platform_admin(&world, "second@example.com").await;
    assert_eq!(try_enter(&admin, lease).await.status.as_u16(), 404);
    let path = format!("/admin/tenants/{}/support-leases", tenant.id);
    assert_eq!(admin.post(&path, usual()).await.expect(409).code(), "tenant_inactive");
    assert_eq!(admin.get("/admin/support-leases").await.expect(200).json["items"], json!([]));
}

#[tokio::test]
async fn a_lease_goes_with_whoever_granted_it() {
    for statement in [
        "UPDATE identity.members SET status = 'inactive'",
        "DELETE FROM identity.member_roles",
        "DELETE FROM identity.role_permissions WHERE permission = 'support:manage'",
    ] {
        let (world, _, inside, lease) = world_with(usual()).await;
        sql(&world, statement).await;
        inside.get("/bookings").await.expect(401);
        let (_, admin) = platform_admin(&world, "second@example.com").await;
        assert_eq!(try_enter(&admin, lease).await.status.as_u16(), 404, "{statement}");
    }
}

#[tokio::test]
async fn a_lease_for_one_administrator_is_no_others() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, asker) = platform_admin(&world, "root@example.com").await;
    let (other_id, other) = platform_admin(&world, "other@example.com").await;
    let asked = asker.post(&format!("/admin/tenants/{}/support-leases", tenant.id), usual()).await.expect(201).json;
    let lease: Uuid = asked["lease"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    tenant.owner.put(&format!("/support-leases/{lease}/grant"), None, usual()).await.expect(200);
    assert_eq!(try_enter(&other, lease).await.status.as_u16(), 404);
    assert_eq!(other.get("/admin/support-leases").await.expect(200).json["items"], json!([]));
    let inside = entered(&asker, lease).await;
    inside.get("/bookings").await.expect(200);
    // The session is judged by whose lease it is at each request.
    sqlx::query("UPDATE identity.support_leases SET administrator_id = $1")
        .bind(other_id)
        .execute(&mut world.as_owner().await)
        .await
        .expect("another's");
    inside.get("/bookings").await.expect(401);
}

#[tokio::test]
async fn what_cannot_be_written_into_the_trail_is_not_shown() {
    let (world, tenant, inside, _) = world_with(usual()).await;
    tenant.owner.post("/contacts", json!({ "name": "Secret" })).await.expect(201);
    sql(
        &world,
        "CREATE FUNCTION pg_temp_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the trail is shut'; END $$;
         GRANT EXECUTE ON FUNCTION pg_temp_refuse() TO atrium_app;
         CREATE TRIGGER refuse BEFORE INSERT ON platform.audit_events FOR EACH ROW EXECUTE FUNCTION pg_temp_refuse();",
    )
    .await;
    for path in ["/contacts", "/home", "/events/stream"] {
        let answer = inside.get(path).await;
        assert!(answer.status.is_server_error() && !answer.text.contains("Secret"), "{path}: {}", answer.text);
    }
    // Members' reading needs no trail.
    tenant.owner.get("/contacts").await.expect(200);
}

#[tokio::test]
async fn hidden_fields_are_not_found_by_asking_for_them() {
    let (world, tenant, inside, _) = world_with(usual()).await;
    let (slug, _) = tenant.organizer().await;
    let contact = json!({ "name": "Vera", "email": "vera@example.com", "phone": "+31205550199", "notes": "likes vera@home" });
    tenant.owner.post("/contacts", contact).await.expect(201);
    Client::anonymous(&world)
        .post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), booking("2031-09-09T09:00:00Z", "vera@example.com"))
        .await
        .expect(201);
    for path in [
        "/contacts?q=vera@example.com",
        "/contacts?limit=5&%71=vera",
        "/contacts?email=vera@example.com",
        "/bookings?q=vera",
        "/members?q=acme@example.com",
        "/search?q=vera",
        "/event-types?q=x",
    ] {
        let refused = inside.get(path).await.expect(403);
        assert_eq!(refused.code(), "personal_fields_hidden", "{path}");
    }
    for path in ["/contacts?sort=name&limit=1", "/bookings?view=upcoming", "/members", "/audit-events", "/home"] {
        let seen = inside.get(path).await.expect(200);
        assert!(!seen.text.contains('@') && !seen.text.contains("5550199"), "{path}: {}", seen.text);
    }
    assert!(inside.get("/audit-events").await.expect(200).text.contains("•••"));
    // The version that is the ETag moves with each change, and tells nothing of what was changed.
    let id = inside.get("/contacts?sort=name").await.expect(200).json["items"][0]["id"].as_str().expect("an id").to_owned();
    let one = inside.get(&format!("/contacts/{id}")).await.expect(200);
    assert_eq!((&one.json["email"], &one.json["phone"], &one.json["notes"]), (&json!("•••"), &json!("•••"), &json!("•••")));
    assert_eq!(one.headers["etag"].to_str().expect("text"), format!("\"{}\"", one.json["version"]));
    // What is no JSON cannot be looked through.
    let booked = inside.get("/bookings").await.expect(200).json["items"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(inside.get(&format!("/bookings/{booked}/calendar-file")).await.expect(403).code(), "support_session");
    // Each refusal for want of a right aside, all of it was written down.
    assert!(trail(&tenant, "&action=support.read").await.len() >= 8);
    // A lease that shows it shows it, and is searched by it.
    let (_, second) = platform_admin(&world, "second@example.com").await;
    let open = granted(&tenant, json!({ "reason": "x", "shows_personal": true })).await;
    let open = entered(&second, open).await;
    assert_eq!(open.get("/contacts?q=vera@example.com").await.expect(200).json["items"][0]["email"], "vera@example.com");
    assert_eq!(open.get(&format!("/bookings/{booked}/calendar-file")).await.expect(403).code(), "support_session", "no exports");
}
