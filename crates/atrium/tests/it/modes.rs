//! Several organizers of one event type: who is asked for, whose turn it is, and whose time is taken.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Answer, Client, Tenant, booking};
use crate::world::World;

struct Scene {
    world: World,
    tenant: Tenant,
    visitor: Client,
    page: String,
    /// A second organizer, who sees all that he or she has a part in.
    second: (Uuid, Client),
}

/// The owner and a manager, both working from 07:00 to 15:00 UTC on weekdays.
async fn scene() -> Scene {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let second = tenant.member(&world, "contributor").await;
    let profile = json!({ "slug": "second-page", "display_name": "Second", "timezone": "Europe/Amsterdam" });
    second.1.put("/organizer", None, profile).await.expect(200);
    let visitor = Client::anonymous(&world);
    Scene { visitor, tenant, second, page: format!("/public/organizers/{slug}/event-types"), world }
}

impl Scene {
    fn body(&self, slug: &str, more: Value) -> Value {
        let mut body = json!({
            "name": slug, "slug": slug, "duration_minutes": 30, "slot_interval_minutes": 30, "minimum_notice_minutes": 0,
            "organizers": [{ "user_id": self.tenant.owner_id }, { "user_id": self.second.0 }],
        });
        for (field, value) in more.as_object().expect("fields") {
            body[field] = value.clone();
        }
        body
    }

    async fn event_type(&self, slug: &str, more: Value) -> Answer {
        self.tenant.owner.post("/event-types", self.body(slug, more)).await.expect(201)
    }

    async fn book(&self, slug: &str, start: &str) -> Answer {
        let email = format!("{slug}-{}@example.com", start.replace([':', '-'], "").to_lowercase());
        self.visitor.post(&format!("{}/{slug}/bookings", self.page), booking(start, &email)).await
    }

    /// Who holds each booking of the event type, in order of time.
    async fn holders(&self, event_type: &str) -> Vec<Vec<Uuid>> {
        let rows: Vec<(Vec<Uuid>,)> = sqlx::query_as(
            "SELECT array_agg(k.user_id ORDER BY k.position) FROM scheduling.bookings b
               JOIN scheduling.booking_organizers k ON k.tenant_id = b.tenant_id AND k.booking_id = b.id
               JOIN scheduling.event_types e ON e.tenant_id = b.tenant_id AND e.id = b.event_type_id
              WHERE e.slug = $1 GROUP BY b.id, b.start_time ORDER BY b.start_time",
        )
        .bind(event_type)
        .fetch_all(&mut self.world.as_owner().await)
        .await
        .expect("bookings");
        rows.into_iter().map(|row| row.0).collect()
    }
}

#[tokio::test]
async fn turns_are_equal_and_a_slot_stays_while_one_is_free() {
    let scene = scene().await;
    let (owner, second) = (scene.tenant.owner_id, scene.second.0);
    let made = scene.event_type("round", json!({ "mode": "round_robin" })).await;
    assert_eq!(made.json["organizers"][1]["name"], json!("Second"));
    for start in ["2031-09-09T08:00:00Z", "2031-09-09T08:30:00Z", "2031-09-09T09:00:00Z", "2031-09-09T09:30:00Z"] {
        scene.book("round", start).await.expect(201);
    }
    let held = scene.holders("round").await.concat();
    assert_eq!(held, [owner, second, owner, second]);
    // Both at one time, and then nobody.
    let [a, b] = ["a@example.com", "b@example.com"].map(|email| booking("2031-09-10T08:00:00Z", email));
    let path = format!("{}/round/bookings", scene.page);
    scene.visitor.post(&path, a).await.expect(201);
    scene.visitor.post(&path, b).await.expect(201);
    scene.visitor.post(&path, booking("2031-09-10T08:00:00Z", "c@example.com")).await.expect(409);

    let first = json!([{ "user_id": owner, "priority": 2 }, { "user_id": second, "priority": 1 }]);
    scene.event_type("ranked", json!({ "mode": "round_robin", "assignment": "priority", "organizers": first })).await;
    scene.book("ranked", "2031-09-11T08:00:00Z").await.expect(201);
    scene.book("ranked", "2031-09-11T08:30:00Z").await.expect(201);
    assert_eq!(scene.holders("ranked").await.concat(), [second, second]);

    let thrice = json!([{ "user_id": owner, "weight": 3 }, { "user_id": second }]);
    scene.event_type("weighed", json!({ "mode": "round_robin", "organizers": thrice })).await;
    for hour in 7..15 {
        scene.book("weighed", &format!("2031-09-12T{hour:02}:00:00Z")).await.expect(201);
    }
    let held = scene.holders("weighed").await.concat();
    assert_eq!(held.iter().filter(|user| **user == owner).count(), 6, "{held:?}");
}

#[tokio::test]
async fn all_are_needed_and_all_see_it() {
    let scene = scene().await;
    scene.event_type("all", json!({ "mode": "collective" })).await;
    scene.event_type("some", json!({ "mode": "some", "organizers_needed": 2 })).await;
    let booked = scene.book("all", "2031-09-09T08:00:00Z").await.expect(201);
    assert_eq!(scene.holders("all").await, [vec![scene.tenant.owner_id, scene.second.0]]);
    // The time of both is taken.
    scene.book("intro", "2031-09-09T08:00:00Z").await.expect(409);
    scene.book("some", "2031-09-09T08:00:00Z").await.expect(409);
    scene.book("some", "2031-09-09T09:00:00Z").await.expect(201);
    scene.world.settle().await;
    let mailed: Vec<(String,)> = sqlx::query_as("SELECT dedupe_key FROM directory.mails WHERE dedupe_key LIKE '%booking_confirmation%'")
        .fetch_all(&mut scene.world.as_owner().await)
        .await
        .expect("mails");
    assert_eq!(mailed.len(), 6, "{mailed:?}");
    // Own permissions: the member sees what he or she has a part in.
    let mine = scene.second.1.get("/bookings").await.expect(200);
    let items = mine.json["items"].as_array().expect("items");
    assert_eq!(items.len(), 2, "{}", mine.text);
    let moved = items.iter().find(|item| item["start"] == json!("2031-09-09T08:00:00Z")).expect("the first");
    let id = moved["id"].as_str().expect("an id").to_owned();
    let seen = scene.second.1.get(&format!("/bookings/{id}")).await.expect(200);
    assert_eq!(seen.json["organizers"].as_array().map(Vec::len), Some(2));
    assert_eq!(booked.status, 201);
    // Moved with both, where both are free.
    let block = booking("2031-09-10T08:00:00Z", "z@example.com");
    scene.visitor.post(&format!("{}/intro/bookings", scene.page), block).await.expect(201);
    let path = format!("/bookings/{id}/reschedulings");
    let refused = scene.tenant.owner.post(&path, json!({ "start": "2031-09-10T08:00:00Z" })).await.expect(409);
    assert!(refused.json["nearest"].as_array().is_some_and(|nearest| !nearest.is_empty()), "{}", refused.text);
    scene.tenant.owner.post(&path, json!({ "start": "2031-09-10T10:00:00Z" })).await.expect(200);
    scene.book("intro", "2031-09-09T08:00:00Z").await.expect(201);
    scene.tenant.owner.post(&format!("/bookings/{id}/cancellation"), json!({})).await.expect(200);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM scheduling.occupancy WHERE ref_id = $1")
        .bind(id.parse::<Uuid>().expect("an id"))
        .fetch_one(&mut scene.world.as_owner().await)
        .await
        .expect("counted");
    assert_eq!(left, 0);
}

#[tokio::test]
async fn strangers_and_wrong_counts_are_refused() {
    let scene = scene().await;
    let other = Tenant::found(&scene.world, "other").await;
    other.organizer().await;
    for (more, field) in [
        (json!({ "mode": "collective", "organizers": [{ "user_id": other.owner_id }] }), "organizers.0.user_id"),
        (json!({ "mode": "one" }), "organizers"),
        (json!({ "mode": "some", "organizers_needed": 3 }), "organizers_needed"),
        (json!({ "mode": "round_robin", "organizers": [] }), "organizers"),
    ] {
        let refused = scene.tenant.owner.post("/event-types", scene.body("wrong", more)).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], json!(field), "{}", refused.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pairs_in_opposite_order_do_not_wait_for_each_other() {
    let scene = scene().await;
    let pair = |a: Uuid, b: Uuid| json!({ "mode": "collective", "organizers": [{ "user_id": a }, { "user_id": b }] });
    let (owner, second) = (scene.tenant.owner_id, scene.second.0);
    scene.event_type("forth", pair(owner, second)).await;
    scene.event_type("back", pair(second, owner)).await;
    for round in 0..8 {
        let start = format!("2031-09-{:02}T09:00:00Z", 9 + round % 4 + round / 4 * 7);
        let body = |n: usize| booking(&start, &format!("v{n}@example.com"));
        let slug = |n: usize| if n.is_multiple_of(2) { "forth" } else { "back" };
        let paths: Vec<_> = (0..50).map(|n| (format!("{}/{}/bookings", scene.page, slug(n)), body(n))).collect();
        let answers = join_all(paths.iter().map(|(path, body)| scene.visitor.post(path, body.clone()))).await;
        let won = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(won, 1, "round {round}");
        assert!(answers.iter().all(|answer| answer.status == 201 || answer.status == 409), "round {round}");
    }
    let mut db = scene.world.as_owner().await;
    let deadlocks: i64 = sqlx::query_scalar("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        .fetch_one(&mut db)
        .await
        .expect("statistics");
    assert_eq!(deadlocks, 0);
}
