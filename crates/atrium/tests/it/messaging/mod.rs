//! Notifications in the app: who is told of what, once, and nobody else.

mod messages;
mod preferences;
mod reactions;
mod sms;
mod templates;

use platform::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Client, Tenant, booking};
use crate::live::{Stream, run};
use crate::world::{START, World};

/// What is switched on where nothing was chosen, as it is sent.
pub fn choices() -> Value {
    json!({
        "channels": {
            "bookings": { "in_app": true, "email": true },
            "workspace": { "in_app": true },
            "system": { "in_app": true },
            "security": { "in_app": true, "email": true },
        },
        "do_not_disturb": { "enabled": false, "from": "22:00", "until": "07:00" },
        "reminder_minutes_before": 60,
    })
}

/// Delivers what waits, and answers what the client was told so far, newest first. Each kind has its sentence in the web app.
async fn told(world: &World, client: &Client) -> Vec<Value> {
    world.settle().await;
    let sentences = include_str!("../../../../../web/src/i18n/messaging/en.ts");
    let items = client.get("/notifications?limit=100").await.expect(200).json["items"].as_array().cloned().expect("items");
    for item in &items {
        let kind = item["kind"].as_str().expect("a kind");
        assert!(sentences.contains(&format!("\"{kind}\":")), "the web app has no words for {kind}");
    }
    items
}

async fn kinds(world: &World, client: &Client) -> Vec<String> {
    told(world, client).await.iter().map(|item| item["kind"].as_str().expect("a kind").to_owned()).collect()
}

async fn unread(client: &Client) -> i64 {
    client.get("/notifications/unread").await.expect(200).json["count"].as_i64().expect("a count")
}

/// A visitor books the owner's time.
async fn book(world: &World, tenant: &Tenant, start: &str) -> Value {
    let path = format!("/public/organizers/{}-page/event-types/intro/bookings", tenant.name);
    Client::anonymous(world).post(&path, booking(start, "vera@example.com")).await.expect(201).json
}

#[tokio::test]
async fn a_booking_is_told_to_its_organizer_and_to_nobody_else() {
    let world = World::new().await;
    let (ours, theirs) = (Tenant::found(&world, "ours").await, Tenant::found(&world, "theirs").await);
    let (_, admin) = ours.member(&world, "admin").await;
    ours.organizer().await;
    book(&world, &ours, "2031-09-09T09:00:00Z").await;
    let items = told(&world, &ours.owner).await;
    assert_eq!(items.len(), 1, "{items:?}");
    let one = &items[0];
    assert_eq!((one["kind"].as_str(), one["group"].as_str()), (Some("booking.created"), Some("bookings")));
    assert_eq!((&one["facts"]["invitee"], &one["facts"]["event_type"]), (&json!("Vera Visitor"), &json!("Intro call")));
    assert_eq!((&one["read_at"], &one["actor"]), (&json!(null), &json!(null)));
    let booking = ours.owner.get("/bookings").await.expect(200).json["items"][0]["id"].clone();
    assert_eq!(one["link"], json!(format!("/bookings/{}", booking.as_str().expect("an id"))));
    let id = one["id"].as_str().expect("an id");
    for other in [&admin, &theirs.owner] {
        assert_eq!((told(&world, other).await, unread(other).await), (Vec::new(), 0));
        other.put(&format!("/notifications/{id}/reading"), None, json!({})).await.expect(404);
        other.delete(&format!("/notifications/{id}/reading")).await.expect(404);
        let many = other.post("/notification-readings", json!({ "ids": [id] })).await.expect(422);
        assert_eq!(many.json["errors"][0]["code"], "unknown");
        assert_eq!(other.post("/notification-readings", json!({})).await.expect(200).json["read"], 0);
    }
    assert_eq!(unread(&ours.owner).await, 1, "what others asked changed nothing");
}

#[tokio::test]
async fn what_one_does_oneself_is_not_told() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, admin) = tenant.member(&world, "admin").await;
    tenant.organizer().await;
    book(&world, &tenant, "2031-09-09T09:00:00Z").await;
    world.settle().await;
    tenant.owner.post("/notification-readings", json!({})).await.expect(200);
    let id = tenant.owner.get("/bookings").await.expect(200).json["items"][0]["id"].as_str().expect("an id").to_owned();
    tenant.owner.post(&format!("/bookings/{id}/cancellation"), json!({})).await.expect(200);
    assert_eq!(kinds(&world, &tenant.owner).await, ["booking.created"]);
    // The colleague does it for the organizer, who is told by whom.
    admin.post(&format!("/bookings/{id}/restoration"), json!({})).await.expect(200);
    let items = told(&world, &tenant.owner).await;
    assert_eq!((&items[0]["kind"], &items[0]["actor"]["name"]), (&json!("booking.restored"), &json!("admin Member")));
    assert_eq!(kinds(&world, &admin).await, [] as [&str; 0]);
}

#[tokio::test]
async fn an_event_that_is_delivered_again_tells_once() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    book(&world, &tenant, "2031-09-09T09:00:00Z").await;
    assert_eq!(told(&world, &tenant.owner).await.len(), 1);
    let again = sqlx::query("UPDATE platform.events SET dispatched_at = NULL WHERE kind = 'booking.created'")
        .execute(&mut world.as_owner().await)
        .await
        .expect("undelivered");
    assert_eq!(again.rows_affected(), 1);
    assert_eq!(told(&world, &tenant.owner).await.len(), 1);
}

#[tokio::test]
async fn they_are_read_one_by_one_several_and_all_and_unread_again() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    for hour in 8..13 {
        book(&world, &tenant, &format!("2031-09-09T{hour:02}:00:00Z")).await;
    }
    let owner = &tenant.owner;
    let ids: Vec<String> = told(&world, owner).await.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect();
    assert_eq!((ids.len(), unread(owner).await), (5, 5));
    let reading = format!("/notifications/{}/reading", ids[0]);
    let first = owner.put(&reading, None, json!({})).await.expect(200).json;
    assert_eq!(first["read_at"], json!(world.now()));
    world.advance_minutes(1);
    assert_eq!(owner.put(&reading, None, json!({})).await.expect(200).json["read_at"], first["read_at"], "again changes nothing");
    assert_eq!(owner.post("/notification-readings", json!({ "ids": [ids[0], ids[1], ids[1]] })).await.expect(200).json["read"], 1);
    assert_eq!(unread(owner).await, 3);
    assert_eq!(owner.delete(&reading).await.expect(200).json["read_at"], json!(null));
    assert_eq!(unread(owner).await, 4);
    assert_eq!(owner.post("/notification-readings", json!({})).await.expect(200).json["read"], 4);
    assert_eq!(unread(owner).await, 0);
    let count = async |query: &str| owner.get(&format!("/notifications?{query}")).await.expect(200).json["items"].as_array().map(Vec::len);
    assert_eq!((count("unread=true").await, count("unread=false").await), (Some(0), Some(5)));
    assert_eq!((count("group=bookings").await, count("group=security").await), (Some(5), Some(0)));
    assert_eq!((count("kind=booking.created").await, count("kind=booking.cancelled").await), (Some(5), Some(0)));
    let page = owner.get("/notifications?limit=3").await.expect(200).json;
    let rest = format!("/notifications?limit=3&cursor={}", page["next_cursor"].as_str().expect("more"));
    assert_eq!(owner.get(&rest).await.expect(200).json["items"].as_array().map(Vec::len), Some(2));
    owner.get("/notifications?group=weather").await.expect(422);
    owner.post("/notification-readings", json!({ "ids": vec![Uuid::nil(); 101] })).await.expect(422);
}

#[tokio::test]
async fn the_stream_brings_them_to_their_reader_alone() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, admin) = tenant.member(&world, "admin").await;
    tenant.organizer().await;
    let token = json!({ "name": "Script", "scopes": ["bookings:read", "contacts:read"] });
    let token = tenant.owner.post("/access-tokens", token).await.expect(201).json["token"].as_str().expect("a token").to_owned();
    let _running = run(&world).await;
    let (mut owners, mut admins) = (Stream::open(&tenant.owner, None).await, Stream::open(&admin, None).await);
    book(&world, &tenant, "2031-09-09T09:00:00Z").await;
    let created = loop {
        let frame = owners.next().await.expect("an event");
        if frame.event == "notification.created" {
            break frame;
        }
    };
    assert_eq!(
        (&created.data["payload"]["notification_kind"], &created.data["payload"]["is_quiet"]),
        (&json!("booking.created"), &json!(false))
    );
    assert!(!created.data.to_string().contains("Vera"), "it says that there is one, and not what it says: {}", created.data);
    // What comes last tells that all before it has come.
    tenant.owner.post("/notification-readings", json!({})).await.expect(200);
    tenant.owner.post("/contacts", json!({ "name": "Last" })).await.expect(201);
    let mut seen = Vec::new();
    loop {
        let frame = admins.next().await.expect("an event");
        let is_last = frame.data["payload"]["name"] == "Last";
        seen.push(frame.event);
        if is_last {
            break;
        }
    }
    assert!(seen.contains(&"booking.created".to_owned()), "{seen:?}");
    assert!(seen.iter().all(|event| !event.starts_with("notification.") && event != "account.noticed"), "{seen:?}");
    // And no program reads a person's notifications.
    let bearer = format!("Bearer {token}");
    for path in ["/notifications", "/notifications/unread", "/notification-preferences"] {
        let answer = Client::anonymous(&world).send(reqwest::Method::GET, path, &[("authorization", &bearer)], None).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "session_required"), "{path}");
    }
}

#[tokio::test]
async fn what_was_read_goes_after_ninety_days_and_the_rest_after_a_year() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    book(&world, &tenant, "2031-09-09T09:00:00Z").await;
    book(&world, &tenant, "2031-09-09T10:00:00Z").await;
    let id = told(&world, &tenant.owner).await[0]["id"].as_str().expect("an id").to_owned();
    tenant.owner.put(&format!("/notifications/{id}/reading"), None, json!({})).await.expect(200);
    let left = async |days: i64| {
        let owner = &world.app.pools.owner;
        world.clock.set(START.parse::<Timestamp>().expect("an instant").plus_seconds(days * 24 * 3600));
        platform::retention::apply(&world.app).await.expect("applied");
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM messaging.notifications").fetch_one(owner).await.expect("a count");
        left
    };
    assert_eq!([left(89).await, left(91).await, left(364).await, left(366).await], [2, 1, 1, 0]);
}
