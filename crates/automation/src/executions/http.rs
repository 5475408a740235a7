//! The log of executions over HTTP; what is under way can be ended, and what is over run again.

use axum::response::Response;
use platform::audit::Change;
use platform::ctx::Answer;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::{Allow, App, Result};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Status, WorkflowExecution, WorkflowExecutionDetails, store};
use crate::{WorkflowsRead, WorkflowsWrite, workflows};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LogParams {
    status: Option<Status>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// What a workflow did, the newest first.
#[utoipa::path(get, path = "/workflows/{id}/executions", tag = "automation", params(("id" = Uuid, Path), LogParams), responses((status = 200, body = Page<WorkflowExecution>)), security(("session" = [])))]
async fn list(
    mut ctx: Allow<WorkflowsRead>,
    Path(id): Path<Uuid>,
    Query(params): Query<LogParams>,
) -> Result<Json<Page<WorkflowExecution>>> {
    let page = PageParams { cursor: params.cursor, limit: params.limit };
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    workflows::find(&mut ctx, id).await?;
    let rows = store::list(&mut ctx, id, params.status, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// One execution with its steps.
#[utoipa::path(get, path = "/workflow-executions/{id}", tag = "automation", params(("id" = Uuid, Path)), responses((status = 200, body = WorkflowExecutionDetails)), security(("session" = [])))]
async fn get(mut ctx: Allow<WorkflowsRead>, Path(id): Path<Uuid>) -> Result<Json<WorkflowExecutionDetails>> {
    Ok(Json(super::details(&mut ctx, id).await?))
}

/// Ends an execution that is under way; what it did stays done.
#[utoipa::path(post, path = "/workflow-executions/{id}/cancellations", tag = "automation", params(("id" = Uuid, Path)), responses((status = 201, body = WorkflowExecution)), security(("session" = [])))]
async fn cancel(mut ctx: Allow<WorkflowsWrite>, Path(id): Path<Uuid>) -> Result<Response> {
    let (before, execution) = super::cancel(&mut ctx, id).await?;
    let (old, new) = (json!({ "status": before }), json!({ "status": execution.status, "execution_id": id }));
    ctx.audit(Change::updated("workflow_execution.cancelled", "workflow", execution.workflow_id, old, new));
    let answer = Answer::created(&execution)?;
    ctx.commit_with(answer).await
}

/// Runs the workflow again for the same record, as it is now and from its first step.
#[utoipa::path(post, path = "/workflow-executions/{id}/repetitions", tag = "automation", params(("id" = Uuid, Path)), responses((status = 201, body = WorkflowExecution)), security(("session" = [])))]
async fn repeat(mut ctx: Allow<WorkflowsWrite>, Path(id): Path<Uuid>) -> Result<Response> {
    let execution = super::run_again(&mut ctx, id).await?;
    let about = json!({ "execution_id": execution.id, "again": id });
    ctx.audit(Change::created("workflow_execution.repeated", "workflow", execution.workflow_id, about));
    let answer = Answer::created(&execution)?;
    ctx.commit_with(answer).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(cancel)).routes(routes!(repeat))
}
