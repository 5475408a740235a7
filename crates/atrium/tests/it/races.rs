//! Many at once for one time: one wins, the others are told so, nothing breaks, and no two bookings overlap.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::client::{Client, Tenant, booking};
use crate::world::World;

const CLIENTS: usize = 50;
const ROUNDS: usize = 20;

/// How many rounds: as few as given, or `ATRIUM_RACE_ROUNDS`, at most 100, for who has the time.
pub fn rounds(few: usize) -> usize {
    let asked = std::env::var("ATRIUM_RACE_ROUNDS").ok().and_then(|rounds| rounds.parse::<usize>().ok());
    asked.unwrap_or(few).min(100)
}

/// What the database itself says, whatever the answers were.
pub async fn assert_no_overlap(world: &World) {
    let overlaps: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM scheduling.bookings a JOIN scheduling.bookings b
             ON a.tenant_id = b.tenant_id AND a.organizer_id = b.organizer_id AND a.id < b.id
            AND a.start_time < b.end_time AND b.start_time < a.end_time
          WHERE a.status IN ('pending', 'confirmed') AND b.status IN ('pending', 'confirmed')",
    )
    .fetch_one(&mut world.as_owner().await)
    .await
    .expect("counted");
    assert_eq!(overlaps, 0);
}

/// A start in the working hours of one of 25 days before the clocks change, and after 25 rounds two hours later; enough for 100.
pub fn start(round: usize) -> String {
    at(round, 7)
}

/// An hour after [`start`], where nothing else takes place.
pub fn later(round: usize) -> String {
    at(round, 8)
}

fn at(round: usize, hour: usize) -> String {
    let monday: jiff::civil::Date = "2031-09-08".parse().expect("a date");
    let (day, hour) = (round % 25, hour + round / 25 * 2);
    let day = i64::try_from(day / 5 * 7 + day % 5 + 1).expect("few");
    let day = monday.saturating_add(jiff::Span::new().days(day));
    let day = if day.weekday() == jiff::civil::Weekday::Saturday { day.saturating_add(jiff::Span::new().days(2)) } else { day };
    format!("{day}T{hour:02}:00:00Z")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_for_one_slot() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let path = format!("/public/organizers/{slug}/event-types/intro/bookings");
    let visitor = Client::anonymous(&world);
    for round in 0..rounds(ROUNDS) {
        let start = start(round);
        let answers = join_all((0..CLIENTS).map(|n| visitor.post(&path, booking(&start, &format!("v{n}@example.com"))))).await;
        let won = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(
            won,
            1,
            "round {round} at {start}: {:?}",
            answers.iter().map(|a| (a.status.as_u16(), a.code().to_owned())).collect::<Vec<_>>()
        );
        for lost in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!((lost.status.as_u16(), lost.code()), (409, "slot_taken"), "{}", lost.text);
            assert!(lost.json["nearest"].as_array().is_some_and(|nearest| !nearest.is_empty()));
        }
    }
    assert_no_overlap(&world).await;
    let deadlocks: i64 = sqlx::query_scalar("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("statistics");
    assert_eq!(deadlocks, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_starts_and_two_event_types() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    tenant
        .owner
        .post(
            "/event-types",
            json!({ "name": "Long", "slug": "long", "duration_minutes": 60, "location_type": "phone", "minimum_notice_minutes": 0 }),
        )
        .await
        .expect(201);
    let visitor = Client::anonymous(&world);
    let wanted: Vec<(String, Value)> = (0..CLIENTS)
        .map(|n| {
            let event = if n % 2 == 0 { "intro" } else { "long" };
            // 09:00 and 09:15: each of these overlaps every other.
            let start = format!("2031-09-09T09:{:02}:00Z", n % 2 * 15);
            (format!("/public/organizers/{slug}/event-types/{event}/bookings"), booking(&start, &format!("v{n}@example.com")))
        })
        .collect();
    let answers = join_all(wanted.into_iter().map(|(path, body)| {
        let visitor = visitor.clone();
        async move { visitor.post(&path, body).await }
    }))
    .await;
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    assert!(answers.iter().all(|a| matches!(a.status.as_u16(), 201 | 409)));
    assert_no_overlap(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_against_a_booking() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let path = format!("/public/organizers/{slug}/event-types/intro/bookings");
    let visitor = Client::anonymous(&world);
    for round in 0..rounds(10) {
        let target = start(round);
        let moved = visitor.post(&path, booking(&later(round), "moved@example.com")).await.expect(201).json;
        let token = moved["manage_url"].as_str().expect("a link").rsplit('/').next().expect("a token").to_owned();
        let manage = format!("/public/bookings/{token}/reschedulings");
        let (a, b) =
            tokio::join!(visitor.post(&manage, json!({ "start": target })), visitor.post(&path, booking(&target, "new@example.com")),);
        let won = usize::from(a.status == 200) + usize::from(b.status == 201);
        assert_eq!(won, 1, "round {round}: {} {}", a.text, b.text);
    }
    assert_no_overlap(&world).await;
}

/// Confirmed once, whoever is first; the others are told that it is. Confirming and declining at once leave one of both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_answers_to_one_request() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let asked =
        json!({ "name": "Asked", "slug": "asked", "duration_minutes": 30, "minimum_notice_minutes": 0, "requires_confirmation": true });
    tenant.owner.post("/event-types", asked).await.expect(201);
    let visitor = Client::anonymous(&world);
    for round in 0..rounds(5) {
        let start = start(round);
        // Who asks for a time takes it, so no other request of it can be confirmed.
        let path = format!("/public/organizers/{slug}/event-types/asked/bookings");
        let answers = join_all((0..CLIENTS).map(|n| visitor.post(&path, booking(&start, &format!("v{n}@example.com"))))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "round {round}");
        let pending = tenant.owner.get(&format!("/bookings?view=pending&from={start}")).await.expect(200).json;
        let id = pending["items"][0]["id"].as_str().expect("a request").to_owned();
        let verbs = (0..CLIENTS).map(|n| if n % 2 == 0 { "confirmation" } else { "refusal" });
        let given = join_all(verbs.map(|verb| {
            let (owner, path) = (tenant.owner.clone(), format!("/bookings/{id}/{verb}"));
            async move { owner.post(&path, json!({})).await }
        }))
        .await;
        assert_eq!(given.iter().filter(|answer| answer.status == 200).count(), 1, "round {round}");
        assert!(given.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 409)), "round {round}");
    }
    assert_no_overlap(&world).await;
}
