//! The log of deliveries over HTTP, tests and replays.

use axum::http::StatusCode;
use axum::response::Response;
use platform::audit::Change;
use platform::ctx::Answer;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::time::Timestamp;
use platform::{Allow, App, Problem, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Status, WebhookDelivery, WebhookDeliveryDetails, store};
use crate::{WebhooksManage, endpoints};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LogParams {
    status: Option<Status>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// What was sent to a webhook, the newest first.
#[utoipa::path(get, path = "/webhook-endpoints/{id}/deliveries", tag = "automation", params(("id" = Uuid, Path), LogParams), responses((status = 200, body = Page<WebhookDelivery>)), security(("session" = [])))]
async fn list(
    mut ctx: Allow<WebhooksManage>,
    Path(id): Path<Uuid>,
    Query(params): Query<LogParams>,
) -> Result<Json<Page<WebhookDelivery>>> {
    let page = PageParams { cursor: params.cursor, limit: params.limit };
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    endpoints::store::find(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    let rows = store::list(&mut ctx, id, params.status, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// One delivery with what was sent and what came back.
#[utoipa::path(get, path = "/webhook-deliveries/{id}", tag = "automation", params(("id" = Uuid, Path)), responses((status = 200, body = WebhookDeliveryDetails)), security(("session" = [])))]
async fn get(mut ctx: Allow<WebhooksManage>, Path(id): Path<Uuid>) -> Result<Json<WebhookDeliveryDetails>> {
    Ok(Json(super::details(&mut ctx, id).await?))
}

/// Sends an event of kind `webhook.test`, which is tried once.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/tests", tag = "automation", params(("id" = Uuid, Path)), responses((status = 201, body = WebhookDelivery)), security(("session" = [])))]
async fn test(mut ctx: Allow<WebhooksManage>, Path(id): Path<Uuid>) -> Result<Response> {
    let delivery = super::test(&mut ctx, id).await?;
    ctx.audit(Change::created("webhook_test.created", "webhook_endpoint", id, json!({ "delivery_id": delivery.id })));
    let answer = Answer::created(&delivery)?;
    ctx.commit_with(answer).await
}

/// Sends a delivery again, with the same id and body; retries begin anew.
#[utoipa::path(post, path = "/webhook-deliveries/{id}/replays", tag = "automation", params(("id" = Uuid, Path)), responses((status = 201, body = WebhookDelivery)), security(("session" = [])))]
async fn replay(mut ctx: Allow<WebhooksManage>, Path(id): Path<Uuid>) -> Result<Response> {
    let delivery = super::replay(&mut ctx, id).await?;
    let about = json!({ "delivery_id": id });
    ctx.audit(Change::created("webhook_replay.created", "webhook_endpoint", delivery.endpoint_id, about));
    let answer = Answer::created(&delivery)?;
    ctx.commit_with(answer).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookReplayInput {
    since: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookReplay {
    /// How many are sent again: 1,000 at most, the oldest first. Repeat the request for the others.
    pub count: usize,
}

/// Sends again what failed for good of the events since then.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/replays", tag = "automation", params(("id" = Uuid, Path)), request_body = WebhookReplayInput, responses((status = 201, body = WebhookReplay)), security(("session" = [])))]
async fn replay_since(
    mut ctx: Allow<WebhooksManage>,
    Path(id): Path<Uuid>,
    Json(WebhookReplayInput { since }): Json<WebhookReplayInput>,
) -> Result<Response> {
    let count = super::replay_since(&mut ctx, id, since).await?;
    ctx.audit(Change::created("webhook_replay.created", "webhook_endpoint", id, json!({ "since": since, "count": count })));
    let answer = Answer::json(StatusCode::CREATED, &WebhookReplay { count })?;
    ctx.commit_with(answer).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(test))
        .routes(routes!(replay))
        .routes(routes!(replay_since))
}
