//! The audit trail: who changed what, from which value to which.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, Tenant};
use crate::world::World;

async fn lines(client: &Client, query: &str) -> Vec<Value> {
    client.get(&format!("/audit-events?{query}")).await.expect(200).json["items"].as_array().cloned().expect("items")
}

#[tokio::test]
async fn each_change_stands_there_with_old_and_new_values() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (editor_id, editor) = tenant.member(&world, "editor").await;
    let body = json!({ "name": "Vera", "email": "vera@example.com", "phone": "+31 20 123 4567" });
    let contact = editor.send(Method::POST, "/contacts", &[("user-agent", "Test/1")], Some(&body)).await.expect(201);
    let path = format!("/contacts/{}", contact.id());
    let changed = editor
        .patch(&path, &contact.json["version"], json!({ "name": "Vera V", "phone": null, "email": "vera@example.com" }))
        .await
        .expect(200);
    // Nothing that is refused stands there.
    editor.patch(&path, &contact.json["version"], json!({ "name": "Late" })).await.expect(412);
    editor.patch(&path, &changed.json["version"], json!({ "name": "" })).await.expect(422);
    editor.delete(&path).await.expect(204);

    let trail = lines(&tenant.owner, &format!("entity_type=contact&entity_id={}", contact.id())).await;
    let actions: Vec<_> = trail.iter().map(|line| line["action"].as_str().unwrap_or_default()).collect();
    assert_eq!(actions, ["contact.archived", "contact.updated", "contact.created"]);
    let [_, updated, created] = &trail[..] else { panic!("{trail:?}") };
    assert_eq!(
        (&updated["old_values"], &updated["new_values"]),
        (&json!({ "name": "Vera", "phone": contact.json["phone"] }), &json!({ "name": "Vera V", "phone": null }))
    );
    assert_eq!(created["old_values"], json!(null));
    assert_eq!((&created["new_values"]["name"], &created["new_values"]["email"]), (&json!("Vera"), &json!("vera@example.com")));
    for line in &trail {
        assert_eq!(line["actor"], json!({ "id": editor_id, "name": "editor Member", "is_erased": false }));
        assert_eq!(line["ip_address"], "127.0.0.1");
    }
    assert_eq!((&created["user_agent"], &updated["user_agent"]), (&json!("Test/1"), &json!(null)));
}

#[tokio::test]
async fn the_trail_is_filtered_paged_and_closed_to_others() {
    let world = World::new().await;
    let (ours, theirs) = (Tenant::found(&world, "ours").await, Tenant::found(&world, "theirs").await);
    let (editor_id, editor) = ours.member(&world, "editor").await;
    for name in ["One", "Two", "Three"] {
        editor.post("/contacts", json!({ "name": name })).await.expect(201);
    }
    theirs.owner.post("/contacts", json!({ "name": "Theirs" })).await.expect(201);
    let first = ours.owner.get(&format!("/audit-events?actor_id={editor_id}&limit=2")).await.expect(200).json;
    let next = first["next_cursor"].as_str().expect("more");
    let second = ours.owner.get(&format!("/audit-events?actor_id={editor_id}&limit=2&cursor={next}")).await.expect(200).json;
    let names: Vec<_> = [&first, &second]
        .into_iter()
        .flat_map(|page| page["items"].as_array().expect("items"))
        .map(|line| line["new_values"]["name"].clone())
        .collect();
    assert_eq!(names, ["Three", "Two", "One"]);
    assert_eq!(second["next_cursor"], json!(null));
    assert_eq!(lines(&ours.owner, "action=contact.created").await.len(), 3);
    assert!(lines(&ours.owner, "action=contact.updated").await.is_empty());
    editor.get("/audit-events").await.expect(403);
    // A visitor and the program itself act too.
    let (slug, _) = ours.organizer().await;
    let booking = crate::client::booking("2031-09-09T09:00:00Z", "vera@example.com");
    Client::anonymous(&world).post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), booking).await.expect(201);
    assert_eq!(
        lines(&ours.owner, "action=booking.created").await[0]["actor"],
        json!({ "id": null, "name": "visitor", "is_erased": false })
    );
}
