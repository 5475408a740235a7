//! The outbox: at least once, in order for each subject, over failures and restarts.

use std::sync::Mutex;

use platform::events::{self, Event, Reaction, Recorded};
use platform::{App, Ctx, TenantId};
use serde::Serialize;
use uuid::Uuid;

use crate::world::{World, some_id};

#[derive(Serialize)]
struct Happened {
    subject: Uuid,
    number: i64,
}

impl Event for Happened {
    const KIND: &'static str = "thing.happened";

    fn subject(&self) -> Uuid {
        self.subject
    }
}

/// What the test's reaction has seen, over all tests of this binary: each looks for its own subjects.
static SEEN: Mutex<Vec<(Uuid, i64)>> = Mutex::new(Vec::new());
/// Subjects whose reaction fails for now, and those for which it panics.
static FAILING: Mutex<Vec<Uuid>> = Mutex::new(Vec::new());
static PANICKING: Mutex<Vec<Uuid>> = Mutex::new(Vec::new());

fn react<'a>(ctx: &'a mut Ctx, event: &'a Recorded) -> futures_util::future::BoxFuture<'a, platform::Result<()>> {
    Box::pin(async move {
        if FAILING.lock().expect("lock").contains(&event.subject_id) {
            return Err(platform::Error::internal("not today"));
        }
        let panics = PANICKING.lock().expect("lock").contains(&event.subject_id);
        assert!(!panics, "boom");
        // The effect that must happen once: a batch named after the event, in the delivering transaction.
        platform::jobs::batches::open(ctx, &event.id.to_string(), 0, serde_json::json!({})).await?;
        let number = event.payload["number"].as_i64().expect("a number");
        SEEN.lock().expect("lock").push((event.subject_id, number));
        Ok(())
    })
}

fn with_reaction(app: &App) -> App {
    let reactions = vec![Reaction { on: Happened::KIND, name: "test", run: react }];
    App::new(platform::state::Parts { reactions, ..platform::state::Parts::clone(app) })
}

async fn publish(app: &App, tenant: TenantId, subject: Uuid, numbers: std::ops::Range<i64>) {
    for number in numbers {
        let mut ctx = Ctx::of_program(app.clone(), tenant, None);
        ctx.publish(&Happened { subject, number }).expect("published");
        ctx.commit().await.expect("committed");
    }
}

fn seen(subject: Uuid) -> Vec<i64> {
    SEEN.lock().expect("lock").iter().filter(|(of, _)| *of == subject).map(|(_, number)| *number).collect()
}

#[tokio::test]
async fn what_is_rolled_back_never_happened() {
    let world = World::new().await;
    let app = with_reaction(&world.app);
    let (tenant, mut ctx) = world.tenant();
    let subject = some_id();
    ctx.publish(&Happened { subject, number: 1 }).expect("published");
    drop(ctx);
    publish(&app, tenant, subject, 2..3).await;
    while events::dispatch_waiting(&app).await.expect("dispatched") > 0 {}
    assert_eq!(seen(subject), [2]);
}

#[tokio::test]
async fn a_failing_reaction_delays_its_subject_only_and_keeps_its_order() {
    let world = World::new().await;
    let app = with_reaction(&world.app);
    let (tenant, _) = world.tenant();
    let (bad, good) = (some_id(), some_id());
    FAILING.lock().expect("lock").push(bad);
    publish(&app, tenant, bad, 1..4).await;
    publish(&app, tenant, good, 1..4).await;
    events::dispatch_waiting(&app).await.expect("dispatched");
    assert_eq!(seen(good), [1, 2, 3]);
    assert_eq!(seen(bad), [] as [i64; 0]);
    // The first waits for its next attempt; those behind it are not due before it.
    assert_eq!(events::dispatch_waiting(&app).await.expect("dispatched"), 0);
    FAILING.lock().expect("lock").retain(|subject| *subject != bad);
    sqlx::query("UPDATE platform.events SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
        .execute(&app.pools.owner)
        .await
        .expect("now");
    events::dispatch_waiting(&app).await.expect("dispatched");
    assert_eq!(seen(bad), [1, 2, 3]);
    let (waiting, _) = events::backlog(&app).await.expect("backlog");
    assert_eq!(waiting, 0);
}

/// One bad fact does not end the dispatcher, which nobody else could lead meanwhile.
#[tokio::test]
async fn a_panic_in_a_reaction_is_its_failure() {
    let world = World::new().await;
    let app = with_reaction(&world.app);
    let (tenant, _) = world.tenant();
    let (bad, good) = (some_id(), some_id());
    PANICKING.lock().expect("lock").push(bad);
    publish(&app, tenant, bad, 1..2).await;
    publish(&app, tenant, good, 1..3).await;
    events::run_until_empty(&app).await.expect("dispatched");
    assert_eq!((seen(good), seen(bad)), (vec![1, 2], vec![]));
    let why: Option<String> = sqlx::query_scalar("SELECT last_error FROM platform.events WHERE subject_id = $1")
        .bind(bad)
        .fetch_one(&app.pools.owner)
        .await
        .expect("a row");
    assert_eq!(why.as_deref(), Some("test panicked"));
}

/// Two dispatchers over the same events: the effects stand in the transaction that marks the delivery, so they are there once.
#[tokio::test]
async fn delivered_twice_at_once_has_its_effect_once() {
    let world = World::new().await;
    let app = with_reaction(&world.app);
    let (tenant, _) = world.tenant();
    let subject = some_id();
    // Several times: in the first, one of the two may still be opening its connection.
    for round in 0..5 {
        publish(&app, tenant, subject, round * 10..(round + 1) * 10).await;
        let (a, b) = tokio::join!(events::run_until_empty(&app), events::run_until_empty(&app));
        a.expect("one");
        b.expect("other");
    }
    let effects: i64 = sqlx::query_scalar("SELECT count(*) FROM platform.job_batches WHERE tenant_id = $1")
        .bind(tenant.0)
        .fetch_one(&app.pools.owner)
        .await
        .expect("counted");
    assert_eq!(effects, 50);
}
