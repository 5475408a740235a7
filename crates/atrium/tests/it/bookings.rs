//! One booking from the public address to the inboxes, and everything that can happen to it.

use platform::mail::Mail;
use serde_json::{Value, json};

use crate::client::{Client, Tenant, booking};
use crate::world::World;

/// What was written to that address, oldest first, unsealed as the mailbox shows it.
pub async fn mails_to(world: &World, address: &str) -> Vec<(Mail, String)> {
    let mut db = world.as_owner().await;
    let rows: Vec<(uuid::Uuid, Option<uuid::Uuid>, Vec<u8>, String)> =
        sqlx::query_as("SELECT id, tenant_id, message_ciphertext, status FROM directory.mails WHERE recipient = $1 ORDER BY id")
            .bind(address)
            .fetch_all(&mut db)
            .await
            .expect("mails");
    rows.into_iter()
        .map(|(id, tenant, sealed, status)| {
            let place = platform::crypto::Place { column: "mails.message_ciphertext", tenant, row: id };
            let plain = world.app.keys.open(place, &sealed).expect("opens");
            (serde_json::from_slice(&plain).expect("a mail"), status)
        })
        .collect()
}

pub fn ics_of(mail: &Mail) -> Calendar {
    let file = mail.calendar.as_ref().expect("an invitation");
    let parsed: icalendar::Calendar = file.ics.parse().expect("valid iCalendar");
    let event = parsed.components.iter().find_map(|component| component.as_event()).expect("an event").clone();
    let property = |name: &str| icalendar::Component::property_value(&event, name).unwrap_or_default().to_owned();
    Calendar {
        method: file.method.clone(),
        written_method: parsed.property_value("METHOD").unwrap_or_default().to_owned(),
        uid: property("UID"),
        sequence: property("SEQUENCE").parse().unwrap_or(0),
        start: property("DTSTART"),
        status: property("STATUS"),
    }
}

pub struct Calendar {
    pub method: String,
    pub written_method: String,
    pub uid: String,
    pub sequence: i32,
    pub start: String,
    pub status: String,
}

struct Scene {
    world: World,
    tenant: Tenant,
    visitor: Client,
    base: String,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    Scene { world, tenant, visitor, base: format!("/public/organizers/{slug}/event-types/intro") }
}

impl Scene {
    async fn book(&self, start: &str, email: &str) -> crate::client::Answer {
        self.visitor.post(&format!("{}/bookings", self.base), booking(start, email)).await
    }

    /// The path of the manage link's JSON.
    fn manage(&self, booked: &Value) -> String {
        let url = booked["manage_url"].as_str().expect("a link");
        assert!(url.starts_with(&self.world.url), "{url}");
        format!("/public/bookings/{}", url.rsplit('/').next().expect("a token"))
    }
}

#[tokio::test]
async fn from_the_public_page_to_both_inboxes() {
    let scene = scene().await;
    let day = scene.visitor.get(&format!("{}/slots?from=2031-09-09T00:00:00Z&to=2031-09-10T00:00:00Z", scene.base)).await.expect(200);
    let slots = day.json["slots"].as_array().expect("slots");
    // 09:00 to 17:00 in Amsterdam, 30 minutes, every 15.
    assert_eq!(slots.len(), 31);
    assert_eq!(slots[0]["start"], "2031-09-09T07:00:00Z");
    let booked = scene.book("2031-09-09T09:00:00Z", "vera@example.com").await.expect(201).json;
    scene.world.settle().await;

    let to_visitor = mails_to(&scene.world, "vera@example.com").await;
    let to_organizer = mails_to(&scene.world, "acme@example.com").await;
    assert_eq!((to_visitor.len(), to_organizer.len()), (1, 1));
    let (mail, status) = &to_visitor[0];
    assert_eq!(status, "kept");
    assert!(mail.text.contains(booked["manage_url"].as_str().expect("a link")), "{}", mail.text);
    assert!(mail.text.contains("06:00") || mail.text.contains("6:00"), "in the visitor's zone (UTC-3): {}", mail.text);
    assert!(to_organizer[0].0.text.contains("11:00"), "in the organizer's zone: {}", to_organizer[0].0.text);
    let ics = ics_of(mail);
    assert_eq!(
        (ics.method.as_str(), ics.written_method.as_str(), ics.sequence, ics.status.as_str()),
        ("REQUEST", "REQUEST", 0, "CONFIRMED")
    );
    assert_eq!(ics.start, "20310909T090000Z");
    assert_eq!(ics_of(&to_organizer[0].0).uid, ics.uid);

    let listed = scene.tenant.owner.get("/bookings?view=upcoming").await.expect(200).json;
    assert_eq!(listed["items"][0]["invitee_email"], "vera@example.com");
    let contact = scene.tenant.owner.get("/contacts?q=vera").await.expect(200).json;
    assert_eq!(contact["items"][0]["email"], "vera@example.com");
    assert_eq!(contact["items"][0]["total_bookings"], 1);
    let trail = scene
        .tenant
        .owner
        .get(&format!("/audit-events?entity_id={}", listed["items"][0]["id"].as_str().expect("id")))
        .await
        .expect(200)
        .json;
    assert_eq!(trail["items"][0]["action"], "booking.created");
}

#[tokio::test]
async fn the_time_is_taken_and_the_nearest_are_named() {
    let scene = scene().await;
    scene.book("2031-09-09T09:00:00Z", "one@example.com").await.expect(201);
    for start in ["2031-09-09T09:00:00Z", "2031-09-09T08:45:00Z", "2031-09-09T09:15:00Z"] {
        let refused = scene.book(start, "two@example.com").await.expect(409);
        assert_eq!(refused.code(), "slot_taken");
        let nearest = refused.json["nearest"].as_array().expect("nearest");
        assert!(!nearest.is_empty() && nearest.len() <= 5);
        assert!(
            nearest.iter().any(|slot| slot["start"] == "2031-09-09T08:30:00Z" || slot["start"] == "2031-09-09T09:30:00Z"),
            "{nearest:?}"
        );
    }
    scene.book("2031-09-09T09:30:00Z", "two@example.com").await.expect(201);
    // A refused booking leaves no contact.
    scene.book("2031-09-09T09:30:00Z", "three@example.com").await.expect(409);
    assert_eq!(scene.tenant.owner.get("/contacts?q=three").await.expect(200).json["items"], json!([]));
}

/// The constraint sees a hold that has run out as it sees any other, so who books there removes it first.
#[tokio::test]
async fn a_hold_takes_its_time_until_it_has_run_out() {
    let scene = scene().await;
    let mut db = scene.world.as_owner().await;
    sqlx::query(
        "INSERT INTO scheduling.occupancy (tenant_id, id, bookable_id, kind, ref_id, start_time, end_time, expires_at)
         VALUES ($1, $2, $3, 'hold', $2, '2031-09-09T09:00:00Z', '2031-09-09T09:30:00Z', $4)",
    )
    .bind(scene.tenant.id)
    .bind(crate::world::some_id())
    .bind(scene.tenant.owner_id)
    .bind(scene.world.now().plus_seconds(600))
    .execute(&mut db)
    .await
    .expect("a hold");
    let refused = scene.book("2031-09-09T09:15:00Z", "vera@example.com").await.expect(409);
    assert_eq!(refused.code(), "slot_taken");
    scene.world.advance_minutes(11);
    let day = scene.visitor.get(&format!("{}/slots?from=2031-09-09T00:00:00Z&to=2031-09-10T00:00:00Z", scene.base)).await.expect(200);
    assert_eq!(day.json["slots"].as_array().map(Vec::len), Some(31));
    scene.book("2031-09-09T09:15:00Z", "vera@example.com").await.expect(201);
    let kinds: Vec<String> = sqlx::query_scalar("SELECT kind FROM scheduling.occupancy").fetch_all(&mut db).await.expect("kinds");
    assert_eq!(kinds, ["booking"]);
}

#[tokio::test]
async fn times_that_were_never_offered_are_refused() {
    let scene = scene().await;
    for (start, why) in [
        ("2031-09-01T09:00:00Z", "in the past"),
        ("2031-09-08T05:59:00Z", "a minute ago"),
        ("2031-09-09T09:07:00Z", "off the grid"),
        ("2031-09-09T03:00:00Z", "before the day begins"),
        ("2031-09-13T09:00:00Z", "a Saturday"),
        ("2032-09-09T09:00:00Z", "beyond the horizon"),
    ] {
        let refused = scene.book(start, "vera@example.com").await;
        assert!(matches!(refused.status.as_u16(), 409 | 422), "{why}: {}", refused.text);
    }
    assert_eq!(scene.tenant.owner.get("/bookings").await.expect(200).json["items"], json!([]));
}

#[tokio::test]
async fn the_visitor_moves_and_cancels_by_the_link() {
    let scene = scene().await;
    let booked = scene.book("2031-09-09T09:00:00Z", "vera@example.com").await.expect(201).json;
    let manage = scene.manage(&booked);
    scene.world.settle().await;
    scene.visitor.post(&format!("{manage}/reschedulings"), json!({ "start": "2031-09-10T12:00:00Z" })).await.expect(200);
    scene.world.settle().await;
    // The old time is free again, the new one is not.
    scene.book("2031-09-09T09:00:00Z", "two@example.com").await.expect(201);
    scene.book("2031-09-10T12:00:00Z", "two@example.com").await.expect(409);
    scene.visitor.post(&format!("{manage}/cancellation"), json!({ "reason": "Ill" })).await.expect(200);
    scene.world.settle().await;
    scene.book("2031-09-10T12:00:00Z", "two@example.com").await.expect(201);
    let shown = scene.visitor.get(&manage).await.expect(200).json;
    assert_eq!(shown["status"], "cancelled");

    let mails = mails_to(&scene.world, "vera@example.com").await;
    let files: Vec<Calendar> = mails.iter().map(|(mail, _)| ics_of(mail)).collect();
    assert_eq!(files.iter().map(|f| f.method.as_str()).collect::<Vec<_>>(), ["REQUEST", "REQUEST", "CANCEL"]);
    assert_eq!(files.iter().map(|f| f.sequence).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(files.iter().all(|f| f.uid == files[0].uid && !f.uid.is_empty()));
    assert_eq!(files[1].start, "20310910T120000Z");
    assert_eq!(files[2].status, "CANCELLED");
    // Cancelled twice is cancelled once.
    let again = scene.visitor.post(&format!("{manage}/cancellation"), json!({})).await;
    assert!(matches!(again.status.as_u16(), 200 | 409), "{}", again.text);
    scene.world.settle().await;
    assert_eq!(mails_to(&scene.world, "vera@example.com").await.len(), 3);
}

#[tokio::test]
async fn the_reminder_comes_an_hour_before_and_only_once() {
    let scene = scene().await;
    let booked = scene.book("2031-09-09T09:00:00Z", "vera@example.com").await.expect(201).json;
    let gone = scene.book("2031-09-09T11:00:00Z", "gone@example.com").await.expect(201).json;
    scene.world.settle().await;
    scene.visitor.post(&format!("{}/cancellation", scene.manage(&gone)), json!({})).await.expect(200);
    scene.visitor.post(&format!("{}/reschedulings", scene.manage(&booked)), json!({ "start": "2031-09-09T13:00:00Z" })).await.expect(200);
    scene.world.settle().await;
    let count =
        async |address: &str| mails_to(&scene.world, address).await.iter().filter(|(mail, _)| mail.kind.contains("reminder")).count();
    scene.world.clock.set("2031-09-09T08:01:00Z".parse().expect("an instant"));
    scene.world.settle().await;
    assert_eq!(count("vera@example.com").await, 0, "the old time's reminder is gone");
    scene.world.clock.set("2031-09-09T12:01:00Z".parse().expect("an instant"));
    scene.world.settle().await;
    scene.world.settle().await;
    assert_eq!(count("vera@example.com").await, 1);
    assert_eq!(count("gone@example.com").await, 0);
}

#[tokio::test]
async fn an_event_type_reminds_as_often_as_it_says() {
    let scene = scene().await;
    let listed = scene.tenant.owner.get("/event-types").await.expect(200).json["items"][0].clone();
    assert_eq!(listed["reminder_minutes"], json!([60]), "an hour before, unless somebody says otherwise");
    let path = format!("/event-types/{}", listed["id"].as_str().expect("an id"));
    let set = async |minutes: serde_json::Value| {
        let version = scene.tenant.owner.get(&path).await.expect(200).json["version"].clone();
        scene.tenant.owner.patch(&path, &version, json!({ "reminder_minutes": minutes })).await
    };
    let refused = set(json!([60, 4])).await.expect(422).json;
    assert_eq!(refused["errors"][0]["field"], "reminder_minutes.1");
    set(json!([5, 10, 15, 20, 25, 30])).await.expect(422);
    assert_eq!(set(json!([60, 1440])).await.expect(200).json["reminder_minutes"], json!([1440, 60]));

    scene.book("2031-09-09T09:00:00Z", "vera@example.com").await.expect(201);
    scene.world.settle().await;
    // Nothing is planned where nothing is wanted.
    assert_eq!(set(json!([])).await.expect(200).json["reminder_minutes"], json!([]));
    scene.book("2031-09-09T09:30:00Z", "vico@example.com").await.expect(201);
    let count = async |address: &str| {
        scene.world.settle().await;
        mails_to(&scene.world, address).await.iter().filter(|(mail, _)| mail.kind.contains("reminder")).count()
    };
    let mut seen = Vec::new();
    for now in ["2031-09-08T08:59:00Z", "2031-09-08T09:01:00Z", "2031-09-09T07:59:00Z", "2031-09-09T08:01:00Z"] {
        scene.world.clock.set(now.parse().expect("an instant"));
        seen.push((count("vera@example.com").await, count("acme@example.com").await));
    }
    // The organizer's own comes an hour before, with the invitee's.
    assert_eq!(seen, [(0, 0), (1, 0), (1, 0), (2, 1)]);
    scene.world.clock.set("2031-09-09T09:29:00Z".parse().expect("an instant"));
    assert_eq!((count("vico@example.com").await, count("acme@example.com").await), (0, 2));
}

#[tokio::test]
async fn what_must_be_confirmed_waits_and_keeps_its_time() {
    let scene = scene().await;
    let by_hand = json!({ "name": "Visit", "slug": "visit", "duration_minutes": 60, "location_type": "in_person", "requires_confirmation": true, "minimum_notice_minutes": 0 });
    scene.tenant.owner.post("/event-types", by_hand).await.expect(201);
    let visit = scene.base.replace("intro", "visit");
    let book = async |start: &str| scene.visitor.post(&format!("{visit}/bookings"), booking(start, "vera@example.com")).await;
    book("2031-09-09T09:00:00Z").await.expect(201);
    book("2031-09-10T09:00:00Z").await.expect(201);
    // Two requests for one time cannot both be confirmed, since the second is not taken.
    book("2031-09-09T09:00:00Z").await.expect(409);
    let pending = scene.tenant.owner.get("/bookings?view=pending").await.expect(200).json;
    let ids: Vec<&str> = pending["items"].as_array().expect("items").iter().filter_map(|b| b["id"].as_str()).collect();
    assert_eq!(ids.len(), 2);
    let confirmed = scene.tenant.owner.post(&format!("/bookings/{}/confirmation", ids[0]), json!({})).await.expect(200).json;
    assert_eq!(confirmed["status"], "confirmed");
    let declined = scene.tenant.owner.post(&format!("/bookings/{}/refusal", ids[1]), json!({ "reason": "Away" })).await.expect(200).json;
    assert_eq!(declined["status"], "declined");
    let start = declined["start"].as_str().expect("a start").to_owned();
    book(&start).await.expect(201);
}

#[tokio::test]
async fn a_cancellation_is_undone_while_the_time_is_free() {
    let scene = scene().await;
    scene.book("2031-09-09T09:00:00Z", "vera@example.com").await.expect(201);
    let id = scene.tenant.owner.get("/bookings").await.expect(200).json["items"][0]["id"].as_str().expect("id").to_owned();
    let owner = &scene.tenant.owner;
    owner.post(&format!("/bookings/{id}/cancellation"), json!({})).await.expect(200);
    assert_eq!(owner.post(&format!("/bookings/{id}/restoration"), json!({})).await.expect(200).json["status"], "confirmed");
    scene.book("2031-09-09T09:00:00Z", "two@example.com").await.expect(409);
    owner.post(&format!("/bookings/{id}/cancellation"), json!({})).await.expect(200);
    scene.book("2031-09-09T09:00:00Z", "two@example.com").await.expect(201);
    assert_eq!(owner.post(&format!("/bookings/{id}/restoration"), json!({})).await.expect(409).code(), "slot_taken");
}

#[tokio::test]
async fn a_cancelled_request_is_a_request_again() {
    let scene = scene().await;
    let owner = &scene.tenant.owner;
    let event_type = owner.get("/event-types").await.expect(200).json["items"][0].clone();
    let id = event_type["id"].as_str().expect("id");
    owner
        .send(
            reqwest::Method::PATCH,
            &format!("/event-types/{id}"),
            &[("if-match", &format!("\"{}\"", event_type["version"]))],
            Some(&json!({ "requires_confirmation": true })),
        )
        .await
        .expect(200);
    scene.book("2031-09-09T09:00:00Z", "vera@example.com").await.expect(201);
    let booking = owner.get("/bookings").await.expect(200).json["items"][0].clone();
    assert_eq!(booking["status"], "pending");
    let path = format!("/bookings/{}", booking["id"].as_str().expect("id"));
    owner.post(&format!("{path}/cancellation"), json!({})).await.expect(200);
    assert_eq!(owner.post(&format!("{path}/restoration"), json!({})).await.expect(200).json["status"], "pending");
    scene.world.settle().await;
    let subjects: Vec<String> = mails_to(&scene.world, "vera@example.com").await.into_iter().map(|(mail, _)| mail.subject).collect();
    assert!(subjects.iter().all(|subject| !subject.starts_with("Confirmed")), "nobody confirmed: {subjects:?}");
    owner.post(&format!("{path}/confirmation"), json!({})).await.expect(200);
}

#[tokio::test]
async fn the_same_key_books_once() {
    let scene = scene().await;
    let path = format!("{}/bookings", scene.base);
    let body = booking("2031-09-09T09:00:00Z", "vera@example.com");
    let send = async |body: &Value| scene.visitor.send(reqwest::Method::POST, &path, &[("idempotency-key", "k-1")], Some(body)).await;
    let first = send(&body).await.expect(201);
    let second = send(&body).await.expect(201);
    assert_eq!(first.json, second.json);
    assert_eq!(second.headers.get("idempotency-replayed").and_then(|v| v.to_str().ok()), Some("true"));
    let other = send(&booking("2031-09-09T10:00:00Z", "vera@example.com")).await.expect(422);
    assert_eq!(other.code(), "idempotency_mismatch");
    assert_eq!(scene.tenant.owner.get("/bookings").await.expect(200).json["items"].as_array().map(Vec::len), Some(1));
    // At once, from fifty connections: one booking, and the same answer for all who got one.
    let body = booking("2031-09-09T12:00:00Z", "fifty@example.com");
    let answers = futures_util::future::join_all(
        (0..50).map(|_| scene.visitor.send(reqwest::Method::POST, &path, &[("idempotency-key", "k-50")], Some(&body))),
    )
    .await;
    let ids: std::collections::HashSet<String> =
        answers.iter().filter(|a| a.status == 201).map(|a| a.json["manage_url"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert!(
        answers.iter().all(|a| matches!(a.status.as_u16(), 201 | 409 | 503)),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    assert_eq!(scene.tenant.owner.get("/bookings?q=fifty").await.expect(200).json["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn own_records_are_all_that_a_contributor_sees() {
    let scene = scene().await;
    scene.book("2031-09-09T09:00:00Z", "vera@example.com").await.expect(201);
    let id = scene.tenant.owner.get("/bookings").await.expect(200).json["items"][0]["id"].as_str().expect("id").to_owned();
    let (_, contributor) = scene.tenant.member(&scene.world, "contributor").await;
    assert_eq!(contributor.get("/bookings").await.expect(200).json["items"], json!([]));
    contributor.get(&format!("/bookings/{id}")).await.expect(404);
    contributor.post(&format!("/bookings/{id}/cancellation"), json!({})).await.expect(404);
}

/// What a visitor's booking adds to a contact stands in the audit trail, and a colleague's archived contact is not taken over.
#[tokio::test]
async fn contacts_change_with_a_trail_and_stay_their_owners() {
    let scene = scene().await;
    let owner = &scene.tenant.owner;
    let vip =
        owner.post("/contacts", json!({ "name": "Vera", "email": "vera@example.com", "notes": "Knows the minister" })).await.expect(201);
    scene.book("2031-09-09T09:00:00Z", "vera@example.com").await.expect(201);
    let trail = owner.get(&format!("/audit-events?entity_id={}", vip.id())).await.expect(200).json;
    let actions: Vec<&str> = trail["items"].as_array().expect("items").iter().filter_map(|line| line["action"].as_str()).collect();
    assert_eq!(actions, ["contact.updated", "contact.created"]);
    assert_eq!(trail["items"][0]["new_values"]["timezone"], "America/Sao_Paulo");

    let (_, seller) = scene.tenant.member(&scene.world, "salesperson").await;
    let theirs = json!({ "name": "Mine now", "email": "vera@example.com" });
    let refused = seller.post("/contacts", theirs.clone()).await.expect(409);
    assert!(refused.json.get("contact_id").is_none(), "{}", refused.text);
    owner.delete(&format!("/contacts/{}", vip.id())).await.expect(204);
    seller.post("/contacts", theirs.clone()).await.expect(409);
    let restored = owner.post("/contacts", json!({ "name": "Vera again", "email": "vera@example.com" })).await.expect(201);
    assert_eq!(restored.id(), vip.id());
    let trail = owner.get(&format!("/audit-events?entity_id={}", vip.id())).await.expect(200).json;
    assert_eq!(trail["items"][0]["action"], "contact.restored");
    assert_eq!(trail["items"][0]["old_values"]["notes"], "Knows the minister");
}

/// A request that nobody answered in time waits for nobody any more.
#[tokio::test]
async fn requests_whose_time_has_passed_are_past() {
    let scene = scene().await;
    let by_hand = json!({ "name": "Visit", "slug": "visit", "duration_minutes": 60, "location_type": "in_person", "requires_confirmation": true, "minimum_notice_minutes": 0 });
    scene.tenant.owner.post("/event-types", by_hand).await.expect(201);
    scene
        .visitor
        .post(&format!("{}/bookings", scene.base.replace("intro", "visit")), booking("2031-09-09T09:00:00Z", "vera@example.com"))
        .await
        .expect(201);
    let count = async |view: &str| {
        scene.tenant.owner.get(&format!("/bookings?view={view}")).await.expect(200).json["items"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((count("pending").await, count("past").await), (1, 0));
    let id = scene.tenant.owner.get("/bookings").await.expect(200).json["items"][0]["id"].as_str().expect("id").to_owned();
    scene.world.clock.set("2031-09-09T09:00:00Z".parse().expect("an instant"));
    let (_, again) = scene.tenant.member(&scene.world, "admin").await;
    let late = again.post(&format!("/bookings/{id}/confirmation"), json!({})).await.expect(409);
    assert_eq!(late.code(), "booking_over");
    scene.world.clock.set("2031-09-09T10:00:00Z".parse().expect("an instant"));
    let count =
        async |view: &str| again.get(&format!("/bookings?view={view}")).await.expect(200).json["items"].as_array().map_or(0, Vec::len);
    assert_eq!((count("pending").await, count("past").await), (0, 1));
}

#[tokio::test]
async fn a_page_opens_on_the_first_month_with_a_free_day_unless_another_is_asked_for() {
    let Scene { world, visitor, .. } = scene().await;
    // The evening of the month's last day, after the organizer's hours.
    world.clock.set("2031-09-30T20:00:00Z".parse().expect("an instant"));
    let page = async |query: &str| visitor.get(&format!("/b/acme-page/intro?lang=en{query}")).await.expect(200).text;
    let opened = page("").await;
    assert!(opened.contains("October 2031") && opened.contains("start=2031-10-01"), "{opened}");
    let asked = page("&month=2031-09").await;
    assert!(asked.contains("September 2031") && !asked.contains("start=2031-"), "{asked}");
}
