//! The queue: with the change or not at all, retried, failed for good, listed, retried and discarded.

use std::collections::HashMap;
use std::sync::Mutex;

use platform::jobs::failed::{self, Whose};
use platform::jobs::{self, Attempt, Job, JobError, When, batches, definition};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::world::{World, some_id};

/// How often each probe ran.
static RUNS: Mutex<Option<HashMap<Uuid, u32>>> = Mutex::new(None);

#[derive(Serialize, Deserialize)]
struct Probe {
    id: Uuid,
    outcome: String,
}

impl Job for Probe {
    const NAME: &'static str = "Probe";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        *RUNS.lock().expect("lock").get_or_insert_default().entry(self.id).or_default() += 1;
        match self.outcome.as_str() {
            "fail" => Err(JobError::Fail("no use".to_owned())),
            "retry" => Err(JobError::Retry("later".to_owned())),
            "panic" => panic!("boom"),
            _ => {
                assert!(at.tenant.is_some());
                Ok(())
            }
        }
    }
}

fn runs(id: Uuid) -> u32 {
    RUNS.lock().expect("lock").as_ref().and_then(|runs| runs.get(&id).copied()).unwrap_or(0)
}

fn probe(outcome: &str) -> Probe {
    Probe { id: some_id(), outcome: outcome.to_owned() }
}

async fn run(world: &World) {
    jobs::run_due(&world.app, vec![definition::<Probe>()]).await.expect("ran");
}

/// A job of that tenant that gives up at once.
pub async fn give_up(world: &World, tenant: Uuid) {
    let mut ctx = world.ctx(platform::TenantId(tenant));
    ctx.enqueue(&probe("fail"), When::default()).expect("enqueued");
    ctx.commit().await.expect("committed");
    run(world).await;
}

#[tokio::test]
async fn a_job_exists_if_the_change_does() {
    let world = World::new().await;
    let (tenant, mut ctx) = world.tenant();
    let (dropped, kept) = (probe("ok"), probe("ok"));
    ctx.enqueue(&dropped, When::default()).expect("enqueued");
    drop(ctx);
    let mut ctx = world.ctx(tenant);
    ctx.enqueue(&kept, When::default()).expect("enqueued");
    ctx.commit().await.expect("committed");
    run(&world).await;
    assert_eq!((runs(dropped.id), runs(kept.id)), (0, 1));
}

#[tokio::test]
async fn the_tenant_is_the_contexts_whatever_the_payload_says() {
    let world = World::new().await;
    let (tenant, mut ctx) = world.tenant();
    let payload = serde_json::json!({ "id": some_id(), "outcome": "ok", "tenant_id": some_id() });
    sqlx::query("SELECT platform.enqueue($1)")
        .bind(serde_json::json!([{ "task": "Probe", "payload": payload, "max_attempts": 3 }]))
        .execute(ctx.db().await.expect("db"))
        .await
        .expect("enqueued");
    ctx.commit().await.expect("committed");
    let stored: Option<Uuid> = sqlx::query_scalar("SELECT (payload ->> 'tenant_id')::uuid FROM graphile_worker._private_jobs")
        .fetch_one(&world.app.pools.owner)
        .await
        .expect("stored");
    assert_eq!(stored, Some(tenant.0));
}

/// Jobs, facts and lines of the trail wait for the commit; what is taken back takes them along.
#[tokio::test]
async fn what_was_noted_before_a_rollback_is_not_written() {
    let world = World::new().await;
    let (_, mut ctx) = world.tenant();
    let (forgotten, kept) = (probe("ok"), probe("ok"));
    ctx.enqueue(&forgotten, When::default()).expect("enqueued");
    ctx.audit(platform::audit::Change::created("probe.created", "probe", forgotten.id, &forgotten));
    ctx.rollback().await.expect("rolled back");
    ctx.enqueue(&kept, When::default()).expect("enqueued");
    ctx.audit(platform::audit::Change::created("probe.created", "probe", kept.id, &kept));
    ctx.commit().await.expect("committed");
    run(&world).await;
    assert_eq!((runs(forgotten.id), runs(kept.id)), (0, 1));
    let lines: Vec<Option<Uuid>> =
        sqlx::query_scalar("SELECT entity_id FROM platform.audit_events").fetch_all(&world.app.pools.owner).await.expect("lines");
    assert_eq!(lines, [Some(kept.id)]);
}

/// Two jobs of one key in one transaction are one job: the later.
#[tokio::test]
async fn a_key_replaces_within_one_transaction() {
    let world = World::new().await;
    let (_, mut ctx) = world.tenant();
    let (first, second) = (probe("ok"), probe("ok"));
    ctx.enqueue(&first, When::default().keyed("k")).expect("enqueued");
    ctx.enqueue(&second, When::default().keyed("k")).expect("enqueued");
    ctx.commit().await.expect("committed");
    run(&world).await;
    assert_eq!((runs(first.id), runs(second.id)), (0, 1));
}

/// New keys take a way of their own into the queue; one that waits there already, beside them or not, is replaced.
#[tokio::test]
async fn a_key_replaces_one_that_waits() {
    let world = World::new().await;
    let (tenant, mut ctx) = world.tenant();
    let (first, second, fresh, plain) = (probe("ok"), probe("ok"), probe("ok"), probe("ok"));
    let later = When::at(world.now().plus_seconds(3600)).keyed("k");
    ctx.enqueue(&first, later).expect("enqueued");
    ctx.commit().await.expect("committed");
    let mut ctx = world.ctx(tenant);
    ctx.enqueue(&plain, When::default()).expect("enqueued");
    ctx.enqueue(&second, When::default().keyed("k")).expect("enqueued");
    ctx.enqueue(&fresh, When::default().keyed("another")).expect("enqueued");
    ctx.commit().await.expect("committed");
    let waiting: i64 =
        sqlx::query_scalar("SELECT count(*) FROM graphile_worker._private_jobs").fetch_one(&world.app.pools.owner).await.expect("counted");
    assert_eq!(waiting, 3);
    run(&world).await;
    assert_eq!([&first, &second, &fresh, &plain].map(|job| runs(job.id)), [0, 1, 1, 1]);
}

#[tokio::test]
async fn keys_replace_within_the_tenant_only() {
    let world = World::new().await;
    let ((a, mut ctx_a), (_, mut ctx_b)) = (world.tenant(), world.tenant());
    let (first, second, other) = (probe("ok"), probe("ok"), probe("ok"));
    ctx_a.enqueue(&first, When::default().keyed("k")).expect("enqueued");
    ctx_a.enqueue(&second, When::default().keyed("k")).expect("enqueued");
    ctx_a.commit().await.expect("committed");
    ctx_b.enqueue(&other, When::default().keyed("k")).expect("enqueued");
    ctx_b.commit().await.expect("committed");
    run(&world).await;
    assert_eq!((runs(first.id), runs(second.id), runs(other.id)), (0, 1, 1));
    let taken_back = probe("ok");
    let mut ctx = world.ctx(a);
    ctx.enqueue(&taken_back, When::default().keyed("gone")).expect("enqueued");
    ctx.dequeue("gone").await.expect("dequeued");
    ctx.commit().await.expect("committed");
    run(&world).await;
    assert_eq!(runs(taken_back.id), 0);
}

#[tokio::test]
async fn panics_and_failures_end_in_the_list_and_can_be_retried_or_discarded() {
    let world = World::new().await;
    let ((a, mut ctx), (b, _)) = (world.tenant(), world.tenant());
    let (fails, panics, passes) = (probe("fail"), probe("panic"), probe("ok"));
    for job in [&fails, &panics, &passes] {
        ctx.enqueue(job, When::default()).expect("enqueued");
    }
    ctx.commit().await.expect("committed");
    run(&world).await;
    assert_eq!((runs(fails.id), runs(panics.id), runs(passes.id)), (1, 1, 1));
    let owner = &world.app.pools.owner;
    let failed_jobs = failed::list(owner, Whose::Tenant(a.0), None, 10).await.expect("listed");
    assert_eq!(failed_jobs.len(), 1, "the panic has attempts left");
    assert!(failed_jobs[0].last_error.as_deref().unwrap_or_default().contains("no use"));
    let id = failed_jobs[0].id;
    assert!(failed::list(owner, Whose::Tenant(b.0), None, 10).await.expect("listed").is_empty());
    assert!(!failed::retry(owner, Whose::Tenant(b.0), id).await.expect("another tenant's"));
    assert!(!failed::discard(owner, Whose::Tenant(b.0), id).await.expect("another tenant's"));
    assert!(failed::retry(owner, Whose::Tenant(a.0), id).await.expect("retried"));
    run(&world).await;
    assert_eq!(runs(fails.id), 2);
    assert!(failed::discard(owner, Whose::Tenant(a.0), id).await.expect("discarded"));
    assert!(failed::list(owner, Whose::Everybody, None, 10).await.expect("listed").is_empty());
}

#[tokio::test]
async fn a_batch_counts_what_is_done_and_what_failed() {
    let world = World::new().await;
    let (tenant, mut ctx) = world.tenant();
    let batch = batches::open(&mut ctx, "Probes", 3, serde_json::json!({})).await.expect("opened");
    for outcome in ["ok", "fail", "ok"] {
        ctx.enqueue(&probe(outcome), When { batch: Some(batch), ..When::default() }).expect("enqueued");
    }
    ctx.commit().await.expect("committed");
    run(&world).await;
    let (pending, failed, finished): (i32, i32, bool) =
        sqlx::query_as("SELECT pending_jobs, failed_jobs, finished_at IS NOT NULL FROM platform.job_batches WHERE tenant_id = $1")
            .bind(tenant.0)
            .fetch_one(&world.app.pools.owner)
            .await
            .expect("counted");
    assert_eq!((pending, failed, finished), (0, 1, true));
}

/// Pending and failed jobs of the only batch, and whether it is finished.
async fn batch_of(world: &World, tenant: platform::TenantId) -> (i32, i32, bool) {
    sqlx::query_as("SELECT pending_jobs, failed_jobs, finished_at IS NOT NULL FROM platform.job_batches WHERE tenant_id = $1")
        .bind(tenant.0)
        .fetch_one(&world.app.pools.owner)
        .await
        .expect("counted")
}

async fn only_failed_job(world: &World, tenant: platform::TenantId) -> i64 {
    let failed = failed::list(&world.app.pools.owner, Whose::Tenant(tenant.0), None, 10).await.expect("listed");
    let [job] = &failed[..] else { panic!("{failed:?}") };
    job.id
}

fn in_batch(batch: Uuid) -> When {
    When { batch: Some(batch), ..When::default() }
}

#[tokio::test]
async fn a_cancelled_batch_does_no_more_work() {
    let world = World::new().await;
    let tenant = crate::client::Tenant::found(&world, "acme").await;
    let id = platform::TenantId(tenant.id);
    let (first, second, other) = (probe("ok"), probe("fail"), probe("ok"));
    let mut ctx = world.ctx(id);
    let batch = batches::open(&mut ctx, "Probes", 3, serde_json::json!({})).await.expect("opened");
    ctx.enqueue(&first, in_batch(batch)).expect("enqueued");
    ctx.commit().await.expect("committed");
    run(&world).await;
    let cancelled = tenant.owner.delete(&format!("/job-batches/{batch}")).await.expect(200).json;
    assert!(cancelled["cancelled_at"].is_string() && cancelled["finished_at"].is_null(), "{cancelled}");
    let mut ctx = world.ctx(id);
    for job in [&second, &other] {
        ctx.enqueue(job, in_batch(batch)).expect("enqueued");
    }
    ctx.commit().await.expect("committed");
    run(&world).await;
    assert_eq!([&first, &second, &other].map(|job| runs(job.id)), [1, 0, 0]);
    assert_eq!(batch_of(&world, id).await, (0, 0, true), "what does nothing is done, and has not failed");
    world.advance_minutes(1);
    let again = tenant.owner.delete(&format!("/job-batches/{batch}")).await.expect(200).json;
    assert_eq!(again["cancelled_at"], cancelled["cancelled_at"]);
    let lines = tenant.owner.get("/audit-events?action=job_batch.cancelled").await.expect(200).json;
    assert_eq!(lines["items"].as_array().map(Vec::len), Some(1), "cancelled once: {lines}");
}

#[tokio::test]
async fn a_batch_that_is_finished_is_not_cancelled() {
    let world = World::new().await;
    let tenant = crate::client::Tenant::found(&world, "acme").await;
    let mut ctx = world.ctx(platform::TenantId(tenant.id));
    let batch = batches::open(&mut ctx, "Probes", 1, serde_json::json!({})).await.expect("opened");
    ctx.enqueue(&probe("ok"), in_batch(batch)).expect("enqueued");
    ctx.commit().await.expect("committed");
    run(&world).await;
    assert_eq!(tenant.owner.delete(&format!("/job-batches/{batch}")).await.expect(409).code(), "batch_finished");
    let batches = tenant.owner.get("/job-batches").await.expect(200).json;
    assert!(batches["items"][0]["cancelled_at"].is_null(), "{batches}");
}

#[tokio::test]
async fn a_retried_job_of_a_batch_counts_once() {
    let world = World::new().await;
    let (tenant, mut ctx) = world.tenant();
    let batch = batches::open(&mut ctx, "Probes", 3, serde_json::json!({})).await.expect("opened");
    ctx.enqueue(&probe("fail"), in_batch(batch)).expect("enqueued");
    ctx.commit().await.expect("committed");
    run(&world).await;
    assert_eq!(batch_of(&world, tenant).await, (2, 1, false));
    let owner = &world.app.pools.owner;
    let job = only_failed_job(&world, tenant).await;
    assert!(failed::retry(owner, Whose::Tenant(tenant.0), job).await.expect("retried"));
    assert_eq!(batch_of(&world, tenant).await, (3, 0, false), "the batch waits for it again");
    // Mended in between, as a mail server would be.
    sqlx::query("UPDATE graphile_worker._private_jobs SET payload = (payload::jsonb || '{\"outcome\": \"ok\"}')::json")
        .execute(owner)
        .await
        .expect("mended");
    run(&world).await;
    assert_eq!(batch_of(&world, tenant).await, (2, 0, false), "two jobs are still to come");
    let mut ctx = world.ctx(tenant);
    for _ in 0..2 {
        ctx.enqueue(&probe("fail"), in_batch(batch)).expect("enqueued");
    }
    ctx.commit().await.expect("committed");
    run(&world).await;
    assert_eq!(batch_of(&world, tenant).await, (0, 2, true));
    let job = failed::list(owner, Whose::Tenant(tenant.0), None, 1).await.expect("listed")[0].id;
    assert!(failed::retry(owner, Whose::Tenant(tenant.0), job).await.expect("retried"));
    assert_eq!(batch_of(&world, tenant).await, (1, 1, false), "finished no more");
    run(&world).await;
    assert_eq!(batch_of(&world, tenant).await, (0, 2, true));
    assert!(failed::discard(owner, Whose::Tenant(tenant.0), job).await.expect("discarded"));
    assert_eq!(batch_of(&world, tenant).await, (0, 2, true), "a failed job that is discarded was counted before");
}

/// A job that ran and was counted, and that the queue did not let go of before the program was killed, runs again.
#[tokio::test]
async fn a_job_of_a_batch_that_runs_again_after_a_kill_counts_once() {
    let world = World::new().await;
    let (tenant, mut ctx) = world.tenant();
    let batch = batches::open(&mut ctx, "Probes", 2, serde_json::json!({})).await.expect("opened");
    let job = probe("ok");
    ctx.enqueue(&job, in_batch(batch)).expect("enqueued");
    ctx.commit().await.expect("committed");
    let owner = &world.app.pools.owner;
    // As it stands once it was counted: the mark is written with the count.
    let copy: serde_json::Value = {
        sqlx::query("CREATE TABLE public.counted AS SELECT payload FROM graphile_worker._private_jobs WITH NO DATA")
            .execute(owner)
            .await
            .expect("made");
        sqlx::query(
            "CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN INSERT INTO public.counted VALUES (NEW.payload); RETURN NEW; END $$",
        )
        .execute(owner)
        .await
        .expect("made");
        let trigger =
            "CREATE TRIGGER keep AFTER UPDATE OF payload ON graphile_worker._private_jobs FOR EACH ROW EXECUTE FUNCTION public.keep()";
        sqlx::query(trigger).execute(owner).await.expect("made");
        run(&world).await;
        assert_eq!(batch_of(&world, tenant).await, (1, 0, false));
        sqlx::query_scalar("SELECT payload::jsonb FROM public.counted LIMIT 1").fetch_one(owner).await.expect("kept")
    };
    sqlx::query("SELECT graphile_worker.add_job('Probe', $1::json)").bind(copy.to_string()).execute(owner).await.expect("there again");
    run(&world).await;
    assert_eq!((runs(job.id), batch_of(&world, tenant).await), (2, (1, 0, false)));
}

/// A job whose last attempt ended with the program was counted by nobody; who discards it does.
#[tokio::test]
async fn a_discarded_job_that_nobody_counted_has_failed() {
    let world = World::new().await;
    let (tenant, mut ctx) = world.tenant();
    let batch = batches::open(&mut ctx, "Probes", 1, serde_json::json!({})).await.expect("opened");
    ctx.enqueue(&probe("ok"), in_batch(batch)).expect("enqueued");
    ctx.commit().await.expect("committed");
    let owner = &world.app.pools.owner;
    sqlx::query("UPDATE graphile_worker._private_jobs SET attempts = max_attempts").execute(owner).await.expect("used up");
    let job = only_failed_job(&world, tenant).await;
    assert!(failed::discard(owner, Whose::Tenant(tenant.0), job).await.expect("discarded"));
    assert_eq!(batch_of(&world, tenant).await, (0, 1, true));
}

/// Cron entries name jobs that exist, and these run with the payload that the entry gives.
#[tokio::test]
async fn what_cron_starts_runs() {
    let world = World::new().await;
    let known: Vec<&str> = atrium::registry::jobs().iter().map(|job| job.identifier()).collect();
    let mut db = world.as_owner().await;
    for line in atrium::registry::CRONTAB.lines() {
        let mut words = line.split_whitespace().skip(5);
        let task = words.next().expect("a job");
        assert!(known.contains(&task), "{task} is in the crontab and is no job");
        let payload: serde_json::Value = serde_json::from_str(words.last().expect("a payload")).expect("JSON");
        sqlx::query("SELECT graphile_worker.add_job($1, $2::json)")
            .bind(task)
            .bind(payload.to_string())
            .execute(&mut db)
            .await
            .expect("added");
    }
    world.settle().await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM graphile_worker._private_jobs").fetch_one(&mut db).await.expect("counted");
    assert_eq!(left, 0, "a job of the crontab did not run to its end");
}
