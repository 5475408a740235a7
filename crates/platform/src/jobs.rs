//! Work for later, on graphile_worker: enqueued in the caller's transaction, run outside of any.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use graphile_worker::{
    IntoTaskHandlerResult, JobDefinition, LocalQueueConfig, RefetchDelayConfig, TaskHandler, WorkerContext, WorkerOptions,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::ctx::{Ctx, TenantId};
use crate::error::{Error, Result};
use crate::events::{Event, EventKind};
use crate::state::App;
use crate::time::Timestamp;

pub mod batches;
pub mod failed;

/// A piece of work: a plain struct of ids that serialises to the payload. It may run twice, so it looks before it acts.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Imperative: `SendReminder`.
    const NAME: &'static str;
    /// With the queue's backoff of e^attempt seconds, ten attempts are about eight hours.
    const MAX_ATTEMPTS: i32 = 10;
    /// After this long the attempt counts as failed.
    const TIME_LIMIT: Duration = Duration::from_secs(120);

    fn run(self, at: Attempt) -> impl Future<Output = Result<(), JobError>> + Send;
}

/// The circumstances of one attempt.
pub struct Attempt {
    pub app: App,
    pub tenant: Option<TenantId>,
    pub number: i16,
    pub most: i16,
}

impl Attempt {
    /// The tenant's context, for a job that was enqueued in one.
    ///
    /// # Errors
    /// A job of the instance has none.
    pub fn ctx(&self) -> Result<Ctx, JobError> {
        let tenant = self.tenant.ok_or_else(|| JobError::Fail("this job needs a tenant and has none".to_owned()))?;
        Ok(Ctx::of_program(self.app.clone(), tenant, None))
    }

    pub fn is_last(&self) -> bool {
        self.number >= self.most
    }
}

/// Whether another attempt may help.
#[derive(Clone, Debug)]
pub enum JobError {
    Retry(String),
    Fail(String),
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry(reason) | Self::Fail(reason) => f.write_str(reason),
        }
    }
}

/// Faults of ours and of the database pass; what is missing or refused stays so.
impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            Error::Problem(problem) if problem.status < 500 && problem.status != 429 => Self::Fail(problem.to_string()),
            other => Self::Retry(other.to_string()),
        }
    }
}

impl From<sqlx::Error> for JobError {
    fn from(error: sqlx::Error) -> Self {
        Self::Retry(error.to_string())
    }
}

/// When and how a job runs; `default()` is at once, any number beside each other.
#[derive(Clone, Debug, Default)]
pub struct When {
    pub run_at: Option<Timestamp>,
    /// A waiting job of the same key (within the tenant) is replaced.
    pub key: Option<String>,
    /// Jobs of one queue run one after the other.
    pub queue: Option<String>,
    /// A job of a batch has no key: what replaced it would leave the batch waiting for it.
    pub batch: Option<Uuid>,
}

impl When {
    pub fn at(run_at: Timestamp) -> Self {
        Self { run_at: Some(run_at), ..Self::default() }
    }

    #[must_use]
    pub fn keyed(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}

/// Enqueues on a connection: of a tenant's transaction (then the job is the tenant's) or of none (then the instance's).
///
/// # Errors
/// The database's.
pub async fn enqueue<J: Job>(db: &mut PgConnection, job: &J, when: When) -> Result<()> {
    enqueue_all(db, &[Waiting::new(job, when)?]).await
}

/// A job on its way into the queue.
#[derive(Serialize)]
pub(crate) struct Waiting {
    task: &'static str,
    payload: Value,
    run_at: Option<Timestamp>,
    job_key: Option<String>,
    max_attempts: i32,
    queue_name: Option<String>,
}

impl Waiting {
    pub(crate) fn new<J: Job>(job: &J, when: When) -> Result<Self> {
        let mut payload = serde_json::to_value(job).map_err(Error::internal)?;
        if let (Value::Object(fields), Some(batch)) = (&mut payload, when.batch) {
            fields.insert("batch_id".to_owned(), Value::from(batch.to_string()));
        }
        Ok(Self { task: J::NAME, payload, run_at: when.run_at, job_key: when.key, max_attempts: J::MAX_ATTEMPTS, queue_name: when.queue })
    }
}

/// No key may come twice.
pub(crate) async fn enqueue_all(db: &mut PgConnection, jobs: &[Waiting]) -> Result<()> {
    let jobs = serde_json::to_value(jobs).map_err(Error::internal)?;
    sqlx::query!(r#"SELECT platform.enqueue($1) AS "done: ()""#, jobs).execute(db).await?;
    Ok(())
}

impl Ctx {
    /// Notes a job, enqueued with the commit: it exists if, and only if, the change does.
    ///
    /// # Errors
    /// A job that is no JSON, which is a bug.
    pub fn enqueue<J: Job>(&mut self, job: &J, when: When) -> Result<()> {
        let job = Waiting::new(job, when)?;
        let jobs = &mut self.noted().jobs;
        jobs.retain(|earlier| earlier.job_key.is_none() || earlier.job_key != job.job_key);
        jobs.push(job);
        Ok(())
    }

    /// Takes back the waiting job of that key, if there is one.
    ///
    /// # Errors
    /// The database's.
    pub async fn dequeue(&mut self, key: &str) -> Result<()> {
        self.noted().jobs.retain(|job| job.job_key.as_deref() != Some(key));
        sqlx::query!(r#"SELECT platform.dequeue($1) AS "done: ()""#, key).execute(self.db().await?).await?;
        Ok(())
    }
}

/// A job as the queue stores it.
#[derive(Serialize, Deserialize)]
struct Stored<J> {
    tenant_id: Option<Uuid>,
    #[serde(default)]
    batch_id: Option<Uuid>,
    #[serde(flatten)]
    job: J,
}

impl<J: Job> TaskHandler for Stored<J> {
    const IDENTIFIER: &'static str = J::NAME;

    async fn run(self, worker: WorkerContext) -> impl IntoTaskHandlerResult {
        let Some(app) = worker.get_ext::<App>().cloned() else { return Err("the worker has no application".to_owned()) };
        let tenant = self.tenant_id.map(TenantId);
        let (id, number, most) = (*worker.job().id(), *worker.job().attempts(), *worker.job().max_attempts());
        if let Some(tenant) = tenant {
            match put_off(&app, tenant, id).await.map_err(|error| error.to_string())? {
                Door::Open => {}
                Door::Suspended => return Err(SUSPENDED.to_owned()),
                Door::Gone => return Ok(()),
            }
        }
        let attempt = Attempt { app: app.clone(), tenant, number, most };
        let batch = tenant.zip(self.batch_id);
        let is_cancelled = match batch {
            Some((tenant, batch)) => batches::is_cancelled(&app.pools.owner, tenant, batch).await.map_err(|error| error.to_string())?,
            None => false,
        };
        let started = std::time::Instant::now();
        let outcome = if is_cancelled {
            Ok(())
        } else {
            // In a task of its own, so that a panic is an error of this job and not of the worker.
            match tokio::time::timeout(J::TIME_LIMIT, crate::task::run(self.job.run(attempt))).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(panic)) => Err(JobError::Retry(format!("panicked: {panic}"))),
                Err(_) => Err(JobError::Retry(format!("took longer than {} s", J::TIME_LIMIT.as_secs()))),
            }
        };
        metrics::histogram!("atrium_job_seconds", "job" => J::NAME).record(started.elapsed().as_secs_f64());
        let label = match &outcome {
            Ok(()) if is_cancelled => "cancelled",
            Ok(()) => "done",
            Err(JobError::Retry(_)) if number < most => "retry",
            Err(_) => "failed",
        };
        metrics::counter!("atrium_jobs_total", "job" => J::NAME, "outcome" => label).increment(1);
        let failed = match outcome {
            Ok(()) => None,
            Err(JobError::Fail(reason)) => {
                // No attempt is left: the queue then lists it as failed for good.
                sqlx::query!("UPDATE graphile_worker._private_jobs SET max_attempts = attempts WHERE id = $1", id)
                    .execute(&app.pools.owner)
                    .await
                    .map_err(|error| error.to_string())?;
                Some((reason, true))
            }
            Err(JobError::Retry(reason)) => Some((reason, number >= most)),
        };
        if let Some((tenant, batch)) = batch {
            let last = failed.as_ref().map(|(_, last)| *last);
            if last != Some(false) {
                batches::settle(&app.pools.owner, tenant, batch, id, last == Some(true)).await.map_err(|error| error.to_string())?;
            }
        }
        match failed {
            None => Ok(()),
            Some((reason, last)) => {
                if let (Some(tenant), true) = (tenant, last)
                    && let Err(error) = tell_failed(&app, tenant, id, J::NAME).await
                {
                    tracing::warn!(%error, job = J::NAME, id, "nobody is told of a job that failed");
                }
                tracing::warn!(job = J::NAME, id, attempt = number, last, reason, "a job failed");
                Err(reason)
            }
        }
    }
}

/// A job of a tenant has no attempt left.
#[derive(Serialize)]
pub struct JobFailed {
    pub job_id: i64,
    pub task: &'static str,
    #[serde(skip)]
    tenant: TenantId,
}

impl Event for JobFailed {
    const KIND: &'static str = "job.failed";

    /// Jobs have no id of that kind, so it is the workspace's.
    fn subject(&self) -> Uuid {
        self.tenant.0
    }
}

/// Every fact of the queue, and who may see it.
pub const EVENTS: &[EventKind] = &[EventKind { kind: JobFailed::KIND, permission: Some("jobs:manage") }];

async fn tell_failed(app: &App, tenant: TenantId, job_id: i64, task: &'static str) -> Result<()> {
    let mut ctx = Ctx::of_program(app.clone(), tenant, None);
    ctx.publish(&JobFailed { job_id, task, tenant })?;
    ctx.commit().await
}

/// What a job of a suspended tenant waits with; lifting the suspension finds it by this.
const SUSPENDED: &str = "the workspace is suspended";

enum Door {
    Open,
    Suspended,
    Gone,
}

/// Whether a tenant's jobs run. One of a suspended tenant comes again in an hour, and loses no attempt by that.
async fn put_off(app: &App, tenant: TenantId, job: i64) -> Result<Door, sqlx::Error> {
    let status =
        sqlx::query_scalar!("SELECT status FROM directory.tenants WHERE id = $1", tenant.0).fetch_optional(&app.pools.owner).await?;
    match status.as_deref() {
        Some("suspended") => {
            sqlx::query!(
                "UPDATE graphile_worker._private_jobs SET attempts = attempts - 1, run_at = $2 WHERE id = $1",
                job,
                app.clock.now().plus_seconds(3600) as Timestamp,
            )
            .execute(&app.pools.owner)
            .await?;
            Ok(Door::Suspended)
        }
        Some("deleted") => Ok(Door::Gone),
        _ => Ok(Door::Open),
    }
}

/// Has the jobs of a tenant run that waited for the end of its suspension. On a connection of the owner.
///
/// # Errors
/// The database's.
pub async fn resume(db: &mut PgConnection, tenant: TenantId) -> Result<u64, sqlx::Error> {
    let resumed = sqlx::query!(
        "UPDATE graphile_worker._private_jobs SET run_at = now()
          WHERE payload ->> 'tenant_id' = $1 AND strpos(last_error, $2) > 0 AND locked_at IS NULL",
        tenant.0.to_string(),
        SUSPENDED,
    )
    .execute(db)
    .await?;
    Ok(resumed.rows_affected())
}

/// For the registry of the binary.
pub fn definition<J: Job>() -> JobDefinition {
    Stored::<J>::definition()
}

/// Makes or upgrades the queue's own schema; runs as the owner.
///
/// # Errors
/// The database's.
pub async fn migrate(owner: &sqlx::PgPool) -> Result<()> {
    graphile_worker::WorkerUtils::new(owner.clone(), "graphile_worker").migrate().await.map_err(Error::internal)
}

/// Jobs that are fetched together, for each that runs at a time. After a kill they wait for the sweep, as those that ran do.
const FETCHED_AHEAD: usize = 8;
/// How long the worker waits, at most, before it looks into a queue that it found empty.
const REFETCH: Duration = Duration::from_millis(200);

/// Runs jobs and cron entries until `stop`, then lets those under way finish within `grace`.
///
/// # Errors
/// The queue's, where it cannot be reached; the caller starts it again.
pub async fn run_worker(
    app: App,
    definitions: Vec<JobDefinition>,
    crontab: &str,
    concurrency: usize,
    grace: Duration,
    stop: CancellationToken,
) -> Result<()> {
    let pool = app.pools.owner.clone();
    let worker = WorkerOptions::default()
        .pg_pool(pool)
        .schema("graphile_worker")
        .concurrency(concurrency)
        .poll_interval(Duration::from_secs(2))
        // Without it the worker takes one job for each notice or poll and slot, and lets notices go while it is busy: what is
        // left of a burst, or of a time without a worker, would then run at two jobs a second.
        .local_queue(
            LocalQueueConfig::default()
                .with_size(concurrency * FETCHED_AHEAD)
                // Without a delay the local queue wakes itself after each fetch and asks an empty queue without a pause, at half
                // a processor (graphile_worker 0.14.1). No notice cuts the delay short: it also gathers jobs into one fetch.
                .with_refetch_delay(RefetchDelayConfig::default().with_duration(REFETCH).with_max_abort_threshold(usize::MAX)),
        )
        // Jobs that are done leave the queue together. After a kill in between they run again, as any job may.
        .complete_job_batch_delay(Duration::from_millis(10))
        .heartbeat_interval(Duration::from_secs(5))
        .sweep_interval(Duration::from_secs(10))
        .sweep_threshold(Duration::from_secs(30))
        .recovery_delay(Duration::from_secs(1))
        .listen_os_shutdown_signals(false)
        .shutdown_grace_period(grace)
        .shutdown_interrupted_job_retry_delay(Duration::from_secs(1))
        .shutdown_signal(async move { stop.cancelled().await })
        .add_extension(app)
        .define_jobs(definitions)
        .with_cron(crontab)
        .map_err(|error| Error::internal(error.to_string()))?
        .init()
        .await
        .map_err(Error::internal)?;
    worker.run().await.map_err(Error::internal)
}

/// How the queue stands.
#[derive(Debug, Serialize)]
pub struct Counts {
    pub waiting: i64,
    pub scheduled: i64,
    pub running: i64,
    pub failed: i64,
}

/// # Errors
/// The database's.
pub async fn counts(owner: &sqlx::PgPool) -> Result<Counts> {
    let counts = sqlx::query_as!(
        Counts,
        r#"SELECT count(*) FILTER (WHERE locked_at IS NULL AND attempts < max_attempts AND run_at <= now()) AS "waiting!",
                  count(*) FILTER (WHERE locked_at IS NULL AND attempts < max_attempts AND run_at > now()) AS "scheduled!",
                  count(*) FILTER (WHERE locked_at IS NOT NULL) AS "running!",
                  count(*) FILTER (WHERE locked_at IS NULL AND attempts >= max_attempts) AS "failed!"
             FROM graphile_worker._private_jobs"#
    )
    .fetch_one(owner)
    .await?;
    Ok(counts)
}

/// Runs every job that is due, once, and answers how many were; for tests and tools that bring the queue to rest.
///
/// # Errors
/// The queue's.
pub async fn run_due(app: &App, definitions: Vec<JobDefinition>) -> Result<i64> {
    let due = counts(&app.pools.owner).await?.waiting;
    if due > 0 {
        let worker = WorkerOptions::default()
            .pg_pool(app.pools.owner.clone())
            .schema("graphile_worker")
            .concurrency(4)
            .listen_os_shutdown_signals(false)
            .add_extension(app.clone())
            .define_jobs(definitions)
            .init()
            .await
            .map_err(Error::internal)?;
        worker.run_once().await.map_err(Error::internal)?;
    }
    Ok(due)
}
