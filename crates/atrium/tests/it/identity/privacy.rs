//! The rights of a person: everything handed out, everything erased, with a report.

use serde_json::json;

use super::accounts::where_it_stands;
use super::{again, kinds_of_mail, sign_up};
use crate::client::{Client, Tenant, booking};
use crate::world::World;

#[tokio::test]
async fn a_user_gets_all_that_is_known_and_nobody_else_does() {
    let world = World::new().await;
    let (ana, bo) = (sign_up(&world, "ana@example.com").await, sign_up(&world, "bo@example.com").await);
    let me = ana.get("/me").await.expect(200).json;
    ana.patch("/me", &me["version"], json!({ "profile": { "bio": "Walks far" } })).await.expect(200);
    let asked = ana.post("/me/exports", json!({})).await.expect(202);
    assert_eq!(asked.json["status"], "queued");
    let path = format!("/me/exports/{}/content", asked.id());
    ana.get(&path).await.expect(404);
    assert_eq!(ana.post("/me/exports", json!({})).await.expect(409).code(), "export_queued");
    world.settle().await;
    assert!(kinds_of_mail(&world, "ana@example.com").await.contains(&"data_export_ready".to_owned()));
    bo.get(&path).await.expect(404);
    let document = ana.get(&path).await.expect(200);
    assert_eq!(document.headers["content-disposition"], "attachment; filename=\"my-data.json\"");
    let json = &document.json;
    assert_eq!(
        (&json["account"]["user"]["email"], &json["account"]["user"]["profile"]["bio"]),
        (&json!("ana@example.com"), &json!("Walks far"))
    );
    assert_eq!((&json["workspaces"][0]["workspace"], &json["workspaces"][0]["member"]["status"]), (&json!("Studio"), &json!("active")));
    for kind in ["consents", "sessions", "sign_ins", "security_events", "status_changes", "mails", "access_tokens", "invitations"] {
        assert!(json["account"][kind].is_array(), "{kind}");
    }
    assert!(json["workspaces"][0]["acts"].as_array().is_some_and(|acts| !acts.is_empty()));
    // No hash of a secret, and nobody else.
    for secret in ["argon2", "token_hash", "bo@example.com"] {
        assert!(!document.text.contains(secret), "{secret}");
    }
    assert!(where_it_stands(&world, "walks far").await.iter().all(|table| table != "directory.data_exports"), "sealed");
    world.advance_minutes(10);
    assert_eq!(ana.get(&path).await.expect(403).code(), "step_up_required");
    assert_eq!(ana.post("/me/exports", json!({})).await.expect(403).code(), "step_up_required");
    world.advance_minutes(7 * 24 * 60);
    let ana = Client::sign_in(&world, "ana@example.com", super::PASSWORD).await;
    ana.get(&path).await.expect(404);
    assert_eq!(ana.get("/me/exports").await.expect(200).json["items"], json!([]));
}

async fn booked(world: &World, tenant: &Tenant) -> (String, String, String) {
    let (slug, _) = tenant.organizer().await;
    let path = format!("/public/organizers/{slug}/event-types/intro/bookings");
    let mut input = booking("2031-09-09T09:00:00Z", "zebra@example.com");
    input["name"] = json!("Zebracorn Visitor");
    let answer = Client::anonymous(world).post(&path, input).await.expect(201);
    let manage = answer.json["manage_url"].as_str().expect("a link").rsplit('/').next().expect("a token").to_owned();
    world.settle().await;
    let contact = tenant.owner.get("/contacts?q=zebra").await.expect(200).json["items"][0].clone();
    let booking = tenant.owner.get("/bookings").await.expect(200).json["items"][0]["id"].as_str().expect("an id").to_owned();
    (contact["id"].as_str().expect("an id").to_owned(), booking, manage)
}

#[tokio::test]
async fn a_contact_is_handed_out_and_erased_in_every_module() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (contact, booking, manage) = booked(&world, &tenant).await;
    let known = tenant.owner.get(&format!("/contacts/{contact}")).await.expect(200).json;
    let name = known["name"].as_str().expect("a name").to_owned();
    tenant.owner.patch(&format!("/contacts/{contact}"), &known["version"], json!({ "notes": "Likes zebracorns" })).await.expect(200);
    let document = tenant.owner.post(&format!("/privacy/contacts/{contact}/data-export"), json!({})).await.expect(200).json;
    assert_eq!((&document["contact"]["email"], &document["contact"]["notes"]), (&json!("zebra@example.com"), &json!("Likes zebracorns")));
    assert_eq!(
        (&document["bookings"][0]["email"], &document["attended"][0]["email"]),
        (&json!("zebra@example.com"), &json!("zebra@example.com"))
    );

    let path = format!("/privacy/contacts/{contact}/erasure");
    let typed = json!({ "name": name });
    let (_, editor) = tenant.member(&world, "editor").await;
    editor.post(&path, typed.clone()).await.expect(403);
    tenant.owner.post(&path, json!({ "name": "x" })).await.expect(422);
    assert_eq!(tenant.owner.post(&path, typed.clone()).await.expect(409).code(), "upcoming_bookings");
    world.advance_minutes(10);
    assert_eq!(tenant.owner.post(&path, typed.clone()).await.expect(403).code(), "step_up_required");
    world.advance_minutes(2 * 24 * 60);
    let owner = again(&world, "acme@example.com").await;
    let report = owner.post(&path, typed).await.expect(200).json;
    let what: Vec<_> = report["outcomes"].as_array().expect("outcomes").iter().map(|line| line["what"].as_str().expect("a name")).collect();
    for kind in ["scheduling.bookings", "scheduling.booking_attendees", "contacts.contacts", "directory.mails", "platform.audit_keys"] {
        assert!(what.contains(&kind), "{kind}: {what:?}");
    }
    world.settle().await;
    assert_eq!(where_it_stands(&world, "zebra").await, [] as [&str; 0]);
    let kept = owner.get(&format!("/bookings/{booking}")).await.expect(200).json;
    assert_eq!((&kept["invitee_name"], &kept["start"]), (&json!("Erased"), &json!("2031-09-09T09:00:00Z")));
    Client::anonymous(&world).get(&format!("/public/bookings/{manage}")).await.expect(404);
    owner.get(&format!("/contacts/{contact}")).await.expect(404);
    assert_eq!(owner.get("/privacy/erasures").await.expect(200).json["items"][0]["contact_id"], json!(contact));
}

#[tokio::test]
async fn a_program_hands_out_and_erases_nobody() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let contact = tenant.owner.post("/contacts", json!({ "name": "Vera" })).await.expect(201).id();
    let token = tenant.owner.post("/access-tokens", json!({ "name": "Script", "scopes": ["privacy:manage"] })).await.expect(201);
    let bearer = format!("Bearer {}", token.json["token"].as_str().expect("a token"));
    for (path, body) in [("data-export", json!({})), ("erasure", json!({ "name": "Vera" }))] {
        let path = format!("/privacy/contacts/{contact}/{path}");
        let answer = Client::anonymous(&world).send(reqwest::Method::POST, &path, &[("authorization", &bearer)], Some(&body)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "session_required"), "{path}");
    }
}
