//! Users and workspaces that were suspended get nowhere, with whatever they held before.

use reqwest::Method;
use serde_json::json;

use super::{PASSWORD, kinds_of_mail, newest_token, role_id, sign_up, try_sign_in};
use crate::client::{Client, Tenant, booking};
use crate::world::World;

async fn set_user(world: &World, email: &str, status: &str) {
    sqlx::query("UPDATE directory.users SET status = $2, deleted_at = CASE WHEN $2 = 'deleted' THEN now() END WHERE email = $1")
        .bind(email)
        .bind(status)
        .execute(&mut world.as_owner().await)
        .await
        .expect("changed");
}

#[tokio::test]
async fn a_suspended_user_gets_nowhere() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    let tenant = Tenant::found(&world, "acme").await;
    let viewer = role_id(&tenant, "viewer").await;
    tenant.owner.post("/invitations", json!({ "email": "ana@example.com", "role_id": viewer })).await.expect(201);
    let invitation = newest_token(&world, "ana@example.com").await;
    Client::anonymous(&world).post("/password-resets", json!({ "email": "ana@example.com" })).await.expect(202);
    let reset = newest_token(&world, "ana@example.com").await;
    for status in ["suspended", "inactive", "deleted"] {
        set_user(&world, "ana@example.com", status).await;
        ana.get("/session").await.expect(401);
        ana.get("/contacts").await.expect(401);
        let refused = try_sign_in(&world, "ana@example.com", PASSWORD).await;
        let expected = if status == "deleted" { (401, "invalid_credentials") } else { (403, "account_inactive") };
        assert_eq!((refused.status.as_u16(), refused.code()), expected, "{status}: {}", refused.text);
        world.advance_minutes(1);
        // No link opens what is closed.
        let accepted =
            Client::anonymous(&world).post("/invitation-acceptances", json!({ "token": invitation, "password": PASSWORD })).await;
        assert!(matches!(accepted.status.as_u16(), 401 | 403 | 422), "{status}: {}", accepted.text);
        assert!(!accepted.headers.contains_key("set-cookie"));
        world.advance_minutes(1);
        let before = kinds_of_mail(&world, "ana@example.com").await.len();
        Client::anonymous(&world).post("/password-resets", json!({ "email": "ana@example.com" })).await.expect(202);
        assert_eq!(kinds_of_mail(&world, "ana@example.com").await.len(), before, "{status}: no mail");
    }
    Client::anonymous(&world)
        .put("/password-resets", None, json!({ "token": reset, "password": "another fine password" }))
        .await
        .expect(422);
}

#[tokio::test]
async fn a_suspended_workspace_is_closed_to_members_and_visitors() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    let public = format!("/public/organizers/{slug}/event-types/intro");
    let booked = visitor.post(&format!("{public}/bookings"), booking("2031-09-09T09:00:00Z", "vera@example.com")).await.expect(201);
    let manage = booked.json["manage_url"].as_str().expect("a link").rsplit('/').next().expect("a token").to_owned();
    let guest = role_id(&tenant, "guest").await;
    tenant.owner.post("/invitations", json!({ "email": "bo@example.com", "role_id": guest })).await.expect(201);
    let invitation = newest_token(&world, "bo@example.com").await;
    let mut elsewhere = tenant.owner.clone();
    let second = tenant.owner.post("/tenants", json!({ "name": "Second", "timezone": "UTC" })).await.expect(201);

    for status in ["suspended", "inactive", "pending_deletion"] {
        sqlx::query("UPDATE directory.tenants SET status = $2 WHERE id = $1")
            .bind(tenant.id)
            .bind(status)
            .execute(&mut world.as_owner().await)
            .await
            .expect("changed");
        assert_eq!(tenant.owner.get("/contacts").await.expect(403).code(), "no_tenant");
        assert_eq!(tenant.owner.post("/contacts", json!({ "name": "X" })).await.expect(403).code(), "no_tenant");
        let session = tenant.owner.get("/session").await.expect(200).json;
        assert_eq!((&session["tenant"], &session["permissions"]), (&json!(null), &json!([])));
        assert!(session["tenants"].as_array().expect("tenants").iter().any(|of| of["status"] == status));
        assert_eq!(tenant.owner.post("/session/tenant", json!({ "tenant_id": tenant.id })).await.expect(409).code(), "tenant_inactive");
        for path in [format!("/public/organizers/{slug}"), format!("{public}/slots?from=2031-09-10T00:00:00Z&to=2031-09-11T00:00:00Z")] {
            assert_eq!(visitor.get(&path).await.status.as_u16(), 404, "{status} {path}");
        }
        visitor.post(&format!("{public}/bookings"), booking("2031-09-10T09:00:00Z", "vera@example.com")).await.expect(404);
        assert_eq!(visitor.get(&format!("/b/{slug}")).await.status.as_u16(), 404, "{status}");
        visitor.post("/invitation-lookups", json!({ "token": invitation })).await.expect(422);
        visitor.post("/invitation-acceptances", json!({ "token": invitation, "name": "Bo", "password": PASSWORD })).await.expect(422);
        if status == "suspended" {
            // Whom the host suspends is shut by every door.
            visitor.get(&format!("/public/bookings/{manage}")).await.expect(404);
            visitor.post(&format!("/public/bookings/{manage}/cancellation"), json!({})).await.expect(404);
            continue;
        }
        // Who has a booking still sees it, and may call it off, but takes no other time.
        visitor.get(&format!("/public/bookings/{manage}")).await.expect(200);
        let moved =
            visitor.post(&format!("/public/bookings/{manage}/reschedulings"), json!({ "start": "2031-09-10T09:00:00Z" })).await.expect(409);
        assert_eq!(moved.code(), "event_type_inactive");
    }
    visitor.post(&format!("/public/bookings/{manage}/cancellation"), json!({})).await.expect(200);
    // The user works on elsewhere.
    let switched = elsewhere.post("/session/tenant", json!({ "tenant_id": second.id() })).await.expect(200);
    elsewhere.keep_cookie(&switched);
    elsewhere.get("/contacts").await.expect(200);
    sqlx::query("UPDATE directory.tenants SET status = 'active' WHERE id = $1")
        .bind(tenant.id)
        .execute(&mut world.as_owner().await)
        .await
        .expect("changed");
    visitor.post(&format!("{public}/bookings"), booking("2031-09-10T09:00:00Z", "vera@example.com")).await.expect(201);
    visitor.get(&format!("/public/bookings/{manage}")).await.expect(200);
}

/// Links that were handed out to a member open nothing once he or she is none: files, exports of the trail, and, for who is
/// suspended from the instance, the export of all own data too.
#[tokio::test]
async fn a_removed_or_suspended_members_links_to_downloads_are_dead() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    for (n, end) in ["removed", "suspended", "inactive", "suspended from the instance"].into_iter().enumerate() {
        let (id, member) = tenant.member(&world, "admin").await;
        let form = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nsecret\r\n--x--\r\n";
        let file = member.raw(Method::POST, "/api/v1/files", "multipart/form-data; boundary=x", form.into()).await.expect(201).id();
        let export = member.post("/audit-exports", json!({})).await.expect(202).id();
        let own = member.post("/me/exports", json!({})).await.expect(202).id();
        world.settle().await;
        let links = [format!("/files/{file}"), format!("/audit-exports/{export}/content")];
        let own = format!("/me/exports/{own}/content");
        for link in links.iter().chain([&own]) {
            member.get(link).await.expect(200);
        }
        let path = format!("/members/{id}");
        match end {
            "removed" => {
                tenant.owner.delete(&path).await.expect(204);
            }
            "suspended" | "inactive" => {
                tenant.owner.send(Method::PATCH, &path, &[("if-match", "*")], Some(&json!({ "status": end }))).await.expect(200);
            }
            _ => set_user(&world, "admin.acme@example.com", "suspended").await,
        }
        for link in &links {
            let answer = member.get(link).await;
            assert!(matches!(answer.status.as_u16(), 401 | 403 | 404), "{end}: {link}: {}", answer.text);
            assert!(!answer.text.contains("secret"), "{end}: {link}");
        }
        // One's own data are the person's, whatever workspace he or she left, and not the suspended account's.
        let expected = if n == 3 { 401 } else { 200 };
        assert_eq!(member.get(&own).await.status.as_u16(), expected, "{end}");
        sqlx::raw_sql(
            "UPDATE directory.users SET email = id || '@gone.example', email_key = id || '@gone.example' WHERE email = 'admin.acme@example.com'",
        )
        .execute(&mut world.as_owner().await)
        .await
        .expect("another may come");
    }
}
