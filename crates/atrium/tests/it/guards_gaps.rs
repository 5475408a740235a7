//! What two guards keep together, or none of the paths elsewhere reaches: each test here fails when its one guard is taken away.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use platform::events::{self, Event, Reaction, Recorded};
use platform::state::Parts;
use platform::{App, Ctx, TenantId};
use serde::Serialize;
use serde_json::json;
use sqlx::Connection;
use uuid::Uuid;

use crate::client::{Client, Tenant, booking};
use crate::world::{World, some_id};

/// The organizer's row lock alone keeps the limit of a day: times that do not overlap pass the constraint.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_do_not_exceed_the_limit_of_a_day() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let limited = json!({ "name": "Rare", "slug": "rare", "duration_minutes": 30, "location_type": "phone", "minimum_notice_minutes": 0, "daily_limit": 1 });
    tenant.owner.post("/event-types", limited).await.expect(201);
    let path = format!("/public/organizers/{slug}/event-types/rare/bookings");
    let visitor = Client::anonymous(&world);
    for day in ["2031-09-09", "2031-09-10", "2031-09-11", "2031-09-12"] {
        let answers =
            join_all((8..15).map(|hour| visitor.post(&path, booking(&format!("{day}T{hour:02}:00:00Z"), &format!("v{hour}@example.com")))))
                .await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{day}: {statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 201 | 409)), "{day}: {statuses:?}");
    }
}

/// A writer that takes no lock has the time, and has not committed yet: only the constraint sees it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_constraint_stops_whom_the_look_let_pass() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let mut db = world.as_owner().await;
    let mut other = db.begin().await.expect("BEGIN");
    sqlx::query(
        "INSERT INTO scheduling.occupancy (tenant_id, id, bookable_id, kind, ref_id, start_time, end_time)
         VALUES ($1, $2, $3, 'block', $2, '2031-09-09T09:00:00Z', '2031-09-09T10:00:00Z')",
    )
    .bind(tenant.id)
    .bind(some_id())
    .bind(tenant.owner_id)
    .execute(&mut *other)
    .await
    .expect("a block");
    let visitor = Client::anonymous(&world);
    let path = format!("/public/organizers/{slug}/event-types/intro/bookings");
    #[expect(clippy::disallowed_methods, reason = "the request must be under way while the test looks")]
    let asked = tokio::spawn(async move { visitor.post(&path, booking("2031-09-09T09:15:00Z", "vera@example.com")).await });
    let mut watch = world.as_owner().await;
    let waiting = async {
        while !asked.is_finished() {
            let is_waiting: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database())")
                .fetch_one(&mut watch)
                .await
                .expect("locks");
            if is_waiting {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("the booking waits or is answered");
    other.commit().await.expect("COMMIT");
    let refused = asked.await.expect("an answer").expect(409);
    assert_eq!(refused.code(), "slot_taken");
    assert!(refused.json["nearest"].as_array().is_some_and(|nearest| !nearest.is_empty()));
    assert_eq!(tenant.owner.get("/bookings").await.expect(200).json["items"], json!([]));
}

/// Events come at least once; the key of a mail makes of that one mail.
#[tokio::test]
async fn what_is_told_twice_is_mailed_once() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    visitor
        .post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), booking("2031-09-09T09:00:00Z", "vera@example.com"))
        .await
        .expect(201);
    world.settle().await;
    let mut db = world.as_owner().await;
    let mut mails = async || {
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM directory.mails WHERE recipient = 'vera@example.com'")
            .fetch_one(&mut db)
            .await
            .expect("counted")
    };
    assert_eq!(mails().await, 1);
    let again = sqlx::query("UPDATE platform.events SET dispatched_at = NULL WHERE kind = 'booking.created'")
        .execute(&world.app.pools.owner)
        .await
        .expect("again");
    assert_eq!(again.rows_affected(), 1);
    world.settle().await;
    assert_eq!(mails().await, 1);
}

#[derive(Serialize)]
struct Step {
    subject: Uuid,
    number: i64,
}

impl Event for Step {
    const KIND: &'static str = "step.taken";

    fn subject(&self) -> Uuid {
        self.subject
    }
}

/// Whose first step fails for now, and what was delivered of it.
static HELD: Mutex<Option<Uuid>> = Mutex::new(None);
static DELIVERED: Mutex<Vec<i64>> = Mutex::new(Vec::new());

fn react<'a>(_: &'a mut Ctx, event: &'a Recorded) -> futures_util::future::BoxFuture<'a, platform::Result<()>> {
    Box::pin(async move {
        let number = event.payload["number"].as_i64().expect("a number");
        if number == 1 && *HELD.lock().expect("lock") == Some(event.subject_id) {
            return Err(platform::Error::internal("not yet"));
        }
        DELIVERED.lock().expect("lock").push(number);
        Ok(())
    })
}

/// The second and third would succeed, and stand in the same batch as the first, which fails.
#[tokio::test]
async fn a_later_event_does_not_overtake_one_that_failed() {
    let world = World::new().await;
    let reactions = vec![Reaction { on: Step::KIND, name: "guards_gaps", run: react }];
    let app = App::new(Parts { reactions, ..Parts::clone(&world.app) });
    let (tenant, subject): (TenantId, Uuid) = (world.tenant().0, some_id());
    *HELD.lock().expect("lock") = Some(subject);
    for number in 1..4 {
        let mut ctx = Ctx::of_program(app.clone(), tenant, None);
        ctx.publish(&Step { subject, number }).expect("published");
        ctx.commit().await.expect("committed");
    }
    events::dispatch_waiting(&app).await.expect("dispatched");
    assert_eq!(*DELIVERED.lock().expect("lock"), [] as [i64; 0]);
    *HELD.lock().expect("lock") = None;
    sqlx::query("UPDATE platform.events SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
        .execute(&app.pools.owner)
        .await
        .expect("now");
    events::run_until_empty(&app).await.expect("dispatched");
    assert_eq!(*DELIVERED.lock().expect("lock"), [1, 2, 3]);
}
