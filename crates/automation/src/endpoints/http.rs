//! Endpoints over HTTP. Who names an address has the workspace's events sent there, so what adds or changes one takes a factor shown
//! just now, which no access token shows.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::ctx::Answer;
use platform::etag::IfMatch;
use platform::extract::{Json, Path, nullable};
use platform::page::Page;
use platform::{Allow, App, Problem, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Fields, IssuedWebhookEndpoint, NewWebhookEndpoint, WebhookEndpoint, store};
use crate::WebhooksManage;

/// The workspace's webhooks, the newest first.
#[utoipa::path(get, path = "/webhook-endpoints", tag = "automation", responses((status = 200, body = Page<WebhookEndpoint>)), security(("session" = [])))]
async fn list(mut ctx: Allow<WebhooksManage>) -> Result<Json<Page<WebhookEndpoint>>> {
    Ok(Json(Page::whole(store::list(&mut ctx).await?)))
}

/// Adds a webhook; the answer holds its secret, this once. Takes a factor shown within the last ten minutes.
#[utoipa::path(post, path = "/webhook-endpoints", tag = "automation", request_body = NewWebhookEndpoint, responses((status = 201, body = IssuedWebhookEndpoint)), security(("session" = [])))]
async fn create(mut ctx: Allow<WebhooksManage>, Json(new): Json<NewWebhookEndpoint>) -> Result<Response> {
    ctx.check_fresh()?;
    let fields = Fields { url: new.url, description: new.description, kinds: new.kinds, is_active: true };
    let issued = super::create(&mut ctx, fields).await?;
    let answer = Answer::created(&issued)?.version(issued.endpoint.version);
    ctx.commit_with(answer).await
}

/// One webhook.
#[utoipa::path(get, path = "/webhook-endpoints/{id}", tag = "automation", params(("id" = Uuid, Path)), responses((status = 200, body = WebhookEndpoint)), security(("session" = [])))]
async fn get(mut ctx: Allow<WebhooksManage>, Path(id): Path<Uuid>) -> Result<Response> {
    let endpoint = store::find(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer::json(StatusCode::OK, &endpoint)?.version(endpoint.version).into_response())
}

/// What changes; `kinds` null means all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEndpointChanges {
    #[schema(min_length = 1, max_length = 2000)]
    url: Option<String>,
    #[schema(max_length = 200)]
    description: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Vec<String>>, min_items = 1)]
    kinds: Option<Option<Vec<String>>>,
    is_active: Option<bool>,
}

/// Changes a webhook, or switches it off or on. Takes a factor shown within the last ten minutes.
#[utoipa::path(patch, path = "/webhook-endpoints/{id}", tag = "automation", params(("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = WebhookEndpointChanges, responses((status = 200, body = WebhookEndpoint)), security(("session" = [])))]
async fn patch(
    mut ctx: Allow<WebhooksManage>,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    Json(changes): Json<WebhookEndpointChanges>,
) -> Result<Response> {
    ctx.check_fresh()?;
    let before = store::lock(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    seen.check(before.version)?;
    let old = Fields::from(&before);
    let fields = Fields {
        url: changes.url.unwrap_or(old.url),
        description: changes.description.unwrap_or(old.description),
        kinds: changes.kinds.unwrap_or(old.kinds),
        is_active: changes.is_active.unwrap_or(old.is_active),
    };
    let endpoint = super::change(&mut ctx, before, fields).await?;
    ctx.commit().await?;
    Ok(Answer::json(StatusCode::OK, &endpoint)?.version(endpoint.version).into_response())
}

/// Deletes a webhook with its log. Takes a factor shown within the last ten minutes.
#[utoipa::path(delete, path = "/webhook-endpoints/{id}", tag = "automation", params(("id" = Uuid, Path), ("If-Match" = String, Header)), responses((status = 204)), security(("session" = [])))]
async fn delete(mut ctx: Allow<WebhooksManage>, Path(id): Path<Uuid>, seen: IfMatch) -> Result<StatusCode> {
    ctx.check_fresh()?;
    let endpoint = store::lock(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    seen.check(endpoint.version)?;
    super::delete(&mut ctx, endpoint).await?;
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Draws a new secret; the answer holds it, this once. For 24 hours each message is signed with the former one too. Takes a factor
/// shown within the last ten minutes.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/secrets", tag = "automation", params(("id" = Uuid, Path)), responses((status = 201, body = IssuedWebhookEndpoint)), security(("session" = [])))]
async fn rotate(mut ctx: Allow<WebhooksManage>, Path(id): Path<Uuid>) -> Result<Response> {
    ctx.check_fresh()?;
    let before = store::lock(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    let issued = super::rotate(&mut ctx, before).await?;
    let answer = Answer::created(&issued)?.version(issued.endpoint.version);
    ctx.commit_with(answer).await
}

/// The kinds of events that can be sent.
#[utoipa::path(get, path = "/webhook-event-kinds", tag = "automation", responses((status = 200, body = Page<String>)), security(("session" = [])))]
async fn kinds(ctx: Allow<WebhooksManage>) -> Json<Page<String>> {
    Json(Page::whole(super::kinds_offered(&ctx.app).into_iter().map(str::to_owned).collect()))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, patch, delete)).routes(routes!(rotate)).routes(routes!(kinds))
}
