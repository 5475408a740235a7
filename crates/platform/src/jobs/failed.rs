//! Jobs whose attempts are used up: listed, retried, discarded.
//!
//! The queue's tables admit their owner only, so these run as the owner and filter by tenant themselves.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use sqlx::{PgExecutor, PgPool};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::audit::Change;
use crate::auth::Allow;
use crate::ctx::{Answer, Caller};
use crate::error::{Problem, Result};
use crate::extract::{Json, Path, Query};
use crate::page::{Page, PageParams};
use crate::state::App;
use crate::time::Timestamp;

crate::permissions! { JobsManage = "jobs:manage" }

/// A job that will not run again by itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailedJob {
    #[schema(minimum = 1)]
    pub id: i64,
    /// `SendMails`
    pub task: String,
    /// Ids, no secrets.
    #[schema(value_type = Object)]
    pub payload: Value,
    pub attempts: i16,
    pub max_attempts: i16,
    pub last_error: Option<String>,
    pub failed_at: Timestamp,
    /// Null for a job of the instance.
    pub tenant_id: Option<Uuid>,
}

/// Whose jobs are meant.
#[derive(Clone, Copy, Debug)]
pub enum Whose {
    Tenant(Uuid),
    /// Those of all tenants and of the instance.
    Everybody,
}

impl Whose {
    fn tenant(self) -> Option<Uuid> {
        match self {
            Self::Tenant(id) => Some(id),
            Self::Everybody => None,
        }
    }
}

/// The failed jobs, newest first, below `before`.
///
/// # Errors
/// The database's.
pub async fn list(owner: &PgPool, whose: Whose, before: Option<i64>, limit: i64) -> Result<Vec<FailedJob>> {
    let rows = sqlx::query!(
        r#"SELECT j.id AS "id!", t.identifier AS "task!", j.payload::jsonb AS "payload!", j.attempts AS "attempts!",
                  j.max_attempts AS "max_attempts!", j.last_error, j.updated_at AS "failed_at!",
                  (j.payload ->> 'tenant_id')::uuid AS tenant_id
             FROM graphile_worker._private_jobs j
             JOIN graphile_worker._private_tasks t ON t.id = j.task_id
            WHERE j.attempts >= j.max_attempts AND j.locked_at IS NULL
              AND ($1::uuid IS NULL OR j.payload ->> 'tenant_id' = $1::text)
              AND ($2::bigint IS NULL OR j.id < $2)
            ORDER BY j.id DESC
            LIMIT $3"#,
        whose.tenant(),
        before,
        limit,
    )
    .fetch_all(owner)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| FailedJob {
            id: row.id,
            task: row.task,
            payload: row.payload,
            attempts: row.attempts,
            max_attempts: row.max_attempts,
            last_error: row.last_error,
            failed_at: row.failed_at,
            tenant_id: row.tenant_id,
        })
        .collect())
}

/// Gives a failed job its attempts anew; answers whether there was one. Its batch waits for it again.
///
/// # Errors
/// The database's.
pub async fn retry(owner: impl PgExecutor<'_>, whose: Whose, id: i64) -> Result<bool> {
    let done = sqlx::query_scalar!(
        r#"WITH failed AS (
             SELECT id, payload FROM graphile_worker._private_jobs
              WHERE id = $1 AND attempts >= max_attempts AND locked_at IS NULL
                AND ($2::uuid IS NULL OR payload ->> 'tenant_id' = $2::text)
                FOR UPDATE
         ), batch AS (
             UPDATE platform.job_batches b
                SET pending_jobs = least(b.total_jobs, b.pending_jobs + 1), failed_jobs = greatest(0, b.failed_jobs - 1), finished_at = NULL
               FROM failed
              WHERE failed.payload ->> 'batch_counted' IS NOT NULL
                AND b.tenant_id = (failed.payload ->> 'tenant_id')::uuid AND b.id = (failed.payload ->> 'batch_id')::uuid
         ), retried AS (
             UPDATE graphile_worker._private_jobs j
                SET max_attempts = greatest(j.max_attempts, 10), attempts = 0, run_at = now(), updated_at = now(),
                    payload = (j.payload::jsonb - 'batch_counted')::json
               FROM failed WHERE j.id = failed.id
             RETURNING j.id
         )
         SELECT EXISTS (SELECT FROM retried) AS "done!""#,
        id,
        whose.tenant(),
    )
    .fetch_one(owner)
    .await?;
    Ok(done)
}

/// Removes a failed job; answers whether there was one. Its batch, where it still waits for it, counts it as failed: a job
/// whose last attempt ended with the program had nobody to count it.
///
/// # Errors
/// The database's.
pub async fn discard(owner: impl PgExecutor<'_>, whose: Whose, id: i64) -> Result<bool> {
    let done = sqlx::query_scalar!(
        r#"WITH discarded AS (
             DELETE FROM graphile_worker._private_jobs
              WHERE id = $1 AND attempts >= max_attempts AND locked_at IS NULL
                AND ($2::uuid IS NULL OR payload ->> 'tenant_id' = $2::text)
             RETURNING payload
         ), batch AS (
             UPDATE platform.job_batches b
                SET pending_jobs = greatest(0, b.pending_jobs - 1), failed_jobs = b.failed_jobs + 1,
                    finished_at = CASE WHEN b.pending_jobs <= 1 THEN coalesce(b.finished_at, now()) END
               FROM discarded d
              WHERE d.payload ->> 'batch_counted' IS NULL
                AND b.tenant_id = (d.payload ->> 'tenant_id')::uuid AND b.id = (d.payload ->> 'batch_id')::uuid
         )
         SELECT EXISTS (SELECT FROM discarded) AS "done!""#,
        id,
        whose.tenant(),
    )
    .fetch_one(owner)
    .await?;
    Ok(done)
}

/// An administrator of the instance sees all jobs, a member those of the tenant.
fn whose(ctx: &Allow<JobsManage>) -> Whose {
    match &ctx.caller {
        Caller::Member(session) if session.is_platform_admin => Whose::Everybody,
        _ => Whose::Tenant(ctx.tenant.0),
    }
}

/// Jobs that failed for good, newest first.
#[utoipa::path(get, path = "/failed-jobs", tag = "platform", params(PageParams), responses((status = 200, body = Page<FailedJob>)), security(("session" = [])))]
async fn list_failed(ctx: Allow<JobsManage>, Query(page): Query<PageParams>) -> Result<Json<Page<FailedJob>>> {
    let limit = page.limit()?;
    let rows = list(&ctx.app.pools.owner, whose(&ctx), page.after()?, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// Tries a failed job again.
#[utoipa::path(post, path = "/failed-jobs/{id}/retries", tag = "platform", params(("id" = i64, Path)), responses((status = 202)), security(("session" = [])))]
async fn retry_failed(mut ctx: Allow<JobsManage>, Path(id): Path<i64>) -> Result<Response> {
    let whose = whose(&ctx);
    ctx.as_owner()?;
    if !retry(ctx.db().await?, whose, id).await? {
        return Err(Problem::not_found().into());
    }
    let (job, what) = named(id);
    ctx.audit(Change::created("job.retried", "job", job, what));
    ctx.commit_with(Answer::empty(StatusCode::ACCEPTED)).await
}

/// Discards a failed job.
#[utoipa::path(delete, path = "/failed-jobs/{id}", tag = "platform", params(("id" = i64, Path)), responses((status = 204)), security(("session" = [])))]
async fn discard_failed(mut ctx: Allow<JobsManage>, Path(id): Path<i64>) -> Result<StatusCode> {
    let whose = whose(&ctx);
    ctx.as_owner()?;
    if !discard(ctx.db().await?, whose, id).await? {
        return Err(Problem::not_found().into());
    }
    let (job, what) = named(id);
    ctx.audit(Change::deleted("job.discarded", "job", job, what));
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A job as the audit trail names it, whose ids are UUIDs.
fn named(id: i64) -> (Uuid, serde_json::Value) {
    (Uuid::from_u128(u128::from(id.unsigned_abs())), serde_json::json!({ "job_id": id }))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_failed)).routes(routes!(retry_failed)).routes(routes!(discard_failed))
}
