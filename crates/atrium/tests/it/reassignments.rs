//! A booking that changes hands: who may take it, whose time is taken then, and who is told; and a no-show that was none.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::bookings::{ics_of, mails_to};
use crate::client::{Client, Tenant, booking};
use crate::world::{World, some_id};

const START: &str = "2031-09-09T09:00:00Z";

struct Scene {
    world: World,
    tenant: Tenant,
    visitor: Client,
    page: String,
    /// Another organizer, who may see and change what is his or her own.
    second: (Uuid, Client),
}

async fn scene() -> Scene {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let second = tenant.member(&world, "contributor").await;
    let profile = json!({ "slug": "second-page", "display_name": "Second", "timezone": "Europe/Amsterdam" });
    second.1.put("/organizer", None, profile).await.expect(200);
    let own = json!({ "name": "Own", "slug": "own", "duration_minutes": 30, "minimum_notice_minutes": 0 });
    second.1.post("/event-types", own).await.expect(201);
    let visitor = Client::anonymous(&world);
    Scene { visitor, page: format!("/public/organizers/{slug}/event-types"), world, tenant, second }
}

impl Scene {
    async fn book(&self, slug: &str, start: &str) -> String {
        self.visitor.post(&format!("{}/{slug}/bookings", self.page), booking(start, "vera@example.com")).await.expect(201);
        let found = self.tenant.owner.get(&format!("/bookings?from={start}&sort=start")).await.expect(200);
        found.json["items"][0]["id"].as_str().expect("an id").to_owned()
    }

    async fn books_second(&self, start: &str) -> u16 {
        let path = "/public/organizers/second-page/event-types/own/bookings";
        self.visitor.post(path, booking(start, "other@example.com")).await.status.as_u16()
    }

    async fn hand(&self, id: &str, body: Value) -> crate::client::Answer {
        self.tenant.owner.post(&format!("/bookings/{id}/reassignments"), body).await
    }
}

#[tokio::test]
async fn another_takes_it_and_everybody_is_told() {
    let scene = scene().await;
    let id = scene.book("intro", START).await;
    scene.world.settle().await;
    scene.second.1.get(&format!("/bookings/{id}")).await.expect(404);
    let handed = scene.hand(&id, json!({ "organizer_id": scene.second.0, "reason": "Ill" })).await.expect(200).json;
    assert_eq!((&handed["organizer"]["name"], &handed["sequence"]), (&json!("Second"), &json!(1)));
    assert_eq!(handed["organizers"].as_array().map(Vec::len), Some(1));
    scene.world.settle().await;
    // It is the second's own now, and takes that one's time and no longer the first's.
    scene.second.1.get(&format!("/bookings/{id}")).await.expect(200);
    assert_eq!(scene.books_second(START).await, 409);
    scene.book("intro", START).await;
    // The invitee's file names the new organizer under the same UID; the new one gets it, the former's calendar loses it.
    let to_invitee: Vec<_> = mails_to(&scene.world, "vera@example.com").await.into_iter().map(|(mail, _)| mail).collect();
    let told = to_invitee.iter().find(|mail| mail.kind == "booking_reassigned").expect("told");
    let first = ics_of(&to_invitee[0]);
    let file = ics_of(told);
    assert_eq!((file.method.as_str(), file.sequence, file.status.as_str(), &file.uid), ("REQUEST", 1, "CONFIRMED", &first.uid));
    assert!(told.text.contains("Second") && told.text.contains("Ill"), "{}", told.text);
    let to_former = mails_to(&scene.world, "acme@example.com").await;
    let (gone, _) = to_former.iter().find(|(mail, _)| mail.kind == "booking_handed_over").expect("told");
    let file = ics_of(gone);
    assert_eq!((file.method.as_str(), file.sequence, file.status.as_str(), &file.uid), ("CANCEL", 1, "CANCELLED", &first.uid));
    let calendar = &gone.calendar.as_ref().expect("a file").ics;
    assert!(calendar.contains("mailto:acme@example.com"), "the organizer that the calendar knows: {calendar}");
    let address: String = sqlx::query_scalar("SELECT email FROM identity.members WHERE user_id = $1")
        .bind(scene.second.0)
        .fetch_one(&mut scene.world.as_owner().await)
        .await
        .expect("an address");
    let to_new: Vec<_> = mails_to(&scene.world, &address).await.into_iter().map(|(mail, _)| mail).collect();
    let booked = to_new.iter().find(|mail| mail.kind == "booking_confirmation").expect("told");
    assert_eq!((ics_of(booked).method.as_str(), ics_of(booked).sequence), ("REQUEST", 1));
    // Its history says to whom, and its event what changed.
    let history = scene.tenant.owner.get(&format!("/bookings/{id}/history")).await.expect(200).json;
    assert_eq!(
        (&history["items"][0]["kind"], &history["items"][0]["text_params"]["with"]),
        (&json!("booking.reassigned"), &json!("Second"))
    );
    let (fact, also): (Value, Vec<Uuid>) =
        sqlx::query_as("SELECT payload, co_owners FROM platform.events WHERE kind = 'booking.reassigned'")
            .fetch_one(&mut scene.world.as_owner().await)
            .await
            .expect("a fact");
    assert_eq!(fact["handover"], json!({ "from": scene.tenant.owner_id, "to": scene.second.0 }));
    assert_eq!(also, [scene.tenant.owner_id], "who gave it sees it go");
}

#[tokio::test]
async fn who_is_busy_or_no_organizer_takes_nothing() {
    let scene = scene().await;
    let id = scene.book("intro", START).await;
    let other = Tenant::found(&scene.world, "other").await;
    other.organizer().await;
    let (plain, _) = scene.tenant.member(&scene.world, "editor").await;
    let second = scene.second.0;
    for (body, field) in [
        (json!({ "organizer_id": scene.tenant.owner_id }), "organizer_id"),
        (json!({ "organizer_id": other.owner_id }), "organizer_id"),
        (json!({ "organizer_id": plain }), "organizer_id"),
        (json!({ "organizer_id": some_id() }), "organizer_id"),
        (json!({ "organizer_id": second, "in_place_of": second }), "in_place_of"),
    ] {
        assert_eq!(scene.hand(&id, body.clone()).await.expect(422).json["errors"][0]["field"], json!(field), "{body}");
    }
    other.owner.post(&format!("/bookings/{id}/reassignments"), json!({ "organizer_id": other.owner_id })).await.expect(404);
    scene.second.1.post(&format!("/bookings/{id}/reassignments"), json!({ "organizer_id": second })).await.expect(404);
    // Something else at that time, though it begins later.
    assert_eq!(scene.books_second("2031-09-09T09:15:00Z").await, 201);
    assert_eq!(scene.hand(&id, json!({ "organizer_id": second })).await.expect(409).code(), "organizer_busy");
    assert_eq!(scene.tenant.owner.get(&format!("/bookings/{id}")).await.expect(200).json["sequence"], json!(0));
    let late = scene.book("intro", "2031-09-09T12:00:00Z").await;
    scene.tenant.owner.post(&format!("/bookings/{late}/cancellation"), json!({})).await.expect(200);
    assert_eq!(scene.hand(&late, json!({ "organizer_id": second })).await.expect(409).code(), "booking_state");
}

#[tokio::test]
async fn of_several_one_is_replaced() {
    let scene = scene().await;
    let both = json!({
        "name": "Both", "slug": "both", "duration_minutes": 30, "minimum_notice_minutes": 0, "mode": "collective",
        "organizers": [{ "user_id": scene.tenant.owner_id }, { "user_id": scene.second.0 }],
    });
    scene.tenant.owner.post("/event-types", both).await.expect(201);
    let (third, member) = scene.tenant.member(&scene.world, "editor").await;
    let profile = json!({ "slug": "third-page", "display_name": "Third", "timezone": "UTC" });
    member.put("/organizer", None, profile).await.expect(200);
    let id = scene.book("both", START).await;
    let refused = scene.hand(&id, json!({ "organizer_id": third })).await.expect(422);
    assert_eq!(refused.json["errors"][0]["code"], "required");
    let handed = scene.hand(&id, json!({ "organizer_id": third, "in_place_of": scene.second.0 })).await.expect(200).json;
    let names: Vec<_> =
        handed["organizers"].as_array().expect("organizers").iter().map(|one| one["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["acme Owner", "Third"]);
    assert_eq!(handed["organizer"]["user_id"], json!(scene.tenant.owner_id));
    let taken: Vec<Uuid> = sqlx::query_scalar("SELECT bookable_id FROM scheduling.occupancy WHERE ref_id = $1 ORDER BY bookable_id")
        .bind(id.parse::<Uuid>().expect("an id"))
        .fetch_all(&mut scene.world.as_owner().await)
        .await
        .expect("taken");
    let mut wanted = vec![scene.tenant.owner_id, third];
    wanted.sort();
    assert_eq!(taken, wanted);
}

/// Fifty bookings of the second organizer's time, and the handover of a booking to that one: one of all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handover_against_fifty_bookings() {
    let scene = scene().await;
    for round in 0..crate::races::rounds(3) {
        let start = crate::races::start(round);
        let id = scene.book("intro", &start).await;
        let (handed, booked) = tokio::join!(
            scene.hand(&id, json!({ "organizer_id": scene.second.0 })),
            futures_util::future::join_all((0..50).map(|_| scene.books_second(&start)))
        );
        let won = usize::from(handed.status == 200) + booked.iter().filter(|status| **status == 201).count();
        assert_eq!(won, 1, "round {round}: {} {booked:?}", handed.text);
        assert!(
            matches!(handed.status.as_u16(), 200 | 409) && booked.iter().all(|status| matches!(status, 201 | 409)),
            "round {round}: {} {booked:?}",
            handed.text
        );
    }
    crate::races::assert_no_overlap(&scene.world).await;
}

#[tokio::test]
async fn a_no_show_is_taken_back() {
    let scene = scene().await;
    let id = scene.book("intro", "2031-09-08T07:00:00Z").await;
    let path = format!("/bookings/{id}/no-show");
    let owner = &scene.tenant.owner;
    owner.put(&path, None, json!({})).await.expect(409);
    scene.world.advance_minutes(75);
    owner.put(&path, None, json!({})).await.expect(200);
    // While it lasts it is confirmed again, and held once it is over.
    assert_eq!(owner.delete(&path).await.expect(200).json["status"], "confirmed");
    assert_eq!(owner.delete(&path).await.expect(200).json["status"], "confirmed", "again is no error");
    owner.put(&path, None, json!({})).await.expect(200);
    scene.world.advance_minutes(60);
    assert_eq!(owner.delete(&path).await.expect(200).json["status"], "completed");
    let history = owner.get(&format!("/bookings/{id}/history")).await.expect(200).json;
    let kinds: Vec<_> = history["items"].as_array().expect("items").iter().map(|item| item["kind"].as_str().expect("a kind")).collect();
    assert_eq!(kinds, ["booking.attended", "booking.no_show", "booking.attended", "booking.no_show", "booking.created"]);
    let gone = scene.book("intro", START).await;
    owner.post(&format!("/bookings/{gone}/cancellation"), json!({})).await.expect(200);
    assert_eq!(owner.delete(&format!("/bookings/{gone}/no-show")).await.expect(409).code(), "booking_state");
}
