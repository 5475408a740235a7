//! The log of messages over HTTP.

use axum::http::StatusCode;
use axum::response::Response;
use platform::audit::Change;
use platform::ctx::Answer;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::{Allow, App, Problem, Result};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::{self, Filter};
use super::{Channel, Message, Status};
use crate::{MessagesRead, MessagesWrite};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LogParams {
    channel: Option<Channel>,
    status: Option<Status>,
    /// `booking_confirmation`
    kind: Option<String>,
    /// About that record alone: a booking's id.
    subject_id: Option<Uuid>,
    /// To that address or number alone.
    recipient: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// What was sent over any channel, the newest first. It is kept for 90 days, where the workspace chose no other period.
#[utoipa::path(get, path = "/messages", tag = "messaging", params(LogParams), responses((status = 200, body = Page<Message>)), security(("session" = [])))]
async fn list(mut ctx: Allow<MessagesRead>, Query(params): Query<LogParams>) -> Result<Json<Page<Message>>> {
    let page = PageParams { cursor: params.cursor, limit: params.limit };
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let filter = Filter {
        own: ctx.own_filter(),
        channel: params.channel,
        status: params.status,
        kind: params.kind,
        subject_id: params.subject_id,
        recipient: params.recipient,
    };
    let rows = store::list(&mut ctx, &filter, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// One message, and what became of it.
#[utoipa::path(get, path = "/messages/{id}", tag = "messaging", params(("id" = Uuid, Path)), responses((status = 200, body = Message)), security(("session" = [])))]
async fn get(mut ctx: Allow<MessagesRead>, Path(id): Path<Uuid>) -> Result<Json<Message>> {
    let own = ctx.own_filter();
    Ok(Json(store::find(&mut ctx, id, own).await?.ok_or_else(Problem::not_found)?))
}

/// Sends a message again that failed or bounced.
#[utoipa::path(post, path = "/messages/{id}/retries", tag = "messaging", params(("id" = Uuid, Path)), responses((status = 201, body = Message)), security(("session" = [])))]
async fn retry(mut ctx: Allow<MessagesWrite>, Path(id): Path<Uuid>) -> Result<Response> {
    let own = ctx.own_filter();
    store::find(&mut ctx, id, own).await?.ok_or_else(Problem::not_found)?;
    let message = super::retry(&mut ctx, id).await?;
    ctx.audit(Change::created("message_retry.created", "message", id, json!({ "channel": message.channel, "kind": message.kind })));
    let answer = Answer::json(StatusCode::CREATED, &message)?;
    ctx.commit_with(answer).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(retry))
}
