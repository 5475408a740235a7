//! What an event type says about its starts, dates and amounts: listed and booked by the same rules.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::client::{Answer, Client, Tenant, booking};
use crate::world::World;

struct Scene {
    /// Dropped last: with it the server stops.
    _world: World,
    tenant: Tenant,
    visitor: Client,
    page: String,
}

/// Monday 2031-09-08, 06:00 UTC; the organizer works from 07:00 to 15:00 UTC on weekdays.
async fn scene() -> Scene {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    Scene { _world: world, tenant, visitor, page: format!("/public/organizers/{slug}/event-types") }
}

impl Scene {
    /// An event type of half an hour every half hour, without notice, and `more`.
    async fn event_type(&self, slug: &str, more: Value) -> Answer {
        let mut body =
            json!({ "name": slug, "slug": slug, "duration_minutes": 30, "slot_interval_minutes": 30, "minimum_notice_minutes": 0 });
        for (field, value) in more.as_object().expect("fields") {
            body[field] = value.clone();
        }
        self.tenant.owner.post("/event-types", body).await
    }

    async fn patch(&self, before: &Answer, changes: Value) -> Answer {
        self.tenant.owner.patch(&format!("/event-types/{}", before.id()), &before.json["version"], changes).await
    }

    /// The starts from one date up to another, each as `09T07:00`.
    async fn starts(&self, slug: &str, from: &str, to: &str) -> Vec<String> {
        let path = format!("{}/{slug}/slots?from={from}T00:00:00Z&to={to}T00:00:00Z", self.page);
        let answer = self.visitor.get(&path).await.expect(200);
        let slots = answer.json["slots"].as_array().expect("slots");
        slots.iter().map(|slot| slot["start"].as_str().expect("a start")[8..16].to_owned()).collect()
    }

    async fn dates(&self, slug: &str) -> Vec<String> {
        let mut dates: Vec<_> = self.starts(slug, "2031-09-08", "2031-10-20").await.iter().map(|start| start[..2].to_owned()).collect();
        dates.dedup();
        dates
    }

    async fn book(&self, slug: &str, start: &str) -> Answer {
        // Another visitor each time: nobody is sent more than a few mails.
        let email = format!("{slug}-{}@example.com", start.replace([':', '-'], "").to_lowercase());
        self.visitor.post(&format!("{}/{slug}/bookings", self.page), booking(start, &email)).await
    }
}

#[tokio::test]
async fn a_grid_begins_anew_after_busy_time_and_keeps_the_gap() {
    let scene = scene().await;
    scene.event_type("fixed", json!({ "duration_minutes": 45, "slot_interval_minutes": 45 })).await.expect(201);
    let moving = json!({ "duration_minutes": 45, "slot_interval_minutes": 45, "start_grid": "after_busy", "is_aligned": true });
    let moving = scene.event_type("moving", moving).await.expect(201);
    assert_eq!((&moving.json["start_grid"], &moving.json["is_aligned"]), (&json!("after_busy"), &json!(true)));
    scene.book("intro", "2031-09-09T07:30:00Z").await.expect(201);
    let first = async |slug: &str| scene.starts(slug, "2031-09-09", "2031-09-10").await[..2].join(" ");
    assert_eq!(first("fixed").await, "09T08:30 09T09:15");
    assert_eq!(first("moving").await, "09T08:00 09T08:45");
    scene.book("fixed", "2031-09-09T08:00:00Z").await.expect(409);

    scene.patch(&moving, json!({ "minimum_gap_minutes": 20 })).await.expect(200);
    assert_eq!(first("moving").await, "09T08:30 09T09:15");
    scene.book("moving", "2031-09-09T08:00:00Z").await.expect(409);
    scene.book("moving", "2031-09-09T08:30:00Z").await.expect(201);
}

#[tokio::test]
async fn the_horizon_is_dates_or_days_with_slots() {
    let scene = scene().await;
    let dates = json!({ "horizon_type": "dates", "horizon_first": "2031-09-10", "horizon_last": "2031-09-11" });
    let made = scene.event_type("dated", dates).await.expect(201);
    assert_eq!(scene.dates("dated").await, ["10", "11"]);
    scene.book("dated", "2031-09-12T08:00:00Z").await.expect(409);
    let shown = scene.visitor.get(&format!("{}/dated", scene.page)).await.expect(200).json;
    assert_eq!((&shown["last_date"], &shown["horizon_days"]), (&json!("2031-09-11"), &json!(3)));

    let next = scene.patch(&made, json!({ "horizon_type": "days_with_slots", "horizon_days": 2 })).await.expect(200);
    assert_eq!((&next.json["horizon_first"], &next.json["horizon_last"]), (&json!(null), &json!(null)));
    assert_eq!(scene.dates("dated").await, ["08", "09"]);
    scene.book("dated", "2031-09-10T08:00:00Z").await.expect(409);
    // A day that fills up gives its place to the next.
    let rules = ["mon", "wed", "fri"].map(|day| json!({ "day": day, "start": "09:00", "end": "09:30" }));
    let away = json!({ "name": "Away", "timezone": "Europe/Amsterdam", "is_default": true, "rules": rules, "overrides": [] });
    scene.tenant.owner.post("/schedules", away).await.expect(201);
    assert_eq!(scene.dates("dated").await, ["08", "10"]);
    scene.book("dated", "2031-09-08T07:00:00Z").await.expect(201);
    assert_eq!(scene.dates("dated").await, ["10", "12"]);
    scene.book("dated", "2031-09-12T07:00:00Z").await.expect(201);

    for (changes, field) in [
        (json!({ "horizon_type": "dates" }), "horizon_first"),
        (json!({ "horizon_type": "dates", "horizon_first": "2031-09-11", "horizon_last": "2031-09-10" }), "horizon_last"),
    ] {
        let refused = scene.patch(&next, changes).await.expect(422);
        assert!(refused.text.contains(field), "{}", refused.text);
    }
}

#[tokio::test]
async fn limits_of_periods_hold_when_listing_and_when_booking() {
    let scene = scene().await;
    let limit =
        |period: &str, measure: &str, scope: &str, most: u32| json!({ "period": period, "measure": measure, "scope": scope, "most": most });
    let weekly = scene.event_type("weekly", json!({ "limits": [limit("week", "minutes", "event", 60)] })).await.expect(201);
    scene.book("weekly", "2031-09-09T07:00:00Z").await.expect(201);
    assert!(scene.dates("weekly").await.contains(&"10".to_owned()));
    scene.book("weekly", "2031-09-09T08:00:00Z").await.expect(201);
    assert_eq!(scene.dates("weekly").await.first().map(String::as_str), Some("15"), "the week is full");
    scene.book("weekly", "2031-09-11T08:00:00Z").await.expect(409);
    scene.book("weekly", "2031-09-15T08:00:00Z").await.expect(201);

    // All that the organizer is booked for counts: two of this week are taken by the other type.
    let both = json!({ "limits": [limit("day", "bookings", "event_of_organizer", 5), limit("week", "bookings", "organizer", 2)] });
    let whole = scene.event_type("whole", both).await.expect(201);
    assert_eq!(scene.dates("whole").await.first().map(String::as_str), Some("15"));
    let copy = scene.tenant.owner.post(&format!("/event-types/{}/copies", whole.id()), json!({})).await.expect(201);
    assert_eq!(copy.json["limits"], whole.json["limits"]);
    assert_eq!(whole.json["owner_name"], "acme Owner");
    let changed = scene.patch(&weekly, json!({ "limits": [] })).await.expect(200);
    assert_eq!(changed.json["limits"], json!([]));
    assert_ne!(changed.json["version"], weekly.json["version"]);
    assert_eq!(scene.dates("weekly").await.first().map(String::as_str), Some("08"));

    for (limits, field) in [
        (json!([limit("day", "bookings", "event", 0)]), "limits.0.most"),
        (json!([limit("day", "bookings", "event", 1), limit("day", "bookings", "event", 2)]), "limits.1.period"),
    ] {
        let refused = scene.patch(&changed, json!({ "limits": limits })).await.expect(422);
        assert!(refused.text.contains(field), "{}", refused.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_do_not_exceed_the_limit_of_a_week() {
    let scene = scene().await;
    let once = json!({ "limits": [{ "period": "week", "measure": "bookings", "scope": "organizer", "most": 1 }] });
    scene.event_type("one", once.clone()).await.expect(201);
    scene.event_type("two", once).await.expect(201);
    for week in ["09-09", "09-16", "09-23"] {
        let asked = (7..14).map(|hour| (if hour % 2 == 0 { "one" } else { "two" }, format!("2031-{week}T{hour:02}:00:00Z")));
        let asked: Vec<_> = asked.collect();
        let answers = join_all(asked.iter().map(|(slug, start)| scene.book(slug, start))).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{week}: {statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 201 | 409)), "{week}: {statuses:?}");
    }
}
