//! Many jobs of one purpose, with their progress.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgPool;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::failed::JobsManage;
use crate::audit::Change;
use crate::auth::Allow;
use crate::ctx::{Ctx, TenantId};
use crate::error::{Problem, Result};
use crate::extract::{Json, Path, Query};
use crate::page::{Page, PageParams};
use crate::state::App;
use crate::time::Timestamp;

/// A batch and how far it is: done are `total_jobs - pending_jobs`, of which `failed_jobs` failed for good.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Batch {
    pub id: Uuid,
    pub name: String,
    pub total_jobs: i32,
    pub pending_jobs: i32,
    pub failed_jobs: i32,
    #[schema(value_type = Object)]
    pub options: Value,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub cancelled_at: Option<Timestamp>,
}

/// Opens a batch; its jobs carry the id in [`super::When::batch`].
///
/// # Errors
/// The database's.
pub async fn open(ctx: &mut Ctx, name: &str, total_jobs: i32, options: Value) -> Result<Uuid> {
    let (tenant, id, user) = (ctx.tenant.0, crate::id::new(), ctx.user_id());
    sqlx::query!(
        "INSERT INTO platform.job_batches (tenant_id, id, name, total_jobs, pending_jobs, options, created_by, finished_at)
         VALUES ($1, $2, $3, $4, $4, $5, $6, CASE WHEN $4 = 0 THEN now() END)",
        tenant,
        id,
        name,
        total_jobs,
        options,
        user,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(id)
}

/// Whether its jobs have nothing to do any more. On a connection of the owner.
pub(super) async fn is_cancelled(owner: &PgPool, tenant: TenantId, batch: Uuid) -> Result<bool, sqlx::Error> {
    let cancelled = sqlx::query_scalar!(
        r#"SELECT cancelled_at IS NOT NULL AS "cancelled!" FROM platform.job_batches WHERE tenant_id = $1 AND id = $2"#,
        tenant.0,
        batch
    )
    .fetch_optional(owner)
    .await?;
    Ok(cancelled.unwrap_or(true))
}

/// Counts a job as done or failed, once: the job is marked with the count, and a job that runs again because the program
/// was killed before the queue let go of it is not counted again.
pub(super) async fn settle(owner: &PgPool, tenant: TenantId, batch: Uuid, job: i64, failed: bool) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH job AS (
             UPDATE graphile_worker._private_jobs SET payload = (payload::jsonb || '{\"batch_counted\": true}')::json
              WHERE id = $3 AND payload ->> 'batch_counted' IS NULL
             RETURNING id
         )
         UPDATE platform.job_batches
            SET pending_jobs = greatest(0, pending_jobs - 1), failed_jobs = failed_jobs + $4::int,
                finished_at = CASE WHEN pending_jobs <= 1 THEN coalesce(finished_at, now()) END
          WHERE tenant_id = $1 AND id = $2 AND EXISTS (SELECT FROM job)",
        tenant.0,
        batch,
        job,
        i32::from(failed),
    )
    .execute(owner)
    .await?;
    Ok(())
}

/// Batches, newest first.
#[utoipa::path(get, path = "/job-batches", tag = "platform", params(PageParams), responses((status = 200, body = Page<Batch>)), security(("session" = [])))]
async fn list(mut ctx: Allow<JobsManage>, Query(page): Query<PageParams>) -> Result<Json<Page<Batch>>> {
    let (tenant, limit, before) = (ctx.tenant.0, page.limit()?, page.after::<Uuid>()?);
    let rows = sqlx::query_as!(
        Batch,
        "SELECT id, name, total_jobs, pending_jobs, failed_jobs, options, created_at, finished_at, cancelled_at
           FROM platform.job_batches
          WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2)
          ORDER BY id DESC LIMIT $3",
        tenant,
        before,
        limit + 1,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// Cancels a batch: jobs of it that have not run do nothing.
///
/// One that is finished has nothing left to cancel (409 `batch_finished`).
#[utoipa::path(delete, path = "/job-batches/{id}", tag = "platform", params(("id" = Uuid, Path)), responses((status = 200, body = Batch)), security(("session" = [])))]
async fn cancel(mut ctx: Allow<JobsManage>, Path(id): Path<Uuid>) -> Result<Json<Batch>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let batch = sqlx::query_as!(
        Batch,
        "UPDATE platform.job_batches SET cancelled_at = coalesce(cancelled_at, $3)
          WHERE tenant_id = $1 AND id = $2
        RETURNING id, name, total_jobs, pending_jobs, failed_jobs, options, created_at, finished_at, cancelled_at",
        tenant,
        id,
        now,
    )
    .fetch_optional(ctx.db().await?)
    .await?
    .ok_or_else(Problem::not_found)?;
    if batch.finished_at.is_some() && batch.cancelled_at == Some(now) {
        return Err(Problem::conflict("batch_finished", "All jobs of this batch have run.").into());
    }
    // A batch that was cancelled before says when, and is not cancelled again.
    if batch.cancelled_at == Some(now) {
        let (before, after) = (serde_json::json!({ "cancelled_at": null }), serde_json::json!({ "cancelled_at": now }));
        ctx.audit(Change::updated("job_batch.cancelled", "job_batch", id, before, after));
    }
    ctx.commit().await?;
    Ok(Json(batch))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(cancel))
}
