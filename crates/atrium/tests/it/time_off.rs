//! Hours of every other week, blocked times and absences: what they take from the slots, and who stands in.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Answer, Client, Tenant, booking};
use crate::world::World;

struct Scene {
    world: World,
    tenant: Tenant,
    visitor: Client,
    slug: String,
    /// A second organizer, with hours as the owner's.
    second: (Uuid, Client),
}

/// Monday 2031-09-08, 06:00 UTC; both organizers work from 07:00 to 15:00 UTC on weekdays, in Amsterdam.
async fn scene() -> Scene {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let second = tenant.member(&world, "contributor").await;
    let profile = json!({ "slug": "second-page", "display_name": "Second", "timezone": "Europe/Amsterdam" });
    second.1.put("/organizer", None, profile).await.expect(200);
    let visitor = Client::anonymous(&world);
    Scene { visitor, tenant, second, slug, world }
}

impl Scene {
    async fn event_type(&self, slug: &str, more: Value) -> Answer {
        let mut body =
            json!({ "name": slug, "slug": slug, "duration_minutes": 60, "slot_interval_minutes": 60, "minimum_notice_minutes": 0 });
        for (field, value) in more.as_object().expect("fields") {
            body[field] = value.clone();
        }
        self.tenant.owner.post("/event-types", body).await.expect(201)
    }

    /// The starts of a date, each as `07:00`.
    async fn starts(&self, slug: &str, date: &str) -> Vec<String> {
        let path = format!("/public/organizers/{}/event-types/{slug}/slots?from={date}T00:00:00Z&to={date}T23:59:59Z", self.slug);
        let answer = self.visitor.get(&path).await.expect(200);
        let slots = answer.json["slots"].as_array().expect("slots");
        slots.iter().map(|slot| slot["start"].as_str().expect("a start")[11..16].to_owned()).collect()
    }

    async fn book(&self, slug: &str, start: &str) -> Answer {
        let email = format!("{slug}-{}@example.com", start.replace([':', '-'], "").to_lowercase());
        self.visitor.post(&format!("/public/organizers/{}/event-types/{slug}/bookings", self.slug), booking(start, &email)).await
    }

    /// Who holds the booking of that start.
    async fn holder(&self, start: &str) -> Uuid {
        sqlx::query_scalar("SELECT organizer_id FROM scheduling.bookings WHERE start_time = $1::timestamptz AND status = 'confirmed'")
            .bind(start)
            .fetch_one(&mut self.world.as_owner().await)
            .await
            .expect("a booking")
    }
}

async fn block(client: &Client, body: Value) -> Answer {
    client.post("/blocked-times", body).await
}

const ALL_DAY: [&str; 8] = ["07:00", "08:00", "09:00", "10:00", "11:00", "12:00", "13:00", "14:00"];

#[tokio::test]
async fn hours_alternate_by_the_week() {
    let scene = scene().await;
    scene.event_type("call", json!({})).await;
    let rule = |weeks: &str, end: &str| json!({ "day": "tue", "start": "09:00", "end": end, "weeks": weeks });
    let hours =
        |rules: Value| json!({ "name": "In turn", "timezone": "Europe/Amsterdam", "is_default": true, "rules": rules, "overrides": [] });
    let made = scene.tenant.owner.post("/schedules", hours(json!([rule("a", "11:00"), rule("b", "10:00")]))).await.expect(201);
    assert_eq!(made.json["rules"][1]["weeks"], json!("b"));
    // From 1970-01-05 to 2031-09-08 there are 3218 weeks, so this one is a week A.
    assert_eq!(scene.starts("call", "2031-09-09").await, ["07:00", "08:00"]);
    assert_eq!(scene.starts("call", "2031-09-16").await, ["07:00"]);
    assert_eq!(scene.starts("call", "2031-09-23").await, ["07:00", "08:00"]);
    scene.book("call", "2031-09-16T08:00:00Z").await.expect(409);
    // They may overlap across weeks A and B only.
    let path = format!("/schedules/{}", made.id());
    let clash = scene.tenant.owner.put(&path, Some(&made.json["version"]), hours(json!([rule("a", "11:00"), rule("every", "10:00")])));
    assert!(clash.await.expect(422).text.contains("overlap"));
    scene.tenant.owner.put(&path, Some(&made.json["version"]), hours(json!([rule("every", "11:00")]))).await.expect(200);
    assert_eq!(scene.starts("call", "2031-09-16").await, ["07:00", "08:00"]);
}

#[tokio::test]
async fn blocked_times_take_time_once_or_again_and_again() {
    let scene = scene().await;
    let owner = &scene.tenant.owner;
    scene.event_type("call", json!({ "horizon_days": 100 })).await;
    assert_eq!(scene.starts("call", "2031-09-09").await, ALL_DAY);
    let once = json!({ "start": "2031-09-09T08:30:00Z", "end": "2031-09-09T09:30:00Z", "label": "Dentist" });
    let once = block(owner, once).await.expect(201);
    assert_eq!(
        (&once.json["kind"], &once.json["repeats"], &once.json["timezone"]),
        (&json!("block"), &json!("never"), &json!("Europe/Amsterdam"))
    );
    assert_eq!(scene.starts("call", "2031-09-09").await, ["07:00", "10:00", "11:00", "12:00", "13:00", "14:00"]);
    scene.book("call", "2031-09-09T09:00:00Z").await.expect(409);

    // 11:00 to 12:00 in Amsterdam each Wednesday: 09:00 UTC in summer, 10:00 in winter.
    let weekly = json!({ "start": "2031-09-10T09:00:00Z", "end": "2031-09-10T10:00:00Z", "repeats": "weekly", "until": "2031-11-05", "label": "Gym" });
    let weekly = block(owner, weekly).await.expect(201);
    for (date, start) in [("2031-09-10", "09:00"), ("2031-10-22", "09:00"), ("2031-10-29", "10:00"), ("2031-11-05", "10:00")] {
        let starts = scene.starts("call", date).await;
        assert!(starts.len() == 7 && !starts.contains(&start.to_owned()), "{date}: {starts:?}");
        scene.book("call", &format!("{date}T{start}:00Z")).await.expect(409);
    }
    assert_eq!(scene.starts("call", "2031-11-12").await.len(), 8);

    // The calendar reads each time it takes; without a stretch, what may come again.
    let listed = owner.get("/blocked-times?from=2031-10-20T00:00:00Z&to=2031-11-20T00:00:00Z").await.expect(200);
    let times: Vec<_> =
        listed.json["items"][0]["occurrences"].as_array().expect("times").iter().map(|time| time["start"].clone()).collect();
    assert_eq!(times, ["2031-10-22T09:00:00Z", "2031-10-29T10:00:00Z", "2031-11-05T10:00:00Z"]);
    assert_eq!(listed.json["items"].as_array().map(Vec::len), Some(1));
    let coming = owner.get("/blocked-times?from=2031-09-20T00:00:00Z").await.expect(200);
    assert_eq!(coming.json["items"][0]["label"], json!("Gym"));
    let first = owner.get("/blocked-times?limit=1").await.expect(200);
    let next = owner.get(&format!("/blocked-times?limit=1&cursor={}", first.json["next_cursor"].as_str().expect("more"))).await.expect(200);
    assert_eq!((&first.json["items"][0]["id"], &next.json["items"][0]["id"]), (&once.json["id"], &weekly.json["id"]));
    owner.get("/blocked-times?from=2031-10-20T00:00:00Z&to=2031-10-20T00:00:00Z").await.expect(422);

    // Changed and freed, the slots follow.
    let daily = json!({ "start": "2031-09-09T08:00:00Z", "end": "2031-09-09T09:00:00Z", "repeats": "daily", "label": "Walk" });
    let path = format!("/blocked-times/{}", once.id());
    owner.put(&path, Some(&once.json["version"]), daily).await.expect(200);
    assert_eq!(scene.starts("call", "2031-09-11").await, ["07:00", "09:00", "10:00", "11:00", "12:00", "13:00", "14:00"]);
    owner.send(Method::DELETE, &path, &[("if-match", "*")], None).await.expect(204);
    assert_eq!(scene.starts("call", "2031-09-11").await, ALL_DAY);
}

#[tokio::test]
async fn blocked_times_refuse_what_makes_no_sense() {
    let scene = scene().await;
    let (second, me) = (scene.second.0, scene.tenant.owner_id);
    let body = |more: Value| {
        let mut body = json!({ "start": "2031-09-09T08:00:00Z", "end": "2031-09-09T09:00:00Z" });
        for (field, value) in more.as_object().expect("fields") {
            body[field] = value.clone();
        }
        body
    };
    for (more, field) in [
        (json!({ "end": "2031-09-09T08:00:00Z" }), "end"),
        (json!({ "end": "2031-09-11T08:00:00Z", "repeats": "daily" }), "end"),
        (json!({ "end": "2034-09-11T08:00:00Z" }), "end"),
        (json!({ "start": "2011-09-09T08:00:00Z", "end": "2011-09-09T09:00:00Z" }), "start"),
        (json!({ "until": "2031-10-01" }), "until"),
        (json!({ "until": "2031-09-01", "repeats": "weekly" }), "until"),
        (json!({ "timezone": "Mars/Base" }), "timezone"),
        (json!({ "kind": "away", "repeats": "weekly" }), "repeats"),
        (json!({ "stand_in_id": second }), "stand_in_id"),
        (json!({ "kind": "away", "stand_in_id": me }), "stand_in_id"),
        (json!({ "kind": "away", "stand_in_id": Uuid::nil() }), "stand_in_id"),
    ] {
        let refused = block(&scene.tenant.owner, body(more.clone())).await.expect(422);
        let fields: Vec<_> = refused.json["errors"].as_array().expect("errors").iter().map(|error| error["field"].clone()).collect();
        assert_eq!(fields, [field], "{more}");
    }
    // Only those of one's own, for who may see no others; and nobody without a page has any.
    let theirs = block(&scene.tenant.owner, body(json!({}))).await.expect(201);
    scene.second.1.get(&format!("/blocked-times/{}", theirs.id())).await.expect(404);
    assert_eq!(scene.second.1.get("/blocked-times").await.expect(200).json["items"], json!([]));
    let (_, editor) = scene.tenant.member(&scene.world, "editor").await;
    assert_eq!(block(&editor, body(json!({}))).await.expect(409).code(), "organizer_missing");
}

#[tokio::test]
async fn a_stand_in_takes_the_place_of_who_is_out_of_office() {
    let scene = scene().await;
    let (owner, (second, client)) = (scene.tenant.owner_id, &scene.second);
    scene.event_type("call", json!({})).await;
    // The stand-in is free from 07:00 to 09:00 on Wednesday alone, and has nothing to do with the type otherwise.
    let rules = json!([{ "day": "wed", "start": "09:00", "end": "11:00" }]);
    let hours = json!({ "name": "Short", "timezone": "Europe/Amsterdam", "is_default": true, "rules": rules, "overrides": [] });
    client.post("/schedules", hours).await.expect(201);
    // Two days, from midnight to midnight in Amsterdam.
    let away = json!({ "kind": "away", "start": "2031-09-09T22:00:00Z", "end": "2031-09-11T22:00:00Z", "label": "Holiday" });
    let alone = block(&scene.tenant.owner, away.clone()).await.expect(201);
    assert!(scene.starts("call", "2031-09-10").await.is_empty());
    assert_eq!(scene.starts("call", "2031-09-12").await, ALL_DAY);

    let mut replaced = away;
    replaced["stand_in_id"] = json!(second);
    let path = format!("/blocked-times/{}", alone.id());
    let stood = scene.tenant.owner.put(&path, Some(&alone.json["version"]), replaced).await.expect(200);
    assert_eq!(stood.json["stand_in_name"], json!("Second"));
    assert_eq!(scene.starts("call", "2031-09-10").await, ["07:00", "08:00"]);
    assert!(scene.starts("call", "2031-09-11").await.is_empty(), "by his or her own hours only");
    assert_eq!(scene.starts("call", "2031-09-17").await, ALL_DAY, "and only while the other is away");
    scene.book("call", "2031-09-10T08:00:00Z").await.expect(201);
    assert_eq!(scene.holder("2031-09-10T08:00:00Z").await, *second);
    assert_eq!(scene.starts("call", "2031-09-10").await, ["07:00"]);
    scene.book("call", "2031-09-12T08:00:00Z").await.expect(201);
    assert_eq!(scene.holder("2031-09-12T08:00:00Z").await, owner);

    // The page says so, in the zone of the organizer, and not why.
    let page = scene.visitor.raw(Method::GET, &format!("/b/{}/call?lang=en", scene.slug), "text/plain", Vec::new()).await;
    let said = "acme Owner is out of office from Wednesday, September 10, 2031 to Thursday, September 11, 2031. Second is glad to help you meanwhile.";
    assert!(page.text.contains(said), "{}", page.text);
    assert!(!page.text.contains("Holiday"));

    // Taking turns, the stand-in takes one's place as well; where all are needed nobody can.
    let (third, other) = scene.tenant.member(&scene.world, "editor").await;
    other
        .put("/organizer", None, json!({ "slug": "third-page", "display_name": "Third", "timezone": "Europe/Amsterdam" }))
        .await
        .expect(200);
    let friday = json!({ "day": "thu", "start": "15:00", "end": "17:00" });
    let hours = json!({ "name": "Late", "timezone": "Europe/Amsterdam", "is_default": true, "rules": [friday], "overrides": [] });
    other.post("/schedules", hours).await.expect(201);
    let both = json!([{ "user_id": owner }, { "user_id": third }]);
    scene.event_type("turns", json!({ "mode": "round_robin", "organizers": both })).await;
    scene.event_type("all", json!({ "mode": "collective", "organizers": both })).await;
    assert_eq!(scene.starts("turns", "2031-09-10").await, ["07:00"]);
    assert_eq!(scene.starts("turns", "2031-09-11").await, ["13:00", "14:00"]);
    assert!(scene.starts("all", "2031-09-11").await.is_empty());
    assert_eq!(scene.starts("all", "2031-09-18").await, ["13:00", "14:00"]);
}

/// Many visitors ask for the one hour in which the stand-in of two is free: one gets it.
#[tokio::test]
async fn one_hour_of_a_stand_in_is_booked_once() {
    let scene = scene().await;
    scene.event_type("call", json!({})).await;
    let away = json!({ "kind": "away", "start": "2031-09-09T22:00:00Z", "end": "2031-09-10T22:00:00Z", "stand_in_id": scene.second.0 });
    block(&scene.tenant.owner, away).await.expect(201);
    let path = format!("/public/organizers/{}/event-types/call/bookings", scene.slug);
    let bodies: Vec<_> = (0..12).map(|visitor| booking("2031-09-10T08:00:00Z", &format!("v{visitor}@example.com"))).collect();
    let all = bodies.into_iter().map(|body| scene.visitor.post(&path, body));
    let answers = futures_util::future::join_all(all).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert!(made == 1 && answers.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 409 | 429)), "{made}");
}

#[tokio::test]
async fn visitors_are_offered_what_suits_their_own_day() {
    let scene = scene().await;
    scene.event_type("call", json!({})).await;
    let owner = &scene.tenant.owner;
    let listed = async |zone: &str| {
        let path = format!(
            "/public/organizers/{}/event-types/call/slots?from=2031-09-09T00:00:00Z&to=2031-09-10T00:00:00Z&timezone={zone}",
            scene.slug
        );
        let answer = scene.visitor.get(&path).await.expect(200);
        answer.json["slots"]
            .as_array()
            .expect("slots")
            .iter()
            .map(|slot| slot["start"].as_str().expect("a start")[11..16].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed("America/New_York").await, ALL_DAY);
    let page = owner.get("/organizer").await.expect(200);
    let kept = json!({ "slug": page.json["slug"], "display_name": page.json["display_name"], "timezone": "Europe/Amsterdam",
                       "keeps_reasonable_hours": true, "reasonable_hours_start": 7, "reasonable_hours_end": 9 });
    let kept = owner.put("/organizer", Some(&page.json["version"]), kept).await.expect(200);
    assert_eq!(kept.json["keeps_reasonable_hours"], json!(true));
    // 07:00 to 09:00 in New York is 11:00 to 13:00 UTC, in Amsterdam 05:00 to 07:00.
    assert_eq!(listed("America/New_York").await, ["11:00", "12:00"]);
    assert!(listed("Europe/Amsterdam").await.is_empty());
    assert_eq!(scene.starts("call", "2031-09-09").await, ALL_DAY, "who names no zone sees all");
    let strange =
        format!("/public/organizers/{}/event-types/call/slots?from=2031-09-09T00:00:00Z&to=2031-09-10T00:00:00Z&timezone=Moon", scene.slug);
    scene.visitor.get(&strange).await.expect(422);

    // What is listed is what can be booked; a member may book at any hour.
    let body = |start: &str, email: &str| {
        let mut body = booking(start, email);
        body["timezone"] = json!("America/New_York");
        body
    };
    let path = format!("/public/organizers/{}/event-types/call/bookings", scene.slug);
    let refused = scene.visitor.post(&path, body("2031-09-09T10:00:00Z", "a@example.com")).await.expect(409);
    assert_eq!((refused.code(), &refused.json["nearest"][0]["start"]), ("slot_taken", &json!("2031-09-08T11:00:00Z")));
    scene.visitor.post(&path, body("2031-09-09T11:00:00Z", "a@example.com")).await.expect(201);
    let page = |zone: &str| format!("/b/{}/call?lang=en&date=2031-09-09&tz={zone}", scene.slug);
    let shown = scene.visitor.raw(Method::GET, &page("America/New_York"), "text/plain", Vec::new()).await.text;
    assert!(shown.contains("start=2031-09-09T12:00Z") && !shown.contains("start=2031-09-09T13:00Z"), "{shown}");
    let types = owner.get("/event-types").await.expect(200).json;
    let call = types["items"].as_array().expect("types").iter().find(|one| one["slug"] == "call").expect("the call")["id"].clone();
    let by_member = json!({ "event_type_id": call, "invitee_name": "Vera", "invitee_email": "vera@example.com",
                            "invitee_timezone": "America/New_York", "start": "2031-09-09T08:00:00Z" });
    owner.post("/bookings", by_member).await.expect(201);
}
