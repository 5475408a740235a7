//! What the trail says about people, and what is left of it after their erasure.

use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use super::{found, seal};
use crate::client::{Client, Tenant, booking};
use crate::identity::again;
use crate::world::World;

/// Every line of the trail as the database holds it.
async fn as_stored(world: &World) -> String {
    let rows =
        sqlx::query("SELECT e::text AS line FROM platform.audit_events e").fetch_all(&mut world.as_owner().await).await.expect("lines");
    rows.iter().map(|row| row.get::<String, _>("line")).collect::<Vec<_>>().join("\n")
}

async fn lines(client: &Client, query: &str) -> Vec<Value> {
    client.get(&format!("/audit-events?{query}")).await.expect(200).json["items"].as_array().cloned().expect("items")
}

#[tokio::test]
async fn what_is_said_of_people_is_stored_sealed() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = booking("2031-09-09T09:00:00Z", "zebra@example.com");
    Client::anonymous(&world).post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), visitor).await.expect(201);
    tenant.owner.post("/contacts", json!({ "name": "Zebracorn", "phone": "+31201234567" })).await.expect(201);
    let (_, admin) = crate::identity::platform_admin(&world, "root@example.com").await;
    admin.put(&format!("/admin/tenants/{}/trial", tenant.id), None, json!({ "ends_at": "2032-01-01T00:00:00Z" })).await.expect(204);
    let stored = as_stored(&world).await.to_lowercase();
    for personal in ["zebra", "127.0.0.1", "acme owner", "acme@example.com", "+3120"] {
        assert!(!stored.contains(personal), "{personal}");
    }
    // And whoever may read the trail reads it.
    let booked = &lines(&tenant.owner, "action=booking.created").await[0];
    assert_eq!((&booked["new_values"]["invitee_email"], &booked["ip_address"]), (&json!("zebra@example.com"), &json!("127.0.0.1")));
    assert!(lines(&tenant.owner, "action=tenant.trial_changed").await[0]["actor"]["name"].is_string());
}

#[tokio::test]
async fn the_erasure_of_a_contact_keeps_the_chain_whole() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let contact = tenant.owner.post("/contacts", json!({ "name": "Zebracorn", "email": "zebra@example.com" })).await.expect(201);
    let path = format!("/contacts/{}", contact.id());
    tenant.owner.patch(&path, &contact.json["version"], json!({ "notes": "Likes zebracorns" })).await.expect(200);
    tenant.owner.post("/contacts", json!({ "name": "Stays" })).await.expect(201);
    seal(&world).await;
    assert_eq!(found(&world, tenant.id).await, None);
    let erasure = format!("/privacy/contacts/{}/erasure", contact.id());
    tenant.owner.post(&erasure, json!({ "name": "Zebracorn" })).await.expect(200);
    seal(&world).await;
    assert_eq!(found(&world, tenant.id).await, None);
    let trail = lines(&tenant.owner, &format!("entity_id={}", contact.id())).await;
    let created = trail.iter().find(|line| line["action"] == "contact.created").expect("the line stays");
    assert_eq!((&created["is_erased"], &created["new_values"]), (&json!(true), &json!(null)));
    // Who did it is another person.
    assert_eq!(created["actor"]["name"], "acme Owner");
    assert!(lines(&tenant.owner, "q=zebra").await.is_empty());
    assert_eq!(lines(&tenant.owner, "q=stays").await.len(), 1);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM platform.audit_keys WHERE subject_id = $1")
        .bind(contact.id())
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a count");
    assert_eq!(left, 0);
}

#[tokio::test]
async fn the_erasure_of_a_user_keeps_the_chain_whole() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (user, editor) = tenant.member(&world, "editor").await;
    let other = Tenant::found(&world, "other").await;
    let role = other.owner.get("/roles").await.expect(200).json["items"]
        .as_array()
        .expect("roles")
        .iter()
        .find(|role| role["name"] == "viewer")
        .expect("viewer")["id"]
        .clone();
    // Invited elsewhere, where he or she never was.
    other.owner.post("/invitations", json!({ "email": "editor.acme@example.com", "role_id": role })).await.expect(201);
    let contact = editor.post("/contacts", json!({ "name": "Stays" })).await.expect(201).id();
    editor.post("/me/closure", json!({ "email": "editor.acme@example.com" })).await.expect(202);
    world.settle().await;
    seal(&world).await;
    world.advance_minutes(7 * 24 * 60 + 1);
    platform::jobs::enqueue(&mut world.as_owner().await, &identity::erasure::EraseDue {}, platform::jobs::When::default())
        .await
        .expect("enqueued");
    world.settle().await;
    seal(&world).await;
    assert_eq!((found(&world, tenant.id).await, found(&world, other.id).await), (None, None));
    let owner = again(&world, "acme@example.com").await;
    let created = &lines(&owner, &format!("entity_id={contact}")).await[0];
    assert_eq!((&created["actor"]["id"], &created["actor"]["is_erased"]), (&json!(user), &json!(true)));
    assert_eq!((&created["ip_address"], &created["new_values"]["name"]), (&json!(null), &json!("Stays")));
    let invited = &lines(&again(&world, "other@example.com").await, "action=invitation.created").await[0];
    assert_eq!((&invited["is_erased"], &invited["new_values"]), (&json!(true), &json!(null)));
}

/// A key belongs to one tenant: what one erases, another keeps.
#[tokio::test]
async fn a_person_has_a_key_in_each_workspace() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.owner.post("/contacts", json!({ "name": "One" })).await.expect(201);
    tenant.owner.post("/tenants", json!({ "name": "Second", "timezone": "UTC" })).await.expect(201);
    let tenants: Vec<Uuid> = sqlx::query_scalar("SELECT DISTINCT tenant_id FROM platform.audit_keys WHERE subject_id = $1")
        .bind(tenant.owner_id)
        .fetch_all(&mut world.as_owner().await)
        .await
        .expect("keys");
    assert_eq!(tenants.len(), 2);
}

/// Who is known already costs no key and no look-up more.
#[tokio::test]
async fn one_process_makes_one_key_for_one_person() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    for nth in 0..5 {
        tenant.owner.post("/roles", json!({ "name": format!("Role {nth}"), "permissions": [] })).await.expect(201);
    }
    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM platform.audit_keys WHERE subject_id = $1")
        .bind(tenant.owner_id)
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a count");
    assert!(keys <= 2, "{keys}");
}

#[tokio::test]
async fn the_trail_is_searched_by_text_address_and_period() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    for name in ["Vera Zebracorn", "Bo"] {
        tenant.owner.post("/contacts", json!({ "name": name })).await.expect(201);
    }
    let count = async |query: &str| lines(&tenant.owner, query).await.len();
    assert_eq!((count("q=zebraCORN").await, count("q=nothing+of+the+kind").await), (1, 0));
    assert_eq!(count("q=acme+owner&action=contact.created").await, 2);
    assert_eq!((count("address=127.0.0.0/8&action=contact.created").await, count("address=203.0.113.9").await), (2, 0));
    assert_eq!((count("from=2001-01-01T00:00:00Z&action=contact.created").await, count("to=2001-01-01T00:00:00Z").await), (2, 0));
    for (query, field) in [("address=nowhere", "address"), ("q=x", "q"), ("from=yesterday", "from")] {
        let refused = tenant.owner.get(&format!("/audit-events?{query}")).await;
        assert!(refused.status.is_client_error() && refused.text.contains(field), "{query}: {}", refused.text);
    }
    let first = tenant.owner.get("/audit-events?q=contact.created&limit=1").await.expect(200).json;
    let next = first["next_cursor"].as_str().expect("more");
    let second = tenant.owner.get(&format!("/audit-events?q=contact.created&limit=1&cursor={next}")).await.expect(200).json;
    assert_eq!(
        (&first["items"][0]["new_values"]["name"], &second["items"][0]["new_values"]["name"]),
        (&json!("Bo"), &json!("Vera Zebracorn"))
    );
}

#[tokio::test]
async fn a_workspace_sees_which_security_events_its_members_had_and_no_more() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let other = Tenant::found(&world, "other").await;
    let (member, editor) = tenant.member(&world, "editor").await;
    editor.post("/me/exports", json!({})).await.expect(202);
    other.owner.post("/me/exports", json!({})).await.expect(202);
    let token = json!({ "name": "Secret script", "scopes": ["contacts:read"] });
    editor.post("/access-tokens", token).await.expect(201);
    let events = tenant.owner.get("/security-events?severity=medium").await.expect(200);
    let items = events.json["items"].as_array().expect("items");
    assert!(items.iter().any(|event| event["event"] == "data_export_requested" && event["user_id"] == json!(member)), "{}", events.text);
    assert!(items.iter().all(|event| event["severity"] == "medium" && event["user_id"] != json!(other.owner_id)));
    assert!(!events.text.contains("127.0.0.1") && !events.text.contains("Secret script"), "{}", events.text);
    assert_eq!(tenant.owner.get("/security-events?severity=critical").await.expect(200).json["items"], json!([]));
    editor.get("/security-events").await.expect(403);
    assert!(tenant.owner.get("/security-events?severity=dire").await.status.is_client_error());
}
